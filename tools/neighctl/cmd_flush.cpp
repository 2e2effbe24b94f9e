// SPDX-License-Identifier: Apache-2.0
// neighctl flush
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
    opt::with_help(opt::kState, "only these states; permanent and noarp entries stay unless named here, or 'all'"),
    opt::kRouterOnly,
    opt::kProxyOnly,
    opt::kProtocolOnly,
    opt::kMaster,
    opt::kNoMaster,
    opt::kDryRun,
    {.name = "all", .letter = 'a', .help = "everything, permanent entries included", .words = "all"},
};

constexpr Example kExamples[] = {
    {"neighctl flush dev eth0", "every learned entry of eth0"},
    {"neighctl flush nud failed", "what nobody answered for"},
    {"neighctl flush 192.0.2.0/24 --dry-run", "shows what would go"},
    {"neighctl flush --all", "everything, permanent entries too"},
};

// As the library's own: a list leaves out entries while others change the table.
constexpr int kPasses = 4;

// What the library's filter cannot say is selected here and removed entry by entry.
Checked<std::size_t> remove_selected(Context& context, NeighborTable& table, const std::vector<Neighbor>& selected) {
  const auto report = table.apply(Operation::kRemove, selected);
  if (!report) return explain(report.error(), {.verb = "flush"});
  for (const BatchReport::Failure& failure : report->failures) {
    // Gone meanwhile by itself.
    if (failure.error.code == Errc::kNotFound) continue;
    Failure told = explain(failure.error, attempt_of(context, "flush", selected[failure.position].key()));
    if (report->applied > 0) {
      told.message += fmt::format(" ({} removed before)", counted(report->applied, "entry was", "entries were"));
      told.exit = kPartial;
    }
    return told;
  }
  return report->applied;
}

// Nothing was removed: was it that what was meant is left alone unless its state is named? Empty: no.
std::string what_was_left(Context& context, Selection selection) {
  if (context.args.has("state") || context.args.has("all") || selection.filter.proxies) return {};
  selection.filter.states = StateSet{NudState::kPermanent};
  const auto left = read_selection(context, selection);
  if (!left || left->empty()) return {};
  const bool one = left->size() == 1;
  return fmt::format("{} {} left alone: 'nud permanent' or 'nud all' removes {}",
                     counted(left->size(), "permanent entry", "permanent entries"), one ? "was" : "were",
                     one ? "it" : "them");
}

}  // namespace

int run_flush(Context& context) {
  constexpr StateSet kLearned = StateSet::all().without(NudState::kPermanent).without(NudState::kNoArp);
  auto selection = selection_from(context, kLearned);
  if (!selection) return context.fail(selection.failure());
  if (!selection->narrowed && !context.args.has("all")) {
    return context.fail(usage_failure("flush what?",
                                      "name an interface, states, addresses or a family; "
                                      "'neighctl flush --all' removes everything"));
  }
  auto table = context.table();
  if (!table) return context.fail(table.failure());
  const bool dry_run = context.args.has("dry-run");
  std::vector<Neighbor> selected;
  if (dry_run || !selection->plain()) {
    auto found = read_selection(context, *selection);
    if (!found) return context.fail(found.failure());
    selected = std::move(*found);
  }
  const bool none_selected = selected.empty();
  std::size_t removed = 0;
  if (!dry_run && selection->plain()) {
    const auto flushed = (*table)->flush(selection->filter);
    if (!flushed) return context.fail(flushed.error(), {.verb = "flush"});
    removed = *flushed;
  } else if (!dry_run) {
    for (int pass = 0; pass < kPasses && !selected.empty(); ++pass) {
      const auto done = remove_selected(context, **table, selected);
      if (!done) return context.fail(done.failure());
      removed += *done;
      auto rest = read_selection(context, *selection);
      if (!rest) return context.fail(rest.failure());
      selected = std::move(*rest);
    }
  }
  const std::string left = removed == 0 && none_selected ? what_was_left(context, *selection) : std::string();
  if (context.lines() && dry_run) {
    for (const Neighbor& n : selected) {
      json_line(context.out, [&](JsonWriter& writer) { write_entry_members(writer, n, context); });
    }
  }
  if (context.machine()) {
    json_line(context.out, [&](JsonWriter& writer) {
      writer.member("removed", removed).member("dry_run", dry_run);
      if (!left.empty()) writer.member("hint", left);
      if (dry_run && !context.lines()) write_entries(writer, selected, context);
    });
  } else if (dry_run) {
    for (const Neighbor& n : selected) {
      context.out.line(fmt::format("{} {}", context.style.paint(Tone::kBad, "-"), entry_line(n, context)));
    }
    context.out.line(fmt::format("{} would be removed", counted(selected.size(), "entry", "entries")));
  } else if (!context.quiet()) {
    context.out.line(fmt::format("{} removed {}", context.style.paint(Tone::kGood, context.style.check_mark()),
                                 counted(removed, "entry", "entries")));
  }
  if (!context.machine() && !context.quiet() && !left.empty()) {
    context.out.line(fmt::format("  {} {}", context.style.paint(Tone::kInfo, "hint:"), left));
  }
  return kDone;
}

constinit const CommandSpec kFlushCommand = {
    .name = "flush",
    .summary = "Remove many entries",
    .about =
        "Removes every entry that the filters mean. As with 'ip neigh flush', permanent entries and the kernel's "
        "own noarp entries stay unless their state, or 'all', is named. Something must be named: a bare 'flush' "
        "does nothing.",
    .positional = {.metavar = "PREFIX",
                   .kind = ValueKind::kPrefix,
                   .most = 1024,
                   .help = "only these addresses, or the addresses in these prefixes"},
    .options = kOptions,
    .examples = kExamples,
    .exits = "0 also when there was nothing to remove.",
    .needs = "CAP_NET_ADMIN",
    .run = run_flush,
};

}  // namespace neigh::ctl
