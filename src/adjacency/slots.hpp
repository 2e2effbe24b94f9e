// SPDX-License-Identifier: Apache-2.0
// How entries lie in a line, and how one is read whole. include/neigh/adjacency.hpp has the argument.
//
// IPv4, four slots to a line:   word 0  key: interface 32 and address 32
//                               word 1  value
// IPv6, two slots to a line:    word 0  interface 32 | version 32
//                               word 1  value
//                               word 2, 3  address
//
// The interface of a slot without an entry is 0, and so is its value but for the hint. A version counts how often the
// slot was given to an entry. A value has 58 bits of its own; the 6 bits between of the first slot of a line belong to
// the line (`kHintShift`).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "adjacency/words.hpp"
#include "base/product_hash.hpp"

namespace neigh::adjacency {

inline constexpr std::uint64_t kNothing = 0;  ///< No entry; values of entries differ from it without the hint.

// A look at a line says yes with a value that the key had at one instant of the look, or no: at one instant of the look
// the slot that the key might have been in did not hold it. A slot that changes while it is looked at has held nothing
// for an instant, so that no is right for whoever was in it, and for whoever comes.

/// IPv4. `kWhole`: pairs are read and written as one. Otherwise words are read one after the other, and each slot has a
/// version outside the lines.
template <class Memory, bool kWhole, class HashOf = HashKey>
struct SlotsV4 {
  using Hash = HashOf;
  static constexpr unsigned kSlots = 4;
  static constexpr unsigned kStride = 2;  ///< Words from key to key.
  static constexpr bool kHasVersions = !kWhole;
  static constexpr bool kHasPairs = kWhole;
  using Key = std::uint64_t;  ///< As word 0.

  [[gnu::always_inline]] static inline std::uint64_t hash(const Hash& hash, Key key) noexcept { return hash.of(key); }
  static std::uint32_t interface_of(Key key) noexcept { return static_cast<std::uint32_t>(key); }
  static bool is_nobody(Key key) noexcept { return key == 0; }

  /// Looks for `key`, if pairs are whole in a `Way` of the processor's. `hint` is at most as new as all else that is
  /// read.
  template <class Way = Memory>
  [[gnu::always_inline]] static inline bool look(const Line& line, Key key, const Word* versions, std::uint64_t& value,
                                                 std::uint64_t& hint) noexcept {
    if constexpr (kWhole) {
      const FourPairs seen = Way::find_in_four(line, key);
      hint = seen.first_value & kHintMask;
      value = seen.value & ~kHintMask;
      return value != kNothing;
    } else {
      hint = Memory::load(line.words[1]) & kHintMask;
      if (key == 0) return false;
      for (unsigned slot = 0; slot < kSlots; ++slot) {
        const Word* const words = &line.words[2 * slot];
        if (Memory::load(words[0]) != key) continue;
        const std::uint64_t version = Memory::load(versions[slot]);
        bool same = Memory::load(words[0]) == key;
        value = Memory::load(words[1]) & ~kHintMask;
        same = same && Memory::load(words[0]) == key;
        return same && Memory::load(versions[slot]) == version && value != kNothing;
      }
      return false;
    }
  }

  // The writer's side.

  static Word& value(Line& line, unsigned slot) noexcept { return line.words[2 * slot + 1]; }
  static bool holds_any(const Line& line, unsigned slot) noexcept { return Memory::load(line.words[2 * slot]) != 0; }
  static Key key_at(const Line& line, unsigned slot) noexcept { return Memory::load(line.words[2 * slot]); }
  static bool holds(const Line& line, unsigned slot, Key key) noexcept { return key_at(line, slot) == key; }
  /// The slot holds nothing. `hint` is the line's if it is the first.
  static void bind(Line& line, unsigned slot, Key key, std::uint64_t value, Word* versions) noexcept {
    Word* const words = &line.words[2 * slot];
    if constexpr (kWhole) {
      Memory::store_pair(words, {.key = key, .value = value});
    } else {
      Memory::store(versions[slot], Memory::load(versions[slot]) + 1);
      Memory::store(words[1], value);
      Memory::store(words[0], key);
    }
  }
  static void unbind(Line& line, unsigned slot) noexcept {
    Word* const words = &line.words[2 * slot];
    const std::uint64_t hint = Memory::load(words[1]) & kHintMask;
    if constexpr (kWhole) {
      Memory::store_pair(words, {.key = 0, .value = hint});
    } else {
      Memory::store(words[0], 0);
      Memory::store(words[1], hint);
    }
  }
};

/// IPv6. A version of 32 bits fits into the slot.
template <class Memory, unsigned kVersionBits = 32>
struct SlotsV6 {
  using Hash = HashKey;
  static constexpr unsigned kSlots = 2;
  static constexpr unsigned kStride = 4;  ///< Words from key to key.
  static constexpr bool kHasVersions = false;
  static constexpr bool kHasPairs = false;
  static constexpr unsigned kShift = 32;
  static constexpr std::uint64_t kVersion = (std::uint64_t{1} << kVersionBits) - 1;

  struct Key {
    std::uint64_t interface = 0;
    std::array<std::uint64_t, 2> address = {};
    friend bool operator==(const Key&, const Key&) = default;
  };
  static std::uint32_t interface_of(const Key& key) noexcept { return static_cast<std::uint32_t>(key.interface); }
  static bool is_nobody(const Key& key) noexcept { return key.interface == 0; }
  static std::uint64_t hash(const HashKey& hash_key, const Key& key) noexcept {
    return hash_key.of(key.address[0], key.address[1], key.interface);
  }

  template <class Way = Memory>
  static bool look(const Line& line, const Key& key, const Word* /*versions*/, std::uint64_t& value,
                   std::uint64_t& hint) noexcept {
    hint = Memory::load(line.words[1]) & kHintMask;
    const unsigned first = match(&line.words[0], key);
    const unsigned second = match(&line.words[4], key);
    if ((first | second) == 0 || key.interface == 0) return false;
    const Word* const words = &line.words[first != 0 ? 0 : 4];
    const std::uint64_t before = Memory::load(words[0]);
    std::uint64_t differs = (before >> kShift) ^ key.interface;
    differs |= Memory::load(words[2]) ^ key.address[0];
    differs |= Memory::load(words[3]) ^ key.address[1];
    value = Memory::load(words[1]) & ~kHintMask;
    differs |= Memory::load(words[0]) ^ before;
    return differs == 0 && value != kNothing;
  }

  static Word& value(Line& line, unsigned slot) noexcept { return line.words[4 * slot + 1]; }
  static bool holds_any(const Line& line, unsigned slot) noexcept {
    return (Memory::load(line.words[4 * slot]) >> kShift) != 0;
  }
  static Key key_at(const Line& line, unsigned slot) noexcept {
    const Word* const words = &line.words[4 * slot];
    return {Memory::load(words[0]) >> kShift, {Memory::load(words[2]), Memory::load(words[3])}};
  }
  static bool holds(const Line& line, unsigned slot, const Key& key) noexcept {
    return match(&line.words[4 * slot], key) != 0;
  }
  static void bind(Line& line, unsigned slot, const Key& key, std::uint64_t value, Word* /*versions*/) noexcept {
    Word* const words = &line.words[4 * slot];
    const std::uint64_t version = (Memory::load(words[0]) + 1) & kVersion;
    Memory::store(words[1], value);
    Memory::store(words[2], key.address[0]);
    Memory::store(words[3], key.address[1]);
    Memory::store(words[0], key.interface << kShift | version);
  }
  static void unbind(Line& line, unsigned slot) noexcept {
    Word* const words = &line.words[4 * slot];
    Memory::store(words[0], Memory::load(words[0]) & kVersion);
    Memory::store(words[1], Memory::load(words[1]) & kHintMask);
  }

 private:
  static unsigned match(const Word* words, const Key& key) noexcept {
    std::uint64_t differs = (Memory::load(words[0]) >> kShift) ^ key.interface;
    differs |= Memory::load(words[2]) ^ key.address[0];
    differs |= Memory::load(words[3]) ^ key.address[1];
    return static_cast<unsigned>(differs == 0);
  }
};

}  // namespace neigh::adjacency
