// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cerrno>
#include <new>
#include <utility>

#include "neigh/current_stack.hpp"
#include "netioapi/status.hpp"

namespace neigh::netioapi {

/// Gives errno back its value: the code is all that a call has to say.
class KeepErrno {
 public:
  KeepErrno() = default;
  ~KeepErrno() { errno = before_; }
  KeepErrno(const KeepErrno&) = delete;
  KeepErrno& operator=(const KeepErrno&) = delete;

 private:
  int before_ = errno;
};

/// Runs `call(table)` on the stack that serves this call (LIB-31), after `check()`, which needs no stack: a bad
/// argument is reported as one whatever becomes of the stack (LIB-03). No exception crosses the C boundary (LIB-32).
template <class Check, class Call>
NTSTATUS guarded(Check&& check, Call&& call) noexcept {
  const KeepErrno keep_errno;
  try {
    if (const auto acceptable = std::forward<Check>(check)(); !acceptable) return status_of(acceptable.error());
    auto stack = current_stack();
    if (!stack) return status_of(stack.error());
    return std::forward<Call>(call)(**stack);
  } catch (const std::bad_alloc&) {
    return STATUS_NO_MEMORY;
  } catch (...) {
    return STATUS_UNSUCCESSFUL;
  }
}

template <class Call>
NTSTATUS guarded(Call&& call) noexcept {
  return guarded([] { return Result<void>(); }, std::forward<Call>(call));
}

}  // namespace neigh::netioapi
