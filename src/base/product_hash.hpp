// SPDX-License-Identifier: Apache-2.0
// A keyed hash of a few words: who may choose addresses on a link must not be able to choose lines of a table. Keys are
// anything but random (addresses in sequence, one address on each interface), so that a product alone is not enough: it
// keeps sequences, and one key in a hundred heaps them up. A tenth of KeyedHash's instructions, and less certain
// against somebody who can time single searches.
#pragma once

#include <cstdint>

namespace neigh {

__extension__ using Wide = unsigned __int128;

/// Upper half of the product: `n` < 2^64 is spread over 0 .. `range` - 1.
[[nodiscard]] inline std::uint64_t scale(std::uint64_t n, std::uint64_t range) noexcept {
  return static_cast<std::uint64_t>((static_cast<Wide>(n) * range) >> 64U);
}

/// As `scale` with the upper half of `n`, for ranges below 2^32; cheaper.
[[nodiscard]] inline std::uint64_t scale32(std::uint64_t n, std::uint64_t range) noexcept {
  return ((n >> 32U) * range) >> 32U;
}

/// Both halves of the product, one over the other.
[[nodiscard]] inline std::uint64_t fold(std::uint64_t a, std::uint64_t b) noexcept {
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

/// As many words as are asked for, made of one (splitmix64).
class SecretWords {
 public:
  explicit SecretWords(std::uint64_t seed) noexcept : seed_(seed) {}
  [[nodiscard]] std::uint64_t next() noexcept {
    std::uint64_t z = (seed_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31U);
  }

 private:
  std::uint64_t seed_;
};

struct HashKey {
  std::uint64_t a = 0;
  std::uint64_t b = 0;  ///< odd
  std::uint64_t c = 0;  ///< odd

  /// Made of 64 bits that nobody else knows.
  [[nodiscard]] static HashKey from_seed(std::uint64_t seed) noexcept {
    SecretWords words(seed);
    HashKey key;
    key.a = words.next();
    key.b = words.next() | 1U;
    key.c = words.next() | 1U;
    return key;
  }

  /// The upper half of what these return is good in all its bits.
  [[nodiscard]] std::uint64_t of(std::uint64_t word) const noexcept {
    word ^= a;
    return mixed(word ^ word >> kDown);  // a product carries upwards only
  }
  [[nodiscard]] std::uint64_t of(std::uint64_t first, std::uint64_t second, std::uint64_t third) const noexcept {
    return mixed(fold(first ^ a, second ^ c) ^ third);
  }

  static constexpr unsigned kDown = 32;

 private:
  /// The shift between the products ends what is linear in the first.
  [[nodiscard]] std::uint64_t mixed(std::uint64_t word) const noexcept {
    word *= b;
    return (word ^ word >> kDown) * c;
  }
};

}  // namespace neigh
