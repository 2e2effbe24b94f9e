// SPDX-License-Identifier: Apache-2.0
/// @file
/// A callable passed by reference for the length of one call.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#pragma GCC visibility push(default)
namespace neigh {

template <class Signature>
class FunctionRef;

/// Refers to a callable without owning it and without allocating. It must outlive the call it is passed to,
/// which every function that takes a `FunctionRef` by value guarantees for a temporary lambda.
template <class R, class... Args>
class FunctionRef<R(Args...)> {
 public:
  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, FunctionRef> && std::is_invocable_r_v<R, F&, Args...> &&
           !std::is_function_v<std::remove_reference_t<F>>)
      // NOLINTNEXTLINE(google-explicit-constructor,bugprone-forwarding-reference-overload)
      FunctionRef(F&& callable)
  noexcept
      : target_{.object = const_cast<void*>(static_cast<const void*>(std::addressof(callable)))},
        call_([](Target target, Args... args) -> R {
          return (*static_cast<std::remove_reference_t<F>*>(target.object))(std::forward<Args>(args)...);
        }) {}

  /// A plain function.
  FunctionRef(R (&function)(Args...)) noexcept  // NOLINT(google-explicit-constructor)
      : target_{.function = &function},
        call_([](Target target, Args... args) -> R { return target.function(std::forward<Args>(args)...); }) {}

  R operator()(Args... args) const { return call_(target_, std::forward<Args>(args)...); }

 private:
  union Target {
    void* object;
    R (*function)(Args...);
  };

  Target target_;
  R (*call_)(Target, Args...);
};

}  // namespace neigh
#pragma GCC visibility pop
