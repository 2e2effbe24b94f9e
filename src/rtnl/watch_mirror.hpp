// SPDX-License-Identifier: Apache-2.0
// A watch's copy of the table: entries side by side in chunks, found through an index. One line of memory is touched
// for each entry that is new, where a map of nodes touches three.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "base/key_index.hpp"
#include "base/pages.hpp"
#include "base/product_hash.hpp"
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

  [[nodiscard]] std::uint64_t hash_of(const NeighborKey& key) const {
    return hash_of(key.interface, key.address, key.proxy);
  }
  [[nodiscard]] std::uint64_t hash_of(const Neighbor& neighbor) const {
    return hash_of(neighbor.interface, neighbor.address, neighbor.flags.has(NeighborFlag::kProxy));
  }
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
  template <class T>
  [[nodiscard]] static T load(const std::uint8_t* at) {
    T out;
    std::memcpy(&out, at, sizeof out);
    return out;
  }
  [[nodiscard]] std::uint64_t hash_of(InterfaceIndex interface, const IpAddress& address, bool proxy) const {
    // Linux numbers interfaces up to 2^31 - 1.
    const std::uint64_t where = std::uint64_t{to_number(interface)} << 32U | static_cast<std::uint64_t>(proxy) << 63U;
    const std::uint8_t* const at = address.bytes().data();
    const std::uint64_t mixed = address.is_v4()
                                    ? hash_key_.of(load<std::uint32_t>(at) | where)
                                    : hash_key_.of(load<std::uint64_t>(at), load<std::uint64_t>(at + 8), where);
    return mixed >> 32U;  // an index looks at the lower half
  }
  [[nodiscard]] NeighborKey key_of(EntryId id) const;
  void write(Entry& to, EntryId id, const Neighbor& neighbor);

  std::vector<Pages> memory_;
  std::vector<Chunk> chunks_;
  EntryId size_ = 0;
  KeyIndex index_{KeyIndex::Fill::kHalf};
  HashKey hash_key_;  // other hosts choose addresses
};

// Here, so that a notification is taken without calls.

inline NeighborKey WatchMirror::key_of(EntryId id) const {
  const Entry& known = entry(id);
  return {known.interface, known.address, known.flags.has(NeighborFlag::kProxy)};
}

inline void WatchMirror::write(Entry& to, EntryId id, const Neighbor& neighbor) {
  to.address = neighbor.address;
  to.interface = neighbor.interface;
  to.state = neighbor.state;
  to.protocol = neighbor.protocol;
  to.flags = neighbor.flags;
  to.probes = neighbor.probes;
  // 48 bits hold what the kernel can tell, 2^32 ticks of up to a second.
  const auto set_age = [&to](std::size_t i, std::chrono::milliseconds age) {
    to.ages[i] = static_cast<std::uint32_t>(age.count());
    to.ages_high[i] = static_cast<std::uint16_t>(age.count() >> 32U);
  };
  set_age(0, neighbor.confirmed_age);
  set_age(1, neighbor.used_age);
  set_age(2, neighbor.updated_age);
  const auto link = neighbor.link_address.bytes();
  to.link_size = static_cast<std::uint8_t>(link.size());
  if (link.size() == 6) {
    std::memcpy(to.link.data(), link.data(), 6);  // copy_n would call memmove
  } else {
    std::ranges::copy(link.first(std::min(link.size(), kShortLink)), to.link.begin());
    if (link.size() > kShortLink) std::ranges::copy(link.subspan(kShortLink), link_tail(id).begin());
  }
}

inline WatchMirror::Insertion WatchMirror::try_insert(std::uint64_t hash, const Neighbor& neighbor,
                                                      std::uint32_t seen_in_dump) {
  if (size_ == chunks_.size() * kChunk) add_chunks();
  const EntryId known = index_.find_or_insert(hash, size_, [&](EntryId id) { return key_of(id) == neighbor.key(); });
  if (known != kNoId) return {known, false};
  Entry& added = entry(size_);
  write(added, size_, neighbor);
  added.seen_in_dump = seen_in_dump;
  return {size_++, true};
}

}  // namespace neigh::rtnl
