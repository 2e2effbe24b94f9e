// SPDX-License-Identifier: Apache-2.0
// Interfaces and ports (part 3.11), links that are not Ethernet, settings and limits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness.hpp"
#include "support/cites.hpp"

namespace neigh::engine::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Port, FramesThatAreNotOurs) {
  NEIGH_CITES("PRT-001", "PRT-008", "PRT-010", "NDF-023");
  using wire::DropReason;
  Harness h;
  const Bytes good = framed(packet("192.0.2.2", "192.0.2.1"));
  h.receive(good);
  EXPECT_THAT(h.take(), ElementsAre("deliver 192.0.2.2 > 192.0.2.1"));
  h.receive(framed(packet("192.0.2.2", "192.0.2.1"), kOtherLink));
  h.receive(framed(packet("192.0.2.2", "192.0.2.9")));
  h.receive(framed(packet("fe80::2", "fe80::9")));
  h.receive(framed(packet("fe80::2", "ff02::99"), "33:33:00:00:00:99"));
  Bytes qinq = good;
  qinq.insert(qinq.begin() + 12, {0x81, 0x00, 0x00, 0x00, 0x81, 0x00, 0x00, 0x00});
  h.receive(qinq);
  Bytes llc = good;
  llc[12] = 0;
  llc[13] = 40;
  h.receive(llc);
  h.receive(framed(packet("192.0.2.2", "192.0.2.1", 1'501)));
  h.receive(Bytes(13));
  h.receive(Bytes{});
  EXPECT_THAT(h.take(), IsEmpty());
  EXPECT_EQ(h.drops(Reason::kNotForUs), 1U);
  EXPECT_EQ(h.drops(Reason::kIpNotForUs), 2U);
  EXPECT_EQ(h.drops(Reason::kGroupNotJoined), 1U);
  EXPECT_EQ(h.drops(DropReason::kFrameSeveralTags), 1U);
  EXPECT_EQ(h.drops(DropReason::kFrameLlc), 1U);
  EXPECT_EQ(h.drops(DropReason::kFrameTooLong), 1U);
  EXPECT_EQ(h.drops(DropReason::kFrameShort), 2U);
  EXPECT_EQ(h.counters().frames_in, 10U);
}

TEST(Port, DeliversBroadcastsAndGroups) {
  Harness h;
  h.receive(framed(packet("192.0.2.2", "192.0.2.255"), kBroadcast));
  h.receive(framed(packet("192.0.2.2", "255.255.255.255"), kBroadcast));
  h.receive(framed(packet("192.0.2.2", "224.0.0.1"), "01:00:5e:00:00:01"));
  h.receive(framed(packet("fe80::2", "ff02::1"), "33:33:00:00:00:01"));
  EXPECT_THAT(h.take(), ElementsAre("deliver 192.0.2.2 > 192.0.2.255", "deliver 192.0.2.2 > 255.255.255.255",
                                    "deliver 192.0.2.2 > 224.0.0.1", "deliver fe80::2 > ff02::1"));
}

TEST(Port, FragmentedDataIsDelivered) {
  NEIGH_CITES("FRG-002");
  Harness h;
  Bytes frame = framed(packet("fe80::2", "fe80::1", 64));
  frame[14 + 6] = 44;
  const std::initializer_list<std::uint8_t> fragment = {17, 0, 0, 1, 0, 0, 0, 1};
  std::copy(fragment.begin(), fragment.end(), frame.begin() + 54);
  h.receive(frame);
  EXPECT_THAT(h.take(), ElementsAre("deliver fe80::2 > fe80::1"));
}

TEST(Port, LostFramesAreCounted) {
  NEIGH_CITES("PRT-012");
  Harness h;
  h.engine().on_frames_lost(kEth0, 7);
  EXPECT_EQ(h.counters().frames_lost, 7U);
}

TEST(Port, DownAndWithoutCarrierNothingIsHeardOrSaid) {
  NEIGH_CITES("FSM-29", "PRT-011", "ARP-116", "LNX-054", "LNX-055");
  for (const bool carrier : {false, true}) {
    Harness h;
    h.enter("192.0.2.2", NudState::kReachable);
    h.enter("192.0.2.3", NudState::kPermanent);
    h.send(packet("fe80::1", "fe80::2"));
    h.take();
    if (carrier) {
      ASSERT_TRUE(h.engine().set_running(h.now(), kEth0, false, h.out()));
    } else {
      ASSERT_TRUE(h.engine().set_up(h.now(), kEth0, false, h.out()));
    }
    EXPECT_EQ(h.state("192.0.2.2"), "-");
    EXPECT_EQ(h.state("192.0.2.3"), "permanent 02:00:00:00:00:02");
    h.take();
    h.receive(arp());
    h.receive(ns());
    EXPECT_EQ(h.drops(Reason::kInterfaceDown), 2U);
    EXPECT_EQ(h.send(packet("192.0.2.1", "192.0.2.3")), SendOutcome::kFailed);
    EXPECT_THAT(h.take_frames(), IsEmpty());
    h.advance(seconds{600});
    EXPECT_THAT(h.take_frames(), IsEmpty());
  }
}

TEST(Port, CarrierBackVerifiesTentativeAndSolicitsRouters) {
  NEIGH_CITES("PRT-011", "RTR-001");
  InterfaceSettings settings = quiet();
  settings.max_rtr_solicitations = 1;
  Harness h{{.settings = settings, .settle = seconds{10}}};
  ASSERT_TRUE(h.engine().add_address(h.now(), kEth0, {.address = ip("2001:db8::7")}, h.out()));
  ASSERT_TRUE(h.engine().set_running(h.now(), kEth0, false, h.out()));
  h.take();
  ASSERT_TRUE(h.engine().set_running(h.now(), kEth0, true, h.out()));
  h.advance(seconds{10});
  const Lines lines = h.take();
  EXPECT_THAT(lines, ::testing::Contains("address 2001:db8::7 preferred"));
  EXPECT_THAT(lines, ::testing::Contains("rs: fe80::1 > ff02::2 via 33:33:00:00:00:02 slla 02:00:00:00:00:01"));
  EXPECT_THAT(lines, ::testing::Not(::testing::Contains("address fe80::1 tentative")));
}

// One announcement when the link is back, and then one each ANNOUNCE_INTERVAL; nothing of IPv6, whose link-layer
// address is what it was.
TEST(Port, CarrierBackAnnouncesOnce) {
  NEIGH_CITES("ACD-040", "ARP-136", "NAT-009", "DEC-11");
  struct Case {
    bool detect, verify, announce_new;
    std::size_t at_once, later;
  };
  for (const Case& c : {Case{true, false, true, 1, 1}, Case{true, false, false, 1, 1}, Case{false, true, true, 1, 1},
                        Case{true, true, true, 0, 2}, Case{true, true, false, 0, 0}}) {
    SCOPED_TRACE(std::to_string(c.detect) + std::to_string(c.verify) + std::to_string(c.announce_new));
    InterfaceSettings settings = quiet();
    settings.conflict_detection = c.detect;
    settings.announce_new_addresses = c.announce_new;
    settings.gratuitous_advert = true;
    Harness h{{.settings = settings, .with_addresses = false}};
    for (const std::string_view address : {"fe80::1", "2001:db8::1"}) {
      ASSERT_TRUE(h.engine().add_address(h.now(), kEth0, {.address = ip(address), .verify = false}, h.out()));
    }
    ASSERT_TRUE(h.engine().add_address(h.now(), kEth0,
                                       {.address = ip("192.0.2.1"), .prefix_length = 24, .verify = c.verify}, h.out()));
    h.advance(seconds{60});
    h.take();
    ASSERT_TRUE(h.engine().set_running(h.now(), kEth0, false, h.out()));
    h.advance(seconds{1});
    ASSERT_TRUE(h.engine().set_running(h.now(), kEth0, true, h.out()));
    const std::string announcement =
        "arp request 192.0.2.1 02:00:00:00:00:01 > 192.0.2.1 00:00:00:00:00:00 via ff:ff:ff:ff:ff:ff";
    const auto announcements = [&](const Lines& lines) {
      for (const std::string& line : lines) EXPECT_EQ(line.find("na"), std::string::npos) << line;
      return static_cast<std::size_t>(std::count(lines.begin(), lines.end(), announcement));
    };
    EXPECT_EQ(announcements(h.take_frames()), c.at_once);
    h.advance(settings.conflict_times.announce_interval - milliseconds{1});
    if (!c.verify || !c.detect) {
      EXPECT_EQ(announcements(h.take_frames()), 0U);
    }
    h.advance(seconds{20});
    EXPECT_EQ(announcements(h.take_frames()), c.later);
  }
}

TEST(Port, LearnedRoutersGoDownWithTheInterface) {
  NEIGH_CITES("FSM-29");
  Harness h;
  h.receive(ra({.prefixes = {{.prefix = ip("2001:db8:5::"), .length = 64, .on_link = true, .valid_lifetime_s = 60}}}));
  ASSERT_TRUE(h.engine().set_up(h.now(), kEth0, false, h.out()));
  EXPECT_THAT(h.engine().routers(), IsEmpty());
  EXPECT_EQ(h.engine().prefixes().size(), 1U);
}

// --- Links of other kinds ---

TEST(OtherLinks, WithoutAddressesCarryBarePackets) {
  Harness h{{.with_interface = false}};
  ASSERT_TRUE(h.engine().add_interface(
      h.now(),
      {.index = kEth0, .name = "tun0", .type = InterfaceType::kTunnel, .point_to_point = true, .settings = quiet()},
      h.out()));
  ASSERT_TRUE(h.engine().add_address(h.now(), kEth0, {.address = ip("192.0.2.1"), .prefix_length = 31}, h.out()));
  ASSERT_TRUE(h.engine().add_address(h.now(), kEth0, {.address = ip("fe80::1")}, h.out()));
  h.out().clear();
  const Bytes outgoing = packet("192.0.2.1", "192.0.2.0");
  EXPECT_EQ(h.engine().send_packet(h.now(), kEth0, outgoing, h.out()), SendOutcome::kSent);
  ASSERT_EQ(h.out().size(), 1U);
  const auto* frame = std::get_if<SendFrame>(&h.out().list()[0]);
  ASSERT_NE(frame, nullptr);
  EXPECT_TRUE(std::ranges::equal(h.out().bytes(frame->bytes), outgoing));
  EXPECT_EQ(frame->ether_type, 0x0800);
  EXPECT_TRUE(frame->destination.empty());
  EXPECT_EQ(h.engine().neighbor_count(), 0U);
  h.out().clear();
  h.receive(packet("192.0.2.0", "192.0.2.1"));
  h.receive(packet("fe80::2", "fe80::1"));
  EXPECT_THAT(h.take(), ElementsAre("deliver 192.0.2.0 > 192.0.2.1", "deliver fe80::2 > fe80::1"));
}

TEST(OtherLinks, LongAddressesTravelBesideThePayload) {
  Harness h{{.with_interface = false}};
  const std::string ours = "80:00:00:48:fe:80:00:00:00:00:00:00:00:00:00:00:00:00:00:01";
  const std::string theirs = "80:00:00:48:fe:80:00:00:00:00:00:00:00:00:00:00:00:00:00:02";
  ASSERT_TRUE(h.engine().add_interface(h.now(),
                                       {.index = kEth0,
                                        .name = "ib0",
                                        .type = InterfaceType::kInfiniband,
                                        .link_address = lla(ours),
                                        .mtu = 2'044,
                                        .link_option_pad = 2,
                                        .settings = quiet()},
                                       h.out()));
  ASSERT_TRUE(h.engine().add_address(h.now(), kEth0, {.address = ip("192.0.2.1"), .prefix_length = 24, .verify = false},
                                     h.out()));
  ASSERT_TRUE(h.engine().add_address(h.now(), kEth0, {.address = ip("fe80::1"), .verify = false}, h.out()));
  h.out().clear();
  for (const std::string_view peer : {"192.0.2.2", "fe80::2"}) {
    ASSERT_TRUE(h.engine().resolve(h.now(), {.interface = kEth0, .address = ip(peer)}, {}, h.out()));
  }
  std::vector<Bytes> sent;
  for (const Effect& effect : h.out()) {
    const auto* frame = std::get_if<SendFrame>(&effect);
    if (frame == nullptr) continue;
    EXPECT_TRUE(frame->destination.empty());  // everybody
    const auto bytes = h.out().bytes(frame->bytes);
    sent.emplace_back(bytes.begin(), bytes.end());
  }
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[0].size(), 8U + 2 * 24U);  // ARP with hln 20
  EXPECT_EQ(sent[0][1], 32);                // hardware type InfiniBand
  EXPECT_EQ(sent[0][4], 20);
  EXPECT_EQ(sent[1].size(), 40U + 24U + 24U);  // NS with an SLLAO of length 3
  EXPECT_EQ(sent[1][40 + 25], 3);
  h.out().clear();
  // The answer: the request with the sides swapped.
  Bytes reply = sent[0];
  reply[7] = 2;
  std::copy(sent[0].begin() + 8, sent[0].begin() + 32, reply.begin() + 32);
  std::copy(sent[0].begin() + 32, sent[0].end(), reply.begin() + 8);
  const LinkAddress theirs_link = lla(theirs);
  std::copy(theirs_link.bytes().begin(), theirs_link.bytes().end(), reply.begin() + 8);
  h.engine().on_payload(h.now(), kEth0, 0x0806, lla(theirs), true, reply, h.out());
  EXPECT_EQ(h.state("192.0.2.2"), "reachable " + theirs);
  h.out().clear();
  EXPECT_EQ(h.engine().send_packet(h.now(), kEth0, packet("192.0.2.1", "192.0.2.2"), h.out()), SendOutcome::kSent);
  EXPECT_EQ(std::get<SendFrame>(h.out().list()[0]).destination, lla(theirs));
  h.out().clear();
}

// --- Configuration ---

TEST(Config, InterfacesAreChecked) {
  Harness h{{.with_interface = false}};
  const auto code = [&](const InterfaceConfig& config) {
    auto added = h.engine().add_interface(h.now(), config, h.out());
    return added ? std::string("ok") : std::string(added.error().field);
  };
  const InterfaceConfig good{.index = kEth0, .name = "eth0", .link_address = lla(kOurLink)};
  InterfaceConfig bad = good;
  bad.index = InterfaceIndex::kNone;
  EXPECT_EQ(code(bad), "index");
  bad = good;
  bad.index = static_cast<InterfaceIndex>(0x80000000U);
  EXPECT_EQ(code(bad), "index");
  bad.index = static_cast<InterfaceIndex>(0xffffffffU);
  EXPECT_EQ(code(bad), "index");
  for (const std::string& name : {std::string(), std::string(16, 'x'), std::string(1'000, 'x'), std::string("a b"),
                                  std::string("a\nb"), std::string("a/b"), std::string("a:b"), std::string("a\0b", 3),
                                  std::string("a\x7f"), std::string("."), std::string("..")}) {
    bad = good;
    bad.name = name;
    EXPECT_EQ(code(bad), "name") << name;
  }
  for (const std::string_view link : {"00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "01:02", ""}) {
    bad = good;
    bad.link_address = lla(link);
    EXPECT_EQ(code(bad), "link_address") << link;
  }
  for (const std::uint32_t mtu : {67U, 1'279U, 65'536U}) {
    bad = good;
    bad.mtu = mtu;
    EXPECT_EQ(code(bad), "mtu") << mtu;
  }
  bad = good;
  bad.vlan = 4'095;
  EXPECT_EQ(code(bad), "vlan");
  bad = good;
  bad.settings.ipv6.retrans_timer = milliseconds{1};
  EXPECT_EQ(code(bad), "retrans_timer");
  EXPECT_THAT(h.engine().interfaces(), IsEmpty());
  EXPECT_EQ(code(good), "ok");
  EXPECT_EQ(h.engine().add_interface(h.now(), good, h.out()).error().code, Errc::kAlreadyExists);
  EXPECT_EQ(code(good), "index");
  InterfaceConfig other = good;
  other.index = static_cast<InterfaceIndex>(7);
  EXPECT_EQ(h.engine().add_interface(h.now(), other, h.out()).error().code, Errc::kAlreadyExists);
  EXPECT_EQ(code(other), "name");
  other.index = static_cast<InterfaceIndex>(0x7fffffffU);
  other.name = "\xc3\xa9th0.5-a_b@x+y";  // 15 bytes
  EXPECT_EQ(code(other), "ok");
  EXPECT_EQ(h.engine().remove_interface(h.now(), static_cast<InterfaceIndex>(9), h.out()).error().code,
            Errc::kNoSuchInterface);
  EXPECT_EQ(h.engine().set_link_address(h.now(), kEth0, lla("02:00"), h.out()).error().field, "link_address");
}

TEST(Config, AddressesAreChecked) {
  NEIGH_CITES("ACD-050");
  Harness h;
  const auto code = [&](const AddressConfig& config) {
    const auto added = h.engine().add_address(h.now(), kEth0, config, h.out());
    return added ? Errc{} : added.error().code;
  };
  for (const std::string_view address : {"0.0.0.0", "127.0.0.1", "255.255.255.255", "224.0.0.1", "::", "::1", "ff02::1",
                                         "::ffff:192.0.2.1", "169.254.0.1"}) {
    EXPECT_EQ(code({.address = ip(address)}), Errc::kInvalidArgument) << address;
  }
  EXPECT_EQ(code({}), Errc::kInvalidArgument);
  EXPECT_EQ(code({.address = ip("10.0.0.255"), .prefix_length = 24}), Errc::kInvalidArgument);
  EXPECT_EQ(code({.address = ip("10.0.0.0"), .prefix_length = 24}), Errc::kInvalidArgument);
  EXPECT_EQ(code({.address = ip("0.1.2.3"), .prefix_length = 24}), Errc::kInvalidArgument);
  EXPECT_EQ(code({.address = ip("240.0.0.1"), .prefix_length = 24}), Errc::kInvalidArgument);
  EXPECT_EQ(code({.address = ip("255.255.255.254"), .prefix_length = 32}), Errc::kInvalidArgument);
  EXPECT_EQ(code({.address = ip("10.0.1.0"), .prefix_length = 31, .verify = false}), Errc{});
  EXPECT_EQ(code({.address = ip("10.0.2.0"), .prefix_length = 32, .verify = false}), Errc{});
  EXPECT_EQ(code({.address = ip("10.0.0.1"), .prefix_length = 33}), Errc::kInvalidArgument);
  EXPECT_EQ(code({.address = ip("10.0.0.1"), .anycast = true}), Errc::kInvalidArgument);
  EXPECT_EQ(code({.address = ip("192.0.2.1")}), Errc::kAlreadyExists);
  EXPECT_EQ(code({.address = ip("10.0.0.255"), .prefix_length = 31, .verify = false}), Errc{});
  EXPECT_EQ(h.engine().remove_address(h.now(), kEth0, ip("10.0.0.7"), h.out()).error().code, Errc::kNotFound);
}

TEST(Config, RoutersAreOtherNodesOnTheLink) {
  NEIGH_CITES("NDS-004");
  Harness h;
  const auto field = [&](std::string_view router) {
    const auto added = h.engine().add_router(h.now(), kEth0, router.empty() ? IpAddress{} : ip(router), h.out());
    if (added) return std::string("ok");
    EXPECT_EQ(added.error().code, Errc::kInvalidArgument) << router;
    EXPECT_NE(added.error().detail, "") << router;
    return std::string(added.error().field);
  };
  for (const std::string_view router :
       {"", "0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1", "192.0.2.255", "192.0.2.0",
        "198.51.100.1", "::", "::1", "ff02::2", "fe80::1", "2001:db8::1", "2001:db8:9::1", "::ffff:192.0.2.9"}) {
    EXPECT_EQ(field(router), "router") << router;
  }
  EXPECT_THAT(h.engine().routers(), IsEmpty());
  for (const std::string_view router : {"192.0.2.254", "fe80::9", "2001:db8::9"})
    EXPECT_EQ(field(router), "ok") << router;
  // An address that is being verified tells its subnet already.
  ASSERT_TRUE(h.engine().add_address(h.now(), kEth0, {.address = ip("10.0.0.1"), .prefix_length = 24}, h.out()));
  EXPECT_EQ(field("10.0.0.254"), "ok");
  EXPECT_EQ(h.engine().routers().size(), 4U);
  h.take();
}

TEST(Config, AbsentFamilyIsNotSupported) {
  Harness h{{.ipv6 = false}};
  EXPECT_EQ(h.engine().add_address(h.now(), kEth0, {.address = ip("fe80::5")}, h.out()).error().code,
            Errc::kNotSupported);
  EXPECT_EQ(
      h.engine()
          .create(h.now(), {.address = ip("fe80::5"), .interface = kEth0, .link_address = lla(kPeerLink)}, h.out())
          .error()
          .code,
      Errc::kNotSupported);
  h.receive(ns({.link_destination = std::string(kOurLink)}));
  EXPECT_THAT(h.take(), IsEmpty());
  EXPECT_EQ(h.drops(Reason::kFamilyDisabled), 1U);
  EXPECT_FALSE(h.engine().interfaces()[0].ipv6);
}

TEST(Config, FamilyIsSwitchedOffAndOnAgain) {
  NEIGH_CITES("FSM-29", "LNX-056");
  for (const Family family : {Family::kIpv4, Family::kIpv6}) {
    const bool v4 = family == Family::kIpv4;
    Harness h;
    const std::string own = v4 ? "192.0.2.1" : "fe80::1";
    const std::string peer = v4 ? "192.0.2.2" : "fe80::2";
    const std::string other = v4 ? "fe80::2" : "192.0.2.2";
    h.enter(other, NudState::kReachable);
    h.enter(peer, NudState::kPermanent);
    Neighbor proxy{.address = ip(v4 ? "192.0.2.50" : "fe80::50"), .interface = kEth0};
    proxy.flags.set(NeighborFlag::kProxy);
    ASSERT_TRUE(h.engine().create(h.now(), proxy, h.out()));
    ASSERT_TRUE(h.engine().add_router(h.now(), kEth0, ip(peer), h.out()));
    ASSERT_TRUE(h.engine().set_family(h.now(), kEth0, family, false, h.out()));
    h.take();
    EXPECT_EQ(h.audit(), "");
    EXPECT_EQ(h.engine().get(h.now(), {.interface = kEth0, .address = ip(peer)}).error().code, Errc::kNotSupported);
    EXPECT_EQ(h.state(other), "reachable 02:00:00:00:00:02");
    EXPECT_THAT(h.engine().routers(), IsEmpty());
    h.receive(v4 ? arp() : ns({.link_destination = std::string(kOurLink)}));
    EXPECT_EQ(h.drops(Reason::kFamilyDisabled), 1U);
    EXPECT_THAT(h.take(), IsEmpty());
    ASSERT_TRUE(h.engine().set_family(h.now(), kEth0, family, true, h.out()));
    ASSERT_TRUE(
        h.engine().add_address(h.now(), kEth0, {.address = ip(own), .prefix_length = 24, .verify = false}, h.out()));
    h.take();
    h.receive(v4 ? arp() : ns());
    EXPECT_EQ(h.take_frames().size(), 1U);
    EXPECT_EQ(h.audit(), "");
  }
}

TEST(Config, EverySettingHasARange) {
  const auto field = [](auto change) {
    InterfaceSettings settings;
    change(settings);
    const auto fit = settings.validate();
    return fit ? std::string() : std::string(fit.error().field);
  };
  using S = InterfaceSettings;
  EXPECT_EQ(field([](S&) {}), "");
  EXPECT_EQ(field([](S& s) { s = S::linux_like(); }), "");
  EXPECT_EQ(field([](S& s) { s.proxy_delay = milliseconds{10'001}; }), "proxy_delay");
  EXPECT_EQ(field([](S& s) { s.proxy_queue = 4'097; }), "proxy_queue");
  EXPECT_EQ(field([](S& s) { s.dup_addr_detect_transmits = 21; }), "dup_addr_detect_transmits");
  EXPECT_EQ(field([](S& s) { s.max_neighbor_advertisement = 21; }), "max_neighbor_advertisement");
  EXPECT_EQ(field([](S& s) { s.advert_burst = 0; }), "advert_burst");
  EXPECT_EQ(field([](S& s) { s.rtr_solicitation_interval = milliseconds{999}; }), "rtr_solicitation_interval");
  EXPECT_EQ(field([](S& s) { s.queue_packets = 0; }), "queue_packets");
  EXPECT_EQ(field([](S& s) { s.queue_bytes = 1'499; }), "queue_bytes");
  EXPECT_EQ(field([](S& s) { s.max_routers = 1; }), "max_routers");
  EXPECT_EQ(field([](S& s) { s.max_redirects = 65'537; }), "max_redirects");
  EXPECT_EQ(field([](S& s) { s.conflict_times.probe_num = 0; }), "probe_num");
  EXPECT_EQ(field([](S& s) { s.conflict_times.probe_min = milliseconds{2'001}; }), "probe_min");
  EXPECT_EQ(field([](S& s) { s.conflict_policy = static_cast<ConflictPolicy>(9); }), "conflict_policy");
  EXPECT_EQ(field([](S& s) { s.ipv4.max_unicast_solicit = 0; }), "max_unicast_solicit");
  EngineLimits limits;
  limits.queue_bytes = 1;
  EXPECT_EQ(limits.validate().error().field, "queue_bytes");
  EXPECT_FALSE(Engine::make({.limits = limits}));
}

TEST(Config, ConstantsAreThoseOfTheRfcs) {
  NEIGH_CITES("CON-01", "CON-02", "CON-03", "CON-04", "CON-05", "CON-06", "CON-07", "CON-08", "CON-09", "CON-10",
              "CON-15", "CON-17", "LNX-007", "LNX-009", "LNX-010");
  const InterfaceSettings rfc;
  EXPECT_EQ(rfc.max_rtr_solicitation_delay, seconds{1});
  EXPECT_EQ(rfc.rtr_solicitation_interval, seconds{4});
  EXPECT_EQ(rfc.max_rtr_solicitations, 3U);
  EXPECT_EQ(rfc.ipv6.max_multicast_solicit, 3U);
  EXPECT_EQ(rfc.ipv6.max_unicast_solicit, 3U);
  EXPECT_EQ(rfc.max_anycast_delay_time, seconds{1});
  EXPECT_EQ(rfc.max_neighbor_advertisement, 3U);
  EXPECT_EQ(rfc.ipv6.base_reachable_time, seconds{30});
  EXPECT_EQ(rfc.ipv6.retrans_timer, seconds{1});
  EXPECT_EQ(rfc.ipv6.delay_first_probe_time, seconds{5});
  EXPECT_EQ(rfc.dup_addr_detect_transmits, 1U);
  const ConflictTimes& times = rfc.conflict_times;
  EXPECT_EQ(times.probe_wait, seconds{1});
  EXPECT_EQ(times.probe_num, 3U);
  EXPECT_EQ(times.probe_min, seconds{1});
  EXPECT_EQ(times.probe_max, seconds{2});
  EXPECT_EQ(times.announce_wait, seconds{2});
  EXPECT_EQ(times.announce_num, 2U);
  EXPECT_EQ(times.announce_interval, seconds{2});
  EXPECT_EQ(times.max_conflicts, 10U);
  EXPECT_EQ(times.rate_limit_interval, seconds{60});
  EXPECT_EQ(times.defend_interval, seconds{10});
  const InterfaceSettings kernel = InterfaceSettings::linux_like();
  EXPECT_EQ(kernel.queue_bytes, 212'992U);
  EXPECT_EQ(kernel.queue_packets, 101U);
}

TEST(Config, TimeDoesNotGoBack) {
  NEIGH_CITES("NUD-013");
  Harness h;
  h.send(packet("192.0.2.1", "192.0.2.2"));
  h.take();
  Effects out;
  h.engine().on_deadline(h.now() - seconds{50}, out);
  EXPECT_TRUE(out.empty());
  // A jump fires each deadline once, not as often as it would have come (suspend).
  h.engine().on_deadline(h.now() + seconds{3'600}, out);
  std::size_t frames = 0;
  for (const Effect& effect : out) frames += std::holds_alternative<SendFrame>(effect) ? 1U : 0U;
  EXPECT_EQ(frames, 1U);
}

}  // namespace
}  // namespace neigh::engine::test
