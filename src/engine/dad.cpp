// SPDX-License-Identifier: Apache-2.0
// IPv6 duplicate address detection (RFC 4862 5.4, RFC 4429, RFC 7527; parts 5.1 and 5.2 of the specification).
#include <algorithm>

#include "engine/core.hpp"
#include "wire/multicast.hpp"
#include "wire/numbers.hpp"

namespace neigh::engine {

namespace {

// A probe that comes back later than this many others is taken for a stranger's.
constexpr std::size_t kNoncesKept = 64;

}  // namespace

void Engine::Core::dad_begin(Port& port, Address& own) {
  own.state = own.config.optimistic ? AddressChanged::Kind::kOptimistic : AddressChanged::Kind::kTentative;
  own.sent = 0;
  own.wanted = port.settings().dup_addr_detect_transmits;
  own.looped = false;
  own.waiting_to_join = true;
  own.nonces.clear();
  tell(port, own, own.state);
  if (own.optimistic()) announce_new(port, own);  // GRD-001
  // DAD-004, DAD-014
  const bool wait = !port.sent_ipv6 && !own.optimistic();
  if (!wait) return dad_due(port, own);
  own.task = later(random_up_to(port.settings().max_rtr_solicitation_delay),
                   {.kind = Task::Kind::kVerify, .interface = port.index(), .address = own.config.address});
}

void Engine::Core::dad_due(Port& port, Address& own) {
  if (own.waiting_to_join) {
    own.waiting_to_join = false;
    report_group(port, wire::solicited_node(own.config.address), /*joined=*/true, /*repeat=*/true);
  }
  if (own.sent >= own.wanted) {
    if (!own.looped) return assign(port, own);
    // EDD-003
    const nud::NudSettings* settings = cache->settings(port.index(), Family::kIpv6);
    own.wanted = own.sent + (settings == nullptr ? 3 : settings->max_multicast_solicit);
  }
  dad_probe(port, own);
  own.task = later(retrans_timer(port),
                   {.kind = Task::Kind::kVerify, .interface = port.index(), .address = own.config.address});
}

// DAD-003, EDD-001
void Engine::Core::dad_probe(Port& port, Address& own) {
  own.looped = false;
  ++own.sent;
  wire::NeighborSolicit solicit{.target = own.config.address};
  Nonce nonce{};
  if (port.settings().enhanced_dad) {
    std::uint64_t bits = random_.next();
    for (std::uint8_t& byte : nonce) {
      byte = static_cast<std::uint8_t>(bits);
      bits >>= 8U;
    }
    if (own.nonces.size() >= kNoncesKept) own.nonces.erase(own.nonces.begin());
    own.nonces.push_back(nonce);
    solicit.nonce = nonce;
  }
  const IpAddress group = wire::solicited_node(own.config.address);
  emit_nd(port, group_link(port, group), {.source = wire::kIp6Unspecified, .destination = group, .message = solicit});
}

/// EDD-002: any nonce stored on the interface.
bool Engine::Core::is_nonce_of_ours(const Port& port, std::span<const std::uint8_t> nonce) const {
  if (nonce.empty()) return false;
  return std::any_of(port.addresses.begin(), port.addresses.end(), [&](const auto& item) {
    const std::vector<Nonce>& nonces = item.second.nonces;
    return std::any_of(nonces.begin(), nonces.end(), [&](const Nonce& own) { return std::ranges::equal(own, nonce); });
  });
}

void Engine::Core::dad_failed(Port& port, Address& own, const LinkAddress& other) {
  ++port.counters.conflicts;
  const bool from_hardware = own.config.address == link_local_from(port.config.link_address);
  if (own.optimistic()) tell(port, own, AddressChanged::Kind::kWithdrawing, other);
  reject(port, own, other);
  if (!from_hardware || !port.settings().disable_on_duplicate_link_local) return;
  // DAD-012: two nodes with one link-layer address; nothing of IPv6 can work here.
  for (auto& [address, each] : port.addresses) {
    if (address.is_v6()) unassign(port, each);
  }
  drop_learned(port);
  agenda_.cancel(port.reporting);
  port.ipv6_disabled = true;
}

}  // namespace neigh::engine
