/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// IPv4 addresses and masks of the old functions: one ULONG in network byte order.
#ifndef IP_EXPORT_INCLUDED
#define IP_EXPORT_INCLUDED 1

#include "neigh_detail/base_types.h"

typedef ULONG IPAddr;
typedef ULONG IPMask;
typedef ULONG IP_STATUS;

#endif
