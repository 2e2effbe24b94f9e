/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// What compilers for Windows bring along and GCC and Clang on Linux do not: keywords, `__declspec`, silence about
/// `#pragma comment`. Everything here is either a name that Windows sources write or begins with NEIGH_.
#ifndef NEIGH_DETAIL_COMPILER_H
#define NEIGH_DETAIL_COMPILER_H

#if !defined(__linux__) || !defined(__LP64__)
#error \
    "the netioapi.h header tree is made for 64-bit Linux: its 32-bit types are fixed by width, its pointers have 8 bytes"
#endif

// `#pragma comment(lib, "iphlpapi.lib")` and `#pragma warning(...)` mean nothing here and are no reason for a warning.
// gcc, clang and clang++ obey this line for the rest of the program; g++ before 13 reads pragmas too late to do so
// (GCC bug 53431), which is why the build flags of the packages also carry -Wno-unknown-pragmas.
#pragma GCC diagnostic ignored "-Wunknown-pragmas"

#ifdef __cplusplus
#define NEIGH_BEGIN_C extern "C" {
#define NEIGH_END_C }
#define NEIGH_INLINE inline
#define NEIGH_CAST(type, value) static_cast<type>(value)  // programs may ask for -Wold-style-cast
#else
#define NEIGH_BEGIN_C
#define NEIGH_END_C
#define NEIGH_INLINE static inline
#define NEIGH_CAST(type, value) ((type)(value))
#endif

// Calling conventions. 64-bit Windows has one, and so has 64-bit Linux.
#ifndef __stdcall
#define __stdcall
#endif
#ifndef __cdecl
#define __cdecl
#endif
#ifndef __fastcall
#define __fastcall
#endif

// Sized integers, usable after `unsigned`.
#ifndef __int64
#define __int64 long long
#endif
#ifndef __int32
#define __int32 int
#endif
#ifndef __int16
#define __int16 short
#endif
#ifndef __int8
#define __int8 char
#endif

#ifndef __forceinline
#define __forceinline inline __attribute__((always_inline))
#endif

// __declspec(x): the values that change what the code means are translated, the linkage ones have no counterpart.
// An unknown one stays visible as an error instead of vanishing.
#if !defined(__declspec) && !(defined(__clang__) && defined(_MSC_EXTENSIONS))
#define __declspec(x) NEIGH_DECLSPEC_##x
#define NEIGH_DECLSPEC_align(n) __attribute__((aligned(n)))
#define NEIGH_DECLSPEC_allocator
#define NEIGH_DECLSPEC_deprecated __attribute__((deprecated))
#define NEIGH_DECLSPEC_dllexport __attribute__((visibility("default")))
#define NEIGH_DECLSPEC_dllimport
#define NEIGH_DECLSPEC_noinline __attribute__((noinline))
#define NEIGH_DECLSPEC_noreturn __attribute__((noreturn))
#define NEIGH_DECLSPEC_nothrow __attribute__((nothrow))
#define NEIGH_DECLSPEC_novtable
#define NEIGH_DECLSPEC_restrict __attribute__((malloc))
#define NEIGH_DECLSPEC_selectany __attribute__((weak))
#define NEIGH_DECLSPEC_thread __thread
#endif

#endif
