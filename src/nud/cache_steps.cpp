// SPDX-License-Identifier: Apache-2.0
// Applying one classified event: the row's actions, in the order in which `Act` lists them.
#include <algorithm>
#include <cassert>
#include <limits>

#include "nud/cache.hpp"

namespace neigh::nud {

namespace {

constexpr StateSet kProbing = {NudState::kIncomplete, NudState::kProbe, NudState::kUnreachable};

}  // namespace

void NeighborCache::emit(Step::Kind kind, EntryId id, Steps& out) {
  const Entry& entry = entries_[id];
  out.push_back({.kind = kind,
                 .id = id,
                 .interface = ports_[entry.port]->interface,
                 .address = address_of(entry),
                 .link_address = link_address_of(entry)});
}

void NeighborCache::emit_change(EntryId id, NudState from, NudState to, Steps& out) {
  emit(Step::Kind::kChanged, id, out);
  if (from != kNoEntry) out.back().from = from;
  if (to != kNoEntry) out.back().to = to;
}

void NeighborCache::carry_out(EntryId id, NudState from, NudEvent event, const Row& row, const Input& input,
                              bool router_changed, Steps& out) {
  assert(!row.acts.has(Act::kNever));
  if (row.acts.has(Act::kNever)) return;
  Entry& entry = entries_[id];
  Port& port = *ports_[entry.port];
  const NudState to = row.to.value_or(from);

  bool changed = to != from || input.changed;
  bool touched = to != from;
  bool lost_router = input.lost_router;
  if (row.acts.has(Act::kStoreLla)) {
    const bool had = !StateSet{NudState::kIncomplete, NudState::kFailed, NudState::kNone, kNoEntry}.contains(from);
    if (!had || link_address_of(entry) != *input.link_address) {
      set_link_address(entry, *input.link_address);
      changed = touched = true;
    }
  }
  if (row.acts.has(Act::kForgetLla)) set_link_address(entry, {});
  if (router_changed) {
    changed = true;
    lost_router = !entry.flags.has(NeighborFlag::kRouter);
  }
  if (row.acts.has(Act::kConfirmed)) {
    entry.confirmed = now_;
    ++port.counters.confirmed;
  }
  if (row.acts.has(Act::kHoldPacket) && input.has_packet) entry.waiting = true;
  if (row.acts.has(Act::kMismatch)) ++port.counters.static_mismatch;

  entry.state = to == kNoEntry ? from : to;
  if (touched) entry.updated = now_;
  if (!kProbing.contains(to) && to != NudState::kFailed) entry.probes = 0;
  if (changed) emit_change(id, from, to, out);
  if (lost_router) emit(Step::Kind::kRouterLost, id, out);

  bool released = false;
  if (row.acts.has(Act::kReleaseQueue)) {
    emit(Step::Kind::kQueueReleased, id, out);
    released = entry.waiting;
    entry.waiting = false;
  }
  if (row.acts.has(Act::kFailQueue)) {
    emit(Step::Kind::kQueueFailed, id, out);
    entry.waiting = false;
  }
  if (event == NudEvent::kResolutionFailed) ++port.counters.resolution_failed;
  if (event == NudEvent::kProbesFailed || event == NudEvent::kProbesFailedBackoff) ++port.counters.probes_failed;

  if (to == kNoEntry) {
    if (from != kNoEntry) erase_entry(id);
    return;
  }
  arm(id, row, out);
  reshelve(id, touched);
  if (to == NudState::kFailed && to != from && port.settings.failed_lifetime == milliseconds{0} &&
      !entry.flags.has(NeighborFlag::kManaged)) {
    apply(id, to, NudEvent::kFailedTimeout, {}, out);
    return;
  }
  // FSM-04, FSM-23: what waited is traffic.
  if (released && to == NudState::kStale) {
    mark_used(entry);
    apply(id, to, NudEvent::kPacketToSend, {}, out);
  }
}

void NeighborCache::arm(EntryId id, const Row& row, Steps& out) {
  Entry& entry = entries_[id];
  Port& port = *ports_[entry.port];
  const auto due_in = [&](Duration delay) {
    entry.has_due = true;
    entry.due = now_ + delay;
  };
  const bool managed = entry.flags.has(NeighborFlag::kManaged);
  const Acts acts = row.acts;
  if (acts.has(Act::kStopTimer)) {
    entry.has_due = false;
    const bool watched = entry.state == NudState::kStale || entry.state == NudState::kNone;
    if (managed && watched) due_in(port.settings.interval_probe_time);  // LNX-075
  } else if (acts.has(Act::kArmReachable)) {
    due_in(reachable_time(port));
  } else if (acts.has(Act::kArmDelay)) {
    due_in(port.settings.delay_first_probe_time);
  } else if (acts.has(Act::kArmFailed)) {
    entry.has_due = false;
    if (managed) {
      due_in(port.settings.interval_probe_time);
    } else if (port.settings.failed_lifetime != kUnlimited) {
      due_in(port.settings.failed_lifetime);
    }
  } else if (acts.has(Act::kSolicit) || acts.has(Act::kProbe)) {
    entry.probes = 0;
    request(id, out);
  } else if (acts.has(Act::kRepeat) || (acts.has(Act::kWake) && !entry.has_due)) {
    request(id, out);
  }
  settle_timer(id);
}

Duration NeighborCache::reachable_time(Port& port) {
  if (port.reachable_time == Duration{0} || now_ >= port.redraw_at) {
    const auto base = static_cast<double>(Duration{port.settings.base_reachable_time}.count());
    port.reachable_time = Duration{static_cast<std::int64_t>(base * random_.factor())};
    port.redraw_at = now_ + port.settings.reachable_time_redraw;
  }
  return port.reachable_time;
}

// --- Requests ---

// IMP-003: over to multicast after MAX_UNICAST_SOLICIT sends, and within 60 s of the first retransmission however the
// random factors fall.
bool NeighborCache::next_is_unicast(const Entry& entry, const NudSettings& settings) const {
  if (entry.state == NudState::kIncomplete) return false;
  const std::uint32_t send = entry.probes + 1U;
  if (send > settings.max_unicast_solicit) return false;
  if (entry.state != NudState::kUnreachable) return true;
  double interval = static_cast<double>(settings.retrans_timer.count());
  const auto longest = static_cast<double>(std::max(settings.max_retrans_timer, settings.retrans_timer).count());
  double since_first_retransmission = 0;
  for (std::uint32_t k = 2; k < send; ++k) {
    interval = std::min(interval * settings.backoff_multiple, longest);
    since_first_retransmission += 1.5 * interval;
  }
  return since_first_retransmission <= 60'000;
}

// IMP-002: RetransTimer x BACKOFF_MULTIPLE^(sends - 1), at most MAX_RETRANS_TIMER, times a random factor; but never
// less than RetransTimer (NDR-007).
Duration NeighborCache::interval_after(const Entry& entry, const NudSettings& settings) {
  const Duration retrans = settings.retrans_timer;
  if (entry.state == NudState::kIncomplete || !settings.backoff) return retrans;
  const Duration longest = std::max<Duration>(settings.max_retrans_timer, retrans);
  Duration interval = retrans;
  for (std::uint32_t k = 1; k < entry.probes && interval < longest; ++k) {
    interval = std::min(interval * settings.backoff_multiple, longest);
    if (settings.backoff_multiple == 1) break;
  }
  const auto jittered = static_cast<std::int64_t>(static_cast<double>(interval.count()) * random_.factor());
  return std::max(retrans, Duration{jittered});
}

// Sends the next request, or puts it off to the moment at which the rates allow it; the deadline is set either way.
void NeighborCache::request(EntryId id, Steps& out) {
  Entry& entry = entries_[id];
  Port& port = *ports_[entry.port];
  const NudSettings& settings = port.settings;
  const bool unicast = next_is_unicast(entry, settings);
  entry.has_due = true;
  entry.due = now_;
  if (settings.rate_memory && entry.asked) {  // NDR-007, ARP-085: over all entries that this destination ever had
    entry.due = std::max(now_, entry.last_probe + settings.retrans_timer);
  }
  if (entry.due <= now_ && !entry.granted) {  // EXH-003
    entry.due = (unicast ? port.probes : port.solicits).reserve(now_);
    entry.granted = entry.due > now_;
  }
  if (entry.due > now_) {
    ++port.counters.postponed;
    return;
  }
  entry.granted = false;
  entry.asked = true;
  entry.last_probe = now_;
  entry.used_since_probe = false;
  if (entry.probes < std::numeric_limits<std::uint16_t>::max()) ++entry.probes;
  entry.due = now_ + interval_after(entry, settings);
  ++(unicast ? port.counters.unicast_probes : port.counters.multicast_probes);
  emit(unicast ? Step::Kind::kUnicastProbe : Step::Kind::kMulticastProbe, id, out);
}

// --- Deadlines ---

std::optional<TimePoint> NeighborCache::age_limit(const Entry& entry) const {
  const milliseconds max_age = ports_[entry.port]->settings.max_age;
  const bool ages =
      max_age != milliseconds{0} && entry.shelf != Shelf::kStatic &&
      (entry.state == NudState::kReachable || entry.state == NudState::kStale || entry.state == NudState::kDelay ||
       entry.state == NudState::kProbe || entry.state == NudState::kUnreachable);
  if (!ages) return std::nullopt;
  return entry.heard + max_age;
}

void NeighborCache::settle_timer(EntryId id) {
  const Entry& entry = entries_[id];
  std::optional<TimePoint> deadline = age_limit(entry);
  if (entry.has_due) deadline = std::min(deadline.value_or(entry.due), entry.due);
  if (deadline) {
    wheel_.arm(id, *deadline);
  } else {
    wheel_.cancel(id);
  }
}

NudEvent NeighborCache::timeout_event(const Entry& entry) const {
  const NudSettings& settings = ports_[entry.port]->settings;
  const bool managed = entry.flags.has(NeighborFlag::kManaged);
  switch (entry.state) {
    case NudState::kIncomplete:
      return entry.probes < settings.max_multicast_solicit ? NudEvent::kRetransmitMore : NudEvent::kResolutionFailed;
    case NudState::kProbe:
      if (settings.backoff && !entry.flags.has(NeighborFlag::kExternValidated)) {
        return entry.probes + 1U < settings.mark_unreachable ? NudEvent::kRetransmitMore
                                                             : NudEvent::kProbesFailedBackoff;
      }
      if (entry.probes < settings.max_unicast_solicit + settings.multicast_resolicit) return NudEvent::kRetransmitMore;
      return entry.flags.has(NeighborFlag::kExternValidated) ? NudEvent::kProbesFailedValidated
                                                             : NudEvent::kProbesFailed;
    case NudState::kUnreachable:
      return entry.used_since_probe || managed || entry.granted ? NudEvent::kRetransmitMore : NudEvent::kRetransmitIdle;
    case NudState::kDelay:
      return NudEvent::kDelayTimeout;
    case NudState::kReachable:
      return settings.delay_if_recently_used && now_ - entry.used < settings.delay_first_probe_time
                 ? NudEvent::kReachableTimeoutInUse
                 : NudEvent::kReachableTimeout;
    case NudState::kFailed:
      return managed ? NudEvent::kManagedTimeout : NudEvent::kFailedTimeout;
    case NudState::kStale:
    case NudState::kNone:
    case NudState::kNoArp:
    case NudState::kPermanent:
      break;
  }
  return NudEvent::kManagedTimeout;
}

void NeighborCache::fire(EntryId id, Steps& out) {
  const Entry& entry = entries_[id];
  if (const auto limit = age_limit(entry); limit && now_ >= *limit) {
    ++ports_[entry.port]->counters.lost[static_cast<std::size_t>(Loss::kAged)];
    apply(id, entry.state, NudEvent::kMaxAge, {}, out);
  } else if (!entry.has_due || now_ < entry.due) {
    settle_timer(id);  // the maximum age was armed, and the neighbor has been heard since
  } else {
    apply(id, entry.state, timeout_event(entry), {}, out);
  }
}

void NeighborCache::advance(TimePoint now, Steps& out, std::size_t budget) {
  begin(now);
  while (const auto id = wheel_.pop_due(now_, budget)) fire(*id, out);
  if (budget > 0 && collect_at_ && *collect_at_ <= now_) collect(out);
}

std::optional<TimePoint> NeighborCache::next_deadline() const {
  const auto timer = wheel_.next_deadline();
  if (!collect_at_) return timer;
  return std::min(timer.value_or(*collect_at_), *collect_at_);
}

// --- Names ---

std::string_view to_string(Step::Kind kind) noexcept {
  constexpr std::array<std::string_view, 6> kNames = {"changed",      "router-lost",     "queue-released",
                                                      "queue-failed", "multicast-probe", "unicast-probe"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view to_string(Refusal refusal) noexcept {
  constexpr std::array<std::string_view, kRefusalCount> kNames = {
      "none",       "no interface",           "not resolvable",    "held down",
      "table full", "too many solicitations", "unsolicited quota", "unsolicited rate"};
  return kNames[static_cast<std::size_t>(refusal)];
}

std::string_view to_string(Loss loss) noexcept {
  constexpr std::array<std::string_view, kLossCount> kNames = {
      "failed", "never used", "idle", "unresolved", "unresolved on the interface", "collected", "maximum age"};
  return kNames[static_cast<std::size_t>(loss)];
}

}  // namespace neigh::nud
