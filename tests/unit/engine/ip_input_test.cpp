// SPDX-License-Identifier: Apache-2.0
// Which IP packets are let in and out beside their neighbors' resolution: sources (RFC 1122 3.2.1.3), frames for many
// (3.3.6), and the reason that a packet of ours comes back with.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "harness.hpp"
#include "support/cites.hpp"

namespace neigh::engine::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kGroupLink = "01:00:5e:00:00:01";

Bytes from(const std::string& source, const std::string& destination, std::uint8_t protocol = 17) {
  Bytes bytes = packet(source, destination);
  bytes[9] = protocol;
  bytes[10] = bytes[11] = 0;
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < 20; i += 2) sum += static_cast<std::uint32_t>(bytes[i] << 8U | bytes[i + 1]);
  while (sum > 0xffffU) sum = (sum & 0xffffU) + (sum >> 16U);
  bytes[10] = static_cast<std::uint8_t>(~sum >> 8U);
  bytes[11] = static_cast<std::uint8_t>(~sum);
  const bool unicast = destination == "192.0.2.1";
  return framed(bytes, unicast ? kOurLink : destination.starts_with("224.") ? kGroupLink : kBroadcast);
}

/// Two interfaces, the second with 198.51.100.1/24.
void add_second(Harness& h) {
  constexpr auto kEth1 = static_cast<InterfaceIndex>(3);
  ASSERT_TRUE(h.engine().add_interface(
      h.now(), {.index = kEth1, .name = "eth1", .link_address = lla("02:00:00:00:01:01"), .settings = quiet()},
      h.out()));
  ASSERT_TRUE(h.engine().add_address(h.now(), kEth1,
                                     {.address = ip("198.51.100.1"), .prefix_length = 24, .verify = false}, h.out()));
  h.take();
}

struct SourceCase {
  std::string source;
  bool rfc;
  bool linux_like;
};

TEST(IpSource, WhatNobodyElseCanHaveSentIsDroppedAndCounted) {
  const std::vector<SourceCase> cases = {
      {"192.0.2.9", true, true},         {"10.9.9.9", true, true},       {"169.254.3.3", true, true},
      {"192.0.2.1", false, false},       {"198.51.100.1", false, false},  // ours, of whatever interface
      {"0.0.0.0", false, false},         {"192.0.2.255", false, true},   {"192.0.2.0", false, true},
      {"0.1.2.3", false, true},          {"240.0.0.1", false, true},     {"239.255.255.255", false, false},
      {"255.255.255.255", false, false}, {"127.0.0.1", false, false},    {"223.255.255.254", true, true},
  };
  for (const bool like_linux : {false, true}) {
    for (const SourceCase& c : cases) {
      SCOPED_TRACE(c.source + (like_linux ? " linux" : " rfc"));
      Harness h{{.settings = like_linux ? quiet_linux() : quiet()}};
      add_second(h);
      for (const std::string destination : {"192.0.2.1", "192.0.2.255", "224.0.0.1"}) {
        if (c.source == "0.0.0.0" && destination == "224.0.0.1") continue;  // below
        const auto dropped = h.drops(Reason::kIp4ForbiddenSource) + h.drops(wire::DropReason::kIp4Source);
        h.receive(from(c.source, destination));
        const bool expected = like_linux ? c.linux_like : c.rfc;
        EXPECT_EQ(h.take().size(), expected ? 1U : 0U) << destination;
        EXPECT_EQ(h.drops(Reason::kIp4ForbiddenSource) + h.drops(wire::DropReason::kIp4Source) - dropped,
                  expected ? 0U : 1U)
            << destination;
      }
    }
  }
}

TEST(IpSource, WhoHasNoAddressYetSpeaksToEverybody) {
  for (const bool like_linux : {false, true}) {
    Harness h{{.settings = like_linux ? quiet_linux() : quiet()}};
    h.receive(from("0.0.0.0", "255.255.255.255"));  // DHCP
    h.receive(from("0.0.0.0", "224.0.0.1", 2));     // IGMP
    EXPECT_THAT(h.take(), ElementsAre("deliver 0.0.0.0 > 255.255.255.255", "deliver 0.0.0.0 > 224.0.0.1"));
    h.receive(from("0.0.0.0", "192.0.2.255"));
    EXPECT_THAT(h.take(), IsEmpty());
  }
}

// RFC 1122 3.3.6; Linux delivers unless drop_unicast_in_l2_multicast is set.
TEST(IpSource, PacketForOneInAFrameForMany) {
  for (const bool like_linux : {false, true}) {
    Harness h{{.settings = like_linux ? quiet_linux() : quiet()}};
    h.receive(framed(packet("192.0.2.9", "192.0.2.1"), kBroadcast));
    h.receive(framed(packet("192.0.2.9", "192.0.2.1"), kGroupLink));
    EXPECT_EQ(h.take().size(), like_linux ? 2U : 0U);
    EXPECT_EQ(h.drops(Reason::kIp4UnicastInGroupFrame), like_linux ? 0U : 2U);
    // The RFC speaks of IPv4.
    h.receive(framed(packet("fe80::2", "fe80::1"), kBroadcast));
    EXPECT_THAT(h.take(), ElementsAre("deliver fe80::2 > fe80::1"));
  }
}

// RFC 6890 2.2.3: no node has such an address.
TEST(IpSource, MappedAddressesAreNobodys) {
  NEIGH_CITES("NDV-016");
  for (const bool like_linux : {false, true}) {
    Harness h{{.settings = like_linux ? quiet_linux() : quiet()}};
    h.receive(ns({.source = "::ffff:10.0.0.1"}));
    h.receive(framed(packet("::ffff:10.0.0.1", "fe80::1")));
    h.receive(na({.target = "::ffff:10.0.0.1"}));
    EXPECT_THAT(h.take(), IsEmpty());
    EXPECT_EQ(h.drops(wire::DropReason::kIp6SourceMapped), 2U);
    EXPECT_EQ(h.engine().neighbor_count(), 0U);
    EXPECT_EQ(h.send(packet("fe80::1", "::ffff:10.0.0.1")), SendOutcome::kFailed);
  }
}

// --- Sent ---

std::string failure(Harness& h, const std::string& source, const std::string& destination) {
  const SendOutcome outcome = h.send(packet(source, destination));
  std::string reason = "ok";
  for (const std::string& line : h.take()) {
    if (!line.starts_with("failed ")) continue;
    reason = line.substr(line.rfind(": ") + 2);
    reason = reason.substr(0, reason.find(','));
  }
  EXPECT_EQ(outcome == SendOutcome::kFailed, reason != "ok") << source << " > " << destination;
  return reason;
}

TEST(SendSource, IsAnAddressOfOurs) {
  NEIGH_CITES("DAD-006", "ACD-011");
  Harness h;
  add_second(h);
  h.enter("192.0.2.2", NudState::kReachable);
  h.enter("fe80::2", NudState::kReachable);
  h.take();
  EXPECT_EQ(failure(h, "192.0.2.1", "192.0.2.2"), "ok");
  EXPECT_EQ(failure(h, "198.51.100.1", "192.0.2.2"), "ok");  // the weak model
  EXPECT_EQ(failure(h, "192.0.2.1", "255.255.255.255"), "ok");
  EXPECT_EQ(failure(h, "0.0.0.0", "255.255.255.255"), "ok");
  EXPECT_EQ(failure(h, "0.0.0.0", "224.0.0.2"), "ok");
  EXPECT_EQ(failure(h, "::", "ff02::2"), "ok");
  for (const std::string source : {"192.0.2.7", "192.0.2.255", "192.0.2.0", "224.0.0.1", "255.255.255.255", "127.0.0.1",
                                   "240.0.0.1", "0.0.0.0", "0.0.0.9"}) {
    EXPECT_EQ(failure(h, source, "192.0.2.2"), "foreign source address") << source;
  }
  EXPECT_EQ(failure(h, "192.0.2.255", "192.0.2.1"), "foreign source address");  // to ourselves
  for (const std::string source : {"fe80::7", "ff02::1", "::", "::1", "2001:db8::7"}) {
    EXPECT_EQ(failure(h, source, "fe80::2"), "foreign source address") << source;
  }
  ASSERT_TRUE(h.engine().add_address(h.now(), kEth0, {.address = ip("192.0.2.8"), .prefix_length = 24}, h.out()));
  h.take();
  EXPECT_EQ(failure(h, "192.0.2.8", "192.0.2.2"), "no source address");
}

TEST(SendSource, RouterSendsForOthersButNotForNobody) {
  InterfaceSettings settings = quiet();
  settings.forwarding = true;
  Harness h{{.settings = settings}};
  h.enter("192.0.2.2", NudState::kReachable);
  h.take();
  EXPECT_EQ(failure(h, "203.0.113.5", "192.0.2.2"), "ok");
  for (const std::string source :
       {"192.0.2.255", "192.0.2.0", "224.0.0.1", "255.255.255.255", "127.0.0.1", "0.0.0.0"}) {
    EXPECT_EQ(failure(h, source, "192.0.2.2"), "foreign source address") << source;
  }
}

TEST(SendFailures, SayWhatIsWrong) {
  Harness h{{.settle = seconds{1}}};
  const auto to = [&](InterfaceIndex index, const Bytes& bytes) {
    Effects out;
    EXPECT_EQ(h.engine().send_packet(h.now(), index, bytes, out), SendOutcome::kFailed);
    return std::get<PacketFailed>(out.list().back()).reason;
  };
  const Bytes good = packet("192.0.2.1", "192.0.2.2");
  EXPECT_EQ(to(static_cast<InterfaceIndex>(99), good), SendFailure::kNoSuchInterface);
  EXPECT_EQ(to(kEth0, {}), SendFailure::kBadPacket);
  EXPECT_EQ(to(kEth0, Bytes(good.begin(), good.end() - 1)), SendFailure::kBadPacket);
  EXPECT_EQ(to(kEth0, packet("192.0.2.1", "192.0.2.2", 1'501)), SendFailure::kTooBig);
  EXPECT_EQ(to(kEth0, packet("192.0.2.1", "203.0.113.1")), SendFailure::kNoRoute);
  ASSERT_TRUE(h.engine().set_family(h.now(), kEth0, Family::kIpv6, false, h.out()));
  EXPECT_EQ(to(kEth0, packet("fe80::1", "fe80::2")), SendFailure::kFamilyOff);
  ASSERT_TRUE(h.engine().set_up(h.now(), kEth0, false, h.out()));
  EXPECT_EQ(to(kEth0, good), SendFailure::kInterfaceDown);
  h.take();
}

}  // namespace
}  // namespace neigh::engine::test
