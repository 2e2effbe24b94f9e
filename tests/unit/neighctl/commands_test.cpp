// SPDX-License-Identifier: Apache-2.0
// Each command on a table in memory: what is printed, what is changed, what is answered to mistakes.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fake_table.hpp"
#include "neighctl/command.hpp"
#include "neighctl/text.hpp"
#include "neighctl/verify.hpp"

namespace neigh::ctl {
namespace {

using nlohmann::json;
using test::entry;
using test::Told;

class Commands : public ::testing::Test {
 protected:
  Told run(const std::string& line) { return test::run_on(table_, line); }
  json document(const std::string& line) { return json::parse(run(line + " --json").out); }
  [[nodiscard]] const Neighbor* find(std::string_view address, std::uint32_t interface, bool proxy = false) const {
    const auto found =
        table_->entries().find({static_cast<InterfaceIndex>(interface), IpAddress::parse(address).value(), proxy});
    return found == table_->entries().end() ? nullptr : &found->second;
  }
  std::shared_ptr<test::FakeTable> table_ = test::small_host();
};

TEST_F(Commands, AddCreatesAndTellsAndRefusesTwice) {
  const Told added = run("add 192.0.2.7 lladdr 02:00:00:00:00:07 dev eth0 router protocol bgp");
  EXPECT_EQ(added.code, kDone);
  EXPECT_EQ(added.out, "ok: added 192.0.2.7 -> 02:00:00:00:00:07 on eth0, permanent, router, owner bgp\n");
  EXPECT_EQ(added.err, "");
  ASSERT_NE(find("192.0.2.7", 2), nullptr);
  const Told again = run("add 192.0.2.7 lladdr 02:00:00:00:00:99 dev eth0");
  EXPECT_EQ(again.code, kRefused);
  EXPECT_EQ(again.out, "");
  EXPECT_EQ(again.err.find("neighctl: 192.0.2.7 on eth0 already exists\n  hint: "), 0U) << again.err;
  EXPECT_EQ(find("192.0.2.7", 2)->link_address.to_string(), "02:00:00:00:00:07");
  EXPECT_EQ(run("add 192.0.2.8 lladdr 02:00:00:00:00:08 dev eth0 --quiet").out, "");
}

TEST_F(Commands, InterfacesByNameIndexLuidAndScope) {
  for (const std::string dev : {"dev eth1", "dev 3", "--dev 0x0006000003000000"}) {
    EXPECT_EQ(run("add 192.0.2.7 lladdr 02:00:00:00:00:07 " + dev).code, kDone) << dev;
    EXPECT_NE(find("192.0.2.7", 3), nullptr) << dev;
    EXPECT_EQ(run("delete 192.0.2.7 " + dev).code, kDone) << dev;
  }
  EXPECT_EQ(run("add fe80::7%eth1 lladdr 02:00:00:00:00:07").code, kDone);
  EXPECT_NE(find("fe80::7", 3), nullptr);
  EXPECT_EQ(run("get fe80::7%eth1 dev eth0").code, kUsage);
  EXPECT_EQ(run("add fe80::8%nope lladdr 02:00:00:00:00:07").code, kRefused);
}

TEST_F(Commands, AddWantsAnInterfaceAndALinkLayerAddress) {
  EXPECT_EQ(run("add 192.0.2.7 lladdr 02:00:00:00:00:07").code, kUsage);
  EXPECT_EQ(run("add 192.0.2.7 dev eth0").code, kUsage);
  EXPECT_EQ(run("add proxy 192.0.2.7 dev eth0").code, kDone);
  EXPECT_NE(find("192.0.2.7", 2, true), nullptr);
  EXPECT_EQ(find("192.0.2.7", 2), nullptr);
  EXPECT_EQ(run("-6 add 192.0.2.8 lladdr 02:00:00:00:00:07 dev eth0").code, kUsage);
}

TEST_F(Commands, ALinkLayerAddressIsAsLongAsThoseOfTheInterface) {
  const Told r = run("add 192.0.2.8 lladdr 02:00:00 dev eth0");
  EXPECT_EQ(r.code, kUsage);
  EXPECT_NE(r.err.find("02:00:00 has 3 bytes, and a link-layer address on eth0 has 6 bytes"), std::string::npos)
      << r.err;
  EXPECT_EQ(run("replace 192.0.2.8 lladdr 02:00:00:00:00:00:00:07 dev eth0").code, kUsage) << "the kernel would cut it";
  table_->put(entry("192.0.2.7", 2, "02:00:00:00:00:07"));
  EXPECT_EQ(run("set 192.0.2.7 lladdr 02:00").code, kUsage);
  EXPECT_EQ(run("set 192.0.2.7 --lladdr=").code, kUsage) << "the table refuses it";
  EXPECT_EQ(table_->entries().size(), 1U);
}

TEST_F(Commands, ManagedEntriesAreTheKernelsToResolve) {
  EXPECT_EQ(run("add 192.0.2.7 managed dev eth0").code, kDone);
  ASSERT_NE(find("192.0.2.7", 2), nullptr);
  EXPECT_EQ(find("192.0.2.7", 2)->state, NudState::kNone);
  EXPECT_TRUE(find("192.0.2.7", 2)->flags.has(NeighborFlag::kManaged));
  EXPECT_EQ(run("replace 192.0.2.7 managed nud stale lladdr 02:00:00:00:00:07 dev eth0").code, kUsage)
      << "the kernel would drop both";
  EXPECT_EQ(run("replace 192.0.2.7 nud stale lladdr 02:00:00:00:00:07 dev eth0").code, kDone);
  EXPECT_EQ(run("set 192.0.2.7 managed").code, kDone);
  EXPECT_EQ(find("192.0.2.7", 2)->state, NudState::kStale) << "set keeps what is not said";
}

TEST_F(Commands, UseBeginsToResolveAndDoesNotWait) {
  table_->wire[{InterfaceIndex{2}, IpAddress::v4(192, 0, 2, 7)}] = {
      {.link_address = LinkAddress::ether({2, 0, 0, 0, 0, 7})}};
  EXPECT_EQ(run("add 192.0.2.7 use dev eth0").code, kDone);
  ASSERT_NE(find("192.0.2.7", 2), nullptr);
  EXPECT_EQ(run("add 192.0.2.7 use dev eth0").code, kRefused) << "it exists";
  EXPECT_EQ(run("replace 192.0.2.7 use dev eth0").code, kDone);
  EXPECT_EQ(run("set 192.0.2.7 use").code, kDone);
  EXPECT_EQ(run("set 192.0.2.9 use dev eth0").code, kRefused) << "it does not exist";
  EXPECT_EQ(run("replace 192.0.2.8 use dev eth0").code, kDone) << "nobody has answered yet";
  for (const std::string other : {"lladdr 02:00:00:00:00:07", "nud stale", "managed", "proxy", "router", "extern_learn",
                                  "extern_valid", "protocol bgp"}) {
    EXPECT_EQ(run("replace 192.0.2.7 use dev eth0 " + other).code, kUsage) << other;
  }
}

TEST_F(Commands, UseTakesNoFlagAway) {
  for (const NeighborFlag flag : {NeighborFlag::kExternLearned, NeighborFlag::kManaged}) {
    Neighbor n = entry("192.0.2.7", 2, "", NudState::kFailed);
    n.flags.set(flag);
    table_->put(n);
    const Told r = run("set 192.0.2.7 use");
    EXPECT_EQ(r.code, kRefused);
    EXPECT_NE(r.err.find(fmt::format("'use' would take '{}' from 192.0.2.7 on eth0", to_string(flag))),
              std::string::npos)
        << r.err;
    EXPECT_TRUE(find("192.0.2.7", 2)->same_content(n));
  }
}

TEST_F(Commands, ARouterFlagThatTheKernelWouldDropIsRefused) {
  for (const std::string line : {"add 192.0.2.7 nud none router dev eth0", "add 192.0.2.7 nud failed router dev eth0",
                                 "add 192.0.2.7 managed router dev eth0"}) {
    const Told r = run(line);
    EXPECT_EQ(r.code, kRefused) << line;
    EXPECT_NE(r.err.find("and router"), std::string::npos) << r.err;
    EXPECT_TRUE(table_->entries().empty()) << line;
  }
  table_->put(entry("192.0.2.7", 2, "", NudState::kFailed));
  EXPECT_EQ(run("set 192.0.2.7 router").code, kRefused);
  EXPECT_EQ(run("set 192.0.2.7 router lladdr 02:00:00:00:00:07").code, kDone);
  Neighbor n = entry("192.0.2.8", 2, "", NudState::kNone);
  n.flags.set(NeighborFlag::kRouter);
  table_->put(n);
  EXPECT_EQ(run("set 192.0.2.8 extern_learn").code, kDone) << "what is there already stays there";
  EXPECT_TRUE(find("192.0.2.8", 2)->flags.has(NeighborFlag::kRouter));
}

TEST_F(Commands, SetHelpSaysWhatSetDoes) {
  EXPECT_NE(run("set --help").out.find("state of the entry (default: as it is)"), std::string::npos);
  EXPECT_NE(run("add --help").out.find("state of the entry (default: permanent; none if"), std::string::npos);
}

TEST_F(Commands, SetChangesOnlyWhatIsSaid) {
  Neighbor n = entry("192.0.2.7", 2, "02:00:00:00:00:07", NudState::kStale);
  n.flags.set(NeighborFlag::kRouter);
  n.protocol = 186;
  table_->put(n);
  EXPECT_EQ(run("set 192.0.2.7 lladdr 02:00:00:00:00:99").code, kDone);
  const Neighbor* now = find("192.0.2.7", 2);
  EXPECT_EQ(now->link_address.to_string(), "02:00:00:00:00:99");
  EXPECT_EQ(now->state, NudState::kStale);
  EXPECT_TRUE(now->flags.has(NeighborFlag::kRouter));
  EXPECT_EQ(now->protocol, 186);
  const Told missing = run("set 192.0.2.8 nud stale dev eth0");
  EXPECT_EQ(missing.code, kRefused);
  EXPECT_EQ(find("192.0.2.8", 2), nullptr);
}

TEST_F(Commands, AnAddressThatIsSetTakesEffectOrIsRefused) {
  for (const NudState state : {NudState::kNone, NudState::kFailed, NudState::kIncomplete}) {
    Neighbor n = entry("192.0.2.7", 2, "", state);
    table_->put(n);
    EXPECT_EQ(run("set 192.0.2.7 lladdr 02:00:00:00:00:07").code, kDone);
    EXPECT_EQ(find("192.0.2.7", 2)->state, NudState::kPermanent);
    EXPECT_EQ(find("192.0.2.7", 2)->link_address.to_string(), "02:00:00:00:00:07");
  }
  for (const std::string state : {"none", "failed", "incomplete"}) {
    EXPECT_EQ(run("set 192.0.2.7 lladdr 02:00:00:00:00:08 nud " + state).code, kUsage) << state;
  }
  EXPECT_EQ(find("192.0.2.7", 2)->link_address.to_string(), "02:00:00:00:00:07");
}

TEST_F(Commands, ReplaceDoesBoth) {
  EXPECT_EQ(run("replace 192.0.2.7 lladdr 02:00:00:00:00:07 dev eth0").code, kDone);
  EXPECT_EQ(run("replace 192.0.2.7 lladdr 02:00:00:00:00:99 dev eth0").code, kDone);
  EXPECT_EQ(find("192.0.2.7", 2)->link_address.to_string(), "02:00:00:00:00:99");
}

TEST_F(Commands, ListFiltersAndOrders) {
  table_->put(entry("2001:db8::1", 2, "02:00:00:00:00:01"));
  table_->put(entry("192.0.2.10", 3, "02:00:00:00:00:02", NudState::kStale));
  table_->put(entry("192.0.2.9", 3, "02:00:00:00:00:03", NudState::kFailed));
  table_->put(entry("10.0.0.1", 3, "02:00:00:00:00:04"));
  table_->put(entry("224.0.0.1", 2, "01:00:5e:00:00:01", NudState::kNoArp));
  const auto addresses = [&](const std::string& line) {
    std::string text;
    const json whole = document(line);
    for (const json& n : whole["neighbors"]) text += n["address"].get<std::string>() + " ";
    return text;
  };
  EXPECT_EQ(addresses("list"), "10.0.0.1 192.0.2.9 192.0.2.10 2001:db8::1 ");
  EXPECT_EQ(addresses("list --all"), "224.0.0.1 10.0.0.1 192.0.2.9 192.0.2.10 2001:db8::1 ");
  EXPECT_EQ(addresses("list -6"), "2001:db8::1 ");
  EXPECT_EQ(addresses("list dev eth1 nud stale,failed"), "192.0.2.9 192.0.2.10 ");
  EXPECT_EQ(addresses("list 192.0.2.0/24"), "192.0.2.9 192.0.2.10 ");
  EXPECT_EQ(addresses("list 192.0.2.9 10.0.0.0/8"), "10.0.0.1 192.0.2.9 ");
  EXPECT_EQ(addresses("list nud noarp"), "224.0.0.1 ");
  EXPECT_EQ(run("list --count").out, "4\n");
  table_->links[2].master = InterfaceIndex{2};
  EXPECT_EQ(addresses("list nomaster"), "2001:db8::1 ");
  EXPECT_EQ(addresses("list master eth0 -4"), "10.0.0.1 192.0.2.9 192.0.2.10 ");
  EXPECT_EQ(run("list nomaster master eth0").code, kUsage);
  EXPECT_EQ(run("list unused").code, kUsage);
  EXPECT_EQ(run("list -6 192.0.2.0/24").code, kUsage);
  EXPECT_EQ(run("list dev nope").code, kRefused);
  std::size_t lines = 0;
  for (const char c : run("list --jsonl").out) lines += c == '\n' ? 1 : 0;
  EXPECT_EQ(lines, 4U);
}

TEST_F(Commands, ListForPeople) {
  table_->put(entry("192.0.2.7", 2, "02:00:00:00:00:07"));
  Neighbor router = entry("2001:db8::1", 3, "", NudState::kIncomplete);
  router.flags.set(NeighborFlag::kRouter);
  table_->put(router);
  EXPECT_EQ(run("list").out,
            "ADDRESS      LINK ADDRESS       INTERFACE  STATE       AGE  FLAGS   VENDOR\n"
            "192.0.2.7    02:00:00:00:00:07  eth0       permanent     -          local\n"
            "2001:db8::1  -                  eth1       incomplete    -  router\n");
  EXPECT_EQ(run("list --brief").out,
            "192.0.2.7    02:00:00:00:00:07  eth0  permanent\n"
            "2001:db8::1  -                  eth1  incomplete\n");
  EXPECT_NE(run("list --color").out.find("\x1b[34mpermanent\x1b[0m"), std::string::npos);
  EXPECT_EQ(run("list dev eth1 nud stale").out, "");
}

TEST_F(Commands, AnEntryInJsonHasEveryMember) {
  Neighbor n = entry("fe80::7", 2, "02:00:00:00:00:07", NudState::kReachable);
  n.confirmed_age = std::chrono::milliseconds(1500);
  n.flags = {NeighborFlag::kRouter, NeighborFlag::kExternLearned};
  n.protocol = 4;
  table_->put(n);
  EXPECT_EQ(document("get fe80::7")["neighbors"][0],
            json::parse(R"({"address":"fe80::7","family":"ipv6","interface":"eth0","ifindex":2,
            "lladdr":"02:00:00:00:00:07","state":"reachable","flags":["router","extern_learn"],"protocol":"static",
            "probes":0,"confirmed_ms":1500,"used_ms":0,"updated_ms":0})"));
}

TEST_F(Commands, GetShowsTheEntriesOfEveryInterface) {
  table_->put(entry("192.0.2.7", 2, "02:00:00:00:00:07"));
  EXPECT_EQ(run("get 192.0.2.7").code, kDone);
  table_->put(entry("192.0.2.7", 3, "02:00:00:00:00:08"));
  EXPECT_EQ(document("get 192.0.2.7")["neighbors"].size(), 2U);
  const Told several = run("delete 192.0.2.7");
  EXPECT_EQ(several.code, kUsage);
  EXPECT_NE(several.err.find("192.0.2.7 is on several interfaces: eth0, eth1"), std::string::npos) << several.err;
  EXPECT_EQ(document("get 192.0.2.7 dev eth1")["neighbors"].size(), 1U);
  EXPECT_EQ(run("get 192.0.2.7 192.0.2.8 dev eth1").code, kPartial);
  EXPECT_EQ(run("get 192.0.2.9 192.0.2.8 dev eth1").code, kRefused);
  const json missing = document("get 192.0.2.99");
  EXPECT_EQ(missing["error"], "not_found");
  EXPECT_EQ(missing["message"], "there is no entry for 192.0.2.99");
  const json some = document("get 192.0.2.7 192.0.2.8 dev eth1");
  EXPECT_EQ(some["neighbors"].size(), 1U);
  EXPECT_EQ(some["errors"][0]["address"], "192.0.2.8");
  EXPECT_EQ(some["errors"][0]["error"], "not_found");
}

TEST_F(Commands, DeleteTellsWhatWasThere) {
  table_->put(entry("192.0.2.7", 2, "02:00:00:00:00:07"));
  EXPECT_EQ(run("delete 192.0.2.7 lladdr 02:00:00:00:00:99").code, kRefused);
  EXPECT_EQ(run("delete 192.0.2.7").out, "ok: deleted 192.0.2.7 -> 02:00:00:00:00:07 on eth0, permanent\n");
  EXPECT_TRUE(table_->entries().empty());
  EXPECT_EQ(run("delete 192.0.2.7").code, kRefused);
  EXPECT_EQ(run("delete 192.0.2.7 dev eth0").code, kRefused);
}

TEST_F(Commands, HintsFitWhatWasTyped) {
  const Told free = run("list -- dev eth0");
  EXPECT_NE(free.err.find("leave '--' out"), std::string::npos) << free.err;
  EXPECT_NE(run("resolve 255.255.255.255 dev eth0").err.find("hint: "), std::string::npos);
  EXPECT_NE(run("announce dev lo").err.find("lo has no usable address to announce"), std::string::npos);
}

TEST_F(Commands, WordsThatIpTakes) {
  table_->put(entry("192.0.2.7", 2, "02:00:00:00:00:07"));
  for (const std::string line : {"-r", "-r list", "-resolve neigh"}) {
    const Told r = run(line);
    EXPECT_EQ(r.code, kUsage) << line;
    EXPECT_NE(r.err.find("no names are looked up"), std::string::npos) << r.err;
  }
  EXPECT_EQ(run("list -r").code, kDone);
  EXPECT_EQ(run("monitor neigh --help").code, kDone);
  EXPECT_EQ(run("monitor neigh nonsense").err.find("'neigh'"), std::string::npos);
  EXPECT_EQ(run("neigh del 192.0.2.7 dev eth0 nud permanent").code, kDone);
  EXPECT_TRUE(table_->entries().empty());
}

TEST_F(Commands, FlushLeavesStaticEntriesUnlessTold) {
  const auto fill = [&] {
    table_->put(entry("192.0.2.1", 2, "02:00:00:00:00:01"));
    table_->put(entry("192.0.2.2", 2, "02:00:00:00:00:02", NudState::kStale));
    table_->put(entry("192.0.2.3", 3, "02:00:00:00:00:03", NudState::kFailed));
    table_->put(entry("224.0.0.1", 2, "01:00:5e:00:00:01", NudState::kNoArp));
  };
  fill();
  EXPECT_EQ(run("flush").code, kUsage);
  EXPECT_EQ(table_->entries().size(), 4U);
  EXPECT_EQ(run("flush dev eth0 --dry-run").out,
            "- 192.0.2.2 -> 02:00:00:00:00:02 on eth0, stale\n1 entry would be removed\n");
  EXPECT_EQ(table_->entries().size(), 4U);
  EXPECT_EQ(run("flush dev eth0").out, "ok: removed 1 entry\n");
  EXPECT_EQ(run("flush 192.0.2.0/24").out, "ok: removed 1 entry\n");
  EXPECT_NE(find("192.0.2.1", 2), nullptr);
  EXPECT_EQ(run("flush nud permanent").out, "ok: removed 1 entry\n");
  EXPECT_EQ(table_->entries().size(), 1U);
  fill();
  EXPECT_EQ(document("flush --all")["removed"], 4);
  EXPECT_TRUE(table_->entries().empty());
  EXPECT_EQ(run("flush --all").code, kDone);
}

TEST_F(Commands, RefusalsSayWhatToDo) {
  table_->put(entry("192.0.2.7", 2, "02:00:00:00:00:07"));
  table_->may_write = table_->may_send = false;
  for (const std::string line : {"add 192.0.2.8 lladdr 02:00:00:00:00:08 dev eth0", "set 192.0.2.7 nud stale",
                                 "replace 192.0.2.7 lladdr 02:00:00:00:00:08 dev eth0", "delete 192.0.2.7",
                                 "flush --all", "flush 192.0.2.0/24 nud all"}) {
    const Told r = run(line);
    EXPECT_EQ(r.code, kNoPermission) << line;
    EXPECT_NE(r.err.find("needs CAP_NET_ADMIN\n  hint: run it with sudo, or grant"), std::string::npos) << r.err;
    EXPECT_EQ(json::parse(run(line + " --json").out)["error"], "permission_denied");
  }
  table_->own[InterfaceIndex{2}] = {IpAddress::v4(192, 0, 2, 1)};
  for (const std::string line : {"announce 192.0.2.1", "verify"}) {
    const Told r = run(line);
    EXPECT_EQ(r.code, kNoPermission) << line;
    EXPECT_NE(r.err.find("needs CAP_NET_RAW"), std::string::npos) << r.err;
  }
  EXPECT_EQ(table_->entries().size(), 1U);
}

TEST_F(Commands, AFullTableIsToldWithItsNumbers) {
  table_->most_entries = 0;
  table_->table_limits[0].entries = 1024;
  const Told r = run("add 192.0.2.7 lladdr 02:00:00:00:00:07 dev eth0");
  EXPECT_EQ(r.code, kRefused);
  EXPECT_EQ(r.err,
            "neighctl: the neighbor table is full: IPv4 has 1,024 entries of all kinds, gc_thresh3 is 1,024\n"
            "  hint: the limit is the sysctl net.ipv4.neigh.default.gc_thresh3; 'neighctl doctor' says who fills it\n");
}

TEST_F(Commands, ResolveAsksOnlyIfNeeded) {
  const NeighborKey key{InterfaceIndex{2}, IpAddress::v4(192, 0, 2, 7)};
  table_->wire[key] = {{.link_address = LinkAddress::ether({2, 0, 0, 0, 0, 7})}};
  EXPECT_EQ(run("resolve fe80::7").code, kUsage) << "two interfaces can ask, and no route says which";
  EXPECT_EQ(run("resolve 192.0.2.7 dev eth0").code, kDone);
  EXPECT_EQ(document("resolve 192.0.2.7")["neighbors"][0]["state"], "reachable");
  EXPECT_EQ(run("resolve 192.0.2.7 192.0.2.8 dev eth0").code, kPartial);
  EXPECT_EQ(document("resolve 192.0.2.8 dev eth0")["error"], "unreachable");
  EXPECT_EQ(document("resolve 192.0.2.8 dev eth0 --timeout 10ms")["error"], "timed_out");
  table_->links[2].up = false;
  EXPECT_EQ(run("resolve fe80::9").code, kRefused) << "one interface can ask, nobody answers";
}

TEST_F(Commands, ResolveAsksOnTheLinkOfTheAddress) {
  const auto v4 = [](std::uint8_t last) { return IpAddress::v4(192, 0, 2, last); };
  table_->wire[{InterfaceIndex{3}, v4(7)}] = {{.link_address = LinkAddress::ether({2, 0, 0, 0, 0, 7})}};
  table_->wire[{InterfaceIndex{2}, v4(1)}] = {{.link_address = LinkAddress::ether({2, 0, 0, 0, 0, 1})}};
  table_->routes[v4(7)] = {InterfaceIndex{3}, std::nullopt};
  table_->own[InterfaceIndex{2}] = {v4(1)};
  table_->routes[v4(1)] = {InterfaceIndex{1}, std::nullopt};  // as the kernel's route to an own address
  EXPECT_EQ(document("resolve 192.0.2.7")["neighbors"][0]["interface"], "eth1");
  EXPECT_EQ(document("resolve 192.0.2.1")["neighbors"][0]["interface"], "eth0");
  table_->routes[IpAddress::v4(198, 51, 100, 7)] = {InterfaceIndex{2}, v4(254)};
  const Told off = run("resolve 198.51.100.7");
  EXPECT_EQ(off.code, kRefused);
  EXPECT_NE(off.err.find("198.51.100.7 is on no link of this host: packets to it go through 192.0.2.254 on eth0"),
            std::string::npos)
      << off.err;
  EXPECT_NE(off.err.find("'neighctl resolve 192.0.2.254' asks for the gateway"), std::string::npos) << off.err;
  const Told nowhere = run("resolve 203.0.113.7");
  EXPECT_EQ(nowhere.code, kRefused);
  EXPECT_NE(nowhere.err.find("203.0.113.7 is on no link of this host, and there is no route to it"), std::string::npos)
      << nowhere.err;
  table_->links[2].up = false;
  EXPECT_EQ(run("resolve 198.51.100.7").err, off.err) << "the only interface is no reason to ask there";
  EXPECT_EQ(run("resolve fe80::7").code, kRefused) << "but a link-local address is there or nowhere";
  const Told asked = run("resolve 198.51.100.7 dev eth0");
  EXPECT_EQ(asked.code, kRefused);
  EXPECT_NE(asked.err.find("hint: it is on no link of this host: packets to it go through 192.0.2.254"),
            std::string::npos)
      << asked.err;
  table_->links[1].up = false;
  EXPECT_NE(run("resolve 192.0.2.9 dev eth0").err.find("hint: eth0 is down: 'ip link set eth0 up'"), std::string::npos);
}

TEST_F(Commands, ResolveAgainThrowsNothingAwayThatSomebodyWrote) {
  const NeighborKey key{InterfaceIndex{2}, IpAddress::v4(192, 0, 2, 7)};
  std::vector<std::pair<std::string, Neighbor>> kept;
  const auto keep = [&](std::string what, NudState state, auto&& change) {
    Neighbor n = entry("192.0.2.7", 2, "02:00:00:00:00:07", state);
    change(n);
    kept.emplace_back(std::move(what), n);
  };
  keep("permanent", NudState::kPermanent, [](Neighbor&) {});
  keep("noarp", NudState::kNoArp, [](Neighbor&) {});
  keep("extern_learn", NudState::kReachable, [](Neighbor& n) { n.flags.set(NeighborFlag::kExternLearned); });
  keep("managed", NudState::kReachable, [](Neighbor& n) { n.flags.set(NeighborFlag::kManaged); });
  keep("of owner bgp", NudState::kStale, [](Neighbor& n) { n.protocol = 186; });
  for (const auto& [what, n] : kept) {
    table_->wire.clear();
    table_->put(n);
    const Told r = run("resolve 192.0.2.7 --again");
    EXPECT_EQ(r.code, kRefused) << what;
    EXPECT_NE(r.err.find("the entry for 192.0.2.7 on eth0 is " + what), std::string::npos) << r.err;
    EXPECT_NE(r.err.find("'neighctl verify 192.0.2.7 dev eth0' asks without writing"), std::string::npos) << r.err;
    ASSERT_NE(find("192.0.2.7", 2), nullptr) << what;
    EXPECT_TRUE(find("192.0.2.7", 2)->same_content(n)) << what;
    table_->wire[key] = {{.link_address = LinkAddress::ether({2, 0, 0, 0, 0, 9})}};
    EXPECT_EQ(run("resolve 192.0.2.7 --again").code, kRefused) << what;
    EXPECT_EQ(run("resolve 192.0.2.7 --again --force").code, kDone) << what;
    EXPECT_EQ(find("192.0.2.7", 2)->link_address.to_string(), "02:00:00:00:00:09") << what;
  }
  EXPECT_EQ(run("resolve 192.0.2.7 --again").code, kDone) << "what was learned is asked for";
  EXPECT_EQ(run("resolve 192.0.2.7 --force").code, kUsage);
}

TEST_F(Commands, VerifyComparesAndFixes) {
  const auto answer = [](std::uint8_t last) {
    return LinkAnswer{.link_address = LinkAddress::ether({2, 0, 0, 0, 0, last}),
                      .round_trip = std::chrono::microseconds(last == 1 ? 250 : 1500)};
  };
  const auto key = [](std::uint8_t last) { return NeighborKey{InterfaceIndex{2}, IpAddress::v4(192, 0, 2, last)}; };
  table_->put(entry("192.0.2.1", 2, "02:00:00:00:00:01"));
  table_->put(entry("192.0.2.2", 2, "02:00:00:00:00:99"));
  table_->put(entry("192.0.2.3", 2, "02:00:00:00:00:03", NudState::kStale));
  table_->put(entry("192.0.2.4", 2, "02:00:00:00:00:04"));
  table_->put(entry("192.0.2.5", 2, "", NudState::kFailed));
  table_->wire[key(1)] = {answer(1)};
  table_->wire[key(2)] = {answer(2)};
  table_->wire[key(3)] = {answer(3), answer(0x33)};
  const json before = document("verify");
  EXPECT_EQ(before["right"], 1);
  EXPECT_EQ(before["wrong"], 1);
  EXPECT_EQ(before["duplicate"], 1);
  EXPECT_EQ(before["silent"], 1);
  EXPECT_EQ(before["results"].size(), 4U);
  EXPECT_EQ(run("verify").code, kRefused);
  EXPECT_EQ(find("192.0.2.2", 2)->link_address.to_string(), "02:00:00:00:00:99") << "nothing changes without --fix";
  EXPECT_EQ(run("verify 192.0.2.1").code, kDone);
  EXPECT_EQ(run("verify 192.0.2.5").code, kRefused) << "has no address to verify";
  EXPECT_EQ(run("verify 192.0.2.2 --fix").code, kDone);
  EXPECT_EQ(find("192.0.2.2", 2)->link_address.to_string(), "02:00:00:00:00:02");
  EXPECT_EQ(find("192.0.2.2", 2)->state, NudState::kPermanent);
  EXPECT_EQ(run("verify --fix").code, kRefused) << "duplicates and silent ones remain";
  const Told people = run("verify");
  EXPECT_NE(people.out.find("hint: duplicate: several stations answer for one address"), std::string::npos)
      << people.out;
  EXPECT_NE(people.out.find(" 250us "), std::string::npos) << people.out;
  EXPECT_NE(people.out.find(" 1.5ms "), std::string::npos) << people.out;
  EXPECT_EQ(run("verify --parallel 257").code, kUsage);
  EXPECT_EQ(run("verify --count 101").code, kUsage);
}

TEST_F(Commands, VerifyFixChangesTheLinkLayerAddressAlone) {
  const LinkAnswer answer{.link_address = LinkAddress::ether({2, 0, 0, 0, 0, 9})};
  const NeighborKey key{InterfaceIndex{2}, IpAddress::parse("2001:db8::1").value()};
  table_->wire[key] = {answer};
  for (const NudState state : {NudState::kPermanent, NudState::kNoArp, NudState::kStale, NudState::kReachable}) {
    Neighbor n = entry("2001:db8::1", 2, "02:00:00:00:00:01", state);
    n.flags = {NeighborFlag::kRouter, NeighborFlag::kExternLearned};
    n.protocol = 186;
    table_->put(n);
    EXPECT_EQ(run("verify --fix nud all").code, kDone);
    n.link_address = answer.link_address;
    EXPECT_TRUE(find("2001:db8::1", 2)->same_content(n)) << to_string(state);
  }
  Neighbor managed = entry("2001:db8::1", 2, "02:00:00:00:00:01", NudState::kReachable);
  managed.flags.set(NeighborFlag::kManaged);
  table_->put(managed);
  const json refused = document("verify --fix");
  EXPECT_EQ(refused["results"][0]["fixed"], false);
  EXPECT_EQ(refused["results"][0]["message"], "2001:db8::1 is managed: the kernel alone resolves it");
  EXPECT_TRUE(find("2001:db8::1", 2)->same_content(managed));
}

TEST_F(Commands, VerifySaysWhyNobodyAnswers) {
  table_->put(entry("192.0.2.1", 2, "02:00:00:00:00:01"));
  table_->wire[{InterfaceIndex{2}, IpAddress::v4(192, 0, 2, 1)}] = {
      {.link_address = LinkAddress::ether({2, 0, 0, 0, 0, 1})}};
  EXPECT_EQ(run("verify -q").out, "") << "all is right";
  table_->wire.clear();
  EXPECT_NE(run("verify -q").out, "");
  table_->links[1].running = false;
  EXPECT_NE(run("verify").out.find("hint: silent: eth0 has no carrier"), std::string::npos) << run("verify").out;
  EXPECT_EQ(document("verify")["results"][0]["hint"], "eth0 has no carrier: is the cable in, is the other end up?");
}

TEST_F(Commands, VerifyFixTellsWhatElseChanged) {
  const Neighbor failed = entry("192.0.2.1", 2, "02:00:00:00:00:01", NudState::kFailed);
  const Neighbor fixed = corrected(failed, LinkAddress::ether({2, 0, 0, 0, 0, 9}));
  EXPECT_EQ(other_differences(failed, fixed), "state: failed -> stale");
  Neighbor other = fixed;
  other.flags.set(NeighborFlag::kRouter);
  other.protocol = 186;
  EXPECT_EQ(other_differences(other, fixed), "flags: router -> none, owner: bgp -> none");
}

TEST_F(Commands, VerifyFixWritesNothingForDuplicates) {
  table_->put(entry("192.0.2.3", 2, "02:00:00:00:00:03", NudState::kStale));
  table_->wire[{InterfaceIndex{2}, IpAddress::v4(192, 0, 2, 3)}] = {
      {.link_address = LinkAddress::ether({2, 0, 0, 0, 0, 0x33})},
      {.link_address = LinkAddress::ether({2, 0, 0, 0, 0, 0x34})}};
  table_->may_write = false;
  const json result = document("verify --fix")["results"][0];
  EXPECT_EQ(result["verdict"], "duplicate");
  EXPECT_EQ(result["fixed"], false);
  EXPECT_FALSE(result.contains("error")) << "nothing was tried";
}

TEST_F(Commands, AnnounceOwnAddressesOnly) {
  table_->own[InterfaceIndex{2}] = {IpAddress::v4(192, 0, 2, 1), IpAddress::parse("2001:db8::1").value()};
  EXPECT_EQ(run("announce 192.0.2.1 --count 3").out, "ok: announced 192.0.2.1 as 02:00:00:00:01:02 on eth0, 3 times\n");
  EXPECT_EQ(table_->announcements, 3U);
  EXPECT_EQ(document("announce dev eth0")["announced"].size(), 2U);
  EXPECT_EQ(document("announce dev eth0 -6")["announced"].size(), 1U);
  EXPECT_EQ(run("announce 192.0.2.2").code, kRefused);
  EXPECT_EQ(run("announce 192.0.2.1 dev eth1").code, kRefused);
  EXPECT_EQ(run("announce dev eth1").code, kRefused);
  EXPECT_EQ(run("announce").code, kUsage);
  EXPECT_EQ(run("announce 192.0.2.1 --count 101").code, kUsage);
  const Told some = run("announce 192.0.2.9 192.0.2.1");
  EXPECT_EQ(some.code, kPartial) << "the own one is announced all the same";
  EXPECT_NE(some.out.find("announced 192.0.2.1"), std::string::npos);
  EXPECT_NE(some.err.find("192.0.2.9 is not an address of this host"), std::string::npos);
  const json both = document("announce 192.0.2.9 192.0.2.1")["announced"];
  EXPECT_EQ(both[0]["error"], "no_such_address");
  EXPECT_TRUE(both[0]["ifindex"].is_null());
  EXPECT_EQ(both[1]["count"], 1);
  EXPECT_EQ(run("announce 192.0.2.9 192.0.2.8").code, kRefused);
}

TEST_F(Commands, OwnAddressesAndEntriesLeftAloneAreRemarkedOn) {
  table_->own[InterfaceIndex{2}] = {IpAddress::v4(192, 0, 2, 1)};
  const Told own = run("add 192.0.2.1 lladdr 02:00:00:00:00:01 dev eth0");
  EXPECT_EQ(own.code, kDone);
  EXPECT_NE(own.err.find("192.0.2.1 is an address of this host itself"), std::string::npos) << own.err;
  const Told flushed = run("flush 192.0.2.1");
  EXPECT_EQ(flushed.code, kDone);
  EXPECT_EQ(
      flushed.out,
      "ok: removed 0 entries\n  hint: 1 permanent entry was left alone: 'nud permanent' or 'nud all' removes it\n");
  EXPECT_EQ(document("flush 192.0.2.1")["hint"],
            "1 permanent entry was left alone: 'nud permanent' or 'nud all' removes it");
  EXPECT_EQ(run("flush 192.0.2.2").out, "ok: removed 0 entries\n");
}

TEST_F(Commands, OneRefusalToAnnounceIsToldOnce) {
  table_->own[InterfaceIndex{2}] = {IpAddress::v4(192, 0, 2, 1), IpAddress::v4(192, 0, 2, 3)};
  table_->may_send = false;
  const Told r = run("announce dev eth0");
  EXPECT_EQ(r.code, kNoPermission);
  EXPECT_EQ(r.err.find("needs CAP_NET_RAW"), r.err.rfind("needs CAP_NET_RAW")) << r.err;
  EXPECT_EQ(document("announce dev eth0")["error"], "permission_denied");
}

TEST_F(Commands, BroadcastAddressesAreSpottedByTheirRoute) {
  const IpAddress all = IpAddress::v4(192, 0, 2, 255);
  table_->routes[all] = Route{InterfaceIndex{2}, std::nullopt, true};
  for (const std::string line : {"resolve 192.0.2.255", "resolve 192.0.2.255 dev eth0"}) {
    const Told r = run(line);
    EXPECT_EQ(r.code, kRefused);
    EXPECT_NE(r.err.find("192.0.2.255 is the broadcast address of a subnet on eth0"), std::string::npos) << r.err;
  }
  const Told r = run("add 192.0.2.255 lladdr 02:00:00:00:00:01 dev eth0");
  EXPECT_EQ(r.code, kDone) << "it may be meant";
  EXPECT_NE(r.err.find("192.0.2.255 is the broadcast address of a subnet on eth0"), std::string::npos) << r.err;
}

TEST_F(Commands, AnnounceOnAnInterfaceThatIsDownSaysSo) {
  table_->own[InterfaceIndex{2}] = {IpAddress::v4(192, 0, 2, 1)};
  table_->links[1].up = false;
  const Told r = run("announce 192.0.2.1");
  EXPECT_EQ(r.code, kRefused);
  EXPECT_NE(r.err.find("hint: eth0 is down: 'ip link set eth0 up'"), std::string::npos) << r.err;
  table_->links[1].up = true;
  table_->links[1].running = false;
  const Told silent = run("announce 192.0.2.1");
  EXPECT_EQ(silent.code, kRefused);
  EXPECT_NE(silent.err.find("192.0.2.1 was not announced on eth0\n  hint: eth0 has no carrier"), std::string::npos);
  EXPECT_EQ(table_->announcements, 0U);
}

TEST_F(Commands, TheTourTakesNothingThatItWouldIgnore) {
  EXPECT_EQ(run("tour --netns blue").code, kUsage);
  EXPECT_EQ(run("tour --stack embedded --listen 1s").code, kUsage);
}

TEST_F(Commands, InterfacesCountEntries) {
  table_->put(entry("192.0.2.1", 2, "02:00:00:00:00:01"));
  table_->put(entry("2001:db8::1", 2, "02:00:00:00:00:01"));
  table_->put(entry("224.0.0.1", 2, "01:00:5e:00:00:01", NudState::kNoArp));
  const json all = document("interfaces")["interfaces"];
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[1]["name"], "eth0");
  EXPECT_EQ(all[1]["luid"], "0x0006000002000000");
  EXPECT_EQ(all[1]["entries_ipv4"], 1);
  EXPECT_EQ(all[1]["entries_ipv6"], 1);
  EXPECT_EQ(document("interfaces dev eth1")["interfaces"].size(), 1U);
  EXPECT_EQ(document("interfaces eth1 1")["interfaces"].size(), 2U);
  EXPECT_EQ(run("interfaces eth9").code, kRefused);
}

TEST_F(Commands, ErrorsInJsonAreOneDocument) {
  const Told r = run("lsit --json");
  EXPECT_EQ(r.code, kUsage);
  EXPECT_EQ(r.err, "");
  EXPECT_EQ(json::parse(r.out)["error"], "usage");
  EXPECT_EQ(json::parse(r.out)["hint"], "did you mean 'neighctl list'?");
  EXPECT_EQ(run("--version").code, kDone);
  EXPECT_NE(json::parse(run("--version --json").out)["version"], "");
}

TEST_F(Commands, EveryTextHasADocument) {
  EXPECT_EQ(document("help list")["command"], "list");
  EXPECT_EQ(document("help list")["text"], run("list --help").out);
  EXPECT_EQ(document("list --help")["text"], run("list --help").out);
  EXPECT_TRUE(document("help")["command"].is_null());
  EXPECT_EQ(document("completion fish")["script"], run("completion fish").out);
  EXPECT_EQ(document("completion fish")["shell"], "fish");
  const json both = json::parse(run("list --json --jsonl").out);
  EXPECT_EQ(both["error"], "usage");
  EXPECT_EQ(both["message"], "'--json' and '--jsonl' exclude each other");
}

TEST_F(Commands, AFreeWordIsAnInterfaceOnlyIfThereIsOne) {
  EXPECT_NE(run("list eth0").err.find("hint: an interface is written 'dev eth0'"), std::string::npos);
  const Told other = run("list eth7");
  EXPECT_EQ(other.err.find("dev eth7"), std::string::npos) << other.err;
  EXPECT_EQ(other.code, kUsage);
}

TEST_F(Commands, NarrowTerminalsLeaveColumnsOutAndSayWhich) {
  Neighbor n = entry("2001:db8:1234:5678:9abc:def0:1234:5678", 2, "02:00:00:00:00:07", NudState::kReachable);
  n.protocol = 186;
  n.flags.set(NeighborFlag::kRouter);
  table_->put(n);
  const auto on = [&](std::size_t width, const std::string& line) { return test::run_on(table_, line, width).out; };
  const std::string eighty = on(80, "list");
  for (const std::string_view text : split(eighty, '\n')) EXPECT_LE(columns(text), 80U) << text;
  EXPECT_NE(eighty.find("2001:db8:1234:5678:9abc:def0:1234:5678  02:00:00:00:00:07  eth0"), std::string::npos)
      << eighty;
  EXPECT_NE(eighty.find("VENDOR, OWNER, AGE and FLAGS did not fit: --wide shows all\n1 entry\n"), std::string::npos)
      << eighty;
  EXPECT_EQ(eighty.find("bgp"), std::string::npos);
  EXPECT_NE(on(90, "list").find("router\nVENDOR, OWNER and AGE did not fit"), std::string::npos) << on(90, "list");
  const std::string wide = on(80, "list --wide");
  EXPECT_NE(wide.find("bgp"), std::string::npos) << wide;
  EXPECT_EQ(wide.find("did not fit"), std::string::npos);
  EXPECT_NE(on(120, "list").find("bgp"), std::string::npos);
  EXPECT_EQ(on(120, "list").find("did not fit"), std::string::npos);
}

TEST_F(Commands, AnEmptyTableIsToldOnATerminal) {
  EXPECT_EQ(run("list").out, "");
  EXPECT_EQ(test::run_on(table_, "list --all", 80).out, "the table is empty\n");
  EXPECT_EQ(test::run_on(table_, "list dev eth0", 80).out, "no entry matches\n");
  EXPECT_NE(test::run_on(table_, "list", 80).out.find("(--all)"), std::string::npos);
}

TEST_F(Commands, HostileNamesStayHarmless) {
  table_->add_interface("e\x1b[31m\xff");
  table_->put(entry("192.0.2.1", 4, "02:00:00:00:00:01"));
  EXPECT_EQ(run("list").out.find('\x1b'), std::string::npos);
  EXPECT_EQ(run("interfaces").out.find('\x1b'), std::string::npos);
  EXPECT_EQ(run("delete 192.0.2.1").out.find('\x1b'), std::string::npos);
  EXPECT_EQ(document("interfaces")["interfaces"][3]["name"], "e\x1b[31m\xef\xbf\xbd");
}

TEST_F(Commands, CompletionsKnowEveryCommand) {
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    const Told r = run("completion " + shell);
    EXPECT_EQ(r.code, kDone);
    for (const CommandSpec* command : commands()) {
      if (!command->hidden) {
        EXPECT_NE(r.out.find(command->name), std::string::npos) << shell << " " << command->name;
      }
    }
  }
  EXPECT_EQ(run("completion tcsh").code, kUsage);
  table_->put(entry("192.0.2.1", 2, "02:00:00:00:00:01"));
  EXPECT_EQ(run("__values interfaces").out, "lo\neth0\neth1\n");
  EXPECT_EQ(run("__values addresses").out, "192.0.2.1\n");
  EXPECT_EQ(run("__values lladdrs").out, "02:00:00:00:00:01\n");
  table_->own[InterfaceIndex{1}] = {IpAddress::v4(127, 0, 0, 1)};
  table_->own[InterfaceIndex{2}] = {IpAddress::v4(192, 0, 2, 33)};
  EXPECT_EQ(run("__values own").out, "192.0.2.33\n");
}

}  // namespace
}  // namespace neigh::ctl
