// SPDX-License-Identifier: Apache-2.0
// What received ARP does (parts 1.2, 1.3, 1.6 and 1.8 of the specification), under both presets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "harness.hpp"
#include "support/cites.hpp"

namespace neigh::engine::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kReply =
    "arp reply 192.0.2.1 02:00:00:00:00:01 > 192.0.2.2 02:00:00:00:00:02 via 02:00:00:00:00:02";

// --- Part 1.3 as a table: one stimulus, what each preset does ---

struct Expected {
  bool replied = false;
  std::string entry = "-";  // of `watched`
  bool defended = false;    // by an announcement (ACD-046)
};

struct HostileCase {
  std::string_view name;
  std::string_view cites;
  ArpFrame frame = {};
  std::function<void(Bytes&)> bend = [](Bytes&) {};
  std::string watched = "192.0.2.2";
  Expected rfc = {};
  Expected linux_like = {};
  std::optional<wire::DropReason> malformed = {};  // preset rfc
  std::optional<Reason> dropped = {};
};

void PrintTo(const HostileCase& c, std::ostream* out) { *out << c.name; }

const Expected kLearned{.replied = true, .entry = "stale 02:00:00:00:00:02"};

std::function<void(Bytes&)> put16(std::size_t at, std::uint16_t value) {
  return [=](Bytes& frame) {
    frame.at(at) = static_cast<std::uint8_t>(value >> 8U);
    frame.at(at + 1) = static_cast<std::uint8_t>(value);
  };
}
std::function<void(Bytes&)> put8(std::size_t at, std::uint8_t value) {
  return [=](Bytes& frame) { frame.at(at) = value; };
}
std::function<void(Bytes&)> resize(std::size_t size) {
  return [=](Bytes& frame) { frame.resize(size); };
}

const std::vector<HostileCase>& hostile_cases() {
  using wire::DropReason;
  static const std::vector<HostileCase> cases = {
      {.name = "Good", .cites = "ARP-020 ARP-022 ARP-024 ARP-026 ARP-173", .rfc = kLearned, .linux_like = kLearned},
      {.name = "Truncated27", .cites = "ARP-040", .bend = resize(14 + 27), .malformed = DropReason::kArpShort},
      {.name = "Truncated8", .cites = "ARP-040", .bend = resize(14 + 8), .malformed = DropReason::kArpShort},
      {.name = "TruncatedAndPadded",
       .cites = "ARP-041",  // the byte that is cut off reads as zero: the target is 192.0.2.0
       .bend =
           [](Bytes& frame) {
             frame.resize(14 + 27);
             frame.resize(60);
           },
       .dropped = Reason::kArpNotOurTarget},
      {.name = "Padded", .cites = "ARP-008 ARP-007", .bend = resize(60), .rfc = kLearned, .linux_like = kLearned},
      {.name = "Hrd0", .cites = "ARP-042 ARP-005", .bend = put16(14, 0), .malformed = DropReason::kArpHardwareType},
      {.name = "Hrd7", .cites = "ARP-042", .bend = put16(14, 7), .malformed = DropReason::kArpHardwareType},
      {.name = "Hrd65535",
       .cites = "ARP-042 ARP-005",
       .bend = put16(14, 65535),
       .malformed = DropReason::kArpHardwareType},
      {.name = "Hrd6",
       .cites = "ARP-043",
       .bend = put16(14, 6),
       .linux_like = kLearned,
       .malformed = DropReason::kArpHardwareIeee802},
      {.name = "Pro", .cites = "ARP-044", .bend = put16(16, 0x86dd), .malformed = DropReason::kArpProtocolType},
      {.name = "Hln0", .cites = "ARP-044", .bend = put8(18, 0), .malformed = DropReason::kArpHardwareSize},
      {.name = "Hln5", .cites = "ARP-044", .bend = put8(18, 5), .malformed = DropReason::kArpHardwareSize},
      {.name = "Hln8", .cites = "ARP-044", .bend = put8(18, 8), .malformed = DropReason::kArpHardwareSize},
      {.name = "Pln0", .cites = "ARP-044", .bend = put8(19, 0), .malformed = DropReason::kArpProtocolSize},
      {.name = "Pln6", .cites = "ARP-044", .bend = put8(19, 6), .malformed = DropReason::kArpProtocolSize},
      {.name = "Pln16", .cites = "ARP-044", .bend = put8(19, 16), .malformed = DropReason::kArpProtocolSize},
      {.name = "ShaBroadcast",
       .cites = "ARP-045 DEC-07",
       .frame = {.sha = std::string(kBroadcast), .source = std::string(kPeerLink)},
       .linux_like = {.replied = true, .entry = "stale ff:ff:ff:ff:ff:ff"},
       .malformed = DropReason::kArpSenderLinkGroup},
      {.name = "ShaGroup",
       .cites = "ARP-045 DEC-07",
       .frame = {.sha = "01:00:5e:00:00:05", .source = std::string(kPeerLink)},
       .linux_like = {.replied = true, .entry = "stale 01:00:5e:00:00:05"},
       .malformed = DropReason::kArpSenderLinkGroup},
      {.name = "ShaZero",
       .cites = "ARP-045 DEC-07",
       .frame = {.sha = "00:00:00:00:00:00", .source = std::string(kPeerLink)},
       .linux_like = {.replied = true, .entry = "stale 00:00:00:00:00:00"},
       .malformed = DropReason::kArpSenderLinkZero},
      {.name = "ShaOurs",
       .cites = "ARP-045 DEC-07",
       .frame = {.sha = std::string(kOurLink), .source = std::string(kPeerLink)},
       .linux_like = {.replied = true, .entry = "stale 02:00:00:00:00:01"},
       .dropped = Reason::kArpOwnSenderLink},
      {.name = "EtherSourceGroup",
       .cites = "ARP-046",
       .frame = {.source = "03:00:00:00:00:02"},
       .linux_like = kLearned,
       .malformed = DropReason::kFrameSource},
      {.name = "EtherSourceOurs",
       .cites = "ARP-046",
       .frame = {.source = std::string(kOurLink)},
       .linux_like = kLearned,
       .dropped = Reason::kOwnLinkSource},
      {.name = "Op0", .cites = "ARP-047 ARP-005", .frame = {.operation = 0}, .malformed = DropReason::kArpOperation},
      {.name = "Op3", .cites = "ARP-047 ARP-006", .frame = {.operation = 3}, .malformed = DropReason::kArpOperation},
      {.name = "Op8", .cites = "ARP-047 ARP-006", .frame = {.operation = 8}, .malformed = DropReason::kArpOperation},
      {.name = "Op9", .cites = "ARP-047 ARP-006", .frame = {.operation = 9}, .malformed = DropReason::kArpOperation},
      {.name = "Op23", .cites = "ARP-047", .frame = {.operation = 23}, .malformed = DropReason::kArpOperation},
      {.name = "Op25", .cites = "ARP-047 ARP-005", .frame = {.operation = 25}, .malformed = DropReason::kArpOperation},
      {.name = "OpFfff",
       .cites = "ARP-047 ARP-005",
       .frame = {.operation = 0xffff},
       .malformed = DropReason::kArpOperation},
      {.name = "OpByteOrder",
       .cites = "ARP-047",
       .frame = {.operation = 0x0100},
       .malformed = DropReason::kArpOperation},
      {.name = "SpaOurs",
       .cites = "ARP-048",
       .frame = {.spa = "192.0.2.1"},
       .watched = "192.0.2.1",
       .rfc = {.defended = true},
       .dropped = Reason::kArpConflict},
      {.name = "Probe",
       .cites = "ARP-049 ACD-009 ACD-012",
       .frame = {.spa = "0.0.0.0"},
       .rfc = {.replied = true},
       .linux_like = {.replied = true}},
      {.name = "ReplyFromZero",
       .cites = "ARP-050",
       .frame = {.operation = 2, .spa = "0.0.0.0"},
       .malformed = DropReason::kArpReplyFromZero},
      {.name = "SpaLimitedBroadcast",
       .cites = "ARP-051",
       .frame = {.spa = "255.255.255.255"},
       .malformed = DropReason::kArpSenderAddress},
      {.name = "SpaMulticast",
       .cites = "ARP-051",
       .frame = {.spa = "224.0.0.5"},
       .malformed = DropReason::kArpSenderAddress},
      {.name = "SpaLoopback",
       .cites = "ARP-051",
       .frame = {.spa = "127.0.0.2"},
       .malformed = DropReason::kArpSenderAddress},
      {.name = "SpaDirectedBroadcast",
       .cites = "ARP-052",
       .frame = {.spa = "192.0.2.255"},
       .watched = "192.0.2.255",
       .linux_like = {.replied = true, .entry = "stale 02:00:00:00:00:02"},
       .dropped = Reason::kArpBroadcastSender},
      {.name = "SpaSubnetZero",
       .cites = "ARP-053",
       .frame = {.spa = "192.0.2.0"},
       .watched = "192.0.2.0",
       .rfc = {.replied = true},
       .linux_like = {.replied = true, .entry = "stale 02:00:00:00:00:02"},
       .dropped = Reason::kArpNotLearned},
      {.name = "SpaClassE",
       .cites = "ARP-053",
       .frame = {.spa = "240.0.0.1"},
       .watched = "240.0.0.1",
       .rfc = {.replied = true},
       .linux_like = {.replied = true, .entry = "stale 02:00:00:00:00:02"},
       .dropped = Reason::kArpNotLearned},
      {.name = "SpaOffSubnet",
       .cites = "ARP-054",
       .frame = {.spa = "198.51.100.7"},
       .watched = "198.51.100.7",
       .rfc = {.replied = true},
       .linux_like = {.replied = true, .entry = "stale 02:00:00:00:00:02"},
       .dropped = Reason::kArpNotLearned},
      {.name = "TpaBroadcast",
       .cites = "ARP-055",
       .frame = {.tpa = "255.255.255.255"},
       .malformed = DropReason::kArpTargetAddress},
      {.name = "TpaMulticast",
       .cites = "ARP-055",
       .frame = {.tpa = "224.0.0.1"},
       .malformed = DropReason::kArpTargetAddress},
      {.name = "TpaLoopback",
       .cites = "ARP-055",
       .frame = {.tpa = "127.0.0.1"},
       .malformed = DropReason::kArpTargetAddress},
      {.name = "TpaZero", .cites = "ARP-055", .frame = {.tpa = "0.0.0.0"}, .malformed = DropReason::kArpTargetAddress},
      {.name = "TpaNotOurs",
       .cites = "ARP-055 ARP-021",
       .frame = {.tpa = "192.0.2.9"},
       .dropped = Reason::kArpNotOurTarget},
      {.name = "PriorityTag",
       .cites = "ARP-056 PRT-009",
       .bend =
           [](Bytes& frame) {
             frame.insert(frame.begin() + 12, {0x81, 0x00, 0xe0, 0x00});
           },
       .rfc = kLearned,
       .linux_like = kLearned},
      {.name = "ForeignVlan",
       .cites = "ARP-057",
       .bend =
           [](Bytes& frame) {
             frame.insert(frame.begin() + 12, {0x81, 0x00, 0x00, 0x05});
           },
       .malformed = DropReason::kFrameVlan},
      {.name = "Rarp", .cites = "ARP-058", .bend = put16(12, 0x8035), .malformed = DropReason::kFrameEtherType},
      {.name = "Snap", .cites = "ARP-009 PRT-010", .bend = put16(12, 36), .malformed = DropReason::kFrameLlc},
  };
  return cases;
}

class HostileArp : public ::testing::TestWithParam<HostileCase> {
 protected:
  void run(const InterfaceSettings& settings, const Expected& expected) {
    cite_all(GetParam().cites);
    Harness h{{.settings = settings}};
    Bytes frame = arp(GetParam().frame);
    GetParam().bend(frame);
    h.receive(frame);
    const Lines frames = h.take_frames();
    ASSERT_EQ(frames.size(), expected.replied || expected.defended ? 1U : 0U) << ::testing::PrintToString(frames);
    if (expected.replied) {
      EXPECT_TRUE(frames[0].starts_with("arp reply 192.0.2.1 ")) << frames[0];
    }
    if (expected.defended) {
      EXPECT_TRUE(frames[0].starts_with("arp request 192.0.2.1 02:00:00:00:00:01 > 192.0.2.1 ")) << frames[0];
    }
    EXPECT_EQ(h.state(GetParam().watched), expected.entry);
    EXPECT_EQ(h.engine().neighbor_count(), expected.entry == "-" ? 0U : 1U);
    counters_ = h.counters();
  }
  InterfaceCounters counters_;
};

TEST_P(HostileArp, Rfc) {
  const HostileCase& c = GetParam();
  run(quiet(), c.rfc);
  std::uint64_t drops = 0;
  for (const std::uint64_t count : counters_.malformed) drops += count;
  EXPECT_EQ(drops, c.malformed ? 1U : 0U);
  if (c.malformed) {
    EXPECT_EQ(counters_.of(*c.malformed), 1U);
  }
  drops = 0;
  for (const std::uint64_t count : counters_.dropped) drops += count;
  EXPECT_EQ(drops, c.dropped ? 1U : 0U);
  if (c.dropped) {
    EXPECT_EQ(counters_.of(*c.dropped), 1U);
  }
}

TEST_P(HostileArp, Linux) { run(quiet_linux(), GetParam().linux_like); }

INSTANTIATE_TEST_SUITE_P(Part13, HostileArp, ::testing::ValuesIn(hostile_cases()),
                         [](const auto& each) { return std::string(each.param.name); });

// --- Part 1.2 ---

TEST(ArpInput, WholeEffectListOfARequest) {
  NEIGH_CITES("ARP-020", "ARP-022", "ARP-024", "ARP-173");
  Harness h;
  h.receive(arp());
  EXPECT_THAT(h.take(), ElementsAre("added 192.0.2.2 stale 02:00:00:00:00:02", kReply));
}

TEST(ArpInput, LinuxCountsItsAnswersAsUseOnlyForNd) {
  NEIGH_CITES("ARP-172", "LNX-040");
  Harness h{{.settings = quiet_linux()}};
  h.receive(arp());
  EXPECT_THAT(h.take(), ElementsAre("added 192.0.2.2 stale 02:00:00:00:00:02", kReply));
}

TEST(ArpInput, ForSomebodyElseUpdatesAndNeverCreates) {
  NEIGH_CITES("ARP-021", "ARP-060", "ARP-172");
  Harness h;
  h.receive(arp_request("192.0.2.2", "192.0.2.9"));
  EXPECT_THAT(h.take(), IsEmpty());
  h.enter("192.0.2.2", NudState::kReachable);
  h.advance(seconds{1});  // past the lock time
  h.receive(arp_request("192.0.2.2", "192.0.2.9", std::string(kOtherLink)));
  EXPECT_THAT(h.take(), ElementsAre("changed 192.0.2.2 reachable > stale 02:00:00:00:00:03"));
}

TEST(ArpInput, RepliesToTheSenderOfTheBodyNotOfTheFrame) {
  NEIGH_CITES("ARP-025", "ARP-031", "ARP-030");
  Harness h;
  h.enter("192.0.2.2", NudState::kReachable, kOtherLink);
  h.receive(arp({.source = std::string(kOtherLink)}));
  EXPECT_THAT(h.take(), ElementsAre("changed 192.0.2.2 reachable > stale 02:00:00:00:00:02", kReply));
}

TEST(ArpInput, TargetHardwareAddressOfARequestMeansNothing) {
  NEIGH_CITES("ARP-027");
  for (const char* tha : {"00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "02:00:00:00:00:01", "de:ad:be:ef:00:01"}) {
    Harness h;
    h.receive(arp({.tha = tha}));
    EXPECT_THAT(h.take_frames(), ElementsAre(kReply)) << tha;
  }
}

TEST(ArpInput, DestinationFilter) {
  NEIGH_CITES("ARP-028", "PRT-001");
  Harness h;
  h.receive(arp({.destination = std::string(kOurLink)}));
  EXPECT_THAT(h.take_frames(), ElementsAre(kReply));
  h.receive(arp({.destination = "33:33:00:00:00:01"}));  // a group that passes the filter
  EXPECT_THAT(h.take_frames(), ElementsAre(kReply));
  h.receive(arp({.destination = std::string(kOtherLink)}));
  h.receive(arp({.destination = "33:33:ff:00:00:77"}));
  EXPECT_THAT(h.take(), IsEmpty());
  EXPECT_EQ(h.drops(Reason::kNotForUs), 1U);
  EXPECT_EQ(h.drops(Reason::kGroupNotJoined), 1U);
}

TEST(ArpInput, LaterOfTwoAnswersWinsAfterTheLockTime) {
  NEIGH_CITES("ARP-029", "ARP-114", "ARP-192");
  Harness h;
  h.send(packet("192.0.2.1", "192.0.2.2"));
  h.receive(arp_reply("192.0.2.2"));
  h.take();
  h.receive(arp_reply("192.0.2.2", std::string(kOtherLink)));
  EXPECT_THAT(h.take(), IsEmpty());
  EXPECT_EQ(h.counters().ipv4.locked, 1U);
  h.advance(milliseconds{600});
  h.receive(arp_reply("192.0.2.2", std::string(kOtherLink)));
  EXPECT_THAT(h.take(), ElementsAre("changed 192.0.2.2 reachable > reachable 02:00:00:00:00:03"));
}

TEST(ArpInput, StrongAndWeakModel) {
  NEIGH_CITES("ARP-033");
  for (const bool weak : {false, true}) {
    InterfaceSettings settings = quiet();
    settings.answer_for_other_interfaces = weak;
    Harness h{{.settings = settings}};
    const auto eth1 = static_cast<InterfaceIndex>(3);
    ASSERT_TRUE(h.engine().add_interface(
        h.now(), {.index = eth1, .name = "eth1", .link_address = lla("02:00:00:00:01:01"), .settings = settings},
        h.out()));
    ASSERT_TRUE(h.engine().add_address(h.now(), eth1,
                                       {.address = ip("203.0.113.1"), .prefix_length = 24, .verify = false}, h.out()));
    h.take();
    h.receive(arp_request("192.0.2.2", "203.0.113.1"));
    EXPECT_EQ(h.take_frames().size(), weak ? 1U : 0U);
  }
}

// --- Replies and gratuitous ARP ---

TEST(ArpInput, UnaskedReplyDoesNotConfirmUnlessSet) {
  NEIGH_CITES("ARP-177", "ARP-170", "DEC-06");
  Harness h;
  h.enter("192.0.2.2", NudState::kStale);
  h.receive(arp_reply("192.0.2.2"));
  EXPECT_EQ(h.state("192.0.2.2"), "stale 02:00:00:00:00:02");
  EXPECT_EQ(h.counters().ipv4.not_asked, 1U);
  Harness l{{.settings = quiet_linux()}};
  l.enter("192.0.2.2", NudState::kStale);
  l.receive(arp_reply("192.0.2.2"));
  EXPECT_EQ(l.state("192.0.2.2"), "reachable 02:00:00:00:00:02");
}

TEST(ArpInput, BroadcastReplyNeverConfirms) {
  NEIGH_CITES("ARP-171");
  Harness h;
  h.send(packet("192.0.2.1", "192.0.2.2"));
  h.take();
  h.receive(arp_reply("192.0.2.2", std::string(kPeerLink), "192.0.2.1", std::string(kBroadcast)));
  EXPECT_THAT(h.take(), ElementsAre("changed 192.0.2.2 incomplete > stale 02:00:00:00:00:02",
                                    "ip 192.0.2.1 > 192.0.2.2 size 64 via 02:00:00:00:00:02",
                                    "changed 192.0.2.2 stale > delay 02:00:00:00:00:02"));
}

TEST(ArpInput, ReplyForSomebodyElseMergesAndConfirmsNothing) {
  NEIGH_CITES("ARP-059", "ARP-172");
  Harness h;
  h.enter("192.0.2.2", NudState::kReachable, kOtherLink);
  h.advance(seconds{1});
  h.receive(arp_reply("192.0.2.2", std::string(kPeerLink), "192.0.2.9"));
  EXPECT_THAT(h.take(), ElementsAre("changed 192.0.2.2 reachable > stale 02:00:00:00:00:02"));
}

TEST(ArpInput, PoisonedAnswerToOurRequestIsDropped) {
  NEIGH_CITES("ARP-061");
  for (const std::string& sha : {std::string(kOurLink), std::string(kBroadcast)}) {
    ArpFrame frame{.operation = 2, .sha = sha, .destination = std::string(kOurLink), .source = std::string(kPeerLink)};
    Harness h;
    h.send(packet("192.0.2.1", "192.0.2.2"));
    h.take();
    h.receive(arp(frame));
    EXPECT_THAT(h.take(), IsEmpty());
    EXPECT_EQ(h.state("192.0.2.2"), "incomplete");
    Harness l{{.settings = quiet_linux()}};
    l.send(packet("192.0.2.1", "192.0.2.2"));
    l.receive(arp(frame));
    EXPECT_EQ(l.state("192.0.2.2"), "reachable " + sha);
  }
}

TEST(ArpInput, ReplyWithoutEntryDoesNothing) {
  NEIGH_CITES("ARP-174", "ARP-130");
  Harness h;
  h.receive(arp_reply("192.0.2.2"));
  EXPECT_THAT(h.take(), IsEmpty());
  EXPECT_EQ(h.counters().ipv4.no_entry, 1U);
}

TEST(ArpInput, NoAnswerToAReply) {
  NEIGH_CITES("ARP-023");
  Harness h;
  h.enter("192.0.2.2", NudState::kStale);
  h.receive(arp_reply("192.0.2.2"));
  h.receive(arp_reply("192.0.2.2", std::string(kOtherLink)));
  EXPECT_THAT(h.take_frames(), IsEmpty());
}

TEST(ArpInput, GratuitousUpdatesNeverCreatesNeverConfirms) {
  NEIGH_CITES("ARP-130", "ARP-133", "ARP-137");
  for (const std::uint16_t operation : {std::uint16_t{1}, std::uint16_t{2}}) {
    const Bytes frame = arp({.operation = operation, .spa = "192.0.2.2", .tpa = "192.0.2.2"});
    Harness h;
    h.receive(frame);
    EXPECT_THAT(h.take(), IsEmpty());
    h.enter("192.0.2.2", NudState::kReachable, kOtherLink);
    h.receive(frame);  // within the lock time, too
    EXPECT_THAT(h.take(), ElementsAre("changed 192.0.2.2 reachable > stale 02:00:00:00:00:02"));
    h.receive(frame);
    EXPECT_THAT(h.take(), IsEmpty());
  }
}

TEST(ArpInput, GratuitousCreatesWhereSet) {
  NEIGH_CITES("ARP-131", "ARP-132");
  InterfaceSettings settings = quiet();
  settings.ipv4.create_from_gratuitous = true;
  Harness h{{.settings = settings}};
  h.receive(arp_request("192.0.2.2", "192.0.2.2"));
  EXPECT_THAT(h.take(), ElementsAre("added 192.0.2.2 stale 02:00:00:00:00:02"));
  settings.ipv4.ignore_gratuitous = true;
  Harness ignoring{{.settings = settings}};
  ignoring.enter("192.0.2.2", NudState::kReachable, kOtherLink);
  ignoring.receive(arp_request("192.0.2.2", "192.0.2.2"));
  EXPECT_THAT(ignoring.take(), IsEmpty());
}

TEST(ArpInput, StaticEntriesStay) {
  NEIGH_CITES("ARP-135");
  Harness h;
  h.enter("192.0.2.2", NudState::kPermanent, kOtherLink);
  h.receive(arp());
  EXPECT_THAT(h.take(), ElementsAre(kReply));
  h.receive(arp_reply("192.0.2.2"));
  h.receive(arp_request("192.0.2.2", "192.0.2.2"));
  EXPECT_THAT(h.take(), IsEmpty());
  EXPECT_EQ(h.state("192.0.2.2"), "permanent 02:00:00:00:00:03");
  EXPECT_EQ(h.counters().ipv4.static_mismatch, 3U);
}

TEST(ArpInput, LateSolicitedAnswerRevives) {
  NEIGH_CITES("ARP-176");
  Harness h;
  h.send(packet("192.0.2.1", "192.0.2.2"));
  h.advance(milliseconds{4 * 1'700 + 300});
  EXPECT_EQ(h.state("192.0.2.2"), "failed");
  h.take();
  h.receive(arp_reply("192.0.2.2"));
  EXPECT_THAT(h.take(), ElementsAre("changed 192.0.2.2 failed > reachable 02:00:00:00:00:02"));
}

TEST(ArpInput, EntryOffSubnetFollowsItsNeighbor) {
  NEIGH_CITES("ARP-054", "ARP-021");
  Harness h;
  h.enter("198.51.100.7", NudState::kReachable, kOtherLink);
  h.receive(arp_request("198.51.100.7", "192.0.2.1"));
  EXPECT_EQ(h.state("198.51.100.7"), "stale 02:00:00:00:00:02");
}

TEST(ArpInput, VlanInterfaceTagsWhatItSends) {
  NEIGH_CITES("ARP-057");
  Harness h{{.with_interface = false}};
  ASSERT_TRUE(h.engine().add_interface(
      h.now(), {.index = kEth0, .name = "eth0.5", .link_address = lla(kOurLink), .vlan = 5, .settings = quiet()},
      h.out()));
  ASSERT_TRUE(h.engine().add_address(h.now(), kEth0, {.address = ip("192.0.2.1"), .prefix_length = 24, .verify = false},
                                     h.out()));
  h.take();
  h.receive(arp());
  EXPECT_THAT(h.take(), IsEmpty());
  EXPECT_EQ(h.drops(wire::DropReason::kFrameVlan), 1U);
  Bytes tagged = arp();
  tagged.insert(tagged.begin() + 12, {0x81, 0x00, 0x00, 0x05});
  h.receive(tagged);
  EXPECT_THAT(h.take_frames(), ElementsAre(std::string(kReply) + " tag 5"));
}

}  // namespace
}  // namespace neigh::engine::test
