/* SPDX-License-Identifier: Apache-2.0 */
/* windows.h before winsock2.h, lean, and the rest in an order of its own. */
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#define _WIN32_WINNT 0x0600
#define NOMINMAX

// clang-format off
#include <windows.h>
#include <winsock2.h>
#include <ws2ipdef.h>
#include <iphlpapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <pthread.h>
#include <sys/types.h>
// clang-format on

#if _WIN32_WINNT != 0x0600 || NTDDI_VERSION < NTDDI_VISTA
#error "the version that the program asks for must stay"
#endif
#if defined(min) || defined(max) || defined(interface) || defined(small)
#error "a macro that programs use as a name"
#endif

C_ASSERT(sizeof(MIB_IPNET_ROW2) == 88);

int main(void) {
  PMIB_IPNET_TABLE2 table = NULL;
  size_t interface = 0, min = 1, max = 2;
  NETIO_STATUS status = GetIpNetTable2(AF_INET, &table);
  if (!NETIO_SUCCESS(status)) printf("GetIpNetTable2 returned error: %u\n", status);
  FreeMibTable(table);
  return interface + min < max ? 0 : 1;
}
