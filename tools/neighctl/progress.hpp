// SPDX-License-Identifier: Apache-2.0
// A progress bar with rate and time left, on terminals only.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "output.hpp"

namespace neigh::ctl {

/// The text of the bar; `width` is the terminal's. Pure, for tests.
/// `share`: part of the work that is done, 0 to 1; nothing: not known.
[[nodiscard]] std::string progress_line(std::string_view doing, std::size_t done, std::optional<double> share,
                                        std::string_view unit, std::chrono::milliseconds elapsed, const Style& style);

class Progress {
 public:
  Progress(Output& err, const Style& style, std::string_view doing, std::string_view unit);
  ~Progress() { finish(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Draws, at most ten times a second and not in the first moment, so that quick work stays quiet.
  void update(std::size_t done, std::optional<double> share);
  /// Wipes the bar.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  Output& err_;
  Style style_;
  std::string doing_;
  std::string unit_;
  Clock::time_point begun_ = Clock::now();
  Clock::time_point drawn_ = begun_;
  bool visible_ = false;
};

}  // namespace neigh::ctl
