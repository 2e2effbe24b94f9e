// SPDX-License-Identifier: Apache-2.0
#include "args.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "text.hpp"
#include "values.hpp"

namespace neigh::ctl {

namespace {

constexpr std::size_t kMostWords = 65536;  // execve's own limit is of this order

const OptionSpec* find_in(std::span<const OptionSpec> options, auto&& matches) {
  const auto found = std::find_if(options.begin(), options.end(), matches);
  return found == options.end() ? nullptr : &*found;
}

// The options that one command understands: its own first, so that it can give a global letter another meaning.
struct Vocabulary {
  const CommandSpec* command = nullptr;

  const OptionSpec* find(auto&& matches) const {
    if (command != nullptr) {
      if (const OptionSpec* own = find_in(command->options, matches)) return own;
    }
    return find_in(global_options(), matches);
  }
  [[nodiscard]] const OptionSpec* by_name(std::string_view name) const {
    return find([&](const OptionSpec& o) { return o.name == name; });
  }
  [[nodiscard]] const OptionSpec* by_letter(char letter) const {
    return find([&](const OptionSpec& o) { return o.letter == letter; });
  }
  [[nodiscard]] const OptionSpec* by_word(std::string_view word) const {
    return find([&](const OptionSpec& o) { return has_word(o.words, word); });
  }
  [[nodiscard]] std::vector<std::string_view> words() const {
    std::vector<std::string_view> all;
    find([&](const OptionSpec& o) {
      for_each_word(o.words, [&](std::string_view w) { all.push_back(w); });
      return false;
    });
    return all;
  }
  [[nodiscard]] std::vector<std::string_view> names() const {
    std::vector<std::string_view> all;
    find([&](const OptionSpec& o) {
      all.push_back(o.name);
      return false;
    });
    return all;
  }
};

std::string did_you_mean(std::string_view guess, std::string_view before = {}) {
  return guess.empty() ? std::string() : fmt::format("did you mean '{}{}'?", before, guess);
}

// iproute2's options, as they stand in front of the command.
std::string_view modern_spelling(std::string_view word) {
  constexpr std::pair<std::string_view, std::string_view> kOld[] = {
      {"-br", "--brief"}, {"-brief", "--brief"}, {"-json", "--json"}, {"-color", "--color"}, {"-netns", "--netns"},
      {"-n", "--netns"},  {"-c", "--color"},     {"-s", "--wide"},    {"-stats", "--wide"},  {"-statistics", "--wide"},
  };
  for (const auto& [old_word, new_word] : kOld) {
    if (word == old_word) return new_word;
  }
  return word;
}

std::string_view family_word(std::string_view word, std::string_view next) {
  if (word != "-family" && word != "-f") return {};
  return next == "inet" ? "-4" : next == "inet6" ? "-6" : std::string_view();
}

bool takes_value(const OptionSpec& option) { return option.kind != ValueKind::kFlag; }

// --color may stand alone, and must not eat the command behind it.
bool value_is_optional(const OptionSpec& option) { return option.name == "color"; }

std::string value_name(const OptionSpec& option) {
  return option.metavar.empty() ? std::string("a value") : std::string(option.metavar);
}

// Words of arp(8), ping(8) and other tools, and what does the same here.
std::string_view command_of_other_tools(std::string_view word) {
  constexpr std::pair<std::string_view, std::string_view> kOthers[] = {
      {"arp", "list"},       {"ndp", "list"},     {"neighbors", "list"}, {"neighbours", "list"}, {"table", "list"},
      {"print", "list"},     {"display", "list"}, {"dev", "list dev"},   {"nud", "list nud"},    {"arping", "resolve"},
      {"ndisc6", "resolve"}, {"ping", "resolve"}, {"query", "resolve"},  {"lookup", "get"},      {"find", "get"},
      {"monitor", "watch"},  {"update", "set"},   {"clear", "flush"},    {"status", "doctor"},
  };
  for (const auto& [other, ours] : kOthers) {
    if (word == other) return ours;
  }
  return {};
}

// What a line without a command was meant to be whose first word is an address: `arp -s ADDRESS LLADDR` and the like.
std::string meant_for_address(std::string_view before, std::string_view word, std::string_view next) {
  const std::string address = quotable(word);
  if (before == "-d") return fmt::format("as 'arp -d': neighctl delete {}", address);
  if (LinkAddress::parse(next).has_value() && !next.empty()) {
    return fmt::format("as 'arp -s': neighctl add {} lladdr {} dev IF", address, quotable(next));
  }
  if (before == "-s") return fmt::format("as 'arp -s': neighctl add {} lladdr LLADDR dev IF", address);
  const bool prefix = word.find('/') != std::string_view::npos;
  return fmt::format("did you mean 'neighctl {} {}'?", prefix ? "list" : "get", address);
}

Failure unknown_command(std::string_view before, std::string_view word, std::string_view next) {
  if (parse_prefix(word)) {
    return usage_failure(fmt::format("'{}' is an address, and a command is wanted first", quotable(word)),
                         meant_for_address(before, word, next));
  }
  if (const std::string_view ours = command_of_other_tools(word); !ours.empty()) {
    return usage_failure(fmt::format("there is no command '{}'", quotable(word)), did_you_mean(ours, "neighctl "));
  }
  std::vector<std::string_view> names;
  for (const CommandSpec* command : commands()) {
    if (command->hidden) continue;
    names.push_back(command->name);
    for_each_word(command->aliases, [&](std::string_view alias) { names.push_back(alias); });
  }
  const std::string_view guess = nearest(word, names);
  Failure failure =
      usage_failure(fmt::format("there is no command '{}'", quotable(word)),
                    guess.empty() ? "'neighctl --help' lists the commands" : did_you_mean(guess, "neighctl "));
  failure.word = word;
  return failure;
}

// What a value that stands free without its keyword was meant to be.
std::string what_was_meant(const Vocabulary& vocabulary, std::string_view word) {
  const PositionalSpec& positional = vocabulary.command->positional;
  if (vocabulary.by_word("lladdr") != nullptr && !word.empty() && LinkAddress::parse(word)) {
    return fmt::format("a link-layer address is written 'lladdr {}'", quotable(word));
  }
  if (vocabulary.by_word("nud") != nullptr && parse_states(word)) {
    return fmt::format("a state is written 'nud {}'", quotable(word));
  }
  return value_hint(positional.kind, word, positional.choices);
}

// `word` stands free and cannot: `problem` says why, unless it is a keyword mistyped.
Failure unknown_word(const Vocabulary& vocabulary, std::string_view word, std::string_view problem) {
  if (word == "unused" && vocabulary.by_word("nud") != nullptr && vocabulary.by_word("lladdr") == nullptr) {
    return usage_failure("'unused' is not understood here: the table does not tell which entries are in use",
                         "'nud stale' shows those that no packet went to lately");
  }
  const std::string_view guess = nearest(word, vocabulary.words());
  if (guess == word) {
    return usage_failure(
        fmt::format("'{}' {}", quotable(word), problem),
        fmt::format("behind '--' everything is an address: leave '--' out, or '{}' in front of it", word));
  }
  if (!guess.empty() && !parse_states(word)) {
    return usage_failure(fmt::format("'{}' is not understood here", quotable(word)), did_you_mean(guess));
  }
  std::string known;
  for (const std::string_view w : vocabulary.words()) known += fmt::format("{}{}", known.empty() ? "" : ", ", w);
  std::string hint = known.empty()
                         ? fmt::format("'neighctl {} --help' shows what can stand here", vocabulary.command->name)
                         : fmt::format("words that can stand here: {}", known);
  if (const std::string meant = what_was_meant(vocabulary, word); !meant.empty()) hint = meant;
  Failure failure = usage_failure(fmt::format("'{}' {}", quotable(word), problem), std::move(hint));
  if (vocabulary.by_word("dev") != nullptr) failure.word = word;
  return failure;
}

// Turns words into options and checks what stands free. The result is for CLI11.
class Normalizer {
 public:
  Normalizer(Vocabulary vocabulary, std::span<const std::string_view> words) : vocabulary_(vocabulary), words_(words) {}

  Checked<std::vector<std::string>> run() {
    for (std::size_t at = 0; at < words_.size(); ++at) {
      const std::string_view word = words_[at];
      if (word == "--") {
        for (++at; at < words_.size(); ++at) free_words_.push_back(words_[at]);
        break;
      }
      std::optional<Failure> failure;
      if (word.size() > 1 && word[0] == '-') {
        failure = option(at);
      } else {
        failure = bare_word(at);
      }
      if (failure) return std::move(*failure);
    }
    if (auto failure = check_free_words()) return std::move(*failure);
    return std::move(out_);
  }

  [[nodiscard]] const std::vector<std::string_view>& free_words() const { return free_words_; }

 private:
  std::optional<Failure> option(std::size_t& at) {
    const std::string_view word = words_[at];
    const OptionSpec* last = nullptr;
    bool has_value = false;
    if (word.starts_with("--")) {
      const std::size_t equals = word.find('=');
      has_value = equals != std::string_view::npos;
      const std::string_view name = word.substr(2, has_value ? equals - 2 : equals);
      last = vocabulary_.by_name(name);
      if (last == nullptr) {
        return usage_failure(fmt::format("unknown option '--{}'", quotable(name)), option_hint(name));
      }
      if (has_value && !takes_value(*last)) {
        return usage_failure(fmt::format("option '--{}' takes no value", name));
      }
      if (has_value && equals + 1 == word.size()) {
        put(*last, {});
        return std::nullopt;
      }
      if (!has_value && value_is_optional(*last)) {
        out_.push_back(fmt::format("--{}=always", last->name));
        return std::nullopt;
      }
    } else {
      for (std::size_t i = 1; i < word.size() && !has_value; ++i) {
        last = vocabulary_.by_letter(word[i]);
        if (last == nullptr) {
          return usage_failure(fmt::format("unknown option '-{}'{}", quotable(word.substr(i, 1)),
                                           word.size() > 2 ? fmt::format(" in '{}'", quotable(word)) : ""),
                               option_hint(word.substr(1)));
        }
        has_value = takes_value(*last) && i + 1 < word.size();
      }
    }
    out_.emplace_back(word);
    if (takes_value(*last) && !has_value) {
      if (at + 1 >= words_.size()) {
        // `arp -n`: our -n is that of `ip`.
        return usage_failure(
            fmt::format("option '{}' needs {} behind it", word, value_name(*last)),
            last->name == "netns" ? "addresses are always shown as numbers: 'neighctl' is 'arp -n'" : "");
      }
      out_.pop_back();
      if (!word.starts_with("--") && word.size() > 2) out_.emplace_back(word.substr(0, word.size() - 1));
      put(*last, words_[++at]);
    }
    return std::nullopt;
  }

  // One word, so that a value beginning with '-' is not read as an option; CLI11 takes an empty value only apart.
  void put(const OptionSpec& option, std::string_view value) {
    if (value.empty()) {
      out_.push_back(fmt::format("--{}", option.name));
      out_.emplace_back();
    } else {
      out_.push_back(fmt::format("--{}={}", option.name, value));
    }
  }

  [[nodiscard]] std::string option_hint(std::string_view name) const {
    const bool list = vocabulary_.command != nullptr && vocabulary_.command->name == "list";
    if (list && (name == "an" || name == "na" || name == "n" || name == "e" || name == "v")) {
      return "addresses are always shown as numbers, in columns: 'neighctl' alone does";
    }
    const std::string_view guess = nearest(name, vocabulary_.names());
    if (!guess.empty()) return did_you_mean(guess, "--");
    return vocabulary_.command == nullptr
               ? "'neighctl --help' lists the options"
               : fmt::format("'neighctl {} --help' lists the options", vocabulary_.command->name);
  }

  std::optional<Failure> bare_word(std::size_t& at) {
    const std::string_view word = words_[at];
    // "to ADDRESS" is iproute2's spelling of a bare address.
    if (word == "to" && vocabulary_.command->positional.kind != ValueKind::kFile && at + 1 < words_.size()) {
      free_words_.push_back(words_[++at]);
      return std::nullopt;
    }
    const OptionSpec* spec = vocabulary_.by_word(word);
    if (spec == nullptr) {
      free_words_.push_back(word);
      return std::nullopt;
    }
    if (!takes_value(*spec)) {
      out_.push_back(fmt::format("--{}", spec->name));
      return std::nullopt;
    }
    if (at + 1 >= words_.size()) {
      return usage_failure(fmt::format("'{}' needs {} behind it", word, value_name(*spec)));
    }
    put(*spec, words_[++at]);
    return std::nullopt;
  }

  std::optional<Failure> check_free_words() {
    const PositionalSpec& wanted = vocabulary_.command->positional;
    for (std::size_t i = 0; i < free_words_.size(); ++i) {
      const std::string_view word = free_words_[i];
      if (i >= wanted.most) {
        return unknown_word(vocabulary_, word,
                            wanted.most == 0 ? "is not understood here"
                                             : fmt::format("is one word too many (one {} is enough)", wanted.metavar));
      }
      if (auto problem = check_value(wanted.kind, word, wanted.choices)) {
        return is_address(wanted.kind) ? unknown_word(vocabulary_, word, *problem)
                                       : usage_failure(fmt::format("'{}' {}", quotable(word), *problem),
                                                       value_hint(wanted.kind, word, wanted.choices));
      }
    }
    if (free_words_.size() < wanted.least) {
      return usage_failure(fmt::format("'neighctl {}' needs {}", vocabulary_.command->name, wanted.metavar),
                           vocabulary_.command->examples.empty()
                               ? std::string()
                               : fmt::format("for example: {}", vocabulary_.command->examples.front().line));
    }
    return std::nullopt;
  }

  Vocabulary vocabulary_;
  std::span<const std::string_view> words_;
  std::vector<std::string> out_ = {};
  std::vector<std::string_view> free_words_ = {};
};

// Hands the options to CLI11, built from the table.
Checked<Args> parse_options(const CommandSpec& command, std::vector<std::string> words) {
  CLI::App app{std::string(command.summary), std::string(command.name)};
  app.set_help_flag();
  std::map<std::string_view, std::vector<std::string>> values;
  std::map<std::string_view, bool> flags;
  std::vector<const OptionSpec*> specs;
  const auto declare = [&](const OptionSpec& spec) {
    const auto same_name = [&](const OptionSpec* s) { return s->name == spec.name; };
    if (std::find_if(specs.begin(), specs.end(), same_name) != specs.end()) return;
    const auto same_letter = [&](const OptionSpec* s) { return s->letter == spec.letter; };
    const bool letter = spec.letter != '\0' && std::find_if(specs.begin(), specs.end(), same_letter) == specs.end();
    const std::string names = letter ? fmt::format("-{},--{}", spec.letter, spec.name) : fmt::format("--{}", spec.name);
    specs.push_back(&spec);
    if (takes_value(spec)) {
      app.add_option(names, values[spec.name])->allow_extra_args(false);
    } else {
      app.add_flag(names, flags[spec.name]);
    }
  };
  for (const OptionSpec& spec : command.options) declare(spec);
  for (const OptionSpec& spec : global_options()) declare(spec);

  std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
  try {
    app.parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    return usage_failure(quotable(error.what()), fmt::format("'neighctl {} --help' shows the options", command.name));
  }

  Args args;
  args.command = &command;
  for (const OptionSpec* spec : specs) {
    if (!takes_value(*spec)) {
      if (flags[spec->name]) args.add(spec->name, "");
      continue;
    }
    const auto& given = values[spec->name];
    if (given.size() > 1 && !spec->repeats) {
      return usage_failure(fmt::format("'{}' is given {} times ('{}' and '{}')", spec->name, given.size(),
                                       quotable(given.front()), quotable(given.back())),
                           "give it once");
    }
    for (const std::string& value : given) {
      if (auto problem = check_value(spec->kind, value, spec->choices)) {
        return usage_failure(fmt::format("'{}' {}", quotable(value), *problem),
                             value_hint(spec->kind, value, spec->choices));
      }
      args.add(spec->name, value);
    }
  }
  if (args.has("ipv4") && args.has("ipv6")) {
    return usage_failure("'-4' and '-6' exclude each other", "leave both out for both families");
  }
  if (args.has("json") && args.has("jsonl")) {
    return usage_failure("'--json' and '--jsonl' exclude each other",
                         "--json is one document, --jsonl one object a line");
  }
  return args;
}

}  // namespace

std::optional<std::string_view> Args::one(std::string_view option) const {
  const auto found = values_.find(option);
  if (found == values_.end()) return std::nullopt;
  return found->second.back();
}

std::span<const std::string> Args::all(std::string_view option) const {
  const auto found = values_.find(option);
  if (found == values_.end()) return {};
  return found->second;
}

Checked<Args> parse_words(const CommandSpec& command, std::span<const std::string_view> words) {
  Normalizer normalizer(Vocabulary{&command}, words);
  auto normalized = normalizer.run();
  if (!normalized) return std::move(normalized).failure();
  auto args = parse_options(command, std::move(*normalized));
  if (!args) return args;
  for (const std::string_view word : normalizer.free_words()) args->positional.emplace_back(word);
  return args;
}

Checked<Args> parse_command_line(std::span<const std::string_view> words) {
  if (words.size() > kMostWords)
    return usage_failure("too many words", "'neighctl load -' reads any number of entries");
  std::vector<std::string_view> rest;
  const CommandSpec* command = nullptr;
  bool help_wanted = false;
  for (std::size_t at = 0; at < words.size(); ++at) {
    std::string_view word = command == nullptr ? modern_spelling(words[at]) : words[at];
    if (command == nullptr && at + 1 < words.size()) {
      if (const auto family = family_word(word, words[at + 1]); !family.empty()) {
        rest.push_back(family);
        ++at;
        continue;
      }
    }
    if (command == nullptr && (word == "-r" || word == "-resolve")) {
      // ip's -r shows names for addresses; here the letter means --router, which is not what was meant.
      return usage_failure(fmt::format("'{}' in front of the command is not understood: no names are looked up", word),
                           "leave it out; '--router' shows routers only");
    }
    // `ip monitor neigh`: there is nothing else to follow.
    const bool monitored = command != nullptr && command->name == "watch" && words[at - 1] == "monitor";
    if (monitored && (word == "neigh" || word == "neighbor" || word == "neighbour")) continue;
    rest.push_back(word);
    if (command != nullptr) continue;
    // What stands behind 'ip', as people type it.
    if (word == "neigh" || word == "neighbor" || word == "neighbour") {
      rest.pop_back();
      continue;
    }
    if (word == "-h" || word == "--help" || word == "-?") help_wanted = true;
    if (word.size() > 1 && word[0] == '-') {
      // A value that stands apart belongs to the option in front of it.
      const Vocabulary globals{};
      const OptionSpec* spec =
          word.starts_with("--") ? globals.by_name(word.substr(2)) : globals.by_letter(word.back());
      if (spec != nullptr && takes_value(*spec) && !value_is_optional(*spec) && at + 1 < words.size()) {
        rest.push_back(words[++at]);
      }
      continue;
    }
    command = find_command(word);
    if (command == nullptr) {
      // What stands behind 'arp' says what it was to do.
      if (word == "arp" && at + 2 < words.size() && (words[at + 1] == "-s" || words[at + 1] == "-d") &&
          parse_prefix(words[at + 2])) {
        return usage_failure("there is no command 'arp'",
                             meant_for_address(words[at + 1], words[at + 2],
                                               at + 3 < words.size() ? words[at + 3] : std::string_view()));
      }
      return unknown_command(at == 0 ? std::string_view() : words[at - 1], word,
                             at + 1 < words.size() ? words[at + 1] : std::string_view());
    }
    rest.pop_back();
  }
  const bool named = command != nullptr;
  if (!named) command = find_command(help_wanted ? "help" : "list");
  // --help must work in a line that is not finished yet.
  const bool help = help_wanted || std::any_of(rest.begin(), rest.end(), [](std::string_view word) {
                      return word == "--help" || word == "-h" || word == "-?";
                    });
  if (help) {
    Args args;
    args.command = command;
    args.add(named ? "help" : "overview", "");
    for (const std::string_view word : rest) {
      if (word == "--json" || word == "-j") args.add("json", "");
      if (word == "--jsonl" || word == "-J") args.add("jsonl", "");
    }
    return args;
  }
  return parse_words(*command, rest);
}

}  // namespace neigh::ctl
