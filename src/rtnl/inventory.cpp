// SPDX-License-Identifier: Apache-2.0
// What the table stands on: interfaces, own addresses, limits, families.
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/wireless.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "rtnl/errors.hpp"
#include "rtnl/kernel_table.hpp"
#include "rtnl/numbers.hpp"

namespace neigh::rtnl {
namespace {

Request link_request(std::uint16_t flags, InterfaceIndex index) {
  Request request(RTM_GETLINK, flags);
  auto& body = request.put_header<ifinfomsg>();
  body.ifi_family = AF_UNSPEC;
  body.ifi_index = static_cast<int>(to_number(index));
  request.put_u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  return request;
}

Result<Interface> get_one(Channel& channel, Request& request) {
  Interface found;
  auto done = channel.get(request, [&](const nlmsghdr& message) -> Result<void> {
    auto parsed = parse_link(message);
    if (!parsed) return std::move(parsed).error();
    found = std::move(*parsed);
    return {};
  });
  if (!done) return std::move(done).error();
  refine_type(channel, found);
  return found;
}

Error no_such_interface(std::string detail) {
  return {.code = Errc::kNoSuchInterface, .sys_errno = ENODEV, .field = "interface", .detail = std::move(detail)};
}

}  // namespace

void refine_type(const Channel& channel, Interface& device) {
  // Only real hardware is asked, over a socket of any family in the device's namespace.
  if (device.type != InterfaceType::kEthernet || device.virtual_device || device.name.size() >= IFNAMSIZ) return;
  iwreq request{};
  std::copy(device.name.begin(), device.name.end(), request.ifr_ifrn.ifrn_name);
  if (::ioctl(channel.socket().fd(), SIOCGIWNAME, &request) == 0) device.type = InterfaceType::kWireless;
}

Result<Interface> get_interface(Channel& channel, InterfaceIndex index) {
  if (index == InterfaceIndex::kNone || to_number(index) > INT32_MAX) {
    return no_such_interface("index " + std::to_string(to_number(index)));
  }
  Request request = link_request(0, index);
  return get_one(channel, request);
}

Result<Interface> KernelTable::find_interface(InterfaceIndex index) {
  auto channel = pool_->take();
  if (!channel) return std::move(channel).error();
  return get_interface(**channel, index);
}

Result<Interface> KernelTable::find_interface(std::string_view name) {
  if (name.empty() || name.size() >= ALTIFNAMSIZ || name.find('\0') != std::string_view::npos) {
    return no_such_interface("'" + std::string(name.substr(0, ALTIFNAMSIZ)) + "'");
  }
  auto channel = pool_->take();
  if (!channel) return std::move(channel).error();
  // Names of up to 15 characters may be an alternative name, too.
  for (const std::uint16_t attribute : {IFLA_IFNAME, IFLA_ALT_IFNAME}) {
    if (attribute == IFLA_IFNAME && name.size() >= IFNAMSIZ) continue;
    Request request = link_request(0, InterfaceIndex::kNone);
    request.put_string(attribute, name);
    auto found = get_one(**channel, request);
    if (found || found.error().code != Errc::kNoSuchInterface) return found;
  }
  return no_such_interface("'" + std::string(name) + "'");
}

Result<std::vector<Interface>> KernelTable::interfaces() {
  auto channel = pool_->take();
  if (!channel) return std::move(channel).error();
  Request request = link_request(0, InterfaceIndex::kNone);
  std::vector<Interface> all;
  auto done = (*channel)->dump(
      request,
      [&](const nlmsghdr& message) -> Result<void> {
        auto parsed = parse_link(message);
        if (!parsed) return std::move(parsed).error();
        all.push_back(std::move(*parsed));
        return {};
      },
      [&] { all.clear(); });
  if (!done) return std::move(done).error();
  for (Interface& device : all) refine_type(**channel, device);
  std::sort(all.begin(), all.end(), [](const Interface& a, const Interface& b) { return a.index < b.index; });
  return all;
}

Result<std::vector<OwnAddress>> get_own_addresses(Channel& channel, InterfaceIndex interface) {
  Request request(RTM_GETADDR, 0);
  auto& body = request.put_header<ifaddrmsg>();
  body.ifa_family = AF_UNSPEC;
  body.ifa_index = to_number(interface);
  std::vector<OwnAddress> all;
  auto done = channel.dump(
      request,
      [&](const nlmsghdr& message) -> Result<void> {
        auto parsed = parse_own_address(message);
        if (!parsed) return std::move(parsed).error();
        if (interface == InterfaceIndex::kNone || interface == parsed->interface) all.push_back(*parsed);
        return {};
      },
      [&] { all.clear(); });
  if (!done) return std::move(done).error();
  return all;
}

Result<std::vector<IpAddress>> KernelTable::own_addresses(InterfaceIndex interface) {
  auto channel = pool_->take();
  if (!channel) return std::move(channel).error();
  auto own = get_own_addresses(**channel, interface);
  if (!own) return std::move(own).error();
  std::vector<IpAddress> all(own->size());
  std::transform(own->begin(), own->end(), all.begin(), [](const OwnAddress& one) { return one.address; });
  return all;
}

Result<std::vector<TableLimits>> KernelTable::limits() {
  auto channel = pool_->take();
  if (!channel) return std::move(channel).error();
  Request request(RTM_GETNEIGHTBL, 0);
  request.put_header<ndtmsg>();
  std::vector<TableLimits> all;
  auto done = (*channel)->dump(
      request,
      [&](const nlmsghdr& message) -> Result<void> {
        auto parsed = parse_limits(message);
        if (!parsed) return std::move(parsed).error();
        if (!parsed->has_value()) return {};
        // A dump that goes on in another datagram may begin it with the table once more.
        const auto known =
            std::find_if(all.begin(), all.end(), [&](const TableLimits& t) { return t.family == (*parsed)->family; });
        if (known == all.end()) {
          all.push_back(**parsed);
        } else {
          *known = **parsed;
        }
        return {};
      },
      [&] { all.clear(); });
  if (!done) return std::move(done).error();
  std::sort(all.begin(), all.end(), [](const TableLimits& a, const TableLimits& b) { return a.family < b.family; });
  return all;
}

Result<bool> KernelTable::has_family(Family family) {
  // Each stack registers its neighbor table when it is there.
  auto all = limits();
  if (!all) return std::move(all).error();
  return std::any_of(all->begin(), all->end(), [&](const TableLimits& t) { return t.family == family; });
}

}  // namespace neigh::rtnl
