/* SPDX-License-Identifier: Apache-2.0 */
/* A packet engine that needs the next hop's address: the cache first, and the very same row to Resolve if that failed
 * or the entry has no address yet.
 * usage: get_then_resolve interface-index address */
#include "caller.h"

int main(int argc, char** argv) {
  MIB_IPNET_ROW2 row;
  NETIO_STATUS status;
  if (argc != 3) return 2;
  memset(&row, 0xa5, sizeof row);
  set_address(&row.Address, argv[2]);
  status = ConvertInterfaceIndexToLuid(CAST(NET_IFINDEX, strtoul(argv[1], NULL, 10)), &row.InterfaceLuid);
  if (CALL_FAILED(status)) return failed("ConvertInterfaceIndexToLuid", status);

  status = GetIpNetEntry2(&row);
  if (CALL_FAILED(status) || row.State <= NlnsIncomplete) {
    printf("resolved ");
    status = ResolveIpNetEntry2(&row, NULL);
    if (CALL_FAILED(status)) return failed("ResolveIpNetEntry2", status);
  } else {
    printf("cached ");
  }
  print_physical_address(&row);
  return 0;
}
