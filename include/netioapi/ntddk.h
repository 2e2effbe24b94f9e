/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// What a driver includes before netioapi.h. @source netioapi.md A-03
#ifndef _NTDDK_
#define _NTDDK_

#include "wdm.h"

#endif
