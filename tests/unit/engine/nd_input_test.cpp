// SPDX-License-Identifier: Apache-2.0
// What received NS and NA do (parts 3.2 and 3.5 to 3.7 of the specification).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "harness.hpp"
#include "support/cites.hpp"
#include "wire/checksum.hpp"
#include "wire/numbers.hpp"

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

TEST(SolicitInput, TargetOfSomebodyElseIsDiscarded) {
  NEIGH_CITES("NSR-001", "ONL-007", "LNX-098");
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
  NEIGH_CITES("ARP-046", "PRT-002");
  Harness h;
  h.receive(ns({.link = std::string(kOurLink)}));
  h.receive(na({.link = std::string(kOurLink)}));
  h.receive(framed(packet("fe80::2", "fe80::1"), kOurLink, kOurLink));
  EXPECT_THAT(h.take(), IsEmpty());
  EXPECT_EQ(h.drops(Reason::kOwnLinkSource), 3U);
}

// --- Part 3.2: what fails validation changes nothing and is counted under its reason ---

struct InvalidCase {
  std::string_view name;
  std::string_view cites;
  wire::DropReason reason;
  std::function<void(Bytes&)> bend;
  bool fix_checksum = true;
};

constexpr std::size_t kIp6 = 14;
constexpr std::size_t kIcmp = kIp6 + 40;

void sum_up(Bytes& frame) {
  const auto source = *IpAddress::from_bytes(std::span(frame).subspan(kIp6 + 8, 16));
  const auto destination = *IpAddress::from_bytes(std::span(frame).subspan(kIp6 + 24, 16));
  frame[kIcmp + 2] = frame[kIcmp + 3] = 0;
  const std::uint16_t sum = wire::icmp6_checksum(source, destination, std::span(frame).subspan(kIcmp));
  frame[kIcmp + 2] = static_cast<std::uint8_t>(sum >> 8U);
  frame[kIcmp + 3] = static_cast<std::uint8_t>(sum);
}

void set_length(Bytes& frame, std::size_t icmp_size) {
  frame.resize(kIcmp + icmp_size);
  frame[kIp6 + 4] = static_cast<std::uint8_t>(icmp_size >> 8U);
  frame[kIp6 + 5] = static_cast<std::uint8_t>(icmp_size);
}

/// Bends of any ND message whose option begins at `option` and whose minimum is `minimum`.
std::vector<InvalidCase> invalid_cases(std::size_t minimum) {
  using wire::DropReason;
  const std::size_t option = kIcmp + minimum;
  return {
      {"HopLimit254", "NDV-001", DropReason::kNdHopLimit, [](Bytes& f) { f[kIp6 + 7] = 254; }},
      {"Checksum", "NDV-002", DropReason::kNdChecksum, [](Bytes& f) { f[kIcmp + 2] ^= 1U; }, false},
      {"Code1", "NDV-003", DropReason::kNdCode, [](Bytes& f) { f[kIcmp + 1] = 1; }},
      {"Short", "NDV-004", DropReason::kNdShort, [=](Bytes& f) { set_length(f, minimum - 4); }},
      {"OptionLength0", "NDV-005 NDF-012", DropReason::kNdOptionLengthZero, [=](Bytes& f) { f[option + 1] = 0; }},
      {"OptionLength0AfterGoodOne", "NDF-012", DropReason::kNdOptionLengthZero,
       [=](Bytes& f) {
         set_length(f, minimum + 16);
         f[option + 8] = 99;
       }},
      {"OptionOverrun", "NDF-013", DropReason::kNdOptionOverrun, [=](Bytes& f) { f[option + 1] = 9; }},
      {"TrailingByte", "NDF-013 LNX-097", DropReason::kNdOptionTrailing, [=](Bytes& f) { set_length(f, minimum + 9); }},
      {"LlaoLength2", "NDF-016", DropReason::kNdLinkOptionLength,
       [=](Bytes& f) {
         set_length(f, minimum + 16);
         f[option + 1] = 2;
       }},
      {"LlaoGroup", "NDF-017", DropReason::kNdLinkOptionGroup, [=](Bytes& f) { f[option + 2] = 0x33; }},
      {"LlaoZero", "NDF-017", DropReason::kNdLinkOptionZero,
       [=](Bytes& f) { std::fill_n(f.begin() + static_cast<std::ptrdiff_t>(option + 2), 6, std::uint8_t{0}); }},
      {"FrameShorterThanPacket", "NDF-019", DropReason::kIp6PayloadLength, [](Bytes& f) { f.resize(f.size() - 1); },
       false},
      {"Fragment", "NDV-014 FRG-002", DropReason::kNdFragment,
       [](Bytes& f) {
         f[kIp6 + 6] = 44;
         f[kIp6 + 5] = static_cast<std::uint8_t>(f[kIp6 + 5] + 8);
         const std::initializer_list<std::uint8_t> atomic = {58, 0, 0, 0, 0, 0, 0, 1};
         f.insert(f.begin() + kIcmp, atomic);
       },
       false},
      {"SourceMulticast", "NDV-015", DropReason::kIp6SourceMulticast,
       [](Bytes& f) {
         f[kIp6 + 8] = 0xff;
         f[kIp6 + 9] = 0x02;
       }},
      {"SourceLoopback", "NDV-016", DropReason::kIp6SourceLoopback,
       [](Bytes& f) {
         std::fill_n(f.begin() + kIp6 + 8, 15, std::uint8_t{0});
         f[kIp6 + 23] = 1;
       }},
  };
}

struct MessageKind {
  std::string_view name;
  std::size_t minimum;
  std::function<Bytes()> make;
};

const std::vector<MessageKind>& message_kinds() {
  static const std::vector<MessageKind> kinds = {
      {"Ns", 24, [] { return ns(); }},
      {"Na", 24, [] { return na(); }},
      {"Ra", 16,
       [] { return ra({.source = "fe80::2", .sllao = std::string(kOtherLink), .link = std::string(kPeerLink)}); }},
      {"Redirect", 40,
       [] { return redirect({.source = "fe80::9", .target = "fe80::2", .tllao = std::string(kOtherLink)}); }},
      {"Rs", 8, [] { return rs(); }},
  };
  return kinds;
}

class InvalidNd : public ::testing::TestWithParam<std::size_t> {};

TEST_P(InvalidNd, ChangesNothingAndIsCounted) {
  NEIGH_CITES("NDV-027", "RDR-004");
  const MessageKind& kind = message_kinds()[GetParam()];
  for (const InvalidCase& c : invalid_cases(kind.minimum)) {
    cite_all(c.cites);
    InterfaceSettings settings = quiet();
    settings.forwarding = kind.name == "Rs";
    Harness h{{.settings = settings}};
    ASSERT_TRUE(h.engine().add_router(h.now(), kEth0, ip("fe80::9"), h.out()));
    h.enter("fe80::9", NudState::kPermanent, "02:00:00:00:00:09");
    h.enter("fe80::2", NudState::kReachable);
    h.take();
    const auto before = *h.entry("fe80::2");
    Bytes frame = kind.make();
    if (frame.size() < kIcmp + kind.minimum + 8) frame.resize(kIcmp + kind.minimum + 8);
    c.bend(frame);
    if (c.fix_checksum) sum_up(frame);
    h.receive(frame);
    EXPECT_THAT(h.take(), IsEmpty()) << c.name;
    EXPECT_TRUE(before.same_content(*h.entry("fe80::2"))) << c.name;
    EXPECT_EQ(h.drops(c.reason), 1U) << c.name;
    EXPECT_EQ(h.engine().neighbor_count(), 2U) << c.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Part32, InvalidNd, ::testing::Range<std::size_t>(0, 5),
                         [](const auto& each) { return std::string(message_kinds()[each.param].name); });

TEST(ValidNd, ReservedBitsUnknownOptionsAndPaddingDoNotInvalidate) {
  NEIGH_CITES("NDV-020", "NDV-021", "NDF-014", "NDF-015", "NDF-019", "NDF-022");
  const std::vector<std::function<void(Bytes&)>> bends = {
      [](Bytes& f) { std::fill_n(f.begin() + kIcmp + 4, 4, std::uint8_t{0xff}); },
      [](Bytes& f) {  // an unknown option and a TLLAO behind the SLLAO
        set_length(f, 48);
        f[kIcmp + 32] = 200;
        f[kIcmp + 33] = 1;
        f[kIcmp + 40] = 2;
        f[kIcmp + 41] = 1;
        f[kIcmp + 42] = 0x02;
      },
      [](Bytes& f) {  // the first of two SLLAOs counts
        set_length(f, 40);
        f[kIcmp + 32] = 1;
        f[kIcmp + 33] = 1;
        f[kIcmp + 34] = 0x06;
      },
  };
  for (const auto& bend : bends) {
    Harness h;
    Bytes frame = ns();
    bend(frame);
    sum_up(frame);
    frame.resize(frame.size() + 18, 0xee);  // Ethernet padding of any content
    h.receive(frame);
    EXPECT_THAT(h.take(), ElementsAre("added fe80::2 stale 02:00:00:00:00:02", kAnswer));
  }
}

TEST(ValidNd, ExtensionHeadersDoNotInvalidate) {
  NEIGH_CITES("NDF-022");
  Harness h;
  Bytes frame = ns();
  frame[kIp6 + 6] = 60;  // destination options: PadN
  frame[kIp6 + 5] = static_cast<std::uint8_t>(frame[kIp6 + 5] + 8);
  const std::initializer_list<std::uint8_t> options = {58, 0, 1, 4, 0, 0, 0, 0};
  frame.insert(frame.begin() + kIcmp, options);
  h.receive(frame);
  EXPECT_THAT(h.take(), ElementsAre("added fe80::2 stale 02:00:00:00:00:02", kAnswer));
}

TEST(ValidNd, RulesAboutAddresses) {
  NEIGH_CITES("NDV-006", "NDV-007", "NDV-008", "NDV-009", "NDV-010", "NDV-012");
  using wire::DropReason;
  struct Case {
    DropReason reason;
    Bytes frame;
    std::function<void(Bytes&)> bend;
  };
  const auto put_group = [](std::size_t at) {
    return [at](Bytes& f) {
      f[at] = 0xff;
      f[at + 1] = 0x02;
    };
  };
  const auto nobody = [](Bytes& f) { std::fill_n(f.begin() + kIp6 + 8, 16, std::uint8_t{0}); };
  const auto global = [](Bytes& f) { f[kIp6 + 8] = 0x20; };
  const std::vector<Case> cases = {
      {DropReason::kNdTargetMulticast, ns(), put_group(kIcmp + 8)},
      {DropReason::kNdTargetMulticast, na(), put_group(kIcmp + 8)},
      {DropReason::kNdUnspecifiedNotToGroup, ns({.destination = "ff02::1", .sllao = ""}), nobody},
      {DropReason::kNdUnspecifiedWithLink, ns(), nobody},
      {DropReason::kNdSolicitedToMulticast, na({.destination = "ff02::1", .flags = "O"}),
       [](Bytes& f) { f[kIcmp + 4] |= 0x40U; }},
      {DropReason::kNdSourceNotLinkLocal, ra(), global},
      {DropReason::kNdSourceNotLinkLocal, redirect(), global},
      {DropReason::kNdRedirectDestination, redirect(), put_group(kIcmp + 24)},
      {DropReason::kNdRedirectTarget, redirect(), [](Bytes& f) { f[kIcmp + 8] = 0x20; }},
  };
  for (const Case& c : cases) {
    Harness h;
    h.enter("fe80::2", NudState::kReachable, kOtherLink);
    Bytes frame = c.frame;
    c.bend(frame);
    sum_up(frame);
    h.receive(frame);
    EXPECT_THAT(h.take(), IsEmpty()) << wire::describe(c.reason).name;
    EXPECT_EQ(h.drops(c.reason), 1U) << wire::describe(c.reason).name;
  }
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
