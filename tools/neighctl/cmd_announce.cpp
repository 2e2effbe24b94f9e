// SPDX-License-Identifier: Apache-2.0
// neighctl announce
#include <fmt/format.h>

#include <algorithm>

#include "commands.hpp"
#include "context.hpp"
#include "neigh/host.hpp"
#include "options.hpp"
#include "selection.hpp"
#include "text.hpp"
#include "values.hpp"

namespace neigh::ctl {

namespace {

constexpr OptionSpec kOptions[] = {
    opt::kDev,
    opt::with_help(opt::kCount, "how many times, 1 to 100 (default 1)"),
    opt::with_help(opt::kInterval, "time between two (default 1s)"),
};

constexpr Example kExamples[] = {
    {"neighctl announce 192.0.2.1", "after this address moved here"},
    {"neighctl announce dev eth0 --count 3", "every own address of eth0, three times"},
};

struct Own {
  InterfaceIndex interface = InterfaceIndex::kNone;  ///< kNone: no interface has the address.
  IpAddress address = {};
  std::optional<Failure> failure = {};
  bool usable = true;  ///< Detection of duplicates is over, and found none.
};

// An address that another node may have, or has, must not be announced (RFC 4862 5.4, 5.4.5).
Failure not_yet_own(Context& context, const Own& own, HostAddress::State state) {
  const bool failed = state == HostAddress::State::kDuplicate;
  return {
      kRefused,
      "no_such_address",
      fmt::format("{} on {} is {}: {}", own.address.to_string(), printable(context.interface_name(own.interface)),
                  failed ? "dadfailed" : "tentative",
                  failed ? "another node has it" : "whether another node has it is still being asked"),
      failed ? "give one of the two another address" : "announce it when 'ip address show' no longer says tentative",
      {}};
}

Result<void> mark_unusable(Context& context, NeighborTable& table, std::vector<Own>& all) {
  HostNetwork* host = table.host();
  if (host == nullptr) return {};
  const auto known = host->addresses(Family::kIpv6);
  if (!known) {
    if (known.error().code == Errc::kNotSupported) return {};  // no IPv6 here
    return known.error();
  }
  for (const HostAddress& a : *known) {
    if (a.state != HostAddress::State::kTentative && a.state != HostAddress::State::kDuplicate) continue;
    for (Own& own : all) {
      if (own.interface != a.interface || own.address != a.address) continue;
      own.usable = false;
      own.failure = not_yet_own(context, own, a.state);
    }
  }
  return {};
}

bool can_be_announced(const IpAddress& address) { return !address.is_loopback() && !address.is_multicast(); }

Failure not_own(std::string_view address, const std::optional<Interface>& dev) {
  const std::string where = dev ? fmt::format(" on {}", printable(dev->name)) : std::string();
  return {kRefused,
          "no_such_address",
          fmt::format("{} is not an address of this host{}", quotable(address), where),
          "'ip address show' lists the host's own addresses",
          {}};
}

// Own addresses of the interface that the line means; all of them without words.
Checked<std::vector<Own>> find_own(Context& context, NeighborTable& table) {
  auto dev = context.interface_option("dev");
  if (!dev) return std::move(dev).failure();
  const auto known = context.interfaces();
  if (!known) return known.failure();
  std::vector<Own> all;
  for (const Interface& i : *known) {
    if (*dev && (**dev).index != i.index) continue;
    const auto own = table.own_addresses(i.index);
    if (!own) return explain(own.error(), {.verb = "announce", .interface = i.name, .raw = true});
    for (const IpAddress& address : *own) all.push_back({i.index, address});
  }
  if (const auto marked = mark_unusable(context, table, all); !marked) {
    return explain(marked.error(), {.verb = "announce", .raw = true});
  }
  std::vector<Own> wanted;
  if (context.args.positional.empty()) {
    const Family family = context.family();
    std::copy_if(all.begin(), all.end(), std::back_inserter(wanted), [&](const Own& own) {
      return own.usable && can_be_announced(own.address) &&
             (family == Family::kUnspecified || own.address.family() == family);
    });
    return wanted;
  }
  for (const std::string& text : context.args.positional) {
    const auto scoped = parse_scoped_address(text).value_or(ScopedAddress{});
    const std::size_t before = wanted.size();
    std::copy_if(all.begin(), all.end(), std::back_inserter(wanted), [&](const Own& own) {
      return own.address == scoped.address &&
             (scoped.interface.empty() || context.interface_name(own.interface) == scoped.interface);
    });
    if (wanted.size() == before) wanted.push_back({InterfaceIndex::kNone, scoped.address, not_own(text, *dev)});
  }
  return wanted;
}

void announce_one(Context& context, NeighborTable& table, const AnnounceOptions& options, Own& own) {
  if (own.failure) return;
  // Without a carrier the kernel takes packets and drops them.
  if (std::string problem = link_problem(context, own.interface); !problem.empty()) {
    own.failure = Failure{kRefused,
                          "unreachable",
                          fmt::format("{} was not announced on {}", own.address.to_string(),
                                      printable(context.interface_name(own.interface))),
                          std::move(problem),
                          {}};
    return;
  }
  const auto done = table.announce(own.interface, own.address, options);
  if (done) return;
  Attempt attempt = attempt_of(context, "announce", {own.interface, own.address});
  attempt.raw = true;
  own.failure = explain(done.error(), attempt);
}

void write_one(JsonWriter& writer, Context& context, const Own& own, std::uint32_t count) {
  const Interface* on = context.interface(own.interface);
  writer.member("address", own.address.to_string()).member_or_null("interface", on == nullptr ? "" : on->name);
  writer.key("ifindex");
  if (own.interface == InterfaceIndex::kNone) {
    writer.null();
  } else {
    writer.value(to_number(own.interface));
  }
  writer.member_or_null("lladdr", on == nullptr ? "" : on->link_address.to_string());
  writer.member("count", own.failure ? 0U : count);
  if (own.failure) write_failure(writer, *own.failure);
}

}  // namespace

int run_announce(Context& context) {
  AnnounceOptions options;
  if (const auto text = context.args.one("count")) {
    const auto count = parse_number(*text).value_or(0);
    if (count > 100) {
      return context.fail(usage_failure(fmt::format("'{}' announcements are too many", *text), "1 to 100"));
    }
    options.count = static_cast<std::uint32_t>(count);
  }
  if (const auto text = context.args.one("interval"))
    options.interval = parse_duration(*text).value_or(options.interval);
  if (context.args.positional.empty() && !context.args.has("dev")) {
    return context.fail(usage_failure("announce what?", "name an own address, or 'dev NAME' for all of an interface"));
  }
  auto table = context.table();
  if (!table) return context.fail(table.failure());
  auto wanted = find_own(context, **table);
  if (!wanted) return context.fail(wanted.failure());
  if (wanted->empty()) {
    return context.fail(
        Failure{kRefused,
                "no_such_address",
                fmt::format("{} has no usable address to announce", quotable(context.args.one("dev").value_or(""))),
                "'ip address show' lists them; announced are addresses that are neither loopback nor tentative",
                {}});
  }
  std::size_t failed = 0;
  int code = kDone;
  for (Own& own : *wanted) {
    announce_one(context, **table, options, own);
    if (!own.failure) continue;
    ++failed;
    code = std::max(code, static_cast<int>(own.failure->exit));
  }
  if (wanted->size() == 1 && failed == 1) return context.fail(*wanted->front().failure);
  // The same refusal for every address is one refusal.
  const bool denied = std::all_of(wanted->begin(), wanted->end(),
                                  [](const Own& own) { return own.failure && own.failure->exit == kNoPermission; });
  if (denied) return context.fail(*wanted->front().failure);
  if (context.lines()) {
    for (const Own& own : *wanted) {
      json_line(context.out, [&](JsonWriter& writer) { write_one(writer, context, own, options.count); });
    }
  } else if (context.machine()) {
    context.document([&](JsonWriter& writer) {
      writer.key("announced").begin_array(true);
      for (const Own& own : *wanted) {
        writer.begin_object();
        write_one(writer, context, own, options.count);
        writer.end_object();
      }
      writer.end_array();
    });
  } else {
    for (const Own& own : *wanted) {
      if (own.failure) {
        context.complain(*own.failure);
      } else if (!context.quiet()) {
        const Interface* on = context.interface(own.interface);
        context.out.line(fmt::format("{} announced {} as {} on {}{}",
                                     context.style.paint(Tone::kGood, context.style.check_mark()),
                                     context.style.paint(Tone::kBold, own.address.to_string()),
                                     on == nullptr ? "" : on->link_address.to_string(),
                                     context.style.paint(Tone::kInfo, printable(context.interface_name(own.interface))),
                                     options.count == 1 ? "" : fmt::format(", {} times", options.count)));
      }
    }
  }
  if (failed == 0) return kDone;
  return failed == wanted->size() ? code : static_cast<int>(kPartial);
}

constinit const CommandSpec kAnnounceCommand = {
    .name = "announce",
    .aliases = "garp",
    .summary = "Tell the link about an own address",
    .about =
        "Sends a gratuitous ARP request (IPv4) or an unsolicited Neighbor Advertisement to all nodes (IPv6) for "
        "an own address, so that others replace what they remember: after a failover, a moved address or a new "
        "network card. Without an address every address of the interface is announced that is usable; an address that "
        "is tentative or dadfailed may be another node's and is refused.",
    .positional = {.metavar = "ADDRESS", .kind = ValueKind::kOwnAddress, .most = 256, .help = "own address"},
    .options = kOptions,
    .examples = kExamples,
    .exits =
        "1 for an address that is not the host's own and for a link that is down or without carrier, 4 if some of "
        "several could not be announced.",
    .needs = "CAP_NET_RAW",
    .run = run_announce,
};

}  // namespace neigh::ctl
