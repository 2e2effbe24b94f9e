// SPDX-License-Identifier: Apache-2.0
/// @file
/// Ethernet II with at most one IEEE 802.1Q tag.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "neigh/address.hpp"
#include "wire/drop.hpp"
#include "wire/frame_writer.hpp"

namespace neigh::wire {

/// Who sends a frame to whom. Replies go out untagged on an untagged interface, also to a priority-tagged request
/// (PRT-009).
struct EthernetHeader {
  LinkAddress destination;  ///< 6 bytes.
  LinkAddress source;       ///< 6 bytes.
  /// Priority (3 bits), drop eligible (1 bit) and VLAN id (12 bits), if there is a tag.
  std::optional<std::uint16_t> tag = {};

  /// 0 for untagged and priority-tagged frames (ARP-056).
  [[nodiscard]] std::uint16_t vlan_id() const noexcept {
    return tag ? static_cast<std::uint16_t>(*tag & 0x0fffU) : std::uint16_t{0};
  }
  friend bool operator==(const EthernetHeader&, const EthernetHeader&) = default;
};

/// A frame taken apart; `payload` looks into the bytes that were parsed and holds the padding, too.
struct EthernetFrame {
  EthernetHeader header;
  std::uint16_t ether_type = 0;
  ByteView payload;
};

/// Accepts frames of any length from the header up (no minimum of 60: PRT-008) to the MTU.
[[nodiscard]] Parsed<EthernetFrame> parse_ethernet(ByteView frame, const ParsePolicy& policy = {});

/// Writes the header; the payload follows.
/// @retval Errc::kInvalidArgument  an address is not 6 bytes long, or the type is no EtherType.
[[nodiscard]] Result<void> emit_ethernet(const EthernetHeader& header, std::uint16_t ether_type, FrameWriter& out);

}  // namespace neigh::wire
