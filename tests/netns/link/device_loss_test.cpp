// SPDX-License-Identifier: Apache-2.0
// A stack on devices that go down, change their MTU, vanish and come back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include "neigh/embedded.hpp"
#include "support/cites.hpp"
#include "support/netns.hpp"
#include "support/process.hpp"
#include "support/wait.hpp"

namespace neigh {
namespace {

using Kind = EmbeddedEvent::Kind;
using Bytes = std::vector<std::uint8_t>;

constexpr InterfaceIndex kEth = static_cast<InterfaceIndex>(1);

/// An IPv4 packet that leaves the stack for the kernel's 192.0.2.1.
Bytes packet(std::size_t size) {
  Bytes out{0x45,
            0,
            static_cast<std::uint8_t>(size >> 8U),
            static_cast<std::uint8_t>(size),
            0,
            0,
            0,
            0,
            64,
            17,
            0,
            0,
            192,
            0,
            2,
            2,
            192,
            0,
            2,
            1};
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < 20; i += 2) sum += static_cast<std::uint32_t>(out[i] << 8U | out[i + 1]);
  while (sum > 0xffffU) sum = (sum & 0xffffU) + (sum >> 16U);
  out[10] = static_cast<std::uint8_t>(~sum >> 8U);
  out[11] = static_cast<std::uint8_t>(~sum);
  out.resize(size);
  return out;
}

class DeviceLoss : public test::FreshNamespace {
 protected:
  void open(EmbeddedLink link, const std::string& device) {
    EmbeddedInterface eth{.link = link,
                          .device = device,
                          .link_address = LinkAddress::ether({2, 0, 0, 0, 0, 2}),
                          .addresses = {{.address = IpAddress::v4(192, 0, 2, 2), .prefix_length = 24}},
                          .settings = {.max_rtr_solicitations = 0}};
    auto opened = open_embedded_stack({.interfaces = {eth}});
    ASSERT_TRUE(opened) << opened.error().message();
    stack_ = *opened;
    stack_->set_event_handler([this](const EmbeddedEvent& event) {
      const std::scoped_lock guard(mutex_);
      kinds_.push_back(event.kind);
      if (event.kind == Kind::kDeviceGone) reason_ = std::string(event.reason);
    });
  }
  bool told(Kind kind) {
    return test::wait_until([&] {
      const std::scoped_lock guard(mutex_);
      return std::find(kinds_.begin(), kinds_.end(), kind) != kinds_.end();
    });
  }
  void forget() {
    const std::scoped_lock guard(mutex_);
    kinds_.clear();
  }
  bool runs() { return stack_->find_interface(kEth)->running; }
  bool resolves() {
    return stack_->resolve({.interface = kEth, .address = IpAddress::v4(192, 0, 2, 1)}, {.ask_again = true})
        .has_value();
  }
  static void make_veth() {
    test::must_run(
        "ip link add veth-a type veth peer name veth-b && ip link set veth-b up && ip link set veth-a up && "
        "ip addr add 192.0.2.1/24 dev veth-b");
  }

  std::mutex mutex_;
  std::vector<Kind> kinds_;
  std::string reason_;
  std::shared_ptr<EmbeddedStack> stack_;
};

TEST_F(DeviceLoss, AnotherDeviceOfThatNameIsPickedUp) {
  NEIGH_CITES("PRT-011", "PRT-004");
  make_veth();
  open(EmbeddedLink::kDevice, "veth-a");
  ASSERT_TRUE(test::wait_until([&] { return runs(); }));
  ASSERT_TRUE(resolves());
  for (int round = 0; round < 2; ++round) {
    forget();
    test::must_run("ip link del veth-a");
    ASSERT_TRUE(told(Kind::kDeviceGone));
    EXPECT_FALSE(reason_.empty());
    EXPECT_FALSE(runs());
    const auto sent = stack_->send(packet(60), kEth);
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, Errc::kUnreachable);
    EXPECT_EQ(sent.error().field, "interface");
    make_veth();
    ASSERT_TRUE(told(Kind::kCarrierBack));
    EXPECT_TRUE(runs());
    EXPECT_TRUE(resolves());
    // The kernel's question comes to a group: the new device passes those that the old one did.
    test::must_run("ip addr add 2001:db8::1/64 dev veth-b nodad");
    EXPECT_TRUE(test::wait_until([&] {
      return test::run("ping -c 1 -W 2 fe80::ff:fe00:2%veth-b").exit_code >= 0 &&
             test::must_run("ip neigh show fe80::ff:fe00:2 dev veth-b").out.find("02:00:00:00:00:02") !=
                 std::string::npos;
    }));
  }
}

TEST_F(DeviceLoss, ATapThatIsGoneIsTold) {
  NEIGH_CITES("PRT-011");
  open(EmbeddedLink::kTap, "tap-x");
  test::must_run("ip addr add 192.0.2.1/24 dev tap-x");
  ASSERT_TRUE(test::wait_until([&] { return runs(); }));
  test::must_run("ip link del tap-x");
  ASSERT_TRUE(told(Kind::kDeviceGone));
  EXPECT_FALSE(reason_.empty());
  EXPECT_FALSE(runs());
  EXPECT_EQ(stack_->send(packet(60), kEth).error().field, "interface");
  // The way back.
  ASSERT_TRUE(stack_->remove_interface(kEth));
  ASSERT_TRUE(stack_->add_interface({.index = kEth, .link = EmbeddedLink::kTap, .device = "tap-x"}));
  EXPECT_TRUE(test::wait_until([&] { return runs(); }));
}

TEST_F(DeviceLoss, TheMtuIsFollowed) {
  make_veth();
  open(EmbeddedLink::kDevice, "veth-a");
  ASSERT_TRUE(test::wait_until([&] { return runs(); }));
  EXPECT_TRUE(stack_->send(packet(1'500), kEth));
  EXPECT_EQ(stack_->send(packet(1'501), kEth).error().field, "packet");
  test::must_run("ip link set veth-a mtu 1400");
  EXPECT_TRUE(test::wait_until([&] { return stack_->find_interface(kEth)->mtu == 1'400; }));
  EXPECT_TRUE(stack_->send(packet(1'400), kEth));
  EXPECT_EQ(stack_->send(packet(1'401), kEth).error().field, "packet");
  test::must_run("ip link set veth-a mtu 3000");
  EXPECT_TRUE(test::wait_until([&] { return stack_->find_interface(kEth)->mtu == 3'000; }));
  EXPECT_TRUE(stack_->send(packet(3'000), kEth));
}

}  // namespace
}  // namespace neigh
