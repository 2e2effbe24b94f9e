// SPDX-License-Identifier: Apache-2.0
// Proxy entries, single and by prefix (part 1.7, NAT-011, 5.8), and the groups of an interface (NDF-023, PRT-005).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.hpp"
#include "support/cites.hpp"

namespace neigh::engine::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr std::string_view kReply =
    "arp reply 192.0.2.50 02:00:00:00:00:01 > 192.0.2.2 02:00:00:00:00:02 via 02:00:00:00:00:02";

Neighbor proxy(std::string_view address) {
  Neighbor neighbor{.address = ip(address), .interface = kEth0, .state = NudState::kNone};
  neighbor.flags.set(NeighborFlag::kProxy);
  return neighbor;
}

InterfaceSettings prompt() {
  InterfaceSettings settings = quiet();
  settings.proxy_delay = milliseconds{0};
  return settings;
}

TEST(Proxy, AnswersWithOurOwnAddress) {
  NEIGH_CITES("ARP-150", "ARP-153");
  Harness h{{.settings = prompt()}};
  ASSERT_TRUE(h.engine().create(h.now(), proxy("192.0.2.50"), h.out()));
  EXPECT_THAT(h.take(), IsEmpty());
  EXPECT_EQ(h.engine().neighbor_count(), 0U);
  h.receive(arp_request("192.0.2.2", "192.0.2.50"));
  EXPECT_THAT(h.take_frames(), ElementsAre(kReply));
  h.receive(arp_request("192.0.2.2", "192.0.2.51"));
  EXPECT_THAT(h.take_frames(), IsEmpty());
  h.advance(seconds{600});  // never probed
  EXPECT_THAT(h.take_frames(), IsEmpty());
}

TEST(Proxy, NeverAnswersTheOwner) {
  NEIGH_CITES("ARP-150", "ARP-151", "EVP-001");
  Harness h{{.settings = prompt()}};
  ASSERT_TRUE(h.engine().create(h.now(), proxy("192.0.2.50"), h.out()));
  h.receive(arp_request("192.0.2.50", "192.0.2.50", std::string(kOtherLink)));  // its announcement
  EXPECT_THAT(h.take_frames(), IsEmpty());
  h.receive(arp_request("0.0.0.0", "192.0.2.50", std::string(kOtherLink)));  // a probe of somebody unknown
  EXPECT_EQ(h.take_frames().size(), 1U);
  h.enter("192.0.2.50", NudState::kStale, kOtherLink);
  h.receive(arp_request("0.0.0.0", "192.0.2.50", std::string(kOtherLink)));  // the owner's probe
  EXPECT_THAT(h.take_frames(), IsEmpty());
  EXPECT_EQ(h.drops(Reason::kProxyOwner), 1U);
}

TEST(Proxy, WaitsARandomTimeUnlessAskedAlone) {
  NEIGH_CITES("ARP-152", "NAT-007");
  Harness h;
  ASSERT_TRUE(h.engine().create(h.now(), proxy("192.0.2.50"), h.out()));
  h.receive(arp({.tpa = "192.0.2.50", .destination = std::string(kOurLink)}));
  EXPECT_THAT(h.take_frames(), ElementsAre(kReply));
  h.receive(arp_request("192.0.2.2", "192.0.2.50"));
  EXPECT_THAT(h.take_frames(), IsEmpty());
  h.advance(milliseconds{800});
  EXPECT_THAT(h.take_frames(), ElementsAre(kReply));
}

TEST(Proxy, DelayedAnswersAreBounded) {
  NEIGH_CITES("ARP-152", "EXH-003");
  InterfaceSettings settings = quiet();
  settings.proxy_queue = 5;
  Harness h{{.settings = settings}};
  ASSERT_TRUE(h.engine().create(h.now(), proxy("192.0.2.50"), h.out()));
  for (int i = 0; i < 8; ++i) h.receive(arp_request("192.0.2.2", "192.0.2.50"));
  EXPECT_EQ(h.drops(Reason::kProxyQueueFull), 3U);
  h.advance(seconds{1});
  EXPECT_EQ(h.take_frames().size(), 5U);
  h.receive(arp_request("192.0.2.2", "192.0.2.50"));
  ASSERT_TRUE(h.engine().remove(h.now(), proxy("192.0.2.50").key(), h.out()));
  h.advance(seconds{1});
  EXPECT_THAT(h.take_frames(), IsEmpty());  // no longer ours to answer for
}

TEST(Proxy, PrefixOfIpv4) {
  NEIGH_CITES("ARP-150");
  Harness h{{.settings = prompt()}};
  ASSERT_TRUE(h.engine().add_proxy_prefix(h.now(), kEth0, ip("192.0.2.48"), 28, h.out()));
  EXPECT_EQ(h.engine().add_proxy_prefix(h.now(), kEth0, ip("192.0.2.49"), 28, h.out()).error().code,
            Errc::kAlreadyExists);
  h.receive(arp_request("192.0.2.2", "192.0.2.50"));
  h.receive(arp_request("192.0.2.2", "192.0.2.64"));
  EXPECT_THAT(h.take_frames(), ElementsAre(kReply));
  ASSERT_TRUE(h.engine().remove_proxy_prefix(h.now(), kEth0, ip("192.0.2.48"), 28, h.out()));
  h.receive(arp_request("192.0.2.2", "192.0.2.50"));
  EXPECT_THAT(h.take_frames(), IsEmpty());
}

TEST(Proxy, PrefixStandsInForHostsOnly) {
  NEIGH_CITES("ARP-055", "ARP-150");
  Harness h{{.settings = prompt()}};
  ASSERT_TRUE(h.engine().add_proxy_prefix(h.now(), kEth0, ip("192.0.2.0"), 24, h.out()));
  h.receive(arp_request("0.0.0.0", "192.0.2.255"));
  h.receive(arp_request("0.0.0.0", "192.0.2.0"));
  EXPECT_THAT(h.take_frames(), IsEmpty());
  EXPECT_EQ(h.drops(Reason::kArpNotOurTarget), 2U);
  h.receive(arp_request("0.0.0.0", "192.0.2.50"));
  EXPECT_EQ(h.take_frames().size(), 1U);
}

TEST(Proxy, PrefixIsNotForThoseInsideIt) {
  NEIGH_CITES("ARP-150");
  Harness h{{.settings = prompt()}};
  ASSERT_TRUE(h.engine().add_proxy_prefix(h.now(), kEth0, ip("192.0.2.48"), 28, h.out()));
  h.receive(arp_request("192.0.2.49", "192.0.2.50"));
  EXPECT_THAT(h.take_frames(), IsEmpty());
  EXPECT_EQ(h.drops(Reason::kProxyOwner), 1U);
  h.receive(arp_request("192.0.2.2", "192.0.2.50"));
  EXPECT_THAT(h.take_frames(), ElementsAre(kReply));
  // An entry of its own is for all who ask.
  ASSERT_TRUE(h.engine().create(h.now(), proxy("192.0.2.50"), h.out()));
  h.receive(arp_request("192.0.2.49", "192.0.2.50"));
  EXPECT_EQ(h.take_frames().size(), 1U);
}

TEST(Proxy, AdvertsOfIpv6HaveNoOverrideAndDadIsAnswered) {
  NEIGH_CITES("NAT-003", "NAT-006", "NAT-011", "LNX-099", "EVP-001");
  Harness h{{.settings = prompt()}};
  ASSERT_TRUE(h.engine().create(h.now(), proxy("2001:db8::50"), h.out()));
  EXPECT_THAT(h.take(), ElementsAre("listen 33:33:ff:00:00:50"));
  h.receive(ns({.source = "2001:db8::2", .target = "2001:db8::50"}));
  EXPECT_THAT(h.take(), ElementsAre("added 2001:db8::2 stale 02:00:00:00:00:02",
                                    "na 2001:db8::50: 2001:db8::1 > 2001:db8::2 via 02:00:00:00:00:02 flags S tlla "
                                    "02:00:00:00:00:01"));
  h.receive(ns({.source = "::", .target = "2001:db8::50", .sllao = ""}));
  EXPECT_THAT(h.take(), ElementsAre("na 2001:db8::50: 2001:db8::1 > ff02::1 via 33:33:00:00:00:01 flags - tlla "
                                    "02:00:00:00:00:01"));
  ASSERT_TRUE(h.engine().remove(h.now(), proxy("2001:db8::50").key(), h.out()));
  EXPECT_THAT(h.take(), ElementsAre("ignore 33:33:ff:00:00:50"));
}

TEST(Proxy, VerifiesWhatItAnsweredForIpv6) {
  NEIGH_CITES("NSR-001", "NAT-011");
  Harness h;  // asked alone, so without the delay
  ASSERT_TRUE(h.engine().create(h.now(), proxy("2001:db8::50"), h.out()));
  ASSERT_TRUE(h.engine().add_proxy_prefix(h.now(), kEth0, ip("2001:db8:7::"), 64, h.out()));
  h.enter("2001:db8::2", NudState::kStale);
  h.take();
  for (const std::string target : {"2001:db8::50", "2001:db8:7::50"}) {
    h.receive(ns(
        {.source = "2001:db8::2", .destination = target, .target = target, .link_destination = std::string(kOurLink)}));
    EXPECT_THAT(h.take_frames(), ElementsAre("na " + target +
                                             ": 2001:db8::1 > 2001:db8::2 via 02:00:00:00:00:02 flags S tlla "
                                             "02:00:00:00:00:01"));
  }
  // Neither for an address that we do not stand in for, nor any other packet to one.
  h.receive(ns({.source = "2001:db8::2",
                .destination = "2001:db8::51",
                .target = "2001:db8::51",
                .link_destination = std::string(kOurLink)}));
  h.receive(framed(packet("2001:db8::2", "2001:db8::50")));
  EXPECT_THAT(h.take(), IsEmpty());
  EXPECT_EQ(h.drops(Reason::kIpNotForUs), 2U);
}

TEST(Proxy, PrefixOfIpv6ListensToEveryGroup) {
  NEIGH_CITES("NAT-011", "NDF-023");
  Harness h{{.settings = prompt()}};
  ASSERT_TRUE(h.engine().add_proxy_prefix(h.now(), kEth0, ip("2001:db8:7::"), 64, h.out()));
  EXPECT_THAT(h.take(), ElementsAre("listen all"));
  h.receive(ns({.source = "2001:db8::2", .target = "2001:db8:7::abcd:ef01"}));
  EXPECT_EQ(h.take_frames().size(), 1U);
  ASSERT_TRUE(h.engine().remove_proxy_prefix(h.now(), kEth0, ip("2001:db8:7::"), 64, h.out()));
  EXPECT_THAT(h.take(), ElementsAre("ignore all"));
}

TEST(Proxy, ContractOfTheTable) {
  NEIGH_CITES("ARP-153", "RTN-104");
  Harness h;
  ASSERT_TRUE(h.engine().create(h.now(), proxy("192.0.2.50"), h.out()));
  EXPECT_EQ(h.engine().create(h.now(), proxy("192.0.2.50"), h.out()).error().code, Errc::kAlreadyExists);
  EXPECT_EQ(h.engine().set(h.now(), proxy("192.0.2.51"), h.out()).error().code, Errc::kNotFound);
  ASSERT_TRUE(h.engine().replace(h.now(), proxy("192.0.2.51"), h.out()));
  EXPECT_TRUE(h.engine().get(h.now(), proxy("192.0.2.50").key())->flags.has(NeighborFlag::kProxy));
  EXPECT_FALSE(h.entry("192.0.2.50"));
  std::size_t listed = 0;
  h.engine().visit(h.now(), {.proxies = true}, [&](const Neighbor&) { ++listed; });
  EXPECT_EQ(listed, 2U);
  h.engine().visit(h.now(), {}, [&](const Neighbor&) { ++listed; });
  EXPECT_EQ(listed, 2U);
  EXPECT_EQ(*h.engine().flush(h.now(), {.proxies = true}, h.out()), 2U);
  EXPECT_EQ(h.engine().remove(h.now(), proxy("192.0.2.50").key(), h.out()).error().code, Errc::kNotFound);
  EXPECT_THAT(h.take(), IsEmpty());
}

// --- Groups ---

InterfaceSettings reporting() {
  InterfaceSettings settings = quiet();
  settings.multicast_listener_reports = true;
  return settings;
}

TEST(Groups, SolicitedNodeGroupIsLeftWithItsLastAddress) {
  NEIGH_CITES("NDF-023", "NDF-024");
  Harness h;
  EXPECT_THAT(h.engine().groups(kEth0), UnorderedElementsAre(lla("33:33:00:00:00:01"), lla("33:33:ff:00:00:01")));
  ASSERT_TRUE(h.engine().remove_address(h.now(), kEth0, ip("fe80::1"), h.out()));
  EXPECT_THAT(h.take(), ElementsAre("address fe80::1 removed"));
  ASSERT_TRUE(h.engine().remove_address(h.now(), kEth0, ip("2001:db8::1"), h.out()));
  EXPECT_THAT(h.take(), ElementsAre("address 2001:db8::1 removed", "ignore 33:33:ff:00:00:01"));
}

TEST(Groups, JoiningAndLeavingIsReportedTwice) {
  NEIGH_CITES("PRT-005", "PRT-004", "DAD-002", "DAD-015");
  Harness h{{.settings = reporting(), .settle = seconds{10}}};
  ASSERT_TRUE(h.engine().add_address(h.now(), kEth0, {.address = ip("2001:db8::77"), .verify = false}, h.out()));
  EXPECT_THAT(h.take(), ElementsAre("listen 33:33:ff:00:00:77", "mld join ff02::1:ff00:77 from fe80::1",
                                    "address 2001:db8::77 preferred"));
  h.advance(seconds{1});
  EXPECT_THAT(h.take(), ElementsAre("mld join ff02::1:ff00:77 from fe80::1"));
  ASSERT_TRUE(h.engine().remove_address(h.now(), kEth0, ip("2001:db8::77"), h.out()));
  EXPECT_THAT(h.take(), ElementsAre("address 2001:db8::77 removed", "ignore 33:33:ff:00:00:77",
                                    "mld leave ff02::1:ff00:77 from fe80::1"));
  h.advance(seconds{1});
  EXPECT_THAT(h.take(), ElementsAre("mld leave ff02::1:ff00:77 from fe80::1"));
  h.advance(seconds{60});
  EXPECT_THAT(h.take(), IsEmpty());
}

TEST(Groups, ReportGoesBeforeTheFirstProbeFromNobody) {
  NEIGH_CITES("DAD-002", "DAD-004", "PRT-005");
  Harness h{{.settings = reporting(), .with_addresses = false}};
  ASSERT_TRUE(h.engine().add_address(h.now(), kEth0, {.address = ip("fe80::7")}, h.out()));
  EXPECT_THAT(h.take_frames(), IsEmpty());
  h.advance(seconds{1});
  Lines lines = h.take_frames();
  ASSERT_GE(lines.size(), 2U);
  EXPECT_EQ(lines[0], "mld join ff02::1:ff00:7 from ::");
  EXPECT_EQ(lines[1], "ns fe80::7: :: > ff02::1:ff00:7 via 33:33:ff:00:00:07 slla - nonce");
  h.advance(milliseconds{1'700});
  lines = h.take_frames();
  EXPECT_EQ(lines.back(), "mld is ff02::1:ff00:7 from fe80::7");  // again, now that there is a source
}

Bytes mld_query(std::string_view group, std::uint16_t max_response_ms) {
  // IPv6 with hop-by-hop router alert, ICMPv6 130; the checksum is summed up below.
  Bytes out = framed(packet("fe80::9", group == "::" ? "ff02::1" : group, 40 + 8 + 28), "33:33:00:00:00:01");
  out[14 + 6] = 0;
  out[14 + 7] = 1;
  const std::size_t hop = 14 + 40;
  const Bytes header = {58,
                        0,
                        5,
                        2,
                        0,
                        0,
                        1,
                        0,
                        130,
                        0,
                        0,
                        0,
                        static_cast<std::uint8_t>(max_response_ms >> 8U),
                        static_cast<std::uint8_t>(max_response_ms),
                        0,
                        0};
  std::copy(header.begin(), header.end(), out.begin() + hop);
  const IpAddress address = ip(group);
  const auto bytes = address.bytes();
  std::copy(bytes.begin(), bytes.end(), out.begin() + hop + 16);
  std::uint32_t sum = 58 + 28;
  for (std::size_t at = 14 + 8; at < out.size(); at += 2) {
    if (at >= hop && at < hop + 8) continue;
    sum += static_cast<std::uint32_t>(out[at] << 8U | out[at + 1]);
  }
  while (sum > 0xffffU) sum = (sum & 0xffffU) + (sum >> 16U);
  out[hop + 10] = static_cast<std::uint8_t>(~sum >> 8U);
  out[hop + 11] = static_cast<std::uint8_t>(~sum);
  return out;
}

TEST(Groups, QueriesAreAnsweredOnceInTime) {
  NEIGH_CITES("PRT-005");
  Harness h{{.settings = reporting(), .settle = seconds{10}}};
  h.receive(mld_query("::", 2'000));
  h.receive(mld_query("::", 2'000));
  EXPECT_THAT(h.take_frames(), IsEmpty());
  h.advance(seconds{2});
  EXPECT_THAT(h.take_frames(), ElementsAre("mld is ff02::1:ff00:1 from fe80::1"));
  h.receive(mld_query("ff02::1:ff00:99", 1));  // not ours
  h.advance(seconds{60});
  EXPECT_THAT(h.take_frames(), IsEmpty());
}

TEST(Groups, RouterListensToAllRouters) {
  NEIGH_CITES("NDF-023", "RTS-001", "NAT-005");
  InterfaceSettings settings = quiet();
  Harness h{{.settings = settings}};
  settings.forwarding = true;
  settings.announce_link_changes = true;
  ASSERT_TRUE(h.engine().change_settings(h.now(), kEth0, settings, h.out()));
  const Lines lines = h.take();
  // NAT-005: everybody hears that we are a router now; nothing is new of IPv4.
  EXPECT_THAT(
      lines,
      ElementsAre("listen 33:33:00:00:00:02",
                  "na 2001:db8::1: 2001:db8::1 > ff02::1 via 33:33:00:00:00:01 flags RO tlla 02:00:00:00:00:01"));
  h.advance(milliseconds{20});
  EXPECT_THAT(h.take_frames(),
              ElementsAre("na fe80::1: fe80::1 > ff02::1 via 33:33:00:00:00:01 flags RO tlla 02:00:00:00:00:01"));
  settings.forwarding = false;
  ASSERT_TRUE(h.engine().change_settings(h.now(), kEth0, settings, h.out()));
  EXPECT_EQ(h.take().front(), "ignore 33:33:00:00:00:02");
}

}  // namespace
}  // namespace neigh::engine::test
