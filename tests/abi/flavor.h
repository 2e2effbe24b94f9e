/* SPDX-License-Identifier: Apache-2.0 */
/* The headers of one flavor, as programs and drivers include them. NEIGH_ABI_KERNEL selects the kernel's. The same text
   is compiled against this project's headers and against those of mingw-w64. */
#ifndef NEIGH_TESTS_ABI_FLAVOR_H
#define NEIGH_TESTS_ABI_FLAVOR_H

// clang-format off
#if defined(NEIGH_ABI_KERNEL) && !defined(__MINGW32__)
#include <ntddk.h>
#include <netioapi.h>
#elif defined(NEIGH_ABI_KERNEL)
/* mingw-w64's netioapi.h does not compile after its own ntddk.h; its kernel flavor does after these. */
#define WIN32_NO_STATUS
#include <winsock2.h>
#undef WIN32_NO_STATUS
#include <ws2ipdef.h>
#include <winternl.h>
#include <ntstatus.h>
#include <netioapi.h>
#else
#define WIN32_NO_STATUS  /* the peer's winnt.h has some STATUS_ values of its own */
#include <winsock2.h>
#undef WIN32_NO_STATUS
#include <ws2tcpip.h>
#include <iphlpapi.h>
#include <winternl.h>
#include <ntstatus.h>
#endif
#include <stddef.h>
// clang-format on

#endif
