// SPDX-License-Identifier: Apache-2.0
// A unit test of a driver's neighbor code without a kernel, privileges or waiting: the driver's C source is linked as
// it is, its calls land on a stack on a LAN in memory, and the test moves the time.
#include "driver.h"
//
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>

#include "neigh/current_stack.hpp"
#include "neigh/embedded.hpp"

namespace {

using namespace std::chrono_literals;

constexpr UCHAR kPeerLink[] = {0x02, 0, 0, 0, 0, 0x02};
constexpr UCHAR kOtherLink[] = {0x02, 0, 0, 0, 0, 0x77};

ULONG address(std::uint8_t last) { return 192U | 2U << 16U | static_cast<ULONG>(last) << 24U; }

neigh::EmbeddedOptions host(std::uint8_t number) {
  neigh::EmbeddedOptions options;
  options.interfaces.push_back(
      {.link_address = neigh::LinkAddress::ether({2, 0, 0, 0, 0, number}),
       .addresses = {{.address = neigh::IpAddress::v4(192, 0, 2, number), .prefix_length = 24}}});
  return options;
}

/// A LAN with the host under test (192.0.2.1) and a peer (192.0.2.2).
class TunnelTest : public ::testing::Test {
 protected:
  void SetUp() override { network_->advance(10s); }  // what hosts say when they come up has been said

  [[nodiscard]] bool has_link(const TUNNEL_NEXT_HOP& hop, const UCHAR (&wanted)[6]) const {
    return hop.Row.PhysicalAddressLength == 6 && std::equal(wanted, wanted + 6, hop.Row.PhysicalAddress);
  }

  std::unique_ptr<neigh::EmbeddedNetwork> network_ = neigh::EmbeddedNetwork::make();
  std::shared_ptr<neigh::EmbeddedStack> stack_ = *network_->add_stack(host(1));
  std::shared_ptr<neigh::EmbeddedStack> peer_ = *network_->add_stack(host(2));
  neigh::StackScope scope_{stack_};  // the driver's calls in this thread go to `stack_`
  neigh::Interface eth_ = *stack_->find_interface("eth0");
  NET_LUID luid_ = {.Value = eth_.luid().value()};
  TUNNEL_NEXT_HOP hop_ = {};
};

TEST_F(TunnelTest, AsksTheWire) {
  ASSERT_EQ(TunnelOpen(&hop_, luid_, address(2), nullptr), STATUS_SUCCESS);
  EXPECT_TRUE(has_link(hop_, kPeerLink));
  EXPECT_EQ(hop_.Row.State, NlnsReachable);
  EXPECT_EQ(hop_.Row.InterfaceIndex, neigh::to_number(eth_.index));
  EXPECT_EQ(TunnelCheck(&hop_), STATUS_SUCCESS);
}

TEST_F(TunnelTest, ReportsASilentPeerAfterThreeSeconds) {
  const auto before = network_->now();
  EXPECT_EQ(TunnelOpen(&hop_, luid_, address(9), nullptr), STATUS_BAD_NETWORK_NAME);
  EXPECT_EQ(network_->now() - before, 3s);
  EXPECT_EQ(TunnelCheck(&hop_), STATUS_NETWORK_UNREACHABLE);
}

TEST_F(TunnelTest, PinsAndUnpins) {
  ASSERT_EQ(TunnelOpen(&hop_, luid_, address(50), kOtherLink), STATUS_SUCCESS);
  EXPECT_TRUE(hop_.Pinned);
  network_->advance(24h);  // nothing wears it out
  EXPECT_EQ(TunnelCheck(&hop_), STATUS_SUCCESS);
  EXPECT_EQ(hop_.Row.State, NlnsPermanent);
  TunnelClose(&hop_);
  EXPECT_EQ(TunnelCheck(&hop_), STATUS_NETWORK_UNREACHABLE);
}

TEST_F(TunnelTest, LeavesAnAdministratorsEntryAlone) {
  const neigh::Neighbor by_hand{.address = neigh::IpAddress::v4(192, 0, 2, 2),
                                .interface = eth_.index,
                                .link_address = neigh::LinkAddress::ether({2, 0, 0, 0, 0, 2})};
  ASSERT_TRUE(stack_->create(by_hand));
  ASSERT_EQ(TunnelOpen(&hop_, luid_, address(2), kOtherLink), STATUS_SUCCESS);
  EXPECT_FALSE(hop_.Pinned);
  EXPECT_TRUE(has_link(hop_, kPeerLink));
  TunnelClose(&hop_);
  EXPECT_TRUE(stack_->get(by_hand.key()));
}

TEST_F(TunnelTest, NoticesThatThePeerIsGone) {
  ASSERT_EQ(TunnelOpen(&hop_, luid_, address(2), nullptr), STATUS_SUCCESS);
  peer_.reset();  // the host is switched off
  network_->advance(60s);
  // Nobody sends, so nobody finds out: the entry ages, and stays usable (RFC 4861 7.3.3).
  EXPECT_EQ(TunnelCheck(&hop_), STATUS_SUCCESS);
  EXPECT_EQ(hop_.Row.State, NlnsStale);
  // The tunnel sends: 5 s in DELAY, three requests a second apart, and the neighbor has failed (deadlines are kept to
  // the millisecond).
  const std::uint8_t packet[] = {0x45, 0, 0, 20, 0, 0, 0, 0, 64, 4, 0xf6, 0xe2, 192, 0, 2, 1, 192, 0, 2, 2};
  ASSERT_TRUE(stack_->send(packet));
  network_->advance(5s + 1ms);
  EXPECT_EQ(TunnelCheck(&hop_), STATUS_SUCCESS);
  EXPECT_EQ(hop_.Row.State, NlnsProbe);
  network_->advance(3s);
  EXPECT_EQ(TunnelCheck(&hop_), STATUS_NETWORK_UNREACHABLE);
}

TEST_F(TunnelTest, RefusesAnUnknownInterface) {
  const NET_LUID unknown = {
      .Value = neigh::InterfaceLuid(neigh::InterfaceType::kEthernet, static_cast<neigh::InterfaceIndex>(99)).value()};
  EXPECT_EQ(TunnelOpen(&hop_, unknown, address(2), kPeerLink), STATUS_NOT_FOUND);
}

}  // namespace
