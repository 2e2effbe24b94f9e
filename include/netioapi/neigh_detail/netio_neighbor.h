/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// netioapi.h, group: the neighbor table (ARP for IPv4, Neighbor Discovery for IPv6). Included by netioapi.h alone.
///
/// The codes below are the user flavor's and, after the slash, the kernel flavor's. What is common to the family:
/// - 0 is success in both; the code is the return value, errno and the like are not touched.
/// - The interface is chosen by InterfaceLuid; InterfaceIndex counts only if the LUID is 0 (A-05, LIB-06).
/// - The first failing check wins, in this order: NULL, address family, address class, lengths, both interface keys 0,
///   interface exists, address family's stack present, link-layer length, entry. Nothing is changed then (LIB-03).
/// - ERROR_INVALID_PARAMETER / STATUS_INVALID_PARAMETER: `Row` is NULL, its address is none of IPv4 or IPv6, or both
///   interface keys are 0. ERROR_NOT_FOUND / STATUS_NOT_FOUND: no such interface (A-09, LIB-05).
///   ERROR_NOT_SUPPORTED / STATUS_NOT_SUPPORTED: the family's stack is absent.
///   ERROR_ACCESS_DENIED / STATUS_ACCESS_DENIED: a change needs CAP_NET_ADMIN (A-12, LIB-22).
///   ERROR_NO_SYSTEM_RESOURCES / STATUS_INSUFFICIENT_RESOURCES: the kernel's table is full (LIB-26), or, from every
///   function, the process has no descriptor left (LIB-34). ERROR_NOT_ENOUGH_MEMORY / STATUS_NO_MEMORY: no memory.
/// - A program is linked with the library of the flavor that its sources have, iphlpapi or netio: the names are the
///   same, so that the linker cannot tell. Shared objects of one process may have different flavors (LIB-36).
/// - The numbers in brackets are statements of netioapi.md and decisions.md, installed as documentation (spec/).
/// - Any thread may call any function at any time; a call acts in the network namespace of its thread (LIB-29, LIB-30).
///   All wait for the kernel's answer, which is short, except ResolveIpNetEntry2, which waits for a neighbor.
#ifndef NEIGH_DETAIL_NETIO_NEIGHBOR_H
#define NEIGH_DETAIL_NETIO_NEIGHBOR_H

#include "../ifdef.h"
#include "../nldef.h"
#include "../ws2ipdef.h"
#include "netio_flavor.h"

/// One neighbor. @source netioapi.md M-01 ... M-21
typedef struct _MIB_IPNET_ROW2 {
  SOCKADDR_INET Address;       ///< the neighbor's IP address; port and flow info mean nothing (M-01, A-19)
  NET_IFINDEX InterfaceIndex;  ///< in memory before the LUID, in rank after it (M-20)
  NET_LUID InterfaceLuid;
  UCHAR PhysicalAddress[IF_MAX_PHYS_ADDRESS_LENGTH];  ///< its link-layer address; bytes past the length read 0 (M-05)
  ULONG PhysicalAddressLength;                        ///< in bytes; 0 = no link-layer address (M-06)
  NL_NEIGHBOR_STATE State;
  __extension__ union {
    __extension__ struct {
      __extension__ BOOLEAN IsRouter : 1;
      __extension__ BOOLEAN IsUnreachable : 1;
    };
    UCHAR Flags;  ///< IsRouter is 0x01, IsUnreachable 0x02, the other bits mean nothing (M-16)
  };
  union {
    ULONG LastReachable;    ///< milliseconds since it was last confirmed (LIB-24)
    ULONG LastUnreachable;  ///< with IsUnreachable: milliseconds since it was last updated (LIB-24)
  } ReachabilityTime;
} MIB_IPNET_ROW2, *PMIB_IPNET_ROW2;

/// Neighbors, to be released by FreeMibTable. Reach rows through `Table` only (T-12). @source netioapi.md N-01 ... N-03
typedef struct _MIB_IPNET_TABLE2 {
  ULONG NumEntries;
  MIB_IPNET_ROW2 Table[ANY_SIZE];  ///< NumEntries rows
} MIB_IPNET_TABLE2, *PMIB_IPNET_TABLE2;

NEIGH_BEGIN_C

/// Adds a permanent neighbor.
///
/// @param Row  Address, PhysicalAddress, PhysicalAddressLength and an interface key must be set; IsRouter is honored,
///             everything else may be uninitialized (C-12, LIB-08, LIB-09). Multicast addresses are accepted; loopback,
///             unspecified, limited broadcast and IPv4-mapped ones are not (LIB-12), nor is any IPv4 address on a
///             loopback or point-to-point interface, where the kernel could never find it again (LIB-33).
/// @retval NO_ERROR / STATUS_SUCCESS  it is in the table and reads back as NlnsPermanent (C-01, C-21)
/// @retval ERROR_INVALID_PARAMETER / STATUS_INVALID_PARAMETER  C-02 ... C-06, LIB-11 for lengths, LIB-33
/// @retval ERROR_OBJECT_ALREADY_EXISTS / STATUS_DUPLICATE_OBJECTID  there is an entry for this address on this
///             interface, whatever its state; it stays as it was (C-09, C-10, C-13 ... C-15, LIB-01)
/// @retval ERROR_NOT_FOUND, ERROR_NOT_SUPPORTED, ERROR_ACCESS_DENIED, ERROR_NO_SYSTEM_RESOURCES  as for the family
/// @threads Any thread. @source netioapi.md 1.1
_IRQL_requires_max_(PASSIVE_LEVEL) _NETIOAPI_SUCCESS_ NETIOAPI_API CreateIpNetEntry2(_In_ const MIB_IPNET_ROW2* Row);

/// Removes a neighbor, permanent or not.
///
/// @param Row  Address and an interface key; everything else is ignored (D-08, LIB-13).
/// @retval NO_ERROR / STATUS_SUCCESS  it is gone (D-01, D-11, D-12)
/// @retval ERROR_INVALID_PARAMETER / STATUS_INVALID_PARAMETER  D-02 ... D-04
/// @retval ERROR_NOT_FOUND / STATUS_NOT_FOUND  no such interface, or no such neighbor on it (D-05, D-09, LIB-07)
/// @retval ERROR_NOT_SUPPORTED, ERROR_ACCESS_DENIED  as for the family
/// @threads Any thread. @source netioapi.md 1.2
_IRQL_requires_max_(PASSIVE_LEVEL) _NETIOAPI_SUCCESS_ NETIOAPI_API DeleteIpNetEntry2(_In_ const MIB_IPNET_ROW2* Row);

/// Removes all neighbors of a family, of an interface, or both, permanent ones included; nothing to remove is success.
/// Linux' NOARP rows stay: those of multicast and broadcast addresses, which the kernel makes for itself (LIB-17).
///
/// @param Family          AF_INET, AF_INET6, or AF_UNSPEC for both (F-05)
/// @param InterfaceIndex  an interface, or 0 for all (F-06)
/// @retval NO_ERROR / STATUS_SUCCESS  (F-01, F-08, F-09, LIB-17)
/// @retval ERROR_INVALID_PARAMETER / STATUS_INVALID_PARAMETER  another family (F-02)
/// @retval ERROR_NOT_FOUND / STATUS_NOT_FOUND  no interface has the index (F-07, LIB-17)
/// @retval ERROR_NOT_SUPPORTED, ERROR_ACCESS_DENIED  as for the family (F-03, F-04)
/// @threads Any thread. @source netioapi.md 1.3
_IRQL_requires_max_(PASSIVE_LEVEL) _NETIOAPI_SUCCESS_ NETIOAPI_API
    FlushIpNetTable2(_In_ ADDRESS_FAMILY Family, _In_ NET_IFINDEX InterfaceIndex);

/// Reads one neighbor from the table; sends nothing and needs no privilege (G-14, G-15, LIB-14).
///
/// @param Row  in: Address and an interface key. Out: every member, both interface keys included (G-10, G-11);
///             unchanged on failure. Look at State: an unresolved neighbor is read with success, too (G-12).
/// @retval NO_ERROR / STATUS_SUCCESS
/// @retval ERROR_INVALID_PARAMETER / STATUS_INVALID_PARAMETER  G-02 ... G-04
/// @retval ERROR_FILE_NOT_FOUND / STATUS_NOT_FOUND  no such interface (G-05, G-06, LIB-05)
/// @retval ERROR_NOT_FOUND / STATUS_NOT_FOUND  no such neighbor on it (G-07, G-08, LIB-07)
/// @retval ERROR_NOT_SUPPORTED / STATUS_NOT_SUPPORTED  G-09
/// @threads Any thread. @source netioapi.md 1.4
_IRQL_requires_max_(PASSIVE_LEVEL) _NETIOAPI_SUCCESS_ NETIOAPI_API GetIpNetEntry2(_Inout_ PMIB_IPNET_ROW2 Row);

/// Reads the neighbors of all interfaces, in every state; needs no privilege (T-14, T-18).
///
/// @param Family  AF_INET, AF_INET6, or AF_UNSPEC for both (T-09)
/// @param Table   receives a table that the caller releases by FreeMibTable, NULL on every failure (T-10, LIB-16). IPv4
///                rows come first, each family ordered by interface index, then address (LIB-15).
/// @retval NO_ERROR / STATUS_SUCCESS
/// @retval ERROR_INVALID_PARAMETER / STATUS_INVALID_PARAMETER  Table is NULL, or another family (T-02, T-03)
/// @retval ERROR_NOT_FOUND / STATUS_NOT_FOUND  there are no neighbors of the family (T-06, T-08, LIB-16)
/// @retval ERROR_NOT_ENOUGH_MEMORY / STATUS_NO_MEMORY  T-04, T-05, LIB-02
/// @retval ERROR_NOT_SUPPORTED / STATUS_NOT_SUPPORTED  T-07
/// @threads Any thread. @source netioapi.md 1.5
_IRQL_requires_max_(PASSIVE_LEVEL) _NETIOAPI_SUCCESS_ NETIOAPI_API
    GetIpNetTable2(_In_ ADDRESS_FAMILY Family, _Outptr_ PMIB_IPNET_TABLE2* Table);

/// Forgets what is known of a neighbor and asks the wire for its link-layer address, by ARP or Neighbor Solicitation.
///
/// Blocks until it is answered or given up, about three seconds (R-17, LIB-18). Needs no privilege if there is no entry
/// to forget (LIB-21). One of the host's own addresses is answered at once (LIB-20), and so is an address that the kernel
/// sends to without asking: on an interface without ARP, or a directed broadcast; State is NlnsPermanent then (LIB-35).
/// Multicast addresses are refused (LIB-12). Callers who ask for one address at the same time begin it anew for each
/// other, for three seconds at most.
///
/// @param Row            in: Address and an interface key. Out, on success: every member.
///                       Otherwise unchanged.
/// @param SourceAddress  NULL, or an address of this host to ask from, of the same family (R-12, LIB-19)
/// @retval NO_ERROR / STATUS_SUCCESS  the neighbor answered; the entry is a dynamic one, but for LIB-35
/// @retval ERROR_BAD_NET_NAME / STATUS_BAD_NETWORK_NAME  nobody answered; the old entry is gone
/// @retval ERROR_INVALID_PARAMETER / STATUS_INVALID_PARAMETER  R-04 ... R-07; the families differ (LIB-19)
/// @retval ERROR_NOT_FOUND / STATUS_NOT_FOUND  no such interface, or the source is not this host's (LIB-19)
/// @retval ERROR_ACCESS_DENIED / STATUS_ACCESS_DENIED  there is an entry and the caller may not remove it (LIB-21)
/// @retval ERROR_NOT_SUPPORTED / STATUS_NOT_SUPPORTED  R-09
/// @threads Any thread; blocks only the caller. @source netioapi.md 1.6
_IRQL_requires_max_(PASSIVE_LEVEL) _NETIOAPI_SUCCESS_ NETIOAPI_API
    ResolveIpNetEntry2(_Inout_ PMIB_IPNET_ROW2 Row, _In_opt_ const SOCKADDR_INET* SourceAddress);

/// Gives a known neighbor another link-layer address and makes it permanent; never adds one (S-10, S-13, LIB-08).
///
/// @param Row  as for CreateIpNetEntry2; nothing is written back, though it is not const (S-12, S-15)
/// @retval NO_ERROR / STATUS_SUCCESS  S-01
/// @retval ERROR_INVALID_PARAMETER / STATUS_INVALID_PARAMETER  S-02 ... S-06, LIB-33
/// @retval ERROR_NOT_FOUND / STATUS_NOT_FOUND  no such interface, or no such neighbor on it (S-07, S-11, LIB-07)
/// @retval ERROR_NOT_SUPPORTED, ERROR_ACCESS_DENIED, ERROR_NO_SYSTEM_RESOURCES  as for the family (S-08, S-09)
/// @threads Any thread. @source netioapi.md 1.7
_IRQL_requires_max_(PASSIVE_LEVEL) _NETIOAPI_SUCCESS_ NETIOAPI_API SetIpNetEntry2(_In_ PMIB_IPNET_ROW2 Row);

/// Releases a table that a function of this header returned. NULL is fine (X-01 ... X-03, LIB-23).
/// @threads Any thread. @source netioapi.md 1.8
VOID NETIOAPI_API_ FreeMibTable(_In_ PVOID Memory);

NEIGH_END_C

#endif
