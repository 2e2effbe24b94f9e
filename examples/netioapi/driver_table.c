/* SPDX-License-Identifier: Apache-2.0 */
/* A source of the kernel flavor: what a driver does when it wants to know its neighbors. netioapi.h after ntddk.h,
   codes are NTSTATUS, output goes to DbgPrint, the library is libnetio.

     example_driver_table

   On Windows DriverEntry would call ListNeighbors; here main does. */
// clang-format off
#include <ntddk.h>
#include <netioapi.h>
// clang-format on

static NTSTATUS ListNeighbors(ADDRESS_FAMILY Family, ULONG* Count) {
  PMIB_IPNET_TABLE2 table = NULL;
  NTSTATUS status;
  ULONG i;
  PAGED_CODE();
  *Count = 0;
  status = GetIpNetTable2(Family, &table);
  if (status == STATUS_NOT_FOUND) return STATUS_SUCCESS;
  if (!NT_SUCCESS(status)) return status;
  for (i = 0; i < table->NumEntries; ++i) {
    const MIB_IPNET_ROW2* row = &table->Table[i];
    if (row->State <= NlnsIncomplete) continue;
    KdPrint(("neighbor on interface %u: family %u, state %d, %u bytes\n", row->InterfaceIndex,
             (unsigned)row->Address.si_family, (int)row->State, row->PhysicalAddressLength));
    ++*Count;
  }
  FreeMibTable(table);
  return STATUS_SUCCESS;
}

int main(void) {
  ULONG count;
  NTSTATUS status = ListNeighbors(AF_UNSPEC, &count);
  if (!NT_SUCCESS(status)) {
    DbgPrint("GetIpNetTable2: 0x%08x\n", (unsigned)status);
    return 1;
  }
  DbgPrint("%u usable neighbors\n", count);
  return 0;
}
