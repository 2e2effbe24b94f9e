/* SPDX-License-Identifier: Apache-2.0 */
/* Looks an IPv6 router up, as a program does that already knows the interface's LUID. */
// clang-format off
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <iphlpapi.h>
#include <netioapi.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
// clang-format on

static NET_LUID g_luid;

static bool router_lladdr(const IN6_ADDR* router, uint8_t mac[6]) {
  PMIB_IPNET_TABLE2 table = NULL;
  bool found = false;

  if (GetIpNetTable2(AF_INET6, &table) != NO_ERROR || table == NULL) return false;
  for (ULONG i = 0; i < table->NumEntries && !found; i++) {
    const MIB_IPNET_ROW2* row = &table->Table[i];
    if (row->InterfaceLuid.Value != g_luid.Value || row->Address.si_family != AF_INET6) continue;
    if (memcmp(&row->Address.Ipv6.sin6_addr, router, sizeof(IN6_ADDR)) != 0) continue;
    if (row->PhysicalAddressLength != 6 || row->State <= NlnsIncomplete) continue;
    memcpy(mac, row->PhysicalAddress, 6);
    found = true;
  }
  FreeMibTable(table);
  return found;
}

int main(int argc, char** argv) {
  IN6_ADDR router = IN6ADDR_ANY_INIT;
  NET_IFINDEX index = 0;
  CHAR name[IF_NAMESIZE + 1];
  char text[INET6_ADDRSTRLEN];
  uint8_t mac[6];
  if (argc < 3 || ConvertInterfaceIndexToLuid(if_nametoindex(argv[1]), &g_luid) != NO_ERROR) return 1;
  if (ConvertInterfaceLuidToIndex(&g_luid, &index) != NO_ERROR || !if_indextoname(index, name)) return 1;
  if (inet_pton(AF_INET6, argv[2], &router) != 1 || IN6_IS_ADDR_UNSPECIFIED(&router)) return 1;
  if (!inet_ntop(AF_INET6, &router, text, sizeof(text))) return 1;
  return router_lladdr(&router, mac) ? 0 : 1;
}
