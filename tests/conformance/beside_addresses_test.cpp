// SPDX-License-Identifier: Apache-2.0
// Unicast addresses of the host, against `ip address`.
#include <chrono>
#include <cstring>
#include <set>
#include <string>

#include "conformance/fixture.hpp"
#include "support/ip_json.hpp"
#include "support/netns.hpp"

namespace neigh::conformance {
namespace {

class BesideAddresses : public ApiTest {
 protected:
  static MIB_UNICASTIPADDRESS_ROW row_for(const Link& link, const std::string& address) {
    MIB_UNICASTIPADDRESS_ROW row;
    std::memset(&row, 0xa5, sizeof row);
    InitializeUnicastIpAddressEntry(&row);
    row.Address = socket_address(address);
    row.InterfaceLuid = luid_of(link);
    return row;
  }

  /// "index address/length", as the API and as the tool tell it.
  static std::set<std::string> lines(ADDRESS_FAMILY family) {
    std::set<std::string> all;
    PMIB_UNICASTIPADDRESS_TABLE table = nullptr;
    EXPECT_THAT(GetUnicastIpAddressTable(family, &table), Gives(Expected::kSuccess));
    if (table == nullptr) return all;
    const MIB_UNICASTIPADDRESS_ROW* rows = table->Table;
    for (ULONG i = 0; i < table->NumEntries; ++i) {
      all.insert(std::to_string(rows[i].InterfaceIndex) + " " + text_of(rows[i].Address) + "/" +
                 std::to_string(rows[i].OnLinkPrefixLength));
      if (i > 0) {
        EXPECT_LE(rows[i - 1].Address.si_family, rows[i].Address.si_family);
      }
    }
    EXPECT_EQ(all.size(), table->NumEntries);
    FreeMibTable(table);
    return all;
  }
  static std::set<std::string> tool_lines(const std::string& family = {}) {
    std::set<std::string> all;
    for (const auto& device : test::ip_json(family + " address show")) {
      for (const auto& one : device.value("addr_info", nlohmann::json::array())) {
        all.insert(std::to_string(device["ifindex"].get<int>()) + " " + one["local"].get<std::string>() + "/" +
                   std::to_string(one["prefixlen"].get<int>()));
      }
    }
    return all;
  }
  static bool has(const std::string& line) { return tool_lines().count(line) != 0; }
  std::string line(const std::string& address_and_length) {
    return std::to_string(link().index) + " " + address_and_length;
  }
};

TEST_F(BesideAddresses, TableIsWhatTheToolSees) {
  (void)home().second_link();
  (void)home().addressless_link();
  EXPECT_EQ(lines(AF_UNSPEC), tool_lines());
  EXPECT_EQ(lines(AF_INET), tool_lines("-4"));
  EXPECT_EQ(lines(AF_INET6), tool_lines("-6"));
  PMIB_UNICASTIPADDRESS_TABLE table = nullptr;
  EXPECT_THAT(GetUnicastIpAddressTable(AF_INET, nullptr), Gives(Expected::kInvalidParameter));
  EXPECT_THAT(GetUnicastIpAddressTable(77, &table), Gives(Expected::kInvalidParameter));
  EXPECT_EQ(table, nullptr);
}

TEST_F(BesideAddresses, EntryIsWhole) {
  test::must_run("ip address add 2001:db8:7::7/64 dev " + link().name + " nodad valid_lft 4000 preferred_lft 3000");
  MIB_UNICASTIPADDRESS_ROW row = row_for(link(), "2001:db8:7::7");
  ASSERT_THAT(GetUnicastIpAddressEntry(&row), Gives(Expected::kSuccess));
  EXPECT_EQ(text_of(row.Address), "2001:db8:7::7");
  EXPECT_EQ(row.InterfaceIndex, link().index);
  EXPECT_EQ(row.InterfaceLuid.Value, luid_of(link()).Value);
  EXPECT_EQ(row.OnLinkPrefixLength, 64);
  EXPECT_EQ(row.DadState, IpDadStatePreferred);
  EXPECT_LE(row.ValidLifetime, 4000u);
  EXPECT_GT(row.ValidLifetime, 3900u);
  EXPECT_LE(row.PreferredLifetime, 3000u);
  EXPECT_EQ(row.PrefixOrigin, IpPrefixOriginManual);
  // Now, in hundreds of nanoseconds since 1601; the kernel's clock has hundredths of a second.
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()) +
      std::chrono::seconds(11'644'473'600);
  EXPECT_NEAR(static_cast<double>(row.CreationTimeStamp.QuadPart) / 1e7, static_cast<double>(now.count()), 600.0);
  const LONGLONG created = row.CreationTimeStamp.QuadPart;
  for (int i = 0; i < 50; ++i) {
    ASSERT_THAT(GetUnicastIpAddressEntry(&row), Gives(Expected::kSuccess));
    ASSERT_EQ(row.CreationTimeStamp.QuadPart, created) << "it was made once";
  }

  row = row_for(link(), link().link_local);
  ASSERT_THAT(GetUnicastIpAddressEntry(&row), Gives(Expected::kSuccess));
  EXPECT_EQ(row.Address.Ipv6.sin6_scope_id, link().index);
  EXPECT_EQ(row.ScopeId.Value, link().index);
  EXPECT_EQ(row.PrefixOrigin, IpPrefixOriginWellKnown);
  EXPECT_EQ(row.SuffixOrigin, IpSuffixOriginLinkLayerAddress);
  EXPECT_EQ(row.ValidLifetime, 0xffffffffu);
}

TEST_F(BesideAddresses, DeprecatedAndTentativeAreTold) {
  test::must_run("ip address add 2001:db8:7::8/64 dev " + link().name + " nodad valid_lft 4000 preferred_lft 0");
  MIB_UNICASTIPADDRESS_ROW row = row_for(link(), "2001:db8:7::8");
  ASSERT_THAT(GetUnicastIpAddressEntry(&row), Gives(Expected::kSuccess));
  EXPECT_EQ(row.DadState, IpDadStateDeprecated);
  // Without a carrier detection of duplicates cannot end.
  const Link alone = home().add_link("alone", 0);
  test::must_run("ip address add 2001:db8:8::8/64 dev alone");
  row = row_for(alone, "2001:db8:8::8");
  ASSERT_THAT(GetUnicastIpAddressEntry(&row), Gives(Expected::kSuccess));
  EXPECT_EQ(row.DadState, IpDadStateTentative);
}

TEST_F(BesideAddresses, EntryChecksFamilyThenInterfaceThenEntry) {
  NEIGH_CITES("A-17");
  EXPECT_THAT(GetUnicastIpAddressEntry(nullptr), Gives(Expected::kInvalidParameter));
  MIB_UNICASTIPADDRESS_ROW row = row_for(link(), link().v4);
  row.InterfaceLuid.Value = 0;
  row.InterfaceIndex = kUnknownIndex;
  row.Address.si_family = AF_UNSPEC;
  EXPECT_THAT(GetUnicastIpAddressEntry(&row), Gives(Expected::kInvalidParameter));
  row.Address.si_family = AF_INET;
  EXPECT_THAT(GetUnicastIpAddressEntry(&row), Gives(Expected::kNameNotFound));
  row.InterfaceIndex = 0;
  EXPECT_THAT(GetUnicastIpAddressEntry(&row), Gives(Expected::kNameNotFound));
  row = row_for(link(), "192.0.2.99");
  const MIB_UNICASTIPADDRESS_ROW before = row;
  EXPECT_THAT(GetUnicastIpAddressEntry(&row), Gives(Expected::kNotFound));
  EXPECT_EQ(std::memcmp(&row, &before, sizeof row), 0);
  row = row_for(home().loopback(), link().v4);
  EXPECT_THAT(GetUnicastIpAddressEntry(&row), Gives(Expected::kNotFound)) << "another interface's address";
}

TEST_F(BesideAddresses, InitializeFillsAsDocumented) {
  MIB_UNICASTIPADDRESS_ROW row;
  std::memset(&row, 0xa5, sizeof row);
  InitializeUnicastIpAddressEntry(&row);
  EXPECT_EQ(row.PrefixOrigin, IpPrefixOriginUnchanged);
  EXPECT_EQ(row.SuffixOrigin, IpSuffixOriginUnchanged);
  EXPECT_EQ(row.ValidLifetime, 0xffffffffu);
  EXPECT_EQ(row.PreferredLifetime, 0xffffffffu);
  EXPECT_EQ(row.OnLinkPrefixLength, 255);
  EXPECT_EQ(row.Address.si_family, AF_UNSPEC);
  EXPECT_EQ(row.InterfaceLuid.Value, 0u);
  InitializeUnicastIpAddressEntry(nullptr);
}

TEST_F(BesideAddresses, CreateAndDelete) {
  for (const std::string address : {"192.0.2.77", "2001:db8:7::77"}) {
    const bool v6 = address.find(':') != std::string::npos;
    MIB_UNICASTIPADDRESS_ROW row = row_for(link(), address);
    ASSERT_THAT(CreateUnicastIpAddressEntry(&row), Gives(Expected::kSuccess)) << address;
    EXPECT_TRUE(has(line(address + (v6 ? "/128" : "/32")))) << "255 is the whole address";
    EXPECT_THAT(CreateUnicastIpAddressEntry(&row), Gives(Expected::kAlreadyExists));
    row.OnLinkPrefixLength = 24;
    EXPECT_THAT(CreateUnicastIpAddressEntry(&row), Gives(Expected::kAlreadyExists)) << "whatever its prefix";
    row.OnLinkPrefixLength = 3;
    EXPECT_THAT(DeleteUnicastIpAddressEntry(&row), Gives(Expected::kSuccess)) << "the prefix does not matter";
    EXPECT_FALSE(has(line(address + (v6 ? "/128" : "/32"))));
    EXPECT_THAT(DeleteUnicastIpAddressEntry(&row), Gives(Expected::kNotFound));
    // By the index, with a prefix and lifetimes.
    row = row_for(link(), address);
    row.InterfaceLuid.Value = 0;
    row.InterfaceIndex = link().index;
    row.OnLinkPrefixLength = v6 ? 64 : 24;
    row.ValidLifetime = 5000;
    row.PreferredLifetime = 4000;
    row.DadState = IpDadStatePreferred;
    row.PrefixOrigin = IpPrefixOriginManual;
    row.SuffixOrigin = IpSuffixOriginManual;
    ASSERT_THAT(CreateUnicastIpAddressEntry(&row), Gives(Expected::kSuccess));
    EXPECT_TRUE(has(line(address + (v6 ? "/64" : "/24"))));
    ASSERT_THAT(GetUnicastIpAddressEntry(&row), Gives(Expected::kSuccess));
    EXPECT_EQ(row.DadState, IpDadStatePreferred) << "at once";
    EXPECT_GT(row.ValidLifetime, 4900u);
    EXPECT_LE(row.ValidLifetime, 5000u);
    EXPECT_THAT(DeleteUnicastIpAddressEntry(&row), Gives(Expected::kSuccess));
  }
}

TEST_F(BesideAddresses, CreateRefuses) {
  const auto before = tool_lines();
  EXPECT_THAT(CreateUnicastIpAddressEntry(nullptr), Gives(Expected::kInvalidParameter));
  EXPECT_THAT(DeleteUnicastIpAddressEntry(nullptr), Gives(Expected::kInvalidParameter));
  for (const std::string address : {"0.0.0.0", "224.0.0.5", "255.255.255.255", "::", "ff02::1", "::ffff:192.0.2.1"}) {
    const MIB_UNICASTIPADDRESS_ROW row = row_for(link(), address);
    EXPECT_THAT(CreateUnicastIpAddressEntry(&row), Gives(Expected::kInvalidParameter)) << address;
    EXPECT_THAT(DeleteUnicastIpAddressEntry(&row), Gives(Expected::kInvalidParameter)) << address;
  }
  const MIB_UNICASTIPADDRESS_ROW loopback = row_for(link(), "::1");
  EXPECT_THAT(CreateUnicastIpAddressEntry(&loopback), Gives(Expected::kInvalidParameter)) << "elsewhere than on lo";
  const auto refuse = [&](const char* why, auto&& spoil, Expected expected = Expected::kInvalidParameter) {
    MIB_UNICASTIPADDRESS_ROW row = row_for(link(), "192.0.2.77");
    spoil(row);
    EXPECT_THAT(CreateUnicastIpAddressEntry(&row), Gives(expected)) << why;
  };
  using Row = MIB_UNICASTIPADDRESS_ROW;
  refuse("prefix", [](Row& row) { row.OnLinkPrefixLength = 33; });
  refuse("lifetimes", [](Row& row) { row.ValidLifetime = 10; });
  refuse("no lifetime", [](Row& row) { row.ValidLifetime = row.PreferredLifetime = 0; });
  refuse("one origin unchanged", [](Row& row) { row.PrefixOrigin = IpPrefixOriginManual; });
  refuse("the other", [](Row& row) { row.SuffixOrigin = IpSuffixOriginManual; });
  refuse("no origin", [](Row& row) {
    row.PrefixOrigin = static_cast<NL_PREFIX_ORIGIN>(9);
    row.SuffixOrigin = IpSuffixOriginManual;
  });
  refuse("no interface", [](Row& row) { row.InterfaceLuid.Value = 0; });
  refuse("family", [](Row& row) { row.Address.si_family = 77; });
  refuse(
      "cannot be done", [](Row& row) { row.SkipAsSource = 1; }, Expected::kNotSupported);
  refuse(
      "unknown", [](Row& row) { row.InterfaceLuid = unknown_luid(); }, Expected::kNotFound);
  EXPECT_EQ(tool_lines(), before) << "nothing was changed";
}

TEST_F(BesideAddresses, WithoutIpv6) {
  home().switch_ipv6_off(link());
  const MIB_UNICASTIPADDRESS_ROW row = row_for(link(), "2001:db8:7::1");
  EXPECT_THAT(CreateUnicastIpAddressEntry(&row), Gives(Expected::kNotSupported));
}

TEST_F(BesideAddresses, ChangesNeedPrivilege) {
  NEIGH_CITES("LIB-22");
  home().unprivileged([&] {
    for (const std::string& address : {link().v4, std::string("192.0.2.77"), std::string("2001:db8:7::1")}) {
      const MIB_UNICASTIPADDRESS_ROW row = row_for(link(), address);
      EXPECT_THAT(CreateUnicastIpAddressEntry(&row), Gives(Expected::kAccessDenied)) << address;
      EXPECT_THAT(DeleteUnicastIpAddressEntry(&row), Gives(Expected::kAccessDenied)) << address;
    }
    EXPECT_EQ(lines(AF_UNSPEC), tool_lines());
  });
}

}  // namespace
}  // namespace neigh::conformance
