// SPDX-License-Identifier: Apache-2.0
#include "base/fork_generation.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <new>

namespace neigh {
namespace {

// The kernel clears this page in every child (Linux 4.14), also where fork() handlers do not run.
std::atomic<std::uint64_t>* make_wiped_page() noexcept {
  const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* page = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return nullptr;
  if (madvise(page, size, MADV_WIPEONFORK) != 0) {
    munmap(page, size);
    return nullptr;
  }
  return new (page) std::atomic<std::uint64_t>(1);
}

std::atomic<std::uint64_t> last_generation{1};

}  // namespace

std::uint64_t fork_generation() noexcept {
  static std::atomic<std::uint64_t>* const page = make_wiped_page();
  if (page == nullptr) return static_cast<std::uint64_t>(getpid());
  std::uint64_t generation = page->load(std::memory_order_acquire);
  if (generation != 0) return generation;
  // First call in a child. The number is used up before it is set: a grandchild forked in between takes another one.
  const std::uint64_t next = last_generation.fetch_add(1) + 1;
  return page->compare_exchange_strong(generation, next) ? next : generation;
}

}  // namespace neigh
