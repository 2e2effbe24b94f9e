// SPDX-License-Identifier: Apache-2.0
#include "neigh/function_ref.hpp"

#include <gtest/gtest.h>

namespace neigh {
namespace {

int twice(int value) { return 2 * value; }
struct Adder {
  int by;
  int operator()(int value) const { return value + by; }
};
int of_seven(FunctionRef<int(int)> call) { return call(7); }

TEST(FunctionRefTest, RefersToWhateverCanBeCalled) {
  const Adder adder{3};
  int calls = 0;
  int (*const pointer)(int) = twice;
  EXPECT_EQ(of_seven(twice), 14);
  EXPECT_EQ(of_seven(&twice), 14);
  EXPECT_EQ(of_seven(pointer), 14);
  EXPECT_EQ(of_seven(adder), 10);
  EXPECT_EQ(of_seven([&calls](int value) { return value + ++calls; }), 8);
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace neigh
