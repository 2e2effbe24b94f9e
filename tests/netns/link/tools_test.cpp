// SPDX-License-Identifier: Apache-2.0
// Programs that nobody here wrote ask the engine and judge its frames; and the example tap_host as people use it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <sstream>
#include <string>

#include "netns/link/engine_host.hpp"
#include "support/cites.hpp"
#include "support/frames.hpp"
#include "wire/checksum.hpp"

namespace neigh::link {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;

class Tools : public ::testing::TestWithParam<PortKind> {};

TEST_P(Tools, ArpingIsAnswered) {
  NEIGH_CITES("ARP-020", "ARP-024");
  EngineHost host(GetParam(), {});
  const auto result = host.run_beside("arping -c 3 -w 10 -W 0.1 -i " + host.device() + " 192.0.2.2");
  EXPECT_TRUE(result.ok()) << result;
  EXPECT_THAT(result.out, HasSubstr("from 02:00:00:00:00:02 (192.0.2.2)"));
  EXPECT_THAT(result.out, HasSubstr("3 packets received"));
  EXPECT_FALSE(host.run_beside("arping -c 1 -w 1 -i " + host.device() + " 192.0.2.7").ok());
}

TEST_P(Tools, ArpingsProbeFindsTheOwner) {
  NEIGH_CITES("ARP-049");
  EngineHost host(GetParam(), {});
  const auto result = host.run_beside("arping -0 -c 1 -w 10 -i " + host.device() + " 192.0.2.2");
  EXPECT_TRUE(result.ok()) << result;
  EXPECT_EQ(host.state_of(ip("192.0.2.1")), NudState::kNone) << "nothing is learned from a probe";
}

TEST_P(Tools, ArpScanFindsTheEngineAlone) {
  EngineHost host(GetParam(), {});
  const auto result = host.run_beside("arp-scan --interface=" + host.device() +
                                      " --retry=2 --timeout=300 --plain --format='${ip} ${mac}' 192.0.2.2-192.0.2.6");
  EXPECT_TRUE(result.ok()) << result;
  EXPECT_EQ(result.out, "192.0.2.2 02:00:00:00:00:02\n");
}

TEST_P(Tools, Ndisc6IsAnsweredForGlobalAndLinkLocalAddresses) {
  NEIGH_CITES("NAT-001", "NAT-002");
  EngineHost host(GetParam(), {});
  for (const char* address : {"2001:db8::2", "fe80::ff:fe00:2"}) {
    const auto result = host.run_beside("ndisc6 -w 5000 " + std::string(address) + " " + host.device());
    EXPECT_TRUE(result.ok()) << result;
    EXPECT_THAT(result.out, HasSubstr("Target link-layer address: 02:00:00:00:00:02"));
    EXPECT_THAT(result.out, HasSubstr("from " + std::string(address)));
  }
  EXPECT_FALSE(host.run_beside("ndisc6 -r 1 -w 300 2001:db8::7 " + host.device()).ok());
}

std::set<std::string> lines_of(const std::string& text) {
  std::set<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.insert(line);
  return lines;
}

TEST_P(Tools, TsharkDecodesEveryFrameWithoutAWarning) {
  engine::InterfaceSettings settings = EngineHost::quick_settings();
  settings.announce_new_addresses = true;
  settings.gratuitous_advert = true;
  settings.multicast_listener_reports = true;
  settings.max_rtr_solicitations = 1;
  settings.max_rtr_solicitation_delay = std::chrono::milliseconds{10};
  EngineHost host(GetParam(), {.settings = settings, .addresses = false, .record = true});
  for (const char* text : {"fe80::ff:fe00:2", "192.0.2.2", "2001:db8::2"}) host.add_address(ip(text), true);
  using Kind = engine::AddressChanged::Kind;
  ASSERT_TRUE(host.run_until([&] {
    return host.own_state(ip("192.0.2.2")) == Kind::kPreferred && host.own_state(ip("2001:db8::2")) == Kind::kPreferred;
  }));
  for (const char* kernel : {"192.0.2.1", "2001:db8::1"}) {
    (void)host.ping(ip(kernel));
    ASSERT_TRUE(host.run_until([&] { return host.state_of(ip(kernel)) == NudState::kStale; }));
    (void)host.ping(ip(kernel));  // and is probed
    host.neighbors.clear();
    ASSERT_TRUE(host.run_until([&] { return host.was(ip(kernel), NudState::kReachable); }));
  }
  test::must_run("ip neigh flush dev " + host.device());  // so that the kernel asks, too
  EXPECT_TRUE(host.run_beside("ping -c 1 -s 1400 192.0.2.2 && ping -c 1 -s 1400 2001:db8::2").ok());
  for (const char* own : {"192.0.2.2", "2001:db8::2"}) {
    ASSERT_TRUE(host.loop().call(
        [&](engine::Engine& e, engine::Effects& out) { return e.announce(Loop::now(), kEth, ip(own), out); }));
  }
  const std::string file = host.recording();
  const std::string tshark = "tshark -n -o ip.check_checksum:TRUE -r " + file;
  // 6291456: severity "warning".
  const std::string bad = " -Y 'eth.src == 02:00:00:00:00:02 && (_ws.malformed || _ws.expert.severity >= 6291456)'";
  EXPECT_EQ(test::must_run(tshark + bad).out, "");
  const auto kinds = lines_of(test::must_run(tshark + " -Y 'eth.src == 02:00:00:00:00:02' -T fields -e arp.opcode "
                                                      "-e icmpv6.type -e icmp.type -e icmpv6.checksum.status")
                                  .out);
  EXPECT_THAT(kinds, IsSupersetOf({"1\t\t\t", "2\t\t\t", "\t133\t\t1", "\t135\t\t1", "\t136\t\t1", "\t143\t\t1",
                                   "\t128\t\t1", "\t129\t\t1", "\t\t8\t", "\t\t0\t"}));
  // The filter does find what is bad: an advertisement with a wrong checksum.
  const std::string spoiled = file + ".spoiled";
  {
    PcapReader in = *PcapReader::open(file);
    PcapWriter out = *PcapWriter::create(spoiled);
    for (auto record = in.next(); record && *record; record = in.next()) {
      std::vector<std::uint8_t> bytes((**record).bytes.begin(), (**record).bytes.end());
      if (bytes.size() > 60 && bytes[12] == 0x86 && bytes[20] == 58) bytes[57] ^= 1;
      out.write(TimePoint{}, bytes);
    }
    ASSERT_TRUE(out.flush());
  }
  EXPECT_NE(test::must_run("tshark -n -r " + spoiled + bad).out, "");
  EXPECT_EQ(std::remove(spoiled.c_str()), 0);
}

INSTANTIATE_TEST_SUITE_P(Ports, Tools, ::testing::Values(PortKind::kTap, PortKind::kPacket),
                         [](const auto& test) { return test.param == PortKind::kTap ? "Tap" : "Packet"; });

TEST(Snooping, ABridgeThatListensToMldLearnsTheEnginesGroups) {
  NEIGH_CITES("PRT-005");
  engine::InterfaceSettings settings = EngineHost::quick_settings();
  settings.multicast_listener_reports = true;
  EngineHost host(PortKind::kTap, {.settings = settings, .addresses = false});
  const std::string device = host.device();
  test::must_run("ip addr flush dev " + device + " && ip link add br0 type bridge mcast_snooping 1 mcast_querier 1" +
                 " mcast_startup_query_interval 20 mcast_query_response_interval 10 && ip link set " + device +
                 " master br0");
  test::write_sysctl("net/ipv6/conf/br0/accept_dad", "0");
  test::must_run("ip link set br0 up && ip addr add 2001:db8::1/64 dev br0 nodad");
  host.add_address(ip("2001:db8::2"), true);
  const auto groups = [&] { return test::must_run("bridge mdb show dev br0").out; };
  EXPECT_TRUE(host.run_until([&] { return groups().find("grp ff02::1:ff00:2") != std::string::npos; })) << groups();
  using Kind = engine::AddressChanged::Kind;
  ASSERT_TRUE(host.run_until([&] { return host.own_state(ip("2001:db8::2")) == Kind::kPreferred; }));
  EXPECT_TRUE(host.run_until([&] { return host.run_beside("ping -c 1 -W 2 2001:db8::2").ok(); }));
  ASSERT_TRUE(host.loop().call([&](engine::Engine& e, engine::Effects& out) {
    return e.remove_address(Loop::now(), kEth, ip("2001:db8::2"), out);
  }));
  EXPECT_TRUE(host.run_until([&] { return groups().find("grp ff02::1:ff00:2") == std::string::npos; })) << groups();
}

#ifdef NEIGH_TAP_HOST  // the examples are built
class TapHost : public test::FreshNamespace {
 protected:
  static std::string program() { return NEIGH_TAP_HOST; }
  static void wait_for(const test::BackgroundCommand& host, const std::string& text) {
    ASSERT_TRUE(test::wait_until([&] { return host.output().find(text) != std::string::npos; }))
        << host.output() << host.errors();
  }
};

TEST_F(TapHost, TellsThatItsDeviceIsGoneAndEnds) {
  test::BackgroundCommand host("exec " + program() + " tap0 192.0.2.2 2001:db8::2 02:00:00:00:00:02");
  wait_for(host, "running on tap0\n");
  test::must_run("ip link set tap0 down");
  wait_for(host, "carrier lost\n");
  test::must_run("ip link set tap0 up");
  wait_for(host, "carrier back\n");
  test::must_run("ip link del tap0");
  ASSERT_TRUE(test::wait_until([&] { return host.errors().find("the device is gone") != std::string::npos; }));
  const auto ended = host.wait();
  EXPECT_EQ(ended.exit_code, 1) << ended;
}

TEST_F(TapHost, TheKernelPingsItOverBothFamilies) {
  test::BackgroundCommand host("exec " + program() + " tap0 192.0.2.2 2001:db8::2 02:00:00:00:00:02");
  wait_for(host, "running on tap0\n");
  test::must_run("ip addr add 192.0.2.1/24 dev tap0 && ip addr add 2001:db8::1/64 dev tap0 nodad");
  wait_for(host, "ready 2001:db8::2\n");
  wait_for(host, "ready 192.0.2.2\n");
  for (const char* address : {"192.0.2.2", "2001:db8::2", "fe80::ff:fe00:2%tap0"}) {
    const auto ping = test::must_run("ping -c 3 -i 0.1 -W 5 -s 1000 " + std::string(address));
    EXPECT_THAT(ping.out, HasSubstr("3 received")) << address;
  }
  for (const char* address : {"192.0.2.2", "2001:db8::2", "fe80::ff:fe00:2"}) {
    const auto entry = test::ip_neigh_find("tap0", address);
    ASSERT_TRUE(entry) << address;
    EXPECT_EQ(entry->lladdr, "02:00:00:00:00:02");
    EXPECT_EQ(entry->state(), "REACHABLE") << address;
  }
  const auto ended = host.stop();
  EXPECT_TRUE(ended.ok()) << ended;
  EXPECT_EQ(test::index_of("tap0"), 0U) << "the device goes with it";
}

/// An ICMP echo request with 02:00:00:00:00:09 as the sender's port.
test::Frame echo_request(const char* to, const char* source, const char* destination, std::uint8_t identifier) {
  std::vector<std::uint8_t> ip{0x45, 0, 0, 28, 0, 0, 0, 0, 64, 1, 0, 0};
  for (const char* text : {source, destination}) {
    const IpAddress address = *IpAddress::parse(text);
    ip.insert(ip.end(), address.bytes().begin(), address.bytes().end());
  }
  std::vector<std::uint8_t> icmp{8, 0, 0, 0, 0, identifier, 0, 1};
  const auto seal = [](std::vector<std::uint8_t>& bytes, std::size_t at) {
    const std::uint16_t sum = wire::internet_checksum(bytes);
    bytes[at] = static_cast<std::uint8_t>(sum >> 8U);
    bytes[at + 1] = static_cast<std::uint8_t>(sum);
  };
  seal(ip, 10);
  seal(icmp, 2);
  std::vector<std::uint8_t> frame;
  for (const char* text : {to, "02:00:00:00:00:09"}) {
    const LinkAddress link = *LinkAddress::parse(text);
    frame.insert(frame.end(), link.bytes().begin(), link.bytes().end());
  }
  frame.insert(frame.end(), {0x08, 0x00});
  frame.insert(frame.end(), ip.begin(), ip.end());
  frame.insert(frame.end(), icmp.begin(), icmp.end());
  const auto bytes = std::as_bytes(std::span(frame));
  return {bytes.begin(), bytes.end()};
}

// RFC 1122 3.2.1.3, 3.2.2.6, 3.3.6: no answer to or from a broadcast address, none to a frame for many.
TEST_F(TapHost, AnswersNeitherToNorFromBroadcastAddresses) {
  test::BackgroundCommand host("exec " + program() + " tap0 192.0.2.2 2001:db8::2 02:00:00:00:00:02");
  wait_for(host, "running on tap0\n");
  test::must_run("ip addr add 192.0.2.1/24 brd + dev tap0");
  wait_for(host, "ready 192.0.2.2\n");
  test::FrameSocket wire("tap0");
  const char* own = "02:00:00:00:00:02";
  const char* all = "ff:ff:ff:ff:ff:ff";
  wire.send(echo_request(own, "192.0.2.255", "192.0.2.2", 1));
  wire.send(echo_request(all, "192.0.2.1", "192.0.2.255", 2));
  wire.send(echo_request(all, "192.0.2.1", "255.255.255.255", 3));
  wire.send(echo_request(all, "192.0.2.1", "192.0.2.2", 4));
  wire.send(echo_request(own, "192.0.2.2", "192.0.2.2", 5));
  wire.send(echo_request(own, "192.0.2.1", "192.0.2.2", 99));
  // Frames come in order: whatever was answered is there before the answer to the last one.
  std::vector<int> answered;
  ASSERT_TRUE(wire.receive_if([&](std::span<const std::byte> frame) {
    const bool echo = frame.size() >= 42 && frame[11] == std::byte{2} && frame[12] == std::byte{8} &&
                      frame[13] == std::byte{0} && frame[23] == std::byte{1};
    if (echo) answered.push_back(std::to_integer<int>(frame[39]));
    return echo && answered.back() == 99;
  }));
  EXPECT_THAT(answered, ::testing::ElementsAre(99));
}

TEST_F(TapHost, TakesNoAddressThatTheKernelHas) {
  test::must_run(
      "ip tuntap add dev tap0 mode tap && ip link set tap0 address 02:00:00:00:00:01 && "
      "ip addr add 192.0.2.2/24 dev tap0 && ip addr add 2001:db8::2/64 dev tap0 nodad");
  // The kernel takes its addresses into use when the device comes up, which is when the program opens it: on a loaded
  // machine the one solicitation of DAD can be there first, and nobody answers it. Then once more.
  const std::string ours = "ready 2001:db8::2\n";
  const std::string duplicate = "duplicate 2001:db8::2, owned by 02:00:00:00:00:01\n";
  bool found = false;
  for (int attempt = 0; attempt < 10 && !found; ++attempt) {
    test::BackgroundCommand host("exec " + program() + " tap0 192.0.2.2/24 2001:db8::2/64 02:00:00:00:00:02");
    wait_for(host, "duplicate 192.0.2.2, owned by 02:00:00:00:00:01\n");
    EXPECT_TRUE(test::wait_until([&] {
      const std::string said = host.output();
      found = said.find(duplicate) != std::string::npos;
      return found || said.find(ours) != std::string::npos;
    }));
  }
  EXPECT_TRUE(found);
}

TEST_F(TapHost, SaysWhatIsWrongWithItsArguments) {
  const auto run = [](const std::string& arguments) { return test::run(program() + " " + arguments); };
  EXPECT_EQ(run("").exit_code, 2);
  EXPECT_THAT(run("").err, HasSubstr("usage: neigh-tap-host TAP"));
  const std::pair<std::string, std::string> cases[] = {
      {"tap0 2001:db8::2 192.0.2.2 02:00:00:00:00:02", "IPV4: invalid argument: address: 2001:db8::2"},
      {"tap0 192.0.2.2 2001:db8::2/64x 02:00:00:00:00:02", "IPV6: invalid argument: address: 2001:db8::2/64x"},
      {"tap0 192.0.2.2 2001:db8::2 zz", "MAC: invalid argument: link_address"},
      {"tap0 192.0.2.2/33 2001:db8::2 02:00:00:00:00:02", "interface: invalid argument: prefix_length"},
      {"tap0 192.0.2.2 2001:db8::2 01:00:00:00:00:02", "interface: invalid argument: link_address"},
      {"a-name-that-is-too-long 192.0.2.2 2001:db8::2 02:00:00:00:00:02", "interface: invalid argument: device"},
  };
  for (const auto& [arguments, message] : cases) {
    const auto result = run(arguments);
    EXPECT_EQ(result.exit_code, 1) << arguments;
    EXPECT_THAT(result.err, HasSubstr(message)) << arguments;
  }
}

#endif

}  // namespace
}  // namespace neigh::link
