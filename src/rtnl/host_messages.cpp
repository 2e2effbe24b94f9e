// SPDX-License-Identifier: Apache-2.0
#include "rtnl/host_messages.hpp"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "rtnl/attributes.hpp"
#include "rtnl/numbers.hpp"

namespace neigh::rtnl {
namespace {

constexpr std::uint32_t kForEver = UINT32_MAX;
// linux/if_addr.h of Linux 5.18 and later, linux/if_link.h.
constexpr std::uint16_t kIfaProto = 11;
constexpr std::uint8_t kFromRouter = 2;       // IFAPROT_KERNEL_RA
constexpr std::uint32_t kRaManaged = 0x40;    // IF_RA_MANAGED
constexpr std::uint32_t kRaOtherConf = 0x80;  // IF_RA_OTHERCONF

std::optional<std::chrono::seconds> lifetime(std::uint32_t seconds) {
  if (seconds == kForEver) return std::nullopt;
  return std::chrono::seconds(seconds);
}

IpAddress zero_of(std::uint8_t family) {
  return family == AF_INET ? IpAddress::v4({}) : family == AF_INET6 ? IpAddress::v6({}) : IpAddress{};
}

/// A value of the numbered settings of one family; 0 where the kernel has none.
std::int32_t setting(Bytes values, std::size_t number) {
  const std::size_t at = number * sizeof(std::int32_t);
  return values.size() > at ? read<std::int32_t>(values.subspan(at)).value_or(0) : 0;
}

void parse_ipv4_settings(Bytes items, FamilySettings& out) {
  (void)each_attribute(items, [&](std::uint16_t type, Bytes values) {
    // The kernel counts IPv4's settings from 1.
    if (type == IFLA_INET_CONF) out.forwarding = setting(values, IPV4_DEVCONF_FORWARDING - 1) != 0;
    return true;
  });
}

void parse_ipv6_settings(Bytes items, FamilySettings& out) {
  (void)each_attribute(items, [&](std::uint16_t type, Bytes values) {
    if (type == IFLA_INET6_CONF) {
      out.forwarding = setting(values, DEVCONF_FORWARDING) != 0;
      out.mtu = static_cast<std::uint32_t>(setting(values, DEVCONF_MTU6));
      const auto accept = setting(values, DEVCONF_ACCEPT_RA);
      out.accepts_router_advertisements = accept == 2 || (accept == 1 && !out.forwarding);
      out.dad_transmits = static_cast<std::uint32_t>(setting(values, DEVCONF_DAD_TRANSMITS));
    } else if (type == IFLA_INET6_FLAGS) {
      const auto flags = read<std::uint32_t>(values).value_or(0);
      out.managed = (flags & kRaManaged) != 0;
      out.other_config = (flags & kRaOtherConf) != 0;
    } else if (type == IFLA_INET6_CACHEINFO) {
      if (const auto info = read<ifla_cacheinfo>(values)) out.max_reassembly = info->max_reasm_len;
    }
    return true;
  });
}

/// Older kernels send fewer counters; what is missing reads 0.
LinkCounters counters_of(Bytes value) {
  rtnl_link_stats64 stats{};
  std::memcpy(&stats, value.data(), std::min(value.size(), sizeof stats));
  return {.rx_packets = stats.rx_packets,
          .tx_packets = stats.tx_packets,
          .rx_bytes = stats.rx_bytes,
          .tx_bytes = stats.tx_bytes,
          .rx_errors = stats.rx_errors,
          .tx_errors = stats.tx_errors,
          .rx_dropped = stats.rx_dropped,
          .tx_dropped = stats.tx_dropped,
          .rx_multicast = stats.multicast,
          .rx_nohandler = stats.rx_nohandler};
}

void finish_address(HostAddress& out, std::uint32_t flags, std::uint8_t protocol) {
  using State = HostAddress::State;
  out.state = (flags & IFA_F_DADFAILED) != 0                                      ? State::kDuplicate
              : (flags & IFA_F_TENTATIVE) != 0 && (flags & IFA_F_OPTIMISTIC) == 0 ? State::kTentative
              : (flags & IFA_F_DEPRECATED) != 0                                   ? State::kDeprecated
                                                                                  : State::kPreferred;
  out.temporary = out.address.is_v6() && (flags & IFA_F_TEMPORARY) != 0;
  out.from_router = protocol == kFromRouter || out.temporary || (flags & IFA_F_MANAGETEMPADDR) != 0;
  out.no_dad = (flags & IFA_F_NODAD) != 0;
}

/// Reads what a next hop has, in the route itself or in its part of RTA_MULTIPATH.
std::string_view parse_hop_attribute(std::uint16_t type, Bytes value, Route& out) {
  if (type == RTA_GATEWAY) {
    auto gateway = IpAddress::from_bytes(value);
    if (!gateway) return "RTA_GATEWAY";
    out.next_hop = *gateway;
  } else if (type == RTA_VIA) {
    // A next hop of the other family: its number, then the address.
    if (value.size() < sizeof(std::uint16_t)) return "RTA_VIA";
    auto gateway = IpAddress::from_bytes(value.subspan(sizeof(std::uint16_t)));
    if (!gateway) return "RTA_VIA";
    out.next_hop = *gateway;
  }
  return {};
}

std::string_view parse_multipath(Bytes hops, const Route& common, std::vector<Route>& out) {
  while (hops.size() >= sizeof(rtnexthop)) {
    const auto hop = read<rtnexthop>(hops);
    if (!hop || hop->rtnh_len < sizeof(rtnexthop) || hop->rtnh_len > hops.size()) return "RTA_MULTIPATH";
    Route route = common;
    route.next_hop = {};
    route.interface = static_cast<InterfaceIndex>(static_cast<std::uint32_t>(hop->rtnh_ifindex));
    std::string_view wrong;
    const bool whole =
        each_attribute(hops.first(hop->rtnh_len).subspan(sizeof(rtnexthop)), [&](std::uint16_t type, Bytes value) {
          wrong = parse_hop_attribute(type, value, route);
          return wrong.empty();
        });
    if (!whole || !wrong.empty()) return "RTA_MULTIPATH";
    out.push_back(route);
    hops = hops.subspan(std::min<std::size_t>(RTNH_ALIGN(hop->rtnh_len), hops.size()));
  }
  return {};
}

}  // namespace

Result<HostLink> parse_host_link(const nlmsghdr& message) {
  auto interface = parse_link(message);
  if (!interface) return std::move(interface).error();
  HostLink out{.interface = std::move(*interface)};
  (void)each_attribute(attributes_after<ifinfomsg>(message), [&](std::uint16_t type, Bytes value) {
    switch (type) {
      case IFLA_IFALIAS:
        out.description = text_of(value);
        break;
      case IFLA_PERM_ADDRESS:
        if (auto address = LinkAddress::from_bytes(value)) out.permanent_address = *address;
        break;
      case IFLA_OPERSTATE:
        if (!value.empty() && value[0] <= static_cast<std::uint8_t>(LinkState::kUp)) {
          out.state = static_cast<LinkState>(value[0]);
        }
        break;
      case IFLA_TXQLEN:
        out.queue_length = read<std::uint32_t>(value).value_or(0);
        break;
      case IFLA_STATS64:
        out.counters = counters_of(value);
        break;
      case IFLA_AF_SPEC:
        (void)each_attribute(value, [&](std::uint16_t family, Bytes items) {
          if (family == AF_INET) parse_ipv4_settings(items, out.ipv4);
          if (family == AF_INET6) parse_ipv6_settings(items, out.ipv6);
          return true;
        });
        break;
      default:
        break;
    }
    return true;
  });
  out.ipv4.present = out.interface.ipv4;
  out.ipv4.mtu = out.interface.mtu;
  out.ipv4.max_reassembly = UINT16_MAX;
  out.ipv6.present = out.interface.ipv6;
  if (out.ipv6.mtu == 0) out.ipv6.mtu = out.interface.mtu;
  return out;
}

Result<HostAddress> parse_host_address(const nlmsghdr& message) {
  ifaddrmsg body{};
  if (!read_header(message, body)) return malformed("ifaddrmsg");
  HostAddress out{.interface = static_cast<InterfaceIndex>(body.ifa_index), .prefix_length = body.ifa_prefixlen};
  std::uint32_t flags = body.ifa_flags;
  std::uint8_t protocol = 0;
  IpAddress peer;
  std::string_view wrong;
  const bool whole = each_attribute(attributes_after<ifaddrmsg>(message), [&](std::uint16_t type, Bytes value) {
    if (type == IFA_LOCAL || type == IFA_ADDRESS) {
      // With a peer (point-to-point) IFA_ADDRESS is the peer's and IFA_LOCAL ours.
      const auto address = IpAddress::from_bytes(value);
      if (!address) wrong = type == IFA_LOCAL ? "IFA_LOCAL" : "IFA_ADDRESS";
      if (address) (type == IFA_LOCAL ? out.address : peer) = *address;
    } else if (type == IFA_FLAGS) {
      read_into(flags, value, "IFA_FLAGS", wrong);
    } else if (type == kIfaProto) {
      read_into(protocol, value, "IFA_PROTO", wrong);
    } else if (type == IFA_CACHEINFO) {
      ifa_cacheinfo info{};
      read_into(info, value, "IFA_CACHEINFO", wrong);
      out.valid = lifetime(info.ifa_valid);
      out.preferred = lifetime(info.ifa_prefered);
      out.created = std::chrono::milliseconds(std::uint64_t{info.cstamp} * 10U);
    }
    return wrong.empty();
  });
  if (!whole) return malformed("nla_len");
  if (!wrong.empty()) return malformed(wrong);
  if (out.address.family() == Family::kUnspecified) out.address = peer;
  if (out.address.family() == Family::kUnspecified) return malformed("IFA_ADDRESS");
  if (out.prefix_length > out.address.size() * 8) return malformed("ifa_prefixlen");
  finish_address(out, flags, protocol);
  return out;
}

bool RouteMessage::shown() const { return table == RT_TABLE_MAIN && type == RTN_UNICAST && !cloned; }

Result<std::optional<RouteMessage>> parse_route(const nlmsghdr& message) {
  rtmsg body{};
  if (!read_header(message, body)) return malformed("rtmsg");
  Route route{
      .destination = zero_of(body.rtm_family), .prefix_length = body.rtm_dst_len, .protocol = body.rtm_protocol};
  if (route.destination.family() == Family::kUnspecified) return std::optional<RouteMessage>{};
  if (route.prefix_length > route.destination.size() * 8) return malformed("rtm_dst_len");
  RouteMessage out{.table = body.rtm_table, .type = body.rtm_type};
  out.cloned = (body.rtm_flags & RTM_F_CLONED) != 0;
  Bytes multipath;
  std::string_view wrong;
  const bool whole = each_attribute(attributes_after<rtmsg>(message), [&](std::uint16_t type, Bytes value) {
    switch (type) {
      case RTA_DST: {
        auto address = IpAddress::from_bytes(value);
        if (!address || address->family() != route.destination.family()) wrong = "RTA_DST";
        if (address) route.destination = *address;
        break;
      }
      case RTA_PREFSRC: {
        auto address = IpAddress::from_bytes(value);
        if (!address) wrong = "RTA_PREFSRC";
        if (address) out.source = *address;
        break;
      }
      case RTA_OIF: {
        std::uint32_t index = 0;
        read_into(index, value, "RTA_OIF", wrong);
        route.interface = static_cast<InterfaceIndex>(index);
        break;
      }
      case RTA_PRIORITY:
        read_into(route.metric, value, "RTA_PRIORITY", wrong);
        break;
      case RTA_TABLE:
        read_into(out.table, value, "RTA_TABLE", wrong);
        break;
      case RTA_CACHEINFO: {
        rta_cacheinfo info{};
        read_into(info, value, "RTA_CACHEINFO", wrong);
        // In ticks; 0 and less: does not expire.
        if (info.rta_expires > 0) {
          const auto ticks = std::max(1L, sysconf(_SC_CLK_TCK));
          route.lifetime = std::chrono::seconds(info.rta_expires / ticks);
        }
        break;
      }
      case RTA_MULTIPATH:
        multipath = value;
        break;
      default:
        wrong = parse_hop_attribute(type, value, route);
        break;
    }
    return wrong.empty();
  });
  if (!whole) return malformed("nla_len");
  if (wrong.empty() && !multipath.empty()) wrong = parse_multipath(multipath, route, out.routes);
  if (!wrong.empty()) return malformed(wrong);
  if (multipath.empty()) out.routes.push_back(route);
  return std::optional<RouteMessage>{std::move(out)};
}

Result<std::optional<NeighborTimers>> parse_neighbor_timers(const nlmsghdr& message) {
  ndtmsg body{};
  if (!read_header(message, body)) return malformed("ndtmsg");
  NeighborTimers out{.family = zero_of(body.ndtm_family).family()};
  if (out.family == Family::kUnspecified) return std::optional<NeighborTimers>{};
  const auto time = [](Bytes value) { return std::chrono::milliseconds(read<std::uint64_t>(value).value_or(0)); };
  const bool whole = each_attribute(attributes_after<ndtmsg>(message), [&](std::uint16_t type, Bytes parameters) {
    if (type != NDTA_PARMS) return true;
    (void)each_attribute(parameters, [&](std::uint16_t name, Bytes value) {
      if (name == NDTPA_IFINDEX) out.interface = static_cast<InterfaceIndex>(read<std::uint32_t>(value).value_or(0));
      if (name == NDTPA_BASE_REACHABLE_TIME) out.base_reachable = time(value);
      if (name == NDTPA_REACHABLE_TIME) out.reachable = time(value);
      if (name == NDTPA_RETRANS_TIME) out.retransmit = time(value);
      return true;
    });
    return true;
  });
  if (!whole) return malformed("nla_len");
  if (out.interface == InterfaceIndex::kNone) return std::optional<NeighborTimers>{};
  return std::optional<NeighborTimers>{out};
}

}  // namespace neigh::rtnl
