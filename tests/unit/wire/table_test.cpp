// SPDX-License-Identifier: Apache-2.0
// Walks the tables of cases.hpp: good frames parse to their message and are written byte for byte; malformed frames
// are dropped for their reason and no other.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "cases.hpp"
#include "support/cites.hpp"

namespace neigh::wire {

void PrintTo(const ArpPacket& p, std::ostream* out) {
  *out << "ARP " << static_cast<int>(p.operation) << " " << p.sender.to_string() << " is at "
       << p.sender_link.to_string() << ", to " << p.target.to_string() << " at " << p.target_link.to_string();
}

namespace test {
namespace {

std::vector<DropCase> all_drop_cases() {
  auto cases = arp_drop_cases();
  for (auto* more : {&ip_drop_cases, &nd_drop_cases}) {
    auto next = more();
    std::move(next.begin(), next.end(), std::back_inserter(cases));
  }
  return cases;
}

// A case lists the statements that it proves, separated by spaces.
void cite_each(std::string_view statements) {
  while (!statements.empty()) {
    const std::size_t end = std::min(statements.find(' '), statements.size());
    NEIGH_CITES(statements.substr(0, end));
    statements.remove_prefix(std::min(end + 1, statements.size()));
  }
}

template <class Case>
std::string case_name(const ::testing::TestParamInfo<Case>& info) {
  std::string name = info.param.name;
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

class GoodFrameTest : public ::testing::TestWithParam<GoodFrame> {};

TEST_P(GoodFrameTest, ParsesToItsMessage) {
  const GoodFrame& c = GetParam();
  cite_each(c.cites);
  const auto frame = parse_frame(ByteView{c.bytes}, c.policy);
  ASSERT_TRUE(frame) << describe(frame.error().reason).name << " at byte " << frame.error().offset;
  EXPECT_EQ(frame->header, c.header);
  const auto message = parse_message(c.bytes, c.policy);
  ASSERT_TRUE(message);
  EXPECT_TRUE(*message == c.message) << c.cites;
}

// ARP-007, NDF-001 to NDF-005: every byte is written, whatever the buffer held before.
TEST_P(GoodFrameTest, IsWrittenByteForByte) {
  const GoodFrame& c = GetParam();
  cite_each(c.cites);
  NEIGH_CITES("ARP-007");
  const auto written = emit_message(c.header, c.message, c.policy);
  ASSERT_TRUE(written) << written.error().message();
  if (c.canonical) {
    EXPECT_EQ(*written, c.bytes);
  }
  EXPECT_EQ(emit_message(c.header, c.message, c.policy, 2048, 0x00).value(), *written);
  const auto again = parse_message(*written, c.policy);
  ASSERT_TRUE(again);
  EXPECT_TRUE(*again == c.message);
}

// What looks into the received bytes (prefixes, nonce, redirected packet) can be sent on.
TEST_P(GoodFrameTest, ParsedMessageIsWrittenTheSame) {
  const GoodFrame& c = GetParam();
  const auto parsed = parse_message(c.bytes, c.policy);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(emit_message(c.header, *parsed, c.policy).value(), emit_message(c.header, c.message, c.policy).value());
}

TEST_P(GoodFrameTest, NeedsExactlyItsRoom) {
  const GoodFrame& c = GetParam();
  NEIGH_CITES("NDF-020");
  const std::size_t size = emit_message(c.header, c.message, c.policy).value().size();
  for (std::size_t room = 0; room < size; ++room) {
    const auto written = emit_message(c.header, c.message, c.policy, room);
    ASSERT_FALSE(written) << room;
    EXPECT_EQ(written.error().field, "buffer");
  }
  EXPECT_TRUE(emit_message(c.header, c.message, c.policy, size));
}

// NDF-019, ARP-040: nothing that was cut off is accepted; what follows the packet is.
TEST_P(GoodFrameTest, EveryTruncationIsDropped) {
  const GoodFrame& c = GetParam();
  NEIGH_CITES("ARP-040", "NDF-019", "ARP-008");
  const std::size_t size = c.name == "ns_ethernet_padding" ? c.bytes.size() - 7 : c.bytes.size();
  for (std::size_t cut = 0; cut < size; ++cut) {
    const Bytes part(c.bytes.begin(), c.bytes.begin() + static_cast<long>(cut));
    const auto parsed = parse_frame(ByteView{part}, c.policy);
    ASSERT_FALSE(parsed) << "cut to " << cut;
    EXPECT_LE(parsed.error().offset, cut);
  }
  for (const std::size_t extra : {1U, 18U}) {
    const Bytes padded = c.bytes + Bytes(extra, 0x5a);
    const auto parsed = parse_message(padded, c.policy);
    ASSERT_TRUE(parsed) << extra;
    EXPECT_TRUE(*parsed == c.message);
  }
}

INSTANTIATE_TEST_SUITE_P(Table, GoodFrameTest, ::testing::ValuesIn(good_frames()), case_name<GoodFrame>);

class DropTest : public ::testing::TestWithParam<DropCase> {};

TEST_P(DropTest, IsDroppedForItsReason) {
  const DropCase& c = GetParam();
  cite_each(c.cites);
  const auto parsed = parse_frame(ByteView{c.bytes}, c.policy);
  ASSERT_FALSE(parsed) << c.cites;
  EXPECT_EQ(parsed.error().reason, c.reason) << c.cites;
  EXPECT_EQ(parsed.error().offset, c.offset) << c.cites;
}

INSTANTIATE_TEST_SUITE_P(Table, DropTest, ::testing::ValuesIn(all_drop_cases()), case_name<DropCase>);

TEST(DropReasons, EachOneIsProvokedByACase) {
  // Only a caller who picks the wrong parser or parses an echo meets these: mld_echo_test.cpp, nd_test.cpp.
  std::set<DropReason> seen = {DropReason::kNdType,       DropReason::kMldType,   DropReason::kEchoType,
                               DropReason::kEchoChecksum, DropReason::kEchoShort, DropReason::kEchoFragment};
  for (const DropCase& c : all_drop_cases()) seen.insert(c.reason);
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    const auto reason = static_cast<DropReason>(i);
    EXPECT_TRUE(seen.contains(reason)) << describe(reason).name;
  }
}

TEST(DropReasons, AreDescribedAndNamedOnce) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    const DropDescription& d = describe(static_cast<DropReason>(i));
    EXPECT_EQ(static_cast<std::size_t>(d.reason), i);
    EXPECT_TRUE(names.insert(d.name).second) << d.name;
    EXPECT_FALSE(d.name.empty());
    EXPECT_FALSE(d.statement.empty()) << d.name;
    EXPECT_FALSE(d.meaning.empty()) << d.name;
    EXPECT_EQ(d.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"), std::string_view::npos) << d.name;
  }
  const Error error = drop(DropReason::kNdHopLimit, 7).to_error();
  EXPECT_EQ(error.message(), "malformed: ND hop limit is not 255 at byte 7");
}

// Every case of the table must be caused by what it spoils: names are unique, and the good frames cover the models.
TEST(Cases, NamesAreUnique) {
  std::set<std::string> names;
  for (const DropCase& c : all_drop_cases()) EXPECT_TRUE(names.insert(c.name).second) << c.name;
  for (const GoodFrame& c : good_frames()) EXPECT_TRUE(names.insert(c.name).second) << c.name;
}

}  // namespace
}  // namespace test
}  // namespace neigh::wire
