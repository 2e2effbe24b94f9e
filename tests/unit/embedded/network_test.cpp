// SPDX-License-Identifier: Apache-2.0
// Stacks on a LAN in virtual time, used as any neighbor table.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "neigh/embedded.hpp"
#include "support/cites.hpp"

namespace neigh {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

IpAddress ip(std::string_view text) { return *IpAddress::parse(text); }
LinkAddress lla(std::string_view text) { return *LinkAddress::parse(text); }

EmbeddedOptions host(std::uint8_t number, bool ipv6 = true) {
  EmbeddedOptions options{.ipv6 = ipv6};
  EmbeddedInterface eth{.link_address = LinkAddress::ether({2, 0, 0, 0, 0, number}),
                        .addresses = {{.address = IpAddress::v4(192, 0, 2, number), .prefix_length = 24}},
                        .settings = {.max_rtr_solicitations = 0}};
  options.interfaces.push_back(eth);
  return options;
}

class NetworkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    a_ = *network_->add_stack(host(1));
    b_ = *network_->add_stack(host(2));
    eth_ = a_->find_interface("eth0")->index;
    network_->advance(seconds{10});  // announcements and listener reports are over
    began_ = network_->now();
  }
  [[nodiscard]] std::chrono::nanoseconds elapsed() const { return network_->now() - began_; }
  [[nodiscard]] NeighborKey key(std::string_view address) const { return {.interface = eth_, .address = ip(address)}; }
  [[nodiscard]] Neighbor permanent(std::string_view address) const {
    return {.address = ip(address), .interface = eth_, .link_address = lla("02:00:00:00:00:77")};
  }

  std::unique_ptr<EmbeddedNetwork> network_ = EmbeddedNetwork::make(7);
  std::shared_ptr<EmbeddedStack> a_;
  std::shared_ptr<EmbeddedStack> b_;
  InterfaceIndex eth_{};
  std::chrono::nanoseconds began_{0};
};

TEST_F(NetworkTest, ResolvesAndMovesTheTimeOnlyAsFarAsNeeded) {
  NEIGH_CITES("LIB-18");
  const auto answer = a_->resolve(key("192.0.2.2"));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->link_address, lla("02:00:00:00:00:02"));
  EXPECT_EQ(answer->state, NudState::kReachable);
  EXPECT_LT(elapsed(), milliseconds{1});
  const auto six = a_->resolve(key("fe80::ff:fe00:2"));
  ASSERT_TRUE(six) << six.error().message();
  EXPECT_EQ(six->link_address, lla("02:00:00:00:00:02"));
}

TEST_F(NetworkTest, GivesUpAfterThreeSecondsOfVirtualTime) {
  NEIGH_CITES("LIB-18");
  const auto nobody = a_->resolve(key("192.0.2.9"));
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, Errc::kUnreachable);
  EXPECT_EQ(elapsed(), seconds{3});
  const auto too_short = a_->resolve(key("192.0.2.10"), {.timeout = milliseconds{500}});
  ASSERT_FALSE(too_short);
  EXPECT_EQ(too_short.error().code, Errc::kTimedOut);
  EXPECT_EQ(elapsed(), milliseconds{3'500});
}

TEST_F(NetworkTest, KeepsTheContractOfTheTable) {
  const Neighbor entry = permanent("192.0.2.50");
  ASSERT_TRUE(a_->create(entry));
  EXPECT_EQ(a_->create(entry).error().code, Errc::kAlreadyExists);
  EXPECT_EQ(a_->get(entry.key())->state, NudState::kPermanent);
  EXPECT_EQ(a_->set(permanent("192.0.2.51")).error().code, Errc::kNotFound);
  ASSERT_TRUE(a_->replace(permanent("192.0.2.51")));
  EXPECT_EQ(a_->list()->size(), 2U);
  ASSERT_TRUE(a_->remove(entry.key()));
  EXPECT_EQ(a_->remove(entry.key()).error().code, Errc::kNotFound);
  EXPECT_EQ(a_->get(entry.key()).error().code, Errc::kNotFound);
  Neighbor elsewhere = entry;
  elsewhere.interface = static_cast<InterfaceIndex>(99);
  EXPECT_EQ(a_->create(elsewhere).error().code, Errc::kNoSuchInterface);
  EXPECT_EQ(a_->flush({.interface = static_cast<InterfaceIndex>(99)}).error().code, Errc::kNoSuchInterface);
  EXPECT_EQ(*a_->flush({}), 1U);
  EXPECT_EQ(*a_->flush({}), 0U);
}

TEST_F(NetworkTest, RollsBackABatch) {
  ASSERT_TRUE(a_->create(permanent("192.0.2.61")));
  const std::vector<Neighbor> batch = {permanent("192.0.2.60"), permanent("192.0.2.61"), permanent("192.0.2.62")};
  const auto report = a_->apply(Operation::kCreate, batch, OnError::kRollBack);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->rolled_back);
  ASSERT_EQ(report->failures.size(), 1U);
  EXPECT_EQ(report->failures[0].position, 1U);
  EXPECT_THAT(report->not_tried, ElementsAre(2U));
  EXPECT_EQ(a_->list()->size(), 1U);
}

TEST_F(NetworkTest, AsksWithoutTouchingTheTable) {
  const auto answers = a_->ask(key("192.0.2.2"));
  ASSERT_TRUE(answers) << answers.error().message();
  ASSERT_EQ(answers->size(), 1U);
  EXPECT_EQ((*answers)[0].link_address, lla("02:00:00:00:00:02"));
  EXPECT_THAT(*a_->list(), IsEmpty());
  EXPECT_THAT(*a_->ask(key("192.0.2.9"), {.attempts = 2, .interval = milliseconds{300}}), IsEmpty());
}

TEST_F(NetworkTest, AnnouncesOnlyAtSensibleIntervals) {
  NEIGH_CITES("ACD-040");
  std::size_t frames = 0;
  ASSERT_TRUE(network_->observe(EmbeddedNetwork::first_lan(), [&](auto, auto) { ++frames; }));
  for (const milliseconds interval :
       {milliseconds::min(), milliseconds{-1}, milliseconds{0}, milliseconds{60'001}, milliseconds::max()}) {
    SCOPED_TRACE(interval.count());
    const auto done = a_->announce(eth_, ip("192.0.2.1"), {.count = 3, .interval = interval});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Errc::kInvalidArgument);
    EXPECT_EQ(done.error().field, "interval");
  }
  EXPECT_EQ(frames, 0U);
  ASSERT_TRUE(a_->announce(eth_, ip("192.0.2.1"), {.count = 2, .interval = seconds{60}}));
  EXPECT_EQ(elapsed(), seconds{60});
  network_->advance(seconds{1});
  EXPECT_EQ(frames, 2U);
}

TEST_F(NetworkTest, AnnouncementMovesWhatANeighborKnows) {
  NEIGH_CITES("ACD-040", "NAT-009");
  ASSERT_TRUE(b_->resolve({.interface = eth_, .address = ip("192.0.2.1")}));
  ASSERT_TRUE(a_->announce(eth_, ip("192.0.2.1"), {.count = 3}));
  EXPECT_EQ(a_->announce(eth_, ip("192.0.2.2")).error().code, Errc::kNoSuchAddress);
  EXPECT_GE(elapsed(), seconds{2});
}

TEST_F(NetworkTest, WatchTellsAllAndNothingElse) {
  ASSERT_TRUE(a_->create(permanent("192.0.2.50")));
  auto watch = *a_->watch();
  std::vector<std::string> told;
  const auto handler = [&](const WatchEvent& event) {
    constexpr std::array<std::string_view, 6> kKinds = {"added", "changed", "removed", "synced", "healed", "gap"};
    told.push_back(std::string(kKinds.at(static_cast<std::size_t>(event.kind))) + " " +
                   event.neighbor.address.to_string() + " " + std::string(to_string(event.neighbor.state)));
  };
  EXPECT_TRUE(*watch->wait(milliseconds{0}));
  ASSERT_TRUE(watch->process(handler));
  EXPECT_THAT(told, ElementsAre("added 192.0.2.50 permanent", "synced  permanent"));
  EXPECT_FALSE(*watch->wait(milliseconds{0}));
  told.clear();
  ASSERT_TRUE(a_->resolve(key("192.0.2.2")));
  ASSERT_TRUE(a_->remove(key("192.0.2.50")));
  ASSERT_TRUE(watch->process(handler));
  EXPECT_THAT(told,
              ElementsAre("added 192.0.2.2 incomplete", "changed 192.0.2.2 reachable", "removed 192.0.2.50 permanent"));
  told.clear();
  EXPECT_TRUE(*watch->wait(seconds{60}));  // REACHABLE ends
  ASSERT_TRUE(watch->process(handler));
  EXPECT_THAT(told, ElementsAre("changed 192.0.2.2 stale"));
  told.clear();
  watch->request_resync();
  ASSERT_TRUE(watch->process(handler));
  EXPECT_THAT(told, ElementsAre("gap  permanent", "healed  permanent"));
}

TEST_F(NetworkTest, AbsentFamilyIsNotSupported) {
  NEIGH_CITES("LIB-31");
  const auto v4 = *network_->add_stack(host(3, /*ipv6=*/false));
  EXPECT_FALSE(*v4->has_family(Family::kIpv6));
  EXPECT_TRUE(*v4->has_family(Family::kIpv4));
  const Interface eth = *v4->find_interface("eth0");
  EXPECT_TRUE(eth.ipv4);
  EXPECT_FALSE(eth.ipv6);
  EXPECT_EQ(v4->get({.interface = eth.index, .address = ip("fe80::2")}).error().code, Errc::kNotSupported);
  EXPECT_EQ(v4->resolve({.interface = eth.index, .address = ip("fe80::2")}).error().code, Errc::kNotSupported);
  EXPECT_EQ(v4->limits()->size(), 1U);
}

TEST_F(NetworkTest, OwnAddressNeedsNoPacket) {
  NEIGH_CITES("LIB-20", "LIB-19");
  std::size_t frames = 0;
  ASSERT_TRUE(network_->observe(EmbeddedNetwork::first_lan(), [&](auto, auto) { ++frames; }));
  const auto own = a_->resolve(key("192.0.2.1"), {.ask_again = true});
  ASSERT_TRUE(own);
  EXPECT_EQ(own->link_address, lla("02:00:00:00:00:01"));
  EXPECT_EQ(own->state, NudState::kReachable);
  EXPECT_EQ(a_->resolve(key("192.0.2.2"), {.source = ip("192.0.2.77")}).error().code, Errc::kNoSuchAddress);
  EXPECT_EQ(a_->resolve(key("192.0.2.2"), {.source = ip("fe80::1")}).error().code, Errc::kInvalidArgument);
  network_->advance(seconds{1});
  EXPECT_EQ(frames, 0U);
  EXPECT_THAT(*a_->list(), IsEmpty());
}

TEST_F(NetworkTest, VerifiedAddressFindsItsOtherOwner) {
  NEIGH_CITES("ACD-005", "DAD-009");
  std::vector<std::string> events;
  a_->set_event_handler([&](const EmbeddedEvent& event) {
    if (event.kind == EmbeddedEvent::Kind::kAddressDuplicate) {
      events.push_back(event.address.to_string() + " " + event.link_address.to_string());
    }
  });
  ASSERT_TRUE(a_->add_address(eth_, {.address = ip("192.0.2.2"), .prefix_length = 24, .verify = true}));
  ASSERT_TRUE(a_->add_address(eth_, {.address = ip("fe80::ff:fe00:2"), .verify = true}));
  network_->advance(seconds{10});
  EXPECT_THAT(events,
              ::testing::UnorderedElementsAre("192.0.2.2 02:00:00:00:00:02", "fe80::ff:fe00:2 02:00:00:00:00:02"));
}

TEST_F(NetworkTest, PacketsArriveAndComeBack) {
  std::vector<std::size_t> got;
  b_->set_packet_handler([&](const EmbeddedPacket& packet) { got.push_back(packet.bytes.size()); });
  std::vector<std::string> failed;
  a_->set_event_handler([&](const EmbeddedEvent& event) { failed.push_back(std::string(event.reason)); });
  std::vector<std::uint8_t> packet = {0x45, 0, 0, 20, 0, 0, 0, 0, 64, 17, 0xf6, 0xd5, 192, 0, 2, 1, 192, 0, 2, 2};
  ASSERT_TRUE(a_->send(packet));
  network_->advance(seconds{1});
  EXPECT_THAT(got, ElementsAre(20U));
  packet[19] = 9;
  ASSERT_TRUE(a_->send(packet));
  network_->advance(seconds{5});
  EXPECT_THAT(failed, ElementsAre("nobody answered"));
}

TEST_F(NetworkTest, HandlersMayWait) {
  bool resolved = false;
  b_->set_packet_handler([&](const EmbeddedPacket& packet) {
    resolved = b_->resolve({.interface = packet.interface, .address = ip("192.0.2.1")}).has_value();
  });
  const std::vector<std::uint8_t> packet = {0x45, 0, 0, 20, 0, 0, 0, 0, 64, 17, 0xf6, 0xd5, 192, 0, 2, 1, 192, 0, 2, 2};
  ASSERT_TRUE(a_->send(packet));
  EXPECT_TRUE(network_->advance_until([&] { return resolved; }, seconds{5}));
}

TEST_F(NetworkTest, WhoAsksAgainMeanwhileSharesTheAnswer) {
  NEIGH_CITES("LIB-18", "LIB-29");
  ASSERT_TRUE(a_->resolve(key("192.0.2.2")));
  network_->advance(seconds{2});
  std::optional<Result<Neighbor>> second;
  bool asked = false;
  ASSERT_TRUE(network_->observe(EmbeddedNetwork::first_lan(), [&](auto, std::span<const std::uint8_t> frame) {
    if (asked || frame[12] != 0x08 || frame[13] != 0x06) return;
    asked = true;  // the request of the first caller is under way
    second = a_->resolve(key("192.0.2.2"), {.ask_again = true});
  }));
  const auto first = a_->resolve(key("192.0.2.2"), {.ask_again = true});
  EXPECT_TRUE(first) << first.error().message();
  ASSERT_TRUE(second);
  EXPECT_TRUE(*second) << second->error().message();
  EXPECT_LT(elapsed(), seconds{2} + milliseconds{1});
}

TEST_F(NetworkTest, ResolvesManyAtOnce) {
  std::vector<NeighborKey> keys;
  for (int i = 0; i < 3; ++i) keys.push_back(key("192.0.2.2"));
  keys.push_back(key("192.0.2.9"));
  keys.push_back(key("127.0.0.1"));
  const auto results = a_->resolve_all(keys);
  ASSERT_EQ(results.size(), 5U);
  EXPECT_TRUE(results[0]);
  EXPECT_TRUE(results[2]);
  EXPECT_EQ(results[3].error().code, Errc::kUnreachable);
  EXPECT_EQ(results[4].error().code, Errc::kInvalidArgument);
  EXPECT_EQ(elapsed(), seconds{3});
}

TEST_F(NetworkTest, StackOutlivesItsNetworkHandleAndWatchItsStack) {
  auto watch = *a_->watch();
  network_.reset();
  EXPECT_TRUE(a_->resolve(key("192.0.2.2")));
  a_.reset();
  b_.reset();
  std::size_t told = 0;
  ASSERT_TRUE(watch->process([&](const WatchEvent&) { ++told; }));
  EXPECT_EQ(told, 2U);
}

TEST_F(NetworkTest, CarrierLossEmptiesAndUnplugs) {
  NEIGH_CITES("PRT-011");
  ASSERT_TRUE(a_->resolve(key("192.0.2.2")));
  ASSERT_TRUE(a_->set_carrier(eth_, false));
  EXPECT_THAT(*a_->list(), IsEmpty());
  EXPECT_EQ(a_->resolve(key("192.0.2.2")).error().code, Errc::kUnreachable);
  ASSERT_TRUE(a_->set_carrier(eth_, true));
  network_->advance(seconds{1});
  const auto answer = a_->resolve(key("192.0.2.2"));
  EXPECT_TRUE(answer) << answer.error().message();
}

TEST(DefaultStack, IsAsDocumented) {
  NEIGH_CITES("LIB-31");
  const auto stack = default_embedded_stack();
  ASSERT_TRUE(stack) << stack.error().message();
  const auto all = *(*stack)->interfaces();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].name, "lo");
  EXPECT_EQ(to_number(all[0].index), 1U);
  EXPECT_TRUE(all[0].loopback);
  EXPECT_EQ(all[1].name, "eth0");
  EXPECT_EQ(all[1].link_address, lla("02:00:00:00:00:01"));
  EXPECT_THAT(*(*stack)->own_addresses(all[1].index),
              ElementsAre(ip("192.0.2.1"), ip("2001:db8::1"), ip("fe80::ff:fe00:1")));
  for (const std::string_view peer : {"192.0.2.2", "fe80::ff:fe00:2", "2001:db8::2"}) {
    const auto answer = (*stack)->resolve({.interface = all[1].index, .address = ip(peer)});
    ASSERT_TRUE(answer) << peer << ": " << answer.error().message();
    EXPECT_EQ(answer->link_address, lla("02:00:00:00:00:02"));
  }
}

}  // namespace
}  // namespace neigh
