// SPDX-License-Identifier: Apache-2.0
// Man pages in the macros of man(7).
#include <fmt/format.h>

#include "help.hpp"
#include "version.hpp"

namespace neigh::ctl {

namespace {

// Backslashes and leading dots mean something to roff; hyphens shall be copied as typed.
std::string roff(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if ((c == '.' || c == '\'') && (at == 0 || text[at - 1] == '\n')) {
      out += "\\&";
      out.push_back(c);
    } else if (c == '\'') {
      out += "\\(aq";
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string paragraphs(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at != std::string_view::npos;) {
    const std::size_t end = text.find("\n\n", at);
    if (at != 0) out += ".PP\n";
    out += roff(text.substr(at, end == std::string_view::npos ? end : end - at)) + "\n";
    at = end == std::string_view::npos ? end : end + 2;
  }
  return out;
}

std::string options_section(std::string_view title, std::span<const OptionSpec> options) {
  std::string out = fmt::format(".SH {}\n", title);
  for (const OptionSpec& option : options) {
    std::string names = option.letter == '\0' ? "" : fmt::format("\\fB\\-{}\\fR, ", option.letter);
    names += fmt::format("\\fB\\-\\-{}\\fR", roff(option.name));
    if (option.kind != ValueKind::kFlag) names += fmt::format(" \\fI{}\\fR", roff(option.metavar));
    for_each_word(option.words, [&](std::string_view w) {
      names += fmt::format(", \\fB{}\\fR", w);
      if (option.kind != ValueKind::kFlag) names += fmt::format(" \\fI{}\\fR", roff(option.metavar));
    });
    out += fmt::format(".TP\n{}\n{}.\n", names, roff(option.help));
    if (!option.choices.empty()) {
      std::string list;
      for_each_word(option.choices,
                    [&](std::string_view c) { list += fmt::format("{}{}", list.empty() ? "" : ", ", c); });
      if (option.kind == ValueKind::kState || option.kind == ValueKind::kStates) {
        out += fmt::format("States: {}.\n", roff(list));
      }
    }
  }
  return out;
}

std::string exit_section(const CommandSpec* command) {
  std::string out = ".SH EXIT STATUS\n";
  for (const ExitMeaning& e : exit_meanings()) out += fmt::format(".TP\n.B {}\n{}.\n", e.code, roff(e.says));
  if (command != nullptr && !command->exits.empty()) out += fmt::format(".PP\n{}\n", roff(command->exits));
  return out;
}

std::string header(std::string_view name, std::string_view summary) {
  return fmt::format(".TH {} 1 \"\" \"libneigh {}\" \"neighctl\"\n.SH NAME\n{} \\- {}\n", roff(name), kVersion,
                     roff(name), roff(summary));
}

std::string examples_section(std::span<const Example> examples) {
  std::string out = ".SH EXAMPLES\n";
  for (const Example& e : examples) {
    out += fmt::format(".TP\n.B {}\n{}\n", roff(e.line), roff(e.says.empty() ? "" : e.says));
  }
  return out;
}

std::string overview_page() {
  std::string out = header("neighctl", "read, change, watch and check the IP neighbor table (ARP and IPv6 ND)");
  out += ".SH SYNOPSIS\n.B neighctl\n[\\fICOMMAND\\fR] [\\fIWORDS\\fR and \\fIOPTIONS\\fR]\n";
  out += ".SH DESCRIPTION\n" +
         paragraphs(
             "neighctl works on the neighbor table of the kernel: which link-layer address belongs to which "
             "IPv4 or IPv6 address on the local links; with --stack embedded, on one of its own. It understands "
             "options and the words of ip-neighbour(8) "
             "alike. Without a command it lists the table.\n\n"
             "An interface is given by name, index or LUID. A link-layer address has 0 to 32 bytes and is "
             "written with ':', '-', '.' or without separator. 'ADDRESS%INTERFACE' names both at once.");
  out += ".SH COMMANDS\n";
  for (const CommandSpec* command : commands()) {
    if (command->hidden) continue;
    out += fmt::format(".TP\n.BR neighctl\\-{} (1)\n{}.\n", roff(command->name), roff(command->summary));
  }
  out += options_section("OPTIONS", global_options());
  out += ".SH OUTPUT\n" +
         paragraphs(
             "For people: aligned tables, in color on a terminal. For programs: one JSON document with --json, "
             "one JSON object a line with --jsonl. Errors of a run with JSON are an object with the members "
             "error (a stable name) and message on the standard output. The JSON Schema is installed with the "
             "documentation.");
  out += exit_section(nullptr);
  out +=
      ".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nNo color if set and not empty.\n.TP\n.B CLICOLOR_FORCE\nColor also where "
      "the output is no terminal.\n.TP\n.B NEIGHCTL_OUI_DIR\nFolder with oui.csv, mam.csv and oui36.csv, instead of "
      "/usr/share/ieee\\-data.\n";
  out += ".SH SEE ALSO\n.BR ip\\-neighbour (8),\n.BR arp (7),\n.BR rtnetlink (7)\n";
  return out;
}

}  // namespace

std::string man_page(const CommandSpec* command) {
  if (command == nullptr) return overview_page();
  const std::string name = fmt::format("neighctl-{}", command->name);
  std::string out = header(name, command->summary);
  out += fmt::format(".SH SYNOPSIS\n{}\n", roff(usage_line(*command)));
  if (!command->aliases.empty()) {
    std::string aliases;
    for_each_word(command->aliases,
                  [&](std::string_view a) { aliases += fmt::format("{}{}", aliases.empty() ? "" : ", ", a); });
    out += fmt::format(".PP\nOther names: {}.\n", roff(aliases));
  }
  out += ".SH DESCRIPTION\n" + paragraphs(command->about);
  if (!command->needs.empty()) out += fmt::format(".PP\nNeeds {}.\n", roff(command->needs));
  if (command->positional.most > 0) {
    out +=
        fmt::format(".SH WORDS\n.TP\n.I {}\n{}.\n", roff(command->positional.metavar), roff(command->positional.help));
  }
  if (!command->options.empty()) out += options_section("OPTIONS", command->options);
  out += options_section("OPTIONS OF EVERY COMMAND", global_options());
  if (!command->examples.empty()) out += examples_section(command->examples);
  out += exit_section(command);
  out += ".SH SEE ALSO\n.BR neighctl (1)\n";
  return out;
}

}  // namespace neigh::ctl
