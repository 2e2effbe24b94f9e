// SPDX-License-Identifier: Apache-2.0
// Part 3.2 of the specification: what fails validation changes nothing and is counted under its reason.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness.hpp"
#include "support/cites.hpp"
#include "wire/checksum.hpp"
#include "wire/numbers.hpp"

namespace neigh::engine::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kAnswer =
    "na fe80::1: fe80::1 > fe80::2 via 02:00:00:00:00:02 flags SO tlla 02:00:00:00:00:01";

struct InvalidCase {
  std::string_view name;
  std::string_view cites;
  wire::DropReason reason;
  std::function<void(Bytes&)> bend;
  bool fix_checksum = true;
};

constexpr std::size_t kIp6 = 14;
constexpr std::size_t kIcmp = kIp6 + 40;

void sum_up(Bytes& frame) {
  const auto source = *IpAddress::from_bytes(std::span(frame).subspan(kIp6 + 8, 16));
  const auto destination = *IpAddress::from_bytes(std::span(frame).subspan(kIp6 + 24, 16));
  frame[kIcmp + 2] = frame[kIcmp + 3] = 0;
  const std::uint16_t sum = wire::icmp6_checksum(source, destination, std::span(frame).subspan(kIcmp));
  frame[kIcmp + 2] = static_cast<std::uint8_t>(sum >> 8U);
  frame[kIcmp + 3] = static_cast<std::uint8_t>(sum);
}

void set_length(Bytes& frame, std::size_t icmp_size) {
  frame.resize(kIcmp + icmp_size);
  frame[kIp6 + 4] = static_cast<std::uint8_t>(icmp_size >> 8U);
  frame[kIp6 + 5] = static_cast<std::uint8_t>(icmp_size);
}

/// Bends of any ND message whose option begins at `option` and whose minimum is `minimum`.
std::vector<InvalidCase> invalid_cases(std::size_t minimum) {
  using wire::DropReason;
  const std::size_t option = kIcmp + minimum;
  return {
      {"HopLimit254", "NDV-001", DropReason::kNdHopLimit, [](Bytes& f) { f[kIp6 + 7] = 254; }},
      {"Checksum", "NDV-002", DropReason::kNdChecksum, [](Bytes& f) { f[kIcmp + 2] ^= 1U; }, false},
      {"Code1", "NDV-003", DropReason::kNdCode, [](Bytes& f) { f[kIcmp + 1] = 1; }},
      {"Short", "NDV-004", DropReason::kNdShort, [=](Bytes& f) { set_length(f, minimum - 4); }},
      {"OptionLength0", "NDV-005 NDF-012", DropReason::kNdOptionLengthZero, [=](Bytes& f) { f[option + 1] = 0; }},
      {"OptionLength0AfterGoodOne", "NDF-012", DropReason::kNdOptionLengthZero,
       [=](Bytes& f) {
         set_length(f, minimum + 16);
         f[option + 8] = 99;
       }},
      {"OptionOverrun", "NDF-013", DropReason::kNdOptionOverrun, [=](Bytes& f) { f[option + 1] = 9; }},
      {"TrailingByte", "NDF-013 LNX-097", DropReason::kNdOptionTrailing, [=](Bytes& f) { set_length(f, minimum + 9); }},
      {"LlaoLength2", "NDF-016", DropReason::kNdLinkOptionLength,
       [=](Bytes& f) {
         set_length(f, minimum + 16);
         f[option + 1] = 2;
       }},
      {"LlaoGroup", "NDF-017", DropReason::kNdLinkOptionGroup, [=](Bytes& f) { f[option + 2] = 0x33; }},
      {"LlaoZero", "NDF-017", DropReason::kNdLinkOptionZero,
       [=](Bytes& f) { std::fill_n(f.begin() + static_cast<std::ptrdiff_t>(option + 2), 6, std::uint8_t{0}); }},
      {"FrameShorterThanPacket", "NDF-019", DropReason::kIp6PayloadLength, [](Bytes& f) { f.resize(f.size() - 1); },
       false},
      {"Fragment", "NDV-014 FRG-002", DropReason::kNdFragment,
       [](Bytes& f) {
         f[kIp6 + 6] = 44;
         f[kIp6 + 5] = static_cast<std::uint8_t>(f[kIp6 + 5] + 8);
         const std::initializer_list<std::uint8_t> atomic = {58, 0, 0, 0, 0, 0, 0, 1};
         f.insert(f.begin() + kIcmp, atomic);
       },
       false},
      {"SourceMulticast", "NDV-015", DropReason::kIp6SourceMulticast,
       [](Bytes& f) {
         f[kIp6 + 8] = 0xff;
         f[kIp6 + 9] = 0x02;
       }},
      {"SourceLoopback", "NDV-016", DropReason::kIp6SourceLoopback,
       [](Bytes& f) {
         std::fill_n(f.begin() + kIp6 + 8, 15, std::uint8_t{0});
         f[kIp6 + 23] = 1;
       }},
      {"SourceMapped", "NDV-016", DropReason::kIp6SourceMapped,
       [](Bytes& f) {
         std::fill_n(f.begin() + kIp6 + 8, 10, std::uint8_t{0});
         f[kIp6 + 18] = f[kIp6 + 19] = 0xff;
       }},
  };
}

struct MessageKind {
  std::string_view name;
  std::size_t minimum;
  std::function<Bytes()> make;
};

const std::vector<MessageKind>& message_kinds() {
  static const std::vector<MessageKind> kinds = {
      {"Ns", 24, [] { return ns(); }},
      {"Na", 24, [] { return na(); }},
      {"Ra", 16,
       [] { return ra({.source = "fe80::2", .sllao = std::string(kOtherLink), .link = std::string(kPeerLink)}); }},
      {"Redirect", 40,
       [] { return redirect({.source = "fe80::9", .target = "fe80::2", .tllao = std::string(kOtherLink)}); }},
      {"Rs", 8, [] { return rs(); }},
  };
  return kinds;
}

class InvalidNd : public ::testing::TestWithParam<std::size_t> {};

TEST_P(InvalidNd, ChangesNothingAndIsCounted) {
  NEIGH_CITES("NDV-027", "RDR-004");
  const MessageKind& kind = message_kinds()[GetParam()];
  for (const InvalidCase& c : invalid_cases(kind.minimum)) {
    cite_all(c.cites);
    InterfaceSettings settings = quiet();
    settings.forwarding = kind.name == "Rs";
    Harness h{{.settings = settings}};
    ASSERT_TRUE(h.engine().add_router(h.now(), kEth0, ip("fe80::9"), h.out()));
    h.enter("fe80::9", NudState::kPermanent, "02:00:00:00:00:09");
    h.enter("fe80::2", NudState::kReachable);
    h.take();
    const auto before = *h.entry("fe80::2");
    Bytes frame = kind.make();
    if (frame.size() < kIcmp + kind.minimum + 8) frame.resize(kIcmp + kind.minimum + 8);
    c.bend(frame);
    if (c.fix_checksum) sum_up(frame);
    h.receive(frame);
    EXPECT_THAT(h.take(), IsEmpty()) << c.name;
    EXPECT_TRUE(before.same_content(*h.entry("fe80::2"))) << c.name;
    EXPECT_EQ(h.drops(c.reason), 1U) << c.name;
    EXPECT_EQ(h.engine().neighbor_count(), 2U) << c.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Part32, InvalidNd, ::testing::Range<std::size_t>(0, 5),
                         [](const auto& each) { return std::string(message_kinds()[each.param].name); });

TEST(ValidNd, ReservedBitsUnknownOptionsAndPaddingDoNotInvalidate) {
  NEIGH_CITES("NDV-020", "NDV-021", "NDF-014", "NDF-015", "NDF-019", "NDF-022");
  const std::vector<std::function<void(Bytes&)>> bends = {
      [](Bytes& f) { std::fill_n(f.begin() + kIcmp + 4, 4, std::uint8_t{0xff}); },
      [](Bytes& f) {  // an unknown option and a TLLAO behind the SLLAO
        set_length(f, 48);
        f[kIcmp + 32] = 200;
        f[kIcmp + 33] = 1;
        f[kIcmp + 40] = 2;
        f[kIcmp + 41] = 1;
        f[kIcmp + 42] = 0x02;
      },
      [](Bytes& f) {  // the first of two SLLAOs counts
        set_length(f, 40);
        f[kIcmp + 32] = 1;
        f[kIcmp + 33] = 1;
        f[kIcmp + 34] = 0x06;
      },
  };
  for (const auto& bend : bends) {
    Harness h;
    Bytes frame = ns();
    bend(frame);
    sum_up(frame);
    frame.resize(frame.size() + 18, 0xee);  // Ethernet padding of any content
    h.receive(frame);
    EXPECT_THAT(h.take(), ElementsAre("added fe80::2 stale 02:00:00:00:00:02", kAnswer));
  }
}

TEST(ValidNd, ExtensionHeadersDoNotInvalidate) {
  NEIGH_CITES("NDF-022");
  Harness h;
  Bytes frame = ns();
  frame[kIp6 + 6] = 60;  // destination options: PadN
  frame[kIp6 + 5] = static_cast<std::uint8_t>(frame[kIp6 + 5] + 8);
  const std::initializer_list<std::uint8_t> options = {58, 0, 1, 4, 0, 0, 0, 0};
  frame.insert(frame.begin() + kIcmp, options);
  h.receive(frame);
  EXPECT_THAT(h.take(), ElementsAre("added fe80::2 stale 02:00:00:00:00:02", kAnswer));
}

TEST(ValidNd, RulesAboutAddresses) {
  NEIGH_CITES("NDV-006", "NDV-007", "NDV-008", "NDV-009", "NDV-010", "NDV-012");
  using wire::DropReason;
  struct Case {
    DropReason reason;
    Bytes frame;
    std::function<void(Bytes&)> bend;
  };
  const auto put_group = [](std::size_t at) {
    return [at](Bytes& f) {
      f[at] = 0xff;
      f[at + 1] = 0x02;
    };
  };
  const auto nobody = [](Bytes& f) { std::fill_n(f.begin() + kIp6 + 8, 16, std::uint8_t{0}); };
  const auto global = [](Bytes& f) { f[kIp6 + 8] = 0x20; };
  const std::vector<Case> cases = {
      {DropReason::kNdTargetMulticast, ns(), put_group(kIcmp + 8)},
      {DropReason::kNdTargetMulticast, na(), put_group(kIcmp + 8)},
      {DropReason::kNdUnspecifiedNotToGroup, ns({.destination = "ff02::1", .sllao = ""}), nobody},
      {DropReason::kNdUnspecifiedWithLink, ns(), nobody},
      {DropReason::kNdSolicitedToMulticast, na({.destination = "ff02::1", .flags = "O"}),
       [](Bytes& f) { f[kIcmp + 4] |= 0x40U; }},
      {DropReason::kNdSourceNotLinkLocal, ra(), global},
      {DropReason::kNdSourceNotLinkLocal, redirect(), global},
      {DropReason::kNdRedirectDestination, redirect(), put_group(kIcmp + 24)},
      {DropReason::kNdRedirectTarget, redirect(), [](Bytes& f) { f[kIcmp + 8] = 0x20; }},
  };
  for (const Case& c : cases) {
    Harness h;
    h.enter("fe80::2", NudState::kReachable, kOtherLink);
    Bytes frame = c.frame;
    c.bend(frame);
    sum_up(frame);
    h.receive(frame);
    EXPECT_THAT(h.take(), IsEmpty()) << wire::describe(c.reason).name;
    EXPECT_EQ(h.drops(c.reason), 1U) << wire::describe(c.reason).name;
  }
}

}  // namespace
}  // namespace neigh::engine::test
