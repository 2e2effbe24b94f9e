// SPDX-License-Identifier: Apache-2.0
/// @file
/// Groups: solicited-node addresses and the mapping of IP groups to Ethernet.
#pragma once

#include <algorithm>
#include <array>
#include <cassert>

#include "wire/numbers.hpp"

namespace neigh::wire {

/// ff02::1:ffXX:XXXX of an IPv6 address (RFC 4291 2.7.1); addresses with the same low 24 bits share it (NDF-024).
[[nodiscard]] constexpr IpAddress solicited_node(const IpAddress& address) {
  assert(address.is_v6());
  const auto low = address.bytes().subspan(13);
  return IpAddress::v6({0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, low[0], low[1], low[2]});
}

/// ff02::1:ff00:0/104.
[[nodiscard]] constexpr bool is_solicited_node(const IpAddress& address) {
  if (!address.is_v6()) return false;
  const IpAddress group = solicited_node(address);
  return address == group;
}

/// The Ethernet group of an IP group: 33:33 and the last 4 bytes (NDF-021, RFC 2464 7), or 01:00:5e and the low 23
/// bits (ARP-082, RFC 1112 6.4).
[[nodiscard]] constexpr LinkAddress ether_group(const IpAddress& group) {
  assert(group.is_multicast());
  const auto b = group.bytes();
  if (group.is_v4()) return LinkAddress::ether({0x01, 0x00, 0x5e, static_cast<std::uint8_t>(b[1] & 0x7fU), b[2], b[3]});
  return LinkAddress::ether({0x33, 0x33, b[12], b[13], b[14], b[15]});
}

}  // namespace neigh::wire
