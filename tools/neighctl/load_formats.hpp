// SPDX-License-Identifier: Apache-2.0
// The formats behind load_input.hpp.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "load_input.hpp"

namespace neigh::ctl {

/// Lines of one format after the other.
class LineParser {
 public:
  LineParser(LoadFormat format, const HostLookup& lookup) : format_(format), lookup_(lookup) {}

  /// What a line says, or nothing for an empty line, a comment or a header.
  std::optional<LoadItem> parse(std::string_view line);

 private:
  using Content = std::variant<LoadedEntry, Failure>;
  std::optional<LoadItem> csv(std::string_view line);
  Content ethers(std::string_view line);

  LoadFormat format_;
  const HostLookup& lookup_;
  std::vector<int> columns_ = {};  // CSV: the member that each column holds; empty: none read yet
};

/// One line of `ip neigh show`, with -s or without.
[[nodiscard]] LoadItem parse_ip_show(std::string_view line);
/// One line of an `ip -batch` file: "neigh add ADDRESS lladdr ... dev ...".
[[nodiscard]] LoadItem parse_ip_batch(std::string_view line);
/// An object on one line.
[[nodiscard]] std::optional<LoadItem> parse_json_line(std::string_view line);

/// A whole document: an array of entries, or an object that has one under "neighbors".
void read_json(CountingBuffer& input, const LoadSink& sink);

[[nodiscard]] bool is_whole_json_object(std::string_view line);

/// Puts one member of an entry, named as this project, iproute2 or a spreadsheet names it.
/// Unknown names are left alone: nothing, or what is wrong with the value.
class EntryBuilder {
 public:
  std::optional<Failure> put(std::string_view name, std::string_view value);
  /// The name of a member without value: iproute2's flags, as in {"router": null}.
  void put_flag(std::string_view name);
  /// A list of flags, each as a value of member "flags".
  static bool known(std::string_view name);

  /// The entry, or what is missing in it. `skipped` as in LoadItem.
  [[nodiscard]] LoadItem finish() const;
  [[nodiscard]] bool touched() const { return touched_; }

 private:
  LoadedEntry entry_ = {};
  bool touched_ = false;
};

}  // namespace neigh::ctl
