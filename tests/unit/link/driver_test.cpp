// SPDX-License-Identifier: Apache-2.0
// Engines on a LAN in virtual time: what the driver carries between an engine and its ports.
#include "link/driver.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <new>
#include <optional>
#include <set>
#include <utility>

#include "link/pcap.hpp"
#include "support/cites.hpp"
#include "unit/link/lan_host.hpp"

namespace neigh::link {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class DriverTest : public ::testing::Test {
 protected:
  Simulation world;
  Lan lan{world};
};

TEST_F(DriverTest, TwoHostsResolveEachOtherAndPacketsArrive) {
  LanHost a(world, lan, 1);
  LanHost b(world, lan, 2);
  for (const IpAddress& peer : {LanHost::v4(2), LanHost::v6(2)}) {
    EXPECT_EQ(a.send_to(peer), engine::SendOutcome::kQueued);
    world.run_for(seconds{1});
    EXPECT_EQ(a.state_of(peer), NudState::kReachable) << peer.to_string();
    EXPECT_EQ(a.send_to(peer), engine::SendOutcome::kSent);
    world.run_for(seconds{1});
  }
  EXPECT_EQ(b.delivered, 4U);
  EXPECT_EQ(b.state_of(LanHost::v4(1)), NudState::kStale);
  EXPECT_EQ(a.engine->get(world.now(), {kEth, LanHost::v4(2)})->link_address, LanHost::ether(2));
  EXPECT_EQ(a.engine->audit(), "");
  EXPECT_EQ(b.engine->audit(), "");
}

TEST_F(DriverTest, AddressesAreVerifiedOnTheLanAndASecondOwnerLearnsOfTheFirst) {
  LanHost a(world, lan, 1, {.verify = true});
  world.run_for(seconds{20});
  using Kind = engine::AddressChanged::Kind;
  const auto addresses = *a.engine->addresses(kEth);
  ASSERT_EQ(addresses.size(), 2U);
  for (const auto& own : addresses) EXPECT_EQ(own.state, Kind::kPreferred) << own.address.to_string();

  LanHost other(world, lan, 1, {.verify = true, .link_address = LanHost::ether(99)});
  world.run_for(seconds{20});
  const auto refused = *other.engine->addresses(kEth);
  ASSERT_EQ(refused.size(), 2U);
  for (const auto& own : refused) {
    EXPECT_EQ(own.state, Kind::kDuplicate) << own.address.to_string();
  }
  const auto kept = *a.engine->addresses(kEth);
  ASSERT_EQ(kept.size(), 2U);
  for (const auto& own : kept) {
    EXPECT_EQ(own.state, Kind::kPreferred) << "the first one keeps " << own.address.to_string();
  }
}

TEST_F(DriverTest, EveryPortFiltersNothingAndTheEngineFiltersItself) {
  NEIGH_CITES("PRT-001");
  Lan hub(world, {.hub = true});
  LanHost a(world, hub, 1);
  LanHost b(world, hub, 2);
  LanHost nosy(world, hub, 3, {.promiscuous = true});
  a.send_to(LanHost::v4(2));
  world.run_for(seconds{1});
  a.send_to(LanHost::v4(2));
  world.run_for(seconds{1});
  EXPECT_EQ(b.delivered, 2U);
  EXPECT_EQ(nosy.delivered, 0U);
  EXPECT_EQ(nosy.engine->neighbor_count(), 0U);
  // The reply and two packets; the request was a broadcast.
  EXPECT_EQ(nosy.counters().of(engine::Reason::kNotForUs), 3U);
}

TEST_F(DriverTest, GroupsAreJoinedAtThePort) {
  NEIGH_CITES("PRT-004");
  LanHost a(world, lan, 1);
  LanHost b(world, lan, 2);
  world.run_for(seconds{30});  // announcements are over
  // The card of b lets only joined groups in: the solicitation would not get there otherwise.
  a.send_to(LanHost::v6(2));
  world.run_for(seconds{1});
  EXPECT_EQ(a.state_of(LanHost::v6(2)), NudState::kReachable);
  b.expect_done([&](engine::Engine& e, engine::Effects& out) {
    return e.remove_address(world.now(), kEth, LanHost::v6(2), out);
  });
  const std::uint64_t before = b.port->counters().rx_frames;
  a.expect_done([&](engine::Engine& e, engine::Effects& out) {
    return e.remove(world.now(), {kEth, LanHost::v6(2)}, out);
  });
  a.send_to(LanHost::v6(2));
  world.run_for(seconds{10});
  EXPECT_EQ(b.port->counters().rx_frames, before) << "the group was left";
  EXPECT_EQ(a.failed_packets, 1U);
}

TEST_F(DriverTest, CarrierReachesTheEngine) {
  NEIGH_CITES("PRT-011");
  LanHost a(world, lan, 1);
  LanHost b(world, lan, 2);
  a.send_to(LanHost::v4(2));
  world.run_for(seconds{1});
  a.port->set_carrier(false);
  world.run_for(seconds{1});
  EXPECT_FALSE(a.engine->interfaces().at(0).running);
  EXPECT_EQ(a.engine->neighbor_count(), 0U) << "dynamic entries are gone";
  a.port->set_carrier(true);
  world.run_for(seconds{30});
  EXPECT_TRUE(a.engine->interfaces().at(0).running);
  a.send_to(LanHost::v4(2));
  world.run_for(seconds{1});
  EXPECT_EQ(a.state_of(LanHost::v4(2)), NudState::kReachable);
}

TEST_F(DriverTest, ANewLinkAddressReachesTheEngineAndThePeers) {
  LanHost a(world, lan, 1);
  LanHost b(world, lan, 2);
  a.send_to(LanHost::v4(2));
  a.send_to(LanHost::v6(2));
  world.run_for(seconds{1});
  b.port->set_link_address(LanHost::ether(77));
  world.run_for(seconds{10});
  EXPECT_EQ(b.engine->interfaces().at(0).link_address, LanHost::ether(77));
  EXPECT_EQ(a.engine->get(world.now(), {kEth, LanHost::v4(2)})->link_address, LanHost::ether(77)) << "gratuitous ARP";
  EXPECT_EQ(a.engine->get(world.now(), {kEth, LanHost::v6(2)})->link_address, LanHost::ether(77)) << "unsolicited NA";
  a.send_to(LanHost::v4(2));
  world.run_for(seconds{1});
  EXPECT_EQ(b.delivered, 3U);
}

TEST_F(DriverTest, AdministrativeStateReachesTheEngine) {
  LanHost a(world, lan, 1);
  LanHost b(world, lan, 2);
  a.port->set_up(false);
  world.run_for(seconds{1});
  EXPECT_FALSE(a.engine->interfaces().at(0).up);
  EXPECT_EQ(a.send_to(LanHost::v4(2)), engine::SendOutcome::kFailed);
  a.port->set_up(true);
  world.run_for(seconds{30});
  EXPECT_NE(a.send_to(LanHost::v4(2)), engine::SendOutcome::kFailed);
}

TEST_F(DriverTest, FramesThatThePortLostAreCounted) {
  NEIGH_CITES("PRT-012");
  Lan small(world, {.max_waiting = 8});
  LanHost a(world, small, 1);
  LanPort* flood = *small.connect({.link_address = LanHost::ether(9)});
  a.port->set_station(nullptr);  // busy elsewhere
  std::vector<std::uint8_t> bytes(60, 0xff);
  std::copy_n(LanHost::ether(9).bytes().begin(), 6, bytes.begin() + 6);
  const std::vector<OutFrame> frames(20, OutFrame{.bytes = bytes});
  ASSERT_EQ(*flood->send(world.now(), frames), 20U);
  world.run_for(seconds{10});
  a.port->set_station(a.driver.get());
  world.run_for(seconds{10});
  EXPECT_EQ(a.counters().frames_lost, 12U);
}

TEST_F(DriverTest, LossyCablesDelayResolutionAndDoNotBreakIt) {
  const CableQuality bad{.loss = 0.3,
                         .duplicate = 0.2,
                         .reorder = 0.2,
                         .delay = milliseconds{20},
                         .jitter = milliseconds{30},
                         .hold = milliseconds{200}};
  LanHost a(world, lan, 1, {.to_lan = bad, .from_lan = bad});
  LanHost b(world, lan, 2, {.to_lan = bad, .from_lan = bad});
  std::size_t reachable = 0;
  for (std::uint16_t i = 0; i < 500; ++i) {
    a.send_to(LanHost::v4(2), i);
    a.send_to(LanHost::v6(2), i);
    world.run_for(seconds{7});
    ASSERT_EQ(a.engine->audit(), "");
    ASSERT_EQ(b.engine->audit(), "");
    if (a.state_of(LanHost::v4(2)) == NudState::kReachable) ++reachable;
  }
  EXPECT_GT(reachable, 250U);
  EXPECT_GT(b.delivered, 400U);
  EXPECT_GT(a.port->to_lan().lost, 100U);
  EXPECT_EQ(a.engine->queued_packets(), 0U);
}

TEST_F(DriverTest, LinksOfTwentyByteAddressesResolve) {
  Lan fabric(world, {.type = InterfaceType::kInfiniband, .mtu = 2044});
  std::array<std::uint8_t, 20> one{};
  std::array<std::uint8_t, 20> two{};
  one.fill(0x11);
  two.fill(0x22);
  LanHost a(world, fabric, 1, {.link_address = *LinkAddress::from_bytes(one)});
  LanHost b(world, fabric, 2, {.link_address = *LinkAddress::from_bytes(two)});
  for (const IpAddress& peer : {LanHost::v4(2), LanHost::v6(2)}) {
    a.send_to(peer);
    world.run_for(seconds{1});
    EXPECT_EQ(a.state_of(peer), NudState::kReachable) << peer.to_string();
    EXPECT_TRUE(std::ranges::equal(a.engine->get(world.now(), {kEth, peer})->link_address.bytes(), two));
  }
  EXPECT_EQ(b.delivered, 2U);
}

TEST_F(DriverTest, WhatAHandlerCausesComesAfterWhatIsBeingDone) {
  LanHost a(world, lan, 1);
  std::vector<std::string> log;
  bool nested = false;
  a.driver->set_handler([&](TimePoint now, const engine::Effect& effect, std::span<const std::uint8_t>) {
    if (const auto* failed = std::get_if<engine::PacketFailed>(&effect)) {
      log.push_back("failed " + std::to_string(failed->cookie));
      if (nested) return;
      nested = true;
      a.driver->call(now, [&](engine::Engine& e, engine::Effects& out) { e.send_packet(now, kEth, {}, out, 99); });
      log.emplace_back("called");
    }
  });
  a.driver->call(world.now(), [&](engine::Engine& e, engine::Effects& out) {
    e.send_packet(world.now(), kEth, {}, out, 1);  // no IP packet: fails at once
    e.send_packet(world.now(), kEth, {}, out, 2);
  });
  EXPECT_THAT(log, ElementsAre("failed 1", "called", "failed 2", "failed 99"));
}

TEST_F(DriverTest, APortThatBreaksTakesTheCarrierWithItAndIsLeftAlone) {
  std::string pattern = ::testing::TempDir() + "driver-XXXXXX";
  const std::string folder = ::mkdtemp(pattern.data());
  const std::string path = folder + "/cut.pcap";
  {
    PcapWriter writer = *PcapWriter::create(path);
    writer.write(TimePoint{}, std::vector<std::uint8_t>(60, 0xff));
    writer.write(TimePoint{seconds{1}}, std::vector<std::uint8_t>(60, 0xff));
    ASSERT_TRUE(writer.flush());
  }
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  ReplayPort tape(*PcapReader::open(path), {.name = "tape", .link_address = LanHost::ether(5)}, TimePoint{seconds{3}});
  std::filesystem::remove_all(folder);

  const auto engine = *engine::Engine::make({});
  Driver driver(*engine);
  std::vector<Error> failures;
  driver.set_failure_handler([&](InterfaceIndex index, const Error& error) {
    EXPECT_EQ(index, kEth);
    failures.push_back(error);
  });
  world.attach(driver);
  ASSERT_TRUE(driver.add(world.now(), {.index = kEth}, tape));
  world.reschedule(driver);
  world.run_for(seconds{60});
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_EQ(failures[0].code, Errc::kMalformed);
  EXPECT_EQ(driver.port(kEth), nullptr);
  EXPECT_FALSE(engine->interfaces().at(0).running);
  EXPECT_EQ(engine->counters(kEth)->frames_in, 1U);
  EXPECT_TRUE(driver.remove(world.now(), kEth));
  world.detach(driver);
}

TEST_F(DriverTest, AnInterfaceThatTheEngineRefusesLeavesNothingBehind) {
  const auto engine = *engine::Engine::make({});
  Driver driver(*engine);
  LanPort* port = *lan.connect({.link_address = LanHost::ether(5)});
  EXPECT_FALSE(driver.add(world.now(), {.index = InterfaceIndex::kNone}, *port));
  EXPECT_EQ(driver.port(InterfaceIndex::kNone), nullptr);
  EXPECT_TRUE(driver.add(world.now(), {.index = kEth, .name = "x"}, *port));
  EXPECT_EQ(driver.add(world.now(), {.index = kEth, .name = "y"}, *port).error().code, Errc::kAlreadyExists);
  EXPECT_EQ(driver.port(kEth), port);
}

/// Nothing comes in; what it is told is written down.
class QuietPort final : public Port {
 public:
  [[nodiscard]] const PortFacts& facts() const override { return facts_; }
  [[nodiscard]] Result<std::span<const InFrame>> receive(TimePoint /*now*/) override {
    if (broken) return Error{.code = Errc::kSystem, .sys_errno = ENODEV, .field = "port"};
    return std::span<const InFrame>{};
  }
  Result<std::size_t> send(TimePoint /*now*/, std::span<const OutFrame> frames) override { return frames.size(); }
  [[nodiscard]] Result<void> join(const LinkAddress& group) override {
    if (std::exchange(no_memory, false)) throw std::bad_alloc();
    groups.insert(group);
    return {};
  }
  [[nodiscard]] Result<void> leave(const LinkAddress& group) override {
    groups.erase(group);
    return {};
  }
  [[nodiscard]] Result<void> claim(const IpAddress& prefix, std::uint8_t length) override {
    claims.emplace(prefix, length);
    return {};
  }
  [[nodiscard]] Result<void> release(const IpAddress& prefix, std::uint8_t length) override {
    claims.erase({prefix, length});
    return {};
  }
  [[nodiscard]] PortCounters counters() override { return {}; }

  bool broken = false;
  bool no_memory = false;
  std::set<LinkAddress> groups;
  std::set<std::pair<IpAddress, int>> claims;

 private:
  PortFacts facts_{.name = "quiet", .link_address = LanHost::ether(1)};
};

class Ports : public ::testing::Test {
 protected:
  Result<void> add_address(const IpAddress& address) {
    return driver.call(TimePoint{}, [&](engine::Engine& e, engine::Effects& out) {
      return e.add_address(TimePoint{}, kEth, {.address = address, .prefix_length = 16, .verify = false}, out);
    });
  }
  std::unique_ptr<engine::Engine> engine = *engine::Engine::make({});
  Driver driver{*engine};
  QuietPort first;
  QuietPort second;
};

TEST_F(Ports, TheNextOneIsToldWhatTheBrokenOneWasTold) {
  NEIGH_CITES("PRT-004");
  ASSERT_TRUE(driver.add(TimePoint{}, {.index = kEth}, first));
  ASSERT_TRUE(add_address(LanHost::v4(1)));
  ASSERT_TRUE(add_address(LanHost::v6(1)));
  const auto groups = first.groups;
  ASSERT_THAT(first.claims, ElementsAre(std::pair(LanHost::v4(1), 32), std::pair(LanHost::v6(1), 128)));
  first.broken = true;
  driver.poll(TimePoint{});
  ASSERT_EQ(driver.port(kEth), nullptr);
  ASSERT_TRUE(driver.revive(TimePoint{}, kEth, second));
  EXPECT_EQ(second.groups, groups);
  EXPECT_EQ(second.claims, first.claims);
  ASSERT_TRUE(driver.call(TimePoint{}, [&](engine::Engine& e, engine::Effects& out) {
    return e.remove_address(TimePoint{}, kEth, LanHost::v4(1), out);
  }));
  EXPECT_THAT(second.claims, ElementsAre(std::pair(LanHost::v6(1), 128)));
}

TEST_F(Ports, WithoutMemoryNoPortIsKept) {
  first.no_memory = true;
  EXPECT_THROW((void)driver.add(TimePoint{}, {.index = kEth}, first), std::bad_alloc);
  EXPECT_EQ(driver.port(kEth), nullptr);
  EXPECT_TRUE(engine->interfaces().empty());
  ASSERT_TRUE(driver.add(TimePoint{}, {.index = kEth}, first));
  first.broken = true;
  driver.poll(TimePoint{});
  second.no_memory = true;
  EXPECT_THROW((void)driver.revive(TimePoint{}, kEth, second), std::bad_alloc);
  EXPECT_EQ(driver.port(kEth), nullptr);
  driver.on_time(TimePoint{});
  EXPECT_FALSE(engine->interfaces().at(0).running);
  ASSERT_TRUE(driver.revive(TimePoint{}, kEth, second));
  EXPECT_TRUE(engine->interfaces().at(0).running);
}

TEST_F(Ports, GroupsAndClaimsThatGotLostAreMadeUpFor) {
  NEIGH_CITES("PRT-004");
  int losses = 0;
  driver.set_loss_handler([&] { ++losses; });
  ASSERT_TRUE(driver.add(TimePoint{}, {.index = kEth}, first));
  const auto before = first.groups.size();
  first.no_memory = true;
  EXPECT_THROW((void)add_address(LanHost::v6(1)), std::bad_alloc);
  EXPECT_GT(losses, 0);
  ASSERT_EQ(engine->addresses(kEth)->size(), 1U);
  EXPECT_EQ(driver.next_deadline(), TimePoint{}) << "there is something to do at once";
  driver.on_time(TimePoint{});
  EXPECT_GT(first.groups.size(), before);
  EXPECT_THAT(first.groups, ::testing::UnorderedElementsAreArray(engine->groups(kEth)));
  EXPECT_THAT(first.claims, ElementsAre(std::pair(LanHost::v6(1), 128)));
}

}  // namespace
}  // namespace neigh::link
