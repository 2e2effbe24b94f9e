// SPDX-License-Identifier: Apache-2.0
// SetIpNetEntry2.
#include <cstring>

#include "conformance/fixture.hpp"

namespace neigh::conformance {
namespace {

class Set : public ApiTest {};

TEST_F(Set, ChangesTheLinkAddress) {
  NEIGH_CITES("A-01", "S-01", "S-12", "S-15", "LIB-08");
  for (const std::string& address : {kFree4, kFree6, kFreeLocal}) {
    home().put(link(), {.address = address, .link_address = kOtherMac});
    MIB_IPNET_ROW2 row = entry_row(link(), address, kMac);
    const MIB_IPNET_ROW2 before = row;
    EXPECT_THAT(SetIpNetEntry2(&row), Gives(Expected::kSuccess));
    EXPECT_TRUE(same_bytes(row, before));  // nothing is written back, though it is not const
    const auto seen = home().find(link(), address);
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->lladdr, kMac);
    EXPECT_EQ(seen->state(), "PERMANENT");
    expect_entry(link(), address, kMac, NlnsPermanent);
  }
}

TEST_F(Set, WorksOnAnyStateAndMakesItPermanent) {
  NEIGH_CITES("S-01", "S-14", "LIB-08");
  home().hold_timers(link());
  int number = 60;
  for (const std::string state :
       {"none", "incomplete", "failed", "stale", "delay", "probe", "reachable", "noarp", "permanent"}) {
    for (const std::string prefix : {"192.0.2.", "2001:db8::"}) {
      const std::string address = prefix + std::to_string(number++);
      const bool resolved = state != "none" && state != "incomplete" && state != "failed";
      home().put(link(), {.address = address, .link_address = resolved ? kOtherMac : "", .state = state});
      MIB_IPNET_ROW2 row = entry_row(link(), address, kMac);
      EXPECT_THAT(SetIpNetEntry2(&row), Gives(Expected::kSuccess)) << state;
      const auto seen = home().find(link(), address);
      ASSERT_TRUE(seen);
      EXPECT_EQ(seen->lladdr, kMac) << state;
      EXPECT_EQ(seen->state(), "PERMANENT") << state;
    }
  }
}

TEST_F(Set, IgnoresStateTimesAndOtherFlags) {
  NEIGH_CITES("S-12", "LIB-08", "LIB-09");
  home().put(link(), {.address = kFree4, .link_address = kOtherMac});
  for (const int state : {0, 1, 2, 3, 4, 5, 6, 7, -1, 0x5a5a5a5a}) {
    for (const int flags : {0x00, 0x02, 0xfe}) {
      MIB_IPNET_ROW2 row = entry_row(link(), kFree4, kMac);
      std::memcpy(&row.State, &state, sizeof row.State);
      row.Flags = static_cast<UCHAR>(flags);
      row.ReachabilityTime.LastReachable = static_cast<ULONG>(state);
      EXPECT_THAT(SetIpNetEntry2(&row), Gives(Expected::kSuccess)) << state;
      EXPECT_EQ(line_of(home().find(link(), kFree4).value_or(IpNeigh{})),
                link().name + " " + kFree4 + " " + kMac + " state 6");
    }
  }
}

TEST_F(Set, IsRouterIsHonoredBothWays) {
  NEIGH_CITES("LIB-09", "M-16");
  for (const std::string& address : {kFree4, kFree6}) {
    home().put(link(), {.address = address, .link_address = kMac});
    for (const bool router : {true, false, true}) {
      MIB_IPNET_ROW2 row = entry_row(link(), address, kMac);
      row.IsRouter = router ? 1 : 0;
      EXPECT_THAT(SetIpNetEntry2(&row), Gives(Expected::kSuccess));
      EXPECT_EQ(home().find(link(), address).value_or(IpNeigh{}).router, router) << address;
      expect_entry(link(), address, kMac, NlnsPermanent, router);
    }
  }
}

TEST_F(Set, NeverCreates) {
  NEIGH_CITES("S-10", "S-11", "S-13", "LIB-07");
  const Link& second = home().second_link();
  home().put(second, {.address = kFree4, .link_address = kMac});
  home().put_proxy(link(), kFree4);
  const auto before = content();
  for (const std::string& address : {kFree4, kFree6, kFreeLocal, std::string("224.0.0.9"), std::string("ff02::9")}) {
    MIB_IPNET_ROW2 row = entry_row(link(), address, kMac);
    EXPECT_THAT(SetIpNetEntry2(&row), Gives(Expected::kNotFound)) << address;
  }
  EXPECT_EQ(content(), before);
}

TEST_F(Set, OtherInterfaceIsLeftAlone) {
  NEIGH_CITES("S-01", "A-05");
  const Link& second = home().second_link();
  home().put(link(), {.address = kFree4, .link_address = kMac});
  home().put(second, {.address = kFree4, .link_address = kMac});
  MIB_IPNET_ROW2 row = entry_row(second, kFree4, kOtherMac);
  EXPECT_THAT(SetIpNetEntry2(&row), Gives(Expected::kSuccess));
  expect_entry(link(), kFree4, kMac, NlnsPermanent);
  expect_entry(second, kFree4, kOtherMac, NlnsPermanent);
}

TEST_F(Set, InvalidAddresses) {
  NEIGH_CITES("S-02", "S-03", "S-06", "LIB-12", "A-11");
  home().put(link(), {.address = kFree4, .link_address = kMac});
  const auto before = content();
  EXPECT_THAT(SetIpNetEntry2(nullptr), Gives(Expected::kInvalidParameter));
  for (const std::string address :
       {"127.0.0.1", "127.255.255.254", "::1", "0.0.0.0", "::", "255.255.255.255", "::ffff:192.0.2.50"}) {
    MIB_IPNET_ROW2 row = entry_row(link(), address, kOtherMac);
    EXPECT_THAT(SetIpNetEntry2(&row), Gives(Expected::kInvalidParameter)) << address;
  }
  for (const int family : {0, 1, 3, 23, 0xa5a5}) {
    MIB_IPNET_ROW2 row = entry_row(link(), kFree4, kOtherMac);
    row.Address.si_family = static_cast<ADDRESS_FAMILY>(family);
    EXPECT_THAT(SetIpNetEntry2(&row), Gives(Expected::kInvalidParameter)) << family;
  }
  EXPECT_EQ(content(), before);
}

TEST_F(Set, LengthsOnEthernet) {
  NEIGH_CITES("S-04", "LIB-11", "M-07");
  home().hold_timers(link());
  for (const std::string& address : {kFree4, kFree6}) {
    home().put(link(), {.address = address, .link_address = kOtherMac, .state = "stale"});
    const auto before = content();
    for (const ULONG length : {0U, 1U, 2U, 3U, 4U, 5U, 33U, 34U, 0xffffffffU}) {
      MIB_IPNET_ROW2 row = entry_row(link(), address, kMac);
      row.PhysicalAddressLength = length;
      EXPECT_THAT(SetIpNetEntry2(&row), Gives(Expected::kInvalidParameter)) << length;
      expect_entry(link(), address, kOtherMac, NlnsStale);
    }
    EXPECT_EQ(content(), before);
    for (ULONG length = 6; length <= 32; ++length) {
      const std::string& mac = length % 2 == 0 ? kMac : kOtherMac;
      MIB_IPNET_ROW2 row = entry_row(link(), address, mac);
      row.PhysicalAddressLength = length;
      EXPECT_THAT(SetIpNetEntry2(&row), Gives(Expected::kSuccess)) << length;
      expect_entry(link(), address, mac, NlnsPermanent);
    }
    EXPECT_EQ(home().find(link(), address).value_or(IpNeigh{}).lladdr, kMac);
  }
}

TEST_F(Set, LengthsWhereNothingHasAnAddress) {
  NEIGH_CITES("LIB-11", "M-06");
  const Link& tun = home().addressless_link();
  const std::string address = "2001:db8:3::9";
  home().put(tun, {.address = address});
  for (const ULONG length : {0U, 1U, 6U, 32U}) {
    MIB_IPNET_ROW2 row = entry_row(tun, address, kMac);
    row.PhysicalAddressLength = length;
    EXPECT_THAT(SetIpNetEntry2(&row), Gives(Expected::kSuccess)) << length;
    expect_entry(tun, address, "", NlnsPermanent);
  }
  MIB_IPNET_ROW2 row = entry_row(tun, address, kMac);
  row.PhysicalAddressLength = 33;
  EXPECT_THAT(SetIpNetEntry2(&row), Gives(Expected::kInvalidParameter));
}

TEST_F(Set, NoInterface) {
  NEIGH_CITES("S-05", "S-07", "A-06", "A-09", "LIB-04", "LIB-05");
  home().put(link(), {.address = kFree4, .link_address = kMac});
  const auto before = content();
  MIB_IPNET_ROW2 row = entry_row(link(), kFree4, kOtherMac);
  set_no_key(row);
  EXPECT_THAT(SetIpNetEntry2(&row), Gives(Expected::kInvalidParameter));
  row.InterfaceIndex = kUnknownIndex;
  EXPECT_THAT(SetIpNetEntry2(&row), Gives(Expected::kNotFound));
  row.InterfaceLuid = unknown_luid();
  EXPECT_THAT(SetIpNetEntry2(&row), Gives(Expected::kNotFound));
  EXPECT_EQ(content(), before);
}

}  // namespace
}  // namespace neigh::conformance
