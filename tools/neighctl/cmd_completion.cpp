// SPDX-License-Identifier: Apache-2.0
// neighctl completion, and the hidden command that completions ask.
#include <fmt/format.h>

#include <set>

#include "commands.hpp"
#include "completion.hpp"
#include "context.hpp"
#include "stack.hpp"
#include "text.hpp"

namespace neigh::ctl {

namespace {

constexpr std::size_t kMostValues = 2000;  // more are of no use behind a Tab

constexpr Example kExamples[] = {
    {"source <(neighctl completion bash)", "in ~/.bashrc, where the packaged file is not installed"},
    {"neighctl completion fish > ~/.config/fish/completions/neighctl.fish", ""},
};

}  // namespace

int run_completion(Context& context) {
  const std::string& shell = context.args.positional.front();
  const std::string script = shell == "bash"  ? bash_completion()
                             : shell == "zsh" ? zsh_completion()
                                              : fish_completion();
  if (context.machine()) {
    json_line(context.out, [&](JsonWriter& writer) { writer.member("shell", shell).member("script", script); });
  } else {
    context.out.write(script);
  }
  return kDone;
}

int run_values(Context& context) {
  const std::string& kind = context.args.positional.front();
  if (kind == "namespaces") {
    for (const std::string& name : network_namespaces()) context.out.line(name);
    return kDone;
  }
  if (kind == "interfaces") {
    const auto known = context.interfaces();
    if (!known) return kRefused;
    for (const Interface& i : *known) context.out.line(i.name);
    return kDone;
  }
  auto table = context.table();
  if (!table) return kRefused;
  if (kind == "own") {
    const auto own = (*table)->own_addresses(InterfaceIndex::kNone);
    if (!own) return kRefused;
    for (const IpAddress& address : *own) {
      if (!address.is_loopback()) context.out.line(address.to_string());
    }
    return kDone;
  }
  std::set<std::string> values;
  const ListFilter filter{.states = StateSet::all().without(NudState::kNoArp)};
  const auto read = (*table)->visit(filter, [&](const Neighbor& n) {
    if (values.size() < kMostValues) {
      values.insert(kind == "lladdrs" ? n.link_address.to_string() : n.address.to_string());
    }
  });
  for (const std::string& value : values) {
    if (!value.empty()) context.out.line(value);
  }
  return read ? kDone : kRefused;
}

constinit const CommandSpec kCompletionCommand = {
    .name = "completion",
    .summary = "Print the completion script of a shell",
    .about =
        "Prints what makes the shell complete commands, options, words, interfaces and addresses. 'make install' "
        "puts the same files where the shells look for them.",
    .positional = {.metavar = "SHELL",
                   .kind = ValueKind::kChoice,
                   .least = 1,
                   .most = 1,
                   .help = "bash, zsh or fish",
                   .choices = "bash zsh fish"},
    .examples = kExamples,
    .run = run_completion,
};

constinit const CommandSpec kValuesCommand = {
    .name = "__values",
    .summary = "Print what a completion can offer",
    .positional = {.metavar = "KIND", .kind = ValueKind::kText, .least = 1, .most = 1, .help = "interfaces, ..."},
    .run = run_values,
    .hidden = true,
};

}  // namespace neigh::ctl
