// SPDX-License-Identifier: Apache-2.0
// The IPv4-only calls from before Windows Vista, on either home. The user flavor alone has them.
#include "conformance/fixture.hpp"

#ifdef NEIGH_TEST_USER
#include <array>
#include <cstring>
#include <set>
#include <vector>

#include "conformance/text.hpp"

namespace neigh::conformance {
namespace {

ULONG number(const std::string& address) {
  ULONG out = 0;
  std::memcpy(&out, address_bytes(address).data(), sizeof out);
  return out;
}

MIB_IPNETROW row_for(const Link& link, const std::string& address, const std::string& mac, DWORD type) {
  MIB_IPNETROW row;
  std::memset(&row, 0xa5, sizeof row);
  row.dwIndex = link.index;
  row.dwAddr = number(address);
  const auto bytes = link_bytes(mac);
  row.dwPhysAddrLen = static_cast<DWORD>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), row.bPhysAddr);
  row.dwType = type;
  return row;
}

class BesideLegacy : public ApiTest {
 protected:
  /// The answer of SendARP with room for eight bytes, as text: code, then the address.
  static std::string send_arp(const std::string& to, const std::string& from = {}, ULONG room = 8) {
    std::array<UCHAR, 8> mac{};
    ULONG length = room;
    const DWORD done = SendARP(number(to), from.empty() ? 0 : number(from), mac.data(), &length);
    return std::to_string(done) + " " + link_text(std::span(mac).first(std::min<ULONG>(length, 8)));
  }
};

TEST_F(BesideLegacy, SendArp) {
  NEIGH_CITES("R-20");
  EXPECT_EQ(send_arp(peer().v4), "0 " + peer().link_address);
  EXPECT_EQ(home().find(link(), peer().v4).value_or(IpNeigh{}).lladdr, peer().link_address) << "it is learned";
  EXPECT_EQ(send_arp(peer().v4, link().v4), "0 " + peer().link_address);
  EXPECT_EQ(send_arp(link().v4), "0 " + link().link_address) << "an own address";
  EXPECT_EQ(send_arp(peer().v4, {}, 6), "0 " + peer().link_address);
  // Its successor gives the same answer.
  MIB_IPNET_ROW2 row = key_row(link(), peer().v4);
  ASSERT_THAT(ResolveIpNetEntry2(&row, nullptr), Gives(Expected::kSuccess));
  EXPECT_EQ(send_arp(peer().v4), "0 " + link_text(std::span(row.PhysicalAddress).first(row.PhysicalAddressLength)));
  EXPECT_EQ(send_arp("127.0.0.1"), "0 ") << "no physical address (M-06)";
  EXPECT_EQ(send_arp("192.0.2.255"), "0 ff:ff:ff:ff:ff:ff") << "LIB-35";
}

TEST_F(BesideLegacy, SendArpErrors) {
  home().set_retry_interval(link(), 20);
  EXPECT_EQ(send_arp("192.0.2.80"), "67 ") << "nobody answers";
  EXPECT_EQ(send_arp(peer().v4, {}, 5), "111 ");
  EXPECT_EQ(send_arp(peer().v4, "192.0.2.99"), "1168 ") << "no own address";
  UCHAR mac[8] = {};
  ULONG length = 8;
  EXPECT_EQ(SendARP(0, 0, mac, &length), 31u);
  EXPECT_EQ(SendARP(number("224.0.0.1"), 0, mac, &length), 31u);
  EXPECT_EQ(SendARP(number("255.255.255.255"), 0, mac, &length), 31u);
  EXPECT_EQ(SendARP(number(peer().v4), 0, nullptr, &length), 87u);
  EXPECT_EQ(SendARP(number(peer().v4), 0, mac, nullptr), 87u);
  EXPECT_EQ(length, 8u);
}

TEST_F(BesideLegacy, CreateSetDelete) {
  MIB_IPNETROW row = row_for(link(), kFree4, kMac, MIB_IPNET_TYPE_STATIC);
  EXPECT_EQ(SetIpNetEntry(&row), 1168u) << "there is none";
  EXPECT_EQ(CreateIpNetEntry(&row), 0u);
  EXPECT_EQ(home().find(link(), kFree4).value_or(IpNeigh{}).lladdr, kMac);
  EXPECT_EQ(home().find(link(), kFree4).value_or(IpNeigh{}).state(), "PERMANENT");
  EXPECT_EQ(CreateIpNetEntry(&row), 5010u);
  row = row_for(link(), kFree4, kOtherMac, MIB_IPNET_TYPE_DYNAMIC);
  EXPECT_EQ(SetIpNetEntry(&row), 0u);
  EXPECT_EQ(home().find(link(), kFree4).value_or(IpNeigh{}).lladdr, kOtherMac);
  EXPECT_EQ(home().find(link(), kFree4).value_or(IpNeigh{}).state(), "REACHABLE");
  row.dwPhysAddrLen = 99;  // only the key counts
  EXPECT_EQ(DeleteIpNetEntry(&row), 0u);
  EXPECT_FALSE(home().find(link(), kFree4));
  EXPECT_EQ(DeleteIpNetEntry(&row), 1168u);
  // Eight bytes, as programs pass the whole array.
  row = row_for(link(), kFree4, kMac + ":00:00", MIB_IPNET_TYPE_STATIC);
  EXPECT_EQ(CreateIpNetEntry(&row), 0u);
  EXPECT_EQ(home().find(link(), kFree4).value_or(IpNeigh{}).lladdr, kMac);
  row.dwType = MIB_IPNET_TYPE_INVALID;
  EXPECT_EQ(SetIpNetEntry(&row), 0u) << "which removes it";
  EXPECT_FALSE(home().find(link(), kFree4));
}

TEST_F(BesideLegacy, WritesRefuse) {
  const auto before = content();
  EXPECT_EQ(CreateIpNetEntry(nullptr), 87u);
  EXPECT_EQ(SetIpNetEntry(nullptr), 87u);
  EXPECT_EQ(DeleteIpNetEntry(nullptr), 87u);
  const auto refuse = [&](const char* why, auto&& spoil) {
    MIB_IPNETROW row = row_for(link(), kFree4, kMac, MIB_IPNET_TYPE_STATIC);
    spoil(row);
    EXPECT_EQ(CreateIpNetEntry(&row), 87u) << why;
    EXPECT_EQ(SetIpNetEntry(&row), 87u) << why;
  };
  refuse("no length", [](MIB_IPNETROW& row) { row.dwPhysAddrLen = 0; });
  refuse("long", [](MIB_IPNETROW& row) { row.dwPhysAddrLen = 9; });
  refuse("short", [](MIB_IPNETROW& row) { row.dwPhysAddrLen = 5; });
  refuse("type", [](MIB_IPNETROW& row) { row.dwType = 5; });
  refuse("type", [](MIB_IPNETROW& row) { row.dwType = MIB_IPNET_TYPE_OTHER; });
  refuse("no interface", [](MIB_IPNETROW& row) { row.dwIndex = 0; });
  refuse("unknown", [](MIB_IPNETROW& row) { row.dwIndex = kUnknownIndex; });
  for (const std::string address : {"0.0.0.0", "127.0.0.1", "224.0.0.9", "255.255.255.255"}) {
    refuse(address.c_str(), [&](MIB_IPNETROW& row) { row.dwAddr = number(address); });
  }
  EXPECT_EQ(content(), before);
}

TEST_F(BesideLegacy, Table) {
  home().hold_timers(link());
  EXPECT_EQ(FlushIpNetTable(link().index), 0u);
  home().put(link(), {{.address = kFree4, .link_address = kMac},
                      {.address = "192.0.2.51", .link_address = kOtherMac, .state = "stale"},
                      {.address = "192.0.2.52", .state = "failed"},
                      {.address = kFree6, .link_address = kMac}});
  ULONG size = 0;
  ASSERT_EQ(GetIpNetTable(nullptr, &size, TRUE), 122u);
  const ULONG needed = size;
  std::vector<ULONG> block(needed / sizeof(ULONG) + 1, 0xa5a5a5a5);
  auto* table = static_cast<MIB_IPNETTABLE*>(static_cast<void*>(block.data()));
  size = needed - 1;
  EXPECT_EQ(GetIpNetTable(table, &size, FALSE), 122u);
  EXPECT_EQ(size, needed);
  EXPECT_EQ(block.front(), 0xa5a5a5a5u) << "nothing was written";
  ASSERT_EQ(GetIpNetTable(table, &size, TRUE), 0u);
  EXPECT_EQ(block.back(), 0xa5a5a5a5u);
  std::set<std::string> rows;
  const MIB_IPNETROW* all = table->table;
  for (DWORD i = 0; i < table->dwNumEntries; ++i) {
    if (all[i].dwIndex != link().index) continue;
    std::array<std::uint8_t, 4> bytes;
    std::memcpy(bytes.data(), &all[i].dwAddr, 4);
    rows.insert(address_text(bytes) + " " + link_text(std::span(all[i].bPhysAddr).first(all[i].dwPhysAddrLen)) + " " +
                std::to_string(all[i].dwType));
  }
  EXPECT_EQ(rows,
            (std::set<std::string>{kFree4 + " " + kMac + " 4", "192.0.2.51 " + kOtherMac + " 3", "192.0.2.52  2"}));
  EXPECT_EQ(GetIpNetTable(table, nullptr, FALSE), 87u);

  EXPECT_EQ(FlushIpNetTable(link().index), 0u);
  EXPECT_FALSE(home().find(link(), kFree4));
  EXPECT_TRUE(home().find(link(), kFree6)) << "IPv4 alone";
  EXPECT_EQ(FlushIpNetTable(0), 87u) << "there is no form for all";
  EXPECT_EQ(FlushIpNetTable(kUnknownIndex), 87u);
}

TEST_F(BesideLegacy, Proxies) {
  const ULONG whole = 0xffffffff;
  const ULONG address = number(kFree4);
  EXPECT_EQ(CreateProxyArpEntry(address, whole, link().index), 0u);
  const auto all = home().proxies();
  EXPECT_EQ(std::count_if(all.begin(), all.end(), [](const IpNeigh& row) { return row.dst == kFree4; }), 1);
  EXPECT_EQ(CreateProxyArpEntry(address, whole, link().index), 183u);
  EXPECT_EQ(DeleteProxyArpEntry(address, whole, link().index), 0u);
  EXPECT_TRUE(home().proxies().empty());
  EXPECT_EQ(DeleteProxyArpEntry(address, whole, link().index), 1168u);
  EXPECT_EQ(CreateProxyArpEntry(0, whole, link().index), 87u);
  EXPECT_EQ(CreateProxyArpEntry(address, 0, link().index), 87u);
  EXPECT_EQ(CreateProxyArpEntry(address, number("255.0.255.0"), link().index), 87u) << "a mask with a hole";
  EXPECT_EQ(CreateProxyArpEntry(address, number("255.255.255.0"), link().index), 50u) << "single addresses alone";
  EXPECT_EQ(CreateProxyArpEntry(address, whole, 0), 87u);
  EXPECT_EQ(CreateProxyArpEntry(address, whole, kUnknownIndex), 87u);
  EXPECT_EQ(CreateProxyArpEntry(address, whole, home().loopback().index), 50u) << "no ARP there";
}

}  // namespace
}  // namespace neigh::conformance
#endif
