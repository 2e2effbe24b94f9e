// SPDX-License-Identifier: Apache-2.0
// An engine behind an AF_XDP port beside the kernel's own stack, on one device with one link-layer address. What an
// engine does alone on a device is kernel_peer_test.cpp's, which is part of this program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "netns/link/engine_host.hpp"
#include "support/cites.hpp"

namespace neigh::link {
namespace {

using Kind = engine::AddressChanged::Kind;
using ::testing::HasSubstr;

constexpr const char* kDeviceLink = "02:00:00:00:00:02";

class Beside : public ::testing::TestWithParam<PortKind> {
 protected:
  [[nodiscard]] static EngineHost::Options beside() {
    EngineHost::Options options;
    options.beside_kernel = true;
    return options;
  }
  static void expect_answered(EngineHost& host, const std::string& address) {
    const test::CommandResult result = host.run_beside("ping -c 2 -i 0.1 -W 5 " + address);
    EXPECT_TRUE(result.ok()) << address << "\n" << result;
    const auto entry = test::ip_neigh_find(host.device(), address);
    ASSERT_TRUE(entry) << address;
    EXPECT_EQ(entry->lladdr, kDeviceLink);
  }
};

TEST_P(Beside, EachAnswersForItsOwnAddresses) {
  NEIGH_CITES("PRT-007", "ARP-020", "NAT-001");
  EngineHost host(GetParam(), beside());
  // Nobody has them yet; the engine hears nothing of it.
  const std::uint64_t quiet = host.port().counters().rx_frames;
  EXPECT_EQ(host.run_beside("ping -c 1 -W 1 192.0.2.9").exit_code, 1);
  expect_answered(host, "192.0.2.2");
  expect_answered(host, "2001:db8::2");
  EXPECT_EQ(host.port().counters().rx_frames, quiet) << "the kernel's frames are left to the kernel";
  for (const char* address : {"192.0.2.9", "2001:db8::9"}) host.add_address(ip(address), false);
  test::must_run("ip neigh flush dev " + host.device());
  for (const char* address : {"192.0.2.9", "2001:db8::9", "192.0.2.2", "2001:db8::2"}) expect_answered(host, address);
  EXPECT_GE(host.port().counters().rx_frames, quiet + 6) << "two requests and four echo requests at least";
  // And no longer, once they are gone.
  for (const char* address : {"192.0.2.9", "2001:db8::9"}) {
    ASSERT_TRUE(host.loop().call([&](engine::Engine& e, engine::Effects& out) {
      return e.remove_address(Loop::now(), kEth, ip(address), out);
    }));
  }
  const std::uint64_t after = host.port().counters().rx_frames;
  EXPECT_EQ(host.run_beside("ping -c 1 -W 1 192.0.2.9").exit_code, 1);
  EXPECT_EQ(host.port().counters().rx_frames, after);
}

TEST_P(Beside, TheEngineResolvesFromItsOwnAddresses) {
  NEIGH_CITES("ARP-080", "NDR-002");
  EngineHost host(GetParam(), beside());
  for (const char* address : {"192.0.2.9", "2001:db8::9"}) host.add_address(ip(address), false);
  for (const char* kernel : {"192.0.2.1", "2001:db8::1"}) {
    const auto asked = host.loop().call([&](engine::Engine& e, engine::Effects& out) {
      return e.resolve(Loop::now(), {kEth, ip(kernel)}, {}, out);
    });
    ASSERT_TRUE(asked) << asked.error().message();
    EXPECT_TRUE(host.run_until([&] { return host.was(ip(kernel), NudState::kReachable); })) << kernel;
    EXPECT_EQ(host.link_of(ip(kernel)), "02:00:00:00:00:01");
  }
}

TEST_P(Beside, AnAddressOfThePeerIsFoundToBeADuplicate) {
  NEIGH_CITES("ACD-005", "DAD-008");
  EngineHost host(GetParam(), beside());
  for (const char* address : {"192.0.2.1", "2001:db8::1"}) {
    host.add_address(ip(address), true);
    EXPECT_TRUE(host.run_until([&] { return host.own_state(ip(address)) == Kind::kDuplicate; })) << address;
  }
}

INSTANTIATE_TEST_SUITE_P(Ports, Beside, ::testing::Values(PortKind::kXdpGeneric, PortKind::kXdpNative),
                         [](const auto& test) { return test.param == PortKind::kXdpGeneric ? "Generic" : "Native"; });

}  // namespace
}  // namespace neigh::link
