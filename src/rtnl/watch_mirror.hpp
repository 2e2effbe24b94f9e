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
#include "base/pages.hpp"
#include "neigh/neighbor.hpp"

namespace neigh::rtnl {

class WatchMirror {
 public:
  struct Insertion {
    EntryId id;
    bool is_new;
  };

  WatchMirror();

  /// Entries are numbered 0 to size() - 1.
  [[nodiscard]] EntryId size() const { return size_; }
  [[nodiscard]] Neighbor operator[](EntryId id) const;
  /// Number of the dump that has told of the entry.
  [[nodiscard]] std::uint32_t& seen_in_dump(EntryId id) { return entry(id).seen_in_dump; }

  [[nodiscard]] std::uint64_t hash_of(const NeighborKey& key) const;
  /// To be called for each of several keys before the first of them is looked up: most of the time of a look-up is the
  /// coming of one line of memory.
  void prefetch(std::uint64_t hash) const { index_.prefetch(hash); }
  /// The entry of `key`, whose hash is `hash`. kNoId: there is none.
  [[nodiscard]] EntryId find(std::uint64_t hash, const NeighborKey& key) const;
  /// The entry of `neighbor`'s key, whose hash is `hash`; a new one holds `neighbor` and `seen_in_dump`. Where memory
  /// is short nothing changes.
  Insertion try_insert(std::uint64_t hash, const Neighbor& neighbor, std::uint32_t seen_in_dump);
  /// Writes `neighbor` over the entry of its key. Never short of memory.
  void assign(EntryId id, const Neighbor& neighbor);
  /// The last entry takes its number. Never short of memory.
  void erase(EntryId id);

 private:
  static constexpr EntryId kChunk = 512;
  /// So many chunks are a huge page, and come at once as soon as there are kFewChunks.
  static constexpr std::size_t kManyChunks = 64;
  static constexpr std::size_t kFewChunks = 16;
  static constexpr std::size_t kShortLink = 12;

  /// A Neighbor in one line of memory: that new memory comes costs more than what is written to it.
  struct alignas(64) Entry {
    IpAddress address;
    NudState state;
    std::uint8_t protocol;
    std::uint8_t link_size;
    InterfaceIndex interface;
    std::uint32_t probes;
    std::array<std::uint32_t, 3> ages;  // milliseconds, without the bits from 32 on: confirmed, used, updated
    std::array<std::uint16_t, 3> ages_high;
    NeighborFlags flags;
    std::uint32_t seen_in_dump;
    std::array<std::uint8_t, kShortLink> link;
  };
  static_assert(sizeof(Entry) == 64);
  /// The rest of a long link-layer address, apart: it costs memory only where there are such.
  using LinkTail = std::array<std::uint8_t, LinkAddress::kMaxSize - kShortLink>;
  /// kChunk entries.
  struct Chunk {
    Entry* entries;
    LinkTail* link_tails;
  };
  /// Memory for some chunks, which comes as it is written to.
  void add_chunks();

  [[nodiscard]] Entry& entry(EntryId id) const { return chunks_[id / kChunk].entries[id % kChunk]; }
  [[nodiscard]] LinkTail& link_tail(EntryId id) const { return chunks_[id / kChunk].link_tails[id % kChunk]; }
  [[nodiscard]] NeighborKey key_of(EntryId id) const;

  std::vector<Pages> memory_;
  std::vector<Chunk> chunks_;
  EntryId size_ = 0;
  KeyIndex index_;
  std::array<std::uint64_t, 2> secret_;  // other hosts choose addresses
};

}  // namespace neigh::rtnl
