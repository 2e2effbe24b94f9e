// SPDX-License-Identifier: Apache-2.0
/// @file
/// ARP for IPv4 (RFC 826, 5227).
#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "neigh/address.hpp"
#include "wire/drop.hpp"
#include "wire/ethernet.hpp"
#include "wire/frame_writer.hpp"

namespace neigh::wire {

/// Other operations are never accepted (ARP-006, ARP-047).
enum class ArpOperation : std::uint16_t { kRequest = 1, kReply = 2 };

/// A packet that is to be written, without copies of what it names.
struct ArpView {
  ArpOperation operation;
  const LinkAddress& sender_link;
  const IpAddress& sender;
  const LinkAddress& target_link;
  const IpAddress& target;
};

/// An ARP packet that passed every check that needs no knowledge of own addresses (ARP-040 to ARP-051, ARP-055).
struct ArpPacket {
  ArpOperation operation = ArpOperation::kRequest;
  LinkAddress sender_link;  ///< sha
  IpAddress sender;         ///< spa; 0.0.0.0 in a probe
  LinkAddress target_link;  ///< tha; without meaning in a request (ARP-027)
  IpAddress target;         ///< tpa

  /// A request with sender 0.0.0.0: somebody wants to use `target` (ACD-002).
  [[nodiscard]] bool is_probe() const { return operation == ArpOperation::kRequest && sender.is_unspecified(); }
  /// Sender and target address are the same, in a request or a reply (ARP-130, ARP-137).
  [[nodiscard]] bool is_gratuitous() const { return sender == target && !sender.is_unspecified(); }
  /// The sender may become a neighbor as far as its address alone tells: not 0.0.0.0 (ARP-049), not 240/4 (ARP-053).
  /// Whether it lies in one of our subnets and is no broadcast address of them (ARP-052 to ARP-054), the engine knows.
  [[nodiscard]] bool learnable() const { return !sender.is_unspecified() && sender.bytes()[0] < 224; }

  friend bool operator==(const ArpPacket&, const ArpPacket&) = default;
  operator ArpView() const {  // NOLINT(google-explicit-constructor)
    return {operation, sender_link, sender, target_link, target};
  }
};

/// `body` begins after the EtherType; bytes after the packet are ignored (ARP-008).
[[nodiscard]] Parsed<ArpPacket> parse_arp(ByteView body, const ParsePolicy& policy = {});

/// Writes one whole frame without padding (ARP-007: `out.pad_to(kMinimumFrameSize)` where the port does not).
/// @retval Errc::kInvalidArgument  a field that cannot be sent, a packet that a checking receiver drops, or "buffer".
[[nodiscard]] Result<std::size_t> emit_arp_frame(const EthernetView& header, const ArpView& packet, FrameWriter& out,
                                                 const ParsePolicy& policy = {});

}  // namespace neigh::wire
