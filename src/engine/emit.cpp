// SPDX-License-Identifier: Apache-2.0
// From messages to SendFrame effects, and whose address they come from.
#include <algorithm>

#include "engine/core.hpp"
#include "wire/multicast.hpp"
#include "wire/numbers.hpp"

namespace neigh::engine {

namespace {

// Stands in for the header that a link of another kind makes itself.
constexpr LinkAddress kNoEther = LinkAddress::ether({});

// ICMPv6 over IPv6 headers, options and an Ethernet header fit; the MTU is checked where a message may be long.
constexpr std::size_t kLongestControlFrame = 512;

}  // namespace

LinkAddress Engine::Core::group_link(const Port& port, const IpAddress& group) const {
  return port.ethernet ? wire::ether_group(group) : LinkAddress{};
}

std::optional<LinkAddress> Engine::Core::mapped_link(const Port& port, const IpAddress& address) const {
  if (port.has_assigned(address)) return port.config.link_address;
  if (is_broadcast_of(port, address)) return broadcast_link(port);
  return std::nullopt;
}

wire::EthernetView Engine::Core::header_to(const Port& port, const LinkAddress& destination) const {
  if (!port.ethernet) return {.destination = kNoEther, .source = kNoEther};
  return {.destination = destination, .source = port.config.link_address, .tag = port.config.vlan};
}

void Engine::Core::emit_written(Port& port, const LinkAddress& destination, std::uint16_t ether_type,
                                std::size_t size) {
  const Slice bytes = out_->keep(port.ethernet ? 0 : wire::kEthernetHeaderSize, size);
  SendFrame& frame = out_->push<SendFrame>();
  frame.interface = port.index();
  frame.destination = destination;
  frame.ether_type = ether_type;
  frame.bytes = bytes;
  ++port.counters.frames_out;
  port.counters.bytes_out += bytes.size;
  if (ether_type == wire::kEtherTypeIpv6) port.sent_ipv6 = true;
}

void Engine::Core::emit_arp(Port& port, const LinkAddress& destination, const wire::ArpView& packet) {
  if (!port.active() || !port.runs(Family::kIpv4)) return;
  wire::FrameWriter out{out_->room(kLongestControlFrame)};
  if (const auto size = wire::emit_arp_frame(header_to(port, destination), packet, out, port.policy)) {
    emit_written(port, destination, wire::kEtherTypeArp, *size);
  }
}

void Engine::Core::emit_nd(Port& port, const LinkAddress& destination, const wire::NdPacket& packet) {
  if (!port.active() || !port.runs(Family::kIpv6)) return;
  wire::FrameWriter out{out_->room(kLongestControlFrame)};
  if (const auto size = wire::emit_nd_frame(header_to(port, destination), packet, out, port.policy)) {
    emit_written(port, destination, wire::kEtherTypeIpv6, *size);
  }
}

void Engine::Core::emit_nd_resolved(Port& port, const IpAddress& next_hop, const wire::NdPacket& packet) {
  if (!port.active() || !port.runs(Family::kIpv6)) return;
  std::array<std::uint8_t, kLongestControlFrame> buffer{};
  wire::FrameWriter out{buffer};
  const auto size = wire::emit_nd_frame({.destination = kNoEther, .source = kNoEther}, packet, out, port.policy);
  if (!size) return;
  const auto ip = std::span(buffer).subspan(wire::kEthernetHeaderSize, *size - wire::kEthernetHeaderSize);
  send_to_neighbor(port, next_hop, ip, 0, /*ours=*/true);
}

void Engine::Core::emit_ip(Port& port, const LinkAddress& destination, std::span<const std::uint8_t> packet) {
  if (!port.active()) return;
  const std::uint16_t type = packet[0] >> 4U == 4 ? wire::kEtherTypeIpv4 : wire::kEtherTypeIpv6;
  wire::FrameWriter out{out_->room(wire::kEthernetHeaderSize + wire::kVlanTagSize + packet.size())};
  if (!wire::emit_ethernet(header_to(port, destination), type, out)) return;
  out.bytes(packet);
  emit_written(port, destination, type, out.size());
}

// ARP-080: tha is zero in every request of ours.
void Engine::Core::send_request4(Port& port, const LinkAddress& destination, const IpAddress& source,
                                 const IpAddress& target) {
  const std::vector<std::uint8_t> zero(port.config.link_address.size());
  const LinkAddress nobody = LinkAddress::from_bytes(zero).value_or(LinkAddress{});
  emit_arp(port, destination,
           {.operation = wire::ArpOperation::kRequest,
            .sender_link = port.config.link_address,
            .sender = source,
            .target_link = nobody,
            .target = target});
}

// NDR-004: with SLLAO, unless nobody may learn from it.
void Engine::Core::send_solicit(Port& port, const LinkAddress& link, const IpAddress& source,
                                const IpAddress& destination, const IpAddress& target) {
  wire::NeighborSolicit solicit{.target = target};
  if (port.has_link_addresses() && !source.is_unspecified()) solicit.source_link = port.config.link_address;
  emit_nd(port, link, {.source = source, .destination = destination, .message = solicit});
}

/// The own address that a request for `target` comes from (ARP-080, NDR-003); nothing: there is none to use.
std::optional<IpAddress> Engine::Core::source_for(const Port& port, const IpAddress& target,
                                                  const std::optional<IpAddress>& wish) const {
  // DAD-008, DAD-014, ACD-011: neither tentative nor optimistic; an anycast address is no source (RFC 4291 2.6).
  const auto usable = [&](const Address& own) { return own.preferred() && !own.config.anycast; };
  if (wish) {
    const Address* own = port.find(*wish);
    if (own != nullptr && wish->family() == target.family() && usable(*own)) return wish;
  }
  const IpAddress* best = nullptr;
  int best_score = -1;
  for (const auto& [address, own] : port.addresses) {
    if (address.family() != target.family() || !usable(own)) continue;
    int score = 0;
    if (address.is_v4()) {
      score = in_prefix(target, address, own.config.prefix_length) ? own.config.prefix_length + 1 : 0;
    } else if (address.is_link_local() == target.is_link_local()) {
      score = 1 + static_cast<int>(common_bits(address, target));  // RFC 6724 5, rules 2 and 8
    }
    if (score > best_score) {
      best = &address;
      best_score = score;
    }
  }
  return best == nullptr ? std::nullopt : std::optional(*best);
}

// NDR-003 forbids it to IPv6; ARP says nothing, and hosts with several addresses do it.
std::optional<IpAddress> Engine::Core::named_source_for(const Port& port, const IpAddress& target,
                                                        const std::optional<IpAddress>& named) const {
  const bool anywhere =
      named && named->is_v4() && target.is_v4() && std::any_of(ports.begin(), ports.end(), [&](const auto& item) {
        const Address* own = item.second.find(*named);
        return own != nullptr && own->preferred();
      });
  return anywhere ? named : source_for(port, target, named);
}

}  // namespace neigh::engine
