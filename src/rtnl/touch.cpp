// SPDX-License-Identifier: Apache-2.0
// Using neighbors on behalf of packets that the kernel does not see.
#include "rtnl/errors.hpp"
#include "rtnl/kernel_table.hpp"
#include "rtnl/nudge.hpp"

namespace neigh::rtnl {
namespace {

/// NTF_USE would take PERMANENT from an entry (LNX-070), and others have no need of it.
bool wants_use(NudState state) {
  return state == NudState::kStale || state == NudState::kFailed || state == NudState::kNone;
}

/// @return Whether the kernel was made to act.
Result<bool> use(Channel& channel, DatagramNudge& datagrams, const NeighborKey& key, bool& may_request) {
  if (may_request) {
    auto made = nudge_by_request(channel, key, /*exclusive=*/true);
    if (made) return true;
    if (channel.broken()) return std::move(made).error();
    may_request = made.error().code != Errc::kPermissionDenied;
    if (may_request && made.error().code != Errc::kAlreadyExists) return false;
  }
  const auto there = get_neighbor(channel, key);
  if (!there && channel.broken()) return there.error();
  if (there && !wants_use(there->state)) return false;
  if (may_request) {
    if (!there) return false;  // gone between the two; whoever wants it will ask again
    const auto used = nudge_by_request(channel, key, /*exclusive=*/false);
    if (!used && channel.broken()) return used.error();
    return used.has_value();
  }
  return datagrams.send(key, std::nullopt).has_value();
}

}  // namespace

Result<std::size_t> KernelTable::touch(std::span<const NeighborKey> keys) {
  auto channel = pool_->take();
  if (!channel) return std::move(channel).error();
  DatagramNudge datagrams(*pool_);
  bool may_request = true;  // until the kernel says EPERM
  std::size_t done = 0;
  for (const NeighborKey& key : keys) {
    const bool fit = check_key(key) && !key.proxy && !key.address.is_multicast() && check_neighbor_address(key.address);
    if (!fit) continue;
    auto used = use(**channel, datagrams, key, may_request);
    if (!used) return std::move(used).error();
    done += static_cast<std::size_t>(*used);
  }
  return done;
}

}  // namespace neigh::rtnl
