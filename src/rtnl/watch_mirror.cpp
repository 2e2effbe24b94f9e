// SPDX-License-Identifier: Apache-2.0
#include "rtnl/watch_mirror.hpp"

#include <random>

namespace neigh::rtnl {

WatchMirror::WatchMirror() {
  std::random_device dice;
  for (std::uint64_t& word : secret_) word = std::uint64_t{dice()} << 32U | dice();
}

std::uint64_t WatchMirror::hash_of(const NeighborKey& key) const {
  const std::uint64_t where = std::uint64_t{to_number(key.interface)} << 1U | static_cast<std::uint64_t>(key.proxy);
  return keyed_hash(secret_[0] ^ where, secret_[1], key.address.bytes());
}

EntryId WatchMirror::find(std::uint64_t hash, const NeighborKey& key) const {
  return index_.find(hash, [&](EntryId id) { return (*this)[id].neighbor.key() == key; });
}

WatchMirror::Insertion WatchMirror::try_insert(const Neighbor& neighbor, std::uint64_t seen_in_dump) {
  const NeighborKey key = neighbor.key();
  const std::uint64_t hash = hash_of(key);
  if (const EntryId known = find(hash, key); known != kNoId) return {(*this)[known], false};
  if (size_ == chunks_.size() * kChunk) chunks_.push_back(std::make_unique<Entry[]>(kChunk));
  index_.insert(hash, size_);
  Entry& entry = (*this)[size_++];
  entry = {.neighbor = neighbor, .seen_in_dump = seen_in_dump};
  return {entry, true};
}

void WatchMirror::erase(EntryId id) {
  index_.erase(hash_of((*this)[id].neighbor.key()), id);
  const EntryId last = --size_;
  if (id == last) return;
  const std::uint64_t hash = hash_of((*this)[last].neighbor.key());
  index_.erase(hash, last);
  index_.insert(hash, id);  // it does not grow: two have just gone
  (*this)[id] = (*this)[last];
}

}  // namespace neigh::rtnl
