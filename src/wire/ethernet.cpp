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
  return parse_into<EthernetFrame>([&](EthernetFrame& out) -> std::optional<Drop> {
    const auto bytes = frame.span();
    if (bytes.size() < kEthernetHeaderSize) return drop(kFrameShort, bytes.size());
    const FixedView<kEthernetHeaderSize> fixed{bytes.first<kEthernetHeaderSize>()};
    out.header.destination = LinkAddress::ether(fixed.array<0, 6>());
    out.header.source = LinkAddress::ether(fixed.array<6, 6>());
    out.ether_type = fixed.be<std::uint16_t, 12>();
    std::size_t at = kEthernetHeaderSize;  // of what follows the type
    if (out.ether_type == kEtherTypeVlan) {
      if (bytes.size() < at + kVlanTagSize) return drop(kFrameShort, bytes.size());
      const FixedView<kVlanTagSize> tag{bytes.subspan<kEthernetHeaderSize, kVlanTagSize>()};
      out.header.tag = tag.be<std::uint16_t, 0>();
      out.ether_type = tag.be<std::uint16_t, 2>();
      at += kVlanTagSize;
    }
    if (out.ether_type == kEtherTypeVlan || out.ether_type == kEtherTypeServiceVlan) {
      return drop(kFrameSeveralTags, at - 2);
    }
    if (out.ether_type < kEtherTypeMinimum) return drop(kFrameLlc, at - 2);
    if (bytes.size() - at > policy.mtu) return drop(kFrameTooLong, at + policy.mtu);
    if (policy.vlan_id && out.header.vlan_id() != *policy.vlan_id) return drop(kFrameVlan, 14);
    if (out.header.source.is_group() && !policy.accept_any_link_address) return drop(kFrameSource, 6);
    out.payload = ByteView{bytes.subspan(at)};
    return std::nullopt;
  });
}

Result<void> emit_ethernet(const EthernetView& header, std::uint16_t ether_type, FrameWriter& out) {
  if (const auto field = misfit(header, ether_type); !field.empty()) return cannot_emit(field);
  write_ethernet(header, ether_type, out);
  return {};
}

}  // namespace neigh::wire
