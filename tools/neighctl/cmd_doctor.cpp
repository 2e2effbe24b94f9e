// SPDX-License-Identifier: Apache-2.0
// neighctl doctor
#include <fmt/format.h>

#include <algorithm>

#include "commands.hpp"
#include "context.hpp"
#include "diagnosis.hpp"
#include "options.hpp"
#include "stack.hpp"
#include "text.hpp"
#include "text_table.hpp"
#include "values.hpp"

namespace neigh::ctl {

namespace {

constexpr std::string_view kSysctlFile = "/etc/sysctl.d/90-neighbor-table.conf";
constexpr std::size_t kBarWidth = 20;
constexpr std::size_t kLeastBar = 3;
constexpr double kLeastPercent = 0.5;  // what is rounded to 1
constexpr std::size_t kMostShares = 8;

constexpr OptionSpec kOptions[] = {
    {.name = "all-netns", .letter = 'a', .help = "read every network namespace that has a name, too"},
    {.name = "assume",
     .kind = ValueKind::kThresholds,
     .metavar = "T1,T2,T3",
     .help = "judge by these gc_thresh1,2,3 instead of the kernel's"},
};

constexpr Example kExamples[] = {
    {"neighctl doctor", "exit code 1 if something needs attention"},
    {"sudo neighctl doctor --all-netns", "on the host of containers: who fills the shared table"},
    {"neighctl doctor --assume 1024,4096,8192", "would these limits do?"},
    {"neighctl doctor --json", "for monitoring"},
};

Checked<NamespaceView> read_namespace(NeighborTable& table, std::string name) {
  NamespaceView view;
  view.name = std::move(name);
  auto interfaces = table.interfaces();
  if (!interfaces) return explain(interfaces.error(), {.verb = "doctor"});
  view.interfaces = std::move(*interfaces);
  auto neighbors = table.list();
  if (!neighbors) return explain(neighbors.error(), {.verb = "doctor"});
  view.neighbors = std::move(*neighbors);
  auto own = table.own_addresses(InterfaceIndex::kNone);
  if (!own) return explain(own.error(), {.verb = "doctor"});
  view.own = std::move(*own);
  return view;
}

Checked<DoctorInput> read_input(Context& context, std::vector<Finding>& problems) {
  auto table = context.table();
  if (!table) return std::move(table).failure();
  DoctorInput input;
  auto limits = (*table)->limits();
  if (!limits) return explain(limits.error(), {.verb = "doctor"});
  for (TableLimits& l : *limits) {
    if (context.family() != Family::kUnspecified && context.family() != l.family) continue;
    if (const auto text = context.args.one("assume")) {
      const auto assumed = parse_thresholds(*text).value_or(std::array<std::uint32_t, 3>{});
      l.gc_thresh1 = assumed[0];
      l.gc_thresh2 = assumed[1];
      l.gc_thresh3 = assumed[2];
    }
    input.limits.push_back(l);
  }
  auto here = read_namespace(**table, {});
  if (!here) return std::move(here).failure();
  input.namespaces.push_back(std::move(*here));
  input.sysctl_here = limits_can_be_set_here();
  if (context.args.has("all-netns")) {
    const auto unread = [&](const std::string& name, const Failure& why) {
      problems.push_back({Severity::kNotice,
                          "namespace_not_read",
                          Family::kUnspecified,
                          {},
                          fmt::format("network namespace {} was not read: {}", printable(name), why.message),
                          why.hint});
    };
    visit_other_namespaces(
        [&](const std::string& name, NeighborTable& there) {
          auto view = read_namespace(there, name);
          if (view) {
            input.namespaces.push_back(std::move(*view));
          } else {
            unread(name, view.failure());
          }
        },
        unread);
  }
  return input;
}

Tone severity_tone(Severity severity) {
  switch (severity) {
    case Severity::kOk:
      return Tone::kGood;
    case Severity::kNotice:
      return Tone::kInfo;
    case Severity::kWarning:
      return Tone::kWarn;
    case Severity::kCritical:
      break;
  }
  return Tone::kBad;
}

std::string states_text(const InterfaceShare& share) {
  std::vector<std::pair<std::size_t, std::string_view>> states;
  for (std::size_t i = 0; i < share.states.size(); ++i) {
    if (share.states[i] > 0) states.emplace_back(share.states[i], to_string(static_cast<NudState>(i)));
  }
  std::sort(states.rbegin(), states.rend());
  std::string text;
  for (const auto& [count, name] : states)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", grouped(count), name);
  return text;
}

std::string fill_bar(const TableDiagnosis& table, const Style& style, std::size_t width) {
  const double share = std::clamp(table.fill_percent / 100.0, 0.0, 1.0);
  // A bar that shows something says more than 0 %.
  auto filled = static_cast<std::size_t>(share * static_cast<double>(width));
  if (filled == 0 && table.fill_percent >= kLeastPercent) filled = 1;
  std::string full;
  std::string rest;
  for (std::size_t i = 0; i < width; ++i) {
    (i < filled ? full : rest) += style.unicode ? (i < filled ? "█" : "░") : (i < filled ? "#" : ".");
  }
  return style.paint(severity_tone(table.severity), full) + style.paint(Tone::kDim, rest);
}

std::string percent_text(double percent) {
  return percent > 0 && percent < kLeastPercent ? "<1%" : fmt::format("{:.0f}%", percent);
}

void print_table(Context& context, const TableDiagnosis& table) {
  const Style& style = context.style;
  const TableLimits& l = table.limits;
  const std::string_view family = to_string(l.family);
  const std::string_view verdict = severity_name(table.severity);
  const std::string numbers =
      fmt::format("{} of at most {} ({})", counted(table.collectable_least, "collectable entry", "collectable entries"),
                  grouped(l.gc_thresh3), percent_text(table.fill_percent));
  // The bar gives way to the numbers.
  const std::size_t others = columns(family) + columns(numbers) + columns(verdict) + 6;
  const std::size_t room = style.width == 0 ? kBarWidth : style.width - std::min(style.width, others);
  const std::string bar = fill_bar(table, style, std::clamp<std::size_t>(room, kLeastBar, kBarWidth));
  const std::string judged = style.paint(severity_tone(table.severity), verdict);
  if (style.width == 0 || room >= kLeastBar) {
    context.out.line(fmt::format("{}  {}  {}  {}", style.paint(Tone::kBold, family), bar, numbers, judged));
  } else {
    context.out.line(fmt::format("{}  {}  {}", style.paint(Tone::kBold, family), bar, judged));
    write_wrapped(context.out, style, "      ", 6, numbers);
  }
  write_wrapped(context.out, style, "      ", 6,
                fmt::format("{} exempt (permanent or extern_learn), {} in other namespaces", grouped(table.exempt),
                            grouped(table.elsewhere)));
  const auto detail = [&](std::string_view text) {
    context.out.line(style.paint(Tone::kDim, fmt::format("      {}", text)));
  };
  const std::string limits =
      fmt::format("gc_thresh1 {}  gc_thresh2 {}  gc_thresh3 {}", l.gc_thresh1, l.gc_thresh2, l.gc_thresh3);
  const std::string past =
      fmt::format("refused {}  forced collections {}", grouped(l.table_full), grouped(l.forced_gc_runs));
  if (style.width != 0 && limits.size() + past.size() + 8 > style.width) {
    detail(limits);
    detail(past);
  } else {
    detail(fmt::format("{}  {}", limits, past));
  }
  TextTable shares({"      INTERFACE", "NAMESPACE", "ENTRIES", "SHARE", "COLLECTABLE", "STATES"}, {2, 3, 4});
  std::size_t shown = 0;
  for (const InterfaceShare& share : table.shares) {
    if (shown++ == kMostShares && context.format != Format::kWide) break;
    shares.add({{"      " + printable(share.interface), Tone::kInfo},
                {printable(share.network_namespace), Tone::kPlain},
                {grouped(share.entries), Tone::kBold},
                {percent_text(share.percent), Tone::kPlain},
                {grouped(share.collectable), Tone::kPlain},
                {states_text(share), Tone::kDim}});
  }
  Style table_style = style;
  if (context.format == Format::kWide) table_style.width = 0;
  shares.print(context.out, table_style);
  if (table.shares.size() > kMostShares && context.format != Format::kWide) {
    context.out.line(fmt::format("      and {} (--wide)",
                                 counted(table.shares.size() - kMostShares, "more interface", "more interfaces")));
  }
  context.out.write("\n");
}

void print_human(Context& context, const Diagnosis& diagnosis, const DoctorInput& input) {
  const Style& style = context.style;
  if (context.format != Format::kBrief) {
    for (const TableDiagnosis& table : diagnosis.tables) print_table(context, table);
  }
  if (context.args.has("assume")) context.out.line("judged by assumed limits, not by the kernel's\n");
  for (const Finding& finding : diagnosis.findings) {
    const std::string mark(finding.severity >= Severity::kWarning ? style.cross_mark() : style.dash());
    const std::string start = fmt::format("{} {:<8} ", mark, severity_name(finding.severity));
    write_wrapped(context.out, style, style.paint(severity_tone(finding.severity), start), columns(start),
                  finding.message);
    if (!finding.hint.empty() && context.format != Format::kBrief) {
      write_wrapped(context.out, style, "             ", 13, finding.hint, Tone::kDim);
    }
  }
  if (!diagnosis.sysctls.empty() && context.format != Format::kBrief) {
    context.out.line(fmt::format("\n{}", style.paint(Tone::kBold, "to make room:")));
    write_wrapped(context.out, style, style.paint(Tone::kDim, "  # "), 4,
                  fmt::format("{}, then: sysctl --system", kSysctlFile), Tone::kDim);
    for (const std::string& line : diagnosis.sysctls) context.out.line("  " + line);
    if (!input.sysctl_here) {
      write_wrapped(context.out, style, style.paint(Tone::kDim, "  # "), 4,
                    "on the host: these exist only in its initial network namespace, and count for all of them",
                    Tone::kDim);
    }
  }
  if (diagnosis.findings.empty()) {
    context.out.line(fmt::format("{} nothing to complain about", style.paint(Tone::kGood, style.check_mark())));
  }
}

void write_table(JsonWriter& writer, const TableDiagnosis& t) {
  const TableLimits& l = t.limits;
  writer.begin_object().member("family", l.family == Family::kIpv4 ? "ipv4" : "ipv6");
  writer.member("verdict", severity_name(t.severity)).member("entries", l.entries).member("read", t.read);
  writer.member("exempt", t.exempt).member("elsewhere", t.elsewhere);
  writer.member("collectable_least", t.collectable_least).member("collectable_most", t.collectable_most);
  writer.member("gc_thresh1", l.gc_thresh1).member("gc_thresh2", l.gc_thresh2).member("gc_thresh3", l.gc_thresh3);
  writer.member("gc_interval_ms", l.gc_interval.count()).member("table_full", l.table_full);
  writer.member("forced_gc_runs", l.forced_gc_runs).member("resolve_failed", l.resolve_failed);
  writer.key("interfaces").begin_array(true);
  for (const InterfaceShare& s : t.shares) {
    writer.begin_object().member("interface", s.interface).member("ifindex", to_number(s.index));
    writer.member_or_null("namespace", s.network_namespace);
    writer.member("entries", s.entries).member("collectable", s.collectable);
    writer.key("states").begin_object();
    for (std::size_t i = 0; i < s.states.size(); ++i) {
      if (s.states[i] > 0) writer.member(to_string(static_cast<NudState>(i)), s.states[i]);
    }
    writer.end_object().end_object();
  }
  writer.end_array().end_object();
}

void write_finding(JsonWriter& writer, const Finding& f) {
  writer.member("severity", severity_name(f.severity)).member("code", f.code);
  writer.member_or_null("family", f.family == Family::kUnspecified ? "" : f.family == Family::kIpv4 ? "ipv4" : "ipv6");
  writer.member_or_null("interface", f.interface).member("message", f.message);
  if (!f.hint.empty()) writer.member("hint", f.hint);
}

void print_machine(Context& context, const Diagnosis& diagnosis, const DoctorInput& input) {
  if (context.lines()) {
    for (const Finding& f : diagnosis.findings) {
      json_line(context.out, [&](JsonWriter& writer) { write_finding(writer, f); });
    }
    json_line(context.out, [&](JsonWriter& writer) { writer.member("verdict", severity_name(diagnosis.worst)); });
    return;
  }
  context.document([&](JsonWriter& writer) {
    writer.member("verdict", severity_name(diagnosis.worst));
    writer.key("tables").begin_array(true);
    for (const TableDiagnosis& t : diagnosis.tables) write_table(writer, t);
    writer.end_array().key("findings").begin_array(true);
    for (const Finding& f : diagnosis.findings) {
      writer.begin_object();
      write_finding(writer, f);
      writer.end_object();
    }
    writer.end_array().key("sysctl").begin_object().member("file", kSysctlFile).member("here", input.sysctl_here);
    writer.key("lines").begin_array();
    for (const std::string& line : diagnosis.sysctls) writer.value(line);
    writer.end_array().end_object();
  });
}

}  // namespace

int run_doctor(Context& context) {
  std::vector<Finding> problems;
  const auto input = read_input(context, problems);
  if (!input) return context.fail(input.failure());
  Diagnosis diagnosis = diagnose(*input);
  diagnosis.findings.insert(diagnosis.findings.end(), problems.begin(), problems.end());
  if (!problems.empty()) diagnosis.worst = std::max(diagnosis.worst, Severity::kNotice);
  if (context.machine()) {
    print_machine(context, diagnosis, *input);
  } else if (!context.quiet() || diagnosis.worst >= Severity::kWarning) {
    print_human(context, diagnosis, *input);
  }
  return diagnosis.worst >= Severity::kWarning ? kRefused : kDone;
}

constinit const CommandSpec kDoctorCommand = {
    .name = "doctor",
    .aliases = "health",
    .summary = "Say why the table overflows, or is about to",
    .about =
        "Reads the limits as the kernel reports them, which works inside a container, too, and says for each family "
        "how full the table is and who fills it. Only collectable entries count against gc_thresh3; permanent and "
        "externally learned ones are exempt. The limit is shared by all network namespaces of a kernel, which tells "
        "only the sum: what other namespaces hold is known when they are read with --all-netns.\n\n"
        "It also finds: floods of failed and incomplete entries, link-layer addresses that stand for several "
        "addresses, neighbors with the host's own link-layer address, entries on interfaces that are down or without "
        "carrier. Where limits are too low it prints the sysctl lines to set and where.",
    .options = kOptions,
    .examples = kExamples,
    .exits = "0 if all is well or worth a notice, 1 at a warning: before the kernel refuses entries with ENOBUFS.",
    .needs = "nothing; --all-netns needs CAP_SYS_ADMIN",
    .run = run_doctor,
};

}  // namespace neigh::ctl
