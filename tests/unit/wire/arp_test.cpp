// SPDX-License-Identifier: Apache-2.0
#include "wire/arp.hpp"

#include <gtest/gtest.h>

#include "cases.hpp"
#include "support/cites.hpp"
#include "wire/numbers.hpp"

namespace neigh::wire::test {
namespace {

ArpPacket parse(const RawArp& raw, const ParsePolicy& policy = {}) {
  const auto parsed = parse_message(arp_frame(raw), policy);
  EXPECT_TRUE(parsed) << describe(parsed.error().reason).name;
  return parsed ? std::get<ArpPacket>(*parsed) : ArpPacket{};
}

// The rows of part 1.3 that need own addresses or subnets: the parser hands the packet over as it came.
TEST(ArpLeftToTheEngine, OwnAddressesAndSubnets) {
  EXPECT_EQ(parse({.sha = of(kOurs)}).sender_link, kOurs) << "ARP-045, ARP-061: own address as sha";
  EXPECT_EQ(parse({.operation = 2, .sha = of(kOurs)}).sender_link, kOurs) << "ARP-061";
  EXPECT_EQ(parse({.spa = of(kOurs4)}).sender, kOurs4) << "ARP-048";
  EXPECT_EQ(parse({.spa = of(ip("192.0.2.255"))}).sender, ip("192.0.2.255")) << "ARP-052";
  EXPECT_EQ(parse({.spa = of(ip("192.0.2.0"))}).sender, ip("192.0.2.0")) << "ARP-053";
  EXPECT_EQ(parse({.spa = of(ip("198.51.100.7"))}).sender, ip("198.51.100.7")) << "ARP-054";
  EXPECT_EQ(parse({.tpa = of(ip("192.0.2.9"))}).target, ip("192.0.2.9")) << "ARP-055, ARP-060: not ours";
  EXPECT_EQ(parse({.operation = 2, .tpa = of(ip("192.0.2.9"))}).target, ip("192.0.2.9")) << "ARP-059";
}

TEST(ArpLeftToTheEngine, TruncatedAndPaddedByTheWire) {
  Bytes body = arp({});
  body.resize(27);
  body.resize(46, 0);
  const auto parsed = parse_message(ethernet({.destination = kBroadcast, .type = 0x0806}, body));
  ASSERT_TRUE(parsed) << "no length check can tell";
  EXPECT_EQ(std::get<ArpPacket>(*parsed).target, ip("192.0.2.0")) << "the last byte of tpa reads 0";
}

TEST(Arp, PaddingOfAnySizeAndContentIsIgnored) {
  NEIGH_CITES("ARP-008", "PRT-008");
  for (const std::size_t size : {0U, 1U, 18U, 1000U, 1500U - 28U}) {
    for (const std::uint8_t fill : {std::uint8_t{0x00}, std::uint8_t{0xff}}) {
      const auto parsed = parse_message(arp_frame({}) + Bytes(size, fill));
      ASSERT_TRUE(parsed) << size;
      EXPECT_TRUE(*parsed == good_frame("arp_request").message);
    }
  }
}

TEST(Arp, TargetLinkOfARequestMeansNothing) {
  for (const Bytes& tha : {zeros(6), of(kBroadcast), of(kOurs), hex("123456789abc")}) {
    EXPECT_EQ(of(parse({.tha = tha}).target_link), tha);
  }
}

TEST(Arp, EthernetSourceNeedNotBeTheSender) {
  const auto frame = ethernet({.source = mac("02:00:00:00:00:99"), .type = 0x0806}, arp({}));
  EXPECT_EQ(std::get<ArpPacket>(parse_message(frame).value()).sender_link, kPeer);
}

TEST(Arp, EachDestinationIsHandedOver) {
  for (const LinkAddress& destination : {kBroadcast, kOurs, mac("01:00:5e:00:00:01"), mac("02:00:00:00:00:77")}) {
    const Bytes frame = ethernet({.destination = destination, .type = 0x0806}, arp({}));
    const auto parsed = parse_frame(ByteView{frame});
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->header.destination, destination);
  }
}

TEST(Arp, Ieee802HardwareOnRequest) {
  NEIGH_CITES("ARP-043");
  const ParsePolicy lenient{.accept_ieee802_hardware = true};
  EXPECT_EQ(parse({.hardware = 6}, lenient).sender, kPeer4);
  const auto other = parse_message(arp_frame({.hardware = 7}), lenient);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().reason, DropReason::kArpHardwareType);
}

TEST(Arp, AsLinuxBelievesAnyLinkAddress) {
  const ParsePolicy as_linux{.accept_any_link_address = true};
  for (const Bytes& sha : {of(kBroadcast), hex("01005e000001"), zeros(6)}) {
    EXPECT_EQ(of(parse({.sha = sha}, as_linux).sender_link), sha);
  }
  const auto parsed = parse_message(ethernet({.source = kBroadcast, .type = 0x0806}, arp({})), as_linux);
  EXPECT_TRUE(parsed);
}

// All 256 values of both length bytes, with the body as it is: only the right one passes.
TEST(Arp, EveryOtherLengthIsDropped) {
  NEIGH_CITES("ARP-044", "ARP-004");
  for (unsigned value = 0; value < 256; ++value) {
    EXPECT_EQ(parse_message(arp_frame({.hardware_size = value}) + zeros(600)).has_value(), value == 6) << value;
    EXPECT_EQ(parse_message(arp_frame({.protocol_size = value}) + zeros(600)).has_value(), value == 4) << value;
  }
}

TEST(Arp, EveryOtherOperationIsDropped) {
  NEIGH_CITES("ARP-006", "ARP-047");
  for (unsigned operation = 0; operation < 0x10000; ++operation) {
    ASSERT_EQ(parse_message(arp_frame({.operation = operation})).has_value(), operation == 1 || operation == 2)
        << operation;
  }
}

TEST(Arp, KindsOfPackets) {
  const ArpPacket probe = parse({.spa = zeros(4)});
  EXPECT_TRUE(probe.is_probe());
  EXPECT_FALSE(probe.is_gratuitous());
  EXPECT_FALSE(probe.learnable());
  const ArpPacket request = parse({});
  EXPECT_FALSE(request.is_probe());
  EXPECT_FALSE(request.is_gratuitous());
  EXPECT_TRUE(request.learnable());
  EXPECT_TRUE(parse({.tpa = of(kPeer4)}).is_gratuitous());
  EXPECT_TRUE(parse({.operation = 2, .tha = of(kBroadcast), .tpa = of(kPeer4)}).is_gratuitous());
  EXPECT_FALSE(parse({.spa = of(ip("240.0.0.1"))}).learnable()) << "ARP-053";
  EXPECT_FALSE(parse({.spa = of(ip("255.255.255.254"))}).learnable()) << "ARP-053";
  EXPECT_TRUE(parse({.spa = of(ip("223.255.255.255"))}).learnable());
}

TEST(ArpEmit, PadsToTheMinimumWithZeros) {
  NEIGH_CITES("ARP-007");
  Bytes buffer(64, 0xa5);
  FrameWriter out{buffer};
  const GoodFrame& good = good_frame("arp_request");
  EXPECT_EQ(emit_arp_frame(good.header, std::get<ArpPacket>(good.message), out).value(), 42U);
  out.pad_to(kMinimumFrameSize);
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(Bytes(out.written().begin(), out.written().end()), good.bytes + zeros(18));
  EXPECT_EQ(buffer[60], 0xa5);
}

struct Refusal {
  std::string_view what;
  ArpPacket packet;
};

TEST(ArpEmit, RefusesWhatNoReceiverMayAccept) {
  NEIGH_CITES("ARP-045", "ARP-050", "ARP-051", "ARP-055");
  const ArpPacket good = std::get<ArpPacket>(good_frame("arp_request").message);
  const auto with = [&good](auto change) {
    ArpPacket packet = good;
    change(packet);
    return packet;
  };
  const Refusal refusals[] = {
      {"operation", with([](ArpPacket& p) { p.operation = static_cast<ArpOperation>(3); })},
      {"sender_link", with([](ArpPacket& p) { p.sender_link = LinkAddress(); })},
      {"target_link", with([](ArpPacket& p) { p.target_link = mac("02:00:00:00:00:00:00:01"); })},
      {"sender", with([](ArpPacket& p) { p.sender = kPeer6; })},
      {"sender", with([](ArpPacket& p) { p.sender = IpAddress(); })},
      {"target", with([](ArpPacket& p) { p.target = kOurs6; })},
      {"ARP sender's link-layer address is a group address", with([](ArpPacket& p) { p.sender_link = kBroadcast; })},
      {"ARP reply from 0.0.0.0", with([](ArpPacket& p) {
         p.operation = ArpOperation::kReply;
         p.sender = ip("0.0.0.0");
       })},
      {"ARP sender is broadcast, multicast or loopback", with([](ArpPacket& p) { p.sender = ip("127.0.0.1"); })},
      {"ARP asks for an address that nobody can have", with([](ArpPacket& p) { p.target = ip("224.0.0.1"); })},
  };
  for (const Refusal& r : refusals) {
    const auto written = emit_message({.destination = kBroadcast, .source = kOurs}, r.packet);
    ASSERT_FALSE(written) << r.what;
    EXPECT_EQ(written.error().code, Errc::kInvalidArgument);
    EXPECT_EQ(written.error().field, r.what);
  }
  EXPECT_EQ(emit_message({.destination = LinkAddress(), .source = kOurs}, good).error().field, "ethernet_destination");
  EXPECT_EQ(emit_message({.destination = kBroadcast}, good).error().field, "ethernet_source");
}

}  // namespace
}  // namespace neigh::wire::test
