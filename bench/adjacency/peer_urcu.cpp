// SPDX-License-Identifier: Apache-2.0
// Read-copy-update in user space: the flavor QSBR, whose rcu_read_lock does nothing at all; a reader says once in a
// while that it holds nothing. No flavor has cheaper readers.
#include <sys/mman.h>
#include <urcu/urcu-qsbr.h>
// After the flavor, whose functions it is tied to.
#include <urcu/rculfhash.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <new>

#include "base/pages.hpp"
#include "base/product_hash.hpp"
#include "peers.hpp"
#include "scene.hpp"

namespace neigh::bench {
namespace {

constexpr std::size_t kPerLock = 64;
#ifdef MADV_COLLAPSE
constexpr int kCollapse = MADV_COLLAPSE;
#else
constexpr int kCollapse = 25;  // Linux 6.1; the C library's headers may be older
#endif

struct Entry : cds_lfht_node {
  std::uint64_t key;
  std::uint64_t value;
};

int has_key(cds_lfht_node* node, const void* key) {
  return static_cast<int>(static_cast<const Entry*>(node)->key == *static_cast<const std::uint64_t*>(key));
}

std::uint64_t key_of(const Ipv4Hop& hop) { return std::bit_cast<std::uint64_t>(hop); }

/// Makes huge pages of what lies wholly within, which is in use already. @return false: nothing does, or they are not
/// to be had.
bool collapse(void* begin, std::size_t size) {
  constexpr std::size_t kHugePage = std::size_t{2} << 20U;
  void* at = begin;
  if (std::align(kHugePage, kHugePage, at, size) == nullptr) return false;
  return ::madvise(at, size / kHugePage * kHugePage, kCollapse) == 0;
}

}  // namespace

struct Urcu::State {
  Pages pages;  // of the entries
  Entry* entries = nullptr;
  std::size_t capacity = 0;
  std::size_t used = 0;
  std::size_t buckets = 0;
  bool huge_buckets = false;
  cds_lfht* table = nullptr;
  HashKey hash_key;  // keyed, as tables need that others fill
};

Urcu::Urcu() : state_(std::make_unique<State>()) {}

std::unique_ptr<Urcu> Urcu::make(std::size_t capacity, std::uint64_t seed) {
  auto pages = Pages::map(capacity * sizeof(Entry), /*huge=*/true);
  if (!pages) return nullptr;
  std::unique_ptr<Urcu> made(new Urcu);
  State& state = *made->state_;
  urcu_qsbr_register_thread();
  state.pages = std::move(*pages);
  state.entries = static_cast<Entry*>(state.pages.data());
  state.capacity = capacity;
  state.hash_key = HashKey::from_seed(seed);
  // One bucket for each entry, which is what the table grows to by itself; all of them at once, and the kind of memory
  // named (cds_lfht_new would choose it), so that it can have huge pages as the others have.
  state.buckets = std::bit_ceil(capacity);
  state.table =
      _cds_lfht_new(state.buckets, state.buckets, state.buckets, 0, &cds_lfht_mm_mmap, &urcu_qsbr_flavor, nullptr);
  if (state.table == nullptr) return nullptr;
  state.huge_buckets = collapse(cds_lfht_mm_mmap.bucket_at(state.table, 0), state.buckets * sizeof(cds_lfht_node));
  return made;
}

Urcu::~Urcu() {
  State& state = *state_;
  if (state.table != nullptr) {
    urcu_qsbr_read_lock();
    for (std::size_t i = 0; i < state.used; ++i) cds_lfht_del(state.table, &state.entries[i]);
    urcu_qsbr_read_unlock();
    urcu_qsbr_synchronize_rcu();
    cds_lfht_destroy(state.table, nullptr);
  }
  urcu_qsbr_unregister_thread();
}

bool Urcu::insert(std::span<const Ipv4Hop> keys) {
  State& state = *state_;
  urcu_qsbr_read_lock();
  for (const Ipv4Hop& hop : keys) {
    if (state.used == state.capacity) break;
    Entry* const entry = new (&state.entries[state.used]) Entry{{}, key_of(hop), value_of(hop)};
    if (cds_lfht_add_unique(state.table, state.hash_key.of(entry->key), has_key, &entry->key, entry) != entry) break;
    ++state.used;
  }
  urcu_qsbr_read_unlock();
  return state.used == keys.size();
}

std::uint64_t Urcu::find_each(std::span<const Ipv4Hop> questions) const {
  const State& state = *state_;
  std::uint64_t sum = 0;
  for (std::size_t begin = 0; begin < questions.size(); begin += kPerLock) {
    urcu_qsbr_read_lock();
    for (const Ipv4Hop& hop : questions.subspan(begin, std::min(kPerLock, questions.size() - begin))) {
      const std::uint64_t key = key_of(hop);
      cds_lfht_iter at;
      cds_lfht_lookup(state.table, state.hash_key.of(key), has_key, &key, &at);
      if (cds_lfht_node* const found = cds_lfht_iter_get_node(&at)) sum += static_cast<Entry*>(found)->value;
    }
    urcu_qsbr_read_unlock();
    urcu_qsbr_quiescent_state();
  }
  return sum;
}

std::size_t Urcu::bytes() const { return state_->capacity * sizeof(Entry) + state_->buckets * sizeof(cds_lfht_node); }

bool Urcu::huge_buckets() const { return state_->huge_buckets; }

}  // namespace neigh::bench
