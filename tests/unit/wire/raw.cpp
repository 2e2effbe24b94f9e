// SPDX-License-Identifier: Apache-2.0
#include "raw.hpp"

#include <algorithm>
#include <cctype>
#include <ostream>
#include <string>

namespace neigh::wire {

void PrintTo(DropReason reason, std::ostream* out) { *out << describe(reason).name; }
void PrintTo(const Drop& drop, std::ostream* out) { *out << describe(drop.reason).name << " at byte " << drop.offset; }

namespace test {

namespace {
std::uint8_t byte(unsigned value) { return static_cast<std::uint8_t>(value & 0xffU); }
}  // namespace

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }
LinkAddress mac(std::string_view text) { return LinkAddress::parse(text).value(); }

Bytes hex(std::string_view text) {
  Bytes out;
  std::string digits;
  for (const char c : text) {
    if (std::isxdigit(static_cast<unsigned char>(c)) != 0) digits.push_back(c);
    if (digits.size() == 2) {
      out.push_back(byte(static_cast<unsigned>(std::stoul(digits, nullptr, 16))));
      digits.clear();
    }
  }
  EXPECT_TRUE(digits.empty()) << text;
  return out;
}

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Bytes zeros(std::size_t count) { return Bytes(count, 0); }
Bytes be16(unsigned value) { return {byte(value >> 8U), byte(value)}; }
Bytes be32(std::uint32_t value) { return be16(value >> 16U) + be16(value & 0xffffU); }
Bytes of(const IpAddress& address) { return {address.bytes().begin(), address.bytes().end()}; }
Bytes of(const LinkAddress& address) { return {address.bytes().begin(), address.bytes().end()}; }

std::uint16_t reference_checksum(const Bytes& bytes) {
  std::uint32_t high = 0;
  std::uint32_t low = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) (i % 2 == 0 ? high : low) += bytes[i];
  std::uint32_t sum = high * 256 + low;
  while (sum / 65536 != 0) sum = sum % 65536 + sum / 65536;
  return static_cast<std::uint16_t>(65535 - sum);
}

Bytes ethernet(const RawEthernet& header, const Bytes& payload) {
  return of(header.destination) + of(header.source) + header.tags + be16(header.type) + payload;
}

Bytes arp(const RawArp& p) {
  return be16(p.hardware) + be16(p.protocol) + Bytes{byte(p.hardware_size), byte(p.protocol_size)} + be16(p.operation) +
         p.sha + p.spa + p.tha + p.tpa;
}

Bytes arp_frame(const RawArp& packet) {
  return ethernet({.destination = kBroadcast, .source = kPeer, .type = 0x0806}, arp(packet));
}

Bytes ip6(const RawIp6& h, const Bytes& payload) {
  const std::size_t size = h.extensions.size() + payload.size();
  return Bytes{byte(h.version << 4U), 0, 0, 0} + be16(h.payload_length.value_or(static_cast<unsigned>(size))) +
         Bytes{byte(h.next_header), byte(h.hop_limit)} + of(h.source) + of(h.destination) + h.extensions + payload;
}

Bytes icmp6(const RawIp6& header, const RawIcmp6& m) {
  const std::size_t size = 4 + m.body.size();
  const Bytes pseudo = of(header.source) + of(header.destination) + be32(static_cast<std::uint32_t>(size)) + be32(58);
  const Bytes start{byte(m.type), byte(m.code)};
  return start + be16(reference_checksum(pseudo + start + zeros(2) + m.body)) + m.body;
}

Bytes icmp6_frame(const RawIp6& header, const RawIcmp6& message) {
  return ethernet({}, ip6(header, icmp6(header, message)));
}

void fix_icmp6_checksum(Bytes& frame) {
  constexpr std::size_t kIcmp = 14 + 40;
  if (frame.size() < kIcmp + 4) return;
  const std::size_t length = std::min<std::size_t>(frame[18] * 256U + frame[19], frame.size() - kIcmp);
  if (length < 4) return;
  frame[kIcmp + 2] = frame[kIcmp + 3] = 0;
  const auto at = frame.begin();
  const Bytes sum = be16(reference_checksum(Bytes(at + 22, at + 54) + be32(static_cast<std::uint32_t>(length)) +
                                            be32(58) + Bytes(at + kIcmp, at + kIcmp + static_cast<long>(length))));
  frame[kIcmp + 2] = sum[0];
  frame[kIcmp + 3] = sum[1];
}

Bytes option(unsigned type, unsigned units, const Bytes& value) { return Bytes{byte(type), byte(units)} + value; }
Bytes link_option(unsigned type, const LinkAddress& address) { return option(type, 1, of(address)); }
Bytes prefix_option(unsigned units, unsigned length, const IpAddress& prefix) {
  return option(3, units, Bytes{byte(length), 0xc0} + be32(2592000) + be32(604800) + zeros(4) + of(prefix));
}

}  // namespace test
}  // namespace neigh::wire
