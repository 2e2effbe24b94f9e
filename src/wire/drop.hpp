// SPDX-License-Identifier: Apache-2.0
/// @file
/// Why a frame was dropped: one reason for each check, fit for an array of counters (NDV-027).
///
/// The parsers of this room make every check that needs nothing but the frame and the settings of the interface
/// (`ParsePolicy`). What needs own addresses, prefixes, routers or the cache is the engine's:
///
/// | statement                        | left to the engine because it needs                                         |
/// |----------------------------------|-----------------------------------------------------------------------------|
/// | ARP-028, PRT-001, NDF-021, -023  | own link-layer address and groups (Ethernet destination)                    |
/// | ARP-041, ARP-055 "not ours"      | own IPv4 addresses                                                          |
/// | ARP-045, -046, -061, NDF-017     | own link-layer address ("our own"); group and zero are refused here         |
/// | ARP-048, ACD-005 to ACD-007      | own and tentative IPv4 addresses                                            |
/// | ARP-049, ACD-009                 | nothing: a probe parses; that nothing is learned from it is behavior        |
/// | ARP-052, -053, -054              | own subnets; 240/4 parses and must not be learned (`ArpPacket::learnable`)  |
/// | NDV-011                          | destination cache and default routers                                       |
/// | NDV-025                          | host or router: the parser validates an RS, a host then discards it         |
/// | NDV-026, NSR-001, DAD-*, EDD-*   | own, tentative, anycast and proxied addresses; stored nonces                |
/// | NAR-026                          | `EthernetHeader::destination` beside the IP destination                     |
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

#include "base/bytes.hpp"
#include "neigh/address.hpp"
#include "neigh/result.hpp"

namespace neigh::wire {

/// The check that failed. The order is that of the layers; `describe` gives name and statement of each.
enum class DropReason : std::uint8_t {
  // Ethernet
  kFrameShort,
  kFrameTooLong,
  kFrameLlc,
  kFrameSeveralTags,
  kFrameVlan,
  kFrameSource,
  kFrameEtherType,
  // ARP
  kArpShort,
  kArpHardwareType,
  kArpHardwareIeee802,
  kArpProtocolType,
  kArpHardwareSize,
  kArpProtocolSize,
  kArpOperation,
  kArpSenderLinkGroup,
  kArpSenderLinkZero,
  kArpReplyFromZero,
  kArpSenderAddress,
  kArpTargetAddress,
  // IPv6 header and extension headers
  kIp6Short,
  kIp6Version,
  kIp6PayloadLength,
  kIp6ExtensionHeader,
  kIp6ExtensionOption,
  kIp6Routing,
  kIp6SourceMulticast,
  kIp6SourceLoopback,
  kIp6SourceMapped,
  // Neighbor discovery
  kNdFragment,
  kNdType,
  kNdHopLimit,
  kNdChecksum,
  kNdCode,
  kNdShort,
  kNdOptionLengthZero,
  kNdOptionOverrun,
  kNdOptionTrailing,
  kNdLinkOptionLength,
  kNdLinkOptionGroup,
  kNdLinkOptionZero,
  kNdPrefixOptionLength,
  kNdPrefixLength,
  kNdMtuOptionLength,
  kNdTargetMulticast,
  kNdRedirectTarget,
  kNdUnspecifiedNotToGroup,
  kNdUnspecifiedWithLink,
  kNdSolicitedToMulticast,
  kNdSourceNotLinkLocal,
  kNdRedirectDestination,
  // Multicast listener discovery (queries)
  kMldType,
  kMldShort,
  kMldChecksum,
  kMldHopLimit,
  kMldSource,
  kMldRouterAlert,
  // IPv4 and echo
  kIp4Short,
  kIp4Version,
  kIp4HeaderLength,
  kIp4TotalLength,
  kIp4Checksum,
  kIp4Source,
  kEchoFragment,
  kEchoShort,
  kEchoType,
  kEchoChecksum,
};
inline constexpr std::size_t kDropReasonCount = static_cast<std::size_t>(DropReason::kEchoChecksum) + 1;

/// How a reason appears in counters and documents.
struct DropDescription {
  DropReason reason;
  std::string_view name;       ///< Stable, lower case with hyphens: "nd-hop-limit".
  std::string_view statement;  ///< Statements of docs/spec/arp-ndp.md, else the RFC section.
  std::string_view meaning;    ///< One line for people.
};
[[nodiscard]] const DropDescription& describe(DropReason reason) noexcept;

/// A rejected frame or message: which check failed and at which byte of the bytes given to that parser.
struct [[nodiscard]] Drop {
  DropReason reason;
  std::uint32_t offset = 0;

  /// As an error for people; allocates nothing.
  [[nodiscard]] Error to_error() const {
    return Error{.code = Errc::kMalformed, .offset = offset, .field = describe(reason).meaning};
  }
  friend constexpr bool operator==(const Drop&, const Drop&) = default;
};

[[nodiscard]] constexpr Drop drop(DropReason reason, std::size_t offset) noexcept {
  return Drop{reason, static_cast<std::uint32_t>(offset)};
}

/// A `T`, or the `Drop` why there is none: `Result<T>` for what peers send, without an `Error`'s string, so that a
/// flood of bad frames costs a byte and an offset each. Member names are those of `Result`.
template <class T>
class [[nodiscard]] Parsed {
 public:
  using value_type = T;
  using error_type = Drop;

  Parsed(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
  /// A default-made value, to be filled where it is.
  explicit Parsed(std::in_place_t /*made*/) : state_(std::in_place_index<0>) {}
  Parsed(Drop drop) : state_(std::in_place_index<1>, drop) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  [[nodiscard]] T& value() & { return *checked(); }
  [[nodiscard]] const T& value() const& { return *checked(); }
  [[nodiscard]] T&& value() && { return std::move(*checked()); }
  T& operator*() & { return *checked(); }
  const T& operator*() const& { return *checked(); }
  T&& operator*() && { return std::move(*checked()); }
  T* operator->() { return checked(); }
  const T* operator->() const { return checked(); }

  [[nodiscard]] Drop error() const {
    assert(!has_value());
    return *std::get_if<1>(&state_);
  }

 private:
  T* checked() {
    assert(has_value());
    return std::get_if<0>(&state_);
  }
  const T* checked() const {
    assert(has_value());
    return std::get_if<0>(&state_);
  }

  std::variant<T, Drop> state_;
};

/// What `read(T&)` fills, or the `Drop` that it returns; the value is copied nowhere.
template <class T, class Read>
[[nodiscard]] Parsed<T> parse_into(Read read) {
  Parsed<T> out{std::in_place};
  if (const std::optional<Drop> bad = read(*out)) out = *bad;
  return out;
}

/// Link-layer addresses as options and ARP carry them.
struct LinkLayout {
  std::uint8_t address_size = 6;  ///< 0 to 32; 0: the link has no addresses and LLA options mean nothing.
  std::uint8_t option_pad = 0;    ///< Zero bytes before the address in an option: 2 on InfiniBand (RFC 4391 9.3).
};

/// The address in `bytes`; false: no link has one so long.
[[gnu::always_inline, nodiscard]] inline bool take_link_address(std::span<const std::uint8_t> bytes, LinkAddress& out) {
  if (bytes.size() == 6) [[likely]] {  // Ethernet has nothing else
    out = LinkAddress::ether(FixedView<6>{bytes.first<6>()}.array<0, 6>());
    return true;
  }
  const auto address = LinkAddress::from_bytes(bytes);
  if (address) out = *address;
  return address.has_value();
}

/// What an interface lets in. The defaults are the hardened rules of the specification for Ethernet.
struct ParsePolicy {
  LinkLayout link = {};
  std::uint32_t mtu = 1500;  ///< Longer Ethernet payloads are dropped (PRT-010).
  /// The VLAN this interface serves: 0 is untagged and priority-tagged frames (ARP-056, ARP-057), nullopt any.
  std::optional<std::uint16_t> vlan_id = 0;
  std::uint16_t arp_hardware_type = 1;
  bool accept_ieee802_hardware = false;  ///< ARP-043: hardware type 6 counts as 1.
  bool accept_any_link_address = false;  ///< ARP-045, ARP-046, NDF-017: believe group and zero addresses, as Linux.
};

}  // namespace neigh::wire
