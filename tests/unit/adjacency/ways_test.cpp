// SPDX-License-Identifier: Apache-2.0
// Each way of looking that this processor has gives the answers of the one that all have, also where the table would
// choose another.
#include "adjacency/ways.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <span>
#include <vector>

#include "keys.hpp"

namespace neigh::adjacency::test {
namespace {

#if defined(__x86_64__)
using Slots = SlotsV4<Hardware, /*kWhole=*/true, AesHash>;
using Table = HopTable<Slots>;

/// Each processor has the ways of lesser ones.
struct InAvx2 {
  static bool is_there() { return lookup_way() >= LookupWay::kAvx2 && __builtin_cpu_supports("avx2") != 0; }
  [[gnu::target("avx2,bmi")]] static std::uint64_t find(const Table& table, std::uint64_t key) {
    return table.find<Avx2>(key);
  }
  static bool add(Table& table, std::uint64_t key, std::uint64_t value) { return table.add_at_home(key, value); }
  static std::size_t find_many(const Table& table, std::span<const std::uint64_t> keys,
                               std::span<std::uint64_t> values) {
    std::size_t found = 0;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      values[i] = find(table, keys[i]);
      found += static_cast<std::size_t>(values[i] != kNothing);
    }
    return found;
  }
};

template <bool kVaes>
struct InAvx512 {
  static bool is_there() { return lookup_way() >= (kVaes ? LookupWay::kAvx512Vaes : LookupWay::kAvx512); }
  [[gnu::target("avx512f,bmi,popcnt")]] static std::uint64_t find(const Table& table, std::uint64_t key) {
    return table.find<Avx512<kVaes>>(key);
  }
  [[gnu::target("avx512f,bmi,popcnt")]] static bool add(Table& table, std::uint64_t key, std::uint64_t value) {
    return table.add_at_home<Avx512<kVaes>>(key, value);
  }
  [[gnu::target("avx512f,bmi,popcnt")]] static std::size_t find_many(const Table& table,
                                                                     std::span<const std::uint64_t> keys,
                                                                     std::span<std::uint64_t> values) {
    return table.find_many<Avx512<kVaes>>(keys.data(), keys.size(), values.data());
  }
};

template <class Way>
class Ways : public ::testing::Test {
 protected:
  static bool is_there() { return has_whole_pairs() && Way::is_there(); }
  static Table make(std::size_t capacity) {
    auto made = Table::make(capacity, /*seed=*/17, /*huge=*/false);
    EXPECT_TRUE(made);
    return std::move(*made);
  }
  /// Keys and interfaces that use all bits.
  static std::uint64_t key(std::uint64_t number) { return number * 0x9e3779b97f4a7c15ULL | 1U; }
};
using All = ::testing::Types<InAvx2, InAvx512<false>, InAvx512<true>>;
TYPED_TEST_SUITE(Ways, All);

TYPED_TEST(Ways, FindAndAddAsAllProcessorsDo) {
  if (!this->is_there()) GTEST_SKIP() << "this processor has no such instructions, or does not promise whole pairs";
  constexpr std::size_t kCapacity = 5'000;
  Table table = this->make(kCapacity);
  std::uint64_t old = 0;
  std::size_t at_home = 0;
  for (std::uint64_t number = 1; number <= kCapacity; ++number) {
    const bool added = TypeParam::add(table, this->key(number), value_number(number));
    at_home += static_cast<std::size_t>(added);
    if (!added) {
      ASSERT_EQ(table.put(this->key(number), value_number(number), old), Put::kInserted);
    }
    ASSERT_FALSE(TypeParam::add(table, this->key(number), value_number(0))) << "it is there";
  }
  EXPECT_TRUE(table.audit().sound);
  EXPECT_GT(at_home, kCapacity / 2);
  EXPECT_LT(at_home, kCapacity) << "nothing to be found further on";
  EXPECT_FALSE(TypeParam::add(table, this->key(kCapacity + 1), value_number(0))) << "the table is full";
  for (std::uint64_t number = 1; number <= 2 * kCapacity; ++number) {
    const std::uint64_t wanted = number <= kCapacity ? value_number(number) : kNothing;
    ASSERT_EQ(TypeParam::find(table, this->key(number)), wanted) << number;
    ASSERT_EQ(table.find(this->key(number)), wanted) << number;
  }
  EXPECT_EQ(TypeParam::find(table, 0), kNothing) << "a key of nobody";
}

TYPED_TEST(Ways, FindManyWhateverTheirNumber) {
  if (!this->is_there()) GTEST_SKIP() << "this processor has no such instructions, or does not promise whole pairs";
  constexpr std::size_t kCapacity = 3'000;
  Table table = this->make(kCapacity);
  std::uint64_t old = 0;
  for (std::uint64_t number = 1; number <= kCapacity; ++number) {
    ASSERT_EQ(table.put(this->key(number), value_number(number), old), Put::kInserted);
  }
  std::mt19937_64 random(8);
  for (std::size_t count = 0; count < 600; ++count) {
    // Of few, of most, or of all there is an entry.
    const std::uint64_t range = std::array{kCapacity, kCapacity * 9 / 8, kCapacity * 20}[count % 3];
    std::vector<std::uint64_t> keys;
    std::vector<std::uint64_t> wanted;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t number = 1 + random() % range;
      keys.push_back(number % 50 == 7 ? 0 : this->key(number));
      wanted.push_back(number % 50 != 7 && number <= kCapacity ? value_number(number) : kNothing);
    }
    std::vector<std::uint64_t> values(count + 1, 99);
    const std::size_t found = TypeParam::find_many(table, keys, std::span(values).first(count));
    ASSERT_EQ(found, count - static_cast<std::size_t>(std::count(wanted.begin(), wanted.end(), kNothing)));
    ASSERT_EQ(values.back(), 99U) << "written beyond the end";
    values.pop_back();
    ASSERT_EQ(values, wanted);
  }
}
#endif

}  // namespace
}  // namespace neigh::adjacency::test
