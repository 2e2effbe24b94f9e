/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// The Windows-shaped socket types and those of the C library have the same names (`in_addr`, `sockaddr_in`) and other
/// members, so one translation unit can have only one of them. This header refuses the second one if the C library's
/// came first; sys/socket.h, netinet/in.h and net/if.h beside it refuse the other order.
#ifndef NEIGH_DETAIL_HOST_GUARD_H
#define NEIGH_DETAIL_HOST_GUARD_H

#if defined(_SYS_SOCKET_H) || defined(_NETINET_IN_H) || defined(_ARPA_INET_H) || defined(_NETDB_H) || \
    defined(_NET_IF_H) || defined(_LINUX_IN_H) || defined(_LINUX_IN6_H)
#error \
    "a network header of the C library (<sys/socket.h>, <netinet/in.h>, <arpa/inet.h>, <netdb.h>, <net/if.h> or <linux/in.h>) was included before the Windows ones (winsock2.h, ws2def.h, netioapi.h ...): both define in_addr and sockaddr_in; keep them in different source files"
#endif

#define NEIGH_WINDOWS_SOCKET_TYPES 1

#endif
