// SPDX-License-Identifier: Apache-2.0
// Dice of a simulated link: the same seed rolls the same numbers with every compiler, which <random>'s distributions
// do not promise.
#pragma once

#include <cstdint>

#include "base/time.hpp"

namespace neigh::link {

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed) {}

  /// splitmix64 (Steele, Lea, Flood).
  [[nodiscard]] std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31U);
  }
  /// True with this probability. Rolls only if the outcome is open.
  [[nodiscard]] bool happens(double probability) {
    if (probability <= 0.0) return false;
    if (probability >= 1.0) return true;
    return static_cast<double>(next() >> 11U) * 0x1.0p-53 < probability;
  }
  /// From 0 to `longest`, both included; `longest` is not negative.
  [[nodiscard]] Duration up_to(Duration longest) {
    if (longest <= Duration{0}) return Duration{0};
    const auto range = static_cast<std::uint64_t>(longest.count()) + 1;
    return Duration{static_cast<Duration::rep>(next() % range)};
  }

 private:
  std::uint64_t state_;
};

}  // namespace neigh::link
