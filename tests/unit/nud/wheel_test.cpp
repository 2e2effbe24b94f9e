// SPDX-License-Identifier: Apache-2.0
// The containers against plain models: timer wheel, slab, lists.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <unordered_map>

#include "nud/slab.hpp"
#include "nud/timer_wheel.hpp"
#include "support/cites.hpp"

namespace neigh::nud {
namespace {

using namespace std::chrono_literals;

struct NodeOf {
  std::vector<TimerNode>* nodes;
  TimerNode& operator()(EntryId id) const { return (*nodes)[id]; }
};

TEST(TimerWheel, FiresAtTheDeadlineNotBefore) {
  std::vector<TimerNode> nodes(2);
  TimerWheel wheel(NodeOf{&nodes});
  const TimePoint start{5'000s};
  EXPECT_EQ(wheel.pop_due(start), std::nullopt);
  EXPECT_EQ(wheel.next_deadline(), std::nullopt);
  wheel.arm(1, start + 1500us);  // rounded up to 2 ms
  EXPECT_EQ(wheel.next_deadline(), start + 2ms);
  EXPECT_EQ(wheel.pop_due(start + 1999us), std::nullopt);
  EXPECT_EQ(wheel.pop_due(start + 2ms), EntryId{1});
  EXPECT_FALSE(nodes[1].armed());
  EXPECT_EQ(wheel.pop_due(start + 2ms), std::nullopt);
}

TEST(TimerWheel, ADeadlineInThePastIsDueAtOnce) {
  std::vector<TimerNode> nodes(1);
  TimerWheel wheel(NodeOf{&nodes});
  EXPECT_EQ(wheel.pop_due(TimePoint{100s}), std::nullopt);
  wheel.arm(0, TimePoint{50s});
  EXPECT_EQ(wheel.pop_due(TimePoint{100s}), EntryId{0});
}

TEST(TimerWheel, TimesBeforeTheEpochAndVeryFarOnesSort) {
  std::vector<TimerNode> nodes(3);
  TimerWheel wheel(NodeOf{&nodes});
  wheel.arm(0, TimePoint::max());
  wheel.arm(1, TimePoint{-7s});
  wheel.arm(2, TimePoint{-8s} - 1us);
  EXPECT_EQ(wheel.pop_due(TimePoint{-9s}), std::nullopt);
  EXPECT_EQ(wheel.pop_due(TimePoint{0s}), EntryId{2});
  EXPECT_EQ(wheel.pop_due(TimePoint{0s}), EntryId{1});
  EXPECT_EQ(wheel.pop_due(TimePoint{0s}), std::nullopt);
  EXPECT_EQ(wheel.armed(), 1U);
}

TEST(TimerWheel, AgreesWithAMultimap) {
  NEIGH_CITES("NUD-014");
  for (const std::uint64_t seed : {1ULL, 2ULL, 3ULL, 4ULL, 5ULL, 6ULL}) {
    SCOPED_TRACE(seed);
    const bool years = seed > 4;  // beyond the last level, too: centuries pass
    const unsigned distance_shift = years ? 4 : 14;
    const unsigned step_shift = years ? 12 : 16;
    const int steps = years ? 6'000 : 60'000;
    std::mt19937_64 random(seed);
    constexpr EntryId kTimers = 300;
    std::vector<TimerNode> nodes(kTimers);
    TimerWheel wheel(NodeOf{&nodes});
    std::multimap<TimePoint, EntryId> model;
    std::unordered_map<EntryId, std::multimap<TimePoint, EntryId>::iterator> where;
    const auto forget = [&](EntryId id) {
      if (const auto at = where.find(id); at != where.end()) {
        model.erase(at->second);
        where.erase(at);
      }
    };
    TimePoint now{static_cast<std::int64_t>(random() % 1'000'000'000'000'000ULL) * 1ns};
    for (int i = 0; i < steps; ++i) {
      const auto id = static_cast<EntryId>(random() % kTimers);
      const unsigned what = static_cast<unsigned>(random() % 10);
      if (what < 6) {
        // Any distance from nothing to days or decades, on every level.
        const Duration distance{static_cast<std::int64_t>(random() >> (distance_shift + random() % 50))};
        const TimePoint deadline = std::chrono::ceil<std::chrono::milliseconds>(now + distance);
        forget(id);
        wheel.arm(id, now + distance);
        where[id] = model.emplace(deadline, id);
        ASSERT_EQ(wheel.deadline(id), deadline);
      } else if (what < 8) {
        forget(id);
        wheel.cancel(id);
      } else {
        now += Duration{static_cast<std::int64_t>(random() >> (step_shift + random() % 48))};
        TimePoint last = TimePoint::min();
        std::size_t budget = random() % 2 == 0 ? random() % 100 : kTimers * 64;
        while (const auto due = wheel.pop_due(now, budget)) {
          const auto at = where.find(*due);
          ASSERT_NE(at, where.end()) << "fired without being armed";
          ASSERT_LE(at->second->first, now);
          ASSERT_GE(at->second->first, last) << "out of order";
          last = at->second->first;
          forget(*due);
        }
        ASSERT_TRUE(budget == 0 || model.empty() || model.begin()->first > now) << "forgot one";
      }
      ASSERT_EQ(wheel.armed(), model.size());
      const auto next = wheel.next_deadline();
      ASSERT_EQ(next.has_value(), !model.empty());
      if (next) {
        ASSERT_LE(*next, model.begin()->first);
      }
    }
  }
}

// A million timers come down a level in pieces; meanwhile each can be cancelled and armed anew.
TEST(TimerWheel, NoCallTakesLongHoweverManyThereAre) {
  constexpr EntryId kTimers = 10'000;
  constexpr std::size_t kBudget = 64;
  std::vector<TimerNode> nodes(kTimers);
  TimerWheel wheel(NodeOf{&nodes});
  const TimePoint start{5'000s};
  EXPECT_EQ(wheel.pop_due(start), std::nullopt);
  for (EntryId id = 0; id < kTimers; ++id) wheel.arm(id, start + 300s + id * 1ms);
  std::mt19937_64 random(3);
  std::set<EntryId> cancelled;
  TimePoint now = start;
  TimePoint last = start;
  std::size_t fired = 0;
  std::size_t empty_handed = 0;
  while (wheel.armed() > 0) {
    ASSERT_TRUE(wheel.next_deadline());
    now = std::max(now, *wheel.next_deadline());
    std::size_t budget = kBudget;
    std::size_t taken = 0;
    while (const auto id = wheel.pop_due(now, budget)) {
      ++taken;
      ASSERT_EQ(cancelled.count(*id), 0U);
      const TimePoint due = start + 300s + *id * 1ms;
      ASSERT_LE(due, now);
      ASSERT_GE(due, last);
      last = due;
    }
    ASSERT_LE(taken, kBudget);
    if (taken == 0) ++empty_handed;
    fired += taken;
    const auto id = static_cast<EntryId>(random() % kTimers);
    if (nodes[id].armed() && random() % 2 == 0) {
      wheel.cancel(id);
      cancelled.insert(id);
    } else if (nodes[id].armed()) {
      wheel.arm(id, start + 300s + id * 1ms);
    }
  }
  EXPECT_EQ(fired + cancelled.size(), kTimers);
  EXPECT_GT(empty_handed, kTimers / kBudget);
}

TEST(TimerWheel, TheNextDeadlineIsExactWhenNothingWasCancelled) {
  std::vector<TimerNode> nodes(100);
  TimerWheel wheel(NodeOf{&nodes});
  std::mt19937_64 random(7);
  std::set<TimePoint> deadlines;
  for (EntryId id = 0; id < 100; ++id) {
    const TimePoint at{std::chrono::milliseconds(random() % 100'000'000)};
    wheel.arm(id, at);
    deadlines.insert(at);
  }
  for (const TimePoint at : deadlines) {
    ASSERT_EQ(wheel.next_deadline(), at);
    while (wheel.pop_due(at)) {
    }
  }
  EXPECT_EQ(wheel.next_deadline(), std::nullopt);
}

// A loop that sleeps until next_deadline() always gets on, also when the earliest timer was cancelled.
TEST(TimerWheel, WakingForACancelledTimerMakesProgress) {
  std::vector<TimerNode> nodes(2);
  TimerWheel wheel(NodeOf{&nodes});
  const TimePoint start{77s};
  EXPECT_EQ(wheel.pop_due(start), std::nullopt);
  wheel.arm(0, start + 20s);
  wheel.arm(1, start + 20s + 900ms);
  wheel.cancel(0);
  int wakes = 0;
  TimePoint now = start;
  while (true) {
    now = wheel.next_deadline().value();
    ++wakes;
    if (wheel.pop_due(now)) break;
    ASSERT_LT(wakes, 12);
  }
  EXPECT_EQ(now, start + 20s + 900ms);
}

TEST(Slab, AnIdIsNotUsedAgainBeforeRecycling) {
  Slab<int> slab;
  const EntryId first = slab.take();
  slab[first] = 5;
  slab.retire(first);
  EXPECT_NE(slab.take(), first);
  slab.recycle();
  EXPECT_EQ(slab.take(), first);
  EXPECT_EQ(slab[first], 0);
  EXPECT_EQ(slab.live(), 2U);
}

TEST(Slab, ASmallOneIsSmallAndGrowingKeepsWhatIsInIt) {
  Slab<std::uint64_t> slab;
  EXPECT_EQ(slab.bytes(), 0U);
  for (EntryId id = 0; id < 10'000; ++id) {
    ASSERT_EQ(slab.take(), id);
    ASSERT_EQ(slab[id], 0U);
    slab[id] = id * 3ULL;
    if (id == 4) {
      EXPECT_LE(slab.bytes(), 128U);
    }
    if (id == 1'000) {
      EXPECT_LE(slab.bytes(), 2U * 1'024 * sizeof(std::uint64_t));
    }
  }
  for (EntryId id = 0; id < 10'000; ++id) ASSERT_EQ(slab[id], id * 3ULL);
  EXPECT_EQ(slab.live(), 10'000U);
}

TEST(IdList, KeepsOrder) {
  std::vector<ListLinks> links(4);
  const auto links_of = [&](EntryId id) -> ListLinks& { return links[id]; };
  IdList list;
  const auto ids = [&] {
    std::vector<EntryId> all;
    for (EntryId id = list.front; id != kNoId; id = links[id].next) all.push_back(id);
    EXPECT_EQ(all.size(), list.size);
    return all;
  };
  for (EntryId id = 0; id < 4; ++id) list.push_back(id, links_of);
  list.erase(1, links_of);
  EXPECT_EQ(ids(), (std::vector<EntryId>{0, 2, 3}));
  list.erase(0, links_of);
  list.erase(3, links_of);
  list.push_back(0, links_of);
  EXPECT_EQ(ids(), (std::vector<EntryId>{2, 0}));
  list.erase(2, links_of);
  list.erase(0, links_of);
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(list.back, kNoId);
}

}  // namespace
}  // namespace neigh::nud
