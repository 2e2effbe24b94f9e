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
  std::map<nud::EntryId, NudState> states;
  std::uint32_t v4 = 0;
  cache->visit(now_, {}, [&](const Neighbor& neighbor) {
    states[cache->find(neighbor.interface, neighbor.address)] = neighbor.state;
    if (neighbor.address.is_v4()) ++v4;
  });
  if (v4 != entries4_ || states.size() != std::size_t{entries4_} + entries6_) return "entries are counted wrong";
  std::string broken;
  queue.visit_ids([&](nud::EntryId id, std::size_t) {
    const auto found = states.find(id);
    if (found == states.end() || found->second != NudState::kIncomplete) broken = "NUD-015: a queue of nobody";
  });
  if (!broken.empty()) return broken;

  for (const auto& [index, port] : ports) {
    std::map<IpAddress, std::uint32_t> groups;
    if (port.config.ipv6) ++groups[wire::kIp6AllNodes];
    if (port.config.ipv6 && port.settings().forwarding) ++groups[wire::kIp6AllRouters];
    for (const auto& [address, own] : port.addresses) {
      const bool listens = address.is_v6() && own.state != AddressChanged::Kind::kDuplicate;
      if (listens) ++groups[wire::solicited_node(address)];
      if (address.is_v4() && own.state == AddressChanged::Kind::kOptimistic) return "an optimistic IPv4 address";
      const bool idle = own.preferred() || own.state == AddressChanged::Kind::kDuplicate || !port.active();
      if (own.task.pending() == idle && !(port.ipv6_disabled && address.is_v6())) {
        return "an address is verified that need not be, or the reverse";
      }
    }
    for (const auto& [key, protocol] : proxies_) {
      const bool joins = key.interface == index && key.address.is_v6() && !key.address.is_multicast();
      if (joins) ++groups[wire::solicited_node(key.address)];
    }
    if (groups != port.groups) return "NDF-024: groups are counted wrong";
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
