// SPDX-License-Identifier: Apache-2.0
// Links in full.
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "rtnl/host.hpp"
#include "rtnl/host_messages.hpp"
#include "rtnl/kernel_table.hpp"
#include "rtnl/numbers.hpp"

namespace neigh::rtnl {
namespace {

/// Asks the driver; not every device has a speed, and without carrier none knows it.
std::uint64_t speed_of(const Channel& channel, const Interface& device) {
  if (device.name.empty() || device.name.size() >= IFNAMSIZ) return 0;
  ethtool_cmd settings{};
  settings.cmd = ETHTOOL_GSET;
  ifreq request{};
  std::copy(device.name.begin(), device.name.end(), request.ifr_ifrn.ifrn_name);
  request.ifr_ifru.ifru_data = static_cast<void*>(&settings);
  if (::ioctl(channel.socket().fd(), SIOCETHTOOL, &request) != 0) return 0;
  const std::uint32_t megabits = (std::uint32_t{settings.speed_hi} << 16U) | settings.speed;
  constexpr std::uint32_t kUnknown = UINT32_MAX;
  constexpr std::uint32_t kUnknown16 = UINT16_MAX;  // some drivers fill only the older, lower half
  return megabits == kUnknown || megabits == kUnknown16 ? 0 : std::uint64_t{megabits} * 1'000'000U;
}

void apply_timers(std::vector<HostLink>& links, const NeighborTimers& timers) {
  const auto link = std::lower_bound(links.begin(), links.end(), timers.interface,
                                     [](const HostLink& a, InterfaceIndex b) { return a.interface.index < b; });
  if (link == links.end() || link->interface.index != timers.interface) return;
  FamilySettings& out = timers.family == Family::kIpv4 ? link->ipv4 : link->ipv6;
  out.base_reachable_time = timers.base_reachable;
  out.reachable_time = timers.reachable;
  out.retransmit_time = timers.retransmit;
}

/// Completes links, which are ordered by index, with what other requests tell.
Result<void> complete(Channel& channel, std::vector<HostLink>& links) {
  for (HostLink& link : links) {
    refine_type(channel, link.interface);
    link.bits_per_second = speed_of(channel, link.interface);
  }
  Request request(RTM_GETNEIGHTBL, 0);
  request.put_header<ndtmsg>();
  return channel.dump(
      request,
      [&](const nlmsghdr& message) -> Result<void> {
        auto timers = parse_neighbor_timers(message);
        if (!timers) return std::move(timers).error();
        if (timers->has_value()) apply_timers(links, **timers);
        return {};
      },
      [] {});
}

Request link_request(InterfaceIndex index) {
  Request request(RTM_GETLINK, 0);
  auto& body = request.put_header<ifinfomsg>();
  body.ifi_family = AF_UNSPEC;
  body.ifi_index = static_cast<int>(to_number(index));
  return request;
}

}  // namespace

Result<std::vector<HostLink>> KernelHost::links() {
  auto channel = pool_->take();
  if (!channel) return std::move(channel).error();
  Request request = link_request(InterfaceIndex::kNone);
  std::vector<HostLink> all;
  auto done = (*channel)->dump(
      request,
      [&](const nlmsghdr& message) -> Result<void> {
        auto parsed = parse_host_link(message);
        if (!parsed) return std::move(parsed).error();
        all.push_back(std::move(*parsed));
        return {};
      },
      [&] { all.clear(); });
  if (!done) return std::move(done).error();
  std::sort(all.begin(), all.end(),
            [](const HostLink& a, const HostLink& b) { return a.interface.index < b.interface.index; });
  if (auto completed = complete(**channel, all); !completed) return std::move(completed).error();
  return all;
}

Result<HostLink> KernelHost::link(InterfaceIndex index) {
  if (index == InterfaceIndex::kNone || to_number(index) > INT32_MAX) {
    return Error{.code = Errc::kNoSuchInterface, .field = "interface"};
  }
  auto channel = pool_->take();
  if (!channel) return std::move(channel).error();
  Request request = link_request(index);
  std::vector<HostLink> found;
  auto done = (*channel)->get(request, [&](const nlmsghdr& message) -> Result<void> {
    auto parsed = parse_host_link(message);
    if (!parsed) return std::move(parsed).error();
    found.push_back(std::move(*parsed));
    return {};
  });
  if (!done) return std::move(done).error();
  if (auto completed = complete(**channel, found); !completed) return std::move(completed).error();
  return std::move(found.front());
}

}  // namespace neigh::rtnl
