// SPDX-License-Identifier: Apache-2.0
// neighctl delete
#include <fmt/format.h>

#include "commands.hpp"
#include "context.hpp"
#include "neighbor_view.hpp"
#include "options.hpp"
#include "selection.hpp"

namespace neigh::ctl {

namespace {

constexpr OptionSpec kOptions[] = {
    opt::kDev,
    opt::kProxyFlag,
    opt::kLinkAddress,
    opt::with_help(opt::kStateToSet, "not looked at, as by 'ip neigh del'"),
};

constexpr Example kExamples[] = {
    {"neighctl delete 192.0.2.7", "wherever it is; refused if several interfaces have it"},
    {"neighctl del 192.0.2.7 192.0.2.8 dev eth0", "several at once"},
    {"neighctl delete proxy 192.0.2.9 dev eth0", "a proxy entry"},
};

Outcome delete_one(Context& context, NeighborTable& table, const std::string& text) {
  Outcome outcome{text};
  const auto key = key_from(context, text, context.args.has("proxy"), WithoutInterface::kLookUp);
  if (!key) {
    outcome.failure = key.failure();
    return outcome;
  }
  const auto before = table.get(*key);
  // As iproute2 does, a link-layer address may be named; here it must be the entry's.
  if (const auto wanted = context.args.one("lladdr"); wanted && before) {
    const auto link_address = LinkAddress::parse(*wanted).value_or(LinkAddress());
    if (before->link_address != link_address) {
      outcome.failure = Failure{kRefused, "not_found",
                                fmt::format("{} has the link-layer address {}, not {}", entry_name(*before, context),
                                            before->link_address.to_string(), link_address.to_string()),
                                "leave 'lladdr' out to delete it all the same"};
      return outcome;
    }
  }
  const auto removed = table.remove(*key);
  if (!removed) {
    outcome.failure = explain(removed.error(), attempt_of(context, "delete", *key));
    return outcome;
  }
  Neighbor gone;
  gone.interface = key->interface;
  gone.address = key->address;
  gone.state = NudState::kNone;
  outcome.neighbors.push_back(before.value_or(gone));
  return outcome;
}

}  // namespace

int run_delete(Context& context) {
  auto table = context.table();
  if (!table) return context.fail(table.failure());
  std::vector<Outcome> outcomes;
  for (const std::string& text : context.args.positional) outcomes.push_back(delete_one(context, **table, text));
  return finish_outcomes(context, "removed", outcomes, [&](std::span<const Neighbor> gone) {
    if (context.quiet()) return;
    for (const Neighbor& n : gone) {
      context.out.line(fmt::format("{} deleted {}", context.style.paint(Tone::kGood, context.style.check_mark()),
                                   entry_line(n, context)));
    }
  });
}

constinit const CommandSpec kDeleteCommand = {
    .name = "delete",
    .aliases = "del rm remove",
    .summary = "Remove entries by address",
    .about = "Removes entries of any state, permanent ones included, and prints what they were.",
    .positional = {.metavar = "ADDRESS", .kind = ValueKind::kAddress, .least = 1, .most = 4096, .help = "whose entry"},
    .options = kOptions,
    .examples = kExamples,
    .exits = "1 if there is no such entry, 4 if some of several addresses had none.",
    .needs = "CAP_NET_ADMIN",
    .run = run_delete,
};

}  // namespace neigh::ctl
