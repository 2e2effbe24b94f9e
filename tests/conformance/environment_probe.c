/* SPDX-License-Identifier: Apache-2.0 */
/* A program as for Windows that knows nothing of stacks. Prints the code of each call, and what it found. */
#include <stdio.h>
#include <string.h>

#ifdef NEIGH_TEST_USER
#include <winsock2.h>
/**/
#include <ws2tcpip.h>
/**/
#include <iphlpapi.h>
#else
#include <ntddk.h>
/**/
#include <netioapi.h>
#endif

static void tell(const char* what, NETIO_STATUS status) { printf("%s %08X\n", what, (unsigned)status); }

static MIB_IPNET_ROW2 row_of(NET_IFINDEX interface, ADDRESS_FAMILY family, unsigned char last) {
  static const unsigned char four[4] = {192, 0, 2, 0};
  static const unsigned char six[16] = {0x20, 0x01, 0x0d, 0xb8};
  MIB_IPNET_ROW2 row;
  memset(&row, 0, sizeof row);
  row.InterfaceIndex = interface;
  row.Address.si_family = family;
  if (family == AF_INET) {
    memcpy(&row.Address.Ipv4.sin_addr, four, 3);
    ((unsigned char*)&row.Address.Ipv4.sin_addr)[3] = last;
  } else {
    memcpy(&row.Address.Ipv6.sin6_addr, six, 15);
    ((unsigned char*)&row.Address.Ipv6.sin6_addr)[15] = last;
  }
  return row;
}

static void find(const char* what, ADDRESS_FAMILY family) {
  MIB_IPNET_ROW2 row = row_of(2, family, 2);
  tell(what, ResolveIpNetEntry2(&row, NULL));
  printf("  %02x:%02x:%02x:%02x:%02x:%02x state %d\n", row.PhysicalAddress[0], row.PhysicalAddress[1],
         row.PhysicalAddress[2], row.PhysicalAddress[3], row.PhysicalAddress[4], row.PhysicalAddress[5],
         (int)row.State);
}

int main(void) {
  static const UCHAR link[6] = {2, 0, 0, 0, 0, 0x77};
  PMIB_IPNET_TABLE2 table = NULL;
  MIB_IPNET_ROW2 row;

  find("resolve v4", AF_INET);
  find("resolve v6", AF_INET6);
  row = row_of(2, AF_INET, 50);
  row.PhysicalAddressLength = sizeof link;
  memcpy(row.PhysicalAddress, link, sizeof link);
  tell("create", CreateIpNetEntry2(&row));
  tell("create again", CreateIpNetEntry2(&row));
  tell("table", GetIpNetTable2(AF_UNSPEC, &table));
  printf("  %u rows\n", table == NULL ? 0U : (unsigned)table->NumEntries);
  FreeMibTable(table);
  row = row_of(2, AF_INET, 50);
  tell("get", GetIpNetEntry2(&row));
  printf("  %02x state %d\n", row.PhysicalAddress[5], (int)row.State);
  tell("delete", DeleteIpNetEntry2(&row));
  tell("get", GetIpNetEntry2(&row));
  tell("flush", FlushIpNetTable2(AF_UNSPEC, 0));
  row = row_of(9, AF_INET, 2);
  tell("unknown interface", ResolveIpNetEntry2(&row, NULL));
  return 0;
}
