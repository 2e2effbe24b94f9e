// SPDX-License-Identifier: Apache-2.0
// What each feature needs: it works with that capability alone, and without it says "permission denied" before anything
// is changed. docs/robustness.md holds the same table.
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <functional>
#include <set>
#include <string>

#include "neigh/embedded.hpp"
#include "neigh/host.hpp"
#include "neigh/kernel.hpp"
#include "support/cites.hpp"
#include "support/netns.hpp"
#include "support/process.hpp"

namespace neigh::test {
namespace {

using namespace std::chrono_literals;

enum class Needs { kNothing, kAdmin, kRaw };

/// Keeps one capability, or none, for the rest of this process.
bool keep_only(Needs needs) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (needs != Needs::kNothing) {
    const unsigned number = needs == Needs::kAdmin ? CAP_NET_ADMIN : CAP_NET_RAW;
    sets[0].effective = sets[0].permitted = 1U << number;
  }
  return ::syscall(SYS_capset, &header, sets.data()) == 0;
}

struct Feature {
  std::string name;
  Needs needs;
  std::function<std::optional<Error>()> use;
};

template <class T>
std::optional<Error> error_of(Result<T> result) {
  if (result) return std::nullopt;
  return std::move(result).error();
}

std::optional<Error> embedded_on(EmbeddedLink link, const std::string& device) {
  EmbeddedInterface eth{.link = link, .device = device, .link_address = LinkAddress::ether({2, 0, 0, 0, 0, 0x42})};
  return error_of(open_embedded_stack({.interfaces = {eth}}));
}

class Privilege : public TwoHosts {};

TEST_F(Privilege, EachFeatureWithExactlyWhatItNeeds) {
  NEIGH_CITES("LIB-21", "LIB-22", "RTN-015", "RTN-069");
  std::unique_ptr<NeighborTable> table = std::move(open_kernel_table()).value();
  const auto index = InterfaceIndex{here().index};
  const NeighborKey peer{index, IpAddress::parse(there().v4).value()};
  const IpAddress own = IpAddress::parse(here().v4).value();
  const auto entry = [&](std::uint8_t last) {
    return Neighbor{.address = IpAddress::v4(192, 0, 2, last),
                    .interface = index,
                    .link_address = LinkAddress::ether({2, 0, 0, 0, 0, last})};
  };
  ASSERT_TRUE(table->create(entry(50)));
  const std::vector<Neighbor> many = {entry(51), entry(52)};
  const std::vector<Feature> features = {
      {"open the table, list, get, visit", Needs::kNothing,
       [&]() -> std::optional<Error> {
         auto mine = open_kernel_table();
         if (!mine) return mine.error();
         if (auto listed = (*mine)->list(); !listed) return listed.error();
         return error_of((*mine)->get(entry(50).key()));
       }},
      {"watch", Needs::kNothing,
       [&]() -> std::optional<Error> {
         auto watch = table->watch();
         if (!watch) return watch.error();
         return error_of((*watch)->process([](const WatchEvent&) {}));
       }},
      {"interfaces, own addresses, limits", Needs::kNothing,
       [&]() -> std::optional<Error> {
         if (auto all = table->interfaces(); !all) return all.error();
         if (auto all = table->own_addresses(index); !all) return all.error();
         return error_of(table->limits());
       }},
      {"links, addresses, routes", Needs::kNothing,
       [&]() -> std::optional<Error> {
         if (auto all = table->host()->links(); !all) return all.error();
         if (auto all = table->host()->addresses(Family::kUnspecified); !all) return all.error();
         return error_of(table->host()->routes(Family::kUnspecified));
       }},
      {"resolve what is not known", Needs::kNothing, [&] { return error_of(table->resolve(peer)); }},
      {"embedded stack on a LAN in memory", Needs::kNothing,
       [] { return error_of(EmbeddedNetwork::make(1)->add_stack({.interfaces = {{.link = EmbeddedLink::kLan}}})); }},
      {"NEIGH_STACK=embedded", Needs::kNothing, [] { return error_of(default_embedded_stack()); }},
      {"create", Needs::kAdmin, [&] { return error_of(table->create(entry(60))); }},
      {"set, replace", Needs::kAdmin, [&] { return error_of(table->replace(entry(50))); }},
      {"remove", Needs::kAdmin, [&] { return error_of(table->remove(entry(50).key())); }},
      {"flush", Needs::kAdmin, [&] { return error_of(table->flush({.interface = index})); }},
      {"apply, all or nothing", Needs::kAdmin,
       [&]() -> std::optional<Error> {
         auto report = table->apply(Operation::kReplace, many, OnError::kRollBack);
         if (!report) return report.error();
         if (!report->failures.empty()) return report->failures.front().error;
         return std::nullopt;
       }},
      {"add an address to the host", Needs::kAdmin,
       [&] {
         return error_of(table->host()->create_address(
             {.interface = index, .address = IpAddress::v4(192, 0, 2, 77), .prefix_length = 24}));
       }},
      {"embedded stack on a TAP device", Needs::kAdmin, [] { return embedded_on(EmbeddedLink::kTap, "tap-robust"); }},
      {"ask the wire", Needs::kRaw, [&] { return error_of(table->ask(peer, {.attempts = 1, .interval = 50ms})); }},
      {"announce an own address", Needs::kRaw, [&] { return error_of(table->announce(index, own)); }},
      {"embedded stack on a network device", Needs::kRaw,
       [&] { return embedded_on(EmbeddedLink::kDevice, here().device); }},
  };
  const auto outcome = [&](const Feature& feature, Needs have) {
    return run_forked([&] {
      if (!keep_only(have)) return 3;
      const auto error = feature.use();
      if (!error) return 0;
      if (error->code == Errc::kPermissionDenied) return 1;
      std::printf("  %s: %s\n", feature.name.c_str(), error->message().c_str());
      return 2;
    });
  };
  // What a feature could change, in words. What the kernel resolves by itself is not permanent.
  const auto state_of_the_host = [&] {
    std::set<std::string> lines;
    for (const Neighbor& one : *table->list({.states = {NudState::kPermanent}})) {
      lines.insert(one.address.to_string() + ' ' + one.link_address.to_string() + ' ' +
                   std::to_string(one.flags.bits()));
    }
    for (const HostAddress& one : *table->host()->addresses(Family::kUnspecified)) {
      lines.insert(std::to_string(to_number(one.interface)) + ' ' + one.address.to_string());
    }
    for (const Interface& one : *table->interfaces()) lines.insert(one.name + ' ' + one.link_address.to_string());
    return lines;
  };
  for (const Feature& feature : features) {
    const char* name = feature.needs == Needs::kNothing ? "none"
                       : feature.needs == Needs::kAdmin ? "CAP_NET_ADMIN"
                                                        : "CAP_NET_RAW";
    std::printf("  %-38s %s\n", feature.name.c_str(), name);
    for (const Needs have : {Needs::kNothing, Needs::kAdmin, Needs::kRaw}) {
      const bool enough = feature.needs == Needs::kNothing || feature.needs == have;
      const auto before = state_of_the_host();
      EXPECT_EQ(outcome(feature, have), enough ? 0 : 1)
          << feature.name << " with capability set " << static_cast<int>(have);
      // Without privilege nothing changed; with it the test puts it back.
      if (enough) {
        (void)table->remove(entry(60).key());
        (void)table->replace(entry(50));
        (void)table->remove(peer);
        (void)table->host()->remove_address(index, IpAddress::v4(192, 0, 2, 77));
      } else {
        EXPECT_EQ(state_of_the_host(), before) << feature.name;
      }
    }
  }
}

}  // namespace
}  // namespace neigh::test
