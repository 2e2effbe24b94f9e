// SPDX-License-Identifier: Apache-2.0
// What goes lost beside a load that was rolled back: the kernel collects entries to make room, and tells nobody.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "neigh/table.hpp"

namespace neigh::ctl {

/// Every neighbor and proxy entry.
[[nodiscard]] Result<std::vector<Neighbor>> whole_table(NeighborTable& table);

struct Restored {
  std::size_t written = 0;  ///< Were gone and are there again.
  std::size_t lost = 0;     ///< Are gone.
};

/// Creates what `before` has and the table has no longer, with what it had. An entry that was being resolved comes back
/// as failed: nobody resolves it any more.
[[nodiscard]] Result<Restored> restore_missing(NeighborTable& table, std::span<const Neighbor> before);

}  // namespace neigh::ctl
