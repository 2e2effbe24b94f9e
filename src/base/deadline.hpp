// SPDX-License-Identifier: Apache-2.0
// A point in steady time by which a call must be over.
#pragma once

#include <algorithm>
#include <chrono>
#include <climits>

namespace neigh {

class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  /// At most a century from now: a longer time does not fit the clock.
  explicit Deadline(std::chrono::milliseconds from_now)
      : at_(Clock::now() + std::min<std::chrono::milliseconds>(from_now, std::chrono::hours{24 * 365 * 100})) {}
  explicit Deadline(Clock::time_point at) : at_(at) {}

  [[nodiscard]] bool over() const { return Clock::now() >= at_; }
  [[nodiscard]] Clock::time_point at() const { return at_; }
  /// Time left for poll(2): rounded up, so that a wait never ends just before the deadline; 0 when over.
  [[nodiscard]] int poll_timeout() const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(at_ - Clock::now()).count();
    return static_cast<int>(std::clamp<long long>(left, 0, INT_MAX));
  }

 private:
  Clock::time_point at_;
};

}  // namespace neigh
