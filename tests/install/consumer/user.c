/* SPDX-License-Identifier: Apache-2.0 */
/* A C or C++ program of the user flavor, as somebody who installed the library writes it. */
#include <winsock2.h>
#include <ws2tcpip.h>
#include <iphlpapi.h>
#include <stdio.h>

#pragma comment(lib, "iphlpapi.lib")

int main(void) {
  PMIB_IPNET_TABLE2 table = NULL;
  DWORD code = CreateIpNetEntry2(NULL);
  if (code != ERROR_INVALID_PARAMETER || code != 87) {
    printf("CreateIpNetEntry2(NULL) is %lu, not 87\n", (unsigned long)code);
    return 1;
  }
  code = GetIpNetTable2(AF_UNSPEC, &table);
  if (code != NO_ERROR && code != ERROR_NOT_FOUND) {
    printf("GetIpNetTable2 is %lu\n", (unsigned long)code);
    return 1;
  }
  printf("user: 87, %lu rows\n", table == NULL ? 0UL : (unsigned long)table->NumEntries);
  FreeMibTable(table);
  return 0;
}
