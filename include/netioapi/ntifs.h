/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// Where drivers find RtlNtStatusToDosError; all else is ntddk.h.
#ifndef _NTIFS_
#define _NTIFS_

#include "ntddk.h"

#endif
