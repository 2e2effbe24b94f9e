// SPDX-License-Identifier: Apache-2.0
// neighctl help, and the hidden command that writes the man pages.
#include <fmt/format.h>

#include <cerrno>
#include <fstream>

#include "commands.hpp"
#include "context.hpp"
#include "help.hpp"
#include "text.hpp"

namespace neigh::ctl {

namespace {

constexpr Example kExamples[] = {{"neighctl help watch", "the same as 'neighctl watch --help'"}};

// Nothing but comments differs between two runs: packages can be built reproducibly.
bool write_page(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  return file.good();
}

}  // namespace

int show_help(Context& context, const CommandSpec* command) {
  Output text;
  Output& out = context.machine() ? text : context.out;
  Style style = context.style;
  style.color = style.color && !context.machine();
  if (command == nullptr) {
    print_overview(out, style);
  } else {
    print_help(out, style, *command);
  }
  if (!context.machine()) return kDone;
  json_line(context.out, [&](JsonWriter& writer) {
    writer.member_or_null("command", command == nullptr ? "" : command->name).member("text", text.text());
  });
  return kDone;
}

int run_help(Context& context) {
  return show_help(context, context.args.positional.empty() ? nullptr : find_command(context.args.positional.front()));
}

int run_man(Context& context) {
  const std::string& folder = context.args.positional.front();
  const auto write = [&](const std::string& name, const CommandSpec* command) {
    if (write_page(fmt::format("{}/{}.1", folder, name), man_page(command))) return true;
    context.complain(
        {kRefused, "system", fmt::format("'{}/{}.1' cannot be written: {}", folder, name, errno_text(errno)), {}});
    return false;
  };
  if (!write("neighctl", nullptr)) return kRefused;
  for (const CommandSpec* command : commands()) {
    if (!command->hidden && !write(fmt::format("neighctl-{}", command->name), command)) return kRefused;
  }
  return kDone;
}

constinit const CommandSpec kHelpCommand = {
    .name = "help",
    .summary = "Show help on a command",
    .about = "Without a command it shows what there is.",
    .positional = {.metavar = "COMMAND", .kind = ValueKind::kCommand, .most = 1, .help = "which command"},
    .examples = kExamples,
    .run = run_help,
};

constinit const CommandSpec kManCommand = {
    .name = "__man",
    .summary = "Write the man pages into a folder",
    .positional = {.metavar = "FOLDER", .kind = ValueKind::kFile, .least = 1, .most = 1, .help = "where to"},
    .run = run_man,
    .hidden = true,
};

}  // namespace neigh::ctl
