// SPDX-License-Identifier: Apache-2.0
// The mirror of the kernel's table beside `ip -json neigh`.
#include "neigh/mirror.hpp"

#include <poll.h>

#include <map>
#include <string>
#include <vector>

#include "netns/rtnl/fixture.hpp"

namespace neigh::test {
namespace {

using std::chrono::milliseconds;

class KernelMirrorTest : public KernelHosts {
 protected:
  void begin(const MirrorOptions& options = {.pause = milliseconds{0}}, std::size_t capacity = 4'096,
             bool fits = true) {
    adjacencies_ = *AdjacencyTable::make({.ipv4_capacity = capacity, .ipv6_capacity = capacity});
    auto made = KernelMirror::make(*table_, *adjacencies_, options);
    ASSERT_TRUE(made) << made.error().message();
    mirror_ = std::move(*made);
    ASSERT_TRUE(mirror_->process());
    EXPECT_EQ(mirror_->synced(), fits);
    family_ = options.filter.family == Family::kIpv4 ? 4 : 0;
  }
  [[nodiscard]] bool process_until(const std::function<bool()>& condition) {
    return wait_until([&] {
      const auto done = mirror_->process();
      EXPECT_TRUE(done) << done.error().message();
      return !done || condition();
    });
  }
  [[nodiscard]] Adjacency lookup(const std::string& address) const {
    return adjacencies_->lookup(index(), ip(address));
  }
  static std::string upper(std::string_view name) {
    std::string text(name);
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'a' ? static_cast<char>(c - 32) : c; });
    return text;
  }
  /// What `ip` shows for our device, and what the adjacency table holds for the same addresses. The kernel tells nobody
  /// of the NOARP entries that it makes for multicast groups.
  [[nodiscard]] std::pair<std::map<std::string, std::string>, std::map<std::string, std::string>> both() const {
    std::map<std::string, std::string> shown;
    std::map<std::string, std::string> held;
    for (const IpNeigh& row : ip_neigh_json(here().device, family_)) {
      if (ip(row.dst).is_multicast()) continue;
      shown[row.dst] = row.lladdr + " " + std::string(row.state()) + (row.router ? " router" : "");
      const auto entry = adjacencies_->find(index(), ip(row.dst));
      held[row.dst] = entry ? entry->link_address.to_string() + " " + upper(to_string(entry->state)) +
                                  (entry->flags.has(NeighborFlag::kRouter) ? " router" : "")
                            : "missing";
    }
    return {shown, held};
  }
  void expect_same_as_shown() {
    const bool same = process_until([&] {
      const auto [shown, held] = both();
      const AdjacencyCounters counters = adjacencies_->counters();
      return shown == held && counters.ipv4_entries + counters.ipv6_entries >= shown.size();
    });
    const auto [shown, held] = both();
    EXPECT_TRUE(same);
    EXPECT_EQ(held, shown);
  }

  std::unique_ptr<AdjacencyTable> adjacencies_;
  std::unique_ptr<AdjacencyMirror> mirror_;
  int family_ = 0;  // of what is compared
};

TEST_F(KernelMirrorTest, HoldsWhatIpShows) {
  must_run("ip neigh add 192.0.2.50 lladdr 02:00:00:00:00:50 nud permanent dev " + here().device);
  must_run("ip neigh add 192.0.2.51 lladdr 02:00:00:00:00:51 nud stale router dev " + here().device);
  must_run("ip neigh add 2001:db8::50 lladdr 02:00:00:00:00:52 nud noarp dev " + here().device);
  begin();
  expect_same_as_shown();
  EXPECT_EQ(lookup("192.0.2.50").state(), NudState::kPermanent);
  EXPECT_TRUE(lookup("192.0.2.51").flags().has(NeighborFlag::kRouter));
  EXPECT_EQ(LinkAddress::ether(lookup("2001:db8::50").ether()), mac("02:00:00:00:00:52"));

  must_run("ip neigh replace 192.0.2.50 lladdr 02:00:00:00:00:99 nud permanent dev " + here().device);
  must_run("ip neigh del 192.0.2.51 dev " + here().device);
  must_run("ip neigh add 192.0.2.52 lladdr 02:00:00:00:00:52 nud reachable dev " + here().device);
  expect_same_as_shown();
  EXPECT_TRUE(process_until([&] { return !lookup("192.0.2.51").found(); }));
  EXPECT_EQ(LinkAddress::ether(lookup("192.0.2.50").ether()), mac("02:00:00:00:00:99"));

  must_run("ip link set " + here().device + " down");
  EXPECT_TRUE(process_until([&] { return !lookup("192.0.2.52").found(); }));
  expect_same_as_shown();
}

TEST_F(KernelMirrorTest, FollowsThousandsAndHealsGaps) {
  begin({.filter = {.family = Family::kIpv4, .interface = index()}});
  ASSERT_TRUE(table_->apply(Operation::kCreate, numbered_from(0, 3'000))->ok());
  EXPECT_TRUE(process_until([&] { return adjacencies_->counters().ipv4_entries == 3'000; }));
  // More than the mirror's receive buffer holds while it does not look.
  for (unsigned round = 0; round < 12; ++round) {
    ASSERT_TRUE(
        table_->apply(Operation::kReplace, numbered_from(0, 3'000, static_cast<std::uint8_t>(round % 2 == 0 ? 8 : 9)))
            ->ok());
  }
  ASSERT_TRUE(table_->apply(Operation::kRemove, numbered_from(1'000, 2'000))->ok());
  const auto right = [&] {
    if (adjacencies_->counters().ipv4_entries != 1'000) return false;
    std::size_t good = 0;
    for (std::uint32_t i = 0; i < 1'000; ++i) {
      const auto found = adjacencies_->lookup(index(), many_v4(i)).ether();
      good += static_cast<std::size_t>(found == std::array<std::uint8_t, 6>{2, 0, 0, 0, 0, 9});
    }
    return good == 1'000;
  };
  EXPECT_TRUE(process_until(right));
  EXPECT_TRUE(mirror_->synced());
  EXPECT_GE(mirror_->counters().gaps, 1U);
  expect_same_as_shown();
}

TEST_F(KernelMirrorTest, TheDescriptorTellsOfChangesAndReports) {
  begin({.filter = {.family = Family::kIpv4, .interface = index()}, .pause = milliseconds{0}});
  const auto readable = [&](int timeout) {
    pollfd waiting{mirror_->fd(), POLLIN, 0};
    return ::poll(&waiting, 1, timeout) == 1;
  };
  EXPECT_FALSE(readable(0));
  ASSERT_TRUE(table_->create(neighbor("192.0.2.60")));
  EXPECT_TRUE(readable(20'000));
  ASSERT_TRUE(mirror_->process());
  EXPECT_FALSE(readable(0));
  auto reporter = mirror_->add_reporter();
  ASSERT_TRUE(reporter->report(index(), ip("192.0.2.60")));
  EXPECT_TRUE(readable(0));
  ASSERT_TRUE(mirror_->process());
  EXPECT_FALSE(readable(0));
}

TEST_F(KernelMirrorTest, AMissMakesTheKernelAsk) {
  begin();
  auto reporter = mirror_->add_reporter();
  for (const std::string& address : {there().v4, there().v6}) {
    ASSERT_TRUE(MirrorReporter::wants_report(lookup(address)));
    ASSERT_TRUE(reporter->report(index(), ip(address)));
    EXPECT_TRUE(process_until([&] { return lookup(address).usable(); })) << address;
    EXPECT_EQ(LinkAddress::ether(lookup(address).ether()), mac(there().link_address));
  }
  expect_same_as_shown();
}

// Linux tells nobody that such an entry has come, but that it has gone.
TEST_F(KernelMirrorTest, WhatOnlyAReportHasShownGoesWithTheEntry) {
  begin();
  auto reporter = mirror_->add_reporter();
  const auto report_until_found = [&](const std::string& address) {
    return process_until([&] { return lookup(address).found() || !reporter->report(index(), ip(address)); });
  };
  must_run("ip neigh add 192.0.2.60 nud incomplete dev " + here().device);
  must_run("ip neigh add 2001:db8::60 nud failed dev " + here().device);
  EXPECT_TRUE(report_until_found("192.0.2.60"));
  EXPECT_TRUE(report_until_found("2001:db8::60"));
  expect_same_as_shown();
  must_run("ip link set " + here().device + " down");
  EXPECT_TRUE(process_until([&] { return !lookup("192.0.2.60").found() && !lookup("2001:db8::60").found(); }));
  must_run("ip link set " + here().device + " up");

  // NOARP, which can be used: without ARP the kernel makes them of whatever is sent to.
  must_run("ip link set " + here().device + " arp off");
  EXPECT_TRUE(report_until_found("192.0.2.61"));
  EXPECT_EQ(lookup("192.0.2.61").state(), NudState::kNoArp);
  must_run("ip link set " + here().device + " arp on");
  EXPECT_TRUE(process_until([&] { return !lookup("192.0.2.61").found(); }));
  EXPECT_TRUE(mirror_->synced());
}

TEST_F(KernelMirrorTest, WithoutPrivilegesAMissMakesTheKernelAskAsWell) {
  begin();
  const auto code = run_unprivileged([&] {
    auto table = open_table();
    const auto touched = table->touch(std::array{key(there().v4)});
    EXPECT_TRUE(touched) << touched.error().message();
    EXPECT_EQ(touched.value_or(0), 1U);
    return 0;
  });
  EXPECT_EQ(code, 0);
  EXPECT_TRUE(process_until([&] { return lookup(there().v4).usable(); }));
}

TEST_F(KernelMirrorTest, UseKeepsStaleEntriesFresh) {
  write_sysctl("net/ipv4/neigh/" + here().device + "/delay_first_probe_time", "1");
  must_run("ip neigh replace " + there().v4 + " lladdr " + there().link_address + " nud stale dev " + here().device);
  begin();
  ASSERT_EQ(lookup(there().v4).state(), NudState::kStale);
  auto reporter = mirror_->add_reporter();
  ASSERT_TRUE(reporter->report(index(), ip(there().v4)));
  EXPECT_TRUE(process_until([&] { return lookup(there().v4).state() == NudState::kReachable; }));
}

TEST_F(KernelMirrorTest, TouchingLeavesPermanentEntriesAlone) {
  NEIGH_CITES("LNX-070");
  must_run("ip neigh add 192.0.2.50 lladdr 02:00:00:00:00:50 nud permanent dev " + here().device);
  begin();
  auto reporter = mirror_->add_reporter();
  ASSERT_TRUE(reporter->report(index(), ip("192.0.2.50")));
  ASSERT_TRUE(mirror_->process());
  EXPECT_EQ(mirror_->counters().reported, 1U);
  EXPECT_EQ(mirror_->counters().touched, 0U);
  EXPECT_EQ(ip_neigh_find(here().device, "192.0.2.50")->state(), "PERMANENT");
  const NeighborKey nowhere{InterfaceIndex{99'999}, ip("192.0.2.1")};
  const NeighborKey everybody{index(), ip("224.0.0.9")};
  EXPECT_EQ(table_->touch(std::array{nowhere, everybody}).value(), 0U);
}

TEST_F(KernelMirrorTest, AFullTableRefusesAndCountsAndFillsUpLater) {
  for (std::uint32_t i = 0; i < 6; ++i) ASSERT_TRUE(table_->create(numbered(i)));
  begin({.filter = {.family = Family::kIpv4, .interface = index()}, .pause = milliseconds{0}}, /*capacity=*/4,
        /*fits=*/false);
  EXPECT_EQ(mirror_->counters().refused, 2U);
  EXPECT_EQ(adjacencies_->counters().ipv4_entries, 4U);
  std::vector<Neighbor> left_out;
  for (std::uint32_t i = 0; i < 6; ++i) {
    const Neighbor entry = numbered(i);
    if (!adjacencies_->lookup(entry.interface, entry.address).found()) {
      left_out.push_back(entry);
    } else {
      ASSERT_TRUE(table_->remove(entry.key()));
    }
  }
  EXPECT_TRUE(process_until([&] { return mirror_->synced() && adjacencies_->counters().ipv4_entries == 2; }));
  for (const Neighbor& entry : left_out) {
    EXPECT_TRUE(adjacencies_->lookup(entry.interface, entry.address).usable());
  }
}

}  // namespace
}  // namespace neigh::test
