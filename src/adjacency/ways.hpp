// SPDX-License-Identifier: Apache-2.0
// Looking at four pairs with the instructions of newer processors: the line's keys are compared at once, which tells
// where to look, and the pair there is then read as one. If its key is the one, its value is right whatever the compare
// saw. If not, the key was not in the line at one instant of the look: no slot had it, or the one that had it has lost
// it.
//
// Only in functions of the same target, and only if `lookup_way()` says so.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "adjacency/aes_hash.hpp"
#include "adjacency/words.hpp"

#if defined(__x86_64__)
namespace neigh::adjacency {

/// Keys are every second word of a line.
inline constexpr unsigned kKeyWords = 0x55;
/// Where to look if no key is equal: the last pair.
inline constexpr unsigned kLastKey = 0x40;

struct Avx2 {
  [[gnu::target("avx2,bmi")]] static inline Pair pick(const Line& line, std::uint64_t key) noexcept {
    return pick_at(line, equal_words(line, key));
  }
  /// false: at one instant of the look the key was not in the line.
  [[gnu::target("avx2,bmi")]] static inline bool shows(const Line& line, std::uint64_t key) noexcept {
    return (equal_words(line, key) & kKeyWords) != 0;
  }
  /// A bit for each word of the line.
  [[gnu::target("avx2,bmi")]] static inline unsigned equal_words(const Line& line, std::uint64_t key) noexcept {
    const void* at = line.words.data();
    const auto* halves = static_cast<const __m256i*>(at);
    const __m256i wanted = _mm256_set1_epi64x(static_cast<std::int64_t>(key));
    __m256i low;
    __m256i high;
    __asm__ volatile("vmovdqa %1, %0" : "=x"(low) : "m"(halves[0]));
    __asm__ volatile("vmovdqa %1, %0" : "=x"(high) : "m"(halves[1]));
    return static_cast<unsigned>(_mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpeq_epi64(low, wanted))) |
                                 _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpeq_epi64(high, wanted))) << 4);
  }

  /// The value beside `key`, or 0.
  [[gnu::target("avx2,bmi")]] static std::uint64_t value_in(const Line& line, std::uint64_t key) noexcept {
    const Pair seen = pick(line, key);
    return seen.key == key ? seen.value : 0;
  }

  /// The first pair whose key `mask` says to be equal. Bits of values count for nothing.
  [[gnu::always_inline]] static inline Pair pick_at(const Line& line, unsigned mask) noexcept {
    const __m128i pair = load_whole(&line.words[static_cast<unsigned>(__builtin_ctz((mask & kKeyWords) | kLastKey))]);
    return {.key = Hardware::low(pair), .value = Hardware::high(pair)};
  }
  [[gnu::always_inline]] static inline __m128i load_whole(const Word* slot) noexcept {
    const void* at = slot;
    __m128i both;
    __asm__ volatile("vmovdqa %1, %0" : "=x"(both) : "m"(*static_cast<const __m128i*>(at)));
    return both;
  }
};

/// `kVaes`: with AES instructions for four blocks at once.
template <bool kVaes>
struct Avx512 {
  [[gnu::always_inline]] static inline Pair pick(const Line& line, std::uint64_t key) noexcept {
    return Avx2::pick_at(line, equal_words(line, key));
  }
  [[gnu::always_inline]] static inline bool shows(const Line& line, std::uint64_t key) noexcept {
    return (equal_words(line, key) & kKeyWords) != 0;
  }
  [[gnu::always_inline]] static inline unsigned equal_words(const Line& line, std::uint64_t key) noexcept {
    unsigned mask = 0;
    // In registers whose use leaves nothing to clean up, and no room to be aligned for.
    __asm__ volatile(
        "vpbroadcastq %[key], %%zmm16\n\t"
        "vpcmpeqq %[line], %%zmm16, %%k1\n\t"
        "kmovw %%k1, %[mask]"
        : [mask] "=r"(mask)
        : [key] "r"(key), [line] "m"(line)
        : "xmm16", "k1");
    return mask;
  }

  /// The value beside `key`, or 0.
  [[gnu::target("avx512f,bmi,popcnt")]] static std::uint64_t value_in(const Line& line, std::uint64_t key) noexcept {
    const Pair seen = pick(line, key);
    return seen.key == key ? seen.value : 0;
  }

  /// For the writer, who alone changes lines.
  [[gnu::always_inline]] static inline Room room(const Line& line, std::uint64_t key) noexcept {
    unsigned bits = 0;
    static_assert(Room::kEmpty == 8);
    __asm__ volatile(
        "vmovdqa64 %[line], %%zmm17\n\t"
        "vpbroadcastq %[key], %%zmm16\n\t"
        "vpcmpeqq %%zmm17, %%zmm16, %%k1\n\t"
        "vptestnmq %%zmm17, %%zmm17, %%k2\n\t"
        "kunpckbw %%k1, %%k2, %%k1\n\t"
        "kmovw %%k1, %[bits]"
        : [bits] "=r"(bits)
        : [key] "r"(key), [line] "m"(line)
        : "xmm16", "xmm17", "k1", "k2");
    return {.bits = bits & (kKeyWords | kKeyWords << Room::kEmpty)};
  }

  /// Keys of `pick_many` at most.
  static constexpr std::size_t kMost = 256;
  /// Fewer keys than this are better asked for one after the other.
  static constexpr std::size_t kFew = 32;
  /// Groups of eight whose lines are on their way.
  static constexpr std::size_t kGroupsAhead = 4;

  struct Question {
    const Line* lines;
    AesHash hash_key;
    std::uint64_t home_lines;
    const void* keys;   ///< 8 bytes each.
    std::size_t count;  ///< A multiple of eight, at most kMost.
    void* values;       ///< 8 bytes each; 0 where a key is not found in its home line.
  };
  struct Work {
    alignas(kLineBytes) std::array<const Line*, kMost> homes;
    std::array<std::uint64_t, kMost / 64> open;  ///< A bit for each key that was not found.
  };

  /// Looks for each key in its home line. Hashes eight keys at once.
  [[gnu::target("avx512f,bmi,popcnt")]] static void pick_many(const Question& question, Work& work) noexcept {
    const std::size_t groups = question.count / 8;
    for (std::size_t group = 0; group < kGroupsAhead && group < groups; ++group) stage(question, work, group);
    for (std::size_t begin = 0; begin < groups; begin += 8) {
      const std::size_t end = begin + 8 < groups ? begin + 8 : groups;
      // In a register: what is stored in pieces cannot be read as a whole before all of it has left for the cache.
      std::uint64_t open = 0;
      for (std::size_t group = begin; group < end; ++group) {
        if (group + kGroupsAhead < groups) stage(question, work, group + kGroupsAhead);
        open = std::rotr(open | pick_eight(question, work, group), 8);
      }
      work.open[begin / 8] = open >> (64 - 8 * (end - begin));
    }
  }

 private:
  [[gnu::target("avx512f,bmi,popcnt"), gnu::always_inline]] static inline __m512i all(std::uint64_t word) noexcept {
    return _mm512_set1_epi64(static_cast<std::int64_t>(word));
  }
  // With masks, as GCC 12 takes the forms without for uses of what is not initialized.
  [[gnu::target("avx512f,bmi,popcnt"), gnu::always_inline]] static inline __m512i times(__m512i a, __m512i b) noexcept {
    return _mm512_maskz_mul_epu32(0xff, a, b);
  }
  [[gnu::target("avx512f,bmi,popcnt"), gnu::always_inline]] static inline __m512i plus(__m512i a, __m512i b) noexcept {
    return _mm512_maskz_add_epi64(0xff, a, b);
  }
  [[gnu::target("avx512f,bmi,popcnt"), gnu::always_inline]] static inline __m512i shift_right(__m512i a,
                                                                                              unsigned by) noexcept {
    return _mm512_maskz_srli_epi64(0xff, a, by);
  }

  /// Four blocks at once, as the processor has it.
  [[gnu::target("avx512f,bmi,popcnt"), gnu::always_inline]] static inline __m512i round(
      __m512i blocks, const AesHash::Block& key) noexcept {
    if constexpr (kVaes) {
      const __m512i keys = _mm512_maskz_broadcast_i32x4(0xffff, AesHash::load(key));
      __asm__("vaesenc %1, %0, %0" : "+v"(blocks) : "v"(keys));
      return blocks;
    } else {
      const __m512i low = _mm512_inserti32x4(blocks, one<0>(blocks, key), 0);
      const __m512i more = _mm512_inserti32x4(low, one<1>(blocks, key), 1);
      const __m512i most = _mm512_inserti32x4(more, one<2>(blocks, key), 2);
      return _mm512_inserti32x4(most, one<3>(blocks, key), 3);
    }
  }
  template <int kAt>
  [[gnu::target("avx512f,bmi,popcnt"), gnu::always_inline]] static inline __m128i one(
      __m512i blocks, const AesHash::Block& key) noexcept {
    __m128i block = _mm512_maskz_extracti32x4_epi32(0xf, blocks, kAt);
    __asm__("vaesenc %1, %0, %0" : "+x"(block) : "m"(key));
    return block;
  }
  /// `AesHash::of` for the words of the lower, or upper, half of each quarter; in the lower 32 bits of each half.
  [[gnu::target("avx512f,bmi,popcnt"), gnu::always_inline]] static inline __m512i hashes(__m512i twice,
                                                                                         const AesHash& hash) noexcept {
    const __m512i before = _mm512_maskz_broadcast_i32x4(0xffff, AesHash::load(hash.before));
    return round(round(_mm512_xor_si512(twice, before), hash.first), hash.second);
  }

  /// `AesHash::of` and `HopTable::home_of`, vertically; the lines are asked for.
  [[gnu::target("avx512f,bmi,popcnt"), gnu::always_inline]] static inline void stage(const Question& question,
                                                                                     Work& work,
                                                                                     std::size_t group) noexcept {
    const __m512i keys = _mm512_loadu_si512(static_cast<const char*>(question.keys) + 64 * group);
    const __m512i even = hashes(_mm512_maskz_unpacklo_epi64(0xff, keys, keys), question.hash_key);
    const __m512i odd = hashes(_mm512_maskz_unpackhi_epi64(0xff, keys, keys), question.hash_key);
    const __m512i scaled = times(_mm512_maskz_unpacklo_epi64(0xff, even, odd), all(question.home_lines));
    static_assert(kLineBytes == 64);
    const __m512i offset = _mm512_and_si512(all(~std::uint64_t{63}), shift_right(scaled, 32 - 6));
    const void* base = question.lines;
    const __m512i homes = plus(offset, all(std::bit_cast<std::uint64_t>(base)));
    void* const to = work.homes.data() + 8 * group;
    _mm512_store_si512(to, homes);
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 8; ++i) prefetch(work.homes[8 * group + i]);
  }

  /// Where its home line holds the key, or another pair.
  [[gnu::target("avx512f,bmi,popcnt"), gnu::always_inline]] static inline __m128i pair_of(const Question& question,
                                                                                          const Work& work,
                                                                                          std::size_t i) noexcept {
    const Line& line = *work.homes[i];
    std::int64_t key = 0;
    std::memcpy(&key, static_cast<const char*>(question.keys) + sizeof key * i, sizeof key);
    unsigned equal = 0;
    __asm__ volatile(
        "vpcmpeqq %[line], %[wanted], %%k1%{%[keys]%}\n\t"
        "kmovw %%k1, %[equal]"
        : [equal] "=r"(equal)
        : [line] "m"(line), [wanted] "v"(_mm512_set1_epi64(key)), [keys] "Yk"(static_cast<__mmask16>(kKeyWords))
        : "k1");
    return Avx2::load_whole(&line.words[static_cast<unsigned>(__builtin_ctz(equal | kLastKey))]);
  }

  /// @return A bit for each key of the group that was not found.
  [[gnu::target("avx512f,bmi,popcnt"), gnu::always_inline]] static inline std::uint64_t pick_eight(
      const Question& question, const Work& work, std::size_t group) noexcept {
    const std::size_t i = 8 * group;
    __m512i even = _mm512_castsi128_si512(pair_of(question, work, i + 0));
    __m512i odd = _mm512_castsi128_si512(pair_of(question, work, i + 1));
    even = _mm512_inserti32x4(even, pair_of(question, work, i + 2), 1);
    odd = _mm512_inserti32x4(odd, pair_of(question, work, i + 3), 1);
    even = _mm512_inserti32x4(even, pair_of(question, work, i + 4), 2);
    odd = _mm512_inserti32x4(odd, pair_of(question, work, i + 5), 2);
    even = _mm512_inserti32x4(even, pair_of(question, work, i + 6), 3);
    odd = _mm512_inserti32x4(odd, pair_of(question, work, i + 7), 3);
    const __m512i keys = _mm512_loadu_si512(static_cast<const char*>(question.keys) + 8 * i);
    const __mmask8 equal = _mm512_cmpeq_epi64_mask(_mm512_maskz_unpacklo_epi64(0xff, even, odd), keys);
    const __m512i found = _mm512_maskz_and_epi64(equal, _mm512_maskz_unpackhi_epi64(0xff, even, odd), all(~kHintMask));
    _mm512_storeu_si512(static_cast<char*>(question.values) + 8 * i, found);
    return _mm512_testn_epi64_mask(found, found);
  }
};

}  // namespace neigh::adjacency
#endif
