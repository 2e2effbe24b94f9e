// SPDX-License-Identifier: Apache-2.0
#include "wire/echo.hpp"

#include <optional>

#include "wire/checksum.hpp"
#include "wire/icmp6_writer.hpp"
#include "wire/numbers.hpp"

namespace neigh::wire {

using enum DropReason;

namespace {

constexpr std::uint8_t kHopLimit = 64;
constexpr std::size_t kIp4HeaderSize = 20;
constexpr std::size_t kEchoHeaderSize = 8;
constexpr std::uint8_t kEchoRequest4 = 8;
constexpr std::uint8_t kEchoReply4 = 0;
constexpr std::uint8_t kEchoRequest6 = 128;
constexpr std::uint8_t kEchoReply6 = 129;

// RFC 792 "Echo or Echo Reply Message", RFC 4443 4.1 and 4.2; the checksum was verified:
//
// +------+------+----------+------------+----------+---------
// | type |  0   | checksum | identifier | sequence | data ...
// +------+------+----------+------------+----------+---------
Parsed<Echo> read_echo(ByteView bytes, std::uint8_t request, std::uint8_t reply) {
  ByteReader in{bytes};
  const std::uint8_t type = in.u8();
  const std::uint8_t code = in.u8();
  in.skip(2);
  Echo out{.is_reply = type == reply, .identifier = in.be16(), .sequence = in.be16()};
  if ((type != request && type != reply) || code != 0) return drop(kEchoType, 0);
  out.data = in.rest().span();
  return out;
}

}  // namespace

// RFC 791 3.1:
//
// +---------+-----+-----+--------------+
// | 4 | IHL | TOS | total length       |
// +---------+-----+-----+--------------+
// | identification      |-DM offset    |
// +---------+-----------+--------------+
// |   TTL   | protocol  | checksum     |
// +---------+-----------+--------------+
// |             source                 |
// |             destination            |
// |             options (IHL > 5)      |
// +------------------------------------+
Parsed<Ip4Packet> parse_ip4(ByteView bytes) {
  ByteReader in{bytes};
  const std::uint8_t first = in.u8();
  in.skip(1);
  const std::uint16_t total = in.be16();
  in.skip(2);
  const std::uint16_t fragment = in.be16();
  Ip4Packet out;
  out.ttl = in.u8();
  out.protocol = in.u8();
  in.skip(2);
  out.source = IpAddress::v4(in.take_array<4>());
  out.destination = IpAddress::v4(in.take_array<4>());
  if (!in.ok()) return drop(kIp4Short, bytes.size());
  if (first >> 4U != 4) return drop(kIp4Version, 0);
  const std::size_t header_size = std::size_t{first & 0x0fU} * 4;
  if (header_size < kIp4HeaderSize || header_size > bytes.size()) return drop(kIp4HeaderLength, 0);
  if (total < header_size || total > bytes.size()) return drop(kIp4TotalLength, 2);
  if (internet_checksum(bytes.span().first(header_size)) != 0) return drop(kIp4Checksum, 10);
  if (out.source.is_limited_broadcast() || out.source.is_multicast() || out.source.is_loopback()) {
    return drop(kIp4Source, 12);
  }
  out.is_fragment = (fragment & 0x3fffU) != 0;  // offset or "more fragments"
  out.whole = ByteView{bytes.span().first(total)};
  out.payload = ByteView{bytes.span().subspan(header_size, total - header_size)};
  return out;
}

Parsed<Echo> parse_echo4(const Ip4Packet& packet) {
  if (packet.protocol != kProtocolIcmp4) return drop(kEchoType, 0);
  if (packet.is_fragment) return drop(kEchoFragment, 0);
  if (packet.payload.size() < kEchoHeaderSize) return drop(kEchoShort, packet.payload.size());
  if (internet_checksum(packet.payload.span()) != 0) return drop(kEchoChecksum, 2);
  return read_echo(packet.payload, kEchoRequest4, kEchoReply4);
}

Parsed<Echo> parse_echo6(const Ip6Packet& packet) {
  if (packet.next_header != kNextHeaderIcmp6) return drop(kEchoType, 0);
  // A Fragment header on a whole packet is no obstacle (FRG-002).
  if (packet.fragment && !packet.fragment->is_atomic()) return drop(kEchoFragment, 0);
  if (packet.payload.size() < kEchoHeaderSize) return drop(kEchoShort, packet.payload.size());
  if (icmp6_checksum(packet.source, packet.destination, packet.payload.span()) != 0) return drop(kEchoChecksum, 2);
  return read_echo(packet.payload, kEchoRequest6, kEchoReply6);
}

Result<std::size_t> emit_echo4_frame(const EthernetView& header, const IpAddress& source, const IpAddress& destination,
                                     const Echo& echo, FrameWriter& out) {
  if (!source.is_v4()) return cannot_emit("source");
  if (!destination.is_v4()) return cannot_emit("destination");
  const std::size_t total = kIp4HeaderSize + kEchoHeaderSize + echo.data.size();
  if (total > 0xffff) return cannot_emit("total_length");
  if (auto written = emit_ethernet(header, kEtherTypeIpv4, out); !written) return std::move(written).error();
  const std::size_t ip_at = out.size();
  out.u8(0x45);
  out.u8(0);
  out.be16(static_cast<std::uint16_t>(total));
  out.be16(0);
  out.be16(0x4000);  // don't fragment; the identification means nothing then (RFC 6864 4.1)
  out.u8(kHopLimit);
  out.u8(kProtocolIcmp4);
  out.be16(0);
  out.bytes(source.bytes());
  out.bytes(destination.bytes());
  const std::size_t icmp_at = out.size();
  out.u8(echo.is_reply ? kEchoReply4 : kEchoRequest4);
  out.u8(0);
  out.be16(0);
  out.be16(echo.identifier);
  out.be16(echo.sequence);
  out.bytes(echo.data);
  if (!out.ok()) return finish(out);
  out.patch_be16(ip_at + 10, internet_checksum(out.written_since(ip_at).first(kIp4HeaderSize)));
  out.patch_be16(icmp_at + 2, internet_checksum(out.written_since(icmp_at)));
  return finish(out);
}

Result<std::size_t> emit_echo6_frame(const EthernetView& header, const IpAddress& source, const IpAddress& destination,
                                     const Echo& echo, FrameWriter& out) {
  const Icmp6Envelope envelope{.header = header,
                               .source = source,
                               .destination = destination,
                               .hop_limit = kHopLimit,
                               .type = echo.is_reply ? kEchoReply6 : kEchoRequest6};
  return emit_icmp6_frame(envelope, out, [&](FrameWriter& body) {
    body.be16(echo.identifier);
    body.be16(echo.sequence);
    body.bytes(echo.data);
  });
}

}  // namespace neigh::wire
