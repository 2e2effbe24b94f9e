// SPDX-License-Identifier: Apache-2.0
// Links in full, host addresses, routes and neighbor timers on bytes made by hand.
#include <gmock/gmock.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/ipv6.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>

#include "rtnl/host_messages.hpp"
#include "unit/rtnl/netlink_bytes.hpp"

namespace neigh::rtnl {
namespace {

using test::attribute;
using test::Bytes;
using test::cut;
using test::ExactMessage;
using test::raw;
using test::operator+;

const Bytes kFour = {192, 0, 2, 1};
const Bytes kOther = {192, 0, 2, 2};
const IpAddress kFourAddress = IpAddress::v4(192, 0, 2, 1);
const IpAddress kOtherAddress = IpAddress::v4(192, 0, 2, 2);

template <class T>
std::optional<Error> error_of(const Result<T>& result) {
  return result ? std::nullopt : std::optional<Error>(result.error());
}

/// Every truncation that keeps the netlink header: none reads past its end, what is refused is refused as malformed.
void every_truncation(const Bytes& whole, std::size_t fixed,
                      const std::function<std::optional<Error>(const nlmsghdr&)>& parse) {
  for (std::size_t size = sizeof(nlmsghdr); size <= whole.size(); ++size) {
    const auto error = parse(*ExactMessage(cut(whole, size)));
    if (size < sizeof(nlmsghdr) + fixed) {
      EXPECT_TRUE(error) << size;
    }
    if (error) {
      EXPECT_EQ(error->code, Errc::kMalformed) << size;
    }
  }
  EXPECT_FALSE(parse(*ExactMessage(whole)));
}

// --- addresses ---

Bytes address_message(std::uint8_t family, std::uint8_t length, std::uint8_t flags, const Bytes& attributes) {
  return test::message({.type = RTM_NEWADDR}, raw(ifaddrmsg{family, length, flags, RT_SCOPE_UNIVERSE, 7}) + attributes);
}

TEST(ParseHostAddress, WholeMessage) {
  const ifa_cacheinfo info{.ifa_prefered = 100, .ifa_valid = 200, .cstamp = 1234, .tstamp = 5};
  const Bytes whole = address_message(AF_INET, 24, 0,
                                      attribute(IFA_ADDRESS, kOther) + attribute(IFA_LOCAL, kFour) +
                                          attribute(IFA_FLAGS, raw(std::uint32_t{IFA_F_DEPRECATED})) +
                                          attribute(IFA_CACHEINFO, raw(info)) + attribute(999, {1}));
  const auto parsed = parse_host_address(*ExactMessage(whole));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->address, kFourAddress) << "the local one, whatever the order";
  EXPECT_EQ(parsed->interface, static_cast<InterfaceIndex>(7));
  EXPECT_EQ(parsed->prefix_length, 24);
  EXPECT_EQ(parsed->valid, std::chrono::seconds(200));
  EXPECT_EQ(parsed->preferred, std::chrono::seconds(100));
  EXPECT_EQ(parsed->state, HostAddress::State::kDeprecated);
  EXPECT_EQ(parsed->created, std::chrono::milliseconds(12340));
  EXPECT_FALSE(parsed->from_router);
  every_truncation(whole, sizeof(ifaddrmsg), [](const nlmsghdr& m) { return error_of(parse_host_address(m)); });
}

TEST(ParseHostAddress, States) {
  using State = HostAddress::State;
  struct Case {
    std::uint32_t flags;
    State state;
  };
  for (const Case& one :
       {Case{IFA_F_PERMANENT, State::kPreferred}, Case{IFA_F_TENTATIVE, State::kTentative},
        Case{IFA_F_TENTATIVE | IFA_F_OPTIMISTIC, State::kPreferred},
        Case{IFA_F_TENTATIVE | IFA_F_DADFAILED, State::kDuplicate}, Case{IFA_F_DEPRECATED, State::kDeprecated}}) {
    const Bytes bytes =
        address_message(AF_INET, 24, 0, attribute(IFA_LOCAL, kFour) + attribute(IFA_FLAGS, raw(one.flags)));
    EXPECT_EQ(parse_host_address(*ExactMessage(bytes)).value().state, one.state) << one.flags;
  }
  // Kernels before 3.14 have the header's eight flags alone.
  const Bytes old = address_message(AF_INET, 24, IFA_F_DEPRECATED, attribute(IFA_LOCAL, kFour));
  EXPECT_EQ(parse_host_address(*ExactMessage(old)).value().state, State::kDeprecated);
  EXPECT_FALSE(parse_host_address(*ExactMessage(old)).value().valid) << "for ever";
}

TEST(ParseHostAddress, FromARouter) {
  Bytes six(16, 0);
  six[0] = 0x20;
  const auto parse = [&](const Bytes& more) {
    return parse_host_address(*ExactMessage(address_message(AF_INET6, 64, 0, attribute(IFA_ADDRESS, six) + more)));
  };
  EXPECT_FALSE(parse({}).value().from_router);
  EXPECT_TRUE(parse(attribute(11, {2})).value().from_router);
  EXPECT_FALSE(parse(attribute(11, {3})).value().from_router) << "the kernel's own link-local one";
  const auto temporary = parse(attribute(IFA_FLAGS, raw(std::uint32_t{IFA_F_TEMPORARY})));
  EXPECT_TRUE(temporary.value().temporary);
  EXPECT_TRUE(temporary.value().from_router);
}

TEST(ParseHostAddress, Malformed) {
  const auto field = [](const Bytes& attributes) {
    const auto parsed = parse_host_address(*ExactMessage(address_message(AF_INET, 24, 0, attributes)));
    return parsed ? std::string_view("accepted") : parsed.error().field;
  };
  EXPECT_EQ(field({}), "IFA_ADDRESS");
  EXPECT_EQ(field(attribute(IFA_LOCAL, {1, 2, 3})), "IFA_LOCAL");
  EXPECT_EQ(field(attribute(IFA_LOCAL, kFour) + attribute(IFA_FLAGS, {1})), "IFA_FLAGS");
  EXPECT_EQ(field(attribute(IFA_LOCAL, kFour) + attribute(IFA_CACHEINFO, {1})), "IFA_CACHEINFO");
  EXPECT_EQ(field(attribute(IFA_LOCAL, kFour) + attribute(11, {})), "IFA_PROTO");
  EXPECT_EQ(field(attribute(IFA_LOCAL, kFour, 99)), "nla_len");
}

// --- routes ---

Bytes route_message(std::uint8_t family, std::uint8_t length, const Bytes& attributes, std::uint8_t type = RTN_UNICAST,
                    unsigned flags = 0) {
  rtmsg body{};
  body.rtm_family = family;
  body.rtm_dst_len = length;
  body.rtm_table = RT_TABLE_MAIN;
  body.rtm_protocol = 4;
  body.rtm_type = type;
  body.rtm_flags = flags;
  return test::message({.type = RTM_NEWROUTE}, raw(body) + attributes);
}
Bytes number(std::uint32_t value) { return raw(value); }

TEST(ParseRoute, WholeMessage) {
  rta_cacheinfo info{};
  info.rta_expires = static_cast<std::int32_t>(30 * sysconf(_SC_CLK_TCK));
  const Bytes whole = route_message(AF_INET, 24,
                                    attribute(RTA_DST, {203, 0, 113, 0}) + attribute(RTA_GATEWAY, kOther) +
                                        attribute(RTA_OIF, number(7)) + attribute(RTA_PRIORITY, number(50)) +
                                        attribute(RTA_PREFSRC, kFour) + attribute(RTA_CACHEINFO, raw(info)));
  const auto parsed = parse_route(*ExactMessage(whole));
  ASSERT_TRUE(parsed && parsed->has_value());
  EXPECT_TRUE((*parsed)->shown());
  EXPECT_EQ((*parsed)->source, kFourAddress);
  const Route expected{.destination = IpAddress::v4(203, 0, 113, 0),
                       .prefix_length = 24,
                       .next_hop = kOtherAddress,
                       .interface = static_cast<InterfaceIndex>(7),
                       .metric = 50,
                       .protocol = 4,
                       .lifetime = std::chrono::seconds(30)};
  EXPECT_THAT((*parsed)->routes, ::testing::ElementsAre(expected));
  every_truncation(whole, sizeof(rtmsg), [](const nlmsghdr& m) { return error_of(parse_route(m)); });
}

TEST(ParseRoute, WhatIsShown) {
  const auto shown = [](const Bytes& bytes) { return parse_route(*ExactMessage(bytes)).value()->shown(); };
  EXPECT_TRUE(shown(route_message(AF_INET, 0, {})));
  EXPECT_TRUE(shown(route_message(AF_INET6, 0, {})));
  EXPECT_FALSE(shown(route_message(AF_INET, 0, {}, RTN_BLACKHOLE)));
  EXPECT_FALSE(shown(route_message(AF_INET, 0, {}, RTN_UNICAST, RTM_F_CLONED)));
  EXPECT_FALSE(shown(route_message(AF_INET, 0, attribute(RTA_TABLE, number(77)))));
  EXPECT_FALSE(parse_route(*ExactMessage(route_message(AF_BRIDGE, 0, {}))).value());
}

Bytes hop(std::uint32_t index, const Bytes& attributes, int length = -1) {
  rtnexthop head{};
  head.rtnh_len = static_cast<unsigned short>(length < 0 ? sizeof head + attributes.size() : unsigned(length));
  head.rtnh_ifindex = static_cast<int>(index);
  return raw(head) + attributes;
}

TEST(ParseRoute, EachNextHopIsARoute) {
  const Bytes whole = route_message(AF_INET, 0,
                                    attribute(RTA_MULTIPATH, hop(7, attribute(RTA_GATEWAY, kOther)) + hop(8, {})) +
                                        attribute(RTA_PRIORITY, number(9)));
  const auto parsed = parse_route(*ExactMessage(whole));
  ASSERT_TRUE(parsed && parsed->has_value());
  ASSERT_EQ((*parsed)->routes.size(), 2u);
  EXPECT_EQ((*parsed)->routes[0].next_hop, kOtherAddress);
  EXPECT_EQ((*parsed)->routes[0].interface, static_cast<InterfaceIndex>(7));
  EXPECT_EQ((*parsed)->routes[1].next_hop, IpAddress{});
  EXPECT_EQ((*parsed)->routes[1].interface, static_cast<InterfaceIndex>(8));
  EXPECT_EQ((*parsed)->routes[1].metric, 9u) << "whatever the order of the attributes";
  every_truncation(whole, sizeof(rtmsg), [](const nlmsghdr& m) { return error_of(parse_route(m)); });
}

TEST(ParseRoute, NextHopOfTheOtherFamily) {
  Bytes via = raw(std::uint16_t{AF_INET6}) + Bytes(16, 0xfe);
  const auto parsed = parse_route(*ExactMessage(route_message(AF_INET, 0, attribute(RTA_VIA, via))));
  ASSERT_TRUE(parsed && parsed->has_value());
  EXPECT_TRUE((*parsed)->routes.front().next_hop.is_v6());
}

TEST(ParseRoute, Malformed) {
  const auto field = [](const Bytes& attributes) {
    const auto parsed = parse_route(*ExactMessage(route_message(AF_INET, 24, attributes)));
    return parsed ? std::string_view("accepted") : parsed.error().field;
  };
  EXPECT_EQ(field(attribute(RTA_DST, Bytes(16, 1))), "RTA_DST") << "of another family";
  EXPECT_EQ(field(attribute(RTA_DST, {1})), "RTA_DST");
  EXPECT_EQ(field(attribute(RTA_GATEWAY, {1})), "RTA_GATEWAY");
  EXPECT_EQ(field(attribute(RTA_VIA, {1})), "RTA_VIA");
  EXPECT_EQ(field(attribute(RTA_OIF, {1})), "RTA_OIF");
  EXPECT_EQ(field(attribute(RTA_PRIORITY, {1, 2})), "RTA_PRIORITY");
  EXPECT_EQ(field(attribute(RTA_TABLE, {})), "RTA_TABLE");
  EXPECT_EQ(field(attribute(RTA_PREFSRC, {1})), "RTA_PREFSRC");
  EXPECT_EQ(field(attribute(RTA_CACHEINFO, {1})), "RTA_CACHEINFO");
  EXPECT_EQ(field(attribute(RTA_MULTIPATH, hop(7, {}, 4))), "RTA_MULTIPATH") << "shorter than its head";
  EXPECT_EQ(field(attribute(RTA_MULTIPATH, hop(7, {}, 100))), "RTA_MULTIPATH") << "longer than what is there";
  EXPECT_EQ(field(attribute(RTA_MULTIPATH, hop(7, attribute(RTA_GATEWAY, {1})))), "RTA_MULTIPATH");
  EXPECT_EQ(field(attribute(RTA_DST, kFour, 2)), "nla_len");
}

// --- links, timers ---

TEST(ParseHostLink, WholeMessage) {
  std::array<std::int32_t, 20> six{};
  six[DEVCONF_FORWARDING] = 1;
  six[DEVCONF_MTU6] = 1400;
  six[DEVCONF_ACCEPT_RA] = 1;
  six[DEVCONF_DAD_TRANSMITS] = 3;
  const std::array<std::int32_t, 2> four = {1, 0};
  rtnl_link_stats64 stats{};
  stats.rx_packets = 11;
  stats.multicast = 4;
  stats.tx_bytes = 99;
  const Bytes spec =
      attribute(AF_INET, attribute(IFLA_INET_CONF, raw(four))) +
      attribute(AF_INET6, attribute(IFLA_INET6_CONF, raw(six)) + attribute(IFLA_INET6_FLAGS, raw(std::uint32_t{0x40})));
  const Bytes whole = test::message(
      {.type = RTM_NEWLINK},
      raw(ifinfomsg{.ifi_family = AF_UNSPEC, .ifi_type = ARPHRD_ETHER, .ifi_index = 7, .ifi_flags = IFF_UP}) +
          attribute(IFLA_IFNAME, test::text("eth0")) + attribute(IFLA_MTU, number(1500)) +
          attribute(IFLA_IFALIAS, test::text("uplink")) + attribute(IFLA_OPERSTATE, {6}) +
          attribute(IFLA_TXQLEN, number(1000)) + attribute(IFLA_STATS64, raw(stats)) +
          attribute(IFLA_PERM_ADDRESS, {2, 0, 0, 0, 0, 9}) + attribute(IFLA_AF_SPEC, spec));
  const auto parsed = parse_host_link(*ExactMessage(whole));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->interface.name, "eth0");
  EXPECT_EQ(parsed->description, "uplink");
  EXPECT_EQ(parsed->state, LinkState::kUp);
  EXPECT_EQ(parsed->queue_length, 1000u);
  EXPECT_EQ(parsed->counters.rx_packets, 11u);
  EXPECT_EQ(parsed->counters.rx_multicast, 4u);
  EXPECT_EQ(parsed->counters.tx_bytes, 99u);
  EXPECT_EQ(parsed->permanent_address.to_string(), "02:00:00:00:00:09");
  EXPECT_TRUE(parsed->ipv4.forwarding);
  EXPECT_EQ(parsed->ipv4.mtu, 1500u);
  EXPECT_TRUE(parsed->ipv6.present);
  EXPECT_EQ(parsed->ipv6.mtu, 1400u);
  EXPECT_EQ(parsed->ipv6.dad_transmits, 3u);
  EXPECT_FALSE(parsed->ipv6.accepts_router_advertisements) << "1 means: unless it forwards";
  EXPECT_TRUE(parsed->ipv6.managed);
  EXPECT_FALSE(parsed->ipv6.other_config);
  every_truncation(whole, sizeof(ifinfomsg), [](const nlmsghdr& m) { return error_of(parse_host_link(m)); });
}

TEST(ParseNeighborTimers, RowsOfInterfaces) {
  const auto table = [](std::uint8_t family, const Bytes& parameters) {
    ndtmsg body{};
    body.ndtm_family = family;
    return test::message({.type = RTM_NEWNEIGHTBL}, raw(body) + attribute(NDTA_PARMS, parameters));
  };
  const Bytes times = attribute(NDTPA_BASE_REACHABLE_TIME, raw(std::uint64_t{30000})) +
                      attribute(NDTPA_REACHABLE_TIME, raw(std::uint64_t{20001})) +
                      attribute(NDTPA_RETRANS_TIME, raw(std::uint64_t{1000}));
  const Bytes whole = table(AF_INET6, attribute(NDTPA_IFINDEX, number(7)) + times);
  const auto parsed = parse_neighbor_timers(*ExactMessage(whole));
  ASSERT_TRUE(parsed && parsed->has_value());
  EXPECT_EQ((*parsed)->interface, static_cast<InterfaceIndex>(7));
  EXPECT_EQ((*parsed)->family, Family::kIpv6);
  EXPECT_EQ((*parsed)->base_reachable, std::chrono::milliseconds(30000));
  EXPECT_EQ((*parsed)->reachable, std::chrono::milliseconds(20001));
  EXPECT_EQ((*parsed)->retransmit, std::chrono::milliseconds(1000));
  EXPECT_FALSE(parse_neighbor_timers(*ExactMessage(table(AF_INET, times))).value()) << "the table's own row";
  EXPECT_FALSE(parse_neighbor_timers(*ExactMessage(table(AF_DECnet, times))).value());
  every_truncation(whole, sizeof(ndtmsg), [](const nlmsghdr& m) { return error_of(parse_neighbor_timers(m)); });
}

}  // namespace
}  // namespace neigh::rtnl
