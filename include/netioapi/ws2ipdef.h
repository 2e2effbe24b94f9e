/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// IPv6 socket addresses and SOCKADDR_INET, the address of either family that every neighbor row begins with.
/// @source netioapi.md section 3
#ifndef _WS2IPDEF_
#define _WS2IPDEF_

#include "in6addr.h"
#include "ws2def.h"

typedef struct sockaddr_in6 {
  ADDRESS_FAMILY sin6_family;
  USHORT sin6_port;
  ULONG sin6_flowinfo;
  IN6_ADDR sin6_addr;
  __extension__ union {
    ULONG sin6_scope_id;
    SCOPE_ID sin6_scope_struct;
  };
} SOCKADDR_IN6_LH, *PSOCKADDR_IN6_LH, *LPSOCKADDR_IN6_LH;
typedef SOCKADDR_IN6_LH SOCKADDR_IN6, *PSOCKADDR_IN6, *LPSOCKADDR_IN6;

typedef union _SOCKADDR_INET {
  SOCKADDR_IN Ipv4;
  SOCKADDR_IN6 Ipv6;
  ADDRESS_FAMILY si_family;
} SOCKADDR_INET, *PSOCKADDR_INET;

typedef struct _sockaddr_in6_pair {
  PSOCKADDR_IN6 SourceAddress;
  PSOCKADDR_IN6 DestinationAddress;
} SOCKADDR_IN6_PAIR, *PSOCKADDR_IN6_PAIR;

#define SCOPEID_UNSPECIFIED_INIT \
  {                              \
    {                            \
      { 0, 0 }                   \
    }                            \
  }

// clang-format off
#define IN4ADDR_ANY_INIT {{{0, 0, 0, 0}}}
#define IN4ADDR_LOOPBACK_INIT {{{0x7f, 0, 0, 1}}}
#define IN4ADDR_BROADCAST_INIT {{{0xff, 0xff, 0xff, 0xff}}}
#define IN4ADDR_ALLNODESONLINK_INIT {{{0xe0, 0, 0, 1}}}
#define IN4ADDR_ALLROUTERSONLINK_INIT {{{0xe0, 0, 0, 2}}}
#define IN4ADDR_LINKLOCALPREFIX_INIT {{{0xa9, 0xfe, 0, 0}}}
#define IN4ADDR_LOOPBACKPREFIX_LENGTH 8
#define IN4ADDR_LINKLOCALPREFIX_LENGTH 16
#define IN4ADDR_MULTICASTPREFIX_LENGTH 4
#define IN6ADDR_LINKLOCALPREFIX_LENGTH 64
#define IN6ADDR_MULTICASTPREFIX_LENGTH 8
#define IN6ADDR_ANY_INIT {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}}}
#define IN6ADDR_LOOPBACK_INIT {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}}
#define IN6ADDR_ALLNODESONNODE_INIT {{{0xff, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01}}}
#define IN6ADDR_ALLNODESONLINK_INIT {{{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01}}}
#define IN6ADDR_ALLROUTERSONLINK_INIT {{{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02}}}
#define IN6ADDR_LINKLOCALPREFIX_INIT {{{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}}}
#define IN6ADDR_SOLICITEDNODEMULTICASTPREFIX_INIT {{{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0xff, 0, 0, 0}}}
// clang-format on

NEIGH_BEGIN_C
extern const IN6_ADDR in6addr_any;       // the C library's
extern const IN6_ADDR in6addr_loopback;  // the C library's
NEIGH_END_C

NEIGH_INLINE BOOLEAN IN6_ADDR_EQUAL(const IN6_ADDR* a, const IN6_ADDR* b) {
  return memcmp(a, b, sizeof(IN6_ADDR)) == 0;
}
NEIGH_INLINE BOOLEAN IN6_IS_ADDR_UNSPECIFIED(const IN6_ADDR* a) {
  const IN6_ADDR any = IN6ADDR_ANY_INIT;
  return IN6_ADDR_EQUAL(a, &any);
}
NEIGH_INLINE BOOLEAN IN6_IS_ADDR_LOOPBACK(const IN6_ADDR* a) {
  const IN6_ADDR loopback = IN6ADDR_LOOPBACK_INIT;
  return IN6_ADDR_EQUAL(a, &loopback);
}
NEIGH_INLINE BOOLEAN IN6_IS_ADDR_MULTICAST(const IN6_ADDR* a) { return a->s6_bytes[0] == 0xff; }
NEIGH_INLINE BOOLEAN IN6_IS_ADDR_LINKLOCAL(const IN6_ADDR* a) {
  return a->s6_bytes[0] == 0xfe && (a->s6_bytes[1] & 0xc0) == 0x80;
}
NEIGH_INLINE BOOLEAN IN6_IS_ADDR_SITELOCAL(const IN6_ADDR* a) {
  return a->s6_bytes[0] == 0xfe && (a->s6_bytes[1] & 0xc0) == 0xc0;
}
NEIGH_INLINE BOOLEAN IN6_IS_ADDR_V4MAPPED(const IN6_ADDR* a) {
  const IN6_ADDR any = IN6ADDR_ANY_INIT;
  return memcmp(a, &any, 10) == 0 && a->s6_words[5] == 0xffff;
}
NEIGH_INLINE BOOLEAN IN6_IS_ADDR_MC_LINKLOCAL(const IN6_ADDR* a) {
  return IN6_IS_ADDR_MULTICAST(a) && (a->s6_bytes[1] & 0x0f) == ScopeLevelLink;
}

/// Neither the unspecified, a loopback, IPv4-compatible or -mapped, link-local, site-local nor a multicast address: by
/// the first four bits, as on Windows.
NEIGH_INLINE BOOLEAN IN6_IS_ADDR_GLOBAL(const IN6_ADDR* a) {
  const int high = a->s6_bytes[0] & 0xf0;
  return high != 0 && high != 0xf0;
}
NEIGH_INLINE BOOLEAN IN6_IS_ADDR_V4COMPAT(const IN6_ADDR* a) {
  const IN6_ADDR any = IN6ADDR_ANY_INIT;
  return memcmp(a, &any, 12) == 0 && (a->s6_words[6] != 0 || (a->s6_bytes[14] != 0 || a->s6_bytes[15] > 1));
}
NEIGH_INLINE BOOLEAN IN6_IS_ADDR_MC_GLOBAL(const IN6_ADDR* a) {
  return IN6_IS_ADDR_MULTICAST(a) && (a->s6_bytes[1] & 0x0f) == ScopeLevelGlobal;
}
NEIGH_INLINE BOOLEAN IN6ADDR_ISANY(const SOCKADDR_IN6* a) { return IN6_IS_ADDR_UNSPECIFIED(&a->sin6_addr); }
NEIGH_INLINE BOOLEAN IN6ADDR_ISLOOPBACK(const SOCKADDR_IN6* a) { return IN6_IS_ADDR_LOOPBACK(&a->sin6_addr); }
NEIGH_INLINE VOID IN6ADDR_SETANY(SOCKADDR_IN6* a) {
  memset(a, 0, sizeof *a);
  a->sin6_family = AF_INET6;
}
NEIGH_INLINE VOID IN6ADDR_SETLOOPBACK(SOCKADDR_IN6* a) {
  IN6ADDR_SETANY(a);
  a->sin6_addr.s6_bytes[15] = 1;
}

#endif
