// SPDX-License-Identifier: Apache-2.0
// The memory that the writer and the readers of a table share: 64-bit words, and on some machines pairs of them that
// are read and written as one. Tests put a memory of their own in its place, to see every order of events.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace neigh::adjacency {

using Word = std::atomic<std::uint64_t>;
static_assert(sizeof(Word) == 8 && Word::is_always_lock_free);

inline constexpr std::size_t kLineBytes = 64;
inline constexpr std::size_t kLineWords = kLineBytes / sizeof(Word);

struct alignas(kLineBytes) Line {
  std::array<Word, kLineWords> words;
};
static_assert(sizeof(Line) == kLineBytes);

/// In the value of a line's first slot: how many entries were put elsewhere because this line was full.
inline constexpr unsigned kHintShift = 48;
inline constexpr std::uint64_t kHintOne = std::uint64_t{1} << kHintShift;
inline constexpr std::uint64_t kHintMask = std::uint64_t{63} << kHintShift;

/// Two words that belong together.
struct Pair {
  std::uint64_t key = 0;
  std::uint64_t value = 0;
};

/// What a look at the four pairs of a line has shown.
struct FourPairs {
  std::uint64_t first_value = 0;  ///< Of the first pair, whatever its key.
  std::uint64_t value = 0;        ///< Of a pair with the key that was looked for; 0: there is none.
};

/// What the writer sees in a line: a bit for each word that begins a slot. Those of slots with the key are the lower
/// eight, those of slots without an entry the next eight.
struct Room {
  unsigned bits = 0;
  [[nodiscard]] bool has_key() const noexcept { return (bits & 0xffU) != 0; }
  /// Only without the key: the first word of the first slot without an entry; 24: there is none.
  [[nodiscard]] unsigned empty_word() const noexcept { return static_cast<unsigned>(std::countr_zero(bits)) - kEmpty; }
  static constexpr unsigned kEmpty = 8;  ///< Where the bits of slots without an entry begin.
};

/// Whether this processor reads and writes an aligned pair as one (see `Hardware::load_whole`).
[[nodiscard]] bool has_whole_pairs() noexcept;

/// Every load is an acquire, every store a release: what a reader loads next is at least as new as the store that it
/// has seen. On x86-64 both are plain moves.
struct Hardware {
  static std::uint64_t load(const Word& word) noexcept { return word.load(std::memory_order_acquire); }
  static void store(Word& word, std::uint64_t value) noexcept { word.store(value, std::memory_order_release); }
  /// For the writer, who alone changes words: whether the hint in one is not zero, by its byte.
  static bool has_hint(const Word& word) noexcept {
    static_assert(kHintShift % 8 == 0);
    if constexpr (std::endian::native != std::endian::little) return (load(word) & kHintMask) != 0;
    const void* at = &word;
    return (static_cast<const unsigned char*>(at)[kHintShift / 8] & (kHintMask >> kHintShift)) != 0;
  }

  // Only if `has_whole_pairs()`: Intel and AMD promise that aligned 16-byte loads and stores are single accesses on
  // processors with AVX (Intel SDM 3A 9.1.1, AMD APM 2 7.3.2); the instruction itself is SSE2's. x86-64 keeps loads in
  // order, and stores in order.
#if defined(__x86_64__)
  static __m128i load_whole(const Word* slot) noexcept {
    const void* at = slot;
    __m128i both;
    __asm__ volatile("movdqa %1, %0" : "=x"(both) : "m"(*static_cast<const __m128i*>(at)));
    return both;
  }
  static void store_pair(Word* slot, Pair pair) noexcept {
    void* at = slot;
    const __m128i both = _mm_set_epi64x(static_cast<std::int64_t>(pair.value), static_cast<std::int64_t>(pair.key));
    __asm__ volatile("movdqa %1, %0" : "=m"(*static_cast<__m128i*>(at)) : "x"(both) : "memory");
  }
  static std::uint64_t low(__m128i pair) noexcept { return static_cast<std::uint64_t>(_mm_cvtsi128_si64(pair)); }
  static std::uint64_t high(__m128i pair) noexcept { return low(_mm_unpackhi_epi64(pair, pair)); }
  /// All ones in each half that is equal.
  static __m128i equal(__m128i a, __m128i b) noexcept {
    const __m128i quarters = _mm_cmpeq_epi32(a, b);
    return _mm_and_si128(quarters, _mm_shuffle_epi32(quarters, _MM_SHUFFLE(2, 3, 0, 1)));
  }
  /// Each pair at one instant, in order, and without branches.
  static FourPairs find_in_four(const Line& line, std::uint64_t key) noexcept {
    const __m128i a = load_whole(&line.words[0]);
    const __m128i b = load_whole(&line.words[2]);
    const __m128i c = load_whole(&line.words[4]);
    const __m128i d = load_whole(&line.words[6]);
    const __m128i wanted = _mm_set1_epi64x(static_cast<std::int64_t>(key));
    const __m128i is_ab = equal(_mm_unpacklo_epi64(a, b), wanted);
    const __m128i is_cd = equal(_mm_unpacklo_epi64(c, d), wanted);
    const __m128i values =
        _mm_or_si128(_mm_and_si128(is_ab, _mm_unpackhi_epi64(a, b)), _mm_and_si128(is_cd, _mm_unpackhi_epi64(c, d)));
    FourPairs found{.first_value = high(a), .value = low(values) | high(values)};
    // Twice: taken out of one slot and put into another between the loads. Either pair was there.
    const auto mask =
        static_cast<unsigned>(_mm_movemask_pd(_mm_castsi128_pd(is_ab)) | _mm_movemask_pd(_mm_castsi128_pd(is_cd)) << 2);
    if ((mask & (mask - 1)) != 0) [[unlikely]] {
      found.value = high((mask & 1U) != 0 ? a : (mask & 2U) != 0 ? b : c);
    }
    return found;
  }
#else
  static void store_pair(Word* /*slot*/, Pair /*pair*/) noexcept {}
  static FourPairs find_in_four(const Line& /*line*/, std::uint64_t /*key*/) noexcept { return {}; }
#endif
};

/// The fastest way of looking at four pairs that this processor has. All but the first come with AES instructions;
/// kAvx512Vaes with such for four blocks at once.
enum class LookupWay : std::uint8_t { kBaseline, kAvx2, kAvx512, kAvx512Vaes };
[[nodiscard]] LookupWay lookup_way() noexcept;

// Always inlined: GCC 12 takes calls that do nothing but this for calls that do nothing.
[[gnu::always_inline]] inline void prefetch(const void* address) noexcept { __builtin_prefetch(address, 0, 3); }
[[gnu::always_inline]] inline void prefetch_to_write(const void* address) noexcept {
  __builtin_prefetch(address, 1, 3);
}

}  // namespace neigh::adjacency
