// SPDX-License-Identifier: Apache-2.0
// Links, own addresses, limits and verdicts on bytes made by hand.
#include <gmock/gmock.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/ipv6.h>
#include <sys/socket.h>

#include <climits>
#include <functional>

#include "rtnl/errors.hpp"
#include "rtnl/message.hpp"
#include "support/cites.hpp"
#include "unit/rtnl/netlink_bytes.hpp"

namespace neigh::rtnl {
namespace {

using test::attribute;
using test::Bytes;
using test::cut;
using test::ExactMessage;
using test::raw;
using test::operator+;

const Bytes kEther = {2, 0, 0, 0, 0, 9};

/// Calls `accepted` with every truncation of `whole` that keeps the netlink header: none may read past its end, and
/// what is refused is refused as malformed.
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
    if (size == whole.size()) {
      EXPECT_FALSE(error);
    }
  }
}

template <class T>
std::optional<Error> error_of(const Result<T>& result) {
  return result ? std::nullopt : std::optional<Error>(result.error());
}

// --- links ---

Bytes link_message(std::uint16_t hardware, unsigned flags, const Bytes& attributes, std::uint16_t type = RTM_NEWLINK,
                   std::uint8_t family = AF_UNSPEC) {
  return test::message(
      {.type = type},
      raw(ifinfomsg{.ifi_family = family, .ifi_type = hardware, .ifi_index = 7, .ifi_flags = flags}) + attributes);
}

Bytes inet6_conf(std::int32_t disable_ipv6) {
  std::vector<std::int32_t> values(DEVCONF_DISABLE_IPV6 + 4, 1);
  values[DEVCONF_DISABLE_IPV6] = disable_ipv6;
  Bytes bytes(values.size() * sizeof values[0]);
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return attribute(IFLA_AF_SPEC | NLA_F_NESTED,
                   attribute(AF_INET, {1, 2, 3, 4}) + attribute(AF_INET6, attribute(IFLA_INET6_FLAGS, {0, 0, 0, 0}) +
                                                                              attribute(IFLA_INET6_CONF, bytes)));
}

Bytes whole_link() {
  return link_message(ARPHRD_ETHER, IFF_UP | IFF_RUNNING | IFF_NOARP,
                      attribute(IFLA_IFNAME, test::text("eth7")) + attribute(IFLA_ADDRESS, kEther) +
                          attribute(IFLA_MTU, raw(std::uint32_t{1500})) +
                          attribute(IFLA_MASTER, raw(std::uint32_t{3})) + inet6_conf(0) +
                          attribute(IFLA_LINKINFO | NLA_F_NESTED, attribute(IFLA_INFO_KIND, test::text("veth"))));
}

TEST(ParseLink, TakesEveryMember) {
  const auto link = parse_link(*ExactMessage(whole_link()));
  ASSERT_TRUE(link) << link.error().message();
  EXPECT_EQ(link->index, InterfaceIndex{7});
  EXPECT_EQ(link->name, "eth7");
  EXPECT_EQ(link->type, InterfaceType::kEthernet);
  EXPECT_EQ(link->link_address, LinkAddress::ether({2, 0, 0, 0, 0, 9}));
  EXPECT_EQ(link->link_address_size, 6);
  EXPECT_EQ(link->mtu, 1500U);
  EXPECT_EQ(link->master, InterfaceIndex{3});
  EXPECT_TRUE(link->up && link->running && link->no_arp && link->ipv6 && link->virtual_device);
  EXPECT_FALSE(link->loopback || link->point_to_point);
}

TEST(ParseLink, HardwareTypesAreIanaTypes) {
  NEIGH_CITES("LIB-25");
  const std::pair<std::uint16_t, InterfaceType> cases[] = {{ARPHRD_ETHER, InterfaceType::kEthernet},
                                                           {ARPHRD_LOOPBACK, InterfaceType::kLoopback},
                                                           {ARPHRD_TUNNEL, InterfaceType::kTunnel},
                                                           {ARPHRD_TUNNEL6, InterfaceType::kTunnel},
                                                           {ARPHRD_SIT, InterfaceType::kTunnel},
                                                           {ARPHRD_IPGRE, InterfaceType::kTunnel},
                                                           {ARPHRD_NONE, InterfaceType::kTunnel},
                                                           {ARPHRD_PPP, InterfaceType::kPpp},
                                                           {ARPHRD_INFINIBAND, InterfaceType::kInfiniband},
                                                           {ARPHRD_IEEE80211, InterfaceType::kWireless},
                                                           {ARPHRD_CAN, InterfaceType::kOther},
                                                           {0xffff, InterfaceType::kOther}};
  for (const auto& [hardware, type] : cases) {
    EXPECT_EQ(parse_link(*ExactMessage(link_message(hardware, 0, {})))->type, type) << hardware;
  }
}

TEST(ParseLink, AddressesOfEveryLength) {
  for (std::size_t size = 0; size <= 33; ++size) {
    const auto link =
        parse_link(*ExactMessage(link_message(ARPHRD_INFINIBAND, 0, attribute(IFLA_ADDRESS, Bytes(size, 7)))));
    ASSERT_EQ(link.has_value(), size <= 32) << size;
    if (link) {
      EXPECT_EQ(link->link_address_size, size);
    } else {
      EXPECT_EQ(link.error().field, "IFLA_ADDRESS");
    }
  }
}

TEST(ParseLink, Ipv6IsThereOnlyWhereItIsSwitchedOn) {
  EXPECT_TRUE(parse_link(*ExactMessage(link_message(ARPHRD_ETHER, 0, inet6_conf(0))))->ipv6);
  EXPECT_FALSE(parse_link(*ExactMessage(link_message(ARPHRD_ETHER, 0, inet6_conf(1))))->ipv6);
  EXPECT_FALSE(parse_link(*ExactMessage(link_message(ARPHRD_ETHER, 0, {})))->ipv6) << "a host without the stack";
}

TEST(ParseLink, ShortValuesAreRefused) {
  for (const auto& [type, name] : {std::pair{IFLA_MTU, "IFLA_MTU"}, std::pair{IFLA_MASTER, "IFLA_MASTER"}}) {
    const auto link = parse_link(*ExactMessage(link_message(ARPHRD_ETHER, 0, attribute(type, {1, 2, 3}))));
    ASSERT_FALSE(link);
    EXPECT_EQ(link.error().field, name);
  }
  EXPECT_EQ(
      parse_link(*ExactMessage(link_message(ARPHRD_ETHER, 0, attribute(IFLA_MTU, {0, 0, 0, 0}, 99)))).error().field,
      "nla_len");
}

TEST(ParseLink, ANameWithoutEndEndsWithItsAttribute) {
  EXPECT_EQ(parse_link(*ExactMessage(link_message(ARPHRD_ETHER, 0, attribute(IFLA_IFNAME, {'a', 'b'}))))->name, "ab");
  EXPECT_EQ(parse_link(*ExactMessage(link_message(ARPHRD_ETHER, 0, attribute(IFLA_IFNAME, {'a', 0, 'b'}))))->name, "a");
  EXPECT_EQ(parse_link(*ExactMessage(link_message(ARPHRD_ETHER, 0, attribute(IFLA_IFNAME, {}))))->name, "");
}

TEST(ParseLink, EveryTruncation) {
  every_truncation(whole_link(), sizeof(ifinfomsg),
                   [](const nlmsghdr& message) { return error_of(parse_link(message)); });
}

TEST(ParseLinkGone, ABridgePortThatGoesIsNoDevice) {
  const auto device = parse_link_gone(*ExactMessage(link_message(ARPHRD_ETHER, 0, {}, RTM_DELLINK)));
  EXPECT_TRUE(device->whole_device);
  EXPECT_EQ(device->index, InterfaceIndex{7});
  const auto port = parse_link_gone(*ExactMessage(link_message(ARPHRD_ETHER, 0, {}, RTM_DELLINK, AF_BRIDGE)));
  EXPECT_FALSE(port->whole_device);
  every_truncation(link_message(ARPHRD_ETHER, 0, {}), sizeof(ifinfomsg),
                   [](const nlmsghdr& message) { return error_of(parse_link_gone(message)); });
}

// --- own addresses ---

Bytes address_message(const Bytes& attributes) {
  return test::message({.type = RTM_NEWADDR}, raw(ifaddrmsg{.ifa_family = AF_INET, .ifa_index = 7}) + attributes);
}

TEST(ParseOwnAddress, OnAPointToPointLinkTheLocalOneIsOurs) {
  const auto both = parse_own_address(
      *ExactMessage(address_message(attribute(IFA_ADDRESS, {10, 0, 0, 2}) + attribute(IFA_LOCAL, {10, 0, 0, 1}))));
  EXPECT_EQ(both->address, IpAddress::v4(10, 0, 0, 1));
  EXPECT_EQ(both->interface, InterfaceIndex{7});
  EXPECT_EQ(parse_own_address(*ExactMessage(address_message(attribute(IFA_ADDRESS, {10, 0, 0, 2}))))->address,
            IpAddress::v4(10, 0, 0, 2));
}

TEST(ParseOwnAddress, WhatIsNoAddressIsRefused) {
  EXPECT_EQ(parse_own_address(*ExactMessage(address_message({}))).error().field, "IFA_ADDRESS");
  EXPECT_EQ(parse_own_address(*ExactMessage(address_message(attribute(IFA_ADDRESS, {1, 2, 3})))).error().field,
            "IFA_ADDRESS");
  EXPECT_EQ(parse_own_address(*ExactMessage(address_message(attribute(IFA_ADDRESS, {1, 2, 3, 4}) +
                                                            attribute(IFA_LOCAL, {1, 2, 3, 4, 5}))))
                .error()
                .field,
            "IFA_LOCAL");
  every_truncation(address_message(attribute(IFA_ADDRESS, {10, 0, 0, 2})), sizeof(ifaddrmsg),
                   [](const nlmsghdr& message) { return error_of(parse_own_address(message)); });
}

// --- limits ---

Bytes limits_message(std::uint8_t family, const Bytes& attributes) {
  return test::message({.type = RTM_NEWNEIGHTBL}, raw(ndtmsg{.ndtm_family = family}) + attributes);
}

Bytes whole_limits() {
  const ndt_stats stats{.ndts_res_failed = 3, .ndts_forced_gc_runs = 2, .ndts_table_fulls = 1};
  return limits_message(
      AF_INET6, attribute(NDTA_NAME, test::text("ndisc_cache")) + attribute(NDTA_THRESH1, raw(std::uint32_t{128})) +
                    attribute(NDTA_THRESH2, raw(std::uint32_t{512})) +
                    attribute(NDTA_THRESH3, raw(std::uint32_t{1024})) +
                    attribute(NDTA_GC_INTERVAL, raw(std::uint64_t{30'000})) +
                    attribute(NDTA_CONFIG, raw(ndt_config{.ndtc_entries = 42})) + attribute(NDTA_STATS, raw(stats)));
}

TEST(ParseLimits, TakesEveryMember) {
  const auto limits = parse_limits(*ExactMessage(whole_limits()));
  ASSERT_TRUE(limits && limits->has_value());
  EXPECT_EQ((**limits).family, Family::kIpv6);
  EXPECT_EQ((**limits).entries, 42U);
  EXPECT_EQ((**limits).gc_thresh1, 128U);
  EXPECT_EQ((**limits).gc_thresh2, 512U);
  EXPECT_EQ((**limits).gc_thresh3, 1024U);
  EXPECT_EQ((**limits).gc_interval, std::chrono::seconds(30));
  EXPECT_EQ((**limits).table_full, 1U);
  EXPECT_EQ((**limits).forced_gc_runs, 2U);
  EXPECT_EQ((**limits).resolve_failed, 3U);
}

TEST(ParseLimits, RowsOfInterfacesAndOtherFamiliesAreNoLimits) {
  const Bytes of_device = limits_message(AF_INET, attribute(NDTA_NAME, test::text("arp_cache")) +
                                                      attribute(NDTA_PARMS, attribute(NDTPA_IFINDEX, {1, 0, 0, 0})));
  EXPECT_FALSE(parse_limits(*ExactMessage(of_device))->has_value());
  const Bytes other = limits_message(12, attribute(NDTA_THRESH1, raw(std::uint32_t{1})));  // DECnet
  EXPECT_FALSE(parse_limits(*ExactMessage(other))->has_value());
}

TEST(ParseLimits, ShortValuesAreRefusedButForTheStatistics) {
  for (const auto& [type, name] :
       {std::pair{NDTA_THRESH1, "NDTA_THRESH1"}, std::pair{NDTA_THRESH2, "NDTA_THRESH2"},
        std::pair{NDTA_THRESH3, "NDTA_THRESH3"}, std::pair{NDTA_GC_INTERVAL, "NDTA_GC_INTERVAL"},
        std::pair{NDTA_CONFIG, "NDTA_CONFIG"}}) {
    const auto limits = parse_limits(*ExactMessage(limits_message(AF_INET, attribute(type, {1, 2, 3}))));
    ASSERT_FALSE(limits) << name;
    EXPECT_EQ(limits.error().field, name);
  }
  const auto old = parse_limits(*ExactMessage(limits_message(
      AF_INET, attribute(NDTA_THRESH1, raw(std::uint32_t{1})) + attribute(NDTA_STATS, raw(std::uint64_t{5})))));
  EXPECT_EQ((**old).table_full, 0U) << "ndts_table_fulls came with Linux 4.3";
  every_truncation(whole_limits(), sizeof(ndtmsg),
                   [](const nlmsghdr& message) { return error_of(parse_limits(message)); });
}

// --- verdicts ---

Bytes error_message(std::int32_t number, std::uint16_t flags, const Bytes& behind, std::uint32_t echoed = 16) {
  return test::message({.type = NLMSG_ERROR, .flags = flags}, raw(number) + raw(echoed) + Bytes(12) + behind);
}

Bytes explained(std::string_view text) {
  return attribute(NLMSGERR_ATTR_OFFS, {1, 0, 0, 0}) + attribute(NLMSGERR_ATTR_MSG, test::text(text));
}

TEST(ParseVerdict, CappedErrorWithText) {
  const auto verdict = parse_verdict(
      *ExactMessage(error_message(-22, NLM_F_CAPPED | NLM_F_ACK_TLVS, explained("Invalid link address"))));
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->number, 22);
  EXPECT_EQ(verdict->text, "Invalid link address");
}

TEST(ParseVerdict, TextStandsBehindAnEchoedRequest) {
  const auto verdict = parse_verdict(
      *ExactMessage(error_message(-22, NLM_F_ACK_TLVS, Bytes(21 + 3, 0xee) + explained("behind"), 16 + 21)));
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->text, "behind");
}

TEST(ParseVerdict, TextIsReadOnlyWhereItIsAnnounced) {
  const auto verdict = parse_verdict(*ExactMessage(error_message(-2, NLM_F_CAPPED, explained("no text"))));
  EXPECT_EQ(verdict->number, 2);
  EXPECT_EQ(verdict->text, "");
}

TEST(ParseVerdict, DoneWithAnErrorInsideIsAnError) {
  NEIGH_CITES("RTN-082");
  const auto failed = parse_verdict(*ExactMessage(test::message(
      {.type = NLMSG_DONE, .flags = NLM_F_MULTI | NLM_F_ACK_TLVS}, raw(std::int32_t{-19}) + explained("no device"))));
  EXPECT_EQ(failed->number, 19);
  EXPECT_EQ(failed->text, "no device");
  const auto fine = parse_verdict(*ExactMessage(test::message({.type = NLMSG_DONE}, raw(std::int32_t{0}))));
  EXPECT_EQ(fine->number, 0);
}

TEST(ParseVerdict, NumbersThatAreNoErrorAreRefused) {
  for (const std::int32_t number : {1, INT_MAX, INT_MIN}) {
    EXPECT_EQ(parse_verdict(*ExactMessage(error_message(number, NLM_F_CAPPED, {}))).error().code, Errc::kMalformed);
  }
  EXPECT_EQ(parse_verdict(*ExactMessage(error_message(-INT_MAX, NLM_F_CAPPED, {})))->number, INT_MAX);
}

TEST(ParseVerdict, AnEchoedRequestThatDoesNotFitIsRefused) {
  for (const std::uint32_t echoed : {0U, 15U, 0x7fffffffU, 0xffffffffU, 200U}) {
    EXPECT_EQ(parse_verdict(*ExactMessage(error_message(-22, NLM_F_ACK_TLVS, Bytes(8), echoed))).error().field,
              "echoed request")
        << echoed;
  }
  every_truncation(error_message(-22, NLM_F_CAPPED | NLM_F_ACK_TLVS, explained("text")), sizeof(nlmsgerr),
                   [](const nlmsghdr& message) { return error_of(parse_verdict(message)); });
  every_truncation(error_message(-22, NLM_F_ACK_TLVS, Bytes(24) + explained("text"), 16 + 24), sizeof(nlmsgerr),
                   [](const nlmsghdr& message) { return error_of(parse_verdict(message)); });
}

TEST(Refused, EachNumberHasACodeAndATextOfItsOwn) {
  struct Case {
    int number;
    Errc code;
    std::string_view field;
  };
  for (const Case& c :
       {Case{EPERM, Errc::kPermissionDenied, ""}, Case{EACCES, Errc::kPermissionDenied, ""},
        Case{EEXIST, Errc::kAlreadyExists, ""}, Case{ENOENT, Errc::kNotFound, ""},
        Case{ENODEV, Errc::kNoSuchInterface, "interface"}, Case{EAFNOSUPPORT, Errc::kNotSupported, "address"},
        Case{EOPNOTSUPP, Errc::kNotSupported, ""}, Case{ENOBUFS, Errc::kTableFull, ""},
        Case{ENOMEM, Errc::kNoMemory, ""}, Case{EINVAL, Errc::kInvalidArgument, ""},
        Case{ERANGE, Errc::kInvalidArgument, ""}, Case{EIO, Errc::kSystem, ""}}) {
    const Error error = refused(c.number, "the kernel's words");
    EXPECT_EQ(error.code, c.code) << c.number;
    EXPECT_EQ(error.field, c.field);
    EXPECT_EQ(error.sys_errno, c.number);
    EXPECT_EQ(error.detail, "the kernel's words");
  }
  NEIGH_CITES("LIB-26");
  EXPECT_NE(refused(ENOBUFS, "").detail.find("gc_thresh3"), std::string::npos);
  EXPECT_NE(refused(EPERM, "").detail.find("CAP_NET_ADMIN"), std::string::npos);
}

}  // namespace
}  // namespace neigh::rtnl
