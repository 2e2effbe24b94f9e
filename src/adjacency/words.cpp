// SPDX-License-Identifier: Apache-2.0
#include "adjacency/words.hpp"

namespace neigh::adjacency {

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
  if (__builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("bmi") != 0 &&
      __builtin_cpu_supports("popcnt") != 0) {
    return LookupWay::kAvx512;
  }
  if (__builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("bmi") != 0) return LookupWay::kAvx2;
#endif
  return LookupWay::kBaseline;
}

}  // namespace neigh::adjacency
