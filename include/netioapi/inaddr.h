/* SPDX-License-Identifier: Apache-2.0 */
/// @file
/// The IPv4 address as a union of bytes, words and one ULONG, in network byte order. It is passed like the C library's
/// in_addr: four bytes in an integer register.
#ifndef NEIGH_INADDR_H
#define NEIGH_INADDR_H

#include "neigh_detail/base_types.h"
#include "neigh_detail/host_guard.h"

typedef struct in_addr {
  union {
    struct {
      UCHAR s_b1, s_b2, s_b3, s_b4;
    } S_un_b;
    struct {
      USHORT s_w1, s_w2;
    } S_un_w;
    ULONG S_addr;
  } S_un;
} IN_ADDR, *PIN_ADDR, *LPIN_ADDR;

#define s_addr S_un.S_addr
#define s_net S_un.S_un_b.s_b1
#define s_host S_un.S_un_b.s_b2
#define s_lh S_un.S_un_b.s_b3
#define s_impno S_un.S_un_b.s_b4
#define s_imp S_un.S_un_w.s_w2

#endif
