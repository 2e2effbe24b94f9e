// SPDX-License-Identifier: Apache-2.0
// From the public options to the engine's settings, and its counters under their names.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "embedded/host.hpp"

namespace neigh::embedded {

namespace {

template <class Value>
void take(Value& to, const std::optional<Value>& from) {
  if (from) to = *from;
}

/// A rate allows as many at once as in a second.
Result<void> take_rate(std::string_view name, const std::optional<std::uint32_t>& wanted, std::uint32_t& rate,
                       std::uint32_t& burst) {
  constexpr std::uint32_t kHighest = 1'000'000;
  if (!wanted) return {};
  if (*wanted > kHighest) {
    return Error{.code = Errc::kInvalidArgument,
                 .field = name,
                 .detail = std::to_string(*wanted) + " is above " + std::to_string(kHighest)};
  }
  rate = *wanted;
  burst = std::max(*wanted, 1U);
  return {};
}

struct PlainCounter {
  std::string_view name;
  std::string_view statement;
  std::string_view meaning;
  std::uint64_t engine::InterfaceCounters::*value;
};

constexpr std::array kPlainCounters = {
    PlainCounter{"frames-in", "", "frames received", &engine::InterfaceCounters::frames_in},
    PlainCounter{"bytes-in", "", "bytes received", &engine::InterfaceCounters::bytes_in},
    PlainCounter{"frames-out", "", "frames sent", &engine::InterfaceCounters::frames_out},
    PlainCounter{"bytes-out", "", "bytes sent", &engine::InterfaceCounters::bytes_out},
    PlainCounter{"packets-delivered", "", "packets for the host", &engine::InterfaceCounters::packets_delivered},
    PlainCounter{"packets-queued", "ARP-083 NDR-005", "packets that waited for a link-layer address",
                 &engine::InterfaceCounters::packets_queued},
    PlainCounter{"packets-failed", "ARP-086 NDR-008", "packets of ours that could not be sent",
                 &engine::InterfaceCounters::packets_failed},
    PlainCounter{"answers-sent", "", "ARP replies and solicited NAs", &engine::InterfaceCounters::answers_sent},
    PlainCounter{"conflicts", "ACD-005 ACD-045 DAD-008 DAD-009", "other nodes that claimed an address of ours",
                 &engine::InterfaceCounters::conflicts},
    PlainCounter{"frames-lost", "PRT-012", "frames that the port lost", &engine::InterfaceCounters::frames_lost},
};

struct NudCounter {
  std::string_view name4;
  std::string_view name6;
  std::string_view statement;
  std::string_view meaning;
  std::uint64_t nud::NudCounters::*value;
};

constexpr std::array kNudCounters = {
    NudCounter{"arp-multicast-probes", "nd-multicast-probes", "FSM-01 FSM-02", "requests to everybody or a group",
               &nud::NudCounters::multicast_probes},
    NudCounter{"arp-unicast-probes", "nd-unicast-probes", "FSM-19 FSM-20", "requests to one neighbor",
               &nud::NudCounters::unicast_probes},
    NudCounter{"arp-postponed", "nd-postponed", "NDR-007 EXH-003", "requests put off by a rate",
               &nud::NudCounters::postponed},
    NudCounter{"arp-resolution-failed", "nd-resolution-failed", "FSM-03", "resolutions that nobody answered",
               &nud::NudCounters::resolution_failed},
    NudCounter{"arp-probes-failed", "nd-probes-failed", "FSM-21", "neighbors that stopped answering",
               &nud::NudCounters::probes_failed},
    NudCounter{"arp-confirmed", "nd-confirmed", "NUD-001", "confirmations of reachability",
               &nud::NudCounters::confirmed},
    NudCounter{"arp-address-changed", "nd-address-changed", "ARP-192", "link-layer addresses replaced by a packet",
               &nud::NudCounters::link_address_changed},
    NudCounter{"arp-locked", "nd-locked", "ARP-114", "link-layer addresses refused so soon after a change",
               &nud::NudCounters::locked},
    NudCounter{"arp-static-mismatch", "nd-static-mismatch", "ARP-135", "packets that contradict a static entry",
               &nud::NudCounters::static_mismatch},
    NudCounter{"arp-not-asked", "nd-not-asked", "DEC-06", "answers to no request of ours",
               &nud::NudCounters::not_asked},
    NudCounter{"arp-no-entry", "nd-no-entry", "NAR-001 ARP-174", "messages about neighbors that are not here",
               &nud::NudCounters::no_entry},
};

struct RefusalCounter {
  std::string_view name4;
  std::string_view name6;
  std::string_view statement;
  nud::Refusal refusal;
};

constexpr std::array kRefusalCounters = {
    RefusalCounter{"arp-held-down", "nd-held-down", "ARP-086", nud::Refusal::kHeldDown},
    RefusalCounter{"arp-table-full", "nd-table-full", "EXH-005", nud::Refusal::kTableFull},
    RefusalCounter{"arp-solicit-rate", "nd-solicit-rate", "EXH-003", nud::Refusal::kSolicitRate},
    RefusalCounter{"arp-unsolicited-quota", "nd-unsolicited-quota", "ARP-190", nud::Refusal::kUnsolicitedQuota},
    RefusalCounter{"arp-unsolicited-rate", "nd-unsolicited-rate", "ARP-190", nud::Refusal::kUnsolicitedRate},
};

Result<engine::ConflictPolicy> policy_of(EmbeddedConflictPolicy policy) {
  switch (policy) {
    case EmbeddedConflictPolicy::kIgnore:
      return engine::ConflictPolicy::kIgnore;
    case EmbeddedConflictPolicy::kWithdraw:
      return engine::ConflictPolicy::kWithdraw;
    case EmbeddedConflictPolicy::kDefendOnce:
      return engine::ConflictPolicy::kDefendOnce;
    case EmbeddedConflictPolicy::kDefendForever:
      return engine::ConflictPolicy::kDefendForever;
  }
  return Error{.code = Errc::kInvalidArgument,
               .field = "conflict_policy",
               .detail = "there is no policy " + std::to_string(static_cast<unsigned>(policy))};
}

}  // namespace

Result<engine::InterfaceSettings> engine_settings(const EmbeddedSettings& settings) {
  if (settings.preset != EmbeddedPreset::kRfc && settings.preset != EmbeddedPreset::kLinux) {
    return Error{.code = Errc::kInvalidArgument,
                 .field = "preset",
                 .detail = "there is no preset " + std::to_string(static_cast<unsigned>(settings.preset))};
  }
  auto out = settings.preset == EmbeddedPreset::kLinux ? engine::InterfaceSettings::linux_like()
                                                       : engine::InterfaceSettings::rfc();
  for (nud::NudSettings* family : {&out.ipv4, &out.ipv6}) {
    take(family->base_reachable_time, settings.base_reachable_time);
    take(family->retrans_timer, settings.retrans_timer);
    take(family->delay_first_probe_time, settings.delay_first_probe_time);
    take(family->max_multicast_solicit, settings.max_multicast_solicit);
    take(family->max_unicast_solicit, settings.max_unicast_solicit);
    take(family->max_age, settings.max_age);
    take(family->max_incomplete, settings.max_incomplete);
    take(family->max_unsolicited, settings.max_unsolicited);
    if (auto rate = take_rate("solicit_rate", settings.solicit_rate, family->solicit_rate, family->solicit_burst);
        !rate) {
      return std::move(rate).error();
    }
  }
  take(out.dup_addr_detect_transmits, settings.dup_addr_detect_transmits);
  take(out.conflict_detection, settings.conflict_detection);
  if (settings.conflict_policy) {
    auto policy = policy_of(*settings.conflict_policy);
    if (!policy) return std::move(policy).error();
    out.conflict_policy = *policy;
  }
  take(out.forwarding, settings.forwarding);
  take(out.accept_router_adverts, settings.accept_router_adverts);
  take(out.accept_redirects, settings.accept_redirects);
  take(out.max_rtr_solicitations, settings.max_rtr_solicitations);
  take(out.queue_packets, settings.queue_packets);
  if (auto rate = take_rate("advert_rate", settings.advert_rate, out.advert_rate, out.advert_burst); !rate) {
    return std::move(rate).error();
  }
  if (auto fit = out.validate(); !fit) return std::move(fit).error();
  return out;
}

Result<std::unique_ptr<engine::Engine>> make_engine(const EmbeddedOptions& options, std::uint64_t seed) {
  if (!options.ipv4 && !options.ipv6) {
    return Error{.code = Errc::kInvalidArgument, .field = "ipv4", .detail = "a stack without IPv4 and IPv6"};
  }
  engine::EngineConfig config{.seed = seed, .ipv4 = options.ipv4, .ipv6 = options.ipv6};
  config.limits.cache.max_entries = options.max_neighbors;
  auto made = engine::Engine::make(config);
  if (!made && made.error().field == "max_entries") {
    Error error = std::move(made).error();
    error.field = "max_neighbors";
    return error;
  }
  return made;
}

std::vector<EmbeddedCounter> list_counters(const engine::InterfaceCounters& counters) {
  std::vector<EmbeddedCounter> out;
  out.reserve(std::size(kPlainCounters) + 2 * (std::size(kNudCounters) + std::size(kRefusalCounters)) +
              engine::kReasonCount);
  for (const PlainCounter& counter : kPlainCounters) {
    out.push_back({counter.name, counter.statement, counter.meaning, counters.*counter.value});
  }
  for (const NudCounter& counter : kNudCounters) {
    out.push_back({counter.name4, counter.statement, counter.meaning, counters.ipv4.*counter.value});
    out.push_back({counter.name6, counter.statement, counter.meaning, counters.ipv6.*counter.value});
  }
  for (const RefusalCounter& counter : kRefusalCounters) {
    out.push_back({counter.name4, counter.statement, to_string(counter.refusal), counters.ipv4.of(counter.refusal)});
    out.push_back({counter.name6, counter.statement, to_string(counter.refusal), counters.ipv6.of(counter.refusal)});
  }
  for (std::size_t i = 0; i < engine::kReasonCount; ++i) {
    const auto& reason = engine::describe(static_cast<engine::Reason>(i));
    out.push_back({reason.name, reason.statement, reason.meaning, counters.dropped[i]});
  }
  for (std::size_t i = 0; i < wire::kDropReasonCount; ++i) {
    const auto& reason = wire::describe(static_cast<wire::DropReason>(i));
    out.push_back({reason.name, reason.statement, reason.meaning, counters.malformed[i]});
  }
  return out;
}

}  // namespace neigh::embedded
