// SPDX-License-Identifier: Apache-2.0
#include "embedded/loop_world.hpp"

#include <algorithm>
#include <map>
#include <new>
#include <random>
#include <utility>

#include "base/fork_generation.hpp"
#include "link/packet.hpp"
#include "link/tap.hpp"
#include "link/xdp.hpp"

namespace neigh::embedded {

namespace {
constexpr std::chrono::milliseconds kNoMemoryNap{10};
constexpr Duration kFirstRetry = std::chrono::milliseconds{125};
constexpr Duration kLongestRetry = std::chrono::seconds{8};
}  // namespace

LoopWorld::LoopWorld() : generation_(fork_generation()) {}

LoopWorld::~LoopWorld() {
  if (thread_.joinable()) thread_.detach();  // it is the last to hold this world
}

Result<void> LoopWorld::check() const {
  if (generation_ == fork_generation()) return {};
  return Error{.code = Errc::kNotSupported, .detail = "the stack's thread is in the parent process"};
}

void LoopWorld::start(std::unique_ptr<link::Loop> loop, std::shared_ptr<Host> guest) {
  loop_ = std::move(loop);
  std::unique_lock ready(mutex_);
  thread_ = std::thread([this, guest = std::move(guest)]() mutable {
    {
      const std::scoped_lock guard(mutex_);
      thread_id_ = std::this_thread::get_id();
    }
    changed_.notify_all();
    run_loop();
    {
      const std::scoped_lock guard(mutex_);
      ended_ = true;
    }
    changed_.notify_all();
    guest.reset();
  });
  changed_.wait(ready, [this] { return thread_id_ != std::thread::id{}; });
}

/// Where there is no memory for a frame or a task of the engine, it is lost, and the loop goes on.
void LoopWorld::run_loop() {
  for (;;) {
    try {
      (void)loop_->run();
      return;
    } catch (const std::bad_alloc&) {
      std::this_thread::sleep_for(kNoMemoryNap);
    }
  }
}

void LoopWorld::stop() {
  if (!check()) return;
  loop_->stop();
  if (is_thread_here()) return;
  if (thread_.joinable()) thread_.join();
}

Result<void> LoopWorld::run(FunctionRef<void()> function) {
  if (auto fit = check(); !fit) return fit;
  if (is_thread_here()) {
    function();
    return {};
  }
  // Shared, so that a loop that ends with the turn still posted touches nothing of a caller that has left.
  const auto turn = std::make_shared<Turn>(Turn{.function = &function});
  std::unique_lock guard(mutex_);
  if (!ended_) {
    guard.unlock();
    auto posted = loop_->post([this, turn] {
      std::exception_ptr thrown;
      try {
        (*turn->function)();
      } catch (...) {  // the caller's, on whose behalf it ran
        thrown = std::current_exception();
      }
      {
        const std::scoped_lock inner(mutex_);
        turn->thrown = thrown;
        turn->finished = true;
      }
      changed_.notify_all();
    });
    if (!posted) return posted;
    guard.lock();
    changed_.wait(guard, [&] { return turn->finished || ended_; });
  }
  if (turn->finished && turn->thrown) std::rethrow_exception(turn->thrown);
  if (turn->finished) return {};
  return Error{.code = Errc::kNotSupported, .detail = "the stack has ended"};
}

Result<bool> LoopWorld::wait(FunctionRef<bool()> done, std::optional<Duration> limit) {
  if (auto fit = check(); !fit) return std::move(fit).error();
  if (is_thread_here()) {
    return Error{.code = Errc::kNotSupported, .detail = "the stack's own thread cannot wait for it"};
  }
  Wish wish{.done = &done};
  auto made = run([&] {
    const bool holds = done();
    if (!holds) wishes_.push_back(&wish);
    const std::scoped_lock guard(mutex_);
    wish.holds = holds;
  });
  if (!made) return std::move(made).error();
  {
    std::unique_lock guard(mutex_);
    const auto over = [&] { return wish.holds || ended_; };
    // A century in nanoseconds still fits the clock.
    changed_.wait_for(
        guard, std::min(limit.value_or(std::chrono::hours{24 * 365}), Duration{std::chrono::hours{24 * 365}}), over);
  }
  // The wish is in the caller's frame: nobody leaves before it is withdrawn, not even where memory is short or too much
  // is posted.
  Result<void> withdrawn;
  for (;;) {
    try {
      withdrawn = run([&] { wishes_.remove(&wish); });
      if (withdrawn || withdrawn.error().code != Errc::kTableFull) break;
    } catch (const std::bad_alloc&) {
    }
    std::this_thread::sleep_for(kNoMemoryNap);
  }
  if (!withdrawn && !wish.holds) return std::move(withdrawn).error();
  return wish.holds;
}

void LoopWorld::notify() {
  bool any = false;
  for (auto wish = wishes_.begin(); wish != wishes_.end();) {
    if (!(*(*wish)->done)()) {
      ++wish;
      continue;
    }
    {
      const std::scoped_lock guard(mutex_);
      (*wish)->holds = true;
    }
    wish = wishes_.erase(wish);
    any = true;
  }
  if (any) changed_.notify_all();
}

void LoopWorld::later(std::function<void()> callback) {
  // Where too many wait, the latest is lost, as a packet in a full queue is.
  (void)loop_->post(std::move(callback));
}

namespace {

/// A stack on devices, run by a loop.
class LoopHost final : public Host {
 public:
  LoopHost(std::unique_ptr<engine::Engine> engine, std::shared_ptr<LoopWorld> loop_world, link::Loop& loop,
           std::uint64_t seed)
      : Host(std::move(engine), loop_world), world_(std::move(loop_world)), loop_(loop), random_(seed) {
    loop_.driver().set_handler([this](TimePoint, const engine::Effect& effect, std::span<const std::uint8_t> bytes) {
      on_effect(effect, bytes);
    });
    loop_.driver().set_carrier_handler([this](InterfaceIndex index, bool present) { on_carrier(index, present); });
    loop_.driver().set_failure_handler([this](InterfaceIndex index, const Error& error) {
      const auto seat = seats_.find(index);
      // Not a group that the device refused, nor an interface on its way out.
      if (seat == seats_.end() || loop_.driver().port(index) != nullptr) return;
      on_device_gone(index, error);
      if (seat->second.device.empty()) return;
      retry(index, ++seat->second.attempt, kFirstRetry);
    });
  }

  link::Driver& driver() override { return loop_.driver(); }

  Result<void> attach(const EmbeddedInterface& interface, engine::InterfaceConfig config) override {
    if (interface.link == EmbeddedLink::kLoopback || interface.link == EmbeddedLink::kTunnel) {
      return call(
          [&](engine::Engine& engine, engine::Effects& out) { return engine.add_interface(now(), config, out); });
    }
    auto port = open(interface, config);
    if (!port) return std::move(port).error();
    if (auto added = loop_.add(config, **port); !added) return added;
    const bool reopens = interface.link == EmbeddedLink::kDevice;
    seats_[config.index] = {.port = *std::move(port),
                            .device = reopens ? interface.device : std::string(),
                            .link_address = config.link_address};
    return {};
  }

  Result<void> detach(InterfaceIndex index) override {
    const auto found = seats_.find(index);
    if (found == seats_.end()) {
      return call(
          [&](engine::Engine& engine, engine::Effects& out) { return engine.remove_interface(now(), index, out); });
    }
    auto removed = loop_.remove(index);
    seats_.erase(found);
    return removed;
  }

  Result<void> set_carrier(InterfaceIndex index, bool /*present*/) override {
    if (!engine().settings(index)) return Error{.code = Errc::kNoSuchInterface, .field = "interface"};
    return Error{
        .code = Errc::kNotSupported, .field = "interface", .detail = "its device says whether it has a carrier"};
  }

  LinkAddress make_link_address() override {
    // Locally administered, and nobody's by chance alone.
    const std::uint64_t bits = random_();
    const auto byte = [&](unsigned at) { return static_cast<std::uint8_t>(bits >> (8 * at)); };
    return LinkAddress::ether({2, byte(0), byte(1), byte(2), byte(3), byte(4)});
  }

  void close() override {
    packet_handler = nullptr;
    event_handler = nullptr;
    for (const auto& [index, seat] : seats_) (void)loop_.remove(index);
    seats_.clear();
  }
  void end() override { world_->stop(); }

 private:
  struct Seat {
    std::unique_ptr<link::Port> port;
    std::string device;  ///< Opened again when it is gone; empty: not.
    LinkAddress link_address;
    std::uint64_t attempt = 0;  ///< Of which device loss the retries are.
  };

  /// Looks for the device of an interface again, later and less and less often.
  void retry(InterfaceIndex index, std::uint64_t attempt, Duration pause) {
    loop_.at(now() + pause, [this, index, attempt, pause] {
      const auto seat = seats_.find(index);
      const bool mine = seat != seats_.end() && seat->second.attempt == attempt;
      if (!mine || loop_.driver().port(index) != nullptr) return;
      auto port = link::PacketPort::open({.device = seat->second.device, .link_address = seat->second.link_address});
      if (port && loop_.revive(index, **port)) {
        seat->second.port = *std::move(port);
        return;
      }
      retry(index, attempt, std::min(2 * pause, kLongestRetry));
    });
  }

  static Result<std::unique_ptr<link::Port>> open(const EmbeddedInterface& interface,
                                                  const engine::InterfaceConfig& config) {
    if (interface.link == EmbeddedLink::kTap) {
      auto tap = link::TapPort::open({.name = interface.device, .link_address = config.link_address, .bring_up = true});
      if (!tap) {
        Error error = std::move(tap).error();
        if (error.field == "name") error.field = "device";
        return error;
      }
      return std::unique_ptr<link::Port>(*std::move(tap));
    }
    if (interface.link == EmbeddedLink::kDevice) {
      auto packet = link::PacketPort::open({.device = interface.device, .link_address = config.link_address});
      if (!packet) return std::move(packet).error();
      return std::unique_ptr<link::Port>(*std::move(packet));
    }
    if (interface.link == EmbeddedLink::kXdp) {
      auto xdp = link::XdpPort::open({.device = interface.device, .link_address = config.link_address});
      if (!xdp) return std::move(xdp).error();
      return std::unique_ptr<link::Port>(*std::move(xdp));
    }
    return Error{.code = Errc::kNotSupported, .field = "link", .detail = "a LAN in memory needs an EmbeddedNetwork"};
  }

  std::shared_ptr<LoopWorld> world_;
  link::Loop& loop_;
  std::mt19937_64 random_;
  std::map<InterfaceIndex, Seat> seats_;
};

}  // namespace
}  // namespace neigh::embedded

namespace neigh {

Result<std::shared_ptr<EmbeddedStack>> open_embedded_stack(const EmbeddedOptions& options) {
  using namespace embedded;  // NOLINT(google-build-using-namespace): this file is of that room
  std::random_device dice;
  const std::uint64_t seed = (std::uint64_t{dice()} << 32U | dice()) ^ options.seed;
  auto engine = make_engine(options, seed);
  if (!engine) return std::move(engine).error();
  auto world = std::make_shared<LoopWorld>();
  auto loop = link::Loop::make(**engine);
  if (!loop) return std::move(loop).error();
  auto host = std::make_shared<LoopHost>(*std::move(engine), world, **loop, seed);
  world->start(*std::move(loop), host);
  return make_stack(std::move(host), options);
}

}  // namespace neigh
