// SPDX-License-Identifier: Apache-2.0
/// @file
/// A received frame as a whole: one call from bytes to a typed message or the reason why there is none.
#pragma once

#include <variant>

#include "base/bytes.hpp"
#include "wire/arp.hpp"
#include "wire/drop.hpp"
#include "wire/echo.hpp"
#include "wire/ethernet.hpp"
#include "wire/ipv6.hpp"
#include "wire/mld.hpp"
#include "wire/nd.hpp"

namespace neigh::wire {

/// IP packets that are neither ND nor an MLD query are the caller's: `Ip4Packet`, `Ip6Packet`.
using FrameContent = std::variant<ArpPacket, NdPacket, MldQuery, Ip4Packet, Ip6Packet>;

/// A frame that passed every check of this room. It looks into the bytes that were parsed and must not outlive them.
struct Frame {
  EthernetHeader header;
  FrameContent content;
};

/// What stands in a frame whose header has been read.
[[nodiscard]] Parsed<FrameContent> parse_content(const EthernetFrame& frame, const ParsePolicy& policy);

/// Allocates nothing, whether it accepts or rejects, and takes time linear in the size of the frame. The offset of a
/// `Drop` counts from the header of the layer that rejected.
[[nodiscard]] Parsed<Frame> parse_frame(ByteView bytes, const ParsePolicy& policy = {});

}  // namespace neigh::wire
