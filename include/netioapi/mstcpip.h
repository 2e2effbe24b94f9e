/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// Tests of addresses: classes of IPv4 addresses, and the same questions to a socket address of either family.
#ifndef _MSTCPIP_
#define _MSTCPIP_

#include "ws2ipdef.h"

// A definition in each source file, of which the linker keeps one.
#ifdef __cplusplus
#define NEIGH_ONE_OF_MANY extern __attribute__((weak))
#else
#define NEIGH_ONE_OF_MANY __attribute__((weak))
#endif

NEIGH_BEGIN_C
extern const IN_ADDR in4addr_any;
extern const IN_ADDR in4addr_loopback;
extern const IN_ADDR in4addr_broadcast;
extern const SCOPE_ID scopeid_unspecified;
NEIGH_ONE_OF_MANY const IN_ADDR in4addr_any = IN4ADDR_ANY_INIT;
NEIGH_ONE_OF_MANY const IN_ADDR in4addr_loopback = IN4ADDR_LOOPBACK_INIT;
NEIGH_ONE_OF_MANY const IN_ADDR in4addr_broadcast = IN4ADDR_BROADCAST_INIT;
NEIGH_ONE_OF_MANY const SCOPE_ID scopeid_unspecified = SCOPEID_UNSPECIFIED_INIT;
NEIGH_END_C

NEIGH_INLINE BOOLEAN IN4_ADDR_EQUAL(const IN_ADDR* a, const IN_ADDR* b) { return a->s_addr == b->s_addr; }
NEIGH_INLINE BOOLEAN IN4_UNALIGNED_ADDR_EQUAL(const IN_ADDR* a, const IN_ADDR* b) { return !memcmp(a, b, sizeof *a); }
NEIGH_INLINE BOOLEAN IN4_IS_ADDR_UNSPECIFIED(const IN_ADDR* a) { return a->s_addr == 0; }
NEIGH_INLINE BOOLEAN IN4_IS_ADDR_LOOPBACK(const IN_ADDR* a) { return a->s_net == 0x7f; }
NEIGH_INLINE BOOLEAN IN4_IS_ADDR_BROADCAST(const IN_ADDR* a) { return a->s_addr == INADDR_BROADCAST; }
NEIGH_INLINE BOOLEAN IN4_IS_ADDR_MULTICAST(const IN_ADDR* a) { return (a->s_net & 0xf0) == 0xe0; }
NEIGH_INLINE BOOLEAN IN4_IS_ADDR_LINKLOCAL(const IN_ADDR* a) { return a->s_net == 0xa9 && a->s_host == 0xfe; }
NEIGH_INLINE BOOLEAN IN4_IS_ADDR_SITELOCAL(const IN_ADDR* a) {
  NEIGH_CAST(void, a);
  return FALSE;  // as on Windows: there are none
}
NEIGH_INLINE BOOLEAN IN4_IS_ADDR_RFC1918(const IN_ADDR* a) {
  return a->s_net == 10 || (a->s_net == 172 && (a->s_host & 0xf0) == 16) || (a->s_net == 192 && a->s_host == 168);
}
NEIGH_INLINE BOOLEAN IN4_IS_ADDR_MC_LINKLOCAL(const IN_ADDR* a) {
  return a->s_net == 0xe0 && a->s_host == 0 && a->s_lh == 0;
}
NEIGH_INLINE BOOLEAN IN4_IS_ADDR_MC_ADMINLOCAL(const IN_ADDR* a) { return a->s_net == 0xef && a->s_host == 0xff; }
NEIGH_INLINE BOOLEAN IN4_IS_ADDR_MC_SITELOCAL(const IN_ADDR* a) {
  return a->s_net == 0xef && !IN4_IS_ADDR_MC_ADMINLOCAL(a);
}

NEIGH_INLINE BOOLEAN IN4ADDR_ISANY(const SOCKADDR_IN* a) { return IN4_IS_ADDR_UNSPECIFIED(&a->sin_addr); }
NEIGH_INLINE BOOLEAN IN4ADDR_ISLOOPBACK(const SOCKADDR_IN* a) { return IN4_IS_ADDR_LOOPBACK(&a->sin_addr); }
NEIGH_INLINE BOOLEAN IN4ADDR_ISUNSPECIFIED(const SOCKADDR_IN* a) { return IN4ADDR_ISANY(a); }
NEIGH_INLINE BOOLEAN IN4ADDR_ISEQUAL(const SOCKADDR_IN* a, const SOCKADDR_IN* b) {
  return IN4_ADDR_EQUAL(&a->sin_addr, &b->sin_addr);
}
NEIGH_INLINE BOOLEAN IN6ADDR_ISUNSPECIFIED(const SOCKADDR_IN6* a) { return IN6ADDR_ISANY(a) && a->sin6_scope_id == 0; }
NEIGH_INLINE BOOLEAN IN6ADDR_ISEQUAL(const SOCKADDR_IN6* a, const SOCKADDR_IN6* b) {
  return a->sin6_scope_id == b->sin6_scope_id && IN6_ADDR_EQUAL(&a->sin6_addr, &b->sin6_addr);
}

// The address behind a pointer to SOCKADDR, copied: the pointer's alignment need not be that of a SOCKADDR_IN6.
#define NEIGH_INETADDR_OF(from)                             \
  SOCKADDR_INET address;                                    \
  memset(&address, 0, sizeof address);                      \
  memcpy(&address, from,                                    \
         from->sa_family == AF_INET6  ? sizeof address.Ipv6 \
         : from->sa_family == AF_INET ? sizeof address.Ipv4 \
                                      : sizeof from->sa_family)

NEIGH_INLINE BOOLEAN INETADDR_ISANY(const SOCKADDR* a) {
  NEIGH_INETADDR_OF(a);
  return a->sa_family == AF_INET6 ? IN6ADDR_ISANY(&address.Ipv6) : IN4ADDR_ISANY(&address.Ipv4);
}
NEIGH_INLINE BOOLEAN INETADDR_ISLOOPBACK(const SOCKADDR* a) {
  NEIGH_INETADDR_OF(a);
  return a->sa_family == AF_INET6 ? IN6ADDR_ISLOOPBACK(&address.Ipv6) : IN4ADDR_ISLOOPBACK(&address.Ipv4);
}
NEIGH_INLINE BOOLEAN INETADDR_ISUNSPECIFIED(const SOCKADDR* a) {
  NEIGH_INETADDR_OF(a);
  return a->sa_family == AF_INET6 ? IN6ADDR_ISUNSPECIFIED(&address.Ipv6) : IN4ADDR_ISANY(&address.Ipv4);
}
NEIGH_INLINE BOOLEAN INETADDR_ISEQUAL(const SOCKADDR* a, const SOCKADDR* b) {
  SOCKADDR_INET x;
  SOCKADDR_INET y;
  if (a->sa_family != b->sa_family) return FALSE;
  if (a->sa_family == AF_INET6) {
    memcpy(&x.Ipv6, a, sizeof x.Ipv6);
    memcpy(&y.Ipv6, b, sizeof y.Ipv6);
    return IN6ADDR_ISEQUAL(&x.Ipv6, &y.Ipv6);
  }
  memcpy(&x.Ipv4, a, sizeof x.Ipv4);
  memcpy(&y.Ipv4, b, sizeof y.Ipv4);
  return IN4ADDR_ISEQUAL(&x.Ipv4, &y.Ipv4);
}

/// Makes it the unspecified address of its family, which must be set; port and scope are zeroed, too.
NEIGH_INLINE VOID INETADDR_SETANY(SOCKADDR* a) {
  const ADDRESS_FAMILY family = a->sa_family;
  memset(a, 0, family == AF_INET6 ? sizeof(SOCKADDR_IN6) : sizeof(SOCKADDR_IN));
  a->sa_family = family;
}

#endif
