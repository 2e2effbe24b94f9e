// SPDX-License-Identifier: Apache-2.0
// ARP bodies: what is accepted keeps every rule of part 1.3 of the specification, checked here byte by byte.
#include "wire/arp.hpp"

#include "fuzz.hpp"
#include "wire/drop.hpp"

namespace neigh::fuzz {

const std::size_t kLongest = 512;

void run(std::span<const std::uint8_t> data) {
  Input in(data);
  wire::ParsePolicy policy;
  const unsigned choice = in.byte();
  policy.accept_any_link_address = (choice & 1U) != 0;
  policy.accept_ieee802_hardware = (choice & 2U) != 0;
  if ((choice & 4U) != 0) {  // InfiniBand
    policy.link = {.address_size = 20, .option_pad = 2};
    policy.arp_hardware_type = 32;
  }
  const Bytes body = in.bytes(kLongest);
  const auto parsed = wire::parse_arp(ByteView{body}, policy);
  if (!parsed) {
    require(parsed.error().offset <= body.size(), "the offset of a drop lies in the packet");
    require(!wire::describe(parsed.error().reason).name.empty(), "every reason has a name");
    return;
  }
  const std::size_t link = policy.link.address_size;
  require(body.size() >= 8 + 2 * (link + 4), "ARP-001: the whole packet is there");
  const unsigned hardware = body[0] * 256U + body[1];
  require(hardware == policy.arp_hardware_type || (policy.accept_ieee802_hardware && hardware == 6), "ARP-042");
  require(body[2] == 8 && body[3] == 0 && body[4] == link && body[5] == 4, "ARP-002");
  require(body[6] == 0 && (body[7] == 1 || body[7] == 2), "ARP-006, ARP-047");
  const std::span sender(body.data() + 8 + link, 4);
  const std::span sha(body.data() + 8, link);
  require(std::ranges::equal(parsed->sender.bytes(), sender), "spa is read from its place");
  require(std::ranges::equal(parsed->sender_link.bytes(), sha), "sha is read from its place");
  require(std::ranges::equal(parsed->target.bytes(), std::span(body.data() + 12 + 2 * link, 4)), "tpa, too");
  if (!policy.accept_any_link_address) {
    require(std::ranges::any_of(sha, [](std::uint8_t b) { return b != 0; }), "ARP-046: sha zero");
    require(link != 6 || (sha[0] & 1U) == 0, "ARP-045: group sha");
  }
  require(sender[0] != 127 && (sender[0] & 0xf0U) != 0xe0U, "ARP-050, ARP-051: loopback and multicast senders");
  require(!parsed->learnable() || (sender[0] < 224 && !parsed->sender.is_unspecified()), "ARP-049, ARP-053");
}

}  // namespace neigh::fuzz
