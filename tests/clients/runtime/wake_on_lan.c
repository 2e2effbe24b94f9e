/* SPDX-License-Identifier: Apache-2.0 */
/* Wakes a host that is asleep and answers no ARP: a transient entry, with State as the stack left it, so that the
 * packet goes out; then the entry is taken away. The sender of the packet is another program. usage: wake_on_lan
 * interface-index address link-address sender-command */
#include "caller.h"

static int wake(NET_IFINDEX index, char** argv) {
  MIB_IPNET_ROW2 row; /* only what the page asks for is set */
  NETIO_STATUS status;
  int sent;
  set_address(&row.Address, argv[2]);
  if (!hex_bytes(argv[3], row.PhysicalAddress, 6)) return 2;
  row.PhysicalAddressLength = 6;
  row.InterfaceIndex = 0;
  status = ConvertInterfaceIndexToLuid(index, &row.InterfaceLuid);
  if (CALL_FAILED(status)) return failed("ConvertInterfaceIndexToLuid", status);
  status = CreateIpNetEntry2(&row);
  if (CALL_FAILED(status)) return failed("CreateIpNetEntry2", status);
  sent = system(argv[4]);
  status = DeleteIpNetEntry2(&row);
  if (CALL_FAILED(status)) return failed("DeleteIpNetEntry2", status);
  return sent == 0 ? 0 : 3;
}

/* Leaves something on the stack where the row of `wake` will lie. */
static unsigned dirty_the_stack(void) {
  volatile UCHAR bytes[4096];
  unsigned sum = 0;
  size_t i;
  for (i = 0; i < sizeof bytes; ++i) bytes[i] = 0xa5;
  for (i = 0; i < sizeof bytes; ++i) sum += bytes[i];
  return sum;
}

int main(int argc, char** argv) {
  if (argc != 5 || dirty_the_stack() == 0) return 2;
  return wake(CAST(NET_IFINDEX, strtoul(argv[1], NULL, 10)), argv);
}
