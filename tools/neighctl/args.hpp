// SPDX-License-Identifier: Apache-2.0
// The command line as one meaning, whether written with options or with iproute2's words.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "command.hpp"
#include "failure.hpp"

namespace neigh::ctl {

/// A parsed command line. Every value has been checked against its kind.
class Args {
 public:
  const CommandSpec* command = nullptr;
  std::vector<std::string> positional = {};

  [[nodiscard]] bool has(std::string_view option) const { return values_.find(option) != values_.end(); }
  /// The last value given, or nothing.
  [[nodiscard]] std::optional<std::string_view> one(std::string_view option) const;
  /// All values, in order.
  [[nodiscard]] std::span<const std::string> all(std::string_view option) const;

  void add(std::string_view option, std::string value) { values_[std::string(option)].push_back(std::move(value)); }

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_ = {};
};

/// Parses what stands behind the program's name. `--help` and `--version` are options like others here.
/// Without a command, `command` is "list".
[[nodiscard]] Checked<Args> parse_command_line(std::span<const std::string_view> words);

/// Parses the words of one entry as they stand behind `add`, for example from a batch file.
[[nodiscard]] Checked<Args> parse_words(const CommandSpec& command, std::span<const std::string_view> words);

}  // namespace neigh::ctl
