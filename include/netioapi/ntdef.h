/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// The basic types of drivers. There is no DWORD, WORD or BOOL among them, as on Windows: a driver's own may be there.
#ifndef _NTDEF_
#define _NTDEF_

#include <ctype.h>

#include "neigh_detail/base_types.h"
#include "neigh_detail/ntstatus_type.h"
#include "sdkddkver.h"
#include "specstrings.h"

typedef struct _UNICODE_STRING {
  USHORT Length;  ///< in bytes, without a terminator
  USHORT MaximumLength;
  PWCH Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING* PCUNICODE_STRING;

NEIGH_BEGIN_C
/// Makes a string that points to `SourceString`; nothing is copied.
/// @param SourceString  a terminated string of at most 32766 characters (a longer one is cut), or NULL for no string
/// @threads Any thread, never blocks. @source RtlInitUnicodeString
VOID NTAPI RtlInitUnicodeString(_Out_ PUNICODE_STRING DestinationString, _In_opt_ PCWSTR SourceString);
NEIGH_END_C

#endif
