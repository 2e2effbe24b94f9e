// SPDX-License-Identifier: Apache-2.0
// The order of checks: of any two things that are wrong at once, the first one in LIB-03 gives the code.
#include <algorithm>
#include <iterator>

#include "conformance/fixture.hpp"

namespace neigh::conformance {
namespace {

/// The steps of LIB-03, in its order.
enum class Step { kFamily, kClass, kLength, kNoKey, kNoInterface, kNoStack, kLinkLength, kEntry };

struct Function {
  const char* name;
  NETIO_STATUS (*run)(MIB_IPNET_ROW2*);
  std::vector<Step> steps;  ///< Those that it has.
  Expected no_interface;
  Expected entry;  ///< Its answer where the entry is there (Create) or is not (others).
};

using enum Step;
const Function kFunctions[] = {
    {"Create",
     [](MIB_IPNET_ROW2* row) -> NETIO_STATUS { return CreateIpNetEntry2(row); },
     {kFamily, kClass, kLength, kNoKey, kNoInterface, kNoStack, kLinkLength, kEntry},
     Expected::kNotFound,
     Expected::kAlreadyExists},
    {"Set",
     [](MIB_IPNET_ROW2* row) -> NETIO_STATUS { return SetIpNetEntry2(row); },
     {kFamily, kClass, kLength, kNoKey, kNoInterface, kNoStack, kLinkLength, kEntry},
     Expected::kNotFound,
     Expected::kNotFound},
    {"Delete",
     [](MIB_IPNET_ROW2* row) -> NETIO_STATUS { return DeleteIpNetEntry2(row); },
     {kFamily, kNoKey, kNoInterface, kNoStack, kEntry},
     Expected::kNotFound,
     Expected::kNotFound},
    {"GetEntry",
     [](MIB_IPNET_ROW2* row) -> NETIO_STATUS { return GetIpNetEntry2(row); },
     {kFamily, kNoKey, kNoInterface, kNoStack, kEntry},
     Expected::kNoInterfaceForGet,
     Expected::kNotFound},
    {"Resolve",
     [](MIB_IPNET_ROW2* row) -> NETIO_STATUS {
       const SOCKADDR_INET foreign = socket_address("198.51.100.77");  // kEntry: no address of this host
       const SOCKADDR_INET foreign6 = socket_address("2001:db8:9::77");
       return ResolveIpNetEntry2(row, row->Address.si_family == AF_INET6 ? &foreign6 : &foreign);
     },
     {kFamily, kClass, kNoKey, kNoInterface, kNoStack, kEntry},
     Expected::kNotFound,
     Expected::kNotFound},
};

class CheckOrder : public ApiTest, public ::testing::WithParamInterface<std::size_t> {
 protected:
  /// An interface without IPv6, beside `link`, which has it.
  const Link& no_ipv6() {
    const Link& second = home().second_link();
    home().switch_ipv6_off(second);
    return second;
  }

  Expected code_of_step(const Function& function, Step step) const {
    switch (step) {
      case kNoInterface:
        return function.no_interface;
      case kNoStack:
        return Expected::kNotSupported;
      case kEntry:
        return function.entry;
      default:
        return Expected::kInvalidParameter;
    }
  }

  static bool exclude_each_other(Step a, Step b) {
    const auto names_interface = [](Step s) { return s == kNoKey || s == kNoInterface || s == kNoStack; };
    const auto names_length = [](Step s) { return s == kLength || s == kLinkLength; };
    return (names_interface(a) && names_interface(b)) || (names_length(a) && names_length(b));
  }
};

TEST_P(CheckOrder, FirstOfTwo) {
  NEIGH_CITES("LIB-03", "LIB-32", "A-17", "A-10", "C-08", "D-06", "G-09", "R-09", "S-08");
  const Function& function = kFunctions[GetParam()];
  const Link& v6_less = no_ipv6();
  const bool create = std::string(function.name) == "Create";
  home().put(link(), {{.address = kFree4, .link_address = kOtherMac}, {.address = kFree6, .link_address = kOtherMac}});

  const auto break_row = [&](MIB_IPNET_ROW2& row, std::span<const Step> steps) {
    const auto has = [&](Step s) { return std::find(steps.begin(), steps.end(), s) != steps.end(); };
    const bool v6 = has(kNoStack);
    std::string address = v6 ? "2001:db8::51" : "192.0.2.51";  // not in the table
    if (has(kEntry) == create) address = v6 ? kFree6 : kFree4;
    if (has(kClass)) address = v6 ? "::1" : "127.0.0.1";
    row = entry_row(has(kNoStack) ? v6_less : link(), address, kMac);
    if (has(kFamily)) row.Address.si_family = 77;
    if (has(kLength)) row.PhysicalAddressLength = 33;
    if (has(kLinkLength)) row.PhysicalAddressLength = 3;
    if (has(kNoKey)) set_no_key(row);
    if (has(kNoInterface)) row.InterfaceLuid = unknown_luid();
  };

  for (std::size_t i = 0; i < function.steps.size(); ++i) {
    for (std::size_t j = i; j < function.steps.size(); ++j) {
      const Step first = function.steps[i];
      const Step second = function.steps[j];
      if (i != j && exclude_each_other(first, second)) continue;
      MIB_IPNET_ROW2 row;
      break_row(row, std::vector<Step>{first, second});
      const MIB_IPNET_ROW2 untouched = row;
      const auto before = content();
      const NETIO_STATUS status = function.run(&row);
      EXPECT_THAT(status, Gives(code_of_step(function, first)))
          << function.name << ": steps " << static_cast<int>(first) << " and " << static_cast<int>(second);
      EXPECT_FALSE(NETIO_SUCCESS(status));
      EXPECT_TRUE(same_bytes(row, untouched)) << function.name;
      EXPECT_EQ(content(), before) << function.name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(EachFunction, CheckOrder, ::testing::Range(std::size_t{0}, std::size(kFunctions)),
                         [](const auto& i) { return std::string(kFunctions[i.param].name); });

class ChecksOfARow : public ApiTest {};

// All eight at once.
TEST_F(ChecksOfARow, EverythingWrong) {
  NEIGH_CITES("LIB-03");
  MIB_IPNET_ROW2 row = garbage_row();
  EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kInvalidParameter));
  EXPECT_THAT(SetIpNetEntry2(&row), Gives(Expected::kInvalidParameter));
  EXPECT_THAT(DeleteIpNetEntry2(&row), Gives(Expected::kInvalidParameter));
  EXPECT_THAT(GetIpNetEntry2(&row), Gives(Expected::kInvalidParameter));
  EXPECT_THAT(ResolveIpNetEntry2(&row, nullptr), Gives(Expected::kInvalidParameter));
}

// The source's family is judged with the row's own, before the interface.
TEST_F(ChecksOfARow, SourceFamilyBeforeTheInterface) {
  NEIGH_CITES("LIB-03", "LIB-19", "R-18");
  MIB_IPNET_ROW2 row = key_row(link(), kFree4);
  row.InterfaceLuid = unknown_luid();
  const SOCKADDR_INET other_family = socket_address(link().v6);
  EXPECT_THAT(ResolveIpNetEntry2(&row, &other_family), Gives(Expected::kInvalidParameter));
  // An unknown interface comes before a source that nobody has.
  const SOCKADDR_INET foreign = socket_address("198.51.100.77");
  EXPECT_THAT(ResolveIpNetEntry2(&row, &foreign), Gives(Expected::kNotFound));
}

class WithoutIpv6 : public ApiTest {
 protected:
  WithoutIpv6() : ApiTest({.ipv6 = false}) {}
};

TEST_F(WithoutIpv6, EveryFunctionSaysSo) {
  NEIGH_CITES("A-10", "C-08", "D-06", "G-09", "R-09", "S-08", "V-04");
  const auto before = content();
  for (const Key key : {Key::kLuid, Key::kIndex, Key::kBoth}) {
    for (const std::string& address : {kFree6, kFreeLocal}) {
      MIB_IPNET_ROW2 row = entry_row(link(), address, kMac, key);
      const MIB_IPNET_ROW2 untouched = row;
      EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kNotSupported));
      EXPECT_THAT(SetIpNetEntry2(&row), Gives(Expected::kNotSupported));
      EXPECT_THAT(DeleteIpNetEntry2(&row), Gives(Expected::kNotSupported));
      EXPECT_THAT(GetIpNetEntry2(&row), Gives(Expected::kNotSupported));
      EXPECT_THAT(ResolveIpNetEntry2(&row, nullptr), Gives(Expected::kNotSupported));
      EXPECT_TRUE(same_bytes(row, untouched));
    }
  }
  EXPECT_EQ(content(), before);
}

TEST_F(WithoutIpv6, Ipv4AndTheTablesWork) {
  NEIGH_CITES("A-10", "T-06", "LIB-16");
  MIB_IPNET_ROW2 row = entry_row(link(), kFree4, kMac);
  EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kSuccess));
  EXPECT_THAT(GetIpNetEntry2(&row), Gives(Expected::kSuccess));
  expect_same_tables();
  // The host still has the stack, and there is nothing in its table.
  auto* table = reinterpret_cast<PMIB_IPNET_TABLE2>(0x10);
  EXPECT_THAT(GetIpNetTable2(AF_INET6, &table), Gives(Expected::kNotFound));
  EXPECT_EQ(table, nullptr);
  EXPECT_THAT(FlushIpNetTable2(AF_INET6, link().index), Gives(Expected::kSuccess));
  EXPECT_THAT(FlushIpNetTable2(AF_INET6, 0), Gives(Expected::kSuccess));
  EXPECT_TRUE(home().find(link(), kFree4));
}

}  // namespace
}  // namespace neigh::conformance
