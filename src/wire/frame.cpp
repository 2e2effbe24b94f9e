// SPDX-License-Identifier: Apache-2.0
#include "wire/frame.hpp"

#include "wire/numbers.hpp"

namespace neigh::wire {

namespace {

template <class T>
Parsed<FrameContent> widen(const Parsed<T>& parsed) {
  if (!parsed) return parsed.error();
  return FrameContent{*parsed};
}

Parsed<FrameContent> parse_ip6_content(ByteView payload, const ParsePolicy& policy) {
  const auto packet = parse_ip6(payload);
  if (packet && is_nd(*packet)) return widen(parse_nd(*packet, policy));
  if (packet && is_mld_query(*packet)) return widen(parse_mld_query(*packet));
  return widen(packet);
}

}  // namespace

Parsed<FrameContent> parse_content(const EthernetFrame& frame, const ParsePolicy& policy) {
  switch (frame.ether_type) {
    case kEtherTypeArp:
      return widen(parse_arp(frame.payload, policy));
    case kEtherTypeIpv4:
      return widen(parse_ip4(frame.payload));
    case kEtherTypeIpv6:
      return parse_ip6_content(frame.payload, policy);
    default:
      return drop(DropReason::kFrameEtherType, frame.header.tag ? 16 : 12);
  }
}

Parsed<Frame> parse_frame(ByteView bytes, const ParsePolicy& policy) {
  const auto frame = parse_ethernet(bytes, policy);
  if (!frame) return frame.error();
  const auto content = parse_content(*frame, policy);
  if (!content) return content.error();
  return Frame{.header = frame->header, .content = *content};
}

}  // namespace neigh::wire
