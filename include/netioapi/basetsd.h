/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// Integers of a fixed width and of the width of a pointer. The 64-bit ones are `long long`, not `long`, because
/// sources for Windows print them with %llu. @source netioapi.md V-30
#ifndef _BASETSD_H_
#define _BASETSD_H_

#include <stddef.h>
#include <stdint.h>

#include "neigh_detail/compiler.h"

typedef signed char INT8, *PINT8;
typedef signed short INT16, *PINT16;
typedef signed int INT32, *PINT32;
typedef signed long long INT64, *PINT64;
typedef unsigned char UINT8, *PUINT8;
typedef unsigned short UINT16, *PUINT16;
typedef unsigned int UINT32, *PUINT32;
typedef unsigned long long UINT64, *PUINT64;

typedef signed int LONG32, *PLONG32;
typedef unsigned int ULONG32, *PULONG32;
typedef unsigned int DWORD32, *PDWORD32;
typedef signed long long LONG64, *PLONG64;
typedef unsigned long long ULONG64, *PULONG64;
typedef unsigned long long DWORD64, *PDWORD64;

typedef intptr_t INT_PTR, *PINT_PTR;
typedef uintptr_t UINT_PTR, *PUINT_PTR;
typedef intptr_t LONG_PTR, *PLONG_PTR;
typedef uintptr_t ULONG_PTR, *PULONG_PTR;
typedef ULONG_PTR DWORD_PTR, *PDWORD_PTR;

typedef ULONG_PTR SIZE_T, *PSIZE_T;
typedef LONG_PTR SSIZE_T, *PSSIZE_T;

#define MAXUINT8 (NEIGH_CAST(UINT8, 0xffu))
#define MAXINT8 (NEIGH_CAST(INT8, 0x7f))
#define MININT8 (NEIGH_CAST(INT8, -0x7f - 1))
#define MAXUINT16 (NEIGH_CAST(UINT16, 0xffffu))
#define MAXINT16 (NEIGH_CAST(INT16, 0x7fff))
#define MININT16 (NEIGH_CAST(INT16, -0x7fff - 1))
#define MAXUINT32 (NEIGH_CAST(UINT32, 0xffffffffu))
#define MAXINT32 (NEIGH_CAST(INT32, 0x7fffffff))
#define MININT32 (NEIGH_CAST(INT32, -0x7fffffff - 1))
#define MAXUINT64 (NEIGH_CAST(UINT64, 0xffffffffffffffffull))
#define MAXINT64 (NEIGH_CAST(INT64, 0x7fffffffffffffffll))
#define MININT64 (NEIGH_CAST(INT64, -0x7fffffffffffffffll - 1))
#define MAXULONG32 (NEIGH_CAST(ULONG32, MAXUINT32))
#define MAXLONG32 (NEIGH_CAST(LONG32, MAXINT32))
#define MINLONG32 (NEIGH_CAST(LONG32, MININT32))
#define MAXULONG64 (NEIGH_CAST(ULONG64, MAXUINT64))
#define MAXLONG64 (NEIGH_CAST(LONG64, MAXINT64))
#define MINLONG64 (NEIGH_CAST(LONG64, MININT64))
#define MAXUINT MAXUINT32
#define MAXINT MAXINT32
#define MININT MININT32
#define MAXULONGLONG MAXUINT64
#define MAXLONGLONG MAXINT64
#define MINLONGLONG MININT64
#define MAXSIZE_T (NEIGH_CAST(SIZE_T, MAXUINT64))
#define MAXSSIZE_T (NEIGH_CAST(SSIZE_T, MAXINT64))
#define MINSSIZE_T (NEIGH_CAST(SSIZE_T, MININT64))

#endif
