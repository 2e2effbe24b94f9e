// SPDX-License-Identifier: Apache-2.0
// An entry from its members, whatever the file format.
#include <fmt/format.h>

#include <utility>

#include "load_formats.hpp"
#include "text.hpp"
#include "values.hpp"

namespace neigh::ctl {

namespace {

constexpr std::pair<std::string_view, Member> kMembers[] = {
    {"address", Member::kAddress},
    {"lladdr", Member::kLinkAddress},
    {"interface", Member::kInterface},
    {"state", Member::kState},
    {"flags", Member::kFlags},
    {"protocol", Member::kProtocol},
    {"ifindex", Member::kIndex},
    {"dst", Member::kAddress},
    {"ip", Member::kAddress},
    {"ipaddr", Member::kAddress},
    {"mac", Member::kLinkAddress},
    {"hwaddr", Member::kLinkAddress},
    {"link_address", Member::kLinkAddress},
    {"ether", Member::kLinkAddress},
    {"dev", Member::kInterface},
    {"device", Member::kInterface},
    {"iface", Member::kInterface},
    {"ifname", Member::kInterface},
    {"nud", Member::kState},
    {"proto", Member::kProtocol},
    {"owner", Member::kProtocol},
    // What our own output and `ip -j -s neigh` carry and nobody can write, and a remark for people.
    {"family", Member::kIgnored},
    {"probes", Member::kIgnored},
    {"confirmed_ms", Member::kIgnored},
    {"used_ms", Member::kIgnored},
    {"updated_ms", Member::kIgnored},
    {"refcnt", Member::kIgnored},
    {"used", Member::kIgnored},
    {"confirmed", Member::kIgnored},
    {"updated", Member::kIgnored},
    {"comment", Member::kIgnored},
};

std::optional<NeighborFlag> flag_of(std::string_view name) {
  const std::string wanted = lower(name);
  for (const NeighborFlag flag : kAllNeighborFlags) {
    if (to_string(flag) == wanted) return flag;
  }
  return std::nullopt;
}

Failure bad_value(std::string_view what, std::string_view value, ValueKind kind) {
  return usage_failure(fmt::format("'{}' is not {}", quotable(value), what), value_hint(kind, value, {}));
}

constexpr unsigned bit(Member member) { return 1U << static_cast<unsigned>(member); }

}  // namespace

std::optional<Member> member_of(std::string_view name) {
  const std::string wanted = lower(trimmed(name));
  for (const auto& [known, member] : kMembers) {
    if (known == wanted) return member;
  }
  return flag_of(wanted) ? std::optional(Member::kOneFlag) : std::nullopt;
}

std::string_view nearest_member(std::string_view name) {
  std::vector<std::string_view> names = {"neighbors"};
  for (const auto& [known, member] : kMembers) names.push_back(known);
  for (const NeighborFlag flag : kAllNeighborFlags) names.push_back(to_string(flag));
  return nearest(trimmed(name), names);
}

std::optional<Failure> EntryBuilder::put(Member member, std::string_view value) {
  value = trimmed(value);
  if (member == Member::kIgnored || member == Member::kOneFlag || value.empty()) return std::nullopt;
  if (member != Member::kFlags && (given_ & bit(member)) != 0) {
    return usage_failure(fmt::format("'{}' says a second time what has been said", quotable(value)), "say it once");
  }
  given_ |= bit(member);
  switch (member) {
    case Member::kAddress: {
      const auto scoped = parse_scoped_address(value);
      if (!scoped) return bad_value("an IPv4 or IPv6 address", value, ValueKind::kAddress);
      entry_.address = scoped->address;
      entry_.scope = scoped->interface;
      break;
    }
    case Member::kLinkAddress: {
      const auto parsed = LinkAddress::parse(value);
      if (!parsed) return bad_value("a link-layer address", value, ValueKind::kLinkAddress);
      entry_.link_address = *parsed;
      break;
    }
    case Member::kInterface:
      entry_.interface = value;
      break;
    case Member::kIndex: {
      const auto number = parse_number(value);
      if (!number || *number == 0 || *number > UINT32_MAX) {
        return bad_value("the index of an interface", value, ValueKind::kNumber);
      }
      entry_.index = static_cast<std::uint32_t>(*number);
      break;
    }
    case Member::kState: {
      const auto parsed = parse_nud_state(value);
      if (!parsed) return bad_value("a state", value, ValueKind::kState);
      entry_.state = *parsed;
      break;
    }
    case Member::kFlags:
      for (const std::string_view part : split(value, ',')) {
        for (const std::string_view word : words_in(part)) {
          const auto flag = flag_of(word);
          if (!flag) {
            return usage_failure(fmt::format("'{}' is not a flag", quotable(word)),
                                 "flags: router, proxy, extern_learn, managed, extern_valid, offload");
          }
          entry_.flags.set(*flag);
        }
      }
      break;
    case Member::kProtocol: {
      const auto parsed = parse_protocol(value);
      if (!parsed) return bad_value("an owner", value, ValueKind::kProtocol);
      entry_.protocol = *parsed;
      entry_.owner_said = true;
      break;
    }
    case Member::kOneFlag:
    case Member::kIgnored:
      break;
  }
  return std::nullopt;
}

void EntryBuilder::put_flag(std::string_view name) {
  if (const auto flag = flag_of(name)) {
    given_ |= bit(Member::kOneFlag);
    entry_.flags.set(*flag);
  }
}

void EntryBuilder::put_none(Member member) {
  if (member == Member::kProtocol) entry_.owner_said = true;
}

LoadItem EntryBuilder::finish(bool from_ip) const {
  LoadItem item;
  if (entry_.address.family() == Family::kUnspecified) {
    item.content = usage_failure("there is no address", "an entry has at least an address and a link-layer address");
    return item;
  }
  LoadedEntry entry = entry_;
  if (entry.interface.empty()) entry.interface = entry.scope;
  if (entry.interface.empty() && entry.index) entry.interface = std::to_string(*entry.index);
  entry.flags.set(NeighborFlag::kOffloaded, false);  // read only: a dump has it, a load cannot
  if (entry.flags.has(NeighborFlag::kProxy)) {
    // A proxy entry is its key alone. Dumps give it the state none and no link-layer address, and that is no reason to
    // take it for an unresolved neighbor.
    entry.state.reset();
    entry.link_address = {};
    entry.flags = NeighborFlags{NeighborFlag::kProxy};
    entry.protocol = 0;
    item.content = std::move(entry);
    return item;
  }
  const bool unresolved = entry_.state == NudState::kIncomplete || entry_.state == NudState::kFailed ||
                          entry_.state == NudState::kNone || entry_.state == NudState::kUnreachable;
  // iproute2 prints no state where it is none.
  const bool none = from_ip && !entry_.state && entry.link_address.empty();
  if (none) entry.state = NudState::kNone;
  if (entry.link_address.empty() && (unresolved || none)) {
    if (!entry.flags.has(NeighborFlag::kManaged)) {
      item.skipped = true;
      item.unresolved = entry;
      item.content = Failure{kDone,
                             "skipped",
                             fmt::format("{} is {} and has no link-layer address to load", entry.address.to_string(),
                                         to_string(*entry.state)),
                             {},
                             {}};
      return item;
    }
    entry.state.reset();  // the kernel resolves it by itself: there is nothing else to say
  }
  item.content = std::move(entry);
  return item;
}

}  // namespace neigh::ctl
