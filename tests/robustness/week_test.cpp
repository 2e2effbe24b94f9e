// SPDX-License-Identifier: Apache-2.0
// Hosts on a bad LAN for a long virtual time, with faults at random: cables, plugs, interfaces, link-layer addresses
// and administrators. Every host that an event touched is audited after it. `make soak`: 10,000 hosts for a week
// (NEIGH_SOAK_HOSTS, NEIGH_SOAK_HOURS).
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "link/chance.hpp"
#include "unit/link/lan_host.hpp"

namespace neigh::link {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

std::uint32_t number_from(const char* name, std::uint32_t standard) {
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return text == nullptr ? standard : static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10));
}

constexpr std::uint32_t kMaxEntries = 24;

class Town {
 public:
  Town(std::uint16_t count, std::uint64_t seed) : lan_(world_, {.seed = seed}), chance_(seed) {
    lan_.set_monitor([this](TimePoint, const LanFrame& frame) {
      ++frames_;
      touch(std::span(frame.bytes).subspan(0, 6));
      touch(std::span(frame.bytes).subspan(6, 6));
    });
    LanHostOptions options;
    options.limits.cache.max_entries = kMaxEntries;
    options.limits.cache.gc_low_water = 4;
    options.limits.cache.rate_memory_slots = 32;
    options.settings.announce_new_addresses = false;  // a broadcast costs a frame for each host
    options.settings.announce_link_changes = false;
    options.settings.multicast_listener_reports = false;
    options.settings.max_rtr_solicitations = 0;
    options.settings.gratuitous_advert = false;
    for (std::uint16_t number = 1; number <= count; ++number) {
      hosts_.push_back(std::make_unique<LanHost>(world_, lan_, number, options));
      LanHost& host = *hosts_.back();
      host.keep_neighbors = false;
      host.expect_done([&](engine::Engine& e, engine::Effects& out) { return e.create(world_.now(), kept(), out); });
      talk(number);
    }
    next_fault();
  }

  /// @return false: an invariant broke, and was told.
  bool run_for(Duration time) {
    const TimePoint end = world_.now() + time;
    for (auto at = world_.next(); at && *at <= end; at = world_.next()) {
      world_.step();
      ++events_;
      for (const std::uint16_t number : touched_) {
        if (!check(number)) return false;
      }
      touched_.clear();
    }
    world_.run_until(end);
    return true;
  }

  /// No more faults; everything is put in order.
  void mend() {
    faults_end_ = true;
    for (const auto& host : hosts_) {
      EXPECT_TRUE(host->port->set_cable({}, {}));
      host->port->set_carrier(true);
      host->port->set_up(true);
    }
  }
  void be_silent() { silent_ = true; }

  /// Each host sends to its neighbor; all arrive.
  void expect_all_reached() {
    const std::uint64_t before = delivered();
    for (std::uint16_t number = 1; number <= hosts_.size(); ++number) {
      hosts_[number - 1U]->send_to(LanHost::v6(peer_of(number, 1)), 7);
    }
    EXPECT_TRUE(run_for(minutes{2}));
    EXPECT_EQ(delivered() - before, hosts_.size());
    for (std::uint16_t number = 1; number <= hosts_.size(); ++number) EXPECT_TRUE(check(number));
  }

  [[nodiscard]] std::uint64_t delivered() const {
    std::uint64_t sum = 0;
    for (const auto& host : hosts_) sum += host->delivered;
    return sum;
  }
  void print() const {
    std::printf("  %zu hosts, %llu events audited, %llu frames, %llu packets sent, %llu delivered, %llu faults\n",
                hosts_.size(), static_cast<unsigned long long>(events_), static_cast<unsigned long long>(frames_),
                static_cast<unsigned long long>(sent_), static_cast<unsigned long long>(delivered()),
                static_cast<unsigned long long>(faults_));
  }
  [[nodiscard]] std::uint64_t faults() const { return faults_; }
  [[nodiscard]] std::uint64_t frames() const { return frames_; }

 private:
  static Neighbor kept() {
    return {.address = IpAddress::v4(10, 0, 255, 254),
            .interface = kEth,
            .link_address = LinkAddress::ether({2, 0, 0, 0xff, 0xff, 0xfe})};
  }
  [[nodiscard]] std::uint16_t peer_of(std::uint16_t number, std::uint32_t distance) const {
    return static_cast<std::uint16_t>((number - 1U + distance) % hosts_.size() + 1);
  }

  /// The host that has a link-layer address; its last two bytes are its number, whatever else changed.
  void touch(std::span<const std::uint8_t> address) {
    const auto number = static_cast<std::uint16_t>(address[4] << 8U | address[5]);
    if ((address[0] & 1U) == 0 && number >= 1 && number <= hosts_.size()) touched_.insert(number);
  }

  bool check(std::uint16_t number) {
    const LanHost& host = *hosts_[number - 1U];
    const std::string audit = host.engine->audit();
    EXPECT_EQ(audit, "") << "host " << number;
    EXPECT_LE(host.engine->neighbor_count(), kMaxEntries + 1) << "host " << number;
    EXPECT_LE(host.engine->queued_packets(), 16U * kMaxEntries) << "host " << number;
    const auto there = host.engine->get(world_.now(), kept().key());
    EXPECT_TRUE(there && there->state == NudState::kPermanent && there->link_address == kept().link_address)
        << "host " << number;
    EXPECT_TRUE(host.failures.empty());
    return !::testing::Test::HasFailure();
  }

  void talk(std::uint16_t number) {
    world_.after(minutes{20} + chance_.up_to(minutes{60}), [this, number] {
      if (silent_) return;
      const std::uint16_t peer = peer_of(number, 1 + static_cast<std::uint32_t>(chance_.next() % 40));
      // IPv4 asks everybody for each address: some hosts only.
      const bool v4 = number % 64 == 0;
      if (peer != number) {
        hosts_[number - 1U]->send_to(v4 ? LanHost::v4(peer) : LanHost::v6(peer), 1);
        ++sent_;
        touched_.insert(number);
      }
      talk(number);
    });
  }

  void next_fault() {
    world_.after(seconds{30} + chance_.up_to(minutes{3}), [this] {
      if (faults_end_) return;
      ++faults_;
      const auto number = static_cast<std::uint16_t>(1 + chance_.next() % hosts_.size());
      LanHost& host = *hosts_[number - 1U];
      touched_.insert(number);
      switch (chance_.next() % 7) {
        case 0:
          host.port->set_carrier(false);
          world_.after(minutes{2}, [&host] { host.port->set_carrier(true); });
          break;
        case 1:
          host.port->set_up(false);
          world_.after(minutes{1}, [&host] { host.port->set_up(true); });
          break;
        case 2: {
          const CableQuality bad{
              .loss = 0.3, .duplicate = 0.2, .reorder = 0.2, .jitter = milliseconds{300}, .hold = milliseconds{900}};
          EXPECT_TRUE(host.port->set_cable(bad, bad));
          world_.after(minutes{20}, [&host] { EXPECT_TRUE(host.port->set_cable({}, {})); });
          break;
        }
        case 3: {  // another link-layer address with the host's number
          const auto bits = static_cast<std::uint8_t>(chance_.next());
          host.port->set_link_address(LinkAddress::ether(
              {2, 0, 0, bits, static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number)}));
          break;
        }
        case 4:
          host.driver->call(world_.now(), [&](engine::Engine& e, engine::Effects& out) {
            (void)e.flush(world_.now(), {.states = StateSet::all().without(NudState::kPermanent)}, out);
          });
          break;
        case 5:  // an administrator writes nonsense
          host.driver->call(world_.now(), [&](engine::Engine& e, engine::Effects& out) {
            (void)e.replace(world_.now(),
                            {.address = LanHost::v6(peer_of(number, 3)),
                             .interface = kEth,
                             .link_address = LinkAddress::ether({2, 9, 9, 9, 9, 9}),
                             .state = static_cast<NudState>(chance_.next() % 8)},
                            out);
          });
          break;
        default:  // asks and sends to somebody who is not there
          (void)host.send_to(LanHost::v6(static_cast<std::uint16_t>(60'000 + chance_.next() % 1'000)), 1);
          break;
      }
      next_fault();
    });
  }

  Simulation world_;
  Lan lan_;
  Chance chance_;
  std::vector<std::unique_ptr<LanHost>> hosts_;
  std::set<std::uint16_t> touched_;
  bool faults_end_ = false;
  bool silent_ = false;
  std::uint64_t events_ = 0;
  std::uint64_t frames_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t faults_ = 0;
};

TEST(Week, FaultsAtRandomAndEveryEventAudited) {
  const auto hosts = static_cast<std::uint16_t>(number_from("NEIGH_SOAK_HOSTS", 150));
  const hours time{number_from("NEIGH_SOAK_HOURS", 48)};
  Town town(hosts, number_from("NEIGH_SOAK_SEED", 7));
  ASSERT_TRUE(town.run_for(time));
  town.mend();
  ASSERT_TRUE(town.run_for(hours{1}));
  town.be_silent();
  ASSERT_TRUE(town.run_for(hours{2}));
  town.expect_all_reached();
  town.print();
  EXPECT_GT(town.faults(), static_cast<std::uint64_t>(time.count()) * 20);
  EXPECT_GT(town.frames(), std::uint64_t{hosts} * 24);
}

}  // namespace
}  // namespace neigh::link
