// SPDX-License-Identifier: Apache-2.0
// Programs in the shape of real callers, each in C11 and C++20 and in both flavors, against the kernel's table.

#include <gtest/gtest.h>

#include <memory>
#include <span>

#include "conformance/home.hpp"
#include "conformance/text.hpp"
#include "support/cites.hpp"
#include "support/process.hpp"

namespace neigh::conformance {
namespace {

const std::string kMac = "02:11:22:33:44:55";
const std::string kOtherMac = "02:aa:bb:cc:dd:ee";

std::string digits_of(std::span<const std::uint8_t> bytes) {
  std::string text = link_text(bytes);
  std::erase(text, ':');
  return text;
}
std::string address_digits(const std::string& address) { return digits_of(address_bytes(address)); }
std::string mac_digits(const std::string& mac) { return digits_of(link_bytes(mac)); }

/// The ending of a program's name: "_user_c11".
class Callers : public ::testing::TestWithParam<std::string> {
 protected:
  Home& home() { return *home_; }
  const Link& link() { return home_->link(); }
  const Peer& peer() { return home_->peer(); }

  static test::CommandResult run(const std::string& name, const std::string& arguments) {
    return test::run("'" NEIGH_CALLERS_DIR "/caller_" + name + GetParam() + "' " + arguments);
  }
  std::string index() { return std::to_string(link().index); }

 private:
  std::unique_ptr<Home> home_ = make_home();
};

TEST_P(Callers, CreateOrSet) {
  NEIGH_CITES("LIB-01", "LIB-06", "LIB-08", "LIB-11", "C-09", "C-10", "C-12", "S-01", "W-07");
  for (const std::string address : {"192.0.2.50", "2001:db8::50"}) {
    const std::string arguments = index() + " " + address_digits(address) + " ";
    const auto first = run("create_or_set", arguments + mac_digits(kMac));
    EXPECT_TRUE(first.ok()) << first;
    EXPECT_EQ(first.out, "created\n");
    EXPECT_EQ(home().find(link(), address).value_or(IpNeigh{}).lladdr, kMac);
    const auto second = run("create_or_set", arguments + mac_digits(kOtherMac));
    EXPECT_TRUE(second.ok()) << second;
    EXPECT_EQ(second.out, "set\n");
    const IpNeigh seen = home().find(link(), address).value_or(IpNeigh{});
    EXPECT_EQ(seen.lladdr, kOtherMac);
    EXPECT_EQ(seen.state(), "PERMANENT");
  }
  // What a resolution has left behind unresolved is overwritten in the same way.
  home().put(link(), Entry{.address = "192.0.2.51", .state = "failed"});
  const auto over = run("create_or_set", index() + " " + address_digits("192.0.2.51") + " " + mac_digits(kMac));
  EXPECT_EQ(over.out, "set\n") << over;
  EXPECT_EQ(home().find(link(), "192.0.2.51").value_or(IpNeigh{}).lladdr, kMac);
}

TEST_P(Callers, GetThenResolve) {
  NEIGH_CITES("LIB-14", "LIB-27", "LIB-32", "G-13", "R-01");
  home().hold_timers(link());
  for (const std::string& address : {peer().v4, peer().v6, peer().link_local}) {
    const std::string arguments = index() + " " + address_digits(address);
    const auto first = run("get_then_resolve", arguments);
    EXPECT_TRUE(first.ok()) << first;
    EXPECT_EQ(first.out, "resolved " + peer().link_address + " state 5\n");
    EXPECT_EQ(home().find(link(), address).value_or(IpNeigh{}).lladdr, peer().link_address);
    const auto second = run("get_then_resolve", arguments);
    EXPECT_EQ(second.out, "cached " + peer().link_address + " state 5\n") << second;
    // An unresolved entry sends it to the wire again.
    home().put(link(), Entry{.address = address, .state = "failed"});
    const auto third = run("get_then_resolve", arguments);
    EXPECT_EQ(third.out, "resolved " + peer().link_address + " state 5\n") << third;
  }
}

TEST_P(Callers, DeleteFromTable) {
  NEIGH_CITES("D-14", "LIB-13", "T-10");
  home().hold_timers(link());
  home().put(link(), {{.address = "192.0.2.60", .link_address = kMac, .state = "permanent"},
                      {.address = "192.0.2.61", .link_address = kMac, .state = "stale"},
                      {.address = "192.0.2.62", .link_address = kOtherMac, .state = "stale"},
                      {.address = "fe80::60", .link_address = kMac, .state = "reachable", .router = true},
                      {.address = "192.0.2.63", .state = "failed"}});
  const auto result = run("delete_from_table", mac_digits(kMac));
  EXPECT_TRUE(result.ok()) << result;
  EXPECT_EQ(result.out, "deleted 3\n");
  for (const std::string gone : {"192.0.2.60", "192.0.2.61", "fe80::60"})
    EXPECT_FALSE(home().find(link(), gone)) << gone;
  for (const std::string left : {"192.0.2.62", "192.0.2.63"}) EXPECT_TRUE(home().find(link(), left)) << left;
}

TEST_P(Callers, GatewayMac) {
  NEIGH_CITES("T-08", "LIB-16", "LIB-18", "LIB-23", "X-03");
  for (const std::string& address : {peer().v4, peer().v6}) {
    const std::string arguments = index() + " " + address_digits(address);
    const auto first = run("gateway_mac", arguments);
    EXPECT_EQ(first.out, "resolved " + peer().link_address + " state 5\n") << first;
    home().put(link(), Entry{.address = address, .link_address = kMac, .state = "stale", .router = true});
    const auto second = run("gateway_mac", arguments);
    EXPECT_EQ(second.out, "found " + kMac + " state 4\n") << second;
  }
}

TEST_P(Callers, WakeOnLan) {
  NEIGH_CITES("LIB-08", "C-12", "D-12", "W-02");
  for (const std::string address : {"192.0.2.70", "2001:db8::70"}) {
    // The sender tells what it sees of the entry instead.
    const auto result = run("wake_on_lan", index() + " " + address_digits(address) + " " + mac_digits(kMac) +
                                               " 'ip neigh show " + address + " dev " + link().name + "'");
    EXPECT_TRUE(result.ok()) << result;
    EXPECT_NE(result.out.find("lladdr " + kMac), std::string::npos) << result;
    EXPECT_NE(result.out.find("PERMANENT"), std::string::npos) << result;
    EXPECT_FALSE(home().find(link(), address));
  }
}

TEST_P(Callers, FailuresAreReported) {
  NEIGH_CITES("LIB-05", "G-13", "R-03", "R-02");
  home().set_retry_interval(link(), 20);
  const auto silent = run("get_then_resolve", index() + " " + address_digits("192.0.2.80"));
  EXPECT_EQ(silent.exit_code, 1) << silent;
  const bool user = GetParam().starts_with("_user");
  EXPECT_EQ(silent.err, user ? "ResolveIpNetEntry2: 0x00000043\n" : "ResolveIpNetEntry2: 0xc00000cc\n");
  const auto nowhere = run("create_or_set", "9999 " + address_digits("192.0.2.80") + " " + mac_digits(kMac));
  EXPECT_EQ(nowhere.exit_code, 1) << nowhere;
  EXPECT_EQ(nowhere.err, user ? "CreateIpNetEntry2: 0x00000490\n" : "CreateIpNetEntry2: 0xc0000225\n");
}

INSTANTIATE_TEST_SUITE_P(EachShape, Callers,
                         ::testing::Values("_user_c11", "_user_cxx20", "_kernel_c11", "_kernel_cxx20"),
                         [](const auto& i) { return i.param.substr(1); });

}  // namespace
}  // namespace neigh::conformance
