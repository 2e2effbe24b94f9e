// SPDX-License-Identifier: Apache-2.0
// neighctl watch
#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>

#include "commands.hpp"
#include "context.hpp"
#include "neighbor_view.hpp"
#include "options.hpp"
#include "selection.hpp"
#include "signals.hpp"
#include "text.hpp"
#include "watch_filter.hpp"
#include "watch_top.hpp"
#include "watch_view.hpp"

namespace neigh::ctl {

namespace {

using Clock = std::chrono::steady_clock;

constexpr OptionSpec kOptions[] = {
    opt::kDev,
    opt::kState,
    opt::kRouterOnly,
    opt::kProtocolOnly,
    opt::kMaster,
    opt::kNoMaster,
    {.name = "initial", .letter = 'I', .help = "tell the entries that exist first, as added"},
    {.name = "mirror", .letter = 'm', .help = "print the whole table at the end"},
    {.name = "top", .letter = 'T', .help = "full-screen view: states and rates per interface"},
    {.name = "for",
     .letter = 't',
     .kind = ValueKind::kDuration,
     .metavar = "TIME",
     .help = "end after this time, such as 30s",
     .words = "for"},
    {.name = "count", .letter = 'c', .kind = ValueKind::kNumber, .metavar = "N", .help = "end after this many changes"},
    {.name = "audit",
     .kind = ValueKind::kDuration,
     .metavar = "TIME",
     .help = "compare with the table every so often: some changes of state have no notification"},
    {.name = "all", .letter = 'a', .help = "the kernel's own noarp entries, too", .words = "all"},
};

constexpr Example kExamples[] = {
    {"neighctl watch", "until Ctrl-C"},
    {"neighctl watch dev eth0 nud failed", "entries of eth0 that fail, and leave that state"},
    {"neighctl watch --for 1m --mirror --json", "a minute of changes and the table at its end, one document"},
    {"neighctl watch --initial --jsonl", "a mirror for a program: everything, then every change"},
    {"neighctl watch --top", "who is busy"},
};

// Interfaces below --master now; the library's watch does not know masters.
Checked<std::set<InterfaceIndex>> below_master(Context& context, InterfaceIndex master) {
  std::set<InterfaceIndex> below;
  const auto known = context.interfaces();
  if (!known) return known.failure();
  for (const Interface& i : *known) {
    if (i.master == master) below.insert(i.index);
  }
  if (below.empty()) {
    return Failure{kRefused, "no_such_interface",
                   fmt::format("no interface is below {}", printable(context.interface_name(master))),
                   "'neighctl interfaces --wide' shows the masters"};
  }
  return below;
}

class Watcher {
 public:
  Watcher(Context& context, Watch& watch, WatchFilter filter)
      : context_(context), watch_(watch), filter_(std::move(filter)), teller_(context) {
    if (const auto text = context.args.one("for")) deadline_ = Clock::now() + parse_duration(*text).value_or(kNoTime);
    if (const auto text = context.args.one("audit")) {
      between_audits_ = std::max(kShortestAudit, parse_duration(*text).value_or(kShortestAudit));
      next_audit_ = Clock::now() + *between_audits_;
    }
    if (const auto text = context.args.one("count")) most_ = parse_number(*text).value_or(0);
  }

  int run() {
    while (!over() && pump()) {
      if (next_audit_ && Clock::now() >= *next_audit_ && !over()) {
        audit();
        next_audit_ = Clock::now() + *between_audits_;
      }
      context_.out.flush();
      if (!over()) sleep();
    }
    if (context_.args.has("mirror") && !failure_) finish_mirror();
    teller_.end(failure_);
    return failure_ ? failure_->exit : kDone;
  }

 private:
  static constexpr std::chrono::milliseconds kNoTime{0};
  static constexpr std::chrono::milliseconds kShortestAudit{100};
  /// Where notifications are lost during the last comparison it is made again, so often at most.
  static constexpr int kMoreAudits = 3;

  [[nodiscard]] bool over() const {
    return stop_requested() || failure_ || context_.out.error() != 0 || (most_ > 0 && teller_.events() >= most_) ||
           (deadline_ && Clock::now() >= *deadline_);
  }

  bool pump() {
    teller_.begin_batch();
    const auto done = watch_.process([this](const WatchEvent& event) {
      if (event.kind == WatchEvent::Kind::kGapBegan) in_gap_ = true;
      if (event.kind == WatchEvent::Kind::kGapHealed) in_gap_ = false;
      if (const auto told = filter_.apply(event)) {
        if (most_ == 0 || teller_.events() < most_) teller_.tell(*told, std::chrono::system_clock::now());
      }
    });
    if (!done) failure_ = explain(done.error(), {.verb = "watch"});
    return !failure_;
  }

  void sleep() {
    int timeout = -1;
    for (const auto& until : {deadline_, next_audit_}) {
      if (!until) continue;
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(*until - Clock::now()).count();
      const int wait = static_cast<int>(std::clamp<long long>(left + 1, 0, 3'600'000));
      timeout = timeout < 0 ? wait : std::min(timeout, wait);
    }
    std::array<pollfd, 3> ready{pollfd{watch_.fd(), POLLIN, 0}, pollfd{signal_descriptor(), POLLIN, 0},
                                pollfd{context_.out.descriptor(), 0, 0}};
    ::poll(ready.data(), ready.size(), timeout);
    if (ready[1].revents != 0) drain_signals();
    if ((ready[2].revents & (POLLERR | POLLHUP)) != 0) context_.out.hang_up();
  }

  bool audit() {
    watch_.request_resync();
    teller_.expect_audit();
    return pump();
  }

  // The mirror as the table is now: what has been notified, then a comparison for what has no notification.
  void finish_mirror() {
    most_ = 0;
    if (!pump() || !audit()) return;
    for (int more = 0; in_gap_ && more < kMoreAudits; ++more) {
      if (!pump()) return;
    }
    std::vector<Neighbor> mirror;
    watch_.visit_mirror([&](const Neighbor& n) {
      if (filter_.matches(n)) mirror.push_back(n);
    });
    sort_neighbors(mirror);
    teller_.mirror(mirror);
  }

  Context& context_;
  Watch& watch_;
  WatchFilter filter_;
  EventTeller teller_;
  std::optional<Clock::time_point> deadline_ = {};
  std::optional<Clock::time_point> next_audit_ = {};
  std::optional<std::chrono::milliseconds> between_audits_ = {};
  unsigned long long most_ = 0;
  bool in_gap_ = false;
  std::optional<Failure> failure_ = {};
};

}  // namespace

int run_watch(Context& context) {
  const bool top = context.args.has("top");
  if (top && context.machine()) {
    return context.fail(usage_failure("'--top' is a view for people", "leave --json or --jsonl out"));
  }
  if (top && !context.style.terminal) {
    return context.fail(usage_failure("'--top' needs a terminal", "without it changes are printed line by line"));
  }
  auto selection = selection_from(context, StateSet::all().without(NudState::kNoArp));
  if (!selection) return context.fail(selection.failure());
  ListFilter filter = selection->filter;
  if (filter.master != InterfaceIndex::kNone) {
    auto below = below_master(context, std::exchange(filter.master, InterfaceIndex::kNone));
    if (!below) return context.fail(below.failure());
    selection->interfaces = std::move(*below);
  }
  auto table = context.table();
  if (!table) return context.fail(table.failure());
  if (const auto known = context.interfaces(); !known) return context.fail(known.failure());
  stop_on_signals();
  auto watch = (*table)->watch(filter);
  if (!watch) return context.fail(watch.error(), {.verb = "watch"});
  WatchFilter own(std::move(*selection));
  if (top) {
    std::optional<std::chrono::milliseconds> duration;
    if (const auto text = context.args.one("for")) duration = parse_duration(*text);
    return run_top(context, **watch, own, duration);
  }
  return Watcher(context, **watch, std::move(own)).run();
}

constinit const CommandSpec kWatchCommand = {
    .name = "watch",
    .aliases = "monitor follow",
    .summary = "Follow the table as it changes",
    .about =
        "Prints what is added (+), changed (~, with what) and removed (-) until Ctrl-C. Filters work as in list; an "
        "entry that enters the filter is told as added, one that leaves it as removed.\n\n"
        "The kernel drops notifications when they are not read fast enough. Then the table is read again, a line "
        "beginning with '! GAP' says so, the exact difference is printed, and another '! GAP' line ends it: the "
        "output is never silently wrong. With --mirror the whole table is printed at the end, compared with the "
        "kernel's once more.\n\n"
        "--top shows the interfaces with their states and rates, full screen: q quits, space pauses, s sorts.",
    .positional = {.metavar = "PREFIX", .kind = ValueKind::kPrefix, .most = 1024, .help = "only these addresses"},
    .options = kOptions,
    .examples = kExamples,
    .exits = "0 also when ended by Ctrl-C.",
    .run = run_watch,
};

}  // namespace neigh::ctl
