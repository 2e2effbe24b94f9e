// SPDX-License-Identifier: Apache-2.0
#include "rtnl/watch_mirror.hpp"

#include <algorithm>
#include <new>
#include <random>
#include <span>
#include <utility>

#include "base/bytes.hpp"

namespace neigh::rtnl {

WatchMirror::WatchMirror() {
  std::random_device dice;
  for (std::uint64_t& word : secret_) word = std::uint64_t{dice()} << 32U | dice();
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

void WatchMirror::assign(EntryId id, const Neighbor& neighbor) {
  Entry& to = entry(id);
  to.address = neighbor.address;
  to.interface = neighbor.interface;
  to.state = neighbor.state;
  to.protocol = neighbor.protocol;
  to.flags = neighbor.flags;
  to.probes = neighbor.probes;
  const std::array ages = {neighbor.confirmed_age, neighbor.used_age, neighbor.updated_age};
  for (std::size_t i = 0; i < ages.size(); ++i) {
    // 48 bits hold what the kernel can tell, 2^32 ticks of up to a second.
    to.ages[i] = static_cast<std::uint32_t>(ages[i].count());
    to.ages_high[i] = static_cast<std::uint16_t>(ages[i].count() >> 32U);
  }
  const auto link = neighbor.link_address.bytes();
  to.link_size = static_cast<std::uint8_t>(link.size());
  if (link.size() == 6) {
    std::copy_n(link.begin(), 6, to.link.begin());
  } else {
    std::ranges::copy(link.first(std::min(link.size(), kShortLink)), to.link.begin());
    if (link.size() > kShortLink) std::ranges::copy(link.subspan(kShortLink), link_tail(id).begin());
  }
}

NeighborKey WatchMirror::key_of(EntryId id) const {
  const Entry& known = entry(id);
  return {known.interface, known.address, known.flags.has(NeighborFlag::kProxy)};
}

std::uint64_t WatchMirror::hash_of(const NeighborKey& key) const {
  const std::uint64_t where = std::uint64_t{to_number(key.interface)} << 1U | static_cast<std::uint64_t>(key.proxy);
  KeyedHash hash(secret_[0] ^ where, secret_[1]);
  const auto bytes = key.address.bytes();
  if (key.address.is_v4()) return hash.finish(FixedView(bytes.first<4>()).le<std::uint32_t, 0>(), 4);
  const FixedView v6(bytes.first<16>());
  hash.add(v6.le<std::uint64_t, 0>());
  hash.add(v6.le<std::uint64_t, 8>());
  return hash.finish(0, 16);
}

EntryId WatchMirror::find(std::uint64_t hash, const NeighborKey& key) const {
  return index_.find(hash, [&](EntryId id) { return key_of(id) == key; });
}

WatchMirror::Insertion WatchMirror::try_insert(std::uint64_t hash, const Neighbor& neighbor,
                                               std::uint32_t seen_in_dump) {
  const NeighborKey key = neighbor.key();
  if (size_ == chunks_.size() * kChunk) add_chunks();
  const EntryId known = index_.find_or_insert(hash, size_, [&](EntryId id) { return key_of(id) == key; });
  if (known != kNoId) return {known, false};
  assign(size_, neighbor);
  entry(size_).seen_in_dump = seen_in_dump;
  return {size_++, true};
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
