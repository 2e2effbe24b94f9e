// SPDX-License-Identifier: Apache-2.0
// The functions that concern one entry.
#include <new>
#include <utility>

#include "neigh/current_stack.hpp"
#include "netioapi/calls.hpp"
#include "netioapi/checks.hpp"
#include "netioapi/guard.hpp"
#include "netioapi/row.hpp"
#include "netioapi/status.hpp"

namespace neigh::netioapi {
namespace {

NTSTATUS status_of(const Result<void>& done) { return done ? STATUS_SUCCESS : netioapi::status_of(done.error()); }

NTSTATUS write_entry(const MIB_IPNET_ROW2* row, Result<void> (NeighborTable::*operation)(const Neighbor&)) {
  return guarded([&] { return check_row_alone(row, RowUse::kWritten); },
                 [&](NeighborTable& table) -> NTSTATUS {
                   auto entry = check_row(table, row, RowUse::kWritten);
                   if (!entry) return netioapi::status_of(entry.error());
                   // State, times and the other flags of the row are not looked at (LIB-08, LIB-09).
                   Neighbor neighbor{.address = entry->address,
                                     .interface = entry->interface.index,
                                     .link_address = link_address_of(*row, entry->interface),
                                     .state = NudState::kPermanent};
                   neighbor.flags.set(NeighborFlag::kRouter, row->IsRouter != 0);
                   return status_of((table.*operation)(neighbor));
                 });
}

}  // namespace

NTSTATUS create_entry(const MIB_IPNET_ROW2* row) noexcept { return write_entry(row, &NeighborTable::create); }
NTSTATUS set_entry(const MIB_IPNET_ROW2* row) noexcept { return write_entry(row, &NeighborTable::set); }

NTSTATUS delete_entry(const MIB_IPNET_ROW2* row) noexcept {
  return guarded([&] { return check_row_alone(row, RowUse::kKeyOnly); },
                 [&](NeighborTable& table) -> NTSTATUS {
                   auto entry = check_row(table, row, RowUse::kKeyOnly);
                   if (!entry) return netioapi::status_of(entry.error());
                   return status_of(table.remove(entry->key()));
                 });
}

NTSTATUS get_entry(MIB_IPNET_ROW2* row, NTSTATUS no_interface) noexcept {
  return guarded([&] { return check_row_alone(row, RowUse::kKeyOnly); },
                 [&](NeighborTable& table) -> NTSTATUS {
                   auto entry = check_row(table, row, RowUse::kKeyOnly);
                   if (!entry) {
                     return entry.error().code == Errc::kNoSuchInterface ? no_interface
                                                                         : netioapi::status_of(entry.error());
                   }
                   auto found = table.get(entry->key());
                   if (!found) return netioapi::status_of(found.error());
                   fill_row(*row, *found, entry->interface.luid());
                   return STATUS_SUCCESS;
                 });
}

NTSTATUS resolve_entry(MIB_IPNET_ROW2* row, const SOCKADDR_INET* source) noexcept {
  const bool has_source = source != nullptr && source->si_family != AF_UNSPEC;
  const auto check = [&]() -> Result<IpAddress> {
    auto address = check_row_alone(row, RowUse::kResolvable);
    if (address && has_source && source->si_family != row->Address.si_family) {
      return Error{.code = Errc::kInvalidArgument, .field = "SourceAddress"};
    }
    return address;
  };
  return guarded(check, [&](NeighborTable& table) -> NTSTATUS {
    auto entry = check_row(table, row, RowUse::kResolvable);
    if (!entry) return netioapi::status_of(entry.error());
    ResolveOptions options{.ask_again = true};
    if (has_source) options.source = address_of(*source);
    auto resolved = table.resolve(entry->key(), options);
    if (!resolved) return netioapi::status_of(resolved.error());
    fill_row(*row, *resolved, entry->interface.luid());
    return STATUS_SUCCESS;
  });
}

NTSTATUS index_to_luid(NET_IFINDEX index, NET_LUID* luid) noexcept {
  if (luid == nullptr) return STATUS_INVALID_PARAMETER;
  luid->Value = 0;
  return guarded([&](NeighborTable& table) -> NTSTATUS {
    auto found = table.find_interface(static_cast<InterfaceIndex>(index));
    if (!found) {
      return found.error().code == Errc::kNoSuchInterface ? STATUS_OBJECT_NAME_NOT_FOUND
                                                          : netioapi::status_of(found.error());
    }
    luid->Value = found->luid().value();
    return STATUS_SUCCESS;
  });
}

NTSTATUS luid_to_index(const NET_LUID* luid, NET_IFINDEX* index) noexcept {
  if (luid == nullptr || index == nullptr) return STATUS_INVALID_PARAMETER;
  const InterfaceLuid wanted(luid->Value);
  *index = 0;
  return guarded([&](NeighborTable& table) -> NTSTATUS {
    auto found = find_by_luid(table, wanted);
    if (!found) {
      return found.error().code == Errc::kNoSuchInterface ? STATUS_OBJECT_NAME_NOT_FOUND
                                                          : netioapi::status_of(found.error());
    }
    *index = to_number(found->index);
    return STATUS_SUCCESS;
  });
}

}  // namespace neigh::netioapi
