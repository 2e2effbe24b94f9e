// SPDX-License-Identifier: Apache-2.0
// Everything a peer or a caller can grow has a limit (parts 1.9, 5.5; DEC-09, NAT-012).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

#include "engine/packet_queue.hpp"
#include "harness.hpp"
#include "support/cites.hpp"

namespace neigh::engine::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string address4(std::uint32_t number) {
  return "10." + std::to_string(number >> 16U & 0xffU) + "." + std::to_string(number >> 8U & 0xffU) + "." +
         std::to_string(number & 0xffU);
}

// --- The packet queue ---

TEST(Queue, OldestGoesOrderStaysAndTheLostComeBack) {
  NEIGH_CITES("ARP-084", "NDR-005", "DEC-09");
  InterfaceSettings settings = quiet();
  settings.queue_packets = 3;
  Harness h{{.settings = settings}};
  for (std::uint64_t i = 0; i < 5; ++i) h.send(packet("192.0.2.1", "192.0.2.2", 60 + i), i);
  EXPECT_THAT(h.take(), ElementsAre("added 192.0.2.2 incomplete",
                                    "arp request 192.0.2.1 02:00:00:00:00:01 > 192.0.2.2 00:00:00:00:00:00 via "
                                    "ff:ff:ff:ff:ff:ff",
                                    "failed 192.0.2.1 > 192.0.2.2: queue full, cookie 0",
                                    "failed 192.0.2.1 > 192.0.2.2: queue full, cookie 1"));
  h.receive(arp_reply("192.0.2.2"));
  EXPECT_THAT(h.take_frames(), ElementsAre("ip 192.0.2.1 > 192.0.2.2 size 62 via 02:00:00:00:00:02",
                                           "ip 192.0.2.1 > 192.0.2.2 size 63 via 02:00:00:00:00:02",
                                           "ip 192.0.2.1 > 192.0.2.2 size 64 via 02:00:00:00:00:02"));
}

TEST(Queue, BytesOfOneNeighbor) {
  NEIGH_CITES("ARP-084", "DEC-09");
  InterfaceSettings settings = quiet();
  settings.queue_bytes = 3'000;
  Harness h{{.settings = settings}};
  for (int i = 0; i < 4; ++i) h.send(packet("192.0.2.1", "192.0.2.2", 1'400));
  EXPECT_EQ(h.engine().queued_packets(), 2U);
  EXPECT_EQ(h.engine().queued_bytes(), 2'800U);
}

TEST(Queue, WholeEngine) {
  NEIGH_CITES("DEC-09", "EXH-003");
  EngineLimits limits;
  limits.queue_packets = 4;
  Harness h{{.limits = limits}};
  for (int i = 2; i < 8; ++i)
    h.send(packet("192.0.2.1", "192.0.2." + std::to_string(i)), static_cast<std::uint64_t>(i));
  EXPECT_EQ(h.engine().queued_packets(), 4U);
  Lines failed;
  for (std::string& line : h.take()) {
    if (line.starts_with("failed")) failed.push_back(std::move(line));
  }
  EXPECT_THAT(failed, ElementsAre("failed 192.0.2.1 > 192.0.2.2: queue full, cookie 2",
                                  "failed 192.0.2.1 > 192.0.2.3: queue full, cookie 3"));
}

TEST(Queue, PacketLargerThanALimitDisplacesNobody) {
  PacketQueue queue({.packets = 10, .bytes = 1'000});
  std::vector<QueuedPacket> displaced;
  queue.push(1, {.bytes = Bytes(100), .cookie = 1}, {.packets = 4, .bytes = 500}, displaced);
  queue.push(1, {.bytes = Bytes(501), .cookie = 2}, {.packets = 4, .bytes = 500}, displaced);
  ASSERT_EQ(displaced.size(), 1U);
  EXPECT_EQ(displaced[0].cookie, 2U);
  EXPECT_EQ(queue.packets(1), 1U);
  EXPECT_EQ(queue.audit(), "");
  EXPECT_EQ(queue.take(1).size(), 1U);
  EXPECT_EQ(queue.bytes(), 0U);
  EXPECT_EQ(queue.audit(), "");
}

TEST(Queue, FailuresSayWhetherAnErrorMayAnswer) {
  NEIGH_CITES("NDR-011");
  Harness h;
  const auto fails_with_error = [&](const Bytes& bytes) {
    h.send(bytes);
    const Lines lines = h.take();
    return !lines.empty() && lines.back().ends_with(", error");
  };
  EXPECT_TRUE(fails_with_error(packet("192.0.2.1", "198.51.100.1")));
  Bytes icmp = packet("192.0.2.1", "198.51.100.1");
  icmp[9] = 1;
  icmp[20] = 8;  // echo request
  EXPECT_TRUE(fails_with_error(icmp));
  icmp[20] = 3;  // destination unreachable
  EXPECT_FALSE(fails_with_error(icmp));
  Bytes fragment = packet("192.0.2.1", "198.51.100.1");
  fragment[7] = 5;
  EXPECT_FALSE(fails_with_error(fragment));
  EXPECT_FALSE(fails_with_error(packet("0.0.0.0", "198.51.100.1")));
  Bytes icmp6 = packet("2001:db8::1", "2001:db8:9::1");
  icmp6[6] = 58;
  icmp6[40] = 1;
  EXPECT_FALSE(fails_with_error(icmp6));
  icmp6[40] = 137;
  EXPECT_FALSE(fails_with_error(icmp6));
  icmp6[40] = 128;
  EXPECT_TRUE(fails_with_error(icmp6));
}

TEST(Queue, BadPacketsAreRefused) {
  Harness h;
  EXPECT_EQ(h.send({}), SendOutcome::kFailed);
  EXPECT_EQ(h.send({0x45, 0, 0}), SendOutcome::kFailed);
  Bytes longer = packet("192.0.2.1", "192.0.2.2");
  longer.push_back(0);
  EXPECT_EQ(h.send(longer), SendOutcome::kFailed);
  EXPECT_EQ(h.send(packet("192.0.2.1", "192.0.2.2", 1'501)), SendOutcome::kFailed);
  const Lines lines = h.take();
  ASSERT_EQ(lines.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_THAT(lines[i], ::testing::HasSubstr(i < 3 ? ": bad packet" : ": too big")) << lines[i];
    EXPECT_THAT(lines[i], ::testing::Not(::testing::HasSubstr("error"))) << lines[i];
  }
  EXPECT_EQ(h.engine().neighbor_count(), 0U);
}

TEST(Queue, ComesBackWhenTheInterfaceGoes) {
  NEIGH_CITES("FSM-29", "PRT-011");
  constexpr std::array<std::string_view, 6> kReasons = {"interface down", "interface down",      "interface removed",
                                                        "entry removed",  "family switched off", "entry removed"};
  for (std::size_t how = 0; how < kReasons.size(); ++how) {
    Harness h;
    h.send(packet("192.0.2.1", "192.0.2.2"), 5);
    h.take();
    if (how == 0) {
      ASSERT_TRUE(h.engine().set_up(h.now(), kEth0, false, h.out()));
    } else if (how == 1) {
      ASSERT_TRUE(h.engine().set_running(h.now(), kEth0, false, h.out()));
    } else if (how == 2) {
      ASSERT_TRUE(h.engine().remove_interface(h.now(), kEth0, h.out()));
    } else if (how == 3) {
      ASSERT_TRUE(h.engine().remove(h.now(), {.interface = kEth0, .address = ip("192.0.2.2")}, h.out()));
    } else if (how == 4) {
      ASSERT_TRUE(h.engine().set_family(h.now(), kEth0, Family::kIpv4, false, h.out()));
    } else {
      ASSERT_TRUE(h.engine().flush(h.now(), {}, h.out()));
    }
    const Lines lines = h.take();
    const std::string reason(kReasons[how]);
    EXPECT_THAT(lines, ::testing::Contains("failed 192.0.2.1 > 192.0.2.2: " + reason + ", cookie 5, error")) << how;
    EXPECT_EQ(h.engine().queued_packets(), 0U);
  }
}

// --- Rates ---

TEST(Rates, OneRequestPerDestinationAndRetransTimerOverTheWholeLife) {
  NEIGH_CITES("ARP-085", "NDR-007", "DEC-05");
  Harness h;
  h.send(packet("192.0.2.1", "192.0.2.2"));
  EXPECT_EQ(h.take_frames().size(), 1U);
  ASSERT_TRUE(h.engine().remove(h.now(), {.interface = kEth0, .address = ip("192.0.2.2")}, h.out()));
  h.send(packet("192.0.2.1", "192.0.2.2"));
  EXPECT_THAT(h.take_frames(), IsEmpty());
  h.advance(milliseconds{1'699});
  EXPECT_THAT(h.take_frames(), IsEmpty());
  h.advance(milliseconds{1});
  EXPECT_EQ(h.take_frames().size(), 1U);
}

TEST(Rates, AnswersAreLimitedAndKnownPeersGoFirst) {
  NEIGH_CITES("NAT-012", "EXH-002");
  InterfaceSettings settings = quiet();
  settings.advert_rate = 100;
  settings.advert_burst = 100;
  Harness h{{.settings = settings}};
  h.enter("fe80::2", NudState::kReachable);
  std::size_t strangers = 0;
  std::size_t friends = 0;
  for (int i = 0; i < 1'000; ++i) {  // one second: a stranger each millisecond, a friend each 25
    h.receive(ns({.source = "fe80::f:" + std::to_string(1'000 + i)}));
    strangers += h.take_frames().size();
    if (i % 25 == 0) {
      h.receive(ns());
      friends += h.take_frames().size();
    }
    h.advance(milliseconds{1});
  }
  EXPECT_EQ(friends, 40U);
  EXPECT_LE(strangers, 50U + 51U);  // half the burst, half the rate
  EXPECT_GE(strangers, 90U);
  EXPECT_GT(h.drops(Reason::kAnswerRate), 800U);
}

TEST(Rates, AFloodKeepsNoAnswerFromAnyNeighborThatIsKnown) {
  NEIGH_CITES("NAT-012", "EXH-002");
  InterfaceSettings settings = quiet();
  settings.advert_rate = 100;
  settings.advert_burst = 100;
  for (const NudState state : {NudState::kReachable, NudState::kStale, NudState::kDelay, NudState::kProbe}) {
    Harness h{{.settings = settings}};
    h.enter("fe80::2", state);
    h.enter("192.0.2.2", state);
    // Two more have only asked once.
    h.receive(ns({.source = "fe80::3", .sllao = "02:00:00:00:00:03", .link = "02:00:00:00:00:03"}));
    h.receive(arp_request("192.0.2.3", "192.0.2.1", "02:00:00:00:00:03"));
    h.take();
    std::size_t answers = 0;
    for (int i = 0; i < 2'000; ++i) {
      h.receive(ns({.source = "fe80::f:" + std::to_string(1'000 + i)}));
      h.receive(arp_request("198.51.100." + std::to_string(i % 250 + 1), "192.0.2.1"));
      h.take_frames();
      if (i % 100 == 50) {
        h.receive(ns());
        h.receive(ns({.source = "fe80::3", .sllao = "02:00:00:00:00:03", .link = "02:00:00:00:00:03"}));
        h.receive(arp_request("192.0.2.2", "192.0.2.1"));
        h.receive(arp_request("192.0.2.3", "192.0.2.1", "02:00:00:00:00:03"));
        answers += h.take_frames().size();
      }
      h.advance(milliseconds{1});
      h.take_frames();  // our own probes
    }
    EXPECT_EQ(answers, 80U) << to_string(state);
    EXPECT_GT(h.drops(Reason::kAnswerRate), 3'000U);
  }
}

TEST(Rates, WhoAskedOnceAndComesAgainLeavesRoomForNeighborsInUse) {
  NEIGH_CITES("NAT-012", "EXH-002");
  InterfaceSettings settings = quiet();
  settings.advert_rate = 100;
  settings.advert_burst = 100;
  Harness h{{.settings = settings}};
  h.enter("fe80::2", NudState::kStale);
  std::size_t answers = 0;
  for (int i = 0; i < 2'000; ++i) {  // 50 addresses in turn
    h.receive(ns({.source = "fe80::f:" + std::to_string(1'000 + i % 50)}));
    h.take_frames();
    if (i % 100 != 50) continue;
    h.receive(ns());
    answers += h.take_frames().size();
    h.advance(milliseconds{100});
  }
  EXPECT_EQ(answers, 20U);
  EXPECT_GT(h.drops(Reason::kAnswerRate), 1'500U);
}

TEST(Rates, TheFamiliesHaveAnswersOfTheirOwn) {
  NEIGH_CITES("NAT-012");
  InterfaceSettings settings = quiet();
  settings.advert_rate = 100;
  settings.advert_burst = 100;
  Harness h{{.settings = settings}};
  for (int i = 0; i < 200; ++i) h.receive(ns({.source = "fe80::f:" + std::to_string(1'000 + i)}));
  EXPECT_EQ(h.take_frames().size(), 50U);
  for (int i = 0; i < 200; ++i) h.receive(arp_request("198.51.100." + std::to_string(i + 1), "192.0.2.1"));
  EXPECT_EQ(h.take_frames().size(), 50U);
}

TEST(Rates, LearningHasAQuotaAndTheReplyIsStillSent) {
  NEIGH_CITES("ARP-190", "EXH-006", "ARP-191", "GRD-005");
  InterfaceSettings settings = quiet();
  settings.ipv4.max_unsolicited = 10;
  settings.advert_rate = 0;
  Harness h{{.settings = settings}};
  for (std::uint32_t i = 0; i < 50; ++i) h.receive(arp_request("192.0.2." + std::to_string(100 + i), "192.0.2.1"));
  EXPECT_EQ(h.take_frames().size(), 50U);
  EXPECT_EQ(h.engine().neighbor_count(), 10U);
}

TEST(Rates, AnswersDoNotTurnStrangersIntoUsedNeighbors) {
  NEIGH_CITES("ARP-190", "EXH-006");
  InterfaceSettings settings = quiet();
  settings.ipv6.max_unsolicited = 10;
  settings.advert_rate = 0;
  Harness h{{.settings = settings}};
  for (int i = 0; i < 50; ++i) h.receive(ns({.source = "fe80::f:" + std::to_string(1'000 + i)}));
  EXPECT_EQ(h.take_frames().size(), 50U);
  EXPECT_EQ(h.engine().neighbor_count(), 10U);
  h.advance(seconds{30});
  EXPECT_THAT(h.take_frames(), IsEmpty());  // nobody is probed for having asked
}

// --- EXH-007 ---

struct Sweep {
  std::size_t own_lost = 0;
  std::size_t requests = 0;
  std::size_t most_neighbors = 0;
  std::size_t most_memory = 0;
  std::size_t peer_probes = 0;
  std::string peer;
};

/// 65,536 addresses at 10 k/s, and a neighbor that answers and gets 10 packets a second.
Sweep sweep(const HarnessOptions& options, bool v6) {
  Harness h{options};
  const std::string own = v6 ? "2001:db8::1" : "10.0.0.1";
  const std::string peer = v6 ? "2001:db8::2" : "10.0.0.2";
  if (!v6) {
    EXPECT_TRUE(
        h.engine().add_address(h.now(), kEth0, {.address = ip(own), .prefix_length = 8, .verify = false}, h.out()));
    h.take();
  }
  h.enter(peer, NudState::kReachable);
  Sweep out;
  const std::string to_peer = v6 ? "ip 2001:db8::1 > 2001:db8::2 " : "ip 10.0.0.1 > 10.0.0.2 ";
  std::array<char, 64> text{};
  for (std::uint32_t i = 0; i < 65'536; ++i) {
    std::snprintf(text.data(), text.size(), "2001:db8::5:%x", i);
    h.send(packet(own, v6 ? std::string(text.data()) : address4(i + 0x50000)), i);
    if (i % 1'000 == 0) {  // every 100 ms
      EXPECT_EQ(h.send(packet(own, peer), 7'000'000), SendOutcome::kSent);
    }
    h.advance(std::chrono::microseconds{100});
    if (i % 100 != 99) continue;
    for (const std::string& line : h.take()) {
      const bool request = line.starts_with("arp request") || line.starts_with("ns ");
      const bool for_peer =
          line.starts_with("arp request 10.0.0.1 02:00:00:00:00:01 > 10.0.0.2 ") || line.starts_with("ns 2001:db8::2:");
      if (for_peer) {
        ++out.peer_probes;
        h.receive(v6 ? na({.source = peer, .destination = own, .target = peer})
                     : arp_reply(peer, std::string(kPeerLink), own));
      }
      if (request && !for_peer) ++out.requests;
      if (line.find("cookie 7000000") != std::string::npos) ++out.own_lost;
    }
    out.most_neighbors = std::max(out.most_neighbors, h.engine().neighbor_count());
    out.most_memory = std::max(out.most_memory, h.engine().memory_bytes());
  }
  out.peer = h.state(peer);
  EXPECT_EQ(h.audit(), "");
  return out;
}

TEST(Exhaustion, SweepLeavesANeighborInUseUntouched) {
  NEIGH_CITES("EXH-001", "EXH-003", "EXH-004", "EXH-005", "EXH-007", "ARP-191", "NDS-009");
  for (const bool v6 : {false, true}) {
    InterfaceSettings settings = quiet();
    settings.ipv4.base_reachable_time = settings.ipv6.base_reachable_time =
        milliseconds{1'000};  // proven again and again
    settings.ipv4.solicit_rate = settings.ipv6.solicit_rate = 500;
    settings.ipv4.solicit_burst = settings.ipv6.solicit_burst = 500;
    EngineLimits limits;
    limits.cache.max_entries = 2'000;
    const Sweep got = sweep({.settings = settings, .limits = limits}, v6);
    EXPECT_EQ(got.own_lost, 0U);
    EXPECT_GE(got.peer_probes, 1U) << "the neighbor was never in danger";
    EXPECT_TRUE(got.peer == "reachable 02:00:00:00:00:02" || got.peer == "stale 02:00:00:00:00:02" ||
                got.peer == "delay 02:00:00:00:00:02" || got.peer == "probe 02:00:00:00:00:02")
        << got.peer;
    EXPECT_LE(got.requests, 500U + 500U * 7U);  // the burst, and 6.6 s at the rate
    EXPECT_LE(got.most_neighbors, 2'000U);
    EXPECT_LE(got.most_memory, 8U * 1'024 * 1'024);
  }
}

// --- Asks ---

TEST(Asks, AreBoundedAndEnd) {
  NEIGH_CITES("ARP-080", "NDR-002");
  EngineLimits limits;
  limits.max_asks = 2;
  Harness h{{.limits = limits}};
  const AskRequest request{
      .key = {.interface = kEth0, .address = ip("192.0.2.2")}, .attempts = 2, .interval = milliseconds{300}};
  ASSERT_EQ(*h.engine().ask(h.now(), request, h.out()), 1U);
  ASSERT_EQ(*h.engine().ask(h.now(), request, h.out()), 2U);
  EXPECT_EQ(h.engine().ask(h.now(), request, h.out()).error().code, Errc::kTableFull);
  h.engine().cancel_ask(1);
  h.take();
  h.advance(milliseconds{100});
  h.receive(arp_reply("192.0.2.2"));
  EXPECT_THAT(h.take(), ElementsAre("ask 2: 02:00:00:00:00:02 after 100 ms", "ask 2 ended"));
  EXPECT_EQ(h.engine().neighbor_count(), 0U);
  ASSERT_TRUE(h.engine().ask(h.now(), request, h.out()));
  h.take();
  h.advance(milliseconds{300});
  EXPECT_EQ(h.take_frames().size(), 1U);
  h.advance(milliseconds{300});
  EXPECT_THAT(h.take(), ElementsAre("ask 3 ended"));
}

TEST(Asks, TellsEveryOwnerOnceAndKeepsListening) {
  Harness h;
  ASSERT_TRUE(h.engine().ask(
      h.now(), {.key = {.interface = kEth0, .address = ip("fe80::2")}, .attempts = 1, .all_answers = true}, h.out()));
  EXPECT_THAT(h.take(),
              ElementsAre("ns fe80::2: fe80::1 > ff02::1:ff00:2 via 33:33:ff:00:00:02 slla 02:00:00:00:00:01"));
  h.receive(na({.flags = "RSO"}));
  h.receive(na({.flags = "RSO"}));
  h.receive(na({.tllao = std::string(kOtherLink)}));
  EXPECT_THAT(h.take(),
              ElementsAre("ask 1: 02:00:00:00:00:02 router after 0 ms", "ask 1: 02:00:00:00:00:03 after 0 ms"));
  h.advance(seconds{1});
  EXPECT_THAT(h.take(), ElementsAre("ask 1 ended"));
}

TEST(Asks, ForAnOwnAddressIsAProbe) {
  NEIGH_CITES("ACD-002", "DAD-003");
  Harness h;
  ASSERT_TRUE(h.engine().ask(h.now(), {.key = {.interface = kEth0, .address = ip("192.0.2.1")}}, h.out()));
  ASSERT_TRUE(h.engine().ask(h.now(), {.key = {.interface = kEth0, .address = ip("fe80::1")}}, h.out()));
  EXPECT_THAT(h.take(),
              ElementsAre("arp request 0.0.0.0 02:00:00:00:00:01 > 192.0.2.1 00:00:00:00:00:00 via ff:ff:ff:ff:ff:ff",
                          "ns fe80::1: :: > ff02::1:ff00:1 via 33:33:ff:00:00:01 slla -"));
  h.receive(arp_reply("192.0.2.1", std::string(kPeerLink), "0.0.0.0"));
  EXPECT_EQ(h.take().front(), "ask 1: 02:00:00:00:00:02 after 0 ms");
}

TEST(Asks, Refusals) {
  Harness h;
  const auto code = [&](const AskRequest& request) { return h.engine().ask(h.now(), request, h.out()).error().code; };
  const NeighborKey key{.interface = kEth0, .address = ip("192.0.2.2")};
  EXPECT_EQ(code({.key = {.interface = kEth0, .address = ip("224.0.0.1")}}), Errc::kInvalidArgument);
  EXPECT_EQ(code({.key = {.interface = kEth0}}), Errc::kInvalidArgument);
  EXPECT_EQ(code({.key = key, .attempts = 0}), Errc::kInvalidArgument);
  EXPECT_EQ(code({.key = key, .attempts = 101}), Errc::kInvalidArgument);
  EXPECT_EQ(code({.key = key, .interval = milliseconds{0}}), Errc::kInvalidArgument);
  EXPECT_EQ(code({.key = key, .source = ip("fe80::1")}), Errc::kInvalidArgument);
  EXPECT_EQ(code({.key = key, .source = ip("192.0.2.9")}), Errc::kNoSuchAddress);
  EXPECT_EQ(code({.key = {.interface = static_cast<InterfaceIndex>(9), .address = key.address}}),
            Errc::kNoSuchInterface);
  ASSERT_TRUE(h.engine().remove_address(h.now(), kEth0, ip("192.0.2.1"), h.out()));
  EXPECT_EQ(code({.key = key}), Errc::kUnreachable);
  ASSERT_TRUE(h.engine().set_up(h.now(), kEth0, false, h.out()));
  EXPECT_EQ(code({.key = key}), Errc::kUnreachable);
}

}  // namespace
}  // namespace neigh::engine::test
