/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// The two functions of kernel32 that turn the codes of the network functions into text.
#ifndef _WINBASE_
#define _WINBASE_

#include <stdarg.h>

#include "minwinbase.h"
#include "winerror.h"

#define INFINITE 0xffffffff

/// What functions that open something answer when they fail; none here does, but programs initialize with it.
#ifdef __cplusplus
#define INVALID_HANDLE_VALUE (reinterpret_cast<HANDLE>(static_cast<LONG_PTR>(-1)))
#else
#define INVALID_HANDLE_VALUE ((HANDLE)(LONG_PTR)-1)
#endif

#define FORMAT_MESSAGE_ALLOCATE_BUFFER 0x00000100
#define FORMAT_MESSAGE_IGNORE_INSERTS 0x00000200
#define FORMAT_MESSAGE_FROM_STRING 0x00000400
#define FORMAT_MESSAGE_FROM_HMODULE 0x00000800
#define FORMAT_MESSAGE_FROM_SYSTEM 0x00001000
#define FORMAT_MESSAGE_ARGUMENT_ARRAY 0x00002000
#define FORMAT_MESSAGE_MAX_WIDTH_MASK 0x000000ff

#define LANG_NEUTRAL 0x00
#define LANG_ENGLISH 0x09
#define SUBLANG_NEUTRAL 0x00
#define SUBLANG_DEFAULT 0x01
#define SUBLANG_SYS_DEFAULT 0x02
#define SUBLANG_ENGLISH_US 0x01
#define MAKELANGID(primary, sub) (NEIGH_CAST(WORD, ((sub) << 10) | (primary)))
#define LANG_SYSTEM_DEFAULT (MAKELANGID(LANG_NEUTRAL, SUBLANG_SYS_DEFAULT))
#define LANG_USER_DEFAULT (MAKELANGID(LANG_NEUTRAL, SUBLANG_DEFAULT))

typedef HANDLE HLOCAL;

NEIGH_BEGIN_C
/// Writes the text of a code of winerror.h in the English words of Windows, ended by CR LF as there.
///
/// @param dwFlags       FORMAT_MESSAGE_FROM_SYSTEM, with FORMAT_MESSAGE_ALLOCATE_BUFFER if wanted (lpBuffer is a
/// `char**`
///                      then, to be released by LocalFree). FORMAT_MESSAGE_IGNORE_INSERTS changes nothing: no text has
///                      inserts. A width of FORMAT_MESSAGE_MAX_WIDTH_MASK leaves the line end out; other widths are not
///                      looked at. Texts of strings and modules are not served.
/// @param dwMessageId   a code of winerror.h, or an HRESULT that stands for a Win32 code (0x8007....)
/// @param dwLanguageId  not looked at
/// @param nSize         room in lpBuffer; with FORMAT_MESSAGE_ALLOCATE_BUFFER the least to allocate
/// @return Characters written without the terminator; 0: no text for the code, no room, or flags not served. The buffer
///         is untouched then. (On Windows GetLastError tells the reason; there is none here.)
/// @threads Any thread. @source FormatMessageA
DWORD WINAPI FormatMessageA(_In_ DWORD dwFlags, _In_opt_ LPCVOID lpSource, _In_ DWORD dwMessageId,
                            _In_ DWORD dwLanguageId, _Out_ LPSTR lpBuffer, _In_ DWORD nSize,
                            _In_opt_ va_list* Arguments);

/// Releases what FormatMessageA allocated. NULL is fine. @return NULL. @threads Any thread. @source LocalFree
HLOCAL WINAPI LocalFree(_In_opt_ HLOCAL hMem);
NEIGH_END_C

#ifndef UNICODE
#define FormatMessage FormatMessageA
#endif

#endif
