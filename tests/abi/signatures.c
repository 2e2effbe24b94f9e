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
