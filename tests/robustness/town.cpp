// SPDX-License-Identifier: Apache-2.0
#include "town.hpp"

#include <algorithm>
#include <utility>

namespace neigh::link {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::uint32_t kMaxEntries = 24;
constexpr std::uint16_t kNobody = 60'000;       // numbers from here on are nobody's
constexpr Duration kJourney = minutes{1};       // by then it is known what became of a packet
constexpr Duration kAftermath = seconds{5};     // what a fault does lasts this much longer than the fault
constexpr Duration kRetransTimer = seconds{1};  // of both families
constexpr std::uint32_t kMostFrames = 100;      // of one host in an hour; some packets, their requests and answers
constexpr Duration kCableTrouble = minutes{20};
constexpr Duration kNoCarrier = minutes{2};
constexpr Duration kDown = minutes{1};

Neighbor kept() {
  return {.address = IpAddress::v4(10, 0, 255, 254),
          .interface = kEth,
          .link_address = LinkAddress::ether({2, 0, 0, 0xff, 0xff, 0xfe})};
}

std::uint16_t two_bytes(std::span<const std::uint8_t> bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8U | bytes[at + 1]);
}

std::uint32_t name_of(std::uint16_t from, std::uint16_t number) { return std::uint32_t{from} << 16U | number; }

/// The name of the echo request in an IP packet: who sent it, and his number for it.
std::optional<std::uint32_t> echo_in(std::span<const std::uint8_t> packet) {
  if (packet.empty()) return std::nullopt;
  const bool v4 = packet[0] >> 4U == 4;
  const std::size_t header = v4 ? 20 : 40;
  if (packet.size() < header + 8) return std::nullopt;
  if (v4 ? packet[9] != 1 || packet[20] != 8 : packet[6] != 58 || packet[40] != 128) return std::nullopt;
  return name_of(two_bytes(packet, header + 4), two_bytes(packet, header + 6));
}

/// The target of an ARP request or a Neighbor Solicitation, whole in the low bits and marked with its family.
std::optional<std::uint64_t> target_in(std::span<const std::uint8_t> frame) {
  if (frame.size() >= 42 && two_bytes(frame, 12) == 0x0806 && two_bytes(frame, 20) == 1) {
    return std::uint64_t{4} << 16U | two_bytes(frame, 40);
  }
  if (frame.size() >= 78 && two_bytes(frame, 12) == 0x86dd && frame[20] == 58 && frame[54] == 135) {
    return std::uint64_t{6} << 16U | two_bytes(frame, 76);
  }
  return std::nullopt;
}

LanHostOptions host_options() {
  LanHostOptions options;
  options.limits.cache.max_entries = kMaxEntries;
  options.limits.cache.gc_low_water = 4;
  options.limits.cache.rate_memory_slots = 32;
  options.settings.announce_new_addresses = false;  // a broadcast costs a frame for each host
  options.settings.announce_link_changes = false;
  options.settings.multicast_listener_reports = false;
  options.settings.max_rtr_solicitations = 0;
  options.settings.gratuitous_advert = false;
  return options;
}

}  // namespace

/// A host, and what the town knows of it. It stands between simulation and driver, so that nothing reaches the host
/// without being looked at afterwards.
class Town::Inhabitant final : public Station {
 public:
  Inhabitant(Town& town, std::uint16_t its_number)
      : number(its_number), host(town.world_, town.lan_, its_number, host_options()), town_(town) {
    town.world_.detach(*host.driver);
    town.world_.attach(*this);
    host.port->set_station(this);
    host.driver->set_changed([this] { town_.world_.reschedule(*this); });
    host.driver->set_handler([this](TimePoint, const engine::Effect& effect, std::span<const std::uint8_t> bytes) {
      town_.on_effect(number, effect, bytes);
    });
  }
  ~Inhabitant() override {
    host.port->set_station(nullptr);
    town_.world_.detach(*this);
  }
  Inhabitant(const Inhabitant&) = delete;
  Inhabitant& operator=(const Inhabitant&) = delete;

  void poll(TimePoint now) override {
    host.driver->poll(now);
    town_.audit(number);
  }
  [[nodiscard]] std::optional<TimePoint> next_deadline() const override { return host.driver->next_deadline(); }

  /// A call from the outside, as of a program or an administrator.
  template <class Function>
  decltype(auto) call(Function&& function) {
    return host.driver->call(town_.world_.now(), std::forward<Function>(function));
  }
  /// Packets to and from here may be lost from now on for so long.
  void is_in_trouble_for(Duration time) {
    trouble_until = std::max(trouble_until, town_.world_.now() + time + kAftermath);
  }

  std::uint16_t number;
  LanHost host;
  std::uint16_t last_packet = 0;
  TimePoint trouble_until = TimePoint::min();
  TimePoint bad_cable_until = TimePoint::min();
  std::int64_t hour = 0;
  std::uint32_t frames_in_hour = 0;
  /// What the administrator wrote last, if it is permanent: to stay as it is.
  std::optional<Neighbor> written;
  bool wrote_no_arp = false;  ///< Such an entry is not evicted, and goes with the link (ARP-116).

 private:
  Town& town_;
};

Town::Town(std::uint16_t count, std::uint64_t seed)
    : lan_(world_, {.seed = seed}), chance_(seed), v4_share_(std::max(64U, (count + 63U) / 64U)) {
  lan_.set_monitor([this](TimePoint, const LanFrame& frame) { on_frame(frame); });
  inhabitants_.reserve(count);
  administrating_ = true;
  for (std::uint16_t number = 1; number <= count; ++number) {
    inhabitants_.push_back(std::make_unique<Inhabitant>(*this, number));
    at(number).host.expect_done(
        [&](engine::Engine& e, engine::Effects& out) { return e.create(world_.now(), kept(), out); });
    talk(number);
  }
  administrating_ = false;
  // The larger the town, the more happens.
  for (std::uint32_t i = 0; i <= count / 1'000U; ++i) next_fault();
}

Town::~Town() = default;

std::uint16_t Town::peer_of(std::uint16_t number, std::uint32_t distance) const {
  return static_cast<std::uint16_t>((number - 1U + distance) % inhabitants_.size() + 1);
}

std::uint16_t Town::anybody() { return static_cast<std::uint16_t>(1 + chance_.next() % inhabitants_.size()); }

bool Town::run_for(Duration time) {
  const TimePoint end = world_.now() + time;
  for (auto next = world_.next(); next && *next <= end && !broken_; next = world_.next()) {
    world_.step();
    ++events_;
    settle_journeys();
  }
  if (broken_) return false;
  world_.run_until(end);
  settle_journeys();
  return !broken_;
}

void Town::mend() {
  faults_end_ = true;
  for (const auto& inhabitant : inhabitants_) {
    inhabitant->is_in_trouble_for({});  // what is still in the cables comes out late
    inhabitant->bad_cable_until = std::min(inhabitant->bad_cable_until, world_.now() + kAftermath);
    EXPECT_TRUE(inhabitant->host.port->set_cable({}, {}));
    inhabitant->host.port->set_carrier(true);
    inhabitant->host.port->set_up(true);
  }
}

void Town::expect_all_reached() {
  const auto everybody_sends = [this] {
    for (const auto& inhabitant : inhabitants_) send(inhabitant->number, peer_of(inhabitant->number, 1), /*v4=*/false);
    EXPECT_TRUE(run_for(minutes{2}));
  };
  // Whoever knows an outdated link-layer address (nobody announces new ones here) loses this packet, and finds out.
  everybody_sends();
  ASSERT_EQ(totals_.open, 0U);
  const PacketTotals before = totals_;
  everybody_sends();
  EXPECT_EQ(totals_.delivered - before.delivered, inhabitants_.size());
  EXPECT_EQ(totals_.failed, before.failed);
  EXPECT_EQ(totals_.lost, before.lost);
}

void Town::expect_in_order() {
  EXPECT_EQ(totals_.open, 0U);
  EXPECT_EQ(totals_.sent, totals_.delivered + totals_.failed + totals_.lost);
  EXPECT_EQ(lan_.overflowed(), 0U);
  for (const auto& inhabitant : inhabitants_) {
    audit(inhabitant->number);
    EXPECT_EQ(inhabitant->host.port->counters().rx_lost, 0U);
    std::size_t statics = 0;
    inhabitant->host.engine->visit(world_.now(), {}, [&](const Neighbor& neighbor) {
      const bool is_kept = neighbor.address == kept().address;
      if (neighbor.state == NudState::kPermanent) ++statics;
      EXPECT_EQ(is_kept, neighbor.key() == kept().key());
      if (!inhabitant->written || neighbor.key() != inhabitant->written->key()) return;
      EXPECT_EQ(neighbor.state, inhabitant->written->state);
      EXPECT_EQ(neighbor.link_address, inhabitant->written->link_address);
    });
    EXPECT_EQ(statics, inhabitant->written ? 2U : 1U) << "host " << inhabitant->number;
  }
  EXPECT_FALSE(broken_);
}

void Town::print() const {
  const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf("  %zu hosts, %llu virtual hours, %llu faults, %llu events, %llu audits, %llu frames\n",
              inhabitants_.size(), number(static_cast<std::uint64_t>(world_.now().time_since_epoch() / hours{1})),
              number(faults_), number(events_), number(audits_), number(frames_));
  std::printf("  %llu packets sent: %llu delivered, %llu failed, %llu lost for a known cause\n", number(totals_.sent),
              number(totals_.delivered), number(totals_.failed), number(totals_.lost));
  for (std::size_t i = 0; i < failures_.size(); ++i) {
    if (failures_[i] == 0) continue;
    std::printf("  %llu failed: %s\n", number(failures_[i]),
                std::string(to_string(static_cast<engine::SendFailure>(i))).c_str());
  }
  std::printf("  at most %u frames from one host in an hour\n", most_frames_);
}

// --- What happens ---

void Town::talk(std::uint16_t number) {
  world_.after(minutes{20} + chance_.up_to(minutes{60}), [this, number] {
    if (silent_) return;
    const std::uint16_t peer = peer_of(number, 1 + static_cast<std::uint32_t>(chance_.next() % 40));
    // IPv4 asks everybody for each address: one host in 64, and in the largest towns 64 hosts.
    if (peer != number) send(number, peer, number % v4_share_ == 0);
    talk(number);
  });
}

void Town::send(std::uint16_t from, std::uint16_t to, bool v4) {
  Inhabitant& sender = at(from);
  const std::uint32_t name = name_of(from, ++sender.last_packet);
  if (!journeys_.emplace(name, Journey{.sent = world_.now(), .to = to}).second) broke(from, "a packet has no end");
  by_time_.push_back(name);
  ++totals_.sent;
  ++totals_.open;
  const engine::SendOutcome outcome = sender.host.send_to(v4 ? LanHost::v4(to) : LanHost::v6(to), sender.last_packet);
  audit(from);
  if (outcome == engine::SendOutcome::kDelivered) broke(from, "a packet to another came back");
  const bool failed = journeys_.at(name).failed != 0;
  if ((outcome == engine::SendOutcome::kFailed) != failed)
    broke(from, "a packet failed, and was not told of, or the reverse");
}

void Town::next_fault() {
  world_.after(seconds{30} + chance_.up_to(minutes{3}), [this] {
    if (faults_end_) return;
    ++faults_;
    do_harm(at(anybody()));
    next_fault();
  });
}

void Town::do_harm(Inhabitant& victim) {
  LanPort& port = *victim.host.port;
  switch (chance_.next() % 7) {
    case 0:
      victim.is_in_trouble_for(kNoCarrier);
      port.set_carrier(false);
      world_.after(kNoCarrier, [&port] { port.set_carrier(true); });
      break;
    case 1:
      victim.is_in_trouble_for(kDown);
      port.set_up(false);
      world_.after(kDown, [&port] { port.set_up(true); });
      break;
    case 2: {
      const CableQuality bad{
          .loss = 0.3, .duplicate = 0.2, .reorder = 0.2, .jitter = milliseconds{300}, .hold = milliseconds{900}};
      victim.is_in_trouble_for(kCableTrouble);
      victim.bad_cable_until = victim.trouble_until;
      EXPECT_TRUE(port.set_cable(bad, bad));
      world_.after(kCableTrouble, [&port] { EXPECT_TRUE(port.set_cable({}, {})); });
      break;
    }
    case 3: {  // another link-layer address with the host's number
      const auto bits = static_cast<std::uint8_t>(chance_.next());
      victim.is_in_trouble_for({});
      port.set_link_address(LinkAddress::ether(
          {2, 0, 0, bits, static_cast<std::uint8_t>(victim.number >> 8U), static_cast<std::uint8_t>(victim.number)}));
      break;
    }
    case 4:
      administrating_ = true;
      victim.call([&](engine::Engine& e, engine::Effects& out) {
        (void)e.flush(world_.now(), {.states = StateSet::all().without(NudState::kPermanent)}, out);
      });
      administrating_ = false;
      victim.wrote_no_arp = false;
      audit(victim.number);
      break;
    case 5:
      write_nonsense(victim);
      break;
    default:  // asks and sends to somebody who is not there
      send(victim.number, static_cast<std::uint16_t>(kNobody + chance_.next() % 1'000), /*v4=*/false);
      break;
  }
}

/// An administrator's doing.
void Town::write_nonsense(Inhabitant& victim) {
  const Neighbor nonsense{.address = LanHost::v6(peer_of(victim.number, 3)),
                          .interface = kEth,
                          .link_address = LinkAddress::ether({2, 9, 9, 9, 9, 9}),
                          .state = static_cast<NudState>(chance_.next() % kNudStateCount)};
  administrating_ = true;
  const Result<void> done =
      victim.call([&](engine::Engine& e, engine::Effects& out) { return e.replace(world_.now(), nonsense, out); });
  administrating_ = false;
  if (done) {
    victim.written.reset();
    if (nonsense.state == NudState::kPermanent) victim.written = nonsense;
    victim.wrote_no_arp = nonsense.state == NudState::kNoArp;
  }
  audit(victim.number);
}

// --- What is looked at ---

void Town::broke(std::uint16_t number, const std::string& what) {
  broken_ = true;
  ADD_FAILURE() << "host " << number << " after " << world_.now().time_since_epoch() / milliseconds{1}
                << " ms: " << what;
}

void Town::audit(std::uint16_t number) {
  ++audits_;
  const Inhabitant& inhabitant = at(number);
  const engine::Engine& engine = *inhabitant.host.engine;
  if (std::string found = engine.audit(); !found.empty()) broke(number, found);
  // What the administrator wrote has places of its own.
  const std::size_t statics = inhabitant.written || inhabitant.wrote_no_arp ? 2 : 1;
  if (engine.neighbor_count() > kMaxEntries + statics) broke(number, "too many entries");
  if (engine.queued_packets() > std::size_t{16} * kMaxEntries) broke(number, "too many packets wait");
  const auto there = engine.get(world_.now(), kept().key());
  if (!there || there->state != NudState::kPermanent || there->link_address != kept().link_address) {
    broke(number, "the permanent entry is not what it was");
  }
  if (!inhabitant.host.failures.empty()) broke(number, "its port broke");
}

void Town::on_effect(std::uint16_t number, const engine::Effect& effect, std::span<const std::uint8_t> bytes) {
  if (const auto* change = std::get_if<engine::NeighborChanged>(&effect)) {
    const bool was_permanent =
        change->kind != engine::NeighborChanged::Kind::kAdded && change->previous == NudState::kPermanent;
    if (was_permanent && !administrating_) broke(number, "traffic changed a permanent entry");
    return;
  }
  const auto* failure = std::get_if<engine::PacketFailed>(&effect);
  const bool delivery = std::holds_alternative<engine::DeliverPacket>(effect);
  if (failure == nullptr && !delivery) return;
  const auto name = echo_in(bytes);
  const auto journey = name ? journeys_.find(*name) : journeys_.end();
  if (journey == journeys_.end()) return broke(number, "a packet that nobody sent, or whose end was known");
  if (delivery) {
    ++journey->second.delivered;
    if (journey->second.to != number) broke(number, "a packet for another");
    if (journey->second.seen == 0) broke(number, "a packet that the LAN did not carry");
  } else {
    ++journey->second.failed;
    ++failures_[static_cast<std::size_t>(failure->reason)];
    if (*name >> 16U != number) broke(number, "another's packet failed here");
    if (journey->second.failed > 1) broke(number, "a packet failed twice");
    if (journey->second.seen != 0) broke(number, "a packet failed and was sent");
  }
}

void Town::on_frame(const LanFrame& frame) {
  ++frames_;
  const auto sender_bytes = frame.source.bytes();
  const std::uint16_t from = two_bytes(sender_bytes, 4);  // the host's number, whatever else changed
  if (!lives_here(from)) return broke(from, "a frame from nobody");
  count_frame(at(from));
  const std::span<const std::uint8_t> bytes(frame.bytes);
  if (const auto target = target_in(bytes)) return on_request(from, *target);
  const auto name = echo_in(bytes.subspan(14));
  if (!name || two_bytes(bytes, 12) == 0x0806) return;
  const auto journey = journeys_.find(*name);
  if (journey == journeys_.end()) return broke(from, "a packet on the LAN that nobody sent, or whose end was known");
  ++journey->second.seen;
  if (*name >> 16U != from) broke(from, "another's packet");
  if (journey->second.failed != 0) broke(from, "a packet was sent after it had failed");
  if (!lives_here(journey->second.to)) return broke(from, "a packet to nobody was sent");
  if (at(journey->second.to).host.port->facts().link_address != frame.destination) journey->second.misaddressed = true;
}

/// ARP-085, NDR-007: one request for a destination in RetransTimer, over the life of the destination.
void Town::on_request(std::uint16_t from, std::uint64_t target) {
  const TimePoint now = world_.now();
  while (!asked_.empty() && asked_.front().at + kRetransTimer <= now) asked_.pop_front();
  if (at(from).bad_cable_until >= now) return;  // which delays and doubles
  const std::uint64_t question = std::uint64_t{from} << 32U | target;
  for (const Asked& earlier : asked_) {
    if (earlier.question == question) return broke(from, "two requests for a destination within a second");
  }
  asked_.push_back({now, question});
}

void Town::count_frame(Inhabitant& sender) {
  const std::int64_t hour = world_.now().time_since_epoch() / hours{1};
  if (std::exchange(sender.hour, hour) != hour) sender.frames_in_hour = 0;
  most_frames_ = std::max(most_frames_, ++sender.frames_in_hour);
  if (sender.frames_in_hour == kMostFrames) broke(sender.number, "more frames in an hour than it has reasons for");
}

void Town::settle_journeys() {
  while (!by_time_.empty()) {
    const auto journey = journeys_.find(by_time_.front());
    if (journey->second.sent + kJourney > world_.now()) return;
    settle(static_cast<std::uint16_t>(journey->first >> 16U), journey->second);
    journeys_.erase(journey);
    by_time_.pop_front();
    --totals_.open;
  }
}

/// What became of a packet: it arrived, failed, or was lost in a trouble that is known.
void Town::settle(std::uint16_t from, const Journey& journey) {
  const auto in_trouble = [&](std::uint16_t number) {
    return lives_here(number) && at(number).trouble_until >= journey.sent;
  };
  if (journey.delivered > 1 && !in_trouble(from) && !in_trouble(journey.to)) broke(from, "a packet came twice");
  if (journey.failed != 0) {
    ++totals_.failed;
  } else if (journey.delivered != 0) {
    ++totals_.delivered;
  } else {
    ++totals_.lost;
    const bool excused = journey.seen == 0 ? in_trouble(from) : journey.misaddressed || in_trouble(journey.to);
    if (!excused) broke(from, "a packet was lost for no cause");
  }
}

}  // namespace neigh::link
