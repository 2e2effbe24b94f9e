// SPDX-License-Identifier: Apache-2.0
#include "wire/arp.hpp"

#include <optional>

#include "wire/numbers.hpp"

namespace neigh::wire {

using enum DropReason;

namespace {

std::optional<DropReason> check_addresses(const ArpPacket& packet, const ParsePolicy& policy) {
  if (!policy.accept_any_link_address) {
    if (packet.sender_link.is_group()) return kArpSenderLinkGroup;
    if (!packet.sender_link.empty() && packet.sender_link.is_zero()) return kArpSenderLinkZero;
  }
  if (packet.operation == ArpOperation::kReply && packet.sender.is_unspecified()) return kArpReplyFromZero;
  if (packet.sender.is_limited_broadcast() || packet.sender.is_multicast() || packet.sender.is_loopback()) {
    return kArpSenderAddress;
  }
  if (packet.target.is_multicast() || packet.target.is_loopback()) return kArpTargetAddress;
  // A reply to a probe has target 0.0.0.0 (ARP-049); nobody can be asked for it.
  if (packet.operation == ArpOperation::kRequest &&
      (packet.target.is_unspecified() || packet.target.is_limited_broadcast())) {
    return kArpTargetAddress;
  }
  return std::nullopt;
}

// Where the field stands that check_addresses complains about.
std::size_t offset_of(DropReason reason, std::size_t hardware_size) {
  switch (reason) {
    case kArpSenderLinkGroup:
    case kArpSenderLinkZero:
      return 8;
    case kArpTargetAddress:
      return 8 + 2 * hardware_size + 4;
    default:
      return 8 + hardware_size;
  }
}

}  // namespace

// RFC 826 "Packet format"; byte offsets for Ethernet and IPv4 (ARP-001):
//
//  0     2     4   5   6    8     14     18     24     28
// +-----+-----+---+---+----+-----+------+------+------+
// | hrd | pro |hln|pln| op | sha | spa  | tha  | tpa  |
// +-----+-----+---+---+----+-----+------+------+------+
//
// The order of the checks is that of RFC 826 "Packet Reception", but for op, which comes before anything is learned
// (ARP-006, ARP-020).
Parsed<ArpPacket> parse_arp(ByteView body, const ParsePolicy& policy) {
  ByteReader in{body};
  const std::uint16_t hardware = in.be16();
  const std::uint16_t protocol = in.be16();
  const std::uint8_t hardware_size = in.u8();
  const std::uint8_t protocol_size = in.u8();
  const std::uint16_t operation = in.be16();
  if (!in.ok()) return drop(kArpShort, body.size());
  if (hardware == kArpTypeIeee802 && hardware != policy.arp_hardware_type) {
    if (!policy.accept_ieee802_hardware) return drop(kArpHardwareIeee802, 0);
  } else if (hardware != policy.arp_hardware_type) {
    return drop(kArpHardwareType, 0);
  }
  if (hardware_size != policy.link.address_size) return drop(kArpHardwareSize, 4);
  if (protocol != kEtherTypeIpv4) return drop(kArpProtocolType, 2);
  if (protocol_size != 4) return drop(kArpProtocolSize, 5);

  const ByteView sha = in.take(hardware_size);
  const auto spa = in.take_array<4>();
  const ByteView tha = in.take(hardware_size);
  const auto tpa = in.take_array<4>();
  if (!in.ok()) return drop(kArpShort, body.size());
  if (operation != 1 && operation != 2) return drop(kArpOperation, 6);

  ArpPacket packet{
      .operation = static_cast<ArpOperation>(operation), .sender = IpAddress::v4(spa), .target = IpAddress::v4(tpa)};
  if (hardware_size == 6) {  // Ethernet has nothing else, and this is a third of the time that a frame takes here
    packet.sender_link = LinkAddress::ether(ByteReader{sha}.take_array<6>());
    packet.target_link = LinkAddress::ether(ByteReader{tha}.take_array<6>());
  } else {
    auto sender_link = LinkAddress::from_bytes(sha.span());
    auto target_link = LinkAddress::from_bytes(tha.span());
    if (!sender_link || !target_link) return drop(kArpHardwareSize, 4);  // a policy of more than 32 bytes
    packet.sender_link = *sender_link;
    packet.target_link = *target_link;
  }
  if (const auto reason = check_addresses(packet, policy)) return drop(*reason, offset_of(*reason, hardware_size));
  return packet;
}

Result<std::size_t> emit_arp_frame(const EthernetHeader& header, const ArpPacket& packet, FrameWriter& out,
                                   const ParsePolicy& policy) {
  if (packet.operation != ArpOperation::kRequest && packet.operation != ArpOperation::kReply) {
    return cannot_emit("operation");
  }
  if (packet.sender_link.size() != policy.link.address_size) return cannot_emit("sender_link");
  if (packet.target_link.size() != policy.link.address_size) return cannot_emit("target_link");
  if (!packet.sender.is_v4()) return cannot_emit("sender");
  if (!packet.target.is_v4()) return cannot_emit("target");
  if (const auto reason = check_addresses(packet, policy)) return cannot_emit(describe(*reason).meaning);
  if (auto written = emit_ethernet(header, kEtherTypeArp, out); !written) return std::move(written).error();
  out.be16(policy.arp_hardware_type);
  out.be16(kEtherTypeIpv4);
  out.u8(policy.link.address_size);
  out.u8(4);
  out.be16(static_cast<std::uint16_t>(packet.operation));
  out.bytes(packet.sender_link.bytes());
  out.bytes(packet.sender.bytes());
  out.bytes(packet.target_link.bytes());
  out.bytes(packet.target.bytes());
  return finish(out);
}

}  // namespace neigh::wire
