// SPDX-License-Identifier: Apache-2.0
// MIB_IPNET_ROW2 <-> Neighbor.
#pragma once

#include "neigh/interface.hpp"
#include "neigh/neighbor.hpp"
#include "netioapi/api_types.hpp"

namespace neigh::netioapi {

/// The address, or no address where the family is neither AF_INET nor AF_INET6. Port, flow info and scope id do not
/// count (A-19, LIB-10).
[[nodiscard]] IpAddress address_of(const SOCKADDR_INET& address) noexcept;

/// Writes family, address and, for IPv6 link-local ones, the interface as scope id (LIB-10) into zeroed memory.
void fill_address(SOCKADDR_INET& out, const IpAddress& address, InterfaceIndex interface) noexcept;

/// Fills every member of `row`, all padding and unused bytes zero (G-11, M-05, LIB-10, LIB-24, LIB-27).
void fill_row(MIB_IPNET_ROW2& row, const Neighbor& neighbor, InterfaceLuid luid) noexcept;

/// Sets the LUID of a row that was filled without one, and takes what its interface type says of the row.
void set_luid(MIB_IPNET_ROW2& row, InterfaceLuid luid) noexcept;

[[nodiscard]] NL_NEIGHBOR_STATE state_of(NudState state) noexcept;

}  // namespace neigh::netioapi
