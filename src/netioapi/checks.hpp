// SPDX-License-Identifier: Apache-2.0
// The checks of a row in the documented order (LIB-03).
#pragma once

#include "neigh/table.hpp"
#include "netioapi/api_types.hpp"

namespace neigh::netioapi {

/// What a function takes of the row beside the key.
enum class RowUse : std::uint8_t {
  kKeyOnly,     ///< Delete, GetEntry: any address of a known family (LIB-13).
  kResolvable,  ///< Resolve: no loopback, unspecified, broadcast or multicast address.
  kWritten,     ///< Create, Set: no loopback, unspecified or broadcast address; the physical address counts, too.
};

/// The checks of LIB-03 that need no table: a bad argument is one even where no table can be opened.
/// @return The address.
[[nodiscard]] Result<IpAddress> check_row_alone(const MIB_IPNET_ROW2* row, RowUse use);

/// The index of the interface that a row names; whether there is one is for the table to say.
/// @retval Errc::kNoSuchInterface  no index can have made that LUID.
[[nodiscard]] Result<InterfaceIndex> index_of(const MIB_IPNET_ROW2& row);

/// The checks of LIB-03 from "interface exists" to "link-layer length", of the interface that index_of has named and
/// for a row that has passed check_row_alone: whether it is the LUID's, has the family's stack, and takes what is
/// written.
[[nodiscard]] Result<void> check_interface(const MIB_IPNET_ROW2& row, RowUse use, const Interface& interface);

/// The interface that a LUID names: its type must be the device's (LIB-25). @retval Errc::kNoSuchInterface
[[nodiscard]] Result<Interface> find_by_luid(NeighborTable& table, InterfaceLuid luid);

/// The part of PhysicalAddress that the interface takes; `row` has passed check_interface with kWritten (LIB-11).
[[nodiscard]] LinkAddress link_address_of(const MIB_IPNET_ROW2& row, const Interface& interface);

/// AF_UNSPEC, AF_INET or AF_INET6. @retval Errc::kInvalidArgument
[[nodiscard]] Result<Family> family_of(ADDRESS_FAMILY family);

}  // namespace neigh::netioapi
