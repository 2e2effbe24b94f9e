// SPDX-License-Identifier: Apache-2.0
// The cache as a NeighborTable sees it: create, set, replace, remove, get, visit, flush.
#include "nud/cache.hpp"

namespace neigh::nud {

namespace {

Error invalid(std::string_view field, std::string detail) {
  return {.code = Errc::kInvalidArgument, .field = field, .detail = std::move(detail)};
}

std::optional<NudEvent> event_for(NudState state) {
  switch (state) {
    case NudState::kNone:
      return NudEvent::kSetNone;
    case NudState::kIncomplete:
      return NudEvent::kSetIncomplete;
    case NudState::kReachable:
      return NudEvent::kSetReachable;
    case NudState::kStale:
      return NudEvent::kSetStale;
    case NudState::kDelay:
      return NudEvent::kSetDelay;
    case NudState::kProbe:
      return NudEvent::kSetProbe;
    case NudState::kFailed:
      return NudEvent::kSetFailed;
    case NudState::kNoArp:
      return NudEvent::kSetNoArp;
    case NudState::kPermanent:
      return NudEvent::kSetPermanent;
    case NudState::kUnreachable:
      break;  // the machine's own
  }
  return std::nullopt;
}

}  // namespace

Result<std::uint32_t> NeighborCache::check_key(InterfaceIndex interface, const IpAddress& address) const {
  if (address.family() == Family::kUnspecified) return invalid("address", "no address given");
  if (interface == InterfaceIndex::kNone) return invalid("interface", "0 names no interface");
  if (const auto number = port_number(interface, address.family())) return *number;
  const Family other = address.is_v4() ? Family::kIpv6 : Family::kIpv4;
  if (port_number(interface, other)) {
    return Error{.code = Errc::kNotSupported,
                 .field = "address",
                 .detail = "the interface has no " + std::string(to_string(address.family()))};
  }
  return Error{.code = Errc::kNoSuchInterface,
               .field = "interface",
               .detail = "no interface " + std::to_string(to_number(interface))};
}

Result<NeighborCache::Prepared> NeighborCache::prepare(const Neighbor& neighbor) const {
  if (auto fit = check_neighbor_address(neighbor.address); !fit) return std::move(fit).error();
  const auto number = check_key(neighbor.interface, neighbor.address);
  if (!number) return number.error();
  const Port& port = *ports_[*number];

  const auto event = event_for(neighbor.state);
  if (!event) return invalid("state", "cannot be set: " + std::string(to_string(neighbor.state)));
  const bool usable = kUsableStates.contains(neighbor.state);
  LinkAddress link_address;
  if (usable) {
    if (neighbor.link_address.size() < port.link_address_size) {
      return invalid("link_address", std::to_string(neighbor.link_address.size()) + " bytes; the interface has " +
                                         std::to_string(port.link_address_size));
    }
    link_address = LinkAddress::from_bytes(neighbor.link_address.bytes().first(port.link_address_size)).value();
  }
  NeighborFlags flags = neighbor.flags;
  flags.set(NeighborFlag::kOffloaded, false);  // read only
  if (flags.has(NeighborFlag::kProxy)) return invalid("flags", "proxy entries are not neighbors");
  if (flags.has(NeighborFlag::kManaged) && neighbor.state == NudState::kPermanent) {
    return invalid("flags", "a permanent entry cannot be managed");
  }
  if (flags.has(NeighborFlag::kExternValidated) && !usable) {
    return invalid("flags", "only an entry with a link-layer address can be externally validated");
  }
  return Prepared{.port = *number, .event = *event, .link_address = link_address, .flags = flags};
}

Result<void> NeighborCache::write(const Neighbor& neighbor, const Prepared& prepared, EntryId id, Steps& out) {
  // As static as the state and flags make it: two limits, and only the dynamic one makes room.
  const bool becomes_static = is_static(neighbor.state, prepared.flags);
  const bool was_static = id != kNoId && entries_[id].shelf == Shelf::kStatic;
  const bool was_dynamic = id != kNoId && !was_static;
  Refusal refusal = Refusal::kNone;
  if (becomes_static && !was_static && static_count_ >= limits_.max_static_entries) refusal = Refusal::kTableFull;
  if (!becomes_static && !was_dynamic) refusal = admit(prepared.port, Newcomer::kAdministrator, out);
  if (prepared.event == NudEvent::kSetIncomplete && refusal == Refusal::kNone &&
      (id == kNoId || entries_[id].shelf != Shelf::kIncomplete)) {
    Port& port = *ports_[prepared.port];
    while (port.incomplete.size >= port.settings.max_incomplete) {
      evict(port.incomplete.front, Loss::kIncompleteLimit, out);
    }
  }
  if (refusal != Refusal::kNone) {
    ++ports_[prepared.port]->counters.refused[static_cast<std::size_t>(refusal)];
    return Error{.code = Errc::kTableFull,
                 .detail = becomes_static ? std::to_string(limits_.max_static_entries) + " static entries are the most"
                                          : std::to_string(limits_.max_entries) +
                                                " dynamic entries are the most (EmbeddedOptions::max_neighbors)"};
  }
  const bool fresh = id == kNoId;
  if (fresh) id = make_entry(prepared.port, neighbor.address, locate(prepared.port, neighbor.address).hash);
  Entry& entry = entries_[id];
  if (entry.received_only) {
    entry.received_only = false;
    --ports_[entry.port]->unsolicited;
  }
  const bool lost_router =
      !fresh && entry.flags.has(NeighborFlag::kRouter) && !prepared.flags.has(NeighborFlag::kRouter);
  // An owner once set cannot be taken away by writing 0 (NeighborTable).
  const std::uint8_t protocol = neighbor.protocol != 0 ? neighbor.protocol : entry.protocol;
  const bool changed = entry.flags != prepared.flags || entry.protocol != protocol;
  entry.flags = prepared.flags;
  entry.protocol = protocol;
  entry.heard = now_;
  apply(id, fresh ? kNoEntry : entry.state, prepared.event,
        {.link_address = &prepared.link_address, .changed = changed, .lost_router = lost_router}, out);
  return {};
}

Result<void> NeighborCache::create(TimePoint now, const Neighbor& neighbor, Steps& out) {
  begin(now);
  const auto prepared = prepare(neighbor);
  if (!prepared) return prepared.error();
  if (find(prepared->port, neighbor.address) != kNoId) return Error{.code = Errc::kAlreadyExists};
  return write(neighbor, *prepared, kNoId, out);
}

Result<void> NeighborCache::set(TimePoint now, const Neighbor& neighbor, Steps& out) {
  begin(now);
  const auto prepared = prepare(neighbor);
  if (!prepared) return prepared.error();
  const EntryId id = find(prepared->port, neighbor.address);
  if (id == kNoId) return Error{.code = Errc::kNotFound};
  return write(neighbor, *prepared, id, out);
}

Result<void> NeighborCache::replace(TimePoint now, const Neighbor& neighbor, Steps& out) {
  begin(now);
  const auto prepared = prepare(neighbor);
  if (!prepared) return prepared.error();
  return write(neighbor, *prepared, find(prepared->port, neighbor.address), out);
}

Result<void> NeighborCache::remove(TimePoint now, const NeighborKey& key, Steps& out) {
  begin(now);
  const auto number = check_key(key.interface, key.address);
  if (!number) return number.error();
  const EntryId id = key.proxy ? kNoId : find(*number, key.address);
  if (id == kNoId) return Error{.code = Errc::kNotFound};
  apply(id, entries_[id].state, NudEvent::kRemove, {}, out);
  return {};
}

Neighbor NeighborCache::describe(TimePoint now, EntryId id) const {
  const Entry& entry = entries_[id];
  const TimePoint present = at_least(now);
  const auto age = [&](TimePoint since) { return std::chrono::floor<milliseconds>(present - since); };
  return {.address = address_of(entry),
          .interface = ports_[entry.port]->interface,
          .link_address = link_address_of(entry),
          .state = entry.state,
          .protocol = entry.protocol,
          .flags = entry.flags,
          .probes = entry.probes,
          .confirmed_age = age(entry.confirmed),
          .used_age = age(entry.used),
          .updated_age = age(entry.updated)};
}

Result<Neighbor> NeighborCache::get(TimePoint now, const NeighborKey& key) const {
  const auto number = check_key(key.interface, key.address);
  if (!number) return number.error();
  const EntryId id = key.proxy ? kNoId : find(*number, key.address);
  if (id == kNoId) return Error{.code = Errc::kNotFound};
  return describe(now, id);
}

void NeighborCache::visit(TimePoint now, const ListFilter& filter, FunctionRef<void(const Neighbor&)> visitor) const {
  if (filter.proxies) return;
  for (const auto& port : ports_) {
    if (!port->live || (filter.interface != InterfaceIndex::kNone && filter.interface != port->interface) ||
        (filter.family != Family::kUnspecified && filter.family != port->family)) {
      continue;
    }
    for (EntryId id = port->entries.front; id != kNoId; id = entries_[id].on_port.next) {
      if (filter.states.contains(entries_[id].state)) visitor(describe(now, id));
    }
  }
}

std::size_t NeighborCache::flush(TimePoint now, const ListFilter& filter, Steps& out) {
  begin(now);
  if (filter.proxies) return 0;
  std::size_t removed = 0;
  for (const auto& port : ports_) {
    if (!port->live || (filter.interface != InterfaceIndex::kNone && filter.interface != port->interface) ||
        (filter.family != Family::kUnspecified && filter.family != port->family)) {
      continue;
    }
    for (EntryId id = port->entries.front; id != kNoId;) {
      const EntryId next = entries_[id].on_port.next;
      if (filter.states.contains(entries_[id].state)) {
        apply(id, entries_[id].state, NudEvent::kRemove, {}, out);
        ++removed;
      }
      id = next;
    }
  }
  return removed;
}

}  // namespace neigh::nud
