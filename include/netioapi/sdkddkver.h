/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// The version macros that sources test. A program that sets none gets Windows 10; nothing in these headers is hidden
/// from one that asks for an older system. @source netioapi.md A-04
#ifndef _INC_SDKDDKVER
#define _INC_SDKDDKVER

struct neigh_sdkddkver;  // -Wpedantic refuses a source file of macros alone

#define _WIN32_WINNT_WIN2K 0x0500
#define _WIN32_WINNT_WINXP 0x0501
#define _WIN32_WINNT_WS03 0x0502
#define _WIN32_WINNT_VISTA 0x0600
#define _WIN32_WINNT_WS08 0x0600
#define _WIN32_WINNT_LONGHORN 0x0600
#define _WIN32_WINNT_WIN7 0x0601
#define _WIN32_WINNT_WIN8 0x0602
#define _WIN32_WINNT_WINBLUE 0x0603
#define _WIN32_WINNT_WINTHRESHOLD 0x0A00
#define _WIN32_WINNT_WIN10 0x0A00

#define NTDDI_WINXP 0x05010000
#define NTDDI_VISTA 0x06000000
#define NTDDI_LONGHORN NTDDI_VISTA
#define NTDDI_WS08 0x06000100
#define NTDDI_WIN7 0x06010000
#define NTDDI_WIN8 0x06020000
#define NTDDI_WINBLUE 0x06030000
#define NTDDI_WINTHRESHOLD 0x0A000000
#define NTDDI_WIN10 0x0A000000

#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0A00
#endif
#ifndef WINVER
#define WINVER _WIN32_WINNT
#endif
#ifndef NTDDI_VERSION
#define NEIGH_NTDDI_OF(winnt) winnt##0000
#define NEIGH_NTDDI_EXPAND(winnt) NEIGH_NTDDI_OF(winnt)
#define NTDDI_VERSION NEIGH_NTDDI_EXPAND(_WIN32_WINNT)
#endif

#endif
