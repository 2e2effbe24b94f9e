// SPDX-License-Identifier: Apache-2.0
// RTM_NEWNEIGH and RTM_DELNEIGH on bytes made by hand.
#include <gmock/gmock.h>
#include <sys/socket.h>

#include "rtnl/message.hpp"
#include "rtnl/numbers.hpp"
#include "support/cites.hpp"
#include "unit/rtnl/netlink_bytes.hpp"

namespace neigh::rtnl {
namespace {

using test::attribute;
using test::Bytes;
using test::cut;
using test::ExactMessage;
using test::raw;
using test::operator+;

Bytes head(std::uint8_t family, std::uint16_t state = NUD_REACHABLE, std::uint8_t flags = 0, std::int32_t index = 7) {
  return raw(ndmsg{
      .ndm_family = family, .ndm_ifindex = index, .ndm_state = state, .ndm_flags = flags, .ndm_type = RTN_UNICAST});
}

const Bytes kV4 = {192, 0, 2, 9};
const Bytes kV6 = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9};
const Bytes kEther = {2, 0, 0, 0, 0, 9};

Bytes message(const Bytes& payload, std::uint16_t type = RTM_NEWNEIGH) {
  return test::message({.type = type, .sequence = 5}, payload);
}

/// Nothing: no IP neighbor.
Result<std::optional<Neighbor>> parse(const Bytes& bytes) {
  Neighbor neighbor{.address = IpAddress::v4(9, 9, 9, 9), .protocol = 9};  // of another row: all of it must go
  auto parsed = parse_neighbor(*ExactMessage(bytes), neighbor);
  if (!parsed) return std::move(parsed).error();
  return *parsed ? std::optional(neighbor) : std::nullopt;
}

Bytes whole_row() {
  return message(
      head(AF_INET, NUD_STALE, NTF_ROUTER | NTF_EXT_LEARNED) + attribute(NDA_DST, kV4) + attribute(NDA_LLADDR, kEther) +
      attribute(NDA_PROBES, raw(std::uint32_t{3})) + attribute(NDA_PROTOCOL, {186}) +
      attribute(NDA_FLAGS_EXT, raw(std::uint32_t{kNtfExtManaged | kNtfExtValidated})) +
      attribute(NDA_CACHEINFO,
                raw(nda_cacheinfo{.ndm_confirmed = 100, .ndm_used = 200, .ndm_updated = 350, .ndm_refcnt = 9})));
}

TEST(ParseNeighbor, TakesEveryMember) {
  const auto parsed = parse(whole_row());
  ASSERT_TRUE(parsed) << parsed.error().message();
  ASSERT_TRUE(parsed->has_value());
  const Neighbor& row = **parsed;
  EXPECT_EQ(row.address, IpAddress::v4(192, 0, 2, 9));
  EXPECT_EQ(row.interface, InterfaceIndex{7});
  EXPECT_EQ(row.link_address, LinkAddress::ether({2, 0, 0, 0, 0, 9}));
  EXPECT_EQ(row.state, NudState::kStale);
  EXPECT_EQ(row.probes, 3U);
  EXPECT_EQ(row.protocol, 186);
  EXPECT_EQ(row.flags, (NeighborFlags{NeighborFlag::kRouter, NeighborFlag::kExternLearned, NeighborFlag::kManaged,
                                      NeighborFlag::kExternValidated}));
  // USER_HZ is 100 on every Linux.
  EXPECT_EQ(row.confirmed_age, std::chrono::milliseconds(1000));
  EXPECT_EQ(row.used_age, std::chrono::milliseconds(2000));
  EXPECT_EQ(row.updated_age, std::chrono::milliseconds(3500));
}

/// As Linux writes them; read at once, where others are read one by one.
Bytes usual_attributes(const Bytes& address) {
  return attribute(NDA_DST, address) + attribute(NDA_LLADDR, kEther) +
         attribute(NDA_PROBES, raw(std::uint32_t{0x01020304})) +
         attribute(NDA_CACHEINFO,
                   raw(nda_cacheinfo{.ndm_confirmed = 100, .ndm_used = 200, .ndm_updated = 350, .ndm_refcnt = 9}));
}

/// One that nobody knows.
const Bytes kUnknown = attribute(200, {1});

void expect_same(const Result<std::optional<Neighbor>>& a, const Result<std::optional<Neighbor>>& b) {
  ASSERT_EQ(a.has_value(), b.has_value());
  if (!a) {
    EXPECT_EQ(a.error().message(), b.error().message());
    return;
  }
  ASSERT_TRUE(a->has_value() && b->has_value());
  EXPECT_TRUE((**a).same_content(**b));
  EXPECT_EQ((**a).probes, (**b).probes);
  EXPECT_EQ((**a).confirmed_age, (**b).confirmed_age);
  EXPECT_EQ((**a).used_age, (**b).used_age);
  EXPECT_EQ((**a).updated_age, (**b).updated_age);
}

/// Whatever the attributes are: an unknown one before them makes no difference.
void expect_read_as_one_by_one(std::uint8_t family, const Bytes& attributes) {
  expect_same(parse(message(head(family) + attributes)), parse(message(head(family) + kUnknown + attributes)));
}

TEST(ParseNeighbor, TheUsualOrderIsReadAsAnyOther) {
  for (const auto& [family, address] : {std::pair<std::uint8_t, Bytes>{AF_INET, kV4}, {AF_INET6, kV6}}) {
    const Bytes usual = usual_attributes(address);
    const auto parsed = parse(message(head(family) + usual));
    ASSERT_TRUE(parsed);
    EXPECT_THAT((**parsed).address.bytes(), ::testing::ElementsAreArray(address));
    EXPECT_THAT((**parsed).link_address.bytes(), ::testing::ElementsAreArray(kEther));
    EXPECT_EQ((**parsed).probes, 0x01020304U);
    EXPECT_EQ((**parsed).updated_age, std::chrono::milliseconds(3500));
    // What comes behind counts too, also once more.
    expect_read_as_one_by_one(family,
                              usual + attribute(NDA_PROTOCOL, {186}) + attribute(NDA_DST, Bytes(address.size(), 5)));
    expect_read_as_one_by_one(family, usual + attribute(NDA_FLAGS_EXT, raw(std::uint32_t{kNtfExtManaged})) + kUnknown);
    expect_read_as_one_by_one(family, usual + attribute(NDA_PROBES, {1}));
    expect_read_as_one_by_one(family, usual + Bytes{1, 2});
    for (std::size_t size = 0; size < usual.size(); ++size) {
      expect_read_as_one_by_one(family, Bytes(usual.begin(), usual.begin() + static_cast<std::ptrdiff_t>(size)));
    }
    for (std::size_t at = 0; at < usual.size(); ++at) {
      for (int value = 0; value < 256; ++value) {
        Bytes changed = usual;
        changed[at] = static_cast<std::uint8_t>(value);
        SCOPED_TRACE(::testing::Message() << "byte " << at << " is " << value);
        expect_read_as_one_by_one(family, changed);
      }
    }
    // An address of the other family.
    expect_read_as_one_by_one(family == AF_INET ? AF_INET6 : AF_INET, usual);
  }
}

TEST(ParseNeighbor, TakesAnAgeThatFillsItsField) {
  const auto parsed = parse(message(head(AF_INET6) + attribute(NDA_DST, kV6) +
                                    attribute(NDA_CACHEINFO, raw(nda_cacheinfo{.ndm_updated = UINT32_MAX}))));
  EXPECT_EQ((**parsed).updated_age, std::chrono::milliseconds(42'949'672'950));
  EXPECT_EQ((**parsed).address.bytes()[15], 9);
}

TEST(ParseNeighbor, EachStateBitHasAName) {
  const std::pair<std::uint16_t, NudState> cases[] = {
      {NUD_NONE, NudState::kNone},     {NUD_INCOMPLETE, NudState::kIncomplete}, {NUD_REACHABLE, NudState::kReachable},
      {NUD_STALE, NudState::kStale},   {NUD_DELAY, NudState::kDelay},           {NUD_PROBE, NudState::kProbe},
      {NUD_FAILED, NudState::kFailed}, {NUD_NOARP, NudState::kNoArp},           {NUD_PERMANENT, NudState::kPermanent},
      {0x100, NudState::kNone},        {0xffff, NudState::kPermanent}};  // RTN-018: any combination may be stored
  for (const auto& [bits, state] : cases) {
    EXPECT_EQ((**parse(message(head(AF_INET, bits) + attribute(NDA_DST, kV4)))).state, state) << bits;
  }
}

TEST(ParseNeighbor, EachFlagBitHasAName) {
  const std::pair<std::uint8_t, NeighborFlag> cases[] = {{NTF_ROUTER, NeighborFlag::kRouter},
                                                         {NTF_PROXY, NeighborFlag::kProxy},
                                                         {NTF_EXT_LEARNED, NeighborFlag::kExternLearned},
                                                         {NTF_OFFLOADED, NeighborFlag::kOffloaded}};
  for (const auto& [bit, flag] : cases) {
    EXPECT_EQ((**parse(message(head(AF_INET, NUD_STALE, bit) + attribute(NDA_DST, kV4)))).flags, NeighborFlags{flag});
  }
}

TEST(ParseNeighbor, LinkAddressesOfEveryLength) {
  for (std::size_t size = 0; size <= 40; ++size) {
    const Bytes address(size, 0xa5);
    const auto parsed = parse(message(head(AF_INET) + attribute(NDA_DST, kV4) + attribute(NDA_LLADDR, address)));
    if (size <= LinkAddress::kMaxSize) {
      ASSERT_TRUE(parsed) << size;
      EXPECT_THAT((**parsed).link_address.bytes(), ::testing::ElementsAreArray(address));
    } else {
      ASSERT_FALSE(parsed) << size;
      EXPECT_EQ(parsed.error().field, "NDA_LLADDR");
    }
  }
}

TEST(ParseNeighbor, OtherFamiliesAreNoNeighbors) {
  for (const int family : {AF_UNSPEC, AF_BRIDGE, AF_MPLS, 255}) {
    const auto parsed = parse(message(head(static_cast<std::uint8_t>(family)) + attribute(NDA_LLADDR, kEther)));
    ASSERT_TRUE(parsed);
    EXPECT_FALSE(parsed->has_value()) << family;
  }
}

TEST(ParseNeighbor, AnAddressOfAnotherLengthThanItsFamilyIsRefused) {
  for (std::size_t size = 0; size <= 20; ++size) {
    for (const int family : {AF_INET, AF_INET6}) {
      const auto parsed = parse(message(head(static_cast<std::uint8_t>(family)) + attribute(NDA_DST, Bytes(size, 1))));
      EXPECT_EQ(parsed.has_value(), size == (family == AF_INET ? 4U : 16U)) << family << ' ' << size;
      if (!parsed) {
        EXPECT_EQ(parsed.error().field, "NDA_DST");
      }
    }
  }
  EXPECT_EQ(parse(message(head(AF_INET))).error().field, "NDA_DST") << "absent";
}

TEST(ParseNeighbor, ShorterAttributesAreRefusedLongerAndUnknownOnesAccepted) {
  NEIGH_CITES("RTN-122");
  struct Case {
    std::uint16_t type;
    std::size_t size;
    std::string_view name;
  };
  for (const Case& c : {Case{NDA_CACHEINFO, sizeof(nda_cacheinfo), "NDA_CACHEINFO"}, Case{NDA_PROBES, 4, "NDA_PROBES"},
                        Case{NDA_PROTOCOL, 1, "NDA_PROTOCOL"}, Case{NDA_FLAGS_EXT, 4, "NDA_FLAGS_EXT"}}) {
    for (std::size_t size = 0; size <= c.size + 9; ++size) {
      const auto parsed = parse(message(head(AF_INET) + attribute(NDA_DST, kV4) + attribute(c.type, Bytes(size, 0))));
      EXPECT_EQ(parsed.has_value(), size >= c.size) << c.name << ' ' << size;
      if (!parsed) {
        EXPECT_EQ(parsed.error().code, Errc::kMalformed);
        EXPECT_EQ(parsed.error().field, c.name);
      }
    }
  }
  const auto newer = parse(message(head(AF_INET) + attribute(NDA_DST, kV4) + attribute(0x3abc, Bytes(100, 0xff)) +
                                   attribute(NLA_F_NESTED | NDA_FDB_EXT_ATTRS, {}) +
                                   attribute(NLA_F_NET_BYTEORDER | NDA_PROBES, raw(std::uint32_t{8}))));
  ASSERT_TRUE(newer);
  EXPECT_EQ((**newer).probes, 8U);
}

TEST(ParseNeighbor, UnknownExtendedFlagsAreLeftAlone) {
  const auto parsed = parse(
      message(head(AF_INET) + attribute(NDA_DST, kV4) + attribute(NDA_FLAGS_EXT, raw(std::uint32_t{0xfffffffaU}))));
  EXPECT_TRUE((**parsed).flags.empty());
}

// Every truncation of a message is refused, or ends where an attribute ends.
TEST(ParseNeighbor, EveryTruncation) {
  const Bytes whole = whole_row();
  std::vector<std::size_t> ends = {28};  // behind ndmsg
  for (std::size_t at = 28; at < whole.size();) {
    std::uint16_t length = 0;
    std::memcpy(&length, whole.data() + at, sizeof length);
    ends.push_back(at + length);
    at += (length + 3U) / 4U * 4U;
    ends.push_back(at);
  }
  for (std::size_t size = sizeof(nlmsghdr); size < whole.size(); ++size) {
    const auto parsed = parse(cut(whole, size));
    // Up to three bytes behind an attribute are no attribute.
    const bool at_an_end = std::any_of(ends.begin(), ends.end(),
                                       [&](std::size_t end) { return size >= end && size < (end + 3) / 4 * 4 + 4; });
    const bool has_address = size >= 28 + 8;
    EXPECT_EQ(parsed.has_value(), at_an_end && has_address) << size;
    if (!parsed) {
      EXPECT_EQ(parsed.error().code, Errc::kMalformed) << size;
    }
  }
}

TEST(ParseNeighbor, EveryWrongAttributeLength) {
  const Bytes whole = whole_row();
  for (std::size_t at = 28; at < whole.size();) {
    std::uint16_t length = 0;
    std::memcpy(&length, whole.data() + at, sizeof length);
    for (const std::size_t length_field : {std::size_t{0}, std::size_t{1}, std::size_t{3}, std::size_t{0x7fff},
                                           std::size_t{0xffff}, whole.size() - at + 1}) {
      const auto wrong = static_cast<std::uint16_t>(length_field);
      Bytes flipped = whole;
      std::memcpy(flipped.data() + at, &wrong, sizeof wrong);
      const auto parsed = parse(flipped);
      ASSERT_FALSE(parsed) << "attribute at " << at << " of length " << wrong;
      EXPECT_EQ(parsed.error().code, Errc::kMalformed);
      EXPECT_EQ(parsed.error().field, "nla_len");
    }
    at += (length + 3U) / 4U * 4U;
  }
}

// A message with one byte changed never does more than being refused or read differently.
TEST(ParseNeighbor, EveryByteChanged) {
  const Bytes whole = whole_row();
  std::size_t refused = 0;
  for (std::size_t at = sizeof(nlmsghdr); at < whole.size(); ++at) {
    for (const unsigned change : {0x01U, 0x80U, 0xffU}) {
      Bytes flipped = whole;
      flipped[at] = static_cast<std::uint8_t>(flipped[at] ^ change);
      const auto parsed = parse(flipped);
      if (parsed) continue;
      ++refused;
      EXPECT_EQ(parsed.error().code, Errc::kMalformed);
      EXPECT_FALSE(parsed.error().field.empty());
    }
  }
  EXPECT_GT(refused, 0U);
}

// --- what we write ---

// The request `wanted` made by hand.
Bytes request_bytes(std::uint16_t type, std::uint16_t flags, const Bytes& payload) {
  return test::message({.type = type, .flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags), .sequence = 77},
                       payload);
}

Bytes written(const Neighbor& neighbor, std::uint16_t type, std::uint16_t flags, bool use = false) {
  alignas(4) std::array<std::uint8_t, kMaxRequest> buffer;
  buffer.fill(0xa5);
  const std::size_t size = write_neighbor_request(buffer.data(), type, flags, 77, neighbor, use);
  EXPECT_EQ(buffer[size], 0xa5) << "nothing behind the message is touched";
  return {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size)};
}

Bytes sent_head(std::uint8_t family, std::uint16_t state, std::uint8_t flags) {
  return raw(ndmsg{.ndm_family = family, .ndm_ifindex = 7, .ndm_state = state, .ndm_flags = flags, .ndm_type = 0});
}

TEST(WriteNeighbor, EveryMemberIsSent) {
  const Neighbor full{.address = IpAddress::v4(192, 0, 2, 9),
                      .interface = InterfaceIndex{7},
                      .link_address = LinkAddress::ether({2, 0, 0, 0, 0, 9}),
                      .state = NudState::kStale,
                      .protocol = 186,
                      .flags = {NeighborFlag::kRouter, NeighborFlag::kExternLearned, NeighborFlag::kManaged,
                                NeighborFlag::kExternValidated, NeighborFlag::kOffloaded}};
  EXPECT_EQ(written(full, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL),
            request_bytes(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL,
                          sent_head(AF_INET, NUD_STALE, NTF_ROUTER | NTF_EXT_LEARNED) + attribute(NDA_DST, kV4) +
                              attribute(NDA_LLADDR, kEther) +
                              attribute(NDA_FLAGS_EXT, raw(std::uint32_t{kNtfExtManaged | kNtfExtValidated})) +
                              attribute(NDA_PROTOCOL, {186})));
}

TEST(WriteNeighbor, WhatIsUnsetIsNotSent) {
  Bytes six = kV6;
  const Neighbor bare{.address = IpAddress::from_bytes(six).value(), .interface = InterfaceIndex{7}};
  EXPECT_EQ(
      written(bare, RTM_NEWNEIGH, NLM_F_REPLACE),
      request_bytes(RTM_NEWNEIGH, NLM_F_REPLACE, sent_head(AF_INET6, NUD_PERMANENT, 0) + attribute(NDA_DST, kV6)));
}

TEST(WriteNeighbor, OfARemovedOneOnlyTheKey) {
  Neighbor full{.address = IpAddress::v4(192, 0, 2, 9),
                .interface = InterfaceIndex{7},
                .link_address = LinkAddress::ether({2, 0, 0, 0, 0, 9}),
                .state = NudState::kStale,
                .protocol = 186,
                .flags = {NeighborFlag::kRouter, NeighborFlag::kManaged}};
  EXPECT_EQ(written(full, RTM_DELNEIGH, 0),
            request_bytes(RTM_DELNEIGH, 0, sent_head(AF_INET, 0, 0) + attribute(NDA_DST, kV4)));
  full.flags = {NeighborFlag::kProxy};
  EXPECT_EQ(written(full, RTM_DELNEIGH, 0),
            request_bytes(RTM_DELNEIGH, 0, sent_head(AF_INET, 0, NTF_PROXY) + attribute(NDA_DST, kV4)));
}

TEST(WriteNeighbor, AProxyEntryIsAddressAndInterface) {
  const Neighbor proxy{.address = IpAddress::v4(192, 0, 2, 9),
                       .interface = InterfaceIndex{7},
                       .link_address = LinkAddress::ether({2, 0, 0, 0, 0, 9}),
                       .protocol = 4,
                       .flags = {NeighborFlag::kProxy, NeighborFlag::kRouter, NeighborFlag::kManaged}};
  EXPECT_EQ(written(proxy, RTM_NEWNEIGH, NLM_F_CREATE),
            request_bytes(RTM_NEWNEIGH, NLM_F_CREATE, sent_head(AF_INET, 0, NTF_PROXY) + attribute(NDA_DST, kV4)));
}

TEST(WriteNeighbor, UseStoresNothing) {
  const Neighbor neighbor{.address = IpAddress::v4(192, 0, 2, 9),
                          .interface = InterfaceIndex{7},
                          .link_address = LinkAddress::ether({2, 0, 0, 0, 0, 9})};
  EXPECT_EQ(written(neighbor, RTM_NEWNEIGH, NLM_F_CREATE, /*use=*/true),
            request_bytes(RTM_NEWNEIGH, NLM_F_CREATE, sent_head(AF_INET, 0, NTF_USE) + attribute(NDA_DST, kV4)));
}

TEST(WriteNeighbor, TheLongestFits) {
  const Neighbor longest{.address = IpAddress::v6({1}),
                         .interface = InterfaceIndex{7},
                         .link_address = LinkAddress::from_bytes(Bytes(32, 1)).value(),
                         .protocol = 1,
                         .flags = {NeighborFlag::kManaged}};
  EXPECT_LT(written(longest, RTM_NEWNEIGH, 0).size(), kMaxRequest / 2);
}

TEST(WriteNeighbor, ReadsBackAsItself) {
  for (const NudState state :
       {NudState::kNone, NudState::kIncomplete, NudState::kReachable, NudState::kStale, NudState::kDelay,
        NudState::kProbe, NudState::kFailed, NudState::kNoArp, NudState::kPermanent}) {
    const Neighbor neighbor{.address = IpAddress::v6({0x20, 1}),
                            .interface = InterfaceIndex{0x7fffffff},
                            .link_address = LinkAddress::from_bytes(Bytes(20, 7)).value(),
                            .state = state,
                            .protocol = 255,
                            .flags = {NeighborFlag::kRouter}};
    const auto parsed = parse(written(neighbor, RTM_NEWNEIGH, 0));
    ASSERT_TRUE(parsed && parsed->has_value());
    EXPECT_TRUE((**parsed).same_content(neighbor)) << to_string(state);
  }
}

TEST(WriteNeighbor, FlagsOfTheOperations) {
  EXPECT_EQ(flags_of(Operation::kCreate), NLM_F_CREATE | NLM_F_EXCL);
  EXPECT_EQ(flags_of(Operation::kSet), NLM_F_REPLACE);
  EXPECT_EQ(flags_of(Operation::kReplace), NLM_F_CREATE | NLM_F_REPLACE);
  EXPECT_EQ(flags_of(Operation::kRemove), 0);
}

}  // namespace
}  // namespace neigh::rtnl
