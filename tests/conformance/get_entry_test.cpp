// SPDX-License-Identifier: Apache-2.0
// GetIpNetEntry2.
#include <algorithm>
#include <iterator>

#include "conformance/fixture.hpp"
#include "support/wait.hpp"

namespace neigh::conformance {
namespace {

class GetEntry : public ApiTest {};

TEST_F(GetEntry, FillsEveryMember) {
  NEIGH_CITES("A-01", "G-01", "G-10", "G-11", "LIB-14", "M-01", "M-02", "M-03", "M-04", "M-05", "M-06");
  for (const std::string& address : {kFree4, kFree6, kFreeLocal}) {
    home().put(link(), {.address = address, .link_address = kMac, .router = true});
    for (const Key key : {Key::kLuid, Key::kIndex, Key::kBoth}) {
      MIB_IPNET_ROW2 row = key_row(link(), address, key);
      EXPECT_THAT(GetIpNetEntry2(&row), Gives(Expected::kSuccess));
      EXPECT_EQ(text_of(row.Address), address);
      EXPECT_EQ(row.InterfaceIndex, link().index);
      EXPECT_EQ(row.InterfaceLuid.Value, luid_of(link()).Value);
      EXPECT_EQ(link_text_of(row), kMac);
      EXPECT_EQ(row.PhysicalAddressLength, 6U);
      EXPECT_TRUE(std::all_of(row.PhysicalAddress + 6, std::end(row.PhysicalAddress), [](UCHAR b) { return b == 0; }));
      EXPECT_EQ(row.State, NlnsPermanent);
      EXPECT_EQ(row.Flags, 0x01);  // IsRouter, and no bit beside it
    }
  }
}

TEST_F(GetEntry, ScopePortAndFlow) {
  NEIGH_CITES("LIB-10", "A-19");
  for (const std::string& address : {kFree6, kFreeLocal, std::string("ff02::99")}) {
    home().put(link(), {.address = address, .link_address = kMac});
    for (const ULONG scope : {0U, link().index, 77U, 0xa5a5a5a5U}) {
      MIB_IPNET_ROW2 row = key_row(link(), address);
      row.Address.Ipv6.sin6_scope_id = scope;
      EXPECT_THAT(GetIpNetEntry2(&row), Gives(Expected::kSuccess)) << address << " " << scope;
      EXPECT_EQ(row.Address.Ipv6.sin6_scope_id, address == kFreeLocal ? link().index : 0) << address;
      EXPECT_EQ(row.Address.Ipv6.sin6_port, 0);
      EXPECT_EQ(row.Address.Ipv6.sin6_flowinfo, 0U);
      // And back: what was read is a key again.
      EXPECT_THAT(GetIpNetEntry2(&row), Gives(Expected::kSuccess));
    }
  }
  home().put(link(), {.address = kFree4, .link_address = kMac});
  MIB_IPNET_ROW2 row = key_row(link(), kFree4);
  EXPECT_THAT(GetIpNetEntry2(&row), Gives(Expected::kSuccess));
  EXPECT_EQ(row.Address.Ipv4.sin_port, 0);
  EXPECT_TRUE(std::all_of(std::begin(row.Address.Ipv4.sin_zero), std::end(row.Address.Ipv4.sin_zero),
                          [](char b) { return b == 0; }));
}

TEST_F(GetEntry, MissingEntryLeavesTheRowAlone) {
  NEIGH_CITES("G-07", "G-08", "G-13", "LIB-07", "LIB-14", "LIB-32");
  const Link& second = home().second_link();
  home().put(second, {.address = kFree4, .link_address = kMac});
  home().put_proxy(link(), kFree4);
  for (const std::string address : {"192.0.2.50", "2001:db8::50", "fe80::50", "127.0.0.1", "::1", "0.0.0.0",
                                    "::", "255.255.255.255", "::ffff:192.0.2.50", "224.0.0.77"}) {
    for (const Key key : {Key::kLuid, Key::kIndex}) {
      MIB_IPNET_ROW2 row = key_row(link(), address, key);
      const MIB_IPNET_ROW2 before = row;
      EXPECT_THAT(GetIpNetEntry2(&row), Gives(Expected::kNotFound)) << address;
      EXPECT_TRUE(same_bytes(row, before)) << address;
    }
  }
}

TEST_F(GetEntry, InvalidArgumentsLeaveTheRowAlone) {
  NEIGH_CITES("G-02", "G-03", "G-04", "G-13", "A-06", "A-11", "LIB-04", "LIB-32");
  home().put(link(), {.address = kFree4, .link_address = kMac});
  EXPECT_THAT(GetIpNetEntry2(nullptr), Gives(Expected::kInvalidParameter));
  for (const int family : {0, 1, 3, 23, 0xa5a5}) {
    MIB_IPNET_ROW2 row = key_row(link(), kFree4);
    row.Address.si_family = static_cast<ADDRESS_FAMILY>(family);
    const MIB_IPNET_ROW2 before = row;
    EXPECT_THAT(GetIpNetEntry2(&row), Gives(Expected::kInvalidParameter)) << family;
    EXPECT_TRUE(same_bytes(row, before));
  }
  MIB_IPNET_ROW2 row = key_row(link(), kFree4);
  set_no_key(row);
  const MIB_IPNET_ROW2 before = row;
  EXPECT_THAT(GetIpNetEntry2(&row), Gives(Expected::kInvalidParameter));
  EXPECT_TRUE(same_bytes(row, before));
}

// The one code in which the flavors differ in meaning, not only in number (Z-03).
TEST_F(GetEntry, UnknownInterfaceLeavesTheRowAlone) {
  NEIGH_CITES("G-05", "G-06", "G-13", "A-09", "LIB-05", "LIB-32", "V-11");
  home().put(link(), {.address = kFree4, .link_address = kMac});
  MIB_IPNET_ROW2 by_index = key_row(link(), kFree4);
  set_no_key(by_index);
  by_index.InterfaceIndex = kUnknownIndex;
  MIB_IPNET_ROW2 by_luid = key_row(link(), kFree4, Key::kBoth);
  by_luid.InterfaceLuid = unknown_luid();
  for (MIB_IPNET_ROW2* row : {&by_index, &by_luid}) {
    const MIB_IPNET_ROW2 before = *row;
    EXPECT_THAT(GetIpNetEntry2(row), Gives(Expected::kNoInterfaceForGet));
    EXPECT_TRUE(same_bytes(*row, before));
  }
}

TEST_F(GetEntry, MissSendsNothingAndMakesNothing) {
  NEIGH_CITES("G-14", "LIB-14");
  const auto wire = home().listen(link());
  const auto before = content();
  for (const std::string& address : {kFree4, kFree6, peer().v4, peer().v6}) {
    MIB_IPNET_ROW2 row = key_row(link(), address);
    EXPECT_THAT(GetIpNetEntry2(&row), Gives(Expected::kNotFound)) << address;
  }
  EXPECT_EQ(content(), before);
  // A frame of ours behind the calls shows that nothing was on its way before it.
  home().send_to_multicast(link(), "239.9.9.9");
  bool marker_seen = false;
  while (!marker_seen) {
    const auto frame = wire->receive();
    ASSERT_TRUE(frame) << "the marker did not arrive";
    marker_seen = test::ether_type(*frame) == 0x0800;
    EXPECT_NE(test::ether_type(*frame), 0x0806) << test::to_hex(*frame);
    // ICMPv6 type 135 would be a solicitation; membership reports are the kernel's own.
    if (test::ether_type(*frame) == 0x86dd && frame->size() > 54) {
      EXPECT_FALSE((*frame)[20] == std::byte{58} && (*frame)[54] == std::byte{135}) << test::to_hex(*frame);
    }
  }
}

TEST_F(GetEntry, UnresolvedEntriesAreReadWithSuccess) {
  NEIGH_CITES("G-12", "M-06", "M-09", "M-10");
  home().hold_timers(link());
  for (const std::string prefix : {"192.0.2.", "2001:db8::"}) {
    home().put(link(), {{.address = prefix + "60", .state = "incomplete"},
                        {.address = prefix + "61", .state = "failed"},
                        {.address = prefix + "62", .state = "none"}});
    expect_entry(link(), prefix + "60", "", NlnsIncomplete);
    expect_entry(link(), prefix + "61", "", NlnsUnreachable);
    expect_entry(link(), prefix + "62", "", NlnsUnreachable);
  }
}

TEST_F(GetEntry, EveryState) {
  NEIGH_CITES("LIB-27", "G-12", "M-08", "M-09", "M-10", "M-11", "M-12", "M-13", "M-14", "M-15", "M-16", "V-16");
  struct Case {
    const char* state;
    bool resolved;
    NL_NEIGHBOR_STATE expected;
    int number;
  };
  const Case cases[] = {{"none", false, NlnsUnreachable, 0},
                        {"failed", false, NlnsUnreachable, 0},
                        {"incomplete", false, NlnsIncomplete, 1},
                        {"probe", true, NlnsProbe, 2},
                        {"delay", true, NlnsDelay, 3},
                        {"stale", true, NlnsStale, 4},
                        {"reachable", true, NlnsReachable, 5},
                        {"permanent", true, NlnsPermanent, 6},
                        {"noarp", true, NlnsPermanent, 6}};
  home().hold_timers(link());
  for (const std::string prefix : {"192.0.2.", "2001:db8::"}) {
    std::vector<Entry> entries;
    for (const Case& c : cases) {
      entries.push_back({.address = prefix + std::to_string(60 + entries.size()),
                         .link_address = c.resolved ? kMac : "",
                         .state = c.state});
    }
    home().put(link(), entries);
    const Table table(AF_UNSPEC);
    for (std::size_t i = 0; i < std::size(cases); ++i) {
      const Case& c = cases[i];
      MIB_IPNET_ROW2 row = key_row(link(), entries[i].address);
      EXPECT_THAT(GetIpNetEntry2(&row), Gives(Expected::kSuccess)) << c.state;
      EXPECT_EQ(row.State, c.expected) << c.state;
      EXPECT_EQ(row.State, c.number) << c.state;
      EXPECT_LT(row.State, NlnsMaximum);
      EXPECT_EQ(row.IsUnreachable, c.number == 0 ? 1 : 0) << c.state;
      EXPECT_EQ(row.Flags, c.number == 0 ? 0x02 : 0x00) << c.state;
      EXPECT_EQ(link_text_of(row), c.resolved ? kMac : "") << c.state;
      // The order that callers rely on: "<= NlnsIncomplete" is what has no address.
      EXPECT_EQ(row.State <= NlnsIncomplete, !c.resolved) << c.state;
      // And the same from the table.
      const MIB_IPNET_ROW2* listed = table.find(link(), entries[i].address);
      ASSERT_NE(listed, nullptr) << c.state;
      EXPECT_EQ(line_of(*listed), line_of(row));
      EXPECT_EQ(listed->Flags, row.Flags);
    }
  }
}

TEST_F(GetEntry, TimeSinceConfirmedOrUpdated) {
  NEIGH_CITES("LIB-24", "M-17");
  home().hold_timers(link());
  for (const std::string prefix : {"192.0.2.", "2001:db8::"}) {
    const std::string stale = prefix + "60";
    const std::string failed = prefix + "61";
    home().put(link(),
               {{.address = stale, .link_address = kMac, .state = "stale"}, {.address = failed, .state = "failed"}});
    // Until the two times of the failed entry differ and are not zero.
    ASSERT_TRUE(test::wait_until([&] {
      const IpNeigh row = home().find(link(), failed).value_or(IpNeigh{});
      return row.updated.value_or(0) >= 1 && row.confirmed != row.updated;
    }));
    const auto read = [&](const std::string& address) {
      MIB_IPNET_ROW2 row = key_row(link(), address);
      EXPECT_THAT(GetIpNetEntry2(&row), Gives(Expected::kSuccess));
      return row;
    };
    // The home's view has whole seconds, cut, and is taken before and behind ours.
    const IpNeigh stale_before = home().find(link(), stale).value_or(IpNeigh{});
    const IpNeigh failed_before = home().find(link(), failed).value_or(IpNeigh{});
    const MIB_IPNET_ROW2 stale_row = read(stale);
    const MIB_IPNET_ROW2 failed_row = read(failed);
    const IpNeigh stale_after = home().find(link(), stale).value_or(IpNeigh{});
    const IpNeigh failed_after = home().find(link(), failed).value_or(IpNeigh{});
    EXPECT_GE(stale_row.ReachabilityTime.LastReachable / 1000, stale_before.confirmed.value());
    EXPECT_LE(stale_row.ReachabilityTime.LastReachable / 1000, stale_after.confirmed.value());
    ASSERT_EQ(failed_row.IsUnreachable, 1);
    EXPECT_GE(failed_row.ReachabilityTime.LastUnreachable / 1000, failed_before.updated.value());
    EXPECT_LE(failed_row.ReachabilityTime.LastUnreachable / 1000, failed_after.updated.value());
  }
}

TEST_F(GetEntry, AddresslessInterface) {
  NEIGH_CITES("M-06", "LIB-11", "LIB-14");
  const Link& tun = home().addressless_link();
  home().put(tun, {.address = "2001:db8:3::9"});
  MIB_IPNET_ROW2 row = key_row(tun, "2001:db8:3::9");
  EXPECT_THAT(GetIpNetEntry2(&row), Gives(Expected::kSuccess));
  EXPECT_EQ(row.PhysicalAddressLength, 0U);
  EXPECT_TRUE(
      std::all_of(std::begin(row.PhysicalAddress), std::end(row.PhysicalAddress), [](UCHAR b) { return b == 0; }));
  EXPECT_EQ(row.InterfaceLuid.Info.IfType, kTunnelType);
}

}  // namespace
}  // namespace neigh::conformance
