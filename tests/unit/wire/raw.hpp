// SPDX-License-Identifier: Apache-2.0
// Frames made by hand for the tests of the parsers: nothing here uses the code under test but the value types.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "neigh/address.hpp"
#include "wire/drop.hpp"

namespace neigh::wire {

// gtest prints the reason's name.
void PrintTo(DropReason reason, std::ostream* out);
void PrintTo(const Drop& drop, std::ostream* out);

namespace test {

using Bytes = std::vector<std::uint8_t>;

IpAddress ip(std::string_view text);
LinkAddress mac(std::string_view text);
/// Hexadecimal digits; spaces are ignored.
Bytes hex(std::string_view text);
Bytes operator+(Bytes a, const Bytes& b);
Bytes zeros(std::size_t count);
Bytes be16(unsigned value);
Bytes be32(std::uint32_t value);
Bytes of(const IpAddress& address);
Bytes of(const LinkAddress& address);

inline const LinkAddress kOurs = mac("02:00:00:00:00:01");
inline const LinkAddress kPeer = mac("02:00:00:00:00:02");
inline const LinkAddress kBroadcast = mac("ff:ff:ff:ff:ff:ff");
inline const IpAddress kOurs4 = ip("192.0.2.1");
inline const IpAddress kPeer4 = ip("192.0.2.2");
inline const IpAddress kOurs6 = ip("2001:db8::1");
inline const IpAddress kPeer6 = ip("2001:db8::2");
inline const IpAddress kOursLocal = ip("fe80::1");
inline const IpAddress kPeerLocal = ip("fe80::2");

/// 16-bit one's complement checksum, written a second time on purpose.
std::uint16_t reference_checksum(const Bytes& bytes);

struct RawEthernet {
  LinkAddress destination = kOurs;
  LinkAddress source = kPeer;
  Bytes tags = {};
  unsigned type = 0x86dd;
};
Bytes ethernet(const RawEthernet& header, const Bytes& payload);

struct RawArp {
  unsigned hardware = 1, protocol = 0x0800, hardware_size = 6, protocol_size = 4, operation = 1;
  Bytes sha = of(kPeer);
  Bytes spa = of(kPeer4);
  Bytes tha = zeros(6);
  Bytes tpa = of(kOurs4);
};
Bytes arp(const RawArp& packet);
/// In a broadcast frame from kPeer.
Bytes arp_frame(const RawArp& packet);

struct RawIp6 {
  IpAddress source = kPeer6;
  IpAddress destination = kOurs6;
  unsigned hop_limit = 255;
  unsigned next_header = 58;
  unsigned version = 6;
  std::optional<unsigned> payload_length = {};
  Bytes extensions = {};  // between the IPv6 header and ICMPv6
};
Bytes ip6(const RawIp6& header, const Bytes& payload);

struct RawIcmp6 {
  unsigned type = 135;
  unsigned code = 0;
  Bytes body = {};  // after the checksum
};
/// With a good checksum.
Bytes icmp6(const RawIp6& header, const RawIcmp6& message);
/// In a frame from kPeer to kOurs.
Bytes icmp6_frame(const RawIp6& header, const RawIcmp6& message);

/// Computes the ICMPv6 checksum of an untagged frame without extension headers again, over the IPv6 payload length.
void fix_icmp6_checksum(Bytes& frame);

Bytes option(unsigned type, unsigned units, const Bytes& value);
Bytes link_option(unsigned type, const LinkAddress& address);
Bytes prefix_option(unsigned units, unsigned length, const IpAddress& prefix);

}  // namespace test
}  // namespace neigh::wire
