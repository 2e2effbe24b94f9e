// SPDX-License-Identifier: Apache-2.0
// The outside of the engine: each call names its time and its effects, and is forwarded.
#include "engine/engine.hpp"

#include <algorithm>
#include <utility>

#include "engine/core.hpp"

namespace neigh::engine {

Engine::Engine(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::make(const EngineConfig& config) {
  if (auto fit = config.limits.validate(); !fit) return std::move(fit).error();
  auto cache = nud::NeighborCache::make(config.limits.cache, config.seed);
  if (!cache) return std::move(cache).error();
  return std::unique_ptr<Engine>(new Engine(std::make_unique<Core>(config, std::move(*cache))));
}

void Engine::on_frame(TimePoint now, InterfaceIndex interface, std::span<const std::uint8_t> frame, Effects& out) {
  core_->begin(now, out);
  core_->frame(interface, frame);
}

void Engine::on_payload(TimePoint now, InterfaceIndex interface, std::uint16_t ether_type,
                        const LinkAddress& link_source, bool link_unicast, std::span<const std::uint8_t> payload,
                        Effects& out) {
  core_->begin(now, out);
  core_->payload(interface, ether_type, link_source, link_unicast, payload);
}

void Engine::on_deadline(TimePoint now, Effects& out) {
  core_->begin(now, out);
  core_->deadline();
}

std::optional<TimePoint> Engine::next_deadline() const { return core_->next_deadline(); }

void Engine::on_frames_lost(InterfaceIndex interface, std::uint64_t count) {
  if (Port* port = core_->find_port(interface)) port->counters.frames_lost += count;
}

SendOutcome Engine::send_packet(TimePoint now, InterfaceIndex interface, std::span<const std::uint8_t> packet,
                                Effects& out, std::uint64_t cookie) {
  core_->begin(now, out);
  return core_->send_packet(interface, packet, cookie);
}

Result<std::optional<LinkAddress>> Engine::resolve(TimePoint now, const NeighborKey& key,
                                                   const std::optional<IpAddress>& source, Effects& out) {
  core_->begin(now, out);
  return core_->resolve(key, source);
}

NextHop Engine::next_hop(TimePoint now, InterfaceIndex interface, const IpAddress& destination) {
  Effects none;
  core_->begin(now, none);
  return core_->next_hop(interface, destination, /*advance=*/true);
}

void Engine::on_confirm(TimePoint now, InterfaceIndex interface, const IpAddress& destination, Effects& out) {
  core_->begin(now, out);
  core_->advise(interface, destination, /*good=*/true);
}

void Engine::on_delivery_problem(TimePoint now, InterfaceIndex interface, const IpAddress& destination, Effects& out) {
  core_->begin(now, out);
  core_->advise(interface, destination, /*good=*/false);
}

Result<std::uint64_t> Engine::ask(TimePoint now, const AskRequest& request, Effects& out) {
  core_->begin(now, out);
  return core_->ask(request);
}

void Engine::cancel_ask(std::uint64_t ask) { core_->cancel_ask(ask); }
bool Engine::is_asking(std::uint64_t ask) const { return core_->is_asking(ask); }

Result<void> Engine::announce(TimePoint now, InterfaceIndex interface, const IpAddress& own, Effects& out) {
  core_->begin(now, out);
  return core_->announce(interface, own);
}

Result<void> Engine::add_interface(TimePoint now, const InterfaceConfig& config, Effects& out) {
  core_->begin(now, out);
  return core_->add_interface(config);
}

Result<void> Engine::remove_interface(TimePoint now, InterfaceIndex index, Effects& out) {
  core_->begin(now, out);
  return core_->remove_interface(index);
}

Result<void> Engine::change_settings(TimePoint now, InterfaceIndex index, const InterfaceSettings& settings,
                                     Effects& out) {
  core_->begin(now, out);
  return core_->change_settings(index, settings);
}

Result<void> Engine::set_family(TimePoint now, InterfaceIndex index, Family family, bool on, Effects& out) {
  core_->begin(now, out);
  return core_->set_family(index, family, on);
}

Result<void> Engine::set_up(TimePoint now, InterfaceIndex index, bool up, Effects& out) {
  core_->begin(now, out);
  return core_->set_up(index, up);
}

Result<void> Engine::set_running(TimePoint now, InterfaceIndex index, bool running, Effects& out) {
  core_->begin(now, out);
  return core_->set_running(index, running);
}

Result<void> Engine::set_mtu(InterfaceIndex index, std::uint32_t mtu) { return core_->set_mtu(index, mtu); }

Result<void> Engine::set_link_address(TimePoint now, InterfaceIndex index, const LinkAddress& address, Effects& out) {
  core_->begin(now, out);
  return core_->set_link_address(index, address);
}

Result<void> Engine::add_address(TimePoint now, InterfaceIndex index, const AddressConfig& address, Effects& out) {
  core_->begin(now, out);
  return core_->add_address(index, address);
}

Result<void> Engine::remove_address(TimePoint now, InterfaceIndex index, const IpAddress& address, Effects& out) {
  core_->begin(now, out);
  return core_->remove_address(index, address);
}

Result<void> Engine::add_prefix(TimePoint now, InterfaceIndex index, const IpAddress& prefix, std::uint8_t length,
                                Effects& out) {
  core_->begin(now, out);
  return core_->add_prefix(index, prefix, length);
}

Result<void> Engine::remove_prefix(TimePoint now, InterfaceIndex index, const IpAddress& prefix, std::uint8_t length,
                                   Effects& out) {
  core_->begin(now, out);
  return core_->remove_prefix(index, prefix, length);
}

Result<void> Engine::add_router(TimePoint now, InterfaceIndex index, const IpAddress& router, Effects& out) {
  core_->begin(now, out);
  return core_->add_router(index, router);
}

Result<void> Engine::remove_router(TimePoint now, InterfaceIndex index, const IpAddress& router, Effects& out) {
  core_->begin(now, out);
  return core_->remove_router(index, router);
}

Result<void> Engine::add_proxy_prefix(TimePoint now, InterfaceIndex index, const IpAddress& prefix, std::uint8_t length,
                                      Effects& out) {
  core_->begin(now, out);
  return core_->add_proxy_prefix(index, prefix, length);
}

Result<void> Engine::remove_proxy_prefix(TimePoint now, InterfaceIndex index, const IpAddress& prefix,
                                         std::uint8_t length, Effects& out) {
  core_->begin(now, out);
  return core_->remove_proxy_prefix(index, prefix, length);
}

std::vector<Interface> Engine::interfaces() const {
  std::vector<Interface> out;
  for (const auto& [index, port] : core_->ports) out.push_back(core_->describe(port));
  return out;
}

Result<std::vector<OwnAddress>> Engine::addresses(InterfaceIndex index) const {
  auto port = core_->check_port(index, Family::kUnspecified);
  if (!port) return std::move(port).error();
  std::vector<OwnAddress> out;
  for (const auto& [address, own] : (*port)->addresses) {
    out.push_back({.address = address,
                   .prefix_length = own.config.prefix_length,
                   .anycast = own.config.anycast,
                   .optimistic = own.config.optimistic,
                   .state = own.state});
  }
  return out;
}

std::vector<OnLinkPrefix> Engine::prefixes() const {
  std::vector<OnLinkPrefix> out;
  for (const auto& [index, port] : core_->ports) {
    for (const Prefix& prefix : port.prefixes) {
      out.push_back({.interface = index,
                     .prefix = prefix.prefix,
                     .length = prefix.length,
                     .learned = prefix.learned,
                     .valid_until = prefix.valid_until});
    }
  }
  return out;
}

std::vector<DefaultRouter> Engine::routers() const {
  std::vector<DefaultRouter> out;
  for (const Router& router : core_->routers) {
    out.push_back({.interface = router.interface,
                   .router = router.address,
                   .learned = router.learned,
                   .valid_until = router.valid_until});
  }
  return out;
}

std::vector<LinkAddress> Engine::groups(InterfaceIndex index) const {
  std::vector<LinkAddress> out;
  const Port* port = core_->find_port(index);
  if (port == nullptr) return out;
  if (port->all_groups > 0) out.emplace_back();
  for (const auto& [group, uses] : port->link_groups) out.push_back(group);
  return out;
}

std::uint8_t Engine::hop_limit(InterfaceIndex index) const {
  const Port* port = core_->find_port(index);
  return port == nullptr ? std::uint8_t{64} : port->hop_limit;
}

const InterfaceSettings* Engine::settings(InterfaceIndex index) const {
  const Port* port = core_->find_port(index);
  return port == nullptr ? nullptr : &port->settings();
}

Result<void> Engine::create(TimePoint now, const Neighbor& neighbor, Effects& out) {
  core_->begin(now, out);
  return core_->write(Operation::kCreate, neighbor);
}

Result<void> Engine::set(TimePoint now, const Neighbor& neighbor, Effects& out) {
  core_->begin(now, out);
  return core_->write(Operation::kSet, neighbor);
}

Result<void> Engine::replace(TimePoint now, const Neighbor& neighbor, Effects& out) {
  core_->begin(now, out);
  return core_->write(Operation::kReplace, neighbor);
}

Result<void> Engine::remove(TimePoint now, const NeighborKey& key, Effects& out) {
  core_->begin(now, out);
  return core_->remove(key);
}

Result<Neighbor> Engine::get(TimePoint now, const NeighborKey& key) const {
  return core_->get(core_->at_least(now), key);
}

void Engine::visit(TimePoint now, const ListFilter& filter, FunctionRef<void(const Neighbor&)> visitor) const {
  core_->visit(core_->at_least(now), filter, visitor);
}

Result<std::size_t> Engine::flush(TimePoint now, const ListFilter& filter, Effects& out) {
  core_->begin(now, out);
  return core_->flush(filter);
}

std::vector<TableLimits> Engine::limits() const { return core_->limits(); }
bool Engine::has_family(Family family) const { return core_->has_family_stack(family); }

Result<InterfaceCounters> Engine::counters(InterfaceIndex index) const {
  auto port = core_->check_port(index, Family::kUnspecified);
  if (!port) return std::move(port).error();
  InterfaceCounters counters = (*port)->counters;
  counters.ipv4 = core_->cache->counters(index, Family::kIpv4);
  counters.ipv6 = core_->cache->counters(index, Family::kIpv6);
  return counters;
}

std::size_t Engine::neighbor_count() const { return core_->cache->size(); }
std::size_t Engine::queued_packets() const { return core_->queue.packets(); }
std::size_t Engine::queued_bytes() const { return core_->queue.bytes(); }
std::size_t Engine::memory_bytes() const { return core_->memory_bytes(); }
std::string Engine::audit() const { return core_->audit(); }

}  // namespace neigh::engine
