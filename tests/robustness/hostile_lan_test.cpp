// SPDX-License-Identifier: Apache-2.0
// Everything that a hostile node on the link can send, against the engine and against the kernel: no permanent entry
// changes, memory and answers are bounded, the table stays usable, and when it is over the peer is reached as before.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <span>
#include <string_view>

#include "neigh/kernel.hpp"
#include "netns/link/engine_host.hpp"
#include "robustness/attacks.hpp"
#include "support/cites.hpp"
#include "support/frames.hpp"

namespace neigh::link {
namespace {

using std::chrono::milliseconds;
using test::Attack;

constexpr std::uint32_t kMaxEntries = 1'024;
constexpr std::size_t kMemory = 4U << 20U;

void send(test::FrameSocket& socket, const test::AttackFrame& frame) {
  try {
    socket.send(std::as_bytes(std::span(frame)));
  } catch (const std::system_error& error) {
    // A full queue of the device is the attacker's loss.
    if (error.code().value() != ENOBUFS) throw;
  }
}

class VictimEngine {
 public:
  VictimEngine() {
    for (const char* address : {"192.0.2.200", "fe80::ff:fe00:c8"}) {
      kept_.push_back({.address = ip(address), .interface = kEth, .link_address = mac("02:00:00:00:00:c8")});
      const auto made = host.loop().call(
          [&](engine::Engine& e, engine::Effects& out) { return e.create(Loop::now(), kept_.back(), out); });
      EXPECT_TRUE(made);
    }
    reach_the_peer();
  }

  void attack(test::FrameSocket& socket, const Attack& attack) {
    const auto before = *host.engine().counters(kEth);
    const std::size_t neighbors = host.engine().neighbor_count();
    std::size_t most = 0;
    const auto begin = std::chrono::steady_clock::now();
    for (std::uint32_t n = 0; n < attack.frames; ++n) {
      send(socket, attack.make(n));
      if (n % 64 != 63) continue;
      host.settle();
      most = std::max(most, host.engine().memory_bytes());
    }
    host.settle();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const auto after = *host.engine().counters(kEth);
    const std::uint64_t in = after.frames_in - before.frames_in;
    const std::uint64_t out = after.frames_out - before.frames_out;
    std::printf("  %-38s %6llu frames in, %5llu out, %4zu -> %4zu neighbors, %zu KiB\n", attack.name.c_str(),
                static_cast<unsigned long long>(in), static_cast<unsigned long long>(out), neighbors,
                host.engine().neighbor_count(), most / 1024);
    EXPECT_GT(in, 0U) << attack.name << " never came";
    // Answers: 1,000 a second after a burst of 1,000 for known nodes and the same for strangers; requests of our own
    // likewise (EXH-003, NAT-012).
    EXPECT_LE(static_cast<double>(out), 6'000 + 6'000 * seconds) << attack.name;
    EXPECT_LE(host.engine().neighbor_count(), kMaxEntries + kept_.size()) << attack.name;
    EXPECT_LT(most, kMemory) << attack.name;
    check(attack.name);
  }

  /// What no attack may change.
  void check(const std::string& after) {
    EXPECT_EQ(host.engine().audit(), "") << after;
    for (const Neighbor& kept : kept_) {
      const auto found = host.engine().get(Loop::now(), kept.key());
      ASSERT_TRUE(found) << after;
      EXPECT_EQ(found->state, NudState::kPermanent) << after;
      EXPECT_EQ(found->link_address, kept.link_address) << after;
    }
    EXPECT_LE(host.engine().routers().size(), 16U) << after;
    EXPECT_LE(host.engine().prefixes().size(), 64U + 4U) << after;
    EXPECT_LE(host.engine().queued_packets(), 4'096U) << after;
  }

  /// A packet goes there and back, whatever was believed before.
  void reach_the_peer() {
    for (const char* peer : {"192.0.2.1", "2001:db8::1"}) {
      const std::uint64_t before = host.echo_replies;
      EXPECT_TRUE(host.run_until([&] {
        if (host.echo_replies > before) return true;
        (void)host.ping(ip(peer));
        return false;
      })) << peer
          << " cannot be reached";
    }
    EXPECT_EQ(host.link_of(ip("192.0.2.1")), "02:00:00:00:00:01");
    EXPECT_EQ(host.link_of(ip("2001:db8::1")), "02:00:00:00:00:01");
  }

  EngineHost host{PortKind::kPacket, {.settings = settings(), .limits = limits()}};

 private:
  /// By RFC 5227 2.4 (b), the default, whoever claims an IPv4 address twice gets it; (c) is for hosts that must keep
  /// it.
  static engine::InterfaceSettings settings() {
    engine::InterfaceSettings settings = EngineHost::quick_settings();
    settings.conflict_policy = engine::ConflictPolicy::kDefendForever;
    return settings;
  }
  static engine::EngineLimits limits() {
    engine::EngineLimits limits;
    limits.cache.max_entries = kMaxEntries;
    return limits;
  }
  std::vector<Neighbor> kept_;
};

TEST(HostileLan, AgainstTheEngine) {
  NEIGH_CITES("EXH-003", "EXH-004", "ARP-135", "ARP-190", "ARP-191", "NAT-012", "FRG-002");
  VictimEngine victim;
  test::FrameSocket socket(victim.host.device());
  for (const Attack& attack : test::attacks(2, 1, 200)) {
    victim.attack(socket, attack);
    if (::testing::Test::HasFatalFailure()) return;
  }
  // Our own stack is told to reach everybody: 2^16 addresses that nobody has.
  const auto before = *victim.host.engine().counters(kEth);
  for (std::uint32_t n = 0; n < 65'536; ++n) {
    (void)victim.host.ping(IpAddress::v6({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7,
                                          static_cast<std::uint8_t>(n >> 8U), static_cast<std::uint8_t>(n)}));
  }
  victim.check("a scan of our own");
  const auto after = *victim.host.engine().counters(kEth);
  std::printf("  %-38s %6llu requests out, %zu neighbors\n", "packets to 2^16 silent addresses",
              static_cast<unsigned long long>(after.frames_out - before.frames_out),
              victim.host.engine().neighbor_count());
  EXPECT_LE(victim.host.engine().neighbor_count(), kMaxEntries + 2);
  victim.reach_the_peer();
  victim.check("the end");
}

/// Programs that attack for a living. What is not installed is a failure where tests are required (install-deps).
struct Tool {
  const char* name;
  const char* command;  ///< DEV is the attacker's device.
};

class RealTools : public ::testing::TestWithParam<Tool> {};

TEST_P(RealTools, AgainstTheEngine) {
  const Tool& tool = GetParam();
  const std::string program = std::string(tool.command).substr(0, std::string(tool.command).find(' '));
  if (!test::run("command -v " + program).ok()) {
    const char* required = std::getenv("NEIGH_REQUIRE_NETNS");  // NOLINT(concurrency-mt-unsafe)
    ASSERT_TRUE(required == nullptr || std::string_view(required) != "1") << program << " is not installed";
    GTEST_SKIP() << program << " is not installed (scripts/install-deps test)";
  }
  VictimEngine victim;
  std::string command = tool.command;
  for (std::size_t at = command.find("DEV"); at != std::string::npos; at = command.find("DEV")) {
    command.replace(at, 3, victim.host.device());
  }
  const auto before = *victim.host.engine().counters(kEth);
  // It would go on for ever; `timeout` ends it, as a user would.
  (void)victim.host.run_beside("timeout -s INT -k 1 1 " + command + " >/dev/null 2>&1");
  victim.host.settle();
  const auto after = *victim.host.engine().counters(kEth);
  const std::uint64_t in = after.frames_in - before.frames_in;
  const std::uint64_t out = after.frames_out - before.frames_out;
  std::printf("  %-18s %7llu frames in, %5llu out, %zu neighbors, %zu KiB\n", tool.name,
              static_cast<unsigned long long>(in), static_cast<unsigned long long>(out),
              victim.host.engine().neighbor_count(), victim.host.engine().memory_bytes() / 1024);
  EXPECT_GT(in, 0U);
  EXPECT_LE(out, 6'000U + 6'000U * 3U);
  EXPECT_LE(victim.host.engine().neighbor_count(), kMaxEntries + 2);
  EXPECT_LT(victim.host.engine().memory_bytes(), kMemory);
  victim.check(tool.name);
  victim.reach_the_peer();
}

INSTANTIATE_TEST_SUITE_P(All, RealTools,
                         ::testing::Values(Tool{"arpspoof", "arpspoof -i DEV -t 192.0.2.2 192.0.2.200"},
                                           Tool{"macof", "macof -i DEV"},
                                           Tool{"flood_advertise6", "atk6-flood_advertise6 DEV"},
                                           Tool{"flood_solicitate6", "atk6-flood_solicitate6 DEV 2001:db8::2"},
                                           Tool{"flood_router26", "atk6-flood_router26 DEV"},
                                           Tool{"fake_advertise6", "atk6-fake_advertise6 DEV fe80::ff:fe00:c8"}),
                         [](const auto& i) { return std::string(i.param.name); });

class HostileLanKernel : public test::TwoHosts {};

/// The kernel decides what it believes; what is held here is that our view of its table survives.
TEST_F(HostileLanKernel, OurTableOfAKernelUnderAttack) {
  auto opened = open_kernel_table();
  ASSERT_TRUE(opened);
  NeighborTable& table = **opened;
  const auto index = InterfaceIndex{here().index};
  std::vector<Neighbor> kept;
  for (const char* address : {"192.0.2.200", "fe80::ff:fe00:c8"}) {
    kept.push_back({.address = ip(address), .interface = index, .link_address = mac("02:00:00:00:00:c8")});
    ASSERT_TRUE(table.create(kept.back()));
  }
  auto watch = table.watch();
  ASSERT_TRUE(watch);
  std::uint64_t told = 0;
  const auto follow = [&](const WatchEvent&) { ++told; };
  ASSERT_TRUE((*watch)->process(follow));
  std::optional<test::FrameSocket> socket;
  {
    const auto inside = there().space.enter();
    socket.emplace(there().device);
  }
  for (const Attack& attack : test::attacks(1, 2, 200)) {
    const std::uint64_t before = told;
    std::size_t most = 0;
    for (std::uint32_t n = 0; n < attack.frames; ++n) {
      send(*socket, attack.make(n));
      if (n % 1'024 != 1'023) continue;
      ASSERT_TRUE((*watch)->process(follow)) << attack.name;
      const auto rows = table.list({.interface = index});
      ASSERT_TRUE(rows) << attack.name << rows.error().message();
      most = std::max(most, rows->size());
    }
    ASSERT_TRUE((*watch)->process(follow));
    std::printf("  %-38s %6llu events, %zu rows at most\n", attack.name.c_str(),
                static_cast<unsigned long long>(told - before), most);
    for (const Neighbor& one : kept) {
      const auto found = table.get(one.key());
      ASSERT_TRUE(found) << attack.name;
      EXPECT_EQ(found->state, NudState::kPermanent) << attack.name;
      EXPECT_EQ(found->link_address, one.link_address) << attack.name;
    }
  }
  // The watch ends with the truth. The kernel says nothing of the NOARP entry that it makes for a broadcast address.
  const StateSet states = StateSet::all().without(NudState::kNoArp);
  EXPECT_TRUE(test::wait_until([&] {
    if (!(*watch)->process(follow)) return false;
    std::size_t mirrored = 0;
    (*watch)->visit_mirror([&](const Neighbor& n) { mirrored += states.contains(n.state) ? 1U : 0U; });
    const auto rows = table.list({.states = states});
    return rows && rows->size() == mirrored;
  }));
  // And the peer is found where it is.
  ASSERT_TRUE(table.flush({.interface = index, .states = StateSet::all()}));
  EXPECT_TRUE(test::wait_until([&] {
    const auto peer = table.resolve({index, ip("192.0.2.2")}, {.ask_again = true});
    return peer && peer->link_address.to_string() == there().link_address;
  }));
}

}  // namespace
}  // namespace neigh::link
