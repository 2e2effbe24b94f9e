// SPDX-License-Identifier: Apache-2.0
/// @file
/// Waiting for a state, with a deadline.
#pragma once

#include <chrono>
#include <functional>

namespace neigh::test {

/// Far above what any condition takes on a loaded machine: only a broken program waits this long.
inline constexpr std::chrono::seconds kPatience{20};

/// Looks at `condition` until it holds or `deadline` is over (it is looked at once more then). Returns whether it held.
/// For states that somebody else brings about; how long that took is never a result.
[[nodiscard]] bool wait_until(const std::function<bool()>& condition, std::chrono::milliseconds deadline = kPatience);

}  // namespace neigh::test
