// SPDX-License-Identifier: Apache-2.0
// neighctl interfaces
#include <fmt/format.h>

#include <map>
#include <set>

#include "commands.hpp"
#include "context.hpp"
#include "neighbor_view.hpp"
#include "options.hpp"
#include "text_table.hpp"
#include "values.hpp"

namespace neigh::ctl {

namespace {

constexpr OptionSpec kOptions[] = {
    opt::with_help(opt::kDev, "only this interface"),
    {.name = "up", .help = "only interfaces that are up", .words = "up"},
};

constexpr Example kExamples[] = {
    {"neighctl interfaces", "names, addresses, states, number of entries"},
    {"neighctl interfaces eth0", "one of them"},
    {"neighctl interfaces --wide", "with LUID, MTU and master"},
    {"neighctl interfaces --json", "for programs"},
};

struct Counts {
  std::size_t v4 = 0;
  std::size_t v6 = 0;
};

std::string_view state_name(const Interface& i) { return !i.up ? "down" : i.running ? "up" : "no-carrier"; }

Tone state_color(const Interface& i) { return !i.up ? Tone::kDim : i.running ? Tone::kGood : Tone::kBad; }

void write_interface(JsonWriter& writer, const Interface& i, const Counts& counts, Context& context) {
  writer.member("name", i.name).member("ifindex", to_number(i.index)).member("luid", luid_text(i.luid()));
  writer.member("type", type_name(i.type)).member_or_null("lladdr", i.link_address.to_string());
  writer.member("lladdr_length", i.link_address_size).member("mtu", i.mtu).member("state", state_name(i));
  writer.member("up", i.up).member("running", i.running).member("noarp", i.no_arp).member("loopback", i.loopback);
  writer.member("point_to_point", i.point_to_point);
  writer.member_or_null("master", i.master == InterfaceIndex::kNone ? "" : context.interface_name(i.master));
  writer.member("entries_ipv4", counts.v4).member("entries_ipv6", counts.v6);
}

std::string notes(const Interface& i) {
  std::string text;
  const auto note = [&](bool applies, std::string_view word) {
    if (applies) text += fmt::format("{}{}", text.empty() ? "" : ",", word);
  };
  note(i.loopback, "loopback");
  note(i.no_arp, "noarp");
  note(i.point_to_point, "point-to-point");
  return text;
}

void print_interfaces(Context& context, std::span<const Interface> shown,
                      const std::map<InterfaceIndex, Counts>& counts) {
  const bool wide = context.format == Format::kWide;
  const bool brief = context.format == Format::kBrief;
  std::vector<std::string> header = {"INDEX", "NAME", "STATE", "LINK ADDRESS"};
  if (!brief) header.insert(header.end(), {"TYPE", "IPV4", "IPV6"});
  if (wide) header.insert(header.end(), {"LUID", "MTU", "MASTER"});
  if (!brief) header.emplace_back("NOTES");
  TextTable table(std::move(header), wide ? std::vector<std::size_t>{0, 5, 6, 8} : std::vector<std::size_t>{0, 5, 6});
  for (const Interface& i : shown) {
    const auto found = counts.find(i.index);
    const Counts count = found == counts.end() ? Counts{} : found->second;
    std::vector<Cell> row = {
        {std::to_string(to_number(i.index)), Tone::kDim},
        {printable(i.name), Tone::kInfo},
        {std::string(state_name(i)), state_color(i)},
        {i.link_address.empty() ? "-" : i.link_address.to_string(), Tone::kPlain},
    };
    if (!brief) {
      row.push_back({std::string(type_name(i.type)), Tone::kPlain});
      row.push_back({std::to_string(count.v4), Tone::kBold});
      row.push_back({std::to_string(count.v6), Tone::kBold});
    }
    if (wide) {
      row.push_back({luid_text(i.luid()), Tone::kPlain});
      row.push_back({std::to_string(i.mtu), Tone::kPlain});
      row.push_back(
          {i.master == InterfaceIndex::kNone ? "" : printable(context.interface_name(i.master)), Tone::kInfo});
    }
    if (!brief) row.push_back({notes(i), Tone::kDim});
    table.add(std::move(row));
  }
  Style style = context.style;
  if (wide) style.width = 0;
  if (!brief) table.may_leave_out({"TYPE"});
  tell_left_out(context, table.print(context.out, style, !brief));
}

}  // namespace

int run_interfaces(Context& context) {
  auto table = context.table();
  if (!table) return context.fail(table.failure());
  const auto known = context.interfaces();
  if (!known) return context.fail(known.failure());
  std::set<InterfaceIndex> named;
  for (const auto& names : {std::span<const std::string>(context.args.positional), context.args.all("dev")}) {
    for (const std::string& name : names) {
      const auto found = find_interface(name, *known);
      if (!found) return context.fail(found.failure());
      named.insert(found->index);
    }
  }
  std::map<InterfaceIndex, Counts> counts;
  const ListFilter filter{.family = context.family(), .states = StateSet::all().without(NudState::kNoArp)};
  const auto read = (*table)->visit(filter, [&](const Neighbor& n) {
    Counts& count = counts[n.interface];
    ++(n.address.is_v4() ? count.v4 : count.v6);
  });
  if (!read) return context.fail(read.error(), {.verb = "interfaces"});
  std::vector<Interface> shown;
  for (const Interface& i : *known) {
    if (context.args.has("up") && !i.up) continue;
    if (!named.empty() && named.count(i.index) == 0) continue;
    shown.push_back(i);
  }
  if (context.lines()) {
    for (const Interface& i : shown) {
      json_line(context.out, [&](JsonWriter& writer) { write_interface(writer, i, counts[i.index], context); });
    }
  } else if (context.machine()) {
    context.document([&](JsonWriter& writer) {
      writer.key("interfaces").begin_array(true);
      for (const Interface& i : shown) {
        writer.begin_object();
        write_interface(writer, i, counts[i.index], context);
        writer.end_object();
      }
      writer.end_array();
    });
  } else {
    print_interfaces(context, shown, counts);
  }
  return kDone;
}

constinit const CommandSpec kInterfacesCommand = {
    .name = "interfaces",
    .aliases = "interface links link if",
    .summary = "Show the interfaces and how many entries each has",
    .about =
        "Shows every interface with the names that --dev takes: name, index and, with --wide, LUID. IPV4 and IPV6 "
        "count the entries of each family, the kernel's own noarp entries left out.",
    .positional = {.metavar = "IF", .kind = ValueKind::kInterface, .most = 1024, .help = "only these interfaces"},
    .options = kOptions,
    .examples = kExamples,
    .run = run_interfaces,
};

}  // namespace neigh::ctl
