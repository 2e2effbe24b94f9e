// SPDX-License-Identifier: Apache-2.0
// Routers, prefixes, next hops and redirects as a host sees them (parts 3.3, 3.8, 3.9 and 5.4 of the specification).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "harness.hpp"
#include "support/cites.hpp"

namespace neigh::engine::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kRouterLink = "02:00:00:00:00:09";
constexpr std::string_view kFar = "2001:db8:ffff::1";

RaFrame from_router(std::uint8_t number, std::uint16_t lifetime = 1800) {
  const std::string digit = std::to_string(number);
  return {.source = "fe80::" + digit,
          .sllao = "02:00:00:00:00:0" + digit,
          .lifetime = lifetime,
          .link = "02:00:00:00:00:0" + digit};
}

wire::PrefixInformation prefix(std::string_view text, std::uint8_t length, std::uint32_t valid, bool on_link = true) {
  return {.prefix = ip(text), .length = length, .on_link = on_link, .valid_lifetime_s = valid};
}

std::string hop(Harness& h, std::string_view destination, InterfaceIndex interface = InterfaceIndex::kNone) {
  const NextHop next = h.engine().next_hop(h.now(), interface, ip(destination));
  switch (next.kind) {
    case NextHop::Kind::kNone:
      return "none";
    case NextHop::Kind::kLocal:
      return "local";
    case NextHop::Kind::kNeighbor:
      return next.address.to_string();
    case NextHop::Kind::kGroup:
      return next.link_address.to_string();
  }
  return "?";
}

TEST(RouterAdvert, LearnsRouterAndNeighbor) {
  NEIGH_CITES("RTR-002", "RTR-003", "RTR-004", "RTR-005", "ISR-001", "NDS-005");
  Harness h;
  EXPECT_EQ(hop(h, kFar), "none");
  h.receive(ra());
  EXPECT_THAT(h.take(), ElementsAre("added fe80::9 stale 02:00:00:00:00:09 router", "router fe80::9 added"));
  EXPECT_EQ(hop(h, kFar), "fe80::9");
  h.receive(ra());
  EXPECT_THAT(h.take(), IsEmpty());
  h.receive(ra({.sllao = std::string(kOtherLink)}));
  EXPECT_THAT(h.take(), ElementsAre("changed fe80::9 stale > stale 02:00:00:00:00:03 router"));
}

TEST(RouterAdvert, NeverConfirms) {
  NEIGH_CITES("RTR-004", "NUD-002");
  for (const NudState state : {NudState::kStale, NudState::kDelay, NudState::kProbe}) {
    Harness h;
    h.enter("fe80::9", state, kRouterLink, true);
    h.receive(ra());
    EXPECT_EQ(h.entry("fe80::9")->state, state);
  }
}

TEST(RouterAdvert, SetsIsRouterWithoutSllaoButCreatesNothing) {
  NEIGH_CITES("RTR-003", "DEC-15", "FSM-28", "LNX-094");
  Harness h;
  h.receive(ra({.sllao = ""}));
  EXPECT_THAT(h.take(), ElementsAre("router fe80::9 added"));
  h.enter("fe80::9", NudState::kReachable, kRouterLink);
  h.receive(ra({.sllao = ""}));
  EXPECT_THAT(h.take(), ElementsAre("changed fe80::9 reachable > reachable 02:00:00:00:00:09 router"));
  Harness incomplete;
  incomplete.send(packet("fe80::1", "fe80::9"));
  incomplete.receive(ra({.sllao = ""}));
  EXPECT_EQ(incomplete.state("fe80::9"), "incomplete");
  EXPECT_TRUE(incomplete.entry("fe80::9")->flags.has(NeighborFlag::kRouter));
}

TEST(RouterAdvert, LifetimeZeroRemovesAndStillTeachesTheAddress) {
  NEIGH_CITES("RTR-005");
  Harness h;
  h.receive(ra());
  h.take();
  h.receive(ra({.sllao = std::string(kOtherLink), .lifetime = 0}));
  EXPECT_THAT(h.take(),
              ElementsAre("changed fe80::9 stale > stale 02:00:00:00:00:03 router", "router fe80::9 removed"));
  EXPECT_EQ(hop(h, kFar), "none");
}

TEST(RouterAdvert, LifetimeEnds) {
  NEIGH_CITES("RTR-012", "NDS-008", "NDS-006");
  Harness h;
  h.receive(ra({.lifetime = 30}));
  h.take();
  h.advance(milliseconds{29'999});
  EXPECT_THAT(h.take(), IsEmpty());
  h.advance(milliseconds{1});
  EXPECT_THAT(h.take(), ElementsAre("router fe80::9 removed"));
  EXPECT_EQ(h.send(packet("2001:db8::1", kFar)), SendOutcome::kFailed);
  EXPECT_THAT(h.take(), ElementsAre("failed 2001:db8::1 > 2001:db8:ffff::1: no route, cookie 0, error"));
}

TEST(RouterAdvert, TimersAreAdoptedAndClamped) {
  NEIGH_CITES("RTR-006", "RTR-009", "RTR-007");
  Harness h;
  h.receive(ra({.retrans_ms = 5'000, .hop_limit = 33}));
  EXPECT_EQ(h.engine().hop_limit(kEth0), 33);
  h.receive(ra());  // zero keeps them
  EXPECT_EQ(h.engine().hop_limit(kEth0), 33);
  h.take();
  h.send(packet("fe80::1", "fe80::2"));
  h.take();
  h.advance(milliseconds{4'999});
  EXPECT_THAT(h.take_frames(), IsEmpty());
  h.advance(milliseconds{1});
  EXPECT_EQ(h.take_frames().size(), 1U);

  Harness hostile;
  hostile.receive(ra({.reachable_ms = 1, .retrans_ms = 1}));
  hostile.take();
  hostile.send(packet("fe80::1", "fe80::2"));
  hostile.take();
  hostile.advance(milliseconds{99});
  EXPECT_THAT(hostile.take_frames(), IsEmpty());
}

TEST(RouterAdvert, PrefixesAreOnLinkWhileValid) {
  NEIGH_CITES("RTR-010", "RTR-011", "ONL-006", "NDS-003", "NDS-005", "NDS-008", "ONL-001");
  Harness h;
  h.receive(ra({.lifetime = 0, .prefixes = {prefix("2001:db8:5::", 96, 60), prefix("2001:db8:6::", 64, 60, false)}}));
  EXPECT_EQ(hop(h, "2001:db8:5::7"), "2001:db8:5::7");
  EXPECT_EQ(hop(h, "2001:db8:5:0:0:1::7"), "none");
  EXPECT_EQ(hop(h, "2001:db8:6::7"), "none");  // L=0 says nothing
  h.advance(milliseconds{59'999});
  EXPECT_EQ(hop(h, "2001:db8:5::7"), "2001:db8:5::7");
  h.enter("2001:db8:5::7", NudState::kStale);
  h.take();
  h.advance(milliseconds{1});
  EXPECT_EQ(hop(h, "2001:db8:5::7"), "none");
  EXPECT_EQ(h.state("2001:db8:5::7"), "stale 02:00:00:00:00:02");  // NDS-008
}

TEST(RouterAdvert, WhatWentByARouterThatIsGoneGoesByTheOther) {
  NEIGH_CITES("NDS-008", "NDS-002", "RTR-005");
  Harness h;
  const auto advert = [](bool nine, std::uint16_t lifetime) {
    const std::string link = nine ? "02:00:00:00:00:09" : "02:00:00:00:00:08";
    return ra({.source = nine ? "fe80::9" : "fe80::8", .sllao = link, .lifetime = lifetime, .link = link});
  };
  h.receive(advert(true, 1'800));
  h.receive(advert(false, 1'800));
  h.take();
  const auto through = [&](int last) {
    h.send(packet("2001:db8::1", "2001:db8:ffff::" + std::to_string(last)));
    const Lines frames = h.take_frames();
    return frames.empty() ? std::string() : frames.back().substr(frames.back().find("via"));
  };
  const std::string first = through(1);
  for (int last = 1; last < 5; ++last) EXPECT_EQ(through(last), first);
  const bool nine = first == "via 02:00:00:00:00:09";
  h.receive(advert(nine, 0));
  h.take();
  for (int last = 1; last < 5; ++last) {
    EXPECT_EQ(through(last), nine ? "via 02:00:00:00:00:08" : "via 02:00:00:00:00:09") << last;
  }
}

TEST(RouterAdvert, PrefixLifetimeZeroRemovesAtOnceAndLZeroDoesNot) {
  NEIGH_CITES("RTR-010", "ONL-004");
  Harness h;
  h.receive(ra({.prefixes = {prefix("2001:db8:5::", 64, 0xffffffff)}}));
  h.receive(ra({.prefixes = {prefix("2001:db8:5::", 64, 60, false)}}));
  h.advance(seconds{86'400});
  EXPECT_EQ(hop(h, "2001:db8:5::7"), "2001:db8:5::7");
  h.receive(ra({.prefixes = {prefix("2001:db8:5::", 64, 0)}}));
  EXPECT_EQ(hop(h, "2001:db8:5::7"), "fe80::9");
}

TEST(RouterAdvert, LinkLocalPrefixIsIgnoredAndManualOneIsKept) {
  NEIGH_CITES("RTR-010", "NDS-003");
  Harness h;
  h.receive(ra({.prefixes = {prefix("fe80::", 64, 0), prefix("2001:db8::", 64, 0)}}));
  EXPECT_EQ(hop(h, "fe80::5"), "fe80::5");
  EXPECT_EQ(hop(h, "2001:db8::5"), "2001:db8::5");
}

TEST(RouterAdvert, LimitsWhatPeersCanGrow) {
  NEIGH_CITES("NDS-004", "EXH-003");
  InterfaceSettings settings = quiet();
  settings.max_prefixes = 3;
  settings.max_routers = 2;
  Harness h{{.settings = settings}};
  std::vector<wire::PrefixInformation> many;
  for (int i = 0; i < 5; ++i) many.push_back(prefix("2001:db8:" + std::to_string(10 + i) + "::", 64, 60));
  for (std::uint8_t number = 3; number < 8; ++number) {
    RaFrame frame = from_router(number);
    frame.prefixes = many;
    h.receive(ra(frame));
  }
  EXPECT_EQ(h.engine().routers().size(), 2U);
  EXPECT_EQ(h.drops(Reason::kTooManyRouters), 3U);
  EXPECT_EQ(h.engine().prefixes().size(), 4U);  // one by hand
  EXPECT_EQ(h.drops(Reason::kTooManyPrefixes), 10U);
}

TEST(RouterAdvert, ForgedOnesDoNotLockTheRealOneOut) {
  NEIGH_CITES("NDS-004", "EXH-003");
  InterfaceSettings settings = quiet();
  settings.max_routers = 2;
  Harness h{{.settings = settings}};
  h.receive(ra(from_router(3)));
  h.receive(ra(from_router(4)));
  h.receive(ra(from_router(5)));  // the real one: the others were never used
  const auto lists = [&](std::string_view address) {
    const auto all = h.engine().routers();
    return std::any_of(all.begin(), all.end(), [&](const DefaultRouter& each) { return each.router == ip(address); });
  };
  EXPECT_FALSE(lists("fe80::3"));
  EXPECT_TRUE(lists("fe80::5"));
  // In use, and it answers: no flood moves it. What does not answer goes, though it was used.
  h.enter("fe80::5", NudState::kReachable, kPeerLink, /*router=*/true);
  h.enter("fe80::4", NudState::kFailed, kPeerLink, /*router=*/true);
  for (std::uint8_t number = 6; number < 9; ++number) h.receive(ra(from_router(number)));
  EXPECT_TRUE(lists("fe80::5"));
  EXPECT_TRUE(lists("fe80::8"));
  EXPECT_EQ(h.engine().routers().size(), 2U);
  h.enter("fe80::8", NudState::kReachable, kPeerLink, /*router=*/true);
  h.receive(ra(from_router(9)));
  EXPECT_FALSE(lists("fe80::9"));
  EXPECT_EQ(h.drops(Reason::kTooManyRouters), 5U);
  EXPECT_EQ(h.audit(), "");
}

TEST(RouterAdvert, RouterAndUnwillingHostRefuse) {
  NEIGH_CITES("RTR-005");
  for (const bool router : {false, true}) {
    InterfaceSettings settings = quiet();
    settings.forwarding = router;
    settings.accept_router_adverts = router;
    Harness h{{.settings = settings}};
    h.receive(ra());
    EXPECT_THAT(h.take(), ElementsAre("added fe80::9 stale 02:00:00:00:00:09 router"));
    EXPECT_EQ(h.drops(Reason::kNdRouterAdvertRefused), 1U);
  }
}

// --- Next hops ---

TEST(NextHops, AddressAloneMakesNothingOnLink) {
  NEIGH_CITES("ONL-002", "ONL-005", "NDS-006");
  Harness h{{.with_addresses = false}};
  ASSERT_TRUE(h.engine().add_address(h.now(), kEth0,
                                     {.address = ip("2001:db8::1"), .prefix_length = 64, .verify = false}, h.out()));
  EXPECT_EQ(hop(h, "2001:db8::2"), "none");
  EXPECT_EQ(hop(h, "fe80::2"), "fe80::2");
  ASSERT_TRUE(h.engine().add_prefix(h.now(), kEth0, ip("2001:db8::"), 64, h.out()));
  EXPECT_EQ(hop(h, "2001:db8::2"), "2001:db8::2");
  ASSERT_TRUE(h.engine().remove_prefix(h.now(), kEth0, ip("2001:db8::"), 64, h.out()));
  EXPECT_EQ(hop(h, "2001:db8::2"), "none");
}

TEST(NextHops, WhatIsNotResolved) {
  NEIGH_CITES("ARP-082", "NDR-001", "NDF-021", "NDS-005");
  Harness h;
  EXPECT_EQ(hop(h, "192.0.2.255"), kBroadcast);
  EXPECT_EQ(hop(h, "255.255.255.255"), kBroadcast);
  EXPECT_EQ(hop(h, "239.129.2.3"), "01:00:5e:01:02:03");
  EXPECT_EQ(hop(h, "ff02::1:2"), "33:33:00:01:00:02");
  EXPECT_EQ(hop(h, "192.0.2.1"), "local");
  EXPECT_EQ(hop(h, "127.0.0.1"), "local");
  EXPECT_EQ(hop(h, "0.0.0.0"), "none");
  EXPECT_EQ(hop(h, "::"), "none");
  EXPECT_EQ(h.send(packet("192.0.2.1", "192.0.2.255")), SendOutcome::kSent);
  EXPECT_EQ(h.send(packet("192.0.2.1", "239.129.2.3")), SendOutcome::kSent);
  EXPECT_EQ(h.send(packet("192.0.2.1", "192.0.2.1")), SendOutcome::kDelivered);
  EXPECT_THAT(h.take(),
              ElementsAre("ip 192.0.2.1 > 192.0.2.255 size 64 via ff:ff:ff:ff:ff:ff",
                          "ip 192.0.2.1 > 239.129.2.3 size 64 via 01:00:5e:01:02:03", "deliver 192.0.2.1 > 192.0.2.1"));
  EXPECT_EQ(h.engine().neighbor_count(), 0U);
}

TEST(NextHops, LongestPrefixOfAllInterfacesWins) {
  NEIGH_CITES("NDS-005");
  Harness h;
  const auto eth1 = static_cast<InterfaceIndex>(3);
  ASSERT_TRUE(h.engine().add_interface(
      h.now(), {.index = eth1, .name = "eth1", .link_address = lla("02:00:00:00:01:01"), .settings = quiet()},
      h.out()));
  ASSERT_TRUE(h.engine().add_prefix(h.now(), eth1, ip("2001:db8::"), 56, h.out()));
  ASSERT_TRUE(h.engine().add_prefix(h.now(), eth1, ip("2001:db8::1:0"), 112, h.out()));
  EXPECT_EQ(h.engine().next_hop(h.now(), InterfaceIndex::kNone, ip("2001:db8::5")).interface, kEth0);
  EXPECT_EQ(h.engine().next_hop(h.now(), InterfaceIndex::kNone, ip("2001:db8::1:5")).interface, eth1);
  EXPECT_EQ(h.engine().next_hop(h.now(), eth1, ip("2001:db8::5")).interface, eth1);
}

TEST(NextHops, ReachableRouterIsPreferredElseRoundRobin) {
  NEIGH_CITES("NDS-007", "NDS-004");
  Harness h;
  ASSERT_TRUE(h.engine().add_router(h.now(), kEth0, ip("fe80::a"), h.out()));
  ASSERT_TRUE(h.engine().add_router(h.now(), kEth0, ip("fe80::b"), h.out()));
  EXPECT_EQ(hop(h, kFar), "fe80::a");
  EXPECT_EQ(hop(h, kFar), "fe80::b");
  EXPECT_EQ(hop(h, kFar), "fe80::a");
  h.enter("fe80::b", NudState::kStale);
  EXPECT_EQ(hop(h, kFar), "fe80::b");
  EXPECT_EQ(hop(h, kFar), "fe80::b");
}

TEST(NextHops, DeadRouterIsLeftForTheOther) {
  NEIGH_CITES("RTR-013", "NUD-009", "NUD-008");
  Harness h;
  h.receive(ra(from_router(7)));
  h.receive(ra(from_router(8)));
  h.take();
  h.send(packet("2001:db8::1", kFar));  // STALE to DELAY
  EXPECT_THAT(h.take(), ElementsAre("changed fe80::7 stale > delay 02:00:00:00:00:07 router",
                                    "ip 2001:db8::1 > 2001:db8:ffff::1 size 64 via 02:00:00:00:00:07"));
  h.advance(milliseconds{3'300 + 2 * 1'700});
  EXPECT_EQ(h.state("fe80::7"), "failed");
  h.take();
  h.send(packet("2001:db8::1", kFar));
  EXPECT_THAT(h.take(), ElementsAre("changed fe80::8 stale > delay 02:00:00:00:00:08 router",
                                    "ip 2001:db8::1 > 2001:db8:ffff::1 size 64 via 02:00:00:00:00:08"));
}

TEST(NextHops, LosingTheRouterFlagLosesTheRouter) {
  NEIGH_CITES("NAR-010", "ISR-007", "ISR-004");
  Harness h;
  h.receive(ra());
  h.receive(redirect({.target = "fe80::9", .redirected = "2001:db8:ffff::1", .tllao = ""}));
  h.take();
  h.receive(na({.source = "fe80::9",
                .destination = "ff02::1",
                .target = "fe80::9",
                .flags = "O",
                .tllao = std::string(kRouterLink)}));
  EXPECT_THAT(h.take(), ElementsAre("changed fe80::9 stale > stale 02:00:00:00:00:09", "router fe80::9 removed"));
  EXPECT_EQ(hop(h, kFar), "none");
}

TEST(NextHops, HintsConfirmTheFirstHop) {
  NEIGH_CITES("NUD-001", "NUD-003", "ARP-111", "NDS-002");
  Harness h;
  h.receive(ra());
  h.send(packet("2001:db8::1", kFar));
  h.take();
  h.engine().on_confirm(h.now(), InterfaceIndex::kNone, ip(kFar), h.out());
  EXPECT_THAT(h.take(), ElementsAre("changed fe80::9 delay > reachable 02:00:00:00:00:09 router"));
  h.engine().on_delivery_problem(h.now(), InterfaceIndex::kNone, ip(kFar), h.out());
  EXPECT_THAT(h.take(), ElementsAre("changed fe80::9 reachable > stale 02:00:00:00:00:09 router"));
  h.send(packet("fe80::1", "fe80::2"));
  h.take();
  h.engine().on_confirm(h.now(), kEth0, ip("fe80::2"), h.out());
  EXPECT_THAT(h.take(), IsEmpty());
  EXPECT_EQ(h.state("fe80::2"), "incomplete");
}

TEST(NextHops, RouterResolvesAsAnyNeighbor) {
  NEIGH_CITES("NDS-002", "RTR-012");
  Harness h;
  ASSERT_TRUE(h.engine().add_router(h.now(), kEth0, ip("192.0.2.254"), h.out()));
  h.take();
  h.send(packet("192.0.2.1", "198.51.100.1"));
  h.send(packet("192.0.2.1", "203.0.113.1"));
  EXPECT_THAT(h.take_frames(), ElementsAre("arp request 192.0.2.1 02:00:00:00:00:01 > 192.0.2.254 00:00:00:00:00:00 "
                                           "via ff:ff:ff:ff:ff:ff"));
  h.receive(arp_reply("192.0.2.254"));
  EXPECT_THAT(h.take_frames(), ElementsAre("ip 192.0.2.1 > 198.51.100.1 size 64 via 02:00:00:00:00:02",
                                           "ip 192.0.2.1 > 203.0.113.1 size 64 via 02:00:00:00:00:02"));
}

// --- Router solicitations ---

TEST(RouterSolicits, ThreeAfterARandomDelayAndNoneAfterAnAdvert) {
  NEIGH_CITES("RTR-001");
  InterfaceSettings settings = quiet();
  settings.max_rtr_solicitations = 3;
  Harness h{{.settings = settings, .with_addresses = false}};
  ASSERT_TRUE(h.engine().add_address(h.now(), kEth0, {.address = ip("fe80::1"), .verify = false}, h.out()));
  h.take();
  const auto start = h.now();
  std::vector<milliseconds> at;
  for (int i = 0; i < 30'000; i += 10) {
    h.advance(milliseconds{10});
    for (const std::string& line : h.take_frames()) {
      EXPECT_EQ(line, "rs: fe80::1 > ff02::2 via 33:33:00:00:00:02 slla 02:00:00:00:00:01");
      at.push_back(std::chrono::duration_cast<milliseconds>(h.now() - start));
    }
  }
  ASSERT_EQ(at.size(), 3U);
  EXPECT_LE(at[0], milliseconds{1'010});
  EXPECT_EQ(at[1] - at[0], milliseconds{4'000});
  EXPECT_EQ(at[2] - at[1], milliseconds{4'000});

  Harness answered{{.settings = settings}};
  answered.receive(ra({.lifetime = 0}));  // no default router: goes on
  answered.advance(milliseconds{1'000});
  EXPECT_EQ(answered.take_frames().size(), 1U);
  answered.receive(ra());
  answered.take();
  answered.advance(seconds{30});
  EXPECT_THAT(answered.take_frames(), IsEmpty());
}

TEST(RouterSolicits, FromNobodyWithoutSllaoWhileThereIsNoLinkLocalAddress) {
  NEIGH_CITES("RTR-001", "DAD-014");
  InterfaceSettings settings = quiet();
  settings.max_rtr_solicitations = 1;
  Harness h{{.settings = settings, .with_addresses = false}};
  ASSERT_TRUE(h.engine().add_address(h.now(), kEth0, {.address = ip("2001:db8::1"), .verify = false}, h.out()));
  h.advance(seconds{2});
  EXPECT_THAT(h.take_frames(), ElementsAre("rs: :: > ff02::2 via 33:33:00:00:00:02 slla -"));
}

// --- Part 3.9: Redirect ---

class RedirectTest : public ::testing::Test {
 protected:
  void SetUp() override {
    h.receive(ra());
    h.take();
  }
  Harness h;
};

TEST_F(RedirectTest, LeadsElsewhere) {
  NEIGH_CITES("RDR-001", "RDR-002", "RDR-003", "ISR-005", "NDV-022", "NDS-002");
  h.receive(redirect());
  EXPECT_THAT(h.take(), ElementsAre("added fe80::a stale 02:00:00:00:00:0a router"));
  EXPECT_EQ(hop(h, "2001:db8:1::1"), "fe80::a");
  EXPECT_EQ(hop(h, "2001:db8:1::2"), "fe80::9");
}

TEST_F(RedirectTest, TargetIsTheDestination) {
  NEIGH_CITES("RDR-003", "ISR-006", "ONL-001");
  h.receive(redirect({.target = "2001:db8:1::1"}));
  EXPECT_THAT(h.take(), ElementsAre("added 2001:db8:1::1 stale 02:00:00:00:00:0a"));
  EXPECT_EQ(hop(h, "2001:db8:1::1"), "2001:db8:1::1");
}

TEST_F(RedirectTest, ChangesKnownTargetAndLeavesSameOneAlone) {
  NEIGH_CITES("RDR-002", "FSM-24", "FSM-26");
  h.enter("fe80::a", NudState::kReachable, kOtherLink, true);
  h.receive(redirect());
  EXPECT_THAT(h.take(), ElementsAre("changed fe80::a reachable > stale 02:00:00:00:00:0a router"));
  h.enter("fe80::a", NudState::kProbe, "02:00:00:00:00:0a", true);
  h.receive(redirect());
  EXPECT_THAT(h.take(), IsEmpty());
}

TEST_F(RedirectTest, WithoutTllaoOnlyTheDestinationChanges) {
  NEIGH_CITES("RDR-002", "FSM-07");
  h.receive(redirect({.tllao = ""}));
  EXPECT_THAT(h.take(), IsEmpty());
  EXPECT_EQ(hop(h, "2001:db8:1::1"), "fe80::a");
  EXPECT_EQ(h.state("fe80::a"), "-");
}

TEST_F(RedirectTest, ReleasesWhatWaits) {
  NEIGH_CITES("RDR-002", "FSM-23");
  h.send(packet("fe80::1", "fe80::a"));
  h.take();
  h.receive(redirect());
  EXPECT_THAT(h.take(), ElementsAre("changed fe80::a incomplete > stale 02:00:00:00:00:0a router",
                                    "ip fe80::1 > fe80::a size 64 via 02:00:00:00:00:0a",
                                    "changed fe80::a stale > delay 02:00:00:00:00:0a router"));
}

TEST_F(RedirectTest, OnlyTheFirstHopMaySendIt) {
  NEIGH_CITES("NDV-011", "RDR-004");
  h.receive(redirect({.source = "fe80::77"}));
  h.receive(redirect({.redirected = "2001:db8::5"}));  // on-link: there is no first hop
  EXPECT_THAT(h.take(), IsEmpty());
  EXPECT_EQ(h.drops(Reason::kNdRedirectNotFirstHop), 2U);
  EXPECT_EQ(hop(h, "2001:db8:1::1"), "fe80::9");
  EXPECT_EQ(h.state("fe80::a"), "-");
}

TEST_F(RedirectTest, ChainsFollowTheCurrentFirstHop) {
  NEIGH_CITES("NDV-011", "RDR-001");
  h.receive(redirect());
  h.receive(redirect());  // the old first hop
  EXPECT_EQ(h.drops(Reason::kNdRedirectNotFirstHop), 1U);
  h.receive(redirect({.source = "fe80::a", .target = "fe80::b", .tllao = "02:00:00:00:00:0b"}));
  EXPECT_EQ(hop(h, "2001:db8:1::1"), "fe80::b");
}

TEST_F(RedirectTest, RouterAndUnwillingHostRefuse) {
  NEIGH_CITES("RDR-006");
  for (const bool router : {false, true}) {
    InterfaceSettings settings = quiet();
    settings.forwarding = router;
    settings.announce_link_changes = false;
    settings.accept_redirects = router;
    ASSERT_TRUE(h.engine().change_settings(h.now(), kEth0, settings, h.out()));
    h.take();
    h.receive(redirect());
    EXPECT_THAT(h.take(), IsEmpty());
  }
  EXPECT_EQ(h.drops(Reason::kNdRedirectRefused), 2U);
}

TEST_F(RedirectTest, ToOurselvesIsRefused) {
  NEIGH_CITES("RDR-004");
  h.receive(redirect({.target = "fe80::1"}));
  EXPECT_THAT(h.take(), IsEmpty());
  EXPECT_EQ(h.drops(Reason::kNdRedirectRefused), 1U);
}

TEST_F(RedirectTest, EndsWithItsTarget) {
  NEIGH_CITES("NUD-009");
  h.receive(redirect());
  h.send(packet("2001:db8::1", "2001:db8:1::1"));
  h.advance(milliseconds{3'300 + 2 * 1'700});
  EXPECT_EQ(h.state("fe80::a"), "failed");
  EXPECT_EQ(hop(h, "2001:db8:1::1"), "fe80::9");
}

TEST_F(RedirectTest, IsBounded) {
  NEIGH_CITES("EXH-003");
  InterfaceSettings settings = quiet();
  settings.max_redirects = 4;
  ASSERT_TRUE(h.engine().change_settings(h.now(), kEth0, settings, h.out()));
  for (int i = 1; i <= 6; ++i) h.receive(redirect({.redirected = "2001:db8:1::" + std::to_string(i)}));
  EXPECT_EQ(h.drops(Reason::kTooManyRedirects), 2U);
  EXPECT_EQ(hop(h, "2001:db8:1::1"), "fe80::9");
  EXPECT_EQ(hop(h, "2001:db8:1::6"), "fe80::a");
}

// --- Routers hear of neighbors ---

TEST(UntrackedAdvert, MakesAStaleEntryInARouterOnly) {
  NEIGH_CITES("GRD-003", "GRD-004", "GRD-005", "NAR-001");
  InterfaceSettings router = quiet();
  router.forwarding = true;
  InterfaceSettings kernel_router = quiet_linux();
  kernel_router.forwarding = true;
  for (const std::string flags : {"", "S", "O", "SO", "R"}) {
    for (const InterfaceSettings& settings : {quiet(), kernel_router}) {
      Harness host{{.settings = settings}};
      host.receive(na({.destination = "ff02::1", .flags = flags == "S" || flags == "SO" ? "O" : flags}));
      host.receive(na({.flags = flags}));
      EXPECT_EQ(host.state("fe80::2"), "-") << flags;
    }
    Harness h{{.settings = router}};
    h.receive(na({.flags = flags, .tllao = ""}));
    EXPECT_EQ(h.state("fe80::2"), "-") << flags;
    h.receive(na({.flags = flags}));
    EXPECT_EQ(h.state("fe80::2"), "stale 02:00:00:00:00:02") << flags;
    EXPECT_EQ(h.entry("fe80::2")->flags.has(NeighborFlag::kRouter), flags == "R");
    // One that is there follows the rules of part 3.7.
    h.receive(na({.destination = "ff02::1", .flags = "", .tllao = std::string(kOtherLink)}));
    EXPECT_EQ(h.state("fe80::2"), "stale 02:00:00:00:00:02") << flags;
    EXPECT_THAT(h.take_frames(), IsEmpty());
    EXPECT_EQ(h.audit(), "");
  }
}

TEST(UntrackedAdvert, CountsAsWhatStrangersMake) {
  NEIGH_CITES("GRD-005", "EXH-006");
  InterfaceSettings settings = quiet();
  settings.forwarding = true;
  settings.ipv6.max_unsolicited = 5;
  Harness h{{.settings = settings}};
  for (int i = 16; i < 48; ++i) {
    const std::string stranger = "fe80::1" + std::to_string(i);
    h.receive(na({.source = stranger, .destination = "ff02::1", .target = stranger, .flags = "O"}));
  }
  EXPECT_LE(h.engine().neighbor_count(), 5U);
  h.take();
}

TEST(UntrackedAdvert, FollowsTheSettings) {
  NEIGH_CITES("GRD-003");
  Harness h;
  InterfaceSettings settings = quiet();
  settings.forwarding = true;
  ASSERT_TRUE(h.engine().change_settings(h.now(), kEth0, settings, h.out()));
  h.receive(na());
  EXPECT_EQ(h.state("fe80::2"), "stale 02:00:00:00:00:02");
  settings.forwarding = false;
  ASSERT_TRUE(h.engine().change_settings(h.now(), kEth0, settings, h.out()));
  h.receive(na({.source = "fe80::3", .target = "fe80::3"}));
  EXPECT_EQ(h.state("fe80::3"), "-");
  h.take();
}

}  // namespace
}  // namespace neigh::engine::test
