// SPDX-License-Identifier: Apache-2.0
// A thousand hosts for a day of virtual time, and the same run twice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <vector>

#include "link/chance.hpp"
#include "support/cites.hpp"
#include "unit/link/lan_host.hpp"

namespace neigh::link {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Hosts that send a packet to one of two peers now and then; every fourth host uses IPv4 and IPv6 in turn, the others
/// IPv6, whose requests do not reach everybody.
class Town {
 public:
  /// The first `verifying` of them verify their addresses before they use them.
  Town(std::uint16_t count, std::uint64_t seed, LanHostOptions options, Duration pause, std::uint16_t verifying)
      : lan(world, {.seed = seed}), chance_(seed), pause_(pause) {
    lan.set_monitor([this](TimePoint at, const LanFrame& frame) {
      ++frames;
      mix(static_cast<std::uint64_t>(at.time_since_epoch().count()));
      for (const std::uint8_t byte : frame.bytes) mix(byte);
    });
    for (std::uint16_t number = 1; number <= count; ++number) {
      options.verify = number <= verifying;
      hosts.push_back(std::make_unique<LanHost>(world, lan, number, options));
      hosts.back()->keep_neighbors = false;
      schedule(number, 0);
    }
  }

  void stop() { stopped_ = true; }
  [[nodiscard]] std::uint64_t digest() const { return digest_; }
  [[nodiscard]] std::uint64_t delivered() const {
    std::uint64_t sum = 0;
    for (const auto& host : hosts) sum += host->delivered;
    return sum;
  }

  Simulation world;
  Lan lan;  // outlives the hosts, whose ports it owns
  std::vector<std::unique_ptr<LanHost>> hosts;
  std::uint64_t sent = 0;
  std::uint64_t frames = 0;

 private:
  void schedule(std::uint16_t number, std::uint16_t turn) {
    world.after(pause_ / 2 + chance_.up_to(pause_), [this, number, turn] {
      if (stopped_) return;
      constexpr std::uint16_t kPeers = 2;
      const auto count = static_cast<std::uint16_t>(hosts.size());
      const auto distance = static_cast<std::uint16_t>(1 + chance_.next() % kPeers * 37);
      const auto peer = static_cast<std::uint16_t>((number + distance) % count + 1);
      if (peer != number) {
        const bool v4 = number % 4 == 0 && turn % 2 == 0;
        hosts[number - 1U]->send_to(v4 ? LanHost::v4(peer) : LanHost::v6(peer), turn);
        ++sent;
      }
      schedule(number, static_cast<std::uint16_t>(turn + 1));
    });
  }
  void mix(std::uint64_t value) { digest_ = (digest_ ^ value) * 0x100000001b3ULL; }

  Chance chance_;
  Duration pause_;
  bool stopped_ = false;
  std::uint64_t digest_ = 0xcbf29ce484222325ULL;
};

TEST(LanDay, AThousandHostsForADay) {
  // A broadcast costs a thousand frames, as it does on a real link: those of starting up are for fifty hosts.
  LanHostOptions options;
  options.settings.announce_new_addresses = false;  // ARP announcements
  options.settings.multicast_listener_reports = false;
  options.settings.max_rtr_solicitations = 0;
  options.settings.gratuitous_advert = false;
  Town town(1'000, 1, options, hours{1}, 50);
  town.world.run_for(hours{24});
  town.stop();
  town.world.run_for(hours{2});
  EXPECT_GT(town.sent, 20'000U);
  EXPECT_EQ(town.delivered(), town.sent) << "nothing is lost on a good LAN, however stale the entries are";
  for (const auto& host : town.hosts) {
    ASSERT_EQ(host->failed_packets, 0U);
    ASSERT_EQ(host->engine->audit(), "");
    ASSERT_EQ(host->engine->queued_packets(), 0U);
    const auto addresses = *host->engine->addresses(kEth);
    ASSERT_EQ(addresses.size(), 2U);
    for (const engine::OwnAddress& own : addresses) {
      ASSERT_EQ(own.state, engine::AddressChanged::Kind::kPreferred) << own.address.to_string();
    }
    ASSERT_THAT(host->failures, ::testing::IsEmpty());
  }
}

TEST(LanDay, TheSameSeedGivesTheSameFramesAtTheSameTimes) {
  const CableQuality bad{
      .loss = 0.05, .duplicate = 0.05, .reorder = 0.05, .jitter = milliseconds{20}, .hold = milliseconds{50}};
  const auto run = [&](std::uint64_t seed) {
    Town town(40, seed, {.to_lan = bad, .from_lan = bad}, seconds{60}, 40);
    town.world.run_for(hours{1});
    for (const auto& host : town.hosts) EXPECT_EQ(host->engine->audit(), "");
    EXPECT_GT(town.frames, 2'000U);
    return std::tuple(town.digest(), town.frames, town.sent, town.delivered());
  };
  const auto first = run(9);
  EXPECT_EQ(first, run(9));
  EXPECT_NE(std::get<0>(first), std::get<0>(run(10)));
}

}  // namespace
}  // namespace neigh::link
