/* SPDX-License-Identifier: Apache-2.0 */
/* A scanner that wants the gateway's link-layer address and has no routing table to ask: it looks through the whole
 * neighbor table, where "no data" is no error, and resolves what it does not find there.
 * usage: gateway_mac interface-index address */
#include "caller.h"

int main(int argc, char** argv) {
  MIB_IPNET_ROW2 row;
  PMIB_IPNET_TABLE2 table = NULL;
  NETIO_STATUS status;
  ULONG i;
  if (argc != 3) return 2;
  memset(&row, 0, sizeof row);
  set_address(&row.Address, argv[2]);
  row.InterfaceIndex = CAST(NET_IFINDEX, strtoul(argv[1], NULL, 10));

  status = GetIpNetTable2(row.Address.si_family, &table);
  if (CALL_FAILED(status) && !IS_MISSING(status)) return failed("GetIpNetTable2", status);
  for (i = 0; table != NULL && i < table->NumEntries; ++i) {
    const MIB_IPNET_ROW2* found = &table->Table[i];
    if (found->InterfaceIndex != row.InterfaceIndex || !same_address(&found->Address, &row.Address)) continue;
    if (found->State <= NlnsIncomplete || found->PhysicalAddressLength == 0) continue;
    printf("found ");
    print_physical_address(found);
    FreeMibTable(table);
    return 0;
  }
  FreeMibTable(table);
  status = ResolveIpNetEntry2(&row, NULL);
  if (CALL_FAILED(status)) return failed("ResolveIpNetEntry2", status);
  printf("resolved ");
  print_physical_address(&row);
  return 0;
}
