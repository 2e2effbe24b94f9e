// SPDX-License-Identifier: Apache-2.0
// A mutex of an object that has to work in a forked child, too (LIB-29).
#pragma once

#include <mutex>

namespace neigh::embedded {

/// A fork waits until every such lock is free, so that the child finds none of them locked. Held for short times; who
/// holds one takes no other of its kind and does not fork.
class ForkSafeLock {
 public:
  ForkSafeLock();
  ~ForkSafeLock();
  ForkSafeLock(const ForkSafeLock&) = delete;
  ForkSafeLock& operator=(const ForkSafeLock&) = delete;

  void lock() { mutex_.lock(); }
  void unlock() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

}  // namespace neigh::embedded
