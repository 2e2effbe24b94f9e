// SPDX-License-Identifier: Apache-2.0
// Next hops: on-link prefixes, default routers, redirects (NDS-002 to NDS-008, ONL-*).
#include <algorithm>
#include <bit>
#include <iterator>

#include "engine/core.hpp"
#include "wire/multicast.hpp"
#include "wire/numbers.hpp"

namespace neigh::engine {

namespace {

constexpr IpAddress kLinkLocal6 = IpAddress::v6({0xfe, 0x80});

Error invalid(std::string_view field, std::string detail) {
  return {.code = Errc::kInvalidArgument, .field = field, .detail = std::move(detail)};
}

}  // namespace

IpAddress cut_to(const IpAddress& prefix, std::uint8_t length) {
  std::array<std::uint8_t, IpAddress::kMaxSize> bytes{};
  std::copy(prefix.bytes().begin(), prefix.bytes().end(), bytes.begin());
  for (std::size_t i = 0; i < prefix.size(); ++i) {
    const std::size_t kept = length > 8 * i ? length - 8 * i : 0;
    if (kept < 8) bytes[i] &= static_cast<std::uint8_t>(0xff00U >> kept);
  }
  return *IpAddress::from_bytes(std::span(bytes).first(prefix.size()));
}

bool in_prefix(const IpAddress& address, const IpAddress& prefix, std::uint8_t length) {
  if (address.family() != prefix.family() || length > address.size() * 8) return false;
  return common_bits(address, prefix) >= length;
}

unsigned common_bits(const IpAddress& a, const IpAddress& b) {
  if (a.family() != b.family()) return 0;
  const auto number = [](const IpAddress& address, std::size_t at, std::size_t size) {
    std::uint64_t out = 0;
    for (const std::uint8_t byte : address.bytes().subspan(at, size)) out = out << 8U | byte;
    return out;
  };
  unsigned same = 0;
  const std::size_t step = std::min<std::size_t>(a.size(), 8);
  for (std::size_t at = 0; at < a.size(); at += step) {
    const std::uint64_t differs = number(a, at, step) ^ number(b, at, step);
    if (differs != 0)
      return same + static_cast<unsigned>(std::countl_zero(differs) - (64 - static_cast<int>(step) * 8));
    same += static_cast<unsigned>(step) * 8;
  }
  return same;
}

namespace {

std::uint32_t number_of(const IpAddress& v4) {
  const auto bytes = v4.bytes().first<4>();
  return std::uint32_t{bytes[0]} << 24U | std::uint32_t{bytes[1]} << 16U | std::uint32_t{bytes[2]} << 8U | bytes[3];
}

/// Adds what `address` is to the subnet of `own`.
void place_in(std::uint32_t address, std::uint32_t own, std::uint8_t length, bool assigned, SubnetPlace& place) {
  const std::uint32_t host = length >= 32 ? 0 : 0xffffffffU >> length;
  if (length == 0 || ((address ^ own) & ~host) != 0) return;
  place.on_link |= assigned;
  if (length > 30) return;
  place.broadcast |= (address & host) == host;
  place.zero |= (address & host) == 0;
}

SubnetPlace place_in(const IpAddress& address, const IpAddress& own, std::uint8_t length) {
  SubnetPlace place;
  if (address.is_v4() && own.is_v4()) place_in(number_of(address), number_of(own), length, true, place);
  return place;
}

}  // namespace

SubnetPlace place_in_subnets(const Port& port, const IpAddress& address) {
  SubnetPlace all;
  if (!address.is_v4()) return all;
  const std::uint32_t number = number_of(address);
  for (const auto& [own, state] : port.addresses) {
    if (!own.is_v4()) break;  // IPv4 comes first
    place_in(number, number_of(own), state.config.prefix_length, state.assigned(), all);
  }
  return all;
}

bool is_subnet_broadcast(const IpAddress& address, const IpAddress& own, std::uint8_t length) {
  return place_in(address, own, length).broadcast;
}

bool is_subnet_zero(const IpAddress& address, const IpAddress& own, std::uint8_t length) {
  return place_in(address, own, length).zero;
}

// --- Redirects ---

bool Redirects::set(const IpAddress& destination, const IpAddress& target, std::size_t limit) {
  if (const auto known = by_destination_.find(destination); known != by_destination_.end()) {
    known->second->target = target;
    order_.splice(order_.end(), order_, known->second);
    return false;
  }
  if (limit == 0) return true;
  bool displaced = false;
  while (order_.size() >= limit) {
    by_destination_.erase(order_.front().destination);
    order_.pop_front();
    displaced = true;
  }
  order_.push_back({.destination = destination, .target = target});
  by_destination_[destination] = std::prev(order_.end());
  return displaced;
}

const IpAddress* Redirects::find(const IpAddress& destination) const {
  const auto found = by_destination_.find(destination);
  return found == by_destination_.end() ? nullptr : &found->second->target;
}

void Redirects::forget_target(const IpAddress& target) {
  for (auto item = order_.begin(); item != order_.end();) {
    if (item->target != target) {
      ++item;
      continue;
    }
    by_destination_.erase(item->destination);
    item = order_.erase(item);
  }
}

void Redirects::clear() {
  order_.clear();
  by_destination_.clear();
}

// --- Next hop ---

bool Engine::Core::is_broadcast_of(const Port& port, const IpAddress& address) const {
  return place_in_subnets(port, address).broadcast;
}

bool Engine::Core::is_subnet_zero_of(const Port& port, const IpAddress& address) const {
  return place_in_subnets(port, address).zero;
}

bool Engine::Core::is_on_link(const Port& port, const IpAddress& address) const {
  if (address.is_v6() && in_prefix(address, kLinkLocal6, 10)) return true;  // NDS-003
  for (const Prefix& prefix : port.prefixes) {
    if (in_prefix(address, prefix.prefix, prefix.length)) return true;
  }
  return place_in_subnets(port, address).on_link;  // ONL-002: not for IPv6
}

bool Engine::Core::is_behind_down_link(const IpAddress& destination) const {
  const auto down = [&](const Port& port) { return !port.active() && port.runs(destination.family()); };
  const bool routed = std::any_of(routers.begin(), routers.end(), [&](const Router& router) {
    const Port* port = find_port(router.interface);
    return router.address.family() == destination.family() && port != nullptr && down(*port);
  });
  return routed || std::any_of(ports.begin(), ports.end(), [&](const auto& item) {
           const Port& port = item.second;
           if (!down(port)) return false;
           if (destination.is_multicast() || is_on_link(port, destination)) return true;
           return destination.is_v4() &&
                  std::any_of(port.addresses.begin(), port.addresses.end(), [&](const auto& own) {
                    const std::uint8_t length = own.second.config.prefix_length;
                    return own.first.is_v4() && length > 0 && in_prefix(destination, own.first, length);
                  });
         });
}

/// The first interface that can send to a group, or the one asked for.
NextHop Engine::Core::group_hop(InterfaceIndex index, const IpAddress& destination, const LinkAddress& link) const {
  for (const auto& [number, port] : ports) {
    if (index != InterfaceIndex::kNone && index != number) continue;
    if (!port.active() || !port.runs(destination.family()) || port.config.type == InterfaceType::kLoopback) continue;
    const LinkAddress address = link.empty() || !port.ethernet ? group_link(port, destination) : link;
    return {.kind = NextHop::Kind::kGroup, .interface = number, .address = destination, .link_address = address};
  }
  return {};
}

std::optional<NextHop> Engine::Core::on_link_hop(InterfaceIndex index, const IpAddress& destination) const {
  std::optional<NextHop> best;
  int best_length = -1;
  const auto consider = [&](const Port& port, int length) {
    if (length <= best_length) return;
    best_length = length;
    best = NextHop{.kind = NextHop::Kind::kNeighbor, .interface = port.index(), .address = destination};
  };
  for (const auto& [number, port] : ports) {
    if (index != InterfaceIndex::kNone && index != number) continue;
    if (!port.active() || !port.runs(destination.family()) || port.config.type == InterfaceType::kLoopback) continue;
    if (destination.is_v6() && in_prefix(destination, kLinkLocal6, 10)) consider(port, 10);
    if (index == number && port.config.point_to_point) consider(port, 0);
    for (const Prefix& prefix : port.prefixes) {
      if (in_prefix(destination, prefix.prefix, prefix.length)) consider(port, prefix.length);
    }
    if (!destination.is_v4()) continue;
    for (const auto& [own, state] : port.addresses) {
      const std::uint8_t length = state.config.prefix_length;
      if (own.is_v4() && length > 0 && state.assigned() && in_prefix(destination, own, length)) consider(port, length);
    }
  }
  return best;
}

/// NDS-007: a router that is not known to be dead; if there is none, each in turn, so that each is probed.
NextHop Engine::Core::router_hop(InterfaceIndex index, const IpAddress& destination, bool advance) {
  std::vector<const Router*> able;
  for (const Router& router : routers) {
    if (router.address.family() != destination.family()) continue;
    if (index != InterfaceIndex::kNone && index != router.interface) continue;
    const Port* port = find_port(router.interface);
    if (port == nullptr || !port->active() || !port->runs(destination.family())) continue;
    able.push_back(&router);
  }
  if (able.empty()) return {};
  const auto hop = [](const Router& router) {
    return NextHop{.kind = NextHop::Kind::kNeighbor, .interface = router.interface, .address = router.address};
  };
  for (const Router* router : able) {
    const nud::EntryId id = cache->find(router->interface, router->address);
    // IMP-004: any state but INCOMPLETE or UNREACHABLE; for RFC 4861 a failed entry is none.
    if (id != nud::kNoId && kUsableStates.contains(cache->describe(now_, id).state)) return hop(*router);
  }
  const Router& turn = *able[next_router_ % able.size()];
  if (advance) ++next_router_;
  return hop(turn);
}

NextHop Engine::Core::next_hop(InterfaceIndex index, const IpAddress& destination, bool advance) {
  if (!has_family_stack(destination.family()) || destination.is_unspecified()) return {};
  if (destination.is_loopback()) return {.kind = NextHop::Kind::kLocal, .interface = index, .address = destination};
  for (const auto& [number, port] : ports) {
    const Address* own = port.find(destination);
    if (own == nullptr) continue;
    if (!own->assigned()) {
      if (own->verifying()) return {};  // nobody's yet: we do not ask ourselves
      continue;
    }
    // A link-local address names a node only together with its interface.
    if (destination.is_link_local() && index != InterfaceIndex::kNone && index != number) continue;
    return {.kind = NextHop::Kind::kLocal, .interface = number, .address = destination};
  }
  if (destination.is_multicast()) return group_hop(index, destination, {});
  if (destination.is_limited_broadcast()) return group_hop(index, destination, wire::kEtherBroadcast);
  if (destination.is_v4()) {
    for (const auto& [number, port] : ports) {
      if (index != InterfaceIndex::kNone && index != number) continue;
      if (is_broadcast_of(port, destination)) return group_hop(number, destination, wire::kEtherBroadcast);
    }
  }
  for (const auto& [number, port] : ports) {
    if (index != InterfaceIndex::kNone && index != number) continue;
    const IpAddress* target = port.redirects.find(destination);
    if (target != nullptr && port.active() && port.runs(destination.family())) {
      return {.kind = NextHop::Kind::kNeighbor, .interface = number, .address = *target};
    }
  }
  if (auto hop = on_link_hop(index, destination)) return *hop;
  return router_hop(index, destination, advance);  // NDS-006, ONL-005: no router, no way
}

// --- By hand ---

Result<void> Engine::Core::check_prefix(const IpAddress& prefix, std::uint8_t length) const {
  if (prefix.family() == Family::kUnspecified) return invalid("prefix", "no address given");
  if (prefix.is_multicast()) return invalid("prefix", "multicast is always on-link");
  if (length > prefix.size() * 8) return invalid("length", std::to_string(length) + " bits");
  return {};
}

Result<void> Engine::Core::add_prefix(InterfaceIndex index, const IpAddress& prefix, std::uint8_t length) {
  if (auto fit = check_prefix(prefix, length); !fit) return fit;
  auto port = port_of(index, prefix);
  if (!port) return std::move(port).error();
  const IpAddress cut = cut_to(prefix, length);
  for (Prefix& known : (*port)->prefixes) {
    if (known.prefix != cut || known.length != length) continue;
    if (!known.learned) return Error{.code = Errc::kAlreadyExists, .field = "prefix"};
    agenda_.cancel(known.ends);
    known.learned = false;
    known.valid_until.reset();
    return {};
  }
  const auto by_hand = std::count_if((*port)->prefixes.begin(), (*port)->prefixes.end(),
                                     [](const Prefix& known) { return !known.learned; });
  if (static_cast<std::size_t>(by_hand) >= config.limits.max_addresses) {
    return Error{.code = Errc::kTableFull,
                 .detail = std::to_string(config.limits.max_addresses) + " prefixes by hand are the most"};
  }
  (*port)->prefixes.push_back({.prefix = cut, .length = length});
  return {};
}

void Engine::Core::forget_prefix(Port& port, std::size_t at) {
  agenda_.cancel(port.prefixes[at].ends);
  port.prefixes.erase(port.prefixes.begin() + static_cast<std::ptrdiff_t>(at));
}

Result<void> Engine::Core::remove_prefix(InterfaceIndex index, const IpAddress& prefix, std::uint8_t length) {
  if (auto fit = check_prefix(prefix, length); !fit) return fit;
  auto port = port_of(index, prefix);
  if (!port) return std::move(port).error();
  const IpAddress cut = cut_to(prefix, length);
  for (std::size_t i = 0; i < (*port)->prefixes.size(); ++i) {
    const Prefix& known = (*port)->prefixes[i];
    if (known.prefix != cut || known.length != length) continue;
    forget_prefix(**port, i);
    return {};
  }
  return Error{.code = Errc::kNotFound, .field = "prefix"};
}

/// A router is a neighbor: another node, on-link (RFC 1122 3.3.1.2, NDS-004).
Result<void> Engine::Core::check_router(const Port& port, const IpAddress& router) const {
  if (auto fit = check_neighbor_address(router); !fit) return invalid("router", std::move(fit).error().detail);
  const std::string text = router.to_string();
  if (router.is_multicast()) return invalid("router", text + " is a multicast address");
  if (port.find(router) != nullptr) return invalid("router", text + " is an address of ours");
  if (is_broadcast_of(port, router) || is_subnet_zero_of(port, router)) {
    return invalid("router", text + " is the broadcast or the network address of a subnet");
  }
  // Addresses that are still being verified tell their subnet, too.
  const bool on_link = is_on_link(port, router) || port.config.point_to_point ||
                       std::any_of(port.addresses.begin(), port.addresses.end(), [&](const auto& item) {
                         const std::uint8_t length = item.second.config.prefix_length;
                         return router.is_v4() && length > 0 && in_prefix(router, item.first, length);
                       });
  if (!on_link) return invalid("router", text + " is on no subnet of the interface");
  return {};
}

Result<void> Engine::Core::add_router(InterfaceIndex index, const IpAddress& router) {
  if (router.family() == Family::kUnspecified) return invalid("router", "no address given");
  auto port = port_of(index, router);
  if (!port) return std::move(port).error();
  if (auto fit = check_router(**port, router); !fit) return fit;
  for (Router& known : routers) {
    if (known.interface != index || known.address != router) continue;
    if (!known.learned) return Error{.code = Errc::kAlreadyExists, .field = "router"};
    agenda_.cancel(known.ends);
    known.learned = false;
    known.valid_until.reset();
    return {};
  }
  const auto by_hand =
      std::count_if(routers.begin(), routers.end(), [](const Router& known) { return !known.learned; });
  if (static_cast<std::size_t>(by_hand) >= config.limits.max_addresses) {
    return Error{.code = Errc::kTableFull,
                 .detail = std::to_string(config.limits.max_addresses) + " routers by hand are the most"};
  }
  routers.push_back({.interface = index, .address = router});
  out_->push(RouterChanged{.interface = index, .router = router, .present = true});
  return {};
}

Result<void> Engine::Core::remove_router(InterfaceIndex index, const IpAddress& router) {
  auto port = port_of(index, router);
  if (!port) return std::move(port).error();
  const std::size_t before = routers.size();
  drop_router(index, router, /*learned_only=*/false);
  if (routers.size() == before) return Error{.code = Errc::kNotFound, .field = "router"};
  return {};
}

}  // namespace neigh::engine
