// SPDX-License-Identifier: Apache-2.0
// A process on the embedded stack because its environment says so, and stacks that were made without a family (LIB-31).
#include <cstdio>

#include "conformance/fixture.hpp"
#include "neigh/current_stack.hpp"
#include "neigh/embedded.hpp"
#include "support/process.hpp"

namespace neigh::conformance {
namespace {

std::string hex(Expected expected) {
  char text[16];
  std::snprintf(text, sizeof text, "%08X", static_cast<unsigned>(code(expected)));
  return text;
}

TEST(StackByEnvironment, AProgramNeedsNoChangeAndNoPrivilege) {
  NEIGH_CITES("LIB-31");
  const std::string success = hex(Expected::kSuccess);
  const std::string expected = "resolve v4 " + success + "\n  02:00:00:00:00:02 state 5\n" +  //
                               "resolve v6 " + success + "\n  02:00:00:00:00:02 state 5\n" +  //
                               "create " + success + "\n" +                                   //
                               "create again " + hex(Expected::kAlreadyExists) + "\n" +       //
                               "table " + success + "\n  3 rows\n" +                          //
                               "get " + success + "\n  77 state 6\n" +                        //
                               "delete " + success + "\n" +                                   //
                               "get " + hex(Expected::kNotFound) + "\n" +                     //
                               "flush " + success + "\n" +                                    //
                               "unknown interface " + hex(Expected::kNotFound) + "\n";
  EXPECT_EQ(test::run_unprivileged([&] {
              const test::CommandResult result = test::run("NEIGH_STACK=embedded '" NEIGH_ENVIRONMENT_PROBE "'");
              EXPECT_TRUE(result.ok()) << result;
              EXPECT_EQ(result.out, expected);
              return 0;
            }),
            0);
}

// Each process has a stack of its own: what one creates is not there for the next.
TEST(StackByEnvironment, EachProcessBeginsAnew) {
  NEIGH_CITES("LIB-31");
  const std::string command = "NEIGH_STACK=embedded '" NEIGH_ENVIRONMENT_PROBE "'";
  EXPECT_EQ(test::must_run(command).out, test::must_run(command).out);
}

TEST(StackWithoutAFamily, EveryFunctionSaysSo) {
  NEIGH_CITES("LIB-31", "A-10", "C-08", "D-06", "G-09", "R-09", "S-08", "T-07", "F-03");
  const auto network = EmbeddedNetwork::make();
  for (const bool v4 : {false, true}) {
    EmbeddedOptions options{.ipv4 = v4, .ipv6 = !v4};
    options.interfaces.push_back({});
    const auto stack = network->add_stack(options);
    ASSERT_TRUE(stack) << stack.error().message();
    const StackScope scope(*stack);
    const Link link{.name = "eth0", .index = to_number((*stack)->interfaces()->front().index)};
    const auto present = static_cast<ADDRESS_FAMILY>(v4 ? AF_INET : AF_INET6);
    const auto absent = static_cast<ADDRESS_FAMILY>(v4 ? AF_INET6 : AF_INET);

    MIB_IPNET_ROW2 row = entry_row(link, v4 ? kFree6 : kFree4, kMac);
    const MIB_IPNET_ROW2 untouched = row;
    EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kNotSupported));
    EXPECT_THAT(SetIpNetEntry2(&row), Gives(Expected::kNotSupported));
    EXPECT_THAT(DeleteIpNetEntry2(&row), Gives(Expected::kNotSupported));
    EXPECT_THAT(GetIpNetEntry2(&row), Gives(Expected::kNotSupported));
    EXPECT_THAT(ResolveIpNetEntry2(&row, nullptr), Gives(Expected::kNotSupported));
    EXPECT_TRUE(same_bytes(row, untouched));
    PMIB_IPNET_TABLE2 table = nullptr;
    EXPECT_THAT(GetIpNetTable2(absent, &table), Gives(Expected::kNotSupported));
    EXPECT_EQ(table, nullptr);
    EXPECT_THAT(FlushIpNetTable2(absent, 0), Gives(Expected::kNotSupported));

    row = entry_row(link, v4 ? kFree4 : kFree6, kMac);
    EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kSuccess));
    EXPECT_EQ(Table(present).rows().size(), 1U);
    EXPECT_EQ(Table(AF_UNSPEC).rows().size(), 1U);
    EXPECT_THAT(FlushIpNetTable2(AF_UNSPEC, 0), Gives(Expected::kSuccess));
  }
}

}  // namespace
}  // namespace neigh::conformance
