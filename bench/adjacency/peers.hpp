// SPDX-License-Identifier: Apache-2.0
// The others, behind one face each; the loops are theirs, so that nothing stands between.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "neigh/adjacency.hpp"

namespace neigh::bench {

/// The machine's own limit: one random cache line for each question, hashed and prefetched in batches of 32, one word
/// of it read.
class Limit {
 public:
  Limit(std::size_t lines, std::uint64_t seed);
  ~Limit();
  Limit(const Limit&) = delete;
  Limit& operator=(const Limit&) = delete;
  [[nodiscard]] std::uint64_t probe(std::span<const Ipv4Hop> questions) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// boost::unordered_flat_map: no concurrency.
class FlatMap {
 public:
  /// With Boost's own hash, as it comes: anybody who chooses addresses can choose collisions.
  [[nodiscard]] static std::unique_ptr<FlatMap> make();
  /// With a keyed hash, as tables need that others fill: two products (base/product_hash.hpp).
  [[nodiscard]] static std::unique_ptr<FlatMap> make_keyed(std::uint64_t seed);
  virtual ~FlatMap() = default;
  FlatMap(const FlatMap&) = delete;
  FlatMap& operator=(const FlatMap&) = delete;
  virtual void clear() = 0;
  virtual void insert(std::span<const Ipv4Hop> keys) = 0;
  [[nodiscard]] virtual std::uint64_t find_each(std::span<const Ipv4Hop> questions) const = 0;

 protected:
  FlatMap() = default;
};

/// liburcu's cds_lfht, read and written by the thread that makes it. One at a time.
class Urcu {
 public:
  /// Room for `capacity` entries. nullptr: no memory.
  [[nodiscard]] static std::unique_ptr<Urcu> make(std::size_t capacity, std::uint64_t seed);
  ~Urcu();
  Urcu(const Urcu&) = delete;
  Urcu& operator=(const Urcu&) = delete;
  /// Once. @return true: all of them.
  [[nodiscard]] bool insert(std::span<const Ipv4Hop> keys);
  /// 64 at a time within one rcu_read_lock.
  [[nodiscard]] std::uint64_t find_each(std::span<const Ipv4Hop> questions) const;
  /// Of entries and buckets: what they ask for, without what the allocator and the table's head add.
  [[nodiscard]] std::size_t bytes() const;
  [[nodiscard]] bool huge_buckets() const;

 private:
  Urcu();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace neigh::bench

/// DPDK rte_hash with lock-free readers. nullptr or a negative number: it failed.
extern "C" {
struct rte_hash;
int bench_rte_start(void);
struct rte_hash* bench_rte_make(uint32_t entries);
void bench_rte_free(struct rte_hash* table);
int bench_rte_add(struct rte_hash* table, const void* keys, const uint64_t* values, size_t count);
uint64_t bench_rte_find_each(const struct rte_hash* table, const void* keys, size_t count);
uint64_t bench_rte_find_bulk(const struct rte_hash* table, const void* keys, size_t count, uint32_t burst);
}
