// SPDX-License-Identifier: Apache-2.0
// The IPv4-only calls from before Windows Vista.
#include <array>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "netioapi/calls_beside.hpp"
#include "netioapi/host_guard.hpp"
#include "netioapi/link_rows.hpp"
#include "netioapi/row.hpp"

namespace neigh::netioapi {
namespace {

constexpr NTSTATUS kNoData = status_for_win32(232);
constexpr NTSTATUS kBufferOverflow = status_for_win32(111);
constexpr NTSTATUS kAlreadyExists = status_for_win32(183);
constexpr ULONG kShortestAnswer = 6;

IpAddress v4_of(ULONG network_order) {
  std::array<std::uint8_t, 4> bytes;
  std::memcpy(bytes.data(), &network_order, bytes.size());
  return IpAddress::v4(bytes);
}

ULONG number_of(const IpAddress& address) {
  ULONG number = 0;
  std::memcpy(&number, address.bytes().data(), sizeof number);
  return number;
}

/// These calls know no "interface not found": it is a bad argument.
NTSTATUS legacy_status(const Error& error) {
  return error.code == Errc::kNoSuchInterface ? STATUS_INVALID_PARAMETER : status_of(error);
}

Result<void> check_unicast(const IpAddress& address) {
  if (address.is_multicast()) return invalid("dwAddr");
  return check_neighbor_address(address);
}

DWORD type_of(NudState state) {
  switch (state) {
    case NudState::kPermanent:
    case NudState::kNoArp:
      return MIB_IPNET_TYPE_STATIC;
    case NudState::kNone:
    case NudState::kFailed:
    case NudState::kUnreachable:
      return MIB_IPNET_TYPE_INVALID;
    case NudState::kIncomplete:
      return MIB_IPNET_TYPE_OTHER;
    case NudState::kReachable:
    case NudState::kStale:
    case NudState::kDelay:
    case NudState::kProbe:
      break;
  }
  return MIB_IPNET_TYPE_DYNAMIC;
}

/// The entry that a row asks for, checked but for its interface.
Result<Neighbor> check_entry(const MIB_IPNETROW* row) {
  if (row == nullptr) return invalid("pArpEntry");
  const IpAddress address = v4_of(row->dwAddr);
  if (auto ok = check_unicast(address); !ok) return std::move(ok).error();
  if (row->dwPhysAddrLen == 0 || row->dwPhysAddrLen > MAXLEN_PHYSADDR) return invalid("dwPhysAddrLen");
  Neighbor out{.address = address, .interface = static_cast<InterfaceIndex>(row->dwIndex)};
  if (row->dwType == MIB_IPNET_TYPE_STATIC) {
    out.state = NudState::kPermanent;
  } else if (row->dwType == MIB_IPNET_TYPE_DYNAMIC) {
    out.state = NudState::kReachable;
  } else {
    return invalid("dwType");
  }
  if (out.interface == InterfaceIndex::kNone) return invalid("dwIndex");
  return out;
}

NTSTATUS write_entry(const MIB_IPNETROW* row, Result<void> (NeighborTable::*operation)(const Neighbor&)) {
  return guarded([&] { return check_entry(row); },
                 [&](NeighborTable& stack) -> NTSTATUS {
                   auto entry = check_entry(row);
                   if (!entry) return status_of(entry.error());
                   auto device = stack.find_interface(entry->interface);
                   if (!device) return legacy_status(device.error());
                   if (!device->ipv4) return STATUS_NOT_SUPPORTED;
                   // Such a device keeps no entries by address (LNX-042).
                   if (device->loopback || device->point_to_point) return STATUS_INVALID_PARAMETER;
                   if (row->dwPhysAddrLen < device->link_address_size) return STATUS_INVALID_PARAMETER;
                   const auto bytes = std::span(row->bPhysAddr).first(device->link_address_size);
                   entry->link_address = LinkAddress::from_bytes(bytes).value_or(LinkAddress{});
                   auto done = (stack.*operation)(*entry);
                   return done ? STATUS_SUCCESS : legacy_status(done.error());
                 });
}

Result<NeighborKey> check_key(ULONG address, DWORD index, bool proxy) {
  const NeighborKey key{static_cast<InterfaceIndex>(index), v4_of(address), proxy};
  if (auto ok = check_unicast(key.address); !ok) return std::move(ok).error();
  if (key.interface == InterfaceIndex::kNone) return invalid("dwIndex");
  return key;
}

/// Where a request for `destination` goes out.
struct Way {
  InterfaceIndex interface = InterfaceIndex::kNone;
  bool over_router = false;
};

/// The interface that has this address, if it is an own one.
Result<std::optional<Interface>> find_owner(NeighborTable& stack, const IpAddress& address) {
  auto devices = stack.interfaces();
  if (!devices) return std::move(devices).error();
  for (Interface& device : *devices) {
    auto own = stack.own_addresses(device.index);
    if (!own) return std::move(own).error();
    if (std::find(own->begin(), own->end(), address) != own->end()) return std::optional(std::move(device));
  }
  return std::optional<Interface>{};
}

Result<Way> find_way(NeighborTable& stack, const IpAddress& destination, const IpAddress& source) {
  if (HostNetwork* host = stack.host(); host != nullptr) {
    auto best = host->best_route(destination, source, InterfaceIndex::kNone);
    if (!best) return std::move(best).error();
    return Way{.interface = best->route.interface, .over_router = best->route.next_hop.size() != 0};
  }
  // A home without routes: the source's interface, or the only one that there is.
  Way way;
  auto devices = stack.interfaces();
  if (!devices) return std::move(devices).error();
  for (const Interface& device : *devices) {
    if (device.loopback || !device.up || !device.ipv4) continue;
    auto own = stack.own_addresses(device.index);
    if (!own) return std::move(own).error();
    const auto usable = [&](const IpAddress& a) { return source.size() != 0 ? a == source : a.is_v4(); };
    if (std::none_of(own->begin(), own->end(), usable)) continue;
    if (way.interface != InterfaceIndex::kNone) return Error{.code = Errc::kNotSupported, .field = "SrcIP"};
    way.interface = device.index;
  }
  if (way.interface == InterfaceIndex::kNone) return Error{.code = Errc::kUnreachable, .field = "DestIP"};
  return way;
}

Result<LinkAddress> find_link_address(NeighborTable& stack, const IpAddress& destination, const IpAddress& source) {
  if (source.size() != 0) {
    auto owner = find_owner(stack, source);
    if (!owner) return std::move(owner).error();
    if (!owner->has_value()) return Error{.code = Errc::kNoSuchAddress, .field = "SrcIP"};
  }
  auto own = find_owner(stack, destination);
  if (!own) return std::move(own).error();
  if (own->has_value()) return physical_address_of(**own);
  auto way = find_way(stack, destination, source);
  if (!way) return std::move(way).error();
  if (way->over_router) return Error{.code = Errc::kUnreachable, .field = "DestIP"};
  ResolveOptions options;
  if (source.size() != 0) options.source = source;
  auto found = stack.resolve({way->interface, destination, false}, options);
  if (!found) return std::move(found).error();
  return found->link_address;
}

NTSTATUS write_proxy(DWORD address, DWORD mask, DWORD index, bool create) {
  const auto check = [&]() -> Result<void> {
    auto key = check_key(address, index, true);
    if (!key) return std::move(key).error();
    // Contiguous from the front, in host order.
    const ULONG bits = __builtin_bswap32(mask);
    const ULONG holes = ~bits;
    if (mask == 0 || (holes & (holes + 1)) != 0) return invalid("dwMask");
    if (holes != 0) return Error{.code = Errc::kNotSupported, .field = "dwMask"};
    return {};
  };
  return guarded(check, [&](NeighborTable& stack) -> NTSTATUS {
    const auto key = check_key(address, index, true);
    if (!key) return status_of(key.error());
    auto device = stack.find_interface(key->interface);
    if (!device) return legacy_status(device.error());
    if (!device->ipv4 || device->no_arp || device->loopback || device->link_address_size == 0) {
      return STATUS_NOT_SUPPORTED;
    }
    if (!create) {
      auto done = stack.remove(*key);
      return done ? STATUS_SUCCESS : legacy_status(done.error());
    }
    Neighbor entry{.address = key->address, .interface = key->interface};
    entry.flags.set(NeighborFlag::kProxy, true);
    auto done = stack.create(entry);
    if (!done && done.error().code == Errc::kAlreadyExists) return kAlreadyExists;
    return done ? STATUS_SUCCESS : legacy_status(done.error());
  });
}

}  // namespace

NTSTATUS send_arp(ULONG destination, ULONG source, void* address, ULONG* length) noexcept {
  if (address == nullptr || length == nullptr) return STATUS_INVALID_PARAMETER;
  const ULONG room = *length;
  const IpAddress wanted = v4_of(destination);
  if (wanted.is_unspecified() || wanted.is_multicast() || wanted.is_limited_broadcast()) return STATUS_UNSUCCESSFUL;
  if (room < kShortestAnswer) {
    *length = 0;
    return kBufferOverflow;
  }
  return guarded([&](NeighborTable& stack) -> NTSTATUS {
    auto found = find_link_address(stack, wanted, source != 0 ? v4_of(source) : IpAddress{});
    if (!found || found->size() > room) *length = 0;
    if (!found) return status_of(found.error());
    if (found->size() > room) return kBufferOverflow;
    std::memcpy(address, found->bytes().data(), found->size());
    *length = static_cast<ULONG>(found->size());
    return STATUS_SUCCESS;
  });
}

NTSTATUS legacy_table(MIB_IPNETTABLE* table, ULONG* size) noexcept {
  if (size == nullptr) return STATUS_INVALID_PARAMETER;
  return guarded([&](NeighborTable& stack) -> NTSTATUS {
    auto present = stack.has_family(Family::kIpv4);
    if (!present) return status_of(present.error());
    if (!*present) return STATUS_NOT_SUPPORTED;
    std::vector<Neighbor> all;
    if (auto listed = stack.list_into({.family = Family::kIpv4}, all); !listed) return status_of(listed.error());
    std::erase_if(all, [](const Neighbor& n) { return n.link_address.size() > MAXLEN_PHYSADDR; });
    std::sort(all.begin(), all.end(), [](const Neighbor& a, const Neighbor& b) {
      return std::pair(a.interface, a.address) < std::pair(b.interface, b.address);
    });
    all.erase(
        std::unique(all.begin(), all.end(), [](const Neighbor& a, const Neighbor& b) { return a.key() == b.key(); }),
        all.end());
    if (all.empty()) return kNoData;
    const std::size_t needed = offsetof(MIB_IPNETTABLE, table) + all.size() * sizeof(MIB_IPNETROW);
    if (needed > std::numeric_limits<ULONG>::max()) return STATUS_NO_MEMORY;
    if (*size < needed) {
      *size = static_cast<ULONG>(needed);
      return STATUS_BUFFER_TOO_SMALL;
    }
    if (table == nullptr) return STATUS_INVALID_PARAMETER;
    *size = static_cast<ULONG>(needed);
    table->dwNumEntries = static_cast<DWORD>(all.size());
    MIB_IPNETROW* row = table->table;
    for (const Neighbor& one : all) {
      std::memset(row, 0, sizeof *row);
      row->dwIndex = to_number(one.interface);
      row->dwPhysAddrLen = static_cast<DWORD>(one.link_address.size());
      std::memcpy(row->bPhysAddr, one.link_address.bytes().data(), one.link_address.size());
      row->dwAddr = number_of(one.address);
      row->dwType = type_of(one.state);
      ++row;
    }
    return STATUS_SUCCESS;
  });
}

NTSTATUS legacy_create(const MIB_IPNETROW* row) noexcept { return write_entry(row, &NeighborTable::create); }

NTSTATUS legacy_set(const MIB_IPNETROW* row) noexcept {
  if (row != nullptr && row->dwType == MIB_IPNET_TYPE_INVALID) return legacy_delete(row);
  return write_entry(row, &NeighborTable::set);
}

NTSTATUS legacy_delete(const MIB_IPNETROW* row) noexcept {
  const auto check = [&]() -> Result<NeighborKey> {
    if (row == nullptr) return invalid("pArpEntry");
    return check_key(row->dwAddr, row->dwIndex, false);
  };
  return guarded(check, [&](NeighborTable& stack) -> NTSTATUS {
    const auto key = check();
    if (!key) return status_of(key.error());
    auto device = stack.find_interface(key->interface);
    if (!device) return legacy_status(device.error());
    auto done = stack.remove(*key);
    return done ? STATUS_SUCCESS : legacy_status(done.error());
  });
}

NTSTATUS legacy_flush(DWORD index) noexcept {
  const auto interface = static_cast<InterfaceIndex>(index);
  if (interface == InterfaceIndex::kNone) return STATUS_INVALID_PARAMETER;
  return guarded([&](NeighborTable& stack) -> NTSTATUS {
    auto device = stack.find_interface(interface);
    if (!device) return legacy_status(device.error());
    if (!device->ipv4) return STATUS_NOT_SUPPORTED;
    auto flushed = stack.flush(
        {.family = Family::kIpv4, .interface = interface, .states = StateSet::all().without(NudState::kNoArp)});
    return flushed ? STATUS_SUCCESS : legacy_status(flushed.error());
  });
}

NTSTATUS create_proxy(DWORD address, DWORD mask, DWORD index) noexcept {
  return write_proxy(address, mask, index, /*create=*/true);
}
NTSTATUS delete_proxy(DWORD address, DWORD mask, DWORD index) noexcept {
  return write_proxy(address, mask, index, /*create=*/false);
}

}  // namespace neigh::netioapi
