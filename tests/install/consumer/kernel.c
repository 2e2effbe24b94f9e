/* SPDX-License-Identifier: Apache-2.0 */
/* A C or C++ program of the kernel flavor, as somebody who installed the library writes it. */
#include <ntddk.h>
#include <netioapi.h>
#include <stdio.h>

#pragma comment(lib, "netio.lib")

int main(void) {
  PMIB_IPNET_TABLE2 table = NULL;
  NTSTATUS status = CreateIpNetEntry2(NULL);
  if (status != STATUS_INVALID_PARAMETER || (unsigned)status != 0xC000000DU || NT_SUCCESS(status)) {
    printf("CreateIpNetEntry2(NULL) is 0x%08X, not 0xC000000D\n", (unsigned)status);
    return 1;
  }
  status = GetIpNetTable2(AF_UNSPEC, &table);
  if (!NT_SUCCESS(status) && status != STATUS_NOT_FOUND) {
    printf("GetIpNetTable2 is 0x%08X\n", (unsigned)status);
    return 1;
  }
  printf("kernel: 0xC000000D, %lu rows\n", table == NULL ? 0UL : (unsigned long)table->NumEntries);
  FreeMibTable(table);
  return 0;
}
