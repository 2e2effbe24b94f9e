// SPDX-License-Identifier: Apache-2.0
#include "wire/checksum.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "wire/numbers.hpp"

namespace neigh::wire {

namespace {

std::uint16_t fold(std::uint64_t sum) {
  while (sum > 0xffffU) sum = (sum >> 16U) + (sum & 0xffffU);
  return static_cast<std::uint16_t>(sum);
}

}  // namespace

void InternetChecksum::add(std::span<const std::uint8_t> bytes) {
  // RFC 1071 2 (B), (C): in the machine's byte order and four bytes at a time; the bytes are swapped at the end.
  std::uint64_t sum = 0;
  std::size_t i = 0;
  for (; bytes.size() - i >= 4; i += 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes.data() + i, sizeof word);
    sum += word;
  }
  if (i < bytes.size()) {
    std::array<std::uint8_t, 4> last{};
    std::copy(bytes.begin() + static_cast<std::ptrdiff_t>(i), bytes.end(), last.begin());
    sum += std::bit_cast<std::uint32_t>(last);
  }
  const std::uint16_t folded = fold(sum);
  sum_ += std::endian::native == std::endian::little ? static_cast<std::uint16_t>(folded << 8U | folded >> 8U) : folded;
}

std::uint16_t InternetChecksum::value() const { return static_cast<std::uint16_t>(~fold(sum_) & 0xffffU); }

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
