// SPDX-License-Identifier: Apache-2.0
#include "wire/nd.hpp"

#include <gtest/gtest.h>

#include <array>

#include "cases.hpp"
#include "support/cites.hpp"
#include "wire/multicast.hpp"

namespace neigh::wire::test {
namespace {

constexpr std::size_t kIcmp = 14 + 40;

bool is_nd_frame(const GoodFrame& f) { return std::holds_alternative<NdPacket>(f.message); }

// Frames whose ICMPv6 message stands directly behind the IPv6 header.
bool is_plain(const GoodFrame& f) { return is_nd_frame(f) && f.bytes[14 + 6] == 58; }

std::size_t fixed_size(std::uint8_t type) { return type == 133 ? 8 : type == 134 ? 16 : type == 137 ? 40 : 24; }

// Cuts the message itself, with payload length and checksum to match: only a cut between options leaves a message.
TEST(Nd, EveryConsistentTruncation) {
  NEIGH_CITES("NDV-004", "NDF-013");
  for (const GoodFrame& f : good_frames()) {
    if (!is_plain(f)) continue;
    const std::size_t end = kIcmp + f.bytes[18] * 256U + f.bytes[19];
    std::vector<std::size_t> boundaries;
    for (std::size_t at = kIcmp + fixed_size(f.bytes[kIcmp]); at < end; at += f.bytes[at + 1] * 8U) {
      boundaries.push_back(at);
    }
    for (std::size_t cut = kIcmp; cut < end; ++cut) {
      Bytes frame(f.bytes.begin(), f.bytes.begin() + static_cast<long>(cut));
      frame[18] = static_cast<std::uint8_t>((cut - kIcmp) >> 8U);
      frame[19] = static_cast<std::uint8_t>(cut - kIcmp);
      fix_icmp6_checksum(frame);
      const bool boundary = std::find(boundaries.begin(), boundaries.end(), cut) != boundaries.end();
      if (cut == kIcmp) {
        EXPECT_FALSE(is_nd(parse_ip6(ByteView{frame}.slice(14, frame.size() - 14, "").value()).value()));
        continue;
      }
      const auto parsed = parse_frame(ByteView{frame}, f.policy);
      EXPECT_EQ(parsed.has_value(), boundary) << f.name << " cut to " << cut;
      if (!parsed && cut >= kIcmp + 4) {
        const auto reason = parsed.error().reason;
        EXPECT_TRUE(reason == DropReason::kNdShort || reason == DropReason::kNdOptionTrailing ||
                    reason == DropReason::kNdOptionOverrun)
            << f.name << " cut to " << cut << ": " << describe(reason).name;
      }
    }
  }
}

// Each length of a good frame, set to every other value, with a good checksum.
TEST(Nd, EveryFlippedOptionLength) {
  NEIGH_CITES("NDF-010", "NDF-012", "NDF-013", "NDF-016", "NDV-005");
  for (const GoodFrame& f : good_frames()) {
    if (!is_plain(f)) continue;
    const std::size_t end = kIcmp + f.bytes[18] * 256U + f.bytes[19];
    for (std::size_t at = kIcmp + fixed_size(f.bytes[kIcmp]); at < end; at += f.bytes[at + 1] * 8U) {
      for (unsigned units = 0; units < 256; ++units) {
        Bytes frame = f.bytes;
        frame[at + 1] = static_cast<std::uint8_t>(units);
        fix_icmp6_checksum(frame);
        const auto parsed = parse_frame(ByteView{frame}, f.policy);
        if (units == 0) {
          ASSERT_FALSE(parsed) << f.name;
          EXPECT_EQ(parsed.error().reason, DropReason::kNdOptionLengthZero) << f.name;
          EXPECT_EQ(parsed.error().offset, at + 1 - kIcmp) << f.name;
        } else if (at + units * 8U > end) {
          // An LLA, MTU or prefix option before it may have a second reason to fail; this one comes first.
          ASSERT_FALSE(parsed) << f.name << " " << units;
          EXPECT_EQ(parsed.error().reason, DropReason::kNdOptionOverrun) << f.name;
        } else if (units == f.bytes[at + 1]) {
          EXPECT_TRUE(parsed) << f.name;
        } else if (const unsigned type = frame[at]; f.canonical && (type == 1 || type == 2 || type == 3 || type == 5)) {
          EXPECT_FALSE(parsed) << f.name << ": type " << type << " accepted with length " << units;
        }
      }
    }
  }
}

TEST(Nd, EveryFlippedPayloadLength) {
  NEIGH_CITES("NDF-019");
  for (const GoodFrame& f : good_frames()) {
    if (!is_nd_frame(f)) continue;
    const unsigned good = f.bytes[18] * 256U + f.bytes[19];
    for (unsigned length = 0; length < 2048; ++length) {
      if (length == good) continue;
      Bytes frame = f.bytes;
      frame[18] = static_cast<std::uint8_t>(length >> 8U);
      frame[19] = static_cast<std::uint8_t>(length);
      // Shorter: the checksum tells (or nothing of ICMPv6 is left); longer: the frame does.
      const auto parsed = parse_frame(ByteView{frame}, f.policy);
      EXPECT_FALSE(parsed && std::holds_alternative<NdPacket>(parsed->content)) << f.name << " " << length;
    }
  }
}

// NDV-002: the checksum covers every bit of the message and of both addresses.
TEST(Nd, EverySingleBitErrorIsDropped) {
  NEIGH_CITES("NDV-002");
  const GoodFrame& f = good_frame("ra_full");
  for (std::size_t byte = 14 + 8; byte < f.bytes.size(); ++byte) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      Bytes frame = f.bytes;
      frame[byte] ^= static_cast<std::uint8_t>(1U << bit);
      const auto parsed = parse_frame(ByteView{frame});
      EXPECT_FALSE(parsed && std::holds_alternative<NdPacket>(parsed->content)) << byte << " " << bit;
    }
  }
}

TEST(Nd, EveryHopLimitAndCode) {
  NEIGH_CITES("NDV-001", "NDV-003");
  for (unsigned value = 0; value < 256; ++value) {
    const Bytes body = zeros(4) + of(kOurs6);
    EXPECT_EQ(parse_message(icmp6_frame({.hop_limit = value}, {.body = body})).has_value(), value == 255) << value;
    EXPECT_EQ(parse_message(icmp6_frame({}, {.code = value, .body = body})).has_value(), value == 0) << value;
  }
}

TEST(Nd, AllOptionsAreCheckedBeforeOneIsUsed) {
  NEIGH_CITES("NDF-012", "NDF-014");
  // A good SLLAO, then something that spoils the message: nothing of it reaches the caller.
  const Bytes start = zeros(4) + of(kOurs6) + link_option(1, kPeer);
  EXPECT_TRUE(parse_message(icmp6_frame({}, {.body = start + option(253, 1, zeros(6))})));
  EXPECT_FALSE(parse_message(icmp6_frame({}, {.body = start + option(253, 0, zeros(6))})));
  EXPECT_FALSE(parse_message(icmp6_frame({}, {.body = start + option(253, 2, zeros(6))})));
}

TEST(Nd, AsLinuxBelievesAnyLinkAddress) {
  const ParsePolicy as_linux{.accept_any_link_address = true};
  for (const LinkAddress& link : {kBroadcast, mac("33:33:00:00:00:01"), LinkAddress::ether({})}) {
    const auto parsed =
        parse_message(icmp6_frame({}, {.body = zeros(4) + of(kOurs6) + link_option(1, link)}), as_linux);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(std::get<NeighborSolicit>(std::get<NdPacket>(*parsed).message).source_link, link);
  }
}

TEST(Nd, OwnAddressInAnOptionIsLeftToTheEngine) {
  const auto parsed =
      parse_message(icmp6_frame({.source = kOurs6}, {.body = zeros(4) + of(kOurs6) + link_option(1, kOurs)}));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(std::get<NdPacket>(*parsed).source, kOurs6);
}

TEST(Nd, RedirectFromAnyRouterIsLeftToTheEngine) {
  const auto parsed = parse_message(icmp6_frame(
      {.source = ip("fe80::dead")}, {.type = 137, .body = zeros(4) + of(ip("fe80::3")) + of(ip("2001:db8:9::9"))}));
  EXPECT_TRUE(parsed);
}

TEST(Nd, AuthenticationHeaderIsNotLookedInto) {
  NEIGH_CITES("NDV-013");
  // AH: next 58, length 4 (24 bytes). The check was removed; what stands behind AH is not ND for us.
  const Bytes header = hex("3a04 0000 00000001 00000001") + zeros(12);
  const Bytes frame = icmp6_frame({.next_header = 51, .extensions = header}, {.body = zeros(4) + of(kOurs6)});
  const auto parsed = parse_frame(ByteView{frame});
  ASSERT_TRUE(parsed);
  ASSERT_TRUE(std::holds_alternative<Ip6Packet>(parsed->content));
  EXPECT_EQ(std::get<Ip6Packet>(parsed->content).next_header, 51);
}

TEST(Nd, LaterFragmentIsNoMessage) {
  NEIGH_CITES("FRG-002");
  // Offset 8: the bytes look like an NS, but are the middle of something.
  const Bytes frame =
      icmp6_frame({.next_header = 44, .extensions = hex("3a00 0008 00000001")}, {.body = zeros(4) + of(kOurs6)});
  const auto parsed = parse_frame(ByteView{frame});
  ASSERT_TRUE(parsed);
  const auto* packet = std::get_if<Ip6Packet>(&parsed->content);
  ASSERT_NE(packet, nullptr);
  EXPECT_EQ(packet->fragment, (Ip6Fragment{.offset = 8, .more = false}));
  EXPECT_FALSE(is_nd(*packet));
}

TEST(Nd, WrongParserSaysSo) {
  const Bytes echo = ip6({}, icmp6({}, {.type = 128, .body = zeros(4)}));
  const auto packet = parse_ip6(ByteView{echo});
  ASSERT_TRUE(packet);
  const auto parsed = parse_nd(*packet);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().reason, DropReason::kNdType);
  for (const unsigned type : {132U, 138U, 0U, 255U}) {
    const Bytes other = ip6({}, icmp6({}, {.type = type, .body = zeros(36)}));
    EXPECT_FALSE(is_nd(parse_ip6(ByteView{other}).value())) << type;
  }
}

TEST(PrefixList, WalksOptionsAndValuesAlike) {
  NEIGH_CITES("NDF-011");
  const auto parsed = parse_message(good_frame("ra_options_in_another_order").bytes);
  ASSERT_TRUE(parsed);
  const auto& received = std::get<RouterAdvert>(std::get<NdPacket>(*parsed).message).prefixes;
  ASSERT_EQ(received.size(), 2U);
  const std::vector<PrefixInformation> copy(received.begin(), received.end());
  EXPECT_EQ(copy[0].prefix, ip("2001:db8::")) << "bits beyond the length do not count";
  EXPECT_EQ(copy[1].prefix, ip("2001:db8:1:8000::"));
  EXPECT_EQ(PrefixList(copy), received);
  EXPECT_EQ(PrefixList(std::span(copy).first(1)) == received, false);
  EXPECT_TRUE(PrefixList().empty());
  EXPECT_EQ(PrefixList(), PrefixList(std::span<const PrefixInformation>{}));
}

TEST(PrefixList, HasNoLimitButTheMessage) {
  NEIGH_CITES("NDF-015");
  Bytes options;
  for (unsigned i = 0; i < 45; ++i) options = options + prefix_option(4, i, ip("2001:db8:ffff::"));
  const Bytes frame = icmp6_frame({.source = kPeerLocal}, {.type = 134, .body = zeros(12) + options});
  const auto parsed = parse_message(frame);
  ASSERT_TRUE(parsed);
  unsigned expected = 0;
  for (const PrefixInformation& p : std::get<RouterAdvert>(std::get<NdPacket>(*parsed).message).prefixes) {
    EXPECT_EQ(p.length, expected++);
  }
  EXPECT_EQ(expected, 45U);
}

TEST(Masked, ClearsTheBitsBeyondTheLength) {
  const IpAddress ones = ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
  EXPECT_EQ(masked(ones, 0), ip("::"));
  EXPECT_EQ(masked(ones, 1), ip("8000::"));
  EXPECT_EQ(masked(ones, 8), ip("ff00::"));
  EXPECT_EQ(masked(ones, 49), ip("ffff:ffff:ffff:8000::"));
  EXPECT_EQ(masked(ones, 127), ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"));
  EXPECT_EQ(masked(ones, 128), ones);
}

struct Refusal {
  std::string_view field;
  IpAddress source;
  IpAddress destination;
  NdMessage message;
};

TEST(NdEmit, RefusesWhatNoReceiverMayAccept) {
  NEIGH_CITES("NDV-006", "NDV-007", "NDV-008", "NDV-009", "NDV-010", "NDV-012", "NDV-015", "NDF-016", "NDF-017");
  const IpAddress nobody = ip("::");
  const IpAddress group = solicited_node(kPeer6);
  const IpAddress all = ip("ff02::1");
  const std::array<std::uint8_t, 8> odd_nonce{};
  const std::array<PrefixInformation, 1> bad_prefix = {{{.prefix = kPeer6, .length = 129}}};
  const std::array<PrefixInformation, 1> prefix4 = {{{.prefix = kPeer4, .length = 24}}};
  const Bytes huge(255 * 8 - 8 + 1);
  const Refusal refusals[] = {
      {"source", kOurs4, kPeer6, NeighborSolicit{.target = kPeer6}},
      {"source", all, kPeer6, NeighborSolicit{.target = kPeer6}},
      {"destination", kOurs6, kPeer4, NeighborSolicit{.target = kPeer6}},
      {"target", kOurs6, group, NeighborSolicit{.target = kPeer4}},
      {"target", kOurs6, group, NeighborSolicit{}},
      {"ND target is multicast", kOurs6, group, NeighborSolicit{.target = all}},
      {"NS from :: not sent to a solicited-node group", nobody, kPeer6, NeighborSolicit{.target = kPeer6}},
      {"NS or RS from :: with a source link address", nobody, group,
       NeighborSolicit{.target = kPeer6, .source_link = kOurs}},
      {"source_link", kOurs6, group, NeighborSolicit{.target = kPeer6, .source_link = LinkAddress()}},
      {"source_link", kOurs6, group, NeighborSolicit{.target = kPeer6, .source_link = mac("02:00:00:00:00:00:00:01")}},
      {"source_link", kOurs6, group, NeighborSolicit{.target = kPeer6, .source_link = kBroadcast}},
      {"nonce", kOurs6, group, NeighborSolicit{.target = kPeer6, .nonce = odd_nonce}},
      {"target", kOurs6, kPeer6, NeighborAdvert{.target = kOurs4}},
      {"target_link", kOurs6, kPeer6, NeighborAdvert{.target = kOurs6, .target_link = LinkAddress::ether({})}},
      {"ND target is multicast", kOurs6, kPeer6, NeighborAdvert{.target = all}},
      {"solicited NA sent to multicast", kOurs6, all, NeighborAdvert{.target = kOurs6, .solicited = true}},
      {"NS or RS from :: with a source link address", nobody, ip("ff02::2"), RouterSolicit{.source_link = kOurs}},
      {"RA or Redirect from no link-local address", kOurs6, all, RouterAdvert{}},
      {"prefixes", kOursLocal, all, RouterAdvert{.prefixes = PrefixList(bad_prefix)}},
      {"prefixes", kOursLocal, all, RouterAdvert{.prefixes = PrefixList(prefix4)}},
      {"RA or Redirect from no link-local address", kOurs6, kPeer6, Redirect{.target = kPeer6, .destination = kPeer6}},
      {"Redirect target neither link-local nor the destination", kOursLocal, kPeer6,
       Redirect{.target = kPeer6, .destination = kOurs6}},
      {"Redirect for a multicast destination", kOursLocal, kPeer6, Redirect{.target = kPeerLocal, .destination = all}},
      {"redirect_destination", kOursLocal, kPeer6, Redirect{.target = kPeerLocal, .destination = kPeer4}},
      {"redirected", kOursLocal, kPeer6,
       Redirect{.target = kPeerLocal, .destination = kPeer6, .redirected = std::span<const std::uint8_t>(huge)}},
  };
  for (const Refusal& r : refusals) {
    const auto written = emit_message({.destination = kPeer, .source = kOurs},
                                      NdPacket{.source = r.source, .destination = r.destination, .message = r.message});
    ASSERT_FALSE(written) << r.field;
    EXPECT_EQ(written.error().code, Errc::kInvalidArgument);
    EXPECT_EQ(written.error().field, r.field);
  }
}

TEST(NdEmit, RedirectedPacketIsPaddedWithZeros) {
  const Bytes packet(13, 0x77);
  const NdPacket redirect{.source = kOursLocal,
                          .destination = kPeer6,
                          .message = Redirect{.target = kPeerLocal, .destination = kPeer6, .redirected = packet}};
  const auto written = emit_message({.destination = kPeer, .source = kOurs}, redirect);
  ASSERT_TRUE(written);
  const auto parsed = parse_message(*written);
  ASSERT_TRUE(parsed);
  const auto& redirected = std::get<Redirect>(std::get<NdPacket>(*parsed).message).redirected;
  ASSERT_TRUE(redirected);
  EXPECT_EQ(Bytes(redirected->begin(), redirected->end()), packet + zeros(3));
}

TEST(Groups, SolicitedNodeAndEthernet) {
  NEIGH_CITES("NDF-021");
  EXPECT_EQ(solicited_node(ip("2001:db8::1:2345:6789")), ip("ff02::1:ff45:6789"));
  EXPECT_EQ(solicited_node(ip("fe80::45:6789")), solicited_node(ip("2001:db8::ab45:6789")));
  EXPECT_TRUE(is_solicited_node(ip("ff02::1:ff00:0")));
  EXPECT_TRUE(is_solicited_node(ip("ff02::1:ffff:ffff")));
  for (const std::string_view no : {"ff02::1:fe00:0", "ff02::2:ff00:0", "ff02::1", "ff05::1:ff00:1", "fe80::1:ff00:1",
                                    "ff12::1:ff00:1", "255.2.0.0"}) {
    EXPECT_FALSE(is_solicited_node(ip(no))) << no;
  }
  EXPECT_FALSE(is_solicited_node(IpAddress()));
  EXPECT_EQ(ether_group(ip("ff02::1")), mac("33:33:00:00:00:01"));
  EXPECT_EQ(ether_group(ip("ff02::1:ff45:6789")), mac("33:33:ff:45:67:89"));
  EXPECT_EQ(ether_group(ip("224.0.0.251")), mac("01:00:5e:00:00:fb"));
  EXPECT_EQ(ether_group(ip("239.255.255.250")), mac("01:00:5e:7f:ff:fa"));
}

}  // namespace
}  // namespace neigh::wire::test
