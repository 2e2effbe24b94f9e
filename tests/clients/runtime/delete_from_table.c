/* SPDX-License-Identifier: Apache-2.0 */
/* A cleaner: every row of the table that has a certain link-layer address is handed back to Delete as it is.
 * usage: delete_from_table link-address */
#include "caller.h"

int main(int argc, char** argv) {
  PMIB_IPNET_TABLE2 table = NULL;
  NETIO_STATUS status;
  UCHAR wanted[6];
  ULONG i;
  int deleted = 0;
  if (argc != 2 || !hex_bytes(argv[1], wanted, 6)) return 2;
  status = GetIpNetTable2(AF_UNSPEC, &table);
  if (CALL_FAILED(status)) return failed("GetIpNetTable2", status);
  for (i = 0; i < table->NumEntries; ++i) {
    const MIB_IPNET_ROW2* row = &table->Table[i];
    if (row->PhysicalAddressLength != 6 || memcmp(row->PhysicalAddress, wanted, 6) != 0) continue;
    status = DeleteIpNetEntry2(row);
    if (CALL_FAILED(status)) {
      FreeMibTable(table);
      return failed("DeleteIpNetEntry2", status);
    }
    ++deleted;
  }
  FreeMibTable(table);
  printf("deleted %d\n", deleted);
  return 0;
}
