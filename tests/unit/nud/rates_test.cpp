// SPDX-License-Identifier: Apache-2.0
// How often requests go out: RFC 7048, one per destination and RetransTimer, rates per interface, random factors.
#include <array>
#include <set>
#include <vector>

#include "unit/nud/harness.hpp"

namespace neigh::nud::test {
namespace {

using S = NudState;

struct Send {
  double at = 0;  // seconds since the first
  bool unicast = false;
};

// Requests of the next `duration`, with traffic every `traffic` (zero: none).
std::vector<Send> watch(Harness& h, Duration duration, Duration traffic) {
  std::vector<Send> sends;
  std::optional<TimePoint> first;
  const TimePoint end = h.now + duration;
  const auto collect = [&] {
    for (const Step& step : h.steps) {
      if (step.kind != Step::Kind::kMulticastProbe && step.kind != Step::Kind::kUnicastProbe) continue;
      if (!first) first = h.now;
      sends.push_back({std::chrono::duration<double>(h.now - *first).count(), step.kind == Step::Kind::kUnicastProbe});
    }
    h.steps.clear();
  };
  collect();
  TimePoint next_packet = h.now;
  while (h.now < end) {
    TimePoint next = h.cache->next_deadline().value_or(end);
    if (traffic != Duration{0}) next = std::min(next, next_packet);
    h.now = std::min(next, end);
    h.cache->advance(h.now, h.steps);
    if (traffic != Duration{0} && h.now >= next_packet) {
      h.packet();
      next_packet = h.now + traffic;
    }
    collect();
  }
  return sends;
}

NudSettings backing_off() {
  NudSettings s;
  s.backoff = true;
  s.max_unicast_solicit = 5;
  return s;
}

TEST(Rfc7048, ExampleOfSection4) {
  NEIGH_CITES("IMP-001", "IMP-002", "IMP-003", "CON-16");
  for (std::uint64_t seed = 1; seed < 40; ++seed) {
    NudSettings s = backing_off();
    s.rate_memory = seed % 2 == 0;  // the least gap does not depend on it
    Harness h(s);
    h.cache = NeighborCache::make({}, seed).value();
    h.configure(s);
    h.enter(S::kDelay);
    const std::vector<Send> sends = watch(h, 600s, 100ms);
    EXPECT_EQ(h.state(), S::kUnreachable);
    ASSERT_GE(sends.size(), 8U);
    // 0, 1, 4, 13, 40, 100, 160 s without random factors: each gap x [0.5, 1.5], never below RetransTimer.
    const double gaps[] = {1, 3, 9, 27, 60, 60, 60};
    for (std::size_t i = 0; i < 7; ++i) {
      const double gap = sends[i + 1].at - sends[i].at;
      EXPECT_GE(gap, std::max(1.0, gaps[i] * 0.5) - 0.001);
      EXPECT_LE(gap, gaps[i] * 1.5 + 0.1);
    }
    for (std::size_t i = 0; i < 5; ++i) EXPECT_TRUE(sends[i].unicast) << i;
    for (std::size_t i = 5; i < sends.size(); ++i) EXPECT_FALSE(sends[i].unicast) << i;
    EXPECT_LE(sends[4].at - sends[1].at, 60.0);  // over to multicast within 60 s of the first retransmission
  }
}

TEST(Rfc7048, MulticastComesWithin60SecondsHoweverManyUnicastSendsAreAllowed) {
  NEIGH_CITES("IMP-003");
  for (const milliseconds retrans : {1'000ms, 20'000ms, 60'000ms}) {
    NudSettings s = backing_off();
    s.max_unicast_solicit = 100;
    s.retrans_timer = retrans;
    Harness h(s);
    h.enter(S::kDelay);
    const std::vector<Send> sends = watch(h, 2h, 100ms);
    for (const Send& send : sends) {
      if (send.unicast) {
        EXPECT_LE(send.at - sends[1].at, 60.0);
      }
    }
    EXPECT_FALSE(sends.back().unicast);
  }
}

TEST(Rfc7048, TheThirdSendComesWithUnreachableAndTheAddressIsKept) {
  NEIGH_CITES("IMP-001", "IMP-003", "IMP-004", "IMP-007", "FSM-21");
  Harness h(backing_off());
  h.enter(S::kProbe);
  while (h.state() == S::kProbe) h.advance(h.next().value());
  EXPECT_THAT(h.take(), ElementsAre("unicast-probe a", "changed probe->unreachable a", "unicast-probe a"));
  EXPECT_EQ(h.entry().probes, 3U);
  EXPECT_EQ(to_string(h.entry().state), "unreachable");  // a value of its own
  const Outgoing outgoing = h.packet();
  EXPECT_EQ(outgoing.verdict, Outgoing::Verdict::kSend);
  EXPECT_EQ(outgoing.link_address, kLlaA);
}

TEST(Rfc7048, WithoutTrafficItStopsAndWithTrafficItGoesOn) {
  NEIGH_CITES("IMP-005");
  Harness h(backing_off());
  h.enter(S::kUnreachable);
  h.advance(24h);
  EXPECT_THAT(h.take(), IsEmpty());
  EXPECT_EQ(h.next(), std::nullopt);
  h.packet();
  EXPECT_THAT(h.take(), ElementsAre("unicast-probe a"));  // the fourth
  h.packet();
  EXPECT_THAT(h.take(), IsEmpty());
  h.advance(h.next().value());
  EXPECT_THAT(h.take(), ElementsAre("unicast-probe a"));
  h.packet();
  h.advance(h.next().value());
  EXPECT_THAT(h.take(), ElementsAre("multicast-probe a"));
}

TEST(Rfc7048, UnreachableWorksLikeProbe) {
  NEIGH_CITES("IMP-006");
  const auto after = [](auto stimulus) {
    Harness h(backing_off());
    h.enter(S::kUnreachable);
    stimulus(h);
    return std::pair{h.state(), h.entry().link_address};
  };
  EXPECT_EQ(after([](Harness& h) { h.advert(true, false, kLlaA); }), std::pair(S::kReachable, kLlaA));
  EXPECT_EQ(after([](Harness& h) { h.advert(true, true, kLlaB); }), std::pair(S::kReachable, kLlaB));
  EXPECT_EQ(after([](Harness& h) { h.advert(true, false, {}); }), std::pair(S::kReachable, kLlaA));
  EXPECT_EQ(after([](Harness& h) { h.confirm(); }), std::pair(S::kReachable, kLlaA));
  EXPECT_EQ(after([](Harness& h) { h.advert(false, true, kLlaB); }), std::pair(S::kStale, kLlaB));
  EXPECT_EQ(after([](Harness& h) { h.learn(kLlaB); }), std::pair(S::kStale, kLlaB));
  EXPECT_EQ(after([](Harness& h) { h.advert(true, false, kLlaB); }), std::pair(S::kUnreachable, kLlaA));
  EXPECT_EQ(after([](Harness& h) { h.advert(false, false, kLlaB); }), std::pair(S::kUnreachable, kLlaA));
}

TEST(Rfc7048, ResolutionStillFails) {
  NEIGH_CITES("IMP-001", "NDR-008");
  Harness h(backing_off());
  h.packet();
  h.take();
  h.advance(3'000ms);
  EXPECT_THAT(h.take(),
              ElementsAre("multicast-probe", "multicast-probe", "changed incomplete->failed", "queue-failed"));
}

TEST(Linux, MulticastAfterTheUnicastProbes) {
  NEIGH_CITES("LNX-008", "LNX-007", "LNX-036");
  NudSettings s = NudSettings::linux_like(Family::kIpv6);
  s.multicast_resolicit = 2;
  Harness h(s);
  h.enter(S::kDelay);
  h.advance(60s);
  EXPECT_THAT(h.take(), ElementsAre("changed delay->probe a", "unicast-probe a", "unicast-probe a", "unicast-probe a",
                                    "multicast-probe a", "multicast-probe a", "changed probe->failed"));
}

TEST(Linux, ResolutionTiming) {
  NEIGH_CITES("ARP-088", "LNX-035", "LNX-036");
  Harness h(NudSettings::linux_like(Family::kIpv4), {}, kPeer4);
  h.packet();
  const std::vector<Send> sends = watch(h, 2'999ms, Duration{0});
  ASSERT_EQ(sends.size(), 3U);  // at 0, 1 and 2 s
  EXPECT_DOUBLE_EQ(sends[1].at, 1.0);
  EXPECT_DOUBLE_EQ(sends[2].at, 2.0);
  h.advance(1ms);
  EXPECT_THAT(h.take(), ElementsAre("changed incomplete->failed", "queue-failed"));
}

TEST(Linux, ReachableEndsInDelayWhenInUse) {
  NEIGH_CITES("LNX-033", "DEC-10");
  for (const bool in_use : {false, true}) {
    Harness h(NudSettings::linux_like(Family::kIpv6));
    h.enter(S::kReachable);
    h.advance(h.next().value() - 4'999ms);
    if (in_use) h.packet();
    h.advance(4'999ms);
    EXPECT_THAT(h.take(), ElementsAre(in_use ? "changed reachable->delay a" : "changed reachable->stale a"));
  }
}

// --- One request per destination and RetransTimer ---

TEST(SendMemory, OutlivesTheEntry) {
  NEIGH_CITES("ARP-085", "NDR-007", "DEC-05");
  Harness h;
  h.packet();
  h.take();
  for (int i = 0; i < 20; ++i) {  // removed and made anew every 50 ms
    h.advance(50ms);
    ASSERT_TRUE(h.cache->remove(h.now, {kEth, kPeer6}, h.steps));
    h.packet();
  }
  int sends = 0;
  for (const Step& step : h.steps) sends += step.kind == Step::Kind::kMulticastProbe ? 1 : 0;
  EXPECT_EQ(sends, 1);  // one second: the first went before, the next 700 ms later
  EXPECT_GT(h.counters().postponed, 0U);
  h.take();
}

TEST(SendMemory, APostponedRequestIsNotLostNorCounted) {
  NEIGH_CITES("NDR-007", "NDR-009");
  Harness h;
  h.packet();
  h.advance(200ms);
  ASSERT_TRUE(h.cache->remove(h.now, {kEth, kPeer6}, h.steps));
  h.take();
  h.packet();
  EXPECT_THAT(h.take(), ElementsAre("changed -->incomplete"));
  EXPECT_EQ(h.next(), Duration(500ms));
  EXPECT_EQ(h.entry().probes, 0U);
  h.advance(500ms + 4 * 700ms);
  EXPECT_THAT(h.take(), ElementsAre("multicast-probe", "multicast-probe", "multicast-probe", "multicast-probe",
                                    "changed incomplete->failed", "queue-failed"));
}

TEST(SendMemory, CountsUnicastProbesToo) {
  NEIGH_CITES("NDR-007");
  Harness h;
  h.enter(S::kProbe);  // one unicast request went just now
  h.put(S::kIncomplete, {});
  EXPECT_THAT(h.take(), ElementsAre("changed probe->incomplete"));
  EXPECT_EQ(h.next(), Duration(700ms));
}

TEST(SendMemory, CanBeOff) {
  NEIGH_CITES("LNX-037");
  NudSettings s = odd_settings();
  s.rate_memory = false;
  Harness h(s);
  h.packet();
  ASSERT_TRUE(h.cache->remove(h.now, {kEth, kPeer6}, h.steps));
  h.take();
  h.packet();
  EXPECT_THAT(h.take(), ElementsAre("changed -->incomplete", "multicast-probe"));
}

TEST(SendMemory, IsBoundedAndForgetsTheOldestFirst) {
  NEIGH_CITES("DEC-05");
  SendMemory memory(8);
  const std::size_t bytes = memory.bytes();
  const TimePoint now{100s};
  for (std::uint64_t i = 0; i < 8; ++i) memory.remember(i, now, now + 1s + i * 1ms, now);
  EXPECT_EQ(memory.displaced(), 0U);
  memory.remember(3, now + 5ms, now + 2s, now);  // the same destination again takes no second place
  EXPECT_EQ(memory.last_sent(3), now + 5ms);
  memory.remember(100, now, now + 3s, now);
  EXPECT_EQ(memory.displaced(), 1U);
  EXPECT_EQ(memory.last_sent(0), std::nullopt);
  EXPECT_EQ(memory.last_sent(100), now);
  memory.remember(101, now + 2s, now + 5s, now + 2s);  // a record that matters no more goes without being counted
  EXPECT_EQ(memory.displaced(), 1U);
  EXPECT_EQ(memory.bytes(), bytes);
}

TEST(SendMemory, GrowsWhenItMustAndForgetsNothingOnTheWay) {
  NEIGH_CITES("DEC-05");
  SendMemory memory(8'192);
  EXPECT_LE(memory.bytes(), 1'024U);
  const TimePoint now{100s};
  // What matters no more is no reason to grow.
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    memory.remember(keyed_hash(1, 2, std::array{static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8U)}),
                    now + i * 1s, now + i * 1s + 3s, now + i * 1s);
  }
  EXPECT_LE(memory.bytes(), 1'024U);
  EXPECT_EQ(memory.displaced(), 0U);
  const TimePoint later = now + 20'000s;
  std::vector<std::uint64_t> hashes;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const std::uint64_t hash =
        keyed_hash(3, 4, std::array{static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8U)});
    memory.remember(hash, later + i * 1ns, later + 3s + i * 1ns, later);
    hashes.push_back(hash);
    if (i == 1'000) {
      EXPECT_EQ(memory.displaced(), 0U);
      EXPECT_LE(memory.bytes(), 8'192U * 32);
      for (std::uint64_t k = 0; k <= i; ++k) ASSERT_EQ(memory.last_sent(hashes[k]), later + k * 1ns) << k;
    }
  }
  EXPECT_EQ(memory.bytes(), 8'192U * 32) << "the limit";
  EXPECT_GT(memory.displaced(), 0U);
  std::size_t known = 0;
  for (const std::uint64_t hash : hashes) known += memory.last_sent(hash) ? 1U : 0U;
  EXPECT_EQ(known + memory.displaced(), hashes.size()) << "each that is gone was counted";
}

// --- Rates per interface ---

TEST(RateLimiter, BurstThenRateAndReservations) {
  RateLimiter limiter;
  limiter.configure(100, 5);
  const TimePoint start{9s};
  int taken = 0;
  while (limiter.take(start)) ++taken;
  EXPECT_EQ(taken, 5);
  EXPECT_FALSE(limiter.take(start + 9ms));
  EXPECT_TRUE(limiter.take(start + 10ms));
  EXPECT_EQ(limiter.reserve(start + 10ms), start + 20ms);
  EXPECT_EQ(limiter.reserve(start + 10ms), start + 30ms);
  EXPECT_FALSE(limiter.take(start + 30ms));
  EXPECT_TRUE(limiter.take(start + 40ms));
  RateLimiter unlimited;
  unlimited.configure(0, 1);
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(unlimited.reserve(start), start);
}

TEST(Rates, ManyDelaysEndingTogetherDoNotMakeABurst) {
  NEIGH_CITES("NUD-013", "EXH-002");
  NudSettings s = odd_settings();
  s.probe_rate = 100;
  s.probe_burst = 10;
  s.unsolicited_rate = 0;
  Harness h(s);
  for (std::uint16_t i = 0; i < 1'000; ++i) {
    const IpAddress address = IpAddress::v4(10, 1, static_cast<std::uint8_t>(i >> 8U), static_cast<std::uint8_t>(i));
    h.hear_from(address, {.message = Message::kArpRequest, .link_address = kLlaA});
    h.packet_to(address);
  }
  h.steps.clear();
  h.now += 1h;  // suspend
  const auto probes = [&] {
    std::size_t count = 0;
    for (const Step& step : h.steps) count += step.kind == Step::Kind::kUnicastProbe ? 1U : 0U;
    h.take();
    return count;
  };
  h.cache->advance(h.now, h.steps);
  EXPECT_EQ(probes(), 10U);
  for (int second = 0; second < 9; ++second) {
    h.advance(1s);
    EXPECT_LE(probes(), 101U);
  }
  h.advance(20s);  // each gets its turn: two requests for each, not one lost
  EXPECT_EQ(h.cache->counters(kEth, Family::kIpv4).unicast_probes, 2'000U);
}

TEST(Rates, NewResolutionsOverTheRateAreRefused) {
  NEIGH_CITES("EXH-003", "EXH-005");
  NudSettings s = odd_settings();
  s.solicit_rate = 10;
  s.solicit_burst = 4;
  Harness h(s);
  int queued = 0;
  for (std::uint8_t i = 1; i <= 20; ++i) {
    const Outgoing outgoing = h.packet_to(IpAddress::v6({0x20, 1, i}));
    queued += outgoing.verdict == Outgoing::Verdict::kQueue ? 1 : 0;
    if (outgoing.verdict != Outgoing::Verdict::kQueue) {
      EXPECT_EQ(outgoing.refusal, Refusal::kSolicitRate);
    }
  }
  EXPECT_EQ(queued, 4);
  EXPECT_EQ(h.cache->size(), 4U);
  EXPECT_EQ(h.counters().of(Refusal::kSolicitRate), 16U);
}

// --- ReachableTime ---

TEST(ReachableTime, IsDrawnFromItsRangeAndDrawnAnew) {
  NEIGH_CITES("RTR-007", "CON-08", "CON-11", "LNX-005");
  NudSettings s = odd_settings();
  s.reachable_time_redraw = 60'000ms;
  Harness h(s);
  std::set<Duration> drawn;
  Duration low = Duration::max();
  Duration high{0};
  for (int i = 0; i < 400; ++i) {
    const Duration value = h.cache->reachable_time(h.now, kEth, Family::kIpv6);
    EXPECT_EQ(h.cache->reachable_time(h.now + 59'999ms, kEth, Family::kIpv6), value);
    drawn.insert(value);
    low = std::min(low, value);
    high = std::max(high, value);
    h.now += 60s;
  }
  EXPECT_EQ(drawn.size(), 400U);
  EXPECT_GE(low, Duration(10'500ms));
  EXPECT_LT(high, Duration(31'500ms));
  EXPECT_LT(low, Duration(11'500ms));
  EXPECT_GT(high, Duration(30'500ms));
}

TEST(ReachableTime, ANewBaseIsDrawnAnewAtOnce) {
  NEIGH_CITES("RTR-007", "LNX-005");
  Harness h;
  EXPECT_GE(h.cache->reachable_time(h.now, kEth, Family::kIpv6), Duration(10'500ms));
  NudSettings s = odd_settings();
  s.base_reachable_time = 5'000ms;
  h.configure(s);
  const Duration drawn = h.cache->reachable_time(h.now, kEth, Family::kIpv6);
  EXPECT_LT(drawn, Duration(7'500ms));
  h.configure(s);  // the same base again: nothing to draw
  EXPECT_EQ(h.cache->reachable_time(h.now, kEth, Family::kIpv6), drawn);
}

TEST(ReachableTime, TestBoundOfIpv6Ready) {
  NEIGH_CITES("RTR-008");
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    NudSettings s;
    Harness h(s);
    h.cache = NeighborCache::make({}, seed).value();
    h.configure(s);
    h.cache->adopt_router_times(kEth, 10'000ms, 0ms);
    h.enter(S::kReachable);
    const TimePoint start = h.now;
    while (h.cache->counters(kEth, Family::kIpv6).unicast_probes == 0) {
      h.packet();
      h.advance(10ms);
    }
    EXPECT_GE(h.now - start, Duration(10s));
    EXPECT_LE(h.now - start, Duration(20'050ms));
  }
}

TEST(RouterTimes, ZeroKeepsAndHostileValuesAreClamped) {
  NEIGH_CITES("RTR-006", "RTR-009");
  Harness h;
  const auto& s = h.settings();
  h.cache->adopt_router_times(kEth, 0ms, 0ms);
  EXPECT_EQ(s.base_reachable_time, 21'000ms);
  EXPECT_EQ(s.retrans_timer, 700ms);
  h.cache->adopt_router_times(kEth, 40'000ms, 5'000ms);
  EXPECT_EQ(s.base_reachable_time, 40'000ms);
  EXPECT_EQ(s.retrans_timer, 5'000ms);
  EXPECT_GE(h.cache->reachable_time(h.now, kEth, Family::kIpv6), Duration(20s));
  h.cache->adopt_router_times(kEth, 1ms, 1ms);
  EXPECT_EQ(s.base_reachable_time, 1'000ms);
  EXPECT_EQ(s.retrans_timer, 100ms);
  h.cache->adopt_router_times(kEth, 4'294'967'295ms, 4'294'967'295ms);
  EXPECT_EQ(s.base_reachable_time, 3'600'000ms);
  EXPECT_EQ(s.retrans_timer, 60'000ms);
  EXPECT_EQ(h.cache->settings(kEth, Family::kIpv4)->base_reachable_time, 21'000ms);
}

TEST(Seed, EqualSeedsGiveEqualRuns) {
  const auto run = [](std::uint64_t seed) {
    Harness h(backing_off());
    h.cache = NeighborCache::make({}, seed).value();
    h.configure(backing_off());
    h.enter(S::kDelay);
    std::vector<double> times;
    for (const Send& send : watch(h, 300s, 1s)) times.push_back(send.at);
    return times;
  };
  EXPECT_EQ(run(5), run(5));
  EXPECT_NE(run(5), run(6));
}

}  // namespace
}  // namespace neigh::nud::test
