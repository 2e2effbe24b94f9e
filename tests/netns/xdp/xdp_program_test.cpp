// SPDX-License-Identifier: Apache-2.0
// What the port's program takes and what it leaves to the kernel: each frame, and every truncation of it, through the
// program as the kernel verified and compiled it.
#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "link/xdp.hpp"
#include "support/netns.hpp"
#include "wire/arp.hpp"
#include "wire/frame.hpp"

namespace neigh::link {
namespace {

using Bytes = std::vector<std::uint8_t>;

IpAddress ip(std::string_view text) { return *IpAddress::parse(text); }

constexpr auto kPeer = LinkAddress::ether({2, 0, 0, 0, 0, 2});
constexpr auto kAll = LinkAddress::ether({0xff, 0xff, 0xff, 0xff, 0xff, 0xff});

Bytes arp(std::string_view sender, std::string_view target) {
  std::array<std::uint8_t, 64> buffer{};
  wire::FrameWriter out{buffer};
  const auto size = wire::emit_arp_frame({.destination = kAll, .source = kPeer},
                                         {.operation = wire::ArpOperation::kRequest,
                                          .sender_link = kPeer,
                                          .sender = ip(sender),
                                          .target_link = LinkAddress::ether({}),
                                          .target = ip(target)},
                                         out);
  EXPECT_TRUE(size);
  return {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*size)};
}

void append(Bytes& to, const IpAddress& address) {
  to.insert(to.end(), address.bytes().begin(), address.bytes().end());
}

Bytes ether(std::uint16_t type) {
  Bytes frame(12, 2);
  frame.push_back(static_cast<std::uint8_t>(type >> 8U));
  frame.push_back(static_cast<std::uint8_t>(type));
  return frame;
}

Bytes ip4(std::string_view destination) {
  Bytes frame = ether(0x0800);
  frame.insert(frame.end(), {0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 77});
  append(frame, ip(destination));
  return frame;
}

Bytes ip6(std::string_view destination, std::uint8_t next, std::optional<std::uint8_t> type = {},
          std::string_view target = {}) {
  Bytes frame = ether(0x86dd);
  frame.insert(frame.end(), {0x60, 0, 0, 0, 0, 24, next, 255});
  append(frame, ip("fe80::77"));
  append(frame, ip(destination));
  if (!type) return frame;
  frame.insert(frame.end(), {*type, 0, 0, 0});
  if (target.empty()) return frame;
  frame.insert(frame.end(), 4, 0);
  append(frame, ip(target));
  return frame;
}

Bytes tagged(Bytes frame, std::uint16_t tag) {
  const Bytes bytes = {0x81, 0, static_cast<std::uint8_t>(tag >> 8U), static_cast<std::uint8_t>(tag)};
  frame.insert(frame.begin() + 12, bytes.begin(), bytes.end());
  return frame;
}

struct Case {
  const char* name;
  Bytes frame;
  bool neighbor;  ///< Taken with kNeighbor.
  bool own;       ///< Taken with kOwn.
  /// Where the program has seen enough; what is shorter is passed. 0: all of it.
  std::size_t enough = 0;
};

// Ours: 192.0.2.1, 198.51.100.0/24, 2001:db8::1.
std::vector<Case> cases() {
  constexpr std::uint8_t kTcp = 6, kIcmp = 58, kRs = 133, kRa = 134, kNs = 135, kNa = 136, kRedirect = 137, kEcho = 128;
  std::vector<Case> all = {
      {"arp for us", arp("192.0.2.2", "192.0.2.1"), true, true, 42},
      {"arp for our prefix", arp("192.0.2.2", "198.51.100.200"), true, true, 42},
      {"arp probe for us", arp("0.0.0.0", "192.0.2.1"), true, true, 42},
      {"arp by who has our address", arp("192.0.2.1", "192.0.2.3"), true, true, 42},
      {"arp for others", arp("192.0.2.2", "192.0.2.3"), false, false},
      {"arp announcement of another", arp("192.0.2.2", "192.0.2.2"), false, false},
      {"ipv4 to us", ip4("192.0.2.1"), false, true, 34},
      {"ipv4 to another", ip4("192.0.2.3"), false, false},
      {"ipv4 broadcast", ip4("255.255.255.255"), false, false},
      {"ipv6 to us", ip6("2001:db8::1", kTcp), false, true, 54},
      {"ipv6 to another", ip6("2001:db8::3", kTcp), false, false},
      {"echo to us", ip6("2001:db8::1", kIcmp, kEcho), false, true, 54},
      {"ns to the group for us", ip6("ff02::1:ff00:1", kIcmp, kNs, "2001:db8::1"), true, true, 78},
      {"ns to the group for another", ip6("ff02::1:ff00:1", kIcmp, kNs, "2001:db8::2:1"), false, false},
      {"na to all about our address", ip6("ff02::1", kIcmp, kNa, "2001:db8::1"), true, true, 78},
      {"na to all about another", ip6("ff02::1", kIcmp, kNa, "2001:db8::3"), false, false},
      {"ra to all", ip6("ff02::1", kIcmp, kRa), false, false},
      {"other message with our address in it", ip6("ff02::1", kIcmp, kRa, "2001:db8::1"), false, false},
      {"no icmp with our address in it", ip6("ff02::1", kTcp, kNs, "2001:db8::1"), false, false},
      {"unknown type", ether(0x88b5), false, false},
  };
  all.push_back({"ns unicast to us", ip6("2001:db8::1", kIcmp, kNs, "2001:db8::1"), true, true, 58});
  all.push_back({"na to us about another", ip6("2001:db8::1", kIcmp, kNa, "2001:db8::3"), true, true, 58});
  all.push_back({"ra to us", ip6("2001:db8::1", kIcmp, kRa), true, true, 58});
  all.push_back({"rs to us", ip6("2001:db8::1", kIcmp, kRs), true, true, 58});
  all.push_back({"redirect to us", ip6("2001:db8::1", kIcmp, kRedirect), true, true, 58});
  all.push_back({"past redirect", ip6("2001:db8::1", kIcmp, 138), false, true, 54});
  for (const std::size_t at : {14U, 16U, 18U, 19U}) {
    Bytes odd = arp("192.0.2.2", "192.0.2.1");
    odd[at] ^= 1U;
    all.push_back({"arp of another kind", odd, false, false});
  }
  return all;
}

class XdpProgram : public test::TwoHosts {
 protected:
  /// Queue 0 has the port's socket: what is taken is redirected.
  [[nodiscard]] static bool takes(const XdpPort& port, Bytes frame) {
    // The kernel wants an Ethernet header at least.
    bpf_test_run_opts run{};
    run.sz = sizeof run;
    run.data_in = frame.data();
    run.data_size_in = static_cast<std::uint32_t>(frame.size());
    run.repeat = 1;
    if (const int error = bpf_prog_test_run_opts(port.program_fd(), &run); error != 0) {
      ADD_FAILURE() << "test run: " << error;
    }
    EXPECT_TRUE(run.retval == XDP_PASS || run.retval == XDP_REDIRECT) << run.retval;
    return run.retval == XDP_REDIRECT;
  }
  [[nodiscard]] std::unique_ptr<XdpPort> open(XdpTake take, std::optional<std::uint16_t> vlan = {}) const {
    Result<std::unique_ptr<XdpPort>> port =
        XdpPort::open({.device = here().device, .take = take, .attach = XdpAttach::kGeneric, .vlan = vlan});
    if (!port) throw std::runtime_error(port.error().message());
    EXPECT_TRUE((*port)->claim(ip("192.0.2.1"), 32));
    EXPECT_TRUE((*port)->claim(ip("198.51.100.0"), 24));
    EXPECT_TRUE((*port)->claim(ip("2001:db8::1"), 128));
    return std::move(*port);
  }
  static void check(const XdpPort& port, const Case& item, Bytes frame, bool taken, std::size_t enough) {
    EXPECT_EQ(takes(port, frame), taken) << item.name;
    for (std::size_t size = frame.size() - 1; size >= 14; --size) {
      frame.resize(size);
      ASSERT_EQ(takes(port, frame), taken && size >= enough) << item.name << " cut to " << size;
    }
  }
};

TEST_F(XdpProgram, TakesNeighborMessagesOfOurAddressesAlone) {
  const auto port = open(XdpTake::kNeighbor);
  for (const Case& item : cases()) check(*port, item, item.frame, item.neighbor, item.enough);
}

TEST_F(XdpProgram, TakesWhatIsForOurAddresses) {
  const auto port = open(XdpTake::kOwn);
  for (const Case& item : cases()) {
    // To an address of ours no message needs to be understood.
    const bool to_us = item.frame.size() >= 54 && item.frame[12] == 0x86 && item.frame[38] == 0x20;
    check(*port, item, item.frame, item.own, to_us ? 54 : item.enough);
  }
}

TEST_F(XdpProgram, TakesEverything) {
  const auto port = open(XdpTake::kAll);
  for (const Case& item : cases()) check(*port, item, item.frame, true, 14);
}

TEST_F(XdpProgram, TakesEverythingOfAVlan) {
  const auto port = open(XdpTake::kAll, 5);
  for (const Case& item : cases()) {
    check(*port, item, tagged(item.frame, 0xa005), true, 18);
    EXPECT_FALSE(takes(*port, tagged(item.frame, 0xa006))) << item.name;
    EXPECT_FALSE(takes(*port, item.frame)) << item.name;
  }
}

TEST_F(XdpProgram, WithoutAVlanTagsOfPriorityAreNone) {
  const auto port = open(XdpTake::kNeighbor);
  for (const Case& item : cases()) {
    check(*port, item, tagged(item.frame, 0xa000), item.neighbor, item.enough + 4);
    EXPECT_FALSE(takes(*port, tagged(item.frame, 0xa005))) << item.name;
    EXPECT_FALSE(takes(*port, tagged(tagged(item.frame, 0), 0))) << item.name;
  }
}

TEST_F(XdpProgram, WithAVlanItsTagAloneCounts) {
  const auto port = open(XdpTake::kNeighbor, 5);
  for (const Case& item : cases()) {
    check(*port, item, tagged(item.frame, 0xa005), item.neighbor, item.enough + 4);
    EXPECT_FALSE(takes(*port, tagged(item.frame, 0xa006))) << item.name;
    EXPECT_FALSE(takes(*port, tagged(item.frame, 0x0105))) << item.name;
    EXPECT_FALSE(takes(*port, item.frame)) << item.name;
  }
}

TEST_F(XdpProgram, APrefixIsOneWhateverItsHostBits) {
  const auto port = open(XdpTake::kNeighbor);
  ASSERT_TRUE(port->claim(ip("203.0.113.77"), 25));
  ASSERT_TRUE(port->claim(ip("203.0.113.0"), 25));
  ASSERT_TRUE(port->claim(ip("2001:db8:7::5"), 45));
  EXPECT_TRUE(takes(*port, arp("192.0.2.2", "203.0.113.1")));
  EXPECT_FALSE(takes(*port, arp("192.0.2.2", "203.0.113.128")));
  EXPECT_TRUE(takes(*port, ip6("ff02::1", 58, std::uint8_t{135}, "2001:db8:0::3")));
  EXPECT_FALSE(takes(*port, ip6("ff02::1", 58, std::uint8_t{135}, "2001:db8:8::3")));
  ASSERT_TRUE(port->release(ip("203.0.113.1"), 25));
  EXPECT_TRUE(takes(*port, arp("192.0.2.2", "203.0.113.1"))) << "claimed twice";
  ASSERT_TRUE(port->release(ip("203.0.113.2"), 25));
  EXPECT_FALSE(takes(*port, arp("192.0.2.2", "203.0.113.1")));
  ASSERT_TRUE(port->release(ip("2001:db8::"), 45));
  EXPECT_FALSE(takes(*port, ip6("ff02::1", 58, std::uint8_t{135}, "2001:db8:7::5")));
}

TEST_F(XdpProgram, ClaimsAreCounted) {
  const auto port = open(XdpTake::kNeighbor);
  const Bytes request = arp("192.0.2.2", "192.0.2.1");
  ASSERT_TRUE(port->claim(ip("192.0.2.1"), 32));
  ASSERT_TRUE(port->release(ip("192.0.2.1"), 32));
  EXPECT_TRUE(takes(*port, request));
  ASSERT_TRUE(port->release(ip("192.0.2.1"), 32));
  EXPECT_FALSE(takes(*port, request));
  EXPECT_EQ(port->release(ip("192.0.2.1"), 32).error().code, Errc::kNotFound);
  ASSERT_TRUE(port->claim(ip("0.0.0.0"), 0));
  EXPECT_TRUE(takes(*port, request)) << "every IPv4 address";
  EXPECT_FALSE(takes(*port, ip6("ff02::1", 58, std::uint8_t{135}, "2001:db8::3"))) << "and no IPv6 address";
  EXPECT_EQ(port->claim(ip("192.0.2.1"), 33).error().code, Errc::kInvalidArgument);
  EXPECT_EQ(port->claim(IpAddress{}, 0).error().code, Errc::kInvalidArgument);
}

}  // namespace
}  // namespace neigh::link
