// SPDX-License-Identifier: Apache-2.0
// A neighbor table with what the tool has to know of the host around it.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "neigh/table.hpp"

namespace neigh::ctl {

/// Where packets to an address go.
struct Route {
  InterfaceIndex interface = InterfaceIndex::kNone;
  std::optional<IpAddress> gateway = {};  ///< Nothing: the address is on the link.
  bool broadcast = false;                 ///< The address is that of all hosts of a subnet.
};

/// Nothing: there is no route.
using FindRoute = std::function<std::optional<Route>(const IpAddress&)>;

struct Home {
  std::shared_ptr<NeighborTable> table = {};
  FindRoute route = {};
};

/// The kernel's route to `address`, in the caller's network namespace.
/// @source rtnetlink(7) RTM_GETROUTE.
[[nodiscard]] std::optional<Route> kernel_route(const IpAddress& address);

}  // namespace neigh::ctl
