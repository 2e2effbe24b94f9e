// SPDX-License-Identifier: Apache-2.0
// Storage for many small objects under stable 32-bit ids: chunks that never move, a free list, intrusive lists.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "nud/timer_wheel.hpp"

namespace neigh::nud {

/// Objects of one type, named by id. Memory grows by chunks and is kept until the slab dies.
template <class T>
class Slab {
 public:
  /// A fresh, default-constructed object. Ids that were retired and recycled are used first.
  EntryId take() {
    ++live_;
    if (!free_.empty()) {
      const EntryId id = free_.back();
      free_.pop_back();
      (*this)[id] = T{};
      return id;
    }
    if (size_ == chunks_.size() * kChunk) chunks_.push_back(std::make_unique<T[]>(kChunk));
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
    return chunks_.size() * (kChunk * sizeof(T) + sizeof(void*)) +
           (free_.capacity() + retired_.capacity()) * sizeof(EntryId);
  }

 private:
  static constexpr std::uint32_t kChunk = 4096;
  std::vector<std::unique_ptr<T[]>> chunks_;
  std::vector<EntryId> free_;
  std::vector<EntryId> retired_;
  std::uint32_t size_ = 0;
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
