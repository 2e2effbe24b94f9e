/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// Text forms of IPv4 and IPv6 addresses, declared as ws2tcpip.h does and served by the C library.
#ifndef _WS2TCPIP_H_
#define _WS2TCPIP_H_

#include "winsock2.h"
#include "ws2ipdef.h"

// As on Windows. The C library never needs more than 16 and 46 bytes.
#define INET_ADDRSTRLEN 22
#define INET6_ADDRSTRLEN 65

// As <unistd.h> defines it: inet_ntop is the C library's and takes 32 bits. (On Windows it is an int.)
typedef unsigned int socklen_t;

NEIGH_BEGIN_C
/// @return 1: `pAddrBuf` holds the address in network byte order; 0: `pszAddrString` is no address of the family;
///         -1: the family is unknown, the reason is in errno (on Windows: in WSAGetLastError).
/// @threads Any thread.
INT WSAAPI inet_pton(_In_ INT Family, _In_ PCSTR pszAddrString, _Out_ PVOID pAddrBuf);
/// @return `pStringBuf`, or NULL if the buffer is too small or the family is unknown.
/// @threads Any thread.
PCSTR WSAAPI inet_ntop(_In_ INT Family, _In_ const VOID* pAddr, _Out_writes_(StringBufSize) PSTR pStringBuf,
                       _In_ socklen_t StringBufSize);
NEIGH_END_C

// The C library has no form for WCHAR strings, so InetPtonW and InetNtopW do not exist.
#define InetPtonA inet_pton
#define InetNtopA inet_ntop
#ifndef UNICODE
#define InetPton InetPtonA
#define InetNtop InetNtopA
#endif

#endif
