// SPDX-License-Identifier: Apache-2.0
// neighctl add, set, replace: one entry is written and read back.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "commands.hpp"
#include "context.hpp"
#include "entry_args.hpp"
#include "neighbor_view.hpp"
#include "selection.hpp"
#include "values.hpp"

namespace neigh::ctl {

namespace {

constexpr PositionalSpec kAddress{
    .metavar = "ADDRESS", .kind = ValueKind::kAddress, .least = 1, .most = 1, .help = "the neighbor's IP address"};

constexpr Example kAddExamples[] = {
    {"neighctl add 192.0.2.7 lladdr 02:00:00:00:00:07 dev eth0", "a permanent entry, in iproute2's words"},
    {"neighctl add 2001:db8::7 --lladdr 02-00-00-00-00-07 --dev eth0 --router", "the same with options"},
    {"neighctl add 192.0.2.8 lladdr 0200.0000.0008 dev 2 nud reachable", "ages like a learned one; interface by index"},
    {"neighctl add proxy 192.0.2.9 dev eth0", "this host answers for 192.0.2.9 on eth0"},
};
constexpr Example kSetExamples[] = {
    {"neighctl set 192.0.2.7 lladdr 02:00:00:00:00:99", "the entry must exist; what is not said stays"},
    {"neighctl set 192.0.2.7 dev eth0 nud stale", "only the state"},
};
constexpr Example kReplaceExamples[] = {
    {"neighctl replace 192.0.2.7 lladdr 02:00:00:00:00:07 dev eth0", "creates or overwrites"},
};

constexpr std::string_view kWriteExits =
    "1 if the table refuses, 3 without CAP_NET_ADMIN; in both cases nothing is changed.";

// Tells the entry as the table has it now. On point-to-point links the kernel keeps one IPv4 entry for all addresses,
// so what it accepted may not be there under the address that was given.
void tell(Context& context, std::string_view done, const Neighbor& wanted, const Result<Neighbor>& now) {
  const Neighbor& entry = now ? *now : wanted;
  if (context.lines()) {
    if (now) json_line(context.out, [&](JsonWriter& writer) { write_entry_members(writer, entry, context); });
  } else if (context.machine()) {
    context.document([&](JsonWriter& writer) { write_entries(writer, std::span(&entry, now ? 1 : 0), context); });
  } else if (!context.quiet()) {
    context.out.line(fmt::format("{} {} {}", context.style.paint(Tone::kGood, context.style.check_mark()), done,
                                 entry_line(entry, context)));
    if (!now) {
      context.complain({kDone, "not_found", "the kernel accepted it, and has no entry under this address now",
                        "on point-to-point links it keeps one entry for all IPv4 addresses; an entry that ages may "
                        "be gone already"});
    }
  }
}

// What 'ip neigh ... use' does: the kernel begins to resolve, and nobody waits for it.
int use_entry(Context& context, Operation operation, const NeighborKey& key, std::string_view done) {
  constexpr std::chrono::milliseconds kMoment{1};
  for (const std::string_view other :
       {"lladdr", "state", "managed", "proxy", "router", "protocol", "extern-learn", "extern-valid"}) {
    if (context.args.has(other)) {
      return context.fail(usage_failure(fmt::format("'use' and '{}' exclude each other", other),
                                        "'use' has the address resolved, and writes nothing into the entry"));
    }
  }
  auto table = context.table();
  if (!table) return context.fail(table.failure());
  const Attempt attempt = attempt_of(context, to_string(operation), key);
  if (operation == Operation::kCreate && (*table)->get(key)) {
    return context.fail(explain(Error{.code = Errc::kAlreadyExists}, attempt));
  }
  // To be told to use an entry takes these flags from it (LNX-070, LNX-073), and what is not said must stay.
  const auto there = (*table)->get(key);
  if (operation == Operation::kSet && there && !kUsableStates.contains(there->state)) {
    for (const NeighborFlag flag : {NeighborFlag::kExternLearned, NeighborFlag::kManaged}) {
      if (!there->flags.has(flag)) continue;
      const std::string_view name = to_string(flag);
      return context.fail(Failure{
          kRefused,
          "invalid_argument",
          fmt::format("'use' would take '{}' from {} on {}", name, attempt.address, printable(attempt.interface)),
          flag == NeighborFlag::kManaged ? "the kernel resolves a managed entry by itself"
                                         : "'neighctl replace ADDRESS use dev IF' does it all the same",
          {}});
    }
  }
  Neighbor asked;
  asked.interface = key.interface;
  asked.address = key.address;
  asked.state = NudState::kIncomplete;
  if (const auto wrong = unwritable(context, asked, nullptr, false, attempt)) return context.fail(*wrong);
  const auto begun = (*table)->resolve(key, {.timeout = kMoment});
  if (!begun && begun.error().code != Errc::kTimedOut) {
    return context.fail(explain_with_limits(context, begun.error(), attempt, key.address.family()));
  }
  tell(context, done, asked, (*table)->get(key));
  return kDone;
}

int write_entry_of(Context& context, Operation operation, std::string_view verb, std::string_view done) {
  auto table = context.table();
  if (!table) return context.fail(table.failure());
  const bool proxy = context.args.has("proxy");
  const auto key = key_from(context, context.args.positional.front(), proxy,
                            operation == Operation::kSet ? WithoutInterface::kLookUp : WithoutInterface::kRefuse);
  if (!key) return context.fail(key.failure());
  const Attempt attempt = attempt_of(context, verb, *key);
  const auto refuse = [&](const Error& error) {
    return context.fail(explain_with_limits(context, error, attempt, key->address.family()));
  };

  Neighbor base;
  if (operation == Operation::kSet) {
    // What the line does not say stays as it is.
    const auto existing = (*table)->get(*key);
    if (!existing) return refuse(existing.error());
    base = *existing;
  }
  Neighbor wanted = entry_from(context.args, *key, base);
  if (proxy) {
    for (const std::string_view word :
         {"lladdr", "state", "router", "protocol", "extern-learn", "extern-valid", "managed"}) {
      if (!context.args.has(word)) continue;
      return context.fail(usage_failure(fmt::format("'proxy' and '{}' exclude each other", word),
                                        "a proxy entry is an address on an interface, and nothing else"));
    }
  }
  if (wanted.flags.has(NeighborFlag::kManaged)) {
    for (const std::string_view word : {"lladdr", "state"}) {
      if (!context.args.has(word) || (word == "state" && wanted.state == NudState::kNone)) continue;
      // The kernel drops both without a word.
      return context.fail(usage_failure(
          fmt::format("{} is managed, so '{}' would have no effect: the kernel resolves it", key->address.to_string(),
                      word),
          base.flags.has(NeighborFlag::kManaged) ? "'neighctl replace' makes an ordinary entry of it"
                                                 : "leave 'managed' out, or say nothing but the interface"));
    }
  }
  // An address that is given takes effect: the state of an entry that has none would not hold it.
  if (operation == Operation::kSet && context.args.has("lladdr") && !context.args.has("state") &&
      holds_no_address(wanted)) {
    wanted.state = NudState::kPermanent;
  }
  if (context.args.has("use")) return use_entry(context, operation, *key, done);
  const Result<Neighbor> there = (*table)->get(*key);
  if (const auto wrong = unwritable(context, wanted, there ? &*there : nullptr,
                                    context.args.has("lladdr") && context.args.has("state"), attempt)) {
    return context.fail(*wrong);
  }
  if (there && context.args.has("protocol") && wanted.protocol == 0) {
    if (const auto wrong = cannot_clear_owner(*there, attempt)) return context.fail(*wrong);
  }
  const auto written = operation == Operation::kCreate ? (*table)->create(wanted)
                       : operation == Operation::kSet  ? (*table)->set(wanted)
                                                       : (*table)->replace(wanted);
  if (!written) return refuse(written.error());
  tell(context, done, wanted, (*table)->get(*key));
  const auto own = (*table)->own_addresses(key->interface);
  if (!proxy && own && std::find(own->begin(), own->end(), key->address) != own->end()) {
    context.complain(
        {kDone,
         "invalid_argument",
         fmt::format("{} is an address of this host itself, which asks nobody for it", key->address.to_string()),
         "was another address meant?",
         {}});
  }
  if (std::string problem = broadcast_problem(context, key->address); !problem.empty()) {
    context.complain({kDone, "invalid_argument", std::move(problem), "was another address meant?", {}});
  }
  return kDone;
}

}  // namespace

Neighbor entry_from(const Args& args, const NeighborKey& key, const Neighbor& base) {
  Neighbor entry = base;
  entry.interface = key.interface;
  entry.address = key.address;
  if (const auto text = args.one("lladdr")) entry.link_address = LinkAddress::parse(*text).value_or(LinkAddress());
  if (const auto text = args.one("protocol")) entry.protocol = parse_protocol(*text).value_or(std::uint8_t{0});
  if (args.has("router")) entry.flags.set(NeighborFlag::kRouter);
  if (args.has("extern-learn")) entry.flags.set(NeighborFlag::kExternLearned);
  if (args.has("extern-valid")) entry.flags.set(NeighborFlag::kExternValidated);
  if (args.has("managed")) entry.flags.set(NeighborFlag::kManaged);
  entry.flags.set(NeighborFlag::kProxy, key.proxy);
  const bool is_new = base.address.family() == Family::kUnspecified;
  if (is_new) entry.state = default_state(entry.flags);
  if (const auto text = args.one("state")) entry.state = parse_nud_state(*text).value_or(entry.state);
  return entry;
}

int run_add(Context& context) { return write_entry_of(context, Operation::kCreate, "add", "added"); }
int run_set(Context& context) { return write_entry_of(context, Operation::kSet, "set", "set"); }
int run_replace(Context& context) { return write_entry_of(context, Operation::kReplace, "replace", "replaced"); }

// Of set, whose entry has a state already.
constexpr auto kSetOptions = [] {
  std::array<OptionSpec, std::size(kEntryOptions)> options{};
  std::copy(std::begin(kEntryOptions), std::end(kEntryOptions), options.begin());
  for (OptionSpec& option : options) {
    if (option.name == "state") option.help = "state of the entry (default: as it is)";
    if (option.name == "managed") option.help = "the kernel keeps the entry resolved";
  }
  return options;
}();

constinit const CommandSpec kAddCommand = {
    .name = "add",
    .aliases = "create new",
    .summary = "Create an entry that does not exist",
    .about =
        "Creates one entry and prints it as the table has it afterwards. An entry that exists already, in "
        "whatever state, is refused and left as it is.",
    .positional = kAddress,
    .options = kEntryOptions,
    .examples = kAddExamples,
    .exits = kWriteExits,
    .needs = "CAP_NET_ADMIN",
    .run = run_add,
};

constinit const CommandSpec kSetCommand = {
    .name = "set",
    .aliases = "change chg",
    .summary = "Change an entry that exists",
    .about =
        "Changes one entry and prints it as the table has it afterwards. What the line does not say stays as it "
        "is. Nothing is created. Without an interface the one that has the address is taken.",
    .positional = kAddress,
    .options = kSetOptions,
    .examples = kSetExamples,
    .exits = kWriteExits,
    .needs = "CAP_NET_ADMIN",
    .run = run_set,
};

constinit const CommandSpec kReplaceCommand = {
    .name = "replace",
    .aliases = "repl",
    .summary = "Create an entry, or overwrite the one that is there",
    .about = "As add, but an entry that exists is overwritten.",
    .positional = kAddress,
    .options = kEntryOptions,
    .examples = kReplaceExamples,
    .exits = kWriteExits,
    .needs = "CAP_NET_ADMIN",
    .run = run_replace,
};

}  // namespace neigh::ctl
