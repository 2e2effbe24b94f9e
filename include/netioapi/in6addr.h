/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// The IPv6 address as a union of bytes and 16-bit words, in network byte order.
#ifndef NEIGH_IN6ADDR_H
#define NEIGH_IN6ADDR_H

#include "neigh_detail/base_types.h"
#include "neigh_detail/host_guard.h"

typedef struct in6_addr {
  union {
    UCHAR Byte[16];
    USHORT Word[8];
  } u;
} IN6_ADDR, *PIN6_ADDR, *LPIN6_ADDR;

#define in_addr6 in6_addr

#define _S6_un u
#define _S6_u8 Byte
#define s6_addr _S6_un._S6_u8
#define s6_bytes u.Byte
#define s6_words u.Word

#endif
