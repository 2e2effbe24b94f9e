// SPDX-License-Identifier: Apache-2.0
// The cache as NeighborTable sees it, and its interfaces.
#include <algorithm>

#include "unit/nud/harness.hpp"

namespace neigh::nud::test {
namespace {

using S = NudState;

Error refused(const Result<void>& result) {
  EXPECT_FALSE(result.has_value());
  return result ? Error{} : result.error();
}

TEST(Create, StoresWhatIsGivenAndReadsItBack) {
  NEIGH_CITES("FSM-30");
  Harness h;
  Neighbor row = h.as_row(S::kPermanent, kLlaB, {NeighborFlag::kRouter, NeighborFlag::kOffloaded});
  row.protocol = 7;
  ASSERT_TRUE(h.cache->create(h.now, row, h.steps));
  EXPECT_THAT(h.take(), ElementsAre("changed -->permanent b"));
  h.now += 1'500ms;
  const Neighbor found = h.entry();
  row.flags.set(NeighborFlag::kOffloaded, false);  // read only
  EXPECT_TRUE(found.same_content(row));
  EXPECT_EQ(found.updated_age, 1'500ms);
  EXPECT_EQ(found.used_age, 1'500ms);
}

TEST(Create, AnExistingEntryOfAnyStateIsADuplicate) {
  for (std::size_t i = 0; i < kNudStateCount; ++i) {
    const auto state = static_cast<S>(i);
    NudSettings s = odd_settings();
    s.backoff = state == S::kUnreachable;
    Harness h(s);
    h.enter(state);
    const Neighbor before = h.entry();
    EXPECT_EQ(refused(h.cache->create(h.now, h.as_row(S::kPermanent, kLlaB), h.steps)).code, Errc::kAlreadyExists);
    EXPECT_THAT(h.take(), IsEmpty());
    EXPECT_TRUE(h.entry().same_content(before));
  }
}

TEST(Create, RefusesBadArgumentsByName) {
  Harness h;
  ASSERT_TRUE(h.cache->configure(InterfaceIndex{9}, Family::kIpv4, {}, odd_settings()));
  const auto with = [&](auto change) {
    Neighbor row = h.as_row(S::kPermanent);
    change(row);
    for (const bool create : {true, false}) {
      const auto done = create ? h.cache->create(h.now, row, h.steps) : h.cache->replace(h.now, row, h.steps);
      EXPECT_FALSE(done);
    }
    return refused(h.cache->set(h.now, row, h.steps));
  };
  const auto expect = [](const Error& error, Errc code, std::string_view field) {
    EXPECT_EQ(error.code, code) << error.message();
    EXPECT_EQ(error.field, field) << error.message();
  };
  for (const std::string_view text : {"::1", "127.0.0.1", "::", "255.255.255.255", "::ffff:1.2.3.4"}) {
    expect(with([&](Neighbor& n) { n.address = IpAddress::parse(text).value(); }), Errc::kInvalidArgument, "address");
  }
  expect(with([](Neighbor& n) { n.address = {}; }), Errc::kInvalidArgument, "address");
  expect(with([](Neighbor& n) { n.interface = InterfaceIndex::kNone; }), Errc::kInvalidArgument, "interface");
  expect(with([](Neighbor& n) { n.interface = InterfaceIndex{3}; }), Errc::kNoSuchInterface, "interface");
  expect(with([](Neighbor& n) { n.interface = InterfaceIndex{9}; }), Errc::kNotSupported, "address");
  expect(with([](Neighbor& n) { n.link_address = {}; }), Errc::kInvalidArgument, "link_address");
  expect(with([](Neighbor& n) { n.link_address = LinkAddress::parse("020000").value(); }), Errc::kInvalidArgument,
         "link_address");
  expect(with([](Neighbor& n) { n.state = S::kUnreachable; }), Errc::kInvalidArgument, "state");
  expect(with([](Neighbor& n) { n.flags = {NeighborFlag::kProxy}; }), Errc::kInvalidArgument, "flags");
  expect(with([](Neighbor& n) { n.flags = {NeighborFlag::kManaged}; }), Errc::kInvalidArgument, "flags");
  expect(with([](Neighbor& n) {
           n.state = S::kNone;
           n.flags = {NeighborFlag::kExternValidated};
         }),
         Errc::kInvalidArgument, "flags");
  EXPECT_THAT(h.take(), IsEmpty());
  EXPECT_EQ(h.cache->size(), 0U);
}

TEST(Create, ALongerLinkAddressIsCut) {
  NEIGH_CITES("LIB-11");
  Harness h;
  h.put(S::kPermanent, LinkAddress::parse("02:00:00:00:00:0b:00:00").value());
  EXPECT_EQ(h.entry().link_address, kLlaB);
}

TEST(Create, MulticastMayBeWritten) {
  NEIGH_CITES("LIB-12");
  Harness h;
  Neighbor row = h.as_row(S::kNoArp);
  row.address = IpAddress::parse("ff02::1").value();
  ASSERT_TRUE(h.cache->create(h.now, row, h.steps));
  EXPECT_EQ(h.packet_to(row.address).link_address, kLlaA);
}

TEST(Set, ChangesOnlyWhatExists) {
  Harness h;
  EXPECT_EQ(refused(h.cache->set(h.now, h.as_row(S::kPermanent), h.steps)).code, Errc::kNotFound);
  h.enter(S::kProbe);
  ASSERT_TRUE(h.cache->set(h.now, h.as_row(S::kPermanent, kLlaB), h.steps));
  EXPECT_THAT(h.take(), ElementsAre("changed probe->permanent b"));
  ASSERT_TRUE(h.cache->set(h.now, h.as_row(S::kPermanent, kLlaB), h.steps));
  EXPECT_THAT(h.take(), IsEmpty());  // nothing new
}

TEST(Set, FlagsAndProtocolAreContent) {
  NEIGH_CITES("LNX-073", "LIB-09", "ISR-007");
  Harness h;
  h.put(S::kPermanent, kLlaA, {NeighborFlag::kRouter, NeighborFlag::kExternLearned});
  h.take();
  h.put(S::kPermanent, kLlaA);  // a replace without the flags clears them
  EXPECT_THAT(h.take(), ElementsAre("changed permanent->permanent a", "router-lost a"));
  EXPECT_TRUE(h.entry().flags.empty());
  Neighbor row = h.as_row(S::kPermanent);
  row.protocol = 4;
  ASSERT_TRUE(h.cache->set(h.now, row, h.steps));
  EXPECT_THAT(h.take(), ElementsAre("changed permanent->permanent a"));
  row.protocol = 0;  // does not take it away
  ASSERT_TRUE(h.cache->set(h.now, row, h.steps));
  EXPECT_THAT(h.take(), IsEmpty());
  EXPECT_EQ(h.entry().protocol, 4);
}

TEST(Set, EveryStateBehavesAsTheProtocolsDoes) {
  Harness h;
  h.put(S::kReachable);
  EXPECT_EQ(h.entry().confirmed_age, 0ms);
  h.advance(31'500ms);
  EXPECT_EQ(h.state(), S::kStale);
  h.put(S::kProbe);
  h.take();
  h.advance(700ms);
  EXPECT_THAT(h.take(), ElementsAre("unicast-probe a"));
  h.put(S::kIncomplete);
  EXPECT_EQ(h.state(), S::kIncomplete);
  EXPECT_TRUE(h.entry().link_address.empty());
  h.packet();
  h.take();
  h.put(S::kFailed);
  EXPECT_THAT(h.take(), ElementsAre("changed incomplete->failed", "queue-failed"));
  h.put(S::kNone);
  EXPECT_THAT(h.take(), ElementsAre("changed failed->none"));
  h.advance(24h);
  EXPECT_EQ(h.state(), S::kNone);
}

TEST(Remove, OfAnyStateAndErrors) {
  Harness h;
  const NeighborKey key{kEth, kPeer6};
  EXPECT_EQ(refused(h.cache->remove(h.now, key, h.steps)).code, Errc::kNotFound);
  h.enter(S::kIncomplete);
  ASSERT_TRUE(h.cache->remove(h.now, key, h.steps));
  EXPECT_THAT(h.take(), ElementsAre("changed incomplete->-", "queue-failed"));
  h.enter(S::kPermanent);
  EXPECT_EQ(refused(h.cache->remove(h.now, {kEth, kPeer6, /*proxy=*/true}, h.steps)).code, Errc::kNotFound);
  EXPECT_EQ(refused(h.cache->remove(h.now, {kEth, {}}, h.steps)).field, "address");
  EXPECT_EQ(refused(h.cache->remove(h.now, {InterfaceIndex::kNone, kPeer6}, h.steps)).field, "interface");
  EXPECT_EQ(refused(h.cache->remove(h.now, {InterfaceIndex{99}, kPeer6}, h.steps)).code, Errc::kNoSuchInterface);
  ASSERT_TRUE(h.cache->remove(h.now, key, h.steps));
  EXPECT_EQ(h.cache->get(h.now, key).error().code, Errc::kNotFound);
  EXPECT_EQ(h.cache->get(h.now, {InterfaceIndex{99}, kPeer6}).error().code, Errc::kNoSuchInterface);
}

TEST(VisitAndFlush, ObeyTheFilter) {
  Harness h;
  const InterfaceIndex other{12};
  ASSERT_TRUE(h.cache->configure(other, Family::kIpv6, {}, odd_settings()));
  h.put(S::kPermanent);
  for (std::uint8_t i = 1; i <= 3; ++i) {
    h.hear_from(IpAddress::v4(10, 0, 0, i), {.message = Message::kArpRequest, .link_address = kLlaA});
    h.cache->on_packet(h.now, other, IpAddress::v6({0xfe, 0x80, i}), true, h.steps);
  }
  const auto count = [&](const ListFilter& filter) {
    std::size_t seen = 0;
    h.cache->visit(h.now, filter, [&](const Neighbor& n) { seen += filter.matches(n) ? 1U : 1'000U; });
    return seen;
  };
  EXPECT_EQ(count({}), 7U);
  EXPECT_EQ(count({.family = Family::kIpv4}), 3U);
  EXPECT_EQ(count({.interface = other}), 3U);
  EXPECT_EQ(count({.interface = InterfaceIndex{1}}), 0U);
  EXPECT_EQ(count({.states = {S::kPermanent, S::kStale}}), 4U);
  EXPECT_EQ(count({.proxies = true}), 0U);
  EXPECT_EQ(h.cache->flush(h.now, {.proxies = true}, h.steps), 0U);
  EXPECT_EQ(h.cache->flush(h.now, {.states = {S::kStale}}, h.steps), 3U);
  EXPECT_EQ(h.cache->flush(h.now, {.interface = other}, h.steps), 3U);
  EXPECT_EQ(count({}), 1U);
  h.take();
  EXPECT_EQ(h.cache->flush(h.now, {}, h.steps), 1U);
  EXPECT_THAT(h.take(), ElementsAre("changed permanent->- a"));
  EXPECT_EQ(h.next(), std::nullopt);
}

TEST(Interfaces, ConfigurationIsChecked) {
  Harness h;
  NudSettings bad;
  bad.retrans_timer = 0ms;
  EXPECT_EQ(refused(h.cache->configure(InterfaceIndex::kNone, Family::kIpv4, {}, {})).field, "interface");
  EXPECT_EQ(refused(h.cache->configure(kEth, Family::kUnspecified, {}, {})).field, "family");
  EXPECT_EQ(refused(h.cache->configure(kEth, Family::kIpv4, {.link_address_size = 33}, {})).field, "link_address_size");
  EXPECT_EQ(refused(h.cache->configure(kEth, Family::kIpv4, {}, bad)).field, "retrans_timer");
  h.enter(S::kStale);
  EXPECT_EQ(refused(h.cache->configure(kEth, Family::kIpv6, {.link_address_size = 20}, {})).field, "link_address_size");
  EXPECT_EQ(NeighborCache::make({.max_entries = 0}, 1).error().field, "max_entries");
}

TEST(Interfaces, AnUnknownOneTakesNothing) {
  Harness h;
  const InterfaceIndex unknown{77};
  EXPECT_EQ(h.cache->on_packet(h.now, unknown, kPeer6, true, h.steps).refusal, Refusal::kNoInterface);
  EXPECT_EQ(h.cache->on_message(h.now, unknown, kPeer6, {.link_address = kLlaA}, h.steps), Outcome::kIgnored);
  h.cache->interface_down(h.now, unknown, h.steps);
  h.cache->adopt_router_times(unknown, 1s, 1s);
  EXPECT_EQ(h.cache->settings(unknown, Family::kIpv6), nullptr);
  EXPECT_THAT(h.take(), IsEmpty());
}

TEST(Interfaces, ForgettingOneTakesEverythingOnIt) {
  Harness h;
  h.put(S::kPermanent);
  h.packet_to(kPeer4);
  h.take();
  h.cache->forget_interface(h.now, kEth, h.steps);
  EXPECT_EQ(h.take().size(), 3U);
  EXPECT_EQ(h.cache->size(), 0U);
  EXPECT_EQ(h.packet().refusal, Refusal::kNoInterface);
  h.configure(odd_settings());
  EXPECT_EQ(h.packet().verdict, Outgoing::Verdict::kQueue);
  EXPECT_EQ(h.counters().of(Refusal::kNoInterface), 0U);
}

TEST(Interfaces, TheSameAddressOnTwoIsTwoNeighbors) {
  NEIGH_CITES("NDS-001");
  Harness h;
  const InterfaceIndex other{8};
  ASSERT_TRUE(h.cache->configure(other, Family::kIpv6, {}, odd_settings()));
  h.put(S::kPermanent);
  EXPECT_EQ(h.cache->on_packet(h.now, other, kPeer6, true, h.steps).verdict, Outgoing::Verdict::kQueue);
  EXPECT_EQ(h.state(), S::kPermanent);
}

TEST(Interfaces, WithoutArpPacketsNeedNoEntry) {
  Harness h;
  const InterfaceIndex tunnel{8};
  ASSERT_TRUE(h.cache->configure(tunnel, Family::kIpv4, {.link_address_size = 0, .no_arp = true}, odd_settings()));
  EXPECT_EQ(h.cache->on_packet(h.now, tunnel, kPeer4, true, h.steps).verdict, Outgoing::Verdict::kSend);
  EXPECT_EQ(h.cache->size(), 0U);
}

TEST(Interfaces, LinkAddressesOfEverySize) {
  Harness h;
  for (std::uint8_t size = 0; size <= 32; ++size) {
    const InterfaceIndex wide{100U + size};
    ASSERT_TRUE(h.cache->configure(wide, Family::kIpv6, {.link_address_size = size}, odd_settings()));
    std::vector<std::uint8_t> bytes(size);
    const auto address = [&](std::uint8_t seed) {
      for (std::uint8_t& b : bytes) b = seed++;
      return LinkAddress::from_bytes(bytes).value();
    };
    for (const std::uint8_t seed :
         {std::uint8_t{1}, std::uint8_t{101}, std::uint8_t{50}}) {  // stored, then replaced twice
      h.cache->on_message(h.now, wide, kPeer6, {.link_address = address(seed)}, h.steps);
      EXPECT_EQ(h.cache->get(h.now, {wide, kPeer6}).value().link_address, address(seed));
    }
    EXPECT_EQ(h.cache->audit(), "");
    if (size % 2 == 0) {
      ASSERT_TRUE(h.cache->remove(h.now, {wide, kPeer6}, h.steps));
    }
  }
  for (std::uint8_t size = 1; size <= 32; size = static_cast<std::uint8_t>(size + 2)) {
    const auto found = h.cache->get(h.now, {InterfaceIndex{100U + size}, kPeer6}).value().link_address;
    EXPECT_EQ(found.size(), size);
    EXPECT_EQ(found.bytes()[0], 50);
  }
}

TEST(Ages, AreOfTheLastUseConfirmationAndChange) {
  Harness h;
  h.enter(S::kReachable);
  h.advance(400ms);
  h.packet();
  h.advance(300ms);
  h.advert(true, true, kLlaA);
  h.advance(50ms);
  const Neighbor found = h.entry();
  EXPECT_EQ(found.used_age, 350ms);
  EXPECT_EQ(found.confirmed_age, 50ms);
  EXPECT_EQ(found.updated_age, 750ms);
  // Never confirmed reads as confirmed too long ago to count.
  h.hear_from(kPeer4, {.message = Message::kArpRequest, .link_address = kLlaA});
  EXPECT_EQ(h.cache->get(h.now, {kEth, kPeer4}).value().confirmed_age, 42'000ms);
}

}  // namespace
}  // namespace neigh::nud::test
