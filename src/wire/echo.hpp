// SPDX-License-Identifier: Apache-2.0
/// @file
/// The IPv4 header and ICMP echo of both families: enough for a host that answers ping.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "base/bytes.hpp"
#include "neigh/address.hpp"
#include "wire/drop.hpp"
#include "wire/ethernet.hpp"
#include "wire/frame_writer.hpp"
#include "wire/ipv6.hpp"

namespace neigh::wire {

/// An IPv4 packet taken apart; options are skipped, the padding of the frame is cut off.
struct Ip4Packet {
  IpAddress source;
  IpAddress destination;
  std::uint8_t ttl = 0;
  std::uint8_t protocol = 0;
  bool is_fragment = false;
  ByteView payload;
  ByteView whole;  ///< From the IPv4 header on.
};

/// `bytes` begins at the IPv4 header.
[[nodiscard]] Parsed<Ip4Packet> parse_ip4(ByteView bytes);

/// Echo request or reply (RFC 792, RFC 4443 4). `data` looks into the bytes that were parsed.
struct Echo {
  bool is_reply = false;
  std::uint16_t identifier = 0;
  std::uint16_t sequence = 0;
  std::span<const std::uint8_t> data = {};
  friend bool operator==(const Echo& a, const Echo& b) {
    return a.is_reply == b.is_reply && a.identifier == b.identifier && a.sequence == b.sequence &&
           std::ranges::equal(a.data, b.data);
  }
};

[[nodiscard]] Parsed<Echo> parse_echo4(const Ip4Packet& packet);
[[nodiscard]] Parsed<Echo> parse_echo6(const Ip6Packet& packet);

/// Write one whole frame, TTL or hop limit 64.
/// @retval Errc::kInvalidArgument  an address of the wrong family, too much data, or "buffer".
[[nodiscard]] Result<std::size_t> emit_echo4_frame(const EthernetView& header, const IpAddress& source,
                                                   const IpAddress& destination, const Echo& echo, FrameWriter& out);
[[nodiscard]] Result<std::size_t> emit_echo6_frame(const EthernetView& header, const IpAddress& source,
                                                   const IpAddress& destination, const Echo& echo, FrameWriter& out);

}  // namespace neigh::wire
