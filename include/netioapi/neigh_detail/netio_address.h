/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// netioapi.h, group: unicast addresses of this host. Included by netioapi.h alone.
///
/// An embedded stack answers ERROR_NOT_SUPPORTED / STATUS_NOT_SUPPORTED to the calls of this group.
#ifndef NEIGH_DETAIL_NETIO_ADDRESS_H
#define NEIGH_DETAIL_NETIO_ADDRESS_H

#include "../ifdef.h"
#include "../nldef.h"
#include "../ws2ipdef.h"
#include "netio_flavor.h"

/// One address.
typedef struct _MIB_UNICASTIPADDRESS_ROW {
  SOCKADDR_INET Address;  ///< the scope id of a link-local address is the interface's index
  NET_LUID InterfaceLuid;
  NET_IFINDEX InterfaceIndex;
  NL_PREFIX_ORIGIN PrefixOrigin;  ///< told apart: well-known (loopback, link-local), router advertisement, manual
  NL_SUFFIX_ORIGIN SuffixOrigin;
  ULONG ValidLifetime;  ///< seconds; 0xffffffff: for ever
  ULONG PreferredLifetime;
  UINT8 OnLinkPrefixLength;
  BOOLEAN SkipAsSource;  ///< always 0: Linux has no such mark
  NL_DAD_STATE DadState;
  SCOPE_ID ScopeId;
  LARGE_INTEGER CreationTimeStamp;  ///< 100 ns since 1601, from the kernel's hundredths of a second
} MIB_UNICASTIPADDRESS_ROW, *PMIB_UNICASTIPADDRESS_ROW;

typedef struct _MIB_UNICASTIPADDRESS_TABLE {
  ULONG NumEntries;
  MIB_UNICASTIPADDRESS_ROW Table[ANY_SIZE];  ///< NumEntries rows: IPv4 first, by interface index, then address
} MIB_UNICASTIPADDRESS_TABLE, *PMIB_UNICASTIPADDRESS_TABLE;

NEIGH_BEGIN_C

/// Reads the unicast addresses of all interfaces. FreeMibTable releases the table.
/// @param Family  AF_INET, AF_INET6, or AF_UNSPEC for both
/// @param Table   receives the table, NULL on every failure
/// @retval NO_ERROR / STATUS_SUCCESS
/// @retval ERROR_INVALID_PARAMETER / STATUS_INVALID_PARAMETER  Table is NULL, or another family
/// @retval ERROR_NOT_FOUND / STATUS_NOT_FOUND  there are none
/// @retval ERROR_NOT_ENOUGH_MEMORY / STATUS_NO_MEMORY
/// @threads Any thread. @source netioapi.md section 6, GetUnicastIpAddressTable
_IRQL_requires_max_(PASSIVE_LEVEL) _NETIOAPI_SUCCESS_ NETIOAPI_API
    GetUnicastIpAddressTable(_In_ ADDRESS_FAMILY Family, _Outptr_ PMIB_UNICASTIPADDRESS_TABLE* Table);

/// Reads one address.
/// @param Row  in: Address, and InterfaceLuid or InterfaceIndex. Out: every member; untouched on failure.
/// @retval NO_ERROR / STATUS_SUCCESS
/// @retval ERROR_INVALID_PARAMETER / STATUS_INVALID_PARAMETER  Row is NULL, or another family
/// @retval ERROR_FILE_NOT_FOUND / STATUS_OBJECT_NAME_NOT_FOUND  no such interface, or both keys are 0
/// @retval ERROR_NOT_FOUND / STATUS_NOT_FOUND  the interface has no such address
/// @threads Any thread. @source netioapi.md A-17, GetUnicastIpAddressEntry
_IRQL_requires_max_(PASSIVE_LEVEL) _NETIOAPI_SUCCESS_ NETIOAPI_API
    GetUnicastIpAddressEntry(_Inout_ PMIB_UNICASTIPADDRESS_ROW Row);

/// Fills a row with what CreateUnicastIpAddressEntry takes for "as usual": infinite lifetimes, prefix length 255,
/// origins unchanged, the rest 0. @threads Any thread. @source InitializeUnicastIpAddressEntry
_IRQL_requires_max_(PASSIVE_LEVEL) VOID NETIOAPI_API_
    InitializeUnicastIpAddressEntry(_Out_ PMIB_UNICASTIPADDRESS_ROW Row);

/// Adds an address. The kernel goes on with duplicate address detection, unless DadState is IpDadStatePreferred, which
/// asks to do without; see DadState with GetUnicastIpAddressEntry, or NotifyUnicastIpAddressChange.
///
/// @param Row  Address, an interface key, OnLinkPrefixLength (255: 32 or 128), lifetimes. Call
///             InitializeUnicastIpAddressEntry first.
/// @retval NO_ERROR / STATUS_SUCCESS
/// @retval ERROR_INVALID_PARAMETER / STATUS_INVALID_PARAMETER  Row is NULL, no unicast address, both keys 0, a prefix
///         longer than the address, a valid lifetime shorter than the preferred one, or an origin that is none or is
///         "unchanged" without the other
/// @retval ERROR_NOT_SUPPORTED / STATUS_NOT_SUPPORTED  the family's stack is absent, or SkipAsSource is set, which
///         Linux cannot do
/// @retval ERROR_NOT_FOUND / STATUS_NOT_FOUND  no such interface
/// @retval ERROR_OBJECT_ALREADY_EXISTS / STATUS_DUPLICATE_OBJECTID  the interface has the address
/// @retval ERROR_ACCESS_DENIED / STATUS_ACCESS_DENIED  needs CAP_NET_ADMIN
/// @threads Any thread. @source CreateUnicastIpAddressEntry
_IRQL_requires_max_(PASSIVE_LEVEL) _NETIOAPI_SUCCESS_ NETIOAPI_API
    CreateUnicastIpAddressEntry(_In_ const MIB_UNICASTIPADDRESS_ROW* Row);

/// Removes an address, whatever its prefix length.
/// @param Row  Address and an interface key
/// @retval NO_ERROR / STATUS_SUCCESS
/// @retval ERROR_INVALID_PARAMETER / STATUS_INVALID_PARAMETER  Row is NULL, no unicast address, or both keys 0
/// @retval ERROR_NOT_FOUND / STATUS_NOT_FOUND  no such interface, or it has no such address
/// @retval ERROR_ACCESS_DENIED / STATUS_ACCESS_DENIED  needs CAP_NET_ADMIN
/// @threads Any thread. @source DeleteUnicastIpAddressEntry
_IRQL_requires_max_(PASSIVE_LEVEL) _NETIOAPI_SUCCESS_ NETIOAPI_API
    DeleteUnicastIpAddressEntry(_In_ const MIB_UNICASTIPADDRESS_ROW* Row);

NEIGH_END_C

#endif
