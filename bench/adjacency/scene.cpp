// SPDX-License-Identifier: Apache-2.0
#include "scene.hpp"

#include <algorithm>
#include <cstring>
#include <random>

namespace neigh::bench {
namespace {

constexpr std::size_t kQuestions = std::size_t{1} << 20U;

Ipv4Hop hop_of(std::size_t number) {
  const auto n = static_cast<std::uint32_t>(number);
  // Subnets of 4,096 neighbors, one after the other, on four interfaces: what a router's table looks like.
  const std::uint32_t address = 0x0a000000U + n;
  return {.interface = InterfaceIndex{2 + ((n >> 12U) & 3U)},
          .address = {static_cast<std::uint8_t>(address >> 24U), static_cast<std::uint8_t>(address >> 16U),
                      static_cast<std::uint8_t>(address >> 8U), static_cast<std::uint8_t>(address)}};
}

Ipv6Hop hop6_of(const Ipv4Hop& hop, std::uint64_t host) {
  Ipv6Hop six{.interface = hop.interface, .address = {0x20, 0x01, 0x0d, 0xb8}};
  std::memcpy(six.address.data() + 4, hop.address.data(), 4);
  std::memcpy(six.address.data() + 8, &host, 8);
  return six;
}

}  // namespace

Scene::Scene(std::size_t count) : entries(count) {
  Random random{count};
  keys.reserve(count);
  keys6.reserve(count);
  for (std::size_t i = 0; i < count; ++i) keys.push_back(hop_of(i));
  std::shuffle(keys.begin(), keys.end(), std::minstd_rand{7});
  for (const Ipv4Hop& key : keys) keys6.push_back(hop6_of(key, random()));
  for (std::size_t i = 0; i < kQuestions; ++i) {
    const std::size_t at = static_cast<std::size_t>(random()) % count;
    questions.push_back(keys[at]);
    questions6.push_back(keys6[at]);
    absent.push_back(hop_of(count + static_cast<std::size_t>(random()) % count));
  }
}

}  // namespace neigh::bench
