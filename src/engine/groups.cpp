// SPDX-License-Identifier: Apache-2.0
// Multicast groups: what the interface listens to (NDF-023, NDF-024), and MLD reports so that switches know (PRT-005).
#include <algorithm>

#include "engine/core.hpp"
#include "wire/multicast.hpp"
#include "wire/numbers.hpp"

namespace neigh::engine {

namespace {

constexpr Duration kUnsolicitedReportInterval = std::chrono::seconds{1};  // RFC 3810 9.11

}  // namespace

void Engine::Core::filter_group(Port& port, const LinkAddress& group, bool needed) {
  if (!port.ethernet) return;
  std::uint32_t& uses = port.link_groups[group];
  if (needed ? ++uses == 1 : --uses == 0) {
    out_->push(GroupChanged{.interface = port.index(), .group = group, .joined = needed});
  }
  if (uses == 0) port.link_groups.erase(group);
}

void Engine::Core::join(Port& port, const IpAddress& group, bool report) {
  if (++port.groups[group] != 1) return;
  filter_group(port, group_link(port, group), true);
  if (report) report_group(port, group, /*joined=*/true, /*repeat=*/true);
}

void Engine::Core::leave(Port& port, IpAddress group) {
  const auto found = port.groups.find(group);
  if (found == port.groups.end() || --found->second != 0) return;
  port.groups.erase(found);
  filter_group(port, group_link(port, group), false);
  report_group(port, group, /*joined=*/false, /*repeat=*/true);
}

void Engine::Core::send_reports(Port& port, std::span<const wire::MldRecord> records) {
  if (!port.settings().multicast_listener_reports || !port.active() || !port.runs(Family::kIpv6)) return;
  if (port.config.type == InterfaceType::kLoopback) return;
  IpAddress source = wire::kIp6Unspecified;
  for (const auto& [address, own] : port.addresses) {
    if (address.is_v6() && address.is_link_local() && own.preferred() && !own.config.anycast) source = address;
  }
  const std::size_t at_once = wire::mld_records_per_packet(port.config.mtu);
  const LinkAddress to = group_link(port, wire::kIp6AllMldv2Routers);
  const wire::EthernetView header = header_to(port, to);
  for (; !records.empty(); records = records.subspan(std::min(at_once, records.size()))) {
    wire::FrameWriter out{out_->room(wire::kEthernetHeaderSize + wire::kVlanTagSize + port.config.mtu)};
    const auto size = wire::emit_mld_report_frame({.source_link = header.source,
                                                   .tag = header.tag,
                                                   .source = source,
                                                   .records = records.first(std::min(at_once, records.size()))},
                                                  out);
    if (!size) return;
    emit_written(port, to, wire::kEtherTypeIpv6, *size);
  }
}

/// A change of state is reported twice, in case one gets lost (RFC 3810 6.1).
void Engine::Core::report_group(Port& port, const IpAddress& group, bool joined, bool repeat) {
  if (group == wire::kIp6AllNodes) return;  // RFC 3810 6: never reported
  const wire::MldRecord record{
      .type = joined ? wire::MldRecordType::kChangeToExclude : wire::MldRecordType::kChangeToInclude, .group = group};
  send_reports(port, std::span(&record, 1));
  if (!repeat || !port.settings().multicast_listener_reports || !port.active()) return;
  (void)later(
      random_up_to(kUnsolicitedReportInterval),
      {.kind = Task::Kind::kGroupChange, .interface = port.index(), .address = group, .left = joined ? 1U : 0U});
}

void Engine::Core::report_all_groups(Port& port) {
  std::vector<wire::MldRecord> records;
  for (const auto& [group, uses] : port.groups) {
    if (group == wire::kIp6AllNodes) continue;
    records.push_back({.type = wire::MldRecordType::kModeIsExclude, .group = group});
  }
  send_reports(port, records);
}

/// RFC 3810 5.1.10, 6.2: within the time allowed, one report for all queries that wait.
void Engine::Core::mld_query(Port& port, const wire::MldQuery& query) {
  if (!query.group.is_unspecified() && !port.groups.contains(query.group)) return;
  if (port.reporting.pending()) return;
  port.reporting = later(random_up_to(milliseconds{query.max_response_ms}),
                         {.kind = Task::Kind::kGroupReport, .interface = port.index()});
}

}  // namespace neigh::engine
