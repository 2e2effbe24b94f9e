// SPDX-License-Identifier: Apache-2.0
// Eight threads do everything at once on one table, in both homes, with seeded choices; then descriptors, memory and
// the table's content are what they were. NEIGH_SOAK_SECONDS (make soak): for so long, instead of a fixed number of
// calls.
#include <gtest/gtest.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <random>
#include <set>
#include <thread>

#include "neigh/embedded.hpp"
#include "neigh/kernel.hpp"
#include "robustness/c_calls.hpp"
#include "robustness/embedded_pair.hpp"
#include "support/cites.hpp"
#include "support/netns.hpp"
#include "support/process.hpp"
#include "support/sanitizers.hpp"
#include "support/wait.hpp"

namespace neigh::test {
namespace {

using namespace std::chrono_literals;

constexpr unsigned kThreads = 8;
constexpr unsigned kAddresses = 40;

std::uint32_t number_from(const char* name, std::uint32_t standard) {
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return text == nullptr ? standard : static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10));
}

/// Resident memory in KiB, after giving back what is free.
std::size_t resident_kib() {
  ::malloc_trim(0);
  std::size_t size = 0;
  std::size_t resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) / 1024;
}

/// What a call that races with others may answer.
bool allowed(Errc code) {
  return code == Errc::kNotFound || code == Errc::kAlreadyExists || code == Errc::kUnreachable ||
         code == Errc::kTimedOut || code == Errc::kTableFull;
}

struct Stage {
  NeighborTable& table;
  InterfaceIndex index;
  IpAddress peer;                       ///< Answers.
  std::function<void()> enter = [] {};  ///< What each thread does first.
};

class Worker {
 public:
  Worker(Stage& stage, unsigned number) : stage_(stage), random_(1'000 + number) {}

  void run(const std::function<bool(std::uint64_t)>& go_on) {
    auto watch = stage_.table.watch({.interface = stage_.index});
    if (!watch) return fail("watch", watch.error());
    for (; go_on(calls); ++calls) step(**watch);
  }

  std::uint64_t calls = 0;

 private:
  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }
  void fail(const char* what, const Error& error) { ADD_FAILURE() << what << ": " << error.message(); }
  template <class T>
  void judge(const char* what, const Result<T>& result) {
    if (!result && !allowed(result.error().code)) fail(what, result.error());
  }
  Neighbor entry() {
    return {.address = IpAddress::v4(192, 0, 2, static_cast<std::uint8_t>(100 + below(kAddresses))),
            .interface = stage_.index,
            .link_address = LinkAddress::ether({2, 0, 0, 0, 1, static_cast<std::uint8_t>(below(250))})};
  }

  void step(Watch& watch) {
    NeighborTable& table = stage_.table;
    const Neighbor one = entry();
    switch (below(12)) {
      case 0:
        return judge("create", table.create(one));
      case 1:
        return judge("set", table.set(one));
      case 2:
        return judge("replace", table.replace(one));
      case 3:
        return judge("remove", table.remove(one.key()));
      case 4: {
        const auto got = table.get(one.key());
        judge("get", got);
        EXPECT_TRUE(!got || got->key() == one.key());
        return;
      }
      case 5: {
        const auto rows = table.list({.interface = stage_.index});
        judge("list", rows);
        return;
      }
      case 6:
      case 7: {
        const auto told = watch.process([](const WatchEvent&) {});
        return judge("process", told);
      }
      case 8: {
        const std::vector<Neighbor> many = {entry(), entry(), entry(), entry()};
        const auto report = table.apply(below(2) == 0 ? Operation::kReplace : Operation::kRemove, many,
                                        below(4) == 0 ? OnError::kRollBack : OnError::kContinue);
        judge("apply", report);
        if (!report) return;
        for (const auto& failure : report->failures)
          EXPECT_TRUE(allowed(failure.error.code)) << failure.error.message();
        return;
      }
      case 9: {
        const auto resolved = table.resolve({stage_.index, stage_.peer});
        judge("resolve", resolved);
        EXPECT_TRUE(!resolved || resolved->link_address.size() == 6U);
        return;
      }
      case 10:
        return judge("find_interface", table.find_interface(stage_.index));
      default:
        return judge("limits", table.limits());
    }
  }

  Stage& stage_;
  std::mt19937 random_;
};

/// @param seconds  0: `each` calls for every thread.
/// @return Calls made.
std::uint64_t all_at_once(Stage stage, std::uint32_t each, std::uint32_t seconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  const bool soak = seconds > 0;
  std::atomic<std::uint64_t> calls{0};
  std::vector<std::thread> threads;
  for (unsigned number = 0; number < kThreads; ++number) {
    threads.emplace_back([&, number] {
      stage.enter();
      Worker worker(stage, number);
      worker.run([&](std::uint64_t done) {
        if (::testing::Test::HasFailure()) return false;
        return soak ? std::chrono::steady_clock::now() < end : done < each;
      });
      calls += worker.calls;
    });
  }
  for (std::thread& thread : threads) thread.join();
  return calls;
}

/// After the storm a watch and a list agree, and what is written is read.
void expect_order(NeighborTable& table, InterfaceIndex index) {
  auto watch = table.watch({.interface = index});
  ASSERT_TRUE(watch);
  EXPECT_TRUE(wait_until([&] {
    if (!(*watch)->process([](const WatchEvent&) {})) return false;
    std::set<IpAddress> mirrored;
    (*watch)->visit_mirror([&](const Neighbor& n) { mirrored.insert(n.address); });
    std::set<IpAddress> listed;
    for (const Neighbor& n : table.list({.interface = index}).value()) listed.insert(n.address);
    return mirrored == listed;
  }));
  for (std::uint8_t last = 100; last < 100 + kAddresses; ++last) {
    const Neighbor one{.address = IpAddress::v4(192, 0, 2, last),
                       .interface = index,
                       .link_address = LinkAddress::ether({2, 0, 0, 0, 9, last})};
    ASSERT_TRUE(table.replace(one));
    ASSERT_EQ(table.get(one.key())->link_address, one.link_address);
    ASSERT_TRUE(table.remove(one.key()));
    ASSERT_EQ(table.get(one.key()).error().code, Errc::kNotFound);
  }
}

void expect_no_leak(const std::function<std::uint64_t(std::uint32_t seconds)>& storm) {
  (void)storm(0);  // what is kept for the next calls
  const std::size_t descriptors = open_descriptors();
  const std::size_t memory = resident_kib();
  const std::uint64_t calls = storm(number_from("NEIGH_SOAK_SECONDS", 0));
  const std::size_t after = resident_kib();
  EXPECT_LE(open_descriptors(), descriptors + 16) << "a channel for each of sixteen may be kept";
#if !NEIGH_TEST_ASAN && !NEIGH_TEST_TSAN
  // Of the process, so that only a leak of some weight is seen: 2 bytes in each call of a run of ten minutes. Smaller
  // ones are AddressSanitizer's to find.
  EXPECT_LE(after, memory + 16'384) << "KiB";
#endif
  std::printf("  %llu calls, %zu -> %zu descriptors, %zu -> %zu KiB\n", static_cast<unsigned long long>(calls),
              descriptors, open_descriptors(), memory, after);
}

class Stress : public TwoHosts {};

TEST_F(Stress, EightThreadsOnTheKernelsTable) {
  NEIGH_CITES("LIB-29");
  auto opened = open_kernel_table();
  ASSERT_TRUE(opened);
  const int here_fd = here().space.fd();
  const auto index = InterfaceIndex{here().index};
  const Stage stage{**opened, index, IpAddress::parse(there().v4).value(), [here_fd] {
                      static thread_local std::optional<Namespace::Scope> inside;
                      inside.emplace(here_fd);
                    }};
  expect_no_leak([&](std::uint32_t seconds) { return all_at_once(stage, 300, seconds); });
  expect_order(**opened, index);
}

TEST_F(Stress, ForksAmidAll) {
  NEIGH_CITES("LIB-29");
  NEIGH_SKIP_FORK_AMID_THREADS_UNDER_ASAN();
  auto opened = open_kernel_table();
  ASSERT_TRUE(opened);
  NeighborTable& table = **opened;
  const auto index = InterfaceIndex{here().index};
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (unsigned number = 0; number < kThreads; ++number) {
    threads.emplace_back([&, number] {
      Stage stage{table, index, IpAddress::parse(there().v4).value()};
      Worker worker(stage, number + 100);
      worker.run([&](std::uint64_t) { return !stop.load(); });
    });
  }
  for (int i = 0; i < 10; ++i) {
    const int code = run_forked([&] {
      ::alarm(60);
      const Neighbor mine{.address = IpAddress::v4(192, 0, 2, 99),
                          .interface = index,
                          .link_address = LinkAddress::ether({2, 0, 0, 0, 0, 99})};
      return table.replace(mine) && table.get(mine.key()) && table.list() && table.remove(mine.key()) ? 0 : 1;
    });
    EXPECT_EQ(code, 0);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

TEST(StressEmbedded, EightThreadsInVirtualTime) {
  const EmbeddedPair pair(3);
  const Stage stage{*pair.stack, InterfaceIndex{2}, IpAddress::v4(192, 0, 2, 2)};
  expect_no_leak([&](std::uint32_t seconds) { return all_at_once(stage, 2'000, seconds); });
  expect_order(*pair.stack, InterfaceIndex{2});
}

TEST_F(Stress, EightThreadsOnARealTimeStack) {
  EmbeddedInterface eth{.link = EmbeddedLink::kDevice,
                        .device = here().device,
                        .link_address = LinkAddress::ether({2, 0, 0, 0, 0, 0x42}),
                        .addresses = {{.address = IpAddress::v4(192, 0, 2, 66), .prefix_length = 24}}};
  auto opened = open_embedded_stack({.interfaces = {eth}});
  ASSERT_TRUE(opened) << opened.error().message();
  const InterfaceIndex index = (*opened)->interfaces().value()[0].index;
  const Stage stage{**opened, index, IpAddress::parse(there().v4).value()};
  expect_no_leak([&](std::uint32_t seconds) { return all_at_once(stage, 300, seconds); });
  expect_order(**opened, index);
}

}  // namespace
}  // namespace neigh::test
