/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// NTSTATUS, the tests of its severity, and the way from it to a Win32 code. Included by ntdef.h, ntstatus.h and
/// winternl.h. @source netioapi.md V-14, V-30 and 2.2
#ifndef NEIGH_DETAIL_NTSTATUS_TYPE_H
#define NEIGH_DETAIL_NTSTATUS_TYPE_H

#include "../driverspecs.h"
#include "base_types.h"

typedef LONG NTSTATUS, *PNTSTATUS;  // signed: errors are the negative values (V-14)

#ifndef NT_SUCCESS
#define NT_SUCCESS(status) (NEIGH_CAST(NTSTATUS, status) >= 0)
#endif
#ifndef NT_INFORMATION
#define NT_INFORMATION(status) ((NEIGH_CAST(ULONG, status) >> 30) == 1)
#endif
#ifndef NT_WARNING
#define NT_WARNING(status) ((NEIGH_CAST(ULONG, status) >> 30) == 2)
#endif
#ifndef NT_ERROR
#define NT_ERROR(status) ((NEIGH_CAST(ULONG, status) >> 30) == 3)
#endif

NEIGH_BEGIN_C

/// Translates an NTSTATUS to the Win32 code that stands for it.
///
/// @param Status  any value
/// @return  the code of the table; ERROR_MR_MID_NOT_FOUND (317) for a value that is not in it.
/// @threads Any thread, never blocks. @source netioapi.md 2.2, V-13
_IRQL_requires_max_(APC_LEVEL) ULONG NTAPI RtlNtStatusToDosError(_In_ NTSTATUS Status);

NEIGH_END_C

#endif
