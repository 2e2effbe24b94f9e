// SPDX-License-Identifier: Apache-2.0
#include "nud/settings.hpp"

#include <string>
#include <string_view>

namespace neigh::nud {

namespace {

constexpr std::uint32_t kM = 1'000'000;
constexpr milliseconds kHour{3'600'000};
constexpr milliseconds kDay = 24 * kHour;

template <class Owner, class Value>
struct Range {
  std::string_view name;
  Value Owner::*member;
  Value low;
  Value high;
};

using Times = Range<NudSettings, milliseconds>;
using Counts = Range<NudSettings, std::uint32_t>;

constexpr Times kTimes[] = {
    {"base_reachable_time", &NudSettings::base_reachable_time, milliseconds{100}, kHour},
    {"retrans_timer", &NudSettings::retrans_timer, milliseconds{8}, milliseconds{60'000}},
    {"delay_first_probe_time", &NudSettings::delay_first_probe_time, milliseconds{0}, kHour},
    {"reachable_time_redraw", &NudSettings::reachable_time_redraw, milliseconds{1'000}, kDay},
    {"max_retrans_timer", &NudSettings::max_retrans_timer, milliseconds{1'000}, kHour},
    {"locktime", &NudSettings::locktime, milliseconds{0}, kHour},
    {"interval_probe_time", &NudSettings::interval_probe_time, milliseconds{100}, kDay},
};

constexpr Counts kCounts[] = {
    {"max_multicast_solicit", &NudSettings::max_multicast_solicit, 1, 100},
    {"max_unicast_solicit", &NudSettings::max_unicast_solicit, 1, 100},
    {"backoff_multiple", &NudSettings::backoff_multiple, 1, 10},
    {"mark_unreachable", &NudSettings::mark_unreachable, 2, 100},
    {"multicast_resolicit", &NudSettings::multicast_resolicit, 0, 100},
    {"max_incomplete", &NudSettings::max_incomplete, 1, 16 * kM},
    {"solicit_rate", &NudSettings::solicit_rate, 0, 10 * kM},
    {"solicit_burst", &NudSettings::solicit_burst, 1, 10 * kM},
    {"probe_rate", &NudSettings::probe_rate, 0, 10 * kM},
    {"probe_burst", &NudSettings::probe_burst, 1, 10 * kM},
    {"max_unsolicited", &NudSettings::max_unsolicited, 0, 16 * kM},
    {"unsolicited_rate", &NudSettings::unsolicited_rate, 0, 10 * kM},
    {"unsolicited_burst", &NudSettings::unsolicited_burst, 1, 10 * kM},
};

constexpr Range<CacheLimits, std::uint32_t> kLimitCounts[] = {
    {"max_entries", &CacheLimits::max_entries, 1, 256 * kM},
    {"max_static_entries", &CacheLimits::max_static_entries, 0, 256 * kM},
    {"gc_low_water", &CacheLimits::gc_low_water, 0, 256 * kM},
    {"rate_memory_slots", &CacheLimits::rate_memory_slots, 8, 16 * kM},
};

constexpr Range<CacheLimits, milliseconds> kLimitTimes[] = {
    {"gc_interval", &CacheLimits::gc_interval, milliseconds{100}, kDay},
    {"gc_stale_time", &CacheLimits::gc_stale_time, milliseconds{0}, kDay},
};

std::string text(milliseconds value) {
  return value == kUnlimited ? "unlimited" : std::to_string(value.count()) + " ms";
}
std::string text(std::uint32_t value) { return std::to_string(value); }

template <class Value>
Error out_of_range(std::string_view name, Value value, Value low, Value high) {
  return {.code = Errc::kInvalidArgument,
          .field = name,
          .detail = text(value) + " is not between " + text(low) + " and " + text(high)};
}

template <class Owner, class Value, std::size_t kSize>
Result<void> check(const Owner& owner, const Range<Owner, Value> (&ranges)[kSize]) {
  for (const auto& range : ranges) {
    const Value value = owner.*range.member;
    if (value < range.low || value > range.high) return out_of_range(range.name, value, range.low, range.high);
  }
  return {};
}

}  // namespace

Result<void> NudSettings::validate() const {
  if (auto times = check(*this, kTimes); !times) return times;
  if (auto counts = check(*this, kCounts); !counts) return counts;
  if (failed_lifetime != kUnlimited && (failed_lifetime < milliseconds{0} || failed_lifetime > kDay)) {
    return out_of_range("failed_lifetime", failed_lifetime, milliseconds{0}, kDay);
  }
  if (max_age != milliseconds{0} && (max_age < milliseconds{1'000} || max_age > kDay)) {
    return out_of_range("max_age", max_age, milliseconds{1'000}, kDay);
  }
  if (failed_lifetime == kUnlimited && !restart_failed) {
    return Error{.code = Errc::kInvalidArgument,
                 .field = "restart_failed",
                 .detail = "an entry that fails for ever has to be allowed to start over"};
  }
  if (late_answers > LateAnswers::kAny) {
    return Error{.code = Errc::kInvalidArgument, .field = "late_answers", .detail = "no such choice"};
  }
  return {};
}

Result<void> CacheLimits::validate() const {
  if (auto counts = check(*this, kLimitCounts); !counts) return counts;
  return check(*this, kLimitTimes);
}

NudSettings NudSettings::rfc(Family family) {
  NudSettings settings;
  if (family == Family::kIpv4) settings.locktime = milliseconds{1'000};  // ARP-060, ARP-192
  return settings;
}

NudSettings NudSettings::linux_like(Family family) {
  const bool v4 = family == Family::kIpv4;
  NudSettings settings;
  settings.reachable_time_redraw = milliseconds{300'000};  // LNX-005
  settings.failed_lifetime = kUnlimited;                   // LNX-031: stays until collected
  settings.restart_failed = true;                          // LNX-037
  settings.rate_memory = false;
  settings.confirm_only_if_asked = false;                               // LNX-093
  settings.late_answers = v4 ? LateAnswers::kAny : LateAnswers::kNone;  // ARP-176, LNX-038
  settings.delay_if_recently_used = true;                               // LNX-033
  settings.locktime = v4 ? milliseconds{1'000} : milliseconds{0};       // LNX-011
  settings.keep_static_on_down = false;                                 // LNX-054
  settings.max_incomplete = 1'024;  // Linux has no limit of its own for them; the table's is 1024
  settings.solicit_rate = 0;
  settings.probe_rate = 0;
  settings.max_unsolicited = 1'024;
  settings.unsolicited_rate = 0;
  return settings;
}

CacheLimits CacheLimits::rfc() { return {}; }

CacheLimits CacheLimits::linux_like() {
  CacheLimits limits;
  limits.max_entries = 1'024;  // LNX-003
  return limits;
}

}  // namespace neigh::nud
