// SPDX-License-Identifier: Apache-2.0
// IPv4 address conflict detection (part 2 of the specification).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.hpp"
#include "support/cites.hpp"

namespace neigh::engine::test {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kProbe =
    "arp request 0.0.0.0 02:00:00:00:00:01 > 192.0.2.7 00:00:00:00:00:00 via ff:ff:ff:ff:ff:ff";
constexpr std::string_view kAnnouncement =
    "arp request 192.0.2.7 02:00:00:00:00:01 > 192.0.2.7 00:00:00:00:00:00 via ff:ff:ff:ff:ff:ff";

class AcdTest : public ::testing::Test {
 protected:
  AcdTest() : AcdTest(acd_settings()) {}
  explicit AcdTest(const InterfaceSettings& settings)
      : h({.settings = settings, .ipv6 = false, .settle = seconds{10}}) {}

  static InterfaceSettings acd_settings() {
    InterfaceSettings settings = quiet();
    settings.announce_new_addresses = true;
    return settings;
  }
  void add(std::string_view address = "192.0.2.7") {
    ASSERT_TRUE(h.engine().add_address(h.now(), kEth0, {.address = ip(address), .prefix_length = 24}, h.out()));
  }
  /// Runs until the candidate is assigned.
  void settle() {
    h.advance(seconds{10});
    h.take();
  }
  /// Each frame with its time since `start`.
  std::vector<std::pair<milliseconds, std::string>> record(seconds duration) {
    std::vector<std::pair<milliseconds, std::string>> out;
    const TimePoint start = h.now();
    for (milliseconds at{0}; at < duration; at += milliseconds{1}) {
      h.advance(milliseconds{1});
      for (std::string& line : h.take_frames()) {
        out.emplace_back(std::chrono::duration_cast<milliseconds>(h.now() - start), std::move(line));
      }
    }
    return out;
  }
  std::string state_of(std::string_view address) {
    const auto all = *h.engine().addresses(kEth0);
    for (const OwnAddress& own : all) {
      if (own.address != ip(address)) continue;
      return own.state == AddressChanged::Kind::kPreferred   ? "preferred"
             : own.state == AddressChanged::Kind::kTentative ? "tentative"
             : own.state == AddressChanged::Kind::kDuplicate ? "duplicate"
                                                             : "?";
    }
    return "-";
  }
  Bytes claim(std::uint16_t operation = 1, std::string_view tpa = "192.0.2.7") {
    return arp({.operation = operation, .spa = "192.0.2.7", .tpa = std::string(tpa)});
  }

  Harness h;
};

TEST_F(AcdTest, ProbesWaitsAnnouncesAndUses) {
  NEIGH_CITES("ACD-001", "ACD-002", "ACD-003", "ACD-004", "ACD-040", "ACD-041");
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Harness fresh{{.settings = acd_settings(), .ipv6 = false, .seed = seed, .settle = seconds{10}}};
    ASSERT_TRUE(
        fresh.engine().add_address(fresh.now(), kEth0, {.address = ip("192.0.2.7"), .prefix_length = 24}, fresh.out()));
    EXPECT_THAT(fresh.take(), ElementsAre("address 192.0.2.7 tentative"));
    const TimePoint start = fresh.now();
    std::vector<milliseconds> at;
    Lines lines;
    for (int i = 0; i < 12'000; ++i) {
      fresh.advance(milliseconds{1});
      for (std::string& line : fresh.take()) {
        at.push_back(std::chrono::duration_cast<milliseconds>(fresh.now() - start));
        lines.push_back(std::move(line));
      }
    }
    ASSERT_THAT(lines,
                ElementsAre(kProbe, kProbe, kProbe, "address 192.0.2.7 preferred", kAnnouncement, kAnnouncement));
    EXPECT_LE(at[0], milliseconds{1'001});
    for (std::size_t i : {1U, 2U}) {
      EXPECT_GE(at[i] - at[i - 1], milliseconds{999});
      EXPECT_LE(at[i] - at[i - 1], milliseconds{2'001});
    }
    EXPECT_GE(at[3], milliseconds{4'000});
    EXPECT_LE(at[3], milliseconds{7'002});
    EXPECT_GE(at[4] - at[2], milliseconds{1'999});
    EXPECT_LE(at[4] - at[2], milliseconds{2'001});
    EXPECT_EQ(at[5] - at[4], milliseconds{2'000});
  }
}

TEST_F(AcdTest, CandidateIsNobodysUntilAnnounced) {
  NEIGH_CITES("ARP-032", "ACD-008", "ACD-011", "ACD-012", "ARP-081");
  add();
  h.take();
  h.advance(seconds{3});
  h.take();
  h.receive(arp_request("192.0.2.2", "192.0.2.7"));
  EXPECT_THAT(h.take(), IsEmpty());
  EXPECT_EQ(h.drops(Reason::kArpTentativeTarget), 1U);
  EXPECT_EQ(state_of("192.0.2.7"), "tentative");
  h.receive(framed(packet("192.0.2.2", "192.0.2.7")));
  EXPECT_THAT(h.take(), IsEmpty());
  h.send(packet("192.0.2.7", "192.0.2.2"));
  EXPECT_THAT(h.take(), ElementsAre("failed 192.0.2.7 > 192.0.2.2: no source address, cookie 0, error"));
  EXPECT_EQ(h.send(packet("192.0.2.1", "192.0.2.7")), SendOutcome::kFailed);
  settle();
  h.receive(arp_request("192.0.2.2", "192.0.2.7"));
  h.receive(arp_request("0.0.0.0", "192.0.2.7"));
  EXPECT_THAT(h.take_frames(),
              ElementsAre("arp reply 192.0.2.7 02:00:00:00:00:01 > 192.0.2.2 02:00:00:00:00:02 via 02:00:00:00:00:02",
                          "arp reply 192.0.2.7 02:00:00:00:00:01 > 0.0.0.0 02:00:00:00:00:02 via 02:00:00:00:00:02"));
}

TEST_F(AcdTest, AnyPacketFromTheCandidateIsAConflict) {
  NEIGH_CITES("ACD-005", "ACD-042");
  for (const auto& frame : {claim(1), claim(2), claim(1, "192.0.2.99"), claim(2, "192.0.2.1")}) {
    Harness fresh{{.settings = acd_settings(), .ipv6 = false, .settle = seconds{10}}};
    ASSERT_TRUE(
        fresh.engine().add_address(fresh.now(), kEth0, {.address = ip("192.0.2.7"), .prefix_length = 24}, fresh.out()));
    fresh.take();
    fresh.receive(frame);
    EXPECT_THAT(fresh.take(), ElementsAre("address 192.0.2.7 duplicate 02:00:00:00:00:02"));
    fresh.advance(seconds{60});
    EXPECT_THAT(fresh.take(), IsEmpty());
    EXPECT_EQ(fresh.counters().conflicts, 1U);
  }
}

TEST_F(AcdTest, BothProbersGiveUp) {
  NEIGH_CITES("ACD-006", "ACD-007");
  add();
  h.take();
  h.receive(arp({.sha = std::string(kOurLink), .spa = "0.0.0.0", .tpa = "192.0.2.7"}));  // our own probe, back
  EXPECT_THAT(h.take(), IsEmpty());
  h.receive(arp_request("0.0.0.0", "192.0.2.7"));
  EXPECT_THAT(h.take(), ElementsAre("address 192.0.2.7 duplicate 02:00:00:00:00:02"));
}

TEST_F(AcdTest, ProbeFromAnotherInterfaceOfOursIsSpared) {
  NEIGH_CITES("ACD-006", "ACD-007");
  ASSERT_TRUE(h.engine().add_interface(h.now(),
                                       {.index = static_cast<InterfaceIndex>(3),
                                        .name = "eth1",
                                        .link_address = lla("02:00:00:00:01:01"),
                                        .settings = quiet()},
                                       h.out()));
  add();
  h.take();
  h.receive(arp_request("0.0.0.0", "192.0.2.7", "02:00:00:00:01:01"));
  EXPECT_THAT(h.take(), IsEmpty());
  EXPECT_EQ(state_of("192.0.2.7"), "tentative");
}

TEST_F(AcdTest, LateEchoOfAnAnnouncementIsSparedOtherContentIsNot) {
  NEIGH_CITES("ACD-007", "DEC-14");
  add();
  h.take();
  h.receive(arp({.sha = std::string(kOurLink), .spa = "192.0.2.7", .tpa = "192.0.2.7"}));
  EXPECT_THAT(h.take(), IsEmpty());
  h.receive(arp({.sha = std::string(kOurLink), .spa = "192.0.2.7", .tpa = "192.0.2.2"}));
  EXPECT_THAT(h.take(), ElementsAre("address 192.0.2.7 duplicate 02:00:00:00:00:01"));
}

TEST_F(AcdTest, TooManyConflictsSlowDown) {
  NEIGH_CITES("ACD-010");
  for (int i = 0; i < 10; ++i) {
    add();
    h.receive(claim());
    ASSERT_TRUE(h.engine().remove_address(h.now(), kEth0, ip("192.0.2.7"), h.out()));
  }
  h.take();
  add();
  EXPECT_THAT(h.take(), ElementsAre("address 192.0.2.7 tentative"));
  h.advance(milliseconds{59'999});
  EXPECT_THAT(h.take(), IsEmpty());
  h.advance(milliseconds{1'001});
  EXPECT_THAT(h.take(), ElementsAre(kProbe));
  // A second candidate waits for its own turn.
  h.receive(claim());
  add("192.0.2.8");
  h.take();
  h.advance(milliseconds{58'000});
  EXPECT_THAT(h.take(), IsEmpty());
  h.advance(milliseconds{2'000});
  EXPECT_EQ(h.take_frames().size(), 1U);
}

TEST_F(AcdTest, RemovalCancelsEverything) {
  NEIGH_CITES("ACD-042");
  add();
  h.advance(milliseconds{7'010});
  h.take();
  EXPECT_EQ(state_of("192.0.2.7"), "preferred");
  ASSERT_TRUE(h.engine().remove_address(h.now(), kEth0, ip("192.0.2.7"), h.out()));
  h.take();
  h.advance(seconds{60});
  EXPECT_THAT(h.take(), IsEmpty());
}

// --- 2.3 Defense ---

TEST_F(AcdTest, DefendsOnceThenGivesUp) {
  NEIGH_CITES("ACD-045", "ACD-046", "ACD-048", "ACD-049", "ARP-048", "ARP-134");
  add();
  settle();
  h.receive(claim(1, "192.0.2.1"));
  EXPECT_THAT(h.take(), ElementsAre("address 192.0.2.7 conflict 02:00:00:00:00:02", kAnnouncement));
  h.advance(milliseconds{9'999});
  EXPECT_THAT(h.take(), IsEmpty());
  h.receive(claim(2));
  EXPECT_THAT(h.take(), ElementsAre("address 192.0.2.7 withdrawing 02:00:00:00:00:02",
                                    "address 192.0.2.7 duplicate 02:00:00:00:00:02"));
  EXPECT_EQ(h.engine().neighbor_count(), 0U);  // nothing is learned
  h.receive(arp_request("192.0.2.2", "192.0.2.7"));
  EXPECT_THAT(h.take_frames(), IsEmpty());
}

TEST_F(AcdTest, ConflictsFarApartAreEachDefended) {
  NEIGH_CITES("ACD-046", "ACD-049");
  add();
  settle();
  for (int i = 0; i < 5; ++i) {
    h.receive(claim());
    EXPECT_THAT(h.take(), ElementsAre("address 192.0.2.7 conflict 02:00:00:00:00:02", kAnnouncement));
    h.advance(seconds{10});
  }
}

TEST_F(AcdTest, OwnAnnouncementBackIsNoConflict) {
  NEIGH_CITES("ACD-051", "ACD-045");
  add();
  settle();
  h.receive(arp({.sha = std::string(kOurLink), .spa = "192.0.2.7", .tpa = "192.0.2.7"}));
  EXPECT_THAT(h.take(), IsEmpty());
  EXPECT_EQ(h.counters().conflicts, 0U);
}

class AcdPolicy : public AcdTest, public ::testing::WithParamInterface<ConflictPolicy> {
 protected:
  AcdPolicy() : AcdTest(with_policy()) {}
  static InterfaceSettings with_policy() {
    InterfaceSettings settings = acd_settings();
    settings.conflict_policy = GetParam();
    return settings;
  }
};

TEST_P(AcdPolicy, StreamOfConflicts) {
  NEIGH_CITES("ACD-046", "ACD-047", "ACD-049", "ACD-052");
  add();
  settle();
  std::size_t announcements = 0;
  for (int i = 0; i < 25'000; ++i) {  // one each millisecond for 25 s
    h.receive(claim());
    announcements += h.take_frames().size();
    h.advance(milliseconds{1});
  }
  switch (GetParam()) {
    case ConflictPolicy::kIgnore:
      EXPECT_EQ(announcements, 0U);
      EXPECT_EQ(state_of("192.0.2.7"), "preferred");
      break;
    case ConflictPolicy::kWithdraw:
      EXPECT_EQ(announcements, 0U);
      EXPECT_EQ(state_of("192.0.2.7"), "duplicate");
      break;
    case ConflictPolicy::kDefendOnce:
      EXPECT_EQ(announcements, 1U);
      EXPECT_EQ(state_of("192.0.2.7"), "duplicate");
      break;
    case ConflictPolicy::kDefendForever:
      EXPECT_EQ(announcements, 3U);  // at 0, 10 and 20 s
      EXPECT_EQ(state_of("192.0.2.7"), "preferred");
      break;
  }
}

INSTANTIATE_TEST_SUITE_P(Choices, AcdPolicy,
                         ::testing::Values(ConflictPolicy::kIgnore, ConflictPolicy::kWithdraw,
                                           ConflictPolicy::kDefendOnce, ConflictPolicy::kDefendForever));

TEST_F(AcdTest, LinkLocalAddressesSpeakToEverybodyAndAreNeverKeptForever) {
  NEIGH_CITES("ACD-050", "ACD-053", "ARP-026");
  InterfaceSettings settings = acd_settings();
  settings.conflict_policy = ConflictPolicy::kDefendForever;
  Harness l{{.settings = settings, .ipv6 = false, .settle = seconds{10}}};
  for (const std::string_view reserved : {"169.254.0.7", "169.254.255.7"}) {
    EXPECT_EQ(
        l.engine().add_address(l.now(), kEth0, {.address = ip(reserved), .prefix_length = 16}, l.out()).error().code,
        Errc::kInvalidArgument);
  }
  ASSERT_TRUE(l.engine().add_address(l.now(), kEth0, {.address = ip("169.254.7.7"), .prefix_length = 16}, l.out()));
  l.advance(seconds{10});
  l.take();
  l.receive(arp_request("169.254.7.8", "169.254.7.7"));
  EXPECT_THAT(l.take_frames(),
              ElementsAre("arp reply 169.254.7.7 02:00:00:00:00:01 > 169.254.7.8 02:00:00:00:00:02 via "
                          "ff:ff:ff:ff:ff:ff"));
  l.receive(arp_request("169.254.7.7", "169.254.7.7"));
  l.receive(arp_request("169.254.7.7", "169.254.7.7"));
  EXPECT_EQ(l.engine().addresses(kEth0)->front().state, AddressChanged::Kind::kDuplicate);
}

TEST_F(AcdTest, LinkLocalNeighborsAskAndAreConfirmedByBroadcast) {
  NEIGH_CITES("ACD-050", "ARP-171", "ARP-177");
  for (const InterfaceSettings& settings : {quiet(), quiet_linux()}) {
    Harness l{{.settings = settings, .ipv6 = false, .with_addresses = false}};
    ASSERT_TRUE(l.engine().add_address(l.now(), kEth0,
                                       {.address = ip("169.254.7.7"), .prefix_length = 16, .verify = false}, l.out()));
    const Bytes answer = arp_reply("169.254.7.8", std::string(kPeerLink), "169.254.7.7", std::string(kBroadcast));
    // Nobody asked: it confirms nothing.
    l.enter("169.254.7.8", NudState::kStale);
    l.receive(answer);
    EXPECT_EQ(l.state("169.254.7.8"), "stale 02:00:00:00:00:02");
    l.enter("169.254.7.8", NudState::kIncomplete);
    // For somebody else.
    l.receive(arp_reply("169.254.7.8", std::string(kPeerLink), "169.254.7.9", std::string(kBroadcast)));
    EXPECT_NE(l.entry("169.254.7.8")->state, NudState::kReachable);
    l.enter("169.254.7.8", NudState::kIncomplete);
    l.receive(answer);
    EXPECT_EQ(l.state("169.254.7.8"), "reachable 02:00:00:00:00:02");
    // The poll goes to everybody, and so does its answer.
    l.enter("169.254.7.8", NudState::kStale);
    l.advance(seconds{120});
    l.send(packet("169.254.7.7", "169.254.7.8"));
    l.take();
    for (int i = 0; i < 600 && l.entry("169.254.7.8")->state != NudState::kProbe; ++i) l.advance(milliseconds{100});
    EXPECT_THAT(l.take_frames(), ElementsAre("arp request 169.254.7.7 02:00:00:00:00:01 > 169.254.7.8 "
                                             "00:00:00:00:00:00 via ff:ff:ff:ff:ff:ff"));
    l.receive(answer);
    EXPECT_EQ(l.state("169.254.7.8"), "reachable 02:00:00:00:00:02");
  }
}

// --- When the link comes and goes ---

TEST_F(AcdTest, LinkUpProbesAgain) {
  NEIGH_CITES("ACD-001", "PRT-011");
  add();
  settle();
  ASSERT_TRUE(h.engine().set_running(h.now(), kEth0, false, h.out()));
  EXPECT_THAT(h.take(), IsEmpty());
  h.advance(seconds{5});
  ASSERT_TRUE(h.engine().set_running(h.now(), kEth0, true, h.out()));
  h.take();
  EXPECT_EQ(state_of("192.0.2.7"), "tentative");
  h.receive(arp_request("192.0.2.2", "192.0.2.7"));
  EXPECT_THAT(h.take_frames(), IsEmpty());
  h.advance(milliseconds{7'010});
  EXPECT_EQ(state_of("192.0.2.7"), "preferred");
}

TEST_F(AcdTest, DownUnassignsAndUpStartsOver) {
  NEIGH_CITES("ACD-001", "FSM-29", "ACD-042");
  add();
  h.advance(seconds{2});
  h.take();
  ASSERT_TRUE(h.engine().set_up(h.now(), kEth0, false, h.out()));
  h.advance(seconds{60});
  EXPECT_THAT(h.take_frames(), IsEmpty());
  ASSERT_TRUE(h.engine().set_up(h.now(), kEth0, true, h.out()));
  h.advance(milliseconds{7'010});
  EXPECT_EQ(state_of("192.0.2.7"), "preferred");
  EXPECT_EQ(state_of("192.0.2.1"), "preferred");
}

TEST_F(AcdTest, UnverifiedAddressIsUsedAtOnce) {
  NEIGH_CITES("ARP-136", "ACD-040");
  ASSERT_TRUE(h.engine().add_address(h.now(), kEth0, {.address = ip("192.0.2.7"), .prefix_length = 24, .verify = false},
                                     h.out()));
  EXPECT_THAT(h.take(), ElementsAre("address 192.0.2.7 preferred", kAnnouncement));
  h.advance(seconds{2});
  EXPECT_THAT(h.take(), ElementsAre(kAnnouncement));
  h.advance(seconds{60});
  EXPECT_THAT(h.take(), IsEmpty());
}

}  // namespace
}  // namespace neigh::engine::test
