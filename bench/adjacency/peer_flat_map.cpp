// SPDX-License-Identifier: Apache-2.0
#include <bit>
#include <boost/unordered/unordered_flat_map.hpp>

#include "adjacency/hash.hpp"
#include "peers.hpp"
#include "scene.hpp"

namespace neigh::bench {
namespace {

/// The table's own hash, so that what differs is the table.
struct Hash {
  using is_avalanching = void;
  std::size_t operator()(std::uint64_t key) const noexcept { return hash_key.of(key); }
  adjacency::HashKey hash_key = adjacency::HashKey::from_seed(42);
};

std::uint64_t key_of(const Ipv4Hop& hop) { return std::bit_cast<std::uint64_t>(hop); }

}  // namespace

struct FlatMap::State {
  boost::unordered_flat_map<std::uint64_t, std::uint64_t, Hash> map;
};

FlatMap::FlatMap() : state_(std::make_unique<State>()) {}
FlatMap::~FlatMap() = default;

void FlatMap::clear() { state_->map.clear(); }

void FlatMap::insert(std::span<const Ipv4Hop> keys) {
  for (const Ipv4Hop& key : keys) state_->map.insert_or_assign(key_of(key), value_of(key));
}

std::uint64_t FlatMap::find_each(std::span<const Ipv4Hop> questions) const {
  std::uint64_t sum = 0;
  for (const Ipv4Hop& question : questions) {
    const auto found = state_->map.find(key_of(question));
    if (found != state_->map.end()) sum += found->second;
  }
  return sum;
}

}  // namespace neigh::bench
