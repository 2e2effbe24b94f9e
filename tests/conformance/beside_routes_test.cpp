// SPDX-License-Identifier: Apache-2.0
// Routes of the main table and the way to a destination, against `ip route`.
#include <cstring>
#include <set>
#include <string>

#include "conformance/fixture.hpp"
#include "support/ip_json.hpp"
#include "support/netns.hpp"

namespace neigh::conformance {
namespace {

class BesideRoutes : public ApiTest {
 protected:
  static IP_ADDRESS_PREFIX prefix(const std::string& text) {
    IP_ADDRESS_PREFIX out{};
    const auto slash = text.find('/');
    out.Prefix = socket_address(text.substr(0, slash));
    out.PrefixLength = static_cast<UINT8>(std::stoi(text.substr(slash + 1)));
    return out;
  }
  static MIB_IPFORWARD_ROW2 row_for(const Link& link, const std::string& destination, const std::string& next_hop) {
    MIB_IPFORWARD_ROW2 row;
    std::memset(&row, 0xa5, sizeof row);
    InitializeIpForwardEntry(&row);
    row.InterfaceLuid = luid_of(link);
    row.DestinationPrefix = prefix(destination);
    row.NextHop = socket_address(next_hop);
    return row;
  }

  static std::string line_of(const MIB_IPFORWARD_ROW2& row) {
    const std::string to =
        text_of(row.DestinationPrefix.Prefix) + "/" + std::to_string(row.DestinationPrefix.PrefixLength);
    return to + " via " + text_of(row.NextHop) + " dev " + name_of_link(row.InterfaceIndex) + " metric " +
           std::to_string(row.Metric);
  }
  static std::set<std::string> lines(ADDRESS_FAMILY family) {
    std::set<std::string> all;
    PMIB_IPFORWARD_TABLE2 table = nullptr;
    EXPECT_THAT(GetIpForwardTable2(family, &table), Gives(Expected::kSuccess));
    if (table == nullptr) return all;
    const MIB_IPFORWARD_ROW2* rows = table->Table;
    for (ULONG i = 0; i < table->NumEntries; ++i) all.insert(line_of(rows[i]));
    EXPECT_EQ(all.size(), table->NumEntries);
    FreeMibTable(table);
    return all;
  }

  static void add_tool_lines(std::set<std::string>& all, bool v6) {
    const std::string any = v6 ? "::" : "0.0.0.0";
    for (const auto& one : test::ip_json(std::string(v6 ? "-6" : "-4") + " route show table main type unicast")) {
      std::string to = one["dst"].get<std::string>();
      if (to == "default") to = any + "/0";
      if (to.find('/') == std::string::npos) to += v6 ? "/128" : "/32";
      const std::string metric = " metric " + std::to_string(one.value("metric", 0));
      const auto add = [&](const nlohmann::json& hop) {
        all.insert(to + " via " + hop.value("gateway", any) + " dev " + hop["dev"].get<std::string>() + metric);
      };
      if (one.contains("nexthops")) {
        for (const auto& hop : one["nexthops"]) add(hop);
      } else {
        add(one);
      }
    }
  }
  static std::set<std::string> tool_lines() {
    std::set<std::string> all;
    add_tool_lines(all, false);
    add_tool_lines(all, true);
    return all;
  }

  /// Interface, next hop and source of `ip route get`, and the same by the API.
  static std::string tool_way(const std::string& arguments) {
    const auto one = test::ip_json("route get " + arguments).at(0);
    const std::string any = arguments.find(':') != std::string::npos ? "::" : "0.0.0.0";
    return one["dev"].get<std::string>() + " " + one.value("gateway", any) + " " + one.value("prefsrc", "?");
  }
  static std::string api_way(const std::string& destination, const Link* over = nullptr,
                             const std::string& source = {}) {
    NET_LUID luid{};
    if (over != nullptr) luid = luid_of(*over);
    const SOCKADDR_INET to = socket_address(destination);
    SOCKADDR_INET from{};
    if (!source.empty()) from = socket_address(source);
    MIB_IPFORWARD_ROW2 row;
    SOCKADDR_INET best{};
    EXPECT_THAT(GetBestRoute2(&luid, 0, source.empty() ? nullptr : &from, &to, 0, &row, &best),
                Gives(Expected::kSuccess))
        << destination;
    return name_of_link(row.InterfaceIndex) + " " + text_of(row.NextHop) + " " + text_of(best);
  }
};

TEST_F(BesideRoutes, TableIsWhatTheToolSees) {
  (void)home().second_link();
  test::must_run("ip route add default via " + peer().v4 + " metric 50");
  test::must_run("ip route add 203.0.113.0/24 nexthop via " + peer().v4 + " dev " + link().name +
                 " nexthop via 198.51.100.2 dev second");
  test::must_run("ip -6 route add 2001:db8:9::/48 via " + peer().v6);
  test::must_run("ip -6 route add default via " + peer().link_local + " dev " + link().name);
  test::must_run("ip route add blackhole 203.0.113.64/26");
  test::must_run("ip route add 203.0.113.128/25 via " + peer().v4 + " table 77");
  EXPECT_EQ(lines(AF_UNSPEC), tool_lines());
  std::set<std::string> v4;
  add_tool_lines(v4, false);
  EXPECT_EQ(lines(AF_INET), v4);
  PMIB_IPFORWARD_TABLE2 table = nullptr;
  EXPECT_THAT(GetIpForwardTable2(AF_INET, nullptr), Gives(Expected::kInvalidParameter));
  EXPECT_THAT(GetIpForwardTable2(77, &table), Gives(Expected::kInvalidParameter));
  EXPECT_EQ(table, nullptr);
}

TEST_F(BesideRoutes, RowsAreWhole) {
  test::must_run("ip route add 203.0.113.0/24 via " + peer().v4 + " metric 7 proto static");
  test::must_run("ip -6 route add 2001:db8:9::/48 via " + peer().v6 + " proto bgp expires 3000");
  PMIB_IPFORWARD_TABLE2 table = nullptr;
  ASSERT_THAT(GetIpForwardTable2(AF_UNSPEC, &table), Gives(Expected::kSuccess));
  int seen = 0;
  const MIB_IPFORWARD_ROW2* rows = table->Table;
  for (ULONG i = 0; i < table->NumEntries; ++i) {
    const MIB_IPFORWARD_ROW2& row = rows[i];
    EXPECT_EQ(row.InterfaceLuid.Value, luid_of(link()).Value);
    const std::string to = text_of(row.DestinationPrefix.Prefix);
    if (to == "203.0.113.0") {
      ++seen;
      EXPECT_EQ(row.Metric, 7u);
      EXPECT_EQ(row.Protocol, MIB_IPPROTO_NETMGMT);
      EXPECT_EQ(row.ValidLifetime, 0xffffffffu);
      EXPECT_EQ(row.Immortal, 1);
    } else if (to == "2001:db8:9::") {
      ++seen;
      EXPECT_EQ(row.Protocol, MIB_IPPROTO_BGP);
      EXPECT_LE(row.ValidLifetime, 3000u);
      EXPECT_GT(row.ValidLifetime, 2900u);
      EXPECT_EQ(row.Immortal, 0);
    } else if (to == "192.0.2.0") {
      ++seen;
      EXPECT_EQ(row.Protocol, MIB_IPPROTO_LOCAL);
      EXPECT_EQ(row.Origin, NlroWellKnown);
      EXPECT_EQ(row.DestinationPrefix.PrefixLength, 24);
    }
  }
  FreeMibTable(table);
  EXPECT_EQ(seen, 3);
}

TEST_F(BesideRoutes, BestRouteIsTheKernelsChoice) {
  (void)home().second_link();
  test::must_run("ip route add default via " + peer().v4);
  test::must_run("ip -6 route add default via " + peer().link_local + " dev " + link().name);
  test::must_run("ip route add 203.0.113.0/24 via 198.51.100.2");
  for (const std::string to :
       {"8.8.8.8", "192.0.2.99", "203.0.113.5", "198.51.100.9", "2001:db8::9", "2001:4860::1", "2001:db8:2::7"}) {
    EXPECT_EQ(api_way(to), tool_way(to)) << to;
  }
  EXPECT_EQ(api_way(link().v4), tool_way(link().v4)) << "an own address";
  // The tool does not repeat a source that was given.
  EXPECT_EQ(api_way("203.0.113.5", nullptr, "192.0.2.1"), "second 198.51.100.2 192.0.2.1");
  EXPECT_EQ(tool_way("203.0.113.5 from 192.0.2.1"), "second 198.51.100.2 ?");
  const Link second = home().second_link();
  EXPECT_EQ(api_way("203.0.113.5", &second), tool_way("203.0.113.5 oif second"));

  // The entry behind the choice.
  const SOCKADDR_INET to = socket_address("203.0.113.5");
  MIB_IPFORWARD_ROW2 row;
  SOCKADDR_INET best;
  std::memset(&best, 0xa5, sizeof best);
  ASSERT_THAT(GetBestRoute2(nullptr, 0, nullptr, &to, 0, &row, &best), Gives(Expected::kSuccess));
  EXPECT_EQ(line_of(row), "203.0.113.0/24 via 198.51.100.2 dev second metric 0");
  EXPECT_EQ(row.InterfaceLuid.Value, luid_of(second).Value);
  const SOCKADDR_INET near = socket_address(peer().v6);
  ASSERT_THAT(GetBestRoute2(nullptr, link().index, nullptr, &near, 0, &row, &best), Gives(Expected::kSuccess));
  EXPECT_EQ(line_of(row), "2001:db8::/64 via :: dev " + link().name + " metric 256");
}

TEST_F(BesideRoutes, LinkLocalDestinationsNameTheirInterface) {
  SOCKADDR_INET to = socket_address(peer().link_local);
  to.Ipv6.sin6_scope_id = link().index;
  MIB_IPFORWARD_ROW2 row;
  SOCKADDR_INET best{};
  ASSERT_THAT(GetBestRoute2(nullptr, 0, nullptr, &to, 0, &row, &best), Gives(Expected::kSuccess));
  EXPECT_EQ(row.InterfaceIndex, link().index);
  EXPECT_EQ(text_of(best), link().link_local);
  EXPECT_EQ(best.Ipv6.sin6_scope_id, link().index);
}

TEST_F(BesideRoutes, PacketsToManyStayOnTheLink) {
  test::must_run("ip route add default via " + peer().v4);
  const auto ways = [&](const std::string& destination, const Link* over) {
    NET_LUID luid{};
    if (over != nullptr) luid = luid_of(*over);
    const SOCKADDR_INET to = socket_address(destination);
    MIB_IPFORWARD_ROW2 row;
    SOCKADDR_INET best{};
    EXPECT_THAT(GetBestRoute2(&luid, 0, nullptr, &to, 0, &row, &best), Gives(Expected::kSuccess)) << destination;
    return line_of(row);
  };
  const std::string on_link = " via 0.0.0.0 dev " + link().name + " metric 0";
  EXPECT_EQ(ways("255.255.255.255", nullptr), "255.255.255.255/32" + on_link);
  EXPECT_EQ(ways("224.0.0.1", nullptr), "224.0.0.0/4" + on_link);
  EXPECT_EQ(ways("255.255.255.255", &link()), "255.255.255.255/32" + on_link);
  EXPECT_EQ(ways("239.1.2.3", &link()), "224.0.0.0/4" + on_link);
  // A route of one's own for them is told as it is.
  test::must_run("ip route add 239.1.0.0/16 dev " + link().name + " metric 5");
  EXPECT_EQ(ways("239.1.2.3", nullptr), "239.1.0.0/16 via 0.0.0.0 dev " + link().name + " metric 5");
}

TEST_F(BesideRoutes, BestRouteErrors) {
  const SOCKADDR_INET to = socket_address("203.0.113.5");
  MIB_IPFORWARD_ROW2 row;
  std::memset(&row, 0xa5, sizeof row);
  const MIB_IPFORWARD_ROW2 before = row;
  SOCKADDR_INET best{};
  const auto ask = [&](const SOCKADDR_INET* from, const SOCKADDR_INET* destination, NET_IFINDEX index = 0) {
    return GetBestRoute2(nullptr, index, from, destination, 0, &row, &best);
  };
  EXPECT_THAT(ask(nullptr, nullptr), Gives(Expected::kInvalidParameter));
  EXPECT_THAT(GetBestRoute2(nullptr, 0, nullptr, &to, 0, nullptr, &best), Gives(Expected::kInvalidParameter));
  EXPECT_THAT(GetBestRoute2(nullptr, 0, nullptr, &to, 0, &row, nullptr), Gives(Expected::kInvalidParameter));
  SOCKADDR_INET strange = to;
  strange.si_family = 77;
  EXPECT_THAT(ask(nullptr, &strange), Gives(Expected::kInvalidParameter));
  const SOCKADDR_INET other = socket_address("2001:db8::1");
  EXPECT_THAT(ask(&other, &to), Gives(Expected::kInvalidParameter)) << "source of another family";
  const SOCKADDR_INET foreign = socket_address("192.0.2.200");
  EXPECT_THAT(ask(&foreign, &to), Gives(Expected::kInvalidParameter)) << "not an own address";
  const SOCKADDR_INET foreign6 = socket_address("2001:db8::200");
  EXPECT_THAT(ask(&foreign6, &other), Gives(Expected::kInvalidParameter));
  EXPECT_THAT(ask(nullptr, &to, kUnknownIndex), Gives(Expected::kNoInterfaceForGet));
  EXPECT_THAT(ask(nullptr, &to), Gives(Expected::kNetworkUnreachable)) << "no route";
  EXPECT_THAT(ask(nullptr, &to, link().index), Gives(Expected::kNetworkUnreachable)) << "nor over the link";
  const SOCKADDR_INET far6 = socket_address("2001:4860::1");
  EXPECT_THAT(ask(nullptr, &far6), Gives(Expected::kNetworkUnreachable));
  test::must_run("ip route add default via " + peer().v4);
  for (const std::string kind : {"blackhole", "prohibit", "unreachable"}) {
    test::must_run("ip route add " + kind + " 203.0.113.0/24");
    test::must_run("ip -6 route add " + kind + " 2001:4860::/32");
    EXPECT_THAT(ask(nullptr, &to), Gives(Expected::kNetworkUnreachable)) << kind;
    EXPECT_THAT(ask(nullptr, &far6), Gives(Expected::kNetworkUnreachable)) << kind;
    test::must_run("ip route del " + kind + " 203.0.113.0/24");
    test::must_run("ip -6 route del " + kind + " 2001:4860::/32");
  }
  EXPECT_EQ(std::memcmp(&row, &before, sizeof row), 0) << "untouched on failure";
}

TEST_F(BesideRoutes, InitializeFillsAsDocumented) {
  MIB_IPFORWARD_ROW2 row;
  std::memset(&row, 0xa5, sizeof row);
  InitializeIpForwardEntry(&row);
  EXPECT_EQ(row.ValidLifetime, 0xffffffffu);
  EXPECT_EQ(row.PreferredLifetime, 0xffffffffu);
  EXPECT_EQ(row.Loopback, 1);
  EXPECT_EQ(row.AutoconfigureAddress, 1);
  EXPECT_EQ(row.Publish, 1);
  EXPECT_EQ(row.Immortal, 1);
  EXPECT_GT(row.SitePrefixLength, 128);
  EXPECT_EQ(row.Metric, 0xffffffffu);
  EXPECT_EQ(row.NextHop.si_family, AF_UNSPEC);
  InitializeIpForwardEntry(nullptr);
}

TEST_F(BesideRoutes, CreateAndDelete) {
  (void)home().second_link();
  const auto before = tool_lines();
  struct Case {
    std::string to, via, metric;
  };
  const Case cases[] = {{"203.0.113.0/24", peer().v4, "0"}, {"203.0.113.0/24", "0.0.0.0", "0"},
                        {"0.0.0.0/0", peer().v4, "0"},      {"2001:db8:9::/48", peer().v6, "1024"},
                        {"2001:db8:9::/48", "::", "1024"},  {"::/0", peer().link_local, "1024"},
                        {"203.0.113.7/32", peer().v4, "0"}};
  for (const Case& one : cases) {
    MIB_IPFORWARD_ROW2 row = row_for(link(), one.to, one.via);
    const std::string line = one.to + " via " + one.via + " dev " + link().name + " metric " + one.metric;
    ASSERT_THAT(CreateIpForwardEntry2(&row), Gives(Expected::kSuccess)) << line;
    auto expected = before;
    expected.insert(line);
    EXPECT_EQ(tool_lines(), expected);
    EXPECT_THAT(CreateIpForwardEntry2(&row), Gives(Expected::kAlreadyExists));
    row.Metric = 5;
    EXPECT_THAT(CreateIpForwardEntry2(&row), Gives(Expected::kAlreadyExists)) << "whatever its metric";
    EXPECT_THAT(DeleteIpForwardEntry2(&row), Gives(Expected::kSuccess));
    EXPECT_EQ(tool_lines(), before);
    EXPECT_THAT(DeleteIpForwardEntry2(&row), Gives(Expected::kNotFound));
  }
}

TEST_F(BesideRoutes, SeveralWaysToOnePrefix) {
  const auto before = tool_lines();
  const Link second = home().second_link();
  const auto links = tool_lines();
  MIB_IPFORWARD_ROW2 first = row_for(link(), "203.0.113.0/24", peer().v4);
  MIB_IPFORWARD_ROW2 other = row_for(second, "203.0.113.0/24", "198.51.100.2");
  MIB_IPFORWARD_ROW2 direct = row_for(link(), "203.0.113.0/24", "0.0.0.0");
  first.Metric = 10;
  other.Metric = 20;
  direct.Metric = 30;
  for (const MIB_IPFORWARD_ROW2* row : {&first, &other, &direct}) {
    EXPECT_THAT(CreateIpForwardEntry2(row), Gives(Expected::kSuccess));
  }
  EXPECT_EQ(tool_lines().size(), links.size() + 3);
  // Without a next hop it must not take the one that has one.
  EXPECT_THAT(DeleteIpForwardEntry2(&direct), Gives(Expected::kSuccess));
  auto left = links;
  left.insert("203.0.113.0/24 via 192.0.2.2 dev " + link().name + " metric 10");
  left.insert("203.0.113.0/24 via 198.51.100.2 dev second metric 20");
  EXPECT_EQ(tool_lines(), left);
}

TEST_F(BesideRoutes, CreateRefuses) {
  const auto before = tool_lines();
  EXPECT_THAT(CreateIpForwardEntry2(nullptr), Gives(Expected::kInvalidParameter));
  EXPECT_THAT(DeleteIpForwardEntry2(nullptr), Gives(Expected::kInvalidParameter));
  const auto refuse = [&](const char* why, auto&& spoil, Expected expected = Expected::kInvalidParameter) {
    MIB_IPFORWARD_ROW2 row = row_for(link(), "203.0.113.0/24", peer().v4);
    spoil(row);
    EXPECT_THAT(CreateIpForwardEntry2(&row), Gives(expected)) << why;
  };
  using Row = MIB_IPFORWARD_ROW2;
  refuse("family", [](Row& row) { row.DestinationPrefix.Prefix.si_family = 77; });
  refuse("no next hop", [](Row& row) { row.NextHop.si_family = AF_UNSPEC; });
  refuse("two families", [](Row& row) { row.NextHop = socket_address("2001:db8::2"); });
  refuse("length", [](Row& row) { row.DestinationPrefix.PrefixLength = 33; });
  refuse("bits behind", [](Row& row) { row.DestinationPrefix.PrefixLength = 23; });
  refuse("bits behind, IPv6", [](Row& row) {
    row.DestinationPrefix = prefix("2001:db8:9::1/64");
    row.NextHop = socket_address("2001:db8::2");
  });
  refuse("multicast hop", [](Row& row) { row.NextHop = socket_address("224.0.0.1"); });
  refuse("no interface", [](Row& row) { row.InterfaceLuid.Value = 0; });
  refuse("lifetimes", [](Row& row) { row.ValidLifetime = 10; });
  refuse("finite with IPv4", [](Row& row) { row.ValidLifetime = row.PreferredLifetime = 10; });
  refuse("off the link", [](Row& row) { row.NextHop = socket_address("198.18.0.1"); });
  refuse(
      "unknown", [](Row& row) { row.InterfaceLuid = unknown_luid(); }, Expected::kNotFound);
  EXPECT_EQ(tool_lines(), before);
  home().take_down(link());
  refuse(
      "down", [](Row&) {}, Expected::kNetworkUnreachable);
}

TEST_F(BesideRoutes, FiniteLifetimesOfIpv6) {
  MIB_IPFORWARD_ROW2 row = row_for(link(), "2001:db8:9::/48", peer().v6);
  row.ValidLifetime = 3000;
  row.PreferredLifetime = 2000;
  ASSERT_THAT(CreateIpForwardEntry2(&row), Gives(Expected::kSuccess));
  const auto seen = test::ip_json("-6 route show 2001:db8:9::/48").at(0);
  EXPECT_GT(seen.value("expires", 0), 2900);
  EXPECT_LE(seen.value("expires", 0), 3000);
}

TEST_F(BesideRoutes, ChangesNeedPrivilege) {
  NEIGH_CITES("LIB-22");
  const MIB_IPFORWARD_ROW2 there = row_for(link(), "203.0.113.0/24", peer().v4);
  const MIB_IPFORWARD_ROW2 absent = row_for(link(), "203.0.112.0/24", peer().v4);
  ASSERT_THAT(CreateIpForwardEntry2(&there), Gives(Expected::kSuccess));
  const auto before = tool_lines();
  home().unprivileged([&] {
    for (const MIB_IPFORWARD_ROW2* row : {&there, &absent}) {
      EXPECT_THAT(CreateIpForwardEntry2(row), Gives(Expected::kAccessDenied));
      EXPECT_THAT(DeleteIpForwardEntry2(row), Gives(Expected::kAccessDenied));
    }
    EXPECT_EQ(lines(AF_UNSPEC), before);
    EXPECT_EQ(api_way(peer().v4), tool_way(peer().v4));
  });
  EXPECT_EQ(tool_lines(), before);
}

#ifdef NEIGH_TEST_USER
TEST_F(BesideRoutes, BestInterface) {
  (void)home().second_link();
  const SOCKADDR_INET near = socket_address("198.51.100.7");
  DWORD index = 0;
  EXPECT_EQ(GetBestInterface(near.Ipv4.sin_addr.s_addr, &index), 0u);
  EXPECT_EQ(index, home().second_link().index);
  SOCKADDR_INET near6 = socket_address("2001:db8::77");
  SOCKADDR address{};
  std::memcpy(&address, &near, sizeof address);
  EXPECT_EQ(GetBestInterfaceEx(static_cast<sockaddr*>(static_cast<void*>(&near6)), &index), 0u);
  EXPECT_EQ(index, link().index);
  index = 4711;
  EXPECT_EQ(GetBestInterface(socket_address("8.8.8.8").Ipv4.sin_addr.s_addr, &index), 1231u);
  EXPECT_EQ(index, 4711u);
  EXPECT_EQ(GetBestInterface(0x08080808, nullptr), 87u);
  EXPECT_EQ(GetBestInterfaceEx(nullptr, &index), 87u);
  address.sa_family = 77;
  EXPECT_EQ(GetBestInterfaceEx(&address, &index), 87u);
}
#endif

}  // namespace
}  // namespace neigh::conformance
