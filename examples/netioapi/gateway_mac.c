/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the link-layer address of the next hop on the way to a destination:

     example_gateway_mac 198.51.100.7

   GetBestRoute2 names the next hop, GetIpNetEntry2 looks into the table, ResolveIpNetEntry2 asks the wire. */
// clang-format off
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <iphlpapi.h>
#include <mstcpip.h>
// clang-format on

#include <stdio.h>

#pragma comment(lib, "iphlpapi.lib")

int main(int argc, char** argv) {
  SOCKADDR_INET destination;
  SOCKADDR_INET source;
  MIB_IPFORWARD_ROW2 route;
  MIB_IPNET_ROW2 row;
  DWORD code;
  ULONG i;
  const char* how = "cached";
  ZeroMemory(&destination, sizeof destination);
  if (argc != 2) {
    fprintf(stderr, "usage: %s address\n", argv[0]);
    return 2;
  }
  if (InetPtonA(AF_INET, argv[1], &destination.Ipv4.sin_addr) == 1) {
    destination.si_family = AF_INET;
  } else if (InetPtonA(AF_INET6, argv[1], &destination.Ipv6.sin6_addr) == 1) {
    destination.si_family = AF_INET6;
  } else {
    fprintf(stderr, "%s: no address\n", argv[1]);
    return 2;
  }
  code = GetBestRoute2(NULL, 0, NULL, &destination, 0, &route, &source);
  if (code != NO_ERROR) {
    fprintf(stderr, "GetBestRoute2: %u\n", (unsigned)code);
    return 1;
  }
  ZeroMemory(&row, sizeof row);
  row.InterfaceLuid = route.InterfaceLuid;
  row.Address = INETADDR_ISANY((PSOCKADDR)&route.NextHop) ? destination : route.NextHop;
  code = GetIpNetEntry2(&row);
  if (code != NO_ERROR || row.State <= NlnsIncomplete) {
    how = "resolved";
    code = ResolveIpNetEntry2(&row, &source);
  }
  if (code != NO_ERROR) {
    fprintf(stderr, "ResolveIpNetEntry2: %u\n", (unsigned)code);
    return 1;
  }
  printf("%s ", how);
  for (i = 0; i < row.PhysicalAddressLength; ++i) printf(i == 0 ? "%02X" : "-%02X", (unsigned)row.PhysicalAddress[i]);
  printf("\n");
  return 0;
}
