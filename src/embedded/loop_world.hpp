// SPDX-License-Identifier: Apache-2.0
// A stack in real time: a thread of its own runs the loop over its ports; callers post to it and wait.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "embedded/host.hpp"
#include "embedded/world.hpp"
#include "link/loop.hpp"

namespace neigh::embedded {

class LoopWorld final : public World {
 public:
  LoopWorld();
  ~LoopWorld() override;

  Result<void> run(FunctionRef<void()> function) override;
  bool run_surely(FunctionRef<void()> function) noexcept override;
  Result<bool> wait(FunctionRef<bool()> done, std::optional<Duration> limit) override;
  [[nodiscard]] TimePoint now() const override { return link::Loop::now(); }
  void later(std::function<void()> callback) override;
  void notify() override;
  void notify_soon() noexcept override;

  /// Starts the thread; `guest` lives at least as long as it runs.
  void start(std::unique_ptr<link::Loop> loop, std::shared_ptr<Host> guest);
  /// Ends the thread, and waits for it unless it is the one that calls.
  void stop();
  [[nodiscard]] link::Loop& loop() { return *loop_; }

 private:
  /// In the frame of a caller, who waits until it is finished or the thread has ended: nothing is allocated for it.
  struct Turn {
    FunctionRef<void()>* function;
    bool finished = false;
    std::exception_ptr thrown = {};
    Turn* next = nullptr;
  };
  struct Wish {
    FunctionRef<bool()>* done;
    bool holds = false;
  };
  [[nodiscard]] bool is_thread_here() const { return std::this_thread::get_id() == thread_id_; }
  [[nodiscard]] bool is_ours() const noexcept;
  [[nodiscard]] Result<void> check() const;
  bool take_turn(Turn& turn) noexcept;
  void run_turns();
  void run_loop();

  const std::uint64_t generation_;
  std::unique_ptr<link::Loop> loop_;
  std::thread thread_;
  std::thread::id thread_id_;
  std::list<Wish*> wishes_;  // inside only
  bool missed_ = false;      // inside only: somebody may wait for what was lost
  std::mutex mutex_;         // guards finished, holds, ended_ and the list of turns
  Turn* first_turn_ = nullptr;
  Turn** last_turn_ = &first_turn_;
  std::condition_variable changed_;
  bool ended_ = false;
};

}  // namespace neigh::embedded
