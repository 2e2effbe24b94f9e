// SPDX-License-Identifier: Apache-2.0
// What a command is made of. The parser, --help, the man pages and the shell completions are all made from this.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace neigh::ctl {

class Context;

/// What a value is; decides how it is checked and how a shell completes it.
enum class ValueKind : std::uint8_t {
  kFlag,         ///< No value.
  kAddress,      ///< IPv4 or IPv6, an interface behind '%' allowed.
  kOwnAddress,   ///< The same, of this host.
  kPrefix,       ///< As kAddress, and with a prefix length.
  kSubnet,       ///< An own address with the length of its subnet.
  kLinkAddress,  ///< 0 to 32 bytes, in any usual spelling.
  kInterface,    ///< Name, index or LUID.
  kState,        ///< One state.
  kStates,       ///< States separated by ',', or "all".
  kProtocol,     ///< Owner: a name or 0-255.
  kDuration,     ///< "250ms", "2s", "1m", "1h"; a bare number is seconds.
  kNumber,       ///< Whole number from 1.
  kThresholds,   ///< gc_thresh1,gc_thresh2,gc_thresh3.
  kFile,
  kNamespace,  ///< Name below /run/netns.
  kChoice,     ///< One of OptionSpec::choices.
  kCommand,
  kText,
};

/// One option, and the bare words (iproute2's) that mean the same.
struct OptionSpec {
  std::string_view name;  ///< Without the dashes.
  char letter = '\0';
  ValueKind kind = ValueKind::kFlag;
  std::string_view metavar = {};
  std::string_view help = {};
  std::string_view words = {};    ///< Separated by blanks.
  std::string_view choices = {};  ///< kChoice: separated by blanks.
  bool repeats = false;
};

struct PositionalSpec {
  std::string_view metavar = {};
  ValueKind kind = ValueKind::kAddress;
  unsigned least = 0;
  unsigned most = 0;
  std::string_view help = {};
  std::string_view choices = {};  ///< kChoice: separated by blanks.
};

struct Example {
  std::string_view line;
  std::string_view says;
};

struct CommandSpec {
  std::string_view name;
  std::string_view aliases = {};  ///< Separated by blanks.
  std::string_view summary = {};  ///< One line, no full stop.
  std::string_view about = {};    ///< Paragraphs separated by an empty line.
  PositionalSpec positional = {};
  std::span<const OptionSpec> options = {};
  std::span<const Example> examples = {};
  std::string_view exits = {};  ///< What the exit codes mean here, where the general table says too little.
  std::string_view needs = {};  ///< Privilege, for example "CAP_NET_ADMIN"; empty: none.
  int (*run)(Context&) = nullptr;
  bool hidden = false;
};

/// Every command, in the order of --help.
[[nodiscard]] std::span<const CommandSpec* const> commands();
/// Options that every command takes, before or after its name.
[[nodiscard]] std::span<const OptionSpec> global_options();
/// By name or alias; nullptr if there is none.
[[nodiscard]] const CommandSpec* find_command(std::string_view name);

/// Calls `visit(word)` for each word of a blank-separated list.
template <class F>
void for_each_word(std::string_view list, F&& visit) {
  while (!list.empty()) {
    const std::size_t end = list.find(' ');
    if (const auto word = list.substr(0, end); !word.empty()) visit(word);
    if (end == std::string_view::npos) return;
    list.remove_prefix(end + 1);
  }
}

[[nodiscard]] inline bool has_word(std::string_view list, std::string_view wanted) {
  bool found = false;
  for_each_word(list, [&](std::string_view word) { found = found || word == wanted; });
  return found;
}

}  // namespace neigh::ctl
