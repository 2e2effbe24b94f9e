// SPDX-License-Identifier: Apache-2.0
// What holds across forks, and what owns descriptors and time.
#include "support/process.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include "base/deadline.hpp"
#include "base/fork_generation.hpp"
#include "base/fork_safe_mutex.hpp"
#include "base/unique_fd.hpp"

namespace neigh {
namespace {

using namespace std::chrono_literals;

TEST(ForkGeneration, StaysInAProcessAndDiffersInItsChildren) {
  const std::uint64_t mine = fork_generation();
  EXPECT_EQ(fork_generation(), mine);
  EXPECT_NE(mine, 0U);
  const int code = test::run_forked([&] {
    const std::uint64_t childs = fork_generation();
    if (childs == mine || childs == 0) return 1;
    if (fork_generation() != childs) return 2;
    return test::run_forked([&] {
      const std::uint64_t grandchilds = fork_generation();
      return grandchilds != childs && grandchilds != mine && grandchilds != 0 ? 0 : 3;
    });
  });
  EXPECT_EQ(code, 0);
  EXPECT_EQ(fork_generation(), mine);
}

// A child that never asked forks on.
TEST(ForkGeneration, DiffersAlsoWhereTheChildNeverAsked) {
  const std::uint64_t mine = fork_generation();
  EXPECT_EQ(test::run_forked([&] { return test::run_forked([&] { return fork_generation() != mine ? 0 : 1; }); }), 0);
}

TEST(ForkGeneration, AllThreadsOfAChildAgree) {
  const int code = test::run_forked([] {
    std::vector<std::uint64_t> seen(16);
    std::vector<std::thread> threads;
    std::atomic<bool> go{false};
    for (std::uint64_t& one : seen) {
      threads.emplace_back([&go, &one] {
        while (!go) std::this_thread::yield();
        one = fork_generation();
      });
    }
    go = true;
    for (std::thread& thread : threads) thread.join();
    return std::set<std::uint64_t>(seen.begin(), seen.end()).size() == 1 ? 0 : 1;
  });
  EXPECT_EQ(code, 0);
}

TEST(ForkSafeMutex, IsNeverFoundLockedInAChild) {
  struct Tag;
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  (void)fork_safe_mutex<Tag>();
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      while (!stop) const std::scoped_lock lock(fork_safe_mutex<Tag>());
    });
  }
  for (int i = 0; i < 50; ++i) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(fork_safe_mutex<Tag>().try_lock() ? 0 : 1);
    ASSERT_GT(child, 0);
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) != -1; }

TEST(UniqueFd, ClosesOnce) {
  UniqueFd a(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int number = a.get();
  ASSERT_TRUE(a);
  UniqueFd b(std::move(a));
  EXPECT_EQ(b.get(), number);
  EXPECT_TRUE(is_open(number));
  UniqueFd c;
  EXPECT_FALSE(c);
  c = std::move(b);
  EXPECT_TRUE(is_open(number));
  c.reset();
  EXPECT_FALSE(is_open(number));
  EXPECT_EQ(c.release(), -1);
}

TEST(Deadline, RoundsUpAndEnds) {
  EXPECT_TRUE(Deadline(0ms).over());
  EXPECT_EQ(Deadline(-5s).poll_timeout(), 0);
  EXPECT_FALSE(Deadline(1h).over());
  EXPECT_GT(Deadline(1h).poll_timeout(), 3'000'000);
  EXPECT_EQ(Deadline(std::chrono::hours(24 * 365)).poll_timeout(), INT_MAX);
}

}  // namespace
}  // namespace neigh
