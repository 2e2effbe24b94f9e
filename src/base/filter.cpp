// SPDX-License-Identifier: Apache-2.0
#include "base/filter.hpp"

#include <string>

namespace neigh {

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

}  // namespace neigh
