// SPDX-License-Identifier: Apache-2.0
#include "engine/settings.hpp"

#include <string>
#include <string_view>

namespace neigh::engine {

namespace {

template <class Owner, class Value>
struct Range {
  std::string_view name;
  Value Owner::*member;
  Value low;
  Value high;
};

constexpr std::uint32_t kM = 1'000'000;
constexpr milliseconds kNone{0};
constexpr milliseconds kMinute{60'000};

constexpr Range<InterfaceSettings, milliseconds> kTimes[] = {
    {"proxy_delay", &InterfaceSettings::proxy_delay, kNone, milliseconds{10'000}},
    {"max_anycast_delay_time", &InterfaceSettings::max_anycast_delay_time, kNone, milliseconds{10'000}},
    {"rtr_solicitation_interval", &InterfaceSettings::rtr_solicitation_interval, milliseconds{1'000}, kMinute},
    {"max_rtr_solicitation_delay", &InterfaceSettings::max_rtr_solicitation_delay, kNone, milliseconds{10'000}},
};

constexpr Range<InterfaceSettings, std::uint32_t> kCounts[] = {
    {"proxy_queue", &InterfaceSettings::proxy_queue, 0, 4'096},
    {"dup_addr_detect_transmits", &InterfaceSettings::dup_addr_detect_transmits, 0, 20},
    {"max_neighbor_advertisement", &InterfaceSettings::max_neighbor_advertisement, 0, 20},
    {"advert_rate", &InterfaceSettings::advert_rate, 0, 10 * kM},
    {"advert_burst", &InterfaceSettings::advert_burst, 1, kM},
    {"max_rtr_solicitations", &InterfaceSettings::max_rtr_solicitations, 0, 20},
    {"queue_packets", &InterfaceSettings::queue_packets, 1, 4'096},
    {"queue_bytes", &InterfaceSettings::queue_bytes, 1'500, 16 * kM},
    {"max_prefixes", &InterfaceSettings::max_prefixes, 0, 4'096},
    {"max_routers", &InterfaceSettings::max_routers, 2, 256},
    {"max_redirects", &InterfaceSettings::max_redirects, 0, 65'536},
};

constexpr Range<ConflictTimes, milliseconds> kConflictTimes[] = {
    {"probe_wait", &ConflictTimes::probe_wait, kNone, kMinute},
    {"probe_min", &ConflictTimes::probe_min, kNone, kMinute},
    {"probe_max", &ConflictTimes::probe_max, kNone, kMinute},
    {"announce_wait", &ConflictTimes::announce_wait, kNone, kMinute},
    {"announce_interval", &ConflictTimes::announce_interval, milliseconds{1}, kMinute},
    {"rate_limit_interval", &ConflictTimes::rate_limit_interval, kNone, 60 * kMinute},
    {"defend_interval", &ConflictTimes::defend_interval, milliseconds{1}, 60 * kMinute},
};

constexpr Range<ConflictTimes, std::uint32_t> kConflictCounts[] = {
    {"probe_num", &ConflictTimes::probe_num, 1, 20},
    {"announce_num", &ConflictTimes::announce_num, 1, 20},
    {"max_conflicts", &ConflictTimes::max_conflicts, 1, 1'000},
};

constexpr Range<EngineLimits, std::uint32_t> kLimits[] = {
    {"queue_packets", &EngineLimits::queue_packets, 1, kM},
    {"queue_bytes", &EngineLimits::queue_bytes, 65'536, 1'000 * kM},
    {"max_interfaces", &EngineLimits::max_interfaces, 1, kM},
    {"max_addresses", &EngineLimits::max_addresses, 1, kM},
    {"max_proxies", &EngineLimits::max_proxies, 0, 16 * kM},
    {"max_asks", &EngineLimits::max_asks, 1, kM},
};

std::string text(milliseconds value) { return std::to_string(value.count()) + " ms"; }
std::string text(std::uint32_t value) { return std::to_string(value); }

template <class Owner, class Value, std::size_t kSize>
Result<void> check(const Owner& owner, const Range<Owner, Value> (&ranges)[kSize]) {
  for (const auto& range : ranges) {
    const Value value = owner.*range.member;
    if (value >= range.low && value <= range.high) continue;
    return Error{.code = Errc::kInvalidArgument,
                 .field = range.name,
                 .detail = text(value) + " is not between " + text(range.low) + " and " + text(range.high)};
  }
  return {};
}

}  // namespace

Result<void> InterfaceSettings::validate() const {
  for (const nud::NudSettings* family : {&ipv4, &ipv6}) {
    if (auto fit = family->validate(); !fit) return fit;
  }
  if (auto fit = check(*this, kTimes); !fit) return fit;
  if (auto fit = check(*this, kCounts); !fit) return fit;
  if (auto fit = check(conflict_times, kConflictTimes); !fit) return fit;
  if (auto fit = check(conflict_times, kConflictCounts); !fit) return fit;
  if (conflict_times.probe_min > conflict_times.probe_max) {
    return Error{.code = Errc::kInvalidArgument, .field = "probe_min", .detail = "more than probe_max"};
  }
  if (conflict_policy > ConflictPolicy::kDefendForever) {
    return Error{.code = Errc::kInvalidArgument, .field = "conflict_policy", .detail = "no such choice"};
  }
  return {};
}

InterfaceSettings InterfaceSettings::linux_like() {
  InterfaceSettings settings;
  settings.ipv4 = nud::NudSettings::linux_like(Family::kIpv4);
  settings.ipv6 = nud::NudSettings::linux_like(Family::kIpv6);
  settings.accept_any_link_address = true;          // LNX-092, ARP-045, ARP-046, ARP-061
  settings.accept_ieee802_hardware = true;          // ARP-043
  settings.learn_off_subnet = true;                 // ARP-054
  settings.learn_any_sender = true;                 // ARP-052, ARP-053, LNX-095
  settings.learn_untracked_adverts = false;         // GRD-004: accept_untracked_na 0
  settings.strict_ip4_input = false;                // rp_filter 0, drop_unicast_in_l2_multicast 0
  settings.answers_count_as_use = true;             // LNX-040
  settings.resolve_to_answer_multicast = false;     // LNX-091
  settings.link_option_in_unicast_answers = false;  // LNX-090
  settings.answer_for_other_interfaces = true;      // ARP-033: arp_ignore 0
  settings.announce_new_addresses = false;          // ARP-136
  settings.announce_link_changes = false;           // LNX-014: arp_notify 0, LNX-015: ndisc_notify 0
  settings.conflict_detection = false;              // ACD-052
  settings.conflict_policy = ConflictPolicy::kIgnore;
  settings.disable_on_duplicate_link_local = false;  // LNX-015: accept_dad 1
  settings.gratuitous_advert = false;
  settings.advert_rate = 0;
  settings.queue_packets = 101;  // LNX-010
  settings.queue_bytes = 212'992;
  return settings;
}

EngineLimits EngineLimits::linux_like() {
  EngineLimits limits;
  limits.cache = nud::CacheLimits::linux_like();
  return limits;
}

Result<void> EngineLimits::validate() const {
  if (auto fit = cache.validate(); !fit) return fit;
  return check(*this, kLimits);
}

}  // namespace neigh::engine
