// SPDX-License-Identifier: Apache-2.0
// Storage for many small objects under stable 32-bit ids: chunks, a free list, intrusive lists. The first chunk begins
// small and moves while it grows, so that a small table is small; the others never move.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "nud/timer_wheel.hpp"

namespace neigh::nud {

/// Objects of one type, named by id. Memory grows by chunks and is kept until the slab dies. References to objects hold
/// until the next `take`.
template <class T>
class Slab {
  static_assert(std::is_nothrow_move_assignable_v<T>, "objects move while the first chunk grows");

 public:
  /// A fresh, default-constructed object. Ids that were retired and recycled are used first.
  EntryId take() {
    if (!free_.empty()) {
      const EntryId id = free_.back();
      free_.pop_back();
      (*this)[id] = T{};
      ++live_;
      return id;
    }
    if (size_ == capacity_) grow();
    ++live_;
    return size_++;
  }
  /// The object is gone, but its id is not used again before `recycle()`.
  void retire(EntryId id) {
    assert(live_ > 0);
    --live_;
    retired_.push_back(id);
  }
  void recycle() {
    if (retired_.empty()) return;
    free_.insert(free_.end(), retired_.begin(), retired_.end());
    retired_.clear();
  }
  [[nodiscard]] T& operator[](EntryId id) { return chunks_[id / kChunk][id % kChunk]; }
  [[nodiscard]] const T& operator[](EntryId id) const { return chunks_[id / kChunk][id % kChunk]; }
  [[nodiscard]] bool contains(EntryId id) const { return id < size_; }
  [[nodiscard]] std::size_t live() const { return live_; }
  [[nodiscard]] std::size_t bytes() const {
    return capacity_ * sizeof(T) + chunks_.capacity() * sizeof(void*) +
           (free_.capacity() + retired_.capacity()) * sizeof(EntryId);
  }

 private:
  static constexpr std::uint32_t kChunk = 4096;
  static constexpr std::uint32_t kFirstChunk = 8;  // doubled until it is kChunk

  void grow() {
    if (capacity_ == 0) {
      chunks_.push_back(std::make_unique<T[]>(kFirstChunk));
      capacity_ = kFirstChunk;
    } else if (capacity_ < kChunk) {
      auto larger = std::make_unique<T[]>(std::size_t{capacity_} * 2);
      std::move(chunks_[0].get(), chunks_[0].get() + capacity_, larger.get());
      chunks_[0] = std::move(larger);
      capacity_ *= 2;
    } else {
      chunks_.push_back(std::make_unique<T[]>(kChunk));
      capacity_ += kChunk;
    }
  }

  std::vector<std::unique_ptr<T[]>> chunks_;
  std::vector<EntryId> free_;
  std::vector<EntryId> retired_;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;
  std::size_t live_ = 0;
};

struct ListLinks {
  EntryId prev = kNoId;
  EntryId next = kNoId;
};

/// A doubly linked list through members of slab objects; the oldest is at the front.
struct IdList {
  EntryId front = kNoId;
  EntryId back = kNoId;
  std::uint32_t size = 0;

  [[nodiscard]] bool empty() const { return size == 0; }

  template <class LinksOf>
  void push_back(EntryId id, LinksOf links_of) {
    ListLinks& links = links_of(id);
    links = {back, kNoId};
    (back == kNoId ? front : links_of(back).next) = id;
    back = id;
    ++size;
  }
  template <class LinksOf>
  void erase(EntryId id, LinksOf links_of) {
    assert(size > 0);
    const ListLinks links = links_of(id);
    (links.prev == kNoId ? front : links_of(links.prev).next) = links.next;
    (links.next == kNoId ? back : links_of(links.next).prev) = links.prev;
    --size;
  }
};

}  // namespace neigh::nud
