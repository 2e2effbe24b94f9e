// SPDX-License-Identifier: Apache-2.0
// Where a stack lives: who may touch its engine when, and how time passes while a caller waits.
#pragma once

#include <functional>
#include <optional>

#include "base/time.hpp"
#include "neigh/function_ref.hpp"
#include "neigh/result.hpp"

namespace neigh::embedded {

/// "Inside" means: with exclusive access to every engine of this world.
///
/// @threads Any.
class World {
 public:
  World() = default;
  virtual ~World() = default;
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// Runs `function` inside, and afterwards, outside, what was left to do `later`.
  /// @retval Errc::kNotSupported  this world ended, or belongs to the parent of this process.
  virtual Result<void> run(FunctionRef<void()> function) = 0;
  /// `run` for what has to be done, such as the end of a watch, whatever happens to memory: time does not go on first,
  /// and what is left to do `later` waits for somebody else. `function` throws nothing.
  /// @return Whether it was run; no: this world ended, or belongs to the parent, and nobody will be inside any more.
  virtual bool run_surely(FunctionRef<void()> function) noexcept = 0;
  /// Lets time pass until `done`, asked inside, holds, or `limit` is over; nothing: for ever.
  /// @return Whether it holds. @retval Errc::kNotSupported  as `run`, or nobody can wait here.
  virtual Result<bool> wait(FunctionRef<bool()> done, std::optional<Duration> limit) = 0;

  // --- Inside only ---

  [[nodiscard]] virtual TimePoint now() const = 0;
  /// Calls `callback` outside, soon, after those left before.
  virtual void later(std::function<void()> callback) = 0;
  /// Something happened that somebody may wait for.
  virtual void notify() = 0;
  /// `notify`, soon, from where nothing may be thrown.
  virtual void notify_soon() noexcept = 0;

  /// Readable when time may have something to do that nobody but a caller will do; -1: there is no such descriptor.
  /// It is another one in a forked process.
  [[nodiscard]] virtual int time_fd() { return -1; }
};

}  // namespace neigh::embedded
