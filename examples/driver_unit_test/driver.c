/* SPDX-License-Identifier: Apache-2.0 */
// Compiles for the Windows kernel as it is; here it is linked with libnetio and tested in user space.
#include "driver.h"

static VOID TunnelInitRow(PMIB_IPNET_ROW2 Row, NET_LUID Interface, ULONG Address) {
  RtlZeroMemory(Row, sizeof(*Row));
  Row->InterfaceLuid = Interface;
  Row->Address.Ipv4.sin_family = AF_INET;
  Row->Address.Ipv4.sin_addr.s_addr = Address;
}

NTSTATUS TunnelOpen(PTUNNEL_NEXT_HOP NextHop, NET_LUID Interface, ULONG Address, const UCHAR* PhysicalAddress) {
  NTSTATUS Status;

  TunnelInitRow(&NextHop->Row, Interface, Address);
  NextHop->Pinned = FALSE;

  if (PhysicalAddress == NULL) {
    // What is cached will do, as long as it can be sent to; the wire is asked only where nothing is.
    Status = GetIpNetEntry2(&NextHop->Row);
    if (NT_SUCCESS(Status) && !NextHop->Row.IsUnreachable && NextHop->Row.State >= NlnsProbe) return STATUS_SUCCESS;
    TunnelInitRow(&NextHop->Row, Interface, Address);
    return ResolveIpNetEntry2(&NextHop->Row, NULL);
  }

  RtlCopyMemory(NextHop->Row.PhysicalAddress, PhysicalAddress, 6);
  NextHop->Row.PhysicalAddressLength = 6;
  Status = CreateIpNetEntry2(&NextHop->Row);
  if (Status == ERROR_OBJECT_ALREADY_EXISTS) {
    // An administrator's entry wins over ours, and stays when we go.
    return GetIpNetEntry2(&NextHop->Row);
  }
  NextHop->Pinned = NT_SUCCESS(Status);
  return Status;
}

NTSTATUS TunnelCheck(PTUNNEL_NEXT_HOP NextHop) {
  MIB_IPNET_ROW2 Row = NextHop->Row;
  const NTSTATUS Status = GetIpNetEntry2(&Row);

  if (!NT_SUCCESS(Status) || Row.IsUnreachable || Row.State < NlnsProbe) return STATUS_NETWORK_UNREACHABLE;
  NextHop->Row = Row;
  return STATUS_SUCCESS;
}

VOID TunnelClose(PTUNNEL_NEXT_HOP NextHop) {
  if (NextHop->Pinned) (VOID) DeleteIpNetEntry2(&NextHop->Row);
  NextHop->Pinned = FALSE;
}
