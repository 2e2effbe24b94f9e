// SPDX-License-Identifier: Apache-2.0
// Readers beside a writer, for the thread sanitizer and for the eyes of the readers: every answer must be one that the
// writer has given, and those that never go must never be missed, however much others make them move.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include "forms.hpp"
#include "keys.hpp"
#include "neigh/adjacency.hpp"

namespace neigh {
namespace {

constexpr std::uint32_t kKeys = 3'000;
constexpr std::size_t kCapacity = 2'200;

/// Every seventh key is there from the beginning and stays.
bool stays(std::uint32_t number) { return number % 7 == 0; }

IpAddress address(std::uint32_t number, bool six) {
  const auto high = static_cast<std::uint8_t>(number >> 8U);
  const auto low = static_cast<std::uint8_t>(number);
  if (!six) return IpAddress::v4(10, 1, high, low);
  return IpAddress::v6({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, high, low});
}

/// Everything in a version of an entry follows from key and round, so that a mixture of two is seen.
NudState state_of(std::uint8_t round) { return static_cast<NudState>(round % kNudStateCount); }
NeighborFlags flags_of(std::uint8_t round) {
  NeighborFlags flags;
  flags.set(NeighborFlag::kRouter, (round & 1U) != 0);
  flags.set(NeighborFlag::kManaged, (round & 2U) != 0);
  return flags;
}
LinkAddress link_of(std::uint32_t number, std::uint8_t round) {
  const auto high = static_cast<std::uint8_t>(number >> 8U);
  const auto low = static_cast<std::uint8_t>(number);
  if (number % 16 != 3) return LinkAddress::ether({round, high, low, round, high, low});
  std::array<std::uint8_t, 20> bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = i % 3 == 0 ? round : i % 3 == 1 ? high : low;
  return *LinkAddress::from_bytes(bytes);
}
Neighbor version_of(std::uint32_t number, bool six, std::uint8_t round) {
  return {.address = address(number, six),
          .interface = InterfaceIndex{1 + number % 3},
          .link_address = link_of(number, round),
          .state = state_of(round),
          .flags = flags_of(round)};
}

struct Tally {
  std::uint64_t found = 0;
  std::uint64_t torn = 0;
  std::uint64_t missed = 0;
};

class Reader {
 public:
  Reader(const AdjacencyTable& table, std::uint64_t seed) : table_(table), random_(seed) {}

  void run(const std::atomic<bool>& stop) {
    do {  // at least once, however late it begins
      for (int i = 0; i < 64; ++i) single();
      bulk();
    } while (!stop.load());
  }
  [[nodiscard]] const Tally& tally() const { return tally_; }

 private:
  void judge_word(const Adjacency& word, std::uint32_t number) {
    if (!word.found()) {
      tally_.missed += static_cast<std::uint64_t>(stays(number));
      return;
    }
    ++tally_.found;
    if (!word.is_ether()) {
      tally_.torn += static_cast<std::uint64_t>(number % 16 != 3);
      return;
    }
    const std::uint8_t round = word.ether()[0];
    const bool right = LinkAddress::ether(word.ether()) == link_of(number, round) && word.state() == state_of(round) &&
                       word.flags() == flags_of(round);
    tally_.torn += static_cast<std::uint64_t>(!right);
  }
  void single() {
    const auto number = static_cast<std::uint32_t>(random_() % kKeys);
    const bool six = random_() % 2 == 0;
    const InterfaceIndex interface { 1 + number % 3 };
    judge_word(table_.lookup(interface, address(number, six)), number);
    const auto entry = table_.find(interface, address(number, six));
    if (!entry) {
      tally_.missed += static_cast<std::uint64_t>(stays(number));
      return;
    }
    const std::uint8_t round = entry->link_address.bytes()[0];
    const bool right = entry->link_address == link_of(number, round) && entry->state == state_of(round) &&
                       entry->flags == flags_of(round);
    tally_.torn += static_cast<std::uint64_t>(!right);
  }
  void bulk() {
    std::array<std::uint32_t, 100> numbers;
    std::array<Ipv4Hop, 100> hops;
    std::array<Adjacency, 100> found;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      numbers[i] = static_cast<std::uint32_t>(random_() % kKeys);
      hops[i].interface = InterfaceIndex{1 + numbers[i] % 3};
      const IpAddress ip = address(numbers[i], false);
      std::copy(ip.bytes().begin(), ip.bytes().end(), hops[i].address.begin());
    }
    (void)table_.lookup(hops, found);
    for (std::size_t i = 0; i < numbers.size(); ++i) judge_word(found[i], numbers[i]);
  }

  const AdjacencyTable& table_;
  std::mt19937_64 random_;
  Tally tally_;
};

TEST(AdjacencyStress, ReadersSeeWhatWasWrittenAndMissNothing) {
  auto made =
      AdjacencyTable::make({.ipv4_capacity = kCapacity, .ipv6_capacity = kCapacity, .long_addresses = 400, .seed = 21});
  ASSERT_TRUE(made);
  AdjacencyTable& table = **made;
  for (std::uint32_t number = 0; number < kKeys; number += 7) {
    for (const bool six : {false, true}) ASSERT_TRUE(table.set(version_of(number, six, 0)));
  }
  std::atomic<bool> stop{false};
  Reader first(table, 1);
  Reader second(table, 2);
  std::thread one([&] { first.run(stop); });
  std::thread two([&] { second.run(stop); });
  std::mt19937_64 random(3);
  for (int step = 0; step < 150'000; ++step) {
    const auto number = static_cast<std::uint32_t>(random() % kKeys);
    const bool six = random() % 2 == 0;
    if (stays(number) || random() % 2 == 0) {
      (void)table.set(version_of(number, six, static_cast<std::uint8_t>(random())));  // may be full
    } else {
      (void)table.remove(InterfaceIndex{1 + number % 3}, address(number, six));
    }
  }
  stop.store(true);
  one.join();
  two.join();
  for (const Reader* reader : {&first, &second}) {
    EXPECT_EQ(reader->tally().torn, 0U);
    EXPECT_EQ(reader->tally().missed, 0U);
    EXPECT_GT(reader->tally().found, 0U);
  }
}

/// One neighbor alone with a long address: the lines of the side table come round to it over and over, most often while
/// a reader that was sent to one of them has lost the processor.
TEST(AdjacencyStress, LongAddressesComeRoundToTheirOwner) {
  constexpr std::uint32_t kNumber = 3;
  constexpr std::uint64_t kUpdates = 1'500'000;
  auto made = AdjacencyTable::make({.ipv4_capacity = 8, .ipv6_capacity = 0, .long_addresses = 1, .seed = 21});
  ASSERT_TRUE(made);
  AdjacencyTable& table = **made;
  std::vector<Neighbor> versions;
  for (unsigned round = 0; round < 251; ++round) {
    versions.push_back(version_of(kNumber, false, static_cast<std::uint8_t>(round)));
  }
  ASSERT_TRUE(table.set(versions[0]));
  std::atomic<bool> stop{false};
  std::array<Tally, 2> tallies;
  const auto read = [&](Tally& into) {
    Tally tally;
    do {
      const auto entry = table.find(versions[0].interface, versions[0].address);
      // Eight times in a row too slow for 64 changes each: nothing found, as the header says.
      if (!entry) continue;
      const std::uint8_t round = entry->link_address.bytes()[0];
      const bool right = entry->link_address == link_of(kNumber, round) && entry->state == state_of(round) &&
                         entry->flags == flags_of(round);
      tally.torn += static_cast<std::uint64_t>(!right);
      ++tally.found;
    } while (!stop.load());
    into = tally;
  };
  std::vector<std::thread> readers;
  for (Tally& tally : tallies) readers.emplace_back([&] { read(tally); });
  std::uint64_t refused = 0;
  for (std::uint64_t i = 0; i < kUpdates; ++i) {
    refused += static_cast<std::uint64_t>(!table.set(versions[i * 7 % versions.size()]));
  }
  stop.store(true);
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(refused, 0U);
  for (const Tally& tally : tallies) {
    EXPECT_EQ(tally.torn, 0U);
    EXPECT_GT(tally.found, 0U);
  }
}

}  // namespace

namespace adjacency::test {
namespace {

/// The forms of the table that this processor would not choose, likewise: crowded lines, so that entries move.
template <class Slots>
class StressForms : public ::testing::Test {};
TYPED_TEST_SUITE(StressForms, AllForms);

TYPED_TEST(StressForms, NeverMissesWhatStays) {
  if (const char* missing = missing_for<TypeParam>(); missing != nullptr) GTEST_SKIP() << missing;
  auto made = HopTable<TypeParam>::make(200, /*seed=*/4, /*huge=*/false);
  ASSERT_TRUE(made);
  auto table = std::move(*made);
  std::uint64_t old = 0;
  const auto value_of = [](std::uint64_t number, std::uint64_t round) { return value_number(round << 16U | number); };
  for (std::uint64_t number = 0; number < 60; ++number) {
    ASSERT_EQ(table.put(numbered_key<TypeParam>(number), value_of(number, 0), old), Put::kInserted);
  }
  std::atomic<bool> stop{false};
  std::uint64_t missed = 0;
  std::uint64_t wrong = 0;
  std::thread reader([&] {
    std::mt19937_64 random(5);
    do {
      for (int i = 0; i < 1'000; ++i) {
        const std::uint64_t number = random() % 400;
        const std::uint64_t value = table.find(numbered_key<TypeParam>(number));
        missed += static_cast<std::uint64_t>(value == kNothing && number < 60);
        wrong += static_cast<std::uint64_t>(value != kNothing && (value & 0xffffU) != number);
      }
    } while (!stop.load());
  });
  std::mt19937_64 random(6);
  for (std::uint64_t step = 0; step < 300'000; ++step) {
    const std::uint64_t number = random() % 400;
    if (number < 60 || random() % 2 == 0) {
      (void)table.put(numbered_key<TypeParam>(number), value_of(number, step), old);
    } else {
      (void)table.remove(numbered_key<TypeParam>(number));
    }
  }
  stop.store(true);
  reader.join();
  EXPECT_EQ(missed, 0U);
  EXPECT_EQ(wrong, 0U);
  EXPECT_TRUE(table.audit().sound);
}

}  // namespace
}  // namespace adjacency::test
}  // namespace neigh
