// SPDX-License-Identifier: Apache-2.0
// A buffered writer on a descriptor, and what is known of the terminal behind it.
#pragma once

#include <cerrno>
#include <cstddef>
#include <string>
#include <string_view>

namespace neigh::ctl {

/// Collects text and writes it whole, also to a reader that is slow or stalled. After a failed write everything
/// more is dropped and `error()` tells why: work that is under way is not cut in half by a reader that went away.
class Output {
 public:
  explicit Output(int descriptor) : descriptor_(descriptor) {}
  /// For tests: nothing is written, `text()` holds everything.
  Output() = default;
  ~Output() { flush(); }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void write(std::string_view text);
  void line(std::string_view text) {
    write(text);
    write("\n");
  }
  /// The buffer, for writers that append directly; call `write({})` after it.
  [[nodiscard]] std::string& buffer() { return buffer_; }
  void flush();
  /// The reader has gone away, which the next write would tell.
  void hang_up() {
    if (error_ == 0) error_ = EPIPE;
  }

  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] int error() const { return error_; }  ///< errno of the failed write; 0: none failed.
  [[nodiscard]] const std::string& text() const { return buffer_; }

 private:
  int descriptor_ = -1;
  int error_ = 0;
  std::string buffer_ = {};
};

enum class Tone : unsigned char { kPlain, kBold, kDim, kGood, kWarn, kBad, kInfo, kAccent, kOdd };

/// How text is dressed for one output.
struct Style {
  bool color = false;
  bool unicode = false;
  bool terminal = false;
  std::size_t width = 0;  ///< Columns; 0: not a terminal, no limit.

  [[nodiscard]] std::string paint(Tone tone, std::string_view text) const;
  [[nodiscard]] std::string_view check_mark() const { return unicode ? "✓" : "ok:"; }
  [[nodiscard]] std::string_view cross_mark() const { return unicode ? "✗" : "!!"; }
  [[nodiscard]] std::string_view arrow() const { return unicode ? "→" : "->"; }
  [[nodiscard]] std::string_view dash() const { return unicode ? "—" : "-"; }
};

/// One paragraph of text behind `start`, broken between words where the terminal is too narrow; what follows the first
/// line begins in the column in which the text began.
/// @param start_columns  Columns of `start`, which may have colors.
void write_wrapped(Output& out, const Style& style, std::string_view start, std::size_t start_columns,
                   std::string_view text, Tone tone = Tone::kPlain);

enum class ColorChoice : unsigned char { kAuto, kAlways, kNever };

/// NO_COLOR (no-color.org), CLICOLOR_FORCE, TERM=dumb and the locale are honoured; `choice` wins over them.
[[nodiscard]] Style detect_style(int descriptor, ColorChoice choice);

}  // namespace neigh::ctl
