// SPDX-License-Identifier: Apache-2.0
// Telling the link about own addresses: gratuitous ARP (ACD-040, ARP-136), unsolicited NA (NAT-009), GRAND (GRD-001).
#include <algorithm>
#include <utility>

#include "engine/core.hpp"
#include "wire/multicast.hpp"
#include "wire/numbers.hpp"

namespace neigh::engine {

namespace {

// NAT-009 wants a small gap between addresses.
constexpr Duration kGapBetweenAddresses = std::chrono::milliseconds{10};

}  // namespace

void Engine::Core::send_announcement(Port& port, const IpAddress& own) {
  send_request4(port, broadcast_link(port), own, own);
}

void Engine::Core::send_unsolicited_advert(Port& port, const Address& own, const IpAddress& destination,
                                           bool override_flag) {
  wire::NeighborAdvert advert{
      .target = own.config.address, .is_router = port.settings().forwarding, .override_flag = override_flag};
  if (port.has_link_addresses()) advert.target_link = port.config.link_address;
  IpAddress source = own.config.address;
  if (own.config.anycast) {
    const auto other = source_for(port, own.config.address, {});
    if (!other) return;
    source = *other;
  }
  emit_nd(port, group_link(port, destination), {.source = source, .destination = destination, .message = advert});
}

void Engine::Core::announce_new(Port& port, Address& own) {
  const InterfaceSettings& settings = port.settings();
  if (!port.has_link_addresses() || port.config.no_arp) return;
  const bool v4 = own.config.address.is_v4();
  if (v4 ? !settings.announce_new_addresses
         : !settings.gratuitous_advert || own.config.address.is_link_local() || own.config.anycast) {
    return;
  }
  Task task{.kind = v4 ? Task::Kind::kAnnounce : Task::Kind::kGratuitous,
            .interface = port.index(),
            .address = own.config.address,
            .left = v4 ? settings.conflict_times.announce_num : settings.max_neighbor_advertisement};
  agenda_.cancel(own.announcing);
  if (task.left > 0) announcement_due(port, own, task);
}

void Engine::Core::announce_change(Port& port, Announced what) {
  if (!port.settings().announce_link_changes || !port.active() || !port.has_link_addresses()) return;
  if (port.config.no_arp) return;
  Duration gap{0};
  for (auto& [address, own] : port.addresses) {
    const std::uint32_t left =
        address.is_v4() ? port.settings().conflict_times.announce_num : port.settings().max_neighbor_advertisement;
    if (!own.assigned() || left == 0 || !port.runs(address.family())) continue;
    if (what == (address.is_v4() ? Announced::kRouterFlag : Announced::kCarrier)) continue;
    // ACD-040: what was announced in this moment, as in use again, is said.
    if (what == Announced::kCarrier && own.announced == now_) continue;
    agenda_.cancel(own.announcing);
    agenda_.cancel(own.link_announcing);
    const Task task{.kind = Task::Kind::kLinkChanged, .interface = port.index(), .address = address, .left = left};
    if (gap == Duration{0}) {
      announcement_due(port, own, task);
    } else {
      own.link_announcing = later(gap, task);
    }
    gap += kGapBetweenAddresses;
  }
}

void Engine::Core::announcement_due(Port& port, Address& own, const Task& task) {
  TaskId& slot = task.kind == Task::Kind::kLinkChanged ? own.link_announcing : own.announcing;
  slot = {};
  if (!own.assigned() || task.left == 0) return;
  if (own.config.address.is_v4()) {
    own.announced = now_;
    send_announcement(port, own.config.address);
  } else if (task.kind == Task::Kind::kGratuitous) {
    send_unsolicited_advert(port, own, wire::kIp6AllRouters, /*override_flag=*/false);  // GRD-001, GRD-002
  } else {
    send_unsolicited_advert(port, own, wire::kIp6AllNodes, own.preferred() && !own.config.anycast);  // NAT-009
  }
  if (task.left == 1) return;
  Task next = task;
  --next.left;
  const Duration interval =
      own.config.address.is_v4() ? Duration{port.settings().conflict_times.announce_interval} : retrans_timer(port);
  slot = later(interval, next);
}

Result<void> Engine::Core::announce(InterfaceIndex index, const IpAddress& own) {
  if (own.family() == Family::kUnspecified) {
    return Error{.code = Errc::kInvalidArgument, .field = "own", .detail = "no address given"};
  }
  auto found = port_of(index, own);
  if (!found) return std::move(found).error();
  Port& port = **found;
  const Address* address = port.find(own);
  if (address == nullptr || !address->assigned()) {
    return Error{.code = Errc::kNoSuchAddress, .field = "own", .detail = own.to_string() + " is not in use here"};
  }
  if (!port.has_link_addresses() || port.config.no_arp) {
    return Error{.code = Errc::kInvalidArgument, .field = "interface", .detail = "it does no resolution"};
  }
  if (!port.active()) {
    return Error{.code = Errc::kUnreachable, .field = "interface", .detail = port.config.name + " is down"};
  }
  if (own.is_v4()) {
    send_announcement(port, own);
  } else {
    send_unsolicited_advert(port, *address, wire::kIp6AllNodes, address->preferred() && !address->config.anycast);
  }
  return {};
}

}  // namespace neigh::engine
