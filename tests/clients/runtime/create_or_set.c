/* SPDX-License-Identifier: Apache-2.0 */
/* A VPN client that pins a neighbor: Create, and Set where it exists already. The row lies on the stack and holds what
 * was there; the length is that of the legacy row's array (8), as such programs pass it.
 * usage: create_or_set interface-index address link-address   (hexadecimal digits) */
#include "caller.h"

int main(int argc, char** argv) {
  MIB_IPNET_ROW2 row;
  NETIO_STATUS status;
  if (argc != 4) return 2;
  memset(&row, 0xa5, sizeof row);
  set_address(&row.Address, argv[2]);
  row.InterfaceLuid.Value = 0;
  row.InterfaceIndex = CAST(NET_IFINDEX, strtoul(argv[1], NULL, 10));
  if (!hex_bytes(argv[3], row.PhysicalAddress, 6)) return 2;
  row.PhysicalAddressLength = 8;

  status = CreateIpNetEntry2(&row);
  if (IS_DUPLICATE(status)) {
    status = SetIpNetEntry2(&row);
    if (CALL_FAILED(status)) return failed("SetIpNetEntry2", status);
    printf("set\n");
    return 0;
  }
  if (CALL_FAILED(status)) return failed("CreateIpNetEntry2", status);
  printf("created\n");
  return 0;
}
