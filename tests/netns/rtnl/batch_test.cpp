// SPDX-License-Identifier: Apache-2.0
// Many writes at once, against the kernel.
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <random>
#include <thread>

#include "netns/rtnl/fixture.hpp"
#include "rtnl/kernel_table.hpp"
#include "support/sanitizers.hpp"

namespace neigh::test {
namespace {

class Batch : public KernelHosts {
 protected:
  std::size_t stored() { return table_->list({.family = Family::kIpv4})->size(); }
};

TEST_F(Batch, TenThousandOfEachOperation) {
  constexpr std::uint32_t kCount = 10'000;
  for (const Operation operation : {Operation::kCreate, Operation::kSet, Operation::kReplace, Operation::kRemove}) {
    const auto batch = numbered_from(0, kCount, operation == Operation::kCreate ? 7 : 8);
    const auto report = table_->apply(operation, batch);
    ASSERT_TRUE(report) << report.error().message();
    EXPECT_TRUE(report->ok()) << to_string(operation);
    EXPECT_EQ(report->applied, kCount);
    const auto rows = table_->list({.family = Family::kIpv4});
    ASSERT_TRUE(rows);
    EXPECT_EQ(rows->size(), operation == Operation::kRemove ? 0U : kCount);
    for (const Neighbor& row : *rows) ASSERT_EQ(row.link_address, batch[0].link_address);
  }
}

TEST_F(Batch, WhatIsNoOperationIsRefused) {
  expect_error(table_->apply(static_cast<Operation>(9), numbered_from(0, 3)), Errc::kInvalidArgument, "operation");
  expect_error(table_->apply(Operation::kCreate, numbered_from(0, 3), static_cast<OnError>(9)), Errc::kInvalidArgument,
               "on_error");
  EXPECT_TRUE(table_->list({.family = Family::kIpv4})->empty());
}

TEST_F(Batch, NothingIsNothing) {
  for (const OnError on_error : {OnError::kContinue, OnError::kStop, OnError::kRollBack}) {
    const auto report = table_->apply(Operation::kCreate, {}, on_error);
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->ok());
    EXPECT_EQ(report->applied, 0U);
  }
}

// Every kind of failure at places of a fixed seed, among neighbors and proxies of both families.
TEST_F(Batch, FailuresAreTheSingleCallsAtTheirPositions) {
  std::mt19937 random(42);
  std::vector<Neighbor> batch = numbered_from(0, 3000);
  std::vector<std::optional<Errc>> expected(batch.size());
  ASSERT_TRUE(table_->apply(Operation::kCreate, std::span(batch).subspan(2000, 500))->ok());
  for (std::size_t i = 2000; i < 2500; ++i) expected[i] = Errc::kAlreadyExists;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    switch (random() % 12) {
      case 0:
        batch[i].address = IpAddress::v4(127, 0, 0, 1);
        expected[i] = Errc::kInvalidArgument;
        break;
      case 1:
        batch[i].interface = InterfaceIndex{4711};
        expected[i] = Errc::kNoSuchInterface;
        break;
      case 2:
        batch[i].link_address = LinkAddress::from_bytes(std::array<std::uint8_t, 3>{1, 2, 3}).value();
        expected[i] = Errc::kInvalidArgument;
        break;
      case 3:
        batch[i].link_address = {};
        expected[i] = Errc::kInvalidArgument;
        break;
      case 4:
        batch[i].flags = {NeighborFlag::kProxy};
        expected[i] = std::nullopt;
        break;
      default:
        break;
    }
  }
  const auto report = table_->apply(Operation::kCreate, batch);
  ASSERT_TRUE(report);
  std::size_t failures = 0;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const Error* error = report->error_at(i);
    failures += expected[i] ? 1U : 0U;
    ASSERT_EQ(error == nullptr, !expected[i]) << i << (error != nullptr ? " " + error->message() : std::string());
    if (error != nullptr) {
      EXPECT_EQ(error->code, *expected[i]) << i << ' ' << error->message();
    }
  }
  EXPECT_EQ(report->failures.size(), failures);
  EXPECT_TRUE(std::is_sorted(report->failures.begin(), report->failures.end(),
                             [](const auto& a, const auto& b) { return a.position < b.position; }));
  EXPECT_EQ(report->applied, batch.size() - failures);
  EXPECT_TRUE(report->not_tried.empty());
  const std::size_t proxies = table_->list({.proxies = true})->size();
  EXPECT_EQ(stored() + proxies, 500 + report->applied) << "nothing is left of what failed";
  expect_same_as_ip();
}

TEST_F(Batch, SettingAndRemovingWhatIsNotThere) {
  ASSERT_TRUE(table_->apply(Operation::kCreate, numbered_from(0, 500))->ok());
  for (const Operation operation : {Operation::kSet, Operation::kRemove}) {
    const auto report = table_->apply(operation, numbered_from(250, 500, 9));
    ASSERT_TRUE(report);
    EXPECT_EQ(report->applied, 250U);
    ASSERT_EQ(report->failures.size(), 250U);
    for (std::size_t i = 0; i < 250; ++i) {
      ASSERT_EQ(report->failures[i].position, 250 + i);
      ASSERT_EQ(report->failures[i].error.code, Errc::kNotFound);
    }
  }
  EXPECT_EQ(stored(), 250U);
}

TEST_F(Batch, StopStopsSoonAndTellsWhatWasNotTried) {
  auto batch = numbered_from(0, 5000);
  batch[1000].interface = InterfaceIndex{4711};
  const auto report = table_->apply(Operation::kCreate, batch, OnError::kStop);
  ASSERT_TRUE(report);
  ASSERT_EQ(report->failures.size(), 1U);
  EXPECT_EQ(report->failures[0].position, 1000U);
  EXPECT_FALSE(report->ok());
  EXPECT_FALSE(report->rolled_back);
  ASSERT_FALSE(report->not_tried.empty());
  EXPECT_GT(report->not_tried.front(), 1000U);
  EXPECT_LT(report->not_tried.front(), 1500U) << "soon";
  EXPECT_EQ(report->not_tried.back(), 4999U);
  EXPECT_EQ(report->applied + 1 + report->not_tried.size(), 5000U);
  EXPECT_EQ(stored(), report->applied);
  for (const std::size_t position : report->not_tried) {
    ASSERT_EQ(table_->get(batch[position].key()).error().code, Errc::kNotFound);
  }
}

// --- all or nothing ---

class RollBack : public Batch {
 protected:
  // Neighbors with everything that must come back, and proxies.
  std::vector<Neighbor> furnish(std::uint32_t count) {
    std::vector<Neighbor> all = numbered_from(0, count, 3);
    const NudState states[] = {NudState::kPermanent, NudState::kStale,  NudState::kNoArp,
                               NudState::kNone,      NudState::kFailed, NudState::kPermanent};
    for (std::uint32_t i = 0; i < count; ++i) {
      all[i].state = states[i % 6];
      all[i].protocol = static_cast<std::uint8_t>(i % 3 == 0 ? 0 : i % 3 == 1 ? 186 : 42);
      if (i % 4 == 1) all[i].flags = {NeighborFlag::kRouter};
      if (i % 4 == 2 && all[i].state != NudState::kPermanent) all[i].flags = {NeighborFlag::kExternLearned};
      // Of these the kernel throws away what it likes when the tables of all namespaces together grow.
      if (all[i].state == NudState::kFailed || all[i].state == NudState::kNoArp) {
        all[i].flags = {NeighborFlag::kExternLearned};
      }
      if (i % 10 == 9) {
        all[i] = numbered(i);
        all[i].flags = {NeighborFlag::kProxy};
      }
    }
    EXPECT_TRUE(table_->apply(Operation::kCreate, all)->ok());
    return all;
  }
  static std::vector<std::string> difference(const std::vector<std::string>& before,
                                             const std::vector<std::string>& after) {
    std::vector<std::string> lines;
    for (const std::string& line : before) {
      if (!std::binary_search(after.begin(), after.end(), line)) lines.push_back("was: " + line);
    }
    for (const std::string& line : after) {
      if (!std::binary_search(before.begin(), before.end(), line)) lines.push_back("now: " + line);
    }
    return lines;
  }
  void expect_rolled_back(Operation operation, const std::vector<Neighbor>& batch, Errc code) {
    const ListFilter ours{.family = Family::kIpv4, .interface = index()};
    const auto before = texts_of(*table_, ours);
    const auto proxies_before = texts_of(*table_, {.proxies = true});
    const auto report = table_->apply(operation, batch, OnError::kRollBack);
    ASSERT_TRUE(report) << report.error().message();
    ASSERT_EQ(report->failures.size(), 1U) << to_string(operation);
    EXPECT_EQ(report->failures[0].error.code, code);
    EXPECT_TRUE(report->rolled_back);
    EXPECT_EQ(report->applied, 0U);
    EXPECT_TRUE(report->not_undone.empty());
    EXPECT_THAT(difference(before, texts_of(*table_, ours)), ::testing::IsEmpty());
    EXPECT_THAT(difference(proxies_before, texts_of(*table_, {.proxies = true})), ::testing::IsEmpty());
  }
};

TEST_F(RollBack, TheTableIsAsItWasAfterEachOperation) {
  for (const std::uint32_t count : {30U, 900U}) {
    const auto there = furnish(count);
    auto created = numbered_from(5000, count);
    created.push_back(there[4]);
    expect_rolled_back(Operation::kCreate, created, Errc::kAlreadyExists);

    std::vector<Neighbor> changed;
    for (const Neighbor& one : there) {
      Neighbor other = one;
      other.link_address = mac("02:00:00:00:00:ee");
      other.state = one.state == NudState::kStale ? NudState::kPermanent : NudState::kStale;
      other.protocol = 77;
      if (!one.flags.has(NeighborFlag::kProxy)) other.flags = {NeighborFlag::kRouter, NeighborFlag::kExternLearned};
      changed.push_back(other);
    }
    changed.push_back(numbered(9999));
    expect_rolled_back(Operation::kSet, changed, Errc::kNotFound);
    expect_rolled_back(Operation::kRemove, changed, Errc::kNotFound);
    changed.back().interface = InterfaceIndex{4711};
    expect_rolled_back(Operation::kReplace, changed, Errc::kNoSuchInterface);
    ASSERT_TRUE(table_->flush({}));
    ASSERT_TRUE(table_->flush({.proxies = true}));
  }
}

TEST_F(RollBack, WithoutFailureAllIsDone) {
  const auto report = table_->apply(Operation::kCreate, numbered_from(0, 2000), OnError::kRollBack);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->ok());
  EXPECT_FALSE(report->rolled_back);
  EXPECT_EQ(stored(), 2000U);
}

// An entry that was being resolved is not left in a state that nothing ends.
TEST_F(RollBack, AnEntryUnderResolutionIsBegunAnew) {
  Neighbor resolving = neighbor(there().v4);
  resolving.state = NudState::kIncomplete;
  resolving.link_address = {};
  ASSERT_TRUE(table_->create(resolving));
  ASSERT_TRUE(
      table_->apply(Operation::kSet, std::vector{neighbor(there().v4), numbered(1)}, OnError::kRollBack)->rolled_back);
  const auto found = table_->resolve(resolving.key());
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->link_address, mac(there().link_address));
}

// It is somebody's wish, and the kernel resolves it by itself.
TEST_F(RollBack, AManagedEntryUnderResolutionStays) {
  Neighbor managed = neighbor("192.0.2.200");
  managed.link_address = {};
  managed.state = NudState::kNone;
  managed.flags = {NeighborFlag::kManaged};
  ASSERT_TRUE(table_->create(managed));
  ASSERT_TRUE(wait_until([&] { return table_->get(managed.key())->state == NudState::kIncomplete; }));
  Neighbor changed = neighbor("192.0.2.200");
  ASSERT_TRUE(
      table_
          ->apply(Operation::kReplace,
                  std::vector{changed, Neighbor{.address = ip("192.0.2.201"), .interface = InterfaceIndex{4711}}},
                  OnError::kRollBack)
          ->rolled_back);
  const auto found = table_->get(managed.key());
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_TRUE(found->flags.has(NeighborFlag::kManaged));
  EXPECT_TRUE(found->link_address.empty());
}

// --- a receive buffer that is too small ---

// The kernel drops acks that do not fit: each entry's fate is still known.
TEST_F(Batch, AnswersThatDoNotFitTheReceiveBufferAreMadeUpFor) {
  NEIGH_CITES("RTN-105");
  std::size_t opened = 0;
  const auto pool =
      std::make_shared<rtnl::ChannelPool>(NamespaceBinding::kOpener, [&opened]() -> Result<rtnl::Channel> {
        auto channel = rtnl::Channel::open();
        ++opened;
        const int smallest = 1;
        if (channel) ::setsockopt(channel->socket().fd(), SOL_SOCKET, SO_RCVBUF, &smallest, sizeof smallest);
        return channel;
      });
  rtnl::KernelTable table(pool);
  auto batch = numbered_from(0, 2000);
  ASSERT_TRUE(table_->apply(Operation::kCreate, std::span(batch).subspan(0, 60))->ok());
  auto other = numbered_from(100, 50, 99);  // there already, and different
  ASSERT_TRUE(table_->apply(Operation::kCreate, other)->ok());
  const auto report = table.apply(Operation::kCreate, batch, OnError::kContinue);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_GT(opened, 1U) << "answers were lost";
  std::size_t told_as_existing = 0;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const Error* error = report->error_at(i);
    if (i >= 100 && i < 150) {
      ASSERT_NE(error, nullptr) << i;
      EXPECT_THAT(error->code, ::testing::AnyOf(Errc::kAlreadyExists, Errc::kOverrun));
    } else if (i < 60) {
      // Equal to what was wanted: whether it was there before is known only if its refusal came through.
      told_as_existing += error != nullptr ? 1U : 0U;
    } else {
      ASSERT_EQ(error, nullptr) << i << ' ' << error->message();
    }
  }
  EXPECT_GT(told_as_existing, 0U) << "the refusals that fit the buffer are known";
  EXPECT_EQ(stored(), 2000U);
}

// --- many at once ---

TEST_F(Batch, ManyThreadsOnOneTable) {
  constexpr std::uint32_t kThreads = 12;
  constexpr std::uint32_t kEach = 150;
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (std::uint32_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const auto mine = numbered_from(t * 1000, kEach, static_cast<std::uint8_t>(t));
      const auto check = [&](bool right) { wrong += right ? 0 : 1; };
      for (int round = 0; round < 3; ++round) {
        check(table_->apply(Operation::kCreate, mine)->ok());
        for (const Neighbor& one : mine) {
          const auto got = table_->get(one.key());
          check(got && got->same_content(one));
        }
        std::size_t listed = 0;
        check(
            table_
                ->visit({}, [&](const Neighbor& row) { listed += row.link_address == mine[0].link_address ? 1U : 0U; })
                .has_value());
        // While others change the table the kernel may leave a row out or tell it twice.
        check(listed > 0);
        check(table_->create(mine[0]).error().code == Errc::kAlreadyExists);
        check(table_->set(mine[1]).has_value());
        check(table_->apply(Operation::kRemove, mine)->ok());
        check(table_->get(mine[0].key()).error().code == Errc::kNotFound);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(stored(), 0U);
}

// Of many that create the same entry at once exactly one succeeds.
TEST_F(Batch, OneOfManyCreates) {
  NEIGH_CITES("RTN-126");
  for (std::uint32_t round = 0; round < 50; ++round) {
    std::atomic<int> created{0};
    std::atomic<int> refused{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&] {
        const auto done = table_->create(numbered(round));
        ++(done ? created : refused);
        if (!done) {
          EXPECT_EQ(done.error().code, Errc::kAlreadyExists);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(created, 1);
    EXPECT_EQ(refused, 7);
  }
}

TEST_F(Batch, RollBackTellsWhichFlagsTheKernelDoesNotTakeBack) {
  Neighbor router = numbered(1);
  router.flags = {NeighborFlag::kRouter};
  ASSERT_TRUE(table_->create(router));
  router.state = NudState::kNone;
  router.link_address = {};
  ASSERT_TRUE(table_->set(router));
  const auto before = table_->get(router.key());
  ASSERT_TRUE(before);
  ASSERT_TRUE(before->flags.has(NeighborFlag::kRouter)) << "a kernel that takes the flag away leaves nothing to test";
  const auto report = table_->apply(Operation::kRemove, std::vector{router, numbered(2)}, OnError::kRollBack);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->rolled_back);
  const auto after = table_->get(router.key());
  ASSERT_TRUE(after);
  if (after->flags == before->flags) {
    EXPECT_TRUE(report->not_undone.empty());
  } else {
    ASSERT_EQ(report->not_undone.size(), 1U);
    EXPECT_EQ(report->not_undone[0].position, 0U);
    EXPECT_EQ(report->not_undone[0].error.field, "flags");
  }
}

TEST_F(Batch, ForksWhileOtherThreadsAreInCalls) {
  NEIGH_SKIP_FORK_AMID_THREADS_UNDER_ASAN();
  NEIGH_CITES("LIB-29");
  std::atomic<bool> stop{false};
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  for (std::uint32_t t = 0; t < 6; ++t) {
    threads.emplace_back([&, t] {
      while (!stop) {
        const Neighbor mine = numbered(100 + t);
        const bool fine =
            table_->create(mine) && table_->get(mine.key()) && table_->list() && table_->remove(mine.key());
        failed += fine ? 0 : 1;
      }
    });
  }
  for (std::uint32_t i = 0; i < 25; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(60);
      const Neighbor mine = numbered(500 + i);
      const bool fine =
          table_->create(mine) && table_->get(mine.key()) && table_->list() && table_->resolve(mine.key());
      ::_exit(fine ? 0 : 1);
    }
    ASSERT_GT(child, 0);
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_TRUE(table_->remove(numbered(500 + i).key()));
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
}

}  // namespace
}  // namespace neigh::test
