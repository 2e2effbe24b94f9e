// SPDX-License-Identifier: Apache-2.0
/// @file
/// Assigned numbers and well-known addresses of the wire.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "neigh/address.hpp"

namespace neigh::wire {

inline constexpr std::size_t kEthernetHeaderSize = 14;
inline constexpr std::size_t kVlanTagSize = 4;
inline constexpr std::size_t kMinimumFrameSize = 60;  // without FCS (ARP-007)
inline constexpr std::size_t kIp6HeaderSize = 40;

inline constexpr std::uint16_t kEtherTypeMinimum = 0x0600;  // below: an IEEE 802.3 length (PRT-010)
inline constexpr std::uint16_t kEtherTypeIpv4 = 0x0800;
inline constexpr std::uint16_t kEtherTypeArp = 0x0806;
inline constexpr std::uint16_t kEtherTypeVlan = 0x8100;         // IEEE 802.1Q
inline constexpr std::uint16_t kEtherTypeServiceVlan = 0x88a8;  // IEEE 802.1ad
inline constexpr std::uint16_t kEtherTypeIpv6 = 0x86dd;

inline constexpr std::uint16_t kArpTypeEthernet = 1;
inline constexpr std::uint16_t kArpTypeIeee802 = 6;

inline constexpr std::uint8_t kProtocolIcmp4 = 1;
inline constexpr std::uint8_t kNextHeaderHopByHop = 0;
inline constexpr std::uint8_t kNextHeaderRouting = 43;
inline constexpr std::uint8_t kNextHeaderFragment = 44;
inline constexpr std::uint8_t kNextHeaderIcmp6 = 58;
inline constexpr std::uint8_t kNextHeaderDestinationOptions = 60;

inline constexpr std::uint8_t kHopLimitOfNd = 255;
inline constexpr std::uint8_t kHopLimitOfMld = 1;

inline constexpr LinkAddress kEtherBroadcast = LinkAddress::ether({0xff, 0xff, 0xff, 0xff, 0xff, 0xff});

inline constexpr IpAddress kIp6Unspecified = IpAddress::v6({});
inline constexpr IpAddress kIp6AllNodes = IpAddress::v6({0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
inline constexpr IpAddress kIp6AllRouters = IpAddress::v6({0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2});
inline constexpr IpAddress kIp6AllMldv2Routers =
    IpAddress::v6({0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x16});

}  // namespace neigh::wire
