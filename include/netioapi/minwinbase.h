/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// The memory macros of programs.
#ifndef _MINWINBASE_
#define _MINWINBASE_

#include "minwindef.h"

#define MoveMemory RtlMoveMemory
#define CopyMemory RtlCopyMemory
#define FillMemory RtlFillMemory
#define ZeroMemory RtlZeroMemory
#define SecureZeroMemory RtlSecureZeroMemory

#endif
