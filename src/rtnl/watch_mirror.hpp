// SPDX-License-Identifier: Apache-2.0
// A watch's copy of the table: entries side by side in chunks, found through an index. One line of memory is touched
// for each entry that is new, where a map of nodes touches three.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/key_index.hpp"
#include "neigh/neighbor.hpp"

namespace neigh::rtnl {

class WatchMirror {
 public:
  struct Entry {
    Neighbor neighbor;
    std::uint64_t seen_in_dump = 0;
  };
  struct Insertion {
    Entry& entry;
    bool is_new;
  };

  WatchMirror();

  [[nodiscard]] EntryId size() const { return size_; }
  /// Entries are numbered 0 to size() - 1. A reference holds until the next `erase`.
  [[nodiscard]] Entry& operator[](EntryId id) { return chunks_[id / kChunk][id % kChunk]; }
  [[nodiscard]] const Entry& operator[](EntryId id) const { return chunks_[id / kChunk][id % kChunk]; }
  /// kNoId: there is none.
  [[nodiscard]] EntryId find(const NeighborKey& key) const { return find(hash_of(key), key); }
  /// The entry of `neighbor`'s key; a new one is `{neighbor, seen_in_dump}`. Where memory is short nothing changes.
  Insertion try_insert(const Neighbor& neighbor, std::uint64_t seen_in_dump);
  /// The last entry takes its number. Never short of memory.
  void erase(EntryId id);

 private:
  static constexpr EntryId kChunk = 512;

  [[nodiscard]] std::uint64_t hash_of(const NeighborKey& key) const;
  [[nodiscard]] EntryId find(std::uint64_t hash, const NeighborKey& key) const;

  std::vector<std::unique_ptr<Entry[]>> chunks_;
  EntryId size_ = 0;
  KeyIndex index_;
  std::array<std::uint64_t, 2> secret_;  // other hosts choose addresses
};

}  // namespace neigh::rtnl
