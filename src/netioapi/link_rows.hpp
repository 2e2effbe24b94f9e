// SPDX-License-Identifier: Apache-2.0
// Parts of links, addresses and routes that several calls write.
#pragma once

#include "neigh/host.hpp"
#include "netioapi/api_types.hpp"

namespace neigh::netioapi {

// link_calls.cpp
[[nodiscard]] IF_OPER_STATUS oper_status_of(const HostLink& link);
/// All ones: not known.
[[nodiscard]] ULONG64 speed_of(const HostLink& link);

/// What the API tells as an interface's physical address: a loopback interface has none (M-06), though the kernel has
/// six zeros for it.
[[nodiscard]] inline LinkAddress physical_address_of(const Interface& device) {
  return device.loopback ? LinkAddress{} : device.link_address;
}

// address_calls.cpp
[[nodiscard]] NL_PREFIX_ORIGIN prefix_origin_of(const HostAddress& address);
[[nodiscard]] NL_SUFFIX_ORIGIN suffix_origin_of(const HostAddress& address);
[[nodiscard]] NL_DAD_STATE dad_state_of(const HostAddress& address);
/// Seconds; all ones: for ever.
[[nodiscard]] ULONG seconds_of(const std::optional<std::chrono::seconds>& time);
/// Address, keys; all else 0.
[[nodiscard]] MIB_UNICASTIPADDRESS_ROW key_row_of(const HostAddress& address, InterfaceLuid luid);

// route_calls.cpp
/// Prefix, next hop, keys; all else 0.
[[nodiscard]] MIB_IPFORWARD_ROW2 key_row_of(const Route& route, InterfaceLuid luid);

}  // namespace neigh::netioapi
