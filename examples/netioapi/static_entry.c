/* SPDX-License-Identifier: Apache-2.0 */
/* Pins a neighbor, whatever was there before, or takes it away:

     example_static_entry eth0 192.0.2.7 00-11-22-33-44-55
     example_static_entry eth0 192.0.2.7 delete

   The usual pattern: Create, and Set if there is an entry already. Create alone never overwrites. */
// clang-format off
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <iphlpapi.h>
// clang-format on

#include <stdio.h>
#include <string.h>

#pragma comment(lib, "iphlpapi.lib")

static int parse_address(const char* text, SOCKADDR_INET* address) {
  if (InetPtonA(AF_INET, text, &address->Ipv4.sin_addr) == 1) {
    address->si_family = AF_INET;
    return 1;
  }
  if (InetPtonA(AF_INET6, text, &address->Ipv6.sin6_addr) == 1) {
    address->si_family = AF_INET6;
    return 1;
  }
  return 0;
}

static int parse_mac(const char* text, MIB_IPNET_ROW2* row) {
  unsigned b[6];
  int i;
  char rest;
  if (sscanf(text, "%2x-%2x-%2x-%2x-%2x-%2x%c", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5], &rest) != 6) return 0;
  for (i = 0; i < 6; ++i) row->PhysicalAddress[i] = (UCHAR)b[i];
  row->PhysicalAddressLength = 6;
  return 1;
}

int main(int argc, char** argv) {
  MIB_IPNET_ROW2 row;
  const char* done = "created";
  DWORD code;
  if (argc != 4) {
    fprintf(stderr, "usage: %s interface address link-address|delete\n", argv[0]);
    return 2;
  }
  ZeroMemory(&row, sizeof row);
  code = ConvertInterfaceNameToLuidA(argv[1], &row.InterfaceLuid);
  if (code != NO_ERROR) {
    fprintf(stderr, "%s: no such interface (%u)\n", argv[1], (unsigned)code);
    return 1;
  }
  if (!parse_address(argv[2], &row.Address)) {
    fprintf(stderr, "%s: no address\n", argv[2]);
    return 2;
  }
  if (strcmp(argv[3], "delete") == 0) {
    code = DeleteIpNetEntry2(&row);
    done = "deleted";
  } else {
    if (!parse_mac(argv[3], &row)) {
      fprintf(stderr, "%s: no link-layer address\n", argv[3]);
      return 2;
    }
    code = CreateIpNetEntry2(&row);
    if (code == ERROR_OBJECT_ALREADY_EXISTS) {
      code = SetIpNetEntry2(&row);
      done = "set";
    }
  }
  if (code == ERROR_ACCESS_DENIED) {
    fprintf(stderr, "needs administrative rights\n");
    return 1;
  }
  if (code != NO_ERROR) {
    fprintf(stderr, "failed: %u\n", (unsigned)code);
    return 1;
  }
  printf("%s\n", done);
  return 0;
}
