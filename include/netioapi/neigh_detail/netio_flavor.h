/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// The switch between the two flavors of netioapi.h, on `__IPHLPAPI_H__`, as on Windows. @source netioapi.md section 3
///
/// | reached through        | flavor | a function returns  | library      |
/// |------------------------|--------|---------------------|--------------|
/// | iphlpapi.h             | user   | Win32 code, DWORD   | libiphlpapi  |
/// | netioapi.h by itself   | kernel | NTSTATUS            | libnetio     |
#ifndef NEIGH_DETAIL_NETIO_FLAVOR_H
#define NEIGH_DETAIL_NETIO_FLAVOR_H

#include "../driverspecs.h"

#ifdef __IPHLPAPI_H__

#include "../minwindef.h"
#include "../winerror.h"

#define NETIO_STATUS DWORD
#define NETIO_SUCCESS(x) ((x) == NO_ERROR)
#define NETIOAPI_API_ WINAPI
#define IPHLPAPI_DLL_LINKAGE DECLSPEC_IMPORT

#else

#include "../ntdef.h"
#include "../ntstatus.h"

#define NETIO_STATUS NTSTATUS
#define NETIO_SUCCESS(x) NT_SUCCESS(x)
#define NETIOAPI_API_ NTAPI

// The page of CreateIpNetEntry2 names this Win32 code among NTSTATUS values. As the number 5010 NT_SUCCESS would take
// it for success; it stands for the NTSTATUS that maps to 5010 (LIB-01, V-07, V-14, Z-01).
#ifndef ERROR_OBJECT_ALREADY_EXISTS
#define ERROR_OBJECT_ALREADY_EXISTS STATUS_DUPLICATE_OBJECTID
#endif
// The page of GetIpNetTable2 names this one, which no ntstatus.h has (LIB-02, V-12, Z-02).
#ifndef STATUS_NOT_ENOUGH_MEMORY
#define STATUS_NOT_ENOUGH_MEMORY STATUS_NO_MEMORY
#endif

#endif

#define _NETIOAPI_SUCCESS_
#define NETIOAPI_API NETIO_STATUS NETIOAPI_API_

#ifndef ANY_SIZE
#define ANY_SIZE 1
#endif

#endif
