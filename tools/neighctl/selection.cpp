// SPDX-License-Identifier: Apache-2.0
#include "selection.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "neighbor_view.hpp"
#include "text.hpp"

namespace neigh::ctl {

namespace {

Failure family_mismatch(std::string_view text, Family family) {
  return usage_failure(fmt::format("'{}' is not an {} address", quotable(text), to_string(family)),
                       fmt::format("leave '-{}' out", family == Family::kIpv4 ? 4 : 6));
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + printable(name);
  return text;
}

// Interfaces on which an address can be asked for.
std::vector<Interface> asking_interfaces(Context& context) {
  std::vector<Interface> found;
  const auto known = context.interfaces();
  if (!known) return found;
  for (const Interface& i : *known) {
    if (i.up && !i.loopback && !i.no_arp) found.push_back(i);
  }
  return found;
}

Failure which_interface(const IpAddress& address, const std::vector<std::string>& names) {
  return usage_failure(fmt::format("on which interface is {}?", address.to_string()),
                       names.empty() ? std::string("add 'dev NAME'; 'neighctl interfaces' lists the interfaces")
                                     : fmt::format("add 'dev NAME', NAME being one of: {}", joined(names)));
}

Failure off_link(Context& context, const IpAddress& address, const Route& route) {
  return {kRefused,
          "unreachable",
          fmt::format("{} is on no link of this host: packets to it go through {} on {}", address.to_string(),
                      route.gateway->to_string(), printable(context.interface_name(route.interface))),
          fmt::format("'neighctl resolve {}' asks for the gateway; 'dev NAME' asks on a link all the same",
                      route.gateway->to_string()),
          {}};
}

// Interfaces whose table has the address.
Checked<std::vector<InterfaceIndex>> holders_of(Context& context, const IpAddress& address, bool proxy) {
  auto table = context.table();
  if (!table) return std::move(table).failure();
  std::vector<InterfaceIndex> holders;
  const ListFilter filter{.family = address.family(), .proxies = proxy};
  const auto read = (*table)->visit(filter, [&](const Neighbor& n) {
    if (n.address == address) holders.push_back(n.interface);
  });
  if (!read) return explain(read.error(), {});
  std::sort(holders.begin(), holders.end());
  return holders;
}

Failure no_entry(Context& context, const IpAddress& address) {
  return explain(Error{.code = Errc::kNotFound}, {.verb = context.args.command->name, .address = address.to_string()});
}

// Whom to ask for an address that no table has: its link. On which one a link-local address is, no route knows.
Checked<NeighborKey> asking_key(Context& context, const IpAddress& address) {
  const auto candidates = asking_interfaces(context);
  std::vector<std::string> names;
  names.reserve(candidates.size());
  for (const Interface& i : candidates) names.push_back(i.name);
  if (address.is_link_local() || address.is_multicast()) {
    if (candidates.size() == 1) return NeighborKey{candidates.front().index, address};
    return which_interface(address, names);
  }
  auto table = context.table();
  if (!table) return std::move(table).failure();
  // An own address: the kernel's route to it says loopback.
  for (const Interface& i : candidates) {
    const auto own = (*table)->own_addresses(i.index);
    if (own && std::find(own->begin(), own->end(), address) != own->end()) return NeighborKey{i.index, address};
  }
  const auto route = context.route(address);
  if (route && !route->gateway) return NeighborKey{route->interface, address};
  if (route) return off_link(context, address, *route);
  return Failure{kRefused,
                 "unreachable",
                 fmt::format("{} is on no link of this host, and there is no route to it", address.to_string()),
                 names.empty()
                     ? std::string("'neighctl interfaces' shows which interfaces are up")
                     : fmt::format("'dev NAME' asks on a link all the same, NAME being one of: {}", joined(names)),
                 {}};
}

Checked<NeighborKey> without_interface(Context& context, const IpAddress& address, bool proxy, WithoutInterface rule) {
  if (rule == WithoutInterface::kRefuse) {
    std::vector<std::string> names;
    for (const Interface& i : asking_interfaces(context)) names.push_back(i.name);
    return which_interface(address, names);
  }
  const auto holders = holders_of(context, address, proxy);
  if (!holders) return holders.failure();
  if (holders->size() == 1) return NeighborKey{holders->front(), address, proxy};
  if (holders->empty()) {
    return rule == WithoutInterface::kLookUp ? no_entry(context, address) : asking_key(context, address);
  }
  std::vector<std::string> names;
  for (const InterfaceIndex index : *holders) names.push_back(context.interface_name(index));
  return usage_failure(
      fmt::format("{} is on several interfaces: {}", address.to_string(), joined(names)),
      fmt::format("add 'dev NAME', for example: {} dev {}", address.to_string(), printable(names.front())));
}

// The kernel keys every IPv4 entry of a loopback or point-to-point interface 0.0.0.0 (LNX-042): what is written there
// is never found again, and overwrites what was written before.
std::optional<Failure> keeps_no_key(const Interface& on, const Neighbor& wanted) {
  if (!wanted.address.is_v4() || !(on.loopback || on.point_to_point)) return std::nullopt;
  return Failure{kRefused,
                 "invalid_argument",
                 fmt::format("{} cannot be a neighbor on {}, which is a {} interface", wanted.address.to_string(),
                             printable(on.name), on.loopback ? "loopback" : "point-to-point"),
                 "the kernel keeps one entry for all IPv4 addresses there",
                 {}};
}

// A link-layer address that is not as long as those on the interface: the kernel refuses a shorter one and cuts a
// longer one. An entry that sends without asking needs one.
std::optional<Failure> wrong_length(const Interface& on, const Neighbor& wanted) {
  const LinkAddress& address = wanted.link_address;
  if (address.size() == on.link_address_size) return std::nullopt;
  const std::string name = printable(on.name);
  const std::string bytes = counted(on.link_address_size, "byte", "bytes");
  if (address.empty()) {
    if (!kUsableStates.contains(wanted.state)) return std::nullopt;
    return usage_failure(fmt::format("which link-layer address has {} on {}? An entry that is {} has one",
                                     wanted.address.to_string(), name, to_string(wanted.state)),
                         fmt::format("say 'lladdr LLADDR', which has {} on {}", bytes, name));
  }
  return usage_failure(
      fmt::format("{} has {}, and a link-layer address on {} has {}", address.to_string(),
                  counted(address.size(), "byte", "bytes"), name, bytes),
      on.link_address_size == 0 ? "leave it out" : "'neighctl interfaces --json' tells the length on each interface");
}

}  // namespace

bool Selection::matches(const Neighbor& n) const {
  if (routers_only && !n.flags.has(NeighborFlag::kRouter)) return false;
  if (protocol && n.protocol != *protocol) return false;
  if (interfaces && interfaces->count(n.interface) == 0) return false;
  return prefixes.empty() ||
         std::any_of(prefixes.begin(), prefixes.end(), [&](const Prefix& p) { return p.contains(n.address); });
}

Checked<Selection> selection_from(Context& context, StateSet states) {
  const Args& args = context.args;
  Selection selection;
  selection.filter.family = context.family();
  selection.filter.states = states;
  auto dev = context.interface_option("dev");
  if (!dev) return std::move(dev).failure();
  if (*dev) selection.filter.interface = (**dev).index;
  auto master = context.interface_option("master");
  if (!master) return std::move(master).failure();
  if (*master) selection.filter.master = (**master).index;
  if (args.has("nomaster")) {
    if (*master) return usage_failure("'master' and 'nomaster' exclude each other");
    const auto known = context.interfaces();
    if (!known) return known.failure();
    selection.interfaces.emplace();
    for (const Interface& i : *known) {
      if (i.master == InterfaceIndex::kNone) selection.interfaces->insert(i.index);
    }
  }
  if (const auto given = args.all("state"); !given.empty()) {
    StateSet wanted;
    for (const std::string& text : given) {
      const auto parsed = parse_states(text).value_or(StateSet());
      for (std::size_t i = 0; i < kNudStateCount; ++i) {
        const auto state = static_cast<NudState>(i);
        if (parsed.contains(state)) wanted = wanted.with(state);
      }
    }
    selection.filter.states = wanted;
  } else if (args.has("all")) {
    selection.filter.states = StateSet::all();
  }
  selection.filter.proxies = args.has("proxy");
  selection.routers_only = args.has("router");
  if (const auto owner = args.one("protocol")) selection.protocol = parse_protocol(*owner);
  for (const std::string& text : args.positional) {
    auto prefix = parse_prefix(text).value_or(Prefix{});
    if (selection.filter.family != Family::kUnspecified && prefix.address.family() != selection.filter.family) {
      return family_mismatch(text, selection.filter.family);
    }
    if (!prefix.interface.empty()) {
      const auto known = context.interfaces();
      if (!known) return known.failure();
      const auto scope = find_interface(prefix.interface, *known);
      if (!scope) return scope.failure();
      if (selection.filter.interface != InterfaceIndex::kNone && selection.filter.interface != scope->index) {
        return usage_failure(fmt::format("'{}' names another interface than the rest of the line", quotable(text)));
      }
      selection.filter.interface = scope->index;
    }
    selection.prefixes.push_back(std::move(prefix));
  }
  selection.narrowed = selection.filter.family != Family::kUnspecified || *dev || *master || args.has("nomaster") ||
                       args.has("state") || args.has("router") || args.has("proxy") || args.has("protocol") ||
                       !args.positional.empty();
  return selection;
}

Checked<std::vector<Neighbor>> read_selection(Context& context, const Selection& selection) {
  auto table = context.table();
  if (!table) return std::move(table).failure();
  std::vector<Neighbor> found;
  const auto read = (*table)->visit(selection.filter, [&](const Neighbor& n) {
    if (selection.matches(n)) found.push_back(n);
  });
  if (!read) return explain(read.error(), {.verb = context.args.command->name});
  sort_neighbors(found);
  return found;
}

Checked<NeighborKey> key_from(Context& context, std::string_view text, bool proxy, WithoutInterface without) {
  const auto scoped = parse_scoped_address(text);
  if (!scoped) return usage_failure(fmt::format("'{}' is not an IPv4 or IPv6 address", quotable(text)));
  if (context.family() != Family::kUnspecified && scoped->address.family() != context.family()) {
    return family_mismatch(text, context.family());
  }
  auto dev = context.interface_option("dev");
  if (!dev) return std::move(dev).failure();
  if (!scoped->interface.empty()) {
    const auto known = context.interfaces();
    if (!known) return known.failure();
    const auto scope = find_interface(scoped->interface, *known);
    if (!scope) return scope.failure();
    if (*dev && (**dev).index != scope->index) {
      return usage_failure(
          fmt::format("'{}' and 'dev {}' name different interfaces", quotable(text), printable((**dev).name)));
    }
    return NeighborKey{scope->index, scoped->address, proxy};
  }
  if (*dev) return NeighborKey{(**dev).index, scoped->address, proxy};
  return without_interface(context, scoped->address, proxy, without);
}

Checked<std::vector<NeighborKey>> keys_from(Context& context, std::string_view text, bool proxy) {
  const auto scoped = parse_scoped_address(text);
  if (scoped && scoped->interface.empty() && !context.args.has("dev") &&
      (context.family() == Family::kUnspecified || context.family() == scoped->address.family())) {
    const auto holders = holders_of(context, scoped->address, proxy);
    if (!holders) return holders.failure();
    std::vector<NeighborKey> keys;
    for (const InterfaceIndex index : *holders) keys.push_back({index, scoped->address, proxy});
    if (keys.empty()) return no_entry(context, scoped->address);
    return keys;
  }
  const auto key = key_from(context, text, proxy, WithoutInterface::kLookUp);
  if (!key) return key.failure();
  return std::vector<NeighborKey>{*key};
}

bool holds_no_address(const Neighbor& wanted) {
  return !wanted.key().proxy && !wanted.link_address.empty() && !kUsableStates.contains(wanted.state);
}

std::optional<Failure> unwritable(Context& context, const Neighbor& wanted, const Neighbor* before, bool said,
                                  const Attempt& attempt) {
  if (auto fine = check_neighbor_address(wanted.address); !fine) return explain(fine.error(), attempt);
  const Interface* on = context.interface(wanted.interface);
  if (on == nullptr) return std::nullopt;
  const bool kernel = context.args.one("stack").value_or("kernel") == "kernel";
  if (kernel && wanted.address.is_v6() && !on->ipv6) {
    return explain(Error{.code = Errc::kNotSupported, .detail = "IPv6 is switched off on " + on->name}, attempt);
  }
  if (wanted.key().proxy) return std::nullopt;
  if (kernel) {
    if (auto wrong = keeps_no_key(*on, wanted)) return wrong;
  }
  if (auto wrong = wrong_length(*on, wanted)) return wrong;
  if (said && holds_no_address(wanted)) {
    return usage_failure(
        fmt::format("{} cannot have {}: an entry that is {} holds no link-layer address", wanted.address.to_string(),
                    wanted.link_address.to_string(), to_string(wanted.state)),
        "say another state, such as 'permanent' or 'stale', or leave the address out");
  }
  const auto cannot = [&](std::string_view what, std::string hint) {
    return Failure{kRefused,
                   "invalid_argument",
                   fmt::format("{} on {} cannot be {}", wanted.address.to_string(), printable(on->name), what),
                   std::move(hint),
                   {}};
  };
  if (!kernel) return std::nullopt;
  if (wanted.state == NudState::kUnreachable) return cannot("unreachable", "the kernel has no such state");
  const bool managed = wanted.flags.has(NeighborFlag::kManaged);
  if (managed && wanted.state == NudState::kPermanent) {
    return cannot("permanent and managed",
                  "the kernel resolves a managed entry: 'neighctl replace ADDRESS managed dev IF'");
  }
  if (wanted.flags.has(NeighborFlag::kExternValidated) && (managed || !kUsableStates.contains(wanted.state))) {
    return cannot(fmt::format("{} and extern_valid", managed ? "managed" : to_string(wanted.state)),
                  "what user space vouches for has a link-layer address");
  }
  // The kernel notes a router only together with a state that has a link-layer address, and drops the flag else.
  const bool was_router = before != nullptr && before->flags.has(NeighborFlag::kRouter);
  if (wanted.flags.has(NeighborFlag::kRouter) && !was_router && (managed || !kUsableStates.contains(wanted.state))) {
    return cannot(fmt::format("{} and router", managed ? "managed" : to_string(wanted.state)),
                  managed ? "leave 'router' out: the neighbor's own advertisements say it"
                          : "say the link-layer address and a state that has one, such as 'permanent' or 'stale'");
  }
  return std::nullopt;
}

std::optional<Failure> cannot_clear_owner(const Neighbor& before, const Attempt& attempt) {
  if (before.protocol == 0) return std::nullopt;
  return Failure{kRefused,
                 "invalid_argument",
                 fmt::format("{} on {} has the owner {}, which cannot be taken away", attempt.address,
                             printable(attempt.interface), protocol_name(before.protocol)),
                 "'neighctl delete' removes the entry first; another owner can be written over it",
                 {}};
}

std::string broadcast_problem(Context& context, const IpAddress& address) {
  if (!address.is_v4()) return {};
  const auto route = context.route(address);
  if (!route || !route->broadcast) return {};
  return fmt::format("{} is the broadcast address of a subnet on {}: packets to it go to everybody, without this table",
                     address.to_string(), printable(context.interface_name(route->interface)));
}

std::string link_problem(Context& context, InterfaceIndex index) {
  const Interface* on = context.interface(index);
  if (on == nullptr || (on->up && on->running)) return {};
  const std::string name = printable(on->name);
  return on->up ? fmt::format("{} has no carrier: is the cable in, is the other end up?", name)
                : fmt::format("{0} is down: 'ip link set {0} up'", name);
}

Attempt attempt_of(Context& context, std::string_view verb, const NeighborKey& key) {
  return {.verb = verb, .address = key.address.to_string(), .interface = context.interface_name(key.interface)};
}

Failure explain_with_limits(Context& context, const Error& error, Attempt attempt, Family family) {
  if (error.code == Errc::kTableFull) {
    if (auto table = context.table()) {
      if (const auto limits = (*table)->limits()) {
        for (const TableLimits& l : *limits) {
          if (l.family != family) continue;
          attempt.table_state = fmt::format("{} has {} of all kinds, gc_thresh3 is {}", to_string(family),
                                            counted(l.entries, "entry", "entries"), grouped(l.gc_thresh3));
        }
      }
    }
  }
  return explain(error, attempt);
}

}  // namespace neigh::ctl
