// SPDX-License-Identifier: Apache-2.0
// Neighbor Discovery in IPv6 packets: what is accepted keeps every rule of parts 3.2 and 3.3 of the specification,
// checked here byte by byte.
#include "wire/nd.hpp"

#include "frames.hpp"
#include "wire/ipv6.hpp"

namespace neigh::fuzz {

const std::size_t kLongest = 1500;

namespace {

/// NDF-010 to NDF-013: the list ends where the message ends, and no option is empty.
bool options_are_whole(std::span<const std::uint8_t> options) {
  while (!options.empty()) {
    if (options.size() < 2 || options[1] == 0 || options.size() < std::size_t{options[1]} * 8) return false;
    options = options.subspan(std::size_t{options[1]} * 8);
  }
  return true;
}

/// The first option of a type, without its header; nothing: there is none.
std::span<const std::uint8_t> option(std::span<const std::uint8_t> options, std::uint8_t type) {
  while (!options.empty()) {
    const auto one = options.first(std::size_t{options[1]} * 8);
    if (one[0] == type) return one.subspan(2);
    options = options.subspan(one.size());
  }
  return {};
}

void check(const wire::NdPacket& packet, std::span<const std::uint8_t> message, bool any_link) {
  constexpr std::array<std::size_t, 5> kMinimum = {8, 16, 24, 24, 40};
  const std::uint8_t type = message[0];
  require(type >= 133 && type <= 137 && message[1] == 0, "NDV-003: code 0");
  const std::size_t minimum = kMinimum[type - 133U];
  require(message.size() >= minimum, "NDV-004: shorter than its fixed part");
  const auto options = message.subspan(minimum);
  require(options_are_whole(options), "NDF-012, NDF-013: broken options");
  const auto source_link = option(options, 1);
  const bool from_nobody = packet.source.is_unspecified();
  if (type == 133 || type == 135) require(!from_nobody || source_link.empty(), "NDV-008: SLLAO from nobody");
  if (type == 134 || type == 137) require(packet.source.is_link_local(), "NDV-010");
  if (type == 135 || type == 136) require(message[8] != 0xff, "NDV-006: a multicast target");
  const auto destination = packet.destination.bytes();
  if (type == 135 && from_nobody) {
    constexpr std::array<std::uint8_t, 13> kGroup = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};
    require(std::ranges::equal(destination.first(13), kGroup), "NDV-007");
  }
  if (type == 136) require((message[4] & 0x40U) == 0 || destination[0] != 0xff, "NDV-009: S to a group");
  if (type == 137) {
    require(message[24] != 0xff, "NDV-012");
    const bool link_local = message[8] == 0xfe && (message[9] & 0xc0U) == 0x80U;
    require(link_local || std::ranges::equal(message.subspan(8, 16), message.subspan(24, 16)), "NDV-006: target");
  }
  const bool has_source_link = type <= 135;
  const auto link = option(options, has_source_link ? 1 : 2);
  if (!link.empty()) {
    require(link.size() == 6, "NDF-016: the length of a link-layer address option");
    require(any_link || (link[0] & 1U) == 0, "NDF-017: a group address");
    require(any_link || std::ranges::any_of(link, [](std::uint8_t b) { return b != 0; }), "NDF-017: zero");
  }
}

}  // namespace

void run(std::span<const std::uint8_t> data) {
  Input in(data);
  const unsigned choice = in.byte();
  wire::ParsePolicy policy;
  policy.accept_any_link_address = (choice & 1U) != 0;
  Bytes packet = in.bytes(kLongest);
  if ((choice & 2U) == 0) {  // else as it is
    Bytes frame(14);
    frame[12] = 0x86;
    frame[13] = 0xdd;
    frame.insert(frame.end(), packet.begin(), packet.end());
    mend_frame(frame);
    packet.assign(frame.begin() + 14, frame.end());
  }
  const auto ip = wire::parse_ip6(ByteView{packet});
  if (!ip) {
    require(ip.error().offset <= packet.size(), "the offset of a drop lies in the packet");
    return;
  }
  require(packet[0] >> 4U == 6 && packet.size() >= 40, "an IPv6 packet");
  require(ip->source.bytes()[0] != 0xff, "NDV-015: from a group");
  require(!ip->source.is_loopback(), "NDV-016");
  const std::size_t whole = 40 + packet[4] * 256U + packet[5];
  require(whole <= packet.size() && ip->whole.size() == whole, "NDF-019: the length is the header's");
  const auto nd = wire::parse_nd(*ip, policy);
  if (!nd) {
    require(nd.error().offset <= packet.size(), "the offset of a drop lies in the packet");
    return;
  }
  require(packet[7] == 255, "NDV-001");
  require(!ip->fragment, "NDV-014");
  const auto message = ip->payload.span();
  require(icmp6_sum(std::span(packet).subspan(8, 16), std::span(packet).subspan(24, 16), message) == 0, "NDV-002");
  require(std::ranges::equal(nd->source.bytes(), std::span(packet).subspan(8, 16)), "the source is the packet's");
  check(*nd, message, policy.accept_any_link_address);
}

}  // namespace neigh::fuzz
