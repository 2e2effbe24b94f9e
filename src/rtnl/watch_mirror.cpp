// SPDX-License-Identifier: Apache-2.0
#include "rtnl/watch_mirror.hpp"

#include <algorithm>
#include <new>
#include <random>
#include <span>
#include <utility>

namespace neigh::rtnl {

WatchMirror::WatchMirror() {
  std::random_device dice;
  hash_key_ = HashKey::from_seed(std::uint64_t{dice()} << 32U | dice());
}

Neighbor WatchMirror::operator[](EntryId id) const {
  const Entry& from = entry(id);
  const auto age = [&](std::size_t i) {
    return std::chrono::milliseconds(std::uint64_t{from.ages_high[i]} << 32U | from.ages[i]);
  };
  Neighbor out{.address = from.address,
               .interface = from.interface,
               .state = from.state,
               .protocol = from.protocol,
               .flags = from.flags,
               .probes = from.probes,
               .confirmed_age = age(0),
               .used_age = age(1),
               .updated_age = age(2)};
  if (from.link_size == 6) {
    std::array<std::uint8_t, 6> ether;
    std::copy_n(from.link.begin(), ether.size(), ether.begin());
    out.link_address = LinkAddress::ether(ether);
  } else if (from.link_size != 0) {
    std::array<std::uint8_t, LinkAddress::kMaxSize> bytes;
    const auto tail = std::copy(from.link.begin(), from.link.end(), bytes.begin());
    if (from.link_size > kShortLink) std::ranges::copy(link_tail(id), tail);
    out.link_address = *LinkAddress::from_bytes(std::span(bytes).first(from.link_size));
  }
  return out;
}

void WatchMirror::assign(EntryId id, const Neighbor& neighbor) { write(entry(id), id, neighbor); }

EntryId WatchMirror::find(std::uint64_t hash, const NeighborKey& key) const {
  return index_.find(hash, [&](EntryId id) { return key_of(id) == key; });
}

void WatchMirror::add_chunks() {
  const std::size_t count = chunks_.size() < kFewChunks ? 1 : kManyChunks;
  chunks_.reserve(chunks_.size() + count);
  memory_.reserve(memory_.size() + 1);
  auto pages = Pages::map(count * kChunk * (sizeof(Entry) + sizeof(LinkTail)), /*huge=*/true);
  if (!pages) throw std::bad_alloc{};  // as every container here
  auto* entries = static_cast<Entry*>(pages->data());
  auto* link_tails = static_cast<LinkTail*>(static_cast<void*>(entries + count * kChunk));
  for (std::size_t i = 0; i < count; ++i) chunks_.push_back({entries + i * kChunk, link_tails + i * kChunk});
  memory_.push_back(std::move(*pages));
}

void WatchMirror::erase(EntryId id) {
  index_.erase(hash_of(key_of(id)), id);
  const EntryId last = --size_;
  if (id == last) return;
  const std::uint64_t hash = hash_of(key_of(last));
  index_.erase(hash, last);
  index_.insert(hash, id);  // it does not grow: two have just gone
  entry(id) = entry(last);
  if (entry(id).link_size > kShortLink) link_tail(id) = link_tail(last);
}

}  // namespace neigh::rtnl
