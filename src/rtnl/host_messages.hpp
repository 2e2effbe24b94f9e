// SPDX-License-Identifier: Apache-2.0
// Links in full, addresses and routes: rtnetlink messages -> typed values.
#pragma once

#include <vector>

#include "neigh/host.hpp"
#include "rtnl/message.hpp"

namespace neigh::rtnl {

/// RTM_NEWLINK, with statistics. What only other requests tell (speed, neighbor settings) is not filled in.
[[nodiscard]] Result<HostLink> parse_host_link(const nlmsghdr& message);

/// RTM_NEWADDR, RTM_DELADDR.
[[nodiscard]] Result<HostAddress> parse_host_address(const nlmsghdr& message);

/// RTM_NEWROUTE, RTM_DELROUTE: one Route for each next hop.
struct RouteMessage {
  std::vector<Route> routes = {};
  std::uint32_t table = 0;
  std::uint8_t type = 0;  ///< RTN_*
  IpAddress source = {};  ///< RTA_PREFSRC
  bool cloned = false;    ///< A cache entry, no route of the table.

  /// A unicast route of the main table.
  [[nodiscard]] bool shown() const;
};
/// @return Nothing for a message of another family.
[[nodiscard]] Result<std::optional<RouteMessage>> parse_route(const nlmsghdr& message);

/// RTM_NEWNEIGHTBL, the row of one interface: its neighbor timers.
struct NeighborTimers {
  InterfaceIndex interface = InterfaceIndex::kNone;
  Family family = Family::kUnspecified;
  std::chrono::milliseconds base_reachable{0};
  std::chrono::milliseconds reachable{0};
  std::chrono::milliseconds retransmit{0};
};
/// @return Nothing for the row of a whole table or of another family.
[[nodiscard]] Result<std::optional<NeighborTimers>> parse_neighbor_timers(const nlmsghdr& message);

}  // namespace neigh::rtnl
