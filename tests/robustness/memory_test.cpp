// SPDX-License-Identifier: Apache-2.0
// Every allocation of every call fails once, in turn, and then all from it on: the C API answers "no memory", the C++
// API with an error or std::bad_alloc; nothing ends the process, no output is half written, no descriptor is left, and
// the next call works.
#include <gtest/gtest.h>

#include <functional>
#include <new>

#include "neigh/embedded.hpp"
#include "neigh/host.hpp"
#include "neigh/kernel.hpp"
#include "robustness/c_calls.hpp"
#include "robustness/embedded_pair.hpp"
#include "robustness/short_memory.hpp"
#include "support/cites.hpp"
#include "support/netns.hpp"
#include "support/process.hpp"

namespace neigh::test {
namespace {

constexpr std::size_t kMostAllocations = 20'000;

/// Both kinds of shortage at each allocation of `call`, which is begun anew by `begin` each time.
void at_each_allocation(const std::string& name, const std::function<void()>& begin,
                        const std::function<void()>& call_and_judge, const std::function<void()>& after) {
  std::size_t refusals = 0;
  for (const Shortage kind : {Shortage::kOnce, Shortage::kForGood}) {
    for (std::size_t nth = 0;; ++nth) {
      SCOPED_TRACE(name + ", allocation " + std::to_string(nth) + (kind == Shortage::kOnce ? "" : " and all after it"));
      ASSERT_LT(nth, kMostAllocations);
      begin();
      ShortMemory memory(nth, kind);
      call_and_judge();
      const bool refused = memory.end();
      after();
      if (::testing::Test::HasFailure()) return;
      if (!refused) break;
      ++refusals;
    }
  }
  std::printf("  %-28s %zu refused allocations survived\n", name.c_str(), refusals);
}

void c_api(const CCalls& calls) {
  for (const CCall& one : calls.all()) {  // the descriptors that are kept for the next call
    one.begin();
    EXPECT_EQ(one.call(), one.expected) << one.name;
    one.judge(one.expected);
  }
  const std::size_t descriptors = open_descriptors();
  for (const CCall& one : calls.all()) {
    DWORD code = 0;
    at_each_allocation(
        one.name, one.begin, [&] { code = one.call(); },
        [&] {
          EXPECT_TRUE(code == ERROR_NOT_ENOUGH_MEMORY || code == one.expected) << code;
          one.judge(code);
          one.begin();
          EXPECT_EQ(one.call(), one.expected) << "the next call";
          one.judge(one.expected);
        });
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_EQ(open_descriptors(), descriptors);
}

class KernelMemory : public TwoHosts {};

// The first call of a process opens the table: each n in a process of its own. First of all tests, since a child takes
// over what its parent has opened.
TEST_F(KernelMemory, TheFirstCallOfAProcess) {
  NEIGH_CITES("LIB-02", "LIB-32");
  bool ended = false;
  std::size_t refusals = 0;
  for (std::size_t nth = 0; nth < 500 && !ended; ++nth) {
    const int code = run_forked([&] {
      const CCalls calls(here().index, there().v4);
      const CCall& create = calls.all().front();
      {
        const StackScope prepared(std::shared_ptr<NeighborTable>(std::move(open_kernel_table()).value()));
        create.begin();
      }
      ShortMemory memory(nth, Shortage::kOnce);
      const DWORD first = create.call();
      if (!memory.end()) return first == NO_ERROR ? 2 : 1;
      EXPECT_TRUE(first == NO_ERROR || first == ERROR_NOT_ENOUGH_MEMORY) << first;
      create.begin();
      return create.call() == NO_ERROR ? 0 : 1;
    });
    ASSERT_TRUE(code == 0 || code == 2) << "allocation " << nth << ": " << code;
    ended = code == 2;
    refusals += code == 0 ? 1 : 0;
  }
  EXPECT_TRUE(ended);
  EXPECT_GT(refusals, 0U);
}

TEST_F(KernelMemory, EveryCallOfTheCApi) {
  NEIGH_CITES("LIB-02", "LIB-32", "T-04", "LIB-16");
  const CCalls calls(here().index, there().v4);
  c_api(calls);
}

TEST_F(KernelMemory, EveryCallOfTheCppApi) {
  auto opened = open_kernel_table();
  ASSERT_TRUE(opened);
  NeighborTable& table = **opened;
  const auto index = static_cast<InterfaceIndex>(here().index);
  const auto entry = [&](std::uint8_t last) {
    return Neighbor{.address = IpAddress::v4(192, 0, 2, last),
                    .interface = index,
                    .link_address = LinkAddress::ether({2, 0, 0, 0, 0, last})};
  };
  std::vector<Neighbor> many;
  for (std::uint8_t i = 100; i < 150; ++i) many.push_back(entry(i));
  const std::vector<NeighborKey> keys = {{index, IpAddress::parse(there().v4).value()},
                                         {index, IpAddress::v4(192, 0, 2, 1)}};
  std::unique_ptr<Watch> watch;
  struct Call {
    std::string name;
    std::function<std::optional<Error>()> call;
  };
  const auto error_of = [](auto result) -> std::optional<Error> {
    if (result) return std::nullopt;
    return std::move(result).error();
  };
  const std::vector<Call> all = {
      {"create", [&] { return error_of(table.create(entry(99))); }},
      {"set", [&] { return error_of(table.set(entry(98))); }},
      {"replace", [&] { return error_of(table.replace(entry(98))); }},
      {"get", [&] { return error_of(table.get(entry(98).key())); }},
      {"list", [&] { return error_of(table.list()); }},
      {"visit", [&] { return error_of(table.visit({}, [](const Neighbor&) {})); }},
      {"flush", [&] { return error_of(table.flush({.interface = index})); }},
      {"remove", [&] { return error_of(table.remove(entry(98).key())); }},
      {"apply", [&] { return error_of(table.apply(Operation::kReplace, many)); }},
      {"apply, all or nothing", [&] { return error_of(table.apply(Operation::kReplace, many, OnError::kRollBack)); }},
      {"resolve", [&] { return error_of(table.resolve(keys[0])); }},
      {"resolve_all",
       [&]() -> std::optional<Error> {
         for (auto& one : table.resolve_all(keys)) {
           if (!one) return one.error();
         }
         return std::nullopt;
       }},
      {"touch", [&] { return error_of(table.touch(keys)); }},
      {"interfaces", [&] { return error_of(table.interfaces()); }},
      {"find_interface", [&] { return error_of(table.find_interface(here().device)); }},
      {"own_addresses", [&] { return error_of(table.own_addresses(index)); }},
      {"limits", [&] { return error_of(table.limits()); }},
      {"links", [&] { return error_of(table.host()->links()); }},
      {"addresses", [&] { return error_of(table.host()->addresses(Family::kUnspecified)); }},
      {"routes", [&] { return error_of(table.host()->routes(Family::kUnspecified)); }},
      {"watch", [&] { return error_of(table.watch()); }},
      {"process", [&] { return error_of(watch->process([](const WatchEvent&) {})); }},
  };
  const std::size_t descriptors = open_descriptors();
  for (const Call& one : all) {
    const auto begin = [&] {
      (void)table.remove(entry(99).key());
      (void)table.replace(entry(98));
      if (one.name == "process") {
        auto made = table.watch();
        ASSERT_TRUE(made);
        watch = std::move(*made);
      }
    };
    bool thrown = false;
    std::optional<Error> error;
    at_each_allocation(
        one.name, begin,
        [&] {
          thrown = false;
          error.reset();
          try {
            error = one.call();
          } catch (const std::bad_alloc&) {
            thrown = true;
          }
        },
        [&] {
          EXPECT_TRUE(!error || error->code == Errc::kNoMemory) << error->message();
          if (one.name != "process") begin();
          // The watch that had no memory goes on, and ends with the true state.
          const auto again = one.call();
          EXPECT_FALSE(again) << again->message();
          if (one.name == "process") {
            std::size_t mirrored = 0;
            watch->visit_mirror([&](const Neighbor&) { ++mirrored; });
            EXPECT_EQ(mirrored, table.list()->size());
          }
        });
    watch.reset();
    if (HasFailure()) return;
  }
  EXPECT_EQ(open_descriptors(), descriptors);
}

TEST(EmbeddedMemory, EveryCallOfTheCApi) {
  NEIGH_CITES("LIB-02", "LIB-32");
  const EmbeddedPair pair(1);
  const StackScope scope(pair.stack);
  const CCalls calls(2, "192.0.2.2");
  c_api(calls);
}

// The stack's own thread has no memory: the caller is told, and the thread goes on.
TEST_F(KernelMemory, AnywhereInARealTimeStack) {
  EmbeddedInterface eth{.link = EmbeddedLink::kDevice,
                        .device = here().device,
                        .link_address = LinkAddress::ether({2, 0, 0, 0, 0, 0x42}),
                        .addresses = {{.address = IpAddress::v4(192, 0, 2, 66), .prefix_length = 24}}};
  auto opened = open_embedded_stack({.interfaces = {eth}});
  ASSERT_TRUE(opened) << opened.error().message();
  EmbeddedStack& stack = **opened;
  const Neighbor entry{.address = IpAddress::v4(192, 0, 2, 50),
                       .interface = stack.interfaces().value()[0].index,
                       .link_address = LinkAddress::ether({2, 0, 0, 0, 0, 9})};
  std::size_t told = 0;
  bool refused = true;
  for (std::size_t nth = 0; refused; ++nth) {
    ASSERT_LT(nth, 1'000U);
    ShortMemory memory(nth, Shortage::kAnywhere);
    try {
      (void)stack.create(entry);
      (void)stack.list();
      (void)stack.remove(entry.key());
    } catch (const std::bad_alloc&) {
      ++told;
    }
    refused = memory.end();
    (void)stack.remove(entry.key());
    ASSERT_TRUE(stack.create(entry)) << "allocation " << nth;
    ASSERT_EQ(stack.list()->size(), 1U);
    ASSERT_TRUE(stack.remove(entry.key()));
  }
  EXPECT_GT(told, 0U);
}

}  // namespace
}  // namespace neigh::test
