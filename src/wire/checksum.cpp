// SPDX-License-Identifier: Apache-2.0
#include "wire/checksum.hpp"

#include "wire/numbers.hpp"

namespace neigh::wire {

void InternetChecksum::add(std::span<const std::uint8_t> bytes) {
  std::size_t i = 0;
  for (; i + 1 < bytes.size(); i += 2) sum_ += (static_cast<std::uint32_t>(bytes[i]) << 8U) | bytes[i + 1];
  if (i < bytes.size()) sum_ += static_cast<std::uint32_t>(bytes[i]) << 8U;
}

std::uint16_t InternetChecksum::value() const {
  std::uint64_t sum = sum_;
  while (sum > 0xffffU) sum = (sum >> 16U) + (sum & 0xffffU);
  return static_cast<std::uint16_t>(~sum & 0xffffU);
}

std::uint16_t internet_checksum(std::span<const std::uint8_t> message) {
  InternetChecksum sum;
  sum.add(message);
  return sum.value();
}

std::uint16_t icmp6_checksum(const IpAddress& source, const IpAddress& destination,
                             std::span<const std::uint8_t> message) {
  InternetChecksum sum;
  sum.add(source.bytes());
  sum.add(destination.bytes());
  sum.add(static_cast<std::uint32_t>(message.size()));
  sum.add(std::uint32_t{kNextHeaderIcmp6});
  sum.add(message);
  return sum.value();
}

}  // namespace neigh::wire
