// SPDX-License-Identifier: Apache-2.0
// Which table the C API works on. Each test of the environment runs in a child, since it is read once.
#include "neigh/current_stack.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include "neigh/kernel.hpp"
#include "support/cites.hpp"
#include "support/process.hpp"

namespace neigh {
namespace {

std::shared_ptr<NeighborTable> open_table() { return *open_kernel_table(); }

NeighborTable* current() {
  const auto table = current_stack();
  EXPECT_TRUE(table);
  return table ? table->get() : nullptr;
}

/// The error of current_stack() with NEIGH_STACK=`value` in a fresh process's memory: 0 none, else its code.
int code_with_environment(const char* value) {
  return test::run_forked([value] {
    ::setenv("NEIGH_STACK", value, 1);
    const auto table = current_stack();
    if (table) return 0;
    if (table.error().field != "NEIGH_STACK") return 100;
    return static_cast<int>(table.error().code);
  });
}

// The first test, before the parent has asked: its answer would be its children's.
TEST(StackEnvironment, NamesTheKernelTheEmbeddedOneOrAnError) {
  NEIGH_CITES("LIB-31");
  EXPECT_EQ(code_with_environment("kernel"), 0);
  EXPECT_EQ(code_with_environment(""), 0);
  EXPECT_EQ(code_with_environment("Kernel"), static_cast<int>(Errc::kNotSupported));
  EXPECT_EQ(code_with_environment("no-such-stack"), static_cast<int>(Errc::kNotSupported));
}

class CurrentStack : public ::testing::Test {
 protected:
  void TearDown() override { set_current_stack(nullptr); }
};

TEST_F(CurrentStack, IsOneKernelTableUnlessSomebodyChooses) {
  NEIGH_CITES("LIB-31");
  NeighborTable* standard = current();
  ASSERT_NE(standard, nullptr);
  EXPECT_EQ(current(), standard);
  EXPECT_TRUE(standard->interfaces());
  NeighborTable* seen = nullptr;
  std::thread([&] { seen = current(); }).join();
  EXPECT_EQ(seen, standard);
}

TEST_F(CurrentStack, TheProcesssChoiceIsForAllThreadsAndCanBeTakenBack) {
  NeighborTable* standard = current();
  const auto chosen = open_table();
  set_current_stack(chosen);
  EXPECT_EQ(current(), chosen.get());
  std::thread([&] { EXPECT_EQ(current(), chosen.get()); }).join();
  set_current_stack(nullptr);
  EXPECT_EQ(current(), standard);
}

TEST_F(CurrentStack, ScopesAreOfTheThreadAndNest) {
  const auto process = open_table();
  const auto outer = open_table();
  const auto inner = open_table();
  set_current_stack(process);
  {
    const StackScope first(outer);
    EXPECT_EQ(current(), outer.get());
    {
      const StackScope second(inner);
      EXPECT_EQ(current(), inner.get());
      std::thread([&] { EXPECT_EQ(current(), process.get()) << "another thread is in no scope"; }).join();
    }
    EXPECT_EQ(current(), outer.get());
    set_current_stack(nullptr);
    EXPECT_EQ(current(), outer.get()) << "a scope goes before the process's choice";
  }
  EXPECT_NE(current(), process.get());
}

TEST_F(CurrentStack, AScopeOfNothingIsNoScope) {
  const auto process = open_table();
  set_current_stack(process);
  const StackScope nothing(nullptr);
  EXPECT_EQ(current(), process.get());
}

TEST_F(CurrentStack, ATableLivesAsLongAsACallOnIt) {
  auto chosen = open_table();
  std::weak_ptr<NeighborTable> watched = chosen;
  set_current_stack(std::move(chosen));
  {
    const auto in_use = current_stack();
    set_current_stack(nullptr);
    EXPECT_FALSE(watched.expired());
    EXPECT_TRUE((*in_use)->interfaces());
  }
  EXPECT_TRUE(watched.expired()) << "and no longer";
}

// A table whose end asks for the current stack must not meet a lock.
class AsksAtItsEnd {
 public:
  explicit AsksAtItsEnd(std::shared_ptr<NeighborTable> inner) : inner_(std::move(inner)) {}
  ~AsksAtItsEnd() { (void)current_stack(); }
  NeighborTable* table() { return inner_.get(); }

 private:
  std::shared_ptr<NeighborTable> inner_;
};

TEST_F(CurrentStack, TheOldTableDiesOutsideTheLock) {
  auto holder = std::make_shared<AsksAtItsEnd>(open_table());
  set_current_stack(std::shared_ptr<NeighborTable>(holder, holder->table()));
  holder.reset();
  set_current_stack(nullptr);
  EXPECT_TRUE(current_stack());
}

TEST_F(CurrentStack, ManyThreadsChangeItAndUseIt) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([t] {
      const auto own = open_table();
      for (int i = 0; i < 200; ++i) {
        if (t % 2 == 0) set_current_stack(i % 3 == 0 ? nullptr : own);
        const auto table = current_stack();
        if (table) {
          EXPECT_NE(table->get(), nullptr);
        }
        const StackScope scope(own);
        EXPECT_EQ(current(), own.get());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(CurrentStack, ScopesMayEndInAnyOrder) {
  NeighborTable* standard = current();
  const auto one = open_table();
  const auto two = open_table();
  auto outer = std::make_unique<StackScope>(one);
  auto inner = std::make_unique<StackScope>(two);
  EXPECT_EQ(current(), two.get());
  outer.reset();
  EXPECT_EQ(current(), two.get()) << "the one made last counts";
  EXPECT_EQ(one.use_count(), 1);
  inner.reset();
  EXPECT_EQ(current(), standard);
}

TEST_F(CurrentStack, AScopeMayEndOnAnotherThread) {
  NeighborTable* standard = current();
  const auto one = open_table();
  const auto two = open_table();
  auto outer = std::make_unique<StackScope>(one);
  auto inner = std::make_unique<StackScope>(two);
  std::thread([&] {
    inner.reset();
    EXPECT_EQ(current(), standard) << "the scopes are another thread's";
  }).join();
  EXPECT_EQ(current(), one.get());
  EXPECT_EQ(two.use_count(), 1) << "and nothing is left of it";
  std::thread([&] { outer.reset(); }).join();
  EXPECT_EQ(current(), standard);
  EXPECT_EQ(one.use_count(), 1);
}

}  // namespace
}  // namespace neigh
