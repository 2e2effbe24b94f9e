// SPDX-License-Identifier: Apache-2.0
// What the public face promises beside what the differential test sees.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "adjacency/long_addresses.hpp"
#include "neigh/adjacency.hpp"

namespace neigh {
namespace {

constexpr InterfaceIndex kOne{1};

Neighbor neighbor(std::uint8_t last, NudState state = NudState::kReachable) {
  return {.address = IpAddress::v4(192, 0, 2, last),
          .interface = kOne,
          .link_address = LinkAddress::ether({2, 0, 0, 0, 0, last}),
          .state = state};
}

std::unique_ptr<AdjacencyTable> make(const AdjacencyOptions& options = {.ipv4_capacity = 64, .ipv6_capacity = 64}) {
  auto made = AdjacencyTable::make(options);
  EXPECT_TRUE(made) << made.error().message();
  return std::move(*made);
}

TEST(AdjacencyTable, AnEmptyOneAnswersNothing) {
  const auto table = make();
  EXPECT_FALSE(table->lookup(Ipv4Hop{.interface = kOne, .address = {192, 0, 2, 1}}).found());
  EXPECT_FALSE(table->lookup(Ipv6Hop{.interface = kOne}).found());
  EXPECT_FALSE(table->lookup(kOne, IpAddress{}).found());
  EXPECT_FALSE(table->find(kOne, IpAddress::v4(192, 0, 2, 1)));
  // Keys of nobody, that look like slots without an entry.
  EXPECT_FALSE(table->lookup(Ipv4Hop{}).found());
  EXPECT_FALSE(table->lookup(Ipv6Hop{}).found());
  const Adjacency nothing;
  EXPECT_FALSE(nothing.found());
  EXPECT_FALSE(nothing.usable());
  EXPECT_TRUE(nothing.is_empty());
  EXPECT_FALSE(nothing.is_ether());
}

TEST(AdjacencyTable, KeysOfNobodyStayUnknownBesideEntries) {
  const auto table = make();
  for (std::uint8_t i = 1; i <= 40; ++i) ASSERT_TRUE(table->set(neighbor(i)));
  for (std::uint8_t i = 1; i <= 40; ++i) ASSERT_TRUE(table->remove(kOne, neighbor(i).address));
  EXPECT_FALSE(table->lookup(Ipv4Hop{}).found());
  EXPECT_FALSE(table->lookup(Ipv6Hop{}).found());
}

TEST(AdjacencyTable, RemovesNothingFromNoInterface) {
  // Slots without an entry look like keys of interface 0, with the address that was there before.
  constexpr std::uint8_t kMany = 200;
  const auto table = make({.ipv4_capacity = kMany, .ipv6_capacity = kMany});
  const auto both = [](std::uint8_t i) {
    Neighbor six = neighbor(i);
    six.address = IpAddress::v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, i});
    return std::array{neighbor(i), six};
  };
  for (std::uint8_t i = 1; i <= kMany; ++i) {
    for (const Neighbor& one : both(i)) ASSERT_TRUE(table->set(one));
  }
  for (std::uint8_t i = 1; i <= 50; ++i) {
    for (const Neighbor& one : both(i)) ASSERT_TRUE(table->remove(kOne, one.address));
  }
  for (std::uint8_t i = 0; i <= kMany; ++i) {
    for (const Neighbor& one : both(i))
      EXPECT_FALSE(table->remove(InterfaceIndex::kNone, one.address)) << one.address.to_string();
  }
  EXPECT_FALSE(table->remove(InterfaceIndex::kNone, IpAddress::v4(0, 0, 0, 0)));
  EXPECT_FALSE(table->remove(InterfaceIndex::kNone, IpAddress::v6({})));
  EXPECT_FALSE(table->remove(InterfaceIndex::kNone, IpAddress{}));
  EXPECT_EQ(table->counters().ipv4_entries, 150U);
  EXPECT_EQ(table->counters().ipv6_entries, 150U);
  for (std::uint8_t i = 51; i <= kMany; ++i) {
    for (const Neighbor& one : both(i))
      EXPECT_TRUE(table->lookup(kOne, one.address).found()) << one.address.to_string();
  }
}

TEST(AdjacencyTable, RefusesWhatIsNoNeighbor) {
  const auto table = make({.ipv4_capacity = 4, .ipv6_capacity = 0});
  const auto expect = [&](Neighbor bad, Errc code, std::string_view field) {
    const auto done = table->set(bad);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, code);
    EXPECT_EQ(done.error().field, field);
  };
  Neighbor bad = neighbor(1);
  bad.interface = InterfaceIndex::kNone;
  expect(bad, Errc::kInvalidArgument, "interface");
  bad = neighbor(1);
  bad.address = {};
  expect(bad, Errc::kInvalidArgument, "address");
  bad = neighbor(1);
  bad.flags = {NeighborFlag::kProxy};
  expect(bad, Errc::kInvalidArgument, "flags");
  bad = neighbor(1);
  bad.state = static_cast<NudState>(200);
  expect(bad, Errc::kInvalidArgument, "state");
  EXPECT_EQ(table->counters().refused_invalid, 4U);
  EXPECT_EQ(table->counters().refused_full, 0U);
  bad = neighbor(1);
  bad.address = IpAddress::v6({0xfe, 0x80, 1});
  expect(bad, Errc::kNotSupported, "address");
  EXPECT_EQ(table->counters().refused_full, 1U);
  EXPECT_EQ(table->counters().ipv4_entries, 0U);
}

TEST(AdjacencyTable, RefusesAndCountsEntriesThatCannotBe) {
  const auto table = make({.ipv4_capacity = 10, .ipv6_capacity = 10});
  const auto entries_of = []<class Hop>(Hop hop) {
    std::vector<EtherEntry<Hop>> entries(5, {.hop = hop});
    entries[0].hop.interface = InterfaceIndex::kNone;
    entries[1].flags = {NeighborFlag::kProxy};
    entries[2].state = static_cast<NudState>(kNudStateCount);
    entries[3].state = static_cast<NudState>(200);
    return entries;
  };
  const auto four = entries_of(Ipv4Hop{.interface = kOne, .address = {192, 0, 2, 1}});
  const auto six = entries_of(Ipv6Hop{.interface = kOne, .address = {0xfe, 0x80, 1}});
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_FALSE(table->set(four[i])) << i;
    EXPECT_FALSE(table->set(six[i])) << i;
  }
  EXPECT_EQ(table->counters().refused_invalid, 8U);
  EXPECT_FALSE(table->lookup(four[0].hop).found());
  EXPECT_FALSE(table->lookup(four[1].hop).found());
  EXPECT_EQ(table->set(std::span(four)), 1U);
  EXPECT_EQ(table->set(std::span(six)), 1U);
  EXPECT_EQ(table->counters().refused_invalid, 16U);
  EXPECT_EQ(table->counters().refused_full, 0U);
  EXPECT_TRUE(table->lookup(four[4].hop).usable());
  // A table without room for either family: what could be is beyond its capacity.
  const auto none = make({.ipv4_capacity = 0, .ipv6_capacity = 0});
  EXPECT_FALSE(none->set(four[4]));
  EXPECT_FALSE(none->set(six[4]));
  EXPECT_EQ(none->counters().refused_full, 2U);
  EXPECT_EQ(none->counters().refused_invalid, 0U);
  EXPECT_EQ(none->set(std::span(four)), 0U);
  EXPECT_EQ(none->set(std::span(six)), 0U);
  EXPECT_EQ(none->counters().refused_full, 4U);
  EXPECT_EQ(none->counters().refused_invalid, 8U);
}

TEST(AdjacencyTable, RefusesOptionsThatCannotBe) {
  const auto expect = [](const AdjacencyOptions& options, std::string_view field) {
    const auto made = AdjacencyTable::make(options);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, Errc::kInvalidArgument);
    EXPECT_EQ(made.error().field, field);
  };
  const std::size_t much = (std::size_t{1} << 30U) + 1;
  expect({.ipv4_capacity = much}, "ipv4_capacity");
  expect({.ipv6_capacity = much}, "ipv6_capacity");
  expect({.long_addresses = much}, "long_addresses");
}

TEST(AdjacencyTable, AFullOneRefusesAndCountsAndKeepsWhatItHas) {
  const auto table = make({.ipv4_capacity = 3, .ipv6_capacity = 0});
  for (std::uint8_t i = 1; i <= 3; ++i) ASSERT_TRUE(table->set(neighbor(i)));
  const auto refused = table->set(neighbor(4));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kTableFull);
  EXPECT_EQ(refused.error().field, "ipv4_capacity");
  EXPECT_FALSE(table->set(Ipv4Entry{.hop = {.interface = kOne, .address = {192, 0, 2, 5}}}));
  EXPECT_EQ(table->counters().refused_full, 2U);
  EXPECT_EQ(table->counters().ipv4_entries, 3U);
  ASSERT_TRUE(table->set(neighbor(3, NudState::kFailed))) << "what is there can be changed";
  EXPECT_EQ(table->lookup(kOne, neighbor(3).address).state(), NudState::kFailed);
  EXPECT_FALSE(table->lookup(kOne, neighbor(4).address).found());
  ASSERT_TRUE(table->remove(kOne, neighbor(1).address));
  EXPECT_TRUE(table->set(neighbor(4)));
}

TEST(AdjacencyTable, TellsInterfacesApart) {
  const auto table = make();
  Neighbor other = neighbor(1);
  other.interface = InterfaceIndex{0xffffffffU};
  other.link_address = LinkAddress::ether({2, 9, 9, 9, 9, 9});
  ASSERT_TRUE(table->set(neighbor(1)));
  ASSERT_TRUE(table->set(other));
  EXPECT_EQ(LinkAddress::ether(table->lookup(kOne, other.address).ether()), neighbor(1).link_address);
  EXPECT_EQ(LinkAddress::ether(table->lookup(other.interface, other.address).ether()), other.link_address);
  EXPECT_EQ(table->remove_interface(kOne), 1U);
  EXPECT_FALSE(table->lookup(kOne, other.address).found());
  EXPECT_TRUE(table->lookup(other.interface, other.address).found());
}

TEST(AdjacencyTable, UnspecifiedAddressesAreKeysLikeOthers) {
  // The kernel keys entries of its loopback and point-to-point devices 0.0.0.0.
  const auto table = make();
  Neighbor entry = neighbor(0, NudState::kNoArp);
  entry.address = IpAddress::v4(0, 0, 0, 0);
  entry.link_address = {};
  ASSERT_TRUE(table->set(entry));
  const Adjacency found = table->lookup(kOne, entry.address);
  EXPECT_TRUE(found.usable());
  EXPECT_TRUE(found.is_empty());
  EXPECT_FALSE(found.is_ether());
}

TEST(AdjacencyTable, BulkTakesTheShorterOfTwoSpans) {
  const auto table = make();
  for (std::uint8_t i = 1; i <= 60; ++i) ASSERT_TRUE(table->set(neighbor(i)));
  std::vector<Ipv4Hop> hops;
  for (std::uint8_t i = 0; i < 120; ++i) hops.push_back({.interface = kOne, .address = {192, 0, 2, i}});
  for (const std::size_t count : {0U, 1U, 31U, 32U, 33U, 63U, 64U, 65U, 120U}) {
    std::vector<Adjacency> found(count);
    const std::size_t hits = table->lookup(hops, found);
    EXPECT_EQ(hits, std::min<std::size_t>(count == 0 ? 0 : count - 1, 60));
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(found[i].found(), i >= 1 && i <= 60) << i;
  }
  std::vector<Adjacency> longer(200);
  EXPECT_EQ(table->lookup(std::span<const Ipv4Hop>(hops).first(10), longer), 9U);
}

TEST(AdjacencyTable, WritesManyAtOnce) {
  const auto table = make({.ipv4_capacity = 90, .ipv6_capacity = 90});
  std::vector<Ipv4Entry> four;
  std::vector<Ipv6Entry> six;
  for (std::uint8_t i = 0; i < 100; ++i) {
    four.push_back({.hop = {.interface = kOne, .address = {192, 0, 2, i}}, .ether = {2, i}, .state = NudState::kStale});
    six.push_back({.hop = {.interface = kOne, .address = {0xfe, 0x80, i}}, .ether = {3, i}});
    six.back().flags.set(NeighborFlag::kRouter);
  }
  four[7].hop.interface = InterfaceIndex::kNone;
  four[8].flags.set(NeighborFlag::kProxy);
  EXPECT_EQ(table->set(four), 90U);
  EXPECT_EQ(table->set(six), 90U);
  EXPECT_EQ(table->counters().refused_full, 8U + 10U);
  EXPECT_FALSE(table->lookup(four[7].hop).found());
  EXPECT_FALSE(table->lookup(four[8].hop).found());
  const Adjacency found = table->lookup(four[9].hop);
  EXPECT_EQ(found.ether(), four[9].ether);
  EXPECT_EQ(found.state(), NudState::kStale);
  EXPECT_TRUE(table->lookup(six[3].hop).flags().has(NeighborFlag::kRouter));
  EXPECT_EQ(table->set(std::span<const Ipv4Entry>{}), 0U);
  const auto none = make({.ipv4_capacity = 0, .ipv6_capacity = 0});
  EXPECT_EQ(none->set(four), 0U);
  EXPECT_EQ(none->set(six), 0U);
}

TEST(AdjacencyTable, CostsAsLittleMemoryAsItSays) {
  for (const std::size_t entries : {65'536U, 1'048'576U}) {
    const std::size_t capacity = entries * 4 / 3;
    const auto four = make({.ipv4_capacity = capacity, .ipv6_capacity = 0, .long_addresses = 0});
    const auto six = make({.ipv4_capacity = 0, .ipv6_capacity = capacity, .long_addresses = 0});
    // Where pairs are not whole each slot has a version of its own.
    const bool whole = adjacency::has_whole_pairs();
    EXPECT_LE(four->counters().bytes, entries * (whole ? 40 : 60));
    EXPECT_LE(six->counters().bytes, entries * 64);
  }
}

TEST(LongAddresses, TellTheirOwnerAndGoRoundSlowly) {
  auto made = adjacency::LongAddresses::make(2);
  ASSERT_TRUE(made);
  auto addresses = std::move(*made);
  const adjacency::LongAddresses::Owner mine{kOne, IpAddress::v4(192, 0, 2, 1)};
  const adjacency::LongAddresses::Owner other{kOne, IpAddress::v4(192, 0, 2, 2)};
  const LinkAddress twenty = *LinkAddress::parse("000102030405060708090a0b0c0d0e0f10111213");
  constexpr std::uint64_t kAbout = std::uint64_t{0x3a5} << adjacency::LongAddresses::kAboutShift;
  const auto first = addresses.add(mine, kAbout, twenty, false);
  ASSERT_TRUE(first);
  EXPECT_EQ(*first & kAbout, kAbout);
  const auto content = addresses.read(*first, mine);
  ASSERT_TRUE(content);
  EXPECT_EQ(content->address, twenty);
  EXPECT_EQ(content->value, kAbout);
  EXPECT_FALSE(addresses.read(*first, other));
  ASSERT_TRUE(addresses.add(other, kAbout, twenty, false));
  EXPECT_FALSE(addresses.add(mine, kAbout, twenty, false)) << "two are in use";
  const auto next = addresses.add(mine, kAbout, twenty, true);
  ASSERT_TRUE(next) << "one that replaces another";
  addresses.remove(*first);
  std::uint64_t last = *next;
  for (std::size_t i = 0; i < adjacency::LongAddresses::kReserve; ++i) {
    const auto again = addresses.add(mine, kAbout, twenty, true);
    ASSERT_TRUE(again);
    EXPECT_NE(addresses.number_of(*again), addresses.number_of(*first)) << i;
    addresses.remove(last);
    last = *again;
  }
  EXPECT_TRUE(addresses.read(*first, mine)) << "nobody has it yet";
  const auto round = addresses.add(mine, kAbout, twenty, true);
  ASSERT_TRUE(round);
  addresses.remove(last);
  EXPECT_EQ(addresses.number_of(*round), addresses.number_of(*first));
  EXPECT_TRUE(addresses.read(*round, mine));
  EXPECT_FALSE(addresses.read(*first, mine)) << "the same line and owner, but another round";
  EXPECT_EQ(addresses.size(), 2U);
}

}  // namespace
}  // namespace neigh
