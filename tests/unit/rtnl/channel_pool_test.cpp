// SPDX-License-Identifier: Apache-2.0
// Channels on loan: one thread each, none shared, none kept that is broken, closed behind our back or the parent's.
#include "rtnl/channel_pool.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <barrier>
#include <set>
#include <thread>
#include <vector>

#include "rtnl/kernel_table.hpp"
#include "support/process.hpp"
#include "support/sanitizers.hpp"
#include "unit/rtnl/scripted_kernel.hpp"

namespace neigh::rtnl {
namespace {

using test::Answers;
using test::KernelModel;
using test::open_descriptors;
using test::ScriptedKernel;
using Requests = std::vector<test::Request>;

const Neighbor kEntry{.address = IpAddress::v4(192, 0, 2, 1),
                      .interface = InterfaceIndex{KernelModel::kEthernet},
                      .link_address = LinkAddress::ether({2, 0, 0, 0, 0, 1})};

TEST(NamespaceId, IsTheSameHoweverItIsAskedFor) {
  const UniqueFd fd = open_namespace_of_thread();
  const auto by_descriptor = NamespaceId::of_descriptor(fd.get());
  ASSERT_TRUE(by_descriptor);
  for (int i = 0; i < 3; ++i) {  // the first look is another than the later ones
    EXPECT_EQ(NamespaceId::of_thread(), by_descriptor);
    EXPECT_EQ(NamespaceId::of_process(), by_descriptor);
  }
}

TEST(ChannelPool, OneCallerAfterAnotherUsesOneChannel) {
  ScriptedKernel kernel;
  const auto pool = kernel.pool();
  std::set<int> descriptors;
  for (int i = 0; i < 100; ++i) {
    const auto lease = pool->take();
    ASSERT_TRUE(lease);
    descriptors.insert((*lease)->socket().fd());
  }
  EXPECT_EQ(descriptors.size(), 1U);
  EXPECT_EQ(kernel.opened(), 1U);
}

TEST(ChannelPool, ManyCallersAtOnceHaveAChannelEachAndSixteenAreKept) {
  constexpr std::size_t kCallers = 40;
  const std::size_t before = open_descriptors();
  {
    ScriptedKernel kernel;
    auto pool = kernel.pool();
    const std::size_t base = open_descriptors();
    std::set<int> descriptors;
    {
      std::vector<ChannelPool::Lease> leases;
      for (std::size_t i = 0; i < kCallers; ++i) {
        auto lease = pool->take();
        ASSERT_TRUE(lease);
        descriptors.insert((*lease)->socket().fd());
        leases.push_back(std::move(*lease));
      }
      EXPECT_EQ(descriptors.size(), kCallers);
    }
    // A kept channel has two descriptors here, its own and the scripted kernel's; the others' threads end in time.
    std::vector<ChannelPool::Lease> again;
    for (std::size_t i = 0; i < ChannelPool::kSlots; ++i) again.push_back(*pool->take());
    EXPECT_EQ(kernel.opened(), kCallers);
    again.clear();
    pool.reset();
    kernel.join();
    // The pool kept its namespace open, too.
    EXPECT_EQ(open_descriptors(), base - 1);
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(ChannelPool, ThreadsNeverShareAChannel) {
  constexpr int kThreads = 24;
  ScriptedKernel kernel;
  kernel.with_model([](KernelModel& model) { model.table()[kEntry.key()] = kEntry; });
  const auto pool = kernel.pool();
  std::array<std::atomic<int>, 4096> users{};
  std::atomic<int> shared{0};
  std::atomic<int> failed{0};
  std::barrier start(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      start.arrive_and_wait();
      for (int i = 0; i < 200; ++i) {
        auto lease = pool->take();
        if (!lease) {
          ++failed;
          continue;
        }
        auto& mine = users[static_cast<std::size_t>((*lease)->socket().fd())];
        if (mine++ != 0) ++shared;
        if (!get_neighbor(**lease, kEntry.key())) ++failed;
        --mine;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(shared, 0);
  EXPECT_EQ(failed, 0);
}

TEST(ChannelPool, BrokenChannelsAreThrownAwayUnderLoad) {
  constexpr int kThreads = 16;
  ScriptedKernel kernel;
  kernel.with_model([](KernelModel& model) { model.table()[kEntry.key()] = kEntry; });
  auto pool = std::make_shared<ChannelPool>(NamespaceBinding::kOpener, [&]() -> Result<Channel> {
    // Each channel answers three times and then closes.
    return kernel.open(
        [](std::size_t count, const Requests&, const Answers& answers) { return count < 3 ? answers : Answers{{}}; });
  });
  std::atomic<int> good{0};
  std::atomic<int> closed{0};
  std::atomic<int> other{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      KernelTable table(pool);
      for (int i = 0; i < 40; ++i) {
        const auto got = table.get(kEntry.key());
        ++(got ? good : got.error().code == Errc::kSystem ? closed : other);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(other, 0);
  EXPECT_GE(good, closed * 3) << "each error costs one channel, and each channel had three answers";
  EXPECT_GT(closed, 0);
}

TEST(ChannelPool, WhatCannotBeOpenedIsAnErrorAndTriedAgain) {
  ScriptedKernel kernel;
  kernel.with_model([](KernelModel& model) { model.table()[kEntry.key()] = kEntry; });
  bool refuse = true;
  KernelTable table(std::make_shared<ChannelPool>(NamespaceBinding::kOpener, [&]() -> Result<Channel> {
    if (refuse) return Error{.code = Errc::kSystem, .sys_errno = EMFILE, .detail = "socket(AF_NETLINK)"};
    return kernel.open();
  }));
  const auto refused = table.get(kEntry.key());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().sys_errno, EMFILE);
  EXPECT_FALSE(table.list());
  EXPECT_FALSE(table.apply(Operation::kCreate, {}, OnError::kContinue));
  for (const auto& one : table.resolve_all(std::vector(3, kEntry.key()), {})) EXPECT_EQ(one.error().sys_errno, EMFILE);
  refuse = false;
  EXPECT_TRUE(table.get(kEntry.key()));
}

// --- somebody else closes our descriptors ---

TEST(ChannelPool, ADescriptorThatSomebodyClosedIsNotUsed) {
  ScriptedKernel kernel;
  kernel.with_model([](KernelModel& model) { model.table()[kEntry.key()] = kEntry; });
  const auto pool = kernel.pool();
  KernelTable table(pool);
  ASSERT_TRUE(table.get(kEntry.key()));
  const int fd = (*pool->take())->socket().fd();
  ASSERT_EQ(::close(fd), 0);
  const auto after = table.get(kEntry.key());
  EXPECT_TRUE(after) << after.error().message();
  EXPECT_EQ(kernel.opened(), 2U);
}

// The worst case: the number belongs to a connection of the program's now, over which our request would go.
TEST(ChannelPool, ADescriptorThatBelongsToSomebodyElseIsNeitherUsedNorClosed) {
  ScriptedKernel kernel;
  kernel.with_model([](KernelModel& model) { model.table()[kEntry.key()] = kEntry; });
  auto pool = kernel.pool();
  {
    KernelTable table(pool);
    const int fd = (*pool->take())->socket().fd();
    std::array<int, 2> theirs{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, theirs.data()), 0);
    const UniqueFd peer(theirs[1]);
    ASSERT_EQ(::dup2(theirs[0], fd), fd);
    ASSERT_EQ(::close(theirs[0]), 0);
    const UniqueFd taken_number(fd);
    EXPECT_TRUE(table.get(kEntry.key()));
    char byte = 0;
    EXPECT_EQ(::recv(peer.get(), &byte, 1, 0), -1) << "nothing was sent to it";
    EXPECT_EQ(errno, EAGAIN) << "and it is open";
  }
  // The same when the table goes while the number is somebody else's.
  const int fd = (*pool->take())->socket().fd();
  const UniqueFd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(::dup2(file.get(), fd), fd);
  pool.reset();
  EXPECT_NE(::fcntl(fd, F_GETFD), -1) << "still open";
  ::close(fd);
}

// --- forks ---

class ForkedPool : public ::testing::Test {
 protected:
  // The kernel's threads and locks belong to the parent; a child gets sockets that nobody answers on.
  Result<Channel> open() {
    if (::getpid() == parent_) return kernel_.open();
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
      return Error{.code = Errc::kSystem, .sys_errno = errno};
    }
    const UniqueFd other_end(ends[1]);
    return Channel(Socket::adopt(UniqueFd(ends[0])), std::chrono::milliseconds(1));
  }

  const pid_t parent_ = ::getpid();
  ScriptedKernel kernel_;
  std::shared_ptr<ChannelPool> pool_ =
      std::make_shared<ChannelPool>(NamespaceBinding::kOpener, [this] { return open(); });
  KernelTable table_{pool_};

  void SetUp() override {
    kernel_.with_model([](KernelModel& model) { model.table()[kEntry.key()] = kEntry; });
    ASSERT_TRUE(table_.get(kEntry.key()));
  }
};

TEST_F(ForkedPool, TheChildClosesWhatItInherited) {
  const int fd = (*pool_->take())->socket().fd();
  const std::uint64_t cookie = socket_cookie(fd);
  const int code = neigh::test::run_forked([&] {
    // A channel of its own, on whatever number.
    const auto lease = pool_->take();
    if (!lease) return 1;
    if (socket_cookie(fd) == cookie) return 2;
    return (*lease)->socket().cookie() == cookie ? 3 : 0;
  });
  EXPECT_EQ(code, 0);
  EXPECT_EQ(socket_cookie(fd), cookie) << "the parent's is untouched";
  EXPECT_TRUE(table_.get(kEntry.key()));
}

TEST_F(ForkedPool, AGrandchildCountsAsAnotherProcess) {
  const int code = neigh::test::run_forked([&] {
    const auto mine = pool_->take();
    if (!mine) return 1;
    const std::uint64_t cookie = (*mine)->socket().cookie();
    return neigh::test::run_forked([&] {
      const auto lease = pool_->take();
      return lease && (*lease)->socket().cookie() != cookie ? 0 : 2;
    });
  });
  EXPECT_EQ(code, 0);
}

// A handler that forks: the child must not take the parent's answers out of the shared socket.
TEST_F(ForkedPool, AChildThatIsBornInAVisitorLeavesTheParentItsAnswers) {
  kernel_.with_model([](KernelModel& model) {
    for (std::uint8_t i = 1; i <= 100; ++i) {
      Neighbor one = kEntry;
      one.address = IpAddress::v4(192, 0, 2, i);
      model.table()[one.key()] = one;
    }
  });
  std::size_t seen = 0;
  pid_t child = -1;
  const auto done = table_.visit({}, [&](const Neighbor&) {
    if (++seen == 1) child = ::fork();
  });
  if (child == 0) {
    const bool refused = !done && done.error().code == Errc::kSystem && seen < 100;
    ::_exit(refused ? 0 : 1);
  }
  ASSERT_GT(child, 0);
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0) << "the child's dump ends with an error";
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(seen, 100U);
}

TEST_F(ForkedPool, AChildThatUsesTheTableInAVisitorDoesNoHarm) {
  pid_t child = -1;
  bool opened = false;
  const auto done = table_.visit({}, [&](const Neighbor&) {
    child = ::fork();
    // Empties the pool while the loan of the dump under way runs on.
    if (child == 0) opened = pool_->take().has_value();
  });
  if (child == 0) {
    const bool usable = pool_->take().has_value();
    ::_exit(!done && opened && usable ? 0 : 1);
  }
  ASSERT_GT(child, 0);
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(done);
}

TEST_F(ForkedPool, ForksWhileOtherThreadsAreInCalls) {
  NEIGH_SKIP_FORK_AMID_THREADS_UNDER_ASAN();
  std::atomic<bool> stop{false};
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      while (!stop) {
        if (!table_.get(kEntry.key())) ++failed;
      }
    });
  }
  for (int i = 0; i < 30; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(60);
      // Twenty loans at once: no slot may be stuck in the state that another thread of the parent left it in.
      std::vector<ChannelPool::Lease> leases;
      for (int n = 0; n < 20; ++n) {
        auto lease = pool_->take();
        if (!lease || (*lease)->broken() || !(*lease)->socket().intact()) ::_exit(1);
        leases.push_back(std::move(*lease));
      }
      ::_exit(0);
    }
    ASSERT_GT(child, 0);
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
}

}  // namespace
}  // namespace neigh::rtnl
