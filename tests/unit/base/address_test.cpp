// SPDX-License-Identifier: Apache-2.0
#include "neigh/address.hpp"

#include <gtest/gtest.h>

#include "neigh/interface.hpp"
#include "neigh/neighbor.hpp"

namespace neigh {
namespace {

TEST(IpAddress, ParsesAndPrintsBothFamilies) {
  EXPECT_EQ(IpAddress::parse("192.0.2.7").value(), IpAddress::v4(192, 0, 2, 7));
  EXPECT_EQ(IpAddress::parse("2001:DB8:0::7").value().to_string(), "2001:db8::7");
  EXPECT_EQ(IpAddress::v4(10, 0, 0, 1).to_string(), "10.0.0.1");
  EXPECT_EQ(IpAddress().to_string(), "");
}

TEST(IpAddress, RefusesWhatIsNoAddressAndNamesIt) {
  for (const std::string_view text :
       {"", "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4 ", "::1%lo", "fe80::/64", "1.2.3.4/8", ":::", "g::1"}) {
    const auto parsed = IpAddress::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, Errc::kInvalidArgument);
    EXPECT_EQ(parsed.error().field, "address");
    EXPECT_EQ(parsed.error().detail, "'" + std::string(text) + "'");
  }
  EXPECT_FALSE(IpAddress::parse(std::string_view("1.2.3.4\0", 8)));
  EXPECT_LT(IpAddress::parse(std::string(1 << 20, '1')).error().detail.size(), 100U);
}

TEST(IpAddress, FromBytesTakesFourOrSixteen) {
  const std::array<std::uint8_t, 17> bytes{192, 0, 2, 1};
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const auto made = IpAddress::from_bytes(std::span(bytes).first(size));
    EXPECT_EQ(made.has_value(), size == 4 || size == 16) << size;
  }
}

struct ClassCase {
  std::string_view text;
  bool loopback, unspecified, multicast, broadcast, link_local, mapped;
};

TEST(IpAddress, Classes) {
  const ClassCase cases[] = {
      {"127.0.0.1", true, false, false, false, false, false},
      {"127.255.255.255", true, false, false, false, false, false},
      {"128.0.0.1", false, false, false, false, false, false},
      {"0.0.0.0", false, true, false, false, false, false},
      {"0.0.0.1", false, false, false, false, false, false},
      {"224.0.0.1", false, false, true, false, false, false},
      {"239.255.255.255", false, false, true, false, false, false},
      {"240.0.0.1", false, false, false, false, false, false},
      {"255.255.255.255", false, false, false, true, false, false},
      {"169.254.1.1", false, false, false, false, true, false},
      {"::", false, true, false, false, false, false},
      {"::1", true, false, false, false, false, false},
      {"::2", false, false, false, false, false, false},
      {"1::1", false, false, false, false, false, false},
      {"ff02::1", false, false, true, false, false, false},
      {"fe80::1", false, false, false, false, true, false},
      {"febf::1", false, false, false, false, true, false},
      {"fec0::1", false, false, false, false, false, false},
      {"::ffff:192.0.2.1", false, false, false, false, false, true},
      {"::fffe:192.0.2.1", false, false, false, false, false, false},
  };
  for (const ClassCase& c : cases) {
    const IpAddress a = IpAddress::parse(c.text).value();
    EXPECT_EQ(a.is_loopback(), c.loopback) << c.text;
    EXPECT_EQ(a.is_unspecified(), c.unspecified) << c.text;
    EXPECT_EQ(a.is_multicast(), c.multicast) << c.text;
    EXPECT_EQ(a.is_limited_broadcast(), c.broadcast) << c.text;
    EXPECT_EQ(a.is_link_local(), c.link_local) << c.text;
    EXPECT_EQ(a.is_v4_mapped(), c.mapped) << c.text;
    EXPECT_EQ(check_neighbor_address(a).has_value(), !(c.loopback || c.unspecified || c.broadcast || c.mapped))
        << c.text;
  }
  EXPECT_FALSE(check_neighbor_address(IpAddress()));
  EXPECT_FALSE(IpAddress().is_unspecified());
}

TEST(IpAddress, OrdersFourBeforeSixThenByBytes) {
  EXPECT_LT(IpAddress::parse("255.0.0.0").value(), IpAddress::parse("::").value());
  EXPECT_LT(IpAddress::parse("10.0.0.9").value(), IpAddress::parse("10.0.0.10").value());
}

TEST(LinkAddress, ParsesTheSpellingsPeopleUse) {
  const LinkAddress expected = LinkAddress::ether({0x02, 0, 0, 0x0a, 0xbc, 0x07});
  for (const std::string_view text :
       {"02:00:00:0a:bc:07", "02-00-00-0A-BC-07", "0200.000a.bc07", "0200000abc07", "2:0:0:a:bc:7"}) {
    const auto parsed = LinkAddress::parse(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(*parsed, expected) << text;
  }
  EXPECT_EQ(expected.to_string(), "02:00:00:0a:bc:07");
  EXPECT_EQ(expected.to_string('-'), "02-00-00-0a-bc-07");
  EXPECT_TRUE(LinkAddress::parse("").value().empty());
  EXPECT_EQ(LinkAddress::parse("7").has_value(), false);
}

TEST(LinkAddress, AnyLengthUpTo32) {
  std::string text;
  for (std::size_t size = 1; size <= 33; ++size) {
    text += size == 1 ? "a5" : ":a5";
    const auto parsed = LinkAddress::parse(text);
    ASSERT_EQ(parsed.has_value(), size <= 32) << size;
    if (parsed) {
      EXPECT_EQ(parsed->size(), size);
      EXPECT_EQ(parsed->to_string(), text);
    }
  }
  EXPECT_EQ(LinkAddress::parse(std::string(64, 'f')).value().size(), 32U);
  EXPECT_FALSE(LinkAddress::parse(std::string(66, 'f')));
}

TEST(LinkAddress, RefusesWhatIsNoAddress) {
  for (const std::string_view text : {":", "02:", ":02", "02::03", "02:00-00:00:00:01", "020:0:0:0:0:0", "02:0g:00",
                                      "020.000a.bc07", "02000", "02:00:00:00:00:07 ", "0x02"}) {
    const auto parsed = LinkAddress::parse(text);
    EXPECT_FALSE(parsed) << text;
    if (!parsed) {
      EXPECT_EQ(parsed.error().field, "link_address");
    }
  }
}

TEST(LinkAddress, Bits) {
  EXPECT_TRUE(LinkAddress::ether({0xff, 0xff, 0xff, 0xff, 0xff, 0xff}).is_group());
  EXPECT_TRUE(LinkAddress::ether({2, 0, 0, 0, 0, 1}).is_locally_administered());
  EXPECT_FALSE(LinkAddress::ether({0, 0, 0, 0, 0, 1}).is_locally_administered());
  EXPECT_TRUE(LinkAddress::ether({}).is_zero());
  EXPECT_TRUE(LinkAddress().is_zero());
}

TEST(InterfaceLuid, IsReversibleForEveryIndex) {
  for (const std::uint32_t number : {1U, 2U, 0xffffffU, 0x1000000U, 0x7fffffffU, 0xffffffffU}) {
    const auto index = static_cast<InterfaceIndex>(number);
    const InterfaceLuid luid(InterfaceType::kEthernet, index);
    EXPECT_EQ(luid.type(), InterfaceType::kEthernet);
    EXPECT_EQ(luid.index(), index) << number;
  }
  // LIB-25 and V-25: lo is 0x0018000001000000.
  EXPECT_EQ(InterfaceLuid(InterfaceType::kLoopback, InterfaceIndex{1}).value(), 0x0018000001000000ULL);
  EXPECT_FALSE(InterfaceLuid(0x0006000001000100ULL).index());
}

TEST(NudState, NamesAreReversible) {
  for (std::size_t i = 0; i < kNudStateCount; ++i) {
    const auto state = static_cast<NudState>(i);
    EXPECT_EQ(parse_nud_state(to_string(state)).value(), state);
    EXPECT_TRUE(StateSet::all().contains(state));
    EXPECT_FALSE(StateSet::all().without(state).contains(state));
  }
  EXPECT_EQ(parse_nud_state("STALE").value(), NudState::kStale);
  EXPECT_FALSE(parse_nud_state("stal"));
}

TEST(Error, SaysWhatAndWhere) {
  const Error error{.code = Errc::kInvalidArgument, .sys_errno = 22, .field = "link_address", .detail = "too short"};
  EXPECT_EQ(error.message(), "invalid argument: link_address: too short (EINVAL)");
  EXPECT_EQ((Error{.code = Errc::kMalformed, .offset = 7, .field = "hln"}.message()), "malformed: hln at byte 7");
}

}  // namespace
}  // namespace neigh
