// SPDX-License-Identifier: Apache-2.0
// A keyed hash of one word by the processor's AES instructions: half the work of the product hash, and harder to guess.
//
// The word stands in both halves of a block, and two rounds are run over it. A round of AES moves four bytes into each
// column and mixes them; with the word there twice, any two of its bytes come into two columns and in different rows,
// so that after the second round each bit of a column depends on all eight bytes, and keys that differ in two bytes
// only, as addresses in sequence do, are spread as any others.
#pragma once

#include <array>
#include <cstdint>

#include "base/product_hash.hpp"

#if defined(__x86_64__)
#include <immintrin.h>

namespace neigh::adjacency {

struct AesHash {
  using Block = std::array<std::uint64_t, 2>;
  alignas(16) Block before = {};
  alignas(16) Block first = {};
  alignas(16) Block second = {};

  /// Made of 64 bits that nobody else knows.
  [[nodiscard]] static AesHash from_seed(std::uint64_t seed) noexcept {
    SecretWords words(seed);
    AesHash hash;
    for (Block* block : {&hash.before, &hash.first, &hash.second}) {
      for (std::uint64_t& word : *block) word = words.next();
    }
    return hash;
  }

  /// As HashKey: the upper half is good in all its bits. Only where `lookup_way()` is not kBaseline. Inlined into
  /// functions that are compiled for any processor, so that the instruction is written out.
  [[nodiscard, gnu::always_inline]] inline std::uint64_t of(std::uint64_t word) const noexcept {
    __m128i block = _mm_set1_epi64x(static_cast<std::int64_t>(word));
    block = _mm_xor_si128(block, load(before));
    __asm__("vaesenc %1, %0, %0" : "+x"(block) : "m"(first));
    __asm__("vaesenc %1, %0, %0" : "+x"(block) : "m"(second));
    return std::uint64_t{static_cast<std::uint32_t>(_mm_cvtsi128_si32(block))} << 32U;
  }

  [[gnu::always_inline]] static inline __m128i load(const Block& block) noexcept {
    const void* at = block.data();
    return _mm_load_si128(static_cast<const __m128i*>(at));
  }
};

}  // namespace neigh::adjacency
#endif
