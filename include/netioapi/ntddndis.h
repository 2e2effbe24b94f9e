/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// The longest interface name, under the name that network drivers know it by. @source netioapi.md V-18
#ifndef _NTDDNDIS_
#define _NTDDNDIS_

#include "ifdef.h"

#define NDIS_IF_MAX_STRING_SIZE IF_MAX_STRING_SIZE

#endif
