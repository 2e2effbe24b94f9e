// SPDX-License-Identifier: Apache-2.0
/// @file
/// The IPv6 header and the extension headers before the upper layer.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "neigh/address.hpp"
#include "wire/drop.hpp"
#include "wire/frame_writer.hpp"

namespace neigh::wire {

/// A Fragment header; its presence alone invalidates an ND message, also when nothing is fragmented (FRG-002).
struct Ip6Fragment {
  std::uint16_t offset = 0;  ///< In bytes.
  bool more = false;

  /// The whole packet is here.
  [[nodiscard]] bool is_atomic() const noexcept { return offset == 0 && !more; }
  friend bool operator==(const Ip6Fragment&, const Ip6Fragment&) = default;
};

/// A packet taken apart; the views look into the bytes that were parsed.
struct Ip6Packet {
  IpAddress source;
  IpAddress destination;
  std::uint8_t hop_limit = 0;
  std::uint8_t next_header = 0;   ///< Of `payload`: the first header that is not hop-by-hop, destination options,
                                  ///< routing or Fragment; what follows a later fragment's header is not looked at.
  bool router_alert_mld = false;  ///< The hop-by-hop header says so (RFC 2711, value 0).
  std::optional<Ip6Fragment> fragment = {};
  ByteView payload;  ///< Upper-layer bytes; the padding of the frame is cut off (NDF-019).
  ByteView whole;    ///< The packet from its IPv6 header on, without the padding.
};

/// `bytes` begins at the IPv6 header; bytes after the packet are ignored.
[[nodiscard]] Parsed<Ip6Packet> parse_ip6(ByteView bytes);

/// Writes the 40 bytes of the header; `payload_size` counts everything after it.
void emit_ip6(const IpAddress& source, const IpAddress& destination, std::uint8_t next_header, std::uint8_t hop_limit,
              std::uint16_t payload_size, FrameWriter& out);

}  // namespace neigh::wire
