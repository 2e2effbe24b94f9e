// SPDX-License-Identifier: Apache-2.0
// The memory that the writer and the readers of a table share: 64-bit words, and on some machines pairs of them that
// are read and written as one. Tests put a memory of their own in its place, to see every order of events.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#if defined(__x86_64__)
#include <emmintrin.h>
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

/// Two words that belong together.
struct Pair {
  std::uint64_t key = 0;
  std::uint64_t value = 0;
};

/// Whether this processor reads and writes an aligned pair as one (see `Hardware::load_pair`).
[[nodiscard]] bool has_whole_pairs() noexcept;

/// Every load is an acquire, every store a release: what a reader loads next is at least as new as the store that it
/// has seen. On x86-64 both are plain moves.
struct Hardware {
  static std::uint64_t load(const Word& word) noexcept { return word.load(std::memory_order_acquire); }
  static void store(Word& word, std::uint64_t value) noexcept { word.store(value, std::memory_order_release); }

  /// Both words at one instant. Only if `has_whole_pairs()`: Intel and AMD promise that aligned 16-byte loads and
  /// stores are single accesses on processors with AVX (Intel SDM 3A 9.1.1, AMD APM 2 7.3.2); the instruction itself
  /// is SSE2's. x86-64 keeps loads in order, and stores in order.
#if defined(__x86_64__)
  static Pair load_pair(const Word* slot) noexcept {
    const void* at = slot;
    __m128i both;
    __asm__ volatile("movdqa %1, %0" : "=x"(both) : "m"(*static_cast<const __m128i*>(at)) : "memory");
    return {.key = static_cast<std::uint64_t>(_mm_cvtsi128_si64(both)),
            .value = static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_unpackhi_epi64(both, both)))};
  }
  static void store_pair(Word* slot, Pair pair) noexcept {
    void* at = slot;
    const __m128i both =
        _mm_set_epi64x(static_cast<std::int64_t>(pair.value), static_cast<std::int64_t>(pair.key));
    __asm__ volatile("movdqa %1, %0" : "=m"(*static_cast<__m128i*>(at)) : "x"(both) : "memory");
  }
#else
  // Never called: has_whole_pairs() is false.
  static Pair load_pair(const Word* slot) noexcept { return {.key = load(slot[0]), .value = load(slot[1])}; }
  static void store_pair(Word* slot, Pair pair) noexcept {
    store(slot[1], pair.value);
    store(slot[0], pair.key);
  }
#endif
};

inline void prefetch(const void* address) noexcept { __builtin_prefetch(address, 0, 3); }

}  // namespace neigh::adjacency
