// SPDX-License-Identifier: Apache-2.0
#include "wire/nd.hpp"

#include "wire/checksum.hpp"
#include "wire/multicast.hpp"
#include "wire/numbers.hpp"

namespace neigh::wire {

using enum DropReason;

namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

// NDF-001 to NDF-005.
constexpr std::size_t minimum_size(NdType type) {
  switch (type) {
    case NdType::kRouterSolicit:
      return 8;
    case NdType::kRouterAdvert:
      return 16;
    case NdType::kNeighborSolicit:
    case NdType::kNeighborAdvert:
      return 24;
    case NdType::kRedirect:
      return 40;
  }
  return 0;
}

// The options that belong to each message (RFC 4861 4.1 to 4.5; the nonce: RFC 7527 4).
constexpr NdOptionSet options_of(NdType type) {
  using enum NdOptionType;
  switch (type) {
    case NdType::kRouterSolicit:
      return {kSourceLink};
    case NdType::kRouterAdvert:
      return {kSourceLink, kPrefix, kMtu};
    case NdType::kNeighborSolicit:
      return {kSourceLink, kNonce};
    case NdType::kNeighborAdvert:
      return {kTargetLink};
    case NdType::kRedirect:
      return {kTargetLink, kRedirected};
  }
  return {};
}

// Each begins with type(8) code(8) checksum(16), drawn once and left out below. `in` stands behind these four bytes;
// the size was checked.

// RFC 4861 4.1: reserved(32), options
RouterSolicit read_router_solicit(const NdOptions& options) { return {.source_link = options.link}; }

// RFC 4861 4.2:
//
// +---------------+---------------+-------------------------------+
// | cur hop limit |M|O| reserved  |      router lifetime (s)      |
// +---------------+---------------+-------------------------------+
// |                     reachable time (ms)                       |
// +---------------------------------------------------------------+
// |                     retrans timer (ms)                        |
// +---------------------------------------------------------------+
// | options ...
RouterAdvert read_router_advert(ByteReader in, const NdOptions& options) {
  RouterAdvert out;
  out.hop_limit = in.u8();
  const std::uint8_t flags = in.u8();
  out.managed = (flags & 0x80U) != 0;
  out.other_config = (flags & 0x40U) != 0;
  out.router_lifetime_s = in.be16();
  out.reachable_time_ms = in.be32();
  out.retrans_time_ms = in.be32();
  out.source_link = options.link;
  out.mtu = options.mtu;
  out.prefixes = options.prefixes;
  return out;
}

// RFC 4861 4.3: reserved(32), target(128), options
NeighborSolicit read_neighbor_solicit(ByteReader in, const NdOptions& options) {
  in.skip(4);
  return {.target = IpAddress::v6(in.take_array<16>()), .source_link = options.link, .nonce = options.nonce};
}

// RFC 4861 4.4:
//
// +-+-+-+---------------------------------------------------------+
// |R|S|O|                     reserved                            |
// +-+-+-+---------------------------------------------------------+
// |                     target (16 bytes)                         |
// +---------------------------------------------------------------+
// | options ...
NeighborAdvert read_neighbor_advert(ByteReader in, const NdOptions& options) {
  const std::uint8_t flags = in.u8();
  in.skip(3);
  return {.target = IpAddress::v6(in.take_array<16>()),
          .is_router = (flags & 0x80U) != 0,
          .solicited = (flags & 0x40U) != 0,
          .override_flag = (flags & 0x20U) != 0,
          .target_link = options.link};
}

// RFC 4861 4.5: reserved(32), target(128), destination(128), options
Redirect read_redirect(ByteReader in, const NdOptions& options) {
  in.skip(4);
  Redirect out;
  out.target = IpAddress::v6(in.take_array<16>());
  out.destination = IpAddress::v6(in.take_array<16>());
  out.target_link = options.link;
  out.redirected = options.redirected;
  return out;
}

// Offset of the field that check_nd_rules complains about.
std::size_t offset_of(DropReason reason) {
  switch (reason) {
    case kNdTargetMulticast:
    case kNdRedirectTarget:
      return 8;
    case kNdRedirectDestination:
      return 24;
    case kNdSolicitedToMulticast:
      return 4;
    case kNdUnspecifiedNotToGroup:
      return 24;  // IPv6 destination
    default:
      return 8;  // IPv6 source
  }
}

}  // namespace

bool is_nd(const Ip6Packet& packet) {
  if (packet.next_header != kNextHeaderIcmp6 || packet.payload.empty()) return false;
  if (packet.fragment && packet.fragment->offset != 0) return false;
  const std::uint8_t type = packet.payload.span()[0];
  return type >= static_cast<std::uint8_t>(NdType::kRouterSolicit) &&
         type <= static_cast<std::uint8_t>(NdType::kRedirect);
}

std::optional<DropReason> check_nd_rules(const NdPacket& packet) {
  using Answer = std::optional<DropReason>;
  const bool from_nobody = packet.source.is_unspecified();
  return std::visit(Overloaded{
                        [&](const RouterSolicit& m) -> Answer {
                          if (from_nobody && m.source_link) return kNdUnspecifiedWithLink;
                          return std::nullopt;
                        },
                        [&](const RouterAdvert&) -> Answer {
                          if (!packet.source.is_link_local()) return kNdSourceNotLinkLocal;
                          return std::nullopt;
                        },
                        [&](const NeighborSolicit& m) -> Answer {
                          if (m.target.is_multicast()) return kNdTargetMulticast;
                          if (from_nobody && !is_solicited_node(packet.destination)) return kNdUnspecifiedNotToGroup;
                          if (from_nobody && m.source_link) return kNdUnspecifiedWithLink;
                          return std::nullopt;
                        },
                        [&](const NeighborAdvert& m) -> Answer {
                          if (m.target.is_multicast()) return kNdTargetMulticast;
                          if (m.solicited && packet.destination.is_multicast()) return kNdSolicitedToMulticast;
                          return std::nullopt;
                        },
                        [&](const Redirect& m) -> Answer {
                          if (!packet.source.is_link_local()) return kNdSourceNotLinkLocal;
                          if (m.destination.is_multicast()) return kNdRedirectDestination;
                          if (!m.target.is_link_local() && m.target != m.destination) return kNdRedirectTarget;
                          return std::nullopt;
                        },
                    },
                    packet.message);
}

Parsed<NdPacket> parse_nd(const Ip6Packet& packet, const ParsePolicy& policy) {
  if (!is_nd(packet)) return drop(kNdType, 0);
  if (packet.fragment) return drop(kNdFragment, 0);
  const auto bytes = packet.payload.span();
  if (packet.hop_limit != kHopLimitOfNd) return drop(kNdHopLimit, 7);
  if (icmp6_checksum(packet.source, packet.destination, bytes) != 0) return drop(kNdChecksum, 2);

  ByteReader in{packet.payload};
  const auto type = static_cast<NdType>(in.u8());
  const std::uint8_t code = in.u8();
  in.skip(2);
  if (in.ok() && code != 0) return drop(kNdCode, 1);
  if (bytes.size() < minimum_size(type)) return drop(kNdShort, bytes.size());
  const ByteView option_bytes{bytes.subspan(minimum_size(type))};
  const auto options = parse_nd_options(option_bytes, options_of(type), policy);
  if (!options) return drop(options.error().reason, minimum_size(type) + options.error().offset);

  NdPacket out{.source = packet.source, .destination = packet.destination, .message = {}};
  switch (type) {
    case NdType::kRouterSolicit:
      out.message = read_router_solicit(*options);
      break;
    case NdType::kRouterAdvert:
      out.message = read_router_advert(in, *options);
      break;
    case NdType::kNeighborSolicit:
      out.message = read_neighbor_solicit(in, *options);
      break;
    case NdType::kNeighborAdvert:
      out.message = read_neighbor_advert(in, *options);
      break;
    case NdType::kRedirect:
      out.message = read_redirect(in, *options);
      break;
  }
  if (const auto reason = check_nd_rules(out)) return drop(*reason, offset_of(*reason));
  return out;
}

}  // namespace neigh::wire
