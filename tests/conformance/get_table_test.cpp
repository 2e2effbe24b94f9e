// SPDX-License-Identifier: Apache-2.0
// GetIpNetTable2 and FreeMibTable.
#include <algorithm>
#include <array>
#include <cstring>
#include <set>
#include <tuple>

#include "conformance/fixture.hpp"
#include "conformance/text.hpp"

namespace neigh::conformance {
namespace {

class GetTable : public ApiTest {
 protected:
  /// Entries of both families in every state on three interfaces, NOARP ones that the kernel makes among them.
  void fill() {
    home().hold_timers(link());
    home().hold_timers(home().second_link());
    int number = 60;
    for (const Link* on : {&link(), &home().second_link()}) {
      std::vector<Entry> entries;
      for (const std::string state :
           {"none", "incomplete", "failed", "stale", "delay", "probe", "reachable", "noarp", "permanent"}) {
        const bool resolved = state != "none" && state != "incomplete" && state != "failed";
        for (const std::string prefix : {"192.0.2.", "2001:db8::", "fe80::"}) {
          entries.push_back({.address = prefix + std::to_string(number++),
                             .link_address = resolved ? kMac : "",
                             .state = state,
                             .router = number % 2 == 0});
        }
        if (number > 200) number = 60;
      }
      home().put(*on, entries);
    }
    home().put(home().addressless_link(), {.address = "2001:db8:3::9"});
    home().send_to_multicast(link(), "239.1.2.3");
    home().send_to_multicast(link(), "ff02::123");
  }
};

TEST_F(GetTable, IsWhatTheKernelsToolShows) {
  NEIGH_CITES("A-01", "T-01", "T-11", "T-14", "T-15", "T-19", "LIB-15", "LIB-27", "N-01");
  fill();
  expect_same_tables();
  const Table table(AF_UNSPEC);
  EXPECT_GT(table.rows().size(), 0U);
  const MIB_IPNET_ROW2* v4 = table.find(link(), "239.1.2.3");
  ASSERT_NE(v4, nullptr);
  EXPECT_EQ(v4->State, NlnsPermanent);
  EXPECT_EQ(v4->Flags, 0);
  EXPECT_EQ(link_text_of(*v4), "01:00:5e:01:02:03");
  const MIB_IPNET_ROW2* v6 = table.find(link(), "ff02::123");
  ASSERT_NE(v6, nullptr);
  EXPECT_EQ(v6->State, NlnsPermanent);
  EXPECT_EQ(link_text_of(*v6), "33:33:00:00:01:23");
}

TEST_F(GetTable, RowsHaveEverything) {
  NEIGH_CITES("T-17", "G-11", "M-02", "M-03", "M-05", "M-08", "M-16", "LIB-10", "LIB-15");
  fill();
  std::set<std::tuple<NET_IFINDEX, std::string>> seen;
  const Table table(AF_UNSPEC);
  for (const MIB_IPNET_ROW2& row : table.rows()) {
    EXPECT_TRUE(seen.emplace(row.InterfaceIndex, text_of(row.Address)).second) << "twice: " << line_of(row);
    EXPECT_NE(row.InterfaceIndex, 0U);
    for (const Link* on : {&link(), &home().second_link(), &home().addressless_link()}) {
      if (on->index == row.InterfaceIndex) {
        EXPECT_EQ(row.InterfaceLuid.Value, luid_of(*on).Value);
      }
    }
    EXPECT_GE(row.State, NlnsUnreachable);
    EXPECT_LT(row.State, NlnsMaximum);
    EXPECT_EQ(row.Flags & 0xfc, 0) << line_of(row);
    EXPECT_EQ(row.IsUnreachable != 0, row.State == NlnsUnreachable) << line_of(row);
    ASSERT_LE(row.PhysicalAddressLength, 32U);
    EXPECT_TRUE(std::all_of(row.PhysicalAddress + row.PhysicalAddressLength, std::end(row.PhysicalAddress),
                            [](UCHAR b) { return b == 0; }));
    // The padding behind the flags, too: nothing of this process's memory is handed out by mistake.
    std::array<UCHAR, 3> padding{};
    std::memcpy(padding.data(), reinterpret_cast<const UCHAR*>(&row) + 81, padding.size());
    EXPECT_EQ(padding, (std::array<UCHAR, 3>{}));
    if (row.Address.si_family == AF_INET6) {
      const bool local = text_of(row.Address).starts_with("fe80:");
      EXPECT_EQ(row.Address.Ipv6.sin6_scope_id, local ? row.InterfaceIndex : 0) << line_of(row);
    }
    // What GetIpNetEntry2 says is the same.
    MIB_IPNET_ROW2 single = row;
    EXPECT_THAT(GetIpNetEntry2(&single), Gives(Expected::kSuccess)) << line_of(row);
    EXPECT_EQ(line_of(single), line_of(row));
  }
}

TEST_F(GetTable, Families) {
  NEIGH_CITES("T-09", "T-16");
  fill();
  const Table v4(AF_INET);
  const Table v6(AF_INET6);
  const Table both(AF_UNSPEC);
  for (const MIB_IPNET_ROW2& row : v4.rows()) EXPECT_EQ(row.Address.si_family, AF_INET);
  for (const MIB_IPNET_ROW2& row : v6.rows()) EXPECT_EQ(row.Address.si_family, AF_INET6);
  std::vector<std::string> lines = v4.lines();
  for (const std::string& line : v6.lines()) lines.push_back(line);
  std::sort(lines.begin(), lines.end());
  EXPECT_EQ(both.lines(), lines);
}

TEST_F(GetTable, Order) {
  NEIGH_CITES("LIB-15");
  fill();
  home().put(link(), {{.address = "10.0.0.200", .link_address = kMac}, {.address = "10.0.0.3", .link_address = kMac}});
  using Place = std::tuple<int, NET_IFINDEX, std::vector<std::uint8_t>>;
  std::vector<Place> places;
  const Table table(AF_UNSPEC);
  for (const MIB_IPNET_ROW2& row : table.rows()) {
    places.emplace_back(row.Address.si_family == AF_INET ? 4 : 6, row.InterfaceIndex,
                        address_bytes(text_of(row.Address)));
  }
  EXPECT_TRUE(std::is_sorted(places.begin(), places.end()));
  EXPECT_EQ(std::get<0>(places.front()), 4);
  EXPECT_EQ(std::get<0>(places.back()), 6);
  // The same again: stable.
  const Table again(AF_UNSPEC);
  ASSERT_EQ(again.rows().size(), table.rows().size());
  for (std::size_t i = 0; i < table.rows().size(); ++i) EXPECT_EQ(line_of(again.rows()[i]), line_of(table.rows()[i]));
}

TEST_F(GetTable, ProxiesAreLeftOut) {
  NEIGH_CITES("LIB-15");
  home().put_proxy(link(), kFree4);
  home().put_proxy(link(), kFree6);
  home().put(link(),
             {{.address = "192.0.2.51", .link_address = kMac}, {.address = "2001:db8::51", .link_address = kMac}});
  const Table table(AF_UNSPEC);
  EXPECT_EQ(table.find(link(), kFree4), nullptr);
  EXPECT_EQ(table.find(link(), kFree6), nullptr);
  EXPECT_NE(table.find(link(), "192.0.2.51"), nullptr);
  expect_same_tables();
}

TEST_F(GetTable, NoRows) {
  NEIGH_CITES("T-06", "T-08", "T-13", "LIB-16", "F-08");
  // Only the kernel's own NOARP rows can be left by a flush; without IPv6 there are none of IPv4.
  ASSERT_THAT(FlushIpNetTable2(AF_UNSPEC, 0), Gives(Expected::kSuccess));
  for (const IpNeigh& row : home().rows()) ASSERT_NE(row.dst.find(':'), std::string::npos) << row;
  auto* table = reinterpret_cast<PMIB_IPNET_TABLE2>(0x10);
  EXPECT_THAT(GetIpNetTable2(AF_INET, &table), Gives(Expected::kNotFound));
  EXPECT_EQ(table, nullptr);
  FreeMibTable(table);  // what a caller does that always frees
}

TEST_F(GetTable, InvalidArguments) {
  NEIGH_CITES("T-02", "T-03", "T-13", "LIB-16", "LIB-32", "A-11");
  home().put(link(), {.address = kFree4, .link_address = kMac});
  for (const int family : {AF_UNSPEC, AF_INET, AF_INET6, 23}) {
    EXPECT_THAT(GetIpNetTable2(static_cast<ADDRESS_FAMILY>(family), nullptr), Gives(Expected::kInvalidParameter));
  }
  for (const int family : {1, 3, 9, 11, 23, 0xa5a5, 0xffff}) {
    for (PMIB_IPNET_TABLE2 preset : {PMIB_IPNET_TABLE2{}, reinterpret_cast<PMIB_IPNET_TABLE2>(0x10)}) {
      PMIB_IPNET_TABLE2 table = preset;
      EXPECT_THAT(GetIpNetTable2(static_cast<ADDRESS_FAMILY>(family), &table), Gives(Expected::kInvalidParameter))
          << family;
      EXPECT_EQ(table, nullptr) << family;
    }
  }
}

// More than any receive buffer holds at once, half of it made by the API and half past it.
TEST_F(GetTable, ThreeThousandEntries) {
  NEIGH_CITES("T-01", "T-11", "T-14", "N-01");
  std::vector<Entry> entries;
  for (int i = 0; i < 1500; ++i) {
    const std::string number = std::to_string(i);
    entries.push_back({.address = "2001:db8:7::" + number, .link_address = kMac});
    const std::string v4 = "10.7." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1);
    const MIB_IPNET_ROW2 row = entry_row(link(), v4, kOtherMac);
    ASSERT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kSuccess)) << v4;
  }
  home().put(link(), entries);
  expect_same_tables();
  const Table table(AF_UNSPEC);
  EXPECT_GE(table.rows().size(), 3000U);
  EXPECT_EQ(table.get()->NumEntries, table.rows().size());
}

TEST_F(GetTable, TableIsTheCallersAlone) {
  NEIGH_CITES("T-10", "X-01");
  home().put(link(), {.address = kFree4, .link_address = kMac});
  PMIB_IPNET_TABLE2 one = nullptr;
  PMIB_IPNET_TABLE2 other = nullptr;
  ASSERT_THAT(GetIpNetTable2(AF_INET, &one), Gives(Expected::kSuccess));
  ASSERT_THAT(GetIpNetTable2(AF_INET, &other), Gives(Expected::kSuccess));
  EXPECT_NE(one, other);
  const std::string line = line_of(other->Table[0]);
  std::memset(static_cast<void*>(&one->Table[0]), 0x5a, sizeof one->Table[0]);
  FreeMibTable(one);
  EXPECT_EQ(line_of(other->Table[0]), line);
  FreeMibTable(other);
}

class FreeTable : public ApiTest {
 protected:
  /// Frees what is not the library's; a debug build says so, a release build is silent (LIB-23).
  static void free_stray(PVOID pointer) {
    testing::internal::CaptureStderr();
    FreeMibTable(pointer);
    const std::string said = testing::internal::GetCapturedStderr();
#ifdef NDEBUG
    EXPECT_EQ(said, "");
#else
    EXPECT_NE(said.find("FreeMibTable"), std::string::npos) << said;
#endif
  }
};

TEST_F(FreeTable, NullIsFine) {
  NEIGH_CITES("X-03", "LIB-23");
  testing::internal::CaptureStderr();
  FreeMibTable(nullptr);
  FreeMibTable(nullptr);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(FreeTable, StrayPointersAreLeftAlone) {
  NEIGH_CITES("X-01", "X-02", "LIB-23");
  home().put(link(), {.address = kFree4, .link_address = kMac});
  Table table(AF_INET);
  const std::string line = line_of(table.rows().front());
  free_stray(&table.get()->Table[0]);  // a row's address, not the table's
  free_stray(reinterpret_cast<PVOID>(1));
  free_stray(reinterpret_cast<PVOID>(~std::uintptr_t{0}));
  int on_stack = 7;
  free_stray(&on_stack);
  auto on_heap = std::make_unique<int>(8);
  free_stray(on_heap.get());
  EXPECT_EQ(*on_heap, 8);
  EXPECT_EQ(line_of(table.rows().front()), line);
}

TEST_F(FreeTable, SecondFreeIsLeftAlone) {
  NEIGH_CITES("T-10", "X-01", "LIB-23");
  home().put(link(), {.address = kFree4, .link_address = kMac});
  Table table(AF_INET);
  PMIB_IPNET_TABLE2 freed = table.release();
  testing::internal::CaptureStderr();
  FreeMibTable(freed);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  free_stray(freed);
}

}  // namespace
}  // namespace neigh::conformance
