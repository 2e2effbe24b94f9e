/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// netioapi.h, group: what names an interface. Included by netioapi.h alone.
#ifndef NEIGH_DETAIL_NETIO_INTERFACE_H
#define NEIGH_DETAIL_NETIO_INTERFACE_H

#include "../ifdef.h"
#include "../ntddndis.h"
#include "netio_flavor.h"

/// Bytes for an interface name without the terminator, as netioapi.h has it: more than the kernel's 16 (V-18).
#define IF_NAMESIZE NDIS_IF_MAX_STRING_SIZE

NEIGH_BEGIN_C

/// Gives the LUID of the interface with an index.
///
/// @param InterfaceIndex  index of an interface in the network namespace of the calling thread
/// @param InterfaceLuid   receives the LUID; its Value is 0 if there is no such interface
/// @retval NO_ERROR / STATUS_SUCCESS
/// @retval ERROR_INVALID_PARAMETER / STATUS_INVALID_PARAMETER  InterfaceLuid is NULL
/// @retval ERROR_FILE_NOT_FOUND / STATUS_OBJECT_NAME_NOT_FOUND  the index is 0 or belongs to no interface (V-11)
/// @threads Any thread. @source netioapi.md section 6; decisions.md LIB-25, LIB-29, LIB-30
_IRQL_requires_max_(PASSIVE_LEVEL) _NETIOAPI_SUCCESS_ NETIOAPI_API
    ConvertInterfaceIndexToLuid(_In_ NET_IFINDEX InterfaceIndex, _Out_ PNET_LUID InterfaceLuid);

/// Gives the index of the interface with a LUID.
///
/// @param InterfaceLuid   LUID of an interface in the network namespace of the calling thread
/// @param InterfaceIndex  receives the index, 0 if there is no such interface
/// @retval NO_ERROR / STATUS_SUCCESS
/// @retval ERROR_INVALID_PARAMETER / STATUS_INVALID_PARAMETER  a pointer is NULL
/// @retval ERROR_FILE_NOT_FOUND / STATUS_OBJECT_NAME_NOT_FOUND  the LUID belongs to no interface (V-11)
/// @threads Any thread. @source netioapi.md section 6; decisions.md LIB-25, LIB-29, LIB-30
_IRQL_requires_max_(PASSIVE_LEVEL) _NETIOAPI_SUCCESS_ NETIOAPI_API
    ConvertInterfaceLuidToIndex(_In_ const NET_LUID* InterfaceLuid, _Out_ PNET_IFINDEX InterfaceIndex);

/// Gives the LUID of the interface with a name. Names and aliases are the kernel's ("eth0"); alternative names of up to
/// 127 characters are found, too.
///
/// @param InterfaceName  the name, UTF-16 (W) or UTF-8 (A)
/// @param InterfaceLuid  receives the LUID; its Value is 0 on failure (A: untouched if the name is NULL)
/// @retval NO_ERROR / STATUS_SUCCESS
/// @retval ERROR_INVALID_PARAMETER / STATUS_INVALID_PARAMETER  InterfaceLuid is NULL (W: also if both are)
/// @retval ERROR_INVALID_NAME / STATUS_OBJECT_NAME_INVALID  InterfaceName is NULL, or no interface has it
/// @threads Any thread. @source netioapi.md section 6, ConvertInterfaceNameToLuidW
_IRQL_requires_max_(PASSIVE_LEVEL) _NETIOAPI_SUCCESS_ NETIOAPI_API
    ConvertInterfaceNameToLuidA(_In_ const CHAR* InterfaceName, _Out_ NET_LUID* InterfaceLuid);
_IRQL_requires_max_(PASSIVE_LEVEL) _NETIOAPI_SUCCESS_ NETIOAPI_API
    ConvertInterfaceNameToLuidW(_In_ const WCHAR* InterfaceName, _Out_ NET_LUID* InterfaceLuid);

/// Gives the name of the interface with a LUID ("eth0").
///
/// @param InterfaceLuid  LUID of an interface in the network namespace of the calling thread
/// @param InterfaceName  receives the name with its terminator; untouched on failure
/// @param Length         room in characters: IF_MAX_STRING_SIZE + 1 is always enough
/// @retval NO_ERROR / STATUS_SUCCESS
/// @retval ERROR_INVALID_PARAMETER / STATUS_INVALID_PARAMETER  a pointer is NULL (A with Length 0: the next code), or
///         the LUID belongs to no interface
/// @retval ERROR_NOT_ENOUGH_MEMORY / STATUS_NO_MEMORY  the name does not fit
/// @threads Any thread. @source netioapi.md section 6, ConvertInterfaceLuidToNameW
_IRQL_requires_max_(PASSIVE_LEVEL) _NETIOAPI_SUCCESS_ NETIOAPI_API
    ConvertInterfaceLuidToNameA(_In_ const NET_LUID* InterfaceLuid, _Out_writes_(Length) PSTR InterfaceName,
                                _In_ SIZE_T Length);
_IRQL_requires_max_(PASSIVE_LEVEL) _NETIOAPI_SUCCESS_ NETIOAPI_API
    ConvertInterfaceLuidToNameW(_In_ const NET_LUID* InterfaceLuid, _Out_writes_(Length) PWSTR InterfaceName,
                                _In_ SIZE_T Length);

/// Gives the LUID of the interface with an alias: the kernel's name, UTF-16.
/// @param InterfaceLuid  receives the LUID; its Value is 0 if there is no such interface
/// @retval NO_ERROR / STATUS_SUCCESS
/// @retval ERROR_INVALID_PARAMETER / STATUS_INVALID_PARAMETER  a pointer is NULL, or no interface has the alias
/// @threads Any thread. @source netioapi.md section 6, ConvertInterfaceAliasToLuid
_IRQL_requires_max_(PASSIVE_LEVEL) _NETIOAPI_SUCCESS_ NETIOAPI_API
    ConvertInterfaceAliasToLuid(_In_ const WCHAR* InterfaceAlias, _Out_ PNET_LUID InterfaceLuid);

/// Gives the alias of the interface with a LUID; parameters and codes are those of ConvertInterfaceLuidToNameW.
/// @threads Any thread. @source netioapi.md section 6, ConvertInterfaceLuidToAlias
_IRQL_requires_max_(PASSIVE_LEVEL) _NETIOAPI_SUCCESS_ NETIOAPI_API
    ConvertInterfaceLuidToAlias(_In_ const NET_LUID* InterfaceLuid, _Out_writes_(Length) PWSTR InterfaceAlias,
                                _In_ SIZE_T Length);

/// Gives the GUID of the interface with a LUID. Linux knows none: it is made from the index, the same for as long as
/// the interface exists, as Wine makes it.
/// @param InterfaceGuid  receives the GUID; zeroed if there is no such interface
/// @retval NO_ERROR / STATUS_SUCCESS
/// @retval ERROR_INVALID_PARAMETER / STATUS_INVALID_PARAMETER  a pointer is NULL
/// @retval ERROR_FILE_NOT_FOUND / STATUS_OBJECT_NAME_NOT_FOUND  the LUID belongs to no interface
/// @threads Any thread. @source netioapi.md section 6, ConvertInterfaceLuidToGuid
_IRQL_requires_max_(PASSIVE_LEVEL) _NETIOAPI_SUCCESS_ NETIOAPI_API
    ConvertInterfaceLuidToGuid(_In_ const NET_LUID* InterfaceLuid, _Out_ GUID* InterfaceGuid);

/// Gives the LUID of the interface with a GUID of ConvertInterfaceLuidToGuid; codes as there.
/// @param InterfaceLuid  receives the LUID; its Value is 0 if there is no such interface
/// @threads Any thread. @source netioapi.md section 6, ConvertInterfaceGuidToLuid
_IRQL_requires_max_(PASSIVE_LEVEL) _NETIOAPI_SUCCESS_ NETIOAPI_API
    ConvertInterfaceGuidToLuid(_In_ const GUID* InterfaceGuid, _Out_ PNET_LUID InterfaceLuid);

/// Gives the index of the interface with a name, 0 if there is none. Served by the C library: the name is the kernel's
/// ("eth0"), and NULL is not accepted. @threads Any thread. @source netioapi.md section 6
_IRQL_requires_max_(PASSIVE_LEVEL) NET_IFINDEX NETIOAPI_API_ if_nametoindex(_In_ PCSTR InterfaceName);

/// Writes the name of the interface with an index and returns it, NULL if there is none. Served by the C library.
/// @param InterfaceName  room for IF_NAMESIZE bytes; 16 are used at most
/// @threads Any thread. @source netioapi.md section 6
_IRQL_requires_max_(PASSIVE_LEVEL) PCHAR NETIOAPI_API_
    if_indextoname(_In_ NET_IFINDEX InterfaceIndex, _Out_writes_(IF_NAMESIZE) PCHAR InterfaceName);

NEIGH_END_C

#endif
