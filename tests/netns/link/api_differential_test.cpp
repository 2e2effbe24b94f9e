// SPDX-License-Identifier: Apache-2.0
// The same calls to the kernel's table and to a stack with the preset `linux`, from the same entry: the answer and the
// entry afterwards are the same but for the differences listed here and in docs/differences.md.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "neigh/embedded.hpp"
#include "neigh/kernel.hpp"
#include "support/cites.hpp"
#include "support/frames.hpp"
#include "support/netns.hpp"
#include "support/process.hpp"
#include "support/wait.hpp"

namespace neigh {
namespace {

using std::chrono::milliseconds;

constexpr LinkAddress kOwn = LinkAddress::ether({2, 0, 0, 0, 0, 2});
constexpr LinkAddress kOld = LinkAddress::ether({2, 0, 0, 0, 0, 9});
constexpr LinkAddress kNew = LinkAddress::ether({2, 0, 0, 0, 0, 0x66});
constexpr const char* kDevice = "tap-dut";

IpAddress ip(std::string_view text) { return *IpAddress::parse(text); }

/// What a caller gets and sees, as text.
std::string code_of(const Error& error) { return std::string(to_string(error.code)); }
template <class T>
std::string code_of(const Result<T>& result) {
  return result ? "ok" : code_of(result.error());
}
std::string text_of(const Neighbor& entry) {
  std::string text = std::string(to_string(entry.state)) + " " + entry.link_address.to_string();
  for (const NeighborFlag flag : kAllNeighborFlags) {
    if (entry.flags.has(flag)) text += " " + std::string(to_string(flag));
  }
  if (entry.protocol != 0) text += " protocol " + std::to_string(entry.protocol);
  return text;
}
std::string text_of(const Result<Neighbor>& entry) { return entry ? text_of(*entry) : code_of(entry.error()); }

/// One of the two homes: an Ethernet interface where nobody answers and timers stand still.
struct Side {
  NeighborTable* table = nullptr;
  InterfaceIndex interface = InterfaceIndex::kNone;

  [[nodiscard]] Neighbor of(Neighbor neighbor) const {
    neighbor.interface = interface;
    return neighbor;
  }
  [[nodiscard]] NeighborKey key(const IpAddress& address, bool proxy = false) const {
    return {interface, address, proxy};
  }
};

struct Call {
  std::string name;
  std::function<std::string(const Side&)> run;
};

std::vector<Call> calls_on(const IpAddress& address) {
  std::vector<Call> all;
  const auto write = [&](Operation operation, const std::string& name, const Neighbor& neighbor) {
    all.push_back({std::string(to_string(operation)) + " " + name, [=](const Side& side) {
                     const Neighbor there = side.of(neighbor);
                     return code_of(operation == Operation::kCreate ? side.table->create(there)
                                    : operation == Operation::kSet  ? side.table->set(there)
                                                                    : side.table->replace(there));
                   }});
  };
  for (const Operation operation : {Operation::kCreate, Operation::kSet, Operation::kReplace}) {
    for (const NudState state :
         {NudState::kNone, NudState::kIncomplete, NudState::kReachable, NudState::kStale, NudState::kDelay,
          NudState::kProbe, NudState::kFailed, NudState::kNoArp, NudState::kPermanent, NudState::kUnreachable}) {
      const std::string name(to_string(state));
      write(operation, name + " without address", {.address = address, .state = state});
      write(operation, name + " same address", {.address = address, .link_address = kOld, .state = state});
      write(operation, name + " other address", {.address = address, .link_address = kNew, .state = state});
    }
    for (const NeighborFlag flag : kAllNeighborFlags) {
      for (const NudState state : {NudState::kStale, NudState::kPermanent}) {
        if (flag == NeighborFlag::kProxy) continue;
        write(operation, std::string(to_string(state)) + " " + std::string(to_string(flag)),
              {.address = address, .link_address = kNew, .state = state, .flags = {flag}});
      }
    }
    write(operation, "with an owner", {.address = address, .link_address = kNew, .protocol = 42});
    write(operation, "short address", {.address = address, .link_address = *LinkAddress::parse("02:00:00")});
    write(operation, "long address", {.address = address, .link_address = *LinkAddress::parse("02:00:00:00:00:07:08")});
    write(operation, "zero address", {.address = address, .link_address = LinkAddress::ether({})});
    write(operation, "group address",
          {.address = address, .link_address = LinkAddress::ether({1, 0, 0x5e, 0, 0, 1}), .state = NudState::kStale});
  }
  all.push_back({"remove", [=](const Side& side) { return code_of(side.table->remove(side.key(address))); }});
  all.push_back({"resolve at once", [=](const Side& side) {
                   return text_of(side.table->resolve(side.key(address), {.timeout = milliseconds{0}}));
                 }});
  // How many is not compared: the kernel has entries for the groups that it sends to (API-04).
  all.push_back({"flush the rest", [=](const Side& side) {
                   return code_of(side.table->flush(
                       {.interface = side.interface, .states = StateSet::all().without(NudState::kPermanent)}));
                 }});
  return all;
}

/// Entries that the calls meet; the first is none.
std::vector<std::pair<std::string, std::optional<Neighbor>>> beginnings(const IpAddress& address) {
  std::vector<std::pair<std::string, std::optional<Neighbor>>> all = {{"nothing", std::nullopt}};
  for (const NudState state : {NudState::kReachable, NudState::kStale, NudState::kProbe, NudState::kFailed,
                               NudState::kNoArp, NudState::kPermanent}) {
    all.emplace_back(std::string(to_string(state)), Neighbor{.address = address, .link_address = kOld, .state = state});
  }
  all.emplace_back("incomplete", Neighbor{.address = address, .state = NudState::kIncomplete});
  all.emplace_back(
      "stale router",
      Neighbor{.address = address, .link_address = kOld, .state = NudState::kStale, .flags = {NeighborFlag::kRouter}});
  all.emplace_back("stale extern_learn", Neighbor{.address = address,
                                                  .link_address = kOld,
                                                  .state = NudState::kStale,
                                                  .protocol = 9,
                                                  .flags = {NeighborFlag::kExternLearned}});
  return all;
}

class ApiDifferential : public test::FreshNamespace {
 protected:
  ApiDifferential() : tap_((quiet(), kDevice), kOwn.to_string()) {
    for (const char* family : {"ipv4", "ipv6"}) {
      const std::string conf = std::string("net/") + family + "/neigh/" + kDevice + "/";
      for (const char* name : {"base_reachable_time_ms", "retrans_time_ms", "interval_probe_time_ms"}) {
        test::write_sysctl(conf + name, "60000");
      }
      // Less than what a new entry counts as confirmed ago (twice the reachable time): DELAY ends in PROBE, and stays
      // there.
      test::write_sysctl(conf + "delay_first_probe_time", "100");
    }
    const std::string device = kDevice;
    test::must_run("ip addr add 192.0.2.2/24 dev " + device + " && ip addr add 2001:db8::2/64 dev " + device +
                   " nodad");
    EXPECT_TRUE(test::wait_until([&] { return test::has_usable_v6(device, "2001:db8::2"); }));
    kernel_table_ = *open_kernel_table();
    kernel = {kernel_table_.get(), static_cast<InterfaceIndex>(tap_.index())};

    EmbeddedOptions options;
    options.interfaces.push_back({.link_address = kOwn,
                                  .addresses = {{.address = ip("192.0.2.2"), .prefix_length = 24},
                                                {.address = ip("2001:db8::2"), .prefix_length = 64}},
                                  .prefixes = {{.prefix = ip("2001:db8::"), .length = 64}},
                                  .settings = {.preset = EmbeddedPreset::kLinux,
                                               .base_reachable_time = milliseconds{60'000},
                                               .retrans_timer = milliseconds{60'000},
                                               .delay_first_probe_time = milliseconds{100'000},
                                               .max_rtr_solicitations = 0}});
    stack_ = *network_->add_stack(options);
    stack = {stack_.get(), stack_->interfaces()->front().index};
  }

  /// The entry of `address` as a case begins.
  void prepare(const Side& side, const IpAddress& address, const std::optional<Neighbor>& entry) {
    (void)side.table->remove(side.key(address));
    if (!entry) return;
    const Result<void> written = side.table->replace(side.of(*entry));
    EXPECT_TRUE(written) << written.error().message();
  }
  /// The entry after a call; `leaves_delay`: once it has.
  std::string entry_of(const Side& side, const IpAddress& address, bool leaves_delay) {
    std::string text;
    const auto read = [&] {
      text = text_of(side.table->get(side.key(address)));
      return !leaves_delay || !text.starts_with("delay");
    };
    EXPECT_TRUE(test::wait_until(read)) << text;
    return text;
  }

  Side kernel;
  Side stack;

 private:
  static void quiet() {
    for (const char* name : {"accept_dad", "dad_transmits", "router_solicitations"}) {
      test::write_sysctl(std::string("net/ipv6/conf/default/") + name, "0");
    }
  }

  test::TapDevice tap_;
  std::unique_ptr<NeighborTable> kernel_table_;
  std::unique_ptr<EmbeddedNetwork> network_ = EmbeddedNetwork::make();
  std::shared_ptr<EmbeddedStack> stack_;
};

/// A difference that stays: calls that succeed and whose name has one of `calls` in it, on `beginning` (empty: any).
struct Known {
  std::vector<std::string> calls;
  std::string beginning;
  std::string_view number;  ///< In docs/differences.md.
};
const std::vector<Known> kKnownDifferences = {
    {{"delay same address", "delay other address"}, "", "API-01"},
    {{"stale managed"}, "", "API-02"},
    {{" none ", " incomplete ", " failed "}, "stale router", "API-03"},
};

const Known* known(const std::string& call, const std::string& beginning, const std::string& kernel_outcome) {
  if (!kernel_outcome.starts_with("ok")) return nullptr;
  for (const Known& difference : kKnownDifferences) {
    if (!difference.beginning.empty() && difference.beginning != beginning) continue;
    for (const std::string& each : difference.calls) {
      if (call.find(each) != std::string::npos) return &difference;
    }
  }
  return nullptr;
}

// That both do the same does not tell what it is.
struct Fact {
  std::string_view statement;
  std::string_view call;
  std::string_view beginning;
  std::string_view outcome;
};
constexpr Fact kFacts[] = {
    {"RTN-001", "set permanent other address", "nothing", "not found; then not found"},
    {"RTN-002", "create permanent other address", "stale", "already exists; then stale 02:00:00:00:00:09"},
    {"RTN-004", "replace permanent other address", "stale", "ok; then permanent 02:00:00:00:00:66"},
    {"RTN-009", "replace short address", "nothing", "invalid argument; then not found"},
    {"RTN-009", "replace long address", "nothing", "ok; then permanent 02:00:00:00:00:07"},
    {"RTN-010", "create stale without address", "nothing", "invalid argument; then not found"},
    {"RTN-018", "replace failed same address", "reachable", "ok; then failed "},
    {"RTN-019", "replace zero address", "nothing", "ok; then permanent 00:00:00:00:00:00"},
    {"RTN-022", "replace permanent managed", "nothing", "invalid argument; then not found"},
    {"RTN-025", "create with an owner", "nothing", "ok; then permanent 02:00:00:00:00:66 protocol 42"},
    {"RTN-040", "remove", "nothing", "not found; then not found"},
    {"RTN-044", "remove", "permanent", "ok; then not found"},
    {"RTN-044", "remove", "noarp", "ok; then not found"},
    {"LNX-073", "replace stale other address", "stale extern_learn", "ok; then stale 02:00:00:00:00:66 protocol 9"},
    {"LNX-074", "create stale router", "nothing", "ok; then stale 02:00:00:00:00:66 router"},
};

TEST_F(ApiDifferential, EveryCallFromEveryEntry) {
  std::size_t facts = 0;
  for (const char* text : {"192.0.2.9", "2001:db8::9"}) {
    const IpAddress address = ip(text);
    for (const auto& [beginning, entry] : beginnings(address)) {
      for (const Call& call : calls_on(address)) {
        std::string outcome[2];
        for (const Side* side : {&kernel, &stack}) {
          prepare(*side, address, entry);
          std::string& out = outcome[side == &stack];
          out = call.run(*side);
          const bool written = out == "ok" && call.name.find(" delay ") != std::string::npos;
          out += "; then " + entry_of(*side, address, /*leaves_delay=*/written && side == &kernel);
        }
        for (const Fact& fact : kFacts) {
          if (fact.call != call.name || fact.beginning != beginning) continue;
          ++facts;
          test::cite(fact.statement);
          EXPECT_EQ(outcome[0], fact.outcome) << fact.statement << ' ' << text;
        }
        if (const Known* difference = known(call.name, beginning, outcome[0])) {
          EXPECT_NE(outcome[1], outcome[0])
              << call.name << " on " << beginning << ", " << text << ": " << difference->number << " is no more";
        } else {
          EXPECT_EQ(outcome[1], outcome[0]) << call.name << " on " << beginning << ", " << text;
        }
      }
    }
  }
  EXPECT_EQ(facts, 2 * std::size(kFacts));
}

}  // namespace
}  // namespace neigh
