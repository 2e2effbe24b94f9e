/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// The older name under which iphlpapi.h takes in the rows of ipmib.h.
#ifndef _IPRTRMIB_H_
#define _IPRTRMIB_H_

#include "ipmib.h"

#endif
