/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs here share: the includes of a program or of a driver, and arguments. C11 and C++20. */
#ifndef CALLER_H
#define CALLER_H

#ifdef CALLER_IS_DRIVER
#include <ntddk.h>
//
#include <netioapi.h>
/* A driver asks NT_SUCCESS, and tests for the statuses that it knows how to go on from. */
#define CALL_FAILED(status) (!NT_SUCCESS(status))
#define IS_DUPLICATE(status) ((status) == STATUS_DUPLICATE_OBJECTID)
#define IS_MISSING(status) ((status) == STATUS_NOT_FOUND)
#else
#include <winsock2.h>
//
#include <ws2tcpip.h>
//
#include <iphlpapi.h>
#define CALL_FAILED(status) ((status) != NO_ERROR)
#define IS_DUPLICATE(status) ((status) == ERROR_OBJECT_ALREADY_EXISTS)
#define IS_MISSING(status) ((status) == ERROR_NOT_FOUND)
#endif

#ifdef __cplusplus
#define CAST(type, value) static_cast<type>(value)
#else
#define CAST(type, value) ((type)(value))
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* `count` bytes from hexadecimal digits; 1 if there were that many. */
static inline int hex_bytes(const char* text, UCHAR* bytes, size_t count) {
  size_t i;
  if (strlen(text) != 2 * count) return 0;
  for (i = 0; i < count; ++i) {
    unsigned byte = 0;
    if (sscanf(text + 2 * i, "%2x", &byte) != 1) return 0;
    bytes[i] = CAST(UCHAR, byte);
  }
  return 1;
}

/* 8 digits are an IPv4 address, 32 an IPv6 address. Ends the program if it is neither. */
static inline void set_address(SOCKADDR_INET* address, const char* digits) {
  UCHAR bytes[16];
  if (hex_bytes(digits, bytes, 4)) {
    address->Ipv4.sin_family = AF_INET;
    memcpy(&address->Ipv4.sin_addr, bytes, 4);
  } else if (hex_bytes(digits, bytes, 16)) {
    address->Ipv6.sin6_family = AF_INET6;
    memcpy(&address->Ipv6.sin6_addr, bytes, 16);
  } else {
    fprintf(stderr, "no address: %s\n", digits);
    exit(2);
  }
}

static inline int same_address(const SOCKADDR_INET* a, const SOCKADDR_INET* b) {
  if (a->si_family != b->si_family) return 0;
  if (a->si_family == AF_INET) return memcmp(&a->Ipv4.sin_addr, &b->Ipv4.sin_addr, 4) == 0;
  return memcmp(&a->Ipv6.sin6_addr, &b->Ipv6.sin6_addr, 16) == 0;
}

static inline void print_physical_address(const MIB_IPNET_ROW2* row) {
  ULONG i;
  for (i = 0; i < row->PhysicalAddressLength && i < IF_MAX_PHYS_ADDRESS_LENGTH; ++i) {
    printf("%s%02x", i == 0 ? "" : ":", CAST(unsigned, row->PhysicalAddress[i]));
  }
  printf(" state %d\n", CAST(int, row->State));
}

static inline int failed(const char* call, NETIO_STATUS status) {
  fprintf(stderr, "%s: 0x%08x\n", call, CAST(unsigned, status));
  return 1;
}

#endif
