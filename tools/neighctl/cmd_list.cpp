// SPDX-License-Identifier: Apache-2.0
// neighctl list
#include <fmt/format.h>

#include "commands.hpp"
#include "context.hpp"
#include "neighbor_view.hpp"
#include "options.hpp"
#include "selection.hpp"
#include "text.hpp"

namespace neigh::ctl {

namespace {

constexpr OptionSpec kOptions[] = {
    opt::kDev,
    opt::kState,
    opt::kRouterOnly,
    opt::kProxyOnly,
    opt::kProtocolOnly,
    opt::kMaster,
    opt::kNoMaster,
    {.name = "all", .letter = 'a', .help = "the kernel's own noarp entries, too", .words = "all"},
    {.name = "count", .letter = 'c', .help = "only how many", .words = "count"},
};

constexpr Example kExamples[] = {
    {"neighctl list", "everything but the kernel's own noarp entries"},
    {"neighctl list dev eth0 nud stale,failed", "iproute2's words"},
    {"neighctl list -6 --router", "the IPv6 routers that this host knows"},
    {"neighctl list 192.0.2.0/24 2001:db8::/32", "only addresses in these prefixes"},
    {"neighctl list --json | jq -r '.neighbors[].address'", "for programs"},
};

// One object a line, as they are read: no order, and no memory for a million entries.
int stream(Context& context, NeighborTable& table, const Selection& selection) {
  if (const auto known = context.interfaces(); !known) return context.fail(known.failure());
  const auto read = table.visit(selection.filter, [&](const Neighbor& n) {
    if (!selection.matches(n)) return;
    json_line(context.out, [&](JsonWriter& writer) { write_entry_members(writer, n, context); });
  });
  return read ? static_cast<int>(kDone) : context.fail(read.error(), {.verb = "list"});
}

int count(Context& context, std::size_t number) {
  if (context.machine()) {
    json_line(context.out, [&](JsonWriter& writer) { writer.member("count", number); });
  } else {
    context.out.line(std::to_string(number));
  }
  return kDone;
}

void footer(Context& context, std::size_t shown, bool narrowed) {
  if (!context.style.terminal || context.format == Format::kBrief) return;
  if (shown == 0) {
    context.out.line(narrowed                  ? "no entry matches"
                     : context.args.has("all") ? "the table is empty"
                                               : "the table is empty but for the kernel's own entries, if any (--all)");
    return;
  }
  context.out.line(context.style.paint(Tone::kDim, counted(shown, "entry", "entries")));
}

}  // namespace

int run_list(Context& context) {
  auto selection = selection_from(context, StateSet::all().without(NudState::kNoArp));
  if (!selection) return context.fail(selection.failure());
  auto table = context.table();
  if (!table) return context.fail(table.failure());
  const bool count_only = context.args.has("count");
  if (context.lines() && !count_only) return stream(context, **table, *selection);
  const auto found = read_selection(context, *selection);
  if (!found) return context.fail(found.failure());
  if (count_only) return count(context, found->size());
  if (context.machine()) {
    context.document([&](JsonWriter& writer) { write_entries(writer, *found, context); });
    return kDone;
  }
  print_entries(context, *found);
  footer(context, found->size(), selection->narrowed);
  return kDone;
}

constinit const CommandSpec kListCommand = {
    .name = "list",
    .aliases = "show ls lst",
    .summary = "Show the table",
    .about =
        "Shows the entries of both families, ordered by family, interface and address. Without states every state "
        "but noarp is shown: those entries are the kernel's own, for multicast and loopback addresses.\n\n"
        "AGE is the time since the neighbor was last confirmed to be reachable. VENDOR comes from the IEEE's list "
        "where the system has it (package ieee-data); 'local' marks a locally administered address, which has no "
        "vendor, and 'group' a multicast address.",
    .positional = {.metavar = "PREFIX",
                   .kind = ValueKind::kPrefix,
                   .most = 1024,
                   .help = "only these addresses, or the addresses in these prefixes"},
    .options = kOptions,
    .examples = kExamples,
    .exits = "0 also when no entry matches.",
    .run = run_list,
};

}  // namespace neigh::ctl
