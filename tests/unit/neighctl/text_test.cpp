// SPDX-License-Identifier: Apache-2.0
#include "neighctl/text.hpp"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "neighctl/failure.hpp"
#include "neighctl/help.hpp"
#include "neighctl/json.hpp"
#include "neighctl/progress.hpp"
#include "neighctl/text_table.hpp"
#include "neighctl/vendor.hpp"

namespace neigh::ctl {
namespace {

using std::chrono::milliseconds;

TEST(Text, Utf8IsCountedAndCheckedAsRfc3629Says) {
  EXPECT_EQ(utf8_length("a", 0), 1U);
  EXPECT_EQ(utf8_length("ä", 0), 2U);
  EXPECT_EQ(utf8_length("→", 0), 3U);
  EXPECT_EQ(utf8_length("😀", 0), 4U);
  for (const std::string_view bad : {"\x80", "\xc0\x80", "\xc3", "\xe2\x86", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                     "\xf0\x80\x80\x80", "\xe0\x80\x80", "\xff"}) {
    EXPECT_EQ(utf8_length(bad, 0), 0U);
  }
  EXPECT_EQ(columns("a→😀"), 3U);
  EXPECT_EQ(shortened("a→😀b", 3, true), "a→…");
  EXPECT_EQ(shortened("abc", 3, true), "abc");
}

TEST(Text, PrintableLeavesNothingThatDrivesATerminal) {
  EXPECT_EQ(printable("eth0 →"), "eth0 →");
  EXPECT_EQ(printable("\x1b[2J"), "\\x1b[2J");
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b") << "C1 control, as CSI";
  EXPECT_EQ(printable("\xff"), "\\xff");
  EXPECT_EQ(printable("a\xe2\x80\xae"
                      "b\xe2\x81\xa9\xd8\x9c"),
            "a\\xe2\\x80\\xaeb\\xe2\\x81\\xa9\\xd8\\x9c")
      << "characters that turn the order of writing";
  EXPECT_EQ(printable("\x7f\t"), "\\x7f\\x09");
}

TEST(Text, NearestIsATypoAway) {
  constexpr std::array<std::string_view, 5> kNames = {"eth0", "eth1", "lo", "wlan0", "permanent"};
  EXPECT_EQ(nearest("eht0", kNames), "eth0");
  EXPECT_EQ(nearest("ETH1", kNames), "eth1");
  EXPECT_EQ(nearest("wlan", kNames), "wlan0");
  EXPECT_EQ(nearest("perm", kNames), "permanent");
  EXPECT_EQ(nearest("xyz", kNames), "");
  EXPECT_EQ(nearest("", kNames), "");
  EXPECT_EQ(nearest(std::string(100000, 'e'), kNames), "");
}

TEST(Text, Durations) {
  EXPECT_EQ(parse_duration("250ms"), milliseconds(250));
  EXPECT_EQ(parse_duration("2"), milliseconds(2000));
  EXPECT_EQ(parse_duration("1.5s"), milliseconds(1500));
  EXPECT_EQ(parse_duration("2m"), milliseconds(120000));
  EXPECT_EQ(parse_duration("1h"), milliseconds(3600000));
  EXPECT_EQ(parse_duration("0"), milliseconds(0));
  for (const std::string_view bad : {"", "s", "1x", "-1s", "1 s", "1e3", "nan", "inf", "1..2s", "99999d"}) {
    EXPECT_FALSE(parse_duration(bad)) << bad;
  }
  EXPECT_EQ(short_duration(milliseconds(999)), "0s");
  EXPECT_EQ(short_duration(milliseconds(61'000)), "1m01s");
  EXPECT_EQ(short_duration(milliseconds(3'600'000)), "1h00m");
  EXPECT_EQ(short_duration(milliseconds(90'000'000)), "1d01h");
}

TEST(Text, Numbers) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(counted(1, "entry", "entries"), "1 entry");
  EXPECT_EQ(counted(0, "entry", "entries"), "0 entries");
}

TEST(TextTable, AlignsAndLeavesOutEmptyColumns) {
  TextTable table({"A", "EMPTY", "N", "LAST"}, {2});
  table.add({{"→x"}, {""}, {"7"}, {"z"}});
  table.add({{"long"}, {""}, {"100"}, {""}});
  Output out;
  table.print(out, Style{});
  EXPECT_EQ(out.text(), "A       N  LAST\n→x      7  z\nlong  100\n");
}

TEST(TextTable, OnlyALastColumnThatMayIsCut) {
  TextTable table({"ADDRESS", "VENDOR"});
  table.add({{"2001:db8::1"}, {"A company with a very long name"}});
  table.may_leave_out({"VENDOR"});
  Output out;
  table.print(out, Style{.unicode = true, .terminal = true, .width = 24}, false);
  EXPECT_EQ(out.text(), "2001:db8::1  A company …\n");
}

TEST(TextTable, RowsGoOnInTheNextLine) {
  TextTable table({"ADDRESS", "LINK", "IF", "STATE", "SAYS"}, {3});
  table.add({{"2001:db8::1"}, {"02:00:00:00:00:01"}, {"eth0"}, {"up"}, {""}});
  table.add({{"2001:db8::11:1"}, {""}, {"eth12"}, {"stale"}, {"a sentence that is too long for a line"}});
  Output out;
  table.print(out, Style{.terminal = true, .width = 39});
  EXPECT_EQ(out.text(),
            "ADDRESS         LINK\n"
            "    IF     STATE\n"
            "    SAYS\n"
            "2001:db8::1     02:00:00:00:00:01\n"
            "    eth0      up\n"
            "2001:db8::11:1\n"
            "    eth12  stale\n"
            "    a sentence that is too long for a\n"
            "    line\n");
  Output fits;
  table.print(fits, Style{.terminal = true, .width = 100}, false);
  EXPECT_EQ(fits.text().find("2001:db8::1     02:00:00:00:00:01  eth0      up\n"), 0U) << fits.text();
}

TEST(TextTable, ColumnsThatMayBeLeftOutGoInTheirOrder) {
  TextTable table({"ADDRESS", "AGE", "OWNER", "VENDOR"}, {1});
  table.add({{"2001:db8::1"}, {"12s"}, {"static"}, {"A company"}});
  table.may_leave_out({"VENDOR", "OWNER", "AGE"});
  const auto on = [&](std::size_t width) {
    Output out;
    std::string text;
    for (const std::string_view name : table.print(out, Style{.terminal = true, .width = width}, false)) {
      text += std::string(name) + " ";
    }
    return text + "| " + out.text();
  };
  EXPECT_EQ(on(0), "| 2001:db8::1  12s  static  A company\n");
  EXPECT_EQ(on(35), "| 2001:db8::1  12s  static  A company\n");
  EXPECT_EQ(on(32), "| 2001:db8::1  12s  static  A com.\n") << "a little of the last one";
  EXPECT_EQ(on(31), "VENDOR | 2001:db8::1  12s  static\n");
  EXPECT_EQ(on(23), "VENDOR OWNER | 2001:db8::1  12s\n");
  EXPECT_EQ(on(5), "VENDOR OWNER AGE | 2001:db8::1\n") << "what is left is never cut";
}

TEST(Text, LongWordsAreCutWhereTheyAreQuoted) {
  EXPECT_EQ(quotable("eth0"), "eth0");
  EXPECT_EQ(quotable(std::string(60, 'x')), std::string(60, 'x'));
  EXPECT_EQ(quotable(std::string(1'000'000, 'x')), std::string(59, 'x') + "...");
  EXPECT_EQ(quotable("\x1b"), "\\x1b");
}

TEST(Style, PaintsOnlyWithColor) {
  EXPECT_EQ(Style{}.paint(Tone::kBad, "x"), "x");
  EXPECT_EQ(Style{.color = true}.paint(Tone::kBad, "x"), "\x1b[31mx\x1b[0m");
  EXPECT_EQ(Style{.color = true}.paint(Tone::kBad, ""), "");
}

TEST(Json, WritesWhatAParserReadsBack) {
  std::string text;
  JsonWriter writer(text);
  writer.begin_object().member("text", std::string("a\"\\\n\x01 →\xff\x7f")).member("number", 18446744073709551615ULL);
  writer.member("flag", true).member("half", 0.5).key("none").null().key("list").begin_array(true);
  writer.value(1).value("two").begin_object().end_object().end_array().end_object();
  const auto parsed = nlohmann::json::parse(text);
  EXPECT_EQ(parsed["text"], "a\"\\\n\x01 →\xef\xbf\xbd\x7f");
  EXPECT_EQ(parsed["number"], 18446744073709551615ULL);
  EXPECT_EQ(parsed["flag"], true);
  EXPECT_EQ(parsed["half"], 0.5);
  EXPECT_TRUE(parsed["none"].is_null());
  EXPECT_EQ(parsed["list"].size(), 3U);
}

TEST(Progress, ShowsRateAndTimeLeft) {
  const Style style{};
  EXPECT_EQ(progress_line("loading", 5000, 0.25, "entries", milliseconds(1000), style),
            "loading ######..................  25%  5,000 entries  5,000/s  3s left");
  EXPECT_EQ(progress_line("loading", 5000, std::nullopt, "entries", milliseconds(2000), style),
            "loading  5,000 entries  2,500/s");
  EXPECT_EQ(progress_line("asking", 0, 0.0, "entries", milliseconds(0), style),
            "asking ........................   0%  0 entries  0/s");
  EXPECT_EQ(columns(progress_line("x", 5, 0.5, "entries", milliseconds(1), Style{.unicode = true, .width = 20})), 19U);
}

TEST(Vendors, LongestAssignmentWinsAndLocalOnesHaveNone) {
  const auto folder = std::filesystem::temp_directory_path() / ("neighctl-oui-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "oui.csv")
      << "Registry,Assignment,Organization Name,Organization Address\n"
         "MA-L,0050C2,\"Block, \"\"of\"\" blocks\",Street\nMA-L,001B21,Intel,Road\nbroken\n";
  std::ofstream(folder / "mam.csv") << "MA-M,001B215,Medium,x\n";
  std::ofstream(folder / "oui36.csv") << "MA-S,001B21512,Small,x\n";
  Vendors vendors(folder.string());
  std::vector<LinkAddress> addresses;
  for (const std::string_view text :
       {"00:50:c2:00:00:01", "00:1b:21:00:00:01", "00:1b:21:5f:00:01", "00:1b:21:51:20:01", "00:00:00:00:00:01"}) {
    addresses.push_back(LinkAddress::parse(text).value());
  }
  vendors.learn(addresses);
  EXPECT_EQ(vendors.name(addresses[0]), "Block, \"of\" blocks");
  EXPECT_EQ(vendors.name(addresses[1]), "Intel");
  EXPECT_EQ(vendors.name(addresses[2]), "Medium");
  EXPECT_EQ(vendors.name(addresses[3]), "Small");
  EXPECT_EQ(vendors.name(addresses[4]), "");
  EXPECT_EQ(vendors.name(LinkAddress::ether({2, 0, 0, 0, 0, 1})), "local");
  EXPECT_EQ(vendors.name(LinkAddress::ether({0x33, 0x33, 0, 0, 0, 1})), "group");
  EXPECT_EQ(vendors.name(LinkAddress()), "");
  std::filesystem::remove_all(folder);
  Vendors none("/nonexistent");
  none.learn(addresses);
  EXPECT_EQ(none.name(addresses[1]), "");
}

TEST(Help, WrapsAndNamesEveryCommandAndOption) {
  EXPECT_EQ(wrapped("a bb ccc dddd", 6), (std::vector<std::string>{"a bb", "ccc", "dddd"}));
  Output overview;
  print_overview(overview, Style{});
  for (const CommandSpec* command : commands()) {
    if (command->hidden) continue;
    EXPECT_NE(overview.text().find("  " + std::string(command->name) + " "), std::string::npos) << command->name;
    Output page;
    print_help(page, Style{}, *command);
    const std::string man = man_page(command);
    for (const OptionSpec& option : command->options) {
      EXPECT_NE(page.text().find("--" + std::string(option.name)), std::string::npos);
      std::string roff(option.name);
      for (std::size_t at = 0; (at = roff.find('-', at)) != std::string::npos; at += 2) roff.insert(at, "\\");
      EXPECT_NE(man.find("\\-\\-" + roff), std::string::npos) << option.name;
    }
    for (const std::string_view line : split(page.text(), '\n')) EXPECT_LE(columns(line), 100U) << line;
  }
}

}  // namespace
}  // namespace neigh::ctl
