// SPDX-License-Identifier: Apache-2.0
#include "netioapi/row.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <span>

namespace neigh::netioapi {
namespace {

ULONG saturated(std::chrono::milliseconds age) {
  constexpr auto kMost = std::numeric_limits<ULONG>::max();
  return static_cast<ULONG>(std::clamp<std::chrono::milliseconds::rep>(age.count(), 0, kMost));
}

}  // namespace

void fill_address(SOCKADDR_INET& out, const IpAddress& address, InterfaceIndex interface) noexcept {
  const auto bytes = address.bytes();
  if (address.is_v4()) {
    out.Ipv4.sin_family = AF_INET;
    std::memcpy(&out.Ipv4.sin_addr, bytes.data(), bytes.size());
  } else {
    out.Ipv6.sin6_family = AF_INET6;
    std::memcpy(&out.Ipv6.sin6_addr, bytes.data(), bytes.size());
    if (address.is_link_local()) out.Ipv6.sin6_scope_id = to_number(interface);
  }
}

IpAddress address_of(const SOCKADDR_INET& address) noexcept {
  if (address.si_family == AF_INET) {
    std::array<std::uint8_t, 4> bytes;
    std::memcpy(bytes.data(), &address.Ipv4.sin_addr, bytes.size());
    return IpAddress::v4(bytes);
  }
  if (address.si_family == AF_INET6) {
    std::array<std::uint8_t, 16> bytes;
    std::memcpy(bytes.data(), &address.Ipv6.sin6_addr, bytes.size());
    return IpAddress::v6(bytes);
  }
  return {};
}

NL_NEIGHBOR_STATE state_of(NudState state) noexcept {
  switch (state) {
    case NudState::kNone:
    case NudState::kFailed:
    case NudState::kUnreachable:
      return NlnsUnreachable;
    case NudState::kIncomplete:
      return NlnsIncomplete;
    case NudState::kProbe:
      return NlnsProbe;
    case NudState::kDelay:
      return NlnsDelay;
    case NudState::kStale:
      return NlnsStale;
    case NudState::kReachable:
      return NlnsReachable;
    case NudState::kNoArp:
    case NudState::kPermanent:
      return NlnsPermanent;
  }
  return NlnsUnreachable;
}

void fill_row(MIB_IPNET_ROW2& row, const Neighbor& neighbor, InterfaceLuid luid) noexcept {
  std::memset(&row, 0, sizeof row);
  fill_address(row.Address, neighbor.address, neighbor.interface);
  row.InterfaceIndex = to_number(neighbor.interface);
  const auto link = neighbor.link_address.bytes();
  std::copy(link.begin(), link.end(), row.PhysicalAddress);
  row.PhysicalAddressLength = static_cast<ULONG>(link.size());
  row.State = state_of(neighbor.state);
  row.IsRouter = neighbor.flags.has(NeighborFlag::kRouter) ? 1 : 0;
  row.IsUnreachable = row.State == NlnsUnreachable ? 1 : 0;
  if (row.IsUnreachable) {
    row.ReachabilityTime.LastUnreachable = saturated(neighbor.updated_age);
  } else {
    row.ReachabilityTime.LastReachable = saturated(neighbor.confirmed_age);
  }
  set_luid(row, luid);
}

void set_luid(MIB_IPNET_ROW2& row, InterfaceLuid luid) noexcept {
  row.InterfaceLuid.Value = luid.value();
  // Linux gives its loopback interface an address of zeros: there is none (M-06).
  const bool zeros =
      std::all_of(std::begin(row.PhysicalAddress), std::end(row.PhysicalAddress), [](UCHAR byte) { return byte == 0; });
  if (luid.type() == InterfaceType::kLoopback && zeros) row.PhysicalAddressLength = 0;
}

}  // namespace neigh::netioapi
