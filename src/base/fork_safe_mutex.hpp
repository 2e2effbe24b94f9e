// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pthread.h>

#include <mutex>

namespace neigh {

/// The one mutex of `Tag`, for process-wide data: never found locked in a forked child, never destroyed. For short
/// sections that take no other lock, since a fork waits for every one of them.
template <class Tag>
[[nodiscard]] std::mutex& fork_safe_mutex() {
  static std::mutex* const mutex = [] {
    auto* made = new std::mutex;
    (void)pthread_atfork([] { fork_safe_mutex<Tag>().lock(); }, [] { fork_safe_mutex<Tag>().unlock(); },
                         [] { fork_safe_mutex<Tag>().unlock(); });
    return made;
  }();
  return *mutex;
}

}  // namespace neigh
