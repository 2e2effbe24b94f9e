// SPDX-License-Identifier: Apache-2.0
// What every peer does, and how it tells: the same addresses, link-layer addresses and line of JSON as
// neigh-bench-kernel.
#pragma once

#include <arpa/inet.h>
#include <linux/neighbour.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

struct work {
  const char* op;
  int device;
  uint32_t count;
};

static inline void stop(const char* what) {
  perror(what);
  exit(1);
}

static inline struct work read_work(int argc, char** argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: %s OP DEV N\n", argv[0]);
    exit(2);
  }
  const struct work work = {argv[1], (int)if_nametoindex(argv[2]), (uint32_t)strtoul(argv[3], NULL, 10)};
  if (work.device == 0) stop(argv[2]);
  return work;
}

static inline int is(const struct work* work, const char* op) { return strcmp(work->op, op) == 0; }

/// 10.1.0.0 + i, in network order.
static inline uint32_t address_of(uint32_t i) { return htonl((10U << 24U) + (1U << 16U) + i); }

static inline void link_address_of(const struct work* work, uint32_t i, uint8_t out[6]) {
  const uint32_t tail = htonl(i);
  out[0] = is(work, "replace") ? 6 : 2;
  out[1] = 0;
  memcpy(out + 2, &tail, 4);
}

/// For `watch`: written and then read, so many at a time.
enum { kChunk = 4096, kWatchBuffer = 64 << 20 };

/// Room for the notifications of a chunk: what may be asked for, or what the host allows.
static inline void enlarge(int fd, int size) {
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0 &&
      setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size) != 0) {
    stop("SO_RCVBUF");
  }
}

static inline int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline void report(const struct work* work, uint32_t done, int64_t ns) {
  printf("{\"op\": \"%s\", \"n\": %u, \"ns\": %lld}\n", work->op, done, (long long)ns);
}
