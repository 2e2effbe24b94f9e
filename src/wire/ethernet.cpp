// SPDX-License-Identifier: Apache-2.0
#include "wire/ethernet.hpp"

#include "wire/numbers.hpp"

namespace neigh::wire {

using enum DropReason;

// IEEE 802.3 3.2 and 802.1Q 9.5; the tag is optional:
//
//  0             6             12      14      16      18
// +-------------+-------------+-------+-------+-------+---------
// | destination |   source    | 8100  |  TCI  | type  | payload
// +-------------+-------------+-------+-------+-------+---------
//                              TCI = PCP(3) DEI(1) VID(12)
Parsed<EthernetFrame> parse_ethernet(ByteView frame, const ParsePolicy& policy) {
  ByteReader in{frame};
  EthernetFrame out;
  out.header.destination = LinkAddress::ether(in.take_array<6>());
  out.header.source = LinkAddress::ether(in.take_array<6>());
  out.ether_type = in.be16();
  if (out.ether_type == kEtherTypeVlan) {
    out.header.tag = in.be16();
    out.ether_type = in.be16();
  }
  if (!in.ok()) return drop(kFrameShort, frame.size());
  if (out.ether_type == kEtherTypeVlan || out.ether_type == kEtherTypeServiceVlan) {
    return drop(kFrameSeveralTags, in.position() - 2);
  }
  if (out.ether_type < kEtherTypeMinimum) return drop(kFrameLlc, in.position() - 2);
  if (in.remaining() > policy.mtu) return drop(kFrameTooLong, in.position() + policy.mtu);
  if (policy.vlan_id && out.header.vlan_id() != *policy.vlan_id) return drop(kFrameVlan, 14);
  if (out.header.source.is_group() && !policy.accept_any_link_address) return drop(kFrameSource, 6);
  out.payload = in.rest();
  return out;
}

Result<void> emit_ethernet(const EthernetHeader& header, std::uint16_t ether_type, FrameWriter& out) {
  if (header.destination.size() != 6) return cannot_emit("ethernet_destination");
  if (header.source.size() != 6) return cannot_emit("ethernet_source");
  if (ether_type < kEtherTypeMinimum) return cannot_emit("ether_type");
  out.bytes(header.destination.bytes());
  out.bytes(header.source.bytes());
  if (header.tag) {
    out.be16(kEtherTypeVlan);
    out.be16(*header.tag);
  }
  out.be16(ether_type);
  return {};
}

}  // namespace neigh::wire
