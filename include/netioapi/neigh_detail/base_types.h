/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// The types that winnt.h (programs) and ntdef.h (drivers) both define.
///
/// ULONG and LONG have 32 bits, as on Windows; `unsigned long` has 64 here. A program that writes ULONG, DWORD or LONG
/// and prints them with %lu gets the compiler's usual warning. @source netioapi.md V-30
#ifndef NEIGH_DETAIL_BASE_TYPES_H
#define NEIGH_DETAIL_BASE_TYPES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../basetsd.h"
#include "../guiddef.h"
#include "../sal.h"
#include "compiler.h"

#ifndef VOID
#define VOID void
#endif
#ifndef CONST
#define CONST const
#endif
#ifndef IN
#define IN
#endif
#ifndef OUT
#define OUT
#endif
#ifndef OPTIONAL
#define OPTIONAL
#endif
#ifndef TRUE
#define TRUE 1
#endif
#ifndef FALSE
#define FALSE 0
#endif

#define NTAPI __stdcall
#define FASTCALL __fastcall
#define FORCEINLINE __forceinline
#define DECLSPEC_IMPORT __declspec(dllimport)
#define DECLSPEC_NORETURN __declspec(noreturn)
#define DECLSPEC_ALIGN(n) __declspec(align(n))
#define NTSYSAPI DECLSPEC_IMPORT

#ifdef __cplusplus
#define EXTERN_C extern "C"
#define EXTERN_C_START extern "C" {
#define EXTERN_C_END }
#else
#define EXTERN_C extern
#define EXTERN_C_START
#define EXTERN_C_END
#endif

typedef void* PVOID;
typedef char CHAR, *PCHAR, *LPCH, *PCH;
typedef short SHORT, *PSHORT;
typedef int INT, *PINT;
typedef int32_t LONG, *PLONG;
typedef long long LONGLONG, *PLONGLONG;
typedef unsigned char UCHAR, *PUCHAR;
typedef unsigned short USHORT, *PUSHORT;
typedef unsigned int UINT, *PUINT;
typedef uint32_t ULONG, *PULONG;
typedef unsigned long long ULONGLONG, *PULONGLONG;
typedef UCHAR BOOLEAN, *PBOOLEAN;
typedef char CCHAR, *PCCHAR;
typedef PVOID HANDLE, *PHANDLE;

// WCHAR has 16 bits, because rows of the API (interface names and aliases) are laid out with it. wchar_t has 32 on
// Linux, so WCHAR is char16_t: u"text" is a WCHAR string, L"text" is not, unless the program is compiled with
// -fshort-wchar, which makes wchar_t the 16-bit type that it is on Windows.
#if __SIZEOF_WCHAR_T__ == 2
typedef wchar_t WCHAR;
#elif defined(__cplusplus)
typedef char16_t WCHAR;
#else
typedef uint_least16_t WCHAR;  // what <uchar.h> calls char16_t
#endif
typedef WCHAR *PWCHAR, *LPWCH, *PWCH;
typedef const WCHAR* PCWCH;

typedef CHAR *PSTR, *LPSTR;
typedef const CHAR *PCSTR, *LPCSTR;
typedef WCHAR *PWSTR, *LPWSTR;
typedef const WCHAR *PCWSTR, *LPCWSTR;
typedef PSTR* PZPSTR;
typedef PCSTR* PZPCSTR;

typedef union _LARGE_INTEGER {
  __extension__ struct {
    ULONG LowPart;
    LONG HighPart;
  };
  struct {
    ULONG LowPart;
    LONG HighPart;
  } u;
  LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef union _ULARGE_INTEGER {
  __extension__ struct {
    ULONG LowPart;
    ULONG HighPart;
  };
  struct {
    ULONG LowPart;
    ULONG HighPart;
  } u;
  ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;

typedef struct _LIST_ENTRY {
  struct _LIST_ENTRY* Flink;
  struct _LIST_ENTRY* Blink;
} LIST_ENTRY, *PLIST_ENTRY;

#define MAXCHAR 0x7f
#define MINCHAR 0x80
#define MAXSHORT 0x7fff
#define MINSHORT 0x8000
#define MAXLONG 0x7fffffff
#define MINLONG 0x80000000
#define MAXUCHAR 0xff
#define MAXUSHORT 0xffff
#define MAXULONG 0xffffffff

#define ANYSIZE_ARRAY 1
#define FIELD_OFFSET(type, field) NEIGH_CAST(LONG, offsetof(type, field))
#define UFIELD_OFFSET(type, field) NEIGH_CAST(ULONG, offsetof(type, field))
#ifdef __cplusplus
#define CONTAINING_RECORD(address, type, field) \
  reinterpret_cast<type*>(reinterpret_cast<char*>(address) - offsetof(type, field))
#else
#define CONTAINING_RECORD(address, type, field) ((type*)((char*)(address)-offsetof(type, field)))
#endif
#define RTL_NUMBER_OF(array) (sizeof(array) / sizeof((array)[0]))
#define ARRAYSIZE(array) RTL_NUMBER_OF(array)
#define RTL_FIELD_SIZE(type, field) (sizeof(NEIGH_CAST(type*, NULL)->field))
#define RTL_SIZEOF_THROUGH_FIELD(type, field) (offsetof(type, field) + RTL_FIELD_SIZE(type, field))
#define RTL_BITS_OF(type) (sizeof(type) * 8)

#define UNREFERENCED_PARAMETER(p) NEIGH_CAST(void, p)
#define DBG_UNREFERENCED_PARAMETER(p) NEIGH_CAST(void, p)
#define DBG_UNREFERENCED_LOCAL_VARIABLE(v) NEIGH_CAST(void, v)

#ifdef __cplusplus
#define C_ASSERT(condition) static_assert(condition, #condition)
#else
#define C_ASSERT(condition) _Static_assert(condition, #condition)
#endif

// Memory, by the C library's functions.
#define RtlEqualMemory(destination, source, length) (!memcmp((destination), (source), (length)))
#define RtlMoveMemory(destination, source, length) memmove((destination), (source), (length))
#define RtlCopyMemory(destination, source, length) memcpy((destination), (source), (length))
#define RtlFillMemory(destination, length, fill) memset((destination), (fill), (length))
#define RtlZeroMemory(destination, length) memset((destination), 0, (length))

/// Zeroes memory in a way that the optimizer keeps, for keys and passwords.
NEIGH_INLINE PVOID RtlSecureZeroMemory(PVOID destination, SIZE_T length) {
  volatile unsigned char* at = NEIGH_CAST(volatile unsigned char*, destination);
  while (length-- != 0) *at++ = 0;
  return destination;
}

#endif
