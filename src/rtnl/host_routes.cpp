// SPDX-License-Identifier: Apache-2.0
// Routes of the main table, and the way to a destination.
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <tuple>
#include <utility>

#include "rtnl/host.hpp"
#include "rtnl/host_messages.hpp"
#include "rtnl/kernel_table.hpp"
#include "rtnl/numbers.hpp"

namespace neigh::rtnl {
namespace {

constexpr std::uint8_t bits_of(const IpAddress& address) { return address.is_v4() ? 32 : 128; }

auto order_of(const Route& route) {
  return std::tuple(route.destination.family(), route.destination, route.prefix_length, route.metric, route.interface,
                    route.next_hop);
}

bool same_way(const Route& a, const Route& b) {
  return a.destination == b.destination && a.prefix_length == b.prefix_length && a.next_hop == b.next_hop &&
         a.interface == b.interface;
}

Result<void> dump_family(Channel& channel, Family family, std::vector<Route>& all) {
  Request request(RTM_GETROUTE, 0);
  request.put_header<rtmsg>().rtm_family = to_system(family);
  // Also in the header: kernels before 4.20 know neither filter and tell all tables.
  request.put_u32(RTA_TABLE, RT_TABLE_MAIN);
  const std::size_t before = all.size();
  return channel.dump(
      request,
      [&](const nlmsghdr& message) -> Result<void> {
        if (message.nlmsg_type != RTM_NEWROUTE) return {};
        auto parsed = parse_route(message);
        if (!parsed) return std::move(parsed).error();
        if (parsed->has_value() && (*parsed)->shown()) {
          all.insert(all.end(), (*parsed)->routes.begin(), (*parsed)->routes.end());
        }
        return {};
      },
      [&] { all.resize(before); });
}

Request route_request(std::uint16_t type, std::uint16_t flags, const Route& route) {
  Request request(type, flags);
  auto& body = request.put_header<rtmsg>();
  body.rtm_family = to_system(route.destination.family());
  body.rtm_dst_len = route.prefix_length;
  body.rtm_table = RT_TABLE_MAIN;
  body.rtm_protocol = route.protocol;
  body.rtm_type = RTN_UNICAST;
  // The scope also tells a route with a next hop from one without, when it is to be removed.
  body.rtm_scope = route.destination.is_v4() && route.next_hop.size() == 0 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
  if (route.prefix_length != 0) request.put(RTA_DST, route.destination.bytes());
  if (route.next_hop.size() != 0) request.put(RTA_GATEWAY, route.next_hop.bytes());
  request.put_u32(RTA_OIF, to_number(route.interface));
  if (route.metric != 0) request.put_u32(RTA_PRIORITY, route.metric);
  if (route.lifetime) request.put_u32(RTA_EXPIRES, static_cast<std::uint32_t>(route.lifetime->count()));
  return request;
}

Request lookup_request(const IpAddress& destination, const IpAddress& source, InterfaceIndex interface,
                       unsigned flags) {
  Request request(RTM_GETROUTE, 0);
  auto& body = request.put_header<rtmsg>();
  body.rtm_family = to_system(destination.family());
  body.rtm_dst_len = bits_of(destination);
  body.rtm_flags = flags;
  request.put(RTA_DST, destination.bytes());
  if (source.size() != 0) {
    body.rtm_src_len = bits_of(source);
    request.put(RTA_SRC, source.bytes());
  }
  if (interface != InterfaceIndex::kNone) request.put_u32(RTA_OIF, to_number(interface));
  return request;
}

Result<RouteMessage> look_up(Channel& channel, Request request) {
  RouteMessage found;
  auto done = channel.get(request, [&](const nlmsghdr& message) -> Result<void> {
    auto parsed = parse_route(message);
    if (!parsed) return std::move(parsed).error();
    if (!parsed->has_value() || (*parsed)->routes.empty()) return Error{.code = Errc::kMalformed, .field = "rtmsg"};
    found = std::move(**parsed);
    return {};
  });
  if (!done) return std::move(done).error();
  return found;
}

bool means_unreachable(const Error& error) {
  // Reading needs no privilege: EACCES is a "prohibit" route, and EINVAL a "blackhole" one.
  return error.sys_errno == ENETUNREACH || error.sys_errno == EHOSTUNREACH || error.sys_errno == EACCES ||
         error.sys_errno == EINVAL || error.sys_errno == ENETDOWN;
}

/// The prefix of a packet to many, which IPv4 sends on the link whatever the routes say. They are the ones that Windows
/// has on every interface.
bool goes_to_many(const IpAddress& destination) {
  return destination.is_v4() && (destination.is_multicast() || destination.is_limited_broadcast());
}
void name_prefix(Route& route, const IpAddress& destination) {
  constexpr std::uint8_t kMulticastLength = 4;
  const bool multicast = destination.is_v4() && destination.is_multicast();
  route.destination = multicast ? IpAddress::v4({224, 0, 0, 0}) : destination;
  route.prefix_length = multicast ? kMulticastLength : bits_of(destination);
}

Error no_way(Error error) {
  error.code = Errc::kUnreachable;
  error.field = "destination";
  return error;
}

}  // namespace

Result<std::vector<Route>> dump_routes(Channel& channel, Family family) {
  std::vector<Route> all;
  for (const Family one : {Family::kIpv4, Family::kIpv6}) {
    if (family != Family::kUnspecified && family != one) continue;
    auto done = dump_family(channel, one, all);
    // A kernel without this family; not worth a failure unless it was asked for.
    const bool absent = !done && !channel.broken() && done.error().code == Errc::kNotSupported;
    if (!done && !(absent && family == Family::kUnspecified)) return std::move(done).error();
  }
  std::sort(all.begin(), all.end(), [](const Route& a, const Route& b) { return order_of(a) < order_of(b); });
  return all;
}

Result<std::vector<Route>> KernelHost::routes(Family family) {
  auto channel = pool_->take();
  if (!channel) return std::move(channel).error();
  return dump_routes(**channel, family);
}

Result<void> KernelHost::create_route(const Route& route) {
  auto channel = pool_->take();
  if (!channel) return std::move(channel).error();
  auto all = dump_routes(**channel, route.destination.family());
  if (!all) return std::move(all).error();
  if (std::any_of(all->begin(), all->end(), [&](const Route& one) { return same_way(one, route); })) {
    if (auto allowed = check_privilege(**channel); !allowed) return allowed;
    return Error{.code = Errc::kAlreadyExists, .sys_errno = EEXIST, .field = "route"};
  }
  // Appended: other ways to the same prefix are no duplicates.
  Request request = route_request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_APPEND, route);
  auto done = (*channel)->change(request);
  if (done) return done;
  Error error = std::move(done).error();
  if (error.sys_errno == ENETDOWN) return no_way(std::move(error));
  if (error.sys_errno == ENETUNREACH || error.sys_errno == EHOSTUNREACH) {
    // The next hop is not on the link: because the link is down, or in truth.
    if (auto device = get_interface(**channel, route.interface); device && !device->up) return no_way(std::move(error));
    error.code = Errc::kInvalidArgument;
    error.field = "next_hop";
  }
  if (error.sys_errno == EACCES) error.code = Errc::kNotSupported;  // IPv6 is disabled on the device
  return error;
}

Result<void> KernelHost::remove_route(const Route& route) {
  auto channel = pool_->take();
  if (!channel) return std::move(channel).error();
  const Error not_there{.code = Errc::kNotFound, .sys_errno = ESRCH, .field = "route"};
  // Looked for first: without a next hop in the request the kernel would take any that matches the rest.
  auto all = dump_routes(**channel, route.destination.family());
  if (!all) return std::move(all).error();
  const auto found = std::find_if(all->begin(), all->end(), [&](const Route& one) { return same_way(one, route); });
  if (found == all->end()) {
    if (auto allowed = check_privilege(**channel); !allowed) return allowed;
    return not_there;
  }
  Route exact = *found;
  exact.lifetime.reset();
  Request request = route_request(RTM_DELROUTE, 0, exact);
  auto done = (*channel)->change(request);
  if (!done && done.error().sys_errno == ESRCH) return not_there;
  return done;
}

Result<BestRoute> KernelHost::best_route(const IpAddress& destination, const IpAddress& source,
                                         InterfaceIndex interface) {
  auto channel = pool_->take();
  if (!channel) return std::move(channel).error();
  if (source.size() != 0) {
    // IPv6 takes any source; IPv4 refuses in words that could mean something else.
    auto own = get_own_addresses(**channel, InterfaceIndex::kNone);
    if (!own) return std::move(own).error();
    if (std::none_of(own->begin(), own->end(), [&](const OwnAddress& one) { return one.address == source; })) {
      return Error{.code = Errc::kInvalidArgument, .field = "source"};
    }
  }
  auto decided = look_up(**channel, lookup_request(destination, source, interface, 0));
  if (!decided) {
    if ((*channel)->broken() || !means_unreachable(decided.error())) return std::move(decided).error();
    return no_way(std::move(decided).error());
  }
  if (decided->type == RTN_UNREACHABLE || decided->type == RTN_BLACKHOLE || decided->type == RTN_PROHIBIT) {
    return no_way({.code = Errc::kUnreachable});
  }
  BestRoute best{.route = decided->routes.front(), .source = source.size() != 0 ? source : decided->source};
  name_prefix(best.route, destination);
  // The decision names no prefix; the entry behind it does.
  auto entry = look_up(**channel, lookup_request(destination, source, interface, RTM_F_FIB_MATCH));
  if (entry) {
    const Route& matched = entry->routes.front();
    // A route over a router is not the one that a packet to many takes: it stays on the link.
    if (goes_to_many(destination) && matched.next_hop.size() != 0) return best;
    best.route.destination = matched.destination;
    best.route.prefix_length = matched.prefix_length;
    best.route.metric = matched.metric;
    best.route.protocol = matched.protocol;
    best.route.lifetime = matched.lifetime;
    return best;
  }
  if ((*channel)->broken()) return std::move(entry).error();
  // Told to use an interface, IPv4 takes a destination without a route for one on the link. There is no route.
  if (interface != InterfaceIndex::kNone && !goes_to_many(destination) && entry.error().sys_errno != EINVAL &&
      means_unreachable(entry.error())) {
    return no_way(std::move(entry).error());
  }
  return best;
}

}  // namespace neigh::rtnl
