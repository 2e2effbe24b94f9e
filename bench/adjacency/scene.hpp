// SPDX-License-Identifier: Apache-2.0
// What all peers are given: the same keys, the same values, the same questions.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "neigh/adjacency.hpp"

namespace neigh::bench {

/// `entries` IPv4 keys on four interfaces, in a random order, with a value for each, and questions about them.
struct Scene {
  explicit Scene(std::size_t entries);

  std::size_t entries;
  std::vector<Ipv4Hop> keys;
  std::vector<Ipv6Hop> keys6;
  std::vector<Ipv4Hop> questions;   ///< Each of them has an entry.
  std::vector<Ipv6Hop> questions6;  ///< Each of them has an entry.
  std::vector<Ipv4Hop> absent;      ///< None of them has one.
};

/// The value of a key: a link-layer address made of it.
[[nodiscard]] inline std::array<std::uint8_t, 6> ether_of(const Ipv4Hop& hop, std::uint8_t round = 0) {
  return {0x02, round, hop.address[0], hop.address[1], hop.address[2], hop.address[3]};
}
[[nodiscard]] inline std::array<std::uint8_t, 6> ether_of(const Ipv6Hop& hop) {
  return {0x02, 0, hop.address[4], hop.address[5], hop.address[6], hop.address[7]};
}
/// The same in a word, for peers that store words.
[[nodiscard]] inline std::uint64_t value_of(const Ipv4Hop& hop) {
  return 0x02U | std::uint64_t{std::bit_cast<std::uint32_t>(hop.address)} << 16U;
}

struct Random {  // splitmix64
  std::uint64_t state;
  std::uint64_t operator()() {
    std::uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31U);
  }
};

}  // namespace neigh::bench
