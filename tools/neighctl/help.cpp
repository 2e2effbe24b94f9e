// SPDX-License-Identifier: Apache-2.0
#include "help.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "text.hpp"

namespace neigh::ctl {

namespace {

constexpr std::size_t kTextWidth = 78;
constexpr std::size_t kOptionColumn = 26;

constexpr ExitMeaning kExits[] = {
    {0, "done"},
    {1, "refused by the table, not found, nobody answered, or something needs attention (doctor, verify)"},
    {2, "usage: a word, option or input that is not understood; nothing was changed"},
    {3, "no permission"},
    {4, "partial: some of several entries failed"},
};

std::size_t text_width(const Style& style) {
  return style.width == 0 ? kTextWidth : std::clamp<std::size_t>(style.width - 1, 40, 100);
}

void print_paragraphs(Output& out, std::string_view text, std::size_t width) {
  for (std::size_t at = 0; at != std::string_view::npos;) {
    const std::size_t end = text.find("\n\n", at);
    for (const std::string& line : wrapped(text.substr(at, end == std::string_view::npos ? end : end - at), width)) {
      out.line(line);
    }
    out.write("\n");
    at = end == std::string_view::npos ? end : end + 2;
  }
}

void print_options(Output& out, const Style& style, std::span<const OptionSpec> options, std::size_t width) {
  for (const OptionSpec& option : options) {
    const std::string spelling = option_spelling(option);
    std::string help(option.help);
    if (!option.words.empty()) {
      std::string words;
      for_each_word(option.words,
                    [&](std::string_view w) { words += fmt::format("{}'{}'", words.empty() ? "" : ", ", w); });
      help += fmt::format(" (word: {})", words);
    }
    const std::size_t used = columns(spelling) + 2;
    std::string start = "  " + style.paint(Tone::kInfo, spelling);
    if (used >= kOptionColumn) {
      out.line(start);
      start = std::string(kOptionColumn, ' ');
    } else {
      start.append(kOptionColumn - used, ' ');
    }
    for (const std::string& line : wrapped(help, width - kOptionColumn)) {
      out.line(start + line);
      start = std::string(kOptionColumn, ' ');
    }
  }
}

void heading(Output& out, const Style& style, std::string_view text) { out.line(style.paint(Tone::kBold, text)); }

}  // namespace

std::span<const ExitMeaning> exit_meanings() { return kExits; }

std::string option_spelling(const OptionSpec& option) {
  std::string text = option.letter == '\0' ? std::string("    ") : fmt::format("-{}, ", option.letter);
  text += fmt::format("--{}", option.name);
  if (option.kind != ValueKind::kFlag)
    text += option.name == "color" ? fmt::format("[={}]", option.metavar) : fmt::format(" {}", option.metavar);
  return text;
}

std::string usage_line(const CommandSpec& command) {
  std::string line = fmt::format("neighctl {}", command.name);
  const PositionalSpec& p = command.positional;
  if (p.most > 0) {
    const std::string many = p.most > 1 ? "..." : "";
    line += p.least > 0 ? fmt::format(" {}{}", p.metavar, many) : fmt::format(" [{}{}]", p.metavar, many);
  }
  if (!command.options.empty()) line += " [OPTIONS or WORDS]";
  return line;
}

void print_help(Output& out, const Style& style, const CommandSpec& command) {
  const std::size_t width = text_width(style);
  out.line(fmt::format("{} {} {}\n", style.paint(Tone::kBold, fmt::format("neighctl {}", command.name)), style.dash(),
                       command.summary));
  heading(out, style, "Usage");
  out.line("  " + usage_line(command));
  if (!command.aliases.empty()) {
    std::string aliases;
    for_each_word(command.aliases,
                  [&](std::string_view a) { aliases += fmt::format("{}{}", aliases.empty() ? "" : ", ", a); });
    out.line(style.paint(Tone::kDim, fmt::format("  other names: {}", aliases)));
  }
  out.write("\n");
  print_paragraphs(out, command.about, width);
  if (!command.examples.empty()) {
    heading(out, style, "Examples");
    for (const Example& e : command.examples) {
      out.line(fmt::format("  {}", style.paint(Tone::kGood, e.line)));
      if (!e.says.empty()) out.line(style.paint(Tone::kDim, fmt::format("      {}", e.says)));
    }
    out.write("\n");
  }
  if (command.positional.most > 0) {
    heading(out, style, "Words");
    const OptionSpec shown{.name = command.positional.metavar};
    std::string start = fmt::format("  {}", style.paint(Tone::kInfo, shown.name));
    start.append(kOptionColumn - columns(shown.name) - 2, ' ');
    out.line(start + std::string(command.positional.help));
    out.write("\n");
  }
  if (!command.options.empty()) {
    heading(out, style, "Options");
    print_options(out, style, command.options, width);
    out.write("\n");
  }
  heading(out, style, "Options of every command");
  print_options(out, style, global_options(), width);
  out.write("\n");
  if (!command.needs.empty()) {
    for (const std::string& line : wrapped(fmt::format("Needs {}.", command.needs), width)) out.line(line);
  }
  if (!command.exits.empty()) {
    for (const std::string& line : wrapped(fmt::format("Exit code: {}", command.exits), width)) out.line(line);
  }
}

void print_overview(Output& out, const Style& style) {
  out.line(fmt::format("{} {} the IP neighbor table: ARP and IPv6 Neighbor Discovery\n",
                       style.paint(Tone::kBold, "neighctl"), style.dash()));
  heading(out, style, "Usage");
  out.line("  neighctl [COMMAND] [WORDS and OPTIONS]      without a command: list\n");
  heading(out, style, "Commands");
  for (const CommandSpec* command : commands()) {
    if (command->hidden) continue;
    out.line(fmt::format("  {}{}{}", style.paint(Tone::kInfo, command->name),
                         std::string(14 - columns(command->name), ' '), command->summary));
  }
  out.write("\n");
  heading(out, style, "Examples");
  for (const Example& e :
       {Example{"neighctl", "the table"},
        Example{"neighctl add 192.0.2.7 lladdr 02:00:00:00:00:07 dev eth0", "a permanent entry"},
        Example{"neighctl watch --top", "who is busy"}, Example{"neighctl doctor", "is the table about to overflow?"},
        Example{"neighctl tour", "everything once, in a private network"}}) {
    out.line(fmt::format("  {}", style.paint(Tone::kGood, e.line)));
    out.line(style.paint(Tone::kDim, fmt::format("      {}", e.says)));
  }
  out.write("\n");
  heading(out, style, "Options of every command");
  print_options(out, style, global_options(), text_width(style));
  out.write("\n");
  heading(out, style, "Exit codes");
  for (const ExitMeaning& e : kExits) out.line(fmt::format("  {}  {}", e.code, e.says));
  out.line("\n'neighctl COMMAND --help' tells more. Words are those of 'ip neigh'.");
}

}  // namespace neigh::ctl
