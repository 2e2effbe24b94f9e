// SPDX-License-Identifier: Apache-2.0
// Entries read, or asked for, many in few system calls.
#pragma once

#include <span>
#include <vector>

#include "rtnl/channel_pool.hpp"
#include "rtnl/kernel_table.hpp"

namespace neigh::rtnl {

/// The entries of `keys` (checked by check_key), in their order; those that are not there have Errc::kNotFound.
/// @return An error only if the kernel cannot be asked at all.
[[nodiscard]] Result<std::vector<Result<Neighbor>>> get_neighbors(ChannelPool& pool, std::span<const NeighborKey> keys);

/// `nudge_by_request` for each of `keys`, with one outcome for each, in their order.
/// @return An error only if the kernel cannot be asked at all.
[[nodiscard]] Result<std::vector<Result<void>>> nudge_neighbors(ChannelPool& pool, std::span<const NeighborKey> keys,
                                                                bool exclusive);

}  // namespace neigh::rtnl
