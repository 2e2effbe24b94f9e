// SPDX-License-Identifier: Apache-2.0
#include "progress.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "text.hpp"

namespace neigh::ctl {

namespace {

constexpr std::chrono::milliseconds kQuietAtFirst{300};
constexpr std::chrono::milliseconds kBetweenDraws{100};
constexpr std::size_t kBarWidth = 24;

std::string bar(double share, const Style& style) {
  const auto filled = static_cast<std::size_t>(share * static_cast<double>(kBarWidth));
  std::string text;
  for (std::size_t i = 0; i < kBarWidth; ++i) {
    if (style.unicode) {
      text += i < filled ? "█" : "░";
    } else {
      text += i < filled ? '#' : '.';
    }
  }
  return text;
}

}  // namespace

std::string progress_line(std::string_view doing, std::size_t done, std::optional<double> share, std::string_view unit,
                          std::chrono::milliseconds elapsed, const Style& style) {
  const double seconds = static_cast<double>(elapsed.count()) / 1000.0;
  const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
  std::string line(doing);
  if (share) line += fmt::format(" {} {:3.0f}%", bar(std::clamp(*share, 0.0, 1.0), style), *share * 100);
  line += fmt::format("  {} {}  {}/s", grouped(done), unit, grouped(static_cast<unsigned long long>(rate)));
  if (share && *share > 0 && *share < 1) {
    constexpr double kLongest = 99.0 * 86'400'000;
    const double left_ms = std::min(kLongest, seconds * 1000.0 * (1 - *share) / *share);
    line += fmt::format("  {} left", short_duration(std::chrono::milliseconds(static_cast<long long>(left_ms))));
  }
  return style.width == 0 ? line : shortened(line, style.width - 1, style.unicode);
}

Progress::Progress(Output& err, const Style& style, std::string_view doing, std::string_view unit)
    : err_(err), style_(style), doing_(doing), unit_(unit) {}

void Progress::update(std::size_t done, std::optional<double> share) {
  if (!style_.terminal) return;
  const auto now = Clock::now();
  if (now - begun_ < kQuietAtFirst || (visible_ && now - drawn_ < kBetweenDraws)) return;
  drawn_ = now;
  visible_ = true;
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - begun_);
  err_.write("\r\x1b[K");
  err_.write(progress_line(doing_, done, share, unit_, elapsed, style_));
  err_.flush();
}

void Progress::finish() {
  if (!visible_) return;
  visible_ = false;
  err_.write("\r\x1b[K");
  err_.flush();
}

}  // namespace neigh::ctl
