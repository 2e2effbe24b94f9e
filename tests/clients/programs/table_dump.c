/* SPDX-License-Identifier: Apache-2.0 */
/* A listing in the shape of arp -a, with the spellings that such sources use. */
// clang-format off
#include <stdio.h>
#include <WinSock2.h>
#include <Windows.h>
#include <ws2ipdef.h>
#include <WS2tcpip.h>
#include <IPHlpApi.h>
// clang-format on

typedef int(__stdcall* row_callback)(void* context, ULONG ipv4, LONG usable, ULONGLONG physical);

static int __stdcall print_row(void* context, ULONG ipv4, LONG usable, ULONGLONG physical) {
  IN_ADDR address;
  UNREFERENCED_PARAMETER(context);
  address.S_un.S_addr = ipv4;
  printf("%s %d %llx\n", inet_ntoa(address), usable, physical);
  return TRUE;
}

static int list(ULONG network, ULONG mask, row_callback callback, void* context) {
  PMIB_IPNET_TABLE2 table = 0;
  int count = 0;
  ULONG i;

  if (GetIpNetTable2(AF_INET, &table) != NO_ERROR) return 0;
  network &= mask;
  for (i = 0; i < table->NumEntries; i++) {
    PMIB_IPNET_ROW2 row = table->Table + i;
    ULONG address = row->Address.Ipv4.sin_addr.S_un.S_addr;
    ULONGLONG physical = 0;
    if (address == (network | ~mask) || (address & mask) != network) continue;
    if (row->InterfaceLuid.Info.IfType == IF_TYPE_ETHERNET_CSMACD && row->PhysicalAddressLength == 6)
      memcpy(&physical, row->PhysicalAddress, 6);
    count++;
    if (!callback(context, address, row->IsUnreachable ? 0 : 1, physical)) break;
  }
  FreeMibTable(table);
  return count;
}

int main(void) {
  PMIB_IPNET_TABLE2 table = NULL;
  unsigned long status = GetIpNetTable2(AF_UNSPEC, &table);
  if (status != NO_ERROR && table != NULL) FreeMibTable(table);
  return list(inet_addr("192.0.2.0"), htonl(0xffffff00), print_row, NULL) ? 0 : 1;
}
