// SPDX-License-Identifier: Apache-2.0
// The LAN without engines: frames in, frames out, dice that fall the same way every time.
#include "link/lan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "support/cites.hpp"

namespace neigh::link {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr LinkAddress kBroadcast = LinkAddress::ether({0xff, 0xff, 0xff, 0xff, 0xff, 0xff});
constexpr LinkAddress kGroup = LinkAddress::ether({0x33, 0x33, 0, 0, 0, 1});

constexpr LinkAddress host(std::uint8_t number) { return LinkAddress::ether({2, 0, 0, 0, 0, number}); }

std::vector<std::uint8_t> frame(const LinkAddress& to, const LinkAddress& from, std::uint32_t number) {
  std::vector<std::uint8_t> bytes(to.bytes().begin(), to.bytes().end());
  bytes.insert(bytes.end(), from.bytes().begin(), from.bytes().end());
  bytes.push_back(0x88);
  bytes.push_back(0xb5);
  for (unsigned shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<std::uint8_t>(number >> shift));
  return bytes;
}

std::uint32_t number_of(std::span<const std::uint8_t> bytes) {
  std::uint32_t number = 0;
  for (unsigned i = 0; i < 4; ++i) number |= static_cast<std::uint32_t>(bytes[14 + i]) << (8 * i);
  return number;
}

/// Takes frames when they come and writes down which and when.
struct Listener final : Station {
  explicit Listener(Simulation& owner) : world(owner) { world.attach(*this); }
  ~Listener() override { world.detach(*this); }
  void poll(TimePoint now) override {
    for (;;) {
      const auto frames = port->receive(now);
      ASSERT_TRUE(frames);
      if (frames->empty()) return;
      for (const InFrame& in : *frames) {
        numbers.push_back(number_of(in.bytes));
        times.push_back(now);
      }
    }
  }
  [[nodiscard]] std::optional<TimePoint> next_deadline() const override { return std::nullopt; }

  Simulation& world;
  LanPort* port = nullptr;
  std::vector<std::uint32_t> numbers;
  std::vector<TimePoint> times;
};

class LanTest : public ::testing::Test {
 protected:
  LanPort& connect(Lan& lan, std::uint8_t number, Listener* listener = nullptr, const CableQuality& from_lan = {},
                   const CableQuality& to_lan = {}) {
    Result<LanPort*> port = lan.connect(
        {.name = "eth0", .link_address = host(number), .station = listener, .to_lan = to_lan, .from_lan = from_lan});
    EXPECT_TRUE(port);
    if (listener != nullptr) listener->port = *port;
    return **port;
  }
  std::size_t send(LanPort& port, const std::vector<std::uint8_t>& bytes) {
    const OutFrame out{.bytes = bytes};
    const Result<std::size_t> sent = port.send(world.now(), {&out, 1});
    EXPECT_TRUE(sent);
    return *sent;
  }

  Simulation world;
};

TEST_F(LanTest, CarriesAFrameAsItIsAfterTheLatency) {
  Lan lan(world, {.latency = microseconds{7}});
  LanPort& a = connect(lan, 1);
  Listener listener(world);
  connect(lan, 2, &listener);
  EXPECT_EQ(send(a, frame(kBroadcast, host(1), 0x12345678)), 1U);
  EXPECT_EQ(lan.in_flight(), 1U);
  world.run_for(seconds{1});
  EXPECT_THAT(listener.numbers, ElementsAre(0x12345678));
  EXPECT_THAT(listener.times, ElementsAre(TimePoint{microseconds{7}}));
  EXPECT_EQ(lan.in_flight(), 0U);
  EXPECT_EQ(a.counters(), (PortCounters{.tx_frames = 1, .tx_bytes = 18}));
  EXPECT_EQ(listener.port->counters(), (PortCounters{.rx_frames = 1, .rx_bytes = 18}));
}

TEST_F(LanTest, ASwitchFloodsWhatItDoesNotKnowAndLearnsFromSources) {
  Lan lan(world);
  std::vector<std::unique_ptr<Listener>> listeners;
  for (std::uint8_t i = 1; i <= 3; ++i) {
    listeners.push_back(std::make_unique<Listener>(world));
    Result<LanPort*> port =
        lan.connect({.link_address = host(i), .station = listeners.back().get(), .promiscuous = true});
    ASSERT_TRUE(port);
    listeners.back()->port = *port;
  }
  send(*listeners[0]->port, frame(host(2), host(1), 1));  // unknown: to 2 and 3
  world.run_for(seconds{1});
  send(*listeners[1]->port, frame(host(1), host(2), 2));  // 1 is known by now
  world.run_for(seconds{1});
  send(*listeners[0]->port, frame(host(2), host(1), 3));  // and so is 2
  world.run_for(seconds{1});
  send(*listeners[2]->port, frame(host(1), host(2), 4));  // 2 moved to the port of 3
  world.run_for(seconds{1});
  send(*listeners[0]->port, frame(host(2), host(1), 5));
  world.run_for(seconds{1});
  EXPECT_THAT(listeners[0]->numbers, ElementsAre(2, 4));
  EXPECT_THAT(listeners[1]->numbers, ElementsAre(1, 3));
  EXPECT_THAT(listeners[2]->numbers, ElementsAre(1, 5));
}

// A frame to everybody is in every cable, whoever lets it in.
TEST_F(LanTest, AFloodReachesWhoListensAndCountsInEveryCable) {
  Lan lan(world);
  std::vector<std::unique_ptr<Listener>> listeners;
  for (std::uint8_t i = 1; i <= 6; ++i) {
    listeners.push_back(std::make_unique<Listener>(world));
    connect(lan, i, listeners.back().get());
  }
  const auto port = [&](std::size_t number) -> LanPort& { return *listeners[number - 1]->port; };
  const auto in_cable = [&](std::size_t number) { return port(number).from_lan().frames; };
  ASSERT_TRUE(port(2).join(kGroup));
  ASSERT_TRUE(port(3).join({}));
  ASSERT_TRUE(port(4).join(kGroup));
  ASSERT_TRUE(port(4).set_cable({}, {.delay = seconds{1}}));
  ASSERT_TRUE(port(5).set_cable({}, {.loss = 1}));
  send(port(1), frame(kGroup, host(1), 1));
  world.run_for(milliseconds{500});
  ASSERT_TRUE(port(4).set_cable({}, {}));  // the first frame is still in it, and stays before the second
  send(port(1), frame(kGroup, host(1), 2));
  world.run_for(seconds{2});
  ASSERT_TRUE(port(2).leave(kGroup));
  ASSERT_TRUE(port(3).leave({}));
  ASSERT_TRUE(port(5).set_cable({}, {}));
  ASSERT_TRUE(port(6).join(kGroup));
  send(port(4), frame(kGroup, host(4), 3));
  send(port(1), frame(host(77), host(1), 4));  // whoever has that address will have said nothing yet
  world.run_for(seconds{1});
  port(5).set_link_address(host(77));
  send(port(1), frame(host(77), host(1), 5));
  send(port(1), frame(host(5), host(1), 6));
  send(port(1), frame(kBroadcast, host(1), 7));
  world.run_for(seconds{1});
  EXPECT_THAT(listeners[0]->numbers, IsEmpty());
  EXPECT_THAT(listeners[1]->numbers, ElementsAre(1, 2, 7));
  EXPECT_THAT(listeners[2]->numbers, ElementsAre(1, 2, 7));
  EXPECT_THAT(listeners[3]->numbers, ElementsAre(1, 2, 7));
  EXPECT_EQ(listeners[3]->times[0], listeners[3]->times[1]);
  EXPECT_THAT(listeners[4]->numbers, ElementsAre(5, 7));
  EXPECT_THAT(listeners[5]->numbers, ElementsAre(3, 7));
  EXPECT_EQ(in_cable(1), 1U);
  for (const std::size_t number : {2U, 3U, 5U, 6U}) EXPECT_EQ(in_cable(number), 7U) << number;
  EXPECT_EQ(in_cable(4), 6U) << "all but its own";
  EXPECT_EQ(port(5).from_lan().lost, 2U);
  LanPort& late = connect(lan, 7);
  EXPECT_EQ(late.from_lan().frames, 0U);
  send(port(1), frame(kGroup, host(1), 8));
  world.run_for(seconds{1});
  EXPECT_EQ(late.from_lan().frames, 1U);
}

// A group may be an own address, too: leaving it leaves the address.
TEST_F(LanTest, AnOwnAddressIsListenedToWhateverGroupsComeAndGo) {
  Lan lan(world);
  LanPort& a = connect(lan, 1);
  Listener listener(world);
  LanPort& b = connect(lan, 2, &listener);
  ASSERT_TRUE(b.join(kGroup));
  b.set_link_address(kGroup);
  ASSERT_TRUE(b.leave(kGroup));
  send(a, frame(kGroup, host(1), 1));
  world.run_for(seconds{1});
  ASSERT_TRUE(b.join(kGroup));
  b.set_link_address(host(2));
  send(a, frame(kGroup, host(1), 2));
  world.run_for(seconds{1});
  ASSERT_TRUE(b.leave(kGroup));
  send(a, frame(kGroup, host(1), 3));
  world.run_for(seconds{1});
  EXPECT_THAT(listener.numbers, ElementsAre(1, 2));
}

TEST_F(LanTest, AHubSendsEverythingEverywhere) {
  Lan lan(world, {.hub = true});
  std::vector<std::unique_ptr<Listener>> listeners;
  for (std::uint8_t i = 1; i <= 3; ++i) {
    listeners.push_back(std::make_unique<Listener>(world));
    Result<LanPort*> port =
        lan.connect({.link_address = host(i), .station = listeners.back().get(), .promiscuous = true});
    ASSERT_TRUE(port);
    listeners.back()->port = *port;
  }
  send(*listeners[0]->port, frame(host(2), host(1), 1));
  send(*listeners[1]->port, frame(host(1), host(2), 2));
  world.run_for(seconds{1});
  EXPECT_THAT(listeners[0]->numbers, ElementsAre(2)) << "nobody hears himself";
  EXPECT_THAT(listeners[1]->numbers, ElementsAre(1));
  EXPECT_THAT(listeners[2]->numbers, ElementsAre(1, 2));
}

TEST_F(LanTest, ACardLetsItsOwnAddressBroadcastAndJoinedGroupsThrough) {
  NEIGH_CITES("PRT-004");
  Lan lan(world, {.hub = true});
  LanPort& a = connect(lan, 1);
  Listener listener(world);
  LanPort& b = connect(lan, 2, &listener);
  send(a, frame(host(2), host(1), 1));
  send(a, frame(host(9), host(1), 2));
  send(a, frame(kBroadcast, host(1), 3));
  send(a, frame(kGroup, host(1), 4));
  world.run_for(seconds{1});
  EXPECT_THAT(listener.numbers, ElementsAre(1, 3));
  ASSERT_TRUE(b.join(kGroup));
  send(a, frame(kGroup, host(1), 5));
  world.run_for(seconds{1});
  ASSERT_TRUE(b.leave(kGroup));
  send(a, frame(kGroup, host(1), 6));
  world.run_for(seconds{1});
  ASSERT_TRUE(b.join(LinkAddress{}));  // every group
  send(a, frame(kGroup, host(1), 7));
  world.run_for(seconds{1});
  EXPECT_THAT(listener.numbers, ElementsAre(1, 3, 5, 7));
  EXPECT_EQ(b.join(host(3)).error().code, Errc::kInvalidArgument);
}

TEST_F(LanTest, NoCarrierNoFramesAndTheStationIsTold) {
  NEIGH_CITES("PRT-011");
  Lan lan(world);
  LanPort& a = connect(lan, 1);
  Listener listener(world);
  LanPort& b = connect(lan, 2, &listener);
  EXPECT_FALSE(*b.refresh());
  send(a, frame(kBroadcast, host(1), 1));
  b.set_carrier(false);  // while it is on its way
  world.run_for(seconds{1});
  EXPECT_THAT(listener.numbers, IsEmpty());
  EXPECT_TRUE(*b.refresh());
  EXPECT_FALSE(b.facts().running);
  EXPECT_FALSE(*b.refresh()) << "news are told once";
  EXPECT_EQ(send(b, frame(kBroadcast, host(2), 2)), 0U);
  EXPECT_EQ(b.counters().tx_dropped, 1U);
  b.set_carrier(true);
  EXPECT_TRUE(*b.refresh());
  send(a, frame(kBroadcast, host(1), 3));
  world.run_for(seconds{1});
  EXPECT_THAT(listener.numbers, ElementsAre(3));
}

TEST_F(LanTest, FramesThatNobodyTakesAreBoundedAndCounted) {
  NEIGH_CITES("PRT-012");
  Lan lan(world, {.max_waiting = 10});
  LanPort& a = connect(lan, 1);
  LanPort& idle = connect(lan, 2);
  for (std::uint32_t i = 0; i < 25; ++i) send(a, frame(kBroadcast, host(1), i));
  world.run_for(seconds{1});
  EXPECT_EQ(idle.counters().rx_lost, 15U);
  EXPECT_EQ(idle.receive(world.now())->size(), 10U);
  EXPECT_TRUE(idle.receive(world.now())->empty());
}

TEST_F(LanTest, FramesOnTheWayAreBoundedAndCounted) {
  Lan lan(world, {.max_in_flight = 3});
  LanPort& a = connect(lan, 1);
  LanPort& b = connect(lan, 2);
  for (std::uint32_t i = 0; i < 5; ++i) send(a, frame(kBroadcast, host(1), i));
  EXPECT_EQ(lan.overflowed(), 2U);
  world.run_for(seconds{1});
  EXPECT_EQ(b.receive(world.now())->size(), 3U);
}

TEST_F(LanTest, BatchesAreBoundedAndKeepTheOrder) {
  Lan lan(world);
  LanPort& a = connect(lan, 1);
  LanPort& b = connect(lan, 2);
  std::vector<std::vector<std::uint8_t>> bytes;
  std::vector<OutFrame> batch;
  for (std::uint32_t i = 0; i < 100; ++i) bytes.push_back(frame(kBroadcast, host(1), i));
  for (const auto& one : bytes) batch.push_back({.bytes = one});
  EXPECT_EQ(*a.send(world.now(), batch), 100U);
  world.run_for(seconds{1});
  std::vector<std::uint32_t> numbers;
  std::size_t batches = 0;
  for (auto got = b.receive(world.now()); !got->empty(); got = b.receive(world.now()), ++batches) {
    for (const InFrame& in : *got) numbers.push_back(number_of(in.bytes));
  }
  std::vector<std::uint32_t> expected(100);
  std::iota(expected.begin(), expected.end(), 0U);
  EXPECT_EQ(numbers, expected);
  EXPECT_EQ(batches, 2U);
}

TEST_F(LanTest, FramesOfAnyLengthFromTheHeaderUpToTheLongestTravel) {
  NEIGH_CITES("PRT-008");
  Lan lan(world);
  LanPort& a = connect(lan, 1);
  LanPort& b = connect(lan, 2);
  std::vector<std::uint8_t> bytes = frame(kBroadcast, host(1), 0);
  for (const auto& [size, travels] : {std::pair<std::size_t, bool>{13, false},
                                      {14, true},
                                      {42, true},
                                      {9'018, true},
                                      {65'557, true},
                                      {65'558, false}}) {
    bytes.resize(size);
    EXPECT_EQ(send(a, bytes), travels ? 1U : 0U) << size;
    world.run_for(seconds{1});
    const auto got = b.receive(world.now());
    ASSERT_EQ(got->size(), travels ? 1U : 0U) << size;
    if (travels) {
      EXPECT_TRUE(std::ranges::equal((*got)[0].bytes, bytes));
    }
  }
}

TEST_F(LanTest, TheMonitorSeesEachFrameOnceInTheMiddle) {
  Lan lan(world);
  LanPort& a = connect(lan, 1);
  connect(lan, 2);
  connect(lan, 3);
  std::vector<std::pair<TimePoint, std::uint32_t>> seen;
  lan.set_monitor([&](TimePoint at, const LanFrame& one) { seen.emplace_back(at, number_of(one.bytes)); });
  send(a, frame(kBroadcast, host(1), 5));
  world.run_for(seconds{1});
  EXPECT_THAT(seen, ElementsAre(std::pair(TimePoint{microseconds{5}}, 5U)));
}

TEST_F(LanTest, EventsOfALanThatIsGoneDoNothing) {
  Simulation other;
  {
    Lan lan(other);
    Result<LanPort*> a = lan.connect({.link_address = host(1)});
    Result<LanPort*> b = lan.connect({.link_address = host(2)});
    ASSERT_TRUE(a && b);
    const std::vector<std::uint8_t> bytes = frame(kBroadcast, host(1), 1);
    const OutFrame out{.bytes = bytes};
    ASSERT_TRUE((*a)->send(other.now(), {&out, 1}));
  }
  EXPECT_TRUE(other.step());
  EXPECT_FALSE(other.step());
}

TEST_F(LanTest, LinksWithoutEthernetCarryPayloadAndHeaderApart) {
  Lan lan(world, {.type = InterfaceType::kInfiniband, .mtu = 2044});
  std::vector<LanPort*> ports;
  for (std::uint8_t i = 1; i <= 3; ++i) {
    std::array<std::uint8_t, 20> bytes{};
    bytes.fill(i);
    Result<LanPort*> port = lan.connect({.link_address = *LinkAddress::from_bytes(bytes)});
    ASSERT_TRUE(port);
    ports.push_back(*port);
  }
  const std::vector<std::uint8_t> payload = {0xde, 0xad};
  const OutFrame to_two{.bytes = payload, .ether_type = 0x0806, .destination = ports[1]->facts().link_address};
  const OutFrame to_all{.bytes = payload, .ether_type = 0x86dd};
  ASSERT_EQ(*ports[0]->send(world.now(), std::vector{to_two, to_all}), 2U);
  world.run_for(seconds{1});
  const auto two = ports[1]->receive(world.now());
  ASSERT_EQ(two->size(), 2U);
  EXPECT_EQ((*two)[0].ether_type, 0x0806);
  EXPECT_EQ((*two)[0].source, ports[0]->facts().link_address);
  EXPECT_TRUE((*two)[0].link_unicast);
  EXPECT_FALSE((*two)[1].link_unicast);
  EXPECT_TRUE(std::ranges::equal((*two)[1].bytes, payload));
  EXPECT_EQ(ports[2]->receive(world.now())->size(), 1U);
}

TEST_F(LanTest, RefusesWhatNoCableDoes) {
  Lan lan(world);
  const std::pair<CableQuality, std::string_view> cases[] = {
      {{.loss = -0.1}, "loss"},
      {{.loss = 1.5}, "loss"},
      {{.duplicate = std::numeric_limits<double>::quiet_NaN()}, "duplicate"},
      {{.reorder = 2}, "reorder"},
      {{.delay = Duration{-1}}, "delay"},
      {{.jitter = std::chrono::hours{25}}, "jitter"},
      {{.hold = Duration{-1}}, "hold"},
  };
  for (const auto& [quality, field] : cases) {
    const Result<LanPort*> out = lan.connect({.link_address = host(1), .to_lan = quality});
    ASSERT_FALSE(out) << field;
    EXPECT_EQ(out.error().code, Errc::kInvalidArgument);
    EXPECT_EQ(out.error().field, field);
    const Result<LanPort*> in = lan.connect({.link_address = host(1), .from_lan = quality});
    ASSERT_FALSE(in) << field;
    EXPECT_EQ(in.error().field, field);
  }
  EXPECT_EQ(lan.connect({}).error().field, "link_address");
}

// --- Chance ---

class CableTest : public LanTest {
 protected:
  // 10,000 numbered frames, 10 us apart, through one cable.
  struct Outcome {
    std::vector<std::uint32_t> numbers;
    std::vector<TimePoint> times;
    CableCounters counters;
    friend bool operator==(const Outcome&, const Outcome&) = default;
  };
  static constexpr std::uint32_t kFrames = 10'000;
  static Outcome run(const CableQuality& quality, std::uint64_t seed, std::uint8_t more_ports = 0) {
    Simulation world;
    Lan lan(world, {.seed = seed, .latency = Duration{0}});
    Listener listener(world);
    Result<LanPort*> a = lan.connect({.link_address = host(1)});
    Result<LanPort*> b = lan.connect({.link_address = host(2), .station = &listener, .from_lan = quality});
    EXPECT_TRUE(a && b);
    listener.port = *b;
    for (std::uint8_t i = 0; i < more_ports; ++i) {
      EXPECT_TRUE(lan.connect({.link_address = host(static_cast<std::uint8_t>(10 + i)), .from_lan = quality}));
    }
    for (std::uint32_t i = 0; i < kFrames; ++i) {
      world.at(TimePoint{microseconds{10} * i}, [&world, &a, i] {
        const std::vector<std::uint8_t> bytes = frame(kBroadcast, host(1), i);
        const OutFrame out{.bytes = bytes};
        EXPECT_TRUE((*a)->send(world.now(), {&out, 1}));
      });
    }
    world.run_for(seconds{10});
    return {listener.numbers, listener.times, (*b)->from_lan()};
  }
  static std::size_t out_of_order(const std::vector<std::uint32_t>& numbers) {
    std::size_t count = 0;
    std::uint32_t highest = 0;
    for (const std::uint32_t number : numbers) {
      if (number < highest) ++count;
      highest = std::max(highest, number);
    }
    return count;
  }
};

TEST_F(CableTest, APerfectCableIsPerfect) {
  const Outcome got = run({}, 1);
  std::vector<std::uint32_t> all(kFrames);
  std::iota(all.begin(), all.end(), 0U);
  EXPECT_EQ(got.numbers, all);
  EXPECT_EQ(got.counters, CableCounters{.frames = kFrames});
}

TEST_F(CableTest, LossIsExactlyWhatTheSeedSays) {
  const Outcome got = run({.loss = 0.1}, 42);
  EXPECT_EQ(got.counters, (CableCounters{.frames = kFrames, .lost = 1001}));
  EXPECT_EQ(got.numbers.size(), kFrames - got.counters.lost);
  EXPECT_EQ(out_of_order(got.numbers), 0U);
  EXPECT_EQ(run({.loss = 1}, 42).numbers.size(), 0U);
}

TEST_F(CableTest, DuplicatesAreExactlyWhatTheSeedSays) {
  const Outcome got = run({.duplicate = 0.05}, 42);
  EXPECT_EQ(got.counters, (CableCounters{.frames = kFrames, .duplicated = 531}));
  EXPECT_EQ(got.numbers.size(), kFrames + got.counters.duplicated);
  std::vector<std::uint32_t> distinct = got.numbers;
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  EXPECT_EQ(distinct.size(), kFrames);
  EXPECT_EQ(run({.duplicate = 1}, 42).numbers.size(), 2 * std::size_t{kFrames});
}

TEST_F(CableTest, HeldBackFramesArePassedAndNothingElse) {
  const Outcome got = run({.reorder = 0.2, .hold = microseconds{25}}, 7);
  EXPECT_EQ(got.numbers.size(), kFrames);
  EXPECT_EQ(got.counters, (CableCounters{.frames = kFrames, .reordered = 1993}));
  // One that is held back is passed by the two behind it unless both are held back, too.
  EXPECT_EQ(out_of_order(got.numbers), 1902U);
  EXPECT_EQ(out_of_order(run({.reorder = 1, .hold = microseconds{25}}, 7).numbers), 0U);
}

TEST_F(CableTest, JitterSpreadsArrivalsAndKeepsTheOrder) {
  const Outcome got = run({.delay = milliseconds{1}, .jitter = microseconds{500}}, 3);
  EXPECT_EQ(got.numbers.size(), kFrames);
  EXPECT_EQ(out_of_order(got.numbers), 0U);
  Duration shortest = seconds{1};
  Duration longest{0};
  for (std::size_t i = 0; i < got.times.size(); ++i) {
    const Duration took = got.times[i] - TimePoint{microseconds{10} * got.numbers[i]};
    shortest = std::min(shortest, took);
    longest = std::max(longest, took);
  }
  EXPECT_GE(shortest, milliseconds{1});
  EXPECT_LE(longest, milliseconds{1} + microseconds{500});
  EXPECT_GT(longest - shortest, microseconds{100});
}

TEST_F(CableTest, TheSameSeedGivesTheSameRunAndAnotherOneAnother) {
  const CableQuality quality{.loss = 0.1,
                             .duplicate = 0.1,
                             .reorder = 0.1,
                             .delay = milliseconds{1},
                             .jitter = milliseconds{1},
                             .hold = milliseconds{3}};
  const Outcome first = run(quality, 5);
  EXPECT_EQ(first, run(quality, 5));
  EXPECT_FALSE(first == run(quality, 6));
  EXPECT_EQ(first, run(quality, 5, 3)) << "more ports change nothing for this one";
}

}  // namespace
}  // namespace neigh::link
