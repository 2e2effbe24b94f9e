/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// Address types, byte order and text forms of addresses: what programs of the neighbor functions need of winsock2.h.
/// No socket function is declared (socket, closesocket ...): no library here provides them.
#ifndef _WINSOCK2API_
#define _WINSOCK2API_
#ifndef _WINSOCKAPI_
#define _WINSOCKAPI_
#endif

#include "neigh_detail/bsd_types.h"
#include "neigh_detail/byte_order.h"
#include "neigh_detail/winsock_start.h"
#include "windows.h"
#include "ws2def.h"

#endif
