// SPDX-License-Identifier: Apache-2.0
// neighctl tour
#include <fmt/format.h>

#include <span>

#include "commands.hpp"
#include "context.hpp"
#include "sandbox.hpp"
#include "text.hpp"

namespace neigh::ctl {

namespace {

constexpr Example kExamples[] = {{"neighctl tour", "three seconds, no privilege needed"}};

constexpr int kAny = -1;  // the host decides: exit code 0 or 1

struct Step {
  std::string_view title;
  std::string_view says;
  std::string_view line;  ///< Behind "neighctl".
  int expected = kDone;
  std::string_view ip = {};        ///< Behind "ip": what the kernel's own tool sees afterwards; empty: nothing shown.
  std::string_view ip_shows = {};  ///< Text that must be in its output; "!" in front: must not.
};

constexpr Step kSteps[] = {
    {"create", "A permanent entry, in the words of 'ip neigh'.", "add 192.0.2.7 lladdr 02:00:00:00:00:07 dev tour0",
     kDone, "neigh show 192.0.2.7", "PERMANENT"},
    {"a duplicate is refused", "What exists is never overwritten by add.",
     "add 192.0.2.7 lladdr 02:00:00:00:00:99 dev tour0", kRefused, "neigh show 192.0.2.7", "02:00:00:00:00:07"},
    {"create, IPv6", "The same with options, another spelling of the link-layer address, and the router flag.",
     "add 2001:db8::7 --lladdr 02-00-00-00-00-07 --dev tour0 --router", kDone, "-6 neigh show 2001:db8::7", "router"},
    {"get", "One entry; nothing is sent.", "get 192.0.2.7", kDone},
    {"resolve by ARP", "A real request on the wire; the second host answers.", "resolve 192.0.2.2", kDone,
     "neigh show 192.0.2.2", "lladdr"},
    {"resolve by Neighbor Discovery", "The same for IPv6.", "resolve 2001:db8::2", kDone, "-6 neigh show 2001:db8::2",
     "lladdr"},
    {"nobody answers", "No such host; half a second is enough to know.", "resolve 192.0.2.99 --timeout 500ms",
     kRefused},
    {"list", "Everything, both families.", "list", kDone},
    {"list, for programs", "One object a line; --json gives one document.", "list -6 --jsonl", kDone},
    {"set", "What is not said stays: the entry keeps its state.", "set 192.0.2.7 lladdr 02:00:00:00:00:99", kDone,
     "neigh show 192.0.2.7", "02:00:00:00:00:99"},
    {"a wrong entry", "Someone wrote a wrong address for the second host.",
     "replace 192.0.2.2 lladdr 02:00:00:00:00:55 dev tour0", kDone, "neigh show 192.0.2.2", "02:00:00:00:00:55"},
    {"verify", "The wire knows better, and --fix believes it.", "verify 192.0.2.2 --fix --count 1 --interval 300ms",
     kDone, "neigh show 192.0.2.2", "!02:00:00:00:00:55"},
    {"announce", "Tells the others about our own address: gratuitous ARP.", "announce 192.0.2.1", kDone},
    {"delete", "", "delete 192.0.2.7", kDone, "neigh show 192.0.2.7", "!192.0.2.7"},
    {"flush", "What a state names, on one interface; first only shown.", "flush dev tour0 nud all --dry-run", kDone},
    {"flush", "And done.", "flush dev tour0 nud all", kDone, "neigh show dev tour0 nud permanent", "!PERMANENT"},
    {"a typo", "Errors name the word and the next step; nothing has been changed.",
     "add 192.0.2.7 lladr 02:00:00:00:00:07 dev tour0", kUsage},
    {"a typo in the interface", "", "list dev tuor0", kRefused},
    {"something missing", "", "get 192.0.2.7", kRefused},
    {"doctor", "Is the table about to overflow?", "doctor", kAny},
};

bool shows(std::string_view output, std::string_view wanted) {
  const bool absent = wanted.starts_with('!');
  const bool found = output.find(absent ? wanted.substr(1) : wanted) != std::string_view::npos;
  return found != absent;
}

std::vector<std::string> words_of(std::string_view program, std::string_view line) {
  std::vector<std::string> words = {std::string(program)};
  for_each_word(line, [&](std::string_view word) { words.emplace_back(word); });
  return words;
}

void print_indented(Output& out, std::string_view text) {
  for (const std::string_view line : split(text, '\n')) {
    if (!line.empty()) out.line(fmt::format("    {}", line));
  }
}

struct StepResult {
  Ran ran = {};
  Ran ip = {};
  bool fine = false;
};

StepResult take_step(const Step& step, bool color) {
  StepResult result;
  auto words = words_of("/proc/self/exe", step.line);
  if (color) words.emplace_back("--color=always");
  result.ran = run_program(words);
  result.fine = step.expected == kAny ? result.ran.code == kDone || result.ran.code == kRefused
                                      : result.ran.code == step.expected;
  if (!step.ip.empty()) {
    result.ip = run_program(words_of("ip", step.ip));
    result.fine = result.fine && shows(result.ip.output, step.ip_shows);
  }
  return result;
}

int walk(Context& context) {
  const Style& style = context.style;
  std::size_t number = 0;
  std::size_t surprises = 0;
  std::optional<JsonWriter> document;
  if (context.format == Format::kJson) {
    document.emplace(context.out.buffer());
    document->begin_object().key("steps").begin_array(true);
  }
  if (!context.machine()) {
    context.out.line(style.paint(Tone::kBold, "A tour of the neighbor table"));
    context.out.line(
        "Two hosts on one wire, both in private network namespaces: this one (tour0, 192.0.2.1 and 2001:db8::1) and\n"
        "a second one (192.0.2.2 and 2001:db8::2). Nothing outside is touched.");
  }
  for (const Step& step : kSteps) {
    ++number;
    if (!context.machine()) {
      context.out.line("\n" + style.paint(Tone::kBold, fmt::format("{:>2}. {}", number, step.title)));
      if (!step.says.empty()) context.out.line(style.paint(Tone::kDim, fmt::format("    {}", step.says)));
      context.out.line(fmt::format("  {} {}", style.paint(Tone::kGood, "$"), fmt::format("neighctl {}", step.line)));
      context.out.flush();
    }
    const StepResult result = take_step(step, style.color);
    if (!result.fine) ++surprises;
    if (context.machine()) {
      const auto write = [&](JsonWriter& writer) {
        writer.member("title", step.title).member("command", fmt::format("neighctl {}", step.line));
        writer.member("exit_code", result.ran.code);
        writer.member("output", result.ran.output).member("ip_output", result.ip.output).member("ok", result.fine);
      };
      if (document) {
        document->begin_object();
        write(*document);
        document->end_object();
      } else {
        json_line(context.out, write);
      }
      continue;
    }
    print_indented(context.out, result.ran.output);
    if (result.ran.code != 0)
      context.out.line(style.paint(Tone::kDim, fmt::format("    exit code {}", result.ran.code)));
    if (!step.ip.empty()) {
      context.out.line(fmt::format("  {} ip {}", style.paint(Tone::kGood, "$"), step.ip));
      print_indented(context.out, result.ip.output.empty() ? "(nothing)" : result.ip.output);
    }
    if (!result.fine) context.out.line(style.paint(Tone::kBad, "    that is not what was expected"));
  }
  if (document) {
    document->end_array().member("surprises", surprises).end_object();
    context.out.write("\n");
  } else if (!context.machine()) {
    context.out.line(surprises == 0 ? fmt::format("\n{} {} steps, all as expected. 'neighctl --help' shows the rest.",
                                                  style.paint(Tone::kGood, style.check_mark()), number)
                                    : fmt::format("\n{} {} of {} steps were not as expected",
                                                  style.paint(Tone::kBad, style.cross_mark()), surprises, number));
  }
  context.out.flush();
  return surprises == 0 ? kDone : kRefused;
}

}  // namespace

int run_tour(Context& context) {
  context.out.flush();  // the child must not print it again
  const auto code = run_in_sandbox([&] { return walk(context); });
  return code ? *code : context.fail(code.failure());
}

constinit const CommandSpec kTourCommand = {
    .name = "tour",
    .aliases = "demo",
    .summary = "See everything once, in a private network",
    .about =
        "Makes two hosts on one wire in network namespaces of its own and walks through the commands: what is "
        "typed, what is answered, and what 'ip neigh' sees afterwards. Nothing of the system is touched, and "
        "nothing stays.",
    .examples = kExamples,
    .exits = "1 if a step was not as expected, 3 if the system allows no private namespaces.",
    .needs = "nothing where user namespaces are allowed, else root; and the program 'ip'",
    .run = run_tour,
};

}  // namespace neigh::ctl
