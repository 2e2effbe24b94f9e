// SPDX-License-Identifier: Apache-2.0
#include "neigh/result.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace neigh {

std::string_view to_string(Errc code) noexcept {
  switch (code) {
    case Errc::kInvalidArgument:
      return "invalid argument";
    case Errc::kNotFound:
      return "not found";
    case Errc::kNoSuchInterface:
      return "no such interface";
    case Errc::kNoSuchAddress:
      return "not an address of this host";
    case Errc::kAlreadyExists:
      return "already exists";
    case Errc::kUnreachable:
      return "nobody answered";
    case Errc::kPermissionDenied:
      return "permission denied";
    case Errc::kNotSupported:
      return "not supported";
    case Errc::kTableFull:
      return "table full";
    case Errc::kNoMemory:
      return "out of memory";
    case Errc::kTimedOut:
      return "timed out";
    case Errc::kMalformed:
      return "malformed";
    case Errc::kOverrun:
      return "messages lost";
    case Errc::kSystem:
      return "system error";
  }
  return "unknown error";
}

std::string Error::message() const {
  // Nobody was asked where there is more to say.
  const bool asked = field.empty() && detail.empty();
  std::string text{code == Errc::kUnreachable && !asked ? std::string_view("unreachable") : to_string(code)};
  if (!field.empty()) text.append(": ").append(field);
  if (code == Errc::kMalformed) text.append(" at byte ").append(std::to_string(offset));
  if (!detail.empty()) text.append(": ").append(detail);
  if (sys_errno != 0) {
    const char* name = strerrorname_np(sys_errno);
    text.append(" (").append(name != nullptr ? name : std::to_string(sys_errno)).append(")");
  }
  return text;
}

void detail::misused_result(const Error* error) noexcept {
  const std::string said = error != nullptr ? "the value of a failed result was used: " + error->message()
                                            : std::string("the error of a good result was used");
  std::fprintf(stderr, "neigh: %s\n", said.c_str());
  std::abort();
}

}  // namespace neigh
