// SPDX-License-Identifier: Apache-2.0
// Keys as networks have them, for which a hash that keeps sequences has bad secrets, one in a hundred: the table takes
// all that it has capacity for, whatever its secret.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "neigh/adjacency.hpp"

namespace neigh {
namespace {

constexpr std::uint32_t kCapacity = 1000;
constexpr std::uint64_t kSeeds = 500;

struct Pattern {
  const char* name;
  Ipv4Hop (*hop)(std::uint32_t);
};

Ipv4Hop hop_at(std::uint32_t interface, std::uint32_t address) {
  return {.interface = InterfaceIndex{interface},
          .address = {static_cast<std::uint8_t>(address >> 24U), static_cast<std::uint8_t>(address >> 16U),
                      static_cast<std::uint8_t>(address >> 8U), static_cast<std::uint8_t>(address)}};
}

constexpr std::uint32_t kTen = 10U << 24U;
constexpr std::array<Pattern, 7> kPatterns = {{
    {"one subnet", [](std::uint32_t i) { return hop_at(5, kTen + i); }},
    {"subnets on interfaces", [](std::uint32_t i) { return hop_at(2 + (i >> 6U) % 4, kTen + i); }},
    {"one address on each interface", [](std::uint32_t i) { return hop_at(1 + i, kTen + 1); }},
    {"the first address of each subnet", [](std::uint32_t i) { return hop_at(7, kTen + 1 + (i << 8U)); }},
    {"far apart", [](std::uint32_t i) { return hop_at(3, kTen + (i << 12U)); }},
    {"both count", [](std::uint32_t i) { return hop_at(100 + i, kTen + i); }},
    {"a subnet of each on each interface",
     [](std::uint32_t i) { return hop_at(1 + (i & 31U), kTen + 1 + (i >> 5U << 16U)); }},
}};

class Seeds : public testing::TestWithParam<Pattern> {};

TEST_P(Seeds, EverySecretTakesTheCapacityOfIpv4) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const auto table = *AdjacencyTable::make(
        {.ipv4_capacity = kCapacity, .ipv6_capacity = 0, .long_addresses = 0, .huge_pages = false, .seed = seed});
    for (std::uint32_t i = 0; i < kCapacity; ++i) (void)table->set(Ipv4Entry{.hop = GetParam().hop(i)});
    ASSERT_EQ(table->counters().refused_no_room, 0U) << "seed " << seed;
    ASSERT_EQ(table->counters().ipv4_entries, kCapacity) << "seed " << seed;
  }
}

TEST_P(Seeds, EverySecretTakesTheCapacityOfIpv6) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const auto table = *AdjacencyTable::make(
        {.ipv4_capacity = 0, .ipv6_capacity = kCapacity, .long_addresses = 0, .huge_pages = false, .seed = seed});
    for (std::uint32_t i = 0; i < kCapacity; ++i) {
      const Ipv4Hop hop = GetParam().hop(i);
      Ipv6Entry entry{.hop = {.interface = hop.interface, .address = {0x20, 0x01, 0x0d, 0xb8}}};
      std::copy(hop.address.begin(), hop.address.end(), entry.hop.address.end() - 4);
      (void)table->set(entry);
    }
    ASSERT_EQ(table->counters().refused_no_room, 0U) << "seed " << seed;
    ASSERT_EQ(table->counters().ipv6_entries, kCapacity) << "seed " << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Patterns, Seeds, testing::ValuesIn(kPatterns), [](const auto& tested) {
  std::string name = tested.param.name;
  for (char& c : name) c = c == ' ' ? '_' : c;
  return name;
});

}  // namespace
}  // namespace neigh
