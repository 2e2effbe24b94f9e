// SPDX-License-Identifier: Apache-2.0
/// @file
/// Errors as values: `Errc`, `Error` and `Result<T>`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#pragma GCC visibility push(default)
namespace neigh {

/// What went wrong, in terms of the neighbor table. The system's own number stands in `Error::sys_errno`.
enum class Errc : std::uint8_t {
  kInvalidArgument = 1,  ///< An argument is not acceptable; `Error::field` names it.
  kNotFound,             ///< The interface exists and holds no such entry.
  kNoSuchInterface,      ///< The interface does not exist.
  kNoSuchAddress,        ///< A source address is not an address of this host.
  kAlreadyExists,        ///< `create` found an entry for that address on that interface.
  kUnreachable,          ///< Resolution was tried and nobody answered, or nothing can be sent there.
  kPermissionDenied,     ///< The caller lacks a privilege (CAP_NET_ADMIN for changes).
  kNotSupported,         ///< The address family's stack is absent, or this home cannot do it.
  kTableFull,            ///< The kernel's table limit (gc_thresh3) or the engine's entry limit is reached.
  kNoMemory,             ///< Memory is exhausted.
  kTimedOut,             ///< No answer within the time limit of the call.
  kMalformed,            ///< Bytes that do not parse; `Error::offset` says where.
  kOverrun,              ///< Messages were lost or truncated and the call could not make up for it.
  kSystem,               ///< Any other failure of a system call; see `Error::sys_errno`.
};

/// Name of a code in words, for example "already exists". Never empty; static storage.
[[nodiscard]] std::string_view to_string(Errc code) noexcept;

/// An error that says what and where.
struct [[nodiscard]] Error {
  Errc code = Errc::kSystem;
  int sys_errno = 0;            ///< errno of the failed call or of the kernel's answer; 0: none involved.
  std::uint32_t offset = 0;     ///< kMalformed: byte offset of the offending field.
  std::string_view field = {};  ///< Name of the offending argument or field (static storage), or empty.
  std::string detail = {};      ///< The kernel's extended-ack text, or what else is known; may be empty.

  /// One line for people: code, field, detail and errno, for example
  /// `invalid argument: link_address: Invalid link address (EINVAL)`.
  [[nodiscard]] std::string message() const;
};

namespace detail {
/// Ends the program, telling what was wrong with it: the value of a failed Result, or the error of a good one, was
/// used.
[[noreturn]] void misused_result(const Error* error) noexcept;
}  // namespace detail

/// A `T`, or the `Error` why there is none. Member names are those of `std::expected`. The value of a failed one and
/// the error of a good one must not be asked for: the program is ended then, in every kind of build, with the error's
/// message.
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  using error_type = Error;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  [[nodiscard]] T& value() & { return *checked(); }
  [[nodiscard]] const T& value() const& { return *checked(); }
  /// By value, so that `for (auto& x : *list())` iterates over something that lives.
  [[nodiscard]] T value() && { return std::move(*checked()); }

  T& operator*() & { return *checked(); }
  const T& operator*() const& { return *checked(); }
  T operator*() && { return std::move(*checked()); }
  T* operator->() { return checked(); }
  const T* operator->() const { return checked(); }

  [[nodiscard]] const Error& error() const& { return *failed(); }
  [[nodiscard]] Error&& error() && { return std::move(*failed()); }

  template <class U>
  [[nodiscard]] T value_or(U&& fallback) const& {
    return has_value() ? **this : static_cast<T>(std::forward<U>(fallback));
  }

 private:
  T* checked() {
    if (!has_value()) detail::misused_result(std::get_if<1>(&state_));
    return std::get_if<0>(&state_);
  }
  const T* checked() const {
    if (!has_value()) detail::misused_result(std::get_if<1>(&state_));
    return std::get_if<0>(&state_);
  }
  Error* failed() {
    if (has_value()) detail::misused_result(nullptr);
    return std::get_if<1>(&state_);
  }
  const Error* failed() const {
    if (has_value()) detail::misused_result(nullptr);
    return std::get_if<1>(&state_);
  }

  std::variant<T, Error> state_;
};

/// Success without a value, or an `Error`.
template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;
  using error_type = Error;

  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool has_value() const noexcept { return !error_.has_value(); }
  explicit operator bool() const noexcept { return has_value(); }
  [[nodiscard]] const Error& error() const& {
    if (has_value()) detail::misused_result(nullptr);
    return *error_;
  }
  [[nodiscard]] Error&& error() && {
    if (has_value()) detail::misused_result(nullptr);
    return std::move(*error_);
  }

 private:
  std::optional<Error> error_;
};

}  // namespace neigh
#pragma GCC visibility pop
