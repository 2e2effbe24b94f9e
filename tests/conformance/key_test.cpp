// SPDX-License-Identifier: Apache-2.0
// How a row names its interface, and the conversions between the two names.
#include "conformance/fixture.hpp"

namespace neigh::conformance {
namespace {

using WriteCall = NETIO_STATUS (*)(MIB_IPNET_ROW2*);

/// The functions that take an interface from a row, with a row that each of them answers with success.
struct Call {
  const char* name;
  WriteCall run;
  bool needs_entry;
  Expected no_interface;
};

const Call kCalls[] = {
    {"Create", [](MIB_IPNET_ROW2* row) -> NETIO_STATUS { return CreateIpNetEntry2(row); }, false, Expected::kNotFound},
    {"Set", [](MIB_IPNET_ROW2* row) -> NETIO_STATUS { return SetIpNetEntry2(row); }, true, Expected::kNotFound},
    {"Delete", [](MIB_IPNET_ROW2* row) -> NETIO_STATUS { return DeleteIpNetEntry2(row); }, true, Expected::kNotFound},
    {"GetEntry", [](MIB_IPNET_ROW2* row) -> NETIO_STATUS { return GetIpNetEntry2(row); }, true,
     Expected::kNoInterfaceForGet},
    {"Resolve", [](MIB_IPNET_ROW2* row) -> NETIO_STATUS { return ResolveIpNetEntry2(row, nullptr); }, false,
     Expected::kNotFound},
};

class InterfaceKey : public ApiTest {
 protected:
  /// The peer's address, so that Resolve is answered on the first link, and nowhere else.
  MIB_IPNET_ROW2 row_for(const Call& call) {
    home().put(link(), {.address = peer().v4, .link_address = kMac});
    if (!call.needs_entry) {
      const MIB_IPNET_ROW2 old = key_row(link(), peer().v4);
      EXPECT_THAT(DeleteIpNetEntry2(&old), Gives(Expected::kSuccess));
    }
    return entry_row(link(), peer().v4, kMac);
  }

  /// Every function answers every one of these keys with that code and changes neither row nor table. The entry exists
  /// on `link`, so that an interface taken by mistake gives success, or "exists".
  template <class CodeOf>
  void expect_refused(const std::vector<ULONG64>& luids, NET_IFINDEX index, CodeOf code_of) {
    home().put(link(), {.address = peer().v4, .link_address = kOtherMac});
    const auto before = content();
    for (const Call& call : kCalls) {
      for (const ULONG64 luid : luids) {
        MIB_IPNET_ROW2 row = entry_row(link(), peer().v4, kMac);
        row.InterfaceIndex = index;
        row.InterfaceLuid.Value = luid;
        const MIB_IPNET_ROW2 untouched = row;
        EXPECT_THAT(call.run(&row), Gives(code_of(call))) << call.name << " " << std::hex << luid << " " << index;
        EXPECT_TRUE(same_bytes(row, untouched)) << call.name << " " << std::hex << luid;
      }
    }
    EXPECT_EQ(content(), before);
  }
};

TEST_F(InterfaceKey, LuidAloneIndexAloneBoth) {
  NEIGH_CITES("A-05", "C-12", "D-08", "G-10", "R-13", "S-12", "LIB-06");
  for (const Call& call : kCalls) {
    // kLuid leaves garbage in the index.
    for (const Key key : {Key::kLuid, Key::kIndex, Key::kBoth}) {
      MIB_IPNET_ROW2 row = row_for(call);
      set_key(row, link(), key);
      EXPECT_THAT(call.run(&row), Gives(Expected::kSuccess)) << call.name << static_cast<int>(key);
    }
  }
}

TEST_F(InterfaceKey, LuidWinsOverTheIndexOfAnotherInterface) {
  NEIGH_CITES("A-05", "A-08", "LIB-06");
  const Link& second = home().second_link();
  for (const Call& call : kCalls) {
    MIB_IPNET_ROW2 row = row_for(call);
    row.InterfaceLuid = luid_of(link());
    row.InterfaceIndex = second.index;
    EXPECT_THAT(call.run(&row), Gives(Expected::kSuccess)) << call.name;
    EXPECT_FALSE(home().find(second, peer().v4)) << call.name;
  }
}

TEST_F(InterfaceKey, UnknownLuidNeverFallsBackToTheIndex) {
  NEIGH_CITES("A-05", "A-07", "A-09", "LIB-05", "LIB-25", "R-08", "D-05", "C-07", "S-07");
  std::vector<ULONG64> luids = {unknown_luid().Value,
                                // No index makes these bits.
                                0x0006000014000100U, 0x0006000014ffffffU, 0xffffffffffffffffU, 0xa5a5a5a5a5a5a5a5U,
                                0x0006000000000000U, 0x0000000000000001U};
  Link wrong_type = link();
  for (const int type : {0, 1, 23, 24, 71, 131, 199, 0xffff}) {
    wrong_type.type = static_cast<std::uint16_t>(type);
    luids.push_back(luid_of(wrong_type).Value);
  }
  expect_refused(luids, link().index, [](const Call& call) { return call.no_interface; });
}

TEST_F(InterfaceKey, UnknownIndex) {
  NEIGH_CITES("A-09", "LIB-05", "R-08");
  for (const NET_IFINDEX index : {kUnknownIndex, NET_IFINDEX{0x7fffffff}, NET_IFINDEX{0x80000000}, ~NET_IFINDEX{0}}) {
    expect_refused({0}, index, [](const Call& call) { return call.no_interface; });
  }
}

TEST_F(InterfaceKey, NeitherIsInvalid) {
  NEIGH_CITES("A-06", "LIB-04", "C-05", "D-04", "G-04", "R-06", "S-05");
  expect_refused({0}, 0, [](const Call&) { return Expected::kInvalidParameter; });
}

// An index dies with its interface; what comes after it has another one.
TEST_F(InterfaceKey, IndexAndLuidDieWithTheInterface) {
  NEIGH_CITES("M-02", "A-09");
  const Link first = home().add_link("comes-goes", 0);
  MIB_IPNET_ROW2 row = entry_row(first, "10.5.5.5", kMac, Key::kBoth);
  EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kSuccess));
  home().remove_link("comes-goes");
  EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kNotFound));
  const Link later = home().add_link("comes-goes", 0);
  EXPECT_NE(later.index, first.index);
  EXPECT_THAT(SetIpNetEntry2(&row), Gives(Expected::kNotFound));
  EXPECT_THAT(GetIpNetEntry2(&row), Gives(Expected::kNoInterfaceForGet));
}

class Convert : public ApiTest {
 protected:
  void expect_both_ways(const Link& on) {
    NET_LUID luid;
    luid.Value = ~ULONG64{0};
    EXPECT_THAT(ConvertInterfaceIndexToLuid(on.index, &luid), Gives(Expected::kSuccess)) << on.name;
    EXPECT_EQ(luid.Value, luid_of(on).Value) << on.name;
    EXPECT_EQ(luid.Info.IfType, on.type) << on.name;
    EXPECT_EQ(luid.Info.NetLuidIndex, on.index & 0xffffffU) << on.name;
    EXPECT_EQ(luid.Info.Reserved, on.index >> 24) << on.name;
    NET_IFINDEX index = ~NET_IFINDEX{0};
    EXPECT_THAT(ConvertInterfaceLuidToIndex(&luid, &index), Gives(Expected::kSuccess)) << on.name;
    EXPECT_EQ(index, on.index) << on.name;
  }
};

TEST_F(Convert, BothWays) {
  NEIGH_CITES("LIB-25", "V-24", "V-25", "V-27", "M-03", "A-01");
  expect_both_ways(link());
  expect_both_ways(home().addressless_link());
  expect_both_ways(home().loopback());
  NET_LUID loopback;
  EXPECT_THAT(ConvertInterfaceIndexToLuid(1, &loopback), Gives(Expected::kSuccess));
  EXPECT_EQ(loopback.Value, 0x0018000001000000U);
}

// An index of more than 24 bits goes into both parts.
TEST_F(Convert, LargeIndex) {
  NEIGH_CITES("LIB-25", "V-24", "A-05");
  const Link large = home().add_link("large", 0x12345678);
  ASSERT_EQ(large.index, 0x12345678U);
  expect_both_ways(large);
  EXPECT_EQ(luid_of(large).Value, 0x0006345678000012U);
  const MIB_IPNET_ROW2 row = entry_row(large, "10.5.5.5", kMac);
  EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kSuccess));
  EXPECT_TRUE(home().find(large, "10.5.5.5"));
  const Table table(AF_INET);
  const MIB_IPNET_ROW2* listed = table.find(large, "10.5.5.5");
  ASSERT_NE(listed, nullptr);
  EXPECT_EQ(listed->InterfaceLuid.Value, luid_of(large).Value);
}

TEST_F(Convert, UnknownAndNull) {
  NEIGH_CITES("V-11", "LIB-25", "LIB-05");
  NET_LUID luid;
  EXPECT_THAT(ConvertInterfaceIndexToLuid(link().index, nullptr), Gives(Expected::kInvalidParameter));
  for (const NET_IFINDEX index : {NET_IFINDEX{0}, kUnknownIndex, NET_IFINDEX{0xffffffff}}) {
    luid.Value = ~ULONG64{0};
    EXPECT_THAT(ConvertInterfaceIndexToLuid(index, &luid), Gives(Expected::kNameNotFound)) << index;
    EXPECT_EQ(luid.Value, 0U);
  }
  NET_IFINDEX index = 77;
  EXPECT_THAT(ConvertInterfaceLuidToIndex(nullptr, &index), Gives(Expected::kInvalidParameter));
  luid = luid_of(link());
  EXPECT_THAT(ConvertInterfaceLuidToIndex(&luid, nullptr), Gives(Expected::kInvalidParameter));
  EXPECT_THAT(ConvertInterfaceLuidToIndex(nullptr, nullptr), Gives(Expected::kInvalidParameter));
  Link wrong_type = link();
  wrong_type.type = kTunnelType;
  for (const ULONG64 value : {ULONG64{0}, unknown_luid().Value, luid_of(wrong_type).Value, ~ULONG64{0}}) {
    luid.Value = value;
    index = 77;
    EXPECT_THAT(ConvertInterfaceLuidToIndex(&luid, &index), Gives(Expected::kNameNotFound)) << value;
    EXPECT_EQ(index, 0U);
  }
}

}  // namespace
}  // namespace neigh::conformance
