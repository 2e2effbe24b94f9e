// SPDX-License-Identifier: Apache-2.0
// Aligned columns.
#pragma once

#include <string>
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

  /// Columns that are empty in every row are left out. On a terminal that is too narrow the last
  /// column is cut, and nothing else: an address that is cut is of no use.
  void print(Output& out, const Style& style, bool with_header = true) const;

 private:
  std::vector<std::string> header_;
  std::vector<std::size_t> right_;
  std::vector<std::vector<Cell>> rows_ = {};
};

}  // namespace neigh::ctl
