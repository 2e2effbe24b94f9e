/* SPDX-License-Identifier: Apache-2.0 */
/* Lists the neighbor table, one line for each entry:

     example_table_lister [4|6]

   Interface names come from ConvertInterfaceLuidToAlias, addresses from InetNtopA, texts of codes from FormatMessageA.
 */
// clang-format off
#include <winsock2.h>
#include <ws2tcpip.h>
#include <windows.h>
#include <iphlpapi.h>
// clang-format on

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#pragma comment(lib, "iphlpapi.lib")
#pragma comment(lib, "ws2_32.lib")

static const char* const kStateNames[NlnsMaximum] = {"Unreachable", "Incomplete", "Probe",    "Delay",
                                                     "Stale",       "Reachable",  "Permanent"};

static int report(const char* call, DWORD code) {
  char text[256];
  if (FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, code, 0, text, sizeof text,
                     NULL) == 0) {
    strcpy(text, "no text\r\n");
  }
  fprintf(stderr, "%s: code %u: %s", call, (unsigned)code, text);
  return 1;
}

static void print_row(const MIB_IPNET_ROW2* row) {
  char address[INET6_ADDRSTRLEN] = "?";
  WCHAR alias[IF_MAX_STRING_SIZE + 1];
  ULONG i;
  const void* bytes = row->Address.si_family == AF_INET ? (const void*)&row->Address.Ipv4.sin_addr
                                                        : (const void*)&row->Address.Ipv6.sin6_addr;
  InetNtopA(row->Address.si_family, (PVOID)bytes, address, sizeof address);
  printf("%-40s ", address);
  if (row->PhysicalAddressLength == 0) printf("%-17s", "-");
  for (i = 0; i < row->PhysicalAddressLength; ++i) {
    printf(i == 0 ? "%02X" : "-%02X", (unsigned)row->PhysicalAddress[i]);
  }
  printf(" %-11s ", row->State < NlnsMaximum ? kStateNames[row->State] : "?");
  if (ConvertInterfaceLuidToAlias(&row->InterfaceLuid, alias, ARRAYSIZE(alias)) == NO_ERROR) {
    for (i = 0; alias[i] != 0; ++i) putchar(alias[i] < 0x80 ? (int)alias[i] : '?');
  }
  printf(row->IsRouter ? " router\n" : "\n");
}

int main(int argc, char** argv) {
  WSADATA started;
  PMIB_IPNET_TABLE2 table = NULL;
  ADDRESS_FAMILY family = AF_UNSPEC;
  DWORD code;
  ULONG i;
  if (argc > 1) family = strcmp(argv[1], "6") == 0 ? AF_INET6 : AF_INET;
  if (WSAStartup(MAKEWORD(2, 2), &started) != 0) return 1;
  code = GetIpNetTable2(family, &table);
  if (code == ERROR_NOT_FOUND) {
    printf("no neighbors\n");
  } else if (code != NO_ERROR) {
    return report("GetIpNetTable2", code);
  } else {
    for (i = 0; i < table->NumEntries; ++i) print_row(&table->Table[i]);
    FreeMibTable(table);
  }
  WSACleanup();
  return 0;
}
