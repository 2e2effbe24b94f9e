// SPDX-License-Identifier: Apache-2.0
// The calls beside the neighbor family, once for both flavors; see calls.hpp. Each group has a file of its own.
#pragma once

#include "netioapi/api_types.hpp"
//
#include <ipmib.h>
#include <iptypes.h>
#include <winsock2.h>

#include <cstdarg>
#include <cstdint>

namespace neigh::netioapi {

// interface_names.cpp
NTSTATUS name_to_luid(const char* name, NET_LUID* luid) noexcept;
NTSTATUS name_to_luid(const WCHAR* name, NET_LUID* luid) noexcept;
NTSTATUS luid_to_name(const NET_LUID* luid, char* name, SIZE_T length) noexcept;
NTSTATUS luid_to_name(const NET_LUID* luid, WCHAR* name, SIZE_T length) noexcept;
NTSTATUS alias_to_luid(const WCHAR* alias, NET_LUID* luid) noexcept;
NTSTATUS luid_to_guid(const NET_LUID* luid, GUID* guid) noexcept;
NTSTATUS guid_to_luid(const GUID* guid, NET_LUID* luid) noexcept;
[[nodiscard]] GUID guid_of(NET_IFINDEX index) noexcept;

// link_calls.cpp
NTSTATUS get_link(MIB_IF_ROW2* row) noexcept;
/// `level`: the number of a MIB_IF_TABLE_LEVEL; a caller in C may pass any.
NTSTATUS get_links(std::uint32_t level, MIB_IF_TABLE2** table) noexcept;
NTSTATUS get_ip_interface(MIB_IPINTERFACE_ROW* row) noexcept;

// address_calls.cpp
NTSTATUS get_addresses(ADDRESS_FAMILY family, MIB_UNICASTIPADDRESS_TABLE** table) noexcept;
NTSTATUS get_address(MIB_UNICASTIPADDRESS_ROW* row) noexcept;
void initialize_address(MIB_UNICASTIPADDRESS_ROW* row) noexcept;
NTSTATUS create_address(const MIB_UNICASTIPADDRESS_ROW* row) noexcept;
NTSTATUS delete_address(const MIB_UNICASTIPADDRESS_ROW* row) noexcept;

// route_calls.cpp
/// `no_interface`: the answer for an unknown interface, in which the flavors differ.
NTSTATUS get_best_route(const NET_LUID* luid, NET_IFINDEX index, const SOCKADDR_INET* source,
                        const SOCKADDR_INET* destination, MIB_IPFORWARD_ROW2* route, SOCKADDR_INET* best_source,
                        NTSTATUS no_interface) noexcept;
NTSTATUS get_routes(ADDRESS_FAMILY family, MIB_IPFORWARD_TABLE2** table) noexcept;
void initialize_route(MIB_IPFORWARD_ROW2* row) noexcept;
NTSTATUS create_route(const MIB_IPFORWARD_ROW2* row) noexcept;
NTSTATUS delete_route(const MIB_IPFORWARD_ROW2* row) noexcept;
NTSTATUS get_best_interface(const SOCKADDR* destination, DWORD* index) noexcept;

// notify_calls.cpp
NTSTATUS notify_interfaces(ADDRESS_FAMILY family, PIPINTERFACE_CHANGE_CALLBACK callback, void* context, bool initial,
                           HANDLE* handle) noexcept;
NTSTATUS notify_addresses(ADDRESS_FAMILY family, PUNICAST_IPADDRESS_CHANGE_CALLBACK callback, void* context,
                          bool initial, HANDLE* handle) noexcept;
NTSTATUS notify_routes(ADDRESS_FAMILY family, PIPFORWARD_CHANGE_CALLBACK callback, void* context, bool initial,
                       HANDLE* handle) noexcept;
NTSTATUS notify_neighbors(ADDRESS_FAMILY family, PIPNET_CHANGE_CALLBACK callback, void* context, bool initial,
                          HANDLE* handle) noexcept;
NTSTATUS cancel_notify(HANDLE handle) noexcept;

// legacy_arp.cpp
NTSTATUS send_arp(ULONG destination, ULONG source, void* address, ULONG* length) noexcept;
NTSTATUS legacy_table(MIB_IPNETTABLE* table, ULONG* size) noexcept;
NTSTATUS legacy_create(const MIB_IPNETROW* row) noexcept;
NTSTATUS legacy_set(const MIB_IPNETROW* row) noexcept;
NTSTATUS legacy_delete(const MIB_IPNETROW* row) noexcept;
NTSTATUS legacy_flush(DWORD index) noexcept;
NTSTATUS create_proxy(DWORD address, DWORD mask, DWORD index) noexcept;
NTSTATUS delete_proxy(DWORD address, DWORD mask, DWORD index) noexcept;

// adapters.cpp
NTSTATUS get_adapters(ULONG family, ULONG flags, IP_ADAPTER_ADDRESSES* adapters, ULONG* size) noexcept;

// texts.cpp
int start_sockets(WORD version, WSADATA* data) noexcept;
int clean_up_sockets() noexcept;
DWORD format_message(DWORD flags, DWORD code, char* buffer, DWORD size) noexcept;
void free_local(void* block) noexcept;
void initialize_string(UNICODE_STRING* string, const WCHAR* source) noexcept;
/// As vprintf, to standard error.
[[gnu::format(printf, 1, 0)]] ULONG debug_print(const char* format, std::va_list arguments) noexcept;

}  // namespace neigh::netioapi
