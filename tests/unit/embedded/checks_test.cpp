// SPDX-License-Identifier: Apache-2.0
// What a stack refuses and why, which reasons it gives, and RFC 5227 2.4 as its settings say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "neigh/embedded.hpp"
#include "support/cites.hpp"

namespace neigh {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Bytes = std::vector<std::uint8_t>;

IpAddress ip(std::string_view text) { return *IpAddress::parse(text); }

constexpr InterfaceIndex index_of(std::uint32_t number) { return static_cast<InterfaceIndex>(number); }
constexpr InterfaceIndex kEth = index_of(1);

EmbeddedInterface interface(std::uint8_t number, const EmbeddedSettings& settings = {}) {
  EmbeddedInterface eth{.link_address = LinkAddress::ether({2, 0, 0, 0, 0, number}),
                        .addresses = {{.address = IpAddress::v4(192, 0, 2, number), .prefix_length = 24}},
                        .settings = settings};
  eth.settings.max_rtr_solicitations = 0;
  return eth;
}

/// An IPv4 packet from its header on.
Bytes packet(std::string_view source, std::string_view destination, std::size_t size = 28) {
  Bytes out{0x45, 0, static_cast<std::uint8_t>(size >> 8U), static_cast<std::uint8_t>(size), 0, 0, 0, 0, 64, 17, 0, 0};
  for (const std::string_view text : {source, destination}) {
    const IpAddress address = ip(text);
    out.insert(out.end(), address.bytes().begin(), address.bytes().end());
  }
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < 20; i += 2) sum += static_cast<std::uint32_t>(out[i] << 8U | out[i + 1]);
  while (sum > 0xffffU) sum = (sum & 0xffffU) + (sum >> 16U);
  out[10] = static_cast<std::uint8_t>(~sum >> 8U);
  out[11] = static_cast<std::uint8_t>(~sum);
  out.resize(size);
  return out;
}

class ChecksTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = network_->add_stack({.interfaces = {interface(1)}});
    ASSERT_TRUE(made) << made.error().message();
    stack_ = *made;
    stack_->set_event_handler([this](const EmbeddedEvent& event) {
      if (event.kind == EmbeddedEvent::Kind::kPacketFailed) failed_.emplace_back(event.reason);
      if (event.kind == EmbeddedEvent::Kind::kAddressConflict) ++conflicts_;
      if (event.kind == EmbeddedEvent::Kind::kAddressDuplicate) ++lost_;
    });
    network_->advance(seconds{10});
  }
  /// Expects kInvalidArgument and gives the field.
  template <class T>
  static std::string refused(const Result<T>& result) {
    if (result) return "accepted";
    EXPECT_EQ(result.error().code, Errc::kInvalidArgument) << result.error().message();
    return std::string(result.error().field);
  }
  std::string refused_interface(const std::function<void(EmbeddedInterface&)>& change) {
    EmbeddedInterface wanted = interface(9);
    change(wanted);
    const auto before = stack_->interfaces()->size();
    const std::string field = refused(stack_->add_interface(wanted));
    EXPECT_EQ(stack_->interfaces()->size(), before + (field == "accepted" ? 1 : 0));
    return field;
  }

  std::unique_ptr<EmbeddedNetwork> network_ = EmbeddedNetwork::make(3);
  std::shared_ptr<EmbeddedStack> stack_;
  std::vector<std::string> failed_;
  int conflicts_ = 0;
  int lost_ = 0;
};

TEST_F(ChecksTest, InterfacesOutOfRange) {
  for (const std::string& name :
       {std::string(1'000, 'x'), std::string(16, 'x'), std::string("a/b"), std::string("a\nb"), std::string("a b"),
        std::string("\x01"), std::string("."), std::string("..")}) {
    EXPECT_EQ(refused_interface([&](auto& i) { i.name = name; }), "name") << name;
  }
  EXPECT_EQ(refused_interface([](auto& i) { i.index = index_of(0xffffffffU); }), "index");
  EXPECT_EQ(refused_interface([](auto& i) { i.index = index_of(0x80000000U); }), "index");
  EXPECT_EQ(refused_interface([](auto& i) { i.ipv4 = i.ipv6 = false; }), "ipv4");
  EXPECT_EQ(refused_interface([](auto& i) { i.settings.preset = static_cast<EmbeddedPreset>(9); }), "preset");
  EXPECT_EQ(refused_interface([](auto& i) { i.settings.conflict_policy = static_cast<EmbeddedConflictPolicy>(9); }),
            "conflict_policy");
  EXPECT_EQ(refused_interface([](auto& i) { i.addresses[0].prefix_length = 0; }), "prefix_length");
  EXPECT_EQ(refused_interface([](auto& i) { i.routers = {ip("198.51.100.1")}; }), "router");
  EXPECT_EQ(refused_interface([](auto& i) { i.name = "fifteen-bytes.x"; }), "accepted");

  const auto taken = stack_->add_interface({.name = "eth0"});
  EXPECT_EQ(taken.error().code, Errc::kAlreadyExists);
  EXPECT_EQ(taken.error().field, "name");
  const auto same = stack_->add_interface({.index = kEth, .name = "other"});
  EXPECT_EQ(same.error().code, Errc::kAlreadyExists);
  EXPECT_EQ(same.error().field, "index");

  EXPECT_EQ(refused(stack_->change_settings(kEth, {.preset = static_cast<EmbeddedPreset>(2)})), "preset");
  EXPECT_EQ(refused(network_->add_stack({.ipv4 = false, .ipv6 = false})), "ipv4");
  const auto v4 = *network_->add_stack({.ipv6 = false});
  EXPECT_EQ(refused(v4->add_interface({.ipv4 = false})), "ipv4");
}

TEST_F(ChecksTest, AddressesOutOfRange) {
  for (const std::string_view address :
       {"192.0.2.0", "192.0.2.255", "240.0.0.1", "255.255.255.255", "0.0.0.0", "0.0.0.1", "224.0.0.1", "127.0.0.1",
        "::", "::1", "ff02::1", "::ffff:192.0.2.9"}) {
    EXPECT_EQ(refused(stack_->add_address(kEth, {.address = ip(address), .prefix_length = 24})), "address") << address;
  }
  EXPECT_EQ(refused(stack_->add_address(kEth, {})), "address");
  EXPECT_EQ(refused(stack_->add_address(kEth, {.address = ip("192.0.2.9")})), "prefix_length");
  EXPECT_EQ(refused(stack_->add_address(kEth, {.address = ip("192.0.2.9"), .prefix_length = 33})), "prefix_length");
  EXPECT_EQ(refused(stack_->add_address(kEth, {.address = ip("192.0.2.9"), .prefix_length = 32})), "accepted");
  EXPECT_EQ(refused(stack_->add_address(kEth, {.address = ip("2001:db8::1")})), "accepted");
  for (const std::string_view router :
       {"192.0.2.1", "192.0.2.255", "198.51.100.1", "0.0.0.0", "ff02::2", "2001:db8:9::1"}) {
    EXPECT_EQ(refused(stack_->add_router(kEth, ip(router))), "router") << router;
  }
  EXPECT_EQ(refused(stack_->add_router(kEth, {})), "router");
}

TEST_F(ChecksTest, ConfirmNeedsANode) {
  EXPECT_EQ(refused(stack_->confirm({})), "destination");
  for (const std::string_view nobody : {"0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255"}) {
    EXPECT_EQ(refused(stack_->confirm(ip(nobody))), "destination") << nobody;
  }
  EXPECT_EQ(stack_->confirm(ip("192.0.2.2"), index_of(99)).error().code, Errc::kNoSuchInterface);
  EXPECT_TRUE(stack_->confirm(ip("192.0.2.2"), kEth));
  const auto v4 = *network_->add_stack({.ipv6 = false});
  EXPECT_EQ(v4->confirm(ip("fe80::2")).error().code, Errc::kNotSupported);
}

TEST_F(ChecksTest, AskHasTheRangesOfTheKernelsTable) {
  const NeighborKey key{.interface = kEth, .address = ip("192.0.2.2")};
  for (const milliseconds interval :
       {milliseconds::min(), milliseconds{-1}, milliseconds{0}, milliseconds{60'001}, milliseconds::max()}) {
    EXPECT_EQ(refused(stack_->ask(key, {.interval = interval})), "interval") << interval.count();
  }
  for (const std::uint32_t attempts : {0U, 101U}) {
    EXPECT_EQ(refused(stack_->ask(key, {.attempts = attempts})), "attempts");
    EXPECT_EQ(refused(stack_->announce(kEth, ip("192.0.2.1"), {.count = attempts})), "count");
  }
  EXPECT_THAT(*stack_->ask(key, {.attempts = 2, .interval = seconds{60}}), IsEmpty());
}

TEST_F(ChecksTest, SendSaysWhatIsWrong) {
  std::string detail;
  const auto code = [&](const Bytes& bytes, InterfaceIndex index = InterfaceIndex::kNone) {
    const auto sent = stack_->send(bytes, index);
    EXPECT_FALSE(sent);
    detail = sent ? std::string{} : sent.error().detail;
    return sent ? Errc{} : sent.error().code;
  };
  const Bytes good = packet("192.0.2.1", "192.0.2.2");
  EXPECT_EQ(code(good, index_of(99)), Errc::kNoSuchInterface);
  EXPECT_EQ(code({}), Errc::kInvalidArgument);
  EXPECT_EQ(detail, "not a whole IP packet to a node or a group");
  EXPECT_EQ(code(Bytes(good.begin(), good.begin() + 19)), Errc::kInvalidArgument);
  EXPECT_EQ(code(packet("192.0.2.1", "192.0.2.2", 1'501)), Errc::kInvalidArgument);
  EXPECT_EQ(detail, "longer than the MTU");
  for (const std::string_view source : {"192.0.2.7", "192.0.2.255", "255.255.255.255", "224.0.0.1", "127.0.0.1"}) {
    EXPECT_EQ(code(packet(source, "192.0.2.2")), Errc::kNoSuchAddress) << source;
  }
  EXPECT_EQ(stack_->send(packet("192.0.2.7", "192.0.2.2")).error().field, "source");
  EXPECT_EQ(code(packet("192.0.2.1", "203.0.113.1")), Errc::kUnreachable);
  EXPECT_EQ(detail, "no route");
  ASSERT_TRUE(stack_->set_family(kEth, Family::kIpv4, false));
  EXPECT_EQ(code(good, kEth), Errc::kNotSupported);
  network_->advance(seconds{10});
  EXPECT_THAT(failed_, IsEmpty()) << "the caller had the answer";
}

struct Ending {
  std::string_view name;
  std::function<Result<void>(EmbeddedStack&)> act;
  std::string_view reason;
  Errc code;
  std::string_view field;
};

// What a waiting packet comes back with, and who waits for the same neighbor.
TEST_F(ChecksTest, ReasonsTellWhatEndedAResolution) {
  NEIGH_CITES("FSM-29", "ARP-086");
  const NeighborKey key{.interface = kEth, .address = ip("192.0.2.2")};
  const std::vector<Ending> endings = {
      {"silence", {}, "nobody answered", Errc::kUnreachable, ""},
      {"remove", [&](EmbeddedStack& s) { return s.remove(key); }, "entry removed", Errc::kUnreachable, ""},
      {"flush",
       [](EmbeddedStack& s) -> Result<void> {
         if (auto done = s.flush({}); !done) return std::move(done).error();
         return {};
       },
       "entry removed", Errc::kUnreachable, ""},
      {"down", [](EmbeddedStack& s) { return s.set_up(kEth, false); }, "interface down", Errc::kUnreachable,
       "interface"},
      {"plug", [](EmbeddedStack& s) { return s.set_carrier(kEth, false); }, "interface down", Errc::kUnreachable,
       "interface"},
      {"family", [](EmbeddedStack& s) { return s.set_family(kEth, Family::kIpv4, false); }, "family switched off",
       Errc::kNotSupported, "address"},
      {"interface", [](EmbeddedStack& s) { return s.remove_interface(kEth); }, "interface removed",
       Errc::kNoSuchInterface, "interface"},
  };
  for (const Ending& ending : endings) {
    SCOPED_TRACE(ending.name);
    const auto network = EmbeddedNetwork::make(5);
    const auto stack = *network->add_stack({.interfaces = {interface(1)}});
    network->advance(seconds{10});
    std::vector<std::string> reasons;
    stack->set_event_handler([&](const EmbeddedEvent& event) {
      if (event.kind == EmbeddedEvent::Kind::kPacketFailed) reasons.emplace_back(event.reason);
    });
    // At the second request, a second later, when the caller below waits.
    int requests = 0;
    ASSERT_TRUE(network->observe(EmbeddedNetwork::first_lan(), [&](auto, std::span<const std::uint8_t> frame) {
      const bool arp = frame[12] == 8 && frame[13] == 6;
      if (!arp || ++requests != 2 || !ending.act) return;
      EXPECT_TRUE(ending.act(*stack));
    }));
    ASSERT_TRUE(stack->send(packet("192.0.2.1", "192.0.2.2")));
    const auto answer = stack->resolve(key);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ending.code) << answer.error().message();
    EXPECT_EQ(answer.error().field, ending.field);
    EXPECT_EQ(answer.error().detail.empty(), ending.name == "silence") << answer.error().detail;
    network->advance(milliseconds{1});
    EXPECT_THAT(reasons, ElementsAre(ending.reason));
  }
}

// --- RFC 5227 2.4 ---

struct Policy {
  std::optional<EmbeddedConflictPolicy> policy;
  EmbeddedPreset preset;
  int defended;  ///< Of two conflicts a second apart.
  bool lost;
};

TEST_F(ChecksTest, ConflictPolicyIsTheUsers) {
  NEIGH_CITES("ACD-045", "ACD-046", "ACD-047", "ACD-049", "ACD-052");
  using enum EmbeddedConflictPolicy;
  const std::vector<Policy> policies = {
      {std::nullopt, EmbeddedPreset::kRfc, 1, true},    {kIgnore, EmbeddedPreset::kRfc, 0, false},
      {kWithdraw, EmbeddedPreset::kRfc, 0, true},       {kDefendOnce, EmbeddedPreset::kRfc, 1, true},
      {kDefendForever, EmbeddedPreset::kRfc, 1, false}, {std::nullopt, EmbeddedPreset::kLinux, 0, false},
      {kDefendOnce, EmbeddedPreset::kLinux, 1, true},   {kDefendForever, EmbeddedPreset::kLinux, 1, false},
  };
  for (const Policy& p : policies) {
    SCOPED_TRACE(p.policy ? static_cast<int>(*p.policy) : -1);
    // Neither `verify` nor `conflict_detection` keeps an address from being given up: `conflict_policy` does.
    ASSERT_TRUE(stack_->change_settings(
        kEth,
        {.preset = p.preset, .conflict_detection = false, .conflict_policy = p.policy, .max_rtr_solicitations = 0}));
    ASSERT_TRUE(stack_->remove_address(kEth, ip("192.0.2.1")));
    ASSERT_TRUE(stack_->add_address(kEth, {.address = ip("192.0.2.1"), .prefix_length = 24}));
    network_->advance(seconds{30});
    const auto thief = *network_->add_stack({.interfaces = {interface(7)}});
    network_->advance(seconds{10});
    conflicts_ = lost_ = 0;
    // Its claim, and a second later another one.
    EmbeddedSettings quiet{.conflict_policy = kIgnore};
    ASSERT_TRUE(thief->change_settings(kEth, quiet));
    ASSERT_TRUE(thief->add_address(kEth, {.address = ip("192.0.2.1"), .prefix_length = 24}));  // announces it
    network_->advance(seconds{1});
    ASSERT_TRUE(thief->announce(kEth, ip("192.0.2.1")));
    network_->advance(seconds{5});
    EXPECT_EQ(conflicts_, p.defended);
    EXPECT_EQ(lost_, p.lost ? 1 : 0);
    const auto addresses = *stack_->addresses(kEth);
    for (const EmbeddedAddressStatus& each : addresses) {
      if (!each.address.is_v4()) continue;
      EXPECT_EQ(each.state, p.lost ? EmbeddedAddressState::kDuplicate : EmbeddedAddressState::kPreferred);
    }
    ASSERT_TRUE(thief->remove_interface(kEth));
    network_->advance(seconds{30});
  }
}

// RFC 3927 has no choice (c).
TEST_F(ChecksTest, LinkLocalAddressIsNotDefendedForEver) {
  NEIGH_CITES("ACD-053");
  ASSERT_TRUE(stack_->change_settings(
      kEth, {.conflict_policy = EmbeddedConflictPolicy::kDefendForever, .max_rtr_solicitations = 0}));
  ASSERT_TRUE(stack_->add_address(kEth, {.address = ip("169.254.7.7"), .prefix_length = 16}));
  network_->advance(seconds{30});
  const auto thief =
      *network_->add_stack({.interfaces = {interface(7, {.conflict_policy = EmbeddedConflictPolicy::kIgnore})}});
  network_->advance(seconds{10});
  ASSERT_TRUE(thief->add_address(kEth, {.address = ip("169.254.7.7"), .prefix_length = 16}));
  network_->advance(seconds{1});
  ASSERT_TRUE(thief->announce(kEth, ip("169.254.7.7")));
  network_->advance(seconds{1});
  EXPECT_EQ(conflicts_, 1);
  EXPECT_EQ(lost_, 1);
}

}  // namespace
}  // namespace neigh
