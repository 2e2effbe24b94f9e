// SPDX-License-Identifier: Apache-2.0
// From received bytes to the handler of their protocol; what passes the filter of the interface (PRT-001).
#include <algorithm>
#include <variant>

#include "engine/core.hpp"
#include "wire/multicast.hpp"
#include "wire/numbers.hpp"

namespace neigh::engine {

namespace {

constexpr std::uint8_t kProtocolIgmp = 2;

void count(Port& port, const wire::Drop& drop) { ++port.counters.malformed[static_cast<std::size_t>(drop.reason)]; }

}  // namespace

bool Engine::Core::passes_filter(Port& port, const LinkAddress& destination) const {
  if (destination == port.config.link_address || destination == wire::kEtherBroadcast) return true;
  if (!destination.is_group()) {
    port.drop(Reason::kNotForUs);  // ARP-028
    return false;
  }
  // 01:00:5e, low 23 bits of 224.0.0.1: every host is in that group (RFC 1112 4).
  if (destination == wire::ether_group(IpAddress::v4(224, 0, 0, 1)) && port.runs(Family::kIpv4)) return true;
  const auto bytes = destination.bytes();
  const bool solicited_node = bytes[0] == 0x33 && bytes[1] == 0x33 && bytes[2] == 0xff;
  if (port.link_groups.contains(destination) || (port.all_groups > 0 && solicited_node)) return true;
  port.drop(Reason::kGroupNotJoined);
  return false;
}

bool Engine::Core::is_any_link_address_of_ours(const LinkAddress& address) const {
  return std::any_of(ports.begin(), ports.end(),
                     [&](const auto& item) { return item.second.config.link_address == address; });
}

void Engine::Core::frame(InterfaceIndex index, std::span<const std::uint8_t> bytes) {
  Port* port = find_port(index);
  if (port == nullptr) return;
  if (!port->ethernet) {
    // A link without addresses carries bare IP packets.
    if (bytes.empty() || port->has_link_addresses()) return count(*port, wire::drop(wire::DropReason::kFrameShort, 0));
    const bool v6 = bytes[0] >> 4U == 6;
    return payload(index, v6 ? wire::kEtherTypeIpv6 : wire::kEtherTypeIpv4, {}, true, bytes);
  }
  ++port->counters.frames_in;
  port->counters.bytes_in += bytes.size();
  if (!port->active()) return port->drop(Reason::kInterfaceDown);
  const auto ether = wire::parse_ethernet(ByteView{bytes}, port->policy);
  if (!ether) return count(*port, ether.error());
  if (ether->ether_type == wire::kEtherTypeArp) {  // as below, without copies of what is in the frame
    const auto arp = wire::parse_arp(ether->payload, port->policy);
    if (!arp) return count(*port, arp.error());
    if (!passes_filter(*port, ether->header.destination)) return;
    if (!port->runs(Family::kIpv4)) return port->drop(Reason::kFamilyDisabled);
    return arp_input(*port, ether->header, ether->header.destination == port->config.link_address, *arp);
  }
  const auto parsed = wire::parse_content(*ether, port->policy);
  if (!parsed) return count(*port, parsed.error());
  if (!passes_filter(*port, ether->header.destination)) return;
  content(*port, ether->header, ether->header.destination == port->config.link_address, *parsed);
}

void Engine::Core::payload(InterfaceIndex index, std::uint16_t ether_type, const LinkAddress& source, bool link_unicast,
                           std::span<const std::uint8_t> bytes) {
  Port* port = find_port(index);
  if (port == nullptr) return;
  ++port->counters.frames_in;
  port->counters.bytes_in += bytes.size();
  if (!port->active()) return port->drop(Reason::kInterfaceDown);
  if (bytes.size() > port->config.mtu) return count(*port, wire::drop(wire::DropReason::kFrameTooLong, 0));
  const auto handle = [&](const auto& parsed) {
    if (!parsed) return count(*port, parsed.error());
    const wire::EthernetHeader header{.destination = link_unicast ? port->config.link_address : LinkAddress{},
                                      .source = source};
    content(*port, header, link_unicast, wire::FrameContent{*parsed});
  };
  const ByteView view{bytes};
  if (ether_type == wire::kEtherTypeArp) return handle(wire::parse_arp(view, port->policy));
  if (ether_type == wire::kEtherTypeIpv4) return handle(wire::parse_ip4(view));
  if (ether_type != wire::kEtherTypeIpv6) return count(*port, wire::drop(wire::DropReason::kFrameEtherType, 0));
  const auto packet = wire::parse_ip6(view);
  if (packet && wire::is_nd(*packet)) return handle(wire::parse_nd(*packet, port->policy));
  if (packet && wire::is_mld_query(*packet)) return handle(wire::parse_mld_query(*packet));
  handle(packet);
}

void Engine::Core::content(Port& port, const wire::EthernetHeader& header, bool link_unicast,
                           const wire::FrameContent& content) {
  const bool v4 = std::holds_alternative<wire::ArpPacket>(content) || std::holds_alternative<wire::Ip4Packet>(content);
  if (!port.runs(v4 ? Family::kIpv4 : Family::kIpv6)) return port.drop(Reason::kFamilyDisabled);
  if (const auto* arp = std::get_if<wire::ArpPacket>(&content)) return arp_input(port, header, link_unicast, *arp);
  if (const auto* nd = std::get_if<wire::NdPacket>(&content)) return nd_input(port, header, link_unicast, *nd);
  // ARP-046: a frame from our own link-layer address is a loop. ARP and ND look for themselves, as DAD must see loops.
  const bool loop = !port.settings().accept_any_link_address && port.has_link_addresses() &&
                    header.source == port.config.link_address;
  if (loop) return port.drop(Reason::kOwnLinkSource);
  if (const auto* query = std::get_if<wire::MldQuery>(&content)) return mld_query(port, *query);
  if (const auto* ip4 = std::get_if<wire::Ip4Packet>(&content)) return ip4_input(port, link_unicast, *ip4);
  if (const auto* ip6 = std::get_if<wire::Ip6Packet>(&content)) ip6_input(port, link_unicast, *ip6);
}

void Engine::Core::deliver(Port& port, Family family, bool link_unicast, ByteView packet) {
  out_->push(DeliverPacket{
      .interface = port.index(), .family = family, .link_unicast = link_unicast, .bytes = out_->store(packet.span())});
  ++port.counters.packets_delivered;
}

/// RFC 1122 3.2.1.3: another node can have sent it. The parser has refused 127/8, groups and 255.255.255.255.
bool Engine::Core::is_source_of_others(const Port& port, const wire::Ip4Packet& packet) const {
  const IpAddress& source = packet.source;
  const bool own =
      std::any_of(ports.begin(), ports.end(), [&](const auto& item) { return item.second.has_assigned(source); });
  if (own) return false;
  if (source.is_unspecified()) {  // a host that has no address yet: DHCP, IGMP
    const auto to = packet.destination.bytes();
    const bool local_group = to[0] == 224 && to[1] == 0 && to[2] == 0;
    return packet.destination.is_limited_broadcast() || local_group ||
           (packet.destination.is_multicast() && packet.protocol == kProtocolIgmp);
  }
  if (!port.settings().strict_ip4_input) return true;
  const std::uint8_t first = source.bytes()[0];
  return first != 0 && first < 240 && !is_broadcast_of(port, source) && !is_subnet_zero_of(port, source);
}

void Engine::Core::ip4_input(Port& port, bool link_unicast, const wire::Ip4Packet& packet) {
  const Address* own = port.find(packet.destination);
  if (own != nullptr && !own->assigned()) return port.drop(Reason::kNdTentativeDestination);  // ACD-011
  const bool ours = own != nullptr || packet.destination.is_limited_broadcast() || packet.destination.is_multicast() ||
                    is_broadcast_of(port, packet.destination);
  if (!ours) return port.drop(Reason::kIpNotForUs);
  if (!is_source_of_others(port, packet)) return port.drop(Reason::kIp4ForbiddenSource);
  const bool for_us_alone = own != nullptr && !is_broadcast_of(port, packet.destination);
  if (for_us_alone && !link_unicast && port.settings().strict_ip4_input) {
    return port.drop(Reason::kIp4UnicastInGroupFrame);
  }
  deliver(port, Family::kIpv4, link_unicast, packet.whole);
}

void Engine::Core::ip6_input(Port& port, bool link_unicast, const wire::Ip6Packet& packet) {
  const Address* own = port.find(packet.destination);
  if (own != nullptr && !own->assigned()) return port.drop(Reason::kNdTentativeDestination);  // DAD-006
  if (!is_ours6(port, packet.destination)) return port.drop(Reason::kIpNotForUs);
  deliver(port, Family::kIpv6, link_unicast, packet.whole);
}

/// An assigned address or a group of the interface (NDF-023).
bool Engine::Core::is_ours6(const Port& port, const IpAddress& destination) const {
  if (!destination.is_multicast()) return port.has_assigned(destination);
  if (destination == wire::kIp6AllNodes || port.groups.contains(destination)) return true;
  return port.all_groups > 0 && wire::is_solicited_node(destination);
}

}  // namespace neigh::engine
