// SPDX-License-Identifier: Apache-2.0
#include "neigh/neighbor.hpp"

#include <algorithm>

namespace neigh {

namespace {

constexpr std::array<std::string_view, kNudStateCount> kStateNames = {
    "none", "incomplete", "reachable", "stale", "delay", "probe", "failed", "noarp", "permanent", "unreachable"};

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::string_view to_string(NudState state) noexcept {
  const auto index = static_cast<std::size_t>(state);
  return index < kStateNames.size() ? kStateNames[index] : "unknown";
}

Result<NudState> parse_nud_state(std::string_view text) {
  for (std::size_t i = 0; i < kStateNames.size(); ++i) {
    if (equal_ignoring_case(text, kStateNames[i])) return static_cast<NudState>(i);
  }
  return Error{.code = Errc::kInvalidArgument, .field = "state", .detail = "'" + std::string(text.substr(0, 64)) + "'"};
}

std::string_view to_string(NeighborFlag flag) noexcept {
  switch (flag) {
    case NeighborFlag::kRouter:
      return "router";
    case NeighborFlag::kProxy:
      return "proxy";
    case NeighborFlag::kExternLearned:
      return "extern_learn";
    case NeighborFlag::kManaged:
      return "managed";
    case NeighborFlag::kExternValidated:
      return "extern_valid";
    case NeighborFlag::kOffloaded:
      return "offload";
  }
  return "unknown";
}

Result<void> check_neighbor_address(const IpAddress& address) {
  const auto refuse = [&](std::string_view why) -> Result<void> {
    return Error{.code = Errc::kInvalidArgument,
                 .field = "address",
                 .detail = address.to_string().append(address.size() == 0 ? "" : " ").append(why)};
  };
  if (address.family() == Family::kUnspecified) return refuse("no address given");
  if (address.is_loopback()) return refuse("is a loopback address");
  if (address.is_unspecified()) return refuse("is the unspecified address");
  if (address.is_limited_broadcast()) return refuse("is the limited broadcast address");
  if (address.is_v4_mapped()) return refuse("is an IPv4-mapped address");
  return {};
}

}  // namespace neigh
