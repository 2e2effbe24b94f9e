// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>

#include "cases.hpp"
#include "support/cites.hpp"
#include "wire/checksum.hpp"
#include "wire/echo.hpp"
#include "wire/mld.hpp"
#include "wire/multicast.hpp"

namespace neigh::wire::test {
namespace {

template <class Emit>
Bytes written(Emit emit, std::uint8_t fill = 0xa5, std::size_t room = 2048) {
  Bytes buffer(room, fill);
  FrameWriter out{buffer};
  const auto size = emit(out);
  EXPECT_TRUE(size) << size.error().message();
  if (!size) return {};
  buffer.resize(*size);
  return buffer;
}

TEST(MldReport, IsWrittenByteForByte) {
  const std::array records = {MldRecord{.group = solicited_node(kOurs6)},
                              MldRecord{.type = MldRecordType::kModeIsExclude, .group = ip("ff02::1:ff00:7")}};
  const MldReport report{.source_link = kOurs, .source = ip("::"), .records = records};
  const RawIp6 header{.source = ip("::"),
                      .destination = ip("ff02::16"),
                      .hop_limit = 1,
                      .next_header = 0,
                      .extensions = hex("3a00 0502 0000 0100")};
  const Bytes body = hex("0000 0002 04000000") + of(ip("ff02::1:ff00:1")) + hex("02000000") + of(ip("ff02::1:ff00:7"));
  const Bytes expected = ethernet({.destination = mac("33:33:00:00:00:16"), .source = kOurs},
                                  ip6(header, icmp6(header, {.type = 143, .body = body})));
  const auto emit = [&](FrameWriter& out) { return emit_mld_report_frame(report, out); };
  EXPECT_EQ(written(emit), expected);
  EXPECT_EQ(written(emit, 0), expected);
  for (std::size_t room = 0; room < expected.size(); ++room) {
    Bytes buffer(room);
    FrameWriter out{buffer};
    const auto size = emit(out);
    ASSERT_FALSE(size);
    EXPECT_EQ(size.error().field, "buffer");
  }
}

TEST(MldReport, FillsAPacketAndNoMore) {
  NEIGH_CITES("NDF-020");
  const std::vector<MldRecord> records(mld_records_per_packet(1500) + 1, MldRecord{.group = ip("ff02::1:ff00:1")});
  Bytes buffer(14 + 1500);
  for (const std::size_t fewer : {0U, 1U}) {
    FrameWriter out{buffer};
    const MldReport report{
        .source_link = kOurs, .source = kOursLocal, .records = std::span(records).first(records.size() - fewer)};
    EXPECT_EQ(emit_mld_report_frame(report, out).has_value(), fewer == 1);
  }
  EXPECT_EQ(mld_records_per_packet(75), 0U);
  EXPECT_EQ(mld_records_per_packet(76), 1U);
  EXPECT_EQ(mld_records_per_packet(0), 0U);
}

TEST(MldReport, RefusesWhatNoRouterAccepts) {
  const std::array groups = {MldRecord{.group = ip("ff02::1:ff00:1")}};
  const std::array unicast = {MldRecord{.group = kOurs6}};
  const std::array ipv4 = {MldRecord{.group = ip("224.0.0.1")}};
  const auto refused = [](const MldReport& report) {
    Bytes buffer(200);
    FrameWriter out{buffer};
    const auto size = emit_mld_report_frame(report, out);
    return size ? std::string_view{} : size.error().field;
  };
  EXPECT_EQ(refused({.source_link = kOurs, .source = kOurs6, .records = groups}), "source");
  EXPECT_EQ(refused({.source_link = kOurs, .source = kOursLocal}), "records");
  EXPECT_EQ(refused({.source_link = kOurs, .source = kOursLocal, .records = unicast}), "group");
  EXPECT_EQ(refused({.source_link = kOurs, .source = kOursLocal, .records = ipv4}), "group");
  EXPECT_EQ(refused({.source = kOursLocal, .records = groups}), "ethernet_source");
}

MldQuery query(const Bytes& body) {
  const RawIp6 header{.source = kPeerLocal,
                      .destination = ip("ff02::1"),
                      .hop_limit = 1,
                      .next_header = 0,
                      .extensions = hex("3a00 0502 0000 0100")};
  const Bytes frame = icmp6_frame(header, {.type = 130, .body = body});
  const auto parsed = parse_frame(ByteView{frame});
  EXPECT_TRUE(parsed) << describe(parsed.error().reason).name;
  return parsed ? std::get<MldQuery>(parsed->content) : MldQuery{};
}

TEST(MldQuery, BothVersions) {
  const IpAddress group = ip("ff02::1:ff00:1");
  EXPECT_EQ(query(be16(10000) + zeros(18)),
            (MldQuery{.source = kPeerLocal, .group = ip("::"), .max_response_ms = 10000, .version = 1}));
  EXPECT_EQ(query(be16(40000) + zeros(2) + of(group)),
            (MldQuery{.source = kPeerLocal, .group = group, .max_response_ms = 40000, .version = 1}));
  EXPECT_EQ(query(be16(1000) + zeros(2) + of(group) + hex("027d 0000")),
            (MldQuery{.source = kPeerLocal, .group = group, .max_response_ms = 1000}));
  EXPECT_EQ(query(be16(1000) + zeros(2) + of(group) + hex("027d 0001") + of(kPeer6)),
            (MldQuery{.source = kPeerLocal, .group = group, .max_response_ms = 1000, .for_sources = true}));
  // RFC 3810 5.1.3: from 0x8000 on (mantissa | 0x1000) << (exponent + 3).
  EXPECT_EQ(query(be16(0x7fff) + zeros(18) + zeros(4)).max_response_ms, 32767U);
  EXPECT_EQ(query(be16(0x8000) + zeros(18) + zeros(4)).max_response_ms, 32768U);
  EXPECT_EQ(query(be16(0xffff) + zeros(18) + zeros(4)).max_response_ms, 8387584U);
  // Bytes behind the sources are for later versions (RFC 3810 5.1.12).
  EXPECT_EQ(query(be16(1) + zeros(18) + zeros(4) + zeros(5)).max_response_ms, 1U);
}

TEST(MldQuery, WrongParserSaysSo) {
  const Bytes packet = ip6({}, icmp6({}, {.type = 131, .body = zeros(20)}));
  const auto parsed = parse_mld_query(parse_ip6(ByteView{packet}).value());
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().reason, DropReason::kMldType);
}

const Bytes kData = hex("00 01 02 03 04 05 06");

TEST(Echo6, RoundTrip) {
  const Echo request{.identifier = 0x1234, .sequence = 0xfffe, .data = kData};
  Echo reply = request;
  reply.is_reply = true;
  for (const Echo& echo : {request, reply}) {
    const Bytes frame = written([&](FrameWriter& out) {
      return emit_echo6_frame({.destination = kOurs, .source = kPeer}, kPeer6, kOurs6, echo, out);
    });
    const RawIp6 header{.hop_limit = 64};
    EXPECT_EQ(frame, icmp6_frame(header, {.type = echo.is_reply ? 129U : 128U, .body = hex("1234 fffe") + kData}));
    const auto parsed = parse_frame(ByteView{frame});
    ASSERT_TRUE(parsed);
    const auto& packet = std::get<Ip6Packet>(parsed->content);
    EXPECT_EQ(packet.source, kPeer6);
    EXPECT_EQ(packet.destination, kOurs6);
    EXPECT_EQ(parse_echo6(packet).value(), echo);
  }
}

TEST(Echo6, FragmentHeaderOnAWholePacketIsNoObstacle) {
  NEIGH_CITES("FRG-002");
  const auto echo = [](std::string_view fragment) {
    const Bytes packet =
        ip6({.next_header = 44, .extensions = hex(fragment)}, icmp6({}, {.type = 128, .body = hex("0001 0002")}));
    return parse_echo6(parse_ip6(ByteView{packet}).value());
  };
  EXPECT_EQ(echo("3a00 0000 00000001").value(), (Echo{.identifier = 1, .sequence = 2}));
  for (const std::string_view fragment : {"3a00 0001 00000001", "3a00 0008 00000001"}) {
    const auto parsed = echo(fragment);
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().reason, DropReason::kEchoFragment);
  }
}

DropReason echo6_reason(unsigned next_header, Bytes message) {
  const Bytes packet = ip6({.next_header = next_header}, message);
  const auto parsed = parse_echo6(parse_ip6(ByteView{packet}).value());
  EXPECT_FALSE(parsed);
  return parsed ? DropReason::kFrameShort : parsed.error().reason;
}

TEST(Echo6, DropsWhatIsNoEcho) {
  Bytes message = icmp6({}, {.type = 128, .body = hex("0001 0002")});
  EXPECT_EQ(echo6_reason(17, message), DropReason::kEchoType);
  EXPECT_EQ(echo6_reason(58, icmp6({}, {.type = 127, .body = zeros(4)})), DropReason::kEchoType);
  EXPECT_EQ(echo6_reason(58, icmp6({}, {.type = 128, .code = 1, .body = zeros(4)})), DropReason::kEchoType);
  EXPECT_EQ(echo6_reason(58, icmp6({}, {.type = 128, .body = zeros(3)})), DropReason::kEchoShort);
  message[7] ^= 1;
  EXPECT_EQ(echo6_reason(58, message), DropReason::kEchoChecksum);
}

Bytes echo4_frame(const Echo& echo) {
  return written([&](FrameWriter& out) {
    return emit_echo4_frame({.destination = kOurs, .source = kPeer}, kPeer4, kOurs4, echo, out);
  });
}

TEST(Echo4, RoundTrip) {
  const Echo request{.identifier = 0x1234, .sequence = 0xfffe, .data = kData};
  Echo reply = request;
  reply.is_reply = true;
  for (const Echo& echo : {request, reply}) {
    const Bytes frame = echo4_frame(echo);
    Bytes header = hex("45000023 00004000 4001 0000") + of(kPeer4) + of(kOurs4);
    const Bytes header_sum = be16(reference_checksum(header));
    std::copy(header_sum.begin(), header_sum.end(), header.begin() + 10);
    Bytes message = hex(echo.is_reply ? "0000 0000 1234 fffe" : "0800 0000 1234 fffe") + kData;
    const Bytes sum = be16(reference_checksum(message));
    std::copy(sum.begin(), sum.end(), message.begin() + 2);
    EXPECT_EQ(frame, ethernet({.type = 0x0800}, header + message));
    const auto parsed = parse_frame(ByteView{frame});
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parse_echo4(std::get<Ip4Packet>(parsed->content)).value(), echo);
    // Padding of the frame and IPv4 options change nothing.
    const Bytes padded = frame + zeros(9);
    EXPECT_EQ(parse_echo4(std::get<Ip4Packet>(parse_frame(ByteView{padded})->content)).value(), echo);
  }
}

TEST(Echo4, OptionsAreSkipped) {
  Bytes header = hex("46000020 00000000 4001 0000") + of(kPeer4) + of(kOurs4) + hex("01010100");
  const Bytes sum = be16(reference_checksum(header));
  std::copy(sum.begin(), sum.end(), header.begin() + 10);
  const Bytes packet = header + hex("0800 f7fd 0000 0002");
  const auto parsed = parse_ip4(ByteView{packet});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parse_echo4(*parsed).value(), (Echo{.sequence = 2}));
}

TEST(Echo4, DropsWhatIsNoEcho) {
  const Bytes frame = echo4_frame({.identifier = 1, .data = kData});
  const Ip4Packet good = std::get<Ip4Packet>(parse_frame(ByteView{frame})->content);
  ASSERT_TRUE(parse_echo4(good));
  const auto reason = [](const Ip4Packet& packet) {
    const auto parsed = parse_echo4(packet);
    EXPECT_FALSE(parsed);
    return parsed ? DropReason::kFrameShort : parsed.error().reason;
  };
  Ip4Packet bad = good;
  bad.protocol = 17;
  EXPECT_EQ(reason(bad), DropReason::kEchoType);
  bad = good;
  bad.is_fragment = true;
  EXPECT_EQ(reason(bad), DropReason::kEchoFragment);
  bad = good;
  bad.payload = ByteView{good.payload.span().first(7)};
  EXPECT_EQ(reason(bad), DropReason::kEchoShort);
  bad.payload = ByteView{good.payload.span().first(8)};
  EXPECT_EQ(reason(bad), DropReason::kEchoChecksum);
  const Bytes unreachable = hex("0301 fcfe 0000 0000");
  bad.payload = ByteView{unreachable};
  EXPECT_EQ(reason(bad), DropReason::kEchoType);
}

TEST(Echo, RefusesWhatCannotBeSent) {
  Bytes buffer(70000);
  const EthernetHeader header{.destination = kOurs, .source = kPeer};
  const Bytes large(65536);
  const auto field4 = [&](const IpAddress& source, const IpAddress& destination, const Echo& echo) {
    FrameWriter out{buffer};
    return emit_echo4_frame(header, source, destination, echo, out).error().field;
  };
  const auto field6 = [&](const IpAddress& source, const IpAddress& destination, const Echo& echo) {
    FrameWriter out{buffer};
    return emit_echo6_frame(header, source, destination, echo, out).error().field;
  };
  EXPECT_EQ(field4(kPeer6, kOurs4, {}), "source");
  EXPECT_EQ(field4(kPeer4, kOurs6, {}), "destination");
  EXPECT_EQ(field4(kPeer4, kOurs4, {.data = large}), "total_length");
  EXPECT_EQ(field6(kPeer4, kOurs6, {}), "source");
  EXPECT_EQ(field6(kPeer6, kOurs4, {}), "destination");
  EXPECT_EQ(field6(kPeer6, kOurs6, {.data = large}), "payload_length");
  buffer.resize(20);
  EXPECT_EQ(field4(kPeer4, kOurs4, {}), "buffer");
  EXPECT_EQ(field6(kPeer6, kOurs6, {}), "buffer");
}

TEST(Checksum, OddSizesAndCarries) {
  EXPECT_EQ(internet_checksum({}), 0xffff);
  EXPECT_EQ(internet_checksum(hex("01")), 0xfeff);
  EXPECT_EQ(internet_checksum(hex("ffff ffff")), 0x0000);
  EXPECT_EQ(internet_checksum(hex("ffff 0001")), 0xfffe);
  EXPECT_EQ(internet_checksum(hex("0001 f203 f4f5 f6f7")), 0x220d);  // the example of RFC 1071 3
  const Bytes large(70001, 0xff);
  EXPECT_EQ(internet_checksum(large), reference_checksum(large));
}

}  // namespace
}  // namespace neigh::wire::test
