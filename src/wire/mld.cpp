// SPDX-License-Identifier: Apache-2.0
#include "wire/mld.hpp"

#include "wire/checksum.hpp"
#include "wire/icmp6_writer.hpp"
#include "wire/multicast.hpp"
#include "wire/numbers.hpp"

namespace neigh::wire {

using enum DropReason;

namespace {

constexpr std::uint8_t kTypeQuery = 130;
constexpr std::uint8_t kTypeReport2 = 143;
constexpr std::size_t kQuery1Size = 24;
constexpr std::size_t kQuery2Size = 28;

// Hop-by-hop header: next header 58, length 0, router alert (5, 2, value 0: MLD), PadN of no bytes (RFC 2711 2.1).
constexpr std::uint8_t kRouterAlertHeader[] = {kNextHeaderIcmp6, 0, 5, 2, 0, 0, 1, 0};

// RFC 3810 5.1.3: from 32768 on a floating-point value, exponent in bits 14 to 12.
constexpr std::uint32_t response_ms(std::uint16_t code) {
  if (code < 0x8000U) return code;
  return (std::uint32_t{code & 0x0fffU} | 0x1000U) << (((code >> 12U) & 7U) + 3U);
}

}  // namespace

// RFC 3810 5.2:
//
// +------+------+----------+----------+---------+
// | 143  |  0   | checksum | reserved | records |
// +------+------+----------+----------+---------+
// | type | aux 0 | sources 0 | group (16 bytes)  |  for each record
// +------+-------+-----------+-------------------+
Result<std::size_t> emit_mld_report_frame(const MldReport& report, FrameWriter& out) {
  if (!report.source.is_link_local() && !report.source.is_unspecified()) return cannot_emit("source");
  if (report.records.empty() || report.records.size() > 0xffff) return cannot_emit("records");
  for (const MldRecord& r : report.records) {
    if (!r.group.is_v6() || !r.group.is_multicast()) return cannot_emit("group");
  }
  const EthernetView header{
      .destination = ether_group(kIp6AllMldv2Routers), .source = report.source_link, .tag = report.tag};
  const Icmp6Envelope envelope{.header = header,
                               .source = report.source,
                               .destination = kIp6AllMldv2Routers,
                               .hop_limit = kHopLimitOfMld,
                               .type = kTypeReport2,
                               .hop_by_hop = kRouterAlertHeader};
  return emit_icmp6_frame(envelope, out, [&](FrameWriter& body) {
    body.be16(0);
    body.be16(static_cast<std::uint16_t>(report.records.size()));
    for (const MldRecord& r : report.records) {
      body.u8(static_cast<std::uint8_t>(r.type));
      body.u8(0);
      body.be16(0);
      body.bytes(r.group.bytes());
    }
  });
}

bool is_mld_query(const Ip6Packet& packet) {
  if (packet.next_header != kNextHeaderIcmp6 || packet.payload.empty()) return false;
  if (packet.fragment && packet.fragment->offset != 0) return false;
  return packet.payload.span()[0] == kTypeQuery;
}

// RFC 3810 5.1; version 1 ends after the group (RFC 2710 3):
//
//  0      1      2          4               6          8        24            26      28
// +------+------+----------+---------------+----------+--------+-------------+-------+---------+
// | 130  | code | checksum | response code | reserved | group  | S QRV QQIC  | count | sources |
// +------+------+----------+---------------+----------+--------+-------------+-------+---------+
Parsed<MldQuery> parse_mld_query(const Ip6Packet& packet) {
  if (!is_mld_query(packet)) return drop(kMldType, 0);
  const auto bytes = packet.payload.span();
  // RFC 3810 8.1: neither the size of version 1 nor that of version 2.
  if (bytes.size() != kQuery1Size && bytes.size() < kQuery2Size) return drop(kMldShort, bytes.size());
  if (icmp6_checksum(packet.source, packet.destination, bytes) != 0) return drop(kMldChecksum, 2);
  if (packet.hop_limit != kHopLimitOfMld) return drop(kMldHopLimit, 7);
  if (!packet.source.is_link_local()) return drop(kMldSource, 8);
  if (!packet.router_alert_mld) return drop(kMldRouterAlert, 0);

  ByteReader in{packet.payload};
  in.skip(4);
  const std::uint16_t code = in.be16();
  in.skip(2);
  MldQuery out{.source = packet.source, .group = IpAddress::v6(in.take_array<16>())};
  if (bytes.size() == kQuery1Size) {
    out.version = 1;
    out.max_response_ms = code;
    return out;
  }
  in.skip(2);
  const std::uint16_t sources = in.be16();
  in.skip(std::size_t{sources} * 16);
  if (!in.ok()) return drop(kMldShort, bytes.size());
  out.max_response_ms = response_ms(code);
  out.for_sources = sources != 0;
  return out;
}

}  // namespace neigh::wire
