// SPDX-License-Identifier: Apache-2.0
// Interfaces and addresses of a stack.
#include <algorithm>
#include <utility>

#include "embedded/stack.hpp"
#include "link/on_throw.hpp"

namespace neigh::embedded {

namespace {

/// The engine takes 0 as an address without a subnet; here somebody forgot it.
Result<void> check_length(const EmbeddedAddress& address) {
  if (!address.address.is_v4() || address.prefix_length > 0) return {};
  return Error{.code = Errc::kInvalidArgument,
               .field = "prefix_length",
               .detail = address.address.to_string() + " needs the length of its subnet; 32: it has none"};
}

engine::AddressConfig config_of(const EmbeddedAddress& address) {
  return {.address = address.address,
          .prefix_length = address.prefix_length,
          .anycast = address.anycast,
          .optimistic = address.optimistic,
          .verify = address.verify};
}

EmbeddedAddressState state_of(engine::AddressChanged::Kind kind) {
  switch (kind) {
    case engine::AddressChanged::Kind::kPreferred:
      return EmbeddedAddressState::kPreferred;
    case engine::AddressChanged::Kind::kOptimistic:
      return EmbeddedAddressState::kOptimistic;
    case engine::AddressChanged::Kind::kDuplicate:
      return EmbeddedAddressState::kDuplicate;
    default:
      return EmbeddedAddressState::kTentative;
  }
}

bool is_in_use(const engine::OwnAddress& address) {
  return address.state == engine::AddressChanged::Kind::kPreferred ||
         address.state == engine::AddressChanged::Kind::kOptimistic;
}

}  // namespace

Result<std::vector<Interface>> Stack::interfaces() {
  return inside([&]() -> Result<std::vector<Interface>> { return host_->engine().interfaces(); });
}

Result<Interface> Stack::find_interface(InterfaceIndex index) {
  auto all = interfaces();
  if (!all) return std::move(all).error();
  const auto found = std::find_if(all->begin(), all->end(), [&](const Interface& each) { return each.index == index; });
  if (found != all->end()) return std::move(*found);
  return Error{.code = Errc::kNoSuchInterface, .field = "interface"};
}

Result<Interface> Stack::find_interface(std::string_view name) {
  auto all = interfaces();
  if (!all) return std::move(all).error();
  const auto found = std::find_if(all->begin(), all->end(), [&](const Interface& each) { return each.name == name; });
  if (found != all->end()) return std::move(*found);
  return Error{.code = Errc::kNoSuchInterface, .field = "interface", .detail = std::string(name)};
}

std::vector<IpAddress> Stack::own_inside(InterfaceIndex interface) const {
  std::vector<IpAddress> out;
  for (const Interface& each : host_->engine().interfaces()) {
    if (interface != InterfaceIndex::kNone && interface != each.index) continue;
    const auto addresses = host_->engine().addresses(each.index);
    if (!addresses) continue;
    for (const engine::OwnAddress& address : *addresses) {
      if (is_in_use(address) && !address.anycast) out.push_back(address.address);
    }
  }
  return out;
}

Result<std::vector<IpAddress>> Stack::own_addresses(InterfaceIndex interface) {
  return inside([&]() -> Result<std::vector<IpAddress>> {
    if (interface != InterfaceIndex::kNone) {
      if (auto known = host_->engine().addresses(interface); !known) return std::move(known).error();
    }
    return own_inside(interface);
  });
}

Result<std::vector<EmbeddedAddressStatus>> Stack::addresses(InterfaceIndex index) {
  return inside([&]() -> Result<std::vector<EmbeddedAddressStatus>> {
    auto known = host_->engine().addresses(index);
    if (!known) return std::move(known).error();
    std::vector<EmbeddedAddressStatus> out;
    for (const engine::OwnAddress& address : *known) {
      out.push_back(
          {.address = address.address, .prefix_length = address.prefix_length, .state = state_of(address.state)});
    }
    return out;
  });
}

// --- Added and removed ---

Result<InterfaceIndex> Stack::add_interface(const EmbeddedInterface& interface) {
  return inside([&] { return add_interface_inside(interface); });
}

Result<InterfaceIndex> Stack::add_interface_inside(const EmbeddedInterface& interface) {
  const engine::Engine& engine = host_->engine();
  const bool some =
      (interface.ipv4 && engine.has_family(Family::kIpv4)) || (interface.ipv6 && engine.has_family(Family::kIpv6));
  if (!some) {
    return Error{.code = Errc::kInvalidArgument, .field = "ipv4", .detail = "neither IPv4 nor IPv6 would run on it"};
  }
  auto settings = engine_settings(interface.settings);
  if (!settings) return std::move(settings).error();
  const std::vector<Interface> others = host_->engine().interfaces();
  const auto taken = [&](const auto& predicate) { return std::any_of(others.begin(), others.end(), predicate); };

  std::uint32_t number = to_number(interface.index);
  for (std::uint32_t free = 1; number == 0; ++free) {
    if (!taken([&](const Interface& each) { return to_number(each.index) == free; })) number = free;
  }
  const bool loopback = interface.link == EmbeddedLink::kLoopback;
  const bool tunnel = interface.link == EmbeddedLink::kTunnel;
  engine::InterfaceConfig config{.index = static_cast<InterfaceIndex>(number),
                                 .name = interface.name,
                                 .mtu = loopback ? 65'535U : 1'500U,
                                 .no_arp = loopback || tunnel,
                                 .point_to_point = tunnel,
                                 .ipv4 = interface.ipv4,
                                 .ipv6 = interface.ipv6,
                                 .settings = *std::move(settings)};
  if (loopback) config.type = InterfaceType::kLoopback;
  if (tunnel) config.type = InterfaceType::kTunnel;
  if (config.name.empty() && loopback) config.name = "lo";
  for (std::uint32_t i = 0; config.name.empty(); ++i) {
    const std::string name = (tunnel ? "tun" : "eth") + std::to_string(i);
    if (!taken([&](const Interface& each) { return each.name == name; })) config.name = name;
  }
  const bool addressed = !loopback && !tunnel;
  if (addressed && interface.link_address) config.link_address = *interface.link_address;
  if (addressed && !interface.link_address) {
    if (interface.link == EmbeddedLink::kDevice) {
      return Error{.code = Errc::kInvalidArgument, .field = "link_address", .detail = "none given"};
    }
    // kXdp: the device's own, which the port knows.
    if (interface.link != EmbeddedLink::kXdp) config.link_address = host_->make_link_address();
  }
  const bool known = engine.settings(config.index) != nullptr;
  const link::OnThrow undo([&] {
    if (!known && engine.settings(config.index) != nullptr) (void)host_->detach(config.index);
  });
  if (auto attached = host_->attach(interface, config); !attached) return std::move(attached).error();
  if (auto furnished = furnish(config.index, interface, config); !furnished) {
    (void)host_->detach(config.index);
    return std::move(furnished).error();
  }
  return config.index;
}

/// Addresses, prefixes and routers of a new interface.
Result<void> Stack::furnish(InterfaceIndex index, const EmbeddedInterface& interface,
                            const engine::InterfaceConfig& config) {
  return host_->call([&](engine::Engine& engine, engine::Effects& out) -> Result<void> {
    const TimePoint now = host_->now();
    const bool v6 = interface.ipv6 && engine.has_family(Family::kIpv6);
    const auto link_local = engine::link_local_from(config.link_address);
    if (v6 && interface.link_local && link_local) {
      const bool one_verified =
          std::any_of(interface.addresses.begin(), interface.addresses.end(),
                      [](const EmbeddedAddress& each) { return each.address.is_v6() && each.verify; });
      const engine::AddressConfig own{
          .address = *link_local, .prefix_length = 64, .verify = interface.verify_link_local.value_or(one_verified)};
      if (auto added = engine.add_address(now, index, own, out); !added) return added;
    }
    for (const EmbeddedAddress& address : interface.addresses) {
      if (auto fit = check_length(address); !fit) return fit;
      if (auto added = engine.add_address(now, index, config_of(address), out); !added) return added;
    }
    for (const EmbeddedPrefix& prefix : interface.prefixes) {
      if (auto added = engine.add_prefix(now, index, prefix.prefix, prefix.length, out); !added) return added;
    }
    for (const IpAddress& router : interface.routers) {
      if (auto added = engine.add_router(now, index, router, out); !added) return added;
    }
    return {};
  });
}

Result<void> Stack::remove_interface(InterfaceIndex index) {
  return inside([&]() -> Result<void> {
    if (auto known = host_->engine().addresses(index); !known) return std::move(known).error();
    return host_->detach(index);
  });
}

Result<void> Stack::change_settings(InterfaceIndex index, const EmbeddedSettings& settings) {
  auto wanted = engine_settings(settings);
  if (!wanted) return std::move(wanted).error();
  return call([&](engine::Engine& engine, engine::Effects& out) {
    return engine.change_settings(host_->now(), index, *wanted, out);
  });
}

Result<void> Stack::set_family(InterfaceIndex index, Family family, bool on) {
  return call([&](engine::Engine& engine, engine::Effects& out) {
    return engine.set_family(host_->now(), index, family, on, out);
  });
}

Result<void> Stack::set_up(InterfaceIndex index, bool up) {
  return call(
      [&](engine::Engine& engine, engine::Effects& out) { return engine.set_up(host_->now(), index, up, out); });
}

Result<void> Stack::set_carrier(InterfaceIndex index, bool present) {
  return inside([&] { return host_->set_carrier(index, present); });
}

Result<void> Stack::set_link_address(InterfaceIndex index, const LinkAddress& address) {
  if (address.size() != 6 || address.is_zero() || address.is_group()) {
    return Error{.code = Errc::kInvalidArgument,
                 .field = "link_address",
                 .detail = "\"" + address.to_string() + "\" is no Ethernet station's"};
  }
  return inside([&] { return host_->set_link_address(index, address); });
}

Result<void> Stack::add_address(InterfaceIndex index, const EmbeddedAddress& address) {
  if (auto fit = check_length(address); !fit) return fit;
  return call([&](engine::Engine& engine, engine::Effects& out) {
    return engine.add_address(host_->now(), index, config_of(address), out);
  });
}

Result<void> Stack::remove_address(InterfaceIndex index, const IpAddress& address) {
  return call([&](engine::Engine& engine, engine::Effects& out) {
    return engine.remove_address(host_->now(), index, address, out);
  });
}

Result<void> Stack::add_prefix(InterfaceIndex index, const EmbeddedPrefix& prefix) {
  return call([&](engine::Engine& engine, engine::Effects& out) {
    return engine.add_prefix(host_->now(), index, prefix.prefix, prefix.length, out);
  });
}

Result<void> Stack::remove_prefix(InterfaceIndex index, const EmbeddedPrefix& prefix) {
  return call([&](engine::Engine& engine, engine::Effects& out) {
    return engine.remove_prefix(host_->now(), index, prefix.prefix, prefix.length, out);
  });
}

Result<void> Stack::add_router(InterfaceIndex index, const IpAddress& router) {
  return call([&](engine::Engine& engine, engine::Effects& out) {
    return engine.add_router(host_->now(), index, router, out);
  });
}

Result<void> Stack::remove_router(InterfaceIndex index, const IpAddress& router) {
  return call([&](engine::Engine& engine, engine::Effects& out) {
    return engine.remove_router(host_->now(), index, router, out);
  });
}

Result<void> Stack::add_proxy_prefix(InterfaceIndex index, const EmbeddedPrefix& prefix) {
  return call([&](engine::Engine& engine, engine::Effects& out) {
    return engine.add_proxy_prefix(host_->now(), index, prefix.prefix, prefix.length, out);
  });
}

Result<void> Stack::remove_proxy_prefix(InterfaceIndex index, const EmbeddedPrefix& prefix) {
  return call([&](engine::Engine& engine, engine::Effects& out) {
    return engine.remove_proxy_prefix(host_->now(), index, prefix.prefix, prefix.length, out);
  });
}

}  // namespace neigh::embedded
