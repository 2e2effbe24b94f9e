// SPDX-License-Identifier: Apache-2.0
// Random frames, packets and administration: whatever comes, the invariants hold, memory stays bounded, and every frame
// that goes out is one that the specification allows.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <set>
#include <string>
#include <variant>

#include "harness.hpp"
#include "support/cites.hpp"
#include "wire/frame.hpp"
#include "wire/multicast.hpp"
#include "wire/numbers.hpp"

namespace neigh::engine::test {
namespace {

class Chaos {
 public:
  Chaos(std::uint64_t seed, const InterfaceSettings& settings) : dice_(seed), h_({.settings = settings, .seed = seed}) {
    for (int i = 1; i <= 6; ++i) {
      v4_.push_back("192.0.2." + std::to_string(i));
      v6_.push_back("fe80::" + std::to_string(i));
      v6_.push_back("2001:db8::" + std::to_string(i));
    }
    v4_.insert(v4_.end(), {"192.0.2.255", "192.0.2.0", "198.51.100.3", "240.0.0.1"});
    v6_.insert(v6_.end(), {"2001:db8:9::9", "fe80::9", "::"});
  }

  void step() {
    switch (roll(16)) {
      case 0:
      case 1:
        receive(arp({.operation = static_cast<std::uint16_t>(1 + roll(2)),
                     .sha = link(),
                     .spa = roll(5) == 0 ? "0.0.0.0" : pick(v4_),
                     .tpa = pick(v4_),
                     .destination = roll(2) == 0 ? std::string(kOurLink) : std::string(kBroadcast)}));
        break;
      case 2:
      case 3: {
        const std::string source = pick(v6_);
        NsFrame frame{.source = source,
                      .target = target(),
                      .sllao = source == "::" || roll(3) == 0 ? "" : link(),
                      .link = link()};
        if (roll(3) == 0 && source != "::") frame.destination = "fe80::1";
        receive(ns(frame));
        break;
      }
      case 4:
      case 5: {
        const bool solicited = roll(2) == 0;
        receive(na({.source = "fe80::2",
                    .destination = solicited ? "fe80::1" : "ff02::1",
                    .target = target(),
                    .flags = std::string(solicited ? "S" : "") + (roll(2) == 0 ? "O" : "") + (roll(2) == 0 ? "R" : ""),
                    .tllao = roll(3) == 0 ? "" : link(),
                    .link = link()}));
        break;
      }
      case 6:
        receive(ra({.source = "fe80::" + std::to_string(2 + roll(5)),
                    .sllao = roll(2) == 0 ? "" : link(),
                    .lifetime = static_cast<std::uint16_t>(roll(3) * 20),
                    .reachable_ms = roll(3) * 1'000,
                    .retrans_ms = roll(3) * 400,
                    .prefixes = {{.prefix = ip("2001:db8:9::"),
                                  .length = 64,
                                  .on_link = roll(2) == 0,
                                  .valid_lifetime_s = roll(3) * 30}},
                    .link = link()}));
        break;
      case 7:
        receive(redirect({.source = "fe80::" + std::to_string(2 + roll(5)),
                          .target = "fe80::" + std::to_string(2 + roll(6)),
                          .redirected = "2001:db8:9::" + std::to_string(1 + roll(9)),
                          .tllao = roll(2) == 0 ? "" : link(),
                          .link = link()}));
        break;
      case 8:
      case 9:
        h_.send(packet("192.0.2.1", pick(v4_), 28 + roll(200)));
        break;
      case 10:
      case 11:
        h_.send(packet(roll(2) == 0 ? "fe80::1" : "2001:db8::1", target(), 48 + roll(200)));
        break;
      case 12: {
        Bytes garbage = roll(2) == 0 ? arp() : ns();
        for (std::uint32_t i = 0; i < 1 + roll(4); ++i)
          garbage[roll(static_cast<std::uint32_t>(garbage.size()))] ^= static_cast<std::uint8_t>(1U << roll(8));
        if (roll(3) == 0) garbage.resize(roll(static_cast<std::uint32_t>(garbage.size())));
        receive(garbage);
        break;
      }
      case 13:
        h_.advance(milliseconds{roll(4'000)});
        break;
      case 14:
        administrate();
        break;
      default:
        h_.engine().on_confirm(h_.now(), kEth0, ip(roll(2) == 0 ? pick(v4_) : target()), h_.out());
        break;
    }
    check_effects();
  }

  Harness& harness() { return h_; }

 private:
  std::uint32_t roll(std::uint32_t sides) { return std::uniform_int_distribution<std::uint32_t>{0, sides - 1}(dice_); }
  const std::string& pick(const std::vector<std::string>& from) {
    return from[roll(static_cast<std::uint32_t>(from.size()))];
  }
  std::string target() {
    std::string out = pick(v6_);
    return out == "::" ? "fe80::1" : out;
  }
  std::string link() { return "02:00:00:00:00:0" + std::to_string(1 + roll(6)); }

  void receive(const Bytes& frame) {
    const std::size_t slots = h_.engine().neighbor_count();
    h_.receive(frame);
    EXPECT_LE(h_.engine().neighbor_count(), slots + 1);  // one frame, one neighbor at most
  }

  void administrate() {
    Engine& engine = h_.engine();
    const TimePoint now = h_.now();
    const IpAddress address = ip(roll(2) == 0 ? pick(v4_) : target());
    Neighbor neighbor{.address = address, .interface = kEth0, .link_address = lla(link())};
    switch (roll(10)) {
      case 0:
        (void)engine.create(now, neighbor, h_.out());
        break;
      case 1:
        (void)engine.remove(now, neighbor.key(), h_.out());
        break;
      case 2:
        neighbor.state = static_cast<NudState>(roll(9));
        (void)engine.replace(now, neighbor, h_.out());
        break;
      case 3:
        neighbor.flags.set(NeighborFlag::kProxy);
        (void)(roll(2) == 0 ? engine.replace(now, neighbor, h_.out()) : engine.remove(now, neighbor.key(), h_.out()));
        break;
      case 4:
        (void)engine.set_running(now, kEth0, roll(2) == 0, h_.out());
        break;
      case 5:
        (void)engine.set_up(now, kEth0, roll(3) != 0, h_.out());
        break;
      case 6:
        (void)engine.add_address(now, kEth0, {.address = address, .prefix_length = 24, .verify = roll(2) == 0},
                                 h_.out());
        break;
      case 7:
        (void)engine.remove_address(now, kEth0, address, h_.out());
        break;
      case 8:
        (void)engine.ask(now, {.key = neighbor.key(), .all_answers = roll(2) == 0}, h_.out());
        break;
      default:
        (void)engine.flush(now, {.family = roll(2) == 0 ? Family::kIpv4 : Family::kIpv6}, h_.out());
        break;
    }
  }

  /// `Harness::take` has turned effects into lines; what is asked here is on the frames themselves.
  void check_effects() {
    for (const std::string& line : h_.take()) {
      // Every frame of ours parses: none is longer than the MTU, no message stands behind a Fragment header.
      ASSERT_FALSE(line.starts_with("malformed")) << line;
      if (line.starts_with("na ")) {
        // NAT-004, NAT-009: never solicited to a group; always from a unicast address.
        const bool to_group = line.find("> ff02::") != std::string::npos;
        const bool solicited = line.find("flags S") != std::string::npos || line.find("flags RS") != std::string::npos;
        EXPECT_FALSE(to_group && solicited) << line;
        EXPECT_EQ(line.find(": :: >"), std::string::npos) << line;
      }
      if (line.starts_with("ns ")) {
        const bool from_nobody = line.find(": :: > ") != std::string::npos;
        EXPECT_EQ(line.find("slla -") != std::string::npos, from_nobody) << line;  // NDR-004, DAD-003
      }
      if (line.starts_with("arp ")) {
        EXPECT_NE(line.find("02:00:00:00:00:01 > "), std::string::npos) << line;  // sha is ours
        EXPECT_EQ(line.find("via 00:00:00:00:00:00"), std::string::npos) << line;
        if (line.starts_with("arp reply")) {
          EXPECT_EQ(line.find("via ff:ff:ff:ff:ff:ff"), std::string::npos) << line;  // ARP-026
        }
      }
      EXPECT_FALSE(line.starts_with("ip 0.0.0.0") || line.starts_with("ip :: ")) << line;
    }
  }

  std::mt19937_64 dice_;
  Harness h_;
  std::vector<std::string> v4_;
  std::vector<std::string> v6_;
};

class PropertyTest : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(PropertyTest, InvariantsHoldWhateverComes) {
  NEIGH_CITES("NUD-014", "NUD-015", "NDF-020", "FRG-001", "ARP-023", "NDR-004", "NAT-004", "ARP-026");
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  const bool kernel = GetParam() % 2 == 1;
  Chaos chaos(GetParam(), kernel ? quiet_linux() : quiet());
  for (int i = 0; i < 4'000; ++i) {
    chaos.step();
    if (i % 50 != 0) continue;
    ASSERT_EQ(chaos.harness().audit(), "") << "step " << i;
    ASSERT_LT(chaos.harness().engine().memory_bytes(), 4U * 1'024 * 1'024);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, PropertyTest, ::testing::Range<std::uint64_t>(1, 13));

/// NDR-007, ARP-085: whatever events come, no destination is asked more than once in RetransTimer.
TEST(RateProperty, OneRequestPerDestinationAndRetransTimer) {
  NEIGH_CITES("NDR-007", "ARP-085", "DEC-05");
  std::mt19937_64 dice(42);
  const auto roll = [&](std::uint32_t sides) {
    return std::uniform_int_distribution<std::uint32_t>{0, sides - 1}(dice);
  };
  InterfaceSettings settings = quiet();
  settings.answers_count_as_use = true;  // more traffic to neighbors
  Harness h{{.settings = settings}};
  std::map<std::string, TimePoint> last;
  std::size_t requests = 0;
  const auto check = [&] {
    for (const std::string& line : h.take_frames()) {
      std::string target;
      if (line.starts_with("arp request ")) {
        const std::size_t at = line.find("> ") + 2;
        target = line.substr(at, line.find(' ', at) - at);
      } else if (line.starts_with("ns ")) {
        target = line.substr(3, line.find(": ") - 3);
      } else {
        continue;
      }
      ++requests;
      const auto known = last.find(target);
      if (known != last.end()) {
        EXPECT_GE(h.now() - known->second, milliseconds{1'700}) << line;
      }
      last[target] = h.now();
    }
  };
  for (int i = 0; i < 20'000; ++i) {
    const std::string digit = std::to_string(2 + roll(4));
    switch (roll(7)) {
      case 0:
        h.send(packet("192.0.2.1", "192.0.2." + digit));
        break;
      case 1:
        h.send(packet("fe80::1", "fe80::" + digit));
        break;
      case 2:
        h.receive(arp_request("192.0.2." + digit, "192.0.2.1", "02:00:00:00:00:0" + std::to_string(2 + roll(4))));
        break;
      case 3:
        h.receive(ns({.source = "fe80::" + digit, .sllao = roll(2) == 0 ? "" : "02:00:00:00:00:0" + digit}));
        break;
      case 4:
        (void)h.engine().remove(
            h.now(), {.interface = kEth0, .address = ip((roll(2) == 0 ? "fe80::" : "192.0.2.") + digit)}, h.out());
        break;
      case 5:
        if (roll(10) == 0) (void)h.engine().flush(h.now(), {}, h.out());
        break;
      default: {
        // From deadline to deadline, so that each request is seen when it goes out.
        const TimePoint end = h.now() + milliseconds{roll(500)};
        for (auto next = h.engine().next_deadline(); next && *next <= end; next = h.engine().next_deadline()) {
          h.advance(*next - h.now());
          check();
        }
        h.advance(end - h.now());
        break;
      }
    }
    check();
  }
  EXPECT_GT(requests, 500U);
}

}  // namespace
}  // namespace neigh::engine::test
