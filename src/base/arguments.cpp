// SPDX-License-Identifier: Apache-2.0
#include "base/arguments.hpp"

#include <string>

namespace neigh {

namespace {

constexpr std::uint32_t kMostRepetitions = 100;
// Announcements and requests that follow at once are one (ACD-040, ARP-085).
constexpr std::chrono::milliseconds kShortestInterval{1};
constexpr std::chrono::milliseconds kLongestInterval{60'000};

Error there_is_no(std::string_view what, unsigned number) {
  return {.code = Errc::kInvalidArgument,
          .field = what,
          .detail = "there is no " + std::string(what) + " " + std::to_string(number)};
}

}  // namespace

Result<void> check_filter(const ListFilter& filter) {
  switch (filter.family) {
    case Family::kUnspecified:
    case Family::kIpv4:
    case Family::kIpv6:
      return {};
  }
  return Error{.code = Errc::kInvalidArgument,
               .field = "filter.family",
               .detail = "there is no family " + std::to_string(static_cast<unsigned>(filter.family))};
}

Result<void> check_watch_filter(const ListFilter& filter) {
  if (filter.master != InterfaceIndex::kNone) {
    return Error{.code = Errc::kInvalidArgument, .field = "filter.master", .detail = "notifications do not tell it"};
  }
  if (filter.proxies) {
    return Error{.code = Errc::kInvalidArgument, .field = "filter.proxies", .detail = "there are no notifications"};
  }
  return check_filter(filter);
}

Result<void> check_repetition(std::uint32_t count, std::string_view count_field, std::chrono::milliseconds interval) {
  if (count == 0 || count > kMostRepetitions) {
    return Error{.code = Errc::kInvalidArgument,
                 .field = count_field,
                 .detail = std::to_string(count) + " is not between 1 and 100"};
  }
  if (interval < kShortestInterval || interval > kLongestInterval) {
    return Error{.code = Errc::kInvalidArgument,
                 .field = "interval",
                 .detail = std::to_string(interval.count()) + " ms is not between 1 ms and 60 s"};
  }
  return {};
}

Result<void> check_operation(Operation operation) {
  if (operation <= Operation::kRemove) return {};
  return there_is_no("operation", static_cast<unsigned>(operation));
}

Result<void> check_batch(Operation operation, OnError on_error) {
  if (auto ok = check_operation(operation); !ok) return ok;
  if (on_error <= OnError::kRollBack) return {};
  return there_is_no("on_error", static_cast<unsigned>(on_error));
}

}  // namespace neigh
