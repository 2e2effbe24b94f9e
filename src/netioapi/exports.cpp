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

#include <cstdarg>
#include <cstring>

#include "netioapi/blocks.hpp"
#include "netioapi/calls.hpp"
#include "netioapi/calls_beside.hpp"
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

NETIOAPI_API ConvertInterfaceNameToLuidA(const CHAR* InterfaceName, NET_LUID* InterfaceLuid) {
  return code_of(impl::name_to_luid(InterfaceName, InterfaceLuid));
}
NETIOAPI_API ConvertInterfaceNameToLuidW(const WCHAR* InterfaceName, NET_LUID* InterfaceLuid) {
  return code_of(impl::name_to_luid(InterfaceName, InterfaceLuid));
}
NETIOAPI_API ConvertInterfaceLuidToNameA(const NET_LUID* InterfaceLuid, PSTR InterfaceName, SIZE_T Length) {
  return code_of(impl::luid_to_name(InterfaceLuid, InterfaceName, Length));
}
NETIOAPI_API ConvertInterfaceLuidToNameW(const NET_LUID* InterfaceLuid, PWSTR InterfaceName, SIZE_T Length) {
  return code_of(impl::luid_to_name(InterfaceLuid, InterfaceName, Length));
}
NETIOAPI_API ConvertInterfaceAliasToLuid(const WCHAR* InterfaceAlias, PNET_LUID InterfaceLuid) {
  return code_of(impl::alias_to_luid(InterfaceAlias, InterfaceLuid));
}
NETIOAPI_API ConvertInterfaceLuidToAlias(const NET_LUID* InterfaceLuid, PWSTR InterfaceAlias, SIZE_T Length) {
  return code_of(impl::luid_to_name(InterfaceLuid, InterfaceAlias, Length));
}
NETIOAPI_API ConvertInterfaceLuidToGuid(const NET_LUID* InterfaceLuid, GUID* InterfaceGuid) {
  return code_of(impl::luid_to_guid(InterfaceLuid, InterfaceGuid));
}
NETIOAPI_API ConvertInterfaceGuidToLuid(const GUID* InterfaceGuid, PNET_LUID InterfaceLuid) {
  return code_of(impl::guid_to_luid(InterfaceGuid, InterfaceLuid));
}
NETIOAPI_API GetIfEntry2(PMIB_IF_ROW2 Row) { return code_of(impl::get_link(Row)); }
NETIOAPI_API GetIfTable2(PMIB_IF_TABLE2* Table) { return code_of(impl::get_links(MibIfTableNormal, Table)); }
NETIOAPI_API GetIfTable2Ex(MIB_IF_TABLE_LEVEL Level, PMIB_IF_TABLE2* Table) {
  std::uint32_t number = 0;
  static_assert(sizeof number == sizeof Level);
  std::memcpy(&number, &Level, sizeof number);
  return code_of(impl::get_links(number, Table));
}
NETIOAPI_API GetIpInterfaceEntry(PMIB_IPINTERFACE_ROW Row) { return code_of(impl::get_ip_interface(Row)); }
NETIOAPI_API GetUnicastIpAddressTable(ADDRESS_FAMILY Family, PMIB_UNICASTIPADDRESS_TABLE* Table) {
  return code_of(impl::get_addresses(Family, Table));
}
NETIOAPI_API GetUnicastIpAddressEntry(PMIB_UNICASTIPADDRESS_ROW Row) { return code_of(impl::get_address(Row)); }
VOID NETIOAPI_API_ InitializeUnicastIpAddressEntry(PMIB_UNICASTIPADDRESS_ROW Row) { impl::initialize_address(Row); }
NETIOAPI_API CreateUnicastIpAddressEntry(const MIB_UNICASTIPADDRESS_ROW* Row) {
  return code_of(impl::create_address(Row));
}
NETIOAPI_API DeleteUnicastIpAddressEntry(const MIB_UNICASTIPADDRESS_ROW* Row) {
  return code_of(impl::delete_address(Row));
}
NETIOAPI_API GetBestRoute2(NET_LUID* InterfaceLuid, NET_IFINDEX InterfaceIndex, const SOCKADDR_INET* SourceAddress,
                           const SOCKADDR_INET* DestinationAddress, ULONG /*AddressSortOptions*/,
                           PMIB_IPFORWARD_ROW2 BestRoute, SOCKADDR_INET* BestSourceAddress) {
  return code_of(impl::get_best_route(InterfaceLuid, InterfaceIndex, SourceAddress, DestinationAddress, BestRoute,
                                      BestSourceAddress, kGetEntryNoInterface));
}
NETIOAPI_API GetIpForwardTable2(ADDRESS_FAMILY Family, PMIB_IPFORWARD_TABLE2* Table) {
  return code_of(impl::get_routes(Family, Table));
}
VOID NETIOAPI_API_ InitializeIpForwardEntry(PMIB_IPFORWARD_ROW2 Row) { impl::initialize_route(Row); }
NETIOAPI_API CreateIpForwardEntry2(const MIB_IPFORWARD_ROW2* Row) { return code_of(impl::create_route(Row)); }
NETIOAPI_API DeleteIpForwardEntry2(const MIB_IPFORWARD_ROW2* Row) { return code_of(impl::delete_route(Row)); }
NETIOAPI_API NotifyIpInterfaceChange(ADDRESS_FAMILY Family, PIPINTERFACE_CHANGE_CALLBACK Callback, PVOID CallerContext,
                                     BOOLEAN InitialNotification, HANDLE* NotificationHandle) {
  return code_of(
      impl::notify_interfaces(Family, Callback, CallerContext, InitialNotification != 0, NotificationHandle));
}
NETIOAPI_API NotifyUnicastIpAddressChange(ADDRESS_FAMILY Family, PUNICAST_IPADDRESS_CHANGE_CALLBACK Callback,
                                          PVOID CallerContext, BOOLEAN InitialNotification,
                                          HANDLE* NotificationHandle) {
  return code_of(impl::notify_addresses(Family, Callback, CallerContext, InitialNotification != 0, NotificationHandle));
}
NETIOAPI_API NotifyRouteChange2(ADDRESS_FAMILY AddressFamily, PIPFORWARD_CHANGE_CALLBACK Callback, PVOID CallerContext,
                                BOOLEAN InitialNotification, HANDLE* NotificationHandle) {
  return code_of(
      impl::notify_routes(AddressFamily, Callback, CallerContext, InitialNotification != 0, NotificationHandle));
}
NETIOAPI_API NotifyIpNetChange(ADDRESS_FAMILY Family, PIPNET_CHANGE_CALLBACK Callback, PVOID CallerContext,
                               BOOLEAN InitialNotification, HANDLE* NotificationHandle) {
  return code_of(impl::notify_neighbors(Family, Callback, CallerContext, InitialNotification != 0, NotificationHandle));
}
NETIOAPI_API CancelMibChangeNotify2(HANDLE NotificationHandle) {
  return code_of(impl::cancel_notify(NotificationHandle));
}
VOID NTAPI RtlInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString) {
  impl::initialize_string(DestinationString, SourceString);
}

#ifdef NEIGH_USER_FLAVOR

DWORD WINAPI SendARP(IPAddr DestIP, IPAddr SrcIP, PVOID pMacAddr, PULONG PhyAddrLen) {
  return code_of(impl::send_arp(DestIP, SrcIP, pMacAddr, PhyAddrLen));
}
ULONG WINAPI GetIpNetTable(PMIB_IPNETTABLE IpNetTable, PULONG SizePointer, BOOL /*Order*/) {
  return code_of(impl::legacy_table(IpNetTable, SizePointer));
}
DWORD WINAPI CreateIpNetEntry(PMIB_IPNETROW pArpEntry) { return code_of(impl::legacy_create(pArpEntry)); }
DWORD WINAPI SetIpNetEntry(PMIB_IPNETROW pArpEntry) { return code_of(impl::legacy_set(pArpEntry)); }
DWORD WINAPI DeleteIpNetEntry(PMIB_IPNETROW pArpEntry) { return code_of(impl::legacy_delete(pArpEntry)); }
DWORD WINAPI FlushIpNetTable(DWORD dwIfIndex) { return code_of(impl::legacy_flush(dwIfIndex)); }
DWORD WINAPI CreateProxyArpEntry(DWORD dwAddress, DWORD dwMask, DWORD dwIfIndex) {
  return code_of(impl::create_proxy(dwAddress, dwMask, dwIfIndex));
}
DWORD WINAPI DeleteProxyArpEntry(DWORD dwAddress, DWORD dwMask, DWORD dwIfIndex) {
  return code_of(impl::delete_proxy(dwAddress, dwMask, dwIfIndex));
}
ULONG WINAPI GetAdaptersAddresses(ULONG Family, ULONG Flags, PVOID /*Reserved*/, PIP_ADAPTER_ADDRESSES AdapterAddresses,
                                  PULONG SizePointer) {
  return code_of(impl::get_adapters(Family, Flags, AdapterAddresses, SizePointer));
}
DWORD WINAPI GetBestInterface(IPAddr dwDestAddr, PDWORD pdwBestIfIndex) {
  SOCKADDR_INET destination{};
  destination.Ipv4.sin_family = AF_INET;
  destination.Ipv4.sin_addr.s_addr = dwDestAddr;
  SOCKADDR any{};
  std::memcpy(&any, &destination, sizeof any);
  return code_of(impl::get_best_interface(&any, pdwBestIfIndex));
}
DWORD WINAPI GetBestInterfaceEx(struct sockaddr* pDestAddr, PDWORD pdwBestIfIndex) {
  return code_of(impl::get_best_interface(pDestAddr, pdwBestIfIndex));
}
int WSAAPI WSAStartup(WORD wVersionRequested, LPWSADATA lpWSAData) {
  return impl::start_sockets(wVersionRequested, lpWSAData);
}
int WSAAPI WSACleanup(void) { return impl::clean_up_sockets(); }
DWORD WINAPI FormatMessageA(DWORD dwFlags, LPCVOID /*lpSource*/, DWORD dwMessageId, DWORD /*dwLanguageId*/,
                            LPSTR lpBuffer, DWORD nSize, va_list* /*Arguments*/) {
  return impl::format_message(dwFlags, dwMessageId, lpBuffer, nSize);
}
HLOCAL WINAPI LocalFree(HLOCAL hMem) {
  impl::free_local(hMem);
  return nullptr;
}

#else

ULONG __cdecl DbgPrint(PCSTR Format, ...) {
  va_list arguments;
  va_start(arguments, Format);
  const ULONG status = impl::debug_print(Format, arguments);
  va_end(arguments);
  return status;
}

#endif

}  // extern "C"
