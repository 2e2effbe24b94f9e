// SPDX-License-Identifier: Apache-2.0
// Frames as the targets build and judge them, without the code under test.
#pragma once

#include "fuzz.hpp"

namespace neigh::fuzz {

/// RFC 1071 over the pseudo header and an ICMPv6 message: 0 if the message holds a good checksum.
inline std::uint16_t icmp6_sum(std::span<const std::uint8_t> source, std::span<const std::uint8_t> destination,
                               std::span<const std::uint8_t> message) {
  std::uint32_t sum = static_cast<std::uint32_t>(message.size()) + 58;
  const auto add = [&sum](std::span<const std::uint8_t> bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i) sum += (i % 2 == 0) ? bytes[i] * 256U : bytes[i];
  };
  add(source);
  add(destination);
  add(message);
  while (sum > 0xffff) sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum);
}

/// Where ICMPv6 begins in an untagged frame behind hop-by-hop, routing and destination options; 0: it does not.
inline std::size_t icmp6_at(std::span<const std::uint8_t> frame) {
  if (frame.size() < 54 || frame[12] != 0x86 || frame[13] != 0xdd) return 0;
  std::size_t at = 54;
  std::uint8_t next = frame[20];
  for (int headers = 0; headers < 8 && (next == 0 || next == 43 || next == 60); ++headers) {
    if (frame.size() < at + 8) return 0;
    next = frame[at];
    at += std::size_t{frame[at + 1]} * 8 + 8;
  }
  return next == 58 && frame.size() >= at + 4 ? at : 0;
}

/// Makes the lengths and the checksum of an IPv6 frame right, so that inputs come past them.
inline void mend_frame(Bytes& frame) {
  if (frame.size() < 54 || frame[12] != 0x86 || frame[13] != 0xdd) return;
  frame[14] = static_cast<std::uint8_t>(0x60U | (frame[14] & 0x0fU));
  const std::size_t payload = frame.size() - 54;
  frame[18] = static_cast<std::uint8_t>(payload >> 8U);
  frame[19] = static_cast<std::uint8_t>(payload);
  const std::size_t at = icmp6_at(frame);
  if (at == 0) return;
  frame[at + 2] = frame[at + 3] = 0;
  const std::span all(frame);
  const std::uint16_t sum = icmp6_sum(all.subspan(22, 16), all.subspan(38, 16), all.subspan(at));
  frame[at + 2] = static_cast<std::uint8_t>(sum >> 8U);
  frame[at + 3] = static_cast<std::uint8_t>(sum);
}

}  // namespace neigh::fuzz
