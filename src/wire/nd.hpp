// SPDX-License-Identifier: Apache-2.0
/// @file
/// Neighbor discovery messages (RFC 4861 4).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>

#include "neigh/address.hpp"
#include "wire/drop.hpp"
#include "wire/ethernet.hpp"
#include "wire/frame_writer.hpp"
#include "wire/ipv6.hpp"
#include "wire/nd_options.hpp"

namespace neigh::wire {

enum class NdType : std::uint8_t {
  kRouterSolicit = 133,
  kRouterAdvert = 134,
  kNeighborSolicit = 135,
  kNeighborAdvert = 136,
  kRedirect = 137,
};

/// NDF-001
struct RouterSolicit {
  std::optional<LinkAddress> source_link = {};
  friend bool operator==(const RouterSolicit&, const RouterSolicit&) = default;
};

/// NDF-002. Zero in a time or hop limit means "unspecified" (RTR-006).
struct RouterAdvert {
  std::uint8_t hop_limit = 0;
  bool managed = false;
  bool other_config = false;
  std::uint16_t router_lifetime_s = 0;
  std::uint32_t reachable_time_ms = 0;
  std::uint32_t retrans_time_ms = 0;
  std::optional<LinkAddress> source_link = {};
  std::optional<std::uint32_t> mtu = {};
  PrefixList prefixes = {};
  friend bool operator==(const RouterAdvert&, const RouterAdvert&) = default;
};

/// NDF-003
struct NeighborSolicit {
  IpAddress target;
  std::optional<LinkAddress> source_link = {};
  std::span<const std::uint8_t> nonce = {};  ///< Empty: none. Of use in duplicate address detection only (EDD-006).
  friend bool operator==(const NeighborSolicit& a, const NeighborSolicit& b) {
    return a.target == b.target && a.source_link == b.source_link && std::ranges::equal(a.nonce, b.nonce);
  }
};

/// NDF-004
struct NeighborAdvert {
  IpAddress target;
  bool is_router = false;
  bool solicited = false;
  bool override_flag = false;
  std::optional<LinkAddress> target_link = {};
  friend bool operator==(const NeighborAdvert&, const NeighborAdvert&) = default;
};

/// NDF-005
struct Redirect {
  IpAddress target;
  IpAddress destination;
  std::optional<LinkAddress> target_link = {};
  std::optional<std::span<const std::uint8_t>> redirected = {};  ///< As much of the packet as was sent along.
  friend bool operator==(const Redirect& a, const Redirect& b) {
    return a.target == b.target && a.destination == b.destination && a.target_link == b.target_link &&
           a.redirected.has_value() == b.redirected.has_value() &&
           (!a.redirected || std::ranges::equal(*a.redirected, *b.redirected));
  }
};

using NdMessage = std::variant<RouterSolicit, RouterAdvert, NeighborSolicit, NeighborAdvert, Redirect>;

/// A message with the addresses of its IPv6 header. A received one looks into the bytes that were parsed (nonce,
/// prefixes, redirected packet) and must not outlive them.
struct NdPacket {
  IpAddress source;
  IpAddress destination;
  NdMessage message;
  friend bool operator==(const NdPacket&, const NdPacket&) = default;
};

/// Whether the packet carries an ND type, valid or not; a later fragment's type is not known.
[[nodiscard]] bool is_nd(const Ip6Packet& packet);

/// Checks everything of NDV-001 to NDV-016 that needs no knowledge of own state; NDV-011 is the engine's. Offsets
/// count from the ICMPv6 type, those of hop limit and addresses from the IPv6 header.
[[nodiscard]] Parsed<NdPacket> parse_nd(const Ip6Packet& packet, const ParsePolicy& policy = {});

/// Writes one whole frame: hop limit 255, code 0, reserved bits 0, checksum, no extension header (FRG-001).
/// @retval Errc::kInvalidArgument  a field that cannot be sent, a message that every receiver must discard (the same
///                                 rules as `parse_nd`), or "buffer".
[[nodiscard]] Result<std::size_t> emit_nd_frame(const EthernetView& header, const NdPacket& packet, FrameWriter& out,
                                                const ParsePolicy& policy = {});

/// The rules about addresses and flags that sender and receiver share (NDV-006 to NDV-010, NDV-012).
[[nodiscard]] std::optional<DropReason> check_nd_rules(const NdPacket& packet);

}  // namespace neigh::wire
