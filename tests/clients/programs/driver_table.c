/* SPDX-License-Identifier: Apache-2.0 */
/* A driver's transmitter that announces its neighbors: ntddk.h, then netioapi.h. */
#include <ntddk.h>
//
#include <netioapi.h>

#ifdef DWORD
#error "a driver has no DWORD but its own"
#endif
typedef ULONG DWORD;

typedef struct _TRANSMITTER {
  NET_LUID Luid;
  LIST_ENTRY List;
  ULONG Announced;
} TRANSMITTER, *PTRANSMITTER;

NTSTATUS TransmitterAnnounce(IN PTRANSMITTER Transmitter, OUT PULONG Count OPTIONAL);
NTSTATUS TransmitterLearn(IN PTRANSMITTER Transmitter, IN const SOCKADDR_INET* Address, IN const UCHAR* Mac);

_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS
    TransmitterAnnounce(IN PTRANSMITTER Transmitter, OUT PULONG Count OPTIONAL) {
  PMIB_IPNET_TABLE2 table;
  NTSTATUS status;
  ULONG index;

  PAGED_CODE();

  status = GetIpNetTable2(AF_UNSPEC, &table);
  if (status == STATUS_NOT_FOUND) return STATUS_SUCCESS;
  if (status == STATUS_NOT_ENOUGH_MEMORY) return STATUS_INSUFFICIENT_RESOURCES;
  if (!NT_SUCCESS(status)) goto fail;

  for (index = 0; index < table->NumEntries; index++) {
    PMIB_IPNET_ROW2 row = &table->Table[index];
    if (row->InterfaceLuid.Info.IfType != IF_TYPE_ETHERNET_CSMACD) continue;
    if (row->InterfaceLuid.Value != Transmitter->Luid.Value) continue;
    if (row->State == NlnsUnreachable || row->State == NlnsIncomplete) continue;
    Transmitter->Announced++;
  }
  FreeMibTable(table);
  if (Count) *Count = Transmitter->Announced;
  return STATUS_SUCCESS;

fail:
  return status;
}

NTSTATUS TransmitterLearn(IN PTRANSMITTER Transmitter, IN const SOCKADDR_INET* Address, IN const UCHAR* Mac) {
  MIB_IPNET_ROW2 row;
  NETIO_STATUS status;
  DWORD win32;
  RtlZeroMemory(&row, sizeof(row));
  row.InterfaceLuid = Transmitter->Luid;
  RtlCopyMemory(&row.Address, Address, sizeof(row.Address));
  RtlCopyMemory(row.PhysicalAddress, Mac, 6);
  row.PhysicalAddressLength = 6;
  status = CreateIpNetEntry2(&row);
  if (status == ERROR_OBJECT_ALREADY_EXISTS) status = SetIpNetEntry2(&row); /* the documented name (LIB-01) */
  if (status == STATUS_DUPLICATE_OBJECTID) status = FlushIpNetTable2(AF_INET, 0);
  win32 = RtlNtStatusToDosError(status);
  return NETIO_SUCCESS(status) && win32 == 0 ? STATUS_SUCCESS : status;
}
