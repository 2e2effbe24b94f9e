/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// Byte order and the text form of IPv4 addresses: declared as winsock2.h does, served by the C library.
/// @threads Any thread; inet_ntoa answers in a buffer of the calling thread.
#ifndef NEIGH_DETAIL_BYTE_ORDER_H
#define NEIGH_DETAIL_BYTE_ORDER_H

#include "../inaddr.h"
#include "base_types.h"

#ifndef WSAAPI
#define WSAAPI __stdcall
#endif

NEIGH_BEGIN_C
USHORT WSAAPI htons(_In_ USHORT hostshort);
USHORT WSAAPI ntohs(_In_ USHORT netshort);
ULONG WSAAPI htonl(_In_ ULONG hostlong);
ULONG WSAAPI ntohl(_In_ ULONG netlong);
/// @return the address in network byte order, INADDR_NONE if `cp` is none.
ULONG WSAAPI inet_addr(_In_ const char* cp);
char* WSAAPI inet_ntoa(_In_ IN_ADDR in);
NEIGH_END_C

#endif
