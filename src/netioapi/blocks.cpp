// SPDX-License-Identifier: Apache-2.0
#include "netioapi/blocks.hpp"

#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <new>
#include <unordered_set>

#include "base/fork_safe_mutex.hpp"

namespace neigh::netioapi {
namespace {

struct BlocksTag;
using Blocks = std::unordered_set<void*>;

// Never destroyed: tables may be freed while the process ends.
Blocks& blocks() {
  static auto* all = new Blocks;
  return *all;
}

}  // namespace

bool hand_out(void* block) noexcept {
  try {
    const std::scoped_lock lock(fork_safe_mutex<BlocksTag>());
    blocks().insert(block);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

bool take_back(void* block) noexcept {
  bool known = false;
  try {
    const std::scoped_lock lock(fork_safe_mutex<BlocksTag>());
    known = blocks().erase(block) != 0;
  } catch (const std::bad_alloc&) {  // the registry could not even be made: nothing was ever handed out
  }
  if (known) std::free(block);
  return known;
}

void free_block(void* block) noexcept {
  if (block == nullptr || take_back(block)) return;
#ifndef NDEBUG
  (void)std::fprintf(stderr, "FreeMibTable: %p is no table of this library, or was freed before; left alone\n", block);
#endif
}

}  // namespace neigh::netioapi
