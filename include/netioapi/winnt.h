/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// The basic types of programs. What only programs have is here; the rest is shared with ntdef.h.
#ifndef _WINNT_
#define _WINNT_

#include <ctype.h>

#include "neigh_detail/base_types.h"

typedef LONG HRESULT;

#define MAXWORD 0xffff
#define MAXDWORD 0xffffffff

// TCHAR follows UNICODE. TEXT("x") is a WCHAR string, which is u"x" unless -fshort-wchar makes it L"x".
#ifdef UNICODE
#ifndef _TCHAR_DEFINED
#define _TCHAR_DEFINED
typedef WCHAR TCHAR, *PTCHAR;
#endif
typedef LPWSTR PTSTR, LPTSTR;
typedef LPCWSTR PCTSTR, LPCTSTR;
#if __SIZEOF_WCHAR_T__ == 2
#define __TEXT(quote) L##quote
#else
#define __TEXT(quote) u##quote
#endif
#else
#ifndef _TCHAR_DEFINED
#define _TCHAR_DEFINED
typedef char TCHAR, *PTCHAR;
#endif
typedef LPSTR PTSTR, LPTSTR;
typedef LPCSTR PCTSTR, LPCTSTR;
#define __TEXT(quote) quote
#endif
#define TEXT(quote) __TEXT(quote)

#endif
