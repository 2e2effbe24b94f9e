// SPDX-License-Identifier: Apache-2.0
// Every pair of the state machine that can happen, provoked through the cache: new state, steps and deadline are those
// that the row says. What the rows ought to say is checked, by hand, in transitions_test.cpp.
#include <set>

#include "nud/fsm_rows.hpp"
#include "unit/nud/harness.hpp"

namespace neigh::nud::test {
namespace {

// A table with one row too few, one with one too many: the compiler's proof can fail.
static_assert(!covers_every_pair_once(std::span(kRows).first(kRows.size() - 1)));
static_assert(!covers_every_pair_once(std::array{kRows[0], kRows[0]}));
static_assert(!timers_follow_states(std::array{
    Row{{NudState::kStale}, NudEvent::kPacketToSend, NudState::kDelay, {}, ""}}));
static_assert(!address_and_queue_follow_states(std::array{
    Row{{NudState::kIncomplete}, NudEvent::kLearnNewLla, NudState::kStale, Act::kStoreLla, ""}}));
static_assert(!packets_leave_static_entries_alone(std::array{
    Row{{NudState::kPermanent}, NudEvent::kLearnNewLla, NudState::kStale, Act::kStoreLla, ""}}));

TEST(Rows, EveryRowCitesAStatement) {
  for (const Row& row : kRows) EXPECT_NE(row.source.find('-'), std::string_view::npos) << to_string(row.on);
}

TEST(Rows, EventsHaveDistinctNames) {
  std::set<std::string_view> names;
  for (std::size_t e = 0; e < kNudEventCount; ++e) names.insert(to_string(static_cast<NudEvent>(e)));
  EXPECT_EQ(names.size(), kNudEventCount);
  EXPECT_EQ(names.count(""), 0U);
}

struct Pair {
  const Row* row;
  NudState from;
};

void PrintTo(const Pair& pair, std::ostream* out) { *out << state_name(pair.from) << ", " << to_string(pair.row->on); }

// Told in tests of their own, as they need an entry of a special kind.
constexpr NudEvent kElsewhere[] = {NudEvent::kMaxAge, NudEvent::kManagedTimeout, NudEvent::kProbesFailedValidated};

std::vector<Pair> possible_pairs() {
  std::vector<Pair> pairs;
  for (const Row& row : kRows) {
    if (row.acts.has(Act::kNever) || std::count(std::begin(kElsewhere), std::end(kElsewhere), row.on) != 0) continue;
    for (std::size_t s = 0; s < kFsmStateCount; ++s) {
      if (row.from.contains(static_cast<NudState>(s))) pairs.push_back({&row, static_cast<NudState>(s)});
    }
  }
  return pairs;
}

class RowTest : public ::testing::TestWithParam<Pair> {
 protected:
  static NudSettings settings_for(const Pair& pair) {
    NudSettings s = odd_settings();
    s.rate_memory = false;  // its delays are tested in rates_test.cpp
    s.confirm_only_if_asked = false;
    s.restart_failed = pair.row->on == NudEvent::kPacketToSend;
    s.backoff = pair.from == NudState::kUnreachable || pair.row->on == NudEvent::kProbesFailedBackoff;
    s.delay_if_recently_used = pair.row->on == NudEvent::kReachableTimeoutInUse;
    return s;
  }
  static CacheLimits limits_for(const Pair& pair) {
    CacheLimits limits;
    if (pair.row->on == NudEvent::kEvict) {
      limits.max_entries = 1;
      limits.gc_stale_time = 0ms;
    }
    return limits;
  }
};

void provoke(Harness& h, NudEvent event) {
  const auto deadline = [&h] { h.advance(h.next().value()); };
  switch (event) {
    case NudEvent::kPacketToSend:
    case NudEvent::kPacketHeldDown:
      h.packet();
      return;
    case NudEvent::kRetransmitMore:
      if (h.state() == NudState::kUnreachable) h.packet();
      deadline();
      return;
    case NudEvent::kRetransmitIdle:
    case NudEvent::kDelayTimeout:
    case NudEvent::kReachableTimeout:
    case NudEvent::kFailedTimeout:
      deadline();
      return;
    case NudEvent::kResolutionFailed:
      h.advance(h.settings().retrans_timer * (h.settings().max_multicast_solicit - 1));
      h.steps.clear();
      deadline();
      return;
    case NudEvent::kProbesFailed:
      h.advance(h.settings().retrans_timer * (h.settings().max_unicast_solicit - 1));
      h.steps.clear();
      deadline();
      return;
    case NudEvent::kProbesFailedBackoff:
      while (h.entry().probes + 1 < h.settings().mark_unreachable) deadline();
      h.steps.clear();
      deadline();
      return;
    case NudEvent::kReachableTimeoutInUse:
      h.advance(h.next().value() - 100ms);
      h.packet();
      deadline();
      return;
    case NudEvent::kAdvertSolicitedOverrideNewLla:
      h.advert(true, true, kLlaB);
      return;
    case NudEvent::kAdvertSolicitedKeepNewLla:
      h.advert(true, false, kLlaB);
      return;
    case NudEvent::kAdvertSolicitedSameLla:
      h.advert(true, false, kLlaA);
      return;
    case NudEvent::kAdvertSolicitedNoLla:
      h.advert(true, true, {});
      return;
    case NudEvent::kAdvertUnsolicitedOverrideNewLla:
      h.advert(false, true, kLlaB);
      return;
    case NudEvent::kAdvertUnsolicitedKeepNewLla:
      h.advert(false, false, kLlaB);
      return;
    case NudEvent::kAdvertUnsolicitedSameLla:
      h.advert(false, true, kLlaA);
      return;
    case NudEvent::kAdvertUnsolicitedNoLla:
      h.advert(false, true, {});
      return;
    case NudEvent::kLearnNewLla:
      h.learn(kLlaB);
      return;
    case NudEvent::kLearnSameLla:
      h.learn(kLlaA);
      return;
    case NudEvent::kLearnNoLla:
      h.learn({});
      return;
    case NudEvent::kConfirm:
      h.confirm();
      return;
    case NudEvent::kDeliveryProblem:
      h.cache->on_delivery_problem(h.now, kEth, kPeer6, h.steps);
      return;
    case NudEvent::kSetPermanent:
      h.put(NudState::kPermanent, kLlaB);
      return;
    case NudEvent::kSetNoArp:
      h.put(NudState::kNoArp, kLlaB);
      return;
    case NudEvent::kSetReachable:
      h.put(NudState::kReachable, kLlaB);
      return;
    case NudEvent::kSetStale:
      h.put(NudState::kStale, kLlaB);
      return;
    case NudEvent::kSetDelay:
      h.put(NudState::kDelay, kLlaB);
      return;
    case NudEvent::kSetProbe:
      h.put(NudState::kProbe, kLlaB);
      return;
    case NudEvent::kSetIncomplete:
      h.put(NudState::kIncomplete, {});
      return;
    case NudEvent::kSetFailed:
      h.put(NudState::kFailed, {});
      return;
    case NudEvent::kSetNone:
      h.put(NudState::kNone, {});
      return;
    case NudEvent::kRemove: {
      const bool was_there = h.state() != kNoEntry;
      EXPECT_EQ(h.cache->remove(h.now, {kEth, kPeer6}, h.steps).has_value(), was_there);
      return;
    }
    case NudEvent::kInterfaceDown: {
      NudSettings s = h.settings();
      s.keep_static_on_down = false;
      h.configure(s);
      h.cache->interface_down(h.now, kEth, h.steps);
      return;
    }
    case NudEvent::kCarrierLost:
      h.cache->carrier_lost(h.now, kEth, h.steps);
      return;
    case NudEvent::kEvict: {
      if (h.state() == NudState::kUnreachable) h.advance(h.next().value());  // no traffic: may go
      h.steps.clear();
      h.packet_to(IpAddress::v6({0xfe, 0x80, 1}));
      std::erase_if(h.steps, [](const Step& step) { return step.address != kPeer6; });
      EXPECT_TRUE(h.cache->remove(h.now, {kEth, IpAddress::v6({0xfe, 0x80, 1})}, h.steps));
      std::erase_if(h.steps, [](const Step& step) { return step.address != kPeer6; });
      return;
    }
    case NudEvent::kMaxAge:
    case NudEvent::kManagedTimeout:
    case NudEvent::kProbesFailedValidated:
      break;
  }
  FAIL() << "not provoked: " << to_string(event);
}

// The link-layer address in words after the row.
std::string lla_after(const Pair& pair, NudState to) {
  constexpr StateSet without = {NudState::kIncomplete, NudState::kFailed, NudState::kNone};
  if (to == kNoEntry) return without.contains(pair.from) ? "" : " a";
  if (without.contains(to)) return "";
  return pair.row->acts.has(Act::kStoreLla) ? " b" : " a";
}

std::vector<std::string> expected_steps(const Pair& pair, const NudSettings& settings, std::uint32_t probes) {
  const Row& row = *pair.row;
  const NudState to = row.to.value_or(pair.from);
  const std::string lla = lla_after(pair, to);
  std::vector<std::string> steps;
  if (to != pair.from || row.acts.has(Act::kStoreLla)) {
    steps.push_back("changed " + std::string(state_name(pair.from)) + "->" + std::string(state_name(to)) + lla);
  }
  if (row.acts.has(Act::kReleaseQueue)) steps.push_back("queue-released" + lla);
  if (row.acts.has(Act::kFailQueue)) steps.push_back("queue-failed");
  const bool unicast = probes < settings.max_unicast_solicit && to != NudState::kIncomplete;
  if (row.acts.has(Act::kSolicit)) steps.push_back("multicast-probe");
  if (row.acts.has(Act::kProbe)) steps.push_back("unicast-probe" + lla);
  if (row.acts.has(Act::kRepeat)) steps.push_back((unicast ? "unicast-probe" : "multicast-probe") + lla);
  if (row.acts.has(Act::kReleaseQueue) && to == NudState::kStale) steps.push_back("changed stale->delay" + lla);
  return steps;
}

TEST_P(RowTest, DoesWhatTheRowSays) {
  NEIGH_CITES("NUD-014", "NUD-015");
  const Pair& pair = GetParam();
  for (std::string_view rest = pair.row->source; !rest.empty();) {
    const std::size_t space = std::min(rest.find(' '), rest.size());
    neigh::test::cite(rest.substr(0, space));
    rest.remove_prefix(std::min(space + 1, rest.size()));
  }
  Harness h(settings_for(pair), limits_for(pair));
  h.enter(pair.from);
  const auto before = h.next();
  const TimePoint entered = h.now;
  const std::uint32_t probes = pair.from == kNoEntry ? 0 : h.entry().probes;
  provoke(h, pair.row->on);

  // A packet that waited moves STALE on to DELAY (FSM-04, FSM-23).
  const bool moved_on = pair.row->acts.has(Act::kReleaseQueue) && pair.row->to == NudState::kStale;
  const NudState to = moved_on ? NudState::kDelay : pair.row->to.value_or(pair.from);
  EXPECT_EQ(state_name(h.state()), state_name(to));
  const std::uint32_t sent =
      pair.row->on == NudEvent::kProbesFailedBackoff ? h.settings().mark_unreachable - 1 : probes;
  EXPECT_EQ(h.take(), expected_steps(pair, h.settings(), sent));

  const Acts acts = pair.row->acts;
  if (moved_on || acts.has(Act::kArmDelay)) {
    EXPECT_EQ(h.next(), Duration(3'300ms));
  } else if (acts.has(Act::kArmReachable)) {
    const Duration rounded =
        std::chrono::ceil<milliseconds>(h.now + h.cache->reachable_time(h.now, kEth, Family::kIpv6)) - h.now;
    EXPECT_EQ(h.next(), rounded);
  } else if (acts.has(Act::kArmFailed)) {
    EXPECT_EQ(h.next(), Duration(1'900ms));
  } else if (acts.has(Act::kSolicit) || acts.has(Act::kProbe) || acts.has(Act::kRepeat)) {
    if (h.settings().backoff && to != NudState::kIncomplete) {
      EXPECT_GE(h.next(), Duration(700ms));
    } else {
      EXPECT_EQ(h.next(), Duration(700ms));
    }
  } else if (acts.has(Act::kStopTimer) || to == kNoEntry) {
    EXPECT_EQ(h.next(), std::nullopt);
  } else {
    EXPECT_EQ(h.next(), before ? std::optional(*before - (h.now - entered)) : std::nullopt) << "deadline untouched";
  }
}

std::string pair_name(const ::testing::TestParamInfo<Pair>& info) {
  std::string name = info.param.from == kNoEntry ? "NoEntry" : std::string(state_name(info.param.from));
  name += "_" + std::string(to_string(info.param.row->on));
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}
INSTANTIATE_TEST_SUITE_P(Fsm, RowTest, ::testing::ValuesIn(possible_pairs()), pair_name);

}  // namespace
}  // namespace neigh::nud::test
