// SPDX-License-Identifier: Apache-2.0
// GetIfEntry2, GetIfTable2, GetIpInterfaceEntry, against `ip link` and `ip ntable`.
#include <cstring>
#include <span>
#include <string>

#include "conformance/fixture.hpp"
#include "conformance/text.hpp"
#include "support/ip_json.hpp"
#include "support/netns.hpp"

namespace neigh::conformance {
namespace {

std::string narrow(const WCHAR* text) {
  std::string out;
  for (; *text != 0; ++text) out.push_back(static_cast<char>(*text));
  return out;
}

/// With a number that is no level, as a C program may pass it.
__attribute__((no_sanitize("undefined"))) NETIO_STATUS get_links_of_level(unsigned number, PMIB_IF_TABLE2* table) {
  MIB_IF_TABLE_LEVEL level = MibIfTableNormal;
  std::memcpy(&level, &number, sizeof level);
  return GetIfTable2Ex(level, table);
}

class BesideLinks : public ApiTest {
 protected:
  static MIB_IF_ROW2 garbage() {
    MIB_IF_ROW2 row;
    std::memset(&row, 0xa5, sizeof row);
    return row;
  }
  MIB_IF_ROW2 entry(const Link& one) {
    MIB_IF_ROW2 row = garbage();
    row.InterfaceLuid = luid_of(one);
    EXPECT_THAT(GetIfEntry2(&row), Gives(Expected::kSuccess));
    return row;
  }

  static void expect_same(const MIB_IF_ROW2& row, const nlohmann::json& link) {
    EXPECT_EQ(row.InterfaceIndex, link["ifindex"].get<NET_IFINDEX>());
    EXPECT_EQ(narrow(row.Alias), link["ifname"].get<std::string>());
    EXPECT_EQ(narrow(row.Description), link.value("ifalias", link["ifname"].get<std::string>()));
    EXPECT_EQ(row.Mtu, link["mtu"].get<ULONG>());
    if (link["link_type"] != "none" && link["link_type"] != "loopback") {
      EXPECT_EQ(link_text(std::span(row.PhysicalAddress).first(row.PhysicalAddressLength)),
                link["address"].get<std::string>());
    } else {
      EXPECT_EQ(row.PhysicalAddressLength, 0u);
    }
    const auto& flags = link["flags"];
    const auto has = [&](const char* flag) { return std::find(flags.begin(), flags.end(), flag) != flags.end(); };
    EXPECT_EQ(row.AdminStatus, has("UP") ? NET_IF_ADMIN_STATUS_UP : NET_IF_ADMIN_STATUS_DOWN);
    const std::string state = link["operstate"].get<std::string>();
    if (state == "UP") {
      EXPECT_EQ(row.OperStatus, IfOperStatusUp);
    }
    if (state == "DOWN") {
      EXPECT_EQ(row.OperStatus, IfOperStatusDown);
    }
    if (state == "LOWERLAYERDOWN") {
      EXPECT_EQ(row.OperStatus, IfOperStatusLowerLayerDown);
    }
    EXPECT_EQ(row.AccessType, has("LOOPBACK")      ? NET_IF_ACCESS_LOOPBACK
                              : has("POINTOPOINT") ? NET_IF_ACCESS_POINT_TO_POINT
                                                   : NET_IF_ACCESS_BROADCAST);
  }
};

TEST_F(BesideLinks, EntryIsWhatTheToolSees) {
  test::must_run("ip link set " + link().name + " alias 'the uplink'");
  (void)home().second_link();
  for (const Link& one : {link(), home().loopback(), home().second_link(), home().addressless_link()}) {
    const MIB_IF_ROW2 row = entry(one);
    expect_same(row, test::ip_json("-details link show dev " + one.name).at(0));
    EXPECT_EQ(row.InterfaceLuid.Value, luid_of(one).Value);
    EXPECT_EQ(row.Type, one.type);
    EXPECT_EQ(row.InterfaceGuid.Data1, one.index);
    EXPECT_EQ(row.InterfaceAndOperStatusFlags.HardwareInterface, 0) << "all of them are software";
  }
  EXPECT_EQ(narrow(entry(link()).Description), "the uplink");
  EXPECT_EQ(entry(link()).TransmitLinkSpeed, 10'000'000'000u) << "what veth devices say";
  EXPECT_EQ(entry(home().loopback()).TransmitLinkSpeed, ~0ULL) << "not known";
}

TEST_F(BesideLinks, CountersMove) {
  const MIB_IF_ROW2 before = entry(link());
  MIB_IPNET_ROW2 row = key_row(link(), peer().v4);
  ASSERT_THAT(ResolveIpNetEntry2(&row, nullptr), Gives(Expected::kSuccess));
  const MIB_IF_ROW2 after = entry(link());
  EXPECT_GT(after.OutOctets, before.OutOctets);
  EXPECT_GT(after.InOctets, before.InOctets);
  EXPECT_GT(after.InUcastPkts + after.InNUcastPkts, before.InUcastPkts + before.InNUcastPkts);
}

TEST_F(BesideLinks, StatesFollowTheLink) {
  home().take_down(link());
  const MIB_IF_ROW2 row = entry(link());
  EXPECT_EQ(row.AdminStatus, NET_IF_ADMIN_STATUS_DOWN);
  EXPECT_EQ(row.OperStatus, IfOperStatusDown);
  EXPECT_EQ(row.MediaConnectState, MediaConnectStateDisconnected);
  EXPECT_EQ(row.InterfaceAndOperStatusFlags.NotMediaConnected, 1);
}

TEST_F(BesideLinks, EntryErrors) {
  EXPECT_THAT(GetIfEntry2(nullptr), Gives(Expected::kInvalidParameter));
  MIB_IF_ROW2 row = garbage();
  row.InterfaceLuid.Value = 0;
  row.InterfaceIndex = 0;
  EXPECT_THAT(GetIfEntry2(&row), Gives(Expected::kInvalidParameter));
  row = garbage();
  row.InterfaceLuid = unknown_luid();
  row.InterfaceIndex = link().index;
  const MIB_IF_ROW2 before = row;
  EXPECT_THAT(GetIfEntry2(&row), Gives(Expected::kNameNotFound)) << "a LUID alone decides";
  EXPECT_EQ(std::memcmp(&row, &before, sizeof row), 0) << "untouched on failure";
  row.InterfaceLuid.Value = 0;
  row.InterfaceIndex = kUnknownIndex;
  EXPECT_THAT(GetIfEntry2(&row), Gives(Expected::kNameNotFound));
  row.InterfaceIndex = link().index;
  EXPECT_THAT(GetIfEntry2(&row), Gives(Expected::kSuccess)) << "by the index";
}

TEST_F(BesideLinks, TableHoldsEveryLink) {
  (void)home().second_link();
  (void)home().addressless_link();
  for (const auto level : {MibIfTableNormal, MibIfTableRaw}) {
    PMIB_IF_TABLE2 table = nullptr;
    ASSERT_THAT(GetIfTable2Ex(level, &table), Gives(Expected::kSuccess));
    const auto links = test::ip_json("-details link show");
    ASSERT_EQ(table->NumEntries, links.size());
    for (ULONG i = 0; i < table->NumEntries; ++i) {
      const MIB_IF_ROW2* rows = table->Table;
      if (i > 0) {
        EXPECT_LT(rows[i - 1].InterfaceIndex, rows[i].InterfaceIndex);
      }
      for (const auto& one : links) {
        if (one["ifindex"] == rows[i].InterfaceIndex) expect_same(rows[i], one);
      }
    }
    FreeMibTable(table);
  }
  PMIB_IF_TABLE2 table = nullptr;
  EXPECT_THAT(GetIfTable2(&table), Gives(Expected::kSuccess));
  FreeMibTable(table);
  EXPECT_THAT(GetIfTable2(nullptr), Gives(Expected::kInvalidParameter));
  table = nullptr;
  EXPECT_THAT(get_links_of_level(3, &table), Gives(Expected::kInvalidParameter));
  EXPECT_EQ(table, nullptr);
}

TEST_F(BesideLinks, WhatAFamilyHasSet) {
  const std::string v6 = "net/ipv6/conf/" + link().name + "/";
  test::write_sysctl("net/ipv4/conf/" + link().name + "/forwarding", "1");
  test::write_sysctl(v6 + "mtu", "1400");
  test::write_sysctl(v6 + "dad_transmits", "3");
  test::write_sysctl("net/ipv6/neigh/" + link().name + "/retrans_time_ms", "1200");
  test::write_sysctl("net/ipv4/neigh/" + link().name + "/base_reachable_time_ms", "45000");
  for (const ADDRESS_FAMILY family : {ADDRESS_FAMILY{AF_INET}, ADDRESS_FAMILY{AF_INET6}}) {
    MIB_IPINTERFACE_ROW row;
    std::memset(&row, 0xa5, sizeof row);
    row.Family = family;
    row.InterfaceLuid = luid_of(link());
    ASSERT_THAT(GetIpInterfaceEntry(&row), Gives(Expected::kSuccess));
    EXPECT_EQ(row.InterfaceIndex, link().index);
    EXPECT_EQ(row.Family, family);
    EXPECT_EQ(row.Connected, 1);
    EXPECT_EQ(row.UseNeighborUnreachabilityDetection, 1);
    for (const auto& one : test::ip_json("ntable show dev " + link().name)) {
      if (one["family"] != (family == AF_INET ? "inet" : "inet6")) continue;
      EXPECT_EQ(row.BaseReachableTime, one["base_reachable"].get<ULONG>());
      EXPECT_EQ(row.RetransmitTime, one["retrans"].get<ULONG>());
      EXPECT_EQ(row.ReachableTime, one["reachable"].get<ULONG>());
    }
    EXPECT_EQ(row.ForwardingEnabled, family == AF_INET ? 1 : 0);
    EXPECT_EQ(row.NlMtu, family == AF_INET ? 1500u : 1400u);
    if (family == AF_INET6) {
      EXPECT_EQ(row.DadTransmits, 3u);
      EXPECT_EQ(row.RetransmitTime, 1200u);
    } else {
      EXPECT_EQ(row.BaseReachableTime, 45000u);
    }
  }
}

TEST_F(BesideLinks, FamilyErrors) {
  MIB_IPINTERFACE_ROW row{};
  EXPECT_THAT(GetIpInterfaceEntry(nullptr), Gives(Expected::kInvalidParameter));
  row.InterfaceIndex = link().index;
  for (const ADDRESS_FAMILY family : {ADDRESS_FAMILY{AF_UNSPEC}, ADDRESS_FAMILY{77}}) {
    row.Family = family;
    EXPECT_THAT(GetIpInterfaceEntry(&row), Gives(Expected::kInvalidParameter));
  }
  row.Family = AF_INET;
  row.InterfaceIndex = 0;
  EXPECT_THAT(GetIpInterfaceEntry(&row), Gives(Expected::kInvalidParameter));
  row.InterfaceIndex = kUnknownIndex;
  EXPECT_THAT(GetIpInterfaceEntry(&row), Gives(Expected::kNameNotFound));
  home().switch_ipv6_off(link());
  row.Family = AF_INET6;
  row.InterfaceIndex = link().index;
  EXPECT_THAT(GetIpInterfaceEntry(&row), Gives(Expected::kNotFound));
}

TEST_F(BesideLinks, ReadableWithoutPrivilege) {
  home().unprivileged([&] {
    expect_same(entry(link()), test::ip_json("-details link show dev " + link().name).at(0));
    PMIB_IF_TABLE2 table = nullptr;
    EXPECT_THAT(GetIfTable2(&table), Gives(Expected::kSuccess));
    FreeMibTable(table);
  });
}

}  // namespace
}  // namespace neigh::conformance
