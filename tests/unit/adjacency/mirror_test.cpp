// SPDX-License-Identifier: Apache-2.0
// The mirror of an embedded stack, in virtual time; its reports and limits. tests/netns/adjacency has the kernel's.
#include "neigh/mirror.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <vector>

#include "mirror/report_queue.hpp"
#include "neigh/embedded.hpp"

namespace neigh {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

EmbeddedOptions host(std::uint8_t number) {
  EmbeddedOptions options;
  options.interfaces.push_back({.link_address = LinkAddress::ether({2, 0, 0, 0, 0, number}),
                                .addresses = {{.address = IpAddress::v4(192, 0, 2, number), .prefix_length = 24}},
                                .settings = {.max_rtr_solicitations = 0}});
  return options;
}

class MirrorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    here_ = *network_->add_stack(host(1));
    there_ = *network_->add_stack(host(2));
    eth_ = here_->find_interface("eth0")->index;
    network_->advance(seconds{10});
  }
  void begin(const MirrorOptions& options = {.pause = milliseconds{0}}, std::size_t capacity = 1'000,
             bool fits = true) {
    table_ = *AdjacencyTable::make({.ipv4_capacity = capacity, .ipv6_capacity = capacity});
    auto made = AdjacencyMirror::make(*here_, *table_, options);
    ASSERT_TRUE(made) << made.error().message();
    mirror_ = std::move(*made);
    EXPECT_FALSE(mirror_->synced());
    ASSERT_TRUE(mirror_->process());
    EXPECT_EQ(mirror_->synced(), fits);
  }
  [[nodiscard]] bool readable() const {
    pollfd waiting{mirror_->fd(), POLLIN, 0};
    return ::poll(&waiting, 1, 0) == 1;
  }
  static IpAddress numbered(std::uint8_t last) { return IpAddress::v4(192, 0, 2, last); }
  [[nodiscard]] Neighbor permanent(std::uint8_t last) const {
    return {.address = numbered(last), .interface = eth_, .link_address = LinkAddress::ether({2, 7, 7, 7, 7, last})};
  }
  /// The adjacency table holds what the stack holds.
  void expect_same() const {
    const auto rows = *here_->list();
    for (const Neighbor& row : rows) {
      const auto entry = table_->find(row.interface, row.address);
      ASSERT_TRUE(entry) << row.address.to_string();
      EXPECT_EQ(entry->link_address, row.link_address);
      EXPECT_EQ(entry->state, row.state);
      EXPECT_EQ(entry->flags, row.flags);
    }
    const AdjacencyCounters counters = table_->counters();
    EXPECT_EQ(counters.ipv4_entries + counters.ipv6_entries, rows.size());
  }

  std::unique_ptr<EmbeddedNetwork> network_ = EmbeddedNetwork::make(3);
  std::shared_ptr<EmbeddedStack> here_;
  std::shared_ptr<EmbeddedStack> there_;
  InterfaceIndex eth_{};
  std::unique_ptr<AdjacencyTable> table_;
  std::unique_ptr<AdjacencyMirror> mirror_;
};

TEST_F(MirrorTest, FollowsEveryStateOfAnEntry) {
  ASSERT_TRUE(here_->create(permanent(77)));
  begin();
  expect_same();
  EXPECT_EQ(table_->lookup(eth_, numbered(77)).state(), NudState::kPermanent);
  ASSERT_TRUE(here_->resolve({eth_, numbered(2)}));
  EXPECT_TRUE(readable());
  ASSERT_TRUE(mirror_->process());
  expect_same();
  EXPECT_EQ(table_->lookup(eth_, numbered(2)).state(), NudState::kReachable);
  EXPECT_EQ(LinkAddress::ether(table_->lookup(eth_, numbered(2)).ether()), LinkAddress::ether({2, 0, 0, 0, 0, 2}));
  network_->advance(std::chrono::minutes{2});
  ASSERT_TRUE(mirror_->process());
  EXPECT_EQ(table_->lookup(eth_, numbered(2)).state(), NudState::kStale);
  ASSERT_TRUE(here_->remove({eth_, numbered(77)}));
  ASSERT_TRUE(mirror_->process());
  EXPECT_FALSE(table_->lookup(eth_, numbered(77)).found());
  expect_same();
  ASSERT_TRUE(here_->remove_interface(eth_));
  ASSERT_TRUE(mirror_->process());
  expect_same();
}

TEST_F(MirrorTest, AMissMakesTheTableResolve) {
  begin();
  auto reporter = mirror_->add_reporter();
  const Adjacency before = table_->lookup(eth_, numbered(2));
  ASSERT_TRUE(MirrorReporter::wants_report(before));
  EXPECT_FALSE(readable());
  EXPECT_TRUE(reporter->report(eth_, numbered(2)));
  EXPECT_TRUE(readable());
  ASSERT_TRUE(mirror_->process());
  network_->advance(milliseconds{10});
  ASSERT_TRUE(mirror_->process());
  EXPECT_TRUE(table_->lookup(eth_, numbered(2)).usable());
  EXPECT_EQ(mirror_->counters().touched, 1U);
  // Nobody there: found and not usable, then failed.
  EXPECT_TRUE(reporter->report(eth_, numbered(9)));
  ASSERT_TRUE(mirror_->process());
  ASSERT_TRUE(mirror_->process());
  const Adjacency asking = table_->lookup(eth_, numbered(9));
  EXPECT_TRUE(asking.found());
  EXPECT_FALSE(asking.usable());
  EXPECT_FALSE(MirrorReporter::wants_report(asking)) << "it is being resolved";
}

TEST_F(MirrorTest, UseKeepsStaleEntriesFresh) {
  begin();
  auto reporter = mirror_->add_reporter();
  ASSERT_TRUE(here_->resolve({eth_, numbered(2)}));
  network_->advance(std::chrono::minutes{2});
  ASSERT_TRUE(mirror_->process());
  const Adjacency stale = table_->lookup(eth_, numbered(2));
  ASSERT_EQ(stale.state(), NudState::kStale);
  ASSERT_TRUE(MirrorReporter::wants_report(stale));
  EXPECT_TRUE(reporter->report(eth_, numbered(2)));
  ASSERT_TRUE(mirror_->process());
  network_->advance(seconds{10});
  ASSERT_TRUE(mirror_->process());
  EXPECT_EQ(table_->lookup(eth_, numbered(2)).state(), NudState::kReachable);
}

TEST_F(MirrorTest, PermanentEntriesAreLeftAlone) {
  ASSERT_TRUE(here_->create(permanent(77)));
  begin();
  auto reporter = mirror_->add_reporter();
  EXPECT_TRUE(reporter->report(eth_, numbered(77)));
  ASSERT_TRUE(mirror_->process());
  EXPECT_EQ(mirror_->counters().reported, 1U);
  EXPECT_EQ(mirror_->counters().touched, 0U);
  expect_same();
}

TEST_F(MirrorTest, AFullTableIsCountedAndFilledWhenThereIsRoom) {
  for (std::uint8_t i = 20; i < 40; ++i) ASSERT_TRUE(here_->create(permanent(i)));
  begin({.pause = milliseconds{0}}, /*capacity=*/10, /*fits=*/false);
  EXPECT_EQ(mirror_->counters().refused, 10U);
  ASSERT_TRUE(mirror_->process());
  EXPECT_FALSE(mirror_->synced()) << "nothing made room";
  // Those that are in go: the others take their places, as they are by now.
  for (std::uint8_t i = 20; i < 40; ++i) {
    if (table_->lookup(eth_, numbered(i)).found()) {
      ASSERT_TRUE(here_->remove({eth_, numbered(i)}));
    } else {
      Neighbor changed = permanent(i);
      changed.link_address = LinkAddress::ether({2, 6, 6, 6, 6, i});
      ASSERT_TRUE(here_->set(changed));
    }
  }
  ASSERT_TRUE(mirror_->process());
  EXPECT_TRUE(mirror_->synced());
  expect_same();
  EXPECT_EQ(table_->counters().ipv4_entries, 10U);
}

TEST_F(MirrorTest, WhatWasRefusedAndGoesIsNotMissing) {
  for (std::uint8_t i = 20; i < 23; ++i) ASSERT_TRUE(here_->create(permanent(i)));
  begin({.pause = milliseconds{0}}, /*capacity=*/2, /*fits=*/false);
  for (std::uint8_t i = 20; i < 23; ++i) {
    if (!table_->lookup(eth_, numbered(i)).found()) {
      ASSERT_TRUE(here_->remove({eth_, numbered(i)}));
    }
  }
  ASSERT_TRUE(mirror_->process());
  EXPECT_TRUE(mirror_->synced());
  expect_same();
  // Nor does it come back when there is room.
  for (std::uint8_t i = 20; i < 23; ++i) (void)here_->remove({eth_, numbered(i)});
  ASSERT_TRUE(mirror_->process());
  EXPECT_EQ(table_->counters().ipv4_entries, 0U);
}

TEST_F(MirrorTest, AFamilyThatTheTableHasNotIsNotMissing) {
  ASSERT_TRUE(here_->create(permanent(77)));
  table_ = *AdjacencyTable::make({.ipv4_capacity = 0, .ipv6_capacity = 10});
  mirror_ = *AdjacencyMirror::make(*here_, *table_);
  ASSERT_TRUE(mirror_->process());
  EXPECT_TRUE(mirror_->synced());
  EXPECT_EQ(mirror_->counters().refused, 1U);
}

TEST_F(MirrorTest, ReportsAreBounded) {
  begin({.reports = 8, .pause = std::chrono::hours{1}});
  auto reporter = mirror_->add_reporter();
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(reporter->report(eth_, numbered(2)));
  EXPECT_FALSE(reporter->report(eth_, numbered(2)));
  EXPECT_EQ(mirror_->counters().lost, 1U);
  ASSERT_TRUE(mirror_->process());
  EXPECT_EQ(mirror_->counters().reported, 8U);
  EXPECT_EQ(mirror_->counters().touched, 1U) << "the others within the pause";
  EXPECT_TRUE(reporter->report(eth_, numbered(2)));
  ASSERT_TRUE(mirror_->process());
  EXPECT_EQ(mirror_->counters().touched, 1U);
  reporter.reset();
  ASSERT_TRUE(mirror_->process());
  EXPECT_EQ(mirror_->counters().lost, 1U) << "kept when the reporter goes";
}

TEST_F(MirrorTest, TouchesAreRateLimited) {
  begin({.touches = 10, .pause = milliseconds{0}});  // one at once, the next after a tenth of a second
  auto reporter = mirror_->add_reporter();
  for (std::uint8_t i = 100; i < 110; ++i) EXPECT_TRUE(reporter->report(eth_, numbered(i)));
  ASSERT_TRUE(mirror_->process());
  EXPECT_LE(mirror_->counters().reported, 1U);
  // What is left is neither lost nor forgotten: the descriptor tells when to go on.
  while (mirror_->counters().reported < 3) {
    pollfd waiting{mirror_->fd(), POLLIN, 0};
    ASSERT_EQ(::poll(&waiting, 1, 20'000), 1);
    ASSERT_TRUE(mirror_->process());
  }
}

TEST_F(MirrorTest, AReporterMayOutliveItsMirror) {
  begin();
  auto reporter = mirror_->add_reporter();
  mirror_.reset();
  EXPECT_TRUE(reporter->report(eth_, numbered(2)));
}

TEST_F(MirrorTest, RefusesOptionsThatCannotBe) {
  table_ = *AdjacencyTable::make();
  const auto expect = [&](const MirrorOptions& options, std::string_view field) {
    const auto made = AdjacencyMirror::make(*here_, *table_, options);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, Errc::kInvalidArgument);
    EXPECT_EQ(made.error().field, field);
  };
  expect({.reports = 0}, "reports");
  expect({.reports = (std::size_t{1} << 20U) + 1}, "reports");
  expect({.touches = 0}, "touches");
  expect({.pause = milliseconds{-1}}, "pause");
  expect({.filter = {.proxies = true}}, "filter.proxies");
}

TEST(ReportQueue, KeepsOrderAndCountsWhatItCannotTake) {
  mirror::ReportQueue queue(3);  // four
  NeighborKey key;
  EXPECT_FALSE(queue.pop(key));
  for (std::uint32_t round = 0; round < 10; ++round) {
    for (std::uint32_t i = 0; i < 4; ++i) EXPECT_TRUE(queue.push({.interface = InterfaceIndex{round * 4 + i}}));
    EXPECT_FALSE(queue.push({.interface = InterfaceIndex{99}}));
    EXPECT_EQ(queue.lost(), round + 1);
    for (std::uint32_t i = 0; i < 4; ++i) {
      ASSERT_TRUE(queue.pop(key));
      EXPECT_EQ(key.interface, InterfaceIndex{round * 4 + i});
    }
    EXPECT_TRUE(queue.empty());
  }
}

}  // namespace
}  // namespace neigh
