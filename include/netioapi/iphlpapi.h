/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// The IP helper of programs. Including this header selects the user flavor of netioapi.h: functions return a Win32
/// code as DWORD and are served by libiphlpapi. @source netioapi.md A-03 and section 3
///
/// On Windows a program sees the neighbor rows only if ws2ipdef.h came before this header. Here they are always there:
/// a program that compiles on Windows compiles the same, and the order of its includes does not matter.
#ifndef __IPHLPAPI_H__
#define __IPHLPAPI_H__

#include "ipexport.h"
#include "iprtrmib.h"
#include "iptypes.h"
#include "minwindef.h"
#include "netioapi.h"  // after __IPHLPAPI_H__: it looks at that name
#include "winerror.h"
//
#include "neigh_detail/iphlp_adapters.h"
#include "neigh_detail/iphlp_arp.h"

#endif
