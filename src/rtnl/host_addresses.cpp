// SPDX-License-Identifier: Apache-2.0
// Unicast addresses of the host.
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <tuple>
#include <utility>

#include "rtnl/host.hpp"
#include "rtnl/host_messages.hpp"
#include "rtnl/kernel_table.hpp"
#include "rtnl/numbers.hpp"

namespace neigh::rtnl {
namespace {

Request address_request(std::uint16_t type, std::uint16_t flags, const HostAddress& address) {
  Request request(type, flags);
  auto& body = request.put_header<ifaddrmsg>();
  body.ifa_family = to_system(address.address.family());
  body.ifa_prefixlen = address.prefix_length;
  body.ifa_index = to_number(address.interface);
  body.ifa_scope = address.address.is_loopback()     ? RT_SCOPE_HOST
                   : address.address.is_link_local() ? RT_SCOPE_LINK
                                                     : RT_SCOPE_UNIVERSE;
  request.put(IFA_LOCAL, address.address.bytes());
  request.put(IFA_ADDRESS, address.address.bytes());
  return request;
}

std::uint32_t seconds_of(const std::optional<std::chrono::seconds>& time) {
  if (!time) return UINT32_MAX;
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(time->count(), 0, UINT32_MAX - 1));
}

/// All that are this address on this interface; the kernel takes one IPv4 address with several prefix lengths.
Result<std::vector<HostAddress>> find(Channel& channel, InterfaceIndex interface, const IpAddress& address) {
  auto all = dump_addresses(channel, address.family());
  if (!all) return all;
  std::erase_if(*all, [&](const HostAddress& one) { return one.interface != interface || one.address != address; });
  return all;
}

}  // namespace

Result<std::vector<HostAddress>> dump_addresses(Channel& channel, Family family) {
  Request request(RTM_GETADDR, 0);
  request.put_header<ifaddrmsg>().ifa_family = to_system(family);
  std::vector<HostAddress> all;
  auto done = channel.dump(
      request,
      [&](const nlmsghdr& message) -> Result<void> {
        if (message.nlmsg_type != RTM_NEWADDR) return {};
        auto parsed = parse_host_address(message);
        if (!parsed) return std::move(parsed).error();
        if (family == Family::kUnspecified || parsed->address.family() == family) all.push_back(*parsed);
        return {};
      },
      [&] { all.clear(); });
  if (!done) return std::move(done).error();
  std::sort(all.begin(), all.end(), [](const HostAddress& a, const HostAddress& b) {
    return std::tuple(a.address.family(), a.interface, a.address, a.prefix_length) <
           std::tuple(b.address.family(), b.interface, b.address, b.prefix_length);
  });
  return all;
}

Result<std::vector<HostAddress>> KernelHost::addresses(Family family) {
  auto channel = pool_->take();
  if (!channel) return std::move(channel).error();
  return dump_addresses(**channel, family);
}

Result<void> KernelHost::create_address(const HostAddress& address) {
  auto channel = pool_->take();
  if (!channel) return std::move(channel).error();
  auto there = find(**channel, address.interface, address.address);
  if (!there) return std::move(there).error();
  if (!there->empty()) {
    // Who may not write learns that first.
    if (auto allowed = check_privilege(**channel); !allowed) return allowed;
    return Error{.code = Errc::kAlreadyExists, .sys_errno = EEXIST, .field = "address"};
  }
  Request request = address_request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, address);
  if (address.no_dad && address.address.is_v6()) request.put_u32(IFA_FLAGS, IFA_F_NODAD);
  if (address.valid || address.preferred) {
    ifa_cacheinfo info{};
    info.ifa_valid = seconds_of(address.valid);
    info.ifa_prefered = seconds_of(address.preferred);
    std::array<std::uint8_t, sizeof info> bytes;
    std::memcpy(bytes.data(), &info, sizeof info);
    request.put(IFA_CACHEINFO, bytes);
  }
  auto done = (*channel)->change(request);
  // "IPv6 is disabled on this device" comes as EACCES.
  if (!done && done.error().sys_errno == EACCES) {
    Error error = std::move(done).error();
    error.code = Errc::kNotSupported;
    return error;
  }
  return done;
}

Result<void> KernelHost::remove_address(InterfaceIndex interface, const IpAddress& address) {
  auto channel = pool_->take();
  if (!channel) return std::move(channel).error();
  auto there = find(**channel, interface, address);
  if (!there) return std::move(there).error();
  if (there->empty()) {
    if (auto allowed = check_privilege(**channel); !allowed) return allowed;
    return Error{.code = Errc::kNotFound, .sys_errno = EADDRNOTAVAIL, .field = "address"};
  }
  for (const HostAddress& one : *there) {
    Request request = address_request(RTM_DELADDR, 0, one);
    auto done = (*channel)->change(request);
    // Another was faster.
    if (!done && done.error().sys_errno != EADDRNOTAVAIL) return done;
  }
  return {};
}

}  // namespace neigh::rtnl
