// SPDX-License-Identifier: Apache-2.0
/// @file
/// Ethernet II with at most one IEEE 802.1Q tag.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "neigh/address.hpp"
#include "wire/drop.hpp"
#include "wire/frame_writer.hpp"
#include "wire/numbers.hpp"

namespace neigh::wire {

/// A header that is to be written, without copies of what it names.
struct EthernetView {
  const LinkAddress& destination;
  const LinkAddress& source;
  std::optional<std::uint16_t> tag = {};  ///< As `EthernetHeader::tag`.
};

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
  operator EthernetView() const { return {destination, source, tag}; }  // NOLINT(google-explicit-constructor)
};

/// A frame taken apart; `payload` looks into the bytes that were parsed and holds the padding, too.
struct EthernetFrame {
  EthernetHeader header;
  std::uint16_t ether_type = 0;
  ByteView payload;
};

/// Accepts frames of any length from the header up (no minimum of 60: PRT-008) to the MTU.
[[nodiscard]] Parsed<EthernetFrame> parse_ethernet(ByteView frame, const ParsePolicy& policy = {});

/// The name of what no header can carry; empty: it fits.
[[nodiscard]] inline std::string_view misfit(const EthernetView& header, std::uint16_t ether_type) {
  if (header.destination.size() != 6) return "ethernet_destination";
  if (header.source.size() != 6) return "ethernet_source";
  return ether_type < kEtherTypeMinimum ? "ether_type" : std::string_view{};
}

/// Writes a header that is no misfit; the payload follows.
[[gnu::always_inline]] inline void write_ethernet(const EthernetView& header, std::uint16_t ether_type,
                                                  FrameWriter& out) {
  const auto addresses = [&](const auto& part) {
    part.template bytes<0>(header.destination.bytes().template first<6>());
    part.template bytes<6>(header.source.bytes().template first<6>());
  };
  if (!header.tag) {
    if (const auto part = out.fixed<kEthernetHeaderSize>()) {
      addresses(*part);
      part->be16<12>(ether_type);
    }
  } else if (const auto part = out.fixed<kEthernetHeaderSize + kVlanTagSize>()) {
    addresses(*part);
    part->be16<12>(kEtherTypeVlan);
    part->be16<14>(*header.tag);
    part->be16<16>(ether_type);
  }
}

/// Both.
/// @retval Errc::kInvalidArgument  an address is not 6 bytes long, or the type is no EtherType.
[[nodiscard]] Result<void> emit_ethernet(const EthernetView& header, std::uint16_t ether_type, FrameWriter& out);

}  // namespace neigh::wire
