// SPDX-License-Identifier: Apache-2.0
/// @file
/// Memory that runs out when a test wants it: allocations of the calling thread are counted, and the n-th fails. A
/// program that links short_memory.cpp has its own operator new; malloc and its kin are wrapped by the linker
/// (CMakeLists.txt).
#pragma once

#include <cstddef>

namespace neigh::test {

enum class Shortage {
  kOnce,      ///< One allocation fails, the next ones succeed.
  kForGood,   ///< From the n-th on all fail.
  kAnywhere,  ///< One allocation fails, counted over all threads.
};

/// From here on the n-th allocation (from 0) of this thread fails, until the object dies. Objects do not nest.
class [[nodiscard]] ShortMemory {
 public:
  ShortMemory(std::size_t nth, Shortage kind) noexcept;
  ~ShortMemory();
  ShortMemory(const ShortMemory&) = delete;
  ShortMemory& operator=(const ShortMemory&) = delete;

  /// Ends it early. @return Whether an allocation was refused.
  bool end() noexcept;
};

}  // namespace neigh::test
