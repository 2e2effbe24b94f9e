// SPDX-License-Identifier: Apache-2.0
/// @file
/// `Loop`: drives one engine and its ports in real time.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/unique_fd.hpp"
#include "link/driver.hpp"

namespace neigh::link {

/// Time is CLOCK_MONOTONIC: setting the clock changes nothing, and time spent suspended does not count (NUD-013).
///
/// @threads `post`, `wake`, `stop` and `now` may be called from any thread, everything else from the one that runs the
/// loop.
class Loop {
 public:
  /// The engine must live as long. @retval Errc::kSystem  no descriptors left.
  [[nodiscard]] static Result<std::unique_ptr<Loop>> make(engine::Engine& engine);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  [[nodiscard]] static TimePoint now();

  /// As Driver::add. The port must live until it is removed or the loop is gone.
  [[nodiscard]] Result<void> add(const engine::InterfaceConfig& config, Port& port);
  [[nodiscard]] Result<void> remove(InterfaceIndex index);
  /// As Driver::revive.
  [[nodiscard]] Result<void> revive(InterfaceIndex index, Port& port);
  [[nodiscard]] Driver& driver() { return driver_; }
  /// Driver::call at the present time.
  template <class Function>
  decltype(auto) call(Function&& function) {
    return driver_.call(now(), std::forward<Function>(function));
  }

  /// Waits for something to happen, at most `timeout` (nothing: for ever; zero: not at all), and does all that is to be
  /// done by then, a bounded amount for each port.
  [[nodiscard]] Result<void> run_once(std::optional<Duration> timeout = {});
  /// Runs until `stop`, also one that came before.
  [[nodiscard]] Result<void> run();
  /// For another event loop: readable when `run_once(Duration{0})` has something to do.
  [[nodiscard]] int fd() const { return epoll_.get(); }

  /// Runs `task` in the thread of the loop, soon, after those posted before. Those left when the loop is destroyed are
  /// destroyed unrun.
  /// @retval Errc::kTableFull  too many wait.
  [[nodiscard]] Result<void> post(std::function<void()> task);
  /// Runs `task` in the thread of the loop at `when` or soon after. A task that throws is run again, soon.
  void at(TimePoint when, std::function<void()> task) { timed_.emplace(when, std::move(task)); }
  /// Called in every turn, after what was posted. Set before the loop runs.
  void set_turn_handler(std::function<void()> handler) { turn_handler_ = std::move(handler); }
  /// Makes the loop take a turn. Safe in a signal handler.
  void wake() const noexcept;
  /// Safe in a signal handler.
  void stop();

  static constexpr std::size_t kMaxPosted = 65'536;

 private:
  Loop(engine::Engine& engine, UniqueFd epoll, UniqueFd timer, UniqueFd wakeup);
  void arm();
  void run_posted();
  void run_timed();
  [[nodiscard]] Result<void> watch_port(InterfaceIndex index, Port& port);
  [[nodiscard]] Result<void> watch(int fd, std::uint64_t tag) const;
  void unwatch(InterfaceIndex index);

  struct Watched {
    int frames = -1;
    int events = -1;
  };

  Driver driver_;
  std::map<InterfaceIndex, Watched> watched_;
  UniqueFd epoll_;
  UniqueFd timer_;
  UniqueFd wakeup_;
  std::optional<TimePoint> armed_;
  std::multimap<TimePoint, std::function<void()>> timed_;
  std::function<void()> turn_handler_;
  std::vector<std::function<void()>> tasks_;  // taken from posted_, done up to next_task_
  std::size_t next_task_ = 0;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;  // guards what follows
  std::vector<std::function<void()>> posted_;
};

}  // namespace neigh::link
