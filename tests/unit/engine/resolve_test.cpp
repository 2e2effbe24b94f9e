// SPDX-License-Identifier: Apache-2.0
// Resolution and the packet queue (parts 1.4 and 3.4 of the specification).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "harness.hpp"
#include "support/cites.hpp"

namespace neigh::engine::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kRequest =
    "arp request 192.0.2.1 02:00:00:00:00:01 > 192.0.2.2 00:00:00:00:00:00 via ff:ff:ff:ff:ff:ff";
constexpr std::string_view kSolicit =
    "ns fe80::2: fe80::1 > ff02::1:ff00:2 via 33:33:ff:00:00:02 slla 02:00:00:00:00:01";

TEST(Resolve4, QueuesAsksAndReleasesInOrder) {
  NEIGH_CITES("ARP-080", "ARP-083", "ARP-084", "ARP-170", "NUD-004");
  Harness h;
  EXPECT_EQ(h.send(packet("192.0.2.1", "192.0.2.2", 60)), SendOutcome::kQueued);
  EXPECT_EQ(h.send(packet("192.0.2.1", "192.0.2.2", 61)), SendOutcome::kQueued);
  EXPECT_THAT(h.take(), ElementsAre("added 192.0.2.2 incomplete", kRequest));
  h.receive(arp_reply("192.0.2.2"));
  EXPECT_THAT(h.take(), ElementsAre("changed 192.0.2.2 incomplete > reachable 02:00:00:00:00:02",
                                    "ip 192.0.2.1 > 192.0.2.2 size 60 via 02:00:00:00:00:02",
                                    "ip 192.0.2.1 > 192.0.2.2 size 61 via 02:00:00:00:00:02"));
  EXPECT_EQ(h.send(packet("192.0.2.1", "192.0.2.2", 62)), SendOutcome::kSent);
  EXPECT_THAT(h.take(), ElementsAre("ip 192.0.2.1 > 192.0.2.2 size 62 via 02:00:00:00:00:02"));
}

TEST(Resolve4, FailsEachPacketAfterTheLastInterval) {
  NEIGH_CITES("ARP-086", "ARP-087", "NDR-010", "DEC-04");
  Harness h;
  h.send(packet("192.0.2.1", "192.0.2.2", 60), 7);
  h.send(packet("192.0.2.1", "192.0.2.2", 61), 8);
  EXPECT_THAT(h.take(), ElementsAre("added 192.0.2.2 incomplete", kRequest));
  for (int i = 1; i < 4; ++i) {
    h.advance(milliseconds{1'699});
    EXPECT_THAT(h.take(), IsEmpty());
    h.advance(milliseconds{1});
    EXPECT_THAT(h.take(), ElementsAre(kRequest));
  }
  h.advance(milliseconds{1'700});
  EXPECT_THAT(h.take(), ElementsAre("changed 192.0.2.2 incomplete > failed",
                                    "failed 192.0.2.1 > 192.0.2.2: nobody answered, cookie 7, error",
                                    "failed 192.0.2.1 > 192.0.2.2: nobody answered, cookie 8, error"));
  // The short negative state: no request at line rate.
  EXPECT_EQ(h.send(packet("192.0.2.1", "192.0.2.2", 62), 9), SendOutcome::kFailed);
  EXPECT_THAT(h.take(), ElementsAre("failed 192.0.2.1 > 192.0.2.2: nobody answered, cookie 9, error"));
  h.advance(milliseconds{900});
  EXPECT_THAT(h.take(), ElementsAre("removed 192.0.2.2 failed"));
}

TEST(Resolve4, NobodyIsAskedForABroadcastAddressOrOurOwn) {
  NEIGH_CITES("ARP-082", "LIB-35");
  Harness h;
  Neighbor managed{.interface = kEth0, .state = NudState::kIncomplete};
  managed.flags.set(NeighborFlag::kManaged);
  const std::pair<std::string_view, std::string_view> cases[] = {{"192.0.2.255", kBroadcast}, {"192.0.2.1", kOurLink}};
  for (const auto& [address, link] : cases) {
    SCOPED_TRACE(address);
    managed.address = ip(address);
    const auto mapped = h.engine().resolve(h.now(), managed.key(), std::nullopt, h.out());
    ASSERT_TRUE(mapped) << mapped.error().message();
    EXPECT_EQ(*mapped, lla(link));
    EXPECT_FALSE(h.entry(address));
    const auto created = h.engine().create(h.now(), managed, h.out());
    ASSERT_TRUE(created) << created.error().message();
    EXPECT_EQ(h.entry(address)->state, NudState::kNoArp);
    EXPECT_EQ(h.entry(address)->link_address, lla(link));
    h.advance(seconds{100});
    EXPECT_THAT(h.take_frames(), IsEmpty());
  }
  EXPECT_EQ(h.engine().ask(h.now(), {.key = {.interface = kEth0, .address = ip("192.0.2.255")}}, h.out()).error().code,
            Errc::kInvalidArgument);
  // One that becomes ours while it is asked for.
  managed.address = ip("192.0.2.9");
  ASSERT_TRUE(h.engine().create(h.now(), managed, h.out()));
  EXPECT_EQ(h.take_frames().size(), 1U);
  ASSERT_TRUE(h.engine().add_address(h.now(), kEth0, {.address = ip("192.0.2.9"), .prefix_length = 24, .verify = false},
                                     h.out()));
  h.advance(seconds{100});
  EXPECT_THAT(h.take_frames(), IsEmpty());
}

TEST(Resolve6, AsksTheSolicitedNodeGroup) {
  NEIGH_CITES("NDR-002", "NDR-003", "NDR-004", "NDR-006", "NDR-008", "NDR-009");
  Harness h;
  EXPECT_EQ(h.send(packet("fe80::1", "fe80::2")), SendOutcome::kQueued);
  EXPECT_THAT(h.take(), ElementsAre("added fe80::2 incomplete", kSolicit));
  h.receive(na());
  EXPECT_THAT(h.take(), ElementsAre("changed fe80::2 incomplete > reachable 02:00:00:00:00:02",
                                    "ip fe80::1 > fe80::2 size 64 via 02:00:00:00:00:02"));
}

// The neighbor has a new link-layer address and nobody heard it say so.
TEST(Resolve6, AMissedAnnouncementIsMadeUpForByNud) {
  NEIGH_CITES("NAT-010", "NUD-008", "NUD-011");
  Harness h;
  h.enter("fe80::2", NudState::kStale);
  h.advance(seconds{3'600});
  EXPECT_THAT(h.take(), IsEmpty());  // nobody needs it
  Lines asked;
  for (int second = 0; second < 60 && h.state("fe80::2") != "incomplete"; ++second) {
    h.send(packet("fe80::1", "fe80::2"));
    for (const std::string& line : h.take_frames()) {
      if (line.starts_with("ns ")) asked.push_back(line);
    }
    h.advance(seconds{1});
  }
  ASSERT_EQ(h.state("fe80::2"), "incomplete");
  // The old address is asked and does not answer; then everybody is.
  const std::string_view probe = "ns fe80::2: fe80::1 > fe80::2 via 02:00:00:00:00:02 slla 02:00:00:00:00:01";
  ASSERT_EQ(asked.size(), quiet().ipv6.max_unicast_solicit + 1U);
  EXPECT_EQ(asked.front(), probe);
  EXPECT_EQ(asked[asked.size() - 2], probe);
  EXPECT_EQ(asked.back(), kSolicit);
  h.receive(na({.tllao = std::string(kOtherLink)}));
  EXPECT_EQ(h.state("fe80::2"), "reachable 02:00:00:00:00:03");
  EXPECT_EQ(h.send(packet("fe80::1", "fe80::2", 77)), SendOutcome::kSent);
  EXPECT_EQ(h.take_frames().back(), "ip fe80::1 > fe80::2 size 77 via 02:00:00:00:00:03");
}

TEST(Sources, OfThePromptingPacketIfOursElseOfTheSubnet) {
  NEIGH_CITES("ARP-080", "NDR-003");
  InterfaceSettings settings = quiet();
  settings.forwarding = true;
  Harness h{{.settings = settings}};
  const auto add = [&](std::string_view address, std::uint8_t length) {
    ASSERT_TRUE(h.engine().add_address(h.now(), kEth0,
                                       {.address = ip(address), .prefix_length = length, .verify = false}, h.out()));
    h.take();
  };
  add("192.0.2.3", 24);
  add("198.51.100.1", 24);
  add("2001:db8::3", 64);
  h.send(packet("192.0.2.3", "192.0.2.2"));
  EXPECT_THAT(h.take_frames(), ElementsAre("arp request 192.0.2.3 02:00:00:00:00:01 > 192.0.2.2 00:00:00:00:00:00 via "
                                           "ff:ff:ff:ff:ff:ff"));
  h.send(packet("203.0.113.9", "198.51.100.2"));  // forwarded: not our address
  EXPECT_THAT(h.take_frames(), ElementsAre("arp request 198.51.100.1 02:00:00:00:00:01 > 198.51.100.2 "
                                           "00:00:00:00:00:00 via ff:ff:ff:ff:ff:ff"));
  h.send(packet("2001:db8::3", "fe80::2"));
  EXPECT_THAT(h.take_frames(),
              ElementsAre("ns fe80::2: 2001:db8::3 > ff02::1:ff00:2 via 33:33:ff:00:00:02 slla 02:00:00:00:00:01"));
  h.send(packet("2001:db8:9::9", "fe80::3"));
  EXPECT_THAT(h.take_frames(),
              ElementsAre("ns fe80::3: fe80::1 > ff02::1:ff00:3 via 33:33:ff:00:00:03 slla 02:00:00:00:00:01"));
  h.send(packet("2001:db8:9::9", "2001:db8::4"));
  ASSERT_EQ(h.take_frames().size(), 1U);
}

TEST(Sources, NamedOneOfAnotherInterfaceIsUsedByArpAlone) {
  NEIGH_CITES("LIB-19", "NDR-003", "ARP-080");
  Harness h;
  const auto eth1 = static_cast<InterfaceIndex>(3);
  ASSERT_TRUE(h.engine().add_interface(
      h.now(), {.index = eth1, .name = "eth1", .link_address = lla("02:00:00:00:01:01"), .settings = quiet()},
      h.out()));
  for (const std::string_view address : {"198.51.100.1", "2001:db8:2::1"}) {
    ASSERT_TRUE(
        h.engine().add_address(h.now(), eth1, {.address = ip(address), .prefix_length = 24, .verify = false}, h.out()));
  }
  h.take();
  const NeighborKey four{.interface = kEth0, .address = ip("192.0.2.2")};
  const NeighborKey six{.interface = kEth0, .address = ip("fe80::2")};
  ASSERT_TRUE(h.engine().resolve(h.now(), four, ip("198.51.100.1"), h.out()));
  ASSERT_TRUE(h.engine().resolve(h.now(), six, ip("2001:db8:2::1"), h.out()));
  ASSERT_TRUE(h.engine().ask(h.now(), {.key = four, .source = ip("198.51.100.1")}, h.out()));
  const std::string_view request =
      "arp request 198.51.100.1 02:00:00:00:00:01 > 192.0.2.2 00:00:00:00:00:00 via ff:ff:ff:ff:ff:ff";
  EXPECT_THAT(h.take_frames(),
              ElementsAre(request, "ns fe80::2: fe80::1 > ff02::1:ff00:2 via 33:33:ff:00:00:02 slla 02:00:00:00:00:01",
                          request));
  h.send(packet("198.51.100.1", "192.0.2.3"));  // forwarded or not: a packet does not name it
  EXPECT_THAT(h.take_frames(), ElementsAre("arp request 192.0.2.1 02:00:00:00:00:01 > 192.0.2.3 00:00:00:00:00:00 via "
                                           "ff:ff:ff:ff:ff:ff"));
  // What answers to that address, and to it alone, answers us.
  h.receive(arp_reply("192.0.2.3", std::string(kOtherLink), "198.51.100.1"));
  EXPECT_EQ(h.state("192.0.2.3"), "delay 02:00:00:00:00:03");
  h.receive(arp_reply("192.0.2.2", std::string(kPeerLink), "198.51.100.1"));
  EXPECT_EQ(h.state("192.0.2.2"), "reachable 02:00:00:00:00:02");
}

TEST(Sources, WithoutAnyResolutionFailsAtOnce) {
  NEIGH_CITES("ARP-081");
  InterfaceSettings settings = quiet();
  settings.forwarding = true;
  Harness h{{.settings = settings, .with_addresses = false}};
  ASSERT_TRUE(h.engine().add_prefix(h.now(), kEth0, ip("192.0.2.0"), 24, h.out()));
  EXPECT_EQ(h.send(packet("203.0.113.9", "192.0.2.2"), 3), SendOutcome::kFailed);
  EXPECT_EQ(h.send(packet("2001:db8:9::9", "fe80::2"), 4), SendOutcome::kFailed);
  EXPECT_THAT(h.take(), ElementsAre("failed 203.0.113.9 > 192.0.2.2: no source address, cookie 3, error",
                                    "failed 2001:db8:9::9 > fe80::2: no source address, cookie 4, error"));
  EXPECT_EQ(h.engine().neighbor_count(), 0U);
  EXPECT_EQ(h.engine().resolve(h.now(), {.interface = kEth0, .address = ip("192.0.2.2")}, {}, h.out()).error().code,
            Errc::kUnreachable);
}

TEST(Nud, UsedNeighborIsProbedUnusedOneIsNot) {
  NEIGH_CITES("NUD-004", "NUD-005", "NUD-006", "NUD-007", "NUD-008", "NUD-010", "NUD-011", "NUD-012", "NDR-004",
              "ARP-112", "ARP-175");
  for (const auto& [v6, router] : {std::pair{false, false}, {true, false}, {true, true}}) {
    InterfaceSettings settings = quiet();
    settings.forwarding = router;  // routers look after hosts as hosts do
    Harness h{{.settings = settings}};
    h.take();
    const std::string own = v6 ? "fe80::1" : "192.0.2.1";
    const std::string peer = v6 ? "fe80::2" : "192.0.2.2";
    const std::string probe = v6 ? "ns fe80::2: fe80::1 > fe80::2 via 02:00:00:00:00:02 slla 02:00:00:00:00:01"
                                 : "arp request 192.0.2.1 02:00:00:00:00:01 > 192.0.2.2 00:00:00:00:00:00 via "
                                   "02:00:00:00:00:02";
    h.enter(peer, NudState::kStale);
    h.advance(seconds{600});
    EXPECT_THAT(h.take(), IsEmpty());
    h.enter(peer, NudState::kStale);
    EXPECT_EQ(h.send(packet(own, peer)), SendOutcome::kSent);
    h.take();
    h.advance(milliseconds{2'000});
    EXPECT_EQ(h.send(packet(own, peer)), SendOutcome::kSent);  // does not restart the delay
    h.take();
    h.advance(milliseconds{1'300});
    EXPECT_THAT(h.take(), ElementsAre("changed " + peer + " delay > probe 02:00:00:00:00:02", probe));
    EXPECT_EQ(h.send(packet(own, peer)), SendOutcome::kSent);
    h.take();
    h.advance(milliseconds{1'700});
    EXPECT_THAT(h.take(), ElementsAre(probe));
    h.advance(milliseconds{1'700});
    EXPECT_THAT(h.take(), ElementsAre("changed " + peer + " probe > failed"));
    h.advance(milliseconds{900});
    h.take();
    EXPECT_EQ(h.send(packet(own, peer)), SendOutcome::kQueued);  // by multicast again
    EXPECT_FALSE(h.take_frames().front().ends_with("via 02:00:00:00:00:02"));
    // Never for multicast: nothing is kept of a group.
    const std::size_t neighbors = h.engine().neighbor_count();
    EXPECT_EQ(h.send(packet(own, v6 ? "ff02::1:3" : "224.0.0.251")), SendOutcome::kSent);
    EXPECT_EQ(h.engine().neighbor_count(), neighbors);
  }
}

TEST(Nud, AnswerToTheProbeConfirms) {
  NEIGH_CITES("NAR-024", "NUD-001", "FSM-20");
  Harness h;
  h.enter("fe80::2", NudState::kProbe);
  h.receive(na());
  EXPECT_THAT(h.take(), ElementsAre("changed fe80::2 probe > reachable 02:00:00:00:00:02"));
  h.advance(seconds{9});
  EXPECT_EQ(h.state("fe80::2"), "reachable 02:00:00:00:00:02");  // at least half of 20 s
  h.advance(seconds{21});
  EXPECT_EQ(h.state("fe80::2"), "stale 02:00:00:00:00:02");
}

TEST(Nud, MereTrafficFromANeighborConfirmsNothing) {
  NEIGH_CITES("NUD-002");
  Harness h;
  h.enter("fe80::2", NudState::kStale);
  h.enter("192.0.2.2", NudState::kStale);
  h.receive(framed(packet("fe80::2", "fe80::1")));
  h.receive(framed(packet("192.0.2.2", "192.0.2.1")));
  EXPECT_THAT(h.take(), ElementsAre("deliver fe80::2 > fe80::1", "deliver 192.0.2.2 > 192.0.2.1"));
  EXPECT_EQ(h.entry("fe80::2")->state, NudState::kStale);
  EXPECT_EQ(h.entry("192.0.2.2")->state, NudState::kStale);
}

TEST(Resolve, WithoutAPacket) {
  Harness h;
  const NeighborKey key{.interface = kEth0, .address = ip("192.0.2.2")};
  auto started = h.engine().resolve(h.now(), key, ip("192.0.2.1"), h.out());
  ASSERT_TRUE(started);
  EXPECT_FALSE(*started);
  EXPECT_EQ(h.take_frames().size(), 1U);
  h.receive(arp_reply("192.0.2.2"));
  EXPECT_THAT(h.take(), ElementsAre("changed 192.0.2.2 incomplete > reachable 02:00:00:00:00:02"));
  EXPECT_EQ(**h.engine().resolve(h.now(), key, {}, h.out()), lla(kPeerLink));
  const auto code = [&](const NeighborKey& of) { return h.engine().resolve(h.now(), of, {}, h.out()).error().code; };
  EXPECT_EQ(code({.interface = kEth0, .address = ip("224.0.0.1")}), Errc::kInvalidArgument);
  EXPECT_EQ(code({.interface = kEth0, .address = ip("127.0.0.1")}), Errc::kInvalidArgument);
  EXPECT_EQ(code({.address = ip("192.0.2.2")}), Errc::kInvalidArgument);
  EXPECT_EQ(code({.interface = static_cast<InterfaceIndex>(9), .address = ip("192.0.2.2")}), Errc::kNoSuchInterface);
}

TEST(Resolve, LinuxStartsAFailedOneOverAtOnce) {
  NEIGH_CITES("LNX-037", "LNX-036", "ARP-088");
  Harness h{{.settings = quiet_linux()}};
  h.send(packet("192.0.2.1", "192.0.2.2"));
  for (int second = 0; second < 3; ++second) {
    EXPECT_EQ(h.take_frames().size(), 1U) << second;
    h.advance(seconds{1});
  }
  EXPECT_THAT(h.take(), ElementsAre("changed 192.0.2.2 incomplete > failed",
                                    "failed 192.0.2.1 > 192.0.2.2: nobody answered, cookie 0, error"));
  h.send(packet("192.0.2.1", "192.0.2.2"));
  EXPECT_EQ(h.take_frames().size(), 1U);
}

}  // namespace
}  // namespace neigh::engine::test
