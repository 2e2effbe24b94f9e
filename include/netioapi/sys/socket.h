/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// The C library's <sys/socket.h>, or a clear error if the Windows-shaped socket types are already there
/// (neigh_detail/host_guard.h).
// A system header, because #include_next is the only way on and -Wpedantic calls it an extension; the #error stays one.
#pragma GCC system_header
#ifdef NEIGH_WINDOWS_SOCKET_TYPES
#error \
    "<sys/socket.h> (itself or through <arpa/inet.h>, <netdb.h>, <ifaddrs.h> ...) was included after the Windows network headers (winsock2.h, ws2def.h, netioapi.h ...): both define in_addr and sockaddr_in; keep them in different source files"
#endif
#include_next <sys/socket.h>
