// SPDX-License-Identifier: Apache-2.0
#include "base/arguments.hpp"

#include <gtest/gtest.h>

namespace neigh {
namespace {

using std::chrono::milliseconds;

TEST(Repetition, HasOneRangeInBothHomes) {
  for (const milliseconds good : {milliseconds{1}, milliseconds{1'000}, milliseconds{60'000}}) {
    EXPECT_TRUE(check_repetition(1, "count", good)) << good.count();
    EXPECT_TRUE(check_repetition(100, "count", good)) << good.count();
  }
  for (const milliseconds bad :
       {milliseconds::min(), milliseconds{-1}, milliseconds{0}, milliseconds{60'001}, milliseconds::max()}) {
    const auto fit = check_repetition(1, "count", bad);
    ASSERT_FALSE(fit) << bad.count();
    EXPECT_EQ(fit.error().code, Errc::kInvalidArgument);
    EXPECT_EQ(fit.error().field, "interval");
  }
  for (const std::uint32_t bad : {0U, 101U, 0xffffffffU}) {
    const auto fit = check_repetition(bad, "attempts", milliseconds{1});
    ASSERT_FALSE(fit) << bad;
    EXPECT_EQ(fit.error().code, Errc::kInvalidArgument);
    EXPECT_EQ(fit.error().field, "attempts");
  }
}

}  // namespace
}  // namespace neigh
