// SPDX-License-Identifier: Apache-2.0
// The invariants of the engine, checked the slow way.
#include <algorithm>

#include "engine/core.hpp"
#include "wire/multicast.hpp"
#include "wire/numbers.hpp"

namespace neigh::engine {

std::string Engine::Core::audit() const {
  if (auto broken = cache->audit(); !broken.empty()) return broken;
  if (auto broken = queue.audit(); !broken.empty()) return broken;
  if (!steps_.empty()) return "steps of the cache were left undone";

  // NUD-015: packets wait for INCOMPLETE entries and no others.
  std::uint32_t v4 = 0;
  std::uint32_t all = 0;
  std::vector<nud::EntryId> incomplete;
  cache->visit(now_, {}, [&](const Neighbor& neighbor) {
    ++all;
    if (neighbor.address.is_v4()) ++v4;
    if (neighbor.state != NudState::kIncomplete) return;
    incomplete.push_back(cache->find(neighbor.interface, neighbor.address));
  });
  if (v4 != entries4_ || all != std::size_t{entries4_} + entries6_) return "entries are counted wrong";
  std::sort(incomplete.begin(), incomplete.end());
  std::string broken;
  queue.visit_ids([&](nud::EntryId id, std::size_t) {
    if (!std::binary_search(incomplete.begin(), incomplete.end(), id)) broken = "NUD-015: a queue of nobody";
  });
  if (!broken.empty()) return broken;

  for (const auto& [index, port] : ports) {
    std::vector<IpAddress> groups;  // as often as it is needed
    if (port.config.ipv6) groups.push_back(wire::kIp6AllNodes);
    if (port.config.ipv6 && port.settings().forwarding) groups.push_back(wire::kIp6AllRouters);
    for (const auto& [address, own] : port.addresses) {
      const bool listens = address.is_v6() && own.state != AddressChanged::Kind::kDuplicate;
      if (listens) groups.push_back(wire::solicited_node(address));
      if (address.is_v4() && own.state == AddressChanged::Kind::kOptimistic) return "an optimistic IPv4 address";
      const bool idle = own.preferred() || own.state == AddressChanged::Kind::kDuplicate || !port.active();
      if (own.task.pending() == idle && !(port.ipv6_disabled && address.is_v6())) {
        return "an address is verified that need not be, or the reverse";
      }
    }
    for (const auto& [key, protocol] : proxies_) {
      const bool joins = key.interface == index && key.address.is_v6() && !key.address.is_multicast();
      if (joins) groups.push_back(wire::solicited_node(key.address));
    }
    std::sort(groups.begin(), groups.end());
    auto of_group = groups.begin();
    for (const auto& [group, uses] : port.groups) {
      const auto first = of_group;
      while (of_group != groups.end() && *of_group == group) ++of_group;
      if (uses == 0 || of_group - first != static_cast<std::ptrdiff_t>(uses))
        return "NDF-024: groups are counted wrong";
    }
    if (of_group != groups.end()) return "NDF-024: groups are counted wrong";
    const auto learned =
        std::count_if(port.prefixes.begin(), port.prefixes.end(), [](const Prefix& prefix) { return prefix.learned; });
    if (static_cast<std::size_t>(learned) > port.settings().max_prefixes) return "too many prefixes";
    if (port.redirects.size() > port.settings().max_redirects) return "too many redirects";
    if (port.delayed_answers > port.settings().proxy_queue) return "too many delayed answers";
  }
  return {};
}

std::size_t Engine::Core::memory_bytes() const {
  return sizeof(*this) + cache->memory_bytes() + queue.bytes() + agenda_.size() * (sizeof(Task) + 64) +
         proxies_.size() * 64;
}

}  // namespace neigh::engine
