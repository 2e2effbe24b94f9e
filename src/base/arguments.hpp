// SPDX-License-Identifier: Apache-2.0
// What both homes refuse in arguments.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "neigh/result.hpp"
#include "neigh/table.hpp"

namespace neigh {

/// Refuses a family that is no Family.
[[nodiscard]] Result<void> check_filter(const ListFilter& filter);

/// Also refuses what notifications do not tell: the master of an interface, and proxy entries.
[[nodiscard]] Result<void> check_watch_filter(const ListFilter& filter);

/// `count` requests or announcements, `interval` apart: 1 to 100, 1 ms to 60 s. `count_field` is the count's name.
[[nodiscard]] Result<void> check_repetition(std::uint32_t count, std::string_view count_field,
                                            std::chrono::milliseconds interval);

/// Refuses what is no Operation.
[[nodiscard]] Result<void> check_operation(Operation operation);

/// Also refuses what is no OnError.
[[nodiscard]] Result<void> check_batch(Operation operation, OnError on_error);

}  // namespace neigh
