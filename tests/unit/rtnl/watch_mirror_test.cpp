// SPDX-License-Identifier: Apache-2.0
// A watch's mirror against a plain map.
#include "rtnl/watch_mirror.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace neigh::rtnl {
namespace {

Neighbor neighbor_of(std::uint32_t number) {
  const auto low = static_cast<std::uint8_t>(number);
  const auto high = static_cast<std::uint8_t>(number >> 8U);
  Neighbor neighbor{.address = number % 3 == 0
                                   ? IpAddress::v6({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, high, low})
                                   : IpAddress::v4(10, 0, high, low),
                    .interface = InterfaceIndex{1 + number % 2}};
  neighbor.flags.set(NeighborFlag::kProxy, number % 5 == 0);
  return neighbor;
}

/// One of any content that the kernel could tell.
Neighbor random_neighbor(std::mt19937& random) {
  Neighbor neighbor = neighbor_of(static_cast<std::uint32_t>(random() % 3'000));
  std::array<std::uint8_t, LinkAddress::kMaxSize> link;
  for (std::uint8_t& byte : link) byte = static_cast<std::uint8_t>(random());
  const std::size_t size = random() % 2 == 0 ? 6 : random() % (link.size() + 1);
  neighbor.link_address = *LinkAddress::from_bytes(std::span(link).first(size));
  neighbor.state = static_cast<NudState>(random() % kNudStateCount);
  neighbor.protocol = static_cast<std::uint8_t>(random());
  neighbor.flags.set(NeighborFlag::kRouter, random() % 2 == 0);
  neighbor.probes = static_cast<std::uint32_t>(random());
  const auto age = [&] { return std::chrono::milliseconds(std::int64_t{10} * static_cast<std::uint32_t>(random())); };
  neighbor.confirmed_age = age();
  neighbor.used_age = age();
  neighbor.updated_age = age();
  return neighbor;
}

void expect_same(const Neighbor& a, const Neighbor& b) {
  EXPECT_TRUE(a.same_content(b));
  EXPECT_EQ(a.probes, b.probes);
  EXPECT_EQ(a.confirmed_age, b.confirmed_age);
  EXPECT_EQ(a.used_age, b.used_age);
  EXPECT_EQ(a.updated_age, b.updated_age);
}

TEST(WatchMirror, AgreesWithAMap) {
  std::mt19937 random(5);
  WatchMirror mirror;
  std::map<NeighborKey, std::pair<Neighbor, std::uint32_t>> model;  // with the dump that told of it
  for (std::uint32_t step = 0; step < 60'000; ++step) {
    const Neighbor neighbor = random_neighbor(random);
    const NeighborKey key = neighbor.key();
    const std::uint64_t hash = mirror.hash_of(key);
    // Grows, then shrinks to nothing much.
    if (random() % 4 != (step < 30'000 ? 0U : 1U) && (step < 30'000 || random() % 4 == 0)) {
      const auto [id, is_new] = mirror.try_insert(hash, neighbor, step);
      const auto [known, inserted] = model.try_emplace(key, neighbor, step);
      ASSERT_EQ(is_new, inserted);
      ASSERT_EQ(mirror.seen_in_dump(id), known->second.second);
      expect_same(mirror[id], known->second.first);
      if (!is_new && random() % 2 == 0) {
        mirror.assign(id, neighbor);
        mirror.seen_in_dump(id) = step;
        known->second = {neighbor, step};
      }
    } else if (const EntryId id = mirror.find(hash, key); id != kNoId) {
      ASSERT_EQ(mirror[id].key(), key);
      mirror.erase(id);
      ASSERT_EQ(model.erase(key), 1U);
      ASSERT_EQ(mirror.find(hash, key), kNoId);
    } else {
      ASSERT_FALSE(model.contains(key));
    }
    ASSERT_EQ(mirror.size(), model.size());
  }
  ASSERT_GT(model.size(), 50U);
  for (EntryId id = 0; id < mirror.size(); ++id) {
    const auto known = model.find(mirror[id].key());
    ASSERT_NE(known, model.end());
    expect_same(mirror[id], known->second.first);
    EXPECT_EQ(mirror.seen_in_dump(id), known->second.second);
  }
}

}  // namespace
}  // namespace neigh::rtnl
