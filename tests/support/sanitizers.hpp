// SPDX-License-Identifier: Apache-2.0
// Which sanitizer a test was built with: 0 or 1 each, for #if and for if.
#pragma once

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define NEIGH_TEST_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define NEIGH_TEST_TSAN 1
#endif
#else
#if defined(__SANITIZE_ADDRESS__)
#define NEIGH_TEST_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__)
#define NEIGH_TEST_TSAN 1
#endif
#endif

#ifndef NEIGH_TEST_ASAN
#define NEIGH_TEST_ASAN 0
#endif
#ifndef NEIGH_TEST_TSAN
#define NEIGH_TEST_TSAN 0
#endif

/// A test that forks while other threads allocate.
#define NEIGH_SKIP_FORK_AMID_THREADS_UNDER_ASAN()                                                                      \
  if (NEIGH_TEST_ASAN != 0) {                                                                                          \
    GTEST_SKIP() << "a forked child may wait for ever in AddressSanitizer's own allocator, locked by a thread of the " \
                    "parent";                                                                                          \
  }                                                                                                                    \
  static_assert(true, "a semicolon follows")
