/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// DWORD, BOOL and their relatives: 32 bits, whatever `long` has here. There is no `min`, no `max` and no `interface`
/// macro, with or without NOMINMAX. @source netioapi.md V-30
#ifndef _MINWINDEF_
#define _MINWINDEF_

#include "winnt.h"

#ifndef NULL
#define NULL 0
#endif
#ifndef MAX_PATH
#define MAX_PATH 260
#endif

#define FAR
#define NEAR
#define WINAPI __stdcall
#define WINAPIV __cdecl
#define APIENTRY WINAPI
#define APIPRIVATE __stdcall
#define CALLBACK __stdcall
#define PASCAL __stdcall
#define WINBASEAPI DECLSPEC_IMPORT

typedef int BOOL, *PBOOL, *LPBOOL;
typedef unsigned char BYTE, *PBYTE, *LPBYTE;
typedef unsigned short WORD, *PWORD, *LPWORD;
typedef uint32_t DWORD, *PDWORD, *LPDWORD;
typedef float FLOAT, *PFLOAT;
typedef int* LPINT;
typedef LONG* LPLONG;
typedef void* LPVOID;
typedef const void* LPCVOID;

#define MAKEWORD(low, high)                                                \
  NEIGH_CAST(WORD, (NEIGH_CAST(BYTE, NEIGH_CAST(DWORD_PTR, low) & 0xff)) | \
                       (NEIGH_CAST(WORD, NEIGH_CAST(BYTE, NEIGH_CAST(DWORD_PTR, high) & 0xff)) << 8))
#define MAKELONG(low, high)                                                 \
  NEIGH_CAST(LONG, NEIGH_CAST(DWORD, NEIGH_CAST(DWORD_PTR, low) & 0xffff) | \
                       (NEIGH_CAST(DWORD, NEIGH_CAST(DWORD_PTR, high) & 0xffff) << 16))
#define LOWORD(value) NEIGH_CAST(WORD, NEIGH_CAST(DWORD_PTR, value) & 0xffff)
#define HIWORD(value) NEIGH_CAST(WORD, (NEIGH_CAST(DWORD_PTR, value) >> 16) & 0xffff)
#define LOBYTE(value) NEIGH_CAST(BYTE, NEIGH_CAST(DWORD_PTR, value) & 0xff)
#define HIBYTE(value) NEIGH_CAST(BYTE, (NEIGH_CAST(DWORD_PTR, value) >> 8) & 0xff)

#endif
