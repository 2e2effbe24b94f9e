// SPDX-License-Identifier: Apache-2.0
// The functions that concern one entry.
#include <optional>

#include "netioapi/calls.hpp"
#include "netioapi/checks.hpp"
#include "netioapi/guard.hpp"
#include "netioapi/row.hpp"
#include "netioapi/status.hpp"

namespace neigh::netioapi {
namespace {

NTSTATUS status_of(const Result<void>& done) { return done ? STATUS_SUCCESS : netioapi::status_of(done.error()); }

/// `row` has passed check_row_alone.
NeighborKey key_of(const MIB_IPNET_ROW2& row, InterfaceIndex interface) {
  return {interface, address_of(row.Address), false};
}

NTSTATUS write_entry(const MIB_IPNET_ROW2* row, Operation operation) {
  return guarded([&] { return check_row_alone(row, RowUse::kWritten); },
                 [&](NeighborTable& table) -> NTSTATUS {
                   const auto index = index_of(*row);
                   if (!index) return netioapi::status_of(index.error());
                   // State, times and the other flags of the row are not looked at (LIB-08, LIB-09).
                   Neighbor neighbor{
                       .address = address_of(row->Address), .interface = *index, .state = NudState::kPermanent};
                   neighbor.flags.set(NeighborFlag::kRouter, row->IsRouter != 0);
                   return status_of(table.write_if(operation, neighbor, [&](const Interface& interface) {
                     auto ok = check_interface(*row, RowUse::kWritten, interface);
                     if (ok) neighbor.link_address = link_address_of(*row, interface);
                     return ok;
                   }));
                 });
}

}  // namespace

NTSTATUS create_entry(const MIB_IPNET_ROW2* row) noexcept { return write_entry(row, Operation::kCreate); }
NTSTATUS set_entry(const MIB_IPNET_ROW2* row) noexcept { return write_entry(row, Operation::kSet); }

NTSTATUS delete_entry(const MIB_IPNET_ROW2* row) noexcept {
  return guarded([&] { return check_row_alone(row, RowUse::kKeyOnly); },
                 [&](NeighborTable& table) -> NTSTATUS {
                   const auto index = index_of(*row);
                   if (!index) return netioapi::status_of(index.error());
                   const Neighbor doomed{.address = address_of(row->Address), .interface = *index};
                   return status_of(table.write_if(Operation::kRemove, doomed, [&](const Interface& interface) {
                     return check_interface(*row, RowUse::kKeyOnly, interface);
                   }));
                 });
}

NTSTATUS get_entry(MIB_IPNET_ROW2* row, NTSTATUS no_interface) noexcept {
  return guarded([&] { return check_row_alone(row, RowUse::kKeyOnly); },
                 [&](NeighborTable& table) -> NTSTATUS {
                   const auto index = index_of(*row);
                   if (!index) return no_interface;
                   std::optional<InterfaceLuid> luid;
                   const auto found = table.get_if(key_of(*row, *index), [&](const Interface& interface) {
                     auto ok = check_interface(*row, RowUse::kKeyOnly, interface);
                     luid = ok ? std::optional(interface.luid()) : std::nullopt;
                     return ok;
                   });
                   if (!found) {
                     // One that was there when it was looked at and has gone since took the entry with it.
                     const bool none = found.error().code == Errc::kNoSuchInterface && !luid;
                     return none ? no_interface : netioapi::status_of(found.error());
                   }
                   fill_row(*row, *found, luid.value_or(InterfaceLuid{}));
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
    const auto index = index_of(*row);
    if (!index) return netioapi::status_of(index.error());
    const auto interface = table.find_interface(*index);
    if (!interface) return netioapi::status_of(interface.error());
    if (auto ok = check_interface(*row, RowUse::kResolvable, *interface); !ok) return netioapi::status_of(ok.error());
    ResolveOptions options{.ask_again = true};
    if (has_source) options.source = address_of(*source);
    auto resolved = table.resolve(key_of(*row, *index), options);
    if (!resolved) return netioapi::status_of(resolved.error());
    fill_row(*row, *resolved, interface->luid());
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
