// SPDX-License-Identifier: Apache-2.0
// LANs and stacks in one simulation; time is moved by callers, or follows the clock whenever somebody looks.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/deadline.hpp"
#include "base/unique_fd.hpp"
#include "embedded/fork_safe_lock.hpp"
#include "embedded/host.hpp"
#include "embedded/world.hpp"
#include "link/lan.hpp"
#include "link/simulation.hpp"

namespace neigh::embedded {

/// Whether time follows the clock (`paced`) or stands still until somebody moves it.
enum class Pace : std::uint8_t { kByHand, kClock };

class SimWorld final : public World, public std::enable_shared_from_this<SimWorld> {
 public:
  SimWorld(std::uint64_t seed, Pace pace);

  Result<void> run(FunctionRef<void()> function) override;
  bool run_surely(FunctionRef<void()> function) noexcept override;
  Result<bool> wait(FunctionRef<bool()> done, std::optional<Duration> limit) override;
  [[nodiscard]] TimePoint now() const override { return simulation_.now(); }
  void later(std::function<void()> callback) override { outbox_.push_back(std::move(callback)); }
  void notify() override {}  // who waits looks again and again
  void notify_soon() noexcept override {}
  [[nodiscard]] int time_fd() override;

  [[nodiscard]] TimePoint time();
  void advance(Duration duration);
  bool advance_until(FunctionRef<bool()> done, Duration limit);
  Result<EmbeddedLanId> add_lan(const EmbeddedLanOptions& options);
  Result<void> change_lan(EmbeddedLanId lan, const EmbeddedLanOptions& options);
  Result<void> inject(EmbeddedLanId lan, std::span<const std::uint8_t> frame);
  Result<void> observe(EmbeddedLanId lan,
                       std::function<void(std::chrono::nanoseconds, std::span<const std::uint8_t>)> f);
  [[nodiscard]] Result<std::shared_ptr<EmbeddedStack>> add_stack(const EmbeddedOptions& options);

 private:
  friend class SimHost;
  struct LanSeat {
    using Observer = HandlerSlot<std::chrono::nanoseconds, std::span<const std::uint8_t>>;
    std::unique_ptr<link::Lan> lan;
    link::CableQuality quality;
    std::vector<link::LanPort*> ports;
    link::LanPort* injector = nullptr;
    std::shared_ptr<Observer> observer = {};
  };
  [[nodiscard]] LanSeat* find_lan(EmbeddedLanId lan);
  void catch_up();
  void arm();
  void deliver();
  [[nodiscard]] TimePoint clock() const;

  // mutex_ guards everything below but pace_ and started_.
  ForkSafeLock mutex_;
  const Pace pace_;
  const Deadline::Clock::time_point started_ = Deadline::Clock::now();
  std::uint64_t seed_;
  std::uint64_t made_addresses_ = 0;
  std::uint64_t made_stacks_ = 0;
  link::Simulation simulation_;
  std::vector<LanSeat> lans_;
  std::deque<std::function<void()>> outbox_;
  std::optional<std::uint64_t> delivering_;  // fork generation of the thread that does
  std::uint64_t generation_;
  UniqueFd timer_;
  std::optional<TimePoint> armed_;
};

}  // namespace neigh::embedded
