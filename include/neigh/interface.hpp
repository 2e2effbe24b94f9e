// SPDX-License-Identifier: Apache-2.0
/// @file
/// Network interfaces as the neighbor table sees them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "neigh/address.hpp"

#pragma GCC visibility push(default)
namespace neigh {

/// Interface type numbers of IANA (ifType) that Linux devices map to (LIB-25).
enum class InterfaceType : std::uint16_t {
  kOther = 1,
  kEthernet = 6,
  kPpp = 23,
  kLoopback = 24,
  kWireless = 71,
  kTunnel = 131,
  kInfiniband = 199,
};

/// A locally unique interface id: interface type and number in 64 bits. Bits 48-63 hold the type, 24-47 the low
/// 24 bits of the index, 0-23 the index's high 8 bits. Reversible without asking the system.
/// @source NET_LUID; decisions LIB-25.
class InterfaceLuid {
 public:
  constexpr InterfaceLuid() = default;
  constexpr explicit InterfaceLuid(std::uint64_t value) : value_(value) {}
  constexpr InterfaceLuid(InterfaceType type, InterfaceIndex index)
      : value_((static_cast<std::uint64_t>(type) << 48U) |
               ((static_cast<std::uint64_t>(to_number(index)) & 0xffffffU) << 24U) | (to_number(index) >> 24U)) {}

  [[nodiscard]] constexpr std::uint64_t value() const noexcept { return value_; }
  [[nodiscard]] constexpr InterfaceType type() const noexcept { return static_cast<InterfaceType>(value_ >> 48U); }
  /// The index in this LUID, or nothing if no index can have produced these bits.
  [[nodiscard]] constexpr std::optional<InterfaceIndex> index() const noexcept {
    const std::uint64_t high = value_ & 0xffffffU;
    if (high > 0xffU) return std::nullopt;
    return static_cast<InterfaceIndex>(((value_ >> 24U) & 0xffffffU) | (high << 24U));
  }
  friend constexpr auto operator<=>(const InterfaceLuid&, const InterfaceLuid&) = default;

 private:
  std::uint64_t value_ = 0;
};

/// One interface, as a value read at one moment.
struct Interface {
  InterfaceIndex index = InterfaceIndex::kNone;
  std::string name = {};
  InterfaceType type = InterfaceType::kOther;
  LinkAddress link_address = {};                  ///< Empty where the link has no addresses.
  std::uint8_t link_address_size = 0;             ///< Bytes that a neighbor's link-layer address has here: 0 to 32.
  std::uint32_t mtu = 0;                          ///< Bytes.
  InterfaceIndex master = InterfaceIndex::kNone;  ///< Bridge, bond or VRF that owns it, if any.
  bool up = false;                                ///< Administratively up.
  bool running = false;                           ///< Carrier present.
  bool no_arp = false;                            ///< Does no resolution (IFF_NOARP).
  bool loopback = false;
  bool point_to_point = false;
  bool ipv4 = true;              ///< The IPv4 stack works here.
  bool ipv6 = false;             ///< The IPv6 stack works here.
  bool ipv6_forwarding = false;  ///< This host is an IPv6 router here.
  bool virtual_device = false;   ///< Made by software (veth, bridge, VLAN, tunnel), not by a driver of hardware.

  [[nodiscard]] InterfaceLuid luid() const { return {type, index}; }
};

}  // namespace neigh
#pragma GCC visibility pop
