// SPDX-License-Identifier: Apache-2.0
// Reading entries from every format, and what bad lines are answered with.
#include <gtest/gtest.h>

#include <sstream>

#include "fake_table.hpp"
#include "neighctl/load_input.hpp"
#include "neighctl/load_plan.hpp"
#include "neighctl/text.hpp"

namespace neigh::ctl {
namespace {

struct Read {
  std::vector<LoadItem> items = {};
  [[nodiscard]] const LoadedEntry& entry(std::size_t i) const { return std::get<LoadedEntry>(items.at(i).content); }
  [[nodiscard]] const Failure& failure(std::size_t i) const { return std::get<Failure>(items.at(i).content); }
  [[nodiscard]] bool bad(std::size_t i) const { return std::holds_alternative<Failure>(items.at(i).content); }
};

Read read(const std::string& text, LoadFormat format = LoadFormat::kAuto, const HostLookup& lookup = {}) {
  Read result;
  std::stringbuf source(text);
  CountingBuffer counting(source);
  if (format == LoadFormat::kAuto) format = guess_format(text);
  if (format == LoadFormat::kAuto) return result;
  read_entries(counting, format, lookup, [&](LoadItem item) {
    result.items.push_back(std::move(item));
    return true;
  });
  return result;
}

TEST(LoadFormat, IsSeenFromTheBeginning) {
  EXPECT_EQ(guess_format("  \n[{"), LoadFormat::kJson);
  EXPECT_EQ(guess_format("{\"neighbors\":[\n"), LoadFormat::kJson);
  EXPECT_EQ(guess_format("{\"address\":\"192.0.2.7\"}\n{\"address\":1}\n"), LoadFormat::kJsonLines);
  EXPECT_EQ(guess_format("# comment\naddress,lladdr\n"), LoadFormat::kCsv);
  EXPECT_EQ(guess_format("192.0.2.7 dev eth0 lladdr 02:00:00:00:00:07 STALE\n"), LoadFormat::kIpShow);
  EXPECT_EQ(guess_format("neigh add 192.0.2.7 lladdr 02:00:00:00:00:07 dev eth0\n"), LoadFormat::kIpBatch);
  EXPECT_EQ(guess_format("02:00:00:00:00:07 host\n"), LoadFormat::kEthers);
  EXPECT_EQ(guess_format("\n# nothing\n"), LoadFormat::kAuto);
  EXPECT_EQ(guess_format(""), LoadFormat::kAuto);
  EXPECT_EQ(guess_format("address;lladdr\n"), LoadFormat::kCsv);
  EXPECT_EQ(guess_format("IP address       HW type     Flags       HW address            Mask     Device\n"),
            LoadFormat::kArp);
  EXPECT_EQ(guess_format("? (192.0.2.7) at 02:00:00:00:00:07 [ether] on eth0\n"), LoadFormat::kArp);
  EXPECT_EQ(guess_format("Address                  HWtype  HWaddress           Flags Mask            Iface\n"),
            LoadFormat::kArp);
  EXPECT_EQ(guess_format("ADDRESS    LINK ADDRESS       INTERFACE  STATE\n"), LoadFormat::kList);
  EXPECT_EQ(guess_format("192.0.2.7  02:00:00:00:00:07  eth0  stale\n"), LoadFormat::kList);
  for (const auto format :
       {LoadFormat::kAuto, LoadFormat::kJson, LoadFormat::kJsonLines, LoadFormat::kCsv, LoadFormat::kEthers,
        LoadFormat::kIpShow, LoadFormat::kIpBatch, LoadFormat::kArp, LoadFormat::kList}) {
    EXPECT_EQ(parse_format(format_name(format)), format);
  }
}

TEST(LoadFormat, OwnJsonAndIpJsonHoldTheSame) {
  const Read own = read(
      "{\"neighbors\":[\n"
      "{\"address\":\"192.0.2.7\",\"family\":\"ipv4\",\"interface\":\"eth0\",\"ifindex\":2,\"lladdr\":\"02:00:00:00:00:"
      "07\","
      "\"state\":\"stale\",\"flags\":[\"router\",\"extern_learn\"],\"protocol\":\"bgp\",\"probes\":0,\"confirmed_ms\":"
      "1}\n"
      "],\"errors\":[{\"address\":\"192.0.2.8\",\"error\":\"not_found\"}]}\n");
  const Read ip = read(
      "[{\"dst\":\"192.0.2.7\",\"dev\":\"eth0\",\"lladdr\":\"02:00:00:00:00:07\",\"router\":null,\"extern_learn\":null,"
      "\"protocol\":\"bgp\",\"state\":[\"STALE\"]}]");
  for (const Read* r : {&own, &ip}) {
    ASSERT_EQ(r->items.size(), 1U);
    ASSERT_FALSE(r->bad(0)) << r->failure(0).message;
    EXPECT_EQ(r->entry(0).address.to_string(), "192.0.2.7");
    EXPECT_EQ(r->entry(0).interface, "eth0");
    EXPECT_EQ(r->entry(0).link_address.to_string(), "02:00:00:00:00:07");
    EXPECT_EQ(r->entry(0).state, NudState::kStale);
    EXPECT_EQ(r->entry(0).protocol, 186);
    EXPECT_EQ(r->entry(0).flags, (NeighborFlags{NeighborFlag::kRouter, NeighborFlag::kExternLearned}));
  }
  EXPECT_EQ(own.items[0].line, 2U);
}

TEST(LoadFormat, JsonTellsLinesAndGoesOnAfterBadEntries) {
  const Read r = read(
      "[\n{\"address\":\"192.0.2.1\",\"lladdr\":\"02:00:00:00:00:01\"},\n\n"
      "{\"address\":\"192.0.2.300\",\"lladdr\":\"02:00:00:00:00:02\"},\n"
      "{\"lladdr\":\"02:00:00:00:00:03\"}, 7, null,\n"
      "{\"address\":\"192.0.2.4\",\"lladdr\":\"02:00:00:00:00:04\",\"comment\":{\"state\":[\"x\",{\"y\":1}]}}\n]\n");
  ASSERT_EQ(r.items.size(), 6U);
  EXPECT_FALSE(r.bad(0));
  EXPECT_EQ(r.items[0].line, 2U);
  EXPECT_EQ(r.failure(1).message, "'192.0.2.300' is not an IPv4 or IPv6 address");
  EXPECT_EQ(r.items[1].line, 4U);
  EXPECT_EQ(r.failure(2).message, "there is no address");
  EXPECT_EQ(r.failure(3).message, "'7' is not an entry");
  EXPECT_EQ(r.failure(4).message, "'null' is not an entry");
  EXPECT_EQ(r.entry(5).address.to_string(), "192.0.2.4");
  EXPECT_EQ(r.items[5].line, 6U);
}

TEST(LoadFormat, BrokenJsonKeepsWhatCameBefore) {
  const std::string whole =
      "[{\"address\":\"192.0.2.1\",\"lladdr\":\"02:00:00:00:00:01\"},\n{\"address\":\"192.0.2.2\"}]";
  const std::size_t first_entry_ends = whole.find('}') + 1;
  for (std::size_t size = 1; size < whole.size(); ++size) {
    const Read r = read(whole.substr(0, size), LoadFormat::kJson);
    ASSERT_FALSE(r.items.empty()) << size;
    EXPECT_TRUE(r.bad(r.items.size() - 1)) << size;
    EXPECT_EQ(r.failure(r.items.size() - 1).message.find("this is no JSON: "), 0U) << size;
    EXPECT_EQ(r.items.size() > 1, size >= first_entry_ends) << size;
  }
}

TEST(LoadFormat, JsonTellsPlaceAndMember) {
  // On one line, as `ip -j neigh` and jq print it, the column is all there is.
  const std::string fine = "{\"dst\":\"192.0.2.1\",\"dev\":\"eth0\"}";
  const std::string bad = "{\"comment\":\"lladdr\",\"dst\":\"192.0.2.2\",\"lladdr\":\"zz\"}";
  const Read r = read("[" + fine + "," + bad + ",{\"dev\":\"eth0\"}]");
  ASSERT_EQ(r.items.size(), 3U);
  EXPECT_EQ(r.items[0].column, 2U);
  EXPECT_EQ(r.failure(1).message, "'zz' is not a link-layer address");
  EXPECT_EQ(r.items[1].member, "lladdr");
  EXPECT_EQ(r.items[1].column, 3 + fine.size() + bad.rfind("\"lladdr\""));
  EXPECT_EQ(r.items[2].column, 4 + fine.size() + bad.size());
  const Read lines = read(fine + "\n  " + bad + "\n");
  ASSERT_EQ(lines.items.size(), 2U);
  EXPECT_EQ(lines.items[1].line, 2U);
  EXPECT_EQ(lines.items[1].member, "lladdr");
  EXPECT_EQ(lines.items[1].column, 3 + bad.rfind("\"lladdr\""));
  const Read spread = read("[\n{\"address\":\n\"192.0.2.1\",\n  \"ifindex\": 0\n}\n]\n");
  EXPECT_EQ(spread.items.at(0).line, 4U);
  EXPECT_EQ(spread.items[0].column, 3U);
  EXPECT_EQ(spread.items[0].member, "ifindex");
}

TEST(LoadFormat, OneLineCanBeADocument) {
  const std::string entries = "[{\"address\":\"192.0.2.1\"},{\"address\":\"192.0.2.2\"}]";
  EXPECT_EQ(read("{\"neighbors\":" + entries + "}\n").items.size(), 2U);
  EXPECT_EQ(read(entries).items.size(), 2U);
  EXPECT_EQ(read("{\"address\":\"192.0.2.1\"}\n").entry(0).address.to_string(), "192.0.2.1");
  const Read lines = read("{\"neighbors\":" + entries + "}\n{\"address\":\"192.0.2.3\"} 5\n");
  ASSERT_EQ(lines.items.size(), 2U);
  EXPECT_EQ(lines.failure(0).message, "there are several entries on one line");
  EXPECT_EQ(lines.failure(1).message.find("this is no JSON"), 0U);
}

TEST(LoadFormat, JsonLinesWithBadBytesStandAlone) {
  const std::string fine = "{\"address\":\"192.0.2.1\"}\n";
  const std::string bad = "{\"address\":\"192.0.2.\xff\"}\n";
  for (const std::string& text : {bad + fine + fine, fine + bad + fine}) {
    const Read r = read(text);
    ASSERT_EQ(r.items.size(), 3U);
    const std::size_t at = r.bad(0) ? 0 : 1;
    EXPECT_TRUE(r.bad(at));
    EXPECT_FALSE(r.bad(1 - at));
    EXPECT_FALSE(r.bad(2));
    EXPECT_EQ(r.failure(at).hint, "each line is one object; the others are read all the same");
  }
  EXPECT_EQ(read("[" + bad + "," + fine + "]").failure(0).hint, "what follows in the file was not read");
}

TEST(LoadFormat, JsonLinesStandAlone) {
  const Read r = read(
      "{\"address\":\"192.0.2.1\",\"lladdr\":\"02:00:00:00:00:01\"}\n{broken\n\n"
      "{\"address\":\"192.0.2.2\",\"lladdr\":\"02:00:00:00:00:02\"}\n");
  ASSERT_EQ(r.items.size(), 3U);
  EXPECT_FALSE(r.bad(0));
  EXPECT_TRUE(r.bad(1));
  EXPECT_EQ(r.items[1].line, 2U);
  EXPECT_EQ(r.entry(2).address.to_string(), "192.0.2.2");
  EXPECT_EQ(r.items[2].line, 4U);
}

TEST(LoadFormat, JsonLinesThatAreNoEntryAreToldToo) {
  for (const std::string line : {"null", "0", "\"x\"", "[]", "true", "-1.5"}) {
    const Read r = read(line + "\n", LoadFormat::kJsonLines);
    ASSERT_EQ(r.items.size(), 1U) << line;
    ASSERT_TRUE(r.bad(0)) << line;
    EXPECT_EQ(r.failure(0).hint, "each line is one object") << line;
  }
  const Read r = read("{\"address\":null}\n{}\n", LoadFormat::kJsonLines);
  ASSERT_EQ(r.items.size(), 2U);
  EXPECT_EQ(r.failure(0).message.find("no entries in this document"), std::string::npos) << r.failure(0).message;
  EXPECT_TRUE(r.bad(1));
}

TEST(LoadFormat, Csv) {
  const Read header = read("dev,mac,ip,comment\neth0,\"02:00:00:00:00:07\",192.0.2.7,\"a, \"\"b\"\"\"\n");
  ASSERT_EQ(header.items.size(), 1U);
  EXPECT_EQ(header.entry(0).interface, "eth0");
  EXPECT_EQ(header.entry(0).address.to_string(), "192.0.2.7");
  EXPECT_EQ(header.items[0].line, 2U);
  const Read bare = read("192.0.2.7,02:00:00:00:00:07,eth0,stale,router extern_learn,bgp\n192.0.2.8,,eth0\n");
  ASSERT_EQ(bare.items.size(), 2U);
  EXPECT_EQ(bare.entry(0).state, NudState::kStale);
  EXPECT_TRUE(bare.entry(0).flags.has(NeighborFlag::kExternLearned));
  EXPECT_EQ(bare.entry(0).protocol, 186);
  EXPECT_TRUE(bare.entry(1).link_address.empty());
  const Read bad = read("192.0.2.7,\"02:00\n1,2,3,4,5,6,7\n192.0.2.7,02:00:00:00:00:07,eth0,happy\n,,\n");
  ASSERT_EQ(bad.items.size(), 4U);
  EXPECT_EQ(bad.failure(0).message, "a quote is not closed");
  EXPECT_EQ(bad.failure(2).message, "'happy' is not a state");
  EXPECT_EQ(bad.failure(3).message, "there is no address");
  const Read without = read("lladdr,dev\n02:00:00:00:00:07,eth0\n");
  ASSERT_EQ(without.items.size(), 1U) << "nothing below such a header has a meaning";
  EXPECT_EQ(without.failure(0).message, "the header has no column 'address', so nothing was read");
}

TEST(LoadFormat, CsvRefusesWhatItWouldLose) {
  const auto refusal = [](const std::string& text) {
    const Read r = read(text);
    EXPECT_EQ(r.items.size(), 1U) << text;
    return r.items.empty() || !r.bad(0) ? Failure{} : r.failure(0);
  };
  const Failure typo = refusal("address,lladr,dev\n192.0.2.7,02:00:00:00:00:07,eth0\n192.0.2.8,x,eth0\n");
  EXPECT_EQ(typo.exit, kUsage);
  EXPECT_EQ(typo.message, "column 2, 'lladr', is not known, so nothing was read");
  EXPECT_EQ(typo.hint, "did you mean 'lladdr'?");
  EXPECT_EQ(refusal("adress,lladr\n192.0.2.7,02:00:00:00:00:07\n").hint, "did you mean 'address'?");
  EXPECT_EQ(refusal("address,colour\n192.0.2.7,red\n").message,
            "column 2, 'colour', is not known, so nothing was read");
  EXPECT_EQ(refusal("ip,lladdr,address\n192.0.2.7,,192.0.2.8\n").message,
            "columns 1 and 3, 'ip' and 'address', mean the same, so nothing was read");
  EXPECT_EQ(refusal("address,lladdr,\n192.0.2.7,02:00:00:00:00:07,eth0\n").message,
            "'eth0' stands in column 3, which has no name");
  // What our own output and iproute2's carry beside it is no loss, nor is a remark.
  const Read fine = read(
      "address;lladdr;interface;ifindex;family;router;probes;confirmed_ms;used_ms;updated_ms;comment;\n"
      "192.0.2.7;02:00:00:00:00:07;eth0;2;ipv4;yes;0;1;2;3;a, b;\n192.0.2.8;;eth0;;;maybe;;;;;;\n");
  ASSERT_EQ(fine.items.size(), 2U);
  ASSERT_FALSE(fine.bad(0)) << fine.failure(0).message;
  EXPECT_TRUE(fine.entry(0).flags.has(NeighborFlag::kRouter));
  EXPECT_EQ(fine.entry(0).interface, "eth0");
  EXPECT_EQ(fine.failure(1).message, "'maybe' is neither yes nor no");
}

TEST(LoadFormat, JsonRefusesWhatItWouldLose) {
  const Read r = read(
      "[{\"address\":\"192.0.2.1\",\n  \"lladr\":\"02:00:00:00:00:01\"},\n"
      "{\"address\":\"192.0.2.2\",\"colour\":\"red\"},\n"
      "{\"dst\":\"192.0.2.3\",\"address\":\"192.0.2.4\"},\n"
      "{\"dst\":\"192.0.2.5\",\"lladdr\":\"02:00:00:00:00:05\",\"refcnt\":1,\"used\":1,\"confirmed\":2,\"updated\":3,"
      "\"probes\":0,\"comment\":\"x\"}]");
  ASSERT_EQ(r.items.size(), 4U);
  EXPECT_EQ(r.items[0].line, 2U);
  EXPECT_EQ(r.failure(0).message, "'lladr' is not a member of an entry");
  EXPECT_EQ(r.items[0].column, 3U);
  EXPECT_EQ(r.failure(0).hint, "did you mean 'lladdr'?");
  EXPECT_EQ(r.failure(0).exit, kUsage);
  EXPECT_EQ(r.failure(1).message, "'colour' is not a member of an entry");
  EXPECT_EQ(r.items[1].column, 24U);
  EXPECT_EQ(r.failure(2).message, "'192.0.2.4' says a second time what has been said");
  EXPECT_FALSE(r.bad(3));
  EXPECT_EQ(read("{\"neigbors\":[{\"address\":\"192.0.2.1\"}]}", LoadFormat::kJson).failure(0).hint,
            "did you mean 'neighbors'?");
  const Read line = read("{\"address\":\"192.0.2.1\",\"lladr\":1}\n", LoadFormat::kJsonLines);
  EXPECT_EQ(line.failure(0).message, "'lladr' is not a member of an entry");
  EXPECT_EQ(line.items[0].column, 24U);
  // A document of ours has more members than its entries.
  const Read whole = read("{\"neighbors\":[{\"address\":\"192.0.2.1\"}],\"changes\":0,\"gaps\":0}");
  ASSERT_EQ(whole.items.size(), 1U);
  EXPECT_FALSE(whole.bad(0));
}

TEST(LoadFormat, JsonOfAnotherTypeIsAMistakeOfTheFile) {
  for (const std::string member : {"\"address\":5",
                                   "\"address\":true",
                                   "\"address\":{}",
                                   "\"address\":[\"192.0.2.1\"]",
                                   "\"lladdr\":7",
                                   "\"lladdr\":false",
                                   "\"ifindex\":1.5",
                                   "\"ifindex\":-1",
                                   "\"ifindex\":\"eth0\"",
                                   "\"dev\":2.5",
                                   "\"state\":3",
                                   "\"state\":[[\"stale\"]]",
                                   "\"state\":[\"stale\",\"failed\"]",
                                   "\"flags\":{\"router\":true}",
                                   "\"flags\":[1]",
                                   "\"flags\":[true]",
                                   "\"state\":[null]",
                                   "\"router\":\"yes\"",
                                   "\"router\":1",
                                   "\"protocol\":-4",
                                   "\"protocol\":\"nobody\""}) {
    const std::string address = member.find("address") == std::string::npos ? "\"dst\":\"192.0.2.7\"," : "";
    const Read r = read("[{" + address + member + "}]", LoadFormat::kJson);
    ASSERT_EQ(r.items.size(), 1U) << member;
    ASSERT_TRUE(r.bad(0)) << member;
    EXPECT_EQ(r.failure(0).exit, kUsage) << member;
  }
  const Read fine = read(
      "[{\"dst\":\"192.0.2.7\",\"ifindex\":2,\"lladdr\":null,\"protocol\":4,\"router\":true,\"managed\":false,"
      "\"state\":[\"STALE\"],\"flags\":[\"extern_learn\",\"router\"]}]");
  ASSERT_FALSE(fine.bad(0)) << fine.failure(0).message;
  EXPECT_EQ(fine.entry(0).flags, (NeighborFlags{NeighborFlag::kRouter, NeighborFlag::kExternLearned}));
}

TEST(LoadFormat, ArpTables) {
  const Read proc = read(
      "IP address       HW type     Flags       HW address            Mask     Device\n"
      "192.0.2.7        0x1         0x2         02:00:00:00:00:07     *        eth0\n"
      "192.0.2.8        0x1         0x6         02:00:00:00:00:08     *        eth0\n"
      "192.0.2.9        0x1         0x0         00:00:00:00:00:00     *        eth0\n"
      "192.0.2.10       0x1         0xc         00:00:00:00:00:00     *        eth0\n");
  const Read a = read(
      "? (192.0.2.7) at 02:00:00:00:00:07 [ether] on eth0\nhost (192.0.2.8) at 02:00:00:00:00:08 [ether] PERM on eth0\n"
      "? (192.0.2.9) at <incomplete> on eth0\n? (192.0.2.10) at * PERM PUB on eth0\n");
  const Read n = read(
      "Address                  HWtype  HWaddress           Flags Mask            Iface\n"
      "192.0.2.7                ether   02:00:00:00:00:07   C                     eth0\n"
      "192.0.2.8                ether   02:00:00:00:00:08   CM                    eth0\n"
      "192.0.2.9                        (incomplete)                              eth0\n"
      "192.0.2.10               *       <from_interface>    MP                    eth0\n");
  for (const Read* r : {&proc, &a, &n}) {
    ASSERT_EQ(r->items.size(), 4U);
    ASSERT_FALSE(r->bad(0)) << r->failure(0).message;
    EXPECT_EQ(r->entry(0).link_address.to_string(), "02:00:00:00:00:07");
    EXPECT_EQ(r->entry(0).state, NudState::kStale) << "learned some time ago";
    EXPECT_EQ(r->entry(0).interface, "eth0");
    EXPECT_EQ(r->entry(1).state, NudState::kPermanent);
    EXPECT_TRUE(r->items[2].skipped);
    ASSERT_FALSE(r->bad(3)) << r->failure(3).message;
    EXPECT_TRUE(r->entry(3).flags.has(NeighborFlag::kProxy));
  }
  EXPECT_TRUE(read("? (192.0.2.7) at 02:00:00:00:00:07 upside on eth0\n", LoadFormat::kArp).bad(0));
  EXPECT_TRUE(read("192.0.2.7 0x1 0xz 02:00:00:00:00:07 * eth0\n", LoadFormat::kArp).bad(0));
  EXPECT_TRUE(read("192.0.2.7 what\n", LoadFormat::kArp).bad(0));
}

TEST(LoadFormat, OurOwnTable) {
  for (const std::string options : {"", " --wide", " --brief"}) {
    auto table = test::small_host();
    Neighbor a = test::entry("192.0.2.7", 2, "02:00:00:00:00:07", NudState::kStale);
    a.flags = {NeighborFlag::kRouter, NeighborFlag::kExternLearned};
    a.protocol = 186;
    Neighbor b = test::entry("2001:db8::8", 3, "02:00:00:00:00:08");
    b.protocol = options == " --brief" ? 0 : 4;
    Neighbor c = test::entry("2001:db8::9", 3, "", NudState::kFailed);
    for (const Neighbor& n : {a, b, c}) table->put(n);
    const std::string text = test::run_on(table, "list" + options).out;
    const Read r = read(text);
    ASSERT_EQ(r.items.size(), 3U) << text;
    for (std::size_t i = 0; i < 2; ++i) ASSERT_FALSE(r.bad(i)) << text << r.failure(i).message;
    EXPECT_EQ(r.entry(0).state, NudState::kStale);
    EXPECT_EQ(r.entry(1).link_address, b.link_address);
    EXPECT_EQ(r.entry(1).interface, "eth1");
    EXPECT_TRUE(r.items[2].skipped);
    if (options == " --brief") continue;  // which has neither flags nor owners
    EXPECT_EQ(r.entry(0).flags, a.flags) << text;
    EXPECT_EQ(r.entry(0).protocol, 186) << text;
    EXPECT_TRUE(r.entry(1).flags.empty()) << text;
    EXPECT_EQ(r.entry(1).protocol, 4) << text;
  }
  EXPECT_TRUE(read("192.0.2.7 02:00:00:00:00:07\n", LoadFormat::kList).bad(0));
  EXPECT_TRUE(read("192.0.2.7 02:00:00:00:00:07 eth0 3\n", LoadFormat::kList).bad(0));
}

TEST(LoadFormat, ManagedEntriesHaveSomethingToLoadBeforeTheyAreResolved) {
  const Read r = read("192.0.2.7 dev eth0 managed INCOMPLETE\n192.0.2.8 dev eth0 INCOMPLETE\n");
  ASSERT_FALSE(r.bad(0));
  EXPECT_EQ(neighbor_from(r.entry(0), InterfaceIndex{2}, {}).state, NudState::kNone);
  EXPECT_TRUE(r.items[1].skipped);
}

TEST(LoadFormat, Ethers) {
  const HostLookup lookup = [](const std::string& name) {
    return name == "printer" ? std::vector<IpAddress>{IpAddress::v4(192, 0, 2, 9)} : std::vector<IpAddress>{};
  };
  const std::string text =
      "02:00:00:00:00:07 192.0.2.7 # comment\n192.0.2.8\t02-00-00-00-00-08 eth1\n2:0:0:0:0:9 printer\n"
      "02:00:00:00:00:0a nobody\nzz 192.0.2.7\none\n02:00:00:00:00:0b fe80::b%eth1\n";
  const Read r = read(text, LoadFormat::kEthers, lookup);
  ASSERT_EQ(r.items.size(), 7U);
  EXPECT_EQ(r.entry(0).address.to_string(), "192.0.2.7");
  EXPECT_EQ(r.entry(1).interface, "eth1");
  EXPECT_EQ(r.entry(2).address.to_string(), "192.0.2.9");
  EXPECT_EQ(r.failure(3).message, "no address is known for the host 'nobody'");
  EXPECT_EQ(r.failure(4).message, "'zz' is not a link-layer address");
  EXPECT_EQ(r.failure(5).message, "'one' is no entry in any format");
  EXPECT_EQ(r.entry(6).interface, "eth1");
  EXPECT_EQ(read("02:00:00:00:00:07 printer\n").failure(0).hint, "--names looks host names up");
}

TEST(LoadFormat, IpShow) {
  const Read r = read(
      "192.0.2.7 dev eth0 lladdr 02:00:00:00:00:07 router extern_learn proto bgp STALE\n"
      "fe80::1 dev eth0 lladdr 02:00:00:00:00:08 used 0/0/0probes 1 REACHABLE \n"
      "fe80::2 dev eth0 lladdr 02:00:00:00:00:08 ref 1 used 10/20/30 probes 0 offload PERMANENT\n"
      "192.0.2.9 dev eth0 FAILED\n192.0.2.10 dev eth0  INCOMPLETE\n"
      "192.0.2.11 dev eth0 ladder 02:00:00:00:00:08 STALE\n192.0.2.12 dev\n");
  ASSERT_EQ(r.items.size(), 7U);
  EXPECT_TRUE(r.entry(0).flags.has(NeighborFlag::kRouter));
  EXPECT_EQ(r.entry(0).protocol, 186);
  EXPECT_EQ(r.entry(1).state, NudState::kReachable);
  EXPECT_TRUE(r.entry(2).flags.empty()) << "offload cannot be written";
  EXPECT_TRUE(r.items[3].skipped);
  EXPECT_TRUE(r.items[4].skipped);
  EXPECT_EQ(r.failure(5).message, "'ladder' is not understood");
  EXPECT_FALSE(r.items[5].skipped);
  EXPECT_TRUE(r.bad(6));
}

TEST(LoadFormat, IpBatch) {
  const Read r = read(
      "neigh add 192.0.2.7 lladdr 02:00:00:00:00:07 dev eth0 nud stale router\n"
      "neighbor replace proxy 192.0.2.8 dev eth0\nadd 192.0.2.9 lladr 02:00:00:00:00:09 dev eth0\n"
      "neigh del 192.0.2.7 dev eth0\nlink set eth0 up\nneigh\n");
  ASSERT_EQ(r.items.size(), 6U);
  EXPECT_EQ(r.entry(0).state, NudState::kStale);
  EXPECT_EQ(r.entry(0).interface, "eth0");
  EXPECT_TRUE(r.entry(1).flags.has(NeighborFlag::kProxy));
  EXPECT_EQ(r.failure(2).hint, "did you mean 'lladdr'?");
  for (std::size_t i = 3; i < 6; ++i) EXPECT_TRUE(r.bad(i)) << i;
}

TEST(LoadFormat, ALineThatIsTooLongIsAMistakeOfThatLine) {
  const std::string text = "192.0.2.1,02:00:00:00:00:01,eth0\n" + std::string(kLongestLoadLine + 1, 'x') +
                           "\n192.0.2.2,02:00:00:00:00:02,eth0";
  const Read r = read(text);
  ASSERT_EQ(r.items.size(), 3U);
  EXPECT_EQ(r.failure(1).message, "the line is too long");
  EXPECT_EQ(r.items[1].line, 2U);
  EXPECT_EQ(r.entry(2).address.to_string(), "192.0.2.2");
  EXPECT_EQ(r.items[2].line, 3U);
}

TEST(LoadFormat, AHeaderThatIsTooLongLoadsNothing) {
  std::string text = "address,lladdr,interface";
  while (text.size() <= kLongestLoadLine) text += ",comment";
  const Read r = read(text + "\n192.0.2.1,02:00:00:00:00:01,eth0\n", LoadFormat::kCsv);
  ASSERT_EQ(r.items.size(), 1U);
  EXPECT_EQ(r.failure(0).message, "the header is too long, so nothing was read");
}

TEST(LoadFormat, NoBytesBreakTheReader) {
  // Every truncation, and every byte changed, of one line of each format: an item or none, never a crash.
  for (const std::string line :
       {"{\"address\":\"192.0.2.7\",\"lladdr\":\"02:00:00:00:00:07\"}", "192.0.2.7,02:00:00:00:00:07,eth0,stale",
        "02:00:00:00:00:07 192.0.2.7", "192.0.2.7 dev eth0 lladdr 02:00:00:00:00:07 STALE",
        "neigh add 192.0.2.7 lladdr 02:00:00:00:00:07 dev eth0"}) {
    for (std::size_t at = 0; at < line.size(); ++at) {
      EXPECT_LE(read(line.substr(0, at)).items.size(), 1U);
      for (const char c : {'\0', '\xff', '"', ',', ' ', '\x1b', '{'}) {
        std::string changed = line;
        changed[at] = c;
        for (const LoadItem& item : read(changed).items) {
          if (const auto* failure = std::get_if<Failure>(&item.content)) {
            EXPECT_EQ(failure->message.find('\x1b'), std::string::npos);
          }
        }
      }
    }
  }
}

/// A text behind which reading fails.
class BrokenText : public LoadBuffer {
 public:
  BrokenText(std::string text, int error) : text_(std::move(text)), error_(error) {
    setg(text_.data(), text_.data(), text_.data() + text_.size());
  }
  [[nodiscard]] int error() const noexcept override { return gptr() == egptr() ? error_ : 0; }

 private:
  std::string text_;
  int error_;
};

std::vector<LoadItem> read_broken(const std::string& text, int error) {
  BrokenText source(text, error);
  std::vector<LoadItem> items;
  read_detected(source, [&](LoadItem item) {
    items.push_back(std::move(item));
    return true;
  });
  return items;
}

TEST(LoadFormat, ALineThatIsCutByAnErrorIsNoEntry) {
  // Read to its end it would be another neighbor.
  const auto items = read_broken("192.0.2.7,02:00:00:00:00:07,eth0\n192.0.2.71,02:00:00:00:00:07,eth", EIO);
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(std::get<LoadedEntry>(items[0].content).interface, "eth0");
  EXPECT_EQ(items[1].line, 2U);
  EXPECT_EQ(std::get<Failure>(items[1].content).message, "what follows cannot be read: Input/output error");
}

TEST(LoadFormat, AnErrorAtTheBeginningIsTold) {
  const auto items = read_broken("", EIO);
  ASSERT_EQ(items.size(), 1U);
  EXPECT_EQ(std::get<Failure>(items[0].content).error, "system");
}

TEST(LoadFormat, ADocumentThatIsCutByAnErrorSaysBoth) {
  const auto items = read_broken(R"([{"dst": "192.0.2.7", "dev": "eth0", "lladdr": "02:00:00:00:00:07"}, )", EIO);
  ASSERT_EQ(items.size(), 3U);
  EXPECT_TRUE(std::holds_alternative<LoadedEntry>(items[0].content));
  EXPECT_EQ(std::get<Failure>(items[2].content).message, "what follows cannot be read: Input/output error");
}

TEST(LoadFormat, WhoIsAskedToStopSaysNothingOfTheRest) {
  EXPECT_EQ(read_broken("192.0.2.7,02:00:00:00:00:07,eth0\n192.0.2.71,02", EINTR).size(), 1U);
}

TEST(LoadFormat, WhatStandsBehindManyCommentsIsRead) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "# nothing\n";
  std::stringbuf source(text + "02:00:00:00:00:07 192.0.2.7\n");
  std::size_t entries = 0;
  read_detected(source, [&](const LoadItem& item) {
    entries += static_cast<std::size_t>(std::holds_alternative<LoadedEntry>(item.content));
    return true;
  });
  EXPECT_EQ(entries, 1U);
}

TEST(LoadPlan, ForetellsEachOperation) {
  using test::entry;
  LoadPlan plan;
  const Neighbor a = entry("192.0.2.1", 2, "02:00:00:00:00:01");
  const Neighbor a2 = entry("192.0.2.1", 2, "02:00:00:00:00:99");
  EXPECT_FALSE(plan.foretell(Operation::kSet, a, {}));
  EXPECT_FALSE(plan.foretell(Operation::kRemove, a, {}));
  EXPECT_EQ(*plan.foretell(Operation::kReplace, a, {}), LoadChange::kAdded);
  EXPECT_EQ(*plan.foretell(Operation::kReplace, a, {}), LoadChange::kUnchanged);
  EXPECT_EQ(*plan.foretell(Operation::kSet, a2, {}), LoadChange::kChanged);
  EXPECT_EQ(plan.foretell(Operation::kCreate, a, {}).failure().error, "already_exists");
  EXPECT_EQ(*plan.foretell(Operation::kRemove, a, {}), LoadChange::kRemoved);
  EXPECT_EQ(*plan.foretell(Operation::kCreate, a, {}), LoadChange::kAdded);
}

}  // namespace
}  // namespace neigh::ctl
