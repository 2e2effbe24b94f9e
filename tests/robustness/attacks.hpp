// SPDX-License-Identifier: Apache-2.0
/// @file
/// Floods and forgeries as frames, made by hand: what anybody on a link can send. The victim is 192.0.2.V and
/// fe80::ff:fe00:V with 02:00:00:00:00:V; the peer whose place is coveted likewise with P.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace neigh::test {

using AttackFrame = std::vector<std::uint8_t>;

struct Attack {
  std::string name;
  std::size_t frames;                              ///< How many `make` is asked for.
  std::function<AttackFrame(std::uint32_t)> make;  ///< The n-th frame.
};

/// All of them, from equal seeds equal. `kept` is the last byte of addresses that the victim holds as permanent.
[[nodiscard]] std::vector<Attack> attacks(std::uint8_t victim, std::uint8_t peer, std::uint8_t kept);

}  // namespace neigh::test
