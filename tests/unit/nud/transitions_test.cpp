// SPDX-License-Identifier: Apache-2.0
// RFC 4861 Appendix C row by row (part 4.2 of the specification, with its rulings), written by hand: state, every
// step, deadline, address. The interface's settings are odd on purpose.
#include <functional>

#include "unit/nud/harness.hpp"

namespace neigh::nud::test {
namespace {

using S = NudState;
constexpr StateSet kNotIncomplete = {S::kReachable, S::kStale, S::kDelay, S::kProbe};

std::vector<S> each(StateSet set) {
  std::vector<S> states;
  for (std::size_t i = 0; i < kNudStateCount; ++i) {
    if (set.contains(static_cast<S>(i))) states.push_back(static_cast<S>(i));
  }
  return states;
}

NudSettings believing() {
  NudSettings s = odd_settings();
  s.confirm_only_if_asked = false;
  return s;
}

// Runs `body` in a fresh harness for each start state.
void from_each(StateSet states, const std::function<void(Harness&, S)>& body, NudSettings settings = believing()) {
  for (const S from : each(states)) {
    SCOPED_TRACE(to_string(from));
    Harness h(settings);
    h.enter(from);
    body(h, from);
  }
}

std::string changed(S from, S to, std::string_view lla) {
  return "changed " + std::string(to_string(from)) + "->" + std::string(to_string(to)) + " " + std::string(lla);
}

TEST(Resolution, APacketStartsIt) {
  NEIGH_CITES("FSM-01", "NDR-002", "NDS-001");
  Harness h;
  const Outgoing outgoing = h.packet();
  EXPECT_EQ(outgoing.verdict, Outgoing::Verdict::kQueue);
  EXPECT_EQ(outgoing.id, h.cache->find(kEth, kPeer6));
  EXPECT_THAT(h.take(), ElementsAre("changed -->incomplete", "multicast-probe"));
  EXPECT_EQ(h.next(), Duration(700ms));
  EXPECT_EQ(h.entry().probes, 1U);
}

TEST(Resolution, RetransmitsWithoutTrafficThenFails) {
  NEIGH_CITES("FSM-02", "FSM-03", "NDR-007", "NDR-008", "NDR-009", "NDR-010", "ARP-086", "DEC-04");
  for (const Duration retrans : {Duration(1s), Duration(5s)}) {
    NudSettings s = odd_settings();
    s.retrans_timer = std::chrono::duration_cast<milliseconds>(retrans);
    Harness h(s);
    h.packet();
    h.take();
    for (std::uint32_t sent = 1; sent < 4; ++sent) {
      h.advance(retrans - 1ms);
      EXPECT_THAT(h.take(), IsEmpty());
      h.advance(1ms);
      EXPECT_THAT(h.take(), ElementsAre("multicast-probe"));
    }
    h.advance(retrans - 1ms);
    EXPECT_THAT(h.take(), IsEmpty());
    h.advance(1ms);
    EXPECT_THAT(h.take(), ElementsAre("changed incomplete->failed", "queue-failed"));
    EXPECT_EQ(h.counters().resolution_failed, 1U);
    // The negative state: packets come back at once, nothing is sent; then the entry goes.
    EXPECT_EQ(h.packet().refusal, Refusal::kHeldDown);
    EXPECT_EQ(h.counters().of(Refusal::kHeldDown), 1U);
    EXPECT_THAT(h.take(), IsEmpty());
    h.advance(1'900ms);
    EXPECT_THAT(h.take(), ElementsAre("changed failed->-"));
    h.packet();
    EXPECT_THAT(h.take(), ElementsAre("changed -->incomplete", "multicast-probe"));
  }
}

TEST(Resolution, TheNegativeStateCanBeOff) {
  NEIGH_CITES("FSM-03", "DEC-04");
  NudSettings s = odd_settings();
  s.failed_lifetime = 0ms;
  Harness h(s);
  h.packet();
  h.take();
  h.advance(4 * 700ms);
  EXPECT_THAT(h.take(), ElementsAre("multicast-probe", "multicast-probe", "multicast-probe",
                                    "changed incomplete->failed", "queue-failed", "changed failed->-"));
  EXPECT_EQ(h.state(), kNoEntry);
}

TEST(Resolution, MorePacketsQueueAndSendNothing) {
  NEIGH_CITES("NUD-004", "NDR-005", "NDR-007");
  Harness h;
  h.enter(S::kIncomplete);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(h.packet().verdict, Outgoing::Verdict::kQueue);
  EXPECT_THAT(h.take(), IsEmpty());
}

TEST(Resolution, AnUnsolicitedAdvertMakesStaleAndTheQueueMovesItOn) {
  NEIGH_CITES("FSM-04", "NAR-003", "NDR-006");
  for (const bool override_flag : {false, true}) {
    Harness h;
    h.enter(S::kIncomplete);
    h.advance(100ms);
    EXPECT_EQ(h.advert(false, override_flag, kLlaB), Outcome::kApplied);
    EXPECT_EQ(h.entry().used_age, 0ms);  // what waited was sent now
    EXPECT_THAT(h.take(), ElementsAre("changed incomplete->stale b", "queue-released b", "changed stale->delay b"));
    EXPECT_EQ(h.next(), Duration(3'300ms));

    Harness idle;
    idle.enter(S::kIncomplete, /*waiting=*/false);
    idle.advert(false, override_flag, kLlaB);
    EXPECT_THAT(idle.take(), ElementsAre("changed incomplete->stale b", "queue-released b"));
    EXPECT_EQ(idle.next(), std::nullopt);
  }
}

TEST(Resolution, ASolicitedAdvertMakesReachable) {
  NEIGH_CITES("FSM-05", "NAR-003");
  for (const bool override_flag : {false, true}) {
    for (const bool router : {false, true}) {
      Harness h;
      h.enter(S::kIncomplete);
      h.advert(true, override_flag, kLlaA, router);
      EXPECT_THAT(h.take(), ElementsAre("changed incomplete->reachable a", "queue-released a"));
      EXPECT_EQ(h.router(), router);
      EXPECT_EQ(h.entry().confirmed_age, 0ms);
      EXPECT_EQ(h.entry().probes, 0U);
    }
  }
}

TEST(Resolution, AnAdvertWithoutAddressIsDiscarded) {
  NEIGH_CITES("FSM-06", "NAR-002", "DEC-03");
  for (const bool solicited : {false, true}) {
    Harness h;
    h.enter(S::kIncomplete);
    EXPECT_EQ(h.advert(solicited, true, {}, /*router=*/true), Outcome::kIgnored);
    EXPECT_THAT(h.take(), IsEmpty());
    EXPECT_FALSE(h.router());
    EXPECT_EQ(h.next(), Duration(700ms));  // keeps soliciting
  }
}

TEST(Resolution, ALinkWithoutAddressesNeedsNoOption) {
  NEIGH_CITES("NAR-002");
  Harness h;
  const InterfaceIndex tunnel{8};
  ASSERT_TRUE(h.cache->configure(tunnel, Family::kIpv6, {.link_address_size = 0}, odd_settings()));
  h.cache->on_packet(h.now, tunnel, kPeer6, true, h.steps);
  h.cache->on_message(h.now, tunnel, kPeer6, {.message = Message::kNeighborAdvert, .solicited = true}, h.steps);
  EXPECT_THAT(h.take(), ElementsAre("changed -->incomplete", "multicast-probe", "changed incomplete->reachable",
                                    "queue-released"));
}

TEST(NoEntry, MessagesWithoutAddressCreateNothing) {
  NEIGH_CITES("FSM-07", "NSR-006", "RTR-003", "RDR-002");
  for (const Message message : {Message::kNeighborSolicit, Message::kRouterSolicit, Message::kRouterAdvert,
                                Message::kRedirectElsewhere, Message::kRedirectOnLink}) {
    Harness h;
    EXPECT_EQ(h.learn({}, message), Outcome::kIgnored);
    EXPECT_THAT(h.take(), IsEmpty());
    EXPECT_EQ(h.cache->size(), 0U);
    EXPECT_EQ(h.counters().no_entry, 1U);
  }
}

TEST(NoEntry, AdvertsCreateNothing) {
  NEIGH_CITES("NAR-001");
  for (const bool solicited : {false, true}) {
    Harness h(believing());
    EXPECT_EQ(h.advert(solicited, true, kLlaA), Outcome::kIgnored);
    EXPECT_THAT(h.take(), IsEmpty());
    EXPECT_EQ(h.cache->size(), 0U);
  }
}

TEST(NoEntry, ARouterMayKeepAnUntrackedAdvertAsStale) {
  NEIGH_CITES("GRD-003", "GRD-005", "RTS-004");
  NudSettings s = believing();
  s.create_from_untracked_advert = true;
  Harness h(s);
  EXPECT_EQ(h.advert(true, true, {}), Outcome::kIgnored);
  EXPECT_EQ(h.advert(true, true, kLlaA), Outcome::kCreated);  // S=1: STALE all the same
  EXPECT_THAT(h.take(), ElementsAre("changed -->stale a"));
  EXPECT_EQ(h.cache->unsolicited_entries(kEth, Family::kIpv6), 1U);
}

TEST(NotIncomplete, SameAddressAndSolicitedConfirms) {
  NEIGH_CITES("FSM-08", "NAR-007", "NAR-024");
  from_each(kNotIncomplete, [](Harness& h, S from) {
    h.advance(50ms);
    h.take();
    h.advert(true, false, kLlaA);
    if (from == S::kReachable) {
      EXPECT_THAT(h.take(), IsEmpty());
    } else {
      EXPECT_THAT(h.take(), ElementsAre(changed(from, S::kReachable, "a")));
    }
    EXPECT_EQ(h.entry().confirmed_age, 0ms);
    EXPECT_GE(h.next(), Duration(10'500ms));  // the probe timer is gone, ReachableTime runs anew
  });
}

TEST(NotIncomplete, WithoutAddressTheSFlagCounts) {
  NEIGH_CITES("FSM-09", "NAR-007", "NAR-009", "DEC-01");
  from_each(kNotIncomplete, [](Harness& h, S from) {
    h.advert(false, true, {}, /*router=*/true);  // S=0: state unchanged, IsRouter follows
    EXPECT_THAT(h.take(), ElementsAre(changed(from, from, "a")));
    EXPECT_TRUE(h.router());
    h.advert(true, true, {}, /*router=*/true);
    EXPECT_EQ(h.state(), S::kReachable);
  });
}

TEST(NotIncomplete, ReachableAndAnotherAddressWithoutOverrideMakesStale) {
  NEIGH_CITES("FSM-10", "FSM-13", "NAR-004", "DEC-02");
  for (const bool solicited : {false, true}) {
    Harness h(believing());
    h.enter(S::kReachable);
    h.advert(solicited, false, kLlaB, /*router=*/true);
    EXPECT_THAT(h.take(), ElementsAre("changed reachable->stale a"));  // address and IsRouter stay
    EXPECT_FALSE(h.router());
    EXPECT_EQ(h.next(), std::nullopt);
  }
}

TEST(NotIncomplete, OtherStatesIgnoreIt) {
  NEIGH_CITES("FSM-11", "FSM-13", "NAR-005", "NAR-022");
  from_each({S::kStale, S::kDelay, S::kProbe}, [](Harness& h, S from) {
    for (const bool solicited : {false, true}) {
      const auto deadline = h.next();
      EXPECT_EQ(h.advert(solicited, false, kLlaB, /*router=*/true), Outcome::kIgnored);
      EXPECT_THAT(h.take(), IsEmpty());
      EXPECT_EQ(h.state(), from);
      EXPECT_EQ(h.next(), deadline);
      EXPECT_FALSE(h.router());
    }
  });
}

TEST(NotIncomplete, SolicitedOverrideStoresAndConfirms) {
  NEIGH_CITES("FSM-12", "NAR-006", "NAR-007", "NAR-010");
  from_each(kNotIncomplete, [](Harness& h, S from) {
    h.advert(true, true, kLlaB, /*router=*/true);
    EXPECT_THAT(h.take(), ElementsAre(changed(from, S::kReachable, "b")));
    EXPECT_TRUE(h.router());
  });
}

TEST(NotIncomplete, UnsolicitedWithTheSameAddressChangesOnlyIsRouter) {
  NEIGH_CITES("FSM-13", "FSM-14", "NAR-009", "NAR-010", "NUD-002");
  for (const bool override_flag : {false, true}) {
    from_each(kNotIncomplete, [&](Harness& h, S from) {
      const auto deadline = h.next();
      h.advert(false, override_flag, kLlaA);
      EXPECT_THAT(h.take(), IsEmpty());
      EXPECT_EQ(h.next(), deadline);
      h.advert(false, override_flag, kLlaA, /*router=*/true);
      EXPECT_THAT(h.take(), ElementsAre(changed(from, from, "a")));
    });
  }
}

TEST(NotIncomplete, UnsolicitedOverrideStoresAndMakesStale) {
  NEIGH_CITES("FSM-15", "NAR-006", "NAR-008");
  from_each(kNotIncomplete, [](Harness& h, S from) {
    h.advert(false, true, kLlaB);
    EXPECT_THAT(h.take(), ElementsAre(changed(from, S::kStale, "b")));
    EXPECT_EQ(h.next(), std::nullopt);  // a running PROBE stops
    h.advance(1h);
    EXPECT_THAT(h.take(), IsEmpty());
  });
}

TEST(Confirmation, MakesReachableFromStaleToo) {
  NEIGH_CITES("FSM-16", "NUD-001");
  from_each(kNotIncomplete, [](Harness& h, S from) {
    h.confirm();
    if (from == S::kReachable) {
      EXPECT_THAT(h.take(), IsEmpty());
    } else {
      EXPECT_THAT(h.take(), ElementsAre(changed(from, S::kReachable, "a")));
    }
  });
}

TEST(Confirmation, DoesNothingWithoutAnAddressToConfirm) {
  NEIGH_CITES("NUD-003");
  from_each({S::kIncomplete, S::kFailed, S::kNone}, [](Harness& h, S from) {
    h.confirm();
    EXPECT_THAT(h.take(), IsEmpty());
    EXPECT_EQ(h.state(), from);
  });
  Harness h;
  h.confirm();
  EXPECT_EQ(h.cache->size(), 0U);
}

TEST(Confirmation, NothingElseConfirms) {
  NEIGH_CITES("NUD-002", "RTR-004", "NUD-001");
  from_each({S::kStale, S::kDelay, S::kProbe}, [](Harness& h, S from) {
    for (const Message message : {Message::kNeighborSolicit, Message::kRouterSolicit, Message::kRouterAdvert,
                                  Message::kRedirectElsewhere, Message::kRedirectOnLink}) {
      h.learn(kLlaA, message);
      EXPECT_EQ(h.state(), from);
    }
    h.advert(false, true, kLlaA);
    h.packet();
    EXPECT_NE(h.state(), S::kReachable);
  });
}

TEST(Lifecycle, ReachableTimeEndsInStale) {
  NEIGH_CITES("FSM-17", "NUD-005", "NUD-011");
  Harness h;
  h.enter(S::kReachable);
  const Duration reachable = h.cache->reachable_time(h.now, kEth, Family::kIpv6);
  EXPECT_GE(reachable, Duration(10'500ms));
  EXPECT_LT(reachable, Duration(31'500ms));
  h.advance(reachable - 1ms);
  h.packet();  // use does not prolong it
  EXPECT_THAT(h.take(), IsEmpty());
  h.advance(2ms);
  EXPECT_THAT(h.take(), ElementsAre("changed reachable->stale a"));
  h.advance(24h);  // without traffic nothing is probed
  EXPECT_THAT(h.take(), IsEmpty());
}

TEST(Lifecycle, TheFirstPacketStartsDelayAndOthersDoNotRestartIt) {
  NEIGH_CITES("FSM-18", "FSM-19", "FSM-20", "FSM-21", "FSM-27", "NUD-004", "NUD-006", "NUD-007", "NUD-008", "NUD-012");
  Harness h;
  h.enter(S::kStale);
  const Outgoing first = h.packet();
  EXPECT_EQ(first.verdict, Outgoing::Verdict::kSend);
  EXPECT_EQ(first.link_address, kLlaA);
  EXPECT_THAT(h.take(), ElementsAre("changed stale->delay a"));
  h.advance(3'000ms);
  EXPECT_EQ(h.packet().link_address, kLlaA);
  EXPECT_EQ(h.next(), Duration(300ms));
  h.advance(300ms);
  EXPECT_THAT(h.take(), ElementsAre("changed delay->probe a", "unicast-probe a"));
  h.advance(600ms);
  EXPECT_EQ(h.packet().link_address, kLlaA);
  EXPECT_EQ(h.next(), Duration(100ms));
  EXPECT_THAT(h.take(), IsEmpty());
  h.advance(100ms);
  EXPECT_THAT(h.take(), ElementsAre("unicast-probe a"));
  h.advance(699ms);
  EXPECT_THAT(h.take(), IsEmpty());
  h.advance(1ms);
  EXPECT_THAT(h.take(), ElementsAre("changed probe->failed"));
  EXPECT_EQ(h.counters().probes_failed, 1U);
  h.advance(1'900ms);
  EXPECT_THAT(h.take(), ElementsAre("changed failed->-"));
  EXPECT_EQ(h.packet().verdict, Outgoing::Verdict::kQueue);  // later traffic starts over, by multicast
  EXPECT_THAT(h.take(), ElementsAre("changed -->incomplete", "multicast-probe"));
}

constexpr Message kLearning[] = {Message::kNeighborSolicit, Message::kRouterSolicit, Message::kRouterAdvert,
                                 Message::kRedirectElsewhere, Message::kRedirectOnLink};

TEST(Learning, CreatesStale) {
  NEIGH_CITES("FSM-22", "NSR-003", "RTR-002", "RDR-002");
  for (const Message message : kLearning) {
    Harness h;
    EXPECT_EQ(h.learn(kLlaA, message), Outcome::kCreated);
    EXPECT_THAT(h.take(), ElementsAre("changed -->stale a"));
    EXPECT_EQ(h.next(), std::nullopt);
  }
}

TEST(Learning, EndsResolutionAndReleasesTheQueue) {
  NEIGH_CITES("FSM-23", "NSR-009", "RDR-002");
  for (const Message message : kLearning) {
    Harness h;
    h.enter(S::kIncomplete);
    EXPECT_EQ(h.learn(kLlaA, message), Outcome::kApplied);
    EXPECT_THAT(h.take(), ElementsAre("changed incomplete->stale a", "queue-released a", "changed stale->delay a"));
  }
}

TEST(Learning, AnotherAddressMakesStaleFromEveryState) {
  NEIGH_CITES("FSM-24", "NSR-003", "NSR-010", "DEC-13");
  for (const Message message : kLearning) {
    from_each(kNotIncomplete, [&](Harness& h, S from) {
      h.learn(kLlaB, message);
      EXPECT_THAT(h.take(), ElementsAre(changed(from, S::kStale, "b")));
      EXPECT_EQ(h.next(), std::nullopt);
      h.packet();
      EXPECT_THAT(h.take(), ElementsAre("changed stale->delay b"));
    });
  }
}

TEST(Learning, WithoutAddressNothingHappensInIncomplete) {
  NEIGH_CITES("FSM-25", "NSR-006");
  for (const Message message : {Message::kNeighborSolicit, Message::kRouterSolicit, Message::kRedirectOnLink}) {
    Harness h;
    h.enter(S::kIncomplete);
    h.learn({}, message);
    EXPECT_THAT(h.take(), IsEmpty());
    EXPECT_EQ(h.next(), Duration(700ms));
  }
}

TEST(Learning, TheSameAddressChangesNothing) {
  NEIGH_CITES("FSM-26", "NSR-003", "NSR-010");
  from_each(kNotIncomplete, [](Harness& h, S from) {
    const auto deadline = h.next();
    for (const Message message : {Message::kNeighborSolicit, Message::kRouterSolicit, Message::kRedirectOnLink}) {
      h.learn(kLlaA, message);
    }
    EXPECT_THAT(h.take(), IsEmpty());
    EXPECT_EQ(h.state(), from);
    EXPECT_EQ(h.next(), deadline);  // PROBE keeps probing
  });
}

TEST(Learning, ARouterAdvertWithoutAddressOnlySetsIsRouter) {
  NEIGH_CITES("FSM-28", "RTR-003", "DEC-15");
  from_each(kNotIncomplete, [](Harness& h, S from) {
    h.learn({}, Message::kRouterAdvert);
    EXPECT_THAT(h.take(), ElementsAre(changed(from, from, "a")));
    EXPECT_TRUE(h.router());
  });
  Harness h;
  h.enter(S::kIncomplete);
  h.learn({}, Message::kRouterAdvert);  // Linux forgets this case
  EXPECT_THAT(h.take(), ElementsAre("changed incomplete->incomplete"));
  EXPECT_TRUE(h.router());
}

TEST(Link, DownTakesTheDynamicEntriesAndFailsTheQueue) {
  NEIGH_CITES("FSM-29", "ARP-116");
  from_each({S::kReachable, S::kStale, S::kDelay, S::kProbe, S::kFailed, S::kNone, S::kNoArp, S::kIncomplete},
            [](Harness& h, S from) {
              h.cache->interface_down(h.now, kEth, h.steps);
              const auto steps = h.take();
              ASSERT_FALSE(steps.empty());
              EXPECT_EQ(steps[0].rfind("changed " + std::string(to_string(from)) + "->-", 0), 0U) << steps[0];
              EXPECT_EQ(steps.size(), from == S::kIncomplete ? 2U : 1U);
              if (from == S::kIncomplete) {
                EXPECT_EQ(steps[1], "queue-failed");
              }
              EXPECT_EQ(h.next(), std::nullopt);
            });
  Harness kept;
  kept.enter(S::kPermanent);
  kept.cache->interface_down(kept.now, kEth, kept.steps);
  EXPECT_THAT(kept.take(), IsEmpty());
  EXPECT_EQ(kept.state(), S::kPermanent);
}

TEST(Link, DownTakesPermanentEntriesTooWhereLinuxIsTheModel) {
  NEIGH_CITES("LNX-054");
  Harness h(NudSettings::linux_like(Family::kIpv6));
  h.enter(S::kPermanent);
  h.cache->interface_down(h.now, kEth, h.steps);
  EXPECT_THAT(h.take(), ElementsAre("changed permanent->- a"));
}

TEST(Link, CarrierLossSparesPermanentAndValidatedOnes) {
  NEIGH_CITES("LNX-055", "FSM-29");
  NudSettings s = odd_settings();
  Harness h(s);
  h.put(S::kReachable, kLlaA, {NeighborFlag::kExternValidated});
  h.take();
  h.cache->carrier_lost(h.now, kEth, h.steps);
  EXPECT_THAT(h.take(), IsEmpty());
  h.put(S::kReachable, kLlaA, {NeighborFlag::kExternLearned});
  h.take();
  h.cache->carrier_lost(h.now, kEth, h.steps);
  EXPECT_THAT(h.take(), ElementsAre("changed reachable->- a"));
  s.evict_on_carrier_loss = false;
  h.configure(s);
  h.put(S::kStale);
  h.take();
  h.cache->carrier_lost(h.now, kEth, h.steps);
  EXPECT_THAT(h.take(), IsEmpty());
}

TEST(Static, SetFromEveryState) {
  NEIGH_CITES("FSM-30");
  Harness fresh;
  fresh.put(S::kPermanent, kLlaB);
  EXPECT_THAT(fresh.take(), ElementsAre("changed -->permanent b"));
  from_each(StateSet::all().without(S::kUnreachable).without(S::kPermanent), [](Harness& h, S from) {
    h.put(S::kPermanent, kLlaB);
    if (from == S::kIncomplete) {
      EXPECT_THAT(h.take(), ElementsAre(changed(from, S::kPermanent, "b"), "queue-released b"));
    } else {
      EXPECT_THAT(h.take(), ElementsAre(changed(from, S::kPermanent, "b")));
    }
    EXPECT_EQ(h.next(), std::nullopt);
  });
}

TEST(Static, NoPacketChangesThem) {
  NEIGH_CITES("ARP-135", "NAR-025", "EVP-004");
  from_each({S::kPermanent, S::kNoArp}, [](Harness& h, S from) {
    for (const LinkAddress& lla : {kLlaA, kLlaB}) {
      for (const bool solicited : {false, true}) {
        for (const bool override_flag : {false, true}) h.advert(solicited, override_flag, lla, true);
      }
      for (const Message message : kLearning) h.learn(lla, message);
    }
    h.learn({}, Message::kRouterAdvert);
    h.confirm();
    EXPECT_EQ(h.packet().link_address, kLlaA);
    h.advance(48h);
    EXPECT_THAT(h.take(), IsEmpty());
    EXPECT_EQ(h.state(), from);
    EXPECT_FALSE(h.router());
    EXPECT_EQ(h.counters().static_mismatch, 4U + 5U);  // worth a line in a log
  });
}

TEST(Advice, DeliveryProblemOnlyEndsReachable) {
  NEIGH_CITES("ARP-111", "NUD-002");
  from_each(StateSet::all().without(S::kUnreachable), [](Harness& h, S from) {
    const auto deadline = h.next();
    h.cache->on_delivery_problem(h.now, kEth, kPeer6, h.steps);
    if (from == S::kReachable) {
      EXPECT_THAT(h.take(), ElementsAre("changed reachable->stale a"));
    } else {
      EXPECT_THAT(h.take(), IsEmpty());
      EXPECT_EQ(h.next(), deadline);
    }
  });
}

TEST(Time, AJumpOfTheClockMakesOneStepPerEntry) {
  NEIGH_CITES("NUD-013");
  Harness h;
  h.enter(S::kIncomplete);
  h.now += 72h;
  h.cache->advance(h.now, h.steps);
  EXPECT_THAT(h.take(), ElementsAre("multicast-probe"));
  EXPECT_EQ(h.next(), Duration(700ms));
  Harness probing;
  probing.enter(S::kDelay);
  probing.now += 72h;
  probing.cache->advance(probing.now, probing.steps);
  EXPECT_THAT(probing.take(), ElementsAre("changed delay->probe a", "unicast-probe a"));
  EXPECT_EQ(probing.next(), Duration(700ms));
}

TEST(Time, GoingBackwardsCountsAsStandingStill) {
  NEIGH_CITES("NUD-013");
  Harness h;
  h.enter(S::kIncomplete);
  h.now -= 1h;
  h.advert(true, true, kLlaA);
  EXPECT_THAT(h.take(), ElementsAre("changed incomplete->reachable a", "queue-released a"));
  EXPECT_EQ(h.entry().confirmed_age, 0ms);
}

TEST(Time, ABudgetLeavesTheRestForTheNextCall) {
  Harness h;
  for (std::uint8_t i = 1; i <= 10; ++i) h.packet_to(IpAddress::v6({0xfe, 0x80, i}));
  h.steps.clear();
  h.now += 700ms;
  std::size_t done = 0;
  int calls = 0;
  for (; done < 10; ++calls) {
    ASSERT_LE(h.cache->next_deadline().value(), h.now) << "the rest is due";
    h.cache->advance(h.now, h.steps, 4);
    const std::size_t steps = h.take().size();
    EXPECT_LE(steps, 4U);
    done += steps;
    ASSERT_LT(calls, 20);
  }
  EXPECT_EQ(done, 10U);
  EXPECT_GE(calls, 3);
  EXPECT_EQ(h.next(), Duration(700ms));
}

}  // namespace
}  // namespace neigh::nud::test
