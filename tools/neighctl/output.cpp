// SPDX-License-Identifier: Apache-2.0
#include "output.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "text.hpp"

namespace neigh::ctl {

namespace {

constexpr std::size_t kFlushAt = std::size_t{64} << 10U;

std::string_view environment(const char* name) {
  // Nothing in this program changes the environment.
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return value == nullptr ? std::string_view() : std::string_view(value);
}

bool utf8_locale() {
  // The first of these that is set decides (setlocale(3)).
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view value = environment(name);
    if (value.empty()) continue;
    return value.find("UTF-8") != std::string_view::npos || value.find("utf8") != std::string_view::npos ||
           value.find("utf-8") != std::string_view::npos;
  }
  return false;
}

std::string_view code(Tone tone) {
  switch (tone) {
    case Tone::kBold:
      return "1";
    case Tone::kDim:
      return "2";
    case Tone::kGood:
      return "32";
    case Tone::kWarn:
      return "33";
    case Tone::kBad:
      return "31";
    case Tone::kInfo:
      return "36";
    case Tone::kAccent:
      return "34";
    case Tone::kOdd:
      return "35";
    case Tone::kPlain:
      break;
  }
  return {};
}

}  // namespace

void Output::write(std::string_view text) {
  buffer_.append(text);
  if (descriptor_ >= 0 && buffer_.size() >= kFlushAt) flush();
}

void Output::flush() {
  if (descriptor_ < 0) return;
  std::size_t done = 0;
  while (error_ == 0 && done < buffer_.size()) {
    const ssize_t written = ::write(descriptor_, buffer_.data() + done, buffer_.size() - done);
    if (written >= 0) {
      done += static_cast<std::size_t>(written);
    } else if (errno == EAGAIN) {
      pollfd ready{descriptor_, POLLOUT, 0};
      (void)::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
  buffer_.clear();
}

std::string Style::paint(Tone tone, std::string_view text) const {
  const std::string_view number = code(tone);
  if (!color || number.empty() || text.empty()) return std::string(text);
  return std::string("\x1b[").append(number).append("m").append(text).append("\x1b[0m");
}

Style detect_style(int descriptor, ColorChoice choice) {
  Style style;
  style.unicode = utf8_locale();
  style.terminal = ::isatty(descriptor) == 1;
  const bool dumb = environment("TERM") == "dumb";
  if (style.terminal) {
    winsize size{};
    style.width = ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
  }
  switch (choice) {
    case ColorChoice::kAlways:
      style.color = true;
      break;
    case ColorChoice::kNever:
      break;
    case ColorChoice::kAuto: {
      const std::string_view force = environment("CLICOLOR_FORCE");
      const bool forced = !force.empty() && force != "0";
      style.color = environment("NO_COLOR").empty() && (forced || (style.terminal && !dumb));
      break;
    }
  }
  return style;
}

void write_wrapped(Output& out, const Style& style, std::string_view start, std::size_t start_columns,
                   std::string_view text, Tone tone) {
  constexpr std::size_t kLeast = 20;  // beside a start that takes all there is
  const std::size_t width = style.width == 0                       ? SIZE_MAX
                            : style.width > start_columns + kLeast ? style.width - start_columns
                                                                   : kLeast;
  std::string before(start);
  if (style.width == 0) {
    out.line(before + style.paint(tone, text));
    return;
  }
  for (const std::string& line : wrapped(text, width)) {
    out.line(before + style.paint(tone, line));
    before.assign(start_columns, ' ');
  }
}

}  // namespace neigh::ctl
