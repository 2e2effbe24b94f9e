// SPDX-License-Identifier: Apache-2.0
#include "neigh/result.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <type_traits>
#include <vector>

namespace neigh {
namespace {

Result<std::vector<std::string>> three() {
  return std::vector<std::string>{"long enough to be on the heap: one", "long enough to be on the heap: two", "three"};
}

// What an expiring Result held is handed out by value: a reference into it would dangle in a range-for.
static_assert(std::is_same_v<decltype(*three()), std::vector<std::string>>);
static_assert(std::is_same_v<decltype(three().value()), std::vector<std::string>>);

TEST(ResultTest, AnExpiringOneMayBeIteratedOver) {
  std::string all;
  for (const std::string& text : *three()) all += text.back();
  for (const std::string& text : three().value()) all += text.back();
  EXPECT_EQ(all, "eoeeoe");
}

TEST(ResultTest, ALivingOneHandsOutReferences) {
  auto held = three();
  held->push_back("four");
  (*held)[0] = "zero";
  EXPECT_EQ(held.value().size(), 4U);
  const auto& same = held;
  EXPECT_EQ(&*same, &same.value());
  EXPECT_EQ(same->front(), "zero");
}

TEST(ResultDeathTest, MisuseEndsTheProgramAndTellsWhy) {
  const Result<int> failed = Error{.code = Errc::kNotFound, .field = "address"};
  const Result<int> good = 7;
  EXPECT_DEATH((void)failed.value(), "value of a failed result.*not found: address");
  EXPECT_DEATH((void)*failed, "value of a failed result");
  EXPECT_DEATH((void)good.error(), "error of a good result");
  EXPECT_DEATH((void)Result<void>().error(), "error of a good result");
}

TEST(ResultTest, WhatCannotBeCopiedIsMovedOut) {
  Result<std::unique_ptr<int>> held = std::make_unique<int>(7);
  const std::unique_ptr<int> mine = *std::move(held);
  EXPECT_EQ(*mine, 7);
}

TEST(ErrorMessage, SaysThatNobodyAnsweredOnlyIfThatIsAll) {
  EXPECT_EQ((Error{.code = Errc::kUnreachable}.message()), "nobody answered");
  EXPECT_EQ((Error{.code = Errc::kUnreachable, .detail = "no route"}.message()), "unreachable: no route");
  EXPECT_EQ((Error{.code = Errc::kUnreachable, .field = "interface", .detail = "eth0 is down"}.message()),
            "unreachable: interface: eth0 is down");
}

}  // namespace
}  // namespace neigh
