// SPDX-License-Identifier: Apache-2.0
#include "link/simulation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

namespace neigh::link {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TimePoint at_s(std::int64_t s) { return TimePoint{seconds{s}}; }

/// Writes down when it is polled, and what it wants next.
struct Diary final : Station {
  Diary(std::vector<std::string>& shared, std::string own_name) : log(shared), name(std::move(own_name)) {}
  void poll(TimePoint now) override {
    log.push_back(name + "@" + std::to_string(now.time_since_epoch() / seconds{1}));
    if (deadline && *deadline <= now) deadline = period ? std::optional(now + *period) : std::nullopt;
  }
  [[nodiscard]] std::optional<TimePoint> next_deadline() const override { return deadline; }

  std::vector<std::string>& log;
  std::string name;
  std::optional<TimePoint> deadline;
  std::optional<Duration> period;
};

TEST(Simulation, RunsTasksByTimeAndThoseOfOneMomentInTheirOrder) {
  Simulation world;
  std::vector<std::string> log;
  world.at(at_s(2), [&] { log.emplace_back("c"); });
  world.at(at_s(1), [&] { log.emplace_back("a"); });
  world.at(at_s(1), [&] { log.emplace_back("b"); });
  EXPECT_EQ(world.next(), at_s(1));
  world.run_until(at_s(1));
  EXPECT_THAT(log, ElementsAre("a", "b"));
  EXPECT_EQ(world.now(), at_s(1));
  world.run_for(seconds{9});
  EXPECT_THAT(log, ElementsAre("a", "b", "c"));
  EXPECT_EQ(world.now(), at_s(10)) << "time passes although nothing happens";
  EXPECT_FALSE(world.step());
}

TEST(Simulation, APastTaskRunsNowAndTimeDoesNotGoBack) {
  Simulation world(at_s(100));
  TimePoint seen;
  world.at(at_s(3), [&] { seen = world.now(); });
  world.run_until(at_s(50));
  EXPECT_EQ(world.now(), at_s(100));
  world.run_until(at_s(100));
  EXPECT_EQ(seen, at_s(100));
}

TEST(Simulation, DeadlinesComeAfterTasksOfTheirMomentAndInOrderOfAttachment) {
  Simulation world;
  std::vector<std::string> log;
  Diary second(log, "second");
  Diary first(log, "first");
  second.deadline = first.deadline = at_s(5);
  world.attach(first);
  world.attach(second);
  world.at(at_s(5), [&] { log.emplace_back("task"); });
  world.run_until(at_s(5));
  EXPECT_THAT(log, ElementsAre("task", "first@5", "second@5"));
}

TEST(Simulation, AWokenStationIsPolledOnceAtThatMoment) {
  Simulation world;
  std::vector<std::string> log;
  Diary station(log, "x");
  world.attach(station);
  world.at(at_s(7), [&] {
    world.wake(station);
    world.wake(station);
    log.emplace_back("woke");
  });
  world.run_for(seconds{20});
  EXPECT_THAT(log, ElementsAre("woke", "x@7"));
}

TEST(Simulation, ADeadlineThatMovedOutsideOfAPollIsSeenAfterReschedule) {
  Simulation world;
  std::vector<std::string> log;
  Diary station(log, "x");
  world.attach(station);
  world.run_for(seconds{1});
  station.deadline = at_s(4);
  world.reschedule(station);
  EXPECT_EQ(world.next(), at_s(4));
  station.deadline = at_s(3);
  world.reschedule(station);
  world.run_for(seconds{9});
  EXPECT_THAT(log, ElementsAre("x@3"));
}

TEST(Simulation, ADetachedStationIsLeftAloneAndTheOthersKeepTheirOrder) {
  Simulation world;
  std::vector<std::string> log;
  Diary a(log, "a");
  Diary b(log, "b");
  Diary c(log, "c");
  a.deadline = b.deadline = c.deadline = at_s(1);
  for (Diary* station : {&a, &b, &c}) world.attach(*station);
  world.wake(b);
  world.detach(b);
  world.wake(b);
  world.reschedule(b);
  world.run_for(seconds{2});
  EXPECT_THAT(log, ElementsAre("a@1", "c@1"));
}

// Deadlines that come, move and go, against a plain look at all of them.
TEST(Simulation, ManyStationsArePolledInOrderOfDeadlineAndAttachment) {
  Simulation world;
  std::vector<std::string> log;
  std::vector<std::unique_ptr<Diary>> stations;
  std::vector<bool> attached(60, true);
  for (int i = 0; i < 60; ++i) {
    stations.push_back(std::make_unique<Diary>(log, std::to_string(i)));
    world.attach(*stations.back());
  }
  std::mt19937_64 random(5);
  for (int round = 0; round < 2'000; ++round) {
    const std::size_t number = random() % stations.size();
    Diary& station = *stations[number];
    if (random() % 100 == 0) {
      world.detach(station);
      attached[number] = false;
    }
    station.deadline.reset();
    if (random() % 4 != 0) station.deadline = world.now() + seconds{1 + random() % 30};
    world.reschedule(station);
    if (round % 8 != 0) continue;
    std::optional<std::size_t> first;
    for (std::size_t i = 0; i < stations.size(); ++i) {
      if (!attached[i] || !stations[i]->deadline) continue;
      if (!first || *stations[i]->deadline < *stations[*first]->deadline) first = i;
    }
    log.clear();
    ASSERT_EQ(world.step(), first.has_value());
    if (first) {
      ASSERT_THAT(
          log, ElementsAre(std::to_string(*first) + "@" + std::to_string(world.now().time_since_epoch() / seconds{1})));
    }
  }
}

TEST(Simulation, RunsUntilAConditionHoldsOrTheLimit) {
  Simulation world;
  std::vector<std::string> log;
  Diary station(log, "x");
  station.deadline = at_s(1);
  station.period = seconds{1};
  world.attach(station);
  EXPECT_TRUE(world.run_until([&] { return log.size() == 3; }, at_s(10)));
  EXPECT_EQ(world.now(), at_s(3));
  EXPECT_FALSE(world.run_until([] { return false; }, at_s(5)));
  EXPECT_EQ(world.now(), at_s(5));
  EXPECT_EQ(log.size(), 5U);
}

TEST(Simulation, ADayOfASecondsTimerIsABlink) {
  Simulation world;
  std::vector<std::string> log;
  Diary station(log, "x");
  station.deadline = at_s(1);
  station.period = seconds{1};
  world.attach(station);
  world.run_for(std::chrono::hours{24});
  EXPECT_EQ(log.size(), 86'400U);
  EXPECT_EQ(world.steps(), 86'400U);
}

}  // namespace
}  // namespace neigh::link
