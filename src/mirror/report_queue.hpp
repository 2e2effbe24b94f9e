// SPDX-License-Identifier: Apache-2.0
// Reports of one thread on their way to the mirror's: one writes, one reads, nobody waits.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "neigh/neighbor.hpp"

namespace neigh::mirror {

class ReportQueue {
 public:
  explicit ReportQueue(std::size_t capacity) : ring_(std::bit_ceil(capacity)), mask_(ring_.size() - 1) {}

  /// @return false: full.
  bool push(const NeighborKey& key) noexcept {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_.load(std::memory_order_acquire) >= ring_.size()) {
      lost_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
    ring_[tail & mask_] = key;
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }
  /// @return false: empty.
  bool pop(NeighborKey& key) noexcept {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_.load(std::memory_order_acquire)) return false;
    key = ring_[head & mask_];
    head_.store(head + 1, std::memory_order_release);
    return true;
  }
  [[nodiscard]] bool empty() const noexcept {
    return head_.load(std::memory_order_relaxed) == tail_.load(std::memory_order_acquire);
  }
  [[nodiscard]] std::uint64_t lost() const noexcept { return lost_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t kApart = 64;

  std::vector<NeighborKey> ring_;
  std::size_t mask_;
  alignas(kApart) std::atomic<std::size_t> head_{0};
  alignas(kApart) std::atomic<std::size_t> tail_{0};
  std::atomic<std::uint64_t> lost_{0};
};

}  // namespace neigh::mirror
