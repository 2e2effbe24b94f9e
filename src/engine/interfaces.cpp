// SPDX-License-Identifier: Apache-2.0
// Interfaces: added, removed, up, down, with and without carrier.
#include <algorithm>
#include <utility>

#include "engine/core.hpp"
#include "wire/multicast.hpp"
#include "wire/numbers.hpp"

namespace neigh::engine {

namespace {

constexpr std::uint32_t kLeastMtu4 = 68;    // RFC 791
constexpr std::uint32_t kLeastMtu6 = 1280;  // RFC 8200 5
constexpr std::uint32_t kLargestMtu = 65'535;
constexpr std::uint16_t kArpTypeInfiniband = 32;
constexpr std::size_t kLongestName = 15;
constexpr std::uint32_t kHighestIndex = 0x7fffffffU;  // an int in the kernel's calls

Error invalid(std::string_view field, std::string detail) {
  return {.code = Errc::kInvalidArgument, .field = field, .detail = std::move(detail)};
}

bool is_ethernet(const InterfaceConfig& config) {
  const bool framed = config.type == InterfaceType::kEthernet || config.type == InterfaceType::kWireless;
  return framed && config.link_address.size() == 6;
}

/// As the kernel wants them (IFNAMSIZ, dev_valid_name), so that a name never breaks a line or a path.
Result<void> check_name(std::string_view name) {
  if (name.empty()) return invalid("name", "empty");
  if (name.size() > kLongestName) return invalid("name", std::to_string(name.size()) + " bytes; 15 at most");
  const bool odd = std::any_of(name.begin(), name.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= ' ' || byte == 0x7f || c == '/' || c == ':';
  });
  if (odd) return invalid("name", "no blanks, control characters, slashes and colons");
  if (name == "." || name == "..") return invalid("name", "names a folder");
  return {};
}

Result<void> check(const InterfaceConfig& config) {
  const std::uint32_t number = to_number(config.index);
  if (number == 0) return invalid("index", "0 names no interface");
  if (number > kHighestIndex) return invalid("index", std::to_string(number) + " is above 2147483647");
  if (auto fit = check_name(config.name); !fit) return fit;
  const bool wants_ether = config.type == InterfaceType::kEthernet || config.type == InterfaceType::kWireless;
  if (wants_ether && config.link_address.size() != 6) return invalid("link_address", "Ethernet has 6 bytes");
  const bool unusable =
      !config.link_address.empty() && (config.link_address.is_zero() || config.link_address.is_group());
  if (unusable) return invalid("link_address", config.link_address.to_string() + " is nobody's address");
  if (config.mtu < kLeastMtu4 || config.mtu > kLargestMtu) return invalid("mtu", std::to_string(config.mtu));
  if (config.ipv6 && config.mtu < kLeastMtu6) return invalid("mtu", "IPv6 needs 1280 bytes");
  if (config.vlan && (!is_ethernet(config) || *config.vlan == 0 || *config.vlan > 4094)) {
    return invalid("vlan", std::to_string(*config.vlan));
  }
  if (config.link_option_pad > 8) return invalid("link_option_pad", std::to_string(config.link_option_pad));
  return config.settings.validate();
}

}  // namespace

Engine::Core::Core(const EngineConfig& config_of, std::unique_ptr<nud::NeighborCache> cache_of)
    : config(config_of),
      cache(std::move(cache_of)),
      queue({.packets = config.limits.queue_packets, .bytes = config.limits.queue_bytes}),
      random_(config.seed ^ 0x656e67696e65ULL) {}

Port* Engine::Core::find_port(InterfaceIndex index) {
  const auto found = ports.find(index);
  return found == ports.end() ? nullptr : &found->second;
}

const Port* Engine::Core::find_port(InterfaceIndex index) const {
  const auto found = ports.find(index);
  return found == ports.end() ? nullptr : &found->second;
}

Result<const Port*> Engine::Core::check_port(InterfaceIndex index, Family family) const {
  if (index == InterfaceIndex::kNone) return invalid("interface", "0 names no interface");
  const Port* port = find_port(index);
  if (port == nullptr) {
    return Error{.code = Errc::kNoSuchInterface,
                 .field = "interface",
                 .detail = "no interface " + std::to_string(to_number(index))};
  }
  if (family != Family::kUnspecified && !port->runs(family)) {
    const bool duplicate = family == Family::kIpv6 && port->config.ipv6;  // DAD-012
    return Error{.code = Errc::kNotSupported,
                 .field = "address",
                 .detail = duplicate ? "IPv6 is off on " + port->config.name +
                                           ": its link-local address is a duplicate; switching IPv6 on begins anew"
                                     : port->config.name + " has no " + std::string(to_string(family))};
  }
  return port;
}

Result<Port*> Engine::Core::port_of(InterfaceIndex index) {
  if (auto port = check_port(index, Family::kUnspecified); !port) return std::move(port).error();
  return find_port(index);
}

Result<Port*> Engine::Core::port_of(InterfaceIndex index, const IpAddress& address) {
  if (auto port = check_port(index, address.family()); !port) return std::move(port).error();
  return find_port(index);
}

Interface Engine::Core::describe(const Port& port) const {
  const InterfaceConfig& of = port.config;
  return {.index = of.index,
          .name = of.name,
          .type = of.type,
          .link_address = of.link_address,
          .link_address_size = static_cast<std::uint8_t>(of.link_address.size()),
          .mtu = of.mtu,
          .up = of.up,
          .running = of.running,
          .no_arp = of.no_arp,
          .loopback = of.type == InterfaceType::kLoopback,
          .point_to_point = of.point_to_point,
          .ipv4 = port.runs(Family::kIpv4),
          .ipv6 = port.runs(Family::kIpv6),
          .virtual_device = true};
}

void Engine::Core::prepare(Port& port) {
  const InterfaceConfig& of = port.config;
  const InterfaceSettings& settings = of.settings;
  port.ethernet = is_ethernet(of);
  port.policy.link = {.address_size = static_cast<std::uint8_t>(of.link_address.size()),
                      .option_pad = of.link_option_pad};
  port.policy.mtu = of.mtu;
  port.policy.vlan_id = of.vlan.value_or(0);
  port.policy.arp_hardware_type = of.type == InterfaceType::kInfiniband ? kArpTypeInfiniband : wire::kArpTypeEthernet;
  port.policy.accept_ieee802_hardware = settings.accept_ieee802_hardware;
  port.policy.accept_any_link_address = settings.accept_any_link_address;
  const std::uint32_t rate = settings.advert_rate;
  const std::uint32_t burst = settings.advert_burst;
  const auto part = [](std::uint32_t whole, std::uint32_t quarters) {
    return whole == 0 ? 0 : static_cast<std::uint32_t>(std::max<std::uint64_t>(std::uint64_t{whole} * quarters / 4, 1));
  };
  for (AnswerBudget* budget : {&port.answers4, &port.answers6}) {
    budget->all.configure(rate, burst);
    budget->not_in_use.configure(part(rate, 3), part(burst, 3));
    budget->strangers.configure(part(rate, 2), part(burst, 2));
  }
}

Result<void> Engine::Core::configure_cache(const InterfaceConfig& of) {
  const nud::PortTraits traits{.link_address_size = static_cast<std::uint8_t>(of.link_address.size()),
                               .no_arp = of.no_arp || of.link_address.empty()};
  if (of.ipv4) {
    if (auto done = cache->configure(of.index, Family::kIpv4, traits, of.settings.ipv4); !done) return done;
  }
  if (!of.ipv6) return {};
  nud::NudSettings settings = of.settings.ipv6;
  // GRD-003: a router that hears of a neighbor keeps it at hand.
  if (of.settings.forwarding && of.settings.learn_untracked_adverts) settings.create_from_untracked_advert = true;
  return cache->configure(of.index, Family::kIpv6, traits, settings);
}

Result<void> Engine::Core::add_interface(const InterfaceConfig& wanted) {
  InterfaceConfig of = wanted;
  of.ipv4 = of.ipv4 && config.ipv4;
  of.ipv6 = of.ipv6 && config.ipv6;
  if (auto fit = check(of); !fit) return fit;
  if (ports.contains(of.index)) {
    return Error{.code = Errc::kAlreadyExists, .field = "index", .detail = std::to_string(to_number(of.index))};
  }
  const bool taken =
      std::any_of(ports.begin(), ports.end(), [&](const auto& item) { return item.second.config.name == of.name; });
  if (taken) return Error{.code = Errc::kAlreadyExists, .field = "name", .detail = of.name};
  if (ports.size() >= config.limits.max_interfaces) {
    return Error{.code = Errc::kTableFull,
                 .detail = std::to_string(config.limits.max_interfaces) + " interfaces are the most"};
  }
  if (auto done = configure_cache(of); !done) return done;
  Port& port = ports[of.index];
  port.config = of;
  prepare(port);
  if (of.ipv6) join(port, wire::kIp6AllNodes, /*report=*/false);
  if (of.ipv6 && of.settings.forwarding) join(port, wire::kIp6AllRouters, /*report=*/true);
  return {};
}

Result<void> Engine::Core::remove_interface(InterfaceIndex index) {
  auto found = port_of(index);
  if (!found) return std::move(found).error();
  Port& port = **found;
  // No farewells: the link is gone before we are.
  port.config.up = false;
  cache->forget_interface(now_, index, steps_);
  run_steps(SendFailure::kInterfaceRemoved);
  for (auto& [address, own] : port.addresses) {
    cancel_tasks(port, own);
    tell(port, own, AddressChanged::Kind::kRemoved);
  }
  drop_learned(port);
  std::vector<IpAddress> by_hand;
  for (const Router& router : routers) {
    if (router.interface == index) by_hand.push_back(router.address);
  }
  for (const IpAddress& router : by_hand) drop_router(index, router, /*learned_only=*/false);
  std::erase_if(proxies_, [&](const auto& item) { return item.first.interface == index; });
  std::erase_if(proxy_prefixes_, [&](const ProxyPrefix& proxy) { return proxy.interface == index; });
  end_asks(index);
  agenda_.cancel_if([&](const Task& task) { return task.interface == index; });
  ports.erase(index);
  return {};
}

Result<void> Engine::Core::change_settings(InterfaceIndex index, const InterfaceSettings& settings) {
  auto found = port_of(index);
  if (!found) return std::move(found).error();
  if (auto fit = settings.validate(); !fit) return fit;
  Port& port = **found;
  InterfaceConfig changed = port.config;
  changed.settings = settings;
  if (auto done = configure_cache(changed); !done) return done;
  const bool was_router = port.settings().forwarding;
  port.config.settings = settings;
  prepare(port);
  if (was_router == settings.forwarding || !port.config.ipv6) return {};
  // NAT-005: R changes at once, and everybody should know.
  if (settings.forwarding) {
    drop_learned(port);
    join(port, wire::kIp6AllRouters, /*report=*/true);
  } else {
    leave(port, wire::kIp6AllRouters);
    start_router_solicits(port);
  }
  announce_change(port, Announced::kRouterFlag);
  return {};
}

Result<void> Engine::Core::set_family(InterfaceIndex index, Family family, bool on) {
  auto found = port_of(index);
  if (!found) return std::move(found).error();
  if (!has_family_stack(family)) {
    return Error{.code = Errc::kNotSupported, .field = "family", .detail = std::string(to_string(family))};
  }
  Port& port = **found;
  const bool v4 = family == Family::kIpv4;
  if (port.runs(family) == on) return {};
  if (on) {
    InterfaceConfig changed = port.config;
    (v4 ? changed.ipv4 : changed.ipv6) = true;
    if (auto fit = check(changed); !fit) return fit;
    if (auto done = configure_cache(changed); !done) return done;
    const bool listens = port.config.ipv6;
    port.config = changed;
    if (v4) return {};
    port.ipv6_disabled = false;
    if (!listens) {
      join(port, wire::kIp6AllNodes, /*report=*/false);
      if (port.settings().forwarding) join(port, wire::kIp6AllRouters, /*report=*/true);
    }
    begin_verifications(port, family);
    start_router_solicits(port);
    return {};
  }
  cache->flush(now_, {.family = family, .interface = index}, steps_);
  run_steps(SendFailure::kFamilyOff);
  std::vector<IpAddress> own;
  for (const auto& [address, state] : port.addresses) {
    if (address.family() == family) own.push_back(address);
  }
  for (const IpAddress& address : own) {
    if (auto removed = remove_address(index, address); !removed) return removed;
  }
  const auto of_family = [&](const IpAddress& address) { return address.family() == family; };
  for (std::size_t i = port.prefixes.size(); i-- > 0;) {
    if (of_family(port.prefixes[i].prefix)) forget_prefix(port, i);
  }
  std::vector<IpAddress> gone;
  for (const Router& router : routers) {
    if (router.interface == index && of_family(router.address)) gone.push_back(router.address);
  }
  for (const IpAddress& router : gone) drop_router(index, router, /*learned_only=*/false);
  std::vector<NeighborKey> proxied;
  for (const auto& [key, protocol] : proxies_) {
    if (key.interface == index && of_family(key.address)) proxied.push_back(key);
  }
  for (const NeighborKey& key : proxied) {
    if (auto removed = remove(key); !removed) return removed;
  }
  const auto prefixes = proxy_prefixes_;
  for (const ProxyPrefix& proxy : prefixes) {
    if (proxy.interface != index || !of_family(proxy.prefix)) continue;
    if (auto removed = remove_proxy_prefix(index, proxy.prefix, proxy.length); !removed) return removed;
  }
  if (!v4) {
    port.redirects.clear();
    agenda_.cancel(port.soliciting);
    agenda_.cancel(port.reporting);
    while (!port.groups.empty()) leave(port, port.groups.begin()->first);
  }
  (v4 ? port.config.ipv4 : port.config.ipv6) = false;
  return {};
}

Result<void> Engine::Core::set_up(InterfaceIndex index, bool up) {
  auto found = port_of(index);
  if (!found) return std::move(found).error();
  Port& port = **found;
  if (port.config.up == up) return {};
  if (!up) {
    port.config.up = false;
    cache->interface_down(now_, index, steps_);
    run_steps(SendFailure::kInterfaceDown);
    for (auto& [address, own] : port.addresses) unassign(port, own);
    drop_learned(port);
    forget_pending(port);
    return {};
  }
  port.config.up = true;
  port.ipv6_disabled = false;
  port.sent_ipv6 = false;
  port.conflicts = 0;
  port.last_attempt.reset();
  link_ready(port);
  return {};
}

/// Whatever waits for this interface's sake, but for tasks that others hold the ids of.
void Engine::Core::forget_pending(Port& port) {
  agenda_.cancel(port.reporting);
  port.delayed_answers = 0;
  agenda_.cancel_if([&](const Task& task) {
    return task.interface == port.index() &&
           (task.kind == Task::Kind::kAnswer || task.kind == Task::Kind::kGroupChange);
  });
}

/// ACD-001, PRT-011: the host is connected to a link, perhaps another than before.
void Engine::Core::link_ready(Port& port) {
  if (!port.active()) return;
  begin_verifications(port, Family::kIpv4);
  begin_verifications(port, Family::kIpv6);
  start_router_solicits(port);
}

Result<void> Engine::Core::set_running(InterfaceIndex index, bool running) {
  auto found = port_of(index);
  if (!found) return std::move(found).error();
  Port& port = **found;
  if (port.config.running == running) return {};
  port.config.running = running;
  if (!port.config.up) return {};
  if (!running) {
    cache->carrier_lost(now_, index, steps_);
    run_steps(SendFailure::kInterfaceDown);
    for (auto& [address, own] : port.addresses) cancel_tasks(port, own);
    agenda_.cancel(port.soliciting);
    forget_pending(port);
    return {};
  }
  // ACD-001: IPv4 addresses are probed again. PRT-011: IPv6 ones only if they were tentative.
  for (auto& [address, own] : port.addresses) {
    const bool probe = address.is_v4() ? port.settings().conflict_detection : own.verifying();
    const bool here = port.runs(address.family()) && own.state != AddressChanged::Kind::kDuplicate;
    if (here && (probe || !own.assigned())) begin_verification(port, own);
  }
  report_all_groups(port);
  start_router_solicits(port);
  announce_change(port, Announced::kCarrier);
  return {};
}

Result<void> Engine::Core::set_mtu(InterfaceIndex index, std::uint32_t mtu) {
  auto found = port_of(index);
  if (!found) return std::move(found).error();
  if (mtu < kLeastMtu4 || mtu > kLargestMtu) return invalid("mtu", std::to_string(mtu));
  (*found)->config.mtu = mtu;
  (*found)->policy.mtu = mtu;
  return {};
}

Result<void> Engine::Core::set_link_address(InterfaceIndex index, const LinkAddress& address) {
  auto found = port_of(index);
  if (!found) return std::move(found).error();
  Port& port = **found;
  if (address.size() != port.config.link_address.size()) {
    return invalid("link_address", std::to_string(address.size()) + " bytes; the interface has " +
                                       std::to_string(port.config.link_address.size()));
  }
  if (address == port.config.link_address) return {};
  if (address.is_zero() || address.is_group()) return invalid("link_address", address.to_string());
  cache->interface_down(now_, index, steps_);  // ARP-116
  run_steps(SendFailure::kEntryRemoved);
  port.config.link_address = address;
  announce_change(port, Announced::kLinkAddress);
  return {};
}

}  // namespace neigh::engine
