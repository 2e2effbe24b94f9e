// SPDX-License-Identifier: Apache-2.0
#include "adjacency/words.hpp"

#include <array>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace neigh::adjacency {
#if defined(__x86_64__)
namespace {
constexpr unsigned kAes = 1U << 25U;  // leaf 1, ecx
constexpr unsigned kVaes = 1U << 9U;  // leaf 7, ecx
}  // namespace
#endif

#if defined(__SANITIZE_THREAD__)
#define NEIGH_SEEN_BY_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define NEIGH_SEEN_BY_SANITIZER 1
#endif
#endif

bool has_whole_pairs() noexcept {
#if defined(NEIGH_SEEN_BY_SANITIZER) || !defined(__x86_64__)
  return false;  // the sanitizer does not see the instructions; the other way is all in words that it sees
#else
  return __builtin_cpu_supports("avx") != 0 && (__builtin_cpu_is("intel") != 0 || __builtin_cpu_is("amd") != 0);
#endif
}

LookupWay lookup_way() noexcept {
#if defined(__x86_64__)
  // Compilers' own question does not know VAES, and AES under various names.
  std::array<unsigned, 4> one = {};
  std::array<unsigned, 4> seven = {};
  const bool known = __get_cpuid(1, &one[0], &one[1], &one[2], &one[3]) != 0;
  const bool more = __get_cpuid_count(7, 0, &seven[0], &seven[1], &seven[2], &seven[3]) != 0;
  const bool aes = known && (one[2] & kAes) != 0;
  const bool vaes = more && (seven[2] & kVaes) != 0;
  if (!aes || __builtin_cpu_supports("bmi") == 0) return LookupWay::kBaseline;
  if (__builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("popcnt") != 0) {
    return vaes ? LookupWay::kAvx512Vaes : LookupWay::kAvx512;
  }
  if (__builtin_cpu_supports("avx2") != 0) return LookupWay::kAvx2;
#endif
  return LookupWay::kBaseline;
}

}  // namespace neigh::adjacency
