// SPDX-License-Identifier: Apache-2.0
/// @file
/// One row of a neighbor table and what it is made of.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include "neigh/address.hpp"

#pragma GCC visibility push(default)
namespace neigh {

/// Reachability state (RFC 4861 7.3.2, with the states that Linux and RFC 7048 add).
enum class NudState : std::uint8_t {
  kNone,         ///< Exists without link-layer address and without work (Linux).
  kIncomplete,   ///< Resolution is running, no link-layer address yet.
  kReachable,    ///< Confirmed within the reachable time.
  kStale,        ///< Not known reachable; nothing happens until a packet is sent.
  kDelay,        ///< A packet was sent; waiting for upper-layer confirmation before probing.
  kProbe,        ///< Unicast probes are being sent.
  kFailed,       ///< Resolution or probing failed.
  kNoArp,        ///< Needs no resolution (multicast, loopback, links without addresses).
  kPermanent,    ///< Static: never ages, never changed by a packet.
  kUnreachable,  ///< RFC 7048: probing failed, slower multicast probing goes on. Engine only.
};
inline constexpr std::size_t kNudStateCount = 10;

/// Lower-case name: "none", "incomplete", "reachable", "stale", "delay", "probe", "failed", "noarp",
/// "permanent", "unreachable".
[[nodiscard]] std::string_view to_string(NudState state) noexcept;

/// Inverse of `to_string`, ignoring case.
/// @retval Errc::kInvalidArgument  unknown name; field "state", detail holds the text.
[[nodiscard]] Result<NudState> parse_nud_state(std::string_view text);

/// A set of states.
class StateSet {
 public:
  constexpr StateSet() = default;
  constexpr StateSet(std::initializer_list<NudState> states) {
    for (const NudState s : states) bits_ |= bit(s);
  }
  [[nodiscard]] static constexpr StateSet all() {
    StateSet set;
    set.bits_ = (1U << kNudStateCount) - 1U;
    return set;
  }
  [[nodiscard]] constexpr bool contains(NudState s) const noexcept { return (bits_ & bit(s)) != 0; }
  [[nodiscard]] constexpr bool empty() const noexcept { return bits_ == 0; }
  [[nodiscard]] constexpr StateSet with(NudState s) const noexcept {
    StateSet set = *this;
    set.bits_ |= bit(s);
    return set;
  }
  [[nodiscard]] constexpr StateSet without(NudState s) const noexcept {
    StateSet set = *this;
    set.bits_ &= ~bit(s);
    return set;
  }
  friend constexpr bool operator==(const StateSet&, const StateSet&) = default;

 private:
  static constexpr std::uint32_t bit(NudState s) { return 1U << static_cast<unsigned>(s); }
  std::uint32_t bits_ = 0;
};

/// States whose link-layer address can be used for sending (RFC 4861 7.3.3).
inline constexpr StateSet kUsableStates = {NudState::kPermanent, NudState::kNoArp, NudState::kReachable,
                                           NudState::kStale,     NudState::kDelay, NudState::kProbe};

/// Properties of an entry, one bit each.
enum class NeighborFlag : std::uint16_t {
  kRouter = 1U << 0U,           ///< The neighbor is a router (IsRouter).
  kProxy = 1U << 1U,            ///< A proxy entry: this host answers for the address.
  kExternLearned = 1U << 2U,    ///< Owned by a control plane: not aged out by collection.
  kManaged = 1U << 3U,          ///< The kernel keeps the entry resolved by itself.
  kExternValidated = 1U << 4U,  ///< Vouched for by user space (Linux 6.17 and later).
  kOffloaded = 1U << 5U,        ///< Offloaded to hardware; read only: not looked at in what is written.
};

/// A set of `NeighborFlag`.
class NeighborFlags {
 public:
  constexpr NeighborFlags() = default;
  constexpr NeighborFlags(std::initializer_list<NeighborFlag> flags) {
    for (const NeighborFlag f : flags) bits_ |= static_cast<std::uint16_t>(f);
  }
  [[nodiscard]] constexpr bool has(NeighborFlag f) const noexcept {
    return (bits_ & static_cast<std::uint16_t>(f)) != 0;
  }
  constexpr NeighborFlags& set(NeighborFlag f, bool on = true) noexcept {
    const auto bit = static_cast<std::uint16_t>(f);
    bits_ = static_cast<std::uint16_t>(on ? bits_ | bit : bits_ & ~bit);
    return *this;
  }
  [[nodiscard]] constexpr bool empty() const noexcept { return bits_ == 0; }
  [[nodiscard]] constexpr std::uint16_t bits() const noexcept { return bits_; }
  friend constexpr bool operator==(const NeighborFlags&, const NeighborFlags&) = default;

 private:
  std::uint16_t bits_ = 0;
};

/// Name of a flag: "router", "proxy", "extern_learn", "managed", "extern_valid", "offload" (iproute2's words).
[[nodiscard]] std::string_view to_string(NeighborFlag flag) noexcept;

/// Every flag, for loops over a `NeighborFlags`.
inline constexpr std::array kAllNeighborFlags = {NeighborFlag::kRouter,          NeighborFlag::kProxy,
                                                 NeighborFlag::kExternLearned,   NeighborFlag::kManaged,
                                                 NeighborFlag::kExternValidated, NeighborFlag::kOffloaded};

/// What names an entry. The same address on two interfaces, or as proxy and as neighbor, is two entries.
struct NeighborKey {
  InterfaceIndex interface = InterfaceIndex::kNone;
  IpAddress address = {};
  bool proxy = false;

  friend auto operator<=>(const NeighborKey&, const NeighborKey&) = default;
  friend bool operator==(const NeighborKey&, const NeighborKey&) = default;
};

/// One entry of a neighbor table. A plain value; as an argument to `create`, `set` and `replace` the members
/// marked "read only" are ignored.
struct Neighbor {
  IpAddress address = {};
  InterfaceIndex interface = InterfaceIndex::kNone;
  LinkAddress link_address = {};  ///< Empty while unresolved, and on links without addresses.
  NudState state = NudState::kPermanent;
  std::uint8_t protocol = 0;  ///< Owner, an RTPROT_* number as routes have; 0: not said.
  NeighborFlags flags = {};
  std::uint32_t probes = 0;                    ///< Probes sent and unanswered. Read only.
  std::chrono::milliseconds confirmed_age{0};  ///< Since reachability was last confirmed. Read only.
  std::chrono::milliseconds used_age{0};       ///< Since the entry was last used. Read only.
  std::chrono::milliseconds updated_age{0};    ///< Since state or address last changed. Read only.

  [[nodiscard]] NeighborKey key() const { return {interface, address, flags.has(NeighborFlag::kProxy)}; }

  /// True if nothing but the ages and the probe count differs.
  [[nodiscard]] bool same_content(const Neighbor& other) const {
    return address == other.address && interface == other.interface && link_address == other.link_address &&
           state == other.state && protocol == other.protocol && flags == other.flags;
  }
};

/// Checks that `address` can be a neighbor that is written or resolved.
/// @retval Errc::kInvalidArgument  no address, loopback, unspecified, 255.255.255.255, or IPv4-mapped IPv6;
///         field "address". Multicast is accepted.
/// @source CreateIpNetEntry2; decisions LIB-12.
[[nodiscard]] Result<void> check_neighbor_address(const IpAddress& address);

}  // namespace neigh
#pragma GCC visibility pop

template <>
struct std::hash<neigh::NeighborKey> {
  std::size_t operator()(const neigh::NeighborKey& key) const noexcept {
    const std::size_t h = std::hash<neigh::IpAddress>{}(key.address);
    return h ^ (neigh::to_number(key.interface) * 0x9e3779b97f4a7c15ULL) ^ static_cast<std::size_t>(key.proxy);
  }
};
