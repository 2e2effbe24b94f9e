/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// iphlpapi.h, group: the IPv4-only calls from before Windows Vista. Included by iphlpapi.h alone. User flavor only.
///
/// Addresses are in network byte order. An interface is named by its index. All work on an embedded stack, too; there
/// SendARP needs SrcIP if the stack has several interfaces.
#ifndef NEIGH_DETAIL_IPHLP_ARP_H
#define NEIGH_DETAIL_IPHLP_ARP_H

#include "../ipexport.h"
#include "../ipmib.h"
#include "../minwindef.h"

NEIGH_BEGIN_C

/// Asks who has an IPv4 address and learns it: what is in the table and usable is answered without a packet; otherwise
/// ARP goes out, about three seconds if nobody answers.
///
/// @param DestIP      the address
/// @param SrcIP       an own address to ask from, or 0
/// @param pMacAddr    receives the link-layer address
/// @param PhyAddrLen  in: room in bytes; out: bytes of the address, 0 with the codes 67, 111 and 1168
/// @retval NO_ERROR                   of an own address: that of its interface, 0 bytes for 127.0.0.1; of a subnet's
///                                    broadcast address: ff-ff-ff-ff-ff-ff without a packet (LIB-35)
/// @retval ERROR_BAD_NET_NAME         nobody answered, or there is no way there or only one over a router (67)
/// @retval ERROR_BUFFER_OVERFLOW      room for less than 6 bytes or than the address has (111)
/// @retval ERROR_GEN_FAILURE          0.0.0.0, 255.255.255.255 or a multicast address (31)
/// @retval ERROR_INVALID_PARAMETER    a pointer is NULL (Windows crashes)
/// @retval ERROR_NOT_FOUND            SrcIP is no own address (1168)
/// @retval ERROR_NOT_SUPPORTED        no IPv4 stack
/// @threads Any thread; blocks only the caller. @source netioapi.md section 6, SendARP
DWORD WINAPI SendARP(_In_ IPAddr DestIP, _In_ IPAddr SrcIP, _Out_ PVOID pMacAddr, _Inout_ PULONG PhyAddrLen);

/// Reads the IPv4 neighbor table. Rows whose link-layer address has more than 8 bytes are left out.
///
/// @param IpNetTable   receives the table; may be NULL while asking for the size
/// @param SizePointer  in: room in bytes; out, with code 122 and on success: bytes needed
/// @param Order        TRUE: by interface, then address; FALSE: the same here
/// @retval NO_ERROR
/// @retval ERROR_INSUFFICIENT_BUFFER  too small; nothing was written (122)
/// @retval ERROR_NO_DATA              the table is empty (232)
/// @retval ERROR_INVALID_PARAMETER    SizePointer is NULL, or IpNetTable is and the size says otherwise
/// @retval ERROR_NOT_SUPPORTED        no IPv4 stack
/// @threads Any thread. @source netioapi.md section 6, GetIpNetTable
ULONG WINAPI GetIpNetTable(_Out_writes_bytes_opt_(*SizePointer) PMIB_IPNETTABLE IpNetTable, _Inout_ PULONG SizePointer,
                           _In_ BOOL Order);

/// Adds an IPv4 neighbor.
/// @param pArpEntry  dwIndex, bPhysAddr, dwPhysAddrLen, dwAddr, dwType: MIB_IPNET_TYPE_STATIC for a permanent neighbor,
///                   MIB_IPNET_TYPE_DYNAMIC for one that ages
/// @retval NO_ERROR
/// @retval ERROR_INVALID_PARAMETER  NULL; a length of 0, of more than 8 or less than the interface's; another type; no
///                                  unicast address; no such interface
/// @retval ERROR_OBJECT_ALREADY_EXISTS  there is one with this address on this interface (5010)
/// @retval ERROR_ACCESS_DENIED      needs CAP_NET_ADMIN
/// @retval ERROR_NOT_SUPPORTED      no IPv4 stack
/// @threads Any thread. @source netioapi.md section 6, CreateIpNetEntry
DWORD WINAPI CreateIpNetEntry(_In_ PMIB_IPNETROW pArpEntry);

/// Changes an IPv4 neighbor. dwType MIB_IPNET_TYPE_INVALID removes it, as with the SNMP object that the row comes from.
/// @retval ERROR_NOT_FOUND  there is no such neighbor; the other codes are those of CreateIpNetEntry
/// @threads Any thread. @source netioapi.md section 6, SetIpNetEntry
DWORD WINAPI SetIpNetEntry(_In_ PMIB_IPNETROW pArpEntry);

/// Removes an IPv4 neighbor. @param pArpEntry  dwIndex and dwAddr; all else is ignored
/// @retval ERROR_NOT_FOUND  there is no such neighbor
/// @retval ERROR_INVALID_PARAMETER, ERROR_ACCESS_DENIED, ERROR_NOT_SUPPORTED  as CreateIpNetEntry
/// @threads Any thread. @source netioapi.md section 6, DeleteIpNetEntry
DWORD WINAPI DeleteIpNetEntry(_In_ PMIB_IPNETROW pArpEntry);

/// Removes all IPv4 neighbors of an interface. @param dwIfIndex  there is no "all": 0 is invalid
/// @retval ERROR_INVALID_PARAMETER  no such interface
/// @retval ERROR_ACCESS_DENIED, ERROR_NOT_SUPPORTED  as CreateIpNetEntry
/// @threads Any thread. @source netioapi.md section 6, FlushIpNetTable
DWORD WINAPI FlushIpNetTable(_In_ DWORD dwIfIndex);

/// Makes this host answer ARP for another's address on an interface. Linux does so for single addresses.
/// @param dwMask  255.255.255.255; shorter masks are not supported
/// @retval NO_ERROR
/// @retval ERROR_INVALID_PARAMETER  no unicast address, a mask that is none, no such interface
/// @retval ERROR_NOT_SUPPORTED      a mask of more than one address, an interface without ARP, no IPv4 stack
/// @retval ERROR_ALREADY_EXISTS     it does already (183)
/// @retval ERROR_ACCESS_DENIED      needs CAP_NET_ADMIN
/// @threads Any thread. @source netioapi.md section 6, CreateProxyArpEntry
DWORD WINAPI CreateProxyArpEntry(_In_ DWORD dwAddress, _In_ DWORD dwMask, _In_ DWORD dwIfIndex);

/// Takes CreateProxyArpEntry back. @retval ERROR_NOT_FOUND  there is none; the other codes are as there
/// @threads Any thread. @source netioapi.md section 6, DeleteProxyArpEntry
DWORD WINAPI DeleteProxyArpEntry(_In_ DWORD dwAddress, _In_ DWORD dwMask, _In_ DWORD dwIfIndex);

NEIGH_END_C

#endif
