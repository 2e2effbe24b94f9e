// SPDX-License-Identifier: Apache-2.0
// Handlers of a stack that do what handlers should not: send again at once, go away, throw.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "neigh/embedded.hpp"

namespace neigh {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using Bytes = std::vector<std::uint8_t>;

constexpr InterfaceIndex kEth = static_cast<InterfaceIndex>(1);

EmbeddedOptions host(std::uint8_t number, const EmbeddedSettings& settings = {}) {
  EmbeddedInterface eth{.link_address = LinkAddress::ether({2, 0, 0, 0, 0, number}),
                        .addresses = {{.address = IpAddress::v4(192, 0, 2, number), .prefix_length = 24}},
                        .settings = settings};
  eth.settings.max_rtr_solicitations = 0;
  return {.ipv6 = false, .interfaces = {eth}};
}

/// From 192.0.2.1, its header alone.
Bytes packet_to(std::uint8_t last) {
  Bytes out{0x45, 0, 0, 20, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, last};
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < 20; i += 2) sum += static_cast<std::uint32_t>(out[i] << 8U | out[i + 1]);
  while (sum > 0xffffU) sum = (sum & 0xffffU) + (sum >> 16U);
  out[10] = static_cast<std::uint8_t>(~sum >> 8U);
  out[11] = static_cast<std::uint8_t>(~sum);
  return out;
}

/// Sends every packet that failed again, at once.
struct Again {
  explicit Again(EmbeddedStack& stack) {
    stack.set_event_handler([this, &stack](const EmbeddedEvent& event) {
      if (event.kind != EmbeddedEvent::Kind::kPacketFailed) return;
      ++events[std::string(event.reason)];
      const auto sent = stack.send(event.packet);
      if (!sent) refused.push_back(sent.error().detail);
    });
  }
  std::map<std::string, int> events;
  std::vector<std::string> refused;
};

TEST(SendAgain, EndsWhereTheFailureIsTheResult) {
  for (const EmbeddedPreset preset : {EmbeddedPreset::kRfc, EmbeddedPreset::kLinux}) {
    const auto network = EmbeddedNetwork::make(3);
    const auto stack = *network->add_stack(host(1, {.preset = preset}));
    Again again(*stack);
    ASSERT_TRUE(stack->send(packet_to(77)));
    network->advance(seconds{10});
    EXPECT_EQ(network->now(), seconds{10});
    // kRfc holds the address down; kLinux asks anew for three seconds each time.
    const bool rfc = preset == EmbeddedPreset::kRfc;
    EXPECT_THAT(again.events, ElementsAre(std::pair("nobody answered", rfc ? 1 : 3)));
    EXPECT_EQ(again.refused.size(), rfc ? 1U : 0U);
  }
}

TEST(SendAgain, IntoAFullQueueDoesNotHoldTimeUp) {
  for (const EmbeddedPreset preset : {EmbeddedPreset::kRfc, EmbeddedPreset::kLinux}) {
    const auto network = EmbeddedNetwork::make(3);
    const auto stack = *network->add_stack(host(1, {.preset = preset, .queue_packets = 2}));
    Again again(*stack);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(stack->send(packet_to(77)));
    network->advance(seconds{10});
    EXPECT_EQ(network->now(), seconds{10});
    EXPECT_GE(again.events["queue full"], 1);
    EXPECT_GE(again.events["nobody answered"], 2) << "the resolution ended nevertheless";
  }
}

TEST(SendAgain, ToItselfDoesNotHoldTimeUp) {
  const auto network = EmbeddedNetwork::make(3);
  const auto stack = *network->add_stack(host(1));
  std::size_t got = 0;
  stack->set_packet_handler([&](const EmbeddedPacket& packet) {
    ++got;
    EXPECT_TRUE(stack->send(packet.bytes));
  });
  ASSERT_TRUE(stack->send(packet_to(1)));
  network->advance(seconds{10});
  EXPECT_EQ(network->now(), seconds{10});
  EXPECT_GT(got, 1'000U) << "what follows at once comes at once, within reason";
}

TEST(Send, TellsWhatItDisplacedAndNotWhatItRefuses) {
  const auto network = EmbeddedNetwork::make(3);
  const auto stack = *network->add_stack(host(1, {.queue_packets = 1}));
  std::vector<std::string> told;
  stack->set_event_handler([&](const EmbeddedEvent& event) {
    if (event.kind != EmbeddedEvent::Kind::kPacketFailed) return;
    told.push_back(std::string(event.reason) + " " + std::to_string(event.packet.size()));
  });
  Bytes longer = packet_to(77);
  longer.push_back(0);
  longer[3] = 21;
  ASSERT_TRUE(stack->send(packet_to(77)));
  ASSERT_TRUE(stack->send(longer));
  EXPECT_THAT(told, ElementsAre("queue full 20"));
  network->advance(milliseconds{3'200});
  EXPECT_THAT(told, ElementsAre("queue full 20", "nobody answered 21"));
  const auto held_down = stack->send(longer);
  ASSERT_FALSE(held_down);
  EXPECT_EQ(held_down.error().code, Errc::kUnreachable);
  EXPECT_EQ(held_down.error().detail, "nobody answered");
  EXPECT_EQ(told.size(), 2U);
}

TEST(Handlers, KeepTheirState) {
  const auto network = EmbeddedNetwork::make(3);
  const auto stack = *network->add_stack(host(1));
  std::vector<int> seen;
  stack->set_packet_handler([&seen, n = 0](const EmbeddedPacket&) mutable { seen.push_back(n++); });
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(stack->send(packet_to(1)));
  EXPECT_THAT(seen, ElementsAre(0, 1, 2));
}

TEST(Handlers, ThatWaitAreNotInterrupted) {
  const auto network = EmbeddedNetwork::make(3);
  const auto stack = *network->add_stack(host(1));
  std::vector<std::string> order;
  stack->set_event_handler([&](const EmbeddedEvent& event) { order.emplace_back(event.reason); });
  stack->set_packet_handler([&](const EmbeddedPacket&) {
    order.emplace_back("began");
    EXPECT_FALSE(stack->resolve({.interface = kEth, .address = IpAddress::v4(192, 0, 2, 78)}));  // for three seconds
    order.emplace_back("ended");
  });
  ASSERT_TRUE(stack->send(packet_to(77)));
  ASSERT_TRUE(stack->send(packet_to(1)));
  EXPECT_EQ(network->now(), seconds{3});
  EXPECT_THAT(order, ElementsAre("began", "ended", "nobody answered"));
}

TEST(Handlers, TakenAwayInTheirOwnCallHearNothingMore) {
  const auto network = EmbeddedNetwork::make(3);
  const auto stack = *network->add_stack(host(1));
  int calls = 0;
  stack->set_packet_handler([&](const EmbeddedPacket& packet) {
    if (++calls == 1) {
      for (int i = 0; i < 3; ++i) EXPECT_TRUE(stack->send(packet.bytes));  // they wait
    }
    stack->set_packet_handler({});
  });
  ASSERT_TRUE(stack->send(packet_to(1)));
  network->advance(seconds{1});
  EXPECT_EQ(calls, 1);
}

TEST(Handlers, TakenAwayByAnotherThreadAreOver) {
  const auto network = EmbeddedNetwork::make(3);
  const auto stack = *network->add_stack(host(1));
  std::atomic<bool> inside{false};
  std::atomic<bool> left{false};
  std::atomic<bool> taken{false};
  // The handler leaves once the other thread is about to take it away.
  std::atomic<bool> coming{false};
  stack->set_packet_handler([&](const EmbeddedPacket&) {
    inside = true;
    inside.notify_all();
    coming.wait(false);
    EXPECT_TRUE(stack->list()) << "the stack works meanwhile";
    EXPECT_FALSE(taken);
    left = true;
  });
  std::thread other([&] {
    inside.wait(false);
    coming = true;
    coming.notify_all();
    stack->set_packet_handler({});
    taken = true;
    EXPECT_TRUE(left);
  });
  ASSERT_TRUE(stack->send(packet_to(1)));
  other.join();
  EXPECT_TRUE(taken);
}

TEST(Handlers, OfAStackThatIsGoneHearNothingMore) {
  const auto network = EmbeddedNetwork::make(3);
  auto stack = *network->add_stack(host(1));
  int calls = 0;
  stack->set_packet_handler([&](const EmbeddedPacket& packet) {
    ++calls;
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(stack->send(packet.bytes));
    stack.reset();
  });
  ASSERT_TRUE(stack->send(packet_to(1)));
  network->advance(seconds{1});
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(stack, nullptr);
}

TEST(Handlers, WhatTheyThrowLeavesTheCallThatMovesTime) {
  const auto network = EmbeddedNetwork::make(3);
  const auto stack = *network->add_stack(host(1));
  int calls = 0;
  stack->set_event_handler([&](const EmbeddedEvent&) {
    ++calls;
    throw std::runtime_error("handler");
  });
  for (const std::uint8_t last : {std::uint8_t{77}, std::uint8_t{78}}) ASSERT_TRUE(stack->send(packet_to(last)));
  EXPECT_THROW(network->advance(seconds{10}), std::runtime_error);
  EXPECT_THROW(network->advance(seconds{10}), std::runtime_error) << "the other event was kept";
  EXPECT_EQ(calls, 2);
  network->advance(seconds{10});
  EXPECT_EQ(calls, 2);
  stack->set_event_handler({});  // does not wait for a call that ended so
}

// --- A watch whose handler throws ---

using Kind = WatchEvent::Kind;

std::string name_of(const Neighbor& neighbor) { return neighbor.address.to_string(); }

/// What a follower knows who believes each event.
class Believer {
 public:
  void take(const WatchEvent& event) {
    if (event.kind == Kind::kGapBegan) ++gaps_begun;
    if (event.kind == Kind::kGapHealed) ++gaps_healed;
    if (event.kind == Kind::kSynced) ++synced;
    if (event.kind == Kind::kAdded || event.kind == Kind::kChanged) known[name_of(event.neighbor)] = event.neighbor;
    if (event.kind == Kind::kRemoved) known.erase(name_of(event.neighbor));
  }
  std::map<std::string, Neighbor> known;
  int gaps_begun = 0;
  int gaps_healed = 0;
  int synced = 0;
};

class ThrowingWatch : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    for (std::uint8_t last = 60; last < 63; ++last) put(last, 1);
    auto opened = stack_->watch();
    ASSERT_TRUE(opened) << opened.error().message();
    watch_ = *std::move(opened);
  }
  static Neighbor entry(std::uint8_t last, std::uint8_t link) {
    return {.address = IpAddress::v4(192, 0, 2, last),
            .interface = kEth,
            .link_address = LinkAddress::ether({2, 0, 0, 1, link, last})};
  }
  void put(std::uint8_t last, std::uint8_t link) { ASSERT_TRUE(stack_->replace(entry(last, link))); }
  /// @return Whether it threw at event number `at`.
  bool process(int at) {
    int number = 0;
    try {
      EXPECT_TRUE(watch_->process([&](const WatchEvent& event) {
        believer_.take(event);  // what it throws at counts as told
        if (++number == at) throw std::runtime_error("handler");
      }));
    } catch (const std::runtime_error&) {
      return true;
    }
    return false;
  }
  std::map<std::string, Neighbor> mirror() {
    std::map<std::string, Neighbor> all;
    watch_->visit_mirror([&](const Neighbor& neighbor) { all[name_of(neighbor)] = neighbor; });
    return all;
  }
  void expect_truth() {
    std::map<std::string, Neighbor> table;
    const auto listed = *stack_->list();
    for (const Neighbor& neighbor : listed) table[name_of(neighbor)] = neighbor;
    const auto same = [](const auto& a, const auto& b) {
      return a.first == b.first && a.second.same_content(b.second);
    };
    const auto mine = mirror();
    EXPECT_TRUE(std::equal(mine.begin(), mine.end(), table.begin(), table.end(), same)) << "mirror";
    EXPECT_TRUE(std::equal(believer_.known.begin(), believer_.known.end(), mine.begin(), mine.end(), same)) << "told";
  }

  std::unique_ptr<EmbeddedNetwork> network_ = EmbeddedNetwork::make(3);
  std::shared_ptr<EmbeddedStack> stack_ = *network_->add_stack(host(1));
  std::unique_ptr<Watch> watch_;
  Believer believer_;
};

TEST_P(ThrowingWatch, TellsTheRestOfWhatIsThere) {
  ASSERT_TRUE(process(GetParam()));  // three entries and kSynced
  EXPECT_TRUE(*watch_->wait(milliseconds{0})) << "there is more to tell";
  EXPECT_FALSE(process(0));
  expect_truth();
  EXPECT_EQ(believer_.synced, 1);
  // After kSynced what is missing is a gap; nothing was missing, but it cannot know.
  EXPECT_EQ(believer_.gaps_begun, GetParam() == 4 ? 1 : 0);
  EXPECT_EQ(believer_.gaps_healed, believer_.gaps_begun);
  EXPECT_FALSE(*watch_->wait(milliseconds{0}));
  put(63, 1);
  EXPECT_FALSE(process(0));
  expect_truth();
}

TEST_P(ThrowingWatch, TellsLaterChangesAsAGap) {
  ASSERT_FALSE(process(0));
  put(60, 2);                                       // changed
  ASSERT_TRUE(stack_->remove(entry(61, 1).key()));  // removed
  put(63, 1);                                       // added
  ASSERT_TRUE(stack_->remove(entry(62, 1).key()));  // removed
  ASSERT_TRUE(process(GetParam()));
  EXPECT_TRUE(*watch_->wait(milliseconds{0}));
  put(64, 1);  // meanwhile
  EXPECT_FALSE(process(0));
  expect_truth();
  EXPECT_EQ(believer_.gaps_begun, 1);
  EXPECT_EQ(believer_.gaps_healed, 1);
  EXPECT_EQ(believer_.known.size(), 3U);
}

TEST_P(ThrowingWatch, ALookIsAheadOfWhatIsToldLater) {
  ASSERT_FALSE(process(0));
  const auto look = [&](const NeighborKey& key) {
    return watch_->look(key, [&](const WatchEvent& event) { believer_.take(event); });
  };
  put(60, 2);
  ASSERT_TRUE(stack_->remove(entry(61, 1).key()));
  put(63, 1);
  EXPECT_TRUE(look(entry(60, 2).key()).value()->same_content(entry(60, 2)));
  EXPECT_EQ(look(entry(61, 1).key()).value(), std::nullopt);
  EXPECT_TRUE(look(entry(63, 1).key()).value());
  expect_truth();
  EXPECT_EQ(look({.address = IpAddress::v4(192, 0, 2, 60)}).error().code, Errc::kInvalidArgument);
  const auto throwing = [](const WatchEvent& /*event*/) { throw std::runtime_error("handler"); };
  put(64, 1);
  EXPECT_THROW((void)watch_->look(entry(64, 1).key(), throwing), std::runtime_error);
  believer_.known[name_of(entry(64, 1))] = entry(64, 1);  // what it throws at counts as told
  EXPECT_FALSE(process(0));
  expect_truth();
}

TEST_P(ThrowingWatch, InAGapStillEndsIt) {
  ASSERT_FALSE(process(0));
  put(60, 2);
  ASSERT_TRUE(stack_->remove(entry(61, 1).key()));
  watch_->request_resync();  // kGapBegan, removed, changed, kGapHealed
  ASSERT_TRUE(process(GetParam()));
  EXPECT_FALSE(process(0));
  expect_truth();
  EXPECT_EQ(believer_.gaps_healed, GetParam() == 4 ? 2 : 1);
  EXPECT_EQ(believer_.gaps_begun, believer_.gaps_healed);
}

INSTANTIATE_TEST_SUITE_P(AtTheEvent, ThrowingWatch, ::testing::Range(1, 5));

}  // namespace
}  // namespace neigh
