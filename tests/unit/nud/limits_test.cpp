// SPDX-License-Identifier: Apache-2.0
// Who may have a place (EXH-003..007, ARP-190, ARP-191, NDS-009).
#include "unit/nud/harness.hpp"

namespace neigh::nud::test {
namespace {

using S = NudState;

constexpr IpAddress host(std::uint32_t number) {
  return IpAddress::v4(10, static_cast<std::uint8_t>(number >> 16U), static_cast<std::uint8_t>(number >> 8U),
                       static_cast<std::uint8_t>(number));
}

class LimitsTest : public ::testing::Test {
 protected:
  static NudSettings settings() {
    NudSettings s = odd_settings();
    s.failed_lifetime = 60'000ms;
    s.confirm_only_if_asked = false;
    return s;
  }
  static CacheLimits limits(std::uint32_t max_entries) {
    CacheLimits l;
    l.max_entries = max_entries;
    l.gc_stale_time = 10'000ms;
    l.gc_low_water = 1'000;
    return l;
  }
  // An entry of each kind.
  static void failed(Harness& h, const IpAddress& address) {
    h.packet_to(address);
    h.advance(h.settings().retrans_timer * h.settings().max_multicast_solicit);
  }
  static void received(Harness& h, const IpAddress& address) {
    h.hear_from(address, {.message = Message::kArpRequest, .link_address = kLlaA});
  }
  static void reachable(Harness& h, const IpAddress& address) {
    h.packet_to(address, false);
    h.hear_from(address, {.message = Message::kArpReply, .link_address = kLlaA});
  }
  static void idle(Harness& h, const IpAddress& address) {
    reachable(h, address);
    h.cache->on_delivery_problem(h.now, kEth, address, h.steps);
  }
  static NudCounters counters(Harness& h) { return h.cache->counters(kEth, Family::kIpv4); }
};

TEST_F(LimitsTest, OwnPacketsEvictInTheDocumentedOrder) {
  NEIGH_CITES("ARP-191", "EXH-004", "EXH-005", "NDS-009", "EXH-003");
  Harness h(settings(), limits(7));
  idle(h, host(1));
  idle(h, host(2));
  h.advance(10'000ms);  // both idle for gc_stale_time
  failed(h, host(3));
  reachable(h, host(4));
  received(h, host(5));
  received(h, host(6));
  h.packet_to(host(7));
  ASSERT_EQ(h.cache->dynamic_entries(), 7U);
  h.take();
  // Failed, then never used (oldest first), then idle (oldest first), then the oldest resolution.
  const IpAddress order[] = {host(3), host(5), host(6), host(1), host(2), host(7)};
  std::uint32_t next = 100;
  for (const IpAddress& victim : order) {
    ASSERT_NE(h.cache->find(kEth, victim), kNoId) << victim.to_string();
    EXPECT_EQ(h.packet_to(host(next++)).verdict, Outgoing::Verdict::kQueue);
    EXPECT_EQ(h.cache->find(kEth, victim), kNoId) << victim.to_string();
    EXPECT_EQ(h.cache->dynamic_entries(), 7U);
    EXPECT_EQ(h.steps.at(0).address, victim);
    EXPECT_EQ(h.steps.at(0).to, std::nullopt);
    h.take();
  }
  EXPECT_EQ(h.state_of(host(4)), S::kReachable);
  const NudCounters c = counters(h);
  EXPECT_EQ(c.of(Loss::kFailed), 1U);
  EXPECT_EQ(c.of(Loss::kUnused), 2U);
  EXPECT_EQ(c.of(Loss::kIdle), 2U);
  EXPECT_EQ(c.of(Loss::kIncomplete), 1U);
}

TEST_F(LimitsTest, AnEvictedResolutionHandsItsQueueBack) {
  NEIGH_CITES("EXH-004");
  Harness h(settings(), limits(1));
  h.packet_to(host(1));
  h.take();
  const Outgoing second = h.packet_to(host(2));
  ASSERT_EQ(h.steps.size(), 4U);
  EXPECT_EQ(h.steps[0].kind, Step::Kind::kChanged);
  EXPECT_EQ(h.steps[1].kind, Step::Kind::kQueueFailed);
  EXPECT_EQ(h.steps[1].address, host(1));
  EXPECT_NE(h.steps[1].id, second.id) << "the id must not be somebody else's within one call";
  h.take();
}

TEST_F(LimitsTest, EntriesInUseAreNeverEvicted) {
  NEIGH_CITES("ARP-191", "EXH-004", "EXH-005", "NDS-009");
  Harness h(settings(), limits(3));
  reachable(h, host(1));
  idle(h, host(2));
  h.packet_to(host(2));  // DELAY
  idle(h, host(3));
  h.packet_to(host(3));
  h.advance(3'300ms);  // PROBE, both
  ASSERT_EQ(h.state_of(host(3)), S::kProbe);
  h.take();
  for (std::uint32_t i = 100; i < 120; ++i) EXPECT_EQ(h.packet_to(host(i)).refusal, Refusal::kTableFull);
  received(h, host(200));
  EXPECT_EQ(
      h.cache
          ->create(h.now, {.address = host(201), .interface = kEth, .link_address = kLlaA, .state = S::kStale}, h.steps)
          .error()
          .code,
      Errc::kTableFull);
  EXPECT_THAT(h.take(), IsEmpty());
  EXPECT_EQ(counters(h).of(Refusal::kTableFull), 22U);
}

TEST_F(LimitsTest, AFreshIdleEntryIsNotEvicted) {
  NEIGH_CITES("EXH-004", "NDS-009");
  Harness h(settings(), limits(1));
  idle(h, host(1));
  h.advance(9'999ms);
  EXPECT_EQ(h.packet_to(host(2)).refusal, Refusal::kTableFull);
  h.advance(1ms);
  EXPECT_EQ(h.packet_to(host(2)).verdict, Outgoing::Verdict::kQueue);
}

TEST_F(LimitsTest, UnresolvedOnesEvictEachOtherAtTheirOwnLimit) {
  NEIGH_CITES("EXH-003", "EXH-004");
  NudSettings s = settings();
  s.max_incomplete = 4;
  Harness h(s, limits(100));
  reachable(h, host(50));
  for (std::uint32_t i = 1; i <= 10; ++i) {
    h.packet_to(host(i));
    h.advance(1ms);
  }
  EXPECT_EQ(h.cache->incomplete_entries(kEth, Family::kIpv4), 4U);
  for (std::uint32_t i = 1; i <= 6; ++i) EXPECT_EQ(h.cache->find(kEth, host(i)), kNoId);
  for (std::uint32_t i = 7; i <= 10; ++i) EXPECT_NE(h.cache->find(kEth, host(i)), kNoId);
  EXPECT_EQ(counters(h).of(Loss::kIncompleteLimit), 6U);
  EXPECT_EQ(h.state_of(host(50)), S::kReachable);
  h.take();
}

TEST_F(LimitsTest, StrangersHaveAQuota) {
  NEIGH_CITES("ARP-190", "EXH-006");
  NudSettings s = settings();
  s.max_unsolicited = 3;
  Harness h(s, limits(100));
  for (std::uint32_t i = 1; i <= 10; ++i) received(h, host(i));
  EXPECT_EQ(h.cache->size(), 3U);
  EXPECT_EQ(counters(h).of(Refusal::kUnsolicitedQuota), 7U);
  // One that we use is no stranger any more.
  h.packet_to(host(2));
  EXPECT_EQ(h.cache->unsolicited_entries(kEth, Family::kIpv4), 2U);
  received(h, host(11));
  EXPECT_EQ(h.cache->size(), 4U);
  // Those that nobody needed for gc_stale_time give way.
  h.advance(10'000ms);
  received(h, host(12));
  EXPECT_NE(h.cache->find(kEth, host(12)), kNoId);
  EXPECT_EQ(h.cache->find(kEth, host(1)), kNoId);
  h.take();
}

TEST_F(LimitsTest, StrangersHaveARate) {
  NEIGH_CITES("ARP-190");
  NudSettings s = settings();
  s.unsolicited_rate = 10;
  s.unsolicited_burst = 2;
  Harness h(s, limits(100));
  for (std::uint32_t i = 1; i <= 5; ++i) received(h, host(i));
  EXPECT_EQ(h.cache->size(), 2U);
  EXPECT_EQ(counters(h).of(Refusal::kUnsolicitedRate), 3U);
  h.advance(100ms);
  received(h, host(6));
  EXPECT_EQ(h.cache->size(), 3U);
}

TEST_F(LimitsTest, AStrangerDoesNotDisplaceAFreshEntry) {
  NEIGH_CITES("ARP-191", "EXH-006");
  Harness h(settings(), limits(2));
  received(h, host(1));
  h.packet_to(host(2));
  h.take();
  received(h, host(3));  // neither an earlier stranger nor our own resolution gives way
  EXPECT_THAT(h.take(), IsEmpty());
  EXPECT_EQ(counters(h).of(Refusal::kTableFull), 1U);
}

TEST_F(LimitsTest, StaticEntriesHaveTheirOwnLimitAndNeverGo) {
  NEIGH_CITES("LNX-050", "ARP-135");
  CacheLimits l = limits(2);
  l.max_static_entries = 5;
  l.gc_stale_time = 0ms;
  Harness h(settings(), l);
  const Neighbor kinds[] = {
      {.state = S::kPermanent},
      {.state = S::kNoArp},
      {.state = S::kStale, .flags = {NeighborFlag::kExternLearned}},
      {.state = S::kStale, .flags = {NeighborFlag::kExternValidated}},
      {.state = S::kStale, .flags = {NeighborFlag::kManaged}},
  };
  std::uint32_t number = 1;
  for (Neighbor row : kinds) {
    row.address = host(number++);
    row.interface = kEth;
    row.link_address = kLlaA;
    EXPECT_TRUE(h.cache->create(h.now, row, h.steps));
  }
  EXPECT_EQ(h.cache->static_entries(), 5U);
  const auto sixth = h.cache->create(h.now, {.address = host(6), .interface = kEth, .link_address = kLlaA}, h.steps);
  ASSERT_FALSE(sixth);
  EXPECT_EQ(sixth.error().code, Errc::kTableFull);
  EXPECT_NE(sixth.error().detail.find("5 static entries"), std::string::npos);
  for (std::uint32_t i = 100; i < 200; ++i) {
    h.packet_to(host(i));
    received(h, host(1'000 + i));
  }
  for (std::uint32_t i = 1; i <= 5; ++i) EXPECT_NE(h.cache->find(kEth, host(i)), kNoId);
  EXPECT_EQ(h.cache->dynamic_entries(), 2U);
  h.take();
  // Turning dynamic needs a dynamic place: there is one, a resolution cannot be taken by an administrator.
  const Neighbor stale{.address = host(1), .interface = kEth, .link_address = kLlaA, .state = S::kStale};
  const auto turned = h.cache->set(h.now, stale, h.steps);
  ASSERT_FALSE(turned);
  EXPECT_EQ(turned.error().code, Errc::kTableFull);
  EXPECT_EQ(h.state_of(host(1)), S::kPermanent);
}

TEST_F(LimitsTest, UnusedUnreachableEntriesGoFirst) {
  NEIGH_CITES("IMP-004");
  NudSettings s = settings();
  s.backoff = true;
  Harness h(s, limits(2));
  idle(h, host(1));
  h.packet_to(host(1));
  h.advance(24h);  // UNREACHABLE, no traffic
  ASSERT_EQ(h.state_of(host(1)), S::kUnreachable);
  received(h, host(2));
  h.packet_to(host(3));
  EXPECT_EQ(h.cache->find(kEth, host(1)), kNoId);
  EXPECT_NE(h.cache->find(kEth, host(2)), kNoId);
  // With traffic it stays.
  Harness busy(s, limits(1));
  idle(busy, host(1));
  busy.packet_to(host(1));
  while (busy.state_of(host(1)) != S::kUnreachable) busy.advance(100ms);
  EXPECT_EQ(busy.packet_to(host(3)).refusal, Refusal::kTableFull);
}

TEST_F(LimitsTest, CollectionTakesWhatIsOldAboveTheLowWater) {
  NEIGH_CITES("NDS-009", "LNX-001", "LNX-052", "ARP-110");
  CacheLimits l = limits(10'000);
  l.gc_low_water = 20;
  l.gc_interval = 7'000ms;
  NudSettings s = settings();
  s.unsolicited_rate = 0;
  Harness h(s, l);
  for (std::uint32_t i = 0; i < 3'000; ++i) received(h, host(i));
  h.advance(7'000ms);
  EXPECT_EQ(h.cache->size(), 3'000U);  // too young
  h.advance(7'000ms);
  h.take();
  h.advance(1'000ms);
  EXPECT_EQ(h.cache->size(), 20U);  // several rounds, each bounded
  EXPECT_EQ(counters(h).of(Loss::kCollected), 2'980U);
  EXPECT_NE(h.cache->find(kEth, host(2'999)), kNoId);  // the youngest stay
  EXPECT_EQ(h.cache->find(kEth, host(0)), kNoId);
  EXPECT_EQ(h.next(), std::nullopt);  // nothing to do: no wake-ups
  h.take();
}

TEST_F(LimitsTest, ManagedEntriesAreKeptResolved) {
  NEIGH_CITES("LNX-075", "LNX-013");
  Harness h(settings());
  const NeighborFlags managed = {NeighborFlag::kManaged};
  h.put(S::kNone, {}, managed);
  h.take();
  h.advance(5'000ms);
  EXPECT_THAT(h.take(), ElementsAre("changed none->incomplete", "multicast-probe"));
  h.advert(true, true, kLlaA);
  h.take();
  h.advance(h.next().value());
  EXPECT_THAT(h.take(), ElementsAre("changed reachable->stale a"));
  h.advance(5'000ms);
  EXPECT_THAT(h.take(), ElementsAre("changed stale->delay a"));
  h.advance(3'300ms + 1'400ms);
  EXPECT_THAT(h.take(),
              ElementsAre("changed delay->probe a", "unicast-probe a", "unicast-probe a", "changed probe->failed"));
  h.advance(5'000ms);  // tried again, not deleted
  EXPECT_THAT(h.take(), ElementsAre("changed failed->incomplete", "multicast-probe"));
}

TEST_F(LimitsTest, ExternallyValidatedEntriesFallBackToStale) {
  NEIGH_CITES("LNX-077");
  for (const bool backoff : {false, true}) {
    NudSettings s = settings();
    s.backoff = backoff;
    Harness h(s);
    h.put(S::kDelay, kLlaA, {NeighborFlag::kExternValidated});
    h.take();
    h.advance(1h);
    EXPECT_THAT(h.take(),
                ElementsAre("changed delay->probe a", "unicast-probe a", "unicast-probe a", "changed probe->stale a"));
  }
}

// EXH-007: a sweep of 65,536 addresses at 10,000 a second; a neighbor with ten packets a second loses none and stays.
TEST_F(LimitsTest, Sweep) {
  NEIGH_CITES("EXH-001", "EXH-007", "EXH-002");
  for (const NudSettings& s : {NudSettings::rfc(Family::kIpv4), settings()}) {
    CacheLimits l = limits(512);
    Harness h(s, l);
    reachable(h, kPeer4);
    for (std::uint32_t i = 0; i < 200; ++i) reachable(h, host(0xff0000 + i));
    const TimePoint start = h.now;
    std::size_t lost = 0;
    std::size_t sent = 0;
    std::size_t multicast = 0;
    const auto answer = [&] {
      std::vector<IpAddress> asked;
      for (const Step& step : h.steps) {
        multicast += step.kind == Step::Kind::kMulticastProbe ? 1U : 0U;
        if (step.kind == Step::Kind::kUnicastProbe) asked.push_back(step.address);
        if (step.kind == Step::Kind::kChanged && step.address == kPeer4 && !step.to) ++lost;
      }
      h.steps.clear();
      for (const IpAddress& address : asked)
        h.hear_from(address, {.message = Message::kArpReply, .link_address = kLlaA});
    };
    multicast = 0;
    h.steps.clear();
    // 6.5 s of sweep, out and in, over and over for a minute, so that REACHABLE ends and is confirmed again.
    for (std::uint32_t i = 0; i < 600'000; ++i) {
      const IpAddress target = host(i & 0xffffU);
      if ((i & 1U) == 0) {
        h.packet_to(target);
      } else {
        received(h, target);
      }
      if (i % 50'000 == 0) {  // others are used every five seconds
        for (std::uint32_t n = 0; n < 200; ++n) h.packet_to(host(0xff0000 + n));
      }
      if (i % 1'000 == 0) {
        const Outgoing outgoing = h.packet_to(kPeer4);
        ++sent;
        if (outgoing.verdict != Outgoing::Verdict::kSend) ++lost;
      }
      if (i % 10 == 9) h.advance(1ms);
      answer();
    }
    EXPECT_EQ(sent, 600U);
    EXPECT_EQ(lost, 0U);
    EXPECT_TRUE(kUsableStates.contains(h.state_of(kPeer4)));
    for (std::uint32_t i = 0; i < 200; ++i) EXPECT_NE(h.cache->find(kEth, host(0xff0000 + i)), kNoId);
    EXPECT_LE(h.cache->dynamic_entries(), 512U);
    // The entries and, where the sweep needed all of it, the memory of sent requests.
    EXPECT_LE(h.cache->memory_bytes(), 512 * 160 + std::size_t{l.rate_memory_slots} * 32 + 64 * 1024);
    const double seconds = std::chrono::duration<double>(h.now - start).count();
    EXPECT_LE(static_cast<double>(multicast), s.solicit_burst + seconds * s.solicit_rate);
    EXPECT_EQ(h.cache->audit(), "");
  }
}

}  // namespace
}  // namespace neigh::nud::test
