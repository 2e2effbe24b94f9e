// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "neigh/table.hpp"

namespace neigh {

/// `NeighborTable::apply` with OnError::kRollBack, for any home: remembers what is there, applies, and on the first
/// failure puts it back. Changes that others make to the same entries meanwhile are not protected.
[[nodiscard]] Result<BatchReport> apply_all_or_nothing(NeighborTable& table, Operation operation,
                                                       std::span<const Neighbor> neighbors);

}  // namespace neigh
