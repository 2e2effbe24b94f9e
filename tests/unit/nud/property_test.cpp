// SPDX-License-Identifier: Apache-2.0
// Random events: the cache against the plain model of RFC 4861, and its invariants under limits that bite.
#include <algorithm>
#include <cstdio>
#include <random>
#include <set>

#include "unit/nud/harness.hpp"
#include "unit/nud/rfc4861_model.hpp"

namespace neigh::nud::test {
namespace {

using S = NudState;
using ModelState = Rfc4861Model::State;

IpAddress neighbor(int n) {
  std::array<std::uint8_t, 16> bytes{0xfe, 0x80};
  bytes[14] = static_cast<std::uint8_t>(n >> 8);
  bytes[15] = static_cast<std::uint8_t>(n);
  return IpAddress::v6(bytes);
}

S public_state(ModelState state) {
  constexpr S kStates[] = {S::kIncomplete, S::kReachable, S::kStale, S::kDelay, S::kProbe, S::kFailed, S::kPermanent};
  return kStates[static_cast<std::size_t>(state)];
}

constexpr Message kLearning[] = {Message::kNeighborSolicit, Message::kRouterSolicit, Message::kRouterAdvert,
                                 Message::kRedirectElsewhere, Message::kRedirectOnLink};

class Comparison {
 public:
  explicit Comparison(std::uint64_t seed) : random_(seed), settings_(make_settings(random_)), model_(settings_) {
    h_.cache = NeighborCache::make({}, seed).value();
    h_.configure(settings_);
    h_.cache->advance(h_.now, h_.steps);
  }

  void run(int events) {
    for (int i = 0; i < events && !::testing::Test::HasFatalFailure(); ++i) {
      const std::string what = one_event();
      SCOPED_TRACE("event " + std::to_string(i) + ": " + what);
      compare();
    }
  }
  [[nodiscard]] const std::set<S>& seen() const { return seen_; }

 private:
  static constexpr int kNeighbors = 6;

  static NudSettings make_settings(std::mt19937_64& random) {
    const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
    NudSettings s;
    s.base_reachable_time = milliseconds(pick(2'000, 20'000));
    s.retrans_timer = milliseconds(pick(100, 3'000));
    s.delay_first_probe_time = milliseconds(pick(0, 6'000));
    s.max_multicast_solicit = static_cast<std::uint32_t>(pick(1, 5));
    s.max_unicast_solicit = static_cast<std::uint32_t>(pick(1, 5));
    s.failed_lifetime = milliseconds(pick(1, 4'000));
    s.solicit_rate = s.probe_rate = s.unsolicited_rate = 0;
    return s;
  }
  bool coin() { return (random_() & 1U) != 0; }
  std::optional<LinkAddress> some_lla() {
    const auto roll = random_() % 4;
    if (roll == 0) return std::nullopt;
    return roll == 1 ? kLlaB : kLlaA;
  }

  std::string one_event() {
    const int n = static_cast<int>(random_() % kNeighbors);
    const IpAddress address = neighbor(n);
    const auto reachable = [&] { return h_.cache->reachable_time(h_.now, kEth, Family::kIpv6); };
    switch (random_() % 16) {
      case 0:
      case 1:
      case 2: {
        const Outgoing outgoing = h_.packet_to(address);
        model_.packet(n, h_.now);
        const auto& e = model_.cache.at(n);
        EXPECT_EQ(outgoing.verdict == Outgoing::Verdict::kSend, e.lla.has_value());
        EXPECT_EQ(outgoing.verdict == Outgoing::Verdict::kDrop, e.state == ModelState::kFailed);
        if (e.lla) {
          EXPECT_EQ(outgoing.link_address, *e.lla);
        }
        return "packet";
      }
      case 3:
      case 4:
      case 5: {
        const Heard heard{.message = Message::kNeighborAdvert,
                          .link_address = some_lla(),
                          .solicited = coin(),
                          .override_flag = coin(),
                          .is_router = coin()};
        h_.hear_from(address, heard);
        model_.advert(n, heard.solicited, heard.override_flag, heard.is_router, heard.link_address, h_.now,
                      reachable());
        return "advert";
      }
      case 6:
      case 7: {
        const Message message = kLearning[random_() % std::size(kLearning)];
        const auto lla = some_lla();
        h_.hear_from(address, {.message = message, .link_address = lla});
        model_.learn(n, message, lla, h_.now);
        return "learn";
      }
      case 8:
        h_.cache->on_confirm(h_.now, kEth, address, h_.steps);
        model_.confirm(n, h_.now, reachable());
        return "confirm";
      case 9:
        if (random_() % 8 == 0) {
          Neighbor row = h_.as_row(S::kPermanent, kLlaB);
          row.address = address;
          EXPECT_TRUE(h_.cache->replace(h_.now, row, h_.steps));
          model_.set_permanent(n, kLlaB, h_.now);
          return "set permanent";
        }
        [[fallthrough]];
      case 10:
        if (random_() % 4 == 0) {
          EXPECT_EQ(h_.cache->remove(h_.now, {kEth, address}, h_.steps).has_value(), model_.cache.count(n) == 1);
          model_.remove(n, h_.now);
          return "remove";
        }
        [[fallthrough]];
      default: {
        const Duration step = milliseconds(random_() % (coin() ? 500 : 8'000));
        const TimePoint target = h_.now + step;
        while (true) {  // as Harness::advance, but noting when each step was
          const auto next = h_.cache->next_deadline();
          if (!next || *next > target) break;
          h_.now = std::max(h_.now, *next);
          h_.cache->advance(h_.now, h_.steps);
          note();
        }
        h_.now = target;
        model_.run_until(target);
        return "advance " + std::to_string(step.count() / 1'000'000) + " ms";
      }
    }
  }

  void note() {
    for (const Step& step : h_.steps) {
      const int n = step.address.bytes()[15];
      if (step.kind == Step::Kind::kMulticastProbe) happened_.emplace_back(h_.now, n, "multicast");
      if (step.kind == Step::Kind::kUnicastProbe) happened_.emplace_back(h_.now, n, "unicast");
      if (step.kind == Step::Kind::kQueueReleased) happened_.emplace_back(h_.now, n, "released");
      if (step.kind == Step::Kind::kQueueFailed) happened_.emplace_back(h_.now, n, "failed");
    }
    h_.steps.clear();
  }

  void compare() {
    note();
    std::sort(happened_.begin(), happened_.end());
    std::sort(model_.happened.begin(), model_.happened.end());
    ASSERT_EQ(happened_, model_.happened);
    happened_.clear();
    model_.happened.clear();
    ASSERT_EQ(h_.cache->size(), model_.cache.size());
    for (const auto& [n, e] : model_.cache) {
      const auto found = h_.cache->get(h_.now, {kEth, neighbor(n)});
      ASSERT_TRUE(found) << n;
      ASSERT_EQ(to_string(found->state), to_string(public_state(e.state))) << n;
      ASSERT_EQ(found->link_address, e.lla.value_or(LinkAddress{})) << n;
      ASSERT_EQ(found->flags.has(NeighborFlag::kRouter), e.router) << n;
      seen_.insert(found->state);
    }
    ASSERT_EQ(h_.cache->audit(), "");
  }

  std::mt19937_64 random_;
  NudSettings settings_;
  Harness h_;
  Rfc4861Model model_;
  std::vector<Rfc4861Model::Happening> happened_;
  std::set<S> seen_;
};

TEST(Property, AgreesWithAPlainModelOfRfc4861) {
  NEIGH_CITES("NUD-014", "NUD-015", "NDR-007", "NAR-001", "NAR-004", "NAR-005", "NAR-006", "NAR-010", "NUD-005",
              "NUD-006", "NUD-007", "ISR-001", "ISR-002", "ISR-003", "ISR-005", "ISR-006");
  std::set<S> seen;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Comparison comparison(seed);
    comparison.run(3'000);
    if (::testing::Test::HasFatalFailure() || ::testing::Test::HasNonfatalFailure()) return;
    seen.insert(comparison.seen().begin(), comparison.seen().end());
  }
  EXPECT_EQ(seen.size(), 7U) << "the events must reach every state";
}

// Anything at all, with limits so small that they bite: the audit holds after each event, nobody static is lost.
TEST(Property, InvariantsHoldUnderSmallLimits) {
  NEIGH_CITES("NUD-014", "NUD-015", "EXH-003", "EXH-004", "EXH-006", "ARP-190", "ARP-191");
  std::uint64_t losses = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    const auto coin = [&] { return (random() & 1U) != 0; };
    NudSettings s = coin() ? odd_settings() : NudSettings::linux_like(Family::kIpv6);
    s.backoff = coin();
    s.max_incomplete = 1 + static_cast<std::uint32_t>(random() % 8);
    s.max_unsolicited = static_cast<std::uint32_t>(random() % 8);
    s.solicit_rate = coin() ? 20 : 0;
    s.probe_rate = coin() ? 5 : 0;
    s.probe_burst = 3;
    s.max_age = coin() ? 9'000ms : 0ms;
    s.create_from_untracked_advert = coin();
    CacheLimits l;
    l.max_entries = 12;
    l.max_static_entries = 6;
    l.gc_low_water = 6;
    l.gc_stale_time = 2'000ms;
    l.gc_interval = 3'000ms;
    l.rate_memory_slots = 8;
    Harness h(s, l);
    std::map<int, bool> permanent;
    for (int i = 0; i < 4'000; ++i) {
      const int n = static_cast<int>(random() % 40);
      const IpAddress address = neighbor(n);
      const auto lla = random() % 4 == 0 ? std::optional<LinkAddress>{} : coin() ? kLlaA : kLlaB;
      switch (random() % 12) {
        case 0:
        case 1:
        case 2:
          h.packet_to(address, coin());
          break;
        case 3:
        case 4:
          h.hear_from(address, {Message::kNeighborAdvert, lla, coin(), coin(), coin(), coin()});
          break;
        case 5:
        case 6:
          h.hear_from(address, {kLearning[random() % std::size(kLearning)], lla});
          break;
        case 7:
          h.cache->on_confirm(h.now, kEth, address, h.steps);
          break;
        case 8: {
          Neighbor row = h.as_row(static_cast<S>(random() % kNudStateCount), kLlaA);
          row.address = address;
          if (coin()) row.flags.set(NeighborFlag::kManaged);
          if (random() % 4 == 0) row.flags.set(NeighborFlag::kExternValidated);
          if (h.cache->replace(h.now, row, h.steps)) permanent[n] = row.state == S::kPermanent;
          break;
        }
        case 9:
          if (random() % 3 == 0) {
            (void)h.cache->remove(h.now, {kEth, address}, h.steps);
            permanent[n] = false;
          }
          break;
        default:
          h.advance(milliseconds(random() % 3'000));
          break;
      }
      h.steps.clear();
      ASSERT_EQ(h.cache->audit(), "") << "event " << i;
      if (i % 100 == 0) {
        for (const auto& [p, is] : permanent) {
          if (is) {
            ASSERT_EQ(h.state_of(neighbor(p)), S::kPermanent);
          }
        }
      }
    }
    const NudCounters c = h.counters();
    for (const std::uint64_t count : c.lost) losses += count;
  }
  EXPECT_GT(losses, 1'000U) << "the limits must have bitten";
}

TEST(Scale, AMillionEntries) {
  NEIGH_CITES("EXH-003");
  constexpr std::uint32_t kMany = 1'000'000;
  CacheLimits l;
  l.max_entries = kMany;
  l.gc_low_water = kMany;
  NudSettings s = NudSettings::rfc(Family::kIpv6);
  s.max_incomplete = kMany;
  s.solicit_rate = 0;
  Harness h(s, l);
  const auto address = [](std::uint32_t i) {
    return IpAddress::v6({0x20, 0x01, 0x0d, 0xb8, static_cast<std::uint8_t>(i >> 24U),
                          static_cast<std::uint8_t>(i >> 16U), static_cast<std::uint8_t>(i >> 8U),
                          static_cast<std::uint8_t>(i)});
  };
  for (std::uint32_t i = 0; i < kMany; ++i) {
    h.packet_to(address(i), false);
    h.hear_from(address(i), {.message = Message::kNeighborAdvert, .link_address = kLlaA, .solicited = true});
    if (i % 1'000 == 999) {
      h.now += 1ms;
      h.steps.clear();
    }
  }
  ASSERT_EQ(h.cache->size(), kMany);
  const double bytes = static_cast<double>(h.cache->memory_bytes()) / kMany;
  RecordProperty("bytes_per_entry", std::to_string(bytes));
  std::printf("%.1f bytes for each of %u entries, everything counted\n", bytes, kMany);
  EXPECT_LE(bytes, 160.0);
  for (std::uint32_t i = 0; i < kMany; i += 997) ASSERT_EQ(h.state_of(address(i)), S::kReachable);
  std::size_t stale = 0;
  const TimePoint end = h.now + 46s;
  while (h.cache->next_deadline() && *h.cache->next_deadline() <= end) {
    h.now = std::max(h.now, *h.cache->next_deadline());
    h.cache->advance(h.now, h.steps);
    stale += h.steps.size();
    h.steps.clear();
  }
  EXPECT_EQ(stale, kMany);  // each became STALE once, nothing was sent
  EXPECT_EQ(h.cache->audit(), "");
  EXPECT_EQ(h.cache->flush(h.now, {}, h.steps), kMany);
  EXPECT_EQ(h.cache->audit(), "");
}

}  // namespace
}  // namespace neigh::nud::test
