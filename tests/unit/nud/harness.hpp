// SPDX-License-Identifier: Apache-2.0
// A cache with one interface and a peer, in virtual time.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nud/cache.hpp"
#include "support/cites.hpp"

namespace neigh::nud::test {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

inline constexpr InterfaceIndex kEth{7};
inline constexpr auto kPeer6 = [] {
  std::array<std::uint8_t, 16> bytes{0xfe, 0x80};
  bytes[15] = 0x42;
  return IpAddress::v6(bytes);
}();
inline constexpr IpAddress kPeer4 = IpAddress::v4(192, 0, 2, 9);
inline constexpr LinkAddress kLlaA = LinkAddress::ether({2, 0, 0, 0, 0, 0xa});
inline constexpr LinkAddress kLlaB = LinkAddress::ether({2, 0, 0, 0, 0, 0xb});

/// Every timer and count differs from its default and from each other, so that a constant cannot hide.
inline NudSettings odd_settings() {
  NudSettings s;
  s.base_reachable_time = 21'000ms;
  s.retrans_timer = 700ms;
  s.delay_first_probe_time = 3'300ms;
  s.max_multicast_solicit = 4;
  s.max_unicast_solicit = 2;
  s.failed_lifetime = 1'900ms;
  return s;
}

/// "changed incomplete->reachable a", "multicast-probe", "queue-released b": one step in words. LLA: a, b or hex.
inline std::string words(const Step& step) {
  std::string text(to_string(step.kind));
  if (step.kind == Step::Kind::kChanged) {
    text += " " + std::string(step.from ? to_string(*step.from) : "-");
    text += "->" + std::string(step.to ? to_string(*step.to) : "-");
  }
  if (step.link_address == kLlaA) return text + " a";
  if (step.link_address == kLlaB) return text + " b";
  return step.link_address.empty() ? text : text + " " + step.link_address.to_string();
}

class Harness {
 public:
  explicit Harness(const NudSettings& settings = odd_settings(), const CacheLimits& limits = {},
                   const IpAddress& peer = kPeer6)
      : cache(NeighborCache::make(limits, 42).value()), peer_(peer) {
    configure(settings);
    cache->advance(now, steps);
  }

  void configure(const NudSettings& settings) {
    for (const Family family : {Family::kIpv4, Family::kIpv6}) {
      const auto done = cache->configure(kEth, family, {}, settings);
      if (!done) ADD_FAILURE() << done.error().message();
    }
  }

  // --- What happens ---
  Outgoing packet(bool has_packet = true) { return packet_to(peer_, has_packet); }
  Outgoing packet_to(const IpAddress& address, bool has_packet = true) {
    return cache->on_packet(now, kEth, address, has_packet, steps);
  }
  Outcome hear(const Heard& heard) { return hear_from(peer_, heard); }
  Outcome hear_from(const IpAddress& address, const Heard& heard) {
    return cache->on_message(now, kEth, address, heard, steps);
  }
  Outcome advert(bool solicited, bool override_flag, std::optional<LinkAddress> lla, bool router = false) {
    return hear({.message = Message::kNeighborAdvert,
                 .link_address = lla,
                 .solicited = solicited,
                 .override_flag = override_flag,
                 .is_router = router});
  }
  Outcome learn(std::optional<LinkAddress> lla, Message message = Message::kNeighborSolicit) {
    return hear({.message = message, .link_address = lla});
  }
  void confirm() { cache->on_confirm(now, kEth, peer_, steps); }

  Neighbor as_row(NudState state, const LinkAddress& lla = kLlaA, NeighborFlags flags = {}) const {
    return {.address = peer_, .interface = kEth, .link_address = lla, .state = state, .flags = flags};
  }
  void put(NudState state, const LinkAddress& lla = kLlaA, NeighborFlags flags = {}) {
    const auto done = cache->replace(now, as_row(state, lla, flags), steps);
    if (!done) ADD_FAILURE() << done.error().message();
  }

  /// Runs what is due in the next `duration`, in order, each deadline at its own time.
  void advance(Duration duration) {
    const TimePoint target = now + duration;
    while (true) {
      const auto next = cache->next_deadline();
      if (!next || *next > target) break;
      now = std::max(now, *next);
      cache->advance(now, steps);
    }
    now = target;
    cache->advance(now, steps);
  }

  /// Brings the peer into a state the way the protocol does. kNoEntry: nothing. A packet waits in INCOMPLETE if
  /// `waiting`. The link-layer address is A.
  void enter(NudState state, bool waiting = true) {
    switch (state) {
      case NudState::kIncomplete:
        packet(waiting);
        break;
      case NudState::kReachable:
        packet(false);
        advert(true, true, kLlaA);
        break;
      case NudState::kStale:
        learn(kLlaA);
        break;
      case NudState::kDelay:
        enter(NudState::kStale);
        packet();
        break;
      case NudState::kProbe:
        enter(NudState::kDelay);
        advance(settings().delay_first_probe_time);
        break;
      case NudState::kFailed:
        packet();
        advance(settings().retrans_timer * settings().max_multicast_solicit);
        break;
      case NudState::kUnreachable: {
        enter(NudState::kProbe);
        while (this->state() == NudState::kProbe) advance(100ms);
        break;
      }
      case NudState::kNone:
      case NudState::kNoArp:
      case NudState::kPermanent:
        put(state, state == NudState::kNone ? LinkAddress{} : kLlaA);
        break;
      default:
        break;
    }
    ASSERT_EQ(state_name(this->state()), state_name(state));
    steps.clear();
  }

  // --- What is there ---
  [[nodiscard]] NudState state() const { return state_of(peer_); }
  [[nodiscard]] NudState state_of(const IpAddress& address) const {
    const auto entry = cache->get(now, {kEth, address});
    return entry ? entry->state : kNoEntry;
  }
  [[nodiscard]] Neighbor entry() const { return cache->get(now, {kEth, peer_}).value(); }
  [[nodiscard]] bool router() const { return entry().flags.has(NeighborFlag::kRouter); }
  [[nodiscard]] const NudSettings& settings() const { return *cache->settings(kEth, peer_.family()); }
  [[nodiscard]] NudCounters counters() const { return cache->counters(kEth, peer_.family()); }
  [[nodiscard]] std::optional<Duration> next() const {
    const auto deadline = cache->next_deadline();
    if (!deadline) return std::nullopt;
    return *deadline - now;
  }
  /// The steps since the last call, in words: "nothing else happened" is part of what is compared.
  std::vector<std::string> take() {
    std::vector<std::string> all;
    for (const Step& step : steps) all.push_back(words(step));
    steps.clear();
    EXPECT_EQ(cache->audit(), "");
    return all;
  }

  std::unique_ptr<NeighborCache> cache;
  TimePoint now{1'000s};
  Steps steps;

 private:
  IpAddress peer_;
};

}  // namespace neigh::nud::test
