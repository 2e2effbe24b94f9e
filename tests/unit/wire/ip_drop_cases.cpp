// SPDX-License-Identifier: Apache-2.0
// Ethernet, IPv6 and IPv4 headers, extension headers, MLD queries.
#include "cases.hpp"

namespace neigh::wire::test {

using enum DropReason;

namespace {

const Bytes kSolicit = zeros(4) + of(kOurs6);

DropCase ip6_case(std::string name, std::string cites, const RawIp6& header, DropReason reason, std::size_t offset) {
  return {std::move(name), std::move(cites), icmp6_frame(header, {.type = 135, .body = kSolicit}), reason, offset};
}

void add_ethernet(std::vector<DropCase>& out) {
  const Bytes packet = arp({});
  out.push_back({"empty_frame", "NDF-019", {}, kFrameShort, 0});
  out.push_back({"frame_of_13_bytes", "NDF-019", zeros(13), kFrameShort, 13});
  out.push_back({"tag_without_type", "NDF-019", ethernet({.type = 0x8100}, zeros(3)), kFrameShort, 17});
  out.push_back({"two_8021q_tags", "PRT-010", ethernet({.tags = hex("8100 0000 8100 0000"), .type = 0x0806}, packet),
                 kFrameSeveralTags, 16});
  out.push_back({"service_tag", "PRT-010", ethernet({.tags = hex("88a8 0000 8100 0000"), .type = 0x0806}, packet),
                 kFrameSeveralTags, 12});
  out.push_back({"service_tag_inside", "PRT-010",
                 ethernet({.tags = hex("8100 0000 88a8 0000"), .type = 0x0806}, packet), kFrameSeveralTags, 16});
  out.push_back({"largest_length_is_no_type", "PRT-010", ethernet({.type = 0x05ff}, packet), kFrameLlc, 12});
  out.push_back({"longer_than_mtu", "PRT-010", ethernet({.type = 0x0806}, packet + zeros(1500 - 28 + 1)), kFrameTooLong,
                 14 + 1500});
  out.push_back({"longer_than_small_mtu_tagged",
                 "PRT-010",
                 ethernet({.tags = hex("8100 0000"), .type = 0x0806}, packet + zeros(1)),
                 kFrameTooLong,
                 18 + 28,
                 {.mtu = 28}});
}

void add_ip6(std::vector<DropCase>& out) {
  Bytes header = ip6({}, {});
  header.pop_back();
  out.push_back({"ip6_header_of_39_bytes", "NDF-019", ethernet({}, header), kIp6Short, 39});
  out.push_back({"ip6_empty", "NDF-019", ethernet({}, {}), kIp6Short, 0});
  out.push_back(ip6_case("ip6_version_4", "NDF-019", {.version = 4}, kIp6Version, 0));
  out.push_back(ip6_case("ip6_version_7", "NDF-019", {.version = 7}, kIp6Version, 0));
  out.push_back(ip6_case("ip6_payload_one_too_long", "NDF-019", {.payload_length = 25}, kIp6PayloadLength, 4));
  out.push_back(ip6_case("ip6_payload_65535", "NDF-019", {.payload_length = 65535}, kIp6PayloadLength, 4));
  out.push_back(ip6_case("ip6_source_multicast", "NDV-015", {.source = ip("ff02::1")}, kIp6SourceMulticast, 8));
  out.push_back(
      ip6_case("ip6_source_solicited_node", "NDV-015", {.source = ip("ff02::1:ff00:2")}, kIp6SourceMulticast, 8));
  out.push_back(ip6_case("ip6_source_loopback", "NDV-016", {.source = ip("::1")}, kIp6SourceLoopback, 8));
  out.push_back(ip6_case("ip6_source_mapped", "NDV-016", {.source = ip("::ffff:10.0.0.1")}, kIp6SourceMapped, 8));

  const auto extension = [&out](std::string name, unsigned first, std::string_view bytes, DropReason reason,
                                std::size_t offset) {
    out.push_back(
        ip6_case(std::move(name), "NDF-022", {.next_header = first, .extensions = hex(bytes)}, reason, offset));
  };
  extension("hop_by_hop_twice", 0, "00 00 010400000000  3a 00 010400000000", kIp6ExtensionHeader, 48);
  extension("hop_by_hop_after_destination", 60, "00 00 010400000000  3a 00 010400000000", kIp6ExtensionHeader, 48);
  extension("extension_longer_than_payload", 60, "3a ff 010400000000", kIp6ExtensionHeader, 40);
  extension("option_runs_past_its_header", 60, "3a 00 1e05 00000000", kIp6ExtensionOption, 42);
  extension("option_without_length", 60, "3a 00 0103000000 1e", kIp6ExtensionOption, 47);
  extension("unknown_option_discard", 60, "3a 00 4004 00000000", kIp6ExtensionOption, 42);
  extension("unknown_option_discard_and_tell", 0, "3a 00 8004 00000000", kIp6ExtensionOption, 42);
  extension("jumbo_payload", 0, "3a 00 c204 00010000", kIp6ExtensionOption, 42);
  extension("router_alert_of_three_bytes", 0, "3a 00 0503 000000 00", kIp6ExtensionOption, 42);
  extension("routing_with_segments_left", 43, "3a 00 0401 00000000", kIp6Routing, 43);
  extension("routing_type_0_with_segments_left", 43, "3a 02 0001 00000000 00000000000000000000000000000000",
            kIp6Routing, 43);
  extension("two_fragment_headers", 44, "2c 00 0000 00000001  3a 00 0000 00000002", kIp6ExtensionHeader, 48);
  out.push_back(
      {"extension_of_one_byte", "NDF-022", ethernet({}, ip6({.next_header = 60}, {58})), kIp6ExtensionHeader, 40});
  out.push_back({"fragment_header_truncated", "NDF-022", ethernet({}, ip6({.next_header = 44}, hex("3a000001000000"))),
                 kIp6ExtensionHeader, 40});
}

const char* const kRouterAlert = "3a 00 0502 0000 0100";

DropCase mld_case(std::string name, RawIp6 header, const Bytes& body, DropReason reason, std::size_t offset) {
  if (header.next_header == 0 && header.extensions.empty()) header.extensions = hex(kRouterAlert);
  return {std::move(name), "", icmp6_frame(header, {.type = 130, .body = body}), reason, offset};
}

void add_mld(std::vector<DropCase>& out) {
  const RawIp6 querier{.source = kPeerLocal, .destination = ip("ff02::1"), .hop_limit = 1, .next_header = 0};
  const Bytes version1 = be16(1000) + zeros(2 + 16);
  const Bytes version2 = version1 + hex("027d 0000");
  for (const std::size_t size : {0U, 19U, 21U, 23U}) {
    Bytes body = version2;
    body.resize(size);
    out.push_back(mld_case("mld_query_of_" + std::to_string(4 + size), querier, body, kMldShort, 4 + size));
  }
  out.push_back(
      mld_case("mld_query_sources_missing", querier, version1 + hex("027d 0001") + zeros(15), kMldShort, 24 + 4 + 15));
  RawIp6 header = querier;
  header.hop_limit = 255;
  out.push_back(mld_case("mld_hop_limit_255", header, version2, kMldHopLimit, 7));
  header = querier;
  header.source = kPeer6;
  out.push_back(mld_case("mld_source_global", header, version2, kMldSource, 8));
  header.source = ip("::");
  out.push_back(mld_case("mld_source_unspecified", header, version2, kMldSource, 8));
  header = querier;
  header.next_header = 58;
  out.push_back(mld_case("mld_without_router_alert", header, version2, kMldRouterAlert, 0));
  header = querier;
  header.extensions = hex("3a 00 0502 0001 0100");
  out.push_back(mld_case("mld_router_alert_of_rsvp", header, version2, kMldRouterAlert, 0));
  DropCase bad = mld_case("mld_checksum", querier, version2, kMldChecksum, 2);
  bad.bytes[14 + 40 + 8 + 2] ^= 0x01;
  out.push_back(bad);
}

Bytes ip4(const Bytes& source, unsigned first, unsigned total, unsigned fragment, const Bytes& payload) {
  Bytes header = Bytes{static_cast<std::uint8_t>(first), 0} + be16(total) + zeros(2) + be16(fragment) +
                 hex("40 01 0000") + source + of(kOurs4);
  const Bytes sum = be16(reference_checksum(header));
  header[10] = sum[0];
  header[11] = sum[1];
  return ethernet({.type = 0x0800}, header + payload);
}

void add_ip4(std::vector<DropCase>& out) {
  const Bytes echo = hex("0800 f7fd 0001 0001");
  const auto bad = [&](std::string name, const Bytes& frame, DropReason reason, std::size_t offset) {
    out.push_back({"ip4_" + std::move(name), "", frame, reason, offset});
  };
  Bytes frame = ip4(of(kPeer4), 0x45, 28, 0, {});
  frame.pop_back();
  bad("of_19_bytes", frame, kIp4Short, 19);
  bad("version_6", ip4(of(kPeer4), 0x65, 28, 0, echo), kIp4Version, 0);
  bad("header_of_16_bytes", ip4(of(kPeer4), 0x44, 28, 0, echo), kIp4HeaderLength, 0);
  bad("header_longer_than_frame", ip4(of(kPeer4), 0x4f, 28, 0, echo), kIp4HeaderLength, 0);
  bad("total_shorter_than_header", ip4(of(kPeer4), 0x45, 19, 0, echo), kIp4TotalLength, 2);
  bad("total_longer_than_frame", ip4(of(kPeer4), 0x45, 29, 0, echo), kIp4TotalLength, 2);
  frame = ip4(of(kPeer4), 0x45, 28, 0, echo);
  frame[14 + 8] ^= 0x80;
  bad("checksum", frame, kIp4Checksum, 10);
  for (const std::string_view source : {"255.255.255.255", "224.0.0.251", "127.0.0.1"}) {
    bad("source_" + std::string(source), ip4(of(ip(source)), 0x45, 28, 0, echo), kIp4Source, 12);
  }
}

}  // namespace

std::vector<DropCase> ip_drop_cases() {
  std::vector<DropCase> out;
  add_ethernet(out);
  add_ip6(out);
  add_mld(out);
  add_ip4(out);
  return out;
}

}  // namespace neigh::wire::test
