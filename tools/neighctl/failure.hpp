// SPDX-License-Identifier: Apache-2.0
// What goes wrong, as people and programs are told: cause, next step, exit code.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "neigh/neighbor.hpp"
#include "neigh/result.hpp"

namespace neigh::ctl {

enum ExitCode : int { kDone = 0, kRefused = 1, kUsage = 2, kNoPermission = 3, kPartial = 4 };

struct Failure {
  ExitCode exit = kRefused;
  std::string error = {};    ///< Stable name for programs: "not_found", "usage", ...
  std::string message = {};  ///< One line: the cause, naming the word or the entry.
  std::string hint = {};     ///< The next step; may be empty.
  std::string word = {};     ///< A free word that is an interface without its 'dev', if there is one of that name.
};

/// A mistake in the command line or in a file: exit code 2.
[[nodiscard]] inline Failure usage_failure(std::string message, std::string hint = {}) {
  return {kUsage, "usage", std::move(message), std::move(hint), {}};
}

/// A `T`, or why there is none.
template <class T>
class Checked {
 public:
  Checked(T value) : state_(std::in_place_index<0>, std::move(value)) {}    // NOLINT(google-explicit-constructor)
  Checked(Failure why) : state_(std::in_place_index<1>, std::move(why)) {}  // NOLINT(google-explicit-constructor)
  explicit operator bool() const noexcept { return state_.index() == 0; }
  T& operator*() & { return *std::get_if<0>(&state_); }
  const T& operator*() const& { return *std::get_if<0>(&state_); }
  T&& operator*() && { return std::move(*std::get_if<0>(&state_)); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }
  [[nodiscard]] const Failure& failure() const& { return *std::get_if<1>(&state_); }
  [[nodiscard]] Failure&& failure() && { return std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<T, Failure> state_;
};

/// Stable machine name of a code, for example "already_exists".
[[nodiscard]] std::string_view error_name(Errc code) noexcept;

/// What was being done, for the text of an error.
struct Attempt {
  std::string_view verb = {};    ///< "add", "set", ... the command.
  std::string address = {};      ///< Empty: not about one entry.
  std::string interface = {};    ///< Name; empty: none given.
  std::string table_state = {};  ///< kTableFull: "1024 of at most 1024 entries", if known.
  bool raw = false;              ///< The operation needs CAP_NET_RAW, not CAP_NET_ADMIN.
};

/// Turns an error of the library into what people are told.
[[nodiscard]] Failure explain(const Error& error, const Attempt& attempt);

/// `text` with control characters, and those that change the order of writing, made visible, so that a file or an
/// interface name cannot drive the terminal.
[[nodiscard]] std::string printable(std::string_view text);

/// `printable`, cut to a length that does not bury the message in which the word is quoted.
[[nodiscard]] std::string quotable(std::string_view text);

}  // namespace neigh::ctl
