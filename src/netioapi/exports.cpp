// SPDX-License-Identifier: Apache-2.0
// The exported names, compiled once for each flavor: for libnetio as it stands, for libiphlpapi with
// NEIGH_USER_FLAVOR. Nothing is decided here but which code a status becomes.
#ifdef NEIGH_USER_FLAVOR
#include <winsock2.h>
//
#include <iphlpapi.h>
#include <ntstatus.h>
#include <winternl.h>
#else
#include <ntddk.h>
//
#include <netioapi.h>
#endif

#include "netioapi/blocks.hpp"
#include "netioapi/calls.hpp"
#include "netioapi/status.hpp"

namespace {

namespace impl = neigh::netioapi;

#ifdef NEIGH_USER_FLAVOR
NETIO_STATUS code_of(NTSTATUS status) { return impl::win32_from(status); }
constexpr NTSTATUS kGetEntryNoInterface = STATUS_OBJECT_NAME_NOT_FOUND;  // becomes ERROR_FILE_NOT_FOUND (G-06, V-11)
#else
NETIO_STATUS code_of(NTSTATUS status) { return status; }
constexpr NTSTATUS kGetEntryNoInterface = STATUS_NOT_FOUND;  // G-05
#endif

}  // namespace

extern "C" {

NETIOAPI_API CreateIpNetEntry2(const MIB_IPNET_ROW2* Row) { return code_of(impl::create_entry(Row)); }
NETIOAPI_API SetIpNetEntry2(PMIB_IPNET_ROW2 Row) { return code_of(impl::set_entry(Row)); }
NETIOAPI_API DeleteIpNetEntry2(const MIB_IPNET_ROW2* Row) { return code_of(impl::delete_entry(Row)); }
NETIOAPI_API GetIpNetEntry2(PMIB_IPNET_ROW2 Row) { return code_of(impl::get_entry(Row, kGetEntryNoInterface)); }
NETIOAPI_API GetIpNetTable2(ADDRESS_FAMILY Family, PMIB_IPNET_TABLE2* Table) {
  return code_of(impl::get_table(Family, Table));
}
NETIOAPI_API FlushIpNetTable2(ADDRESS_FAMILY Family, NET_IFINDEX InterfaceIndex) {
  return code_of(impl::flush_table(Family, InterfaceIndex));
}
NETIOAPI_API ResolveIpNetEntry2(PMIB_IPNET_ROW2 Row, const SOCKADDR_INET* SourceAddress) {
  return code_of(impl::resolve_entry(Row, SourceAddress));
}
VOID NETIOAPI_API_ FreeMibTable(PVOID Memory) { impl::free_block(Memory); }
NETIOAPI_API ConvertInterfaceIndexToLuid(NET_IFINDEX InterfaceIndex, PNET_LUID InterfaceLuid) {
  return code_of(impl::index_to_luid(InterfaceIndex, InterfaceLuid));
}
NETIOAPI_API ConvertInterfaceLuidToIndex(const NET_LUID* InterfaceLuid, PNET_IFINDEX InterfaceIndex) {
  return code_of(impl::luid_to_index(InterfaceLuid, InterfaceIndex));
}
ULONG NTAPI RtlNtStatusToDosError(NTSTATUS Status) { return impl::win32_from(Status); }

}  // extern "C"
