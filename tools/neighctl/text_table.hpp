// SPDX-License-Identifier: Apache-2.0
// Aligned columns.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "output.hpp"

namespace neigh::ctl {

struct Cell {
  std::string text = {};
  Tone tone = Tone::kPlain;
};

class TextTable {
 public:
  /// `right`: columns (by number) that are aligned to the right.
  explicit TextTable(std::vector<std::string> header, std::vector<std::size_t> right = {})
      : header_(std::move(header)), right_(std::move(right)) {}

  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] bool empty() const { return rows_.empty(); }

  /// Headers of columns that may be left out on a terminal that is too narrow, the first one first. The last column is
  /// cut if it may be left out.
  void may_leave_out(std::vector<std::string_view> headers) { droppable_ = std::move(headers); }

  /// Columns that are empty in every row are left out. On a terminal that is too narrow columns are left out, or the
  /// last one is cut, if they may; else every row goes on in the next line: an address that is cut is of no use.
  /// @return  The headers of columns that were left out for want of room.
  std::vector<std::string_view> print(Output& out, const Style& style, bool with_header = true) const;

 private:
  void print_folded(Output& out, const Style& style, bool with_header, const std::vector<std::size_t>& shown,
                    const std::vector<std::size_t>& widths) const;

  std::vector<std::string> header_;
  std::vector<std::size_t> right_;
  std::vector<std::vector<Cell>> rows_ = {};
  std::vector<std::string_view> droppable_ = {};
};

}  // namespace neigh::ctl
