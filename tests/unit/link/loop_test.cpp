// SPDX-License-Identifier: Apache-2.0
// The loop in real time; that something happens is tested, never when.
#include "link/loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <new>
#include <thread>
#include <vector>

#include "support/cites.hpp"
#include "unit/link/lan_host.hpp"

namespace neigh::link {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;

/// One end of a datagram socket pair; the test holds the other.
class SocketPort final : public Port {
 public:
  SocketPort() {
    std::array<int, 2> fds{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()), 0);
    mine_.reset(fds[0]);
    other.reset(fds[1]);
    facts_ = {.name = "pair", .link_address = LanHost::ether(1)};
  }
  [[nodiscard]] const PortFacts& facts() const override { return facts_; }
  [[nodiscard]] int fd() const override { return mine_.get(); }
  [[nodiscard]] Result<std::span<const InFrame>> receive(TimePoint /*now*/) override {
    const ssize_t size = ::recv(mine_.get(), buffer_.data(), buffer_.size(), 0);
    if (size < 0) return std::span<const InFrame>{};
    if (size == 0) return Error{.code = Errc::kSystem, .sys_errno = EPIPE, .field = "pair"};
    frame_ = InFrame{.bytes = std::span(buffer_).first(static_cast<std::size_t>(size))};
    ++counters_.rx_frames;
    return std::span<const InFrame>(&frame_, 1);
  }
  Result<std::size_t> send(TimePoint /*now*/, std::span<const OutFrame> frames) override {
    for (const OutFrame& frame : frames) {
      if (::send(mine_.get(), frame.bytes.data(), frame.bytes.size(), MSG_NOSIGNAL) > 0) ++counters_.tx_frames;
    }
    return frames.size();
  }
  [[nodiscard]] Result<void> join(const LinkAddress& /*group*/) override { return {}; }
  [[nodiscard]] Result<void> leave(const LinkAddress& /*group*/) override { return {}; }
  [[nodiscard]] PortCounters counters() override { return counters_; }

  UniqueFd other;

 private:
  UniqueFd mine_;
  PortFacts facts_;
  PortCounters counters_;
  std::array<std::uint8_t, 2'048> buffer_{};
  InFrame frame_;
};

class LoopTest : public ::testing::Test {
 protected:
  LoopTest() : engine(*engine::Engine::make({})), loop(*Loop::make(*engine)) {}
  void add_port() {
    // Nothing that the engine says unasked: an announcement that is due two seconds later comes between when a busy
    // machine lets this program wait that long.
    engine::InterfaceSettings settings;
    settings.announce_new_addresses = false;
    settings.announce_link_changes = false;
    settings.multicast_listener_reports = false;
    settings.max_rtr_solicitations = 0;
    ASSERT_TRUE(loop->add({.index = kEth, .settings = settings}, port));
    const Result<void> added = loop->call([&](engine::Engine& e, engine::Effects& out) {
      return e.add_address(Loop::now(), kEth, {.address = LanHost::v4(1), .prefix_length = 16, .verify = false}, out);
    });
    ASSERT_TRUE(added);
  }
  [[nodiscard]] bool readable() const {
    pollfd item{.fd = loop->fd(), .events = POLLIN, .revents = 0};
    return ::poll(&item, 1, 0) == 1;
  }
  void drain_other() const {
    std::array<std::uint8_t, 2'048> bytes{};
    while (::recv(port.other.get(), bytes.data(), bytes.size(), 0) > 0) {
    }
  }

  std::unique_ptr<engine::Engine> engine;
  SocketPort port;
  std::unique_ptr<Loop> loop;
};

// An ARP request of 10.0.0.2 for 10.0.0.1.
const std::vector<std::uint8_t> kRequest = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0,  2, 8, 6,
                                            0,    1,    8,    0,    6,    4,    0, 1, 2, 0, 0,  0, 0, 2,
                                            10,   0,    0,    2,    0,    0,    0, 0, 0, 0, 10, 0, 0, 1};

TEST_F(LoopTest, TurnsWithoutWaitingWhenNothingIsToBeDone) {
  EXPECT_FALSE(readable());
  EXPECT_TRUE(loop->run_once(Duration{0}));
  EXPECT_TRUE(loop->run_once(milliseconds{1}));
}

TEST_F(LoopTest, ReadsFramesAndSendsTheAnswer) {
  add_port();
  drain_other();
  ASSERT_EQ(::send(port.other.get(), kRequest.data(), kRequest.size(), 0), static_cast<ssize_t>(kRequest.size()));
  EXPECT_TRUE(readable());
  ASSERT_TRUE(loop->run_once());
  std::array<std::uint8_t, 2'048> reply{};
  ASSERT_EQ(::recv(port.other.get(), reply.data(), reply.size(), 0), 42);
  EXPECT_EQ(reply[21], 2) << "an ARP reply";
  EXPECT_EQ(engine->get(Loop::now(), {kEth, LanHost::v4(2)})->link_address, LanHost::ether(2));
}

TEST_F(LoopTest, DeadlinesOfTheEngineAreKept) {
  NEIGH_CITES("NUD-013");
  add_port();
  std::optional<engine::AskAnswered> ended;
  loop->driver().set_handler([&](TimePoint, const engine::Effect& effect, std::span<const std::uint8_t>) {
    if (const auto* answer = std::get_if<engine::AskAnswered>(&effect)) ended = *answer;
  });
  drain_other();
  const TimePoint begin = Loop::now();
  const auto number = loop->call([&](engine::Engine& e, engine::Effects& out) {
    return e.ask(begin, {.key = {kEth, LanHost::v4(9)}, .attempts = 3, .interval = milliseconds{5}}, out);
  });
  ASSERT_TRUE(number) << number.error().message();
  while (!ended) ASSERT_TRUE(loop->run_once());
  EXPECT_TRUE(ended->ended);
  EXPECT_GE(Loop::now() - begin, milliseconds{15}) << "not before its time";
  std::array<std::uint8_t, 2'048> bytes{};
  int requests = 0;
  while (::recv(port.other.get(), bytes.data(), bytes.size(), 0) == 42) ++requests;
  EXPECT_EQ(requests, 3);
}

TEST_F(LoopTest, TheDescriptorTellsAnotherLoopOfDeadlinesAndPosts) {
  add_port();
  ASSERT_TRUE(loop->run_once(Duration{0}));
  ASSERT_TRUE(loop->post([] {}));
  EXPECT_TRUE(readable());
  ASSERT_TRUE(loop->run_once(Duration{0}));
  EXPECT_FALSE(readable());
  ASSERT_TRUE(loop->call([&](engine::Engine& e, engine::Effects& out) {
    return e.ask(Loop::now(), {.key = {kEth, LanHost::v4(9)}, .attempts = 1, .interval = milliseconds{2}}, out);
  }));
  ASSERT_TRUE(loop->run_once(Duration{0}));  // arms the timer
  pollfd item{.fd = loop->fd(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&item, 1, 20'000), 1);
}

TEST_F(LoopTest, PostedTasksRunInTheLoopsThreadInOrder) {
  std::vector<int> order;
  std::thread::id where;
  std::thread other([&] {
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(loop->post([&, i] {
        order.push_back(i);
        where = std::this_thread::get_id();
      }));
    }
    EXPECT_TRUE(loop->post([&] { loop->stop(); }));
  });
  EXPECT_TRUE(loop->run());
  other.join();
  EXPECT_THAT(order, ElementsAre(0, 1, 2));
  EXPECT_EQ(where, std::this_thread::get_id());
}

TEST_F(LoopTest, ManyThreadsPostAndNothingIsLost) {
  constexpr int kThreads = 4;
  constexpr int kEach = 2'000;
  int ran = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        EXPECT_TRUE(loop->post([&] {
          if (++ran == kThreads * kEach) loop->stop();
        }));
      }
    });
  }
  EXPECT_TRUE(loop->run());
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ran, kThreads * kEach);
}

TEST_F(LoopTest, AStopBeforeRunIsNotLostAndTheLoopCanRunAgain) {
  loop->stop();
  EXPECT_TRUE(loop->run());
  bool again = false;
  ASSERT_TRUE(loop->post([&] {
    again = true;
    loop->stop();
  }));
  EXPECT_TRUE(loop->run());
  EXPECT_TRUE(again);
}

TEST_F(LoopTest, ATimedTaskWithoutMemoryIsDoneLater) {
  int tries = 0;
  bool other = false;
  loop->at(Loop::now(), [&] {
    if (++tries < 3) throw std::bad_alloc();
  });
  loop->at(Loop::now(), [&] { other = true; });
  for (int i = 0; i < 2; ++i) EXPECT_THROW((void)loop->run_once(Duration{0}), std::bad_alloc);
  EXPECT_TRUE(other) << "it keeps nobody from his turn";
  ASSERT_TRUE(loop->run_once(Duration{0}));
  ASSERT_TRUE(loop->run_once(Duration{0}));
  EXPECT_EQ(tries, 3);
}

TEST_F(LoopTest, PostsAreBounded) {
  for (std::size_t i = 0; i < Loop::kMaxPosted; ++i) ASSERT_TRUE(loop->post([] {}));
  EXPECT_EQ(loop->post([] {}).error().code, Errc::kTableFull);
  ASSERT_TRUE(loop->run_once(Duration{0}));
  EXPECT_TRUE(loop->post([] {}));
}

TEST_F(LoopTest, APortThatBreaksIsToldOnceAndNotWatchedAnyMore) {
  add_port();
  std::vector<Error> failures;
  loop->driver().set_failure_handler([&](InterfaceIndex, const Error& error) { failures.push_back(error); });
  drain_other();
  port.other.reset();
  ASSERT_TRUE(loop->run_once());
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_EQ(failures[0].sys_errno, EPIPE);
  EXPECT_FALSE(readable());
  EXPECT_FALSE(engine->interfaces().at(0).running);
  ASSERT_TRUE(loop->run_once(Duration{0}));
  EXPECT_EQ(failures.size(), 1U);
  EXPECT_TRUE(loop->remove(kEth));
}

TEST_F(LoopTest, ARemovedPortIsNotReadAnyMore) {
  add_port();
  ASSERT_TRUE(loop->remove(kEth));
  ASSERT_EQ(::send(port.other.get(), kRequest.data(), kRequest.size(), 0), static_cast<ssize_t>(kRequest.size()));
  EXPECT_FALSE(readable());
  ASSERT_TRUE(loop->run_once(Duration{0}));
  EXPECT_EQ(port.counters().rx_frames, 0U);
}

}  // namespace
}  // namespace neigh::link
