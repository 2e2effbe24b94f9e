/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// The part of the driver headers that does not need a kernel underneath: types, status codes, interrupt levels as
/// numbers, byte order. No function of the Windows kernel is declared, except RtlNtStatusToDosError, which the
/// libraries serve (on Windows a driver finds it in ntifs.h), RtlInitUnicodeString, and DbgPrint, which libnetio
/// serves.
#ifndef _WDMDDK_
#define _WDMDDK_

#include <stdarg.h>

#include "driverspecs.h"
#include "ntdef.h"
#include "ntstatus.h"

typedef UCHAR KIRQL, *PKIRQL;
#define PASSIVE_LEVEL 0
#define LOW_LEVEL 0
#define APC_LEVEL 1
#define DISPATCH_LEVEL 2

#define PAGED_CODE() NEIGH_CAST(void, 0)  // asserts the interrupt level; every thread here is at PASSIVE_LEVEL
#define NTKERNELAPI DECLSPEC_IMPORT

NEIGH_BEGIN_C
/// Writes a line for the developer: to standard error here. The conversions are those of printf in the C library; %wZ
/// and %ws do not exist.
/// @return STATUS_SUCCESS, or STATUS_UNSUCCESSFUL if nothing could be written.
/// @threads Any thread. @source DbgPrint
__attribute__((format(printf, 1, 2))) ULONG __cdecl DbgPrint(_In_ PCSTR Format, ...);
NEIGH_END_C
#define KdPrint(arguments) DbgPrint arguments

#define RtlUshortByteSwap(value) __builtin_bswap16(value)
#define RtlUlongByteSwap(value) __builtin_bswap32(value)
#define RtlUlonglongByteSwap(value) __builtin_bswap64(value)

#endif
