/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// netioapi.h, group: routes. Included by netioapi.h alone.
///
/// These calls see the kernel's main table. Rows are single next hops: a route of several is several rows. Blackholes
/// and the like have no interface and are not told. An embedded stack answers ERROR_NOT_SUPPORTED /
/// STATUS_NOT_SUPPORTED to the calls of this group.
#ifndef NEIGH_DETAIL_NETIO_ROUTE_H
#define NEIGH_DETAIL_NETIO_ROUTE_H

#include "../ifdef.h"
#include "../nldef.h"
#include "../ws2ipdef.h"
#include "netio_flavor.h"

typedef struct _IP_ADDRESS_PREFIX {
  SOCKADDR_INET Prefix;
  UINT8 PrefixLength;
} IP_ADDRESS_PREFIX, *PIP_ADDRESS_PREFIX;

/// One route.
typedef struct _MIB_IPFORWARD_ROW2 {
  NET_LUID InterfaceLuid;
  NET_IFINDEX InterfaceIndex;
  IP_ADDRESS_PREFIX DestinationPrefix;
  SOCKADDR_INET NextHop;  ///< the unspecified address: the destination is on the link
  UCHAR SitePrefixLength;
  ULONG ValidLifetime;  ///< seconds; 0xffffffff: for ever
  ULONG PreferredLifetime;
  ULONG Metric;                ///< the kernel's, 0 ... 2^32-1
  NL_ROUTE_PROTOCOL Protocol;  ///< MIB_IPPROTO_*
  BOOLEAN Loopback;            ///< over the loopback interface
  BOOLEAN AutoconfigureAddress;
  BOOLEAN Publish;
  BOOLEAN Immortal;  ///< does not expire
  ULONG Age;         ///< 0: Linux does not know when a route was made
  NL_ROUTE_ORIGIN Origin;
} MIB_IPFORWARD_ROW2, *PMIB_IPFORWARD_ROW2;

typedef struct _MIB_IPFORWARD_TABLE2 {
  ULONG NumEntries;
  MIB_IPFORWARD_ROW2 Table[ANY_SIZE];  ///< NumEntries rows: IPv4 first, by prefix, then metric, then interface
} MIB_IPFORWARD_TABLE2, *PMIB_IPFORWARD_TABLE2;

NEIGH_BEGIN_C

/// Asks the kernel which way a packet would go.
///
/// @param InterfaceLuid       NULL or Value 0: InterfaceIndex counts; 0, too: any interface. (The page asks for one;
///                            programs pass none, and Windows accepts it.)
/// @param SourceAddress       NULL, family AF_UNSPEC or the unspecified address: chosen by the kernel
/// @param DestinationAddress  IPv4 or IPv6
/// @param AddressSortOptions  not looked at, as on Windows
/// @param BestRoute           receives the route of the main table that was chosen, or, if rules chose another table,
///                            what is known of it. 224.0.0.0/4 and 255.255.255.255/32, which Windows has in its table
///                            and Linux sends to without a route, are told as on the link
/// @param BestSourceAddress   receives the sender address
/// @retval NO_ERROR / STATUS_SUCCESS
/// @retval ERROR_INVALID_PARAMETER / STATUS_INVALID_PARAMETER  DestinationAddress, BestRoute or BestSourceAddress is
///         NULL, the destination is neither IPv4 nor IPv6, or the source is of another family or not an own address
/// @retval ERROR_FILE_NOT_FOUND / STATUS_NOT_FOUND  no such interface
/// @retval ERROR_NETWORK_UNREACHABLE / STATUS_NETWORK_UNREACHABLE  there is no way there
/// @threads Any thread. Outputs are untouched on failure. @source netioapi.md section 6, GetBestRoute2
_IRQL_requires_max_(PASSIVE_LEVEL) _NETIOAPI_SUCCESS_ NETIOAPI_API
    GetBestRoute2(_In_opt_ NET_LUID* InterfaceLuid, _In_ NET_IFINDEX InterfaceIndex,
                  _In_opt_ const SOCKADDR_INET* SourceAddress, _In_ const SOCKADDR_INET* DestinationAddress,
                  _In_ ULONG AddressSortOptions, _Out_ PMIB_IPFORWARD_ROW2 BestRoute,
                  _Out_ SOCKADDR_INET* BestSourceAddress);

/// Reads the unicast routes of the main table. FreeMibTable releases the table.
/// @param Family  AF_INET, AF_INET6, or AF_UNSPEC for both
/// @param Table   receives the table, NULL on every failure
/// @retval NO_ERROR / STATUS_SUCCESS
/// @retval ERROR_INVALID_PARAMETER / STATUS_INVALID_PARAMETER  Table is NULL, or another family
/// @retval ERROR_NOT_FOUND / STATUS_NOT_FOUND  there are none
/// @retval ERROR_NOT_ENOUGH_MEMORY / STATUS_NO_MEMORY
/// @threads Any thread. @source GetIpForwardTable2
_IRQL_requires_max_(PASSIVE_LEVEL) _NETIOAPI_SUCCESS_ NETIOAPI_API
    GetIpForwardTable2(_In_ ADDRESS_FAMILY Family, _Outptr_ PMIB_IPFORWARD_TABLE2* Table);

/// Fills a row with what CreateIpForwardEntry2 takes for "as usual": infinite lifetimes; Loopback,
/// AutoconfigureAddress, Publish and Immortal TRUE; SitePrefixLength, Metric and Protocol illegal values; the rest 0.
/// @threads Any thread. @source InitializeIpForwardEntry
_IRQL_requires_max_(PASSIVE_LEVEL) VOID NETIOAPI_API_ InitializeIpForwardEntry(_Out_ PMIB_IPFORWARD_ROW2 Row);

/// Adds a route to the main table.
///
/// @param Row  DestinationPrefix, NextHop, an interface key, Metric (0xffffffff: the kernel's usual one), Protocol (an
///             illegal one counts as MIB_IPPROTO_NETMGMT). A finite ValidLifetime is taken for IPv6 alone.
/// @retval NO_ERROR / STATUS_SUCCESS
/// @retval ERROR_INVALID_PARAMETER / STATUS_INVALID_PARAMETER  Row is NULL, prefix or next hop is of no family or of
///         two, a prefix longer than its address or with bits behind its length, a multicast next hop, both keys 0, a
///         next hop that is not on the link, a valid lifetime of 0 or below the preferred one, or a finite one with
///         IPv4
/// @retval ERROR_NOT_FOUND / STATUS_NOT_FOUND  no such interface
/// @retval ERROR_OBJECT_ALREADY_EXISTS / STATUS_DUPLICATE_OBJECTID  there is such a route
/// @retval ERROR_NETWORK_UNREACHABLE / STATUS_NETWORK_UNREACHABLE  the interface is down
/// @retval ERROR_ACCESS_DENIED / STATUS_ACCESS_DENIED  needs CAP_NET_ADMIN
/// @threads Any thread. @source CreateIpForwardEntry2
_IRQL_requires_max_(PASSIVE_LEVEL) _NETIOAPI_SUCCESS_ NETIOAPI_API
    CreateIpForwardEntry2(_In_ const MIB_IPFORWARD_ROW2* Row);

/// Removes a route from the main table.
/// @param Row  DestinationPrefix, NextHop and an interface key name it; all else is ignored, as on Windows.
/// @retval NO_ERROR / STATUS_SUCCESS
/// @retval ERROR_INVALID_PARAMETER / STATUS_INVALID_PARAMETER  as CreateIpForwardEntry2
/// @retval ERROR_NOT_FOUND / STATUS_NOT_FOUND  no such interface, or no such route
/// @retval ERROR_ACCESS_DENIED / STATUS_ACCESS_DENIED  needs CAP_NET_ADMIN
/// @threads Any thread. @source DeleteIpForwardEntry2
_IRQL_requires_max_(PASSIVE_LEVEL) _NETIOAPI_SUCCESS_ NETIOAPI_API
    DeleteIpForwardEntry2(_In_ const MIB_IPFORWARD_ROW2* Row);

NEIGH_END_C

#endif
