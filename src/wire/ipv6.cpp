// SPDX-License-Identifier: Apache-2.0
#include "wire/ipv6.hpp"

#include "wire/numbers.hpp"

namespace neigh::wire {

using enum DropReason;

namespace {

constexpr std::uint8_t kOptionPad1 = 0;
constexpr std::uint8_t kOptionRouterAlert = 5;
constexpr std::uint8_t kOptionPadN = 1;
constexpr std::uint8_t kOptionActionMask = 0xc0;  // 00: skip if unknown; anything else: discard (RFC 8200 4.2)

// RFC 8200 4.2, the options of a hop-by-hop or destination options header; Pad1 is a single byte:
//
// +------+--------+---------
// | type | length | data ...
// +------+--------+---------
std::optional<std::size_t> find_bad_option(ByteView options, bool hop_by_hop, Ip6Packet& packet) {
  ByteReader in{options};
  while (in.remaining() > 0) {
    const std::size_t at = in.position();
    const std::uint8_t type = in.u8();
    if (type == kOptionPad1) continue;
    const std::uint8_t length = in.u8();
    const ByteView data = in.take(length);
    if (!in.ok()) return at;
    if (type == kOptionPadN) continue;
    if (type == kOptionRouterAlert && hop_by_hop) {
      if (length != 2) return at;
      packet.router_alert_mld = data.span()[0] == 0 && data.span()[1] == 0;
      continue;
    }
    if ((type & kOptionActionMask) != 0) return at;  // jumbo payloads (0xc2), too: no link here carries one
  }
  return std::nullopt;
}

// What one extension header did to the walk.
std::optional<Drop> read_extension(ByteReader& in, std::size_t base, std::uint8_t& next, Ip6Packet& packet) {
  const std::size_t at = base + in.position();
  const std::uint8_t kind = next;
  next = in.u8();
  if (kind == kNextHeaderFragment) {
    // RFC 8200 4.5: next(8) reserved(8) offset(13) reserved(2) M(1) identification(32)
    in.skip(1);
    const std::uint16_t field = in.be16();
    in.skip(4);
    if (!in.ok() || packet.fragment) return drop(kIp6ExtensionHeader, at);
    packet.fragment = Ip6Fragment{.offset = static_cast<std::uint16_t>(field & 0xfff8U), .more = (field & 1U) != 0};
    return std::nullopt;
  }
  // RFC 8200 4.3, 4.4, 4.6: next(8) length(8, in units of 8 bytes without the first 8) data
  const std::uint8_t units = in.u8();
  const ByteView data = in.take(6 + std::size_t{units} * 8);
  if (!in.ok()) return drop(kIp6ExtensionHeader, at);
  if (kind == kNextHeaderRouting) {
    // RFC 8200 4.4: type(8) segments left(8). We are no hop of anybody's route.
    if (data.span()[1] != 0) return drop(kIp6Routing, at + 3);
    return std::nullopt;
  }
  if (const auto bad = find_bad_option(data, kind == kNextHeaderHopByHop, packet)) {
    return drop(kIp6ExtensionOption, at + 2 + *bad);
  }
  return std::nullopt;
}

}  // namespace

// RFC 8200 3:
//
//  0       4               12                                    32 bits
// +-------+---------------+---------------------------------------+
// |  6    | traffic class |              flow label               |
// +-------+---------------+-------+---------------+---------------+
// |        payload length         |  next header  |   hop limit   |
// +-------------------------------+---------------+---------------+
// |                   source (16 bytes)                           |
// |                   destination (16 bytes)                      |
// +---------------------------------------------------------------+
Parsed<Ip6Packet> parse_ip6(ByteView bytes) {
  if (bytes.size() < kIp6HeaderSize) return drop(kIp6Short, bytes.size());
  const FixedView<kIp6HeaderSize> header{bytes.span().first<kIp6HeaderSize>()};
  const auto payload_size = header.be<std::uint16_t, 4>();
  auto next = header.be<std::uint8_t, 6>();
  Ip6Packet packet;
  packet.hop_limit = header.be<std::uint8_t, 7>();
  packet.source = IpAddress::v6(header.array<8, 16>());
  packet.destination = IpAddress::v6(header.array<24, 16>());
  if (header.be<std::uint8_t, 0>() >> 4U != 6) return drop(kIp6Version, 0);
  if (bytes.size() - kIp6HeaderSize < payload_size) return drop(kIp6PayloadLength, 4);
  const ByteView payload{bytes.span().subspan(kIp6HeaderSize, payload_size)};
  packet.whole = ByteView{bytes.span().first(kIp6HeaderSize + payload_size)};
  if (packet.source.is_multicast()) return drop(kIp6SourceMulticast, 8);
  if (packet.source.is_loopback()) return drop(kIp6SourceLoopback, 8);
  if (packet.source.is_v4_mapped()) return drop(kIp6SourceMapped, 8);

  // Each header takes 8 bytes or more, so the walk ends. Hop-by-hop stands directly after the IPv6 header or nowhere.
  ByteReader in{payload};
  bool first_header = true;
  while (next == kNextHeaderDestinationOptions || next == kNextHeaderRouting || next == kNextHeaderFragment ||
         next == kNextHeaderHopByHop) {
    if (next == kNextHeaderHopByHop && !first_header) {
      return drop(kIp6ExtensionHeader, kIp6HeaderSize + in.position());
    }
    first_header = false;
    if (const auto bad = read_extension(in, kIp6HeaderSize, next, packet)) return *bad;
    if (packet.fragment && packet.fragment->offset != 0) break;
  }
  packet.next_header = next;
  packet.payload = in.rest();
  return packet;
}

void emit_ip6(const IpAddress& source, const IpAddress& destination, std::uint8_t next_header, std::uint8_t hop_limit,
              std::uint16_t payload_size, FrameWriter& out) {
  if (const auto fixed = out.fixed<8>()) {
    fixed->be16<0>(6U << 12U);
    fixed->be16<2>(0);
    fixed->be16<4>(payload_size);
    fixed->u8<6>(next_header);
    fixed->u8<7>(hop_limit);
  }
  out.address(source);
  out.address(destination);
}

}  // namespace neigh::wire
