// SPDX-License-Identifier: Apache-2.0
// neighctl load: what it does to a table, foretells and answers.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>

#include "fake_table.hpp"
#include "neighctl/failure.hpp"
#include "neighctl/text.hpp"

namespace neigh::ctl {
namespace {

// The command itself, on a table in memory.
class LoadCommand : public ::testing::Test {
 protected:
  test::Told load(const std::string& options, const std::string& text) {
    const std::string path = ::testing::TempDir() + "neighctl-load-" + std::to_string(::getpid());
    std::FILE* file = std::fopen(path.c_str(), "wb");
    std::fwrite(text.data(), 1, text.size(), file);
    std::fclose(file);
    const test::Told run = test::run_on(table_, "load " + path + " " + options);
    std::remove(path.c_str());
    return run;
  }
  std::shared_ptr<test::FakeTable> table_ = test::small_host();
};

constexpr const char* kThree =
    "192.0.2.1,02:00:00:00:00:01,eth0\n192.0.2.999,02:00:00:00:00:02,eth0\n192.0.2.3,02:00:00:00:00:03,eth0\n";

TEST_F(LoadCommand, ABadLineStopsNothing) {
  const auto run = load("", kThree);
  EXPECT_EQ(run.code, kPartial);
  EXPECT_EQ(table_->entries().size(), 2U);
  EXPECT_NE(run.err.find("line 2: '192.0.2.999' is not an IPv4 or IPv6 address"), std::string::npos) << run.err;
  EXPECT_EQ(run.out, "!! 2 added, 1 failed\n");
}

TEST_F(LoadCommand, AtomicLoadsAllOrNothing) {
  EXPECT_EQ(load("--atomic", kThree).code, kUsage);
  EXPECT_TRUE(table_->entries().empty());
  table_->refused.insert({InterfaceIndex{2}, IpAddress::v4(192, 0, 2, 3)});
  const auto run = load("--atomic", "192.0.2.1,02:00:00:00:00:01,eth0\n192.0.2.3,02:00:00:00:00:03,eth0\n");
  EXPECT_EQ(run.code, kRefused);
  EXPECT_TRUE(table_->entries().empty());
  EXPECT_EQ(run.out, "!! 1 failed, 1 rolled back; the table is as it was\n");
  const auto json = load("--atomic --json",
                         "192.0.2.1,02:00:00:00:00:01,eth0\n192.0.2.3,02:00:00:00:00:03,eth0\n"
                         "192.0.2.4,02:00:00:00:00:04,eth0\n");
  EXPECT_NE(json.out.find("\"rolled_back\":1,\"not_loaded\":1"), std::string::npos) << json.out;
}

TEST_F(LoadCommand, AtomicRestoresWhatTheKernelCollectedMeanwhile) {
  const auto v4 = [](std::uint8_t last) { return NeighborKey{InterfaceIndex{2}, IpAddress::v4(192, 0, 2, last)}; };
  for (const std::string_view a : {"192.0.2.10", "192.0.2.11"}) {
    Neighbor old = test::entry(a, 2, "02:00:00:00:00:10", NudState::kStale);
    old.flags.set(NeighborFlag::kRouter);
    old.protocol = 186;
    table_->put(old);
  }
  const auto before = table_->entries();
  table_->collected = {v4(10), v4(11)};
  table_->refused.insert(v4(3));
  const char* const file = "192.0.2.1,02:00:00:00:00:01,eth0\n192.0.2.3,02:00:00:00:00:03,eth0\n";
  EXPECT_EQ(load("--atomic", file).out,
            "!! 1 failed, 1 rolled back; the table is as it was, 2 entries written again\n");
  ASSERT_EQ(table_->entries().size(), 2U);
  for (const auto& [key, n] : before) EXPECT_TRUE(table_->entries().at(key).same_content(n));
  table_->refused.insert(v4(11));
  EXPECT_EQ(load("--atomic", file).out,
            "!! 1 failed, 1 rolled back; 1 entry that went meanwhile written again; 1 entry that went meanwhile could "
            "not be restored\n");
  EXPECT_EQ(table_->entries().count(v4(10)), 1U);
}

TEST_F(LoadCommand, WhereTheConnectionBreaksNothingIsClaimed) {
  table_->breaks_after = 1;
  const std::string two = "192.0.2.1,02:00:00:00:00:01,eth0\n192.0.2.3,02:00:00:00:00:03,eth0\n";
  for (const std::string options : {"--atomic", ""}) {
    const auto run = load(options, two);
    EXPECT_NE(run.code, kDone);
    EXPECT_EQ(run.out, "!! 2 failed; of 2 it is not known whether the table took them\n") << options;
    EXPECT_NE(load(options + " --json", two).out.find("\"unknown\":2"), std::string::npos) << options;
  }
}

TEST_F(LoadCommand, AtomicDoesNotCountAFullTableAfterwards) {
  table_->most_entries = 0;
  table_->table_limits[0].entries = 2;
  const auto run = load("--atomic", "192.0.2.1,02:00:00:00:00:01,eth0\n");
  EXPECT_NE(run.err.find("line 1: the neighbor table is full\n"), std::string::npos) << run.err;
  EXPECT_EQ(run.err.find("2 entries"), std::string::npos) << run.err;
}

TEST_F(LoadCommand, AnOwnerThatCannotBeTakenAwayIsNotCalledUnchanged) {
  Neighbor owned = test::entry("192.0.2.1", 2, "02:00:00:00:00:01");
  owned.protocol = 186;
  table_->put(owned);
  for (const std::string how : {"", "--dry-run"}) {
    const auto run = load(how, R"([{"address":"192.0.2.1","interface":"eth0","lladdr":"02:00:00:00:00:01",)"
                               R"("state":"permanent","protocol":null}])");
    EXPECT_EQ(run.code, kRefused);
    EXPECT_NE(run.err.find("192.0.2.1 on eth0 has the owner bgp, which cannot be taken away"), std::string::npos)
        << run.err;
  }
  EXPECT_EQ(load("", "192.0.2.1,02:00:00:00:00:01,eth0\n").out, "ok: 1 unchanged\n") << "nothing is said of the owner";
  EXPECT_EQ(test::run_on(table_, "set 192.0.2.1 protocol 0").code, kRefused);
}

TEST_F(LoadCommand, EntriesWithoutStateInWhatIpPrintsAreSkipped) {
  const auto run = load("", "192.0.2.1 dev eth0 lladdr 02:00:00:00:00:01 PERMANENT\n192.0.2.2 dev eth0 \n");
  EXPECT_EQ(run.code, kDone) << run.err;
  EXPECT_EQ(run.out, "ok: 1 added, 1 skipped\n");
  const auto json = load("", R"([{"dst":"192.0.2.3","dev":"eth0"}])");
  EXPECT_EQ(json.out, "ok: 1 skipped\n") << json.err;
  EXPECT_NE(load("", R"([{"address":"192.0.2.3","interface":"eth0"}])").code, kDone) << "an address was forgotten";
}

TEST_F(LoadCommand, ATypoInTheHeaderLoadsNothing) {
  const auto run = load("dev eth0", "address,lladdr,sate\n192.0.2.1,02:00:00:00:00:01,stale\n");
  EXPECT_EQ(run.code, kUsage);
  EXPECT_NE(run.err.find("line 1: column 3, 'sate', is not known, so nothing was read"), std::string::npos) << run.err;
  EXPECT_NE(run.err.find("did you mean 'state'?"), std::string::npos) << run.err;
  EXPECT_TRUE(table_->entries().empty());
}

TEST_F(LoadCommand, AByteOrderMarkIsNoPartOfTheFirstColumn) {
  EXPECT_EQ(load("dev eth0",
                 "\xef\xbb\xbf"
                 "address;lladdr\n192.0.2.1;02:00:00:00:00:01\n")
                .code,
            kDone);
  EXPECT_EQ(
      load("", "\xef\xbb\xbf[{\"address\":\"192.0.2.2\",\"lladdr\":\"02:00:00:00:00:02\",\"dev\":\"eth0\"}]").code,
      kDone);
  EXPECT_EQ(table_->entries().size(), 2U);
}

TEST_F(LoadCommand, FailuresThatAreAlikeAreSummedUp) {
  std::string text;
  for (int i = 1; i <= 200; ++i) text += "192.0.2." + std::to_string(i) + ",02:00:00:00:00:01\n";
  text += "192.0.2.1,zz,eth0\n";
  const auto run = load("", text);
  EXPECT_EQ(run.code, kUsage);
  const auto lines = split(run.err, '\n');
  EXPECT_LE(lines.size(), 10U) << run.err;
  EXPECT_NE(run.err.find("197 more lines as line 1: no interface is given for 192.0.2.1"), std::string::npos)
      << run.err;
  EXPECT_NE(run.err.find("line 201: 'zz' is not a link-layer address"), std::string::npos) << run.err;
  EXPECT_EQ(run.out, "!! 201 failed\n");
  const auto all = load("--verbose", text);
  EXPECT_NE(all.err.find("line 199: "), std::string::npos);
}

TEST_F(LoadCommand, ALinkLayerAddressOfAnotherLengthIsAMistakeOfTheFile) {
  EXPECT_EQ(load("", "192.0.2.1,02:00:00:01,eth0\n").code, kUsage);
  EXPECT_EQ(load("", "192.0.2.1,02:00:00:00:00:00:00:01,eth0\n").code, kUsage);
  EXPECT_TRUE(table_->entries().empty());
}

TEST_F(LoadCommand, DryRunShowsAndChangesNothing) {
  table_->put(test::entry("192.0.2.1", 2, "02:00:00:00:00:77"));
  table_->may_write = false;
  const auto run = load("--dry-run", "192.0.2.1,02:00:00:00:00:01,eth0\n192.0.2.3,02:00:00:00:00:03,eth0\n");
  EXPECT_EQ(run.code, kDone);
  EXPECT_EQ(run.out,
            "~ 192.0.2.1 on eth0: lladdr 02:00:00:00:00:77 -> 02:00:00:00:00:01\n"
            "+ 192.0.2.3 -> 02:00:00:00:00:03 on eth0, permanent\n"
            "ok: 1 to add, 1 to change; nothing was changed\n");
  EXPECT_EQ(load("--dry-run --delete", "192.0.2.1,,eth0\n").out,
            "- 192.0.2.1 -> 02:00:00:00:00:77 on eth0, permanent\nok: 1 to remove; nothing was changed\n");
  EXPECT_EQ(table_->entries().size(), 1U);
}

TEST_F(LoadCommand, AnAddressInAStateThatHoldsNoneIsRefused) {
  table_->put(test::entry("192.0.2.1", 2, "02:00:00:00:00:77"));
  const std::string text = "192.0.2.1,02:00:00:00:00:01,eth0,failed\n";
  EXPECT_EQ(load("", text).code, kUsage);
  EXPECT_EQ(load("--dry-run", text).code, kUsage);
  EXPECT_EQ(table_->entries().begin()->second.link_address.to_string(), "02:00:00:00:00:77");
}

TEST_F(LoadCommand, InterfacesWithoutIpv4KeysAreRefused) {
  table_->links[2].point_to_point = true;
  for (const std::string dev : {"lo", "eth1"}) {
    EXPECT_EQ(load("", "10.0.0.1,02:00:00:00:00:01," + dev + "\n").code, kRefused) << dev;
    EXPECT_EQ(load("--dry-run", "10.0.0.1,02:00:00:00:00:01," + dev + "\n").code, kRefused) << dev;
    EXPECT_EQ(test::run_on(table_, "add 10.0.0.1 lladdr 02:00:00:00:00:01 dev " + dev).code, kRefused) << dev;
  }
  EXPECT_TRUE(table_->entries().empty());
  EXPECT_EQ(load("", "2001:db8::1,02:00:00:00:00:01,eth1\n").code, kDone);
}

TEST_F(LoadCommand, ProxyEntriesSurviveSaveAndRestore) {
  Neighbor v4 = test::entry("192.0.2.33", 2, "", NudState::kNone);
  Neighbor v6 = test::entry("2001:db8::33", 3, "", NudState::kNone);
  for (Neighbor* n : {&v4, &v6}) {
    n->flags.set(NeighborFlag::kProxy);
    table_->put(*n);
  }
  for (const std::string format : {"--json", "--jsonl", "", "--brief", "--wide"}) {
    const auto saved = test::run_on(table_, "list --proxy " + format);
    ASSERT_EQ(saved.code, kDone) << format;
    const auto again = load("--json", saved.out);
    EXPECT_NE(again.out.find("\"unchanged\":2"), std::string::npos) << format << again.out;
    ASSERT_EQ(test::run_on(table_, "flush --all proxy").code, kDone);
    ASSERT_TRUE(table_->entries().empty());
    EXPECT_EQ(load("--dry-run", saved.out).out.find("+ 192.0.2.33 on eth0, proxy\n"), 0U) << format;
    EXPECT_EQ(load("", saved.out).code, kDone) << format;
    EXPECT_EQ(table_->entries().size(), 2U) << format;
    EXPECT_EQ(table_->entries().count(v4.key()), 1U) << format;
    EXPECT_EQ(table_->entries().count(v6.key()), 1U) << format;
  }
}

TEST_F(LoadCommand, NamesOfTheInterfaceMustAgree) {
  const std::string lladdr = "\"lladdr\":\"02:00:00:00:00:01\"";
  for (const std::string& text :
       {"[{\"address\":\"192.0.2.1\"," + lladdr + ",\"interface\":\"eth0\",\"ifindex\":3}]",
        "[{\"ifindex\":77,\"address\":\"192.0.2.1\"," + lladdr + ",\"interface\":\"eth0\"}]",
        "[{\"address\":\"fe80::1%eth0\"," + lladdr + ",\"interface\":\"eth1\"}]",
        "[{\"address\":\"fe80::1%eth0\"," + lladdr + ",\"ifindex\":3}]",
        std::string("fe80::1%eth0,02:00:00:00:00:01,eth1\n"), std::string("02:00:00:00:00:01 fe80::1%eth0 eth1\n"),
        std::string("neigh add fe80::1%eth0 lladdr 02:00:00:00:00:01 dev eth1\n"),
        std::string("address,lladdr,interface,ifindex\n192.0.2.1,02:00:00:00:00:01,eth0,3\n")}) {
    const auto run = load("", text);
    EXPECT_EQ(run.code, kUsage) << text;
    EXPECT_TRUE(run.err.find("name different interfaces") != std::string::npos ||
                run.err.find("as 'ifindex' says") != std::string::npos)
        << run.err;
    EXPECT_NE(run.err.find("line "), std::string::npos);
    EXPECT_TRUE(table_->entries().empty()) << text;
  }
  for (const std::string& text : {"[{\"address\":\"fe80::1%eth0\"," + lladdr + ",\"interface\":\"2\",\"ifindex\":2}]",
                                  "[{\"address\":\"fe80::1%2\"," + lladdr + ",\"interface\":\"eth0\"}]",
                                  "[{\"address\":\"fe80::1\"," + lladdr + ",\"ifindex\":2}]"}) {
    EXPECT_EQ(load("dev eth1", text).code, kDone) << text;
    ASSERT_EQ(table_->entries().size(), 1U);
    EXPECT_EQ(table_->entries().begin()->first.interface, InterfaceIndex{2}) << text;
    ASSERT_EQ(load("--delete", text).code, kDone);
  }
  const std::string moved = "[{\"address\":\"192.0.2.1\"," + lladdr + ",\"interface\":\"eth0\",\"ifindex\":77}]";
  EXPECT_EQ(load("--by-name", moved).code, kDone);
  EXPECT_EQ(table_->entries().begin()->first.interface, InterfaceIndex{2});
}

TEST_F(LoadCommand, ChangeLinesTellEveryChange) {
  Neighbor n = test::entry("192.0.2.1", 2, "02:00:00:00:00:01");
  n.flags.set(NeighborFlag::kRouter);
  n.protocol = 186;
  table_->put(n);
  table_->put(test::entry("192.0.2.2", 2, "", NudState::kFailed));
  const std::string text = "192.0.2.1,02:00:00:00:00:01,eth0\n192.0.2.2,02:00:00:00:00:02,eth0,stale,,static\n";
  const std::string wanted =
      "~ 192.0.2.1 on eth0: flags router -> none\n"
      "~ 192.0.2.2 on eth0: lladdr none -> 02:00:00:00:00:02, state failed -> stale, owner none -> static\n";
  EXPECT_EQ(load("--dry-run", text).out.find(wanted), 0U) << load("--dry-run", text).out;
  EXPECT_EQ(load("--verbose", text).out.find(wanted), 0U);
}

TEST_F(LoadCommand, WhatIsForetoldHappens) {
  // Every state with every kind of link-layer address, for an entry that is there or not.
  const std::vector<std::string> states = {"",      "none",   "incomplete", "reachable", "stale",      "delay",
                                           "probe", "failed", "noarp",      "permanent", "unreachable"};
  const std::vector<std::string> addresses = {"", "02:00", "02:00:00:00:00:01", "02:00:00:00:00:01:02",
                                              "02:00:00:00:00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10:11:12:13:"
                                              "14:15:16:17:18:19:1a:1b"};
  const auto verdict = [](const test::Told& told) {
    std::string text = told.out;
    for (const std::string word : {"\"dry_run\":true", "\"dry_run\":false"}) {
      if (const auto at = text.find(word); at != std::string::npos) text.erase(at, word.size());
    }
    return std::to_string(told.code) + text;
  };
  for (const std::string operation : {"", "--create", "--set", "--delete"}) {
    for (const std::string flags : {"", "router", "managed", "extern_valid", "proxy"}) {
      for (const std::string& state : states) {
        for (const std::string& lladdr : addresses) {
          for (const bool exists : {false, true}) {
            table_ = test::small_host();
            Neighbor n = test::entry("192.0.2.1", 2, "02:00:00:00:00:77", NudState::kStale);
            n.flags.set(NeighborFlag::kProxy, flags == "proxy");
            if (exists) table_->put(n);
            const std::string line = "192.0.2.1," + lladdr + ",eth0," + state + "," + flags + "\n";
            const auto dry = load("--json --dry-run " + operation, line);
            const auto real = load("--json " + operation, line);
            EXPECT_EQ(verdict(dry), verdict(real)) << operation << " " << exists << " " << line;
          }
        }
      }
    }
  }
}

TEST_F(LoadCommand, ManagedEntriesComeBackForTheKernelToResolve) {
  const std::string text = "192.0.2.1,02:00:00:00:00:01,eth0,reachable,managed\n";
  EXPECT_EQ(load("", text).code, kDone);
  EXPECT_EQ(table_->entries().begin()->second.state, NudState::kNone);
  EXPECT_TRUE(table_->entries().begin()->second.link_address.empty());
  EXPECT_TRUE(table_->entries().begin()->second.flags.has(NeighborFlag::kManaged));
  Neighbor resolved = table_->entries().begin()->second;
  resolved.link_address = LinkAddress::ether({2, 0, 0, 0, 0, 9});
  resolved.state = NudState::kReachable;
  table_->put(resolved);
  EXPECT_NE(load("--json", text).out.find("\"unchanged\":1"), std::string::npos);
  for (const std::string line :
       {"add 192.0.2.2 managed lladdr 02:00:00:00:00:01 dev eth0", "add 192.0.2.2 managed nud stale dev eth0",
        "set 192.0.2.1 lladdr 02:00:00:00:00:07", "set 192.0.2.1 nud stale"}) {
    EXPECT_EQ(test::run_on(table_, line).code, kUsage) << line;
  }
  EXPECT_EQ(test::run_on(table_, "add 192.0.2.2 managed dev eth0").code, kDone);
}

TEST_F(LoadCommand, ProxyEntriesTakeNothingElse) {
  for (const std::string word : {"lladdr 02:00:00:00:00:01", "nud stale", "router", "protocol bgp", "managed"}) {
    EXPECT_EQ(test::run_on(table_, "add proxy 192.0.2.2 dev eth0 " + word).code, kUsage) << word;
  }
  EXPECT_TRUE(table_->entries().empty());
}

TEST_F(LoadCommand, UnresolvedEntriesCanBeRemoved) {
  table_->put(test::entry("192.0.2.2", 2, "", NudState::kFailed));
  const auto saved = test::run_on(table_, "list nud failed --json");
  EXPECT_NE(load("--json", saved.out).out.find("\"skipped\":1"), std::string::npos);
  EXPECT_EQ(load("--delete", saved.out).code, kDone);
  EXPECT_TRUE(table_->entries().empty());
}

TEST_F(LoadCommand, AnOwnerThatIsNotSaidStays) {
  Neighbor n = test::entry("192.0.2.1", 2, "02:00:00:00:00:01");
  n.protocol = 186;
  table_->put(n);
  const auto run = load("--json", "192.0.2.1,02:00:00:00:00:01,eth0\n");
  EXPECT_NE(run.out.find("\"unchanged\":1"), std::string::npos) << run.out;
  EXPECT_NE(load("--json", "192.0.2.1,02:00:00:00:00:01,eth0,,,static\n").out.find("\"changed\":1"), std::string::npos);
}

TEST_F(LoadCommand, OneRefusalIsToldOnce) {
  table_->may_write = false;
  std::string text;
  for (int i = 1; i < 200; ++i) text += "192.0.2." + std::to_string(i) + ",02:00:00:00:00:01,eth0\n";
  const auto run = load("", text);
  EXPECT_EQ(run.code, kNoPermission);
  EXPECT_EQ(run.err.find("CAP_NET_ADMIN"), run.err.rfind("needs CAP_NET_ADMIN") + 6) << run.err;
}

TEST_F(LoadCommand, ManyChunksKeepTheirLines) {
  std::string text;
  for (int i = 0; i < 10000; ++i) {
    text += i == 9998 ? "bad\n"
                      : "10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256) + ",02:00:00:00:00:01,eth0\n";
  }
  const auto run = load("--jsonl", text);
  EXPECT_EQ(run.code, kPartial);
  EXPECT_EQ(table_->entries().size(), 9999U);
  EXPECT_NE(run.out.find("{\"line\":9999,\"result\":\"failed\""), std::string::npos);
  EXPECT_NE(run.out.find("\"loaded\":9999,\"added\":9999"), std::string::npos);
}

TEST_F(LoadCommand, OperationsAndStates) {
  EXPECT_EQ(load("--create nud stale", "192.0.2.1,02:00:00:00:00:01,eth0,permanent\n").code, kDone);
  EXPECT_EQ(table_->entries().begin()->second.state, NudState::kStale);
  EXPECT_EQ(load("--create", "192.0.2.1,02:00:00:00:00:01,eth0\n").code, kRefused);
  EXPECT_EQ(load("--set", "192.0.2.9,02:00:00:00:00:01,eth0\n").code, kRefused);
  EXPECT_EQ(load("--set --create", "").code, kUsage);
  EXPECT_EQ(load("--atomic --keep-going", "").code, kUsage);
  EXPECT_EQ(load("--delete", "192.0.2.1,,eth0\n").code, kDone);
  EXPECT_TRUE(table_->entries().empty());
  EXPECT_EQ(load("", "192.0.2.1,02:00:00:00:00:01\n").code, kUsage) << "no interface";
  EXPECT_EQ(load("dev eth1", "192.0.2.1,02:00:00:00:00:01\n").code, kDone);
  EXPECT_EQ(table_->entries().begin()->first.interface, InterfaceIndex{3});
  EXPECT_EQ(load("", "").code, kDone);
  EXPECT_EQ(load("--format csv", "{}").code, kUsage);
  EXPECT_EQ(load("--format arp", "? (192.0.2.9) at 02:00:00:00:00:09 [ether] on eth0\n").code, kDone);
  EXPECT_EQ(load("--format list", "192.0.2.10 02:00:00:00:00:0a eth0 stale\n").code, kDone);
  const auto missing = test::run_on(table_, "load /nonexistent/file");
  EXPECT_EQ(missing.code, kRefused) << "as an interface that is not there";
  EXPECT_NE(missing.err.find("'/nonexistent/file' cannot be read: No such file or directory"), std::string::npos);
  EXPECT_EQ(test::run_on(table_, "load /").code, kRefused);
  EXPECT_NE(load("", "5\n").err.find("'5' is no entry in any format"), std::string::npos);
}

}  // namespace
}  // namespace neigh::ctl
