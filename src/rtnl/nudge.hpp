// SPDX-License-Identifier: Apache-2.0
// Making the kernel resolve an address.
#pragma once

#include <optional>

#include "neigh/neighbor.hpp"
#include "rtnl/channel_pool.hpp"

namespace neigh::rtnl {

/// Asks the kernel to act as if a packet were sent to `key` (NTF_USE). Needs CAP_NET_ADMIN.
/// `exclusive`: only if there is no entry, since NTF_USE would take PERMANENT from one (LNX-070).
Result<void> nudge_by_request(Channel& channel, const NeighborKey& key, bool exclusive);

/// Sends an empty datagram to the discard port of `key`, straight out of its interface. Needs no privilege, and is the
/// only way to choose the sender address of the kernel's own ARP request or Neighbor Solicitation (LIB-19, LIB-21).
class DatagramNudge {
 public:
  explicit DatagramNudge(const ChannelPool& pool) : pool_(pool) {}
  Result<void> send(const NeighborKey& key, const std::optional<IpAddress>& source);

 private:
  Result<int> socket_for(Family family);

  const ChannelPool& pool_;
  UniqueFd v4_;
  UniqueFd v6_;
};

}  // namespace neigh::rtnl
