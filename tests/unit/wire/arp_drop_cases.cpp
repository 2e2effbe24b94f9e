// SPDX-License-Identifier: Apache-2.0
// Part 1.3 of the specification, the rows that need no knowledge of own addresses.
#include "cases.hpp"

namespace neigh::wire::test {

using enum DropReason;

namespace {

DropCase malformed(std::string name, std::string cites, const RawArp& packet, DropReason reason, std::size_t offset) {
  return {std::move(name), std::move(cites), arp_frame(packet), reason, offset};
}

DropCase truncated(std::size_t size) {
  Bytes body = arp({});
  body.resize(size);
  return {"arp_truncated_to_" + std::to_string(size), "ARP-040",
          ethernet({.destination = kBroadcast, .type = 0x0806}, body), kArpShort, size};
}

}  // namespace

std::vector<DropCase> arp_drop_cases() {
  std::vector<DropCase> out;
  for (const std::size_t size : {27U, 8U, 7U, 1U, 0U}) out.push_back(truncated(size));

  for (const unsigned hardware : {0U, 7U, 15U, 36U, 256U, 65535U}) {
    out.push_back(malformed("arp_hardware_" + std::to_string(hardware),
                            hardware == 36 || hardware == 256 ? "ARP-005" : "ARP-042", {.hardware = hardware},
                            kArpHardwareType, 0));
  }
  out.push_back(malformed("arp_hardware_6", "ARP-043", {.hardware = 6}, kArpHardwareIeee802, 0));

  for (const unsigned protocol : {0U, 0x0806U, 0x86ddU, 0x0008U, 0xffffU}) {
    out.push_back(
        malformed("arp_protocol_" + std::to_string(protocol), "ARP-044", {.protocol = protocol}, kArpProtocolType, 2));
  }
  for (const unsigned size : {0U, 5U, 7U, 8U, 255U}) {
    const std::string name = "arp_hln_" + std::to_string(size);
    out.push_back(malformed(name, "ARP-044", {.hardware_size = size}, kArpHardwareSize, 4));
    out.push_back(malformed(name + "_with_matching_fields", "ARP-044",
                            {.hardware_size = size, .sha = Bytes(size, 2), .tha = Bytes(size, 0)}, kArpHardwareSize,
                            4));
  }
  for (const unsigned size : {0U, 3U, 6U, 16U, 255U}) {
    const std::string name = "arp_pln_" + std::to_string(size);
    out.push_back(malformed(name, "ARP-044", {.protocol_size = size}, kArpProtocolSize, 5));
    out.push_back(malformed(name + "_with_matching_fields", "ARP-044",
                            {.protocol_size = size, .spa = Bytes(size, 10), .tpa = Bytes(size, 10)}, kArpProtocolSize,
                            5));
  }
  for (const unsigned operation : {0U, 3U, 4U, 8U, 9U, 10U, 23U, 24U, 25U, 0xffffU, 0x0100U, 0x0200U}) {
    const bool experimental = operation == 24 || operation == 25;
    out.push_back(malformed("arp_operation_" + std::to_string(operation),
                            experimental ? "ARP-005 ARP-006" : "ARP-047 ARP-006", {.operation = operation},
                            kArpOperation, 6));
  }
  for (const unsigned operation : {1U, 2U}) {
    const std::string kind = operation == 1 ? "request" : "reply";
    const auto with = [&](std::string what, std::string cites, RawArp packet, DropReason reason, std::size_t offset) {
      packet.operation = operation;
      out.push_back(malformed("arp_" + kind + "_" + what, std::move(cites), packet, reason, offset));
    };
    with("sha_broadcast", "ARP-045", {.sha = of(kBroadcast)}, kArpSenderLinkGroup, 8);
    with("sha_group", "ARP-045", {.sha = hex("01005e000001")}, kArpSenderLinkGroup, 8);
    with("sha_zero", "ARP-045", {.sha = zeros(6)}, kArpSenderLinkZero, 8);
    with("spa_limited_broadcast", "ARP-051", {.spa = of(ip("255.255.255.255"))}, kArpSenderAddress, 14);
    with("spa_multicast", "ARP-051", {.spa = of(ip("224.0.0.1"))}, kArpSenderAddress, 14);
    with("spa_last_multicast", "ARP-051", {.spa = of(ip("239.255.255.255"))}, kArpSenderAddress, 14);
    with("spa_loopback", "ARP-051", {.spa = of(ip("127.0.0.1"))}, kArpSenderAddress, 14);
    with("tpa_multicast", "ARP-055", {.tpa = of(ip("224.0.0.1"))}, kArpTargetAddress, 24);
    with("tpa_loopback", "ARP-055", {.tpa = of(ip("127.0.0.1"))}, kArpTargetAddress, 24);
  }
  out.push_back(
      malformed("arp_tpa_limited_broadcast", "ARP-055", {.tpa = of(ip("255.255.255.255"))}, kArpTargetAddress, 24));
  out.push_back(malformed("arp_tpa_zero", "ARP-055", {.tpa = zeros(4)}, kArpTargetAddress, 24));
  out.push_back(malformed("arp_reply_spa_zero", "ARP-050", {.operation = 2, .spa = zeros(4)}, kArpReplyFromZero, 14));

  out.push_back({"arp_ethernet_source_broadcast", "ARP-046", ethernet({.source = kBroadcast, .type = 0x0806}, arp({})),
                 kFrameSource, 6});
  out.push_back({"arp_ethernet_source_group", "ARP-046",
                 ethernet({.source = mac("33:33:00:00:00:01"), .type = 0x0806}, arp({})), kFrameSource, 6});
  out.push_back({"arp_vlan_not_served", "ARP-057", ethernet({.tags = hex("8100 0005"), .type = 0x0806}, arp({})),
                 kFrameVlan, 14});
  out.push_back({"arp_untagged_where_vlan_5_is_served", "ARP-057", arp_frame({}), kFrameVlan, 14, {.vlan_id = 5}});
  out.push_back({"rarp", "ARP-058", ethernet({.type = 0x8035}, arp({})), kFrameEtherType, 12});
  out.push_back({"rarp_tagged", "ARP-058", ethernet({.tags = hex("8100 2000"), .type = 0x8035}, arp({.operation = 3})),
                 kFrameEtherType, 16});
  // 802.3 length 36, then DSAP SSAP control OUI, then the EtherType.
  out.push_back({"arp_in_llc_snap", "ARP-009 PRT-010", ethernet({.type = 36}, hex("aaaa03 000000 0806") + arp({})),
                 kFrameLlc, 12});
  return out;
}

}  // namespace neigh::wire::test
