// SPDX-License-Identifier: Apache-2.0
/// @file
/// The Internet checksum (RFC 1071) and the IPv6 pseudo header (RFC 8200 8.1).
#pragma once

#include <cstdint>
#include <span>

#include "neigh/address.hpp"

namespace neigh::wire {

/// One's complement sum of 16-bit words; an odd last byte counts as the high half of a word.
class InternetChecksum {
 public:
  /// Only the last range added may have an odd size.
  void add(std::span<const std::uint8_t> bytes);
  void add(std::uint32_t value) { sum_ += (value >> 16U) + (value & 0xffffU); }

  /// The value for the checksum field; 0 when the summed bytes hold a good checksum already.
  [[nodiscard]] std::uint16_t value() const;

 private:
  std::uint64_t sum_ = 0;
};

/// Checksum over `message` alone (IPv4 header, ICMPv4).
[[nodiscard]] std::uint16_t internet_checksum(std::span<const std::uint8_t> message);

/// Checksum over the pseudo header (upper-layer length, next header 58) and `message` (NDV-002).
[[nodiscard]] std::uint16_t icmp6_checksum(const IpAddress& source, const IpAddress& destination,
                                           std::span<const std::uint8_t> message);

}  // namespace neigh::wire
