// SPDX-License-Identifier: Apache-2.0
// neighctl verify
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <thread>

#include "commands.hpp"
#include "context.hpp"
#include "neighbor_view.hpp"
#include "options.hpp"
#include "progress.hpp"
#include "selection.hpp"
#include "signals.hpp"
#include "text.hpp"
#include "text_table.hpp"
#include "verify.hpp"

namespace neigh::ctl {

namespace {

constexpr OptionSpec kOptions[] = {
    opt::kDev,
    opt::kState,
    opt::kRouterOnly,
    opt::kProtocolOnly,
    opt::kSource,
    opt::with_help(opt::kCount, "requests to each address, 1 to 100 (default 2)"),
    opt::with_help(opt::kInterval, "wait for answers to each request (default 500ms)"),
    {.name = "parallel",
     .letter = 'p',
     .kind = ValueKind::kNumber,
     .metavar = "N",
     .help = "addresses asked at the same time, 1 to 256 (default 32)"},
    {.name = "fix", .letter = 'f', .help = "write the right link-layer address into wrong entries"},
};

constexpr Example kExamples[] = {
    {"neighctl verify", "every entry that has a link-layer address"},
    {"neighctl verify dev eth0 nud permanent --fix", "static entries of eth0; wrong ones are put right"},
    {"neighctl verify 192.0.2.7 2001:db8::7", "only these"},
};

constexpr std::uint32_t kDefaultAttempts = 2;
constexpr std::chrono::milliseconds kDefaultInterval{500};
constexpr std::uint64_t kMostParallel = 256;

struct Settings {
  AskOptions ask = {};
  std::size_t parallel = 32;
  bool fix = false;
};

Checked<Settings> settings_from(const Args& args) {
  Settings settings;
  settings.ask.attempts = kDefaultAttempts;
  settings.ask.interval = kDefaultInterval;
  settings.ask.all_answers = true;  // else a second owner stays unseen
  settings.fix = args.has("fix");
  if (const auto text = args.one("count")) {
    const auto count = parse_number(*text).value_or(0);
    if (count > 100) return usage_failure(fmt::format("'{}' requests are too many", *text), "1 to 100");
    settings.ask.attempts = static_cast<std::uint32_t>(count);
  }
  if (const auto text = args.one("interval")) settings.ask.interval = parse_duration(*text).value_or(kDefaultInterval);
  if (const auto text = args.one("parallel")) {
    const auto count = parse_number(*text).value_or(0);
    if (count > kMostParallel) {
      return usage_failure(fmt::format("'{}' at the same time are too many", *text),
                           fmt::format("1 to {}", kMostParallel));
    }
    settings.parallel = static_cast<std::size_t>(count);
  }
  if (const auto text = args.one("source")) {
    settings.ask.source = parse_scoped_address(*text).value_or(ScopedAddress{}).address;
  }
  return settings;
}

void ask_all(NeighborTable& table, const Settings& settings, std::vector<Verified>& entries, Progress& progress) {
  std::atomic<std::size_t> next{0};
  std::mutex lock;
  std::size_t done = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < entries.size() && !stop_requested(); i = next++) {
      Verified& v = entries[i];
      AskOptions options = settings.ask;
      // One --source serves the entries of its family.
      if (options.source && options.source->family() != v.entry.address.family()) options.source.reset();
      auto answers = table.ask(v.entry.key(), options);
      if (answers) {
        v.answers = std::move(*answers);
        v.verdict = judge(v.entry, v.answers);
      } else {
        v.error = answers.error();
        v.verdict = Verdict::kNotAsked;
      }
      const std::lock_guard held(lock);
      ++done;
      progress.update(done, static_cast<double>(done) / static_cast<double>(entries.size()));
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < std::min(settings.parallel, entries.size()); ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  progress.finish();
}

void fix_one(Context& context, NeighborTable& table, Verified& v) {
  const LinkAddress& answer = v.answers.front().link_address;
  const auto refuse = [&](const Error& error) {
    v.fix_failure = explain(error, attempt_of(context, "verify", v.entry.key()));
  };
  // As it is now: the kernel has seen the answers, too, and others may have written.
  auto now = table.get(v.entry.key());
  if (!now) return refuse(now.error());
  if (now->link_address != answer) {
    if (now->flags.has(NeighborFlag::kManaged)) {
      // What is written of a managed entry is dropped (LNX-075).
      v.fix_failure = Failure{kRefused,
                              "not_supported",
                              fmt::format("{} is managed: the kernel alone resolves it", v.entry.address.to_string()),
                              "'neighctl replace' makes an ordinary entry of it",
                              {}};
      return;
    }
    const Neighbor before = *now;
    if (const auto set = table.set(corrected(before, answer)); !set) return refuse(set.error());
    now = table.get(v.entry.key());
    if (!now) return refuse(now.error());
    v.also_changed = other_differences(before, *now);
  }
  v.fixed = now->link_address == answer;
  if (v.fixed) return;
  v.fix_failure = Failure{kRefused,
                          "already_exists",
                          fmt::format("it is {} again", now->link_address.to_string()),
                          "somebody else writes this entry, or another station answers",
                          {}};
}

// Duplicates are never written: which of the owners is the right one, nobody here knows.
void fix_wrong(Context& context, NeighborTable& table, std::vector<Verified>& entries) {
  for (Verified& v : entries) {
    if (v.verdict == Verdict::kWrong) fix_one(context, table, v);
  }
}

Tone verdict_tone(const Verified& v) {
  switch (v.verdict) {
    case Verdict::kRight:
      return Tone::kGood;
    case Verdict::kSilent:
    case Verdict::kNotAsked:
      return Tone::kWarn;
    case Verdict::kWrong:
    case Verdict::kDuplicate:
      break;
  }
  return Tone::kBad;
}

// Why an entry could not be asked for.
Failure not_asked(Context& context, const Verified& v) {
  const InterfaceIndex on = v.entry.interface;
  const std::string name = printable(context.interface_name(on));
  if (v.error->code == Errc::kUnreachable && link_problem(context, on).empty()) {
    auto table = context.table();
    const auto own = table ? (*table)->own_addresses(on) : Result<std::vector<IpAddress>>(std::vector<IpAddress>());
    const auto same = [&](const IpAddress& a) { return a.family() == v.entry.address.family(); };
    if (own && std::none_of(own->begin(), own->end(), same)) {
      const std::string_view family = to_string(v.entry.address.family());
      return {kRefused,
              "no_such_address",
              fmt::format("{} has no {} address to ask from", name, family),
              fmt::format("'ip address add ADDRESS/LENGTH dev {}' gives it one", name),
              {}};
    }
  }
  Attempt attempt = attempt_of(context, "verify", v.entry.key());
  attempt.raw = true;
  return explain(*v.error, attempt);
}

std::string answer_text(Context& context, const Verified& v) {
  std::string text;
  for (const LinkAnswer& a : v.answers)
    text += fmt::format("{}{}", text.empty() ? "" : ", ", a.link_address.to_string());
  if (v.error) text = not_asked(context, v).message;
  if (v.fixed) {
    text += v.also_changed.empty() ? " (entry corrected)" : fmt::format(" (entry corrected; {})", v.also_changed);
  }
  if (v.fix_failure) text += fmt::format(" (not corrected: {})", v.fix_failure->message);
  return text;
}

std::string round_trip_text(const Verified& v, bool unicode) {
  if (v.answers.empty()) return "";
  const auto us = v.answers.front().round_trip.count();
  return us < 1000 ? fmt::format("{}{}", us, unicode ? "µs" : "us")
                   : fmt::format("{:.1f}ms", static_cast<double>(us) / 1000.0);
}

void print_human(Context& context, std::span<const Verified> entries, const VerifySummary& summary) {
  TextTable table({"ADDRESS", "INTERFACE", "IN THE TABLE", "VERDICT", "TIME", "ON THE WIRE"}, {4});
  for (const Verified& v : entries) {
    table.add({{v.entry.address.to_string(), Tone::kBold},
               {printable(context.interface_name(v.entry.interface)), Tone::kInfo},
               {v.entry.link_address.to_string(), Tone::kPlain},
               {std::string(verdict_name(v.verdict)), verdict_tone(v)},
               {round_trip_text(v, context.style.unicode), Tone::kDim},
               {answer_text(context, v), Tone::kPlain}});
  }
  table.may_leave_out({"TIME"});
  Style style = context.style;
  if (context.format == Format::kWide) style.width = 0;
  const auto left_out = table.print(context.out, style, context.format != Format::kBrief);
  if (context.format == Format::kBrief || context.quiet()) return;
  tell_left_out(context, left_out);
  if (entries.empty()) {
    context.out.line("no entry to verify");
    return;
  }
  context.out.line(fmt::format("{} right, {} wrong{}, {} duplicate, {} silent{}", summary.right, summary.wrong,
                               summary.fixed > 0 ? fmt::format(" ({} corrected)", summary.fixed) : "",
                               summary.duplicate, summary.silent,
                               summary.not_asked > 0 ? fmt::format(", {} not asked", summary.not_asked) : ""));
  const auto next_step = [&](std::size_t count, std::string_view text) {
    if (count > 0) {
      write_wrapped(context.out, context.style, fmt::format("  {} ", context.style.paint(Tone::kInfo, "hint:")), 8,
                    text);
    }
  };
  next_step(summary.wrong - std::min(summary.wrong, summary.fixed), "wrong: --fix writes the address that answered");
  std::set<std::string> causes;
  for (const Verified& v : entries) {
    if (!v.why_silent.empty()) causes.insert("silent: " + v.why_silent);
    if (v.error) {
      if (std::string hint = not_asked(context, v).hint; !hint.empty()) causes.insert("unasked: " + std::move(hint));
    }
  }
  for (const std::string& cause : causes) next_step(1, cause);
  next_step(summary.duplicate,
            "duplicate: several stations answer for one address; find them by their link-layer addresses ('bridge fdb "
            "show', the switch's table) and give one of them another address");
}

void write_verified(JsonWriter& writer, const Verified& v, Context& context) {
  writer.member("address", v.entry.address.to_string()).member("family", v.entry.address.is_v4() ? "ipv4" : "ipv6");
  writer.member("interface", context.interface_name(v.entry.interface)).member("ifindex", to_number(v.entry.interface));
  writer.member_or_null("lladdr", v.entry.link_address.to_string()).member("state", to_string(v.entry.state));
  writer.member("verdict", verdict_name(v.verdict)).member("fixed", v.fixed);
  if (!v.also_changed.empty()) writer.member("also_changed", v.also_changed);
  writer.key("answers").begin_array();
  for (const LinkAnswer& a : v.answers) {
    writer.begin_object().member("lladdr", a.link_address.to_string()).member("router", a.is_router);
    writer.member("round_trip_us", a.round_trip.count()).end_object();
  }
  writer.end_array();
  if (v.fix_failure) {
    write_failure(writer, *v.fix_failure);
  } else if (v.error) {
    write_failure(writer, not_asked(context, v));
  } else if (!v.why_silent.empty()) {
    writer.member("hint", v.why_silent);
  }
}

void print_machine(Context& context, std::span<const Verified> entries, const VerifySummary& summary) {
  if (context.lines()) {
    for (const Verified& v : entries) {
      json_line(context.out, [&](JsonWriter& writer) { write_verified(writer, v, context); });
    }
    return;
  }
  context.document([&](JsonWriter& writer) {
    writer.key("results").begin_array(true);
    for (const Verified& v : entries) {
      writer.begin_object();
      write_verified(writer, v, context);
      writer.end_object();
    }
    writer.end_array();
    writer.member("right", summary.right).member("wrong", summary.wrong).member("duplicate", summary.duplicate);
    writer.member("silent", summary.silent).member("not_asked", summary.not_asked).member("fixed", summary.fixed);
  });
}

}  // namespace

int run_verify(Context& context) {
  const auto settings = settings_from(context.args);
  if (!settings) return context.fail(settings.failure());
  const auto selection = selection_from(context, kUsableStates.without(NudState::kNoArp));
  if (!selection) return context.fail(selection.failure());
  auto table = context.table();
  if (!table) return context.fail(table.failure());
  const auto found = read_selection(context, *selection);
  if (!found) return context.fail(found.failure());

  std::vector<Verified> entries;
  for (const Neighbor& n : *found) {
    if (!n.link_address.empty() && !n.address.is_multicast()) entries.push_back({n});
  }
  if (entries.empty() && !context.args.positional.empty()) {
    return context.fail(Failure{kRefused, "not_found", "no entry with a link-layer address matches",
                                "'neighctl resolve' asks for an address that is not in the table"});
  }
  stop_on_signals();
  Progress progress(context.err, context.err_style, "asking", "entries");
  ask_all(**table, *settings, entries, progress);
  // The same refusal for every entry is one refusal.
  const bool denied = !entries.empty() && std::all_of(entries.begin(), entries.end(), [](const Verified& v) {
    return v.error && v.error->code == Errc::kPermissionDenied;
  });
  if (denied) return context.fail(*entries.front().error, {.verb = "verify", .raw = true});
  for (Verified& v : entries) {
    if (v.verdict == Verdict::kSilent) v.why_silent = link_problem(context, v.entry.interface);
  }
  if (settings->fix) fix_wrong(context, **table, entries);
  const VerifySummary summary = summarize(entries);
  if (context.machine()) {
    print_machine(context, entries, summary);
  } else if (!context.quiet() || summary.exit_code() != kDone) {
    print_human(context, entries, summary);
  }
  return summary.exit_code();
}

constinit const CommandSpec kVerifyCommand = {
    .name = "verify",
    .aliases = "check",
    .summary = "Ask the wire whether the table is right",
    .about =
        "Asks for each entry by ARP request or Neighbor Solicitation and compares the answers with the entry: "
        "'right' (the owner answered as the table says), 'wrong' (another link-layer address answered), "
        "'duplicate' (several answered: an address conflict), 'silent' (nobody did).\n\n"
        "Without --fix verify writes nothing. The kernel reads the answers as well, as it reads everything on its "
        "links: it may confirm entries that are not permanent or noarp by them, and may give them the address that "
        "answered, which with duplicates can be either.\n\n"
        "With --fix a wrong entry gets the link-layer address that answered; its state, flags and owner stay, and "
        "what else had to change is told. Duplicates and silent entries are never written.",
    .positional = {.metavar = "PREFIX", .kind = ValueKind::kPrefix, .most = 1024, .help = "only these addresses"},
    .options = kOptions,
    .examples = kExamples,
    .exits =
        "0 if everything was right or has been corrected, 1 if something is wrong, duplicate or silent, 4 if some "
        "entries could not be asked for.",
    .needs = "CAP_NET_RAW; --fix needs CAP_NET_ADMIN",
    .run = run_verify,
};

}  // namespace neigh::ctl
