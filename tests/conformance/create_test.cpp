// SPDX-License-Identifier: Apache-2.0
// CreateIpNetEntry2.
#include <algorithm>
#include <cstring>

#include "conformance/fixture.hpp"

namespace neigh::conformance {
namespace {

class Create : public ApiTest {};

TEST_F(Create, AddsAPermanentEntry) {
  NEIGH_CITES("A-01", "C-01", "C-12", "C-16", "C-21", "LIB-08", "M-01", "M-15");
  for (const std::string& address : {kFree4, kFree6, kFreeLocal}) {
    const MIB_IPNET_ROW2 row = entry_row(link(), address, kMac);
    const MIB_IPNET_ROW2 before = row;
    EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kSuccess)) << address;
    EXPECT_TRUE(same_bytes(row, before)) << address;
    const auto seen = home().find(link(), address);
    ASSERT_TRUE(seen) << address;
    EXPECT_EQ(seen->lladdr, kMac);
    EXPECT_EQ(seen->state(), "PERMANENT");
    EXPECT_FALSE(seen->router);
    expect_entry(link(), address, kMac, NlnsPermanent);
  }
}

// State, times and the other flag bits may hold anything, and the result is the same.
TEST_F(Create, IgnoresStateTimesAndOtherFlags) {
  NEIGH_CITES("C-12", "LIB-08", "LIB-09", "M-16");
  int number = 60;
  for (const int state : {0, 1, 2, 3, 4, 5, 6, 7, -1, 0x5a5a5a5a}) {
    for (const int flags : {0x00, 0x02, 0xfe}) {
      const std::string address = "192.0.2." + std::to_string(number++);
      MIB_IPNET_ROW2 row = entry_row(link(), address, kMac);
      std::memcpy(&row.State, &state, sizeof row.State);
      row.Flags = static_cast<UCHAR>(flags);
      row.ReachabilityTime.LastReachable = static_cast<ULONG>(state);
      EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kSuccess)) << state;
      const auto seen = home().find(link(), address);
      ASSERT_TRUE(seen);
      EXPECT_EQ(line_of(*seen), link().name + " " + address + " " + kMac + " state 6");
      EXPECT_EQ(seen->state(), "PERMANENT");
    }
  }
}

TEST_F(Create, IsRouterIsHonored) {
  NEIGH_CITES("LIB-09", "M-16");
  for (const std::string& address : {kFree4, kFree6}) {
    MIB_IPNET_ROW2 row = entry_row(link(), address, kMac);
    row.IsRouter = 1;
    EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kSuccess));
    EXPECT_TRUE(home().find(link(), address).value_or(IpNeigh{}).router);
    expect_entry(link(), address, kMac, NlnsPermanent, true);
  }
}

TEST_F(Create, Duplicate) {
  NEIGH_CITES("C-09", "C-10", "C-14", "LIB-01", "V-07");
  for (const std::string& address : {kFree4, kFree6}) {
    const MIB_IPNET_ROW2 first = entry_row(link(), address, kMac);
    EXPECT_THAT(CreateIpNetEntry2(&first), Gives(Expected::kSuccess));
    const auto before = content();
    for (const std::string& mac : {kMac, kOtherMac}) {
      MIB_IPNET_ROW2 second = entry_row(link(), address, mac);
      second.IsRouter = 1;
      const NETIO_STATUS status = CreateIpNetEntry2(&second);
      EXPECT_THAT(status, Gives(Expected::kAlreadyExists));
      EXPECT_EQ(status, ERROR_OBJECT_ALREADY_EXISTS);
      EXPECT_FALSE(NETIO_SUCCESS(status));
    }
    EXPECT_EQ(content(), before);
  }
}

TEST_F(Create, DuplicateOfAnyState) {
  NEIGH_CITES("C-14", "C-15");
  home().hold_timers(link());
  std::vector<Entry> entries;
  for (const std::string state :
       {"none", "incomplete", "failed", "stale", "delay", "probe", "reachable", "noarp", "permanent"}) {
    for (const std::string prefix : {"192.0.2.", "2001:db8::"}) {
      const bool resolved = state != "none" && state != "incomplete" && state != "failed";
      entries.push_back({.address = prefix + std::to_string(60 + entries.size()),
                         .link_address = resolved ? kOtherMac : "",
                         .state = state});
    }
  }
  home().put(link(), entries);
  const auto before = content();
  for (const Entry& entry : entries) {
    const MIB_IPNET_ROW2 row = entry_row(link(), entry.address, kMac);
    EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kAlreadyExists)) << entry.state;
  }
  EXPECT_EQ(content(), before);
}

// The kernel keeps one IPv4 entry there for all addresses: what were written could never be found again.
TEST_F(Create, NoIpv4EntryOnTheLoopbackInterface) {
  NEIGH_CITES("LIB-33");
  const auto before = content();
  MIB_IPNET_ROW2 row = entry_row(home().loopback(), kFree4, kMac);
  row.PhysicalAddressLength = 0;
  EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kInvalidParameter));
  EXPECT_THAT(SetIpNetEntry2(&row), Gives(Expected::kInvalidParameter));
  EXPECT_EQ(content(), before);
}

TEST_F(Create, SameAddressOnAnotherInterfaceIsNoDuplicate) {
  NEIGH_CITES("C-13");
  const Link& second = home().second_link();
  for (const std::string& address : {kFree4, kFree6, kFreeLocal}) {
    const MIB_IPNET_ROW2 one = entry_row(link(), address, kMac);
    const MIB_IPNET_ROW2 other = entry_row(second, address, kOtherMac);
    EXPECT_THAT(CreateIpNetEntry2(&one), Gives(Expected::kSuccess));
    EXPECT_THAT(CreateIpNetEntry2(&other), Gives(Expected::kSuccess));
    expect_entry(link(), address, kMac, NlnsPermanent);
    expect_entry(second, address, kOtherMac, NlnsPermanent);
  }
}

// Not only refused: a proxy entry for the address is another thing.
TEST_F(Create, ProxyIsNoDuplicate) {
  NEIGH_CITES("C-13", "LIB-15");
  home().put_proxy(link(), kFree4);
  const MIB_IPNET_ROW2 row = entry_row(link(), kFree4, kMac);
  EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kSuccess));
  EXPECT_EQ(home().proxies().size(), 1U);
}

TEST_F(Create, MulticastMayBeCreated) {
  NEIGH_CITES("C-20", "LIB-12");
  for (const std::string address : {"224.0.0.251", "239.255.255.250", "ff02::fb", "ff05::1:3"}) {
    const MIB_IPNET_ROW2 row = entry_row(link(), address, kMac);
    EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kSuccess)) << address;
    EXPECT_EQ(home().find(link(), address).value_or(IpNeigh{}).lladdr, kMac) << address;
  }
}

// Anycast addresses look like unicast ones: the subnet router's is the prefix itself.
TEST_F(Create, AnycastAndOddButValidAddresses) {
  NEIGH_CITES("C-03");
  for (const std::string address : {"2001:db8::", "fe80::", "192.0.2.255", "10.1.2.3", "126.255.255.255", "128.0.0.1",
                                    "255.255.255.254", "0.0.0.1", "::2", "fec0::1", "::ffff:0:c000:201"}) {
    const MIB_IPNET_ROW2 row = entry_row(link(), address, kMac);
    EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kSuccess)) << address;
    EXPECT_TRUE(home().find(link(), address)) << address;
  }
}

TEST_F(Create, InvalidAddresses) {
  NEIGH_CITES("C-02", "C-03", "C-06", "LIB-12", "LIB-28", "A-11");
  const auto before = content();
  EXPECT_THAT(CreateIpNetEntry2(nullptr), Gives(Expected::kInvalidParameter));
  for (const std::string address : {"127.0.0.1", "127.255.255.254", "::1", "0.0.0.0", "::", "255.255.255.255",
                                    "::ffff:192.0.2.9", "::ffff:127.0.0.1"}) {
    const MIB_IPNET_ROW2 row = entry_row(link(), address, kMac);
    EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kInvalidParameter)) << address;
  }
  // 23 is AF_INET6 on Windows; natively it is no family (LIB-28).
  for (const int family : {0, 1, 3, 9, 11, 23, 0xa5a5, 0xffff}) {
    MIB_IPNET_ROW2 row = entry_row(link(), kFree4, kMac);
    row.Address.si_family = static_cast<ADDRESS_FAMILY>(family);
    EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kInvalidParameter)) << family;
  }
  EXPECT_EQ(content(), before);
}

TEST_F(Create, LengthsOnEthernet) {
  NEIGH_CITES("C-04", "C-17", "C-18", "C-19", "LIB-11", "M-07");
  int number = 60;
  for (ULONG length = 6; length <= 32; ++length) {
    for (const std::string prefix : {"192.0.2.", "2001:db8::"}) {
      const std::string address = prefix + std::to_string(number++);
      MIB_IPNET_ROW2 row = entry_row(link(), address, kMac);
      row.PhysicalAddressLength = length;
      EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kSuccess)) << length;
      expect_entry(link(), address, kMac, NlnsPermanent);  // six bytes are read back, not `length`
    }
  }
  const auto before = content();
  EXPECT_EQ(std::count_if(before.begin(), before.end(),
                          [](const std::string& line) { return line.find(" " + kMac + " state 6") != line.npos; }),
            2 * 27);

  for (const ULONG length :
       {0U, 1U, 2U, 3U, 4U, 5U, 33U, 34U, 255U, 256U, 0x7fffffffU, 0x80000000U, 0xfffffffeU, 0xffffffffU}) {
    for (const std::string& address : {kFree4, kFree6}) {
      MIB_IPNET_ROW2 row = entry_row(link(), address, kMac);
      row.PhysicalAddressLength = length;
      EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kInvalidParameter)) << length;
      MIB_IPNET_ROW2 key = key_row(link(), address);  // nothing half made is left, either
      EXPECT_THAT(GetIpNetEntry2(&key), Gives(Expected::kNotFound)) << length;
    }
  }
  EXPECT_EQ(content(), before);
}

// IPv6 alone: a device without addresses is a point-to-point one here, and the kernel keys its IPv4 entries 0.0.0.0.
TEST_F(Create, LengthsWhereNothingHasAnAddress) {
  NEIGH_CITES("C-18", "LIB-11", "M-06");
  const Link& tun = home().addressless_link();
  int number = 60;
  for (const ULONG length : {0U, 1U, 6U, 8U, 32U}) {
    const std::string address = "2001:db8:3::" + std::to_string(number++);
    MIB_IPNET_ROW2 row = entry_row(tun, address, kMac);
    row.PhysicalAddressLength = length;
    EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kSuccess)) << length;
    const auto seen = home().find(tun, address);
    ASSERT_TRUE(seen) << length;
    EXPECT_EQ(seen->state(), "PERMANENT") << length;
    expect_entry(tun, address, "", NlnsPermanent);
  }
  const auto before = content();
  for (const ULONG length : {33U, 0xffffffffU}) {
    MIB_IPNET_ROW2 row = entry_row(tun, "2001:db8:3::200", kMac);
    row.PhysicalAddressLength = length;
    EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kInvalidParameter)) << length;
  }
  EXPECT_EQ(content(), before);
}

// Any six bytes are an address, as for the kernel: all zero, broadcast and group addresses are stored.
TEST_F(Create, AnyBytesAreAnAddress) {
  NEIGH_CITES("C-04", "M-04");
  int number = 60;
  for (const std::string mac : {"00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:fb", "02:a5:a5:a5:a5:a5"}) {
    const std::string address = "192.0.2." + std::to_string(number++);
    const MIB_IPNET_ROW2 row = entry_row(link(), address, mac);
    EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kSuccess)) << mac;
    EXPECT_EQ(home().find(link(), address).value_or(IpNeigh{}).lladdr, mac);
  }
}

TEST_F(Create, NoInterface) {
  NEIGH_CITES("C-05", "C-07", "A-06", "A-09", "LIB-04", "LIB-05");
  const auto before = content();
  MIB_IPNET_ROW2 row = entry_row(link(), kFree4, kMac);
  set_no_key(row);
  EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kInvalidParameter));
  row.InterfaceIndex = kUnknownIndex;
  EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kNotFound));
  row.InterfaceLuid = unknown_luid();
  EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kNotFound));
  EXPECT_EQ(content(), before);
}

TEST_F(Create, RoundTripOfAReadRow) {
  NEIGH_CITES("LIB-09", "LIB-10", "G-11");
  for (const std::string& address : {kFree4, kFree6, kFreeLocal}) {
    MIB_IPNET_ROW2 made = entry_row(link(), address, kMac);
    made.IsRouter = 1;
    ASSERT_THAT(CreateIpNetEntry2(&made), Gives(Expected::kSuccess));
    MIB_IPNET_ROW2 read = key_row(link(), address);
    ASSERT_THAT(GetIpNetEntry2(&read), Gives(Expected::kSuccess));
    ASSERT_THAT(DeleteIpNetEntry2(&read), Gives(Expected::kSuccess));
    ASSERT_THAT(CreateIpNetEntry2(&read), Gives(Expected::kSuccess));
    MIB_IPNET_ROW2 again = key_row(link(), address);
    ASSERT_THAT(GetIpNetEntry2(&again), Gives(Expected::kSuccess));
    again.ReachabilityTime = read.ReachabilityTime;
    EXPECT_TRUE(same_bytes(read, again)) << address;
  }
}

}  // namespace
}  // namespace neigh::conformance
