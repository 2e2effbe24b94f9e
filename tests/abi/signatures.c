/* SPDX-License-Identifier: Apache-2.0 */
/* The signatures of the functions, written once and compiled against both header trees and both flavors. */
#include "flavor.h"

typedef NETIO_STATUS(NETIOAPI_API_* create_fn)(const MIB_IPNET_ROW2*);
typedef NETIO_STATUS(NETIOAPI_API_* flush_fn)(ADDRESS_FAMILY, NET_IFINDEX);
typedef NETIO_STATUS(NETIOAPI_API_* get_fn)(PMIB_IPNET_ROW2);
typedef NETIO_STATUS(NETIOAPI_API_* table_fn)(ADDRESS_FAMILY, PMIB_IPNET_TABLE2*);
typedef NETIO_STATUS(NETIOAPI_API_* resolve_fn)(PMIB_IPNET_ROW2, const SOCKADDR_INET*);
typedef VOID(NETIOAPI_API_* free_fn)(PVOID);
typedef NETIO_STATUS(NETIOAPI_API_* to_luid_fn)(NET_IFINDEX, PNET_LUID);
typedef NETIO_STATUS(NETIOAPI_API_* to_index_fn)(const NET_LUID*, PNET_IFINDEX);
typedef ULONG(NTAPI* to_dos_fn)(NTSTATUS);
typedef NET_IFINDEX(NETIOAPI_API_* name_to_index_fn)(PCSTR);
typedef PCHAR(NETIOAPI_API_* index_to_name_fn)(NET_IFINDEX, PCHAR);

typedef NETIO_STATUS(NETIOAPI_API_* name_a_fn)(const CHAR*, NET_LUID*);
typedef NETIO_STATUS(NETIOAPI_API_* name_w_fn)(const WCHAR*, NET_LUID*);
typedef NETIO_STATUS(NETIOAPI_API_* to_name_a_fn)(const NET_LUID*, PSTR, SIZE_T);
typedef NETIO_STATUS(NETIOAPI_API_* to_name_w_fn)(const NET_LUID*, PWSTR, SIZE_T);
typedef NETIO_STATUS(NETIOAPI_API_* to_guid_fn)(const NET_LUID*, GUID*);
typedef NETIO_STATUS(NETIOAPI_API_* from_guid_fn)(const GUID*, PNET_LUID);
typedef NETIO_STATUS(NETIOAPI_API_* link_fn)(PMIB_IF_ROW2);
typedef NETIO_STATUS(NETIOAPI_API_* links_fn)(PMIB_IF_TABLE2*);
typedef NETIO_STATUS(NETIOAPI_API_* links_ex_fn)(MIB_IF_TABLE_LEVEL, PMIB_IF_TABLE2*);
typedef NETIO_STATUS(NETIOAPI_API_* ip_interface_fn)(PMIB_IPINTERFACE_ROW);
typedef NETIO_STATUS(NETIOAPI_API_* addresses_fn)(ADDRESS_FAMILY, PMIB_UNICASTIPADDRESS_TABLE*);
typedef NETIO_STATUS(NETIOAPI_API_* address_fn)(PMIB_UNICASTIPADDRESS_ROW);
typedef VOID(NETIOAPI_API_* init_address_fn)(PMIB_UNICASTIPADDRESS_ROW);
typedef NETIO_STATUS(NETIOAPI_API_* new_address_fn)(const MIB_UNICASTIPADDRESS_ROW*);
typedef NETIO_STATUS(NETIOAPI_API_* best_route_fn)(NET_LUID*, NET_IFINDEX, const SOCKADDR_INET*, const SOCKADDR_INET*,
                                                   ULONG, PMIB_IPFORWARD_ROW2, SOCKADDR_INET*);
typedef NETIO_STATUS(NETIOAPI_API_* routes_fn)(ADDRESS_FAMILY, PMIB_IPFORWARD_TABLE2*);
typedef VOID(NETIOAPI_API_* init_route_fn)(PMIB_IPFORWARD_ROW2);
typedef NETIO_STATUS(NETIOAPI_API_* new_route_fn)(const MIB_IPFORWARD_ROW2*);
typedef NETIO_STATUS(NETIOAPI_API_* notify_interface_fn)(ADDRESS_FAMILY, PIPINTERFACE_CHANGE_CALLBACK, PVOID, BOOLEAN,
                                                         HANDLE*);
typedef NETIO_STATUS(NETIOAPI_API_* notify_address_fn)(ADDRESS_FAMILY, PUNICAST_IPADDRESS_CHANGE_CALLBACK, PVOID,
                                                       BOOLEAN, HANDLE*);
typedef NETIO_STATUS(NETIOAPI_API_* notify_route_fn)(ADDRESS_FAMILY, PIPFORWARD_CHANGE_CALLBACK, PVOID, BOOLEAN,
                                                     HANDLE*);
typedef NETIO_STATUS(NETIOAPI_API_* cancel_fn)(HANDLE);
typedef VOID(NETIOAPI_API_* interface_callback)(PVOID, PMIB_IPINTERFACE_ROW, MIB_NOTIFICATION_TYPE);
typedef VOID(NETIOAPI_API_* address_callback)(PVOID, PMIB_UNICASTIPADDRESS_ROW, MIB_NOTIFICATION_TYPE);
typedef VOID(NETIOAPI_API_* route_callback)(PVOID, PMIB_IPFORWARD_ROW2, MIB_NOTIFICATION_TYPE);
typedef VOID(NTAPI* init_string_fn)(PUNICODE_STRING, PCWSTR);

name_a_fn name_a = ConvertInterfaceNameToLuidA;
name_w_fn name_w = ConvertInterfaceNameToLuidW, alias = ConvertInterfaceAliasToLuid;
to_name_a_fn to_name_a = ConvertInterfaceLuidToNameA;
to_name_w_fn to_name_w = ConvertInterfaceLuidToNameW, to_alias = ConvertInterfaceLuidToAlias;
to_guid_fn to_guid = ConvertInterfaceLuidToGuid;
from_guid_fn from_guid = ConvertInterfaceGuidToLuid;
link_fn get_link = GetIfEntry2;
links_fn get_links = GetIfTable2;
links_ex_fn get_links_ex = GetIfTable2Ex;
ip_interface_fn get_ip_interface = GetIpInterfaceEntry;
addresses_fn get_addresses = GetUnicastIpAddressTable;
address_fn get_address = GetUnicastIpAddressEntry;
init_address_fn init_address = InitializeUnicastIpAddressEntry;
new_address_fn new_address = CreateUnicastIpAddressEntry, old_address = DeleteUnicastIpAddressEntry;
best_route_fn best_route = GetBestRoute2;
routes_fn get_routes = GetIpForwardTable2;
init_route_fn init_route = InitializeIpForwardEntry;
new_route_fn new_route = CreateIpForwardEntry2, old_route = DeleteIpForwardEntry2;
notify_interface_fn notify_interface = NotifyIpInterfaceChange;
notify_address_fn notify_address = NotifyUnicastIpAddressChange;
notify_route_fn notify_route = NotifyRouteChange2;
cancel_fn cancel = CancelMibChangeNotify2;
PIPINTERFACE_CHANGE_CALLBACK on_interface = (interface_callback)0;
PUNICAST_IPADDRESS_CHANGE_CALLBACK on_address = (address_callback)0;
PIPFORWARD_CHANGE_CALLBACK on_route = (route_callback)0;
init_string_fn init_string = RtlInitUnicodeString;

#ifndef NEIGH_ABI_KERNEL
typedef DWORD(WINAPI* send_arp_fn)(IPAddr, IPAddr, PVOID, PULONG);
typedef ULONG(WINAPI* legacy_table_fn)(PMIB_IPNETTABLE, PULONG, BOOL);
typedef DWORD(WINAPI* legacy_fn)(PMIB_IPNETROW);
typedef DWORD(WINAPI* legacy_flush_fn)(DWORD);
typedef DWORD(WINAPI* proxy_fn)(DWORD, DWORD, DWORD);
typedef ULONG(WINAPI* adapters_fn)(ULONG, ULONG, PVOID, PIP_ADAPTER_ADDRESSES, PULONG);
typedef DWORD(WINAPI* best_fn)(IPAddr, PDWORD);
typedef DWORD(WINAPI* best_ex_fn)(struct sockaddr*, PDWORD);
typedef int(WSAAPI* startup_fn)(WORD, LPWSADATA);
typedef int(WSAAPI* cleanup_fn)(void);
typedef DWORD(WINAPI* format_fn)(DWORD, LPCVOID, DWORD, DWORD, LPSTR, DWORD, va_list*);
typedef HLOCAL(WINAPI* free_local_fn)(HLOCAL);

send_arp_fn send_arp = SendARP;
legacy_table_fn legacy_table = GetIpNetTable;
legacy_fn legacy_create = CreateIpNetEntry, legacy_set = SetIpNetEntry, legacy_delete = DeleteIpNetEntry;
legacy_flush_fn legacy_flush = FlushIpNetTable;
proxy_fn create_proxy = CreateProxyArpEntry, delete_proxy = DeleteProxyArpEntry;
adapters_fn adapters = GetAdaptersAddresses;
best_fn best_interface = GetBestInterface;
best_ex_fn best_interface_ex = GetBestInterfaceEx;
startup_fn startup = WSAStartup;
cleanup_fn cleanup = WSACleanup;
format_fn format_message = FormatMessageA;
free_local_fn free_local = LocalFree;
#endif

#ifdef FreeMibTable
#error "FreeMibTable must be a function"
#endif

create_fn create = CreateIpNetEntry2, remove_entry = DeleteIpNetEntry2;
flush_fn flush = FlushIpNetTable2;
get_fn get = GetIpNetEntry2, set = SetIpNetEntry2;
table_fn table = GetIpNetTable2;
resolve_fn resolve = ResolveIpNetEntry2;
free_fn free_table = FreeMibTable;
to_luid_fn to_luid = ConvertInterfaceIndexToLuid;
to_index_fn to_index = ConvertInterfaceLuidToIndex;
to_dos_fn to_dos = RtlNtStatusToDosError;
name_to_index_fn name_to_index = if_nametoindex;
index_to_name_fn index_to_name = if_indextoname;

/* The declarations themselves, in the words of the reference pages: redeclaring must agree. */
#ifdef __cplusplus
extern "C" {
#endif
NETIOAPI_API CreateIpNetEntry2(_In_ const MIB_IPNET_ROW2* Row);
NETIOAPI_API GetIpNetTable2(_In_ ADDRESS_FAMILY Family, _Out_ PMIB_IPNET_TABLE2* Table);
VOID NETIOAPI_API_ FreeMibTable(_In_ PVOID Memory);
#ifdef __cplusplus
}
#endif
