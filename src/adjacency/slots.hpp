// SPDX-License-Identifier: Apache-2.0
// How entries lie in a line, and how one is read whole. include/neigh/adjacency.hpp has the argument.
//
// IPv4, four slots to a line:   word 0  address 32 | interface 16 | version 16
//                               word 1  value
// IPv6, two slots to a line:    word 0  interface 16 | version 48
//                               word 1  value
//                               word 2, 3  address
//
// Interface numbers are the table's own and begin at 1, so that a slot without an entry, whose key is 0, matches
// nothing. The version counts how often the slot was given to an entry. A value has 58 bits of its own; the 6 bits
// between of the first slot of a line belong to the line (`kHintShift`).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "adjacency/hash.hpp"
#include "adjacency/words.hpp"

namespace neigh::adjacency {

/// In the value of a line's first slot: how many entries were put elsewhere because this line was full.
inline constexpr unsigned kHintShift = 48;
inline constexpr std::uint64_t kHintOne = std::uint64_t{1} << kHintShift;
inline constexpr std::uint64_t kHintMask = std::uint64_t{63} << kHintShift;

inline constexpr std::uint64_t kNothing = 0;  ///< No entry; values of entries differ from it without the hint.

template <unsigned kBits>
inline constexpr std::uint64_t kLowBits = (std::uint64_t{1} << kBits) - 1;

/// IPv4. `kWhole`: pairs are read and written as one, and versions do not matter. Otherwise words are read one after
/// the other, and 16 bits of version are continued in a word for each slot outside the lines (`rounds`).
template <class Memory, bool kWhole, unsigned kVersionBits = 16>
struct SlotsV4 {
  static constexpr unsigned kSlots = 4;
  static constexpr bool kHasRounds = !kWhole;
  static constexpr std::uint64_t kVersion = kLowBits<kVersionBits>;

  struct Key {
    std::uint64_t want = 0;  ///< address 32 | interface 16 | 0
    friend bool operator==(const Key&, const Key&) = default;
  };
  static Key key(std::uint32_t address, std::uint16_t interface) noexcept {
    return {static_cast<std::uint64_t>(address) << 32U | static_cast<std::uint64_t>(interface) << 16U};
  }
  static std::uint16_t interface_of(Key key) noexcept { return static_cast<std::uint16_t>(key.want >> 16U); }
  static std::uint64_t hash(const HashKey& hash_key, Key key) noexcept { return hash_key.of(key.want); }

  static bool same(std::uint64_t word, Key key) noexcept { return (word ^ key.want) <= 0xffffU; }
  static Word& value(Line& line, unsigned slot) noexcept { return line.words[2 * slot + 1]; }
  static const Word& value(const Line& line, unsigned slot) noexcept { return line.words[2 * slot + 1]; }

  /// Bit i: slot i seems to hold `key`. Without branches.
  static unsigned match(const Line& line, Key key) noexcept {
    unsigned mask = 0;
    for (unsigned slot = 0; slot < kSlots; ++slot) {
      mask |= static_cast<unsigned>(same(Memory::load(line.words[2 * slot]), key)) << slot;
    }
    return mask;
  }

  /// The value of `key` if the slot holds it at one instant of this call. @return false: there was an instant since
  /// `match` at which it did not.
  static bool confirm(const Line& line, unsigned slot, Key key, const Word* rounds, std::uint64_t& out) noexcept {
    const Word* const words = &line.words[2 * slot];
    if constexpr (kWhole) {
      const Pair pair = Memory::load_pair(words);
      out = pair.value;
      return same(pair.key, key);
    } else {
      // Twice: that only the rounds differ may come from the slot's beginning before `match`. If they differ again,
      // the slot has been through all its versions meanwhile, and held something else.
      for (int attempt = 0; attempt < 2; ++attempt) {
        const std::uint64_t round = Memory::load(rounds[slot]);
        const std::uint64_t before = Memory::load(words[0]);
        out = Memory::load(words[1]);
        if (!same(before, key) || Memory::load(words[0]) != before) return false;
        if (Memory::load(rounds[slot]) == round) return true;
      }
      return false;
    }
  }

  // The writer's side.

  static bool holds_any(const Line& line, unsigned slot) noexcept { return Memory::load(line.words[2 * slot]) > 0xffffU; }
  static Key key_at(const Line& line, unsigned slot) noexcept {
    return {Memory::load(line.words[2 * slot]) & ~std::uint64_t{0xffff}};
  }
  /// The slot holds nothing.
  static void bind(Line& line, unsigned slot, Key key, std::uint64_t value, Word* rounds) noexcept {
    Word* const words = &line.words[2 * slot];
    const std::uint64_t version = (Memory::load(words[0]) + 1) & kVersion;
    if constexpr (kWhole) {
      Memory::store_pair(words, {.key = key.want | version, .value = value});
    } else {
      if (version == 0) Memory::store(rounds[slot], Memory::load(rounds[slot]) + 1);
      Memory::store(words[1], value);
      Memory::store(words[0], key.want | version);
    }
  }
  static void unbind(Line& line, unsigned slot) noexcept {
    Word& word = line.words[2 * slot];
    Memory::store(word, Memory::load(word) & kVersion);
  }
};

/// IPv6. 48 bits of version fit into the slot.
template <class Memory, unsigned kVersionBits = 48>
struct SlotsV6 {
  static constexpr unsigned kSlots = 2;
  static constexpr bool kHasRounds = false;
  static constexpr unsigned kShift = 48;
  static constexpr std::uint64_t kVersion = kLowBits<kVersionBits>;

  struct Key {
    std::uint64_t interface = 0;  ///< 1 to 65,535
    std::array<std::uint64_t, 2> address = {};
    friend bool operator==(const Key&, const Key&) = default;
  };
  static std::uint16_t interface_of(const Key& key) noexcept { return static_cast<std::uint16_t>(key.interface); }
  static std::uint64_t hash(const HashKey& hash_key, const Key& key) noexcept {
    return hash_key.of(key.address[0], key.address[1], key.interface);
  }

  static Word& value(Line& line, unsigned slot) noexcept { return line.words[4 * slot + 1]; }
  static const Word& value(const Line& line, unsigned slot) noexcept { return line.words[4 * slot + 1]; }

  static unsigned match(const Line& line, const Key& key) noexcept {
    unsigned mask = 0;
    for (unsigned slot = 0; slot < kSlots; ++slot) {
      const Word* const words = &line.words[4 * slot];
      std::uint64_t differs = (Memory::load(words[0]) >> kShift) ^ key.interface;
      differs |= Memory::load(words[2]) ^ key.address[0];
      differs |= Memory::load(words[3]) ^ key.address[1];
      mask |= static_cast<unsigned>(differs == 0) << slot;
    }
    return mask;
  }

  static bool confirm(const Line& line, unsigned slot, const Key& key, const Word* /*rounds*/,
                      std::uint64_t& out) noexcept {
    const Word* const words = &line.words[4 * slot];
    const std::uint64_t before = Memory::load(words[0]);
    std::uint64_t differs = (before >> kShift) ^ key.interface;
    differs |= Memory::load(words[2]) ^ key.address[0];
    differs |= Memory::load(words[3]) ^ key.address[1];
    out = Memory::load(words[1]);
    differs |= Memory::load(words[0]) ^ before;
    return differs == 0;
  }

  static bool holds_any(const Line& line, unsigned slot) noexcept {
    return (Memory::load(line.words[4 * slot]) >> kShift) != 0;
  }
  static Key key_at(const Line& line, unsigned slot) noexcept {
    const Word* const words = &line.words[4 * slot];
    return {Memory::load(words[0]) >> kShift, {Memory::load(words[2]), Memory::load(words[3])}};
  }
  static void bind(Line& line, unsigned slot, const Key& key, std::uint64_t value, Word* /*rounds*/) noexcept {
    Word* const words = &line.words[4 * slot];
    const std::uint64_t version = (Memory::load(words[0]) + 1) & kVersion;
    Memory::store(words[1], value);
    Memory::store(words[2], key.address[0]);
    Memory::store(words[3], key.address[1]);
    Memory::store(words[0], key.interface << kShift | version);
  }
  static void unbind(Line& line, unsigned slot) noexcept {
    Word& word = line.words[4 * slot];
    Memory::store(word, Memory::load(word) & kVersion);
  }
};

}  // namespace neigh::adjacency
