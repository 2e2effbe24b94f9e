// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "cases.hpp"
#include "wire/numbers.hpp"

namespace neigh::wire::test {

namespace {

const EthernetHeader kUnicast{.destination = kOurs, .source = kPeer};
const EthernetHeader kToAll{.destination = kBroadcast, .source = kPeer};

// What messages look into.
const Bytes kNonce = hex("0102 0304 0506");
const Bytes kLongNonce = hex("0102 0304 0506 0708 090a 0b0c 0d0e");
const Bytes kRedirectedPacket = hex("6000000000003b40") + of(kOurs6) + of(kPeer6);
const std::array<PrefixInformation, 2> kPrefixes = {{
    {.prefix = ip("2001:db8::"),
     .length = 64,
     .on_link = true,
     .autonomous = true,
     .valid_lifetime_s = 2592000,
     .preferred_lifetime_s = 604800},
    {.prefix = ip("2001:db8:1:8000::"), .length = 49, .on_link = true, .valid_lifetime_s = 0xffffffff},
}};
const LinkAddress kInfiniBand = mac("80:00:02:08:fe:80:00:00:00:00:00:00:00:02:c9:03:00:11:22:33");
const ParsePolicy kInfiniBandPolicy{.link = {.address_size = 20, .option_pad = 2}, .arp_hardware_type = 32};
const LinkAddress kEui64 = mac("02:00:00:ff:fe:00:00:07");
const ParsePolicy kEui64Policy{.link = {.address_size = 8}};

void add_arp(std::vector<GoodFrame>& out) {
  const ArpPacket request{.operation = ArpOperation::kRequest,
                          .sender_link = kPeer,
                          .sender = kPeer4,
                          .target_link = LinkAddress::ether({}),
                          .target = kOurs4};
  // Written out by hand: every offset of ARP-001 and ARP-003 shows.
  out.push_back({.name = "arp_request",
                 .cites = "ARP-001 ARP-002 ARP-003 ARP-004",
                 .bytes = hex("ffffffffffff 020000000002 0806 0001 0800 06 04 0001"
                              "020000000002 c0000202 000000000000 c0000201"),
                 .header = kToAll,
                 .message = request});
  ArpPacket reply = request;
  reply.operation = ArpOperation::kReply;
  reply.target_link = kOurs;
  out.push_back({.name = "arp_reply",
                 .cites = "ARP-002",
                 .bytes = hex("020000000001 020000000002 0806 0001 0800 06 04 0002"
                              "020000000002 c0000202 020000000001 c0000201"),
                 .header = kUnicast,
                 .message = reply});
  EthernetHeader tagged = kUnicast;
  tagged.tag = 0xa000;
  out.push_back({.name = "arp_reply_priority_tagged",
                 .cites = "ARP-056",
                 .bytes = hex("020000000001 020000000002 8100 a000 0806 0001 0800 06 04 0002"
                              "020000000002 c0000202 020000000001 c0000201"),
                 .header = tagged,
                 .message = reply});
  EthernetHeader vlan5 = kUnicast;
  vlan5.tag = 0x0005;
  out.push_back({.name = "arp_reply_vlan_5",
                 .cites = "ARP-057",
                 .bytes = hex("020000000001 020000000002 8100 0005 0806 0001 0800 06 04 0002"
                              "020000000002 c0000202 020000000001 c0000201"),
                 .header = vlan5,
                 .message = reply,
                 .policy = {.vlan_id = 5}});
  ArpPacket probe = request;
  probe.sender = ip("0.0.0.0");
  out.push_back(
      {.name = "arp_probe", .cites = "", .bytes = arp_frame({.spa = zeros(4)}), .header = kToAll, .message = probe});
  ArpPacket answer = reply;
  answer.target = ip("0.0.0.0");
  out.push_back({.name = "arp_reply_to_probe",
                 .cites = "",
                 .bytes = ethernet({.type = 0x0806}, arp({.operation = 2, .tha = of(kOurs), .tpa = zeros(4)})),
                 .header = kUnicast,
                 .message = answer});
  ArpPacket announcement = request;
  announcement.target = kPeer4;
  out.push_back({.name = "arp_announcement",
                 .cites = "",
                 .bytes = arp_frame({.tpa = of(kPeer4)}),
                 .header = kToAll,
                 .message = announcement});
  ArpPacket gratuitous = announcement;
  gratuitous.operation = ArpOperation::kReply;
  gratuitous.target_link = kBroadcast;
  out.push_back({.name = "arp_gratuitous_reply",
                 .cites = "",
                 .bytes = arp_frame({.operation = 2, .tha = of(kBroadcast), .tpa = of(kPeer4)}),
                 .header = kToAll,
                 .message = gratuitous});
  ArpPacket infiniband = request;
  infiniband.sender_link = kInfiniBand;
  infiniband.target_link = LinkAddress::from_bytes(zeros(20)).value();
  out.push_back({.name = "arp_request_20_byte_addresses",
                 .cites = "ARP-004",
                 .bytes = arp_frame({.hardware = 32, .hardware_size = 20, .sha = of(kInfiniBand), .tha = zeros(20)}),
                 .header = kToAll,
                 .message = infiniband,
                 .policy = kInfiniBandPolicy});
}

GoodFrame nd(std::string name, std::string cites, const RawIp6& header, const RawIcmp6& raw, const NdMessage& message) {
  return {.name = std::move(name),
          .cites = std::move(cites),
          .bytes = icmp6_frame(header, raw),
          .header = kUnicast,
          .message = NdPacket{.source = header.source, .destination = header.destination, .message = message}};
}

void add_neighbor(std::vector<GoodFrame>& out) {
  const Bytes target = zeros(4) + of(kOurs6);
  out.push_back(nd("ns", "NDF-003 NDF-011 NDF-016", {}, {.type = 135, .body = target + link_option(1, kPeer)},
                   NeighborSolicit{.target = kOurs6, .source_link = kPeer}));
  out.push_back(
      nd("ns_without_options", "NDV-004", {}, {.type = 135, .body = target}, NeighborSolicit{.target = kOurs6}));
  out.push_back(
      nd("ns_dad_with_nonce", "NDV-007 NDF-011", {.source = kIp6Unspecified, .destination = ip("ff02::1:ff00:1")},
         {.type = 135, .body = target + option(14, 1, kNonce)}, NeighborSolicit{.target = kOurs6, .nonce = kNonce}));
  out.push_back(nd("ns_with_long_nonce", "NDF-011", {},
                   {.type = 135, .body = target + link_option(1, kPeer) + option(14, 2, kLongNonce)},
                   NeighborSolicit{.target = kOurs6, .source_link = kPeer, .nonce = kLongNonce}));
  const Bytes flags_rso = hex("e0000000") + of(kPeer6);
  out.push_back(
      nd("na", "NDF-004 NDF-011", {}, {.type = 136, .body = flags_rso + link_option(2, kPeer)},
         NeighborAdvert{
             .target = kPeer6, .is_router = true, .solicited = true, .override_flag = true, .target_link = kPeer}));
  out.push_back(nd("na_solicited_only", "NDF-004", {}, {.type = 136, .body = hex("40000000") + of(kPeer6)},
                   NeighborAdvert{.target = kPeer6, .solicited = true}));
  out.push_back(nd("na_router_only", "NDF-004", {}, {.type = 136, .body = hex("80000000") + of(kPeer6)},
                   NeighborAdvert{.target = kPeer6, .is_router = true}));
  out.push_back(nd("na_unsolicited_to_all_nodes", "NDV-009", {.destination = ip("ff02::1")},
                   {.type = 136, .body = hex("20000000") + of(kPeer6) + link_option(2, kPeer)},
                   NeighborAdvert{.target = kPeer6, .override_flag = true, .target_link = kPeer}));
  out.push_back(nd("na_of_other_target", "NDV-024", {.source = ip("2001:db8::77")}, {.type = 136, .body = flags_rso},
                   NeighborAdvert{.target = kPeer6, .is_router = true, .solicited = true, .override_flag = true}));

  GoodFrame infiniband =
      nd("ns_infiniband", "NDF-016", {}, {.type = 135, .body = target + option(1, 3, zeros(2) + of(kInfiniBand))},
         NeighborSolicit{.target = kOurs6, .source_link = kInfiniBand});
  infiniband.policy = kInfiniBandPolicy;
  out.push_back(infiniband);
  GoodFrame eui64 =
      nd("na_eui64_link", "NDF-016", {}, {.type = 136, .body = flags_rso + option(2, 2, of(kEui64) + zeros(6))},
         NeighborAdvert{
             .target = kPeer6, .is_router = true, .solicited = true, .override_flag = true, .target_link = kEui64});
  eui64.policy = kEui64Policy;
  out.push_back(eui64);

  // What an emitter of ours never writes, and a receiver must accept.
  const auto odd = [&out](GoodFrame frame) {
    frame.canonical = false;
    out.push_back(std::move(frame));
  };
  odd(nd("ns_reserved_bits", "NDV-020", {}, {.type = 135, .body = hex("ffffffff") + of(kOurs6)},
         NeighborSolicit{.target = kOurs6}));
  odd(nd("na_reserved_bits", "NDV-020", {}, {.type = 136, .body = hex("1fffffff") + of(kPeer6)},
         NeighborAdvert{.target = kPeer6}));
  odd(nd("ns_with_tllao", "NDV-021 NDF-014", {},
         {.type = 135, .body = target + link_option(2, kOurs) + link_option(1, kPeer)},
         NeighborSolicit{.target = kOurs6, .source_link = kPeer}));
  odd(nd("ns_with_tllao_of_odd_length", "NDF-014", {}, {.type = 135, .body = target + option(2, 2, zeros(14))},
         NeighborSolicit{.target = kOurs6}));
  odd(nd("na_with_sllao", "NDV-021 NDF-014", {}, {.type = 136, .body = flags_rso + link_option(1, kPeer)},
         NeighborAdvert{.target = kPeer6, .is_router = true, .solicited = true, .override_flag = true}));
  odd(nd("ns_unknown_options", "NDF-014 NDV-021", {},
         {.type = 135,
          .body = target + option(0, 1, zeros(6)) + option(253, 3, Bytes(22, 0xff)) + link_option(1, kPeer) +
                  option(200, 1, zeros(6)) + option(3, 1, zeros(6)) + option(5, 2, zeros(14))},
         NeighborSolicit{.target = kOurs6, .source_link = kPeer}));
  odd(nd("ns_two_sllao", "NDF-015", {},
         {.type = 135, .body = target + link_option(1, kPeer) + link_option(1, mac("02:00:00:00:00:99"))},
         NeighborSolicit{.target = kOurs6, .source_link = kPeer}));
  odd(nd("ns_sllao_is_not_ethernet_source", "NDF-018", {},
         {.type = 135, .body = target + link_option(1, mac("02:00:00:00:00:99")) + option(253, 1, zeros(6))},
         NeighborSolicit{.target = kOurs6, .source_link = mac("02:00:00:00:00:99")}));
  odd(nd("ns_behind_destination_options", "NDF-022", {.next_header = 60, .extensions = hex("3a 00 01 04 00000000")},
         {.type = 135, .body = target}, NeighborSolicit{.target = kOurs6}));
  odd(nd("ns_behind_hop_by_hop_and_options", "NDF-022",
         {.next_header = 0, .extensions = hex("3c 00 05 02 0001 0000") + hex("3a 01 1e 0a 00000000000000000000 00 00")},
         {.type = 135, .body = target}, NeighborSolicit{.target = kOurs6}));
  odd(nd("ns_behind_routing_without_segments", "NDF-022",
         {.next_header = 43, .extensions = hex("3a 00 04 00 00000000")}, {.type = 135, .body = target},
         NeighborSolicit{.target = kOurs6}));
  GoodFrame padded =
      nd("ns_ethernet_padding", "NDF-019", {}, {.type = 135, .body = target}, NeighborSolicit{.target = kOurs6});
  padded.bytes = padded.bytes + Bytes(7, 0xff);
  odd(padded);
  GoodFrame zero_size = nd("ns_on_a_link_without_addresses", "NDF-016", {},
                           {.type = 135, .body = target + option(1, 4, zeros(30))}, NeighborSolicit{.target = kOurs6});
  zero_size.policy = {.link = {.address_size = 0}};
  odd(zero_size);
  GoodFrame in_unicast_frame = nd("ns_to_group_in_unicast_frame", "NDF-021", {.destination = ip("ff02::1:ff00:1")},
                                  {.type = 135, .body = target}, NeighborSolicit{.target = kOurs6});
  out.push_back(in_unicast_frame);
  odd(nd("ns_off_link_source", "", {.source = ip("3fff:ffff::9")},
         {.type = 135, .body = target + link_option(1, kPeer) + option(253, 1, zeros(6))},
         NeighborSolicit{.target = kOurs6, .source_link = kPeer}));
}

void add_router(std::vector<GoodFrame>& out) {
  out.push_back(nd("rs", "NDF-001", {.source = kPeerLocal, .destination = ip("ff02::2")},
                   {.type = 133, .body = zeros(4) + link_option(1, kPeer)}, RouterSolicit{.source_link = kPeer}));
  out.push_back(nd("rs_from_nobody", "NDF-001 NDV-008", {.source = kIp6Unspecified, .destination = ip("ff02::2")},
                   {.type = 133, .body = zeros(4)}, RouterSolicit{}));
  const RawIp6 router{.source = kPeerLocal, .destination = ip("ff02::1")};
  out.push_back(nd("ra_bare", "NDF-002", router, {.type = 134, .body = zeros(12)}, RouterAdvert{}));
  // hop limit 64, M, lifetime 1800 s, reachable 30000 ms, retrans 1000 ms
  const Bytes fixed = hex("40 80 0708 00007530 000003e8");
  const Bytes mtu = option(5, 1, zeros(2) + be32(1400));
  RouterAdvert full{.hop_limit = 64,
                    .managed = true,
                    .router_lifetime_s = 1800,
                    .reachable_time_ms = 30000,
                    .retrans_time_ms = 1000,
                    .source_link = kPeer,
                    .mtu = 1400,
                    .prefixes = PrefixList(kPrefixes)};
  const Bytes second = option(3, 4, Bytes{49, 0x80} + be32(0xffffffff) + zeros(8) + of(ip("2001:db8:1:8000::")));
  out.push_back(
      nd("ra_full", "NDF-002 NDF-011", router,
         {.type = 134, .body = fixed + link_option(1, kPeer) + mtu + prefix_option(4, 64, ip("2001:db8::")) + second},
         full));
  // The same in another order, with options between, and prefix bits that do not count.
  GoodFrame shuffled = nd(
      "ra_options_in_another_order", "NDF-014 NDF-015 NDV-020", router,
      {.type = 134,
       .body =
           hex("40 bf 0708 00007530 000003e8") + prefix_option(4, 64, ip("2001:db8::ffff")) +
           option(24, 2, Bytes(14, 3)) +
           option(3, 4, Bytes{49, 0xbf} + be32(0xffffffff) + be32(0) + be32(0xffffffff) + of(ip("2001:db8:1:ffff::"))) +
           mtu + option(5, 1, zeros(2) + be32(9000)) + link_option(1, kPeer) + option(14, 1, zeros(6))},
      full);
  shuffled.canonical = false;
  out.push_back(shuffled);
  RouterAdvert other;
  other.other_config = true;
  out.push_back(
      nd("ra_other_configuration", "NDF-002", router, {.type = 134, .body = hex("00 40") + zeros(10)}, other));
}

void add_redirect(std::vector<GoodFrame>& out) {
  const RawIp6 router{.source = kPeerLocal};
  const IpAddress far = ip("2001:db8:9::9");
  const Bytes via_router = zeros(4) + of(ip("fe80::3")) + of(far);
  out.push_back(
      nd("redirect", "NDF-005 NDV-022", router,
         {.type = 137, .body = via_router + link_option(2, kPeer) + option(4, 6, zeros(6) + kRedirectedPacket)},
         Redirect{.target = ip("fe80::3"), .destination = far, .target_link = kPeer, .redirected = kRedirectedPacket}));
  out.push_back(nd("redirect_to_on_link", "NDV-006 NDF-005", router,
                   {.type = 137, .body = zeros(4) + of(far) + of(far)}, Redirect{.target = far, .destination = far}));
  GoodFrame odd =
      nd("redirect_with_other_options", "NDV-021 RDR-005", router,
         {.type = 137,
          .body = hex("ffffffff") + of(ip("fe80::3")) + of(far) + option(3, 1, zeros(6)) + option(5, 3, zeros(22)) +
                  option(4, 1, Bytes(6, 0xff))},
         Redirect{.target = ip("fe80::3"), .destination = far, .redirected = std::span<const std::uint8_t>{}});
  odd.canonical = false;
  out.push_back(odd);
  static const Bytes large(1400 - 8, 0x5a);
  out.push_back(nd("redirect_with_large_packet", "RDR-005", router,
                   {.type = 137, .body = via_router + option(4, 175, zeros(6) + large)},
                   Redirect{.target = ip("fe80::3"), .destination = far, .redirected = large}));
}

std::vector<GoodFrame> make() {
  std::vector<GoodFrame> out;
  add_arp(out);
  add_neighbor(out);
  add_router(out);
  add_redirect(out);
  return out;
}

}  // namespace

const std::vector<GoodFrame>& good_frames() {
  static const std::vector<GoodFrame> kFrames = make();
  return kFrames;
}

const GoodFrame& good_frame(std::string_view name) {
  const auto& frames = good_frames();
  const auto found = std::find_if(frames.begin(), frames.end(), [&](const GoodFrame& f) { return f.name == name; });
  EXPECT_NE(found, frames.end()) << name;
  return *found;
}

Parsed<Message> parse_message(const Bytes& frame, const ParsePolicy& policy) {
  auto parsed = parse_frame(ByteView{frame}, policy);
  if (!parsed) return parsed.error();
  if (const auto* packet = std::get_if<ArpPacket>(&parsed->content)) return Message{*packet};
  if (const auto* packet = std::get_if<NdPacket>(&parsed->content)) return Message{*packet};
  ADD_FAILURE() << "neither ARP nor ND";
  return drop(DropReason::kFrameEtherType, 0);
}

Result<Bytes> emit_message(const EthernetHeader& header, const Message& message, const ParsePolicy& policy,
                           std::size_t room, std::uint8_t fill) {
  constexpr std::size_t kGuard = 16;
  Bytes buffer(room + kGuard, fill);
  FrameWriter out{std::span(buffer).first(room)};
  const auto size = std::holds_alternative<ArpPacket>(message)
                        ? emit_arp_frame(header, std::get<ArpPacket>(message), out, policy)
                        : emit_nd_frame(header, std::get<NdPacket>(message), out, policy);
  const std::size_t written = size ? *size : room;
  EXPECT_TRUE(std::all_of(buffer.begin() + static_cast<long>(written), buffer.end(), [fill](std::uint8_t b) {
    return b == fill;
  })) << "a byte behind the frame changed";
  if (!size) return size.error();
  EXPECT_EQ(*size, out.size());
  buffer.resize(*size);
  return buffer;
}

}  // namespace neigh::wire::test
