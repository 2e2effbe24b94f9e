/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// Limits of adapter names and addresses. The adapter structures belong to functions that no library here provides yet.
#ifndef IP_TYPES_INCLUDED
#define IP_TYPES_INCLUDED

#include "ifdef.h"
#include "nldef.h"

#define MAX_ADAPTER_DESCRIPTION_LENGTH 128
#define MAX_ADAPTER_NAME_LENGTH 256
#define MAX_ADAPTER_ADDRESS_LENGTH 8

#endif
