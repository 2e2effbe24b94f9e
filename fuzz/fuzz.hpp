// SPDX-License-Identifier: Apache-2.0
// What every fuzz target shares: its input as a stream of choices, and the way it says that something is broken.
//
// A target is one file that defines `run` and `kLongest`. main.cpp makes two programs of it: a fuzzer (libFuzzer,
// preset `fuzz`) and, in all other builds, a program that replays the seeds and some mutations of each.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace neigh::fuzz {

using Bytes = std::vector<std::uint8_t>;

/// Longer inputs are cut: a target must be quick, so that many are tried.
extern const std::size_t kLongest;

/// Does one input, and calls `broken` if the code under test breaks a promise.
void run(std::span<const std::uint8_t> data);

[[noreturn]] inline void broken(std::string_view what, std::string_view detail = {}) {
  std::fprintf(stderr, "broken: %.*s %.*s\n", static_cast<int>(what.size()), what.data(),
               static_cast<int>(detail.size()), detail.data());
  std::abort();
}

inline void require(bool holds, std::string_view what, std::string_view detail = {}) {
  if (!holds) broken(what, detail);
}

/// Bytes of an input, taken from the front; zeros once they are used up.
class Input {
 public:
  explicit Input(std::span<const std::uint8_t> data) : rest_(data) {}

  [[nodiscard]] bool empty() const { return rest_.empty(); }
  [[nodiscard]] std::span<const std::uint8_t> rest() const { return rest_; }

  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const std::uint8_t first = rest_.front();
    rest_ = rest_.subspan(1);
    return first;
  }
  bool flag() { return (byte() & 1U) != 0; }
  std::uint16_t u16() {
    const unsigned high = byte();
    return static_cast<std::uint16_t>(high << 8U | byte());
  }
  /// 0 to `count` - 1.
  std::size_t below(std::size_t count) { return byte() % count; }
  template <class T, std::size_t N>
  const T& one_of(const std::array<T, N>& from) {
    return from[below(N)];
  }
  /// A copy of exactly this size, so that a read behind it is seen; fewer bytes if there are no more.
  Bytes bytes(std::size_t count) {
    const auto front = rest_.first(std::min(count, rest_.size()));
    rest_ = rest_.subspan(front.size());
    return {front.begin(), front.end()};
  }
  /// As `bytes`, with its length in front: one byte, doubled.
  Bytes piece() { return bytes(std::size_t{byte()} * 2); }
  template <class T>
  requires std::is_trivially_copyable_v<T> T value() {
    T out{};
    const auto front = rest_.first(std::min(sizeof out, rest_.size()));
    std::copy(front.begin(), front.end(), static_cast<std::uint8_t*>(static_cast<void*>(&out)));
    rest_ = rest_.subspan(front.size());
    return out;
  }
  std::string text(std::size_t count) {
    const Bytes b = bytes(count);
    return {b.begin(), b.end()};
  }

 private:
  std::span<const std::uint8_t> rest_;
};

}  // namespace neigh::fuzz
