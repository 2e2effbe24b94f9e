/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// The part of windows.h that network programs lean on: types, calling conventions, error codes, memory macros, and,
/// without WIN32_LEAN_AND_MEAN, the socket address types of winsock.h.
///
/// Of kernel32 only FormatMessageA and LocalFree are declared: what no library here provides must not compile or link.
/// `_WIN32` is not defined either, since compilers and the C library here are not those of Windows; a source that
/// chooses its headers by `_WIN32` has to choose these by another name.
#ifndef _WINDOWS_
#define _WINDOWS_
#ifndef _INC_WINDOWS
#define _INC_WINDOWS
#endif

#include <stdarg.h>

#include "minwinbase.h"
#include "sdkddkver.h"
#include "winbase.h"
#include "windef.h"
#include "winerror.h"

#if !defined(WIN32_LEAN_AND_MEAN) && !defined(_WINSOCKAPI_)
#include "winsock.h"
#endif

#endif
