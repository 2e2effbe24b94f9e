// SPDX-License-Identifier: Apache-2.0
#include "adjacency/words.hpp"

namespace neigh::adjacency {

bool has_whole_pairs() noexcept {
#if defined(__SANITIZE_THREAD__)
  return false;  // the sanitizer does not see the instruction; the other way is all in words that it sees
#elif defined(__has_feature) && defined(__x86_64__)
#if __has_feature(thread_sanitizer)
  return false;
#else
  return __builtin_cpu_supports("avx") != 0 && (__builtin_cpu_is("intel") != 0 || __builtin_cpu_is("amd") != 0);
#endif
#elif defined(__x86_64__)
  return __builtin_cpu_supports("avx") != 0 && (__builtin_cpu_is("intel") != 0 || __builtin_cpu_is("amd") != 0);
#else
  return false;
#endif
}

}  // namespace neigh::adjacency
