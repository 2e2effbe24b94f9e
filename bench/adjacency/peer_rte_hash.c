// SPDX-License-Identifier: Apache-2.0
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_hash.h>
#include <stdint.h>
#include <string.h>

int bench_rte_start(void);
struct rte_hash* bench_rte_make(uint32_t entries);
void bench_rte_free(struct rte_hash* table);
int bench_rte_add(struct rte_hash* table, const void* keys, const uint64_t* values, size_t count);
uint64_t bench_rte_find_each(const struct rte_hash* table, const void* keys, size_t count);
uint64_t bench_rte_find_bulk(const struct rte_hash* table, const void* keys, size_t count, uint32_t burst);

enum { kKeySize = 8, kMostAtOnce = RTE_HASH_LOOKUP_BULK_MAX };

static const uint8_t* key_at(const void* keys, size_t i) { return (const uint8_t*)keys + i * kKeySize; }

int bench_rte_start(void) {
  static char name[] = "bench", no_huge[] = "--no-huge", no_pci[] = "--no-pci", memory[] = "-m", mib[] = "4096",
              quiet[] = "--log-level=1", alone[] = "--no-shconf", no_telemetry[] = "--no-telemetry";
  char* arguments[] = {name, no_huge, no_pci, memory, mib, quiet, alone, no_telemetry};
  return rte_eal_init(8, arguments);
}

struct rte_hash* bench_rte_make(uint32_t entries) {
  const struct rte_hash_parameters parameters = {
      .name = "bench",
      .entries = entries,
      .key_len = kKeySize,
      .socket_id = SOCKET_ID_ANY,
      .extra_flag = RTE_HASH_EXTRA_FLAGS_RW_CONCURRENCY_LF,
  };
  return rte_hash_create(&parameters);
}

void bench_rte_free(struct rte_hash* table) { rte_hash_free(table); }

int bench_rte_add(struct rte_hash* table, const void* keys, const uint64_t* values, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const int added = rte_hash_add_key_data(table, key_at(keys, i), (void*)(uintptr_t)values[i]);
    if (added < 0) return added;
  }
  return 0;
}

uint64_t bench_rte_find_each(const struct rte_hash* table, const void* keys, size_t count) {
  uint64_t sum = 0;
  for (size_t i = 0; i < count; ++i) {
    void* data = NULL;
    if (rte_hash_lookup_data(table, key_at(keys, i), &data) >= 0) sum += (uintptr_t)data;
  }
  return sum;
}

uint64_t bench_rte_find_bulk(const struct rte_hash* table, const void* keys, size_t count, uint32_t burst) {
  const void* pointers[kMostAtOnce];
  void* data[kMostAtOnce];
  uint64_t sum = 0;
  for (size_t i = 0; i + burst <= count; i += burst) {
    for (uint32_t k = 0; k < burst; ++k) pointers[k] = key_at(keys, i + k);
    uint64_t hits = 0;
    rte_hash_lookup_bulk_data(table, pointers, burst, &hits, data);
    for (uint32_t k = 0; k < burst; ++k) {
      if ((hits >> k & 1U) != 0) sum += (uintptr_t)data[k];
    }
  }
  return sum;
}
