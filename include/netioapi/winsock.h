/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// The address types and byte order functions of Windows Sockets 1.1, which windows.h brings along unless it is lean.
///
/// Nothing of a program depends on whether this or winsock2.h comes first: both share their definitions.
#ifndef _WINSOCKAPI_
#define _WINSOCKAPI_

#include "minwindef.h"
#include "neigh_detail/bsd_types.h"
#include "neigh_detail/byte_order.h"
#include "neigh_detail/winsock_start.h"
#include "ws2def.h"

#endif
