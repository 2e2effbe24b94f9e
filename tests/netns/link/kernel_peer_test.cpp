// SPDX-License-Identifier: Apache-2.0
// The engine and the Linux kernel as neighbors, over TAP and over AF_PACKET, both directions, IPv4 and IPv6.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "netns/link/engine_host.hpp"
#include "support/cites.hpp"
#include "support/frames.hpp"

namespace neigh::link {
namespace {

using Kind = engine::AddressChanged::Kind;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;

constexpr const char* kOwnLink = "02:00:00:00:00:02";
constexpr const char* kKernelLink = "02:00:00:00:00:01";

struct Peer {
  PortKind port;
  int family;
};

class KernelPeer : public ::testing::TestWithParam<Peer> {
 protected:
  [[nodiscard]] static bool v4() { return GetParam().family == 4; }
  [[nodiscard]] static std::string own() { return v4() ? "192.0.2.2" : "2001:db8::2"; }
  [[nodiscard]] static std::string kernel() { return v4() ? "192.0.2.1" : "2001:db8::1"; }
  /// An address that nobody has.
  [[nodiscard]] static std::string other() { return v4() ? "192.0.2.7" : "2001:db8::7"; }
  [[nodiscard]] static std::string length() { return v4() ? "/24" : "/64"; }
  [[nodiscard]] static std::string ping(const std::string& address) { return "ping -c 1 -W 5 " + address; }
  [[nodiscard]] std::string kernel_state(EngineHost& host, const std::string& address) const {
    const auto entry = test::ip_neigh_find(host.device(), address);
    return entry ? std::string(entry->state()) : "";
  }
};

TEST_P(KernelPeer, TheKernelResolvesTheEngineAndPingsIt) {
  NEIGH_CITES("ARP-020", "ARP-024", "NAT-001");
  EngineHost host(GetParam().port, {});
  const test::CommandResult result = host.run_beside("ping -c 3 -i 0.1 -W 5 " + own());
  EXPECT_TRUE(result.ok()) << result;
  EXPECT_THAT(result.out, HasSubstr("3 received"));
  const auto entry = test::ip_neigh_find(host.device(), own());
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->lladdr, kOwnLink);
  EXPECT_EQ(entry->state(), "REACHABLE");
  EXPECT_EQ(host.link_of(ip(kernel())), kKernelLink) << "learned from the question";
}

TEST_P(KernelPeer, TheEngineResolvesTheKernelAndIsAnswered) {
  NEIGH_CITES("ARP-080", "NDR-002");
  EngineHost host(GetParam().port, {});
  EXPECT_EQ(host.ping(ip(kernel())), engine::SendOutcome::kQueued);
  EXPECT_EQ(host.state_of(ip(kernel())), NudState::kIncomplete);
  EXPECT_TRUE(host.run_until([&] { return host.echo_replies == 1; }));
  EXPECT_TRUE(host.was(ip(kernel()), NudState::kReachable));
  EXPECT_EQ(host.link_of(ip(kernel())), kKernelLink);
  EXPECT_EQ(test::ip_neigh_find(host.device(), own())->lladdr, kOwnLink);
}

TEST_P(KernelPeer, AnAddressOfNobodyFails) {
  NEIGH_CITES("ARP-086", "NDR-008");
  EngineHost host(GetParam().port, {});
  EXPECT_EQ(host.ping(ip(other())), engine::SendOutcome::kQueued);
  EXPECT_TRUE(host.run_until([&] { return host.failed_packets == 1; }));
  EXPECT_EQ(host.run_beside(ping(other())).exit_code, 1);
}

TEST_P(KernelPeer, TheEngineNoticesThatTheKernelIsGoneAndComesBack) {
  NEIGH_CITES("FSM-20");
  EngineHost host(GetParam().port, {});
  (void)host.ping(ip(kernel()));
  ASSERT_TRUE(host.run_until([&] { return host.echo_replies == 1; }));
  ASSERT_TRUE(host.run_until([&] { return host.state_of(ip(kernel())) == NudState::kStale; }));
  test::must_run("ip addr del " + kernel() + length() + " dev " + host.device());
  EXPECT_EQ(host.ping(ip(kernel())), engine::SendOutcome::kSent) << "a stale address is used";
  EXPECT_EQ(host.state_of(ip(kernel())), NudState::kDelay);
  ASSERT_TRUE(host.run_until([&] { return host.state_of(ip(kernel())) == NudState::kProbe; }));
  ASSERT_TRUE(host.run_until([&] {
    const NudState state = host.state_of(ip(kernel()));
    return state == NudState::kNone || state == NudState::kFailed;
  }));
  test::must_run("ip addr add " + kernel() + length() + " dev " + host.device() + (v4() ? "" : " nodad"));
  host.neighbors.clear();
  ASSERT_TRUE(host.run_until([&] {
    (void)host.ping(ip(kernel()));
    return host.echo_replies > 1;
  }));
  EXPECT_TRUE(host.was(ip(kernel()), NudState::kReachable));
}

TEST_P(KernelPeer, TheKernelNoticesThatTheEngineIsGoneAndComesBack) {
  EngineHost host(GetParam().port, {});
  const std::string conf = std::string("net/") + (v4() ? "ipv4" : "ipv6") + "/neigh/" + host.device() + "/";
  test::write_sysctl(conf + "base_reachable_time_ms", "300");
  test::write_sysctl(conf + "retrans_time_ms", "200");
  test::write_sysctl(conf + "delay_first_probe_time", "0");
  ASSERT_TRUE(host.run_beside(ping(own())).ok());
  ASSERT_TRUE(host.loop().call(
      [&](engine::Engine& e, engine::Effects& out) { return e.remove_address(Loop::now(), kEth, ip(own()), out); }));
  ASSERT_TRUE(host.run_until([&] {
    host.run_beside("ping -c 1 -W 1 " + own());
    return kernel_state(host, own()) == "FAILED" || kernel_state(host, own()).empty();
  }));
  host.add_address(ip(own()), false);
  ASSERT_TRUE(host.run_until([&] { return host.run_beside(ping(own())).ok(); }));
  EXPECT_EQ(test::ip_neigh_find(host.device(), own())->lladdr, kOwnLink);
}

TEST_P(KernelPeer, AProbedKernelIsConfirmed) {
  NEIGH_CITES("ARP-175");
  EngineHost host(GetParam().port, {});
  (void)host.ping(ip(kernel()));
  ASSERT_TRUE(host.run_until([&] { return host.state_of(ip(kernel())) == NudState::kStale; }));
  (void)host.ping(ip(kernel()));
  host.neighbors.clear();
  ASSERT_TRUE(host.run_until([&] { return host.state_of(ip(kernel())) == NudState::kReachable; }));
  using Change = engine::NeighborChanged;
  ASSERT_EQ(host.neighbors.size(), 2U);
  EXPECT_EQ(host.neighbors[0].neighbor.state, NudState::kProbe);
  EXPECT_EQ(host.neighbors[1].neighbor.state, NudState::kReachable);
  EXPECT_THAT(host.neighbors, Contains(Field(&Change::previous, NudState::kDelay)));
}

TEST_P(KernelPeer, TheEngineFollowsTheKernelsNewLinkAddress) {
  NEIGH_CITES("ARP-130", "ARP-172");
  EngineHost host(GetParam().port, {});
  (void)host.ping(ip(kernel()));
  ASSERT_TRUE(host.run_until([&] { return host.echo_replies == 1; }));
  test::write_sysctl("net/ipv4/conf/" + host.device() + "/arp_notify", "1");
  test::write_sysctl("net/ipv6/conf/" + host.device() + "/ndisc_notify", "1");
  test::must_run("ip link set dev " + host.device() + " address 02:00:00:00:00:11");
  ASSERT_TRUE(host.run_until([&] { return host.link_of(ip(kernel())) == "02:00:00:00:00:11"; }));
  const std::uint64_t before = host.echo_replies;
  (void)host.ping(ip(kernel()));
  EXPECT_TRUE(host.run_until([&] { return host.echo_replies > before; }));
}

TEST_P(KernelPeer, TheKernelFollowsTheEnginesNewLinkAddress) {
  NEIGH_CITES("ARP-136", "NAT-009");
  engine::InterfaceSettings settings = EngineHost::quick_settings();
  settings.announce_link_changes = true;
  EngineHost host(GetParam().port, {.settings = settings});
  test::write_sysctl("net/ipv4/neigh/" + host.device() + "/locktime", "0");
  ASSERT_TRUE(host.run_beside(ping(own())).ok());
  ASSERT_TRUE(host.loop().call([&](engine::Engine& e, engine::Effects& out) {
    return e.set_link_address(Loop::now(), kEth, mac("02:00:00:00:00:22"), out);
  }));
  EXPECT_TRUE(host.run_until([&] {
    const auto entry = test::ip_neigh_find(host.device(), own());
    return entry && entry->lladdr == "02:00:00:00:00:22";
  }));
}

TEST_P(KernelPeer, AnnouncementsReachTheKernel) {
  NEIGH_CITES("ACD-040");
  EngineHost host(GetParam().port, {});
  // The kernel has an entry with a wrong address; an announcement puts it right.
  test::must_run("ip neigh add " + own() + " lladdr 02:00:00:00:00:99 dev " + host.device() + " nud stale");
  test::write_sysctl("net/ipv4/neigh/" + host.device() + "/locktime", "0");
  ASSERT_TRUE(host.loop().call(
      [&](engine::Engine& e, engine::Effects& out) { return e.announce(Loop::now(), kEth, ip(own()), out); }));
  EXPECT_TRUE(host.run_until([&] { return test::ip_neigh_find(host.device(), own())->lladdr == kOwnLink; }));
  EXPECT_EQ(kernel_state(host, own()), "STALE");
}

TEST_P(KernelPeer, AnAddressThatTheKernelHasIsNotTaken) {
  NEIGH_CITES("ACD-005", "DAD-012");
  EngineHost host(GetParam().port, {.addresses = false});
  host.add_address(ip(kernel()), true);
  EXPECT_EQ(host.own_state(ip(kernel())), Kind::kTentative);
  ASSERT_TRUE(host.run_until([&] { return host.own_state(ip(kernel())) != Kind::kTentative; }));
  EXPECT_EQ(host.own_state(ip(kernel())), Kind::kDuplicate);
  ASSERT_FALSE(host.addresses.empty());
  EXPECT_EQ(host.addresses.back().other, mac(kKernelLink));
}

TEST_P(KernelPeer, AnAddressThatNobodyHasIsTaken) {
  NEIGH_CITES("ACD-008", "DAD-001");
  EngineHost host(GetParam().port, {.addresses = false});
  host.add_address(ip(own()), true);
  ASSERT_TRUE(host.run_until([&] { return host.own_state(ip(own())) == Kind::kPreferred; }));
  EXPECT_TRUE(host.run_beside(ping(own())).ok());
}

TEST_P(KernelPeer, TheKernelLearnsThatTheEngineHasTheAddress) {
  NEIGH_CITES("DAD-009", "ACD-045");
  EngineHost host(GetParam().port, {});
  if (v4()) {
    // Linux has no conflict detection of its own: it takes the address, announces it, and the engine defends.
    test::FrameSocket wire(host.device());
    test::write_sysctl("net/ipv4/conf/" + host.device() + "/arp_notify", "1");
    test::must_run("ip addr add " + own() + "/24 dev " + host.device());
    const test::CommandResult announced =
        host.run_beside("arping -c 1 -w 1 -i " + host.device() + " -S " + own() + " -P -U " + own());
    ASSERT_TRUE(host.run_until([&] { return host.engine().counters(kEth)->conflicts > 0; })) << announced;
    ASSERT_TRUE(host.run_until([&] { return !host.addresses.empty(); }));
    EXPECT_EQ(host.addresses.back().kind, Kind::kConflict);
    const auto defense = wire.receive_if([](std::span<const std::byte> frame) {
      return frame.size() >= 42 && test::ether_type(frame) == 0x0806 &&
             std::equal(frame.begin() + 28, frame.begin() + 32, frame.begin() + 38);  // spa = tpa
    });
    EXPECT_TRUE(defense) << "a gratuitous request";
    return;
  }
  test::write_sysctl("net/ipv6/conf/" + host.device() + "/accept_dad", "1");
  test::write_sysctl("net/ipv6/conf/" + host.device() + "/dad_transmits", "1");
  test::must_run("ip addr add " + own() + "/64 dev " + host.device());
  ASSERT_TRUE(host.run_until(
      [&] { return test::must_run("ip addr show dev " + host.device()).out.find("dadfailed") != std::string::npos; }));
  EXPECT_EQ(host.own_state(ip(own())), Kind::kPreferred);
}

TEST_P(KernelPeer, CarrierOfTheDeviceIsFollowed) {
  NEIGH_CITES("PRT-011");
  EngineHost host(GetParam().port, {});
  (void)host.ping(ip(kernel()));
  ASSERT_TRUE(host.run_until([&] { return host.echo_replies == 1; }));
  test::must_run("ip link set " + host.device() + " down");
  ASSERT_TRUE(host.run_until([&] { return !host.engine().interfaces().at(0).running; }));
  EXPECT_EQ(host.engine().neighbor_count(), 0U);
  EXPECT_EQ(host.ping(ip(kernel())), engine::SendOutcome::kFailed);
  test::must_run("ip link set " + host.device() + " up");
  if (!v4()) test::must_run("ip addr replace " + kernel() + "/64 dev " + host.device() + " nodad");
  ASSERT_TRUE(host.run_until([&] { return host.engine().interfaces().at(0).running; }));
  ASSERT_TRUE(host.run_until([&] {
    (void)host.ping(ip(kernel()));
    return host.echo_replies > 1;
  }));
}

// Two stacks on one device: addresses of their own for both, link-layer addresses too, and nobody is in conflict.
TEST(OneDevice, KernelAndEngineAnswerForTheirOwnAddresses) {
  NEIGH_CITES("PRT-007", "PRT-002", "PRT-001");
  EngineHost host(PortKind::kPacket, {.beside_kernel = true});
  for (const char* own : {"192.0.2.5", "2001:db8::5"}) host.add_address(ip(own), true);
  for (const char* own : {"192.0.2.5", "2001:db8::5"}) {
    ASSERT_TRUE(host.run_until([&] { return host.own_state(ip(own)) == Kind::kPreferred; })) << own;
  }
  const std::pair<const char*, const char*> owners[] = {{"192.0.2.2", "02:00:00:00:00:02"},
                                                        {"192.0.2.5", "02:00:00:00:00:42"},
                                                        {"2001:db8::2", "02:00:00:00:00:02"},
                                                        {"2001:db8::5", "02:00:00:00:00:42"}};
  for (const auto& [address, link] : owners) {
    const test::CommandResult result = host.run_beside("ping -c 3 -i 0.1 -W 5 " + std::string(address));
    EXPECT_THAT(result.out, HasSubstr("3 received")) << result;
    EXPECT_THAT(result.out, ::testing::Not(HasSubstr("duplicates"))) << result;
    const auto entry = test::ip_neigh_find(host.device(), address);
    ASSERT_TRUE(entry) << address;
    EXPECT_EQ(entry->lladdr, link) << address;
  }
  EXPECT_EQ(host.engine().counters(kEth)->conflicts, 0U);
  for (const engine::AddressChanged& change : host.addresses) EXPECT_NE(change.kind, Kind::kDuplicate);
}

std::string name_of(const ::testing::TestParamInfo<Peer>& info) {
  constexpr std::array kNames = {"Tap", "Packet", "XdpGeneric", "XdpNative"};
  return kNames.at(static_cast<std::size_t>(info.param.port)) + std::string("V") + std::to_string(info.param.family);
}
#ifdef NEIGH_PEER_XDP
constexpr std::array kPorts = {PortKind::kXdpGeneric, PortKind::kXdpNative};
#else
constexpr std::array kPorts = {PortKind::kTap, PortKind::kPacket};
#endif
INSTANTIATE_TEST_SUITE_P(Ports, KernelPeer,
                         ::testing::Values(Peer{kPorts[0], 4}, Peer{kPorts[0], 6}, Peer{kPorts[1], 4},
                                           Peer{kPorts[1], 6}),
                         name_of);

}  // namespace
}  // namespace neigh::link
