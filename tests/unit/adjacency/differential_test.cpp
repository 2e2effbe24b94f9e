// SPDX-License-Identifier: Apache-2.0
// Random operations on the table and on a std::map must agree, all the time.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

#include "forms.hpp"
#include "keys.hpp"
#include "neigh/adjacency.hpp"

namespace neigh {
namespace {

using Key = std::pair<InterfaceIndex, IpAddress>;
using Model = std::map<Key, AdjacencyEntry>;

Ipv4Hop hop4(const Key& key) {
  Ipv4Hop hop{.interface = key.first};
  std::copy(key.second.bytes().begin(), key.second.bytes().end(), hop.address.begin());
  return hop;
}
Ipv6Hop hop6(const Key& key) {
  Ipv6Hop hop{.interface = key.first};
  std::copy(key.second.bytes().begin(), key.second.bytes().end(), hop.address.begin());
  return hop;
}

class World {
 public:
  World(std::uint64_t seed, const AdjacencyOptions& options) : random_(seed), options_(options) {
    auto made = AdjacencyTable::make(options);
    EXPECT_TRUE(made) << made.error().message();
    table_ = std::move(*made);
  }

  void step() {
    const std::uint64_t dice = random_() % 1000;
    if (dice < 520) {
      set(any_key());
    } else if (dice < 997) {
      const Key key = any_key();
      EXPECT_EQ(table_->remove(key.first, key.second), model_.erase(key) == 1);
    } else if (dice < 999) {
      const InterfaceIndex interface = any_interface();
      const std::size_t removed =
          std::erase_if(model_, [&](const auto& item) { return item.first.first == interface; });
      EXPECT_EQ(table_->remove_interface(interface), removed);
    } else if (random_() % 10 == 0) {
      table_->clear();
      model_.clear();
    }
    expect_same(any_key());
  }

  void expect_all_same() {
    std::vector<Key> keys;
    for (std::uint32_t i = 1; i <= 4; ++i) {
      for (unsigned n = 0; n < kAddresses; ++n) {
        keys.emplace_back(InterfaceIndex{i}, address(n, false));
        keys.emplace_back(InterfaceIndex{i}, address(n, true));
      }
    }
    std::vector<Ipv4Hop> hops4;
    std::vector<Ipv6Hop> hops6;
    std::size_t there4 = 0;
    std::size_t there6 = 0;
    for (const Key& key : keys) {
      expect_same(key);
      if (key.second.is_v4()) hops4.push_back(hop4(key));
      if (key.second.is_v6()) hops6.push_back(hop6(key));
      (key.second.is_v4() ? there4 : there6) += model_.count(key);
    }
    std::vector<Adjacency> found4(hops4.size());
    std::vector<Adjacency> found6(hops6.size());
    EXPECT_EQ(table_->lookup(hops4, found4), there4);
    EXPECT_EQ(table_->lookup(hops6, found6), there6);
    for (std::size_t i = 0; i < hops4.size(); ++i) EXPECT_EQ(found4[i], table_->lookup(hops4[i]));
    for (std::size_t i = 0; i < hops6.size(); ++i) EXPECT_EQ(found6[i], table_->lookup(hops6[i]));
    const AdjacencyCounters counters = table_->counters();
    EXPECT_EQ(counters.ipv4_entries, there4);
    EXPECT_EQ(counters.ipv6_entries, there6);
    EXPECT_EQ(counters.long_addresses, longs());
    EXPECT_EQ(counters.refused_full, refused_full_);
    EXPECT_EQ(counters.refused_long, refused_long_);
    EXPECT_EQ(counters.refused_no_room, 0U);
  }
  [[nodiscard]] std::uint64_t refused() const { return refused_full_ + refused_long_; }

 private:
  static constexpr unsigned kAddresses = 160;

  static bool is_long(const AdjacencyEntry& entry) {
    return !entry.link_address.empty() && entry.link_address.size() != 6;
  }
  std::size_t longs() const {
    return static_cast<std::size_t>(
        std::count_if(model_.begin(), model_.end(), [](const auto& item) { return is_long(item.second); }));
  }
  static IpAddress address(unsigned number, bool six) {
    const auto high = static_cast<std::uint8_t>(number >> 8U);
    const auto low = static_cast<std::uint8_t>(number);
    if (!six) return IpAddress::v4(10, 0, high, low);
    return IpAddress::v6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, high, 0, low});
  }
  InterfaceIndex any_interface() { return InterfaceIndex{1 + static_cast<std::uint32_t>(random_() % 4)}; }
  Key any_key() {
    return {any_interface(), address(static_cast<unsigned>(random_() % kAddresses), random_() % 2 == 0)};
  }

  void set(const Key& key) {
    constexpr std::array<std::size_t, 8> sizes = {6, 6, 6, 6, 0, 20, 32, 1};
    AdjacencyEntry entry{.state = static_cast<NudState>(random_() % kNudStateCount)};
    for (const NeighborFlag flag : kAllNeighborFlags) {
      if (flag != NeighborFlag::kProxy && random_() % 4 == 0) entry.flags.set(flag);
    }
    std::vector<std::uint8_t> bytes(sizes[random_() % sizes.size()]);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random_());
    entry.link_address = *LinkAddress::from_bytes(bytes);
    const auto known = model_.find(key);
    const std::size_t capacity = key.second.is_v4() ? options_.ipv4_capacity : options_.ipv6_capacity;
    const auto family = static_cast<std::size_t>(std::count_if(model_.begin(), model_.end(), [&](const auto& item) {
      return item.first.second.family() == key.second.family();
    }));
    const bool was_long = known != model_.end() && is_long(known->second);
    const bool fits_long = !is_long(entry) || was_long || longs() < options_.long_addresses;
    const bool fits = known != model_.end() || family < capacity;
    const auto done = table_->set({.address = key.second,
                                   .interface = key.first,
                                   .link_address = entry.link_address,
                                   .state = entry.state,
                                   .flags = entry.flags});
    ASSERT_EQ(done.has_value(), fits && fits_long);
    if (done) {
      model_[key] = entry;
      return;
    }
    EXPECT_EQ(done.error().code, Errc::kTableFull);
    const std::string_view limit = !fits_long           ? "long_addresses"
                                   : key.second.is_v4() ? "ipv4_capacity"
                                                        : "ipv6_capacity";
    EXPECT_EQ(done.error().field, limit);
    ++(fits_long ? refused_full_ : refused_long_);
  }

  void expect_same(const Key& key) {
    const auto known = model_.find(key);
    const Adjacency word = table_->lookup(key.first, key.second);
    const auto whole = table_->find(key.first, key.second);
    ASSERT_EQ(word.found(), known != model_.end()) << key.second.to_string();
    ASSERT_EQ(whole.has_value(), known != model_.end());
    if (!whole) return;
    const AdjacencyEntry& entry = known->second;
    EXPECT_EQ(whole->link_address, entry.link_address);
    EXPECT_EQ(whole->state, entry.state);
    EXPECT_EQ(whole->flags, entry.flags);
    EXPECT_EQ(word.state(), entry.state);
    EXPECT_EQ(word.flags(), entry.flags);
    EXPECT_EQ(word.usable(), kUsableStates.contains(entry.state));
    EXPECT_EQ(word.is_ether(), entry.link_address.size() == 6);
    EXPECT_EQ(word.is_empty(), entry.link_address.empty());
    if (word.is_ether()) {
      EXPECT_EQ(LinkAddress::ether(word.ether()), entry.link_address);
    }
  }

  std::mt19937_64 random_;
  AdjacencyOptions options_;
  std::unique_ptr<AdjacencyTable> table_;
  Model model_;
  std::uint64_t refused_full_ = 0;
  std::uint64_t refused_long_ = 0;
};

TEST(AdjacencyDifferential, AgreesWithAMap) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed, {.ipv4_capacity = 400, .ipv6_capacity = 300, .long_addresses = 100, .seed = seed});
    for (int step = 0; step < 20'000; ++step) {
      world.step();
      if (step % 2'000 == 0) world.expect_all_same();
      if (::testing::Test::HasFailure()) return;
    }
    world.expect_all_same();
  }
}

TEST(AdjacencyDifferential, AgreesWithAMapWhenFull) {
  World world(77, {.ipv4_capacity = 90, .ipv6_capacity = 40, .long_addresses = 12, .seed = 5});
  for (int step = 0; step < 30'000; ++step) {
    world.step();
    if (::testing::Test::HasFailure()) return;
  }
  world.expect_all_same();
  EXPECT_GT(world.refused(), 1'000U);
}

}  // namespace

namespace adjacency::test {
namespace {

/// Every form of the table, whatever the processor would choose: full to the brim, emptied and filled again, with what
/// its readers rely on checked after each round.
template <class Slots>
class Forms : public ::testing::Test {};
TYPED_TEST_SUITE(Forms, AllForms);

TYPED_TEST(Forms, FillsToItsCapacityAndStaysSound) {
  if (const char* missing = missing_for<TypeParam>(); missing != nullptr) GTEST_SKIP() << missing;
  constexpr std::size_t kCapacity = 20'000;
  auto made = HopTable<TypeParam>::make(kCapacity, /*seed=*/3, /*huge=*/true);
  ASSERT_TRUE(made);
  auto table = std::move(*made);
  std::mt19937_64 random(9);
  std::map<std::uint64_t, std::uint64_t> model;
  std::uint64_t old = 0;
  for (int round = 0; round < 4; ++round) {
    for (std::uint64_t next = static_cast<std::uint64_t>(round) * 1'000'000U; model.size() < kCapacity; ++next) {
      ASSERT_EQ(table.put(numbered_key<TypeParam>(next), value_number(next & 0xffffU), old), Put::kInserted);
      model.emplace(next, value_number(next & 0xffffU));
    }
    EXPECT_EQ(table.put(numbered_key<TypeParam>(99'000'000U), value_number(1), old), Put::kFull);
    auto audit = table.audit();
    EXPECT_TRUE(audit.sound);
    EXPECT_EQ(audit.entries, kCapacity);
    std::size_t missing = 0;
    for (const auto& [number, value] : model) {
      missing += static_cast<std::size_t>(table.find(numbered_key<TypeParam>(number)) != value);
    }
    EXPECT_EQ(missing, 0U);
    for (auto item = model.begin(); item != model.end();) {
      if (random() % 3 == 0) {
        ++item;
        continue;
      }
      ASSERT_EQ(table.remove(numbered_key<TypeParam>(item->first)), item->second);
      item = model.erase(item);
    }
    audit = table.audit();
    EXPECT_TRUE(audit.sound);
    EXPECT_EQ(audit.entries, model.size());
    // A third is left, and what had been put elsewhere has come home.
    EXPECT_LT(audit.elsewhere * 20, audit.entries);
  }
}

}  // namespace
}  // namespace adjacency::test
}  // namespace neigh
