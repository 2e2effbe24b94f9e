// SPDX-License-Identifier: Apache-2.0
// Callers without CAP_NET_ADMIN.
#include "conformance/fixture.hpp"

namespace neigh::conformance {
namespace {

class Unprivileged : public ApiTest {};

TEST_F(Unprivileged, ChangesAreDenied) {
  NEIGH_CITES("A-12", "C-11", "D-07", "F-04", "S-09", "LIB-22", "V-06");
  home().put(link(), {{.address = kFree4, .link_address = kMac}, {.address = kFree6, .link_address = kMac}});
  const auto before = content();
  home().unprivileged([&] {
    for (const std::string& address : {kFree4, kFree6}) {
      MIB_IPNET_ROW2 there = entry_row(link(), address, kOtherMac);
      EXPECT_THAT(CreateIpNetEntry2(&there), Gives(Expected::kAccessDenied));  // not "exists"
      EXPECT_THAT(SetIpNetEntry2(&there), Gives(Expected::kAccessDenied));
      EXPECT_THAT(DeleteIpNetEntry2(&there), Gives(Expected::kAccessDenied));
    }
    for (const std::string address : {"192.0.2.51", "2001:db8::51"}) {
      MIB_IPNET_ROW2 absent = entry_row(link(), address, kOtherMac);
      EXPECT_THAT(CreateIpNetEntry2(&absent), Gives(Expected::kAccessDenied));
      EXPECT_THAT(SetIpNetEntry2(&absent), Gives(Expected::kAccessDenied));  // not "not found"
      EXPECT_THAT(DeleteIpNetEntry2(&absent), Gives(Expected::kAccessDenied));
    }
    for (const int family : {AF_UNSPEC, AF_INET, AF_INET6}) {
      for (const NET_IFINDEX index : {NET_IFINDEX{0}, NET_IFINDEX{link().index}}) {
        EXPECT_THAT(FlushIpNetTable2(static_cast<ADDRESS_FAMILY>(family), index), Gives(Expected::kAccessDenied));
      }
    }
    // Nothing to flush, and denied all the same.
    EXPECT_THAT(FlushIpNetTable2(AF_INET, home().loopback().index), Gives(Expected::kAccessDenied));
  });
  EXPECT_EQ(content(), before);
}

TEST_F(Unprivileged, ArgumentsAreJudgedFirst) {
  NEIGH_CITES("LIB-03", "LIB-22");
  home().unprivileged([&] {
    EXPECT_THAT(CreateIpNetEntry2(nullptr), Gives(Expected::kInvalidParameter));
    MIB_IPNET_ROW2 row = entry_row(link(), "127.0.0.1", kMac);
    EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kInvalidParameter));
    row = entry_row(link(), kFree4, kMac);
    row.InterfaceLuid = unknown_luid();
    EXPECT_THAT(SetIpNetEntry2(&row), Gives(Expected::kNotFound));
    EXPECT_THAT(DeleteIpNetEntry2(&row), Gives(Expected::kNotFound));
    EXPECT_THAT(FlushIpNetTable2(77, 0), Gives(Expected::kInvalidParameter));
    EXPECT_THAT(FlushIpNetTable2(AF_INET, kUnknownIndex), Gives(Expected::kNotFound));
  });
}

TEST_F(Unprivileged, ReadsWork) {
  NEIGH_CITES("A-13", "G-15", "T-18", "X-01");
  home().hold_timers(link());
  home().put(link(), {{.address = kFree4, .link_address = kMac, .state = "stale", .router = true},
                      {.address = kFree6, .link_address = kMac},
                      {.address = "192.0.2.52", .state = "failed"}});
  home().unprivileged([&] {
    expect_same_tables();
    expect_entry(link(), kFree4, kMac, NlnsStale, true);
    expect_entry(link(), kFree6, kMac, NlnsPermanent);
    expect_entry(link(), "192.0.2.52", "", NlnsUnreachable);
    MIB_IPNET_ROW2 missing = key_row(link(), "192.0.2.99");
    EXPECT_THAT(GetIpNetEntry2(&missing), Gives(Expected::kNotFound));
    NET_LUID luid;
    EXPECT_THAT(ConvertInterfaceIndexToLuid(link().index, &luid), Gives(Expected::kSuccess));
  });
}

TEST_F(Unprivileged, ResolveWorksWhereNothingIsKnown) {
  NEIGH_CITES("A-13", "LIB-21", "R-01");
  home().unprivileged([&] {
    for (const std::string& address : {peer().v4, peer().v6, peer().link_local}) {
      MIB_IPNET_ROW2 row = key_row(link(), address);
      EXPECT_THAT(ResolveIpNetEntry2(&row, nullptr), Gives(Expected::kSuccess)) << address;
      EXPECT_EQ(link_text_of(row), peer().link_address);
      EXPECT_EQ(row.State, NlnsReachable);
      EXPECT_EQ(row.InterfaceIndex, link().index);
    }
    for (const std::string& address : {link().v4, link().v6}) {
      MIB_IPNET_ROW2 row = key_row(link(), address);
      EXPECT_THAT(ResolveIpNetEntry2(&row, nullptr), Gives(Expected::kSuccess)) << address;
      EXPECT_EQ(link_text_of(row), link().link_address);
    }
  });
  for (const std::string& address : {peer().v4, peer().v6, peer().link_local}) {
    EXPECT_EQ(home().find(link(), address).value_or(IpNeigh{}).lladdr, peer().link_address);
  }
}

TEST_F(Unprivileged, ResolveWithASource) {
  NEIGH_CITES("LIB-19", "LIB-21");
  home().add_address(link(), "192.0.2.77/24");
  home().unprivileged([&] {
    MIB_IPNET_ROW2 row = key_row(link(), peer().v4);
    const SOCKADDR_INET source = socket_address("192.0.2.77");
    EXPECT_THAT(ResolveIpNetEntry2(&row, &source), Gives(Expected::kSuccess));
    MIB_IPNET_ROW2 other = key_row(link(), kFree4);
    const SOCKADDR_INET foreign = socket_address("192.0.2.78");
    EXPECT_THAT(ResolveIpNetEntry2(&other, &foreign), Gives(Expected::kNotFound));
  });
}

TEST_F(Unprivileged, ResolveOfAKnownEntryIsDenied) {
  NEIGH_CITES("LIB-21", "LIB-32", "A-13");
  home().hold_timers(link());
  for (const std::string state : {"permanent", "stale", "reachable"}) {
    home().put(link(), {{.address = peer().v4, .link_address = kMac, .state = state},
                        {.address = peer().v6, .link_address = kMac, .state = state}});
    const auto before = content();
    home().unprivileged([&] {
      for (const std::string& address : {peer().v4, peer().v6}) {
        MIB_IPNET_ROW2 row = key_row(link(), address);
        const MIB_IPNET_ROW2 untouched = row;
        EXPECT_THAT(ResolveIpNetEntry2(&row, nullptr), Gives(Expected::kAccessDenied)) << state;
        EXPECT_TRUE(same_bytes(row, untouched));
      }
    });
    EXPECT_EQ(content(), before) << state;
  }
}

TEST_F(Unprivileged, ResolveOfTheSilent) {
  NEIGH_CITES("LIB-21", "LIB-18", "R-03", "R-02");
  home().set_retry_interval(link(), 50);
  home().unprivileged([&] {
    for (const std::string& address : {kFree4, kFree6}) {
      MIB_IPNET_ROW2 row = key_row(link(), address);
      const MIB_IPNET_ROW2 untouched = row;
      EXPECT_THAT(ResolveIpNetEntry2(&row, nullptr), Gives(Expected::kUnreachable)) << address;
      EXPECT_TRUE(same_bytes(row, untouched));
      // And once more, with the failed entry still there.
      EXPECT_THAT(ResolveIpNetEntry2(&row, nullptr), Gives(Expected::kUnreachable)) << address;
    }
  });
}

}  // namespace
}  // namespace neigh::conformance
