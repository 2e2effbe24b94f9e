// SPDX-License-Identifier: Apache-2.0
// XdpPort against the kernel, without an engine: what comes in, what goes out, what is refused, what is left behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <deque>
#include <string>

#include "link/packet.hpp"
#include "link/xdp.hpp"
#include "netns/link/port_frames.hpp"
#include "support/cites.hpp"
#include "support/netns.hpp"
#include "support/process.hpp"
#include "support/wait.hpp"

namespace neigh::link {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// One batch, frames of our EtherType only.
std::vector<Bytes> take_batch(Port& port) {
  std::vector<Bytes> all;
  const auto frames = port.receive(TimePoint{});
  EXPECT_TRUE(frames) << frames.error().message();
  if (!frames) return all;
  for (const InFrame& frame : *frames) {
    if (is_test_frame(frame.bytes)) all.emplace_back(frame.bytes.begin(), frame.bytes.end());
  }
  return all;
}

/// As many as are wanted, or those that came before patience ended. The port has its memory back then.
std::vector<Bytes> take(Port& port, std::size_t wanted) {
  std::vector<Bytes> all;
  (void)test::wait_until([&] {
    for (Bytes& frame : take_batch(port)) all.push_back(std::move(frame));
    return all.size() >= wanted;
  });
  for (Bytes& frame : take_batch(port)) all.push_back(std::move(frame));
  return all;
}

std::string describe(const std::string& device) { return test::must_run("ip -d link show dev " + device).out; }

class XdpPortTest : public test::TwoHosts, public ::testing::WithParamInterface<XdpAttach> {
 protected:
  XdpPortTest() : test::TwoHosts({.v4 = false, .v6 = false}) {
    const auto inside = there().space.enter();
    far = std::make_unique<test::FrameSocket>(there().device);
  }
  [[nodiscard]] XdpOptions options() const {
    return {.device = here().device, .take = XdpTake::kAll, .attach = GetParam(), .frames = 64};
  }
  [[nodiscard]] static std::unique_ptr<XdpPort> open(const XdpOptions& chosen) {
    Result<std::unique_ptr<XdpPort>> opened = XdpPort::open(chosen);
    if (!opened) throw std::runtime_error(opened.error().message());
    return std::move(*opened);
  }
  [[nodiscard]] Bytes inward(std::uint32_t number, std::size_t size = 60) const {
    return test_frame(mac(here().link_address), mac(there().link_address), number, size);
  }
  [[nodiscard]] Bytes outward(std::uint32_t number, std::size_t size = 60) const {
    return test_frame(mac(there().link_address), mac(here().link_address), number, size);
  }
  std::unique_ptr<test::FrameSocket> far;
};

TEST_P(XdpPortTest, KnowsItsDeviceAndWhatItObtained) {
  const auto port = open(options());
  EXPECT_EQ(port->facts(), (PortFacts{.name = here().device, .link_address = mac(here().link_address), .mtu = 1500}));
  EXPECT_GE(port->fd(), 0);
  EXPECT_GE(port->event_fd(), 0);
  EXPECT_EQ(port->obtained(), (XdpObtained{.native = GetParam() == XdpAttach::kNative, .zero_copy = false}))
      << "veth copies";
  EXPECT_EQ(port->facts().name, here().device);
  EXPECT_THAT(describe(here().device), HasSubstr(GetParam() == XdpAttach::kNative ? "xdp" : "xdpgeneric"));
}

TEST_P(XdpPortTest, EveryFrameOfTheMemoryIsUsedAgainAndAgain) {
  const auto port = open(options());
  constexpr std::uint32_t kRounds = 60;
  constexpr std::uint32_t kAtOnce = 48;  // of 64
  for (std::uint32_t round = 0; round < kRounds; ++round) {
    std::vector<Bytes> sent;
    std::vector<OutFrame> batch;
    for (std::uint32_t i = 0; i < kAtOnce; ++i) sent.push_back(outward(round * kAtOnce + i));
    for (const Bytes& frame : sent) batch.push_back({.bytes = frame});
    ASSERT_EQ(*port->send(TimePoint{}, batch), kAtOnce) << "round " << round;
    for (const Bytes& frame : sent) {
      const auto got = far->receive();
      ASSERT_TRUE(got);
      ASSERT_EQ(*got, as_frame(frame)) << "round " << round;
      far->send(*got);
    }
    ASSERT_EQ(take(*port, kAtOnce), sent) << "round " << round;
  }
  constexpr std::uint64_t kAll = std::uint64_t{kRounds} * kAtOnce;
  EXPECT_EQ(port->counters(),
            (PortCounters{.rx_frames = kAll, .rx_bytes = 60 * kAll, .tx_frames = kAll, .tx_bytes = 60 * kAll}));
  EXPECT_FALSE(readable(port->fd()));
}

TEST_P(XdpPortTest, MoreThanTheMemoryHoldsIsSentInOneCall) {
  const auto port = open(options());
  std::vector<Bytes> sent;
  std::vector<OutFrame> batch;
  for (std::uint32_t i = 0; i < 200; ++i) sent.push_back(outward(i));
  for (const Bytes& frame : sent) batch.push_back({.bytes = frame});
  EXPECT_EQ(*port->send(TimePoint{}, batch), 200U);
  for (const Bytes& frame : sent) {
    const auto got = far->receive();
    ASSERT_TRUE(got);
    ASSERT_EQ(*got, as_frame(frame));
  }
}

TEST_P(XdpPortTest, ABatchStaysWhatItIsWhileMoreComes) {
  const auto port = open(options());
  for (std::uint32_t i = 0; i < 8; ++i) far->send(as_frame(inward(i)));
  ASSERT_TRUE(test::wait_until([&] { return readable(port->fd()); }));
  Result<std::span<const InFrame>> batch = std::span<const InFrame>{};
  ASSERT_TRUE(test::wait_until([&] {
    batch = port->receive(TimePoint{});
    return !batch->empty();
  }));
  const std::vector<Bytes> before = [&] {
    std::vector<Bytes> copies;
    for (const InFrame& frame : *batch) copies.emplace_back(frame.bytes.begin(), frame.bytes.end());
    return copies;
  }();
  for (std::uint32_t i = 0; i < 500; ++i) far->send(as_frame(inward(1'000 + i)));
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(Bytes((*batch)[i].bytes.begin(), (*batch)[i].bytes.end()), before[i]);
  }
}

TEST_P(XdpPortTest, FramesThatThisMachineSendsAreLeftOut) {
  NEIGH_CITES("PRT-002");
  const auto port = open(options());
  test::FrameSocket other_program(here().device);
  other_program.send(as_frame(outward(1)));
  ASSERT_TRUE(far->receive());
  far->send(as_frame(inward(2)));
  EXPECT_THAT(take(*port, 1), ElementsAre(inward(2)));
}

TEST_P(XdpPortTest, FramesThatNobodyTakesAreCounted) {
  NEIGH_CITES("PRT-012");
  const auto port = open(options());
  constexpr std::uint64_t kSent = 300;
  for (std::uint32_t i = 0; i < kSent; ++i) far->send(as_frame(inward(i)));
  ASSERT_TRUE(test::wait_until([&] { return port->counters().rx_lost >= kSent - 64; }));
  EXPECT_EQ(port->counters().rx_lost, kSent - 64);
  EXPECT_EQ(take(*port, 64).size(), 64U);
  far->send(as_frame(inward(1'000)));
  EXPECT_THAT(take(*port, 1), ElementsAre(inward(1'000))) << "and all is well again";
}

TEST_P(XdpPortTest, ShortFramesAndFramesOverTheMtu) {
  NEIGH_CITES("PRT-008", "PRT-010");
  const auto port = open(options());
  far->send(as_frame(inward(1, 18)));
  EXPECT_THAT(take(*port, 1), ElementsAre(inward(1, 18)));
  far->send(as_frame(inward(2, 1'514)));
  EXPECT_THAT(take(*port, 1), ElementsAre(inward(2, 1'514)));
  const Bytes good = outward(3, 1'514);
  const Bytes over = outward(4, 1'515);
  const Bytes tiny(13);
  const std::vector<OutFrame> batch = {{.bytes = over}, {.bytes = good}, {.bytes = tiny}, {.bytes = good}};
  EXPECT_EQ(*port->send(TimePoint{}, batch), 2U) << "a bad frame does not hold up the others";
  EXPECT_EQ(port->counters().tx_dropped, 2U);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(*far->receive(), as_frame(good));
}

TEST_P(XdpPortTest, JoinedGroupsAreTheDevices) {
  NEIGH_CITES("PRT-004");
  const auto port = open(options());
  const auto groups = [&] { return test::must_run("ip maddr show dev " + here().device).out; };
  ASSERT_TRUE(port->join(mac("33:33:ff:00:00:02")));
  EXPECT_THAT(groups(), HasSubstr("33:33:ff:00:00:02"));
  ASSERT_TRUE(port->leave(mac("33:33:ff:00:00:02")));
  EXPECT_THAT(groups(), Not(HasSubstr("33:33:ff:00:00:02")));
  ASSERT_TRUE(port->join(LinkAddress{}));
  EXPECT_THAT(describe(here().device), HasSubstr("allmulti 1"));
  ASSERT_TRUE(port->leave(LinkAddress{}));
  EXPECT_EQ(port->join(mac("02:00:00:00:00:05")).error().code, Errc::kInvalidArgument);
}

TEST_P(XdpPortTest, FollowsCarrierStateAndAddress) {
  NEIGH_CITES("PRT-011");
  const auto port = open(options());
  (void)port->refresh();
  test::must_run("ip link set " + here().device + " down");
  ASSERT_TRUE(test::wait_until([&] { return *port->refresh() && !port->facts().up; }));
  const Bytes frame = outward(1);
  const OutFrame out{.bytes = frame};
  EXPECT_EQ(*port->send(TimePoint{}, {&out, 1}), 0U);
  EXPECT_EQ(port->counters().tx_dropped, 1U);
  test::must_run("ip link set " + here().device + " address 02:00:00:00:00:77 && ip link set " + here().device + " up");
  ASSERT_TRUE(test::wait_until([&] { return port->refresh() && port->facts().up && port->facts().running; }));
  EXPECT_EQ(port->facts().link_address, mac("02:00:00:00:00:77"));
  // The far device drops what it is given until it has noticed that its carrier is back.
  EXPECT_TRUE(test::wait_until([&] {
    far->send(as_frame(inward(2)));
    return !take_batch(*port).empty();
  })) << "and works again";
  EXPECT_EQ(*port->send(TimePoint{}, {&out, 1}), 1U);
  EXPECT_EQ(*far->receive(), as_frame(frame));
}

TEST_P(XdpPortTest, ADeviceThatIsGoneIsAnError) {
  const auto port = open(options());
  test::must_run("ip link del " + here().device);
  Result<bool> news = true;
  ASSERT_TRUE(test::wait_until([&] {
    news = port->refresh();
    return !news;
  }));
  EXPECT_EQ(news.error().code, Errc::kNoSuchInterface);
  const Bytes frame = outward(1);
  const OutFrame out{.bytes = frame};
  EXPECT_FALSE(port->send(TimePoint{}, {&out, 1}));
}

TEST_P(XdpPortTest, ClosingDetachesAndASecondOpens) {
  for (int i = 0; i < 5; ++i) {
    const auto port = open(options());
    far->send(as_frame(inward(7)));
    EXPECT_THAT(take(*port, 1), ElementsAre(inward(7)));
    const Result<std::unique_ptr<XdpPort>> second = XdpPort::open(options());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::kAlreadyExists) << second.error().message();
    EXPECT_THAT(second.error().detail, HasSubstr("another XDP program"));
  }
  EXPECT_THAT(describe(here().device), Not(HasSubstr("xdp")));
  // The kernel has its frames again.
  test::FrameSocket kernel(here().device);
  far->send(as_frame(inward(8)));
  EXPECT_EQ(*kernel.receive(), as_frame(inward(8)));
}

TEST_P(XdpPortTest, AKilledProcessLeavesNothing) {
  int ready[2] = {};
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const Result<std::unique_ptr<XdpPort>> port = XdpPort::open(options());
    const char answer = port ? 'y' : 'n';
    (void)!::write(ready[1], &answer, 1);
    for (;;) ::pause();
  }
  char answer = 0;
  EXPECT_EQ(::read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  EXPECT_THAT(describe(here().device), HasSubstr("xdp"));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
  EXPECT_THAT(describe(here().device), Not(HasSubstr("xdp")));
  EXPECT_NE(open(options()), nullptr);
}

TEST_P(XdpPortTest, RefusesWhatItCannotServe) {
  const auto error = [&](auto change) {
    XdpOptions chosen = options();
    change(chosen);
    const auto opened = XdpPort::open(chosen);
    return opened ? Error{.field = "opened"} : opened.error();
  };
  EXPECT_EQ(error([](XdpOptions& o) { o.device = "none"; }).code, Errc::kNoSuchInterface);
  EXPECT_EQ(error([](XdpOptions& o) { o.device = ""; }).code, Errc::kInvalidArgument);
  EXPECT_EQ(error([](XdpOptions& o) { o.device = "lo"; }).code, Errc::kNotSupported);
  EXPECT_EQ(error([](XdpOptions& o) { o.link_address = mac("ff:ff:ff:ff:ff:ff"); }).field, "link_address");
  EXPECT_EQ(error([](XdpOptions& o) { o.frames = 100; }).field, "frames");
  EXPECT_EQ(error([](XdpOptions& o) { o.frames = 32; }).field, "frames");
  EXPECT_EQ(error([](XdpOptions& o) { o.frames = 65'536; }).field, "frames");
  EXPECT_EQ(error([](XdpOptions& o) { o.vlan = 4'095; }).field, "vlan");
  const Error queue = error([](XdpOptions& o) { o.queue = 7; });
  EXPECT_EQ(queue.code, Errc::kInvalidArgument) << queue.message();
  EXPECT_EQ(queue.field, "queue");
  EXPECT_THAT(queue.detail, HasSubstr("no queue 7"));
  const Error copy = error([](XdpOptions& o) { o.copy = XdpCopy::kZeroCopy; });
  EXPECT_EQ(copy.code, GetParam() == XdpAttach::kNative ? Errc::kNotSupported : Errc::kInvalidArgument)
      << copy.message();
  EXPECT_EQ(
      test::run_unprivileged([&] { return XdpPort::open(options()).error().code == Errc::kPermissionDenied ? 0 : 1; }),
      0);
  test::must_run("ip link set " + here().device + " mtu 9000");
  EXPECT_EQ(error([](XdpOptions&) {}).code, Errc::kNotSupported);
  EXPECT_THAT(describe(here().device), Not(HasSubstr("xdp"))) << "what failed half way is undone";
}

TEST_P(XdpPortTest, LargerFramesWithALargerMtu) {
  {
    const auto inside = there().space.enter();
    test::must_run("ip link set " + there().device + " mtu 3400");
  }
  test::must_run("ip link set " + here().device + " mtu 3400");
  const auto port = open(options());
  far->send(as_frame(inward(1, 3'414)));
  EXPECT_THAT(take(*port, 1), ElementsAre(inward(1, 3'414)));
  const Bytes frame = outward(2, 3'414);
  const OutFrame out{.bytes = frame};
  EXPECT_EQ(*port->send(TimePoint{}, {&out, 1}), 1U);
  EXPECT_EQ(*far->receive(), as_frame(frame));
}

INSTANTIATE_TEST_SUITE_P(Programs, XdpPortTest, ::testing::Values(XdpAttach::kGeneric, XdpAttach::kNative),
                         [](const auto& test) { return test.param == XdpAttach::kGeneric ? "Generic" : "Native"; });

}  // namespace
}  // namespace neigh::link
