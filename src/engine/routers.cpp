// SPDX-License-Identifier: Apache-2.0
// Router discovery, host side (part 3.8): default routers, on-link prefixes, timers, solicitations.
#include <algorithm>

#include "engine/core.hpp"
#include "wire/multicast.hpp"
#include "wire/numbers.hpp"

namespace neigh::engine {

namespace {

constexpr std::uint32_t kForever = 0xffffffffU;

}  // namespace

void Engine::Core::router_advert_input(Port& port, const wire::NdPacket& packet, const wire::RouterAdvert& advert) {
  if (port.find(packet.source) != nullptr) return port.drop(Reason::kNdOwnSource);
  if (own_link(port, advert.source_link)) return;
  heard(port, packet.source, {.message = nud::Message::kRouterAdvert, .link_address = advert.source_link});
  if (port.settings().forwarding || !port.settings().accept_router_adverts) {
    return port.drop(Reason::kNdRouterAdvertRefused);
  }
  // RTR-006, RTR-009: zero says nothing.
  cache->adopt_router_times(port.index(), milliseconds{advert.reachable_time_ms}, milliseconds{advert.retrans_time_ms});
  if (advert.hop_limit != 0) port.hop_limit = advert.hop_limit;
  learn_router(port, packet.source, advert.router_lifetime_s);
  for (const wire::PrefixInformation& prefix : advert.prefixes) learn_prefix(port, prefix);
  if (advert.router_lifetime_s > 0) agenda_.cancel(port.soliciting);  // RTR-001
}

void Engine::Core::learn_router(Port& port, const IpAddress& router, std::uint16_t lifetime_s) {
  if (lifetime_s == 0) return drop_router(port.index(), router, /*learned_only=*/true);  // RTR-005
  const auto here = [&](const Router& known) { return known.interface == port.index() && known.address == router; };
  auto known = std::find_if(routers.begin(), routers.end(), here);
  if (known != routers.end() && !known->learned) return;
  if (known == routers.end()) {
    const auto learned = std::count_if(routers.begin(), routers.end(), [&](const Router& other) {
      return other.learned && other.interface == port.index();
    });
    if (static_cast<std::size_t>(learned) >= port.settings().max_routers) {
      port.drop(Reason::kTooManyRouters);
      const Router* useless = dispensable_router(port.index());
      if (useless == nullptr) return;
      drop_router(port.index(), IpAddress{useless->address}, /*learned_only=*/true);
    }
    routers.push_back({.interface = port.index(), .address = router, .learned = true});
    known = std::prev(routers.end());
    out_->push(RouterChanged{.interface = port.index(), .router = router, .present = true});
  }
  const Duration lifetime = std::chrono::seconds{lifetime_s};
  agenda_.cancel(known->ends);
  known->valid_until = now_ + lifetime;
  known->ends = later(lifetime, {.kind = Task::Kind::kRouterEnds, .interface = port.index(), .address = router});
}

/// NDS-004: forged adverts must not lock the real router out. First one that does not answer, then one that we never
/// sent anything to; nullptr: all have proved their worth.
const Router* Engine::Core::dispensable_router(InterfaceIndex index) const {
  const Router* unused = nullptr;
  for (const Router& router : routers) {
    if (!router.learned || router.interface != index) continue;
    const nud::EntryId id = cache->find(index, router.address);
    if (id == nud::kNoId || !kUsableStates.contains(cache->describe(now_, id).state)) return &router;
    if (unused == nullptr && !cache->was_used(id)) unused = &router;
  }
  return unused;
}

void Engine::Core::drop_router(InterfaceIndex index, const IpAddress& router, bool learned_only) {
  const auto known = std::find_if(routers.begin(), routers.end(), [&](const Router& other) {
    return other.interface == index && other.address == router && (other.learned || !learned_only);
  });
  if (known == routers.end()) return;
  agenda_.cancel(known->ends);
  routers.erase(known);
  out_->push(RouterChanged{.interface = index, .router = router, .present = false});
}

// RTR-010, RTR-011: any length counts; L=0 says nothing (ONL-004).
void Engine::Core::learn_prefix(Port& port, const wire::PrefixInformation& prefix) {
  const bool unusable = prefix.prefix.is_link_local() || prefix.prefix.is_multicast();
  if (!prefix.on_link || unusable) return;
  const IpAddress cut = cut_to(prefix.prefix, prefix.length);
  auto known = std::find_if(port.prefixes.begin(), port.prefixes.end(),
                            [&](const Prefix& other) { return other.prefix == cut && other.length == prefix.length; });
  if (known != port.prefixes.end() && !known->learned) return;
  if (prefix.valid_lifetime_s == 0) {
    if (known != port.prefixes.end()) forget_prefix(port, static_cast<std::size_t>(known - port.prefixes.begin()));
    return;
  }
  if (known == port.prefixes.end()) {
    const auto learned =
        std::count_if(port.prefixes.begin(), port.prefixes.end(), [](const Prefix& other) { return other.learned; });
    if (static_cast<std::size_t>(learned) >= port.settings().max_prefixes) return port.drop(Reason::kTooManyPrefixes);
    port.prefixes.push_back({.prefix = cut, .length = prefix.length, .learned = true});
    known = std::prev(port.prefixes.end());
  }
  agenda_.cancel(known->ends);
  known->valid_until.reset();
  if (prefix.valid_lifetime_s == kForever) return;
  const Duration lifetime = std::chrono::seconds{prefix.valid_lifetime_s};
  known->valid_until = now_ + lifetime;
  known->ends = later(
      lifetime, {.kind = Task::Kind::kPrefixEnds, .interface = port.index(), .address = cut, .length = prefix.length});
}

void Engine::Core::drop_learned(Port& port) {
  for (std::size_t i = port.prefixes.size(); i-- > 0;) {
    if (port.prefixes[i].learned) forget_prefix(port, i);
  }
  std::vector<IpAddress> gone;
  for (const Router& router : routers) {
    if (router.learned && router.interface == port.index()) gone.push_back(router.address);
  }
  for (const IpAddress& router : gone) drop_router(port.index(), router, /*learned_only=*/true);
  port.redirects.clear();
  agenda_.cancel(port.soliciting);
}

void Engine::Core::start_router_solicits(Port& port) {
  agenda_.cancel(port.soliciting);
  const InterfaceSettings& settings = port.settings();
  const bool wanted = !settings.forwarding && settings.accept_router_adverts && settings.max_rtr_solicitations > 0;
  const bool speaks6 =
      std::any_of(port.addresses.begin(), port.addresses.end(), [](const auto& item) { return item.first.is_v6(); });
  if (!wanted || !speaks6 || !port.active() || !port.runs(Family::kIpv6)) return;
  if (port.config.type == InterfaceType::kLoopback) return;
  port.soliciting =
      later(random_up_to(settings.max_rtr_solicitation_delay),
            {.kind = Task::Kind::kRouterSolicit, .interface = port.index(), .left = settings.max_rtr_solicitations});
}

void Engine::Core::router_solicit_due(Port& port, std::uint32_t left) {
  port.soliciting = {};
  IpAddress source = wire::kIp6Unspecified;
  for (const auto& [address, own] : port.addresses) {
    if (address.is_v6() && address.is_link_local() && own.preferred() && !own.config.anycast) source = address;
  }
  wire::RouterSolicit solicit;
  if (!source.is_unspecified() && port.has_link_addresses()) solicit.source_link = port.config.link_address;
  emit_nd(port, group_link(port, wire::kIp6AllRouters),
          {.source = source, .destination = wire::kIp6AllRouters, .message = solicit});
  if (left <= 1) return;
  port.soliciting = later(port.settings().rtr_solicitation_interval,
                          {.kind = Task::Kind::kRouterSolicit, .interface = port.index(), .left = left - 1});
}

}  // namespace neigh::engine
