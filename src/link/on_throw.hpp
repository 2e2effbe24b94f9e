// SPDX-License-Identifier: Apache-2.0
/// @file
/// `OnThrow`: what is half done when memory runs out is taken back.
#pragma once

#include <exception>
#include <new>
#include <utility>

namespace neigh::link {

/// Calls a function where its scope is left by an exception. What that function has no memory for is left undone.
template <class Function>
class [[nodiscard]] OnThrow {
 public:
  explicit OnThrow(Function function) : function_(std::move(function)) {}
  ~OnThrow() {
    if (std::uncaught_exceptions() <= before_) return;
    try {
      function_();
    } catch (const std::bad_alloc&) {
    }
  }
  OnThrow(const OnThrow&) = delete;
  OnThrow& operator=(const OnThrow&) = delete;

 private:
  Function function_;
  int before_ = std::uncaught_exceptions();
};

}  // namespace neigh::link
