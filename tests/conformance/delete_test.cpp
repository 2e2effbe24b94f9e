// SPDX-License-Identifier: Apache-2.0
// DeleteIpNetEntry2.
#include "conformance/fixture.hpp"

namespace neigh::conformance {
namespace {

class Delete : public ApiTest {};

TEST_F(Delete, RemovesEntriesOfAnyState) {
  NEIGH_CITES("A-01", "D-01", "D-08", "D-10", "D-11", "D-12", "LIB-13");
  home().hold_timers(link());
  home().put(link(), {.address = "192.0.2.200", .link_address = kMac});  // so that the table is never empty
  int number = 60;
  for (const std::string state :
       {"incomplete", "failed", "stale", "delay", "probe", "reachable", "permanent", "noarp"}) {
    for (const std::string prefix : {"192.0.2.", "2001:db8::"}) {
      const std::string address = prefix + std::to_string(number++);
      const bool resolved = state != "incomplete" && state != "failed";
      home().put(link(), {.address = address, .link_address = resolved ? kMac : "", .state = state});
      ASSERT_TRUE(home().find(link(), address));
      // Everything but the key is garbage: a length of 0xa5a5a5a5, another link-layer address, no state.
      const MIB_IPNET_ROW2 row = key_row(link(), address);
      const MIB_IPNET_ROW2 before = row;
      EXPECT_THAT(DeleteIpNetEntry2(&row), Gives(Expected::kSuccess)) << state;
      EXPECT_TRUE(same_bytes(row, before));
      EXPECT_FALSE(home().find(link(), address)) << state;
      EXPECT_EQ(Table(AF_UNSPEC).find(link(), address), nullptr) << state;
    }
  }
}

TEST_F(Delete, CreateDeleteCreate) {
  NEIGH_CITES("D-12");
  for (const std::string& address : {kFree4, kFree6}) {
    const MIB_IPNET_ROW2 row = entry_row(link(), address, kMac);
    for (int round = 0; round < 3; ++round) {
      EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kSuccess));
      EXPECT_TRUE(home().find(link(), address));
      EXPECT_THAT(DeleteIpNetEntry2(&row), Gives(Expected::kSuccess));
      EXPECT_FALSE(home().find(link(), address));
    }
  }
}

TEST_F(Delete, MissingEntry) {
  NEIGH_CITES("D-09", "LIB-07");
  const Link& second = home().second_link();
  home().put(second, {.address = kFree4, .link_address = kMac});
  home().put_proxy(link(), kFree4);
  const auto before = content();
  for (const std::string& address : {kFree4, kFree6, kFreeLocal}) {
    const MIB_IPNET_ROW2 row = key_row(link(), address);
    EXPECT_THAT(DeleteIpNetEntry2(&row), Gives(Expected::kNotFound)) << address;
  }
  EXPECT_EQ(content(), before);
}

TEST_F(Delete, AddressesThatCannotBeThereAreNotFound) {
  NEIGH_CITES("D-13", "LIB-13");
  const auto before = content();
  for (const std::string address :
       {"127.0.0.1", "::1", "0.0.0.0", "::", "255.255.255.255", "::ffff:192.0.2.9", "224.0.0.77", "ff02::77"}) {
    const MIB_IPNET_ROW2 row = key_row(link(), address);
    EXPECT_THAT(DeleteIpNetEntry2(&row), Gives(Expected::kNotFound)) << address;
  }
  EXPECT_EQ(content(), before);
}

TEST_F(Delete, InvalidArguments) {
  NEIGH_CITES("D-02", "D-03", "D-04", "D-05", "A-06", "A-09", "A-11", "LIB-04", "LIB-05");
  home().put(link(), {.address = kFree4, .link_address = kMac});
  const auto before = content();
  EXPECT_THAT(DeleteIpNetEntry2(nullptr), Gives(Expected::kInvalidParameter));
  for (const int family : {0, 1, 3, 23, 0xa5a5}) {
    MIB_IPNET_ROW2 row = key_row(link(), kFree4);
    row.Address.si_family = static_cast<ADDRESS_FAMILY>(family);
    EXPECT_THAT(DeleteIpNetEntry2(&row), Gives(Expected::kInvalidParameter)) << family;
  }
  MIB_IPNET_ROW2 row = key_row(link(), kFree4);
  set_no_key(row);
  EXPECT_THAT(DeleteIpNetEntry2(&row), Gives(Expected::kInvalidParameter));
  row.InterfaceIndex = kUnknownIndex;
  EXPECT_THAT(DeleteIpNetEntry2(&row), Gives(Expected::kNotFound));
  row.InterfaceLuid = unknown_luid();
  EXPECT_THAT(DeleteIpNetEntry2(&row), Gives(Expected::kNotFound));
  EXPECT_EQ(content(), before);
}

TEST_F(Delete, TakesRowsOfTheTable) {
  NEIGH_CITES("D-14", "D-11");
  home().hold_timers(link());
  home().put(link(), {{.address = kFree4, .link_address = kMac, .state = "stale"},
                      {.address = kFree6, .link_address = kMac, .state = "permanent"},
                      {.address = kFreeLocal, .link_address = kMac, .state = "reachable", .router = true},
                      {.address = "192.0.2.51", .state = "failed"}});
  std::size_t deleted = 0;
  const Table table(AF_UNSPEC);
  for (const MIB_IPNET_ROW2& row : table.rows()) {
    if (row.InterfaceIndex != link().index || row.Address.si_family == 0) continue;
    if (text_of(row.Address).starts_with("ff")) continue;
    EXPECT_THAT(DeleteIpNetEntry2(&row), Gives(Expected::kSuccess)) << line_of(row);
    ++deleted;
  }
  EXPECT_EQ(deleted, 4U);
  for (const IpNeigh& left : home().rows()) EXPECT_TRUE(left.dst.starts_with("ff")) << left;
}

TEST_F(Delete, OtherInterfaceAndProxyAreLeftAlone) {
  NEIGH_CITES("D-01", "A-05", "LIB-15");
  const Link& second = home().second_link();
  for (const Link* on : {&link(), &second}) home().put(*on, {.address = kFree6, .link_address = kMac});
  home().put_proxy(link(), kFree6);
  const MIB_IPNET_ROW2 row = key_row(link(), kFree6);
  EXPECT_THAT(DeleteIpNetEntry2(&row), Gives(Expected::kSuccess));
  EXPECT_FALSE(home().find(link(), kFree6));
  EXPECT_TRUE(home().find(second, kFree6));
  EXPECT_EQ(home().proxies().size(), 1U);
}

}  // namespace
}  // namespace neigh::conformance
