// SPDX-License-Identifier: Apache-2.0
#include "link/lan.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "link/chance.hpp"

namespace neigh::link {
namespace {

using SharedFrame = std::shared_ptr<const LanFrame>;

constexpr std::size_t kEtherHeader = 14;
constexpr std::size_t kMaxFrame = 65'535 + 22;        // the longest MTU with header and two tags
constexpr std::size_t kMaxLearnedAddresses = 65'536;  // then the switch floods what it does not know
constexpr Duration kLongest = std::chrono::hours{24};

LinkAddress address_at(std::span<const std::uint8_t> frame, std::size_t at) {
  std::array<std::uint8_t, 6> bytes{};
  std::copy_n(frame.begin() + static_cast<std::ptrdiff_t>(at), bytes.size(), bytes.begin());
  return LinkAddress::ether(bytes);
}

Error bad(std::string_view field) { return Error{.code = Errc::kInvalidArgument, .field = field}; }

bool is_chance(double value) { return value >= 0.0 && value <= 1.0; }
bool is_time(Duration value) { return value >= Duration{0} && value <= kLongest; }

/// One direction of a cable: decides when the copies of a frame come out.
struct Cable {
  CableQuality quality;
  Chance chance;
  CableCounters counters = {};
  bool perfect = quality == CableQuality{};
  TimePoint last = {};  ///< When the latest frame that kept its order comes out.

  void set(const CableQuality& other) {
    quality = other;
    perfect = other == CableQuality{};
  }
  struct Plan {
    std::array<TimePoint, 2> at{};
    std::size_t copies = 0;
  };
  Plan put(TimePoint now) {
    Plan plan;
    ++counters.frames;
    if (perfect && now >= last) {
      plan.at[plan.copies++] = last = now;
      return plan;
    }
    if (chance.happens(quality.loss)) {
      ++counters.lost;
      return plan;
    }
    plan.copies = chance.happens(quality.duplicate) ? 2 : 1;
    if (plan.copies == 2) ++counters.duplicated;
    for (std::size_t i = 0; i < plan.copies; ++i) {
      const TimePoint at = now + quality.delay + chance.up_to(quality.jitter);
      if (chance.happens(quality.reorder)) {
        ++counters.reordered;
        plan.at[i] = at + quality.hold;
      } else {
        plan.at[i] = last = std::max(at, last);
      }
    }
    return plan;
  }
};

}  // namespace

Result<void> CableQuality::validate() const {
  if (!is_chance(loss)) return bad("loss");
  if (!is_chance(duplicate)) return bad("duplicate");
  if (!is_chance(reorder)) return bad("reorder");
  if (!is_time(delay)) return bad("delay");
  if (!is_time(jitter)) return bad("jitter");
  if (!is_time(hold)) return bad("hold");
  return {};
}

struct LanPort::State {
  State(const Cable& out, const Cable& in) : to_lan(out), from_lan(in) {}

  PortFacts facts;
  bool news = false;
  std::size_t number = 0;
  Station* station = nullptr;
  bool promiscuous = false;
  bool deaf = false;
  bool all_groups = false;
  std::set<LinkAddress> groups;
  Cable to_lan;
  Cable from_lan;
  std::deque<SharedFrame> waiting;
  std::vector<SharedFrame> taken;  ///< What `batch` looks into.
  std::vector<InFrame> batch;
  PortCounters counters;

  [[nodiscard]] bool linked() const { return facts.up && facts.running; }
  [[nodiscard]] bool lets_in(const LinkAddress& destination) const {
    if (deaf) return false;
    if (promiscuous || destination.empty() || destination == facts.link_address) return true;
    if (facts.type != InterfaceType::kEthernet) return false;
    if (!destination.is_group()) return false;
    return all_groups || destination == kBroadcast || groups.contains(destination);
  }
  static constexpr LinkAddress kBroadcast = LinkAddress::ether({0xff, 0xff, 0xff, 0xff, 0xff, 0xff});
};

struct Lan::Core : std::enable_shared_from_this<Lan::Core> {
  Core(Simulation& owner, const LanOptions& chosen) : simulation(owner), options(chosen) {}

  Simulation& simulation;
  LanOptions options;
  std::vector<std::unique_ptr<LanPort>> ports;
  std::map<LinkAddress, std::size_t> learned;
  std::function<void(TimePoint, const LanFrame&)> monitor;
  std::size_t in_flight = 0;
  std::uint64_t overflowed = 0;

  LanPort::State& port(std::size_t number) { return *ports[number]->state_; }
  void wake(std::size_t number) {
    if (Station* station = port(number).station) simulation.wake(*station);
  }

  template <class Arrival>
  void schedule(TimePoint at, const SharedFrame& frame, Arrival arrival) {
    if (in_flight >= options.max_in_flight) {
      ++overflowed;
      return;
    }
    ++in_flight;
    simulation.at(at, [weak = weak_from_this(), frame, arrival] {
      const std::shared_ptr<Core> core = weak.lock();
      if (core == nullptr) return;
      --core->in_flight;
      arrival(*core, frame);
    });
  }

  void put(std::size_t from, TimePoint now, const SharedFrame& frame) {
    const Cable::Plan plan = port(from).to_lan.put(now);
    for (std::size_t i = 0; i < plan.copies; ++i) {
      schedule(plan.at[i] + options.latency, frame,
               [from](Core& core, const SharedFrame& carried) { core.spread(from, carried); });
    }
  }

  // In the middle of the LAN.
  void spread(std::size_t from, const SharedFrame& frame) {
    if (!port(from).linked()) return;
    if (monitor) monitor(simulation.now(), *frame);
    learn(frame->source, from);
    if (!options.hub && !frame->destination.empty() && !frame->destination.is_group()) {
      const auto found = learned.find(frame->destination);
      if (found != learned.end()) {
        if (found->second != from) pass(found->second, frame);
        return;
      }
    }
    for (std::size_t i = 0; i < ports.size(); ++i) {
      if (i != from) pass(i, frame);
    }
  }

  void learn(const LinkAddress& source, std::size_t from) {
    if (options.hub || source.empty() || source.is_group()) return;
    const auto found = learned.find(source);
    if (found != learned.end()) {
      found->second = from;
    } else if (learned.size() < kMaxLearnedAddresses) {
      learned.emplace(source, from);
    }
  }

  void pass(std::size_t to, const SharedFrame& frame) {
    LanPort::State& target = port(to);
    // What the card would not let in need not travel; the dice fall all the same, for a card's filter is not the
    // cable's matter.
    const Cable::Plan plan = target.from_lan.put(simulation.now());
    if (!target.lets_in(frame->destination)) return;
    for (std::size_t i = 0; i < plan.copies; ++i) {
      if (plan.at[i] <= simulation.now()) {
        arrive(to, frame);
      } else {
        schedule(plan.at[i], frame, [to](Core& core, const SharedFrame& carried) { core.arrive(to, carried); });
      }
    }
  }

  void arrive(std::size_t to, const SharedFrame& frame) {
    LanPort::State& target = port(to);
    if (!target.linked() || !target.lets_in(frame->destination)) return;
    if (target.waiting.size() >= options.max_waiting) {
      ++target.counters.rx_lost;
      return;
    }
    target.waiting.push_back(frame);
    wake(to);
  }
};

Lan::Lan(Simulation& simulation, const LanOptions& options) : core_(std::make_shared<Core>(simulation, options)) {}
Lan::~Lan() = default;

Result<LanPort*> Lan::connect(const LanPortOptions& options) {
  if (core_->options.type == InterfaceType::kEthernet && options.link_address.size() != 6) return bad("link_address");
  if (Result<void> checked = options.to_lan.validate(); !checked) return checked.error();
  if (Result<void> checked = options.from_lan.validate(); !checked) return checked.error();
  // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): the constructor is private.
  core_->ports.push_back(std::unique_ptr<LanPort>(new LanPort(*core_, core_->ports.size(), options)));
  return core_->ports.back().get();
}

void Lan::set_monitor(std::function<void(TimePoint, const LanFrame&)> monitor) { core_->monitor = std::move(monitor); }
std::size_t Lan::in_flight() const { return core_->in_flight; }
std::uint64_t Lan::overflowed() const { return core_->overflowed; }

LanPort::LanPort(Lan::Core& lan, std::size_t number, const LanPortOptions& options) : lan_(lan) {
  // Dice by port and direction: the first number of a generator seeded with both.
  Chance seeds(lan.options.seed ^ (static_cast<std::uint64_t>(number) * 0xd1342543de82ef95ULL));
  const std::uint64_t out = seeds.next();
  const std::uint64_t in = seeds.next();
  state_ = std::make_unique<State>(Cable{.quality = options.to_lan, .chance = Chance(out)},
                                   Cable{.quality = options.from_lan, .chance = Chance(in)});
  state_->facts.name = options.name;
  state_->facts.type = lan.options.type;
  state_->facts.link_address = options.link_address;
  state_->facts.mtu = lan.options.mtu;
  state_->number = number;
  state_->station = options.station;
  state_->promiscuous = options.promiscuous;
  state_->deaf = options.deaf;
}
LanPort::~LanPort() = default;

const PortFacts& LanPort::facts() const { return state_->facts; }

Result<std::span<const InFrame>> LanPort::receive(TimePoint /*now*/) {
  constexpr std::size_t kBatch = 64;
  state_->taken.clear();
  state_->batch.clear();
  while (!state_->waiting.empty() && state_->taken.size() < kBatch) {
    state_->taken.push_back(std::move(state_->waiting.front()));
    state_->waiting.pop_front();
    const LanFrame& frame = *state_->taken.back();
    state_->batch.push_back(InFrame{.bytes = frame.bytes,
                                    .ether_type = frame.ether_type,
                                    .source = frame.source,
                                    .link_unicast = frame.destination == state_->facts.link_address});
    ++state_->counters.rx_frames;
    state_->counters.rx_bytes += frame.bytes.size();
  }
  return std::span<const InFrame>(state_->batch);
}

Result<std::size_t> LanPort::send(TimePoint now, std::span<const OutFrame> frames) {
  const bool ethernet = state_->facts.type == InterfaceType::kEthernet;
  std::size_t sent = 0;
  for (const OutFrame& out : frames) {
    if (!state_->linked() || out.bytes.size() > kMaxFrame || (ethernet && out.bytes.size() < kEtherHeader)) {
      ++state_->counters.tx_dropped;
      continue;
    }
    LanFrame frame{.bytes = {out.bytes.begin(), out.bytes.end()},
                   .ether_type = out.ether_type,
                   .source = state_->facts.link_address,
                   .destination = out.destination};
    if (ethernet) {
      frame.destination = address_at(out.bytes, 0);
      frame.source = address_at(out.bytes, 6);
    }
    ++state_->counters.tx_frames;
    state_->counters.tx_bytes += out.bytes.size();
    ++sent;
    lan_.put(state_->number, std::max(now, lan_.simulation.now()), std::make_shared<const LanFrame>(std::move(frame)));
  }
  return sent;
}

Result<bool> LanPort::refresh() { return std::exchange(state_->news, false); }

Result<void> LanPort::join(const LinkAddress& group) {
  if (group.empty()) {
    state_->all_groups = true;
    return {};
  }
  if (!group.is_group()) return bad("group");
  state_->groups.insert(group);
  return {};
}

Result<void> LanPort::leave(const LinkAddress& group) {
  if (group.empty()) {
    state_->all_groups = false;
    return {};
  }
  if (!group.is_group()) return bad("group");
  state_->groups.erase(group);
  return {};
}

PortCounters LanPort::counters() { return state_->counters; }

void LanPort::set_carrier(bool present) {
  if (state_->facts.running == present) return;
  state_->facts.running = present;
  state_->news = true;
  lan_.wake(state_->number);
}

void LanPort::set_up(bool up) {
  if (state_->facts.up == up) return;
  state_->facts.up = up;
  state_->news = true;
  lan_.wake(state_->number);
}

void LanPort::set_link_address(const LinkAddress& address) {
  if (state_->facts.link_address == address) return;
  state_->facts.link_address = address;
  state_->news = true;
  lan_.wake(state_->number);
}

Result<void> LanPort::set_cable(const CableQuality& to_lan, const CableQuality& from_lan) {
  if (Result<void> checked = to_lan.validate(); !checked) return checked.error();
  if (Result<void> checked = from_lan.validate(); !checked) return checked.error();
  state_->to_lan.set(to_lan);
  state_->from_lan.set(from_lan);
  return {};
}

void LanPort::set_station(Station* station) {
  state_->station = station;
  if (station != nullptr) lan_.simulation.wake(*station);
}

CableCounters LanPort::to_lan() const { return state_->to_lan.counters; }
CableCounters LanPort::from_lan() const { return state_->from_lan.counters; }

}  // namespace neigh::link
