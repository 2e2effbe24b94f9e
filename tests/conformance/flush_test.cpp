// SPDX-License-Identifier: Apache-2.0
// FlushIpNetTable2.
#include <set>

#include "conformance/fixture.hpp"

namespace neigh::conformance {
namespace {

class Flush : public ApiTest {
 protected:
  /// One entry of each family on two interfaces, in states that flushing could treat differently.
  void fill() {
    home().hold_timers(link());
    home().hold_timers(home().second_link());
    for (const Link* on : {&link(), &home().second_link()}) {
      home().put(*on, {{.address = kFree4, .link_address = kMac, .state = "permanent"},
                       {.address = "192.0.2.51", .link_address = kMac, .state = "stale"},
                       {.address = "192.0.2.52", .state = "failed"},
                       {.address = kFree6, .link_address = kMac, .state = "permanent"},
                       {.address = "2001:db8::51", .link_address = kMac, .state = "reachable"},
                       {.address = "2001:db8::52", .state = "incomplete"}});
    }
  }

  /// "dev family" of what is left beside the kernel's own NOARP entries, each once.
  std::set<std::string> left() {
    std::set<std::string> all;
    for (const IpNeigh& row : home().rows()) {
      if (row.state() == "NOARP") continue;
      all.insert(row.dev + (row.dst.find(':') == std::string::npos ? " 4" : " 6"));
    }
    return all;
  }
};

TEST_F(Flush, OneFamilyOfOneInterface) {
  NEIGH_CITES("F-01", "F-05", "F-06", "F-09", "LIB-17", "A-01");
  fill();
  EXPECT_THAT(FlushIpNetTable2(AF_INET, link().index), Gives(Expected::kSuccess));
  EXPECT_EQ(left(), (std::set<std::string>{"second 4", "second 6", link().name + " 6"}));
  EXPECT_THAT(FlushIpNetTable2(AF_INET6, home().second_link().index), Gives(Expected::kSuccess));
  EXPECT_EQ(left(), (std::set<std::string>{"second 4", link().name + " 6"}));
}

TEST_F(Flush, OneFamilyOfAllInterfaces) {
  NEIGH_CITES("F-05", "F-06");
  fill();
  EXPECT_THAT(FlushIpNetTable2(AF_INET6, 0), Gives(Expected::kSuccess));
  EXPECT_EQ(left(), (std::set<std::string>{"second 4", link().name + " 4"}));
  EXPECT_THAT(FlushIpNetTable2(AF_INET, 0), Gives(Expected::kSuccess));
  EXPECT_EQ(left(), std::set<std::string>{});
}

TEST_F(Flush, BothFamiliesOfOneInterface) {
  NEIGH_CITES("F-05", "F-06");
  fill();
  EXPECT_THAT(FlushIpNetTable2(AF_UNSPEC, home().second_link().index), Gives(Expected::kSuccess));
  EXPECT_EQ(left(), (std::set<std::string>{link().name + " 4", link().name + " 6"}));
}

TEST_F(Flush, Everything) {
  NEIGH_CITES("F-01", "F-05", "F-06", "F-09");
  fill();
  EXPECT_THAT(FlushIpNetTable2(AF_UNSPEC, 0), Gives(Expected::kSuccess));
  EXPECT_EQ(left(), std::set<std::string>{});
}

TEST_F(Flush, PermanentGoesAndNoarpStays) {
  NEIGH_CITES("F-09", "LIB-17");
  home().send_to_multicast(link(), "239.1.2.3");
  home().send_to_multicast(link(), "ff02::123");
  home().put(link(), {{.address = kFree4, .link_address = kMac, .state = "permanent"},
                      {.address = kFree6, .link_address = kMac, .state = "permanent"}});
  ASSERT_EQ(home().find(link(), "239.1.2.3").value_or(IpNeigh{}).state(), "NOARP");
  ASSERT_EQ(home().find(link(), "ff02::123").value_or(IpNeigh{}).state(), "NOARP");
  EXPECT_THAT(FlushIpNetTable2(AF_UNSPEC, 0), Gives(Expected::kSuccess));
  EXPECT_FALSE(home().find(link(), kFree4));
  EXPECT_FALSE(home().find(link(), kFree6));
  EXPECT_TRUE(home().find(link(), "239.1.2.3"));
  EXPECT_TRUE(home().find(link(), "ff02::123"));
}

TEST_F(Flush, ProxiesStay) {
  NEIGH_CITES("LIB-15", "LIB-17");
  home().put_proxy(link(), kFree4);
  home().put_proxy(link(), kFree6);
  EXPECT_THAT(FlushIpNetTable2(AF_UNSPEC, 0), Gives(Expected::kSuccess));
  EXPECT_EQ(home().proxies().size(), 2U);
}

TEST_F(Flush, NothingToFlushIsSuccess) {
  NEIGH_CITES("F-08", "F-10", "LIB-17");
  for (int round = 0; round < 2; ++round) {
    EXPECT_THAT(FlushIpNetTable2(AF_INET6, link().index), Gives(Expected::kSuccess));
    EXPECT_THAT(FlushIpNetTable2(AF_INET, link().index), Gives(Expected::kSuccess));
    EXPECT_THAT(FlushIpNetTable2(AF_UNSPEC, 0), Gives(Expected::kSuccess));
  }
  EXPECT_THAT(FlushIpNetTable2(AF_UNSPEC, home().loopback().index), Gives(Expected::kSuccess));
}

TEST_F(Flush, InvalidFamily) {
  NEIGH_CITES("F-02", "LIB-03");
  fill();
  const auto before = content();
  for (const int family : {1, 3, 9, 11, 23, 0xa5a5, 0xffff}) {
    for (const NET_IFINDEX index : {NET_IFINDEX{0}, NET_IFINDEX{link().index}, kUnknownIndex}) {
      EXPECT_THAT(FlushIpNetTable2(static_cast<ADDRESS_FAMILY>(family), index), Gives(Expected::kInvalidParameter))
          << family;
    }
  }
  EXPECT_EQ(content(), before);
}

TEST_F(Flush, UnknownInterface) {
  NEIGH_CITES("F-07", "LIB-17");
  fill();
  const auto before = content();
  for (const int family : {AF_UNSPEC, AF_INET, AF_INET6}) {
    for (const NET_IFINDEX index : {kUnknownIndex, NET_IFINDEX{0x7fffffff}, NET_IFINDEX{0xffffffff}}) {
      EXPECT_THAT(FlushIpNetTable2(static_cast<ADDRESS_FAMILY>(family), index), Gives(Expected::kNotFound)) << index;
    }
  }
  EXPECT_EQ(content(), before);
}

// More than one round of answers: the kernel gets them in portions.
TEST_F(Flush, ManyEntries) {
  NEIGH_CITES("F-01", "F-09");
  std::vector<Entry> entries;
  for (int i = 0; i < 1500; ++i) {
    entries.push_back(
        {.address = "10.9." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1), .link_address = kMac});
  }
  home().put(link(), entries);
  ASSERT_GE(home().rows(link().name).size(), 1500U);
  EXPECT_THAT(FlushIpNetTable2(AF_INET, link().index), Gives(Expected::kSuccess));
  EXPECT_EQ(left(), std::set<std::string>{});
}

}  // namespace
}  // namespace neigh::conformance
