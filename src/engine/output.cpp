// SPDX-License-Identifier: Apache-2.0
// Packets of ours, and what the cache wants done about neighbors.
#include <algorithm>
#include <utility>

#include "engine/core.hpp"
#include "wire/multicast.hpp"
#include "wire/numbers.hpp"

namespace neigh::engine {

namespace {

constexpr std::uint8_t kProtocolIcmp6 = wire::kNextHeaderIcmp6;
constexpr std::size_t kIp4HeaderSize = 20;

struct IpHeader {
  IpAddress source;
  IpAddress destination;
};

/// Only what forwarding needs: the packet is our caller's, and options and checksums are its own affair.
std::optional<IpHeader> read_header(std::span<const std::uint8_t> packet) {
  if (packet.empty()) return std::nullopt;
  const unsigned version = packet[0] >> 4U;
  if (version == 4) {
    if (packet.size() < kIp4HeaderSize || std::size_t{packet[0] & 0x0fU} * 4 < kIp4HeaderSize) return std::nullopt;
    const std::size_t total = std::size_t{packet[2]} << 8U | packet[3];
    if (total != packet.size()) return std::nullopt;
    return IpHeader{*IpAddress::from_bytes(packet.subspan(12, 4)), *IpAddress::from_bytes(packet.subspan(16, 4))};
  }
  if (version != 6 || packet.size() < wire::kIp6HeaderSize) return std::nullopt;
  const std::size_t payload = std::size_t{packet[4]} << 8U | packet[5];
  if (payload + wire::kIp6HeaderSize != packet.size()) return std::nullopt;
  return IpHeader{*IpAddress::from_bytes(packet.subspan(8, 16)), *IpAddress::from_bytes(packet.subspan(24, 16))};
}

bool is_one_node(const IpAddress& address) {
  return !address.is_unspecified() && !address.is_multicast() && !address.is_loopback() &&
         !address.is_limited_broadcast();
}

/// NDR-011: RFC 4443 2.4 (e) and RFC 1122 3.2.2. That a destination is a broadcast address of a link is not asked
/// here: such packets are never resolved.
bool error_allowed(std::span<const std::uint8_t> packet) {
  const auto header = read_header(packet);
  if (!header || !is_one_node(header->source) || header->destination.is_multicast() ||
      header->destination.is_limited_broadcast()) {
    return false;
  }
  if (header->source.is_v4()) {
    const bool later_fragment = ((std::size_t{packet[6]} << 8U | packet[7]) & 0x1fffU) != 0;
    if (later_fragment) return false;
    const std::size_t at = std::size_t{packet[9] == wire::kProtocolIcmp4 ? 1U : 0U} * (packet[0] & 0x0fU) * 4;
    if (at == 0) return true;
    // Errors: unreachable, quench, redirect, time exceeded, parameter problem.
    return at < packet.size() && packet[at] != 3 && packet[at] != 4 && packet[at] != 5 && packet[at] != 11 &&
           packet[at] != 12;
  }
  const auto parsed = wire::parse_ip6(ByteView{packet});
  if (!parsed || parsed->next_header != kProtocolIcmp6 || (parsed->fragment && parsed->fragment->offset != 0)) {
    return parsed.has_value();
  }
  if (parsed->payload.empty()) return false;
  const std::uint8_t type = parsed->payload.span()[0];
  return type >= 128 && type != static_cast<std::uint8_t>(wire::NdType::kRedirect);
}

SendFailure failure_of(nud::Refusal refusal) {
  switch (refusal) {
    case nud::Refusal::kHeldDown:
      return SendFailure::kUnreachable;
    case nud::Refusal::kNoInterface:
      return SendFailure::kInterfaceDown;
    case nud::Refusal::kNotResolvable:
      return SendFailure::kBadPacket;
    default:
      return SendFailure::kNoRoom;
  }
}

bool has_optimistic(const Port& port) {
  return std::any_of(port.addresses.begin(), port.addresses.end(), [](const auto& a) { return a.second.optimistic(); });
}

}  // namespace

SendOutcome Engine::Core::fail_packet(InterfaceIndex interface, const IpAddress& next_hop, SendFailure reason,
                                      std::span<const std::uint8_t> packet, std::uint64_t cookie) {
  const bool callers_fault = reason == SendFailure::kBadPacket || reason == SendFailure::kTooBig ||
                             reason == SendFailure::kForeignSource || reason == SendFailure::kNoSuchInterface;
  const bool may_report = reason != SendFailure::kQueueFull && !callers_fault;
  out_->push(PacketFailed{.interface = interface,
                          .next_hop = next_hop,
                          .reason = reason,
                          .error_allowed = may_report && error_allowed(packet),
                          .cookie = cookie,
                          .bytes = out_->store(packet)});
  if (Port* port = find_port(interface)) ++port->counters.packets_failed;
  return SendOutcome::kFailed;
}

std::optional<SendFailure> Engine::Core::bad_source(const NextHop& hop, const IpAddress& source) const {
  const bool group = hop.kind == NextHop::Kind::kGroup;
  if (source.is_unspecified()) {  // a host without an address yet: DHCP, MLD (RFC 1122 3.2.1.3 (a))
    return group ? std::nullopt : std::optional(SendFailure::kForeignSource);
  }
  if (source.is_loopback()) {
    return hop.kind == NextHop::Kind::kLocal ? std::nullopt : std::optional(SendFailure::kForeignSource);
  }
  const Port* out = find_port(hop.interface);
  bool tentative = false;
  for (const auto& [number, port] : ports) {
    const Address* own = port.find(source);
    // A link-local address names a node only together with its interface.
    if (own == nullptr || (source.is_v6() && source.is_link_local() && out != nullptr && out != &port)) continue;
    if (own->assigned()) return std::nullopt;
    tentative = true;
  }
  // DAD-006, ACD-011: nothing goes out from an address that is not ours yet.
  if (tentative) return SendFailure::kNoSource;
  // A router sends what others sent, but for what nobody can have sent.
  const bool of_a_node = is_one_node(source) && std::none_of(ports.begin(), ports.end(), [&](const auto& item) {
                           return is_broadcast_of(item.second, source) || is_subnet_zero_of(item.second, source);
                         });
  const bool forwards = out != nullptr && out->settings().forwarding;
  return forwards && of_a_node ? std::nullopt : std::optional(SendFailure::kForeignSource);
}

SendOutcome Engine::Core::send_packet(InterfaceIndex index, std::span<const std::uint8_t> packet,
                                      std::uint64_t cookie) {
  const auto header = read_header(packet);
  if (!header) return fail_packet(index, {}, SendFailure::kBadPacket, packet, cookie);
  const Port* asked = find_port(index);
  if (index != InterfaceIndex::kNone && asked == nullptr) {
    return fail_packet(index, {}, SendFailure::kNoSuchInterface, packet, cookie);
  }
  const Family family = header->destination.family();
  if (!has_family_stack(family) || (asked != nullptr && !asked->runs(family))) {
    return fail_packet(index, {}, SendFailure::kFamilyOff, packet, cookie);
  }
  const NextHop hop = next_hop(index, header->destination, /*advance=*/true);
  const auto fail = [&](SendFailure reason) {
    return fail_packet(hop.interface == InterfaceIndex::kNone ? index : hop.interface, hop.address, reason, packet,
                       cookie);
  };
  if (hop.kind == NextHop::Kind::kNone) {
    const bool down = asked != nullptr ? !asked->active() : is_behind_down_link(header->destination);
    return fail(down ? SendFailure::kInterfaceDown : SendFailure::kNoRoute);
  }
  if (const auto bad = bad_source(hop, header->source)) return fail(*bad);
  if (hop.kind == NextHop::Kind::kLocal) {
    out_->push(DeliverPacket{.interface = hop.interface,
                             .family = header->destination.family(),
                             .link_unicast = true,
                             .bytes = out_->store(packet)});
    if (Port* port = find_port(hop.interface)) ++port->counters.packets_delivered;
    return SendOutcome::kDelivered;
  }
  Port& port = *find_port(hop.interface);
  if (packet.size() > port.config.mtu) return fail(SendFailure::kTooBig);
  if (hop.kind == NextHop::Kind::kGroup) {
    emit_ip(port, hop.link_address, packet);
    return SendOutcome::kSent;
  }
  return send_to_neighbor(port, hop.address, packet, cookie, /*ours=*/false);
}

SendOutcome Engine::Core::send_to_neighbor(Port& port, const IpAddress& next_hop, std::span<const std::uint8_t> packet,
                                           std::uint64_t cookie, bool ours) {
  const auto fail = [&](SendFailure reason) {
    return ours ? SendOutcome::kFailed : fail_packet(port.index(), next_hop, reason, packet, cookie);
  };
  if (!port.active() || !port.runs(next_hop.family())) return fail(SendFailure::kInterfaceDown);
  const bool unknown = cache->find(port.index(), next_hop) == nud::kNoId;
  if (unknown && !port.config.no_arp && !source_for(port, next_hop, {})) {
    // ARP-081, NDR-003: who has nothing to ask from fails at once. From an optimistic address nobody is asked
    // (DAD-016): a router that is known takes the packet; without one it waits for the address.
    if (!next_hop.is_v6() || !has_optimistic(port)) return fail(SendFailure::kNoSource);
    const NextHop router = router_hop(port.index(), next_hop, /*advance=*/false);
    const bool known = router.kind == NextHop::Kind::kNeighbor && router.address != next_hop &&
                       cache->find(port.index(), router.address) != nud::kNoId;
    if (known) return send_to_neighbor(port, router.address, packet, cookie, ours);
  }
  const nud::Outgoing outgoing = cache->on_packet(now_, port.index(), next_hop, /*has_packet=*/true, steps_);
  switch (outgoing.verdict) {
    case nud::Outgoing::Verdict::kSend:
      run_steps();
      emit_ip(port, outgoing.link_address, packet);
      return SendOutcome::kSent;
    case nud::Outgoing::Verdict::kDrop:
      run_steps();
      return fail(failure_of(outgoing.refusal));
    case nud::Outgoing::Verdict::kQueue:
      break;
  }
  // Before the steps: the request takes its source from the packet that waits.
  std::vector<QueuedPacket> displaced;
  queue.push(outgoing.id,
             {.bytes = {packet.begin(), packet.end()},
              .cookie = cookie,
              .interface = port.index(),
              .next_hop = next_hop,
              .ours = ours},
             {.packets = port.settings().queue_packets, .bytes = port.settings().queue_bytes}, displaced);
  ++port.counters.packets_queued;
  run_steps();
  for (const QueuedPacket& lost : displaced) {
    if (!lost.ours) fail_packet(lost.interface, lost.next_hop, SendFailure::kQueueFull, lost.bytes, lost.cookie);
  }
  return SendOutcome::kQueued;
}

Result<std::optional<LinkAddress>> Engine::Core::resolve(const NeighborKey& key,
                                                         const std::optional<IpAddress>& source) {
  if (auto fit = check_neighbor_address(key.address); !fit) return std::move(fit).error();
  if (key.address.is_multicast()) {
    return Error{.code = Errc::kInvalidArgument, .field = "address", .detail = "nobody resolves a multicast address"};
  }
  auto port = port_of(key.interface, key.address);
  if (!port) return std::move(port).error();
  if (!(*port)->active()) {
    return Error{.code = Errc::kUnreachable, .field = "interface", .detail = (*port)->config.name + " is down"};
  }
  if (const auto mapped = mapped_link(**port, key.address)) return std::optional(*mapped);
  const nud::EntryId known = cache->find(key.interface, key.address);
  if (known == nud::kNoId && !(*port)->config.no_arp && !source_for(**port, key.address, {}) &&
      !(key.address.is_v6() && has_optimistic(**port))) {
    return Error{.code = Errc::kUnreachable, .field = "source", .detail = "no own address to ask from"};
  }
  const nud::Outgoing outgoing = cache->on_packet(now_, key.interface, key.address, /*has_packet=*/false, steps_);
  if (outgoing.verdict == nud::Outgoing::Verdict::kQueue && source) queue.prefer_source(outgoing.id, *source);
  run_steps();
  if (outgoing.verdict == nud::Outgoing::Verdict::kSend) return std::optional(outgoing.link_address);
  if (outgoing.verdict == nud::Outgoing::Verdict::kQueue) return std::optional<LinkAddress>{};
  switch (outgoing.refusal) {
    case nud::Refusal::kHeldDown:
      return Error{.code = Errc::kUnreachable, .detail = "it failed to answer a moment ago"};
    case nud::Refusal::kNotResolvable:
      return Error{.code = Errc::kInvalidArgument, .field = "address", .detail = key.address.to_string()};
    default:
      return Error{.code = Errc::kTableFull, .detail = std::string(to_string(outgoing.refusal))};
  }
}

void Engine::Core::advise(InterfaceIndex index, const IpAddress& destination, bool good) {
  // NUD-001: progress beyond the link confirms the first hop.
  const NextHop hop = next_hop(index, destination, /*advance=*/false);
  if (hop.kind != NextHop::Kind::kNeighbor) return;
  if (good) {
    cache->on_confirm(now_, hop.interface, hop.address, steps_);
  } else {
    cache->on_delivery_problem(now_, hop.interface, hop.address, steps_);
  }
  run_steps();
}

// --- What the cache wants done ---

void Engine::Core::perform_steps(SendFailure removal) {
  nud::Steps steps;
  steps.swap(steps_);
  // Why a queue fails stands in the change before it: a resolution without answer, or an entry that was removed.
  SendFailure reason = removal;
  for (const nud::Step& step : steps) {
    if (step.kind == nud::Step::Kind::kChanged) reason = step.to ? SendFailure::kUnreachable : removal;
    perform(step, reason);
  }
  steps.clear();
  if (steps_.empty()) steps_.swap(steps);  // keeps the memory
}

void Engine::Core::perform(const nud::Step& step, SendFailure reason) {
  switch (step.kind) {
    case nud::Step::Kind::kChanged: {
      NeighborChanged change{.kind = NeighborChanged::Kind::kChanged,
                             .neighbor = {.address = step.address,
                                          .interface = step.interface,
                                          .link_address = step.link_address,
                                          .state = step.to.value_or(step.from.value_or(NudState::kNone))}};
      if (cache->find(step.interface, step.address) == step.id) {
        const Neighbor there = cache->describe(now_, step.id);
        change.neighbor.flags = there.flags;
        change.neighbor.protocol = there.protocol;
        change.neighbor.confirmed_age = there.confirmed_age;
      }
      std::uint32_t& entries = step.address.is_v4() ? entries4_ : entries6_;
      if (!step.from) {
        change.kind = NeighborChanged::Kind::kAdded;
        ++entries;
      } else {
        change.previous = *step.from;
      }
      if (!step.to) {
        change.kind = NeighborChanged::Kind::kRemoved;
        change.removal = reason;
        --entries;
      }
      change.resolution_ended = step.from == NudState::kIncomplete && step.to != NudState::kIncomplete;
      // NUD-009: who does not answer is no longer the way to where a Redirect sent us.
      if (step.to == NudState::kFailed || step.to == NudState::kUnreachable) {
        if (Port* port = find_port(step.interface)) port->redirects.forget_target(step.address);
      }
      out_->push(change);
      break;
    }
    case nud::Step::Kind::kRouterLost:
      // ISR-007, NAR-010: also where it is only the target of a Redirect.
      if (Port* port = find_port(step.interface)) port->redirects.forget_target(step.address);
      drop_router(step.interface, step.address, /*learned_only=*/true);
      break;
    case nud::Step::Kind::kQueueReleased:
      release(step);
      break;
    case nud::Step::Kind::kQueueFailed:
      fail_queue(step.id, reason);
      break;
    case nud::Step::Kind::kMulticastProbe:
      probe(step, /*unicast=*/false);
      break;
    case nud::Step::Kind::kUnicastProbe:
      probe(step, /*unicast=*/true);
      break;
  }
}

void Engine::Core::release(const nud::Step& step) {
  Port* port = find_port(step.interface);
  for (const QueuedPacket& packet : queue.take(step.id)) {
    if (port != nullptr) emit_ip(*port, step.link_address, packet.bytes);
  }
}

void Engine::Core::fail_queue(nud::EntryId id, SendFailure reason) {
  for (const QueuedPacket& packet : queue.take(id)) {
    if (!packet.ours) fail_packet(packet.interface, packet.next_hop, reason, packet.bytes, packet.cookie);
  }
}

void Engine::Core::probe(const nud::Step& step, bool unicast) {
  Port* port = find_port(step.interface);
  // The address may have become ours, or the broadcast address of ours, after the entry was made.
  if (port == nullptr || mapped_link(*port, step.address)) return;
  const auto named = queue.preferred_source(step.id);
  const auto source =
      named ? named_source_for(*port, step.address, named) : source_for(*port, step.address, queue.source(step.id));
  if (!source) return;  // DAD-016: an address of ours may be ready for the next request
  if (step.address.is_v4()) {
    // ACD-050: whatever comes from a link-local address goes to everybody.
    const bool alone = unicast && !source->is_link_local();
    send_request4(*port, alone ? step.link_address : broadcast_link(*port), *source, step.address);
  } else if (unicast) {
    send_solicit(*port, step.link_address, *source, step.address, step.address);
  } else {
    const IpAddress group = wire::solicited_node(step.address);
    send_solicit(*port, group_link(*port, group), *source, group, step.address);
  }
}

}  // namespace neigh::engine
