// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace neigh {

/// A number that differs in a forked child from its parent's, at the cost of one memory read. What a process
/// made under another number (sockets above all) it shares with its parent and must not use.
[[nodiscard]] std::uint64_t fork_generation() noexcept;

}  // namespace neigh
