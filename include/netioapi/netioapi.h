/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// The network tables: the neighbor functions and what names an interface.
///
/// A program includes iphlpapi.h, which includes this header; a driver-style program includes ntddk.h and then this
/// header itself. The first inclusion decides the flavor for the source file (neigh_detail/netio_flavor.h). Each group
/// of functions has a header of its own in neigh_detail/. @source netioapi.md A-03, section 3
#ifndef _NETIOAPI_H_
#define _NETIOAPI_H_

#include "neigh_detail/netio_flavor.h"
//
#include "ifdef.h"
#include "nldef.h"
#include "ntddndis.h"
#include "ws2def.h"
#include "ws2ipdef.h"
//
#include "neigh_detail/netio_address.h"
#include "neigh_detail/netio_interface.h"
#include "neigh_detail/netio_link.h"
#include "neigh_detail/netio_neighbor.h"
#include "neigh_detail/netio_notify.h"
#include "neigh_detail/netio_route.h"

#endif
