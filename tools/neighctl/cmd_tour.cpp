// SPDX-License-Identifier: Apache-2.0
// neighctl tour
#include <fmt/format.h>

#include <span>

#include "commands.hpp"
#include "context.hpp"
#include "run.hpp"
#include "sandbox.hpp"
#include "stack.hpp"
#include "text.hpp"

namespace neigh::ctl {

namespace {

constexpr Example kExamples[] = {{"neighctl tour", "three seconds, no privilege needed"}};

constexpr int kAny = -1;  // the host decides: exit code 0 or 1

struct Step {
  std::string_view title;
  std::string_view says;
  std::string_view line;  ///< Behind "neighctl"; IF is the interface, FI a typo in its name.
  int expected = kDone;
  std::string_view ip = {};        ///< Behind "ip": what the kernel's own tool sees afterwards; empty: nothing shown.
  std::string_view ip_shows = {};  ///< Text that must be in its output; "!" in front: must not.
};

constexpr Step kSteps[] = {
    {"create", "A permanent entry, in the words of 'ip neigh'.", "add 192.0.2.7 lladdr 02:00:00:00:00:07 dev IF", kDone,
     "neigh show 192.0.2.7", "PERMANENT"},
    {"a duplicate is refused", "What exists is never overwritten by add.",
     "add 192.0.2.7 lladdr 02:00:00:00:00:99 dev IF", kRefused, "neigh show 192.0.2.7", "02:00:00:00:00:07"},
    {"create, IPv6", "The same with options, another spelling of the link-layer address, and the router flag.",
     "add 2001:db8::7 --lladdr 02-00-00-00-00-07 --dev IF --router", kDone, "-6 neigh show 2001:db8::7", "router"},
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
     "replace 192.0.2.2 lladdr 02:00:00:00:00:55 dev IF", kDone, "neigh show 192.0.2.2", "02:00:00:00:00:55"},
    {"verify", "The wire knows better, and --fix believes it.", "verify 192.0.2.2 --fix --count 1 --interval 300ms",
     kDone, "neigh show 192.0.2.2", "!02:00:00:00:00:55"},
    {"announce", "Tells the others about our own address: gratuitous ARP.", "announce 192.0.2.1", kDone},
    {"delete", "", "delete 192.0.2.7", kDone, "neigh show 192.0.2.7", "!192.0.2.7"},
    {"flush", "What a state names, on one interface; first only shown.", "flush dev IF nud all --dry-run", kDone},
    {"flush", "And done.", "flush dev IF nud all", kDone, "neigh show dev IF nud permanent", "!PERMANENT"},
    {"a typo", "Errors name the word and the next step; nothing has been changed.",
     "add 192.0.2.7 lladr 02:00:00:00:00:07 dev IF", kUsage},
    {"a typo in the interface", "", "list dev FI", kRefused},
    {"something missing", "", "get 192.0.2.7", kRefused},
    {"doctor", "Is the table about to overflow?", "doctor", kAny},
};

bool shows(std::string_view output, std::string_view wanted) {
  const bool absent = wanted.starts_with('!');
  const bool found = output.find(absent ? wanted.substr(1) : wanted) != std::string_view::npos;
  return found != absent;
}

void print_indented(Output& out, std::string_view text) {
  for (const std::string_view line : split(text, '\n')) {
    if (!line.empty()) out.line(fmt::format("    {}", line));
  }
}

Args embedded_args() {
  Args args;
  args.add("stack", "embedded");
  return args;
}

struct StepResult {
  Ran ran = {};
  Ran ip = {};
  bool fine = false;
};

// Where the tour takes place.
class Scene {
 public:
  Scene() = default;
  virtual ~Scene() = default;
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;
  [[nodiscard]] virtual std::string_view stack() const = 0;
  [[nodiscard]] virtual std::string_view interface() const = 0;
  [[nodiscard]] virtual std::string_view says() const = 0;
  /// Runs neighctl with these words.
  [[nodiscard]] virtual Ran run(const std::vector<std::string>& words) = 0;
  [[nodiscard]] virtual bool has_ip() const = 0;
};

// Two kernels' tables in private namespaces; each step is a run of the program.
class KernelScene final : public Scene {
 public:
  [[nodiscard]] std::string_view stack() const override { return "kernel"; }
  [[nodiscard]] std::string_view interface() const override { return "tour0"; }
  [[nodiscard]] std::string_view says() const override {
    return "Two hosts on one wire, both in private network namespaces: this one (tour0, 192.0.2.1 and 2001:db8::1) "
           "and\n"
           "a second one (192.0.2.2 and 2001:db8::2). Nothing outside is touched.";
  }
  [[nodiscard]] Ran run(const std::vector<std::string>& words) override {
    std::vector<std::string> line = {"/proc/self/exe"};
    line.insert(line.end(), words.begin(), words.end());
    return run_program(line);
  }
  [[nodiscard]] bool has_ip() const override { return true; }
};

// The embedded stack, which lives as long as this process, and so do its entries.
class EmbeddedScene final : public Scene {
 public:
  explicit EmbeddedScene(Home home) : home_(std::move(home)) {}
  [[nodiscard]] std::string_view stack() const override { return "embedded"; }
  [[nodiscard]] std::string_view interface() const override { return "eth0"; }
  [[nodiscard]] std::string_view says() const override {
    return "Two hosts on one wire in memory, on the embedded stack: this one (eth0, 192.0.2.1 and 2001:db8::1) and\n"
           "a second one (192.0.2.2 and 2001:db8::2). The kernel's table is not touched.";
  }
  [[nodiscard]] Ran run(const std::vector<std::string>& words) override {
    Output out;
    Output err;
    const std::vector<std::string_view> views(words.begin(), words.end());
    Ran ran;
    ran.code = run_neighctl(views, {out, err}, [this](const Args&) { return Checked<Home>(home_); });
    ran.output = out.text() + err.text();
    return ran;
  }
  [[nodiscard]] bool has_ip() const override { return false; }

 private:
  Home home_;
};

// The words of a line, with the names of this scene's interface.
std::vector<std::string> words_of(std::string_view line, std::string_view interface) {
  std::vector<std::string> words;
  for_each_word(line, [&](std::string_view word) {
    std::string name(interface);
    if (word == "FI") std::swap(name[1], name[2]);
    words.push_back(word == "IF" || word == "FI" ? name : std::string(word));
  });
  return words;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

StepResult take_step(Scene& scene, const Step& step, bool color) {
  StepResult result;
  auto words = words_of(step.line, scene.interface());
  if (color) words.emplace_back("--color=always");
  result.ran = scene.run(words);
  result.fine = step.expected == kAny ? result.ran.code == kDone || result.ran.code == kRefused
                                      : result.ran.code == step.expected;
  if (!step.ip.empty() && scene.has_ip()) {
    auto ip = words_of(step.ip, scene.interface());
    ip.insert(ip.begin(), "ip");
    result.ip = run_program(ip);
    result.fine = result.fine && shows(result.ip.output, step.ip_shows);
  }
  return result;
}

int walk(Context& context, Scene& scene) {
  const Style& style = context.style;
  std::size_t number = 0;
  std::size_t surprises = 0;
  std::optional<JsonWriter> document;
  if (context.format == Format::kJson) {
    document.emplace(context.out.buffer());
    document->begin_object().member("stack", scene.stack()).key("steps").begin_array(true);
  }
  const bool silent = context.machine() || context.quiet();
  if (!silent) {
    context.out.line(style.paint(Tone::kBold, "A tour of the neighbor table"));
    context.out.line(scene.says());
  }
  for (const Step& step : kSteps) {
    ++number;
    const std::string line = "neighctl " + joined(words_of(step.line, scene.interface()));
    if (!silent) {
      context.out.line("\n" + style.paint(Tone::kBold, fmt::format("{:>2}. {}", number, step.title)));
      if (!step.says.empty()) context.out.line(style.paint(Tone::kDim, fmt::format("    {}", step.says)));
      context.out.line(fmt::format("  {} {}", style.paint(Tone::kGood, "$"), line));
      context.out.flush();
    }
    const StepResult result = take_step(scene, step, style.color);
    if (!result.fine) ++surprises;
    if (context.machine()) {
      const auto write = [&](JsonWriter& writer) {
        writer.member("title", step.title).member("command", line).member("exit_code", result.ran.code);
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
    if (context.quiet()) {
      // All went well is nothing to say.
      if (result.fine) continue;
      context.out.line(fmt::format("{:>2}. {}\n  $ {}", number, step.title, line));
    }
    print_indented(context.out, result.ran.output);
    if (result.ran.code != 0)
      context.out.line(style.paint(Tone::kDim, fmt::format("    exit code {}", result.ran.code)));
    if (!step.ip.empty() && scene.has_ip()) {
      context.out.line(
          fmt::format("  {} ip {}", style.paint(Tone::kGood, "$"), joined(words_of(step.ip, scene.interface()))));
      print_indented(context.out, result.ip.output.empty() ? "(nothing)" : result.ip.output);
    }
    if (!result.fine) context.out.line(style.paint(Tone::kBad, "    that is not what was expected"));
  }
  if (document) {
    document->end_array().member("surprises", surprises).end_object();
    context.out.write("\n");
  } else if (!context.machine() && (!context.quiet() || surprises > 0)) {
    context.out.line(surprises == 0 ? fmt::format("\n{} {} steps, all as expected. 'neighctl --help' shows the rest.",
                                                  style.paint(Tone::kGood, style.check_mark()), number)
                                    : fmt::format("\n{} {} of {} steps were not as expected",
                                                  style.paint(Tone::kBad, style.cross_mark()), surprises, number));
  }
  context.out.flush();
  return surprises == 0 ? kDone : kRefused;
}

int walk_embedded(Context& context) {
  auto home = open_table(embedded_args());
  if (!home) return context.fail(home.failure());
  EmbeddedScene scene(std::move(*home));
  return walk(context, scene);
}

}  // namespace

int run_tour(Context& context) {
  for (const std::string_view option : {"port", "address", "mac", "table", "listen", "netns"}) {
    if (context.args.has(option)) {
      return context.fail(usage_failure(fmt::format("'--{}' has no meaning here", option),
                                        "the tour has a private network of its own"));
    }
  }
  if (context.args.one("stack") == "embedded") return walk_embedded(context);
  context.out.flush();  // the child must not print it again
  KernelScene scene;
  const auto code = run_in_sandbox([&] { return walk(context, scene); });
  if (code) return *code;
  // Somebody who may not make namespaces shall see the tour all the same.
  if (!context.machine() && !context.quiet()) {
    context.out.line(fmt::format("{} ({}): the tour runs on the embedded stack instead.\n",
                                 context.style.paint(Tone::kWarn, "no private network here"), code.failure().message));
  }
  return walk_embedded(context);
}

constinit const CommandSpec kTourCommand = {
    .name = "tour",
    .aliases = "demo",
    .summary = "See everything once, in a private network",
    .about =
        "Makes two hosts on one wire in network namespaces of its own and walks through the commands: what is "
        "typed, what is answered, and what 'ip neigh' sees afterwards. Nothing of the system is touched, and "
        "nothing stays. Where the system permits no namespaces, or with --stack embedded, the two hosts live in "
        "memory, on the embedded stack.",
    .examples = kExamples,
    .exits = "1 if a step was not as expected.",
    .needs =
        "nothing; the kernel's table is shown where user namespaces are allowed, or to root, with the program 'ip'",
    .run = run_tour,
};

}  // namespace neigh::ctl
