// SPDX-License-Identifier: Apache-2.0
/// @file
/// Which table the C API (libiphlpapi, libnetio) of this process works on.
#pragma once

#include <memory>

#include "neigh/table.hpp"

#pragma GCC visibility push(default)
namespace neigh {

/// The table that the C API uses now: the innermost `StackScope`'s, else the one set by `set_current_stack`, else
/// by the environment variable NEIGH_STACK ("kernel", the default, or "embedded"; ignored in set-user-id
/// programs), read once. The returned pointer keeps the table alive.
/// @retval Errc::kNotSupported  NEIGH_STACK names a stack that this build does not have; field "NEIGH_STACK".
/// @threads Any thread. @source decisions LIB-31.
[[nodiscard]] Result<std::shared_ptr<NeighborTable>> current_stack();

/// Puts the whole process on `table`; nullptr goes back to the environment's choice.
/// @threads Any thread; calls already running finish on the table they began with.
void set_current_stack(std::shared_ptr<NeighborTable> table);

/// Puts the calling thread on a table for as long as the object lives. Scopes nest; the one that was made last counts,
/// in whatever order they end. One that is destroyed on another thread no longer counts from then on, but keeps its
/// table alive until its own thread asks again.
class [[nodiscard]] StackScope {
 public:
  explicit StackScope(std::shared_ptr<NeighborTable> table);
  ~StackScope();
  StackScope(const StackScope&) = delete;
  StackScope& operator=(const StackScope&) = delete;

 private:
  struct Link;
  Link* link_;
  friend Result<std::shared_ptr<NeighborTable>> current_stack();
};

}  // namespace neigh
#pragma GCC visibility pop
