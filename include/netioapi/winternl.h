/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// Where programs find NTSTATUS, UNICODE_STRING and RtlNtStatusToDosError.
#ifndef _WINTERNL_
#define _WINTERNL_

#include "ntdef.h"
#include "windef.h"

#endif
