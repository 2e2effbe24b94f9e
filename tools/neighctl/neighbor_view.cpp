// SPDX-License-Identifier: Apache-2.0
#include "neighbor_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "text.hpp"
#include "text_table.hpp"
#include "values.hpp"

namespace neigh::ctl {

namespace {

// Static entries do not age, and what was never answered was never confirmed.
bool ages_matter(const Neighbor& n) {
  return n.state != NudState::kPermanent && n.state != NudState::kNoArp && n.state != NudState::kNone &&
         !n.flags.has(NeighborFlag::kProxy);
}

bool was_confirmed(const Neighbor& n) { return !n.link_address.empty(); }

std::string age_text(const Neighbor& n, std::chrono::milliseconds age) {
  return ages_matter(n) ? short_duration(age) : std::string();
}

std::string state_text(const Neighbor& n) {
  return n.flags.has(NeighborFlag::kProxy) ? std::string("proxy") : std::string(to_string(n.state));
}

Tone state_tone_of(const Neighbor& n) { return n.flags.has(NeighborFlag::kProxy) ? Tone::kInfo : state_tone(n.state); }

std::string other_flags_text(NeighborFlags flags) { return flags_text(flags.set(NeighborFlag::kProxy, false)); }

// On a terminal a dash shows that nothing is missing by accident; in a pipe it keeps the columns countable, too.
std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

}  // namespace

Tone state_tone(NudState state) {
  switch (state) {
    case NudState::kReachable:
      return Tone::kGood;
    case NudState::kPermanent:
      return Tone::kAccent;
    case NudState::kStale:
    case NudState::kDelay:
    case NudState::kProbe:
      return Tone::kWarn;
    case NudState::kIncomplete:
      return Tone::kOdd;
    case NudState::kFailed:
    case NudState::kUnreachable:
      return Tone::kBad;
    case NudState::kNone:
    case NudState::kNoArp:
      break;
  }
  return Tone::kDim;
}

std::string flags_text(NeighborFlags flags) {
  std::string text;
  for (const NeighborFlag flag : kAllNeighborFlags) {
    if (flags.has(flag)) text += fmt::format("{}{}", text.empty() ? "" : ",", to_string(flag));
  }
  return text;
}

void sort_neighbors(std::vector<Neighbor>& neighbors) {
  std::sort(neighbors.begin(), neighbors.end(), [](const Neighbor& a, const Neighbor& b) {
    return std::tuple(a.address.family(), a.interface, a.address, a.key().proxy) <
           std::tuple(b.address.family(), b.interface, b.address, b.key().proxy);
  });
}

void write_entry_members(JsonWriter& writer, const Neighbor& n, Context& context) {
  writer.member("address", n.address.to_string());
  writer.member("family", n.address.is_v4() ? "ipv4" : "ipv6");
  writer.member("interface", context.interface_name(n.interface));
  writer.member("ifindex", to_number(n.interface));
  writer.member_or_null("lladdr", n.link_address.to_string());
  writer.member("state", to_string(n.state));
  writer.key("flags").begin_array();
  for (const NeighborFlag flag : kAllNeighborFlags) {
    if (n.flags.has(flag)) writer.value(to_string(flag));
  }
  writer.end_array();
  writer.member_or_null("protocol", protocol_name(n.protocol));
  writer.member("probes", n.probes);
  writer.member("confirmed_ms", n.confirmed_age.count());
  writer.member("used_ms", n.used_age.count());
  writer.member("updated_ms", n.updated_age.count());
}

void write_entry(JsonWriter& writer, const Neighbor& neighbor, Context& context) {
  writer.begin_object();
  write_entry_members(writer, neighbor, context);
  writer.end_object();
}

void write_entries(JsonWriter& writer, std::span<const Neighbor> neighbors, Context& context) {
  writer.key("neighbors").begin_array(true);
  for (const Neighbor& n : neighbors) {
    write_entry(writer, n, context);
    context.out.write({});
  }
  writer.end_array();
}

void tell_left_out(Context& context, std::span<const std::string_view> left_out) {
  if (left_out.empty()) return;
  std::string names;
  for (std::size_t i = 0; i < left_out.size(); ++i) {
    names += fmt::format("{}{}", i == 0 ? "" : i + 1 == left_out.size() ? " and " : ", ", left_out[i]);
  }
  context.out.line(context.style.paint(Tone::kDim, fmt::format("{} did not fit: --wide shows all", names)));
}

void print_entries(Context& context, std::span<const Neighbor> neighbors) {
  const bool wide = context.format == Format::kWide;
  const bool brief = context.format == Format::kBrief;
  if (!brief) {
    std::vector<LinkAddress> addresses;
    for (const Neighbor& n : neighbors) addresses.push_back(n.link_address);
    context.vendors.learn(addresses);
  }
  std::vector<std::string> header = {"ADDRESS", "LINK ADDRESS", "INTERFACE", "STATE"};
  if (!brief) header.insert(header.end(), {"AGE"});
  if (wide) header.insert(header.end(), {"USED", "UPDATED", "PROBES", "IFINDEX"});
  if (!brief) header.insert(header.end(), {"FLAGS", "OWNER", "VENDOR"});
  TextTable table(std::move(header), wide ? std::vector<std::size_t>{4, 5, 6, 7, 8} : std::vector<std::size_t>{4});
  for (const Neighbor& n : neighbors) {
    std::vector<Cell> row = {
        {n.address.to_string(), Tone::kBold},
        {or_dash(n.link_address.to_string()), n.link_address.empty() ? Tone::kDim : Tone::kPlain},
        {printable(context.interface_name(n.interface)), Tone::kInfo},
        {state_text(n), state_tone_of(n)},
    };
    if (!brief) row.push_back({or_dash(was_confirmed(n) ? age_text(n, n.confirmed_age) : std::string()), Tone::kPlain});
    if (wide) {
      row.push_back({or_dash(age_text(n, n.used_age)), Tone::kPlain});
      row.push_back({or_dash(age_text(n, n.updated_age)), Tone::kPlain});
      row.push_back({std::to_string(n.probes), n.probes == 0 ? Tone::kDim : Tone::kWarn});
      row.push_back({std::to_string(to_number(n.interface)), Tone::kPlain});
    }
    if (!brief) {
      row.push_back({other_flags_text(n.flags), Tone::kPlain});
      row.push_back({protocol_name(n.protocol), Tone::kPlain});
      row.push_back({std::string(context.vendors.name(n.link_address)), Tone::kDim});
    }
    table.add(std::move(row));
  }
  Style style = context.style;
  if (wide) style.width = 0;
  if (!brief) table.may_leave_out({"VENDOR", "OWNER", "AGE", "FLAGS"});
  const auto left_out = table.print(context.out, style, !brief);
  tell_left_out(context, left_out);
}

std::string entry_name(const Neighbor& neighbor, Context& context) {
  return fmt::format("{} on {}", neighbor.address.to_string(), printable(context.interface_name(neighbor.interface)));
}

std::string entry_line(const Neighbor& n, Context& context) {
  const Style& style = context.style;
  std::string line = style.paint(Tone::kBold, n.address.to_string());
  if (!n.link_address.empty()) line += fmt::format(" {} {}", style.arrow(), n.link_address.to_string());
  line += fmt::format(" on {}, {}", style.paint(Tone::kInfo, printable(context.interface_name(n.interface))),
                      style.paint(state_tone_of(n), state_text(n)));
  if (const std::string flags = other_flags_text(n.flags); !flags.empty()) line += ", " + flags;
  if (n.protocol != 0) line += ", owner " + protocol_name(n.protocol);
  return line;
}

std::string change_line(const Neighbor& before, const Neighbor& after, Context& context) {
  const Style& style = context.style;
  std::string text;
  const auto change = [&](std::string_view what, const std::string& from, const std::string& to) {
    text += fmt::format("{}{} {} {} {}", text.empty() ? "" : ", ", what, from.empty() ? "none" : from, style.arrow(),
                        to.empty() ? "none" : to);
  };
  for (const std::string_view what : differences(before, after)) {
    if (what == "lladdr") change(what, before.link_address.to_string(), after.link_address.to_string());
    if (what == "state") {
      change(what, std::string(to_string(before.state)), style.paint(state_tone(after.state), to_string(after.state)));
    }
    if (what == "flags") change(what, flags_text(before.flags), flags_text(after.flags));
    if (what == "protocol") change("owner", protocol_name(before.protocol), protocol_name(after.protocol));
  }
  return fmt::format("{} on {}: {}", style.paint(Tone::kBold, after.address.to_string()),
                     style.paint(Tone::kInfo, printable(context.interface_name(after.interface))), text);
}

std::vector<std::string_view> differences(const Neighbor& before, const Neighbor& after) {
  std::vector<std::string_view> names;
  if (before.link_address != after.link_address) names.emplace_back("lladdr");
  if (before.state != after.state) names.emplace_back("state");
  if (before.flags != after.flags) names.emplace_back("flags");
  if (before.protocol != after.protocol) names.emplace_back("protocol");
  return names;
}

void print_outcomes_json(Context& context, std::string_view member, std::span<const Outcome> outcomes) {
  const auto write_error = [&](JsonWriter& writer, const Outcome& o) {
    writer.member("address", o.address);
    write_failure(writer, *o.failure);
  };
  if (context.lines()) {
    for (const Outcome& o : outcomes) {
      for (const Neighbor& n : o.neighbors) {
        json_line(context.out, [&](JsonWriter& writer) { write_entry_members(writer, n, context); });
      }
      if (o.failure) json_line(context.out, [&](JsonWriter& writer) { write_error(writer, o); });
    }
    return;
  }
  context.document([&](JsonWriter& writer) {
    writer.key(member).begin_array(true);
    for (const Outcome& o : outcomes) {
      for (const Neighbor& n : o.neighbors) write_entry(writer, n, context);
    }
    writer.end_array();
    writer.key("errors").begin_array(true);
    for (const Outcome& o : outcomes) {
      if (!o.failure) continue;
      writer.begin_object();
      write_error(writer, o);
      writer.end_object();
    }
    writer.end_array();
  });
}

int outcomes_exit(std::span<const Outcome> outcomes) {
  std::size_t failed = 0;
  int code = kDone;
  for (const Outcome& o : outcomes) {
    if (!o.failure) continue;
    ++failed;
    code = std::max(code, static_cast<int>(o.failure->exit));
  }
  if (failed == 0) return kDone;
  return failed == outcomes.size() ? code : static_cast<int>(kPartial);
}

}  // namespace neigh::ctl
