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

#endif
