// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "commands.hpp"

namespace neigh::ctl {

namespace {

constexpr std::array kCommands = {
    &kListCommand,       &kGetCommand,    &kAddCommand,      &kSetCommand,        &kReplaceCommand,
    &kDeleteCommand,     &kFlushCommand,  &kResolveCommand,  &kWatchCommand,      &kLoadCommand,
    &kDoctorCommand,     &kVerifyCommand, &kAnnounceCommand, &kInterfacesCommand, &kTourCommand,
    &kCompletionCommand, &kHelpCommand,   &kManCommand,      &kValuesCommand,
};

constexpr OptionSpec kGlobalOptions[] = {
    {.name = "ipv4", .letter = '4', .help = "only IPv4"},
    {.name = "ipv6", .letter = '6', .help = "only IPv6"},
    {.name = "json", .letter = 'j', .help = "one JSON document"},
    {.name = "jsonl", .letter = 'J', .help = "one JSON object a line, as they come"},
    {.name = "brief", .letter = 'b', .help = "few columns, no header"},
    {.name = "wide", .letter = 'w', .help = "all columns"},
    {.name = "quiet", .letter = 'q', .help = "say nothing when all went well"},
    {.name = "color",
     .kind = ValueKind::kChoice,
     .metavar = "WHEN",
     .help = "colors: auto (default), always or never; alone: always",
     .choices = "auto always never"},
    {.name = "netns",
     .letter = 'N',
     .kind = ValueKind::kNamespace,
     .metavar = "NAME",
     .help = "work in this network namespace (as 'ip netns' names it)"},
    {.name = "stack",
     .kind = ValueKind::kChoice,
     .metavar = "STACK",
     .help = "whose table: kernel (default), or an embedded stack of this run",
     .choices = "kernel embedded"},
    {.name = "port",
     .kind = ValueKind::kText,
     .metavar = "PORT",
     .help = "of the embedded stack: tap:NAME, packet:NAME or xdp:NAME; without it a LAN in memory"},
    {.name = "address",
     .kind = ValueKind::kSubnet,
     .metavar = "ADDRESS/LENGTH",
     .help = "own address of the embedded stack on its port",
     .repeats = true},
    {.name = "mac",
     .kind = ValueKind::kLinkAddress,
     .metavar = "LLADDR",
     .help = "own link-layer address of the embedded stack"},
    {.name = "table",
     .kind = ValueKind::kFile,
     .metavar = "FILE",
     .help = "entries that the embedded stack begins with, in a format of 'load'"},
    {.name = "listen",
     .kind = ValueKind::kDuration,
     .metavar = "TIME",
     .help = "let the embedded stack listen this long first"},
    {.name = "help", .letter = 'h', .help = "help on the command"},
    {.name = "version", .letter = 'V', .help = "the version"},
};

}  // namespace

std::span<const CommandSpec* const> commands() { return kCommands; }

std::span<const OptionSpec> global_options() { return kGlobalOptions; }

const CommandSpec* find_command(std::string_view name) {
  for (const CommandSpec* command : kCommands) {
    if (command->name == name || has_word(command->aliases, name)) return command;
  }
  return nullptr;
}

}  // namespace neigh::ctl
