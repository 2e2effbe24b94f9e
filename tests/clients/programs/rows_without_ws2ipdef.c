/* SPDX-License-Identifier: Apache-2.0 */
/* On Windows this one would not see the rows, for want of ws2ipdef.h before iphlpapi.h; here it does. */
#include <Windows.h>
//
#include <Iphlpapi.h>

static MIB_IPNETTABLE legacy;

int main(void) {
  MIB_IPNET_ROW2 row = {0};
  SOCKADDR_IN address = {0};
  address.sin_family = AF_INET;
  address.sin_port = htons(9);
  row.Address.Ipv4 = address;
  legacy.table[0].dwType = MIB_IPNET_TYPE_STATIC;
  legacy.table[0].bPhysAddr[MAXLEN_PHYSADDR - 1] = 1;
  return (int)(ResolveIpNetEntry2(&row, NULL) + legacy.dwNumEntries);
}
