// SPDX-License-Identifier: Apache-2.0
#include "embedded/loop_world.hpp"

#include <algorithm>
#include <map>
#include <new>
#include <random>
#include <utility>

#include "base/fork_generation.hpp"
#include "link/on_throw.hpp"
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

bool LoopWorld::is_ours() const noexcept { return generation_ == fork_generation(); }

Result<void> LoopWorld::check() const {
  if (is_ours()) return {};
  return Error{.code = Errc::kNotSupported, .detail = "the stack's thread is in the parent process"};
}

void LoopWorld::start(std::unique_ptr<link::Loop> loop, std::shared_ptr<Host> guest) {
  loop_ = std::move(loop);
  loop_->set_turn_handler([this] { run_turns(); });
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
      first_turn_ = nullptr;
      last_turn_ = &first_turn_;
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
  if (!is_ours()) return;
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
  Turn turn{.function = &function};
  if (!take_turn(turn)) return Error{.code = Errc::kNotSupported, .detail = "the stack has ended"};
  if (turn.thrown) std::rethrow_exception(turn.thrown);
  return {};
}

bool LoopWorld::run_surely(FunctionRef<void()> function) noexcept {
  if (!is_ours()) return false;
  if (is_thread_here()) {
    function();
    return true;
  }
  Turn turn{.function = &function};
  return take_turn(turn);
}

/// Waits until the thread has had it. @return Whether it has.
bool LoopWorld::take_turn(Turn& turn) noexcept {
  std::unique_lock guard(mutex_);
  if (ended_) return false;
  *last_turn_ = &turn;
  last_turn_ = &turn.next;
  loop_->wake();
  changed_.wait(guard, [&] { return turn.finished || ended_; });
  return turn.finished;
}

/// The thread's side.
void LoopWorld::run_turns() {
  Turn* turn = nullptr;
  {
    const std::scoped_lock guard(mutex_);
    turn = std::exchange(first_turn_, nullptr);
    last_turn_ = &first_turn_;
  }
  while (turn != nullptr) {
    Turn& now = *turn;
    turn = now.next;  // a finished one is gone
    std::exception_ptr thrown;
    try {
      (*now.function)();
    } catch (...) {  // the caller's, on whose behalf it ran
      thrown = std::current_exception();
    }
    {
      const std::scoped_lock guard(mutex_);
      now.thrown = std::move(thrown);
      now.finished = true;
    }
    changed_.notify_all();
  }
  if (!missed_) return;
  notify();
  missed_ = false;
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
    // A year in nanoseconds still fits the clock.
    changed_.wait_for(
        guard, std::min(limit.value_or(std::chrono::hours{24 * 365}), Duration{std::chrono::hours{24 * 365}}), over);
  }
  // The wish is in the caller's frame: nobody leaves before it is withdrawn.
  if (!run_surely([&] { wishes_.remove(&wish); }) && !wish.holds) {
    return Error{.code = Errc::kNotSupported, .detail = "the stack has ended"};
  }
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

void LoopWorld::notify_soon() noexcept {
  missed_ = true;
  loop_->wake();
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
      if (!seat->second.device.empty()) retry(index, ++seat->second.attempt, kFirstRetry);
      on_device_gone(index, error);
    });
    loop_.driver().set_loss_handler([this] { on_loss(); });
  }

  link::Driver& driver() override { return loop_.driver(); }

  Result<void> attach(const EmbeddedInterface& interface, engine::InterfaceConfig config) override {
    if (interface.link == EmbeddedLink::kLoopback || interface.link == EmbeddedLink::kTunnel) {
      return call(
          [&](engine::Engine& engine, engine::Effects& out) { return engine.add_interface(now(), config, out); });
    }
    auto port = open(interface, config);
    if (!port) return std::move(port).error();
    const bool reopens = interface.link == EmbeddedLink::kDevice;
    // The port has its owner before the driver learns of it.
    const auto [seat, fresh] = seats_.try_emplace(config.index);
    if (!fresh) return Error{.code = Errc::kAlreadyExists, .field = "index"};
    const link::OnThrow undo([&] { seats_.erase(config.index); });
    if (reopens) seat->second.device = interface.device;
    seat->second.link_address = config.link_address;
    seat->second.port = *std::move(port);
    auto added = loop_.add(config, *seat->second.port);
    if (!added) seats_.erase(seat);
    return added;
  }

  Result<void> detach(InterfaceIndex index) override {
    const auto found = seats_.find(index);
    if (found == seats_.end()) {
      return call(
          [&](engine::Engine& engine, engine::Effects& out) { return engine.remove_interface(now(), index, out); });
    }
    const link::OnThrow forget([&] { seats_.erase(index); });
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
    (void)set_packet_slot(nullptr);
    (void)set_event_slot(nullptr);
    for (const auto& [index, seat] : seats_) {
      try {
        (void)loop_.remove(index);
      } catch (const std::bad_alloc&) {  // nobody is left who could be told, and the port is in use no more
      }
    }
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
  const link::OnThrow undo([&] { world->stop(); });
  return make_stack(std::move(host), options);
}

}  // namespace neigh
