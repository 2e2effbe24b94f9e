// SPDX-License-Identifier: Apache-2.0
#include "text_table.hpp"

#include <algorithm>

#include "text.hpp"

namespace neigh::ctl {

namespace {

constexpr std::string_view kGap = "  ";
constexpr std::size_t kIndent = 4;     // of what follows the first line of a row
constexpr std::size_t kNarrowest = 6;  // a cut column keeps at least this much

}  // namespace

// A row goes on in indented lines; each of them has the same columns in every row.
void TextTable::print_folded(Output& out, const Style& style, bool with_header, const std::vector<std::size_t>& shown,
                             const std::vector<std::size_t>& widths) const {
  std::vector<std::vector<std::size_t>> lines(1);
  std::size_t used = 0;
  for (const std::size_t column : shown) {
    if (!lines.back().empty() && used + kGap.size() + widths[column] > style.width) {
      lines.emplace_back();
      used = kIndent;
    }
    used += widths[column] + (lines.back().empty() ? 0 : kGap.size());
    lines.back().push_back(column);
  }
  const auto write = [&](auto&& text_of, auto&& tone_of) {
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const std::string indent(i == 0 ? 0 : kIndent, ' ');
      const auto shows = [&](std::size_t column) { return !text_of(column).empty(); };
      const auto end = std::find_if(lines[i].rbegin(), lines[i].rend(), shows).base();
      if (end == lines[i].begin()) continue;
      if (end - lines[i].begin() == 1) {  // alone it may be a sentence
        write_wrapped(out, style, indent, indent.size(), text_of(lines[i][0]), tone_of(lines[i][0]));
        continue;
      }
      out.write(indent);
      for (auto at = lines[i].begin(); at != end; ++at) {
        const std::string text = text_of(*at);
        const std::string padding(widths[*at] - std::min(widths[*at], columns(text)), ' ');
        const bool right = std::find(right_.begin(), right_.end(), *at) != right_.end();
        if (right) out.write(padding);
        out.write(style.paint(tone_of(*at), text));
        if (at + 1 == end) break;
        if (!right) out.write(padding);
        out.write(kGap);
      }
      out.write("\n");
    }
  };
  if (with_header) write([&](std::size_t i) { return header_[i]; }, [](std::size_t) { return Tone::kDim; });
  for (const auto& row : rows_) {
    write([&](std::size_t i) { return i < row.size() ? row[i].text : std::string(); },
          [&](std::size_t i) { return i < row.size() ? row[i].tone : Tone::kPlain; });
  }
}

std::vector<std::string_view> TextTable::print(Output& out, const Style& style, bool with_header) const {
  std::vector<std::string_view> left_out;
  std::vector<std::size_t> widths(header_.size(), 0);
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns(row[i].text));
  }
  std::vector<std::size_t> shown;
  for (std::size_t i = 0; i < header_.size(); ++i) {
    if (widths[i] == 0) continue;
    if (with_header) widths[i] = std::max(widths[i], columns(header_[i]));
    shown.push_back(i);
  }
  if (shown.empty()) return left_out;
  const auto width_before_last = [&] {
    std::size_t before = 0;
    for (std::size_t k = 0; k + 1 < shown.size(); ++k) before += widths[shown[k]] + kGap.size();
    return before;
  };
  const auto may_drop = [&](std::size_t column) {
    return std::find(droppable_.begin(), droppable_.end(), header_[column]) != droppable_.end();
  };
  if (style.width != 0) {
    const std::vector<std::size_t> all = shown;
    for (const std::string_view name : droppable_) {
      // A last column that may be cut needs little.
      const std::size_t last = widths[shown.back()];
      const std::size_t need = may_drop(shown.back()) ? std::min(last, kNarrowest) : last;
      if (width_before_last() + need <= style.width) break;
      const auto column = std::find_if(shown.begin(), shown.end(), [&](std::size_t i) { return header_[i] == name; });
      if (column == shown.end()) continue;
      shown.erase(column);
      left_out.push_back(name);
    }
    const std::size_t before = width_before_last();
    std::size_t& last = widths[shown.back()];
    if (before + last > style.width && shown.size() > 1) {
      if (!may_drop(shown.back())) {
        print_folded(out, style, with_header, all, widths);
        return {};
      }
      last = std::min(last, std::max(kNarrowest, style.width > before ? style.width - before : 0));
    }
  }
  const auto put = [&](std::size_t column, std::string_view text, Tone tone, bool is_last) {
    const bool right = std::find(right_.begin(), right_.end(), column) != right_.end();
    const std::string cut = shortened(text, widths[column], style.unicode);
    const std::string padding(widths[column] - std::min(widths[column], columns(cut)), ' ');
    if (right) out.write(padding);
    out.write(style.paint(tone, cut));
    if (is_last) return;
    if (!right) out.write(padding);
    out.write(kGap);
  };
  if (with_header) {
    for (const std::size_t i : shown) put(i, header_[i], Tone::kDim, i == shown.back());
    out.write("\n");
  }
  for (const auto& row : rows_) {
    // No blanks at the end of a line.
    std::size_t last = shown.front();
    for (const std::size_t i : shown) {
      if (i < row.size() && !row[i].text.empty()) last = i;
    }
    for (const std::size_t i : shown) {
      put(i, i < row.size() ? row[i].text : "", i < row.size() ? row[i].tone : Tone::kPlain, i == last);
      if (i == last) break;
    }
    out.write("\n");
  }
  return left_out;
}

}  // namespace neigh::ctl
