/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// iphlpapi.h, group: adapters, and the way to a destination. Included by iphlpapi.h alone. User flavor only.
///
/// An embedded stack answers ERROR_NOT_SUPPORTED to the calls of this group.
#ifndef NEIGH_DETAIL_IPHLP_ADAPTERS_H
#define NEIGH_DETAIL_IPHLP_ADAPTERS_H

#include "../ipexport.h"
#include "../iptypes.h"
#include "../ws2ipdef.h"

NEIGH_BEGIN_C

/// Reads the adapters with their addresses, as one block of linked structures in the caller's memory.
///
/// Told are the adapters that the family works on, up or down; with GAA_FLAG_INCLUDE_ALL_INTERFACES all others, too.
/// Gateways are told with GAA_FLAG_INCLUDE_GATEWAYS, prefixes with GAA_FLAG_INCLUDE_PREFIX. Anycast and
/// multicast addresses and DNS servers are never told, as if their SKIP flags were set.
///
/// @param Family            AF_UNSPEC, AF_INET or AF_INET6
/// @param Flags             GAA_FLAG_*; unknown ones are not looked at
/// @param Reserved          not looked at
/// @param AdapterAddresses  the block, aligned for pointers; may be NULL while asking for the size
/// @param SizePointer       in: its size; out, with code 111: the size needed at this moment
/// @retval ERROR_SUCCESS
/// @retval ERROR_BUFFER_OVERFLOW    too small; nothing was written (111)
/// @retval ERROR_NO_DATA            the family works on no adapter (232)
/// @retval ERROR_ADDRESS_NOT_ASSOCIATED  never: Linux addresses need no lease
/// @retval ERROR_INVALID_PARAMETER  SizePointer is NULL, or another family
/// @retval ERROR_NOT_ENOUGH_MEMORY
/// @threads Any thread. @source GetAdaptersAddresses
ULONG WINAPI GetAdaptersAddresses(_In_ ULONG Family, _In_ ULONG Flags, _Reserved_ PVOID Reserved,
                                  _Out_writes_bytes_opt_(*SizePointer) PIP_ADAPTER_ADDRESSES AdapterAddresses,
                                  _Inout_ PULONG SizePointer);

/// Gives the index of the interface over which packets to an IPv4 address go.
/// @param dwDestAddr      network byte order
/// @param pdwBestIfIndex  receives the index; untouched on failure
/// @retval NO_ERROR
/// @retval ERROR_INVALID_PARAMETER    pdwBestIfIndex is NULL
/// @retval ERROR_NETWORK_UNREACHABLE  there is no way there
/// @threads Any thread. @source netioapi.md section 6, GetBestInterface
DWORD WINAPI GetBestInterface(_In_ IPAddr dwDestAddr, _Out_ PDWORD pdwBestIfIndex);

/// As GetBestInterface, for an address of either family. @retval ERROR_INVALID_PARAMETER  a pointer is NULL, or another
/// family. A link-local IPv6 address needs its sin6_scope_id. @threads Any thread. @source GetBestInterfaceEx
DWORD WINAPI GetBestInterfaceEx(_In_ struct sockaddr* pDestAddr, _Out_ PDWORD pdwBestIfIndex);

NEIGH_END_C

#endif
