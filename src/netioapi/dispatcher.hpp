// SPDX-License-Identifier: Apache-2.0
// The thread that calls change callbacks, and the registrations that it serves.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "neigh/function_ref.hpp"
#include "neigh/result.hpp"

namespace neigh::netioapi {

/// One registration: where its changes come from, and whom to tell. Used by the dispatcher's thread alone, once handed
/// over.
class Listener {
 public:
  using Deliver = FunctionRef<void(FunctionRef<void()> callback)>;

  virtual ~Listener() = default;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// Descriptors that poll readable when `process` has something to do; -1: none.
  [[nodiscard]] virtual std::array<int, 2> descriptors() const = 0;
  /// Hands each callback that is due to `deliver`, which calls it or, if the registration has been ended, does not.
  virtual Result<void> process(Deliver deliver) = 0;
  /// The callback that tells of the registration itself.
  virtual void tell_initial() = 0;

 protected:
  Listener() = default;
};

inline constexpr std::size_t kMaxRegistrations = 1024;

/// Hands `listener` to this process's dispatcher, whose thread starts with the first one. `on_handle` gets the handle
/// before the first callback runs.
/// @retval Errc::kNoMemory  too many registrations, or no thread can be made.
[[nodiscard]] Result<void> add_listener(std::unique_ptr<Listener> listener, bool initial,
                                        FunctionRef<void(std::uintptr_t)> on_handle);

/// Makes a thread whose whole life is `run(argument)`. @return false: there is none to be had.
using ThreadMaker = bool (*)(void (*run)(void*), void* argument);

/// The callbacks' thread comes from `maker`, for a process in which callbacks need threads of a kind (Wine's); before
/// the first registration. nullptr, the default: a thread of the C library, with every signal blocked.
void set_thread_maker(ThreadMaker maker);

/// Ends a registration; waits for a callback of it that runs, unless the calling thread runs it.
/// @return false: there is no such registration in this process.
[[nodiscard]] bool remove_listener(std::uintptr_t handle);

}  // namespace neigh::netioapi
