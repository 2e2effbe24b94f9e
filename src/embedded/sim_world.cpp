// SPDX-License-Identifier: Apache-2.0
#include "embedded/sim_world.hpp"

#include <sys/timerfd.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <new>
#include <thread>
#include <utility>

#include "base/fork_generation.hpp"
#include "link/on_throw.hpp"

namespace neigh::embedded {

namespace {

constexpr Duration kForever = std::chrono::hours{24 * 365 * 100};
// Somebody else may have done what a paced caller waits for.
constexpr Duration kLongestNap = std::chrono::milliseconds{20};
// What handlers caused that is delivered before time goes on: who answers each event with another one (a packet to
// itself, another one for a full queue) does not hold time up.
constexpr std::size_t kFollowUps = 1'024;

Error invalid(std::string_view field, std::string detail) {
  return {.code = Errc::kInvalidArgument, .field = field, .detail = std::move(detail)};
}

link::CableQuality quality_of(const EmbeddedLanOptions& options) {
  return {.loss = options.loss, .duplicate = options.duplicate, .reorder = options.reorder, .hold = options.hold};
}

LinkAddress numbered(std::uint64_t number) {
  return LinkAddress::ether({2, 0, 0, static_cast<std::uint8_t>(number >> 16U), static_cast<std::uint8_t>(number >> 8U),
                             static_cast<std::uint8_t>(number)});
}

}  // namespace

/// A stack in a simulation.
class SimHost final : public Host {
 public:
  SimHost(std::unique_ptr<engine::Engine> engine, std::shared_ptr<SimWorld> sim)
      : Host(std::move(engine), sim), sim_(std::move(sim)), driver_(this->engine()) {
    driver_.set_handler([this](TimePoint, const engine::Effect& effect, std::span<const std::uint8_t> bytes) {
      on_effect(effect, bytes);
    });
    driver_.set_carrier_handler([this](InterfaceIndex index, bool present) { on_carrier(index, present); });
    driver_.set_loss_handler([this] { on_loss(); });
    driver_.set_changed([this] { sim_->simulation_.reschedule(driver_); });
    sim_->simulation_.attach(driver_);
  }
  // The last reference may go anywhere; `close` was called inside.
  ~SimHost() override = default;

  link::Driver& driver() override { return driver_; }

  Result<void> attach(const EmbeddedInterface& interface, engine::InterfaceConfig config) override {
    if (interface.link == EmbeddedLink::kLoopback || interface.link == EmbeddedLink::kTunnel) {
      return call(
          [&](engine::Engine& engine, engine::Effects& out) { return engine.add_interface(now(), config, out); });
    }
    if (interface.link != EmbeddedLink::kLan) {
      return Error{.code = Errc::kNotSupported, .field = "link", .detail = "devices need a stack in real time"};
    }
    const EmbeddedLanId number = interface.lan == EmbeddedLanId::kNone ? EmbeddedNetwork::first_lan() : interface.lan;
    SimWorld::LanSeat* seat = sim_->find_lan(number);
    if (seat == nullptr) return Error{.code = Errc::kNotFound, .field = "lan"};
    auto port = seat->lan->connect(
        {.name = config.name, .link_address = config.link_address, .station = &driver_, .to_lan = seat->quality});
    if (!port) return std::move(port).error();
    const link::OnThrow undo([&] { forget(config.index, **port); });
    seat->ports.push_back(*port);
    const auto [place, fresh] = ports_.try_emplace(config.index, *port);
    auto added = fresh ? driver_.add(now(), config, **port) : Error{.code = Errc::kAlreadyExists, .field = "index"};
    if (!added) forget(config.index, **port);
    return added;
  }

  Result<void> detach(InterfaceIndex index) override {
    const auto found = ports_.find(index);
    if (found == ports_.end()) {
      return call(
          [&](engine::Engine& engine, engine::Effects& out) { return engine.remove_interface(now(), index, out); });
    }
    link::LanPort& port = *found->second;
    const link::OnThrow undo([&] { forget(index, port); });
    auto removed = driver_.remove(now(), index);
    forget(index, port);
    return removed;
  }

  Result<void> set_carrier(InterfaceIndex index, bool present) override {
    const auto found = ports_.find(index);
    if (found == ports_.end()) {
      return call(
          [&](engine::Engine& engine, engine::Effects& out) { return engine.set_running(now(), index, present, out); });
    }
    found->second->set_carrier(present);
    driver_.refresh(now(), index);
    return {};
  }

  Result<void> set_link_address(InterfaceIndex index, const LinkAddress& address) override {
    const auto found = ports_.find(index);
    if (found == ports_.end()) return Host::set_link_address(index, address);
    found->second->set_link_address(address);
    driver_.refresh(now(), index);
    return {};
  }

  LinkAddress make_link_address() override { return numbered(++sim_->made_addresses_); }

  void close() override {
    (void)set_packet_slot(nullptr);
    (void)set_event_slot(nullptr);
    sim_->simulation_.detach(driver_);
    for (const auto& [index, port] : ports_) unplug(*port);
  }

 private:
  // The port lives as long as its LAN; nothing is at its end any more.
  void unplug(link::LanPort& port) noexcept {
    port.set_station(nullptr);
    for (SimWorld::LanSeat& seat : sim_->lans_) std::erase(seat.ports, &port);
    try {
      port.set_carrier(false);
    } catch (const std::bad_alloc&) {  // there is nobody to be told
    }
  }
  void forget(InterfaceIndex index, link::LanPort& port) noexcept {
    const auto found = ports_.find(index);
    if (found != ports_.end() && found->second == &port) ports_.erase(found);
    unplug(port);
  }

  std::shared_ptr<SimWorld> sim_;
  link::Driver driver_;
  std::map<InterfaceIndex, link::LanPort*> ports_;
};

SimWorld::SimWorld(std::uint64_t seed, Pace pace) : pace_(pace), seed_(seed), generation_(fork_generation()) {
  (void)add_lan({});
}

TimePoint SimWorld::clock() const {
  return TimePoint{} + std::chrono::duration_cast<Duration>(Deadline::Clock::now() - started_);
}

void SimWorld::catch_up() {
  if (pace_ == Pace::kClock) simulation_.run_until(std::max(clock(), simulation_.now()));
}

Result<void> SimWorld::run(FunctionRef<void()> function) {
  {
    const std::scoped_lock guard(mutex_);
    catch_up();
    function();
    arm();
  }
  deliver();
  return {};
}

bool SimWorld::run_surely(FunctionRef<void()> function) noexcept {
  const std::scoped_lock guard(mutex_);
  function();
  try {
    arm();
  } catch (const std::bad_alloc&) {  // who goes inside next does
  }
  return true;
}

/// Calls what was left to do, in order, without the lock. One thread at a time: others leave theirs to it, and so does
/// a callback that runs the world. What follows from them beyond a limit waits for the next time.
void SimWorld::deliver() {
  std::optional<std::size_t> left;
  for (;;) {
    std::function<void()> callback;
    {
      const std::scoped_lock guard(mutex_);
      if (!left) left = outbox_.size() + kFollowUps;
      if ((*left)-- == 0) return;
      // A thread that delivered when its process forked is not in the child.
      if (delivering_ == fork_generation() || outbox_.empty()) return;
      delivering_ = fork_generation();
      callback = std::move(outbox_.front());
      outbox_.pop_front();
    }
    struct Done {
      SimWorld& world;
      ~Done() {  // also where a handler throws
        const std::scoped_lock guard(world.mutex_);
        world.delivering_.reset();
      }
    } const done{*this};
    callback();
  }
}

Result<bool> SimWorld::wait(FunctionRef<bool()> done, std::optional<Duration> limit) {
  std::optional<TimePoint> end;
  for (;;) {
    Duration nap{0};
    bool holds = false;
    bool over = false;
    {
      const std::scoped_lock guard(mutex_);
      catch_up();
      if (!end) end = simulation_.now() + std::clamp(limit.value_or(kForever), Duration{0}, kForever);
      holds = done();
      if (!holds && pace_ == Pace::kClock) {
        over = simulation_.now() >= *end;
        const TimePoint next = std::min(simulation_.next().value_or(*end), *end);
        nap = std::clamp(next - simulation_.now(), Duration{0}, kLongestNap);
      } else if (!holds) {
        const auto next = simulation_.next();
        if (!next || *next > *end) {
          // Without a limit time stays where nothing happens any more.
          if (limit) simulation_.run_until(*end);
          over = true;
          holds = done();
        } else {
          simulation_.step();
        }
      }
      arm();
    }
    deliver();
    if (holds || over) return holds;
    if (nap > Duration{0}) std::this_thread::sleep_for(nap);
  }
}

TimePoint SimWorld::time() {
  const std::scoped_lock guard(mutex_);
  catch_up();
  return simulation_.now();
}

void SimWorld::advance(Duration duration) {
  // Handlers run between the events that cause them, so that what they do happens at that time.
  (void)wait([] { return false; }, std::max(duration, Duration{0}));
}

bool SimWorld::advance_until(FunctionRef<bool()> done, Duration limit) {
  const TimePoint end = time() + std::clamp(limit, Duration{0}, kForever);
  for (bool over = false; !done(); deliver()) {
    if (over) return false;
    const std::scoped_lock guard(mutex_);
    const auto next = simulation_.next();
    over = !next || *next > end;
    if (over) {
      simulation_.run_until(end);
    } else {
      simulation_.step();
    }
  }
  return true;
}

// --- The descriptor that tells of time, for watches in event loops ---

int SimWorld::time_fd() {
  if (pace_ != Pace::kClock) return -1;
  if (!timer_ || generation_ != fork_generation()) {
    generation_ = fork_generation();
    timer_.reset(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    armed_.reset();
    arm();
  }
  return timer_.get();
}

void SimWorld::arm() {
  if (!timer_ || generation_ != fork_generation()) return;
  const auto next = simulation_.next();
  if (next == armed_) return;
  armed_ = next;
  itimerspec time{};  // zeros: disarmed
  if (next) {
    // steady_clock is CLOCK_MONOTONIC here; a moment that is past rings at once.
    const auto at = started_.time_since_epoch() + (*next - TimePoint{});
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(at);
    time.it_value.tv_sec = static_cast<time_t>(whole.count());
    time.it_value.tv_nsec = static_cast<long>(std::chrono::nanoseconds(at - whole).count());
  }
  (void)::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &time, nullptr);
}

// --- LANs and stacks ---

SimWorld::LanSeat* SimWorld::find_lan(EmbeddedLanId lan) {
  const auto number = static_cast<std::size_t>(lan);
  return number == 0 || number > lans_.size() ? nullptr : &lans_[number - 1];
}

Result<EmbeddedLanId> SimWorld::add_lan(const EmbeddedLanOptions& options) {
  if (options.mtu < 1'280 || options.mtu > 65'535) return invalid("mtu", std::to_string(options.mtu));
  if (options.latency < Duration{0} || options.latency > std::chrono::hours{24}) return invalid("latency", "");
  const link::CableQuality quality = quality_of(options);
  if (auto fit = quality.validate(); !fit) return std::move(fit).error();
  const std::scoped_lock guard(mutex_);
  const link::LanOptions wanted{
      .seed = seed_ + lans_.size(), .mtu = options.mtu, .latency = options.latency, .max_in_flight = 65'536};
  lans_.push_back({.lan = std::make_unique<link::Lan>(simulation_, wanted), .quality = quality});
  return static_cast<EmbeddedLanId>(lans_.size());
}

Result<void> SimWorld::change_lan(EmbeddedLanId lan, const EmbeddedLanOptions& options) {
  const link::CableQuality quality = quality_of(options);
  if (auto fit = quality.validate(); !fit) return fit;
  const std::scoped_lock guard(mutex_);
  LanSeat* seat = find_lan(lan);
  if (seat == nullptr) return Error{.code = Errc::kNotFound, .field = "lan"};
  seat->quality = quality;
  for (link::LanPort* port : seat->ports) {
    if (auto changed = port->set_cable(quality, {}); !changed) return changed;
  }
  return {};
}

Result<void> SimWorld::inject(EmbeddedLanId lan, std::span<const std::uint8_t> frame) {
  constexpr std::size_t kShortest = 14;
  constexpr std::size_t kLongest = 65'535 + 22;
  if (frame.size() < kShortest || frame.size() > kLongest) return invalid("frame", std::to_string(frame.size()));
  Result<void> done;
  (void)run([&] {
    LanSeat* seat = find_lan(lan);
    if (seat == nullptr) {
      done = Error{.code = Errc::kNotFound, .field = "lan"};
      return;
    }
    if (seat->injector == nullptr) {
      auto port =
          seat->lan->connect({.name = "injector", .link_address = numbered(0), .deaf = true, .to_lan = seat->quality});
      if (!port) {
        done = std::move(port).error();
        return;
      }
      seat->injector = *port;
      seat->ports.push_back(*port);
    }
    const link::OutFrame out{.bytes = frame};
    (void)seat->injector->send(simulation_.now(), std::span(&out, 1));
  });
  return done;
}

Result<void> SimWorld::observe(EmbeddedLanId lan,
                               std::function<void(std::chrono::nanoseconds, std::span<const std::uint8_t>)> f) {
  auto slot = LanSeat::Observer::make(std::move(f));
  {
    const std::scoped_lock guard(mutex_);
    LanSeat* seat = find_lan(lan);
    if (seat == nullptr) return Error{.code = Errc::kNotFound, .field = "lan"};
    seat->lan->set_monitor({});
    if (slot != nullptr) {
      seat->lan->set_monitor([this, slot](TimePoint at, const link::LanFrame& frame) {
        later([slot, at, bytes = frame.bytes] { slot->call(at - TimePoint{}, bytes); });
      });
    }
    seat->observer.swap(slot);
    if (slot != nullptr) slot->end();
  }
  if (slot != nullptr) slot->wait_for_the_last();
  return {};
}

Result<std::shared_ptr<EmbeddedStack>> SimWorld::add_stack(const EmbeddedOptions& options) {
  std::shared_ptr<Host> host;
  // No host goes while the simulation knows of it.
  const link::OnThrow undo([&] {
    if (host != nullptr) (void)run_surely([&] { host->close(); });
  });
  Result<void> made;
  (void)run([&] {
    // Stacks of one seed differ from each other all the same.
    auto engine = make_engine(options, seed_ * 0x9e3779b97f4a7c15ULL + options.seed + 0x100000000ULL * ++made_stacks_);
    if (!engine) {
      made = std::move(engine).error();
      return;
    }
    host = std::make_shared<SimHost>(*std::move(engine), shared_from_this());
  });
  if (!made) return std::move(made).error();
  return make_stack(host, options);
}

}  // namespace neigh::embedded
