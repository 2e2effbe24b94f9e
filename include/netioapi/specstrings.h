/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// The name under which older sources include the annotations of sal.h and driverspecs.h.
#ifndef SPECSTRINGS_H
#define SPECSTRINGS_H

#include "driverspecs.h"
#include "sal.h"

#endif
