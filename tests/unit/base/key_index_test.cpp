// SPDX-License-Identifier: Apache-2.0
// The index against a plain model.
#include "base/key_index.hpp"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <random>
#include <set>
#include <unordered_map>
#include <vector>

namespace neigh {
namespace {

TEST(KeyedHash, DependsOnKeyLengthAndEveryByte) {
  const std::vector<std::uint8_t> bytes(20, 0);
  std::set<std::uint64_t> seen;
  for (std::size_t size = 0; size <= bytes.size(); ++size) seen.insert(keyed_hash(1, 2, std::span(bytes).first(size)));
  seen.insert(keyed_hash(1, 3, bytes));
  seen.insert(keyed_hash(2, 2, bytes));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto flipped = bytes;
    flipped[i] = 1;
    seen.insert(keyed_hash(1, 2, flipped));
  }
  EXPECT_EQ(seen.size(), 21U + 2U + 20U);
}

class KeyIndexTest : public ::testing::TestWithParam<KeyIndex::Fill> {};

TEST_P(KeyIndexTest, AgreesWithAMap) {
  std::mt19937_64 random(11);
  KeyIndex index(GetParam());
  std::unordered_map<EntryId, std::uint64_t> model;
  for (int i = 0; i < 200'000; ++i) {
    const auto id = static_cast<EntryId>(random() % 20'000);
    // Few distinct low bits: long runs and wrap-around.
    const std::uint64_t hash = keyed_hash(5, 6, std::array{static_cast<std::uint8_t>(id), std::uint8_t{9}}) +
                               (id % 3 == 0 ? 0xffffffffULL : 0);
    if (const auto at = model.find(id); at == model.end()) {
      if (random() % 2 == 0) {
        index.insert(hash, id);
      } else {
        ASSERT_EQ(index.find_or_insert(hash, id, [&](EntryId candidate) { return candidate == id; }), kNoId);
      }
      model.emplace(id, hash);
    } else if (random() % 3 == 0) {
      index.erase(at->second, id);
      model.erase(at);
    } else {
      ASSERT_EQ(index.find_or_insert(at->second, id + 1, [&](EntryId candidate) { return candidate == id; }), id);
    }
    ASSERT_EQ(index.size(), model.size());
    const auto probe = static_cast<EntryId>(random() % 20'000);
    const auto at = model.find(probe);
    const std::uint64_t wanted = at == model.end() ? hash : at->second;
    const EntryId found = index.find(wanted, [&](EntryId candidate) { return candidate == probe; });
    ASSERT_EQ(found, at == model.end() ? kNoId : probe);
  }
}

TEST_P(KeyIndexTest, GrowsAsFarAsItIsToldAndKeepsAll) {
  constexpr EntryId kEntries = 300'000;  // arrays on the heap, and then in pages of their own
  KeyIndex index(GetParam());
  const auto hash_of = [](EntryId id) {
    return keyed_hash(3, 4, std::bit_cast<std::array<std::uint8_t, sizeof id>>(id));
  };
  const auto find = [&](EntryId wanted) {
    return index.find(hash_of(wanted), [&](EntryId id) { return id == wanted; });
  };
  for (EntryId id = 0; id < kEntries; ++id) {
    const auto before = index.size();
    ASSERT_EQ(index.find_or_insert(hash_of(id), id, [&](EntryId known) { return known == id; }), kNoId);
    ASSERT_EQ(index.size(), before + 1);
    // Where the array has just grown, this one may still be in the old one.
    ASSERT_EQ(find(id / 2), id / 2);
    const double slots = static_cast<double>(index.bytes()) / 8;
    const double most = GetParam() == KeyIndex::Fill::kHalf ? 0.5 : 0.75;
    ASSERT_LE(static_cast<double>(index.size()) / slots, most);
  }
  for (EntryId id = 0; id < kEntries; id += 2) index.erase(hash_of(id), id);
  ASSERT_EQ(index.size(), kEntries / 2);
  for (EntryId id = 0; id < kEntries; ++id) ASSERT_EQ(find(id), id % 2 == 0 ? kNoId : id);
}

INSTANTIATE_TEST_SUITE_P(Fills, KeyIndexTest, ::testing::Values(KeyIndex::Fill::kThreeQuarters, KeyIndex::Fill::kHalf),
                         [](const auto& fill) {
                           return fill.param == KeyIndex::Fill::kHalf ? "Half" : "ThreeQuarters";
                         });

}  // namespace
}  // namespace neigh
