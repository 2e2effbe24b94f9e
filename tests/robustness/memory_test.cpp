// SPDX-License-Identifier: Apache-2.0
// Every allocation of every call fails once, in turn, and then all from it on: the C API answers "no memory", the C++
// API with an error or std::bad_alloc; nothing ends the process, no output is half written, no descriptor is left, and
// the next call works.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <initializer_list>
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

/// Each kind of shortage at each allocation of `call`, which is begun anew by `begin` each time.
void at_each_allocation(const std::string& name, const std::function<void()>& begin,
                        const std::function<void()>& call_and_judge, const std::function<void()>& after,
                        std::initializer_list<Shortage> kinds = {Shortage::kOnce, Shortage::kForGood}) {
  std::size_t refusals = 0;
  for (const Shortage kind : kinds) {
    for (std::size_t nth = 0;; ++nth) {
      SCOPED_TRACE(name + ", allocation " + std::to_string(nth) +
                   (kind == Shortage::kForGood ? " and all after it" : ""));
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

/// More calls than it takes until a socket is kept that tells of changed links.
constexpr int kOften = 20;

void c_api(const CCalls& calls) {
  const auto kept = [&] {  // the descriptors that are kept for the next call
    for (int i = 0; i < kOften; ++i) {
      calls.all().front().begin();
      EXPECT_EQ(calls.all().front().call(), calls.all().front().expected);
    }
    return open_descriptors();
  };
  for (const CCall& one : calls.all()) {
    one.begin();
    EXPECT_EQ(one.call(), one.expected) << one.name;
    one.judge(one.expected);
  }
  const std::size_t descriptors = kept();
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
  EXPECT_EQ(kept(), descriptors);
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

// The call that opens the socket for changed links, and the ones before and after it.
TEST_F(KernelMemory, CallsThatComeToKnowTheirInterface) {
  NEIGH_CITES("LIB-02", "LIB-32");
  const CCalls calls(here().index, there().v4);
  const CCall& create = calls.all().front();
  const InterfaceLuid luid = open_kernel_table().value()->find_interface(here().device)->luid();
  int told = 0;
  int mtu = 1300;
  for (int before = 0; before < kOften; ++before) {
    at_each_allocation(
        "CreateIpNetEntry2, " + std::to_string(before) + " before",
        [&] {
          // A change of a link: nothing is known any more.
          must_run("ip link set " + here().device + " mtu " + std::to_string(++mtu));
          create.begin();
          for (int i = 0; i < before; ++i) {
            MIB_IPNET_ROW2 row{};
            row.Address.si_family = AF_INET;
            row.InterfaceLuid.Value = luid.value();
            EXPECT_EQ(GetIpNetEntry2(&row), static_cast<DWORD>(ERROR_NOT_FOUND));
          }
        },
        [&] {
          const DWORD code = create.call();
          EXPECT_TRUE(code == ERROR_NOT_ENOUGH_MEMORY || code == create.expected) << code;
          told += code == ERROR_NOT_ENOUGH_MEMORY ? 1 : 0;
          create.judge(code);
        },
        [&] {
          create.begin();
          EXPECT_EQ(create.call(), create.expected) << "the next call";
        });
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GT(told, 1) << "no call opened the socket";
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
            // The kernel tells nobody of the NOARP entries that it makes (multicast groups).
            const auto told = [](const Neighbor& row) { return row.state != NudState::kNoArp; };
            std::ptrdiff_t mirrored = 0;
            watch->visit_mirror([&](const Neighbor& row) { mirrored += told(row) ? 1 : 0; });
            const auto listed = table.list().value();
            EXPECT_EQ(mirrored, std::count_if(listed.begin(), listed.end(), told));
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

// The caller or the stack's own thread has no memory: the caller is told, the thread goes on, and nothing is left
// behind that either of them would use later.
TEST_F(KernelMemory, AnywhereInARealTimeStack) {
  NEIGH_CITES("LIB-32");
  const auto device = [&](std::uint8_t last) {
    return EmbeddedInterface{.index = InterfaceIndex{last},
                             .link = EmbeddedLink::kDevice,
                             .device = here().device,
                             .link_address = LinkAddress::ether({2, 0, 0, 0, 0, last}),
                             .addresses = {{.address = IpAddress::v4(192, 0, 2, last), .prefix_length = 24}},
                             .settings = {.retrans_timer = std::chrono::milliseconds{20}}};
  };
  constexpr InterfaceIndex kFirst{66};
  constexpr InterfaceIndex kSecond{67};
  const std::size_t nothing_open = open_descriptors();
  auto opened = open_embedded_stack({.interfaces = {device(66)}});
  ASSERT_TRUE(opened) << opened.error().message();
  EmbeddedStack& stack = **opened;
  const auto entry = [&](std::uint8_t last) {
    return Neighbor{.address = IpAddress::v4(192, 0, 2, last),
                    .interface = kFirst,
                    .link_address = LinkAddress::ether({2, 0, 0, 0, 0, last})};
  };
  const NeighborKey peer{kFirst, IpAddress::parse(there().v4).value()};
  const auto mirrored = [](const Watch& watch) {
    std::vector<NeighborKey> keys;
    watch.visit_mirror([&](const Neighbor& neighbor) { keys.push_back(neighbor.key()); });
    return keys.size();
  };
  std::unique_ptr<Watch> watch;
  std::shared_ptr<EmbeddedStack> other;
  struct Call {
    std::string name;
    std::function<bool()> call;            ///< Whether it was done.
    std::function<void()> before = [] {};  ///< With memory.
    std::function<void()> undo = [] {};    ///< With memory; the call is then done once more, and undone.
    std::function<void()> judge = [] {};   ///< After the call that had memory.
  };
  const auto nothing = [](const WatchEvent&) {};
  const auto open_watch = [&] {
    watch = stack.watch().value();
    ASSERT_TRUE(watch->process(nothing));
  };
  const std::vector<Call> all = {
      {"create", [&] { return stack.create(entry(50)).has_value(); }, {}, [&] { (void)stack.remove(entry(50).key()); }},
      {"list", [&] { return stack.list().has_value(); }},
      {"remove", [&] { return stack.remove(entry(50).key()).has_value(); }, {}, [&] { (void)stack.create(entry(50)); }},
      {"resolve", [&] { return stack.resolve(peer, {.ask_again = true}).has_value(); }},
      {"ask",
       [&] {
         const auto answers = stack.ask(peer, {.attempts = 2, .interval = std::chrono::milliseconds{30}});
         return answers && !answers->empty();
       }},
      {"ask nobody",
       [&] {
         return stack
             .ask({kFirst, IpAddress::v4(192, 0, 2, 99)}, {.attempts = 1, .interval = std::chrono::milliseconds{2}})
             .has_value();
       }},
      {"watch",
       [&] {
         auto made = stack.watch();
         if (made) watch = *std::move(made);
         return made.has_value();
       },
       {},
       [&] { watch.reset(); }},
      {"the end of a watch",
       [&] {
         watch.reset();
         return true;
       },
       open_watch, open_watch},
      {"request_resync",
       [&] {
         watch->request_resync();
         return true;
       },
       open_watch,
       {},
       [&] { EXPECT_TRUE(watch->wait(std::chrono::milliseconds{0}).value()); }},
      {"process", [&] { return watch->process(nothing).has_value(); }, open_watch,
       [&] {
         (void)stack.remove(entry(51).key());
         (void)stack.create(entry(51));
       },
       [&] { EXPECT_EQ(mirrored(*watch), stack.list()->size()); }},
      {"a change that is watched", [&] { return stack.create(entry(52)).has_value(); }, open_watch,
       [&] { (void)stack.remove(entry(52).key()); },
       [&] {
         ASSERT_TRUE(watch->process(nothing));
         EXPECT_EQ(mirrored(*watch), stack.list()->size());
       }},
      {"add_interface", [&] { return stack.add_interface(device(67)).has_value(); }, [&] { watch.reset(); },
       [&] { (void)stack.remove_interface(kSecond); }},
      {"remove_interface",
       [&] { return stack.remove_interface(kSecond).has_value(); },
       {},
       [&] { (void)stack.add_interface(device(67)); }},
      {"open",
       [&] {
         auto made = open_embedded_stack({.interfaces = {device(68)}});
         if (made) other = *std::move(made);
         return made.has_value();
       },
       [&] { (void)stack.remove_interface(kSecond); }, [&] { other.reset(); }},
      {"close",
       [&] {
         other.reset();
         return true;
       },
       {},
       [&] { other = open_embedded_stack({.interfaces = {device(68)}}).value(); }},
  };
  for (const Call& one : all) {
    const auto call = [](const std::function<void()>& function) {
      if (function) function();
    };
    call(one.before);
    call(one.undo);
    const std::size_t descriptors = open_descriptors();
    at_each_allocation(
        one.name, [] {},
        [&] {
          try {
            (void)one.call();
          } catch (const std::bad_alloc&) {
          }
        },
        [&] {
          call(one.undo);
          EXPECT_TRUE(one.call());
          call(one.judge);
          call(one.undo);
          EXPECT_EQ(open_descriptors(), descriptors);
        },
        {Shortage::kAnywhere});
    if (HasFailure()) return;
  }
  watch.reset();
  other.reset();
  EXPECT_EQ(stack.interfaces()->size(), 1U);
  EXPECT_TRUE(stack.resolve(peer, {.ask_again = true}));
  opened->reset();
  EXPECT_EQ(open_descriptors(), nothing_open);
}

}  // namespace
}  // namespace neigh::test
