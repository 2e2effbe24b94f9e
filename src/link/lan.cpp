// SPDX-License-Identifier: Apache-2.0
#include "link/lan.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>
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

/// Spreads link-layer addresses over buckets. Whoever runs the simulation chooses them: no secret is needed.
struct AddressHash {
  std::size_t operator()(const LinkAddress& address) const noexcept {
    std::uint64_t h = address.size();
    for (const std::uint8_t b : address.bytes()) h = (h ^ b) * 0x9e3779b97f4a7c15ULL;
    return static_cast<std::size_t>(h ^ (h >> 32U));
  }
};

/// A small ordered set in one piece of memory.
template <class T>
class FlatSet {
 public:
  [[nodiscard]] bool contains(const T& item) const { return std::binary_search(items_.begin(), items_.end(), item); }
  bool insert(const T& item) {
    const auto at = std::lower_bound(items_.begin(), items_.end(), item);
    if (at != items_.end() && *at == item) return false;
    items_.insert(at, item);
    return true;
  }
  bool erase(const T& item) {
    const auto at = std::lower_bound(items_.begin(), items_.end(), item);
    if (at == items_.end() || *at != item) return false;
    items_.erase(at);
    return true;
  }
  [[nodiscard]] bool empty() const { return items_.empty(); }
  [[nodiscard]] const std::vector<T>& items() const { return items_; }

 private:
  std::vector<T> items_;
};

/// Frames in the order in which they came.
class FrameQueue {
 public:
  [[nodiscard]] bool empty() const { return first_ == frames_.size(); }
  [[nodiscard]] std::size_t size() const { return frames_.size() - first_; }
  void push(const SharedFrame& frame) { frames_.push_back(frame); }
  SharedFrame pop() {
    SharedFrame frame = std::move(frames_[first_++]);
    if (first_ == frames_.size()) {
      frames_.clear();
      first_ = 0;
    } else if (first_ >= kTidy && first_ * 2 >= frames_.size()) {
      frames_.erase(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(first_));
      first_ = 0;
    }
    return frame;
  }

 private:
  static constexpr std::size_t kTidy = 64;
  std::vector<SharedFrame> frames_;
  std::size_t first_ = 0;
};

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
  /// A frame put in now comes out now: it rolls no dice, and leaves no trace but a count.
  [[nodiscard]] bool is_plain(TimePoint now) const { return perfect && now >= last; }
  struct Plan {
    std::array<TimePoint, 2> at{};
    std::size_t copies = 0;
  };
  Plan put(TimePoint now) {
    Plan plan;
    ++counters.frames;
    if (is_plain(now)) {
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
  FlatSet<LinkAddress> groups;
  Cable to_lan;
  Cable from_lan;
  /// Of `Core::floods`, those that `from_lan` counted itself or did not get: see `Core::flood`.
  std::uint64_t floods_apart = 0;
  FrameQueue waiting;
  std::vector<SharedFrame> taken;  ///< What `batch` looks into.
  std::vector<InFrame> batch;
  PortCounters counters;

  [[nodiscard]] bool linked() const { return facts.up && facts.running; }
  /// Besides its own address and `groups`: nothing is to be looked up for it.
  [[nodiscard]] bool lets_much_in() const { return promiscuous || all_groups; }
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
  std::unordered_map<LinkAddress, std::size_t, AddressHash> learned;
  // Who must be visited when a frame goes to every port; the others' cables only count it (`flood`). By number.
  std::unordered_map<LinkAddress, FlatSet<std::size_t>, AddressHash> listeners;  ///< To an own address or a group.
  FlatSet<std::size_t> open;    ///< Ports that let in more than they listen to.
  FlatSet<std::size_t> uneven;  ///< Ports whose `from_lan` may not be plain.
  std::uint64_t floods = 0;     ///< Frames that went to every port and were not put into each cable by itself.
  std::vector<std::size_t> visits;
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
    flood(from, frame);
  }

  void flood(std::size_t from, const SharedFrame& frame) {
    const LinkAddress& destination = frame->destination;
    if (destination.empty() || destination == LanPort::State::kBroadcast) {
      for (std::size_t i = 0; i < ports.size(); ++i) {
        if (i != from) pass(i, frame);
      }
      return;
    }
    visits = open.items();
    visits.insert(visits.end(), uneven.items().begin(), uneven.items().end());
    if (const auto found = listeners.find(destination); found != listeners.end()) {
      visits.insert(visits.end(), found->second.items().begin(), found->second.items().end());
    }
    std::sort(visits.begin(), visits.end());
    visits.erase(std::unique(visits.begin(), visits.end()), visits.end());
    ++floods;
    ++port(from).floods_apart;
    for (const std::size_t to : visits) {
      if (to == from) continue;
      ++port(to).floods_apart;
      if (port(to).from_lan.is_plain(simulation.now())) uneven.erase(to);
      pass(to, frame);
    }
  }

  void listen(std::size_t number, const LinkAddress& address) { listeners[address].insert(number); }
  void unlisten(std::size_t number, const LinkAddress& address) {
    const auto found = listeners.find(address);
    if (found == listeners.end()) return;
    found->second.erase(number);
    if (found->second.empty()) listeners.erase(found);
  }
  void note_openness(std::size_t number) {
    if (port(number).lets_much_in()) {
      open.insert(number);
    } else {
      open.erase(number);
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
    target.waiting.push(frame);
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
  LanPort& made = *core_->ports.back();
  const std::size_t number = made.state_->number;
  made.state_->floods_apart = core_->floods;
  core_->listen(number, options.link_address);
  core_->note_openness(number);
  if (!made.state_->from_lan.perfect) core_->uneven.insert(number);
  return &made;
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
    state_->taken.push_back(state_->waiting.pop());
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
    lan_.note_openness(state_->number);
    return {};
  }
  if (!group.is_group()) return bad("group");
  if (state_->groups.insert(group)) lan_.listen(state_->number, group);
  return {};
}

Result<void> LanPort::leave(const LinkAddress& group) {
  if (group.empty()) {
    state_->all_groups = false;
    lan_.note_openness(state_->number);
    return {};
  }
  if (!group.is_group()) return bad("group");
  if (state_->groups.erase(group) && group != state_->facts.link_address) lan_.unlisten(state_->number, group);
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
  // An own address that is a group, too, stays listened to as that.
  if (!state_->groups.contains(state_->facts.link_address)) lan_.unlisten(state_->number, state_->facts.link_address);
  state_->facts.link_address = address;
  lan_.listen(state_->number, address);
  state_->news = true;
  lan_.wake(state_->number);
}

Result<void> LanPort::set_cable(const CableQuality& to_lan, const CableQuality& from_lan) {
  if (Result<void> checked = to_lan.validate(); !checked) return checked.error();
  if (Result<void> checked = from_lan.validate(); !checked) return checked.error();
  state_->to_lan.set(to_lan);
  state_->from_lan.set(from_lan);
  // Also if it is perfect now: what is still in it keeps its order, so that it may not be plain yet.
  lan_.uneven.insert(state_->number);
  return {};
}

void LanPort::set_station(Station* station) {
  state_->station = station;
  if (station != nullptr) lan_.simulation.wake(*station);
}

CableCounters LanPort::to_lan() const { return state_->to_lan.counters; }
CableCounters LanPort::from_lan() const {
  CableCounters counters = state_->from_lan.counters;
  counters.frames += lan_.floods - state_->floods_apart;
  return counters;
}

}  // namespace neigh::link
