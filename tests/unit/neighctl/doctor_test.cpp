// SPDX-License-Identifier: Apache-2.0
// Doctor's matrix: v4/v6 x own/other namespace x collectable/exempt x under/over, on injected limits.
#include <gtest/gtest.h>

#include <algorithm>

#include "fake_table.hpp"
#include "neighctl/diagnosis.hpp"
#include "neighctl/failure.hpp"

namespace neigh::ctl {
namespace {

constexpr std::uint32_t kThresh1 = 10;
constexpr std::uint32_t kThresh2 = 50;
constexpr std::uint32_t kThresh3 = 100;

Interface link(std::uint32_t index, std::string name, bool up = true, bool running = true) {
  Interface i;
  i.index = static_cast<InterfaceIndex>(index);
  i.name = std::move(name);
  i.up = up;
  i.running = running;
  i.link_address = LinkAddress::ether({2, 0, 0, 0, 0xee, static_cast<std::uint8_t>(index)});
  return i;
}

Neighbor nth(Family family, std::size_t i, NudState state, std::uint32_t interface = 2) {
  Neighbor n;
  const auto high = static_cast<std::uint8_t>(i >> 8U);
  const auto low = static_cast<std::uint8_t>(i);
  n.address = family == Family::kIpv4
                  ? IpAddress::v4(10, 0, high, low)
                  : IpAddress::v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, high, low});
  n.interface = static_cast<InterfaceIndex>(interface);
  n.state = state;
  if (state != NudState::kFailed && state != NudState::kIncomplete) {
    n.link_address = LinkAddress::ether({2, 0, 0, 0, high, low});
  }
  return n;
}

DoctorInput host(Family family) {
  DoctorInput input;
  input.limits.push_back({.family = family, .gc_thresh1 = kThresh1, .gc_thresh2 = kThresh2, .gc_thresh3 = kThresh3});
  input.namespaces.push_back({{}, {link(1, "lo"), link(2, "eth0"), link(3, "eth1")}, {}});
  return input;
}

bool has(const Diagnosis& d, std::string_view code) {
  return std::any_of(d.findings.begin(), d.findings.end(), [&](const Finding& f) { return f.code == code; });
}

struct MatrixCase {
  std::string name;
  bool in_other_namespace;
  bool read_it;  ///< The other namespace is read (--all-netns).
  NudState state;
  std::size_t count;
  Severity expected;
  std::string_view code;
  std::uint64_t forced_gc_runs = 0;
};

class Matrix : public ::testing::TestWithParam<std::tuple<Family, MatrixCase>> {};

TEST_P(Matrix, Verdict) {
  const auto& [family, c] = GetParam();
  DoctorInput input = host(family);
  input.limits[0].entries = static_cast<std::uint32_t>(c.count);
  input.limits[0].forced_gc_runs = c.forced_gc_runs;
  NamespaceView other{"blue", {link(2, "eth0")}, {}};
  NamespaceView& holder = c.in_other_namespace ? other : input.namespaces[0];
  for (std::size_t i = 0; i < c.count; ++i) holder.neighbors.push_back(nth(family, i, c.state));
  if (c.in_other_namespace && c.read_it) input.namespaces.push_back(other);
  const Diagnosis d = diagnose(input);
  ASSERT_EQ(d.tables.size(), 1U);
  const TableDiagnosis& t = d.tables[0];
  EXPECT_EQ(d.worst, c.expected);
  EXPECT_EQ(t.severity, c.expected);
  const bool read = !c.in_other_namespace || c.read_it;
  const bool exempt = c.state == NudState::kPermanent;
  EXPECT_EQ(t.read, read ? c.count : 0U);
  EXPECT_EQ(t.elsewhere, read ? 0U : c.count);
  EXPECT_EQ(t.exempt, read && exempt ? c.count : 0U);
  EXPECT_EQ(t.collectable_least, read && !exempt ? c.count : 0U);
  EXPECT_EQ(t.collectable_most, read && exempt ? 0U : c.count);
  EXPECT_EQ(d.findings.size(), c.code.empty() ? 0U : 1U);
  EXPECT_EQ(c.code.empty() || has(d, c.code), true);
  // Advice if and only if there is something to set, for this family alone, and with room.
  ASSERT_EQ(d.sysctls.size(), c.expected < Severity::kWarning ? 0U : 3U);
  if (!d.sysctls.empty()) {
    const std::string expected =
        family == Family::kIpv4 ? "net.ipv4.neigh.default.gc_thresh3 = " : "net.ipv6.neigh.default.gc_thresh3 = ";
    EXPECT_EQ(d.sysctls[2], expected + "256");
  }
  if (read && c.count > 0) {
    ASSERT_EQ(t.shares.size(), 1U);
    EXPECT_EQ(t.shares[0].entries, c.count);
    EXPECT_EQ(t.shares[0].percent, 100.0);
    EXPECT_EQ(t.shares[0].network_namespace, c.in_other_namespace ? "blue" : "");
    EXPECT_EQ(t.shares[0].states[static_cast<std::size_t>(c.state)], c.count);
  }
}

const MatrixCase kMatrix[] = {
    {"OwnCollectableUnder", false, false, NudState::kStale, kThresh2 - 1, Severity::kOk, ""},
    {"OwnCollectableAtThresh2", false, false, NudState::kStale, kThresh2, Severity::kWarning, "above_gc_thresh2"},
    {"OwnCollectableBelowCritical", false, false, NudState::kStale, 89, Severity::kWarning, "above_gc_thresh2"},
    {"OwnCollectableCritical", false, false, NudState::kStale, 90, Severity::kCritical, "table_nearly_full"},
    {"OwnCollectableFull", false, false, NudState::kStale, kThresh3, Severity::kCritical, "table_nearly_full"},
    {"OwnExemptUnder", false, false, NudState::kPermanent, kThresh2 - 1, Severity::kOk, ""},
    {"OwnExemptOver", false, false, NudState::kPermanent, kThresh3, Severity::kOk, ""},
    {"OtherUnreadUnder", true, false, NudState::kStale, kThresh2 - 1, Severity::kOk, ""},
    // What is exempt elsewhere cannot be told from what is not, but a table under pressure shows.
    {"OtherUnreadCollectableOver", true, false, NudState::kStale, kThresh3, Severity::kWarning, "filled_elsewhere", 3},
    {"OtherUnreadExemptOver", true, false, NudState::kPermanent, kThresh3, Severity::kNotice, "filled_elsewhere"},
    {"OtherReadCollectableUnder", true, true, NudState::kStale, kThresh2 - 1, Severity::kOk, ""},
    {"OtherReadCollectableOver", true, true, NudState::kStale, kThresh3, Severity::kCritical, "table_nearly_full"},
    {"OtherReadExemptOver", true, true, NudState::kPermanent, kThresh3, Severity::kOk, ""},
};

INSTANTIATE_TEST_SUITE_P(
    Doctor, Matrix, ::testing::Combine(::testing::Values(Family::kIpv4, Family::kIpv6), ::testing::ValuesIn(kMatrix)),
    [](const auto& i) { return std::string(to_string(std::get<0>(i.param))) + std::get<1>(i.param).name; });

TEST(Doctor, ExternLearnedEntriesAreExempt) {
  Neighbor n = nth(Family::kIpv4, 1, NudState::kStale);
  EXPECT_FALSE(is_exempt(n));
  n.flags.set(NeighborFlag::kExternLearned);
  EXPECT_TRUE(is_exempt(n));
  EXPECT_FALSE(is_exempt(nth(Family::kIpv4, 1, NudState::kNoArp)));
}

TEST(Doctor, FamiliesDoNotMix) {
  DoctorInput input = host(Family::kIpv4);
  input.limits.push_back({.family = Family::kIpv6, .gc_thresh1 = 10, .gc_thresh2 = 50, .gc_thresh3 = 100});
  for (std::size_t i = 0; i < 90; ++i) input.namespaces[0].neighbors.push_back(nth(Family::kIpv6, i, NudState::kStale));
  const Diagnosis d = diagnose(input);
  EXPECT_EQ(d.tables[0].severity, Severity::kOk);
  EXPECT_EQ(d.tables[1].severity, Severity::kCritical);
  EXPECT_EQ(d.findings.at(0).family, Family::kIpv6);
}

TEST(Doctor, SharesNameTheFullestInterfaceFirst) {
  DoctorInput input = host(Family::kIpv4);
  for (std::size_t i = 0; i < 30; ++i) {
    input.namespaces[0].neighbors.push_back(nth(Family::kIpv4, i, NudState::kStale, i < 10 ? 2 : 3));
  }
  const auto d = diagnose(input);
  ASSERT_EQ(d.tables[0].shares.size(), 2U);
  EXPECT_EQ(d.tables[0].shares[0].interface, "eth1");
  EXPECT_EQ(d.tables[0].shares[0].entries, 20U);
  EXPECT_NEAR(d.tables[0].shares[0].percent, 66.7, 0.1);
}

struct FloodCase {
  std::size_t failed, incomplete, reachable;
  bool flood;
};

TEST(Doctor, FloodsOfUnansweredEntries) {
  for (const FloodCase& c : {FloodCase{63, 0, 0, false}, FloodCase{64, 0, 0, true}, FloodCase{0, 64, 0, true},
                             FloodCase{32, 32, 64, true}, FloodCase{32, 32, 65, false}}) {
    DoctorInput input = host(Family::kIpv4);
    input.limits[0].gc_thresh2 = input.limits[0].gc_thresh3 = 100000;
    std::size_t i = 0;
    const auto add = [&](std::size_t count, NudState state) {
      for (std::size_t k = 0; k < count; ++k) input.namespaces[0].neighbors.push_back(nth(Family::kIpv4, i++, state));
    };
    add(c.failed, NudState::kFailed);
    add(c.incomplete, NudState::kIncomplete);
    add(c.reachable, NudState::kReachable);
    const Diagnosis d = diagnose(input);
    EXPECT_EQ(has(d, "unanswered_flood"), c.flood) << c.failed << " " << c.incomplete << " " << c.reachable;
    EXPECT_EQ(d.worst, c.flood ? Severity::kWarning : Severity::kOk);
  }
}

TEST(Doctor, AnOldOverflowIsANotice) {
  DoctorInput input = host(Family::kIpv4);
  input.limits[0].table_full = 7;
  const Diagnosis d = diagnose(input);
  EXPECT_TRUE(has(d, "has_overflowed"));
  EXPECT_EQ(d.worst, Severity::kNotice);
  EXPECT_TRUE(d.sysctls.empty());
}

TEST(Doctor, DuplicateLinkLayerAddresses) {
  const auto verdict = [](std::vector<Neighbor> neighbors) {
    DoctorInput input = host(Family::kIpv4);
    input.namespaces[0].neighbors = std::move(neighbors);
    return diagnose(input);
  };
  using test::entry;
  const std::string mac = "02:00:00:00:00:07";
  EXPECT_TRUE(has(verdict({entry("192.0.2.1", 2, mac), entry("192.0.2.2", 2, mac)}), "duplicate_lladdr"));
  EXPECT_FALSE(has(verdict({entry("192.0.2.1", 2, mac), entry("192.0.2.2", 3, mac)}), "duplicate_lladdr"));
  EXPECT_FALSE(has(verdict({entry("192.0.2.1", 2, mac), entry("2001:db8::1", 2, mac)}), "duplicate_lladdr"));
  EXPECT_FALSE(has(verdict({entry("fe80::1", 2, mac), entry("2001:db8::1", 2, mac), entry("2001:db8::2", 2, mac)}),
                   "duplicate_lladdr"));
  EXPECT_TRUE(has(verdict({entry("fe80::1", 2, mac), entry("fe80::2", 2, mac)}), "duplicate_lladdr"));
  EXPECT_TRUE(has(verdict({entry("192.0.2.1", 2, "02:00:00:00:ee:02")}), "own_lladdr"));
  EXPECT_FALSE(has(verdict({entry("192.0.2.1", 3, "02:00:00:00:ee:02")}), "own_lladdr"));
  EXPECT_TRUE(has(verdict({entry("192.0.2.1", 2, mac), entry("192.0.2.1", 3, "02:00:00:00:00:08")}),
                  "address_on_several_interfaces"));
  EXPECT_FALSE(has(verdict({entry("fe80::1", 2, mac), entry("fe80::1", 3, mac)}), "address_on_several_interfaces"));
  EXPECT_FALSE(has(verdict({entry("192.0.2.1", 2, "00:00:00:00:00:00"), entry("192.0.2.2", 2, "00:00:00:00:00:00")}),
                   "duplicate_lladdr"))
      << "an address of zeros is none";
}

TEST(Doctor, EntriesOnDeadInterfaces) {
  DoctorInput input = host(Family::kIpv4);
  input.namespaces[0].interfaces = {link(2, "eth0", false, false), link(3, "eth1", true, false), link(4, "eth2")};
  input.namespaces[0].neighbors = {nth(Family::kIpv4, 1, NudState::kPermanent, 2),
                                   nth(Family::kIpv4, 2, NudState::kStale, 4)};
  const Diagnosis d = diagnose(input);
  EXPECT_TRUE(has(d, "interface_down"));
  EXPECT_FALSE(has(d, "no_carrier")) << "no entry there";
  input.namespaces[0].neighbors.push_back(nth(Family::kIpv4, 3, NudState::kPermanent, 3));
  EXPECT_TRUE(has(diagnose(input), "no_carrier"));
  EXPECT_EQ(d.worst, Severity::kWarning);
}

TEST(Doctor, NothingToJudgeIsFine) {
  EXPECT_EQ(diagnose({}).worst, Severity::kOk);
  DoctorInput unlimited = host(Family::kIpv4);
  unlimited.limits.clear();
  unlimited.namespaces[0].neighbors.push_back(nth(Family::kIpv4, 1, NudState::kStale));
  EXPECT_EQ(diagnose(unlimited).worst, Severity::kOk);
}

TEST(Doctor, ATableWithoutRoomIsFull) {
  // The kernel takes gc_thresh3 = 0, and then refuses every neighbor.
  DoctorInput input = host(Family::kIpv4);
  input.limits[0] = {.family = Family::kIpv4};
  const Diagnosis d = diagnose(input);
  EXPECT_EQ(d.worst, Severity::kCritical);
  EXPECT_EQ(d.findings.at(0).message, "IPv4: gc_thresh3 is 0: every new neighbor is refused (ENOBUFS)");
  EXPECT_EQ(d.tables.at(0).fill_percent, 100.0);
  ASSERT_EQ(d.sysctls.size(), 3U);
  EXPECT_EQ(d.sysctls[2], "net.ipv4.neigh.default.gc_thresh3 = 128");
}

TEST(Doctor, AnOverflowInThePastMakesEntriesElsewhereAWarning) {
  DoctorInput input = host(Family::kIpv4);
  input.limits[0].entries = kThresh3;
  EXPECT_EQ(diagnose(input).worst, Severity::kNotice);
  input.limits[0].table_full = 1;
  EXPECT_EQ(diagnose(input).worst, Severity::kWarning);
}

TEST(Doctor, AdviceStopsAtTheHighestThreshold) {
  DoctorInput input = host(Family::kIpv4);
  input.limits[0].forced_gc_runs = 1;
  input.limits[0].entries = 4'000'000'000U;
  const Diagnosis d = diagnose(input);
  ASSERT_EQ(d.sysctls.size(), 3U);
  EXPECT_EQ(d.sysctls[2], "net.ipv4.neigh.default.gc_thresh3 = 1073741824");
}

TEST(DoctorCommand, NumbersReadWell) {
  auto table = test::small_host();
  EXPECT_EQ(test::run_on(table, "doctor --quiet").out, "");
  EXPECT_NE(
      test::run_on(table, "doctor").out.find("IPv4  ....................  0 collectable entries of at most 1,024 (0%)"),
      std::string::npos);
  table->put(nth(Family::kIpv4, 1, NudState::kStale));
  const std::string one = test::run_on(table, "doctor").out;
  EXPECT_NE(one.find("IPv4  ....................  1 collectable entry of at most 1,024 (<1%)"), std::string::npos)
      << one;
  for (std::size_t i = 2; i < 12; ++i) table->put(nth(Family::kIpv4, i, NudState::kStale));
  EXPECT_NE(test::run_on(table, "doctor").out.find("IPv4  #...................  11 collectable entries"),
            std::string::npos);
  EXPECT_NE(test::run_on(table, "doctor --quiet --assume 1,2,3").out.find("critical"), std::string::npos);
  for (std::uint32_t i = 4; i < 12; ++i) {
    table->add_interface("eth" + std::to_string(i));
    table->put(nth(Family::kIpv4, 100 + i, NudState::kStale, i));
  }
  EXPECT_NE(test::run_on(table, "doctor").out.find("and 1 more interface (--wide)"), std::string::npos);
}

TEST(Doctor, TheHostsOwnAddressIsNoClonedMachine) {
  DoctorInput input = host(Family::kIpv4);
  input.namespaces[0].neighbors = {test::entry("192.0.2.1", 2, "02:00:00:00:ee:02")};
  EXPECT_TRUE(has(diagnose(input), "own_lladdr"));
  input.namespaces[0].own = {IpAddress::v4(192, 0, 2, 1)};
  EXPECT_FALSE(has(diagnose(input), "own_lladdr"));
  input.namespaces[0].neighbors.push_back(test::entry("192.0.2.2", 2, "02:00:00:00:ee:02"));
  EXPECT_TRUE(has(diagnose(input), "own_lladdr")) << "another address with it";
}

TEST(DoctorCommand, ExitCodeAndJson) {
  auto table = test::small_host();
  EXPECT_EQ(test::run_on(table, "doctor").code, kDone);
  for (std::size_t i = 0; i < 60; ++i) table->put(nth(Family::kIpv4, i, NudState::kStale));
  EXPECT_EQ(test::run_on(table, "doctor").code, kDone);
  const auto run = test::run_on(table, "doctor --assume 10,50,100");
  EXPECT_EQ(run.code, kRefused);
  EXPECT_NE(run.out.find("net.ipv4.neigh.default.gc_thresh3 = 256"), std::string::npos) << run.out;
  EXPECT_EQ(test::run_on(table, "doctor -6 --assume 10,50,100").code, kDone);
  const auto json = test::run_on(table, "doctor --json --assume 10,50,100");
  EXPECT_EQ(json.code, kRefused);
  EXPECT_EQ(json.out.find("{\"verdict\":\"warning\""), 0U) << json.out;
}

}  // namespace
}  // namespace neigh::ctl
