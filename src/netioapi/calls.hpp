// SPDX-License-Identifier: Apache-2.0
// The functions of the C API, once for both flavors. They answer with an NTSTATUS, from which the user flavor's code
// follows (status.hpp), and throw nothing.
#pragma once

#include "netioapi/api_types.hpp"

namespace neigh::netioapi {

NTSTATUS create_entry(const MIB_IPNET_ROW2* row) noexcept;
NTSTATUS set_entry(const MIB_IPNET_ROW2* row) noexcept;
NTSTATUS delete_entry(const MIB_IPNET_ROW2* row) noexcept;
/// `no_interface`: the answer for an unknown interface, in which the flavors differ (Z-03).
NTSTATUS get_entry(MIB_IPNET_ROW2* row, NTSTATUS no_interface) noexcept;
NTSTATUS get_table(ADDRESS_FAMILY family, MIB_IPNET_TABLE2** table) noexcept;
NTSTATUS flush_table(ADDRESS_FAMILY family, NET_IFINDEX interface) noexcept;
NTSTATUS resolve_entry(MIB_IPNET_ROW2* row, const SOCKADDR_INET* source) noexcept;
NTSTATUS index_to_luid(NET_IFINDEX index, NET_LUID* luid) noexcept;
NTSTATUS luid_to_index(const NET_LUID* luid, NET_IFINDEX* index) noexcept;

}  // namespace neigh::netioapi
