// SPDX-License-Identifier: Apache-2.0
// What the IP headers hand over to whoever looks into the payload.
#include <gtest/gtest.h>

#include "cases.hpp"
#include "support/cites.hpp"
#include "wire/echo.hpp"
#include "wire/ipv6.hpp"

namespace neigh::wire::test {
namespace {

Bytes bytes_of(ByteView view) { return {view.span().begin(), view.span().end()}; }

TEST(Ip6, HandsOverThePayloadWithoutPadding) {
  NEIGH_CITES("NDF-019");
  const Bytes datagram = hex("1234 5678 0009 0000 ff");
  const Bytes packet = ip6({.hop_limit = 7, .next_header = 17}, datagram);
  const Bytes padded = packet + Bytes(11, 0xee);
  const auto parsed = parse_ip6(ByteView{padded});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->source, kPeer6);
  EXPECT_EQ(parsed->destination, kOurs6);
  EXPECT_EQ(parsed->hop_limit, 7);
  EXPECT_EQ(parsed->next_header, 17);
  EXPECT_EQ(bytes_of(parsed->payload), datagram);
  EXPECT_EQ(bytes_of(parsed->whole), packet);
  EXPECT_FALSE(parsed->fragment);
  EXPECT_FALSE(parsed->router_alert_mld);
}

TEST(Ip6, WalksExtensionHeadersToTheUpperLayer) {
  NEIGH_CITES("NDF-022");
  const Bytes extensions = hex("3c 00 0502 0000 0100") + hex("2b 00 010400000000") + hex("2c 00 0400 00000000") +
                           hex("3c 00 0000 00000007") + hex("11 00 010400000000");
  const Bytes packet = ip6({.next_header = 0, .extensions = extensions}, hex("aabb"));
  const auto parsed = parse_ip6(ByteView{packet});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->next_header, 17);
  EXPECT_TRUE(parsed->router_alert_mld);
  EXPECT_EQ(parsed->fragment, Ip6Fragment{});
  EXPECT_TRUE(parsed->fragment->is_atomic());
  EXPECT_EQ(bytes_of(parsed->payload), hex("aabb"));
}

TEST(Ip6, OfALaterFragmentOnlyTheHeaderIsRead) {
  // Behind it is the middle of a packet, whatever the next header says: here it would be a broken options header.
  const Bytes packet = ip6({.next_header = 44, .extensions = hex("3c 00 0009 00000007")}, hex("3aff"));
  const auto parsed = parse_ip6(ByteView{packet});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->fragment, (Ip6Fragment{.offset = 8, .more = true}));
  EXPECT_FALSE(parsed->fragment->is_atomic());
  EXPECT_EQ(parsed->next_header, 60);
  EXPECT_EQ(bytes_of(parsed->payload), hex("3aff"));
}

TEST(Ip6, NothingBehindTheHeaderIsNoError) {
  const Bytes packet = ip6({.next_header = 59}, {});
  const auto parsed = parse_ip6(ByteView{packet});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->next_header, 59);
  EXPECT_TRUE(parsed->payload.empty());
}

TEST(Ip6, TrafficClassAndFlowLabelDoNotMatter) {
  Bytes packet = ip6({}, icmp6({}, {.body = zeros(4) + of(kOurs6)}));
  packet[0] |= 0x0fU;
  packet[1] = packet[2] = packet[3] = 0xff;
  EXPECT_TRUE(parse_message(ethernet({}, packet)));
}

Bytes ip4(unsigned fragment, const Bytes& payload) {
  Bytes header = hex("4500") + be16(static_cast<unsigned>(20 + payload.size())) + hex("0001") + be16(fragment) +
                 hex("2a 11 0000") + of(kPeer4) + of(kOurs4);
  const Bytes sum = be16(reference_checksum(header));
  std::copy(sum.begin(), sum.end(), header.begin() + 10);
  return header + payload;
}

TEST(Ip4, HandsOverThePayloadWithoutPadding) {
  const Bytes packet = ip4(0x4000, hex("010203"));
  const Bytes padded = packet + zeros(23);
  const auto parsed = parse_ip4(ByteView{padded});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->source, kPeer4);
  EXPECT_EQ(parsed->destination, kOurs4);
  EXPECT_EQ(parsed->ttl, 42);
  EXPECT_EQ(parsed->protocol, 17);
  EXPECT_FALSE(parsed->is_fragment);
  EXPECT_EQ(bytes_of(parsed->payload), hex("010203"));
  EXPECT_EQ(bytes_of(parsed->whole), packet);
}

TEST(Ip4, KnowsFragments) {
  const auto is_fragment = [](unsigned field) {
    const Bytes packet = ip4(field, zeros(8));
    return parse_ip4(ByteView{packet}).value().is_fragment;
  };
  EXPECT_TRUE(is_fragment(0x2000)) << "more fragments";
  EXPECT_TRUE(is_fragment(0x0001)) << "offset 8";
  EXPECT_TRUE(is_fragment(0x3fff));
  EXPECT_FALSE(is_fragment(0x4000)) << "don't fragment";
  EXPECT_FALSE(is_fragment(0x8000)) << "reserved bit";
}

}  // namespace
}  // namespace neigh::wire::test
