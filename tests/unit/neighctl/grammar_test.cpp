// SPDX-License-Identifier: Apache-2.0
// One meaning for many spellings, and what mistakes are answered with.
#include <gtest/gtest.h>

#include "neighctl/args.hpp"
#include "neighctl/text.hpp"
#include "neighctl/values.hpp"

namespace neigh::ctl {
namespace {

Checked<Args> parse(const std::string& line) {
  static std::vector<std::string> kept;
  kept.clear();
  for (const std::string_view word : split(line, ' ')) {
    if (!word.empty()) kept.emplace_back(word);
  }
  const std::vector<std::string_view> views(kept.begin(), kept.end());
  return parse_command_line(views);
}

std::string meaning(const std::string& line) {
  const auto args = parse(line);
  if (!args) return "error: " + args.failure().message;
  std::string text(args->command->name);
  for (const std::string& word : args->positional) text += " " + word;
  for (const auto& options : {args->command->options, global_options()}) {
    for (const OptionSpec& option : options) {
      for (const std::string& value : args->all(option.name)) {
        text += " --" + std::string(option.name) + (value.empty() ? "" : "=" + value);
      }
    }
  }
  return text;
}

TEST(Grammar, OptionsAndWordsMeanTheSame) {
  const std::string expected = "add 192.0.2.7 --dev=eth0 --lladdr=02:00:00:00:00:07 --state=permanent";
  for (const std::string line : {
           "add 192.0.2.7 lladdr 02:00:00:00:00:07 dev eth0 nud permanent",
           "add dev eth0 192.0.2.7 nud permanent lladdr 02:00:00:00:00:07",
           "add to 192.0.2.7 lladdr 02:00:00:00:00:07 dev eth0 state permanent",
           "add 192.0.2.7 --lladdr 02:00:00:00:00:07 --dev eth0 --state permanent",
           "add --lladdr=02:00:00:00:00:07 --dev=eth0 --state=permanent 192.0.2.7",
           "add 192.0.2.7 -l 02:00:00:00:00:07 -d eth0 -s permanent",
           "add 192.0.2.7 -l02:00:00:00:00:07 -deth0 -spermanent",
           "create 192.0.2.7 -l 02:00:00:00:00:07 dev eth0 --state permanent",
           "add -l 02:00:00:00:00:07 dev eth0 --state permanent -- 192.0.2.7",
       }) {
    EXPECT_EQ(meaning(line), expected) << line;
  }
}

TEST(Grammar, GlobalOptionsStandAnywhere) {
  for (const std::string line : {"-6 -j list dev eth0", "list -6j dev eth0", "list dev eth0 --json --ipv6",
                                 "-j show -6 -d eth0", "-family inet6 -json ls dev eth0"}) {
    EXPECT_EQ(meaning(line), "list --dev=eth0 --ipv6 --json") << line;
  }
  EXPECT_EQ(meaning("--netns blue list"), "list --netns=blue");
  EXPECT_EQ(meaning("-n blue list"), "list --netns=blue");
  EXPECT_EQ(meaning("-Nblue"), "list --netns=blue");
  EXPECT_EQ(meaning("-br"), "list --brief");
  EXPECT_EQ(meaning("-s list"), "list --wide");
  EXPECT_EQ(meaning("--color list"), "list --color=always");
  EXPECT_EQ(meaning("--color=never list"), "list --color=never");
}

TEST(Grammar, WithoutACommandItLists) {
  EXPECT_EQ(meaning(""), "list");
  EXPECT_EQ(meaning("-4"), "list --ipv4");
}

TEST(Grammar, WordsOfIproute2) {
  EXPECT_EQ(meaning("neigh list dev eth0"), "list --dev=eth0");
  EXPECT_EQ(meaning("neighbour add 192.0.2.7 dev eth0 use"), "add 192.0.2.7 --dev=eth0 --use");
  EXPECT_EQ(meaning("-6 neigh"), "list --ipv6");
  EXPECT_EQ(meaning("show nomaster"), "list --nomaster");
  EXPECT_EQ(meaning("add 192.0.2.7 managed dev eth0"), "add 192.0.2.7 --dev=eth0 --managed");
}

TEST(Grammar, StatesAddUp) {
  EXPECT_EQ(meaning("list nud stale nud failed"), "list --state=stale --state=failed");
  EXPECT_EQ(parse_states("stale,FAILED").value(), (StateSet{NudState::kStale, NudState::kFailed}));
  EXPECT_EQ(parse_states("all").value(), StateSet::all());
  EXPECT_FALSE(parse_states("stale,"));
  EXPECT_FALSE(parse_states(""));
}

TEST(Grammar, AValueMayLookLikeAnything) {
  EXPECT_EQ(meaning("list dev dev"), "list --dev=dev");
  EXPECT_EQ(meaning("list dev nud"), "list --dev=nud");
  EXPECT_EQ(meaning("list --dev -x"), "list --dev=-x");
  EXPECT_EQ(meaning("list dev --json"), "list --dev=--json");
  for (const auto& line : {std::vector<std::string_view>{"add", "192.0.2.7", "lladdr", ""},
                           std::vector<std::string_view>{"add", "192.0.2.7", "--lladdr", "", "--router"},
                           std::vector<std::string_view>{"add", "192.0.2.7", "--lladdr=", "router"},
                           std::vector<std::string_view>{"add", "192.0.2.7", "-rl", ""}}) {
    const auto args = parse_command_line(line);
    ASSERT_TRUE(args) << args.failure().message;
    EXPECT_EQ(args->one("lladdr"), "");
    EXPECT_EQ(args->positional, (std::vector<std::string>{"192.0.2.7"}));
  }
}

struct Mistake {
  std::string line;
  std::string message;
  std::string hint;
};

TEST(Grammar, MistakesNameTheWordAndTheWayOut) {
  const Mistake cases[] = {
      {"lsit", "there is no command 'lsit'", "did you mean 'neighctl list'?"},
      {"frobnicate", "there is no command 'frobnicate'", "'neighctl --help' lists the commands"},
      {"add 192.0.2.7 lladr 02:00:00:00:00:07", "'lladr' is not understood here", "did you mean 'lladdr'?"},
      {"add 192.0.2.7 192.0.2.8", "'192.0.2.8' is one word too many (one ADDRESS is enough)", ""},
      {"add", "'neighctl add' needs ADDRESS", "for example: neighctl add 192.0.2.7 lladdr 02:00:00:00:00:07 dev eth0"},
      {"add 192.0.2.256", "'192.0.2.256' is not an IPv4 or IPv6 address",
       "each of the four numbers of an IPv4 address is at most 255"},
      {"add 192.0.2.07", "'192.0.2.07' is not an IPv4 or IPv6 address",
       "without leading zeros, which some read as octal: 192.0.2.7"},
      {"add 192.0.2.0/24", "'192.0.2.0/24' is a prefix, and one address is wanted here",
       "leave '/24' out; list, flush, watch and verify take prefixes"},
      {"announce fe80::1/64", "'fe80::1/64' is a prefix, and one address is wanted here",
       "leave '/64' out; list, flush, watch and verify take prefixes"},
      {"list 192.0.2.0/33", "'192.0.2.0/33' is not an IPv4 or IPv6 address or prefix", "a prefix length is 0 to 32"},
      {"list 2001:db8::/129", "'2001:db8::/129' is not an IPv4 or IPv6 address or prefix",
       "a prefix length is 0 to 128"},
      {"add 192.0.2.7 02:00:00:00:00:07 dev eth0", "'02:00:00:00:00:07' is one word too many (one ADDRESS is enough)",
       "a link-layer address is written 'lladdr 02:00:00:00:00:07'"},
      {"flush permanent", "'permanent' is not an IPv4 or IPv6 address or prefix", "a state is written 'nud permanent'"},
      {"list stale,failed", "'stale,failed' is not an IPv4 or IPv6 address or prefix",
       "a state is written 'nud stale,failed'"},
      {"list unused", "'unused' is not understood here: the table does not tell which entries are in use",
       "'nud stale' shows those that no packet went to lately"},
      {"list --json --jsonl", "'--json' and '--jsonl' exclude each other",
       "--json is one document, --jsonl one object a line"},
      {"completion tcsh", "'tcsh' is none of the choices", "choices: bash, zsh, fish"},
      {"--stack embedded --address 192.0.2.1 list", "'192.0.2.1' is not an address with a prefix length",
       "such as 192.0.2.1/24 or 2001:db8::1/64"},
      {"list --stat stale", "unknown option '--stat'", "did you mean '--state'?"},
      {"list -4X", "unknown option '-X' in '-4X'", ""},
      {"list --json=yes", "option '--json' takes no value", ""},
      {"list dev", "'dev' needs IF behind it", ""},
      {"list --dev", "option '--dev' needs IF behind it", ""},
      {"list dev eth0 dev eth1", "'dev' is given 2 times ('eth0' and 'eth1')", "give it once"},
      {"list nud stal", "'stal' is not a state or a list of states", "did you mean 'stale'?"},
      {"list -4 -6", "'-4' and '-6' exclude each other", "leave both out for both families"},
      {"add 192.0.2.7 lladdr 02:zz", "'02:zz' is not a link-layer address", ""},
      {"add 192.0.2.7 protocol bpg", "'bpg' is not an owner", ""},
      {"resolve 192.0.2.7 --timeout soon", "'soon' is not a time", "such as 250ms, 2s, 1.5m or 1h"},
      {"resolve 192.0.2.7 --timeout -1", "'-1' is not a time", ""},
      {"announce 192.0.2.7 -c 0", "'0' is not a whole number from 1", ""},
      {"--stack embeded", "'embeded' is none of the choices", "did you mean 'embedded'?"},
      {"--netns a/b", "'a/b' is not the name of a network namespace", ""},
      {"doctor --assume 1,2", "'1,2' is not three thresholds", ""},
      {"doctor --assume 0,0,0", "'0,0,0' is not three thresholds",
       "gc_thresh1,gc_thresh2,gc_thresh3 in rising order, the last one above 0, such as 128,512,1024"},
      {"help lsit", "'lsit' is not a command", "did you mean 'list'?"},
      {"help foo", "'foo' is not a command", "'neighctl --help' lists the commands"},
      {"arp", "there is no command 'arp'", "did you mean 'neighctl list'?"},
      {"arp -d 192.0.2.7", "there is no command 'arp'", "as 'arp -d': neighctl delete 192.0.2.7"},
      {"192.0.2.7", "'192.0.2.7' is an address, and a command is wanted first",
       "did you mean 'neighctl get 192.0.2.7'?"},
      {"192.0.2.0/24", "'192.0.2.0/24' is an address, and a command is wanted first",
       "did you mean 'neighctl list 192.0.2.0/24'?"},
      {"-a 192.0.2.7", "'192.0.2.7' is an address, and a command is wanted first",
       "did you mean 'neighctl get 192.0.2.7'?"},
      {"-d 192.0.2.7", "'192.0.2.7' is an address, and a command is wanted first",
       "as 'arp -d': neighctl delete 192.0.2.7"},
      {"-s 192.0.2.7 02:00:00:00:00:07", "'192.0.2.7' is an address, and a command is wanted first",
       "as 'arp -s': neighctl add 192.0.2.7 lladdr 02:00:00:00:00:07 dev IF"},
      {"-n", "option '--netns' needs NAME behind it", "addresses are always shown as numbers: 'neighctl' is 'arp -n'"},
      {"-an", "unknown option '-n' in '-an'",
       "addresses are always shown as numbers, in columns: 'neighctl' alone does"},
      {"add 192.0.2.7 unused", "'unused' is one word too many (one ADDRESS is enough)", ""},
      {"doctor --assume 3,2,1", "'3,2,1' is not three thresholds", ""},
  };
  for (const Mistake& c : cases) {
    const auto args = parse(c.line);
    ASSERT_FALSE(args) << c.line;
    EXPECT_EQ(args.failure().exit, kUsage) << c.line;
    EXPECT_EQ(args.failure().error, "usage") << c.line;
    EXPECT_EQ(args.failure().message, c.message) << c.line;
    if (!c.hint.empty()) {
      EXPECT_EQ(args.failure().hint, c.hint) << c.line;
    }
  }
  // Whether a free word is an interface without its 'dev' is for those to say who know the interfaces.
  EXPECT_EQ(parse("list eth0").failure().word, "eth0");
  EXPECT_EQ(parse("list eth0").failure().hint.find("dev eth0"), std::string::npos);
  const auto long_word = parse("list " + std::string(100'000, 'x'));
  EXPECT_LT(long_word.failure().message.size(), 200U);
}

TEST(Grammar, HelpWorksInAnUnfinishedLine) {
  for (const std::string line : {"add --help", "add 192.0.2.7 lladr --help", "--help add", "add -h"}) {
    const auto args = parse(line);
    ASSERT_TRUE(args) << line;
    EXPECT_TRUE(args->has("help"));
    EXPECT_EQ(args->command->name, "add");
  }
  EXPECT_TRUE(parse("--help")->has("overview"));
}

TEST(Grammar, HostileWordsAreShownHarmless) {
  const auto args = parse_command_line(std::vector<std::string_view>{"list", "dev", "eth0", "\x1b[31mred\n"});
  ASSERT_FALSE(args);
  EXPECT_EQ(args.failure().message, "'\\x1b[31mred\\x0a' is not an IPv4 or IPv6 address or prefix");
}

TEST(Grammar, EveryOptionAndWordOfEveryCommandParses) {
  for (const CommandSpec* command : commands()) {
    std::set<std::string> seen_words;
    std::set<char> letters;
    for (const OptionSpec& option : command->options) {
      if (option.letter != '\0') {
        EXPECT_TRUE(letters.insert(option.letter).second) << command->name << " -" << option.letter;
      }
      for_each_word(option.words, [&](std::string_view word) {
        EXPECT_TRUE(seen_words.insert(std::string(word)).second) << command->name << " " << word;
      });
      EXPECT_FALSE(option.help.empty()) << command->name << " --" << option.name;
      if (option.kind != ValueKind::kFlag) {
        EXPECT_FALSE(option.metavar.empty()) << command->name << " --" << option.name;
      }
    }
    EXPECT_NE(command->run, nullptr);
    EXPECT_EQ(find_command(command->name), command);
    for_each_word(command->aliases, [&](std::string_view alias) { EXPECT_EQ(find_command(alias), command) << alias; });
    if (!command->hidden) {
      EXPECT_FALSE(command->summary.empty());
      EXPECT_FALSE(command->examples.empty()) << command->name;
    }
  }
}

// Examples of --help and the man pages must be lines that are understood.
TEST(Grammar, EveryExampleIsUnderstood) {
  for (const CommandSpec* command : commands()) {
    for (const Example& example : command->examples) {
      std::string line(example.line);
      line = line.substr(0, line.find_first_of("|>;"));
      const std::size_t program = line.find("neighctl ");
      if (program == std::string::npos || line.find("<(") != std::string::npos) continue;
      const auto args = parse(line.substr(program + 9));
      EXPECT_TRUE(args) << example.line << ": " << (args ? "" : args.failure().message);
    }
  }
}

TEST(Values, InterfacesByNameIndexAndLuid) {
  std::vector<Interface> interfaces(3);
  interfaces[0] = {.index = InterfaceIndex{1}, .name = "lo", .type = InterfaceType::kLoopback};
  interfaces[1] = {.index = InterfaceIndex{2}, .name = "eth0", .type = InterfaceType::kEthernet};
  interfaces[2] = {.index = InterfaceIndex{7}, .name = "2", .type = InterfaceType::kEthernet};
  EXPECT_EQ(find_interface("eth0", interfaces)->index, InterfaceIndex{2});
  EXPECT_EQ(find_interface("7", interfaces)->index, InterfaceIndex{7});
  EXPECT_EQ(find_interface("2", interfaces)->index, InterfaceIndex{7}) << "a name wins over an index";
  EXPECT_EQ(find_interface("0x0006000002000000", interfaces)->index, InterfaceIndex{2});
  EXPECT_EQ(find_interface("0x6000002000000", interfaces)->index, InterfaceIndex{2});
  EXPECT_FALSE(find_interface("0x0018000002000000", interfaces)) << "LIB-25: the type is part of the LUID";
  EXPECT_FALSE(find_interface("9", interfaces));
  EXPECT_FALSE(find_interface("0", interfaces));
  EXPECT_FALSE(find_interface("", interfaces));
  EXPECT_EQ(find_interface("eht0", interfaces).failure().hint, "did you mean 'eth0'?");
  EXPECT_EQ(find_interface("wlan", interfaces).failure().hint, "interfaces here: lo, eth0, 2");
  EXPECT_EQ(find_interface("eht0", interfaces).failure().exit, kRefused);
}

TEST(Values, PrefixesContain) {
  const auto inside = [](std::string_view prefix, std::string_view address) {
    return parse_prefix(prefix).value().contains(IpAddress::parse(address).value());
  };
  EXPECT_TRUE(inside("192.0.2.0/24", "192.0.2.255"));
  EXPECT_FALSE(inside("192.0.2.0/24", "192.0.3.0"));
  EXPECT_TRUE(inside("192.0.2.128/25", "192.0.2.129"));
  EXPECT_FALSE(inside("192.0.2.128/25", "192.0.2.127"));
  EXPECT_TRUE(inside("0.0.0.0/0", "203.0.113.1"));
  EXPECT_FALSE(inside("0.0.0.0/0", "::1"));
  EXPECT_TRUE(inside("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(inside("2001:db8::/33", "2001:db8:8000::1"));
  EXPECT_TRUE(inside("192.0.2.7", "192.0.2.7"));
  EXPECT_FALSE(inside("192.0.2.7", "192.0.2.6"));
  EXPECT_EQ(parse_prefix("fe80::1%eth0")->interface, "eth0");
  for (const std::string_view bad : {"192.0.2.0/", "/24", "192.0.2.0/33", "::/129", "192.0.2.0/-1", "fe80::1%"}) {
    EXPECT_FALSE(parse_prefix(bad)) << bad;
  }
}

TEST(Values, OwnersAreReversible) {
  for (unsigned i = 1; i < 256; ++i) {
    const auto protocol = static_cast<std::uint8_t>(i);
    EXPECT_EQ(parse_protocol(protocol_name(protocol)).value(), protocol);
  }
  EXPECT_EQ(protocol_name(0), "");
  EXPECT_FALSE(parse_protocol("256"));
  EXPECT_FALSE(parse_protocol(""));
}

}  // namespace
}  // namespace neigh::ctl
