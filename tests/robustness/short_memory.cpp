// SPDX-License-Identifier: Apache-2.0
#include "robustness/short_memory.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

struct State {
  bool armed = false;
  bool refused = false;
  bool for_good = false;
  std::size_t left = 0;
};
thread_local State state;
std::atomic<long> left_anywhere{-1};  // below 0: nothing is to fail
std::atomic<bool> refused_anywhere{false};

bool refuse() noexcept {
  if (left_anywhere.load() >= 0 && left_anywhere.fetch_sub(1) == 0) {
    refused_anywhere = true;
    return true;
  }
  if (!state.armed) return false;
  if (state.left > 0) {
    --state.left;
    return false;
  }
  if (state.refused && !state.for_good) return false;
  state.refused = true;
  return true;
}

void* allocate(std::size_t size) {
  if (refuse()) throw std::bad_alloc();
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}

void* allocate(std::size_t size, std::align_val_t alignment) {
  if (refuse()) throw std::bad_alloc();
  const auto to = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(to, (size + to - 1) / to * to)) return memory;
  throw std::bad_alloc();
}

}  // namespace

extern "C" {
void* __real_malloc(std::size_t size);
void* __real_calloc(std::size_t count, std::size_t size);
void* __real_realloc(void* memory, std::size_t size);
void* __wrap_malloc(std::size_t size) { return refuse() ? nullptr : __real_malloc(size); }
void* __wrap_calloc(std::size_t count, std::size_t size) { return refuse() ? nullptr : __real_calloc(count, size); }
void* __wrap_realloc(void* memory, std::size_t size) { return refuse() ? nullptr : __real_realloc(memory, size); }
}

// malloc inside these is this file's own, which the linker leaves alone: an allocation counts once.
void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void* operator new(std::size_t size, std::align_val_t alignment) { return allocate(size, alignment); }
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  return refuse() ? nullptr : std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t /*size*/) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t& /*tag*/) noexcept { std::free(memory); }

namespace neigh::test {

ShortMemory::ShortMemory(std::size_t nth, Shortage kind) noexcept {
  refused_anywhere = false;
  state = {};
  if (kind == Shortage::kAnywhere) {
    left_anywhere = static_cast<long>(nth);
    return;
  }
  state = {.armed = true, .for_good = kind == Shortage::kForGood, .left = nth};
}

bool ShortMemory::end() noexcept {
  left_anywhere = -1;
  state.armed = false;
  return state.refused || refused_anywhere;
}

ShortMemory::~ShortMemory() { end(); }

}  // namespace neigh::test
