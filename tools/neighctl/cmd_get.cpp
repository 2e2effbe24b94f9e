// SPDX-License-Identifier: Apache-2.0
// neighctl get
#include "commands.hpp"
#include "context.hpp"
#include "neighbor_view.hpp"
#include "options.hpp"
#include "selection.hpp"

namespace neigh::ctl {

namespace {

constexpr OptionSpec kOptions[] = {opt::kDev, opt::kProxyFlag};

constexpr Example kExamples[] = {
    {"neighctl get 192.0.2.7", "wherever it is; on several interfaces: all of them"},
    {"neighctl get fe80::1 dev eth0", "only this one"},
    {"neighctl get fe80::1%eth0 --json", "the same, for programs"},
};

Outcome get_one(Context& context, NeighborTable& table, const std::string& text) {
  Outcome outcome{text};
  const auto keys = keys_from(context, text, context.args.has("proxy"));
  if (!keys) {
    outcome.failure = keys.failure();
    return outcome;
  }
  for (const NeighborKey& key : *keys) {
    auto entry = table.get(key);
    if (entry) {
      outcome.neighbors.push_back(*entry);
    } else {
      outcome.failure = explain(entry.error(), attempt_of(context, "get", key));
    }
  }
  // One of several that is gone meanwhile is no failure.
  if (!outcome.neighbors.empty()) outcome.failure.reset();
  return outcome;
}

}  // namespace

int run_get(Context& context) {
  auto table = context.table();
  if (!table) return context.fail(table.failure());
  std::vector<Outcome> outcomes;
  for (const std::string& text : context.args.positional) outcomes.push_back(get_one(context, **table, text));
  return finish_outcomes(context, "neighbors", outcomes,
                         [&](std::span<const Neighbor> found) { print_entries(context, found); });
}

constinit const CommandSpec kGetCommand = {
    .name = "get",
    .summary = "Show the entries of given addresses",
    .about = "Reads entries of any state from the table. Nothing is sent on the wire: 'neighctl resolve' does that.",
    .positional = {.metavar = "ADDRESS", .kind = ValueKind::kAddress, .least = 1, .most = 4096, .help = "whose entry"},
    .options = kOptions,
    .examples = kExamples,
    .exits = "1 if there is no such entry, 4 if some of several addresses have none.",
    .run = run_get,
};

}  // namespace neigh::ctl
