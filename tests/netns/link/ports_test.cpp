// SPDX-License-Identifier: Apache-2.0
// TapPort and PacketPort against the kernel, without an engine: what comes in, what goes out, what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "link/packet.hpp"
#include "link/tap.hpp"
#include "netns/link/port_frames.hpp"
#include "support/cites.hpp"
#include "support/netns.hpp"
#include "support/process.hpp"
#include "support/wait.hpp"

namespace neigh::link {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Everything that is there, frames of our EtherType only, tagged or not.
std::vector<Bytes> take(Port& port) {
  std::vector<Bytes> all;
  for (;;) {
    const auto frames = port.receive(TimePoint{});
    EXPECT_TRUE(frames) << frames.error().message();
    if (!frames || frames->empty()) return all;
    for (const InFrame& frame : *frames) {
      if (is_test_frame(frame.bytes)) all.emplace_back(frame.bytes.begin(), frame.bytes.end());
    }
  }
}

class PacketPortTest : public test::TwoHosts {
 protected:
  PacketPortTest() : test::TwoHosts({.v4 = false, .v6 = false}) {
    Result<std::unique_ptr<PacketPort>> opened = PacketPort::open({.device = here().device});
    EXPECT_TRUE(opened) << opened.error().message();
    port = std::move(*opened);
    const auto inside = there().space.enter();
    far = std::make_unique<test::FrameSocket>(there().device);
  }
  std::unique_ptr<PacketPort> port;
  std::unique_ptr<test::FrameSocket> far;
};

TEST_F(PacketPortTest, KnowsItsDevice) {
  EXPECT_EQ(port->facts(), (PortFacts{.name = here().device, .link_address = mac(here().link_address), .mtu = 1500}));
  EXPECT_GE(port->fd(), 0);
  EXPECT_GE(port->event_fd(), 0);
}

TEST_F(PacketPortTest, SendsAndReceivesBatchesInOrder) {
  std::vector<Bytes> sent;
  std::vector<OutFrame> batch;
  for (std::uint8_t i = 0; i < 150; ++i) {
    sent.push_back(test_frame(mac(there().link_address), mac(here().link_address), i));
  }
  for (const Bytes& frame : sent) batch.push_back({.bytes = frame});
  EXPECT_EQ(*port->send(TimePoint{}, batch), 150U);
  for (const Bytes& frame : sent) {
    const auto got = far->receive();
    ASSERT_TRUE(got);
    ASSERT_EQ(*got, as_frame(frame));
    far->send(*got);
  }
  EXPECT_TRUE(readable(port->fd()));
  EXPECT_EQ(take(*port), sent);
  EXPECT_FALSE(readable(port->fd()));
  EXPECT_EQ(port->counters(), (PortCounters{.rx_frames = 150, .rx_bytes = 9'000, .tx_frames = 150, .tx_bytes = 9'000}));
}

TEST_F(PacketPortTest, FramesThatThisMachineSendsAreLeftOut) {
  NEIGH_CITES("PRT-002");
  const Bytes own = test_frame(mac("ff:ff:ff:ff:ff:ff"), mac(here().link_address), 1);
  const OutFrame out{.bytes = own};
  ASSERT_EQ(*port->send(TimePoint{}, {&out, 1}), 1U);
  test::FrameSocket other_program(here().device);
  other_program.send(as_frame(own));
  ASSERT_TRUE(far->receive());
  ASSERT_TRUE(far->receive());
  EXPECT_TRUE(take(*port).empty());
  far->send(as_frame(own));
  EXPECT_THAT(take(*port), ElementsAre(own)) << "the same bytes from the wire count";
}

TEST_F(PacketPortTest, VlanTagsStandInTheFrame) {
  NEIGH_CITES("PRT-003", "ARP-056");
  Bytes tagged = test_frame(mac(here().link_address), mac(there().link_address), 1);
  const Bytes tag = {0x81, 0x00, 0xa0, 0x05};  // priority 5, VLAN 5
  tagged.insert(tagged.begin() + 12, tag.begin(), tag.end());
  far->send(as_frame(tagged));
  EXPECT_THAT(take(*port), ElementsAre(tagged));
}

TEST_F(PacketPortTest, ShortFramesAndFramesOverTheMtuAreSeenAsSuch) {
  NEIGH_CITES("PRT-008", "PRT-010");
  const Bytes tiny = test_frame(mac(here().link_address), mac(there().link_address), 1, 18);
  far->send(as_frame(tiny));
  EXPECT_THAT(take(*port), ElementsAre(tiny));
  test::must_run("ip link set " + here().device + " mtu 1280");
  ASSERT_TRUE(test::wait_until([&] { return *port->refresh(); }));
  EXPECT_EQ(port->facts().mtu, 1280U);
  const Bytes full = test_frame(mac(here().link_address), mac(there().link_address), 2, 1294);
  const OutFrame out{.bytes = full};
  EXPECT_EQ(*port->send(TimePoint{}, {&out, 1}), 1U);
  const Bytes over = test_frame(mac(there().link_address), mac(here().link_address), 3, 1400);
  const OutFrame refused{.bytes = over};
  EXPECT_EQ(*port->send(TimePoint{}, {&refused, 1}), 0U);
  EXPECT_EQ(port->counters().tx_dropped, 1U);
}

TEST_F(PacketPortTest, OneBadFrameDoesNotHoldUpTheOthers) {
  const Bytes good = test_frame(mac(there().link_address), mac(here().link_address), 1);
  const Bytes bad(3);
  const std::vector<OutFrame> batch = {{.bytes = bad}, {.bytes = good}, {.bytes = bad}, {.bytes = good}};
  EXPECT_EQ(*port->send(TimePoint{}, batch), 2U);
  EXPECT_EQ(port->counters().tx_dropped, 2U);
  EXPECT_EQ(port->counters().tx_frames, 2U);
}

TEST_F(PacketPortTest, UnfinishedChecksumsAreToldAndNothingElseIs) {
  NEIGH_CITES("PRT-006");
  {
    const auto inside = there().space.enter();
    test::must_run("ip addr add 192.0.2.2/24 dev " + there().device + " && ip neigh add 192.0.2.1 lladdr " +
                   here().link_address + " dev " + there().device);
    test::must_run(
        "python3 -c \"import socket; s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); "
        "s.sendto(b'x'*100,('192.0.2.1',9))\"");
  }
  bool seen = false;
  ASSERT_TRUE(test::wait_until([&] {
    const auto frames = port->receive(TimePoint{});
    for (const InFrame& frame : frames.value()) {
      if (frame.bytes.size() == 14 + 20 + 8 + 100) {
        seen = true;
        EXPECT_FALSE(frame.checksum_ready) << "veth leaves UDP's checksum to hardware that is not there";
      }
    }
    return seen;
  }));
  const Bytes raw = test_frame(mac(here().link_address), mac(there().link_address), 1);
  far->send(as_frame(raw));
  const auto frames = port->receive(TimePoint{});
  ASSERT_EQ(frames->size(), 1U);
  EXPECT_TRUE((*frames)[0].checksum_ready);
}

TEST_F(PacketPortTest, JoinedGroupsAreTheDevices) {
  NEIGH_CITES("PRT-004");
  const auto groups = [&] { return test::must_run("ip maddr show dev " + here().device).out; };
  ASSERT_TRUE(port->join(mac("33:33:ff:00:00:02")));
  EXPECT_THAT(groups(), HasSubstr("33:33:ff:00:00:02"));
  ASSERT_TRUE(port->leave(mac("33:33:ff:00:00:02")));
  EXPECT_THAT(groups(), ::testing::Not(HasSubstr("33:33:ff:00:00:02")));
  ASSERT_TRUE(port->join(LinkAddress{}));
  EXPECT_THAT(test::must_run("ip -d link show dev " + here().device).out, HasSubstr("allmulti 1"));
  ASSERT_TRUE(port->leave(LinkAddress{}));
  EXPECT_THAT(test::must_run("ip -d link show dev " + here().device).out, HasSubstr("allmulti 0"));
  EXPECT_EQ(port->join(mac("02:00:00:00:00:05")).error().code, Errc::kInvalidArgument);
}

TEST_F(PacketPortTest, FramesThatNobodyTakesAreCounted) {
  NEIGH_CITES("PRT-012");
  Result<std::unique_ptr<PacketPort>> small = PacketPort::open({.device = here().device, .receive_buffer = 65'536});
  ASSERT_TRUE(small);
  constexpr std::uint64_t kSent = 2'000;
  for (std::uint64_t i = 0; i < kSent; ++i) {
    far->send(as_frame(test_frame(mac(here().link_address), mac(there().link_address), 1, 1000)));
  }
  const std::size_t got = take(**small).size();
  ASSERT_LT(got, kSent);
  // The kernel tells with the next frame that has room.
  far->send(as_frame(test_frame(mac(here().link_address), mac(there().link_address), 2)));
  EXPECT_EQ(take(**small).size(), 1U);
  EXPECT_EQ((*small)->counters().rx_lost, kSent - got);
}

TEST_F(PacketPortTest, FollowsCarrierStateAndAddress) {
  NEIGH_CITES("PRT-011");
  EXPECT_FALSE(*port->refresh());
  {
    const auto inside = there().space.enter();
    test::must_run("ip link set " + there().device + " down");
  }
  ASSERT_TRUE(test::wait_until([&] { return readable(port->event_fd()); }));
  ASSERT_TRUE(test::wait_until([&] { return *port->refresh() && !port->facts().running; }));
  EXPECT_TRUE(port->facts().up);
  test::must_run("ip link set " + here().device + " down");
  ASSERT_TRUE(test::wait_until([&] { return *port->refresh() && !port->facts().up; }));
  EXPECT_TRUE(take(*port).empty()) << "a device that went down is no error";
  const Bytes frame = test_frame(mac(there().link_address), mac(here().link_address), 1);
  const OutFrame out{.bytes = frame};
  EXPECT_EQ(*port->send(TimePoint{}, {&out, 1}), 0U);
  test::must_run("ip link set " + here().device + " address 02:00:00:00:00:77 name renamed && ip link set renamed up");
  {
    const auto inside = there().space.enter();
    test::must_run("ip link set " + there().device + " up");
  }
  ASSERT_TRUE(test::wait_until([&] { return port->refresh() && port->facts().up && port->facts().running; }));
  EXPECT_EQ(port->facts().link_address, mac("02:00:00:00:00:77"));
  EXPECT_EQ(port->facts().name, "renamed");
  const auto inside = there().space.enter();
  test::FrameSocket(there().device).send(as_frame(frame));
  EXPECT_TRUE(test::wait_until([&] { return take(*port).size() == 1; })) << "and works again";
}

TEST_F(PacketPortTest, ADeviceThatIsGoneIsAnError) {
  test::must_run("ip link del " + here().device);
  Result<bool> news = true;
  ASSERT_TRUE(test::wait_until([&] {
    news = port->refresh();
    return !news;
  }));
  EXPECT_EQ(news.error().code, Errc::kNoSuchInterface);
  const Bytes frame = test_frame(mac(there().link_address), mac(here().link_address), 1);
  const OutFrame out{.bytes = frame};
  EXPECT_FALSE(port->send(TimePoint{}, {&out, 1}));
}

TEST_F(PacketPortTest, AnotherLinkAddressThanTheDevices) {
  Result<std::unique_ptr<PacketPort>> other =
      PacketPort::open({.device = here().device, .link_address = mac("02:00:00:00:00:42")});
  ASSERT_TRUE(other) << other.error().message();
  EXPECT_EQ((*other)->facts().link_address, mac("02:00:00:00:00:42"));
  far->send(as_frame(test_frame(mac("02:00:00:00:00:42"), mac(there().link_address), 1)));
  EXPECT_EQ(take(**other).size(), 1U);
}

TEST_F(PacketPortTest, RefusesWhatItCannotServe) {
  const auto code = [](const PacketOptions& options) { return PacketPort::open(options).error().code; };
  EXPECT_EQ(code({.device = "none"}), Errc::kNoSuchInterface);
  EXPECT_EQ(code({.device = ""}), Errc::kInvalidArgument);
  EXPECT_EQ(code({.device = "a-name-that-is-too-long"}), Errc::kInvalidArgument);
  EXPECT_EQ(code({.device = "lo"}), Errc::kNotSupported);
  EXPECT_EQ(code({.device = here().device, .link_address = mac("ff:ff:ff:ff:ff:ff")}), Errc::kInvalidArgument);
  EXPECT_EQ(code({.device = here().device, .receive_buffer = 1}), Errc::kInvalidArgument);
  EXPECT_EQ(test::run_unprivileged([&] {
              return PacketPort::open({.device = here().device}).error().code == Errc::kPermissionDenied ? 0 : 1;
            }),
            0);
}

class TapPortTest : public test::FreshNamespace {
 protected:
  static TapOptions options() {
    return {.name = "tap0",
            .link_address = mac("02:00:00:00:00:02"),
            .kernel_link_address = mac("02:00:00:00:00:01"),
            .bring_up = true};
  }
  static std::unique_ptr<TapPort> open(const TapOptions& chosen) {
    Result<std::unique_ptr<TapPort>> opened = TapPort::open(chosen);
    EXPECT_TRUE(opened) << opened.error().message();
    return std::move(*opened);
  }
};

TEST_F(TapPortTest, MakesTheDeviceAndTakesItAway) {
  {
    const auto port = open(options());
    EXPECT_EQ(port->facts(), (PortFacts{.name = "tap0", .link_address = mac("02:00:00:00:00:02"), .mtu = 1500}));
    EXPECT_THAT(test::must_run("ip link show tap0").out, HasSubstr("02:00:00:00:00:01"));
  }
  EXPECT_EQ(test::index_of("tap0"), 0U);
}

TEST_F(TapPortTest, UsesADeviceThatIsThereAndLeavesIt) {
  test::must_run("ip tuntap add dev tap0 mode tap && ip link set tap0 mtu 1400");
  {
    const auto port = open({.name = "tap0", .link_address = mac("02:00:00:00:00:02")});
    EXPECT_EQ(port->facts().mtu, 1400U);
    EXPECT_FALSE(port->facts().running) << "the kernel's end is down";
  }
  EXPECT_NE(test::index_of("tap0"), 0U);
}

TEST_F(TapPortTest, LetsTheKernelNumberTheDevice) {
  TapOptions chosen = options();
  chosen.name = "tap%d";
  const auto first = open(chosen);
  const auto second = open(chosen);
  EXPECT_EQ(first->facts().name, "tap0");
  EXPECT_EQ(second->facts().name, "tap1");
}

TEST_F(TapPortTest, CarriesFramesBothWaysTagsIncluded) {
  NEIGH_CITES("PRT-003", "PRT-008");
  const auto port = open(options());
  test::FrameSocket kernel("tap0");
  Bytes sent = test_frame(mac("02:00:00:00:00:01"), mac("02:00:00:00:00:02"), 9, 42);
  const Bytes tag = {0x81, 0x00, 0x00, 0x05};
  sent.insert(sent.begin() + 12, tag.begin(), tag.end());
  const OutFrame out{.bytes = sent};
  EXPECT_EQ(*port->send(TimePoint{}, {&out, 1}), 1U);
  const auto got = kernel.receive();
  ASSERT_TRUE(got);
  EXPECT_EQ(*got, as_frame(sent));
  (void)take(*port);
  kernel.send(*got);
  EXPECT_TRUE(readable(port->fd()));
  EXPECT_THAT(take(*port), ElementsAre(sent));
}

TEST_F(TapPortTest, FollowsTheKernelsEnd) {
  NEIGH_CITES("PRT-011");
  const auto port = open(options());
  (void)port->refresh();
  test::must_run("ip link set tap0 down");
  ASSERT_TRUE(test::wait_until([&] { return port->refresh() && !port->facts().running; }));
  const Bytes frame = test_frame(mac("02:00:00:00:00:01"), mac("02:00:00:00:00:02"), 1);
  const OutFrame out{.bytes = frame};
  EXPECT_EQ(*port->send(TimePoint{}, {&out, 1}), 0U);
  EXPECT_EQ(port->counters().tx_dropped, 1U);
  test::must_run("ip link set tap0 up");
  ASSERT_TRUE(test::wait_until([&] { return port->refresh() && port->facts().running; }));
  EXPECT_EQ(*port->send(TimePoint{}, {&out, 1}), 1U);
}

TEST_F(TapPortTest, FramesThatNobodyTakesAreCounted) {
  NEIGH_CITES("PRT-012");
  const auto port = open(options());
  test::FrameSocket kernel("tap0");
  (void)take(*port);
  test::must_run("ip link set tap0 txqueuelen 10");
  const std::uint64_t before = port->counters().rx_lost;
  constexpr std::uint64_t kSent = 100;
  for (std::uint64_t i = 0; i < kSent; ++i) {
    kernel.send(as_frame(test_frame(mac("02:00:00:00:00:02"), mac("02:00:00:00:00:01"), 1)));
  }
  const std::size_t got = take(*port).size();
  EXPECT_LT(got, kSent);
  EXPECT_GE(port->counters().rx_lost - before, kSent - got);
}

TEST_F(TapPortTest, ADeviceThatIsGoneIsAnError) {
  const auto port = open(options());
  test::must_run("ip link del tap0");
  Result<std::span<const InFrame>> frames = std::span<const InFrame>{};
  ASSERT_TRUE(test::wait_until([&] {
    frames = port->receive(TimePoint{});
    return !frames;
  }));
  EXPECT_EQ(frames.error().sys_errno, EBADFD);
  EXPECT_FALSE(port->refresh());
}

TEST_F(TapPortTest, RefusesWhatItCannotServe) {
  const auto error = [](const TapOptions& chosen) { return TapPort::open(chosen).error(); };
  TapOptions chosen = options();
  chosen.name = "";
  EXPECT_EQ(error(chosen).field, "name");
  chosen.name = "a-name-that-is-too-long";
  EXPECT_EQ(error(chosen).code, Errc::kInvalidArgument);
  chosen = options();
  chosen.link_address = mac("01:00:5e:00:00:01");
  EXPECT_EQ(error(chosen).field, "link_address");
  chosen = options();
  chosen.kernel_link_address = mac("02:00");
  EXPECT_EQ(error(chosen).field, "kernel_link_address");
  chosen = options();
  const auto holder = open(chosen);
  EXPECT_EQ(error(chosen).code, Errc::kAlreadyExists);
  EXPECT_THAT(error(chosen).detail, HasSubstr("in use"));
  test::must_run("ip tuntap add dev tun7 mode tun");
  chosen.name = "tun7";
  EXPECT_EQ(error(chosen).code, Errc::kAlreadyExists);
  EXPECT_EQ(test::run_unprivileged([] {
              return TapPort::open({.name = "tap9", .link_address = mac("02:00:00:00:00:02")}).error().code ==
                             Errc::kPermissionDenied
                         ? 0
                         : 1;
            }),
            0);
}

}  // namespace
}  // namespace neigh::link
