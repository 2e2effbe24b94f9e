// SPDX-License-Identifier: Apache-2.0
/// @file
/// Ethernet, IPv6 and ICMPv6 around a message body: lengths and checksum are filled in at the end.
#pragma once

#include <cstdint>
#include <span>

#include "wire/checksum.hpp"
#include "wire/ethernet.hpp"
#include "wire/frame_writer.hpp"
#include "wire/ipv6.hpp"
#include "wire/numbers.hpp"

namespace neigh::wire {

/// What differs between the ICMPv6 messages of this room.
struct Icmp6Envelope {
  const EthernetView& header;
  const IpAddress& source;
  const IpAddress& destination;
  std::uint8_t hop_limit;
  std::uint8_t type;
  std::span<const std::uint8_t> hop_by_hop = {};  ///< A whole hop-by-hop header whose next header is 58, or nothing.
};

/// Writes the headers, lets `body` write what follows the checksum, then fills in payload length and checksum.
template <class Body>
[[nodiscard]] Result<std::size_t> emit_icmp6_frame(const Icmp6Envelope& envelope, FrameWriter& out, Body&& body) {
  if (!envelope.source.is_v6() || envelope.source.is_multicast()) return cannot_emit("source");
  if (!envelope.destination.is_v6()) return cannot_emit("destination");
  if (auto written = emit_ethernet(envelope.header, kEtherTypeIpv6, out); !written) return std::move(written).error();
  const std::size_t ip_at = out.size();
  const std::uint8_t next = envelope.hop_by_hop.empty() ? kNextHeaderIcmp6 : kNextHeaderHopByHop;
  emit_ip6(envelope.source, envelope.destination, next, envelope.hop_limit, 0, out);
  out.bytes(envelope.hop_by_hop);
  const std::size_t icmp_at = out.size();
  out.u8(envelope.type);
  out.u8(0);
  out.be16(0);
  body(out);
  if (!out.ok()) return finish(out);
  const std::size_t payload = out.size() - ip_at - kIp6HeaderSize;
  if (payload > 0xffff) return cannot_emit("payload_length");
  out.patch_be16(ip_at + 4, static_cast<std::uint16_t>(payload));
  out.patch_be16(icmp_at + 2, icmp6_checksum(envelope.source, envelope.destination, out.written_since(icmp_at)));
  return finish(out);
}

}  // namespace neigh::wire
