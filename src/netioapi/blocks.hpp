// SPDX-License-Identifier: Apache-2.0
// Memory that is handed to callers and comes back through FreeMibTable.
#pragma once

#include <cstddef>

namespace neigh::netioapi {

/// Makes `block`, which malloc gave, one that `free_block` knows.
/// @return false: no memory for remembering it; the block is still the caller's.
[[nodiscard]] bool hand_out(void* block) noexcept;

/// Frees a block that was handed out. @return false: it is none, and was left alone.
[[nodiscard]] bool take_back(void* block) noexcept;

/// Frees a block that was handed out. NULL is fine; any other pointer is left alone and, in debug builds, reported on
/// standard error (LIB-23).
void free_block(void* block) noexcept;

}  // namespace neigh::netioapi
