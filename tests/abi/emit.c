/* SPDX-License-Identifier: Apache-2.0 */
/* Puts the table into two sections of the object file, which compare_abi.py reads without running anything: "nabi" has
   {name, value} records, "nimg" (C only, where bit-fields can be set in constant objects) has {name, bytes} records. */
#include "flavor.h"

#ifdef __cplusplus
#define ALIGN_OF(type) alignof(type)
#else
#define ALIGN_OF(type) _Alignof(type)
#endif

struct record {
  char name[88];
  long long value;
};

#define SIZE(type) {"sizeof " #type, sizeof(type)}, {"alignof " #type, ALIGN_OF(type)},
#define INTEGER(type) SIZE(type){"signed " #type, ((type)-1 < (type)1)},
#define MEMBER(type, member) \
  {"offset " #type "." #member, offsetof(type, member)}, {"sizeof " #type "." #member, sizeof(((type*)0)->member)},
#define VALUE(name) {"value " #name, (long long)(name)},

__attribute__((section("nabi"), used)) static const struct record table[] = {
#include "table.inc"
};

#ifndef __cplusplus
struct image {
  char name[88];
  union {
    unsigned char bytes[96];
    MIB_IPNET_ROW2 row;
    NET_LUID luid;
    SCOPE_ID scope;
    SOCKADDR_IN6 in6;
    IN_ADDR in;
    LARGE_INTEGER large;
  } of;
};

__attribute__((section("nimg"), used)) static const struct image images[] = {
    {"row IsRouter", {.row = {.IsRouter = 1}}},
    {"row IsUnreachable", {.row = {.IsUnreachable = 1}}},
    {"row Flags", {.row = {.Flags = 0xa5}}},
    {"row State", {.row = {.State = NlnsPermanent}}},
    {"row keys", {.row = {.InterfaceIndex = 0x01020304, .InterfaceLuid = {.Value = 0x1122334455667788}}}},
    {"row length", {.row = {.PhysicalAddressLength = 0x0a0b0c0d, .PhysicalAddress = {1, [31] = 2}}}},
    {"row reachable", {.row = {.ReachabilityTime = {.LastReachable = 0x01020304}}}},
    {"row unreachable", {.row = {.ReachabilityTime = {.LastUnreachable = 0x01020304}}}},
    {"luid Reserved", {.luid = {.Info = {.Reserved = 0xffffff}}}},
    {"luid NetLuidIndex", {.luid = {.Info = {.NetLuidIndex = 0xffffff}}}},
    {"luid IfType", {.luid = {.Info = {.IfType = 0xffff}}}},
    {"luid all", {.luid = {.Info = {.Reserved = 0x010203, .NetLuidIndex = 0x040506, .IfType = 0x0708}}}},
    {"scope Zone", {.scope = {.Zone = 0xfffffff}}},
    {"scope Level", {.scope = {.Level = 0xf}}},
    {"in6 scope", {.in6 = {.sin6_scope_id = 0x01020304}}},
    {"in6 address", {.in6 = {.sin6_addr = {.u = {.Word = {1, 2, 3, 4, 5, 6, 7, 8}}}}}},
    {"in bytes", {.in = {.S_un = {.S_un_b = {1, 2, 3, 4}}}}},
    {"in words", {.in = {.S_un = {.S_un_w = {0x0102, 0x0304}}}}},
    {"large", {.large = {.LowPart = 1, .HighPart = 2}}},
};
#endif
