// SPDX-License-Identifier: Apache-2.0
// IPv6 duplicate address detection (parts 5.1, 5.2) and what follows it (5.7).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <variant>

#include "harness.hpp"
#include "support/cites.hpp"
#include "wire/checksum.hpp"

namespace neigh::engine::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kProbe = "ns 2001:db8::7: :: > ff02::1:ff00:7 via 33:33:ff:00:00:07 slla - nonce";

InterfaceSettings dad_settings(std::uint32_t transmits = 2) {
  InterfaceSettings settings = quiet();
  settings.dup_addr_detect_transmits = transmits;
  return settings;
}

class DadTest : public ::testing::Test {
 protected:
  Result<void> add(std::string_view address, bool optimistic = false) {
    return h.engine().add_address(h.now(), kEth0, {.address = ip(address), .optimistic = optimistic}, h.out());
  }
  std::string state_of(Harness& host, std::string_view address) {
    const auto all = *host.engine().addresses(kEth0);
    for (const OwnAddress& own : all) {
      if (own.address != ip(address)) continue;
      constexpr std::array<std::string_view, 4> kNames = {"tentative", "optimistic", "preferred", "duplicate"};
      return std::string(kNames.at(static_cast<std::size_t>(own.state)));
    }
    return "-";
  }
  std::string state_of(std::string_view address) { return state_of(h, address); }
  Harness h{{.settings = dad_settings()}};
};

TEST_F(DadTest, ProbesWithoutDelayOnceTheInterfaceHasSpoken) {
  NEIGH_CITES("DAD-001", "DAD-002", "DAD-003", "DAD-005", "EDD-001", "RTR-006");
  h.send(packet("2001:db8::1", "ff02::1:3"));  // something of IPv6 went out
  h.take();
  ASSERT_TRUE(add("2001:db8::7"));
  EXPECT_THAT(h.take(), ElementsAre("listen 33:33:ff:00:00:07", "address 2001:db8::7 tentative", kProbe));
  h.advance(milliseconds{1'699});
  EXPECT_THAT(h.take(), IsEmpty());
  h.advance(milliseconds{1});
  EXPECT_THAT(h.take(), ElementsAre(kProbe));
  h.advance(milliseconds{1'699});
  EXPECT_THAT(h.take(), IsEmpty());
  h.advance(milliseconds{1});
  EXPECT_THAT(h.take(), ElementsAre("address 2001:db8::7 preferred"));
}

TEST_F(DadTest, FirstPacketOfTheInterfaceWaitsAndListensMeanwhile) {
  NEIGH_CITES("DAD-004", "DAD-015", "DAD-008");
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Harness fresh{{.settings = dad_settings(), .with_addresses = false, .seed = seed}};
    ASSERT_TRUE(fresh.engine().add_address(fresh.now(), kEth0, {.address = ip("2001:db8::7")}, fresh.out()));
    EXPECT_THAT(fresh.take(), ElementsAre("listen 33:33:ff:00:00:07", "address 2001:db8::7 tentative"));
    fresh.advance(milliseconds{1'000});
    EXPECT_EQ(fresh.take_frames().size(), 1U);
  }
  // A duplicate is seen before our own first NS.
  Harness early{{.settings = dad_settings(), .with_addresses = false}};
  ASSERT_TRUE(early.engine().add_address(early.now(), kEth0, {.address = ip("2001:db8::7")}, early.out()));
  early.take();
  early.receive(ns({.source = "::", .target = "2001:db8::7", .sllao = ""}));
  EXPECT_THAT(early.take(), ElementsAre("address 2001:db8::7 duplicate 02:00:00:00:00:02", "ignore 33:33:ff:00:00:07"));
}

TEST_F(DadTest, OffMeansAtOnce) {
  NEIGH_CITES("DAD-001");
  Harness off{{.settings = dad_settings(0)}};
  ASSERT_TRUE(off.engine().add_address(off.now(), kEth0, {.address = ip("2001:db8::7")}, off.out()));
  EXPECT_THAT(off.take(), ElementsAre("listen 33:33:ff:00:00:07", "address 2001:db8::7 preferred"));
  ASSERT_TRUE(h.engine().add_address(h.now(), kEth0, {.address = ip("2001:db8::a"), .anycast = true}, h.out()));
  EXPECT_EQ(state_of("2001:db8::a"), "preferred");  // not for anycast
}

TEST_F(DadTest, TentativeAddressIsNobodys) {
  NEIGH_CITES("DAD-006", "DAD-007", "NSR-002", "NAT-008", "NDR-003");
  ASSERT_TRUE(add("2001:db8::7"));
  h.advance(seconds{1});
  h.take();
  h.receive(ns({.target = "2001:db8::7"}));
  EXPECT_THAT(h.take(), IsEmpty());
  EXPECT_EQ(h.drops(Reason::kNdTentativeTarget), 1U);
  EXPECT_EQ(h.engine().neighbor_count(), 0U);
  h.receive(ns({.destination = "2001:db8::7"}));
  h.receive(na({.destination = "2001:db8::7"}));
  h.receive(framed(packet("fe80::2", "2001:db8::7")));
  EXPECT_THAT(h.take(), IsEmpty());
  EXPECT_EQ(h.drops(Reason::kNdTentativeDestination), 3U);
  EXPECT_EQ(h.send(packet("2001:db8::7", "fe80::2")), SendOutcome::kFailed);
  EXPECT_THAT(h.take(), ElementsAre("failed 2001:db8::7 > fe80::2: no source address, cookie 0, error"));
  EXPECT_EQ(state_of("2001:db8::7"), "tentative");
}

TEST_F(DadTest, EveryKindOfDuplicate) {
  NEIGH_CITES("DAD-008", "DAD-009", "DAD-011", "EDD-004", "DAD-012");
  const std::vector<Bytes> frames = {
      ns({.source = "::", .target = "2001:db8::7", .sllao = ""}),
      ns({.source = "::", .target = "2001:db8::7", .sllao = "", .nonce = {1, 2, 3, 4, 5, 6}}),
      ns({.source = "::", .target = "2001:db8::7", .sllao = "", .link = std::string(kOurLink)}),
      na({.source = "2001:db8::7", .destination = "ff02::1", .target = "2001:db8::7", .flags = "O"}),
      na({.source = "2001:db8::7", .destination = "ff02::1", .target = "2001:db8::7", .flags = "", .tllao = ""}),
      na({.source = "2001:db8::7",
          .destination = "ff02::1",
          .target = "2001:db8::7",
          .flags = "O",
          .tllao = std::string(kOurLink),
          .link = std::string(kOurLink)}),
  };
  for (const Bytes& frame : frames) {
    Harness fresh{{.settings = dad_settings()}};
    ASSERT_TRUE(fresh.engine().add_address(fresh.now(), kEth0, {.address = ip("2001:db8::7")}, fresh.out()));
    fresh.advance(seconds{1});
    fresh.take();
    fresh.receive(frame);
    const Lines lines = fresh.take();
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_TRUE(lines[0].starts_with("address 2001:db8::7 duplicate")) << lines[0];
    EXPECT_EQ(lines[1], "ignore 33:33:ff:00:00:07");
    fresh.advance(seconds{60});
    EXPECT_THAT(fresh.take(), IsEmpty());
    EXPECT_EQ(fresh.counters().conflicts, 1U);
  }
}

TEST_F(DadTest, InvalidMessagesDoNotFailIt) {
  NEIGH_CITES("DAD-010");
  ASSERT_TRUE(add("2001:db8::7"));
  h.advance(seconds{1});
  h.take();
  const Bytes good = ns({.source = "::", .target = "2001:db8::7", .sllao = ""});
  Bytes hop_limit = good;
  hop_limit[14 + 7] = 254;
  Bytes checksum = good;
  checksum[14 + 42] ^= 1U;
  Bytes elsewhere = good;  // to all nodes
  for (std::size_t i = 0; i < 16; ++i) elsewhere[14 + 24 + i] = 0;
  elsewhere[14 + 24] = 0xff;
  elsewhere[14 + 25] = 0x02;
  elsewhere[14 + 39] = 0x01;
  /// A frame that something was done to, with a good checksum.
  const auto mended = [](Bytes frame) {
    const auto address = [&](std::size_t at) { return *IpAddress::from_bytes(std::span(frame).subspan(14 + at, 16)); };
    frame[14 + 42] = frame[14 + 43] = 0;
    const std::uint16_t sum = wire::icmp6_checksum(address(8), address(24), std::span(frame).subspan(14 + 40));
    frame[14 + 42] = static_cast<std::uint8_t>(sum >> 8U);
    frame[14 + 43] = static_cast<std::uint8_t>(sum);
    return frame;
  };
  const Bytes advert = na({.source = "fe80::2", .destination = "ff02::1", .target = "2001:db8::7", .flags = "O"});
  std::vector<Bytes> bad = {hop_limit, checksum, elsewhere};
  for (const Bytes& base : {good, advert}) {
    Bytes code = base;
    code[14 + 41] = 1;
    bad.push_back(mended(code));
    Bytes target_group = base;
    target_group[14 + 48] = 0xff;
    bad.push_back(mended(target_group));
    Bytes cut = base;  // an ICMP length of 23
    cut.resize(14 + 40 + 23);
    cut[14 + 5] = 23;
    bad.push_back(mended(cut));
    Bytes option = base;
    option.insert(option.end(), {253, 0, 0, 0, 0, 0, 0, 0});
    option[14 + 5] = static_cast<std::uint8_t>(option[14 + 5] + 8);
    bad.push_back(mended(option));
  }
  Bytes with_link = ns({.target = "2001:db8::7"});
  std::fill_n(with_link.begin() + 14 + 8, 16, std::uint8_t{0});  // from ::
  bad.push_back(mended(with_link));
  Bytes unicast = good;
  std::copy_n(good.begin() + 14 + 48, 16, unicast.begin() + 14 + 24);
  bad.push_back(mended(unicast));
  Bytes solicited = advert;  // to all nodes
  solicited[14 + 44] |= 0x40U;
  bad.push_back(mended(solicited));
  for (const Bytes& frame : bad) h.receive(frame);
  EXPECT_THAT(h.take(), IsEmpty());
  std::uint64_t counted = 0;
  for (const std::uint64_t count : h.counters().malformed) counted += count;
  EXPECT_EQ(counted, bad.size());
  EXPECT_EQ(state_of("2001:db8::7"), "tentative");
  h.advance(seconds{10});
  EXPECT_EQ(state_of("2001:db8::7"), "preferred");
}

TEST_F(DadTest, HardwareLinkLocalDuplicateStopsIpv6) {
  NEIGH_CITES("DAD-012");
  Harness fresh{{.settings = dad_settings(), .with_addresses = false}};
  ASSERT_TRUE(fresh.engine().add_address(fresh.now(), kEth0, {.address = ip("fe80::ff:fe00:1")}, fresh.out()));
  ASSERT_TRUE(
      fresh.engine().add_address(fresh.now(), kEth0, {.address = ip("2001:db8::1"), .verify = false}, fresh.out()));
  fresh.advance(seconds{1});
  fresh.take();
  fresh.receive(ns({.source = "::", .target = "fe80::ff:fe00:1", .sllao = ""}));
  EXPECT_EQ(state_of(fresh, "fe80::ff:fe00:1"), "duplicate");
  EXPECT_EQ(state_of(fresh, "2001:db8::1"), "tentative");
  fresh.take();
  fresh.receive(ns({.target = "2001:db8::1"}));
  EXPECT_THAT(fresh.take(), IsEmpty());
  EXPECT_EQ(fresh.drops(Reason::kFamilyDisabled), 1U);
  EXPECT_FALSE(fresh.engine().interfaces()[0].ipv6);
  EXPECT_EQ(fresh.send(packet("2001:db8::1", "fe80::2")), SendOutcome::kFailed);
  fresh.advance(seconds{600});
  EXPECT_THAT(fresh.take_frames(), IsEmpty());
  // Down and up is the operator's new try.
  ASSERT_TRUE(fresh.engine().set_up(fresh.now(), kEth0, false, fresh.out()));
  ASSERT_TRUE(fresh.engine().set_up(fresh.now(), kEth0, true, fresh.out()));
  fresh.advance(seconds{10});
  EXPECT_EQ(state_of(fresh, "fe80::ff:fe00:1"), "preferred");
}

TEST_F(DadTest, OtherLinkLocalDuplicateStopsNothingElse) {
  NEIGH_CITES("DAD-012");
  ASSERT_TRUE(add("fe80::7"));
  h.receive(na({.source = "fe80::7", .destination = "ff02::1", .target = "fe80::7", .flags = "O"}));
  EXPECT_EQ(state_of("fe80::7"), "duplicate");
  EXPECT_EQ(state_of("fe80::1"), "preferred");
}

// --- Enhanced DAD ---

TEST_F(DadTest, LoopedProbesAreNoDuplicateAndProlongIt) {
  NEIGH_CITES("EDD-001", "EDD-002", "EDD-003");
  h.send(packet("2001:db8::1", "ff02::1:3"));
  h.take();
  ASSERT_TRUE(add("2001:db8::7"));
  std::vector<Bytes> probes;
  const auto collect = [&] {
    for (const Effect& effect : h.out()) {
      if (const auto* sent = std::get_if<SendFrame>(&effect)) {
        const auto bytes = h.out().bytes(sent->bytes);
        probes.emplace_back(bytes.begin(), bytes.end());
      }
    }
    h.take();
  };
  collect();
  // Each probe comes back, for two rounds: 2 + 4 sends (DupAddrDetectTransmits, MAX_MULTICAST_SOLICIT).
  for (int sends = 1; sends < 6; ++sends) {
    ASSERT_EQ(probes.size(), static_cast<std::size_t>(sends));
    h.receive(probes.back());
    EXPECT_EQ(state_of("2001:db8::7"), "tentative");
    const TimePoint at = h.now() + milliseconds{1'700};
    h.engine().on_deadline(at, h.out());
    collect();
    h.advance(milliseconds{1'700});
    collect();
  }
  EXPECT_EQ(h.drops(Reason::kDadLoop), 5U);
  // An old one that comes late counts as ours, too.
  h.receive(probes.front());
  EXPECT_EQ(h.drops(Reason::kDadLoop), 6U);
  h.advance(milliseconds{1'700 * 4});
  h.take();
  // No loop within RetransTimer after the last of a round: assigned in the end.
  h.advance(seconds{30});
  EXPECT_EQ(state_of("2001:db8::7"), "preferred");
  // Nor is one that comes later still another node's (DAD-013).
  h.take();
  const std::uint64_t loops = h.drops(Reason::kDadLoop);
  h.receive(probes.back());
  EXPECT_THAT(h.take(), IsEmpty());
  EXPECT_EQ(h.drops(Reason::kDadLoop), loops + 1);
  // All nonces differ.
  std::set<std::string> nonces;
  for (const Bytes& probe : probes) {
    nonces.insert(std::string(probe.end() - 6, probe.end()));
  }
  EXPECT_EQ(nonces.size(), probes.size());
}

TEST_F(DadTest, WithoutEnhancementALoopIsADuplicate) {
  NEIGH_CITES("DAD-008", "EDD-004");
  InterfaceSettings settings = dad_settings();
  settings.enhanced_dad = false;
  Harness plain{{.settings = settings}};
  ASSERT_TRUE(plain.engine().add_address(plain.now(), kEth0, {.address = ip("2001:db8::7")}, plain.out()));
  plain.advance(seconds{1});
  EXPECT_THAT(plain.take_frames(), ElementsAre("ns 2001:db8::7: :: > ff02::1:ff00:7 via 33:33:ff:00:00:07 slla -"));
  plain.receive(ns({.source = "::", .target = "2001:db8::7", .sllao = "", .link = std::string(kOurLink)}));
  EXPECT_EQ(state_of(plain, "2001:db8::7"), "duplicate");
}

// --- Optimistic addresses ---

TEST_F(DadTest, OptimisticAddressAnswersWithoutOverrideAndNeverAsks) {
  NEIGH_CITES("DAD-014", "DAD-017", "NAT-008");
  Harness fresh{{.settings = dad_settings(), .with_addresses = false}};
  ASSERT_TRUE(
      fresh.engine().add_address(fresh.now(), kEth0, {.address = ip("fe80::7"), .optimistic = true}, fresh.out()));
  EXPECT_THAT(fresh.take(), ElementsAre("listen 33:33:ff:00:00:07", "address fe80::7 optimistic",
                                        "ns fe80::7: :: > ff02::1:ff00:7 via 33:33:ff:00:00:07 slla - nonce"));
  fresh.receive(ns({.target = "fe80::7"}));
  EXPECT_THAT(fresh.take_frames(),
              ElementsAre("na fe80::7: fe80::7 > fe80::2 via 02:00:00:00:00:02 flags S tlla 02:00:00:00:00:01"));
  // A neighbor that is known is sent to.
  EXPECT_EQ(fresh.send(packet("fe80::7", "fe80::2")), SendOutcome::kSent);
  fresh.take();
  fresh.receive(ns({.source = "::", .target = "fe80::7", .sllao = ""}));
  EXPECT_THAT(fresh.take(), ElementsAre("address fe80::7 withdrawing 02:00:00:00:00:02",
                                        "address fe80::7 duplicate 02:00:00:00:00:02", "ignore 33:33:ff:00:00:07"));
}

TEST_F(DadTest, OptimisticPacketToAnUnknownNeighborGoesByARouterThatIsKnown) {
  NEIGH_CITES("DAD-016");
  Harness fresh{{.settings = dad_settings(1), .with_addresses = false}};
  ASSERT_TRUE(
      fresh.engine().add_address(fresh.now(), kEth0, {.address = ip("fe80::7"), .optimistic = true}, fresh.out()));
  fresh.receive(ra());
  fresh.take();
  EXPECT_EQ(fresh.send(packet("fe80::7", "fe80::2")), SendOutcome::kSent);
  EXPECT_THAT(fresh.take_frames(), ElementsAre("ip fe80::7 > fe80::2 size 64 via 02:00:00:00:00:09"));
  fresh.advance(milliseconds{1'701});  // assigned: the neighbor is asked for
  fresh.take();
  EXPECT_EQ(fresh.send(packet("fe80::7", "fe80::2")), SendOutcome::kQueued);
  EXPECT_THAT(fresh.take_frames(),
              ElementsAre("ns fe80::2: fe80::7 > ff02::1:ff00:2 via 33:33:ff:00:00:02 slla 02:00:00:00:00:01"));
}

TEST_F(DadTest, OptimisticPacketToAnUnknownNeighborWaitsForTheAddress) {
  NEIGH_CITES("DAD-016", "DAD-014");
  Harness fresh{{.settings = dad_settings(1), .with_addresses = false}};
  ASSERT_TRUE(
      fresh.engine().add_address(fresh.now(), kEth0, {.address = ip("fe80::7"), .optimistic = true}, fresh.out()));
  fresh.take();
  EXPECT_EQ(fresh.send(packet("fe80::7", "fe80::2")), SendOutcome::kQueued);
  EXPECT_THAT(fresh.take_frames(), IsEmpty());
  fresh.advance(milliseconds{1'701});  // assigned; the next request is the first that anybody sees
  EXPECT_THAT(fresh.take_frames(),
              ElementsAre("ns fe80::2: fe80::7 > ff02::1:ff00:2 via 33:33:ff:00:00:02 slla 02:00:00:00:00:01"));
}

// --- GRAND and NAT-009 ---

TEST_F(DadTest, NewGlobalAddressIsTold) {
  NEIGH_CITES("GRD-001", "GRD-002", "DEC-11");
  InterfaceSettings settings = dad_settings();
  settings.gratuitous_advert = true;
  Harness fresh{{.settings = settings}};
  const std::string_view grand =
      "na 2001:db8::7: 2001:db8::7 > ff02::2 via 33:33:00:00:00:02 flags - tlla 02:00:00:00:00:01";
  fresh.advance(seconds{60});
  fresh.take();
  ASSERT_TRUE(
      fresh.engine().add_address(fresh.now(), kEth0, {.address = ip("2001:db8::7"), .verify = false}, fresh.out()));
  EXPECT_THAT(fresh.take_frames(), ElementsAre(grand));
  for (int i = 0; i < 2; ++i) {
    fresh.advance(milliseconds{1'699});
    EXPECT_THAT(fresh.take_frames(), IsEmpty());
    fresh.advance(milliseconds{1});
    EXPECT_THAT(fresh.take_frames(), ElementsAre(grand));
  }
  fresh.advance(seconds{60});
  EXPECT_THAT(fresh.take_frames(), IsEmpty());
  ASSERT_TRUE(fresh.engine().add_address(fresh.now(), kEth0, {.address = ip("fe80::7"), .verify = false}, fresh.out()));
  EXPECT_THAT(fresh.take_frames(), IsEmpty());  // link-local: not told
}

TEST_F(DadTest, ChangedLinkAddressIsTold) {
  NEIGH_CITES("NAT-009", "ARP-136", "ARP-116", "DEC-12", "FSM-29");
  h.enter("fe80::2", NudState::kReachable);
  h.enter("192.0.2.2", NudState::kPermanent);
  ASSERT_TRUE(h.engine().set_link_address(h.now(), kEth0, lla("02:00:00:00:00:11"), h.out()));
  EXPECT_THAT(
      h.take(),
      ElementsAre("removed fe80::2 reachable",
                  "arp request 192.0.2.1 02:00:00:00:00:11 > 192.0.2.1 00:00:00:00:00:00 via ff:ff:ff:ff:ff:ff"));
  EXPECT_EQ(h.state("192.0.2.2"), "permanent 02:00:00:00:00:02");
  h.advance(milliseconds{20});
  EXPECT_THAT(h.take(),
              ElementsAre("na 2001:db8::1: 2001:db8::1 > ff02::1 via 33:33:00:00:00:01 flags O tlla 02:00:00:00:00:11",
                          "na fe80::1: fe80::1 > ff02::1 via 33:33:00:00:00:01 flags O tlla 02:00:00:00:00:11"));
  h.advance(milliseconds{1'680});
  EXPECT_THAT(h.take_frames(), IsEmpty());
  h.advance(milliseconds{20});
  EXPECT_EQ(h.take_frames().size(), 2U);  // each again, RetransTimer later
  h.advance(seconds{30});
  EXPECT_EQ(h.take_frames().size(), 3U);  // the second ARP announcement, and the third NA of each
}

TEST_F(DadTest, AnnouncesOnRequest) {
  NEIGH_CITES("NAT-009", "ACD-040");
  ASSERT_TRUE(h.engine().announce(h.now(), kEth0, ip("192.0.2.1"), h.out()));
  ASSERT_TRUE(h.engine().announce(h.now(), kEth0, ip("fe80::1"), h.out()));
  EXPECT_THAT(h.take(),
              ElementsAre("arp request 192.0.2.1 02:00:00:00:00:01 > 192.0.2.1 00:00:00:00:00:00 via ff:ff:ff:ff:ff:ff",
                          "na fe80::1: fe80::1 > ff02::1 via 33:33:00:00:00:01 flags O tlla 02:00:00:00:00:01"));
  EXPECT_EQ(h.engine().announce(h.now(), kEth0, ip("192.0.2.9"), h.out()).error().code, Errc::kNoSuchAddress);
  EXPECT_EQ(h.engine().announce(h.now(), static_cast<InterfaceIndex>(9), ip("192.0.2.1"), h.out()).error().code,
            Errc::kNoSuchInterface);
  ASSERT_TRUE(h.engine().set_running(h.now(), kEth0, false, h.out()));
  EXPECT_EQ(h.engine().announce(h.now(), kEth0, ip("fe80::1"), h.out()).error().code, Errc::kUnreachable);
}

}  // namespace
}  // namespace neigh::engine::test
