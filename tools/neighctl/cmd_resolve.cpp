// SPDX-License-Identifier: Apache-2.0
// neighctl resolve
#include <fmt/format.h>

#include "commands.hpp"
#include "context.hpp"
#include "neighbor_view.hpp"
#include "options.hpp"
#include "selection.hpp"
#include "text.hpp"
#include "values.hpp"

namespace neigh::ctl {

namespace {

constexpr OptionSpec kOptions[] = {
    opt::kDev,
    opt::kTimeout,
    opt::kSource,
    {.name = "again",
     .letter = 'a',
     .help = "throw an entry that is there away and ask the wire; what nobody answers for is failed afterwards",
     .words = "again"},
    {.name = "force", .help = "with --again: throw away what somebody wrote, too (permanent, noarp, with owner ...)"},
};

constexpr Example kExamples[] = {
    {"neighctl resolve 192.0.2.7", "by ARP"},
    {"neighctl resolve fe80::1 dev eth0 --timeout 500ms", "by Neighbor Solicitation, half a second at most"},
    {"neighctl resolve 192.0.2.7 192.0.2.8 --again", "several at once, not from the table"},
};

// What may be the reason that nobody answers.
std::string why_silent(Context& context, const NeighborKey& key) {
  if (std::string problem = link_problem(context, key.interface); !problem.empty()) return problem;
  const auto route = context.route(key.address);
  if (route && route->gateway) {
    return fmt::format("it is on no link of this host: packets to it go through {} on {}", route->gateway->to_string(),
                       printable(context.interface_name(route->interface)));
  }
  return {};
}

// What makes an entry somebody's, and not one that a packet brings back; empty: nothing.
std::string written_by_somebody(const Neighbor& entry) {
  if (entry.state == NudState::kPermanent || entry.state == NudState::kNoArp)
    return std::string(to_string(entry.state));
  for (const NeighborFlag flag :
       {NeighborFlag::kManaged, NeighborFlag::kExternLearned, NeighborFlag::kExternValidated}) {
    if (entry.flags.has(flag)) return std::string(to_string(flag));
  }
  return entry.protocol == 0 ? std::string() : fmt::format("of owner {}", protocol_name(entry.protocol));
}

// Asking again destroys the entry, whether somebody answers or not.
std::optional<Failure> not_to_be_asked_again(Context& context, NeighborTable& table, const NeighborKey& key) {
  const auto entry = table.get(key);
  if (!entry) return std::nullopt;
  const std::string what = written_by_somebody(*entry);
  if (what.empty()) return std::nullopt;
  const std::string name = printable(context.interface_name(key.interface));
  return Failure{kRefused,
                 "already_exists",
                 fmt::format("the entry for {} on {} is {}, and asking again would throw it away",
                             key.address.to_string(), name, what),
                 fmt::format("'neighctl verify {} dev {}' asks without writing; 'neighctl delete' removes the entry "
                             "first, --force throws it away",
                             key.address.to_string(), name),
                 {}};
}

}  // namespace

int run_resolve(Context& context) {
  auto table = context.table();
  if (!table) return context.fail(table.failure());
  ResolveOptions options;
  options.ask_again = context.args.has("again");
  if (const auto text = context.args.one("timeout")) options.timeout = parse_duration(*text);
  if (const auto text = context.args.one("source")) {
    options.source = parse_scoped_address(*text).value_or(ScopedAddress{}).address;
  }
  if (context.args.has("force") && !options.ask_again) {
    return context.fail(usage_failure("'--force' says something only with '--again'"));
  }
  std::vector<Outcome> outcomes;
  std::vector<NeighborKey> keys;
  std::vector<std::size_t> positions;  // outcome of each key
  for (const std::string& text : context.args.positional) {
    outcomes.push_back({text});
    const auto key = key_from(context, text, false, WithoutInterface::kCandidate);
    if (!key) {
      outcomes.back().failure = key.failure();
      continue;
    }
    if (std::string problem = broadcast_problem(context, key->address); !problem.empty()) {
      outcomes.back().failure = Failure{kRefused, "invalid_argument", std::move(problem), "ask for one host", {}};
      continue;
    }
    if (options.ask_again && !context.args.has("force")) {
      if (auto refused = not_to_be_asked_again(context, **table, *key)) {
        outcomes.back().failure = std::move(*refused);
        continue;
      }
    }
    keys.push_back(*key);
    positions.push_back(outcomes.size() - 1);
  }
  auto answers = (*table)->resolve_all(keys, options);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    Outcome& outcome = outcomes[positions[i]];
    if (answers[i]) {
      outcome.neighbors.push_back(*answers[i]);
    } else {
      const Attempt attempt = attempt_of(context, "resolve", keys[i]);
      outcome.failure = explain_with_limits(context, answers[i].error(), attempt, keys[i].address.family());
      if (std::string reason = why_silent(context, keys[i]); !reason.empty()) outcome.failure->hint = std::move(reason);
    }
  }
  return finish_outcomes(context, "neighbors", outcomes,
                         [&](std::span<const Neighbor> found) { print_entries(context, found); });
}

constinit const CommandSpec kResolveCommand = {
    .name = "resolve",
    .summary = "Find link-layer addresses, asking the wire if need be",
    .about =
        "Has the kernel resolve addresses by ARP or Neighbor Discovery and prints the entries. All addresses are "
        "asked for at once. A usable entry that is there already is the answer. With --again it is thrown away first: "
        "if "
        "nobody answers, it is gone. Entries that somebody wrote (permanent, noarp, extern_learn, extern_valid, "
        "managed, with an owner) are refused then; 'verify' asks for them without writing. Without "
        "an interface the one that has the address is taken, else the one on whose link the address is; a link-local "
        "address is on every link, and wants an interface where several can ask.",
    .positional = {.metavar = "ADDRESS", .kind = ValueKind::kAddress, .least = 1, .most = 4096, .help = "whom to find"},
    .options = kOptions,
    .examples = kExamples,
    .exits = "1 if nobody answered, 4 if some of several did not.",
    .needs = "nothing; --again needs CAP_NET_ADMIN where an entry exists",
    .run = run_resolve,
};

}  // namespace neigh::ctl
