/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// WSAStartup and WSACleanup: programs call them before anything else, so they are there; Linux needs neither.
#ifndef NEIGH_DETAIL_WINSOCK_START_H
#define NEIGH_DETAIL_WINSOCK_START_H

#include "../minwindef.h"

#ifndef WSAAPI
#define WSAAPI __stdcall
#endif

#define WSADESCRIPTION_LEN 256
#define WSASYS_STATUS_LEN 128

/// The type that programs keep sockets in. No library here makes or takes one.
typedef UINT_PTR SOCKET;
#define INVALID_SOCKET (NEIGH_CAST(SOCKET, ~NEIGH_CAST(SOCKET, 0)))
#define SOCKET_ERROR (-1)

typedef struct WSAData {
  WORD wVersion;
  WORD wHighVersion;
  unsigned short iMaxSockets;
  unsigned short iMaxUdpDg;
  char* lpVendorInfo;
  char szDescription[WSADESCRIPTION_LEN + 1];
  char szSystemStatus[WSASYS_STATUS_LEN + 1];
} WSADATA, *LPWSADATA;

#define WSAEFAULT 10014L
#define WSASYSNOTREADY 10091L
#define WSAVERNOTSUPPORTED 10092L
#define WSANOTINITIALISED 10093L

NEIGH_BEGIN_C
/// Agrees on a version of Windows Sockets: 2.2, or an older one that is asked for.
/// @param wVersionRequested  the highest version that the program wants; low byte: major
/// @param lpWSAData          filled in
/// @retval 0
/// @retval WSAVERNOTSUPPORTED  a major version of 0
/// @retval WSAEFAULT           lpWSAData is NULL
/// @threads Any thread; calls are counted. @source WSAStartup
int WSAAPI WSAStartup(_In_ WORD wVersionRequested, _Out_ LPWSADATA lpWSAData);

/// Takes back one WSAStartup. Nothing else ends with it: descriptors are the C library's.
/// @retval 0
/// @retval -1  there is no WSAStartup to take back (SOCKET_ERROR). WSAGetLastError does not exist here.
/// @threads Any thread. @source WSACleanup
int WSAAPI WSACleanup(void);
NEIGH_END_C

#endif
