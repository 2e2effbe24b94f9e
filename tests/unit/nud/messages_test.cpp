// SPDX-License-Identifier: Apache-2.0
// What messages do: the IPv6 Ready matrices, IsRouter, ARP as NUD events, who is believed.
#include "unit/nud/harness.hpp"

namespace neigh::nud::test {
namespace {

using S = NudState;

NudSettings believing() {
  NudSettings s = odd_settings();
  s.confirm_only_if_asked = false;  // these conformance setups send S=1 unasked (NAR-021)
  return s;
}

// --- IPv6 Ready, NA processing (v6LC.2.1.18-20): 18 rows for each start state. Twelve NA to our unicast address, six
// to all-nodes, where S is 0. The letters are those that the specification quotes: C and D (S=1, no TLLAO), I and O
// (S=0, O=0, other TLLAO), K (S=1, O=0, other TLLAO).
enum class Tlla { kNone, kSame, kOther };
struct MatrixRow {
  char part;
  bool solicited, override_flag;
  Tlla tlla;
  S from_reachable, from_stale, from_probe;
  char lla;
};
constexpr auto R = S::kReachable;
constexpr auto T = S::kStale;
constexpr auto P = S::kProbe;
constexpr MatrixRow kMatrix[] = {
    {'A', false, false, Tlla::kNone, R, T, P, 'a'},  {'B', false, true, Tlla::kNone, R, T, P, 'a'},
    {'C', true, false, Tlla::kNone, R, R, R, 'a'},   {'D', true, true, Tlla::kNone, R, R, R, 'a'},
    {'E', false, false, Tlla::kSame, R, T, P, 'a'},  {'F', false, true, Tlla::kSame, R, T, P, 'a'},
    {'G', true, false, Tlla::kSame, R, R, R, 'a'},   {'H', true, true, Tlla::kSame, R, R, R, 'a'},
    {'I', false, false, Tlla::kOther, T, T, P, 'a'}, {'J', false, true, Tlla::kOther, T, T, T, 'b'},
    {'K', true, false, Tlla::kOther, T, T, P, 'a'},  {'L', true, true, Tlla::kOther, R, R, R, 'b'},
    {'M', false, false, Tlla::kNone, R, T, P, 'a'},  {'N', false, false, Tlla::kSame, R, T, P, 'a'},
    {'O', false, false, Tlla::kOther, T, T, P, 'a'}, {'P', false, true, Tlla::kNone, R, T, P, 'a'},
    {'Q', false, true, Tlla::kSame, R, T, P, 'a'},   {'R', false, true, Tlla::kOther, T, T, T, 'b'},
};

TEST(Ipv6Ready, AdvertMatrix) {
  NEIGH_CITES("NAR-020", "NAR-004", "NAR-005", "NAR-006", "NAR-007", "NAR-008", "NAR-009", "NAR-022", "LNX-096");
  for (const MatrixRow& row : kMatrix) {
    const bool multicast = row.part >= 'M';
    for (const auto& [from, to] : {std::pair{R, row.from_reachable}, {T, row.from_stale}, {P, row.from_probe}}) {
      SCOPED_TRACE(std::string(1, row.part) + " from " + std::string(to_string(from)));
      Harness h(believing());
      h.enter(from);
      const auto deadline = h.next();
      std::optional<LinkAddress> tlla;
      if (row.tlla != Tlla::kNone) tlla = row.tlla == Tlla::kSame ? kLlaA : kLlaB;
      h.hear({.message = Message::kNeighborAdvert,
              .link_address = tlla,
              .solicited = row.solicited,
              .override_flag = row.override_flag,
              .link_unicast = !multicast});
      EXPECT_EQ(to_string(h.state()), to_string(to));
      EXPECT_EQ(h.entry().link_address, row.lla == 'a' ? kLlaA : kLlaB);
      const bool new_content = to != from || row.lla == 'b';
      EXPECT_EQ(h.take().size(), new_content ? 1U : 0U);
      if (to == P) {
        EXPECT_EQ(h.next(), deadline) << "probing goes on";
      }
      if (to == T) {
        EXPECT_EQ(h.next(), std::nullopt);
      }
    }
  }
}

TEST(Ipv6Ready, SolicitationMatrix) {
  NEIGH_CITES("NSR-003", "NSR-006", "NSR-010", "LNX-096");
  for (const S from : {R, T, P, S::kDelay}) {
    Harness h(believing());
    h.enter(from);
    h.learn({});
    EXPECT_EQ(h.state(), from);
    h.learn(kLlaA);
    EXPECT_EQ(h.state(), from);
    EXPECT_THAT(h.take(), IsEmpty());
    h.learn(kLlaB);
    EXPECT_EQ(h.state(), T);
    EXPECT_EQ(h.entry().link_address, kLlaB);
  }
}

// --- IsRouter (4.3) ---

struct RouterCase {
  std::string_view cites;
  Heard heard;
  bool creates, new_flag;
  std::optional<bool> existing;  // nothing: unchanged
};
const RouterCase kRouterCases[] = {
    {"ISR-001", {.message = Message::kRouterAdvert, .link_address = kLlaA}, true, true, true},
    {"ISR-001", {.message = Message::kRouterAdvert}, false, false, true},
    {"ISR-002", {.message = Message::kNeighborSolicit, .link_address = kLlaA}, true, false, {}},
    {"ISR-002", {.message = Message::kNeighborSolicit}, false, false, {}},
    {"ISR-003", {.message = Message::kRouterSolicit, .link_address = kLlaA}, true, false, false},
    {"ISR-003", {.message = Message::kRouterSolicit}, false, false, false},
    {"ISR-004", {.message = Message::kNeighborAdvert, .link_address = kLlaA, .is_router = true}, false, false, true},
    {"ISR-004", {.message = Message::kNeighborAdvert, .link_address = kLlaA}, false, false, false},
    {"ISR-005", {.message = Message::kRedirectElsewhere, .link_address = kLlaA}, true, true, true},
    {"ISR-006", {.message = Message::kRedirectOnLink, .link_address = kLlaA}, true, false, {}},
};

TEST(IsRouter, FollowsTheTable) {
  NEIGH_CITES("NSR-004", "RTS-001", "RTR-003", "RDR-003");
  for (const RouterCase& c : kRouterCases) {
    neigh::test::cite(c.cites);
    SCOPED_TRACE(c.cites);
    Harness fresh;
    EXPECT_EQ(fresh.hear(c.heard) == Outcome::kCreated, c.creates);
    if (c.creates) {
      EXPECT_EQ(fresh.router(), c.new_flag);
    }
    for (const bool before : {false, true}) {
      for (const S from : {R, T, P, S::kDelay}) {
        Harness h(believing());
        h.enter(from);
        h.advert(false, true, kLlaA, before);
        h.take();
        h.hear(c.heard);
        EXPECT_EQ(h.router(), c.existing.value_or(before)) << before << to_string(from);
        EXPECT_EQ(h.state(), from);
      }
    }
  }
}

TEST(IsRouter, AnIgnoredAdvertDoesNotTouchIt) {
  NEIGH_CITES("ISR-004", "NAR-004", "NAR-005");
  for (const S from : {R, T, P}) {
    Harness h(believing());
    h.enter(from);
    h.advert(false, false, kLlaB, /*router=*/true);
    EXPECT_FALSE(h.router());
  }
}

TEST(IsRouter, LosingItIsTold) {
  NEIGH_CITES("ISR-007", "NAR-010");
  Harness h;
  h.enter(T);
  h.learn(kLlaA, Message::kRouterAdvert);
  EXPECT_THAT(h.take(), ElementsAre("changed stale->stale a"));
  h.advert(false, true, kLlaA, false);
  EXPECT_THAT(h.take(), ElementsAre("changed stale->stale a", "router-lost a"));
  h.advert(false, true, kLlaA, false);
  EXPECT_THAT(h.take(), IsEmpty());
}

// --- Who is believed ---

TEST(Belief, ASolicitedAdvertNeedsARequest) {
  NEIGH_CITES("NAR-021", "DEC-06");
  Harness h;
  h.enter(T);  // learned, never asked
  EXPECT_EQ(h.advert(true, false, kLlaA), Outcome::kApplied);
  EXPECT_EQ(h.state(), T);
  EXPECT_EQ(h.counters().not_asked, 1U);
  h.packet();
  h.advance(3'300ms);
  ASSERT_EQ(h.state(), P);
  h.advert(true, false, kLlaA);
  EXPECT_EQ(h.state(), R);
  // Believed for MAX x RetransTimer after the request (4 x 700 ms), not longer.
  h.learn(kLlaB);
  h.advance(2'800ms);
  h.advert(true, false, kLlaB);
  EXPECT_EQ(h.state(), R);
  h.learn(kLlaA);
  h.advance(1ms);
  h.advert(true, false, kLlaA);
  EXPECT_EQ(h.state(), T);
}

TEST(Belief, TheRfcProfileBelievesEverySFlag) {
  NEIGH_CITES("DEC-06", "LNX-093");
  Harness h(believing());
  h.enter(T);
  h.advert(true, false, kLlaA);
  EXPECT_EQ(h.state(), R);
}

TEST(Belief, ABroadcastFrameDoesNotConfirm) {
  NEIGH_CITES("NAR-026");
  Harness h;
  h.enter(S::kIncomplete, false);
  h.hear({.message = Message::kNeighborAdvert, .link_address = kLlaA, .solicited = true, .link_unicast = false});
  EXPECT_EQ(h.state(), T);
}

TEST(Belief, AnAddressOfAnotherLengthIsRefused) {
  NEIGH_CITES("NDF-016");
  Harness h;
  h.enter(T);
  const LinkAddress longer = LinkAddress::parse("02:00:00:00:00:0b:00:00").value();
  EXPECT_EQ(h.learn(longer), Outcome::kIgnored);
  EXPECT_EQ(h.advert(true, true, longer), Outcome::kIgnored);
  EXPECT_THAT(h.take(), IsEmpty());
  EXPECT_EQ(h.counters().bad_link_address, 2U);
}

// --- ARP (1.6, 1.8) ---

class ArpTest : public ::testing::Test {
 protected:
  static NudSettings settings() {
    NudSettings s = odd_settings();
    s.locktime = 0ms;
    return s;
  }
  static Outcome arp(Harness& h, Message message, const LinkAddress& sha, bool unicast = true) {
    return h.hear({.message = message, .link_address = sha, .link_unicast = unicast});
  }
  static Harness make(const NudSettings& s = settings()) { return Harness(s, {}, kPeer4); }
};

TEST_F(ArpTest, AUnicastReplyConfirms) {
  NEIGH_CITES("ARP-170");
  Harness h = make();
  h.packet();
  arp(h, Message::kArpReply, kLlaA);
  EXPECT_THAT(h.take(), ElementsAre("changed -->incomplete", "multicast-probe", "changed incomplete->reachable a",
                                    "queue-released a"));
  arp(h, Message::kArpReply, kLlaB);  // a reply overrides: the later answer wins (ARP-029)
  EXPECT_THAT(h.take(), ElementsAre("changed reachable->reachable b"));
}

TEST_F(ArpTest, ABroadcastReplyDoesNotConfirm) {
  NEIGH_CITES("ARP-171");
  for (const S from : {R, T, P, S::kDelay}) {
    Harness h = make();
    h.enter(from);
    arp(h, Message::kArpReply, kLlaA, false);
    EXPECT_THAT(h.take(), IsEmpty());
    arp(h, Message::kArpReply, kLlaB, false);
    EXPECT_EQ(h.state(), T);
    EXPECT_EQ(h.entry().link_address, kLlaB);
  }
}

TEST_F(ArpTest, RequestsAndGratuitousOnesLearn) {
  NEIGH_CITES("ARP-172", "ARP-021", "ARP-059", "ARP-060", "ARP-133", "ARP-137");
  for (const Message message : {Message::kArpRequest, Message::kArpRequestForOther, Message::kArpGratuitous}) {
    for (const S from : {R, T, P, S::kDelay}) {
      Harness h = make();
      h.enter(from);
      arp(h, message, kLlaA);
      EXPECT_THAT(h.take(), IsEmpty());
      arp(h, message, kLlaB);
      EXPECT_EQ(h.state(), T);
      EXPECT_EQ(h.entry().link_address, kLlaB);
    }
    Harness waiting = make();
    waiting.enter(S::kIncomplete);
    arp(waiting, message, kLlaA);
    EXPECT_THAT(waiting.take(),
                ElementsAre("changed incomplete->stale a", "queue-released a", "changed stale->delay a"));
    Harness failed = make();
    failed.enter(S::kFailed);
    arp(failed, message, kLlaA);
    EXPECT_THAT(failed.take(), ElementsAre("changed failed->stale a"));
  }
}

TEST_F(ArpTest, OnlyARequestForUsCreates) {
  NEIGH_CITES("ARP-021", "ARP-022", "ARP-130", "ARP-173", "ARP-174");
  for (const Message message : {Message::kArpReply, Message::kArpRequestForOther, Message::kArpGratuitous}) {
    Harness h = make();
    EXPECT_EQ(arp(h, message, kLlaA), Outcome::kIgnored);
    EXPECT_EQ(h.cache->size(), 0U);
  }
  Harness h = make();
  EXPECT_EQ(arp(h, Message::kArpRequest, kLlaA), Outcome::kCreated);
  EXPECT_THAT(h.take(), ElementsAre("changed -->stale a"));
}

TEST_F(ArpTest, GratuitousSettings) {
  NEIGH_CITES("ARP-131", "ARP-132", "ARP-133");
  NudSettings s = settings();
  s.create_from_gratuitous = true;
  Harness accepts = make(s);
  EXPECT_EQ(arp(accepts, Message::kArpGratuitous, kLlaA), Outcome::kCreated);
  EXPECT_EQ(accepts.state(), T);
  s.ignore_gratuitous = true;
  Harness drops = make(s);
  drops.enter(T);
  EXPECT_EQ(arp(drops, Message::kArpGratuitous, kLlaB), Outcome::kIgnored);
  EXPECT_THAT(drops.take(), IsEmpty());
}

TEST_F(ArpTest, AReplyNobodyAskedForDoesNotConfirm) {
  NEIGH_CITES("ARP-177", "ARP-130");
  Harness h = make();
  h.enter(T);
  arp(h, Message::kArpReply, kLlaA);
  EXPECT_EQ(h.state(), T);
  arp(h, Message::kArpReply, kLlaB);
  EXPECT_EQ(h.state(), T);
  EXPECT_EQ(h.entry().link_address, kLlaB);
  EXPECT_EQ(h.counters().not_asked, 2U);
}

TEST_F(ArpTest, LateAnswersAfterFailure) {
  NEIGH_CITES("ARP-176", "LNX-038");
  const auto run = [](LateAnswers late, Duration after, bool unicast) {
    NudSettings s = settings();
    s.late_answers = late;
    s.failed_lifetime = 60'000ms;
    Harness h = make(s);
    h.enter(S::kFailed);
    h.advance(after);
    arp(h, Message::kArpReply, kLlaA, unicast);
    return h.state();
  };
  EXPECT_EQ(run(LateAnswers::kSolicited, 700ms, true), R);
  EXPECT_EQ(run(LateAnswers::kSolicited, 701ms, true), S::kFailed);
  EXPECT_EQ(run(LateAnswers::kSolicited, 0ms, false), S::kFailed);
  EXPECT_EQ(run(LateAnswers::kNone, 0ms, true), S::kFailed);
  EXPECT_EQ(run(LateAnswers::kAny, 0ms, true), R);
  EXPECT_EQ(run(LateAnswers::kAny, 0ms, false), T);
}

TEST_F(ArpTest, LinuxIgnoresAnAdvertInFailedButNotASolicitation) {
  NEIGH_CITES("LNX-038", "LNX-037", "LNX-031");
  Harness h(NudSettings::linux_like(Family::kIpv6));
  h.enter(S::kFailed);
  h.advance(1h);
  ASSERT_EQ(h.state(), S::kFailed);  // until collected
  h.advert(true, true, kLlaA);
  EXPECT_EQ(h.state(), S::kFailed);
  EXPECT_EQ(h.packet().verdict, Outgoing::Verdict::kQueue);  // starts over at once
  EXPECT_THAT(h.take(), ElementsAre("changed failed->incomplete", "multicast-probe"));
  Harness solicited(NudSettings::linux_like(Family::kIpv6));
  solicited.enter(S::kFailed);
  solicited.learn(kLlaA);
  EXPECT_EQ(solicited.state(), T);
}

TEST_F(ArpTest, LockTimeKeepsTheFirstOfTwoProxies) {
  NEIGH_CITES("ARP-114", "ARP-192", "LNX-011", "ARP-029");
  NudSettings s = settings();
  s.locktime = 1'300ms;
  for (const Message message : {Message::kArpReply, Message::kArpRequestForOther}) {
    Harness h = make(s);
    h.enter(R);
    h.advance(1'299ms);
    EXPECT_EQ(arp(h, message, kLlaB), Outcome::kIgnored);
    EXPECT_EQ(h.entry().link_address, kLlaA);
    EXPECT_EQ(h.counters().locked, 1U);
    h.advance(1ms);
    arp(h, message, kLlaB);
    EXPECT_EQ(h.entry().link_address, kLlaB);
    EXPECT_EQ(h.counters().link_address_changed, 1U);
  }
  // A request to us and a gratuitous ARP replace it.
  for (const Message message : {Message::kArpRequest, Message::kArpGratuitous}) {
    Harness h = make(s);
    h.enter(R);
    arp(h, message, kLlaB);
    EXPECT_EQ(h.entry().link_address, kLlaB);
  }
}

// Behind a proxy whoever answered may be the wrong one by now, and progress does not tell: it is the proxy that makes
// it.
TEST_F(ArpTest, WithProxiesOnTheLinkEntriesAreAskedAnewEachMinute) {
  NEIGH_CITES("ARP-113");
  NudSettings s = settings();
  s.max_age = 60'000ms;
  Harness h = make(s);
  for (int minute = 0; minute < 5; ++minute) {
    EXPECT_EQ(h.packet().verdict, Outgoing::Verdict::kQueue);
    EXPECT_THAT(h.take(), ElementsAre("changed -->incomplete", "multicast-probe"));
    arp(h, Message::kArpReply, kLlaA);
    EXPECT_EQ(h.state(), R);
    for (int second = 0; second < 60; ++second) {
      EXPECT_EQ(h.packet().verdict, Outgoing::Verdict::kSend) << minute << ':' << second;
      h.confirm();
      h.advance(1'000ms);
    }
    h.take();
    EXPECT_EQ(h.counters().of(Loss::kAged), static_cast<std::uint64_t>(minute + 1));
  }
}

TEST_F(ArpTest, MaxAgeEndsAnEntryThatIsOnlyUsed) {
  NEIGH_CITES("ARP-115", "DEC-08");
  NudSettings s = settings();
  s.max_age = 9'000ms;
  s.base_reachable_time = 60'000ms;
  Harness h = make(s);
  h.enter(R);
  for (int i = 0; i < 8; ++i) {
    h.advance(1'000ms);
    EXPECT_EQ(h.packet().verdict, Outgoing::Verdict::kSend);  // IP traffic alone does not extend it,
    h.confirm();                                              // nor does its progress
  }
  arp(h, Message::kArpRequest, kLlaA);  // ARP traffic does
  h.advance(8'000ms);
  h.confirm();
  h.advance(999ms);
  h.take();
  EXPECT_EQ(h.state(), R);
  h.advance(1ms);
  EXPECT_THAT(h.take(), ElementsAre("changed reachable->- a"));
  EXPECT_EQ(h.counters().of(Loss::kAged), 1U);
  EXPECT_EQ(h.packet().verdict, Outgoing::Verdict::kQueue);
  EXPECT_THAT(h.take(), ElementsAre("changed -->incomplete", "multicast-probe"));
  // Static entries do not age; STALE ones do.
  h.put(S::kPermanent);
  h.advance(1h);
  EXPECT_EQ(h.state(), S::kPermanent);
  h.put(S::kStale);
  h.advance(9'000ms);
  EXPECT_EQ(h.state(), kNoEntry);
}

TEST(Multicast, IsNeverResolvedNorLearned) {
  NEIGH_CITES("NDR-001", "ARP-082", "ARP-051", "NDV-015");
  Harness h;
  for (const std::string_view text : {"ff02::1", "224.0.0.5", "255.255.255.255", "127.0.0.1", "::1", "0.0.0.0", "::"}) {
    const IpAddress address = IpAddress::parse(text).value();
    EXPECT_EQ(h.packet_to(address).refusal, Refusal::kNotResolvable) << text;
    EXPECT_EQ(h.hear_from(address, {.link_address = kLlaA}), Outcome::kIgnored) << text;
  }
  EXPECT_THAT(h.take(), IsEmpty());
  EXPECT_EQ(h.cache->size(), 0U);
}

}  // namespace
}  // namespace neigh::nud::test
