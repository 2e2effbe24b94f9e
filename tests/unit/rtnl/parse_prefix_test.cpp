// SPDX-License-Identifier: Apache-2.0
// Prefix lengths that no address of the family has, found by fuzzing: refused, so that nobody shifts by them.
#include <gtest/gtest.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "rtnl/host_messages.hpp"
#include "unit/rtnl/netlink_bytes.hpp"

namespace neigh::rtnl {
namespace {

using test::attribute;
using test::Bytes;
using test::ExactMessage;
using test::message;
using test::raw;
using test::operator+;

Result<HostAddress> address_of_length(std::uint8_t length, const Bytes& address) {
  const ifaddrmsg body{.ifa_family = static_cast<std::uint8_t>(address.size() == 4 ? AF_INET : AF_INET6),
                       .ifa_prefixlen = length,
                       .ifa_index = 7};
  return parse_host_address(*ExactMessage(message({.type = RTM_NEWADDR}, raw(body) + attribute(IFA_ADDRESS, address))));
}

TEST(ParsePrefix, OfAnAddressFitsItsFamily) {
  EXPECT_TRUE(address_of_length(32, Bytes(4, 9)));
  EXPECT_TRUE(address_of_length(128, Bytes(16, 9)));
  for (const auto& refused : {address_of_length(33, Bytes(4, 9)), address_of_length(129, Bytes(16, 9))}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::kMalformed);
    EXPECT_EQ(refused.error().field, "ifa_prefixlen");
  }
}

Result<std::optional<RouteMessage>> route_of_length(std::uint8_t length, std::uint8_t family) {
  const rtmsg body{.rtm_family = family, .rtm_dst_len = length, .rtm_table = RT_TABLE_MAIN, .rtm_type = RTN_UNICAST};
  return parse_route(*ExactMessage(message({.type = RTM_NEWROUTE}, raw(body))));
}

TEST(ParsePrefix, OfARouteFitsItsFamily) {
  EXPECT_TRUE(route_of_length(32, AF_INET));
  EXPECT_TRUE(route_of_length(128, AF_INET6));
  for (const auto& refused : {route_of_length(33, AF_INET), route_of_length(255, AF_INET6)}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::kMalformed);
    EXPECT_EQ(refused.error().field, "rtm_dst_len");
  }
}

}  // namespace
}  // namespace neigh::rtnl
