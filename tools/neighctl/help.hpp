// SPDX-License-Identifier: Apache-2.0
// --help and the man pages, from the command table.
#pragma once

#include <string>
#include <vector>

#include "command.hpp"
#include "output.hpp"

namespace neigh::ctl {

/// "-d, --dev IF".
[[nodiscard]] std::string option_spelling(const OptionSpec& option);
/// Options of `command` that its --help lists before the common ones.
[[nodiscard]] std::string usage_line(const CommandSpec& command);

class Context;
/// --help of `command`, or the overview with nullptr, as text or as a document.
int show_help(Context& context, const CommandSpec* command);

void print_help(Output& out, const Style& style, const CommandSpec& command);
void print_overview(Output& out, const Style& style);

/// neighctl-CMD(1), or neighctl(1) with nullptr, in man(7) macros.
[[nodiscard]] std::string man_page(const CommandSpec* command);

/// The exit codes, one line each.
struct ExitMeaning {
  int code;
  std::string_view says;
};
[[nodiscard]] std::span<const ExitMeaning> exit_meanings();

}  // namespace neigh::ctl
