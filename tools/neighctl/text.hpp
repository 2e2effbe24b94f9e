// SPDX-License-Identifier: Apache-2.0
// Small text work: UTF-8, nearest names, durations, splitting.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace neigh::ctl {

/// Bytes of the well-formed UTF-8 character at `at`; 0 if there is none (RFC 3629: no overlong forms, no surrogates).
[[nodiscard]] std::size_t utf8_length(std::string_view text, std::size_t at);

/// Columns that `text` takes on a terminal, counting one for each character.
[[nodiscard]] std::size_t columns(std::string_view text);

/// The first `width` columns of `text`, the last one "…" if something was cut.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t width, bool unicode);

/// `text` broken between words into lines of at most `width` columns; a longer word has a line of its own.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text, std::size_t width);

/// The candidate closest to `word` by Damerau-Levenshtein distance, if close enough to be a typo; else empty.
[[nodiscard]] std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
[[nodiscard]] std::string_view trimmed(std::string_view text);
[[nodiscard]] std::string lower(std::string_view text);

/// "0s", "12s", "3m05s", "2h10m", "5d03h": at most 6 columns up to 99 days.
[[nodiscard]] std::string short_duration(std::chrono::milliseconds age);

/// "250ms", "1.5s", "2s", "3m", "1h", "2" (seconds). At most ten years.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// A whole decimal number with nothing around it.
[[nodiscard]] std::optional<unsigned long long> parse_number(std::string_view text);

/// "1 entry", "2 entries".
[[nodiscard]] std::string counted(std::size_t count, std::string_view one, std::string_view many);

/// What an errno says, in English: "No such file or directory".
[[nodiscard]] std::string errno_text(int error);

/// 12345678 -> "12,345,678".
[[nodiscard]] std::string grouped(unsigned long long number);

}  // namespace neigh::ctl
