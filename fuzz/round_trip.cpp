// SPDX-License-Identifier: Apache-2.0
// Whole frames: what is parsed can be written, what was written parses to the same, and writing it again gives the same
// bytes.
#include "frames.hpp"
#include "wire/arp.hpp"
#include "wire/echo.hpp"
#include "wire/frame.hpp"
#include "wire/mld.hpp"
#include "wire/nd.hpp"

namespace neigh::fuzz {

const std::size_t kLongest = 1600;

namespace {

Bytes written(const wire::EthernetHeader& header, const wire::FrameContent& content, const wire::ParsePolicy& policy) {
  Bytes buffer(2048, 0xa5);
  wire::FrameWriter out{buffer};
  Result<std::size_t> size = Error{.code = Errc::kNotSupported};
  if (const auto* arp = std::get_if<wire::ArpPacket>(&content)) {
    size = wire::emit_arp_frame(header, *arp, out, policy);
  } else if (const auto* nd = std::get_if<wire::NdPacket>(&content)) {
    size = wire::emit_nd_frame(header, *nd, out, policy);
  }
  require(size.has_value(), "what was received can be sent:", size ? std::string() : size.error().message());
  require(std::all_of(buffer.begin() + static_cast<std::ptrdiff_t>(*size), buffer.end(),
                      [](std::uint8_t b) { return b == 0xa5; }),
          "nothing behind the frame is written");
  buffer.resize(*size);
  return buffer;
}

void check_echo(const wire::EthernetHeader& header, const wire::FrameContent& content, wire::ParsePolicy policy) {
  policy.mtu = 65'535;
  wire::EthernetHeader plain = header;
  plain.tag.reset();
  Bytes buffer(2048);
  wire::FrameWriter out{buffer};
  if (const auto* v4 = std::get_if<wire::Ip4Packet>(&content)) {
    const auto echo = wire::parse_echo4(*v4);
    if (!echo) return;
    const auto size = wire::emit_echo4_frame(plain, v4->source, v4->destination, *echo, out);
    if (!size) return;  // a reply to an address that nothing can be sent to
    const auto again = wire::parse_frame(ByteView{std::span(buffer).first(*size)}, policy);
    require(again && wire::parse_echo4(std::get<wire::Ip4Packet>(again->content)).value() == *echo, "echo, IPv4");
  } else if (const auto* v6 = std::get_if<wire::Ip6Packet>(&content)) {
    const auto echo = wire::parse_echo6(*v6);
    if (!echo) return;
    const auto size = wire::emit_echo6_frame(plain, v6->source, v6->destination, *echo, out);
    if (!size) return;
    const auto again = wire::parse_frame(ByteView{std::span(buffer).first(*size)}, policy);
    require(again && wire::parse_echo6(std::get<wire::Ip6Packet>(again->content)).value() == *echo, "echo, IPv6");
  }
}

}  // namespace

void run(std::span<const std::uint8_t> data) {
  Input in(data);
  const unsigned choice = in.byte();
  wire::ParsePolicy policy;
  policy.accept_any_link_address = (choice & 1U) != 0;
  policy.accept_ieee802_hardware = (choice & 2U) != 0;
  if ((choice & 4U) != 0) policy.vlan_id = std::nullopt;
  Bytes frame = in.bytes(kLongest);
  if ((choice & 8U) == 0) mend_frame(frame);
  const auto parsed = wire::parse_frame(ByteView{frame}, policy);
  if (!parsed) {
    require(parsed.error().offset <= frame.size(), "the offset of a drop lies in the frame");
    return;
  }
  require((frame[6] & 1U) == 0 || policy.accept_any_link_address, "a group address sends nothing");
  if (!std::holds_alternative<wire::ArpPacket>(parsed->content) &&
      !std::holds_alternative<wire::NdPacket>(parsed->content)) {
    check_echo(parsed->header, parsed->content, policy);
    return;
  }
  const Bytes once = written(parsed->header, parsed->content, policy);
  const auto again = wire::parse_frame(ByteView{once}, policy);
  require(again.has_value(), "what was written is accepted");
  require(again->header == parsed->header, "the header is the same");
  require(again->content.index() == parsed->content.index(), "the kind is the same");
  if (const auto* arp = std::get_if<wire::ArpPacket>(&parsed->content)) {
    require(std::get<wire::ArpPacket>(again->content) == *arp, "the ARP packet is the same");
  } else {
    require(std::get<wire::NdPacket>(again->content) == std::get<wire::NdPacket>(parsed->content),
            "the ND message is the same");
  }
  require(written(again->header, again->content, policy) == once, "written twice, the same bytes");
}

}  // namespace neigh::fuzz
