// SPDX-License-Identifier: Apache-2.0
#include "nud/settings.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "support/cites.hpp"

namespace neigh::nud {
namespace {

using namespace std::chrono_literals;

TEST(Settings, DefaultsAreTheConstantsOfRfc4861) {
  NEIGH_CITES("CON-04", "CON-05", "CON-08", "CON-09", "CON-10", "CON-16");
  const NudSettings s = NudSettings::rfc(Family::kIpv6);
  EXPECT_EQ(s.max_multicast_solicit, 3U);
  EXPECT_EQ(s.max_unicast_solicit, 3U);
  EXPECT_EQ(s.base_reachable_time, 30'000ms);
  EXPECT_EQ(s.retrans_timer, 1'000ms);
  EXPECT_EQ(s.delay_first_probe_time, 5'000ms);
  EXPECT_EQ(s.backoff_multiple, 3U);
  EXPECT_EQ(s.max_retrans_timer, 60'000ms);
  EXPECT_EQ(s.mark_unreachable, 3U);
  EXPECT_FALSE(s.backoff);
  EXPECT_EQ(s, NudSettings{});
  EXPECT_EQ(NudSettings::rfc(Family::kIpv4).locktime, 1'000ms);
}

TEST(Settings, PresetsAreValid) {
  for (const Family family : {Family::kIpv4, Family::kIpv6}) {
    EXPECT_TRUE(NudSettings::rfc(family).validate());
    EXPECT_TRUE(NudSettings::linux_like(family).validate());
  }
  EXPECT_TRUE(CacheLimits::rfc().validate());
  EXPECT_TRUE(CacheLimits::linux_like().validate());
}

TEST(Settings, LinuxPreset) {
  NEIGH_CITES("LNX-003", "LNX-004", "LNX-005", "LNX-006", "LNX-007", "LNX-008", "LNX-009", "LNX-011", "LNX-013");
  const NudSettings v4 = NudSettings::linux_like(Family::kIpv4);
  const NudSettings v6 = NudSettings::linux_like(Family::kIpv6);
  EXPECT_EQ(v4.locktime, 1'000ms);
  EXPECT_EQ(v6.locktime, 0ms);
  EXPECT_EQ(v4.late_answers, LateAnswers::kAny);
  EXPECT_EQ(v6.late_answers, LateAnswers::kNone);
  EXPECT_EQ(v6.reachable_time_redraw, 300'000ms);
  EXPECT_EQ(v6.base_reachable_time, 30'000ms);
  EXPECT_EQ(v6.delay_first_probe_time, 5'000ms);
  EXPECT_EQ(v6.retrans_timer, 1'000ms);
  EXPECT_EQ(v6.max_unicast_solicit, 3U);
  EXPECT_EQ(v6.max_multicast_solicit, 3U);
  EXPECT_EQ(v6.multicast_resolicit, 0U);
  EXPECT_EQ(v6.interval_probe_time, 5'000ms);
  EXPECT_EQ(v6.failed_lifetime, kUnlimited);
  EXPECT_EQ(CacheLimits::linux_like().max_entries, 1'024U);
  EXPECT_EQ(CacheLimits::linux_like().gc_low_water, 128U);
  EXPECT_EQ(CacheLimits::linux_like().gc_stale_time, 60'000ms);
}

struct BadSetting {
  std::string_view field;
  std::function<void(NudSettings&)> spoil;
};

TEST(Settings, AValueOutOfRangeIsRefusedByName) {
  const BadSetting cases[] = {
      {"base_reachable_time", [](auto& s) { s.base_reachable_time = 99ms; }},
      {"base_reachable_time", [](auto& s) { s.base_reachable_time = 3'600'001ms; }},
      {"retrans_timer", [](auto& s) { s.retrans_timer = 7ms; }},
      {"retrans_timer", [](auto& s) { s.retrans_timer = 60'001ms; }},
      {"delay_first_probe_time", [](auto& s) { s.delay_first_probe_time = -1ms; }},
      {"max_multicast_solicit", [](auto& s) { s.max_multicast_solicit = 0; }},
      {"max_unicast_solicit", [](auto& s) { s.max_unicast_solicit = 101; }},
      {"reachable_time_redraw", [](auto& s) { s.reachable_time_redraw = 999ms; }},
      {"backoff_multiple", [](auto& s) { s.backoff_multiple = 0; }},
      {"max_retrans_timer", [](auto& s) { s.max_retrans_timer = 999ms; }},
      {"mark_unreachable", [](auto& s) { s.mark_unreachable = 1; }},
      {"multicast_resolicit", [](auto& s) { s.multicast_resolicit = 101; }},
      {"failed_lifetime", [](auto& s) { s.failed_lifetime = -1ms; }},
      {"failed_lifetime", [](auto& s) { s.failed_lifetime = 25h; }},
      {"restart_failed", [](auto& s) { s.failed_lifetime = kUnlimited; }},
      {"late_answers", [](auto& s) { s.late_answers = static_cast<LateAnswers>(3); }},
      {"locktime", [](auto& s) { s.locktime = 2h; }},
      {"max_age", [](auto& s) { s.max_age = 999ms; }},
      {"interval_probe_time", [](auto& s) { s.interval_probe_time = 99ms; }},
      {"max_incomplete", [](auto& s) { s.max_incomplete = 0; }},
      {"solicit_rate", [](auto& s) { s.solicit_rate = 10'000'001; }},
      {"solicit_burst", [](auto& s) { s.solicit_burst = 0; }},
      {"probe_rate", [](auto& s) { s.probe_rate = 10'000'001; }},
      {"probe_burst", [](auto& s) { s.probe_burst = 0; }},
      {"max_unsolicited", [](auto& s) { s.max_unsolicited = 16'000'001; }},
      {"unsolicited_rate", [](auto& s) { s.unsolicited_rate = 10'000'001; }},
      {"unsolicited_burst", [](auto& s) { s.unsolicited_burst = 0; }},
  };
  for (const BadSetting& c : cases) {
    NudSettings s;
    c.spoil(s);
    const auto valid = s.validate();
    ASSERT_FALSE(valid) << c.field;
    EXPECT_EQ(valid.error().code, Errc::kInvalidArgument);
    EXPECT_EQ(valid.error().field, c.field);
    EXPECT_FALSE(valid.error().detail.empty());
  }
}

TEST(Limits, AValueOutOfRangeIsRefusedByName) {
  const std::pair<std::string_view, CacheLimits> cases[] = {
      {"max_entries", {.max_entries = 0}},
      {"max_static_entries", {.max_static_entries = 256'000'001}},
      {"gc_low_water", {.gc_low_water = 256'000'001}},
      {"gc_interval", {.gc_interval = 99ms}},
      {"gc_stale_time", {.gc_stale_time = -1ms}},
      {"rate_memory_slots", {.rate_memory_slots = 7}},
  };
  for (const auto& [field, limits] : cases) {
    const auto valid = limits.validate();
    ASSERT_FALSE(valid) << field;
    EXPECT_EQ(valid.error().field, field);
  }
}

}  // namespace
}  // namespace neigh::nud
