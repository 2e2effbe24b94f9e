// SPDX-License-Identifier: Apache-2.0
// The examples written for Windows, run against the kernel's table and judged by `ip neigh`.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "conformance/home.hpp"
#include "support/process.hpp"

namespace neigh::conformance {
namespace {

const std::string kMac = "02:11:22:33:44:55";

std::string dashed(std::string mac) {
  std::replace(mac.begin(), mac.end(), ':', '-');
  std::transform(mac.begin(), mac.end(), mac.begin(), [](unsigned char c) { return static_cast<char>(toupper(c)); });
  return mac;
}

class Examples : public ::testing::Test {
 protected:
  static test::CommandResult run(const std::string& name, const std::string& arguments = {}) {
    return test::run("'" NEIGH_EXAMPLES_DIR "/example_" + name + "' " + arguments);
  }
  Home& home() { return *home_; }
  const Link& link() { return home_->link(); }

 private:
  std::unique_ptr<Home> home_ = make_home();
};

TEST_F(Examples, StaticEntry) {
  for (const std::string address : {"192.0.2.50", "2001:db8::50"}) {
    const std::string entry = link().name + " " + address + " ";
    EXPECT_EQ(run("static_entry", entry + dashed(kMac)).out, "created\n");
    EXPECT_EQ(home().find(link(), address).value_or(IpNeigh{}).lladdr, kMac);
    EXPECT_EQ(run("static_entry", entry + "02-AA-BB-CC-DD-EE").out, "set\n");
    EXPECT_EQ(home().find(link(), address).value_or(IpNeigh{}).lladdr, "02:aa:bb:cc:dd:ee");
    EXPECT_EQ(run("static_entry", entry + "delete").out, "deleted\n");
    EXPECT_FALSE(home().find(link(), address));
    const auto again = run("static_entry", entry + "delete");
    EXPECT_EQ(again.exit_code, 1);
    EXPECT_EQ(again.err, "failed: 1168\n");
  }
  EXPECT_EQ(run("static_entry", "no-such-link 192.0.2.50 delete").err, "no-such-link: no such interface (123)\n");
  home().unprivileged([&] {
    EXPECT_EQ(run("static_entry", link().name + " 192.0.2.50 " + dashed(kMac)).err, "needs administrative rights\n");
  });
}

TEST_F(Examples, TableLister) {
  home().hold_timers(link());
  home().put(link(), {{.address = "192.0.2.60", .link_address = kMac, .state = "stale"},
                      {.address = "2001:db8::60", .link_address = kMac, .router = true},
                      {.address = "192.0.2.61", .state = "failed"}});
  const auto has = [](const test::CommandResult& result, const std::string& address, const std::string& rest) {
    const auto at = result.out.find(address + " ");
    if (at == std::string::npos) return false;
    const std::string line = result.out.substr(at, result.out.find('\n', at) - at);
    return line.find(rest) != std::string::npos;
  };
  const auto all = run("table_lister");
  EXPECT_TRUE(all.ok()) << all;
  EXPECT_TRUE(has(all, "192.0.2.60", dashed(kMac) + " Stale       " + link().name)) << all;
  EXPECT_TRUE(has(all, "2001:db8::60", dashed(kMac) + " Permanent   " + link().name + " router")) << all;
  EXPECT_TRUE(has(all, "192.0.2.61", "- ")) << all;
  EXPECT_TRUE(has(all, "192.0.2.61", "Unreachable")) << all;
  EXPECT_EQ(run("table_lister", "4").out.find("2001:db8::60"), std::string::npos);
  EXPECT_EQ(run("table_lister", "6").out.find("192.0.2.60"), std::string::npos);
}

TEST_F(Examples, GatewayMac) {
  home().hold_timers(link());
  test::must_run("ip route add default via " + home().peer().v4);
  test::must_run("ip -6 route add default via " + home().peer().link_local + " dev " + link().name);
  for (const std::string far : {"198.51.100.7", "2001:4860::1"}) {
    for (const std::string how : {"resolved ", "cached "}) {
      const auto way = run("gateway_mac", far);
      EXPECT_EQ(way.out, how + dashed(home().peer().link_address) + "\n") << far << ": " << way;
    }
  }
  const auto on_link = run("gateway_mac", home().peer().v6);
  EXPECT_EQ(on_link.out, "resolved " + dashed(home().peer().link_address) + "\n") << on_link;
  test::must_run("ip route del default");
  EXPECT_EQ(run("gateway_mac", "198.51.100.7").err, "GetBestRoute2: 1231\n");
}

TEST_F(Examples, DriverTable) {
  home().hold_timers(link());
  home().put(link(), {{.address = "192.0.2.60", .link_address = kMac, .state = "stale"},
                      {.address = "192.0.2.61", .state = "failed"}});
  const auto result = run("driver_table");
  EXPECT_TRUE(result.ok()) << result;
  const std::string line = "neighbor on interface " + std::to_string(link().index) + ": family 2, state 4, 6 bytes\n";
  EXPECT_NE(result.err.find(line), std::string::npos) << result;
  EXPECT_NE(result.err.find(" usable neighbors\n"), std::string::npos) << result;
  EXPECT_EQ(result.err.find("state 0"), std::string::npos) << "unusable ones are left out";
}

}  // namespace
}  // namespace neigh::conformance
