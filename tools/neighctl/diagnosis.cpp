// SPDX-License-Identifier: Apache-2.0
#include "diagnosis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>
#include <set>
#include <utility>

#include "failure.hpp"
#include "text.hpp"

namespace neigh::ctl {

namespace {

constexpr std::size_t kCriticalPercent = 90;  // of gc_thresh3
constexpr std::size_t kFloodEntries = 64;     // fewer unanswered entries are everyday life
constexpr std::size_t kFloodPercent = 50;     // of an interface's entries
constexpr std::size_t kManyAddresses = 16;    // IPv6 addresses that one host may well have
constexpr std::size_t kMostListed = 5;        // of anything named in one finding
constexpr std::size_t kFewest = 64;
constexpr std::uint32_t kHighestThreshold = 1U << 30U;

std::string interface_of(const NamespaceView& view, InterfaceIndex index) {
  const auto found = std::find_if(view.interfaces.begin(), view.interfaces.end(),
                                  [&](const Interface& i) { return i.index == index; });
  const std::string name =
      found == view.interfaces.end() ? fmt::format("if{}", to_number(index)) : printable(found->name);
  return view.name.empty() ? name : fmt::format("{} in {}", name, printable(view.name));
}

template <class Container>
std::string listed(const Container& items) {
  std::string text;
  std::size_t count = 0;
  for (const auto& item : items) {
    if (count++ == kMostListed) return text + fmt::format(" and {} more", items.size() - kMostListed);
    text += fmt::format("{}{}", text.empty() ? "" : ", ", item.to_string());
  }
  return text;
}

std::vector<InterfaceShare> shares_of(const DoctorInput& input, Family family, std::size_t total) {
  std::vector<InterfaceShare> shares;
  for (const NamespaceView& view : input.namespaces) {
    std::map<InterfaceIndex, InterfaceShare> by_index;
    for (const Neighbor& n : view.neighbors) {
      if (n.address.family() != family) continue;
      InterfaceShare& share = by_index[n.interface];
      ++share.entries;
      if (!is_exempt(n)) ++share.collectable;
      ++share.states[static_cast<std::size_t>(n.state)];
    }
    for (auto& [index, share] : by_index) {
      const auto found = std::find_if(view.interfaces.begin(), view.interfaces.end(),
                                      [i = index](const Interface& one) { return one.index == i; });
      share.network_namespace = view.name;
      share.interface = found == view.interfaces.end() ? fmt::format("if{}", to_number(index)) : found->name;
      share.index = index;
      share.percent = total == 0 ? 0 : 100.0 * static_cast<double>(share.entries) / static_cast<double>(total);
      shares.push_back(std::move(share));
    }
  }
  std::stable_sort(shares.begin(), shares.end(), [](const InterfaceShare& a, const InterfaceShare& b) {
    return std::pair(a.collectable, a.entries) > std::pair(b.collectable, b.entries);
  });
  return shares;
}

TableDiagnosis diagnose_table(const DoctorInput& input, const TableLimits& limits) {
  TableDiagnosis table;
  table.limits = limits;
  for (const NamespaceView& view : input.namespaces) {
    for (const Neighbor& n : view.neighbors) {
      if (n.address.family() != limits.family) continue;
      ++table.read;
      if (is_exempt(n)) ++table.exempt;
    }
  }
  table.elsewhere = limits.entries > table.read ? limits.entries - table.read : 0;
  table.collectable_least = table.read - table.exempt;
  table.collectable_most = table.collectable_least + table.elsewhere;
  // No room at all is no room left.
  table.fill_percent =
      limits.gc_thresh3 == 0 ? 100.0 : 100.0 * static_cast<double>(table.collectable_least) / limits.gc_thresh3;
  table.shares = shares_of(input, limits.family, table.read);
  return table;
}

std::string biggest(const TableDiagnosis& table) {
  if (table.shares.empty()) return {};
  const InterfaceShare& top = table.shares.front();
  return fmt::format("{} holds {} of the {} that were read",
                     top.network_namespace.empty()
                         ? printable(top.interface)
                         : fmt::format("{} in {}", printable(top.interface), printable(top.network_namespace)),
                     grouped(top.entries), counted(table.read, "entry", "entries"));
}

void judge_fill(TableDiagnosis& table, std::vector<Finding>& findings) {
  const TableLimits& l = table.limits;
  const std::string_view family = to_string(l.family);
  const auto add = [&](Severity severity, std::string_view code, std::string message, std::string hint) {
    table.severity = std::max(table.severity, severity);
    findings.push_back({severity, code, l.family, {}, std::move(message), std::move(hint)});
  };
  const std::string limit_text = fmt::format("gc_thresh3 is {}", grouped(l.gc_thresh3));
  if (l.gc_thresh3 == 0) {
    add(Severity::kCritical, "table_nearly_full",
        fmt::format("{}: gc_thresh3 is 0: every new neighbor is refused (ENOBUFS)", family), biggest(table));
  } else if (table.collectable_least * 100 >= std::size_t{l.gc_thresh3} * kCriticalPercent) {
    add(Severity::kCritical, "table_nearly_full",
        fmt::format("{}: {}, {}: new neighbors are refused (ENOBUFS) when nothing can be collected", family,
                    counted(table.collectable_least, "collectable entry", "collectable entries"), limit_text),
        biggest(table));
  } else if (l.gc_thresh2 > 0 && table.collectable_least >= l.gc_thresh2) {
    add(Severity::kWarning, "above_gc_thresh2",
        fmt::format("{}: {}, above gc_thresh2 ({}): each new neighbor may push out an old one; {}", family,
                    counted(table.collectable_least, "collectable entry", "collectable entries"), grouped(l.gc_thresh2),
                    limit_text),
        biggest(table));
  } else if (table.elsewhere > 0 && l.gc_thresh2 > 0 && table.collectable_most >= l.gc_thresh2) {
    // Exempt entries are among them, for all that the kernel tells. It has never collected in need nor refused one:
    // then most of them are, and nothing is wrong.
    const bool pressed = l.forced_gc_runs > 0 || l.table_full > 0;
    add(pressed ? Severity::kWarning : Severity::kNotice, "filled_elsewhere",
        fmt::format("{0}: of the kernel's {2}, {1} are in network namespaces that were not read; with them up to {3} "
                    "may be collectable, {4}",
                    family, grouped(table.elsewhere), counted(l.entries, "entry", "entries"),
                    grouped(table.collectable_most), limit_text),
        "the limit is shared by all namespaces of this kernel; 'neighctl doctor --all-netns' on the host tells more");
  }
  if (l.table_full > 0) {
    // Since boot, so alone it is no reason to alarm for ever.
    add(Severity::kNotice, "has_overflowed",
        fmt::format("{}: the kernel has refused {} since it booted because the table was full", family,
                    counted(l.table_full, "entry", "entries")),
        "the counter never goes back");
  }
}

// A scan, or hosts that are gone: the entries that nobody answered for.
void judge_floods(const TableDiagnosis& table, std::vector<Finding>& findings) {
  for (const InterfaceShare& share : table.shares) {
    const auto count = [&](NudState state) { return share.states[static_cast<std::size_t>(state)]; };
    const std::size_t failed = count(NudState::kFailed) + count(NudState::kUnreachable);
    const std::size_t incomplete = count(NudState::kIncomplete);
    const std::size_t bad = failed + incomplete;
    if (bad < kFloodEntries || bad * 100 < share.entries * kFloodPercent) continue;
    const std::string name = share.network_namespace.empty() ? printable(share.interface)
                                                             : fmt::format("{} in {}", printable(share.interface),
                                                                           printable(share.network_namespace));
    findings.push_back(
        {Severity::kWarning, "unanswered_flood", table.limits.family, share.interface,
         fmt::format("{} on {}: {} of {} have no answer ({} failed, {} incomplete)", to_string(table.limits.family),
                     name, grouped(bad), counted(share.entries, "entry", "entries"), grouped(failed),
                     grouped(incomplete)),
         "a scan through this host, or senders to addresses that nobody has; raising the limit only feeds it: "
         "drop such traffic, or make the prefix on the link smaller"});
  }
}

void judge_duplicates(const NamespaceView& view, std::vector<Finding>& findings) {
  struct Owner {
    std::vector<IpAddress> v4 = {};
    std::vector<IpAddress> v6 = {};
    std::size_t link_local = 0;
  };
  std::map<std::pair<InterfaceIndex, LinkAddress>, Owner> owners;
  std::map<IpAddress, std::set<InterfaceIndex>> places;
  for (const Neighbor& n : view.neighbors) {
    if (n.link_address.empty() || n.link_address.is_zero() || n.link_address.is_group()) continue;
    if (n.state == NudState::kNoArp || n.address.is_multicast()) continue;
    Owner& owner = owners[{n.interface, n.link_address}];
    (n.address.is_v4() ? owner.v4 : owner.v6).push_back(n.address);
    if (n.address.is_v6() && n.address.is_link_local()) ++owner.link_local;
    if (!n.address.is_link_local()) places[n.address].insert(n.interface);
  }
  for (auto& [key, owner] : owners) {
    const std::string where = interface_of(view, key.first);
    const std::string link_address = key.second.to_string();
    const auto tell = [&](Family family, std::vector<IpAddress>& addresses) {
      std::sort(addresses.begin(), addresses.end());
      findings.push_back({Severity::kNotice, "duplicate_lladdr", family, where,
                          fmt::format("{} on {} stands for {} {} addresses: {}", link_address, where, addresses.size(),
                                      to_string(family), listed(addresses)),
                          "a router or proxy that answers for others, one host with several addresses, or a "
                          "cloned link-layer address; 'neighctl verify' asks the wire"});
    };
    if (owner.v4.size() > 1) tell(Family::kIpv4, owner.v4);
    // A host has a link-local address and several others by design (RFC 4291 2.8); two link-local ones are odd.
    if (owner.link_local > 1 || owner.v6.size() > kManyAddresses) tell(Family::kIpv6, owner.v6);
  }
  for (const Interface& i : view.interfaces) {
    if (i.link_address.empty() || i.link_address.is_zero()) continue;
    const auto found = owners.find({i.index, i.link_address});
    if (found == owners.end()) continue;
    std::vector<IpAddress> addresses = found->second.v4;
    addresses.insert(addresses.end(), found->second.v6.begin(), found->second.v6.end());
    // The host's own address with the host's own link-layer address is no other station.
    addresses.erase(std::remove_if(addresses.begin(), addresses.end(),
                                   [&](const IpAddress& a) {
                                     return std::find(view.own.begin(), view.own.end(), a) != view.own.end();
                                   }),
                    addresses.end());
    if (addresses.empty()) continue;
    findings.push_back({Severity::kWarning, "own_lladdr", Family::kUnspecified, interface_of(view, i.index),
                        fmt::format("{} has the link-layer address of {} itself, {}", listed(addresses),
                                    interface_of(view, i.index), i.link_address.to_string()),
                        "a cloned machine or a loop on the link: two stations with one address"});
  }
  for (const auto& [address, interfaces] : places) {
    if (interfaces.size() < 2) continue;
    std::string names;
    for (const InterfaceIndex index : interfaces) {
      names += fmt::format("{}{}", names.empty() ? "" : ", ", interface_of(view, index));
    }
    findings.push_back({Severity::kNotice,
                        "address_on_several_interfaces",
                        address.family(),
                        {},
                        fmt::format("{} is known on several interfaces: {}", address.to_string(), names),
                        "the route decides which one is used; the others only take room"});
  }
}

void judge_dead_interfaces(const NamespaceView& view, std::vector<Finding>& findings) {
  for (const Interface& i : view.interfaces) {
    if (i.up && i.running) continue;
    const auto entries = std::count_if(view.neighbors.begin(), view.neighbors.end(), [&](const Neighbor& n) {
      return n.interface == i.index && n.state != NudState::kNoArp;
    });
    if (entries == 0) continue;
    const std::string name = interface_of(view, i.index);
    findings.push_back(
        {Severity::kWarning, i.up ? "no_carrier" : "interface_down", Family::kUnspecified, i.name,
         fmt::format("{} {} on {}, which {}", counted(static_cast<std::size_t>(entries), "entry", "entries"),
                     entries == 1 ? "is" : "are", name, i.up ? "has no carrier" : "is down"),
         i.up ? "nothing can be sent there until the link comes back"
              : fmt::format("'ip link set {} up', or 'neighctl flush dev {} nud all'", printable(i.name),
                            printable(i.name))});
  }
}

// Room for twice of what is there, in the kernel's own proportions (128, 512, 1024).
void advise_limits(const TableDiagnosis& table, std::vector<std::string>& lines) {
  const bool bounded = table.severity >= Severity::kWarning;
  if (!bounded) return;
  // At least what the kernel begins with.
  const std::size_t need = std::max<std::size_t>({table.collectable_most, table.limits.gc_thresh3, kFewest});
  const std::size_t room = std::min<std::size_t>(std::bit_ceil(need * 2), kHighestThreshold);
  const std::string_view family = table.limits.family == Family::kIpv4 ? "ipv4" : "ipv6";
  lines.push_back(fmt::format("net.{}.neigh.default.gc_thresh1 = {}", family, room / 8));
  lines.push_back(fmt::format("net.{}.neigh.default.gc_thresh2 = {}", family, room / 2));
  lines.push_back(fmt::format("net.{}.neigh.default.gc_thresh3 = {}", family, room));
}

}  // namespace

std::string_view severity_name(Severity severity) {
  switch (severity) {
    case Severity::kNotice:
      return "notice";
    case Severity::kWarning:
      return "warning";
    case Severity::kCritical:
      return "critical";
    case Severity::kOk:
      break;
  }
  return "ok";
}

bool is_exempt(const Neighbor& neighbor) {
  return neighbor.state == NudState::kPermanent || neighbor.flags.has(NeighborFlag::kExternLearned);
}

Diagnosis diagnose(const DoctorInput& input) {
  Diagnosis diagnosis;
  for (const TableLimits& limits : input.limits) {
    TableDiagnosis table = diagnose_table(input, limits);
    judge_fill(table, diagnosis.findings);
    judge_floods(table, diagnosis.findings);
    advise_limits(table, diagnosis.sysctls);
    diagnosis.tables.push_back(std::move(table));
  }
  for (const NamespaceView& view : input.namespaces) {
    judge_dead_interfaces(view, diagnosis.findings);
    judge_duplicates(view, diagnosis.findings);
  }
  std::stable_sort(diagnosis.findings.begin(), diagnosis.findings.end(),
                   [](const Finding& a, const Finding& b) { return a.severity > b.severity; });
  if (!diagnosis.findings.empty()) diagnosis.worst = diagnosis.findings.front().severity;
  return diagnosis;
}

}  // namespace neigh::ctl
