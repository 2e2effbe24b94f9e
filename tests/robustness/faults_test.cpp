// SPDX-License-Identifier: Apache-2.0
// The system under the C API fails: no descriptor to be had, signals all the time, a full table, links and namespaces
// that go.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "neigh/kernel.hpp"
#include "robustness/c_calls.hpp"
#include "support/cites.hpp"
#include "support/netns.hpp"
#include "support/process.hpp"
#include "support/sanitizers.hpp"
#include "support/wait.hpp"

namespace neigh::test {
namespace {

using namespace std::chrono_literals;

std::shared_ptr<NeighborTable> fresh_table() {
  auto opened = open_kernel_table({.binding = NamespaceBinding::kCallingThread});
  EXPECT_TRUE(opened) << opened.error().message();
  return opened ? std::shared_ptr<NeighborTable>(std::move(*opened)) : nullptr;
}

int lowest_free() {
  const int fd = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
  ::close(fd);
  return fd;
}

class Faults : public TwoHosts {
 protected:
  [[nodiscard]] InterfaceIndex index() const { return InterfaceIndex{here().index}; }
  [[nodiscard]] NeighborKey peer() const { return {index(), IpAddress::parse(there().v4).value()}; }
  [[nodiscard]] Neighbor entry(std::uint32_t number, NudState state = NudState::kPermanent) const {
    return {.address = IpAddress::v4(10, static_cast<std::uint8_t>(1 + (number >> 16U)),
                                     static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number)),
            .interface = index(),
            .link_address = LinkAddress::ether({2, 0, 0, 0, 0, 7}),
            .state = state};
  }
};

// --- descriptors ---

/// As many descriptors as there are now, and `spare` more, until the object dies.
class FewDescriptors {
 public:
  explicit FewDescriptors(unsigned spare) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit few = before_;
    few.rlim_cur = static_cast<rlim_t>(lowest_free()) + spare;
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
  ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;

 private:
  rlimit before_{};
};

TEST_F(Faults, NoDescriptorAtEachOpen) {
  NEIGH_CITES("LIB-34", "LIB-29", "LIB-32");
  if (NEIGH_TEST_ASAN != 0) {
    GTEST_SKIP()
        << "UndefinedBehaviorSanitizer, which comes with AddressSanitizer here, opens a pipe to look at an object, "
           "and takes every object for a broken one when it gets none";
  }
  const CCalls calls(here().index, there().v4);
  for (const CCall& one : calls.all()) {
    SCOPED_TRACE(one.name);
    unsigned failures = 0;
    for (unsigned spare = 0;; ++spare) {
      ASSERT_LT(spare, 64U);
      // A process whose first call it is, so that nothing is open yet.
      const int ended = run_forked([&] {
        set_current_stack(fresh_table());
        one.begin();
        set_current_stack(nullptr);
        const std::size_t descriptors = open_descriptors();
        DWORD code = 0;
        {
          const FewDescriptors few(spare);
          code = one.call();
        }
        one.judge(code);
        if (code == one.expected) return 0;
        EXPECT_EQ(code, static_cast<DWORD>(ERROR_NO_SYSTEM_RESOURCES)) << "with " << spare;
        EXPECT_LE(open_descriptors(), descriptors + 2) << "what is kept for the next call";
        one.begin();
        EXPECT_EQ(one.call(), one.expected) << "the next call";
        one.judge(one.expected);
        return 2;
      });
      ASSERT_TRUE(ended == 0 || ended == 2) << ended;
      if (ended == 0) break;
      ++failures;
    }
    EXPECT_GT(failures, 0U) << "each call needs a descriptor";
    std::printf("  %-28s needs %u descriptors\n", one.name.c_str(), failures);
  }
}

// --- signals ---

std::atomic<std::uint64_t> alarms{0};
void on_alarm(int /*number*/) { alarms.fetch_add(1, std::memory_order_relaxed); }

/// SIGALRM a thousand times a second, whose handler makes system calls fail with EINTR (no SA_RESTART).
class SignalStorm {
 public:
  SignalStorm() {
    struct sigaction action {};
    action.sa_handler = on_alarm;
    ::sigaction(SIGALRM, &action, &before_);
    const itimerval each{{0, 1'000}, {0, 1'000}};
    ::setitimer(ITIMER_REAL, &each, nullptr);
  }
  ~SignalStorm() {
    const itimerval none{};
    ::setitimer(ITIMER_REAL, &none, nullptr);
    ::sigaction(SIGALRM, &before_, nullptr);
  }
  SignalStorm(const SignalStorm&) = delete;
  SignalStorm& operator=(const SignalStorm&) = delete;

 private:
  struct sigaction before_ {};
};

TEST_F(Faults, SignalsWhileEveryCallRuns) {
  const CCalls calls(here().index, there().v4);
  const auto table = fresh_table();
  auto watch = table->watch();
  ASSERT_TRUE(watch);
  std::vector<Neighbor> many;
  for (std::uint32_t i = 0; i < 3'000; ++i) many.push_back(entry(i));
  const std::uint64_t before = alarms;
  {
    const SignalStorm storm;
    for (int round = 0; round < 40; ++round) {
      for (const CCall& one : calls.all()) {
        one.begin();
        const DWORD code = one.call();
        ASSERT_EQ(code, one.expected) << one.name;
        one.judge(code);
      }
    }
    for (int round = 0; round < 5; ++round) {
      const auto done = table->apply(Operation::kReplace, many);
      ASSERT_TRUE(done) << done.error().message();
      ASSERT_TRUE(done->ok());
      ASSERT_GE(table->list()->size(), many.size());
      const auto asked = table->ask(peer(), {.attempts = 1, .interval = 20ms, .all_answers = true});
      ASSERT_TRUE(asked) << asked.error().message();
      ASSERT_EQ(asked->size(), 1U);
      ASSERT_TRUE(table->announce(index(), IpAddress::parse(here().v4).value(), {.count = 2, .interval = 10ms}));
      const auto waited = (*watch)->wait(10ms);
      ASSERT_TRUE(waited) << waited.error().message();
      const auto told = (*watch)->process([](const WatchEvent&) {});
      ASSERT_TRUE(told) << told.error().message();
    }
    // A wait of full length: a storm neither ends it early nor prolongs it for ever.
    while (*(*watch)->wait(0ms)) ASSERT_TRUE((*watch)->process([](const WatchEvent&) {}));
    const auto began = std::chrono::steady_clock::now();
    const auto silent = table->resolve({index(), IpAddress::v4(192, 0, 2, 250)}, {.timeout = 50ms});
    ASSERT_FALSE(silent);
    // Told in time or earlier only by the kernel, which gives up after three seconds.
    EXPECT_GE(std::chrono::steady_clock::now() - began, 50ms);
    EXPECT_TRUE(silent.error().code == Errc::kTimedOut || silent.error().code == Errc::kUnreachable)
        << silent.error().message();
  }
  EXPECT_GT(alarms - before, 20U);
  std::printf("  %llu signals\n", static_cast<unsigned long long>(alarms - before));
}

// --- the kernel's limit ---

TEST_F(Faults, AFullTable) {
  NEIGH_CITES("LIB-26", "RTN-014", "V-10");
  const auto table = fresh_table();
  std::uint32_t limit = 0;
  for (const TableLimits& one : table->limits().value()) {
    if (one.family == Family::kIpv4) limit = one.gc_thresh3;
  }
  ASSERT_GT(limit, 0U);
  if (limit > 100'000) GTEST_SKIP() << "this kernel's table takes " << limit << " entries: too many to fill in a test";
  // Collectable entries that are too young to be collected.
  std::uint32_t made = 0;
  std::optional<Error> refused;
  for (; made <= limit && !refused; ++made) {
    const auto created = table->create(entry(made, NudState::kStale));
    if (!created) refused = created.error();
  }
  ASSERT_TRUE(refused) << made << " entries, and room for more";
  EXPECT_EQ(refused->code, Errc::kTableFull);
  EXPECT_NE(refused->message().find("gc_thresh3"), std::string::npos) << refused->message();
  std::printf("  full after %u entries: %s\n", made, refused->message().c_str());
  set_current_stack(table);
  const CCalls calls(here().index, there().v4);
  for (const CCall& one : calls.all()) {
    if (one.name != "ResolveIpNetEntry2" && one.name != "CreateIpNetEntry2" && one.name != "GetIpNetTable2") continue;
    one.begin();
    const DWORD code = one.call();
    // What is permanent is exempt, and reading needs no room.
    EXPECT_TRUE(code == NO_ERROR || (one.name == "ResolveIpNetEntry2" && code == ERROR_NO_SYSTEM_RESOURCES))
        << one.name << " answers " << code;
    one.judge(code);
  }
  // A batch says which of its entries had no room.
  std::vector<Neighbor> more;
  for (std::uint32_t i = 0; i < 50; ++i) more.push_back(entry(200'000 + i, NudState::kStale));
  const auto report = table->apply(Operation::kCreate, more);
  ASSERT_TRUE(report);
  for (const auto& failure : report->failures) EXPECT_EQ(failure.error.code, Errc::kTableFull);
  EXPECT_EQ(report->applied + report->failures.size(), more.size());
  set_current_stack(nullptr);
  ASSERT_TRUE(table->flush({.interface = index()}));
  EXPECT_TRUE(table->create(entry(1, NudState::kStale))) << "room again";
}

// --- links and namespaces ---

TEST_F(Faults, AnInterfaceThatComesAndGoesInMidCall) {
  must_run("ip link add fault0 type veth peer name fault1");
  const auto table = fresh_table();
  auto watch = table->watch();
  ASSERT_TRUE(watch);
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> calls{0};
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  const int here_fd = here().space.fd();
  for (int number = 0; number < 3; ++number) {
    threads.emplace_back([&, number, here_fd] {
      const Namespace::Scope inside(here_fd);
      for (std::uint8_t last = 1; !stop; last = static_cast<std::uint8_t>(last % 250 + 1)) {
        const auto device = table->find_interface("fault0");
        const InterfaceIndex at = device ? device->index : InterfaceIndex{77'777};
        const Neighbor one{.address = IpAddress::v4(198, 51, 100, last),
                           .interface = at,
                           .link_address = LinkAddress::ether({2, 0, 0, 0, 0, last})};
        const auto judge = [&](const auto& result) {
          ++calls;
          if (result) return;
          switch (result.error().code) {
            case Errc::kNoSuchInterface:
            case Errc::kNotFound:
            case Errc::kAlreadyExists:
            case Errc::kUnreachable:
            case Errc::kTimedOut:
            case Errc::kNotSupported:  // its IPv4 half is being taken down
              return;
            default:
              ++wrong;
              ADD_FAILURE() << result.error().message();
          }
        };
        judge(table->create(one));
        judge(table->get(one.key()));
        judge(table->apply(Operation::kReplace, std::vector(20, one)));
        if (number == 0) judge(table->list({.interface = at}));
        if (number == 1) judge(table->resolve({at, IpAddress::v4(198, 51, 100, 251)}, {.timeout = 20ms}));
        if (number == 2) judge(table->flush({.interface = at}));
        judge(table->remove(one.key()));
      }
    });
  }
  for (int round = 0; round < 25; ++round) {
    must_run("ip link set fault0 up && ip address add 198.51.100.254/24 dev fault0");
    must_run("ip link set fault0 down && ip link set fault0 address 02:00:00:00:01:01 && ip link set fault0 up");
    must_run("ip link delete fault0 && ip link add fault0 type veth peer name fault1");
    const auto told = (*watch)->process([](const WatchEvent&) {});
    EXPECT_TRUE(told) << told.error().message();
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  must_run("ip link delete fault0");
  // The watch ends with the truth.
  const auto agrees = [&] {
    if (!(*watch)->process([](const WatchEvent&) {})) return false;
    std::size_t mirrored = 0;
    (*watch)->visit_mirror([&](const Neighbor&) { ++mirrored; });
    const auto rows = table->list();
    return rows && rows->size() == mirrored;
  };
  EXPECT_TRUE(wait_until(agrees));
  std::printf("  %llu calls\n", static_cast<unsigned long long>(calls.load()));
}

TEST_F(Faults, AnotherLinkAddressOfThePeer) {
  const auto table = fresh_table();
  const auto first = table->resolve(peer());
  ASSERT_TRUE(first) << first.error().message();
  EXPECT_EQ(first->link_address.to_string(), there().link_address);
  {
    const auto inside = there().space.enter();
    must_run("ip link set " + there().device + " address 02:00:00:00:00:77");
  }
  const auto second = table->resolve(peer(), {.ask_again = true});
  ASSERT_TRUE(second) << second.error().message();
  EXPECT_EQ(second->link_address.to_string(), "02:00:00:00:00:77");
}

TEST(NamespaceGone, ThePeersNamespaceEndsInMidResolve) {
  auto pair = std::make_unique<VethPair>();
  const Namespace::Scope inside = pair->here.space.enter();
  const auto table = fresh_table();
  const NeighborKey silent{InterfaceIndex{pair->here.index}, IpAddress::v4(192, 0, 2, 250)};
  const int here_fd = pair->here.space.fd();
  std::optional<Error> ended;
  std::thread caller([&] {
    const Namespace::Scope in_caller(here_fd);
    const auto resolved = table->resolve(silent);
    if (!resolved) ended = resolved.error();
  });
  // The request is out: the entry is there.
  EXPECT_TRUE(wait_until([&] { return table->get(silent).has_value(); }));
  pair->there.space = Namespace();  // the old one is gone, and with it both ends of the link
  caller.join();
  ASSERT_TRUE(ended);
  EXPECT_TRUE(ended->code == Errc::kUnreachable || ended->code == Errc::kNoSuchInterface) << ended->message();
  EXPECT_TRUE(wait_until([&] { return !table->find_interface(silent.interface).has_value(); }));
  EXPECT_EQ(table->get(silent).error().code, Errc::kNoSuchInterface);
  EXPECT_TRUE(table->list());
}

}  // namespace
}  // namespace neigh::test
