// SPDX-License-Identifier: Apache-2.0
// The engine as a neighbor table; proxy entries live here, neighbors in the cache (ARP-153).
#include <algorithm>
#include <utility>

#include "engine/core.hpp"
#include "wire/multicast.hpp"

namespace neigh::engine {

namespace {

Neighbor describe_proxy(const NeighborKey& key, std::uint8_t protocol) {
  return {.address = key.address,
          .interface = key.interface,
          .state = NudState::kNone,
          .protocol = protocol,
          .flags = {NeighborFlag::kProxy}};
}

}  // namespace

Result<void> Engine::Core::write(Operation operation, const Neighbor& neighbor) {
  if (auto fit = check_neighbor_address(neighbor.address); !fit) return fit;
  auto found = port_of(neighbor.interface, neighbor.address);
  if (!found) return std::move(found).error();
  if (neighbor.flags.has(NeighborFlag::kProxy)) return write_proxy(**found, operation, neighbor);
  Neighbor wanted = neighbor;
  // ARP-082, LIB-35: where nobody is asked, the mapping is what asking would have found.
  const auto mapped = mapped_link(**found, neighbor.address);
  if (mapped && neighbor.state == NudState::kIncomplete) {
    wanted.state = NudState::kNoArp;
    wanted.link_address = *mapped;
  }
  Result<void> done = operation == Operation::kCreate ? cache->create(now_, wanted, steps_)
                      : operation == Operation::kSet  ? cache->set(now_, wanted, steps_)
                                                      : cache->replace(now_, wanted, steps_);
  run_steps();
  return done;
}

Result<void> Engine::Core::write_proxy(Port& port, Operation operation, const Neighbor& neighbor) {
  const NeighborKey key = neighbor.key();
  const auto known = proxies_.find(key);
  if (known != proxies_.end()) {
    if (operation == Operation::kCreate) return Error{.code = Errc::kAlreadyExists, .detail = "a proxy entry"};
    if (neighbor.protocol != 0) known->second = neighbor.protocol;
    return {};
  }
  if (operation == Operation::kSet) return Error{.code = Errc::kNotFound};
  if (key.address.is_multicast() || is_broadcast_of(port, key.address)) {
    return Error{.code = Errc::kInvalidArgument,
                 .field = "address",
                 .detail = key.address.to_string() + " is no single node's, so that nobody asks for it"};
  }
  if (proxies_.size() >= config.limits.max_proxies) {
    return Error{.code = Errc::kTableFull,
                 .detail = std::to_string(config.limits.max_proxies) + " proxy entries are the most"};
  }
  proxies_.emplace(key, neighbor.protocol);
  if (key.address.is_v6()) {
    join(port, wire::solicited_node(key.address), /*report=*/true);  // NAT-011
  }
  return {};
}

Result<void> Engine::Core::remove(const NeighborKey& key) {
  if (key.address.family() == Family::kUnspecified) {
    return Error{.code = Errc::kInvalidArgument, .field = "address", .detail = "no address given"};
  }
  auto found = port_of(key.interface, key.address);
  if (!found) return std::move(found).error();
  if (key.proxy) {
    if (proxies_.erase(key) == 0) return Error{.code = Errc::kNotFound};
    if (key.address.is_v6()) leave(**found, wire::solicited_node(key.address));
    return {};
  }
  auto done = cache->remove(now_, key, steps_);
  run_steps(SendFailure::kEntryRemoved);
  return done;
}

Result<Neighbor> Engine::Core::get(TimePoint now, const NeighborKey& key) const {
  if (key.address.family() == Family::kUnspecified) {
    return Error{.code = Errc::kInvalidArgument, .field = "address", .detail = "no address given"};
  }
  if (auto port = check_port(key.interface, key.address.family()); !port) return std::move(port).error();
  if (!key.proxy) return cache->get(now, key);
  const auto known = proxies_.find(key);
  if (known == proxies_.end()) return Error{.code = Errc::kNotFound};
  return describe_proxy(known->first, known->second);
}

void Engine::Core::visit(TimePoint now, const ListFilter& filter, FunctionRef<void(const Neighbor&)> visitor) const {
  if (filter.master != InterfaceIndex::kNone) return;  // no interface of an engine has a master
  if (!filter.proxies) return cache->visit(now, filter, visitor);
  for (const auto& [key, protocol] : proxies_) {
    const Neighbor proxy = describe_proxy(key, protocol);
    if (filter.matches(proxy)) visitor(proxy);
  }
}

Result<std::size_t> Engine::Core::flush(const ListFilter& filter) {
  if (filter.interface != InterfaceIndex::kNone && find_port(filter.interface) == nullptr) {
    return Error{.code = Errc::kNoSuchInterface, .field = "interface"};
  }
  if (filter.master != InterfaceIndex::kNone) return std::size_t{0};
  if (!filter.proxies) {
    const std::size_t removed = cache->flush(now_, filter, steps_);
    run_steps(SendFailure::kEntryRemoved);
    return removed;
  }
  std::vector<NeighborKey> doomed;
  visit(now_, filter, [&](const Neighbor& proxy) { doomed.push_back(proxy.key()); });
  for (const NeighborKey& key : doomed) {
    if (auto removed = remove(key); !removed) return std::move(removed).error();
  }
  return doomed.size();
}

Result<void> Engine::Core::add_proxy_prefix(InterfaceIndex index, const IpAddress& prefix, std::uint8_t length) {
  if (auto fit = check_prefix(prefix, length); !fit) return fit;
  auto port = port_of(index, prefix);
  if (!port) return std::move(port).error();
  const ProxyPrefix proxy{.interface = index, .prefix = cut_to(prefix, length), .length = length};
  if (std::find(proxy_prefixes_.begin(), proxy_prefixes_.end(), proxy) != proxy_prefixes_.end()) {
    return Error{.code = Errc::kAlreadyExists, .field = "prefix"};
  }
  if (proxy_prefixes_.size() >= config.limits.max_addresses) {
    return Error{.code = Errc::kTableFull,
                 .detail = std::to_string(config.limits.max_addresses) + " proxy prefixes are the most"};
  }
  proxy_prefixes_.push_back(proxy);
  if (prefix.is_v6() && ++(*port)->all_groups == 1) {
    out_->push(GroupChanged{.interface = index, .group = {}, .joined = true});
  }
  return {};
}

Result<void> Engine::Core::remove_proxy_prefix(InterfaceIndex index, const IpAddress& prefix, std::uint8_t length) {
  if (auto fit = check_prefix(prefix, length); !fit) return fit;
  auto port = port_of(index, prefix);
  if (!port) return std::move(port).error();
  const ProxyPrefix proxy{.interface = index, .prefix = cut_to(prefix, length), .length = length};
  const auto known = std::find(proxy_prefixes_.begin(), proxy_prefixes_.end(), proxy);
  if (known == proxy_prefixes_.end()) return Error{.code = Errc::kNotFound, .field = "prefix"};
  proxy_prefixes_.erase(known);
  if (prefix.is_v6() && --(*port)->all_groups == 0) {
    out_->push(GroupChanged{.interface = index, .group = {}, .joined = false});
  }
  return {};
}

std::vector<TableLimits> Engine::Core::limits() const {
  std::vector<TableLimits> out;
  for (const Family family : {Family::kIpv4, Family::kIpv6}) {
    if (!has_family_stack(family)) continue;
    const nud::CacheLimits& of_cache = cache->limits();
    TableLimits limits{.family = family,
                       .entries = family == Family::kIpv4 ? entries4_ : entries6_,
                       .gc_thresh1 = std::min(of_cache.gc_low_water, of_cache.max_entries),
                       .gc_thresh2 = of_cache.max_entries,
                       .gc_thresh3 = of_cache.max_entries,
                       .gc_interval = of_cache.gc_interval};
    for (const auto& [index, port] : ports) {
      const nud::NudCounters counters = cache->counters(index, family);
      limits.table_full += counters.of(nud::Refusal::kTableFull);
      limits.resolve_failed += counters.resolution_failed;
      limits.forced_gc_runs += counters.of(nud::Loss::kFailed) + counters.of(nud::Loss::kUnused) +
                               counters.of(nud::Loss::kIdle) + counters.of(nud::Loss::kIncomplete);
    }
    out.push_back(limits);
  }
  return out;
}

}  // namespace neigh::engine
