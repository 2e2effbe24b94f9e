// SPDX-License-Identifier: Apache-2.0
#include "embedded/fork_safe_lock.hpp"

#include <pthread.h>

#include <set>

namespace neigh::embedded {

namespace {

struct Registry {
  std::mutex mutex;
  std::set<ForkSafeLock*> locks;
};

// Never destroyed: stacks may be used while the process ends.
Registry& registry() {
  static auto* made = [] {
    auto* fresh = new Registry;
    (void)pthread_atfork(
        [] {
          registry().mutex.lock();
          for (ForkSafeLock* lock : registry().locks) lock->lock();
        },
        [] {
          for (ForkSafeLock* lock : registry().locks) lock->unlock();
          registry().mutex.unlock();
        },
        [] {
          for (ForkSafeLock* lock : registry().locks) lock->unlock();
          registry().mutex.unlock();
        });
    return fresh;
  }();
  return *made;
}

}  // namespace

ForkSafeLock::ForkSafeLock() {
  const std::scoped_lock guard(registry().mutex);
  registry().locks.insert(this);
}

ForkSafeLock::~ForkSafeLock() {
  const std::scoped_lock guard(registry().mutex);
  registry().locks.erase(this);
}

}  // namespace neigh::embedded
