/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// A driver's piece of neighbor work: a tunnel that has to know the link-layer address of its far end.
#ifndef DRIVER_H
#define DRIVER_H

#include <ntddk.h>
//
#include <netioapi.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The next hop of a tunnel, and how it came to be known.
typedef struct _TUNNEL_NEXT_HOP {
  MIB_IPNET_ROW2 Row;
  BOOLEAN Pinned;  // we made the entry, and have to remove it
} TUNNEL_NEXT_HOP, *PTUNNEL_NEXT_HOP;

/// Finds the next hop `Address` (IPv4, network byte order) on `Interface`. With `PhysicalAddress` (6 bytes) the
/// neighbor is entered by hand, unless somebody did so before; without it the wire is asked.
NTSTATUS TunnelOpen(PTUNNEL_NEXT_HOP NextHop, NET_LUID Interface, ULONG Address, const UCHAR* PhysicalAddress);

/// Whether packets may be built with the address that `TunnelOpen` found. STATUS_NETWORK_UNREACHABLE: no more.
NTSTATUS TunnelCheck(PTUNNEL_NEXT_HOP NextHop);

/// Undoes `TunnelOpen`.
VOID TunnelClose(PTUNNEL_NEXT_HOP NextHop);

#ifdef __cplusplus
}
#endif

#endif
