/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// u_char ... u_long exactly as <sys/types.h> defines them, for programs whose feature macros keep them hidden there.
///
/// u_long therefore has 64 bits here and 32 on Windows. A second, narrower u_long under the same name would change the
/// layout of every other library's structures; and no member or parameter of these headers has the type.
#ifndef NEIGH_DETAIL_BSD_TYPES_H
#define NEIGH_DETAIL_BSD_TYPES_H

typedef unsigned char u_char;
typedef unsigned short u_short;
typedef unsigned int u_int;
typedef unsigned long u_long;

#endif
