/* SPDX-License-Identifier: Apache-2.0 */
/* A static entry, as tools set it: create, and set if it is there already (W-07). */
// clang-format off
#include <winsock2.h>
#include <ws2tcpip.h>
#include <iphlpapi.h>
#include <stdio.h>
// clang-format on

#pragma comment(lib, "iphlpapi.lib")
#pragma comment(lib, "ws2_32.lib")
#pragma warning(disable : 4996)

static DWORD set_static(NET_IFINDEX index, const char* address, const UCHAR mac[6]) {
  MIB_IPNET_ROW2 row;
  DWORD status;

  ZeroMemory(&row, sizeof(row));
  row.InterfaceIndex = index;
  row.Address.si_family = AF_INET;
  if (InetPtonA(AF_INET, address, &row.Address.Ipv4.sin_addr) != 1) return ERROR_INVALID_PARAMETER;
  CopyMemory(row.PhysicalAddress, mac, 6);
  row.PhysicalAddressLength = 6;
  row.State = NlnsPermanent;
  row.IsRouter = 1;
  row.IsUnreachable = 0;
  row.ReachabilityTime.LastReachable = 0x0fffffff;
  row.ReachabilityTime.LastUnreachable = 1;

  status = CreateIpNetEntry2(&row);
  if (status == ERROR_OBJECT_ALREADY_EXISTS) status = SetIpNetEntry2(&row);
  return status;
}

int main(int argc, char** argv) {
  static const UCHAR mac[6] = {0x02, 0, 0, 0, 0, 1};
  DWORD status;
  if (argc < 3) return 1;
  status = set_static(if_nametoindex(argv[1]), argv[2], mac);
  switch (status) {
    case NO_ERROR:
      break;
    case ERROR_ACCESS_DENIED:
      fprintf(stderr, "not permitted\n");
      break;
    case ERROR_NOT_FOUND:
    case ERROR_FILE_NOT_FOUND:
      fprintf(stderr, "no such interface\n");
      break;
    default:
      fprintf(stderr, "error %lu\n", (unsigned long)status);
  }
  return status == NO_ERROR ? 0 : 1;
}
