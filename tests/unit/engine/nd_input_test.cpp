// SPDX-License-Identifier: Apache-2.0
// What received NS and NA do (parts 3.5 to 3.7 of the specification; 3.2 in nd_valid_test.cpp).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <variant>
#include <vector>

#include "harness.hpp"
#include "support/cites.hpp"

namespace neigh::engine::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kAnswer =
    "na fe80::1: fe80::1 > fe80::2 via 02:00:00:00:00:02 flags SO tlla 02:00:00:00:00:01";

// --- Part 3.5 and 3.6: NS ---

TEST(SolicitInput, CreatesThenAnswers) {
  NEIGH_CITES("NSR-003", "NSR-007", "NAT-001", "NAT-002", "NAT-004", "NAT-006", "ISR-002");
  Harness h;
  h.receive(ns());
  EXPECT_THAT(h.take(), ElementsAre("added fe80::2 stale 02:00:00:00:00:02", kAnswer));
  h.receive(ns());
  EXPECT_THAT(h.take(), ElementsAre(kAnswer));  // same address: nothing changes
}

TEST(SolicitInput, LinuxCountsTheAnswerAsUseAndLeavesTllaoOut) {
  NEIGH_CITES("LNX-040", "LNX-090", "NAT-003");
  Harness h{{.settings = quiet_linux()}};
  h.receive(ns({.destination = "fe80::1"}));
  EXPECT_THAT(h.take(),
              ElementsAre("added fe80::2 stale 02:00:00:00:00:02", "changed fe80::2 stale > delay 02:00:00:00:00:02",
                          "na fe80::1: fe80::1 > fe80::2 via 02:00:00:00:00:02 flags S tlla -"));
}

TEST(SolicitInput, ChangedAddressMakesStaleAndIsUsedForTheAnswer) {
  NEIGH_CITES("NSR-003", "NSR-004", "NSR-007", "NSR-010", "DEC-13");
  for (const NudState state : {NudState::kReachable, NudState::kStale, NudState::kDelay, NudState::kProbe}) {
    Harness h;
    h.enter("fe80::2", state, kOtherLink, /*router=*/true);
    h.receive(ns());
    EXPECT_THAT(
        h.take(),
        ElementsAre("changed fe80::2 " + std::string(to_string(state)) + " > stale 02:00:00:00:00:02 router", kAnswer));
    h.advance(seconds{60});
    EXPECT_EQ(h.state("fe80::2"), "stale 02:00:00:00:00:02");  // probing has stopped
  }
}

// The first fragment of a message is a message with a Fragment header; the rest is data of nobody. Nothing is kept.
TEST(SolicitInput, FragmentsAreJudgedBeforeTheyAreOne) {
  NEIGH_CITES("FRG-002", "FRG-003", "NDV-014");
  constexpr std::size_t kIp6 = 14;
  constexpr std::size_t kIcmp = kIp6 + 40;
  constexpr std::size_t kFirstPart = 24;  // all but SLLAO
  const auto fragment = [](std::size_t begin, std::size_t end, std::uint8_t offset_and_more) {
    Bytes whole = ns();
    const Bytes part(whole.begin() + static_cast<std::ptrdiff_t>(kIcmp + begin),
                     whole.begin() + static_cast<std::ptrdiff_t>(kIcmp + end));
    whole.resize(kIcmp);
    whole[kIp6 + 6] = 44;
    whole[kIp6 + 5] = static_cast<std::uint8_t>(8 + part.size());
    whole.insert(whole.end(), {58, 0, 0, offset_and_more, 0, 0, 0, 7});
    whole.insert(whole.end(), part.begin(), part.end());
    return whole;
  };
  const Bytes first = fragment(0, kFirstPart, 1);
  const Bytes second = fragment(kFirstPart, kFirstPart + 8, kFirstPart);
  for (const bool in_order : {true, false}) {
    Harness h;
    h.receive(in_order ? first : second);
    h.receive(in_order ? second : first);
    EXPECT_THAT(h.take_frames(), IsEmpty());
    EXPECT_EQ(h.drops(wire::DropReason::kNdFragment), 1U);
    EXPECT_EQ(h.engine().neighbor_count(), 0U);
    h.advance(seconds{60});
    EXPECT_THAT(h.take_frames(), IsEmpty());
  }
}

TEST(SolicitInput, SameAddressKeepsProbing) {
  NEIGH_CITES("NSR-010", "FSM-26");
  Harness h;
  h.enter("fe80::2", NudState::kProbe);
  h.receive(ns());
  EXPECT_THAT(h.take(), ElementsAre(kAnswer));
  EXPECT_EQ(h.state("fe80::2"), "probe 02:00:00:00:00:02");
}

TEST(SolicitInput, IncompleteBecomesStaleThenDelayAndReleases) {
  NEIGH_CITES("NSR-009", "FSM-23");
  Harness h;
  h.send(packet("fe80::1", "fe80::2"));
  h.take();
  h.receive(ns());
  EXPECT_THAT(h.take(), ElementsAre("changed fe80::2 incomplete > stale 02:00:00:00:00:02",
                                    "ip fe80::1 > fe80::2 size 64 via 02:00:00:00:00:02",
                                    "changed fe80::2 stale > delay 02:00:00:00:00:02", kAnswer));
}

TEST(SolicitInput, FromNobodyTouchesNoCacheAndIsAnsweredToAll) {
  NEIGH_CITES("NSR-005", "NAT-004", "DAD-013");
  Harness h;
  h.receive(ns({.source = "::", .sllao = ""}));
  EXPECT_THAT(h.take(), ElementsAre("na fe80::1: fe80::1 > ff02::1 via 33:33:00:00:00:01 flags O tlla "
                                    "02:00:00:00:00:01"));
  EXPECT_EQ(h.engine().neighbor_count(), 0U);
}

TEST(SolicitInput, WithoutSllaoNothingIsLearned) {
  NEIGH_CITES("NSR-006", "FSM-25", "FSM-07");
  Harness h;
  h.enter("fe80::2", NudState::kReachable);
  h.receive(ns({.destination = "fe80::1", .sllao = ""}));
  EXPECT_THAT(h.take(), ElementsAre(kAnswer));
  EXPECT_EQ(h.state("fe80::2"), "reachable 02:00:00:00:00:02");
  Harness incomplete;
  incomplete.send(packet("fe80::1", "fe80::2"));
  incomplete.receive(ns({.sllao = ""}));
  EXPECT_EQ(incomplete.state("fe80::2"), "incomplete");
}

TEST(SolicitInput, WithoutSllaoAndEntryTheAskerIsResolvedFirst) {
  NEIGH_CITES("NSR-008", "FSM-07");
  for (const std::string& destination : {std::string("fe80::1"), std::string("ff02::1:ff00:1")}) {
    Harness h;
    h.receive(ns({.destination = destination, .sllao = ""}));
    EXPECT_THAT(h.take(), ElementsAre("added fe80::2 incomplete",
                                      "ns fe80::2: fe80::1 > ff02::1:ff00:2 via 33:33:ff:00:00:02 slla "
                                      "02:00:00:00:00:01"));
    h.receive(na());
    EXPECT_THAT(h.take(), ElementsAre("changed fe80::2 incomplete > reachable 02:00:00:00:00:02", kAnswer));
  }
}

TEST(SolicitInput, LinuxDropsTheMulticastOneWithoutSllao) {
  NEIGH_CITES("LNX-091", "NSR-008");
  Harness h{{.settings = quiet_linux()}};
  h.receive(ns({.sllao = ""}));
  EXPECT_THAT(h.take(), IsEmpty());
}

TEST(SolicitInput, UndeliverableAnswerFailsInSilence) {
  NEIGH_CITES("NSR-008", "ARP-023");
  Harness h;
  h.receive(ns({.destination = "fe80::1", .sllao = ""}));
  h.advance(seconds{30});
  for (const std::string& line : h.take()) EXPECT_FALSE(line.starts_with("failed")) << line;
}

// ND is always the strong model, whatever ARP is set to.
TEST(SolicitInput, EachInterfaceAnswersForItsOwnAddressesThere) {
  NEIGH_CITES("ONL-007", "NSR-001");
  InterfaceSettings settings = quiet();
  settings.answer_for_other_interfaces = true;
  Harness h{{.settings = settings}};
  const auto eth1 = static_cast<InterfaceIndex>(3);
  ASSERT_TRUE(h.engine().add_interface(
      h.now(), {.index = eth1, .name = "eth1", .link_address = lla("02:00:00:00:01:01"), .settings = settings},
      h.out()));
  ASSERT_TRUE(h.engine().add_address(h.now(), eth1, {.address = ip("2001:db8:2::1"), .verify = false}, h.out()));
  h.take();
  // To all nodes, so that both interfaces hear it.
  const Bytes question = ns({.source = "fe80::2", .destination = "ff02::1", .target = "2001:db8:2::1"});
  h.receive(question);
  EXPECT_THAT(h.take(), IsEmpty());
  h.engine().on_frame(h.now(), eth1, question, h.out());
  std::vector<InterfaceIndex> answered;
  for (const Effect& effect : h.out()) {
    if (const auto* frame = std::get_if<SendFrame>(&effect)) answered.push_back(frame->interface);
  }
  EXPECT_THAT(answered, ElementsAre(eth1));
  EXPECT_THAT(h.take_frames(),
              ElementsAre("na 2001:db8:2::1: 2001:db8:2::1 > fe80::2 via 02:00:00:00:00:02 flags SO tlla "
                          "02:00:00:00:01:01"));
}

TEST(SolicitInput, TargetOfSomebodyElseIsDiscarded) {
  NEIGH_CITES("NSR-001", "LNX-098");
  Harness h;
  h.receive(ns({.destination = "ff02::1", .target = "fe80::77"}));
  EXPECT_THAT(h.take(), IsEmpty());
  EXPECT_EQ(h.drops(Reason::kNdNotOurTarget), 1U);
  h.receive(ns({.target = "fe80::77", .link_destination = std::string(kBroadcast)}));  // a group not joined
  EXPECT_THAT(h.take(), IsEmpty());
  EXPECT_EQ(h.drops(Reason::kIpNotForUs), 1U);
  EXPECT_EQ(h.engine().neighbor_count(), 0U);
}

TEST(SolicitInput, AllNodesAndBroadcastFramesAreAnswered) {
  NEIGH_CITES("LNX-098", "NDF-021");
  Harness h;
  h.receive(ns({.destination = "ff02::1"}));
  h.receive(ns({.link_destination = std::string(kBroadcast)}));
  h.receive(ns({.link_destination = std::string(kOurLink)}));  // RFC 6085: a group in a unicast frame
  EXPECT_THAT(h.take_frames(), ElementsAre(kAnswer, kAnswer, kAnswer));
}

TEST(SolicitInput, OffLinkSourceIsAnsweredAndMakesNothingOnLink) {
  NEIGH_CITES("NDV-023", "ONL-001", "ONL-003", "NSR-011");
  Harness h;
  h.receive(ns({.source = "2001:db8:9::9"}));
  EXPECT_THAT(h.take(), ElementsAre("added 2001:db8:9::9 stale 02:00:00:00:00:02",
                                    "na fe80::1: fe80::1 > 2001:db8:9::9 via 02:00:00:00:00:02 flags SO tlla "
                                    "02:00:00:00:00:01"));
  EXPECT_EQ(h.send(packet("2001:db8::1", "2001:db8:9::9")), SendOutcome::kFailed);
  EXPECT_THAT(h.take(), ElementsAre("failed 2001:db8::1 > 2001:db8:9::9: no route, cookie 0, error"));
}

TEST(SolicitInput, FromAnAddressOfOursIsDiscarded) {
  NEIGH_CITES("NDV-026", "LNX-095");
  Harness h;
  h.receive(ns({.source = "2001:db8::1"}));
  EXPECT_THAT(h.take(), IsEmpty());
  EXPECT_EQ(h.drops(Reason::kNdOwnSource), 1U);
  Harness l{{.settings = quiet_linux()}};
  l.receive(ns({.source = "2001:db8::1"}));
  EXPECT_EQ(l.state("2001:db8::1"), "delay 02:00:00:00:00:02");
}

TEST(SolicitInput, OwnLinkAddressInSllaoIsDiscarded) {
  NEIGH_CITES("NDF-017", "LNX-092");
  Harness h;
  h.receive(ns({.sllao = std::string(kOurLink)}));
  EXPECT_THAT(h.take(), IsEmpty());
  EXPECT_EQ(h.drops(Reason::kNdOwnLinkOption), 1U);
  Harness l{{.settings = quiet_linux()}};
  l.receive(ns({.sllao = std::string(kOurLink)}));
  EXPECT_EQ(l.take_frames().size(), 1U);
}

TEST(SolicitInput, LlaoNeedNotBeTheFrameSource) {
  NEIGH_CITES("NDF-018");
  Harness h;
  h.receive(ns({.link = std::string(kOtherLink)}));
  EXPECT_THAT(h.take(), ElementsAre("added fe80::2 stale 02:00:00:00:00:02", kAnswer));
}

TEST(SolicitInput, RouterFlagFollowsForwarding) {
  NEIGH_CITES("NAT-005");
  InterfaceSettings settings = quiet();
  settings.forwarding = true;
  settings.announce_link_changes = false;
  Harness h{{.settings = settings}};
  h.receive(ns());
  EXPECT_THAT(h.take_frames(),
              ElementsAre("na fe80::1: fe80::1 > fe80::2 via 02:00:00:00:00:02 flags RSO tlla 02:00:00:00:00:01"));
  settings.forwarding = false;
  ASSERT_TRUE(h.engine().change_settings(h.now(), kEth0, settings, h.out()));
  h.receive(ns());
  EXPECT_THAT(h.take_frames(), ElementsAre(kAnswer));
}

TEST(SolicitInput, NonceOutsideDadIsIgnored) {
  NEIGH_CITES("EDD-006");
  Harness h;
  h.receive(ns({.nonce = {1, 2, 3, 4, 5, 6}}));
  EXPECT_THAT(h.take(), ElementsAre("added fe80::2 stale 02:00:00:00:00:02", kAnswer));
}

TEST(SolicitInput, AnycastAnswersLateWithoutOverride) {
  NEIGH_CITES("NAT-003", "NAT-006", "NAT-007");
  Harness h;
  ASSERT_TRUE(h.engine().add_address(h.now(), kEth0, {.address = ip("2001:db8::a"), .anycast = true}, h.out()));
  h.take();
  h.receive(ns({.source = "2001:db8::2", .target = "2001:db8::a"}));
  EXPECT_THAT(h.take(), ElementsAre("added 2001:db8::2 stale 02:00:00:00:00:02"));
  h.advance(seconds{1});
  EXPECT_THAT(h.take(), ElementsAre("na 2001:db8::a: 2001:db8::1 > 2001:db8::2 via 02:00:00:00:00:02 flags S tlla "
                                    "02:00:00:00:00:01"));
}

// --- Part 3.7: NA. The whole table of the IPv6 Ready tests, twice: with and without a request of ours. ---

struct AdvertCase {
  std::string flags;
  std::string tllao;  // "same", "other", "none"
  std::string_view cites;
  // State and link-layer address after it, from REACHABLE, STALE and PROBE, answering a request of ours.
  std::string reachable;
  std::string stale;
  std::string probe;
};

void PrintTo(const AdvertCase& c, std::ostream* out) { *out << c.flags << " " << c.tllao; }

const std::vector<AdvertCase>& advert_cases() {
  static const std::string same = " 02:00:00:00:00:02";
  static const std::string other = " 02:00:00:00:00:03";
  static const std::vector<AdvertCase> cases = {
      {"SO", "same", "FSM-12 NAR-007", "reachable" + same, "reachable" + same, "reachable" + same},
      {"SO", "other", "FSM-12 NAR-006 NAR-007", "reachable" + other, "reachable" + other, "reachable" + other},
      {"SO", "none", "NAR-007 DEC-01 FSM-09", "reachable" + same, "reachable" + same, "reachable" + same},
      {"S", "same", "FSM-08 NAR-007", "reachable" + same, "reachable" + same, "reachable" + same},
      {"S", "other", "FSM-10 FSM-11 NAR-004 NAR-005", "stale" + same, "stale" + same, "probe" + same},
      {"S", "none", "NAR-007 DEC-01 FSM-09", "reachable" + same, "reachable" + same, "reachable" + same},
      {"O", "same", "FSM-14 NAR-009", "reachable" + same, "stale" + same, "probe" + same},
      {"O", "other", "FSM-15 NAR-008", "stale" + other, "stale" + other, "stale" + other},
      {"O", "none", "FSM-09 NAR-009", "reachable" + same, "stale" + same, "probe" + same},
      {"", "same", "FSM-13 NAR-009", "reachable" + same, "stale" + same, "probe" + same},
      {"", "other", "FSM-13 NAR-004 NAR-005 DEC-02", "stale" + same, "stale" + same, "probe" + same},
      {"", "none", "FSM-13 NAR-009", "reachable" + same, "stale" + same, "probe" + same},
  };
  return cases;
}

class AdvertMatrix : public ::testing::TestWithParam<std::tuple<AdvertCase, bool>> {};

TEST_P(AdvertMatrix, FollowsTheBodyText) {
  const auto& [c, router] = GetParam();
  cite_all(c.cites);
  NEIGH_CITES("NAR-020", "NAR-010", "NAR-021", "LNX-096");
  const std::pair<NudState, std::string> rows[] = {
      {NudState::kReachable, c.reachable}, {NudState::kStale, c.stale}, {NudState::kProbe, c.probe}};
  for (const auto& [from, expected] : rows) {
    InterfaceSettings settings = quiet();
    settings.ipv6.confirm_only_if_asked = false;
    Harness h{{.settings = settings}};
    h.enter("fe80::2", from, kPeerLink, /*router=*/!router);
    const std::string tllao = c.tllao == "same"    ? std::string(kPeerLink)
                              : c.tllao == "other" ? std::string(kOtherLink)
                                                   : "";
    const bool solicited = c.flags.find('S') != std::string::npos;
    const bool ignored = c.tllao == "other" && c.flags.find('O') == std::string::npos;
    h.receive(
        na({.destination = solicited ? "fe80::1" : "ff02::1", .flags = c.flags + (router ? "R" : ""), .tllao = tllao}));
    EXPECT_EQ(h.state("fe80::2"), expected) << to_string(from);
    EXPECT_EQ(h.entry("fe80::2")->flags.has(NeighborFlag::kRouter), ignored ? !router : router) << to_string(from);
    EXPECT_THAT(h.take_frames(), IsEmpty());
  }
}

INSTANTIATE_TEST_SUITE_P(Rfc4861Sec725, AdvertMatrix,
                         ::testing::Combine(::testing::ValuesIn(advert_cases()), ::testing::Bool()),
                         [](const auto& each) {
                           const AdvertCase& c = std::get<0>(each.param);
                           return "Flags" + c.flags + "_" + c.tllao + (std::get<1>(each.param) ? "_R" : "");
                         });

TEST(AdvertInput, NoEntryIsDiscarded) {
  NEIGH_CITES("NAR-001");
  Harness h;
  h.receive(na());
  EXPECT_THAT(h.take(), IsEmpty());
}

TEST(AdvertInput, IncompleteTakesWhatHasAnAddress) {
  NEIGH_CITES("NAR-002", "NAR-003", "FSM-04", "FSM-05", "FSM-06", "DEC-03");
  Harness h;
  h.send(packet("fe80::1", "fe80::2"));
  h.take();
  h.receive(na({.flags = "RSO", .tllao = ""}));
  EXPECT_THAT(h.take(), IsEmpty());
  EXPECT_FALSE(h.entry("fe80::2")->flags.has(NeighborFlag::kRouter));
  h.receive(na({.destination = "ff02::1", .flags = "R"}));
  EXPECT_THAT(h.take(), ElementsAre("changed fe80::2 incomplete > stale 02:00:00:00:00:02 router",
                                    "ip fe80::1 > fe80::2 size 64 via 02:00:00:00:00:02",
                                    "changed fe80::2 stale > delay 02:00:00:00:00:02 router"));
}

TEST(AdvertInput, UnaskedSolicitedFlagIsNotBelieved) {
  NEIGH_CITES("NAR-021", "DEC-06", "LNX-093");
  Harness h;
  h.enter("fe80::2", NudState::kStale);
  h.receive(na());
  EXPECT_EQ(h.state("fe80::2"), "stale 02:00:00:00:00:02");
  EXPECT_EQ(h.counters().ipv6.not_asked, 1U);
}

TEST(AdvertInput, BroadcastFrameCountsAsUnsolicited) {
  NEIGH_CITES("NAR-026");
  Harness h;
  h.send(packet("fe80::1", "fe80::2"));
  h.take();
  h.receive(na({.link_destination = std::string(kBroadcast)}));
  EXPECT_EQ(h.state("fe80::2"), "delay 02:00:00:00:00:02");
}

TEST(AdvertInput, SourceNeedNotBeTheTarget) {
  NEIGH_CITES("NDV-024");
  Harness h;
  h.send(packet("fe80::1", "fe80::2"));
  h.receive(na({.source = "fe80::99"}));
  EXPECT_EQ(h.state("fe80::2"), "reachable 02:00:00:00:00:02");
}

TEST(AdvertInput, ForOurOwnAddressIsCountedAndNothingElse) {
  NEIGH_CITES("NAR-023");
  Harness h;
  h.receive(na({.destination = "ff02::1", .target = "fe80::1", .flags = "O"}));
  EXPECT_THAT(h.take(), IsEmpty());
  EXPECT_EQ(h.drops(Reason::kNdAdvertForOwnAddress), 1U);
  EXPECT_EQ(h.counters().conflicts, 1U);
}

TEST(AdvertInput, StaticEntriesStay) {
  NEIGH_CITES("NAR-025");
  Harness h;
  h.enter("fe80::2", NudState::kPermanent, kOtherLink);
  h.receive(na());
  EXPECT_EQ(h.state("fe80::2"), "permanent 02:00:00:00:00:03");
  EXPECT_EQ(h.counters().ipv6.static_mismatch, 1U);
}

TEST(AdvertInput, OwnLinkAddressInTllaoIsDiscarded) {
  NEIGH_CITES("NDF-017");
  Harness h;
  h.send(packet("fe80::1", "fe80::2"));
  h.receive(na({.tllao = std::string(kOurLink)}));
  EXPECT_EQ(h.state("fe80::2"), "incomplete");
  EXPECT_EQ(h.drops(Reason::kNdOwnLinkOption), 1U);
}

TEST(AdvertInput, OurOwnFramesComingBackAreDropped) {
  NEIGH_CITES("ARP-046", "PRT-002", "NDV-026", "NDF-017");
  const std::string own(kOurLink);
  Harness h;
  h.receive(ns({.source = "fe80::1", .target = "2001:db8::1", .sllao = own, .link = own}));
  EXPECT_EQ(h.drops(Reason::kNdOwnSource), 1U);
  h.receive(ns({.sllao = own, .link = own}));
  h.receive(na({.tllao = own, .link = own}));
  EXPECT_EQ(h.drops(Reason::kNdOwnLinkOption), 2U);
  h.receive(na(
      {.source = "fe80::1", .destination = "ff02::1", .target = "fe80::1", .flags = "O", .tllao = own, .link = own}));
  EXPECT_EQ(h.drops(Reason::kNdAdvertForOwnAddress), 1U);
  h.receive(framed(packet("fe80::2", "fe80::1"), kOurLink, kOurLink));
  EXPECT_EQ(h.drops(Reason::kOwnLinkSource), 1U);
  EXPECT_THAT(h.take(), IsEmpty());
}

TEST(SolicitInput, AnotherNodeWithOurLinkAddressIsHeard) {
  NEIGH_CITES("DAD-013", "NSR-001", "NSR-006", "ARP-046");
  const std::string own(kOurLink);
  for (const bool linux : {false, true}) {
    InterfaceSettings settings = linux ? InterfaceSettings::linux_like() : quiet();
    settings.max_rtr_solicitations = 0;
    Harness h{{.settings = settings}};
    h.take();
    h.receive(ns({.source = "::", .sllao = "", .nonce = {1, 2, 3, 4, 5, 6}, .link = own}));
    EXPECT_THAT(h.take(), ElementsAre("na fe80::1: fe80::1 > ff02::1 via 33:33:00:00:00:01 flags O tlla "
                                      "02:00:00:00:00:01"));
    EXPECT_EQ(h.engine().neighbor_count(), 0U);
  }
  Harness h;
  h.enter("fe80::2", NudState::kReachable);
  h.receive(ns({.destination = "fe80::1", .sllao = "", .link = own}));
  EXPECT_THAT(h.take(), ElementsAre(kAnswer));
  // Nor does an advert from there change more than it says.
  h.send(packet("fe80::1", "fe80::3"));
  h.take();
  h.receive(na({.source = "fe80::3", .target = "fe80::3", .tllao = std::string(kOtherLink), .link = own}));
  EXPECT_EQ(h.state("fe80::3"), "reachable 02:00:00:00:00:03");
}

TEST(RouterSolicitInput, HostDiscardsRouterLearns) {
  NEIGH_CITES("NDV-025", "RTS-001", "ISR-003");
  Harness h;
  h.enter("fe80::2", NudState::kReachable, kOtherLink, /*router=*/true);
  h.receive(rs());
  EXPECT_THAT(h.take(), IsEmpty());
  EXPECT_TRUE(h.entry("fe80::2")->flags.has(NeighborFlag::kRouter));
  InterfaceSettings settings = quiet();
  settings.forwarding = true;
  Harness r{{.settings = settings}};
  r.enter("fe80::2", NudState::kReachable, kPeerLink, /*router=*/true);
  r.receive(rs("fe80::2", ""));
  EXPECT_THAT(r.take(), ElementsAre("changed fe80::2 reachable > reachable 02:00:00:00:00:02"));
  r.receive(rs("fe80::3", "02:00:00:00:00:33"));
  EXPECT_THAT(r.take(), ElementsAre("added fe80::3 stale 02:00:00:00:00:33"));
  r.receive(rs("::", ""));
  r.receive(rs("fe80::4", ""));
  EXPECT_THAT(r.take(), IsEmpty());
}

}  // namespace
}  // namespace neigh::engine::test
