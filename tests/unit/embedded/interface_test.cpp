// SPDX-License-Identifier: Apache-2.0
// Interfaces of a stack: its link-local address, what is left of IPv6 where that is a duplicate, limits and their
// names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "neigh/embedded.hpp"
#include "support/cites.hpp"

namespace neigh {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Kind = EmbeddedEvent::Kind;

constexpr InterfaceIndex kEth = static_cast<InterfaceIndex>(1);
constexpr std::string_view kLinkLocal = "fe80::ff:fe00:1";

IpAddress ip(std::string_view text) { return *IpAddress::parse(text); }

EmbeddedInterface interface(std::uint8_t number) {
  return {.link_address = LinkAddress::ether({2, 0, 0, 0, 0, number}), .settings = {.max_rtr_solicitations = 0}};
}

struct Told {
  explicit Told(EmbeddedStack& stack) {
    stack.set_event_handler([this](const EmbeddedEvent& event) {
      if (event.kind == Kind::kAddressPreferred) lines.push_back("preferred " + event.address.to_string());
      if (event.kind == Kind::kAddressDuplicate) lines.push_back("duplicate " + event.address.to_string());
      if (event.kind == Kind::kCarrierLost) lines.emplace_back("carrier lost");
      if (event.kind == Kind::kCarrierBack) lines.emplace_back("carrier back");
      if (event.kind == Kind::kDeviceGone) lines.emplace_back("device gone");
    });
  }
  std::vector<std::string> lines;
};

EmbeddedAddressState state_of(EmbeddedStack& stack, std::string_view address) {
  const auto all = *stack.addresses(kEth);
  for (const EmbeddedAddressStatus& each : all) {
    if (each.address == ip(address)) return each.state;
  }
  ADD_FAILURE() << address;
  return EmbeddedAddressState::kDuplicate;
}

TEST(LinkLocal, IsVerifiedIfAskedForOrIfAnotherIpv6AddressIs) {
  NEIGH_CITES("DAD-001");
  const auto begins = [](const std::function<void(EmbeddedInterface&)>& change) {
    const auto network = EmbeddedNetwork::make(3);
    EmbeddedInterface eth = interface(1);
    change(eth);
    const auto stack = *network->add_stack({.interfaces = {eth}});
    const EmbeddedAddressState first = state_of(*stack, kLinkLocal);
    network->advance(seconds{5});
    EXPECT_EQ(state_of(*stack, kLinkLocal), EmbeddedAddressState::kPreferred);
    return first;
  };
  using enum EmbeddedAddressState;
  EXPECT_EQ(begins([](auto&) {}), kPreferred);
  EXPECT_EQ(begins([](auto& eth) { eth.verify_link_local = true; }), kTentative);
  EXPECT_EQ(begins([](auto& eth) { eth.addresses = {{.address = ip("2001:db8::1"), .verify = true}}; }), kTentative);
  EXPECT_EQ(begins([](auto& eth) {
              eth.addresses = {{.address = ip("2001:db8::1"), .verify = true}};
              eth.verify_link_local = false;
            }),
            kPreferred);
  EXPECT_EQ(
      begins([](auto& eth) { eth.addresses = {{.address = ip("192.0.2.1"), .prefix_length = 24, .verify = true}}; }),
      kPreferred);
}

TEST(LinkLocal, ADuplicateSwitchesIpv6OffAndSaysHowItComesBack) {
  NEIGH_CITES("DAD-012", "DAD-008");
  const auto network = EmbeddedNetwork::make(3);
  const auto first = *network->add_stack({.interfaces = {interface(1)}});
  network->advance(seconds{10});
  const auto twin = *network->add_stack({});
  Told told(*twin);
  EmbeddedInterface eth = interface(1);
  eth.verify_link_local = true;
  ASSERT_TRUE(twin->add_interface(eth));
  network->advance(seconds{5});
  EXPECT_THAT(told.lines, ElementsAre("duplicate " + std::string(kLinkLocal)));
  const NeighborKey peer{.interface = kEth, .address = ip("fe80::9")};
  for (const Error& error : {twin->get(peer).error(), twin->resolve(peer).error(),
                             twin->add_address(kEth, {.address = ip("2001:db8::1")}).error()}) {
    EXPECT_EQ(error.code, Errc::kNotSupported);
    EXPECT_THAT(error.detail, HasSubstr("link-local address is a duplicate"));
  }
  EXPECT_FALSE(twin->find_interface(kEth)->ipv6);
  // The other one is gone.
  ASSERT_TRUE(first->remove_interface(kEth));
  told.lines.clear();
  ASSERT_TRUE(twin->set_family(kEth, Family::kIpv6, true));
  EXPECT_EQ(state_of(*twin, kLinkLocal), EmbeddedAddressState::kTentative);
  network->advance(seconds{5});
  EXPECT_THAT(told.lines, ElementsAre("preferred " + std::string(kLinkLocal)));
  EXPECT_TRUE(twin->find_interface(kEth)->ipv6);
  EXPECT_EQ(twin->get(peer).error().code, Errc::kNotFound);
}

TEST(Carrier, IsToldAndAddressesStayWhatTheyWere) {
  NEIGH_CITES("PRT-011");
  const auto network = EmbeddedNetwork::make(3);
  EmbeddedInterface eth = interface(1);
  eth.addresses = {{.address = ip("192.0.2.1"), .prefix_length = 24}};
  const auto stack = *network->add_stack({.interfaces = {eth}});
  network->advance(seconds{10});
  Told told(*stack);
  ASSERT_TRUE(stack->set_carrier(kEth, false));
  EXPECT_THAT(told.lines, ElementsAre("carrier lost"));
  EXPECT_FALSE(stack->find_interface(kEth)->running);
  EXPECT_EQ(state_of(*stack, "192.0.2.1"), EmbeddedAddressState::kPreferred);
  // A verification stops, and begins anew.
  ASSERT_TRUE(stack->add_address(kEth, {.address = ip("2001:db8::1"), .verify = true}));
  network->advance(seconds{30});
  EXPECT_EQ(state_of(*stack, "2001:db8::1"), EmbeddedAddressState::kTentative);
  told.lines.clear();
  ASSERT_TRUE(stack->set_carrier(kEth, true));
  ASSERT_TRUE(stack->set_carrier(kEth, true));  // no news
  network->advance(seconds{5});
  EXPECT_EQ(state_of(*stack, "2001:db8::1"), EmbeddedAddressState::kPreferred);
  EXPECT_THAT(told.lines, ::testing::Contains("carrier back").Times(1));
  // Administratively: back to the beginning.
  ASSERT_TRUE(stack->set_up(kEth, false));
  EXPECT_EQ(state_of(*stack, "192.0.2.1"), EmbeddedAddressState::kTentative);
  ASSERT_TRUE(stack->set_up(kEth, true));
  EXPECT_EQ(state_of(*stack, "192.0.2.1"), EmbeddedAddressState::kPreferred);
  EXPECT_EQ(state_of(*stack, "2001:db8::1"), EmbeddedAddressState::kTentative);
}

TEST(Resolve, LastsAsLongAsTheSettingsTake) {
  NEIGH_CITES("LIB-18");
  const auto network = EmbeddedNetwork::make(3);
  EmbeddedInterface eth = interface(1);
  eth.addresses = {{.address = ip("192.0.2.1"), .prefix_length = 24}};
  eth.settings.retrans_timer = seconds{60};
  eth.settings.max_multicast_solicit = 100;
  const auto stack = *network->add_stack({.interfaces = {eth}});
  network->advance(seconds{10});
  const auto began = network->now();
  const auto nobody = stack->resolve({.interface = kEth, .address = ip("192.0.2.9")});
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, Errc::kUnreachable);
  EXPECT_EQ(network->now() - began, minutes{100});
}

TEST(Limits, CanBeSetInRanges) {
  NEIGH_CITES("EXH-003");
  const auto network = EmbeddedNetwork::make(3);
  const auto stack = *network->add_stack({.interfaces = {interface(1)}});
  const auto refused = [&](const EmbeddedSettings& settings) {
    const auto changed = stack->change_settings(kEth, settings);
    return changed ? std::string("accepted") : std::string(changed.error().field);
  };
  EXPECT_EQ(refused({.max_incomplete = 0}), "max_incomplete");
  EXPECT_EQ(refused({.max_incomplete = 16'000'001}), "max_incomplete");
  EXPECT_EQ(refused({.solicit_rate = 1'000'001}), "solicit_rate");
  EXPECT_EQ(refused({.advert_rate = 1'000'001}), "advert_rate");
  EXPECT_EQ(refused({.max_unsolicited = 16'000'001}), "max_unsolicited");
  EXPECT_EQ(refused({.queue_packets = 0}), "queue_packets");
  EXPECT_EQ(refused({.queue_packets = 4'097}), "queue_packets");
  EXPECT_EQ(refused({.max_incomplete = 16'000'000,
                     .solicit_rate = 1'000'000,
                     .advert_rate = 0,
                     .max_unsolicited = 0,
                     .queue_packets = 4'096}),
            "accepted");
}

TEST(Limits, TakeEffect) {
  NEIGH_CITES("EXH-003", "NAT-012");
  const auto network = EmbeddedNetwork::make(3);
  EmbeddedInterface eth = interface(1);
  eth.addresses = {{.address = ip("192.0.2.1"), .prefix_length = 24}};
  eth.settings.max_incomplete = 5;
  eth.settings.advert_rate = 8;
  const auto stack = *network->add_stack({.interfaces = {eth}});
  EmbeddedInterface other = interface(2);
  other.addresses = {{.address = ip("192.0.2.2"), .prefix_length = 24}};
  const auto asker = *network->add_stack({.interfaces = {other}});
  network->advance(seconds{10});
  std::vector<NeighborKey> many;
  for (std::uint8_t i = 100; i < 120; ++i) many.push_back({.interface = kEth, .address = IpAddress::v4(192, 0, 2, i)});
  ASSERT_TRUE(stack->touch(many));
  EXPECT_EQ(stack->list()->size(), 5U);
  // Who is not in use and asks for more in one second than may be told him: six of eight, and what the fifth of a
  // second that the questions take adds.
  std::size_t answers = 0;
  ASSERT_TRUE(network->observe(EmbeddedNetwork::first_lan(), [&](auto, std::span<const std::uint8_t> frame) {
    answers += static_cast<std::size_t>(frame[12] == 8 && frame[13] == 6 && frame[21] == 2);
  }));
  ASSERT_TRUE(asker->ask({.interface = kEth, .address = ip("192.0.2.1")},
                         {.attempts = 20, .interval = milliseconds{10}, .all_answers = true}));
  EXPECT_EQ(answers, 7U);
}

TEST(Limits, ErrorsNameWhatCanBeFound) {
  const auto network = EmbeddedNetwork::make(3);
  const auto small = *network->add_stack({.max_neighbors = 3, .interfaces = {interface(1)}});
  for (const TableLimits& limits : *small->limits()) EXPECT_LE(limits.gc_thresh1, limits.gc_thresh3);
  Neighbor entry{
      .interface = kEth, .link_address = LinkAddress::ether({2, 0, 0, 0, 0, 9}), .state = NudState::kReachable};
  Result<void> full;
  for (std::uint8_t i = 1; i < 10 && full; ++i) {
    entry.address = IpAddress::v4(192, 0, 2, i);
    full = small->create(entry);
  }
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, Errc::kTableFull);
  EXPECT_THAT(full.error().detail, HasSubstr("max_neighbors"));

  const auto stack = *network->add_stack({.interfaces = {interface(2)}});
  std::uint32_t added = 0;
  Result<void> done;
  for (std::uint32_t i = 1; done && i < 2'000; ++i) {
    done = stack->add_address(kEth, {.address = ip("2001:db8::" + std::to_string(i))});
    added += done ? 1U : 0U;
  }
  ASSERT_FALSE(done);
  EXPECT_EQ(added, 1'023U) << "and the link-local one";
  EXPECT_EQ(done.error().code, Errc::kTableFull);
  EXPECT_THAT(done.error().detail, HasSubstr("1024 addresses at most"));
}

TEST(Network, TakesFramesThatATestMakes) {
  const auto network = EmbeddedNetwork::make(3);
  EmbeddedInterface eth = interface(1);
  eth.addresses = {{.address = ip("192.0.2.1"), .prefix_length = 24}};
  const auto stack = *network->add_stack({.interfaces = {eth}});
  network->advance(seconds{10});
  std::vector<std::uint8_t> request{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 7,  // Ethernet
                                    8,    6,    0,    1,    8,    0,    6, 4, 0, 1, 2, 0,   0, 0, 0,
                                    7,    192,  0,    2,    7,    0,    0, 0, 0, 0, 0, 192, 0, 2, 1};
  std::size_t replies = 0;
  ASSERT_TRUE(network->observe(EmbeddedNetwork::first_lan(), [&](auto, std::span<const std::uint8_t> frame) {
    replies += static_cast<std::size_t>(frame[12] == 8 && frame[13] == 6 && frame[21] == 2);
  }));
  ASSERT_TRUE(network->inject(EmbeddedNetwork::first_lan(), request));
  network->advance(seconds{1});
  EXPECT_EQ(replies, 1U);
  EXPECT_EQ(stack->get({.interface = kEth, .address = ip("192.0.2.7")})->link_address,
            LinkAddress::ether({2, 0, 0, 0, 0, 7}));
  // Cut off, it changes nothing and is counted.
  request.resize(30);
  ASSERT_TRUE(network->inject(EmbeddedNetwork::first_lan(), request));
  network->advance(seconds{1});
  EXPECT_EQ(replies, 1U);
  const auto counters = *stack->counters(kEth);
  EXPECT_TRUE(std::any_of(counters.begin(), counters.end(), [](const EmbeddedCounter& counter) {
    return counter.name.starts_with("arp-") && counter.statement.starts_with("ARP-04") && counter.value == 1;
  }));
  request.resize(13);
  EXPECT_EQ(network->inject(EmbeddedNetwork::first_lan(), request).error().field, "frame");
  EXPECT_EQ(network->inject(static_cast<EmbeddedLanId>(9), std::vector<std::uint8_t>(14)).error().code,
            Errc::kNotFound);
}

TEST(Network, ReordersBySeed) {
  const auto order = [](double reorder) {
    const auto network = EmbeddedNetwork::make(3);
    EXPECT_TRUE(network->change_lan(EmbeddedNetwork::first_lan(), {.reorder = reorder, .hold = seconds{1}}));
    std::string seen;
    EXPECT_TRUE(network->observe(EmbeddedNetwork::first_lan(), [&](auto, std::span<const std::uint8_t> frame) {
      seen += static_cast<char>(frame[14]);
    }));
    for (std::uint8_t i = 0; i < 26; ++i) {
      std::vector<std::uint8_t> frame(60, static_cast<std::uint8_t>('a' + i));
      EXPECT_TRUE(network->inject(EmbeddedNetwork::first_lan(), frame));
      network->advance(milliseconds{1});
    }
    network->advance(seconds{2});
    return seen;
  };
  const std::string straight = order(0);
  EXPECT_EQ(straight, "abcdefghijklmnopqrstuvwxyz");
  std::string mixed = order(0.3);
  EXPECT_NE(mixed, straight);
  EXPECT_EQ(order(0.3), mixed) << "the same dice";
  std::sort(mixed.begin(), mixed.end());
  EXPECT_EQ(mixed, straight) << "none lost";
  const auto network = EmbeddedNetwork::make(3);
  EXPECT_EQ(network->add_lan({.reorder = 1.5}).error().field, "reorder");
  EXPECT_EQ(network->add_lan({.hold = std::chrono::hours{25}}).error().field, "hold");
}

TEST(Network, AnotherLinkAddressIsAnnounced) {
  NEIGH_CITES("ARP-136", "NAT-009", "FSM-29", "ARP-116");
  const auto network = EmbeddedNetwork::make(3);
  const auto with = [](std::uint8_t number) {
    EmbeddedInterface eth = interface(number);
    eth.addresses = {{.address = IpAddress::v4(192, 0, 2, number), .prefix_length = 24}};
    return EmbeddedOptions{.interfaces = {eth}};
  };
  const auto a = *network->add_stack(with(1));
  const auto b = *network->add_stack(with(2));
  network->advance(seconds{10});
  ASSERT_TRUE(a->resolve({.interface = kEth, .address = ip("192.0.2.2")}));
  ASSERT_TRUE(b->resolve({.interface = kEth, .address = ip("192.0.2.1")}));
  ASSERT_TRUE(b->resolve({.interface = kEth, .address = ip(kLinkLocal)}));
  network->advance(seconds{2});  // the locktime of what was just learned
  const LinkAddress other = LinkAddress::ether({2, 0, 0, 0, 0, 0x11});
  ASSERT_TRUE(a->set_link_address(kEth, other));
  EXPECT_THAT(*a->list(), IsEmpty());
  EXPECT_EQ(a->find_interface(kEth)->link_address, other);
  network->advance(seconds{5});
  EXPECT_EQ(b->get({.interface = kEth, .address = ip("192.0.2.1")})->link_address, other);
  EXPECT_EQ(b->get({.interface = kEth, .address = ip(kLinkLocal)})->link_address, other);
  EXPECT_EQ(b->resolve({.interface = kEth, .address = ip("192.0.2.1")}, {.ask_again = true})->link_address, other);
  for (const LinkAddress& bad : {LinkAddress{}, LinkAddress::ether({}), LinkAddress::ether({3, 0, 0, 0, 0, 1})}) {
    EXPECT_EQ(a->set_link_address(kEth, bad).error().field, "link_address");
  }
  EXPECT_EQ(a->set_link_address(static_cast<InterfaceIndex>(9), other).error().code, Errc::kNoSuchInterface);
  const InterfaceIndex lo = *a->add_interface({.link = EmbeddedLink::kLoopback});
  EXPECT_EQ(a->set_link_address(lo, other).error().code, Errc::kNotSupported);
}

TEST(Proxies, AreOfSingleNodes) {
  NEIGH_CITES("ARP-150", "ARP-082");
  const auto network = EmbeddedNetwork::make(3);
  EmbeddedInterface eth = interface(1);
  eth.addresses = {{.address = ip("192.0.2.1"), .prefix_length = 24}};
  const auto stack = *network->add_stack({.interfaces = {eth}});
  for (const std::string_view address : {"224.0.0.5", "192.0.2.255", "255.255.255.255", "ff02::5"}) {
    const auto made = stack->create({.address = ip(address), .interface = kEth, .flags = {NeighborFlag::kProxy}});
    ASSERT_FALSE(made) << address;
    EXPECT_EQ(made.error().code, Errc::kInvalidArgument);
    EXPECT_EQ(made.error().field, "address");
  }
  EXPECT_TRUE(stack->create({.address = ip("192.0.2.77"), .interface = kEth, .flags = {NeighborFlag::kProxy}}));
}

TEST(Send, SaysThatTheInterfaceIsDownWithoutBeingToldWhich) {
  NEIGH_CITES("FSM-29");
  const auto network = EmbeddedNetwork::make(3);
  EmbeddedInterface eth = interface(1);
  eth.addresses = {{.address = ip("192.0.2.1"), .prefix_length = 24}};
  eth.routers = {ip("192.0.2.254")};
  const auto stack = *network->add_stack({.interfaces = {eth}});
  const auto to = [&](std::uint8_t first, std::uint8_t last) {
    std::vector<std::uint8_t> packet{0x45, 0, 0, 20, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, first, 0, 2, last};
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < 20; i += 2) sum += static_cast<std::uint32_t>(packet[i] << 8U | packet[i + 1]);
    while (sum > 0xffffU) sum = (sum & 0xffffU) + (sum >> 16U);
    packet[10] = static_cast<std::uint8_t>(~sum >> 8U);
    packet[11] = static_cast<std::uint8_t>(~sum);
    const auto sent = stack->send(packet);
    return sent ? std::string("sent") : sent.error().detail;
  };
  for (const bool carrier : {true, false}) {
    ASSERT_TRUE(carrier ? stack->set_carrier(kEth, false) : stack->set_up(kEth, false));
    EXPECT_EQ(to(192, 9), "interface down");
    EXPECT_EQ(to(198, 9), "interface down") << "through the router";
    ASSERT_TRUE(carrier ? stack->set_carrier(kEth, true) : stack->set_up(kEth, true));
    EXPECT_EQ(to(192, 9), "sent");
  }
  ASSERT_TRUE(stack->remove_router(kEth, ip("192.0.2.254")));
  ASSERT_TRUE(stack->set_carrier(kEth, false));
  EXPECT_EQ(to(198, 9), "no route");
}

}  // namespace
}  // namespace neigh
