// SPDX-License-Identifier: Apache-2.0
// What both homes refuse in a filter.
#pragma once

#include "neigh/result.hpp"
#include "neigh/table.hpp"

namespace neigh {

/// Refuses a family that is no Family.
[[nodiscard]] Result<void> check_filter(const ListFilter& filter);

/// Also refuses what notifications do not tell: the master of an interface, and proxy entries.
[[nodiscard]] Result<void> check_watch_filter(const ListFilter& filter);

}  // namespace neigh
