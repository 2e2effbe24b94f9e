// SPDX-License-Identifier: Apache-2.0
#include "wire/arp.hpp"

#include <optional>

#include "wire/numbers.hpp"

namespace neigh::wire {

using enum DropReason;

namespace {

[[gnu::always_inline]] inline std::optional<DropReason> check_addresses(const ArpView& packet,
                                                                        const ParsePolicy& policy) {
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
  return parse_into<ArpPacket>([&](ArpPacket& out) -> std::optional<Drop> {
    const auto bytes = body.span();
    if (bytes.size() < 8) return drop(kArpShort, bytes.size());
    const FixedView<8> fixed{bytes.first<8>()};
    const auto hardware = fixed.be<std::uint16_t, 0>();
    const std::size_t size = fixed.be<std::uint8_t, 4>();  // of a link-layer address
    const auto operation = fixed.be<std::uint16_t, 6>();
    if (hardware == kArpTypeIeee802 && hardware != policy.arp_hardware_type) {
      if (!policy.accept_ieee802_hardware) return drop(kArpHardwareIeee802, 0);
    } else if (hardware != policy.arp_hardware_type) {
      return drop(kArpHardwareType, 0);
    }
    if (size != policy.link.address_size) return drop(kArpHardwareSize, 4);
    if (fixed.be<std::uint16_t, 2>() != kEtherTypeIpv4) return drop(kArpProtocolType, 2);
    if (fixed.be<std::uint8_t, 5>() != 4) return drop(kArpProtocolSize, 5);

    if (bytes.size() < 8 + 2 * (size + 4)) return drop(kArpShort, bytes.size());
    const auto sha = bytes.subspan(8, size);
    const auto spa = bytes.subspan(8 + size).first<4>();
    const auto tha = bytes.subspan(8 + size + 4, size);
    const auto tpa = bytes.subspan(8 + size + 4 + size).first<4>();
    if (operation != 1 && operation != 2) return drop(kArpOperation, 6);

    out.operation = static_cast<ArpOperation>(operation);
    out.sender = IpAddress::v4(FixedView<4>{spa}.array<0, 4>());
    out.target = IpAddress::v4(FixedView<4>{tpa}.array<0, 4>());
    const bool fit = take_link_address(sha, out.sender_link) && take_link_address(tha, out.target_link);
    if (!fit) return drop(kArpHardwareSize, 4);  // a policy of more than 32 bytes
    if (const auto reason = check_addresses(out, policy)) return drop(*reason, offset_of(*reason, size));
    return std::nullopt;
  });
}

namespace {

// The name of what no frame can carry, or what is wrong with it for a checking receiver; empty: it fits.
std::string_view misfit(const ArpView& packet, const ParsePolicy& policy) {
  if (packet.operation != ArpOperation::kRequest && packet.operation != ArpOperation::kReply) return "operation";
  if (packet.sender_link.size() != policy.link.address_size) return "sender_link";
  if (packet.target_link.size() != policy.link.address_size) return "target_link";
  if (!packet.sender.is_v4()) return "sender";
  if (!packet.target.is_v4()) return "target";
  if (const auto reason = check_addresses(packet, policy)) return describe(*reason).meaning;
  return {};
}

}  // namespace

Result<std::size_t> emit_arp_frame(const EthernetView& header, const ArpView& packet, FrameWriter& out,
                                   const ParsePolicy& policy) {
  if (const auto field = misfit(packet, policy); !field.empty()) return cannot_emit(field);
  if (const auto field = misfit(header, kEtherTypeArp); !field.empty()) return cannot_emit(field);
  FrameWriter frame = out;  // one of its own, which no byte that is written can be a part of
  write_ethernet(header, kEtherTypeArp, frame);
  if (const auto fixed = frame.fixed<8>()) {
    fixed->be16<0>(policy.arp_hardware_type);
    fixed->be16<2>(kEtherTypeIpv4);
    fixed->u8<4>(policy.link.address_size);
    fixed->u8<5>(4);
    fixed->be16<6>(static_cast<std::uint16_t>(packet.operation));
  }
  frame.address(packet.sender_link);
  frame.address(packet.sender);
  frame.address(packet.target_link);
  frame.address(packet.target);
  out = frame;
  return finish(frame);
}

}  // namespace neigh::wire
