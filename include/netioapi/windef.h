/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// The older name of minwindef.h; the types of windows and menus that it also has on Windows do not exist here.
#ifndef _WINDEF_
#define _WINDEF_

#include "minwindef.h"

#endif
