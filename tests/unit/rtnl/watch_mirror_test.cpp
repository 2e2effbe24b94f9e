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

TEST(WatchMirror, AgreesWithAMap) {
  std::mt19937 random(5);
  WatchMirror mirror;
  std::map<NeighborKey, std::pair<std::uint8_t, std::uint64_t>> model;  // protocol, seen in dump
  for (std::uint32_t step = 0; step < 60'000; ++step) {
    Neighbor neighbor = neighbor_of(static_cast<std::uint32_t>(random() % 3'000));
    neighbor.protocol = static_cast<std::uint8_t>(step);
    const NeighborKey key = neighbor.key();
    // Grows, then shrinks to nothing much.
    if (random() % 4 != (step < 30'000 ? 0U : 1U) && (step < 30'000 || random() % 4 == 0)) {
      const auto [entry, is_new] = mirror.try_insert(neighbor, step);
      const auto [known, inserted] = model.try_emplace(key, std::pair{neighbor.protocol, step});
      ASSERT_EQ(is_new, inserted);
      ASSERT_EQ(entry.neighbor.key(), key);
      ASSERT_EQ(entry.neighbor.protocol, known->second.first);
      ASSERT_EQ(entry.seen_in_dump, known->second.second);
    } else if (const EntryId id = mirror.find(key); id != kNoId) {
      ASSERT_EQ(mirror[id].neighbor.key(), key);
      mirror.erase(id);
      ASSERT_EQ(model.erase(key), 1U);
      ASSERT_EQ(mirror.find(key), kNoId);
    } else {
      ASSERT_FALSE(model.contains(key));
    }
    ASSERT_EQ(mirror.size(), model.size());
  }
  ASSERT_GT(model.size(), 50U);
  for (EntryId id = 0; id < mirror.size(); ++id) {
    const auto known = model.find(mirror[id].neighbor.key());
    ASSERT_NE(known, model.end());
    EXPECT_EQ(mirror[id].neighbor.protocol, known->second.first);
  }
}

}  // namespace
}  // namespace neigh::rtnl
