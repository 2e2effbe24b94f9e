// SPDX-License-Identifier: Apache-2.0
// What one call costs once its interface is known, and that a change of the interface is never missed for it.
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <thread>

#include "conformance/fixture.hpp"
#include "support/netns.hpp"
#include "support/process.hpp"
#include "support/sanitizers.hpp"
#include "support/trace.hpp"

namespace neigh::conformance {
namespace {

constexpr std::uint16_t kPppType = 23;
constexpr int kPppDevice = 512;  // ARPHRD_PPP
/// More calls than it takes until an interface is worth remembering.
constexpr int kOften = 20;

class KnownInterface : public ApiTest {
 protected:
  void know(const Link& on) {
    for (int i = 0; i < kOften; ++i) {
      MIB_IPNET_ROW2 row = key_row(on, "10.9.9.9");
      EXPECT_THAT(GetIpNetEntry2(&row), Gives(Expected::kNotFound)) << on.name;
    }
  }

  /// Every call answers as for an interface that is not there, by this LUID.
  void expect_unknown(const Link& gone) {
    for (const std::string& address : {kFree4, kFree6}) {
      MIB_IPNET_ROW2 row = entry_row(gone, address, kMac);
      const MIB_IPNET_ROW2 untouched = row;
      EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kNotFound)) << address;
      EXPECT_THAT(SetIpNetEntry2(&row), Gives(Expected::kNotFound)) << address;
      EXPECT_THAT(DeleteIpNetEntry2(&row), Gives(Expected::kNotFound)) << address;
      EXPECT_THAT(GetIpNetEntry2(&row), Gives(Expected::kNoInterfaceForGet)) << address;
      EXPECT_TRUE(same_bytes(row, untouched)) << address;
    }
  }

  /// Create, read by index, delete. The row read has the LUID of `on`.
  void expect_usable(const Link& on, const std::string& link_address) {
    const MIB_IPNET_ROW2 made = entry_row(on, kFree6, link_address);
    EXPECT_THAT(CreateIpNetEntry2(&made), Gives(Expected::kSuccess)) << on.name;
    MIB_IPNET_ROW2 read = key_row(on, kFree6, Key::kIndex);
    EXPECT_THAT(GetIpNetEntry2(&read), Gives(Expected::kSuccess)) << on.name;
    EXPECT_EQ(read.InterfaceLuid.Value, luid_of(on).Value) << on.name;
    EXPECT_THAT(DeleteIpNetEntry2(&made), Gives(Expected::kSuccess)) << on.name;
  }
};

// --- what a call costs ---

TEST_F(KnownInterface, OneRequestInTwoSystemCallsAndTwoLooks) {
#if NEIGH_TEST_ASAN || NEIGH_TEST_TSAN
  GTEST_SKIP() << "a sanitizer makes system calls of its own";
#endif
  struct Case {
    const char* name;
    NETIO_STATUS (*run)(MIB_IPNET_ROW2*);
    const char* address;
    Expected expected;
    Key key = Key::kLuid;
  };
  const auto create = [](MIB_IPNET_ROW2* row) -> NETIO_STATUS { return CreateIpNetEntry2(row); };
  const auto set = [](MIB_IPNET_ROW2* row) -> NETIO_STATUS { return SetIpNetEntry2(row); };
  const auto get = [](MIB_IPNET_ROW2* row) -> NETIO_STATUS { return GetIpNetEntry2(row); };
  const auto remove = [](MIB_IPNET_ROW2* row) -> NETIO_STATUS { return DeleteIpNetEntry2(row); };
  constexpr const char* kV4 = "192.0.2.71";
  constexpr const char* kV6 = "2001:db8::71";
  for (const Case& c :
       {Case{"create", create, kV4, Expected::kSuccess}, Case{"create6", create, kV6, Expected::kSuccess},
        Case{"duplicate", create, kV4, Expected::kAlreadyExists},
        Case{"duplicate6", create, kV6, Expected::kAlreadyExists}, Case{"set", set, kV4, Expected::kSuccess},
        Case{"set by index", set, kV4, Expected::kSuccess, Key::kIndex}, Case{"set6", set, kV6, Expected::kSuccess},
        Case{"get", get, kV4, Expected::kSuccess}, Case{"get by index", get, kV4, Expected::kSuccess, Key::kIndex},
        Case{"get6", get, kV6, Expected::kSuccess}, Case{"delete", remove, kV4, Expected::kSuccess},
        Case{"delete6", remove, kV6, Expected::kSuccess}, Case{"nothing to get", get, kV4, Expected::kNotFound},
        Case{"nothing to set", set, kV4, Expected::kNotFound}, Case{"nothing to set6", set, kV6, Expected::kNotFound},
        Case{"nothing to delete", remove, kV4, Expected::kNotFound}}) {
    auto calls = test::system_calls_of([&](const std::function<void()>& mark) {
      know(link());
      MIB_IPNET_ROW2 row = entry_row(link(), c.address, kMac, c.key);
      mark();
      const NETIO_STATUS status = c.run(&row);
      if (status == code(c.expected)) mark();
    });
    // Once in a tick of the clock it is seen that both descriptors are ours.
    EXPECT_LE(std::erase(calls, "getsockopt"), 2U) << c.name;
    // Which namespace; whether a link has changed; the request; its answer.
    EXPECT_THAT(calls, ::testing::ElementsAre("readlink", "recvfrom", "sendto", "recvfrom")) << c.name;
  }
}

// --- changes ---

/// A bridge "known0" and a tun device "other0" that take turns in being the interface of one index.
class OneIndex : public KnownInterface {
 protected:
  static constexpr std::uint32_t kIndex = 2;  // the first that a fresh namespace gives away

  OneIndex() : inside_(space_.enter()) {
    const auto aside = aside_.enter();
    test::must_run("ip tuntap add dev other0 mode tun");
    EXPECT_EQ(test::index_of("other0"), kIndex);
  }
  void make_bridge() {
    test::must_run("ip link add known0 index 2 type bridge && ip link set known0 up");
    bridge_ = {.name = "known0", .index = kIndex};
  }
  /// The index is the tun's from now on, in one step as short as can be.
  void replace_by_tun() {
    test::must_run("ip link del known0");
    bring_tun();
  }
  void bring_tun() {
    {
      const auto aside = aside_.enter();
      test::must_run("ip link set other0 netns " + space_.path());
    }
    EXPECT_EQ(test::index_of("other0"), kIndex);
    test::must_run("ip link set other0 up");
  }
  void put_tun_away() { test::must_run("ip link set other0 netns " + aside_.path()); }

  test::Namespace space_;
  test::Namespace aside_;
  test::Namespace::Scope inside_;
  Link bridge_;
  Link tun_ = {.name = "other0", .index = kIndex, .type = kTunnelType};
};

TEST_F(OneIndex, MeansAnotherDeviceFromOneCallToTheNext) {
  NEIGH_CITES("LIB-05", "LIB-25", "A-05", "A-09", "M-02");
  for (int round = 0; round < 4; ++round) {
    make_bridge();
    know(bridge_);
    expect_usable(bridge_, kMac);
    if (round % 2 == 0) {
      replace_by_tun();
    } else {
      test::must_run("ip link set known0 netns " + aside_.path() + " name gone" + std::to_string(round) +
                     " 2>/dev/null || ip link del known0");  // a bridge may not be movable
      bring_tun();
    }
    expect_unknown(bridge_);
    expect_usable(tun_, "");
    know(tun_);
    put_tun_away();
    expect_unknown(tun_);
    make_bridge();
    expect_unknown(tun_);
    expect_usable(bridge_, kMac);
    test::must_run("ip link del known0");
  }
}

// The socket that tells of changes has little room: what is lost in it counts as a change, too.
TEST_F(OneIndex, ChangesAfterManyOthers) {
  NEIGH_CITES("LIB-05", "LIB-25");
  make_bridge();
  test::must_run("ip link add busy0 type bridge");
  know(bridge_);
  std::string storm;
  for (int i = 0; i < 300; ++i) storm += "link set busy0 mtu " + std::to_string(1280 + i) + "\n";
  ASSERT_TRUE(test::run("ip -batch -", {.input = storm}).ok());
  replace_by_tun();
  expect_unknown(bridge_);
  expect_usable(tun_, "");
  // Calls amid changes that have nothing to do with them.
  put_tun_away();
  make_bridge();
  for (int i = 0; i < 3 * kOften; ++i) {
    if (i % 7 == 0) test::must_run("ip link set busy0 mtu " + std::to_string(1400 + i));
    expect_usable(bridge_, kMac);
  }
}

// What one namespace's channel knows is nothing to another's, though the index is the same.
TEST_F(OneIndex, IsAnotherDeviceInEachNamespace) {
  NEIGH_CITES("LIB-30", "A-20", "LIB-05");
  make_bridge();
  {
    const auto aside = aside_.enter();
    test::must_run("ip link set other0 up");
  }
  for (int round = 0; round < 3; ++round) {
    know(bridge_);
    expect_usable(bridge_, kMac);
    const auto visit = [&] {
      const auto aside = aside_.enter();
      expect_unknown(bridge_);
      know(tun_);
      expect_usable(tun_, "");
    };
    visit();  // the process's first thread: the process moves
    expect_unknown(tun_);
    know(bridge_);
    std::thread(visit).join();  // another one: a visit
    expect_unknown(tun_);
    expect_usable(bridge_, kMac);
  }
}

TEST_F(OneIndex, ChangesUnderAForkedChild) {
  NEIGH_CITES("LIB-29", "LIB-05");
  make_bridge();
  know(bridge_);
  EXPECT_EQ(test::run_forked([&] {
              expect_usable(bridge_, kMac);
              know(bridge_);
              replace_by_tun();
              expect_unknown(bridge_);
              expect_usable(tun_, "");
              return 0;
            }),
            0);
  expect_unknown(bridge_);
  expect_usable(tun_, "");
}

// A program closes all descriptors; the numbers are sockets of its own then, on which nothing ever comes.
TEST_F(OneIndex, ChangesWhileDescriptorsAreSomebodyElses) {
  NEIGH_CITES("LIB-29", "LIB-05");
  make_bridge();
  EXPECT_EQ(test::run_forked([&] {
              know(bridge_);
              EXPECT_GE(test::replace_all_sockets(), 2U);
              replace_by_tun();
              expect_unknown(bridge_);
              expect_usable(tun_, "");
              return 0;
            }),
            0);
}

TEST_F(OneIndex, ChangesItsTypeAndItsLengthOfAddresses) {
  NEIGH_CITES("LIB-25", "LIB-11", "LIB-05");
  test::must_run("ip tuntap add dev tap0 mode tap && ip link set tap0 up");
  Link tap = {.name = "tap0", .index = test::index_of("tap0")};
  know(tap);
  expect_usable(tap, kMac);
  test::must_run("ip link set tap0 down");
  if (!test::change_type_of_tap("tap0", kPppDevice)) GTEST_SKIP() << "this kernel's tap devices keep their type";
  expect_unknown(tap);
  tap.type = kPppType;
  NET_LUID luid;
  EXPECT_THAT(ConvertInterfaceIndexToLuid(tap.index, &luid), Gives(Expected::kSuccess));
  EXPECT_EQ(luid.Value, luid_of(tap).Value);
}

TEST_F(OneIndex, KeepsItsDeviceWhateverItIsCalled) {
  NEIGH_CITES("A-05");
  make_bridge();
  know(bridge_);
  test::must_run("ip link set known0 name renamed0");
  expect_usable(bridge_, kMac);
  test::must_run("ip link set renamed0 address 02:00:00:00:00:77");
  expect_usable(bridge_, kMac);
}

// Nobody is told that IPv6 is switched off.
TEST_F(KnownInterface, Ipv6IsSwitchedOff) {
  NEIGH_CITES("A-10", "C-08", "D-06", "G-09", "S-08");
  home().put(link(), {{.address = kFree6, .link_address = kOtherMac}});
  know(link());
  MIB_IPNET_ROW2 row = entry_row(link(), kFree6, kMac);
  EXPECT_THAT(SetIpNetEntry2(&row), Gives(Expected::kSuccess));
  home().switch_ipv6_off(link());
  for (int i = 0; i < kOften; ++i) {
    for (const std::string& address : {kFree6, kFreeLocal}) {
      row = entry_row(link(), address, kMac);
      EXPECT_THAT(GetIpNetEntry2(&row), Gives(Expected::kNotSupported)) << address;
      EXPECT_THAT(DeleteIpNetEntry2(&row), Gives(Expected::kNotSupported)) << address;
      EXPECT_THAT(SetIpNetEntry2(&row), Gives(Expected::kNotSupported)) << address;
      EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kNotSupported)) << address;
    }
  }
  row = entry_row(link(), kFree4, kMac);
  EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kSuccess));
}

// The interface goes before the privilege.
TEST_F(KnownInterface, WithoutPrivilege) {
  NEIGH_CITES("LIB-22", "LIB-03");
  home().put(link(), {{.address = kFree4, .link_address = kOtherMac}});
  home().unprivileged([&] {
    know(link());
    MIB_IPNET_ROW2 row = entry_row(link(), kFree4, kMac);
    EXPECT_THAT(SetIpNetEntry2(&row), Gives(Expected::kAccessDenied));
    EXPECT_THAT(DeleteIpNetEntry2(&row), Gives(Expected::kAccessDenied));
    EXPECT_THAT(GetIpNetEntry2(&row), Gives(Expected::kSuccess));
    row = entry_row(link(), kFree4, kMac);
    row.PhysicalAddressLength = 3;
    EXPECT_THAT(SetIpNetEntry2(&row), Gives(Expected::kInvalidParameter));
    row = entry_row(link(), kFree4, kMac);
    row.InterfaceLuid = unknown_luid();
    EXPECT_THAT(SetIpNetEntry2(&row), Gives(Expected::kNotFound));
  });
}

}  // namespace
}  // namespace neigh::conformance
