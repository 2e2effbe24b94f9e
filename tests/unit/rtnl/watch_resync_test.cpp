// SPDX-License-Identifier: Apache-2.0
// What a watch makes of dumps that leave out rows, which no kernel can be made to send when a test wants it.
#include <gtest/gtest.h>

#include <map>
#include <mutex>

#include "rtnl/kernel_table.hpp"
#include "support/cites.hpp"
#include "unit/rtnl/scripted_kernel.hpp"

namespace neigh::rtnl {
namespace {

using test::Answers;
using test::operator+;
using test::Fault;
using test::KernelModel;
using test::ScriptedKernel;
using Kind = WatchEvent::Kind;
using Requests = std::vector<test::Request>;

Neighbor entry(std::uint8_t last) {
  return {.address = IpAddress::v4(192, 0, 2, last),
          .interface = InterfaceIndex{KernelModel::kEthernet},
          .link_address = LinkAddress::ether({2, 0, 0, 0, 0, last})};
}

bool is_dump(const Requests& requests) {
  return requests[0].type == RTM_GETNEIGH && (requests[0].flags & NLM_F_DUMP) == NLM_F_DUMP;
}

class WatchResync : public ::testing::Test {
  using LeftOut = std::map<std::size_t, std::size_t>;
  using Interference = std::function<Answers(const Requests&, Answers)>;
  std::mutex mutex_;  // of what the kernel's thread looks at
  LeftOut left_out_;
  Interference interference_;
  std::size_t dumps_ = 0;

 protected:
  /// Which row (from 0, in order of address) the n-th dump from now on (from 0) leaves out.
  void leave_out(LeftOut rows) {
    const std::lock_guard lock(mutex_);
    left_out_ = std::move(rows);
    dumps_ = 0;
  }
  void interfere(Interference interference) {
    const std::lock_guard lock(mutex_);
    interference_ = std::move(interference);
  }
  std::size_t dumps() {
    const std::lock_guard lock(mutex_);
    return dumps_;
  }

  ScriptedKernel kernel_;
  std::unique_ptr<Watch> watch_;
  std::vector<std::pair<Kind, std::uint8_t>> events_;

  void SetUp() override {
    kernel_.with_model([](KernelModel& model) {
      model.rows_per_datagram = 1;
      for (std::uint8_t i = 1; i <= 10; ++i) model.table()[entry(i).key()] = entry(i);
    });
    // Every channel, also one that replaces a broken one, has the fault.
    auto pool = std::make_shared<ChannelPool>(NamespaceBinding::kOpener, [this]() -> Result<Channel> {
      return kernel_.open([this](std::size_t, const Requests& requests, Answers answers) {
        return on_the_way(requests, std::move(answers));
      });
    });
    // Notifications come from the kernel, which has no such interface and is silent.
    auto opened = open_watch(pool, {.interface = InterfaceIndex{KernelModel::kEthernet}});
    ASSERT_TRUE(opened) << opened.error().message();
    watch_ = std::move(*opened);
  }
  void TearDown() override { watch_.reset(); }

  Answers on_the_way(const Requests& requests, Answers answers) {
    const std::lock_guard lock(mutex_);
    if (is_dump(requests)) {
      if (const auto row = left_out_.find(dumps_++); row != left_out_.end()) {
        answers.erase(answers.begin() + static_cast<std::ptrdiff_t>(row->second));
      }
    }
    return interference_ ? interference_(requests, std::move(answers)) : answers;
  }

  Result<std::size_t> process() {
    events_.clear();
    return watch_->process([this](const WatchEvent& event) {
      const auto bytes = event.neighbor.address.bytes();
      events_.emplace_back(event.kind, bytes.empty() ? std::uint8_t{0} : bytes[3]);
    });
  }
  std::size_t mirrored() const {
    std::size_t count = 0;
    watch_->visit_mirror([&](const Neighbor&) { ++count; });
    return count;
  }
  void sync() {
    ASSERT_TRUE(process());
    ASSERT_EQ(mirrored(), 10U);
    leave_out({});
  }
};

TEST_F(WatchResync, WhatTheFirstPassLeavesOutIsTold) {
  NEIGH_CITES("RTN-088");
  leave_out({{0, 4}});
  ASSERT_TRUE(process());
  EXPECT_EQ(mirrored(), 10U);
  EXPECT_EQ(events_.size(), 11U);
  EXPECT_EQ(events_[9], (std::pair{Kind::kAdded, std::uint8_t{5}})) << "by the second pass";
  EXPECT_EQ(events_.back().first, Kind::kSynced);
  EXPECT_EQ(dumps(), 3U) << "the third told nothing new";
}

TEST_F(WatchResync, TwoPassesAreEnoughWhereNothingIsLeftOut) {
  ASSERT_TRUE(process());
  EXPECT_EQ(dumps(), 2U);
}

TEST_F(WatchResync, WhatAllPassesLeaveOutIsAskedForAndStays) {
  NEIGH_CITES("RTN-088", "RTN-107");
  sync();
  leave_out({{0, 4}, {1, 4}, {2, 4}});
  watch_->request_resync();
  ASSERT_TRUE(process());
  EXPECT_EQ(events_, (std::vector<std::pair<Kind, std::uint8_t>>{{Kind::kGapBegan, 0}, {Kind::kGapHealed, 0}}));
  EXPECT_EQ(mirrored(), 10U);
}

TEST_F(WatchResync, WhatIsGoneIsToldAsGone) {
  sync();
  kernel_.with_model([](KernelModel& model) {
    model.table().erase(entry(5).key());
    model.table()[entry(7).key()].link_address = LinkAddress::ether({9, 9, 9, 9, 9, 9});
    model.table()[entry(77).key()] = entry(77);
  });
  watch_->request_resync();
  ASSERT_TRUE(process());
  EXPECT_EQ(
      events_,
      (std::vector<std::pair<Kind, std::uint8_t>>{
          {Kind::kGapBegan, 0}, {Kind::kChanged, 7}, {Kind::kAdded, 77}, {Kind::kRemoved, 5}, {Kind::kGapHealed, 0}}));
}

TEST_F(WatchResync, AFailureIsAnErrorAndTheNextCallGoesOn) {
  sync();
  kernel_.with_model([](KernelModel& model) { model.table().erase(entry(5).key()); });
  // First the dump fails, then the question for what it did not tell.
  for (const bool in_dump : {true, false}) {
    watch_->request_resync();
    interfere([in_dump](const Requests& requests, Answers answers) {
      return is_dump(requests) == in_dump ? Answers{test::Bytes(8, 0xff)} : answers;
    });
    const auto failed = process();
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, Errc::kMalformed);
    EXPECT_TRUE(watch_->wait(std::chrono::milliseconds(0)).value()) << "there is something left to do";
    EXPECT_EQ(mirrored(), 10U);
    if (in_dump) {
      EXPECT_EQ(events_.size(), 1U) << "the gap has begun";
    }
  }
  interfere({});
  ASSERT_TRUE(process());
  EXPECT_EQ(events_, (std::vector<std::pair<Kind, std::uint8_t>>{{Kind::kRemoved, 5}, {Kind::kGapHealed, 0}}))
      << "the gap is told once";
  EXPECT_EQ(mirrored(), 9U);
}

// The caller's loop gets its turn, however much is lost.
TEST_F(WatchResync, OneCallReadsTheTableAnewOnce) {
  const auto again = [this](const WatchEvent& event) {
    // As if the last notifications had been lost.
    if (event.kind == Kind::kSynced || event.kind == Kind::kGapHealed) watch_->request_resync();
  };
  for (int call = 0; call < 3; ++call) {
    leave_out({});
    ASSERT_TRUE(watch_->process(again));
    EXPECT_EQ(dumps(), 2U) << "passes";
    EXPECT_TRUE(watch_->wait(std::chrono::milliseconds(0)).value()) << "the next call goes on";
  }
  ASSERT_TRUE(process());
  EXPECT_FALSE(watch_->wait(std::chrono::milliseconds(0)).value());
}

TEST_F(WatchResync, ADumpThatIsRefusedTakesNothingAway) {
  NEIGH_CITES("RTN-082");
  sync();
  interfere([](const Requests& requests, const Answers&) {
    return Answers{test::message({.type = NLMSG_DONE, .flags = NLM_F_MULTI, .sequence = requests[0].sequence},
                                 test::raw(std::int32_t{-EIO}))};
  });
  watch_->request_resync();
  const auto refused = process();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().sys_errno, EIO);
  EXPECT_EQ(mirrored(), 10U);
}

TEST_F(WatchResync, AQuestionThatIsRefusedTakesNothingAway) {
  sync();
  leave_out({{0, 4}, {1, 4}, {2, 4}});
  interfere([](const Requests& requests, Answers answers) {
    if (is_dump(requests) || requests[0].type != RTM_GETNEIGH) return answers;
    const auto verdict = test::raw(std::int32_t{-ENOMEM}) + test::raw(nlmsghdr{});
    return Answers{test::message({.type = NLMSG_ERROR, .sequence = requests[0].sequence}, verdict)};
  });
  watch_->request_resync();
  EXPECT_EQ(process().error().code, Errc::kNoMemory);
  EXPECT_EQ(mirrored(), 10U);
  const auto silent = [](const WatchEvent& event) { ADD_FAILURE() << static_cast<int>(event.kind); };
  EXPECT_EQ(watch_->look(entry(5).key(), silent).error().code, Errc::kNoMemory);
  EXPECT_EQ(mirrored(), 10U);
  interfere({});
  ASSERT_TRUE(process());
  EXPECT_EQ(events_, (std::vector<std::pair<Kind, std::uint8_t>>{{Kind::kGapHealed, 0}}));
  EXPECT_EQ(mirrored(), 10U);
}

}  // namespace
}  // namespace neigh::rtnl
