// SPDX-License-Identifier: Apache-2.0
#include "text_table.hpp"

#include <algorithm>

#include "text.hpp"

namespace neigh::ctl {

namespace {

constexpr std::string_view kGap = "  ";
constexpr std::size_t kNarrowest = 6;  // a cut column keeps at least this much

}  // namespace

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
    if (before + last > style.width && (droppable_.empty() || may_drop(shown.back()))) {
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
