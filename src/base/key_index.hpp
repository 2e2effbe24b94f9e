// SPDX-License-Identifier: Apache-2.0
// Open-addressing index from a 64-bit keyed hash to ids. Eight bytes a slot; grows without a pause: the old array is
// emptied a few slots with every change.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/pages.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace neigh {

/// What an index leads to: a number that its owner gives.
using EntryId = std::uint32_t;
inline constexpr EntryId kNoId = 0xffffffffU;

/// SipHash-1-3 (Aumasson, Bernstein): remote hosts choose addresses, so the hash needs a secret. Fed with the message's
/// words of eight bytes, little-endian; `finish` takes the last, incomplete one and the size of the whole.
class KeyedHash {
 public:
  KeyedHash(std::uint64_t key0, std::uint64_t key1)
      : v0_(key0 ^ 0x736f6d6570736575ULL),
        v1_(key1 ^ 0x646f72616e646f6dULL),
        v2_(key0 ^ 0x6c7967656e657261ULL),
        v3_(key1 ^ 0x7465646279746573ULL) {}
  void add(std::uint64_t word) {
    v3_ ^= word;
    round();
    v0_ ^= word;
  }
  [[nodiscard]] std::uint64_t finish(std::uint64_t last, std::size_t size) {
    add(last | (std::uint64_t{size & 0xffU} << 56U));
    v2_ ^= 0xff;
    for (int i = 0; i < 3; ++i) round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  void round() {
    v0_ += v1_;
    v2_ += v3_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v1_;
    v0_ += v3_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ = std::rotl(v2_, 32);
  }
  std::uint64_t v0_;
  std::uint64_t v1_;
  std::uint64_t v2_;
  std::uint64_t v3_;
};
/// The same over bytes.
[[nodiscard]] std::uint64_t keyed_hash(std::uint64_t key0, std::uint64_t key1, std::span<const std::uint8_t> bytes);

class KeyIndex {
 public:
  /// How full it becomes before it grows. For two to four times the memory a search for what is not there looks at half
  /// as many slots, and less is moved.
  enum class Fill : std::uint8_t { kThreeQuarters, kHalf };

  explicit KeyIndex(Fill fill = Fill::kThreeQuarters);

  /// The id stored under `hash` for which `is_it(id)` holds, or kNoId.
  template <class IsIt>
  [[nodiscard]] EntryId find(std::uint64_t hash, IsIt is_it) const {
    const auto tag = static_cast<std::uint32_t>(hash);
    const EntryId found = search_in(now_, tag, is_it).found;
    return found != kNoId || old_.capacity == 0 ? found : search_in(old_, tag, is_it).found;
  }
  /// Lets the memory where a search for `hash` begins come while the caller does something else.
  // Always inlined: GCC 12 takes calls that do nothing but this for calls that do nothing.
  [[gnu::always_inline]] void prefetch(std::uint64_t hash) const {
    const auto tag = static_cast<std::uint32_t>(hash);
    __builtin_prefetch(&now_.slots[home(now_, tag)], 1);
    if (old_.capacity != 0) __builtin_prefetch(&old_.slots[home(old_, tag)]);
  }
  /// `id` must not be in the index yet.
  void insert(std::uint64_t hash, EntryId id);
  /// `find(hash, is_it)`, and, where that is kNoId, `insert(hash, id)` at the place where the search has ended.
  template <class IsIt>
  EntryId find_or_insert(std::uint64_t hash, EntryId id, IsIt is_it) {
    const auto tag = static_cast<std::uint32_t>(hash);
    const Search search = search_in(now_, tag, is_it);
    if (search.found != kNoId) return search.found;
    if (old_.capacity != 0) {
      const EntryId found = search_in(old_, tag, is_it).found;
      if (found != kNoId) return found;
    }
    if (is_full()) {
      insert(hash, id);
    } else {
      put(now_, search.end, tag, id);
      if (old_.capacity != 0) move_some();
    }
    return kNoId;
  }
  /// `id` must be in the index under `hash`.
  void erase(std::uint64_t hash, EntryId id);

  [[nodiscard]] std::size_t size() const { return now_.used + old_.used; }
  [[nodiscard]] std::size_t bytes() const { return (now_.capacity + old_.capacity) * sizeof(Slot); }

 private:
  // A slot is free (id_plus_two 0), dead (1: left by the move to the new array or by an erase in the old one; a search
  // goes on) or holds an id. The low 32 bits of the hash stay beside it, so that moving needs no look at the entries.
  struct Slot {
    std::uint32_t tag;
    std::uint32_t id_plus_two;
  };
  struct FreeSlots {
    void operator()(Slot* slots) const noexcept;
  };
  struct Table {
    Slot* slots = nullptr;
    std::size_t capacity = 0;  // power of two
    std::size_t used = 0;
    std::unique_ptr<Slot[], FreeSlots> small;
    Pages large;
  };
  /// Slots that are looked at together, without a branch between them: nobody can foretell where a search ends. They
  /// lie in one line of memory.
  static constexpr std::size_t kGroup = 4;
  static constexpr std::uint32_t kFree = 0;
  static constexpr std::uint32_t kDead = 1;

  static Table make_table(std::size_t capacity);
  /// Where a search for `tag` begins: the first slot of a group.
  static std::size_t home(const Table& table, std::uint32_t tag) { return tag & (table.capacity - kGroup); }
  static void put(Table& table, std::size_t at, std::uint32_t tag, EntryId id) {
    table.slots[at] = {tag, id + 2};
    ++table.used;
  }
  static void place(Table& table, std::uint32_t tag, EntryId id);
  [[nodiscard]] std::size_t next_capacity() const;
  void move_some();

  struct Search {
    EntryId found;
    std::size_t end;
  };
  /// Of a group, a bit for each slot that is free or has the tag.
  static unsigned stops_in(const Slot* slots, std::uint32_t tag) {
#if defined(__SSE2__)
    static_assert(kGroup == 4 && sizeof(Slot) == 8 && kFree == 0);
    const void* const at = slots;
    const __m128 low = _mm_castsi128_ps(_mm_loadu_si128(static_cast<const __m128i*>(at)));
    const __m128 high = _mm_castsi128_ps(_mm_loadu_si128(static_cast<const __m128i*>(at) + 1));
    const __m128i tags = _mm_castps_si128(_mm_shuffle_ps(low, high, _MM_SHUFFLE(2, 0, 2, 0)));
    const __m128i ids = _mm_castps_si128(_mm_shuffle_ps(low, high, _MM_SHUFFLE(3, 1, 3, 1)));
    const __m128i stops = _mm_or_si128(_mm_cmpeq_epi32(ids, _mm_setzero_si128()),
                                       _mm_cmpeq_epi32(tags, _mm_set1_epi32(static_cast<std::int32_t>(tag))));
    return static_cast<unsigned>(_mm_movemask_ps(_mm_castsi128_ps(stops)));
#else
    unsigned stops = 0;
    for (unsigned i = 0; i < kGroup; ++i) {
      const auto is_free = static_cast<unsigned>(slots[i].id_plus_two == kFree);
      const auto is_like = static_cast<unsigned>(slots[i].tag == tag);
      stops |= (is_free | is_like) << i;
    }
    return stops;
#endif
  }
  template <class IsIt>
  static Search search_in(const Table& table, std::uint32_t tag, IsIt is_it) {
    for (std::size_t group = home(table, tag);; group = (group + kGroup) & (table.capacity - 1)) {
      const Slot* slots = &table.slots[group];
      for (unsigned stops = stops_in(slots, tag); stops != 0; stops &= stops - 1) {
        const Slot& slot = slots[std::countr_zero(stops)];
        if (slot.id_plus_two == kFree) return {kNoId, static_cast<std::size_t>(&slot - table.slots)};
        if (slot.id_plus_two != kDead && is_it(slot.id_plus_two - 2)) {
          return {slot.id_plus_two - 2, static_cast<std::size_t>(&slot - table.slots)};
        }
      }
    }
  }
  [[nodiscard]] bool is_full() const { return now_.used + old_.used == most_; }
  [[nodiscard]] std::size_t most_of(std::size_t capacity) const {
    return fill_ == Fill::kHalf ? capacity / 2 : capacity / 4 * 3;
  }

  Fill fill_;
  std::size_t most_;  // entries
  Table now_;
  Table old_;
  std::size_t moved_ = 0;  // slots of old_ already emptied
};

}  // namespace neigh
