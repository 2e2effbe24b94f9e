// SPDX-License-Identifier: Apache-2.0
// Own addresses: added, verified (acd.cpp, dad.cpp), assigned, rejected, removed.
#include <algorithm>
#include <utility>

#include "engine/core.hpp"
#include "wire/multicast.hpp"

namespace neigh::engine {

namespace {

Error invalid(std::string_view field, std::string detail) {
  return {.code = Errc::kInvalidArgument, .field = field, .detail = std::move(detail)};
}

Result<void> check(const AddressConfig& config, const Port& port) {
  const IpAddress& address = config.address;
  const bool loopback_here = address.is_loopback() && port.config.type == InterfaceType::kLoopback;
  if (auto fit = check_neighbor_address(address); !fit && !loopback_here) return fit;
  if (address.is_multicast()) return invalid("address", "a host has no multicast address");
  if (config.prefix_length > address.size() * 8) return invalid("prefix_length", std::to_string(config.prefix_length));
  if (address.is_v6()) return {};
  const std::uint8_t first = address.bytes()[0];
  if (first == 0)
    return invalid("address", address.to_string() + " is of 0.0.0.0/8, which names this host and no other");
  if (first >= 240) return invalid("address", address.to_string() + " is of 240.0.0.0/4, which is reserved");
  if (config.anycast) return invalid("anycast", "IPv6 only");
  if (config.optimistic) return invalid("optimistic", "IPv6 only");
  if (is_subnet_broadcast(address, address, config.prefix_length)) {
    return invalid("address", "the broadcast address of its subnet");
  }
  if (is_subnet_zero(address, address, config.prefix_length)) {
    return invalid("address", "the network address of its subnet");
  }
  const std::uint8_t third = address.bytes()[2];
  if (address.is_link_local() && (third == 0 || third == 255)) {
    return invalid("address", "the first and the last 256 addresses of 169.254/16 are reserved");  // ACD-050
  }
  return {};
}

}  // namespace

std::optional<IpAddress> link_local_from(const LinkAddress& address) {
  const auto b = address.bytes();
  if (b.size() != 6) return std::nullopt;
  const auto flipped = static_cast<std::uint8_t>(b[0] ^ 2U);
  return IpAddress::v6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, flipped, b[1], b[2], 0xff, 0xfe, b[3], b[4], b[5]});
}

void Engine::Core::tell(const Port& port, const Address& own, AddressChanged::Kind kind, const LinkAddress& other) {
  out_->push(AddressChanged{.kind = kind, .interface = port.index(), .address = own.config.address, .other = other});
}

void Engine::Core::cancel_tasks(Port& /*port*/, Address& own) {
  agenda_.cancel(own.task);
  agenda_.cancel(own.announcing);  // ACD-042
  agenda_.cancel(own.link_announcing);
}

Result<void> Engine::Core::add_address(InterfaceIndex index, const AddressConfig& config_of) {
  if (config_of.address.family() == Family::kUnspecified) return invalid("address", "no address given");
  auto found = port_of(index, config_of.address);
  if (!found) return std::move(found).error();
  Port& port = **found;
  if (auto fit = check(config_of, port); !fit) return fit;
  if (port.find(config_of.address) != nullptr) return Error{.code = Errc::kAlreadyExists, .field = "address"};
  if (port.addresses.size() >= config.limits.max_addresses) {
    return Error{.code = Errc::kTableFull,
                 .detail = "an interface has " + std::to_string(config.limits.max_addresses) +
                           " addresses at most, its link-local one included"};
  }
  const bool first6 = config_of.address.is_v6() && std::none_of(port.addresses.begin(), port.addresses.end(),
                                                                [](const auto& item) { return item.first.is_v6(); });
  Address& own = port.addresses.emplace(config_of.address, Address{.config = config_of}).first->second;
  // DAD-002, DAD-004: heard from now on; the report may wait.
  if (config_of.address.is_v6()) join(port, wire::solicited_node(config_of.address), /*report=*/false);
  if (port.active()) begin_verification(port, own);
  if (first6) start_router_solicits(port);
  return {};
}

Result<void> Engine::Core::remove_address(InterfaceIndex index, const IpAddress& address) {
  if (address.family() == Family::kUnspecified) return invalid("address", "no address given");
  auto found = port_of(index, address);
  if (!found) return std::move(found).error();
  Port& port = **found;
  Address* own = port.find(address);
  if (own == nullptr) return Error{.code = Errc::kNotFound, .field = "address"};
  cancel_tasks(port, *own);
  const bool listens = address.is_v6() && own->state != AddressChanged::Kind::kDuplicate;
  tell(port, *own, AddressChanged::Kind::kRemoved);
  port.addresses.erase(address);
  if (listens) leave(port, wire::solicited_node(address));
  return {};
}

/// The interface is active. Where nobody can have the same address, or the caller knows, it is assigned at once.
void Engine::Core::begin_verification(Port& port, Address& own) {
  cancel_tasks(port, own);
  const InterfaceSettings& settings = port.settings();
  const bool v4 = own.config.address.is_v4();
  const bool resolves = port.has_link_addresses() && !port.config.no_arp;
  const bool wanted = own.config.verify && resolves &&
                      (v4 ? settings.conflict_detection : settings.dup_addr_detect_transmits > 0) &&
                      !own.config.anycast;  // DAD-001
  if (!wanted) {
    if (!v4) report_group(port, wire::solicited_node(own.config.address), /*joined=*/true, /*repeat=*/true);
    return assign(port, own);
  }
  if (v4) {
    acd_begin(port, own);
  } else {
    dad_begin(port, own);
  }
}

void Engine::Core::begin_verifications(Port& port, Family family) {
  for (auto& [address, own] : port.addresses) {
    if (address.family() != family || !port.active() || !port.runs(family)) continue;
    if (own.state == AddressChanged::Kind::kDuplicate && address.is_v6()) {
      join(port, wire::solicited_node(address), /*report=*/false);  // left when it was found to be taken
    }
    begin_verification(port, own);
  }
}

void Engine::Core::verification_due(Port& port, Address& own) {
  own.task = {};
  if (own.config.address.is_v4()) {
    acd_due(port, own);
  } else {
    dad_due(port, own);
  }
}

void Engine::Core::assign(Port& port, Address& own) {
  const bool was_optimistic = own.optimistic();
  own.state = AddressChanged::Kind::kPreferred;
  own.last_defense.reset();
  // The nonces stay: a probe of ours may come back late.
  tell(port, own, AddressChanged::Kind::kPreferred);
  if (!was_optimistic) announce_new(port, own);
  // RFC 3590 4: until now the groups were reported from ::, which switches may ignore.
  const bool first_source = own.config.address.is_v6() && own.config.address.is_link_local() && own.config.verify &&
                            port.settings().dup_addr_detect_transmits > 0;
  if (first_source) report_all_groups(port);
}

/// Another node has it: it stays listed, and is nobody's here.
void Engine::Core::reject(Port& port, Address& own, const LinkAddress& other) {
  cancel_tasks(port, own);
  own.state = AddressChanged::Kind::kDuplicate;
  own.nonces.clear();
  tell(port, own, AddressChanged::Kind::kDuplicate, other);
  if (own.config.address.is_v6()) leave(port, wire::solicited_node(own.config.address));
}

/// Back to the state before verification, because the link is gone.
void Engine::Core::unassign(Port& port, Address& own) {
  cancel_tasks(port, own);
  if (own.state == AddressChanged::Kind::kDuplicate || own.state == AddressChanged::Kind::kTentative) return;
  own.state = AddressChanged::Kind::kTentative;
  tell(port, own, AddressChanged::Kind::kTentative);
}

}  // namespace neigh::engine
