// SPDX-License-Identifier: Apache-2.0
// Received ARP (parts 1.2, 1.3 and 1.6 of the specification): conflicts first, then learning, then the answer.
#include <algorithm>

#include "engine/core.hpp"

namespace neigh::engine {

void Engine::Core::arp_input(Port& port, const wire::EthernetHeader& header, bool link_unicast,
                             const wire::ArpPacket& packet) {
  const bool gratuitous = packet.is_gratuitous();
  const bool answers = packet.operation == wire::ArpOperation::kReply || gratuitous;
  if (answers && !is_any_link_address_of_ours(packet.sender_link)) {
    ask_answered(port, packet.sender, packet.sender_link, /*is_router=*/false);
  }
  if (arp_conflict(port, packet)) return;
  if (!port.settings().accept_any_link_address && port.has_link_addresses()) {
    // ARP-045, ARP-061, ACD-051 before ARP-046: the reason that says more is counted.
    if (packet.sender_link == port.config.link_address) return port.drop(Reason::kArpOwnSenderLink);
    if (header.source == port.config.link_address) return port.drop(Reason::kOwnLinkSource);
  }
  const SubnetPlace subnets = place_in_subnets(port, packet.sender);
  // ARP-052: no node has such an address.
  if (!port.settings().learn_any_sender && subnets.broadcast) return port.drop(Reason::kArpBroadcastSender);
  const Address* target = port.find(packet.target);
  const Claim claim = arp_claim(port, packet.target, target);
  const nud::Place sender = cache->locate(port.index(), packet.sender);
  const Standing standing = standing_of(sender.id);
  // ARP-020 (6) to (8) come before (9) and (10); nothing is learned from a probe (ARP-049, ACD-009).
  if (!packet.is_probe()) arp_learn(port, packet, link_unicast, claim, subnets, sender);
  if (answers) return;
  if (target != nullptr && !target->assigned()) return port.drop(Reason::kArpTentativeTarget);  // ARP-032
  if (claim == Claim::kNone) return port.drop(Reason::kArpNotOurTarget);                        // ARP-055
  answer(port, claim,
         {.target = packet.target,
          .peer = packet.sender,
          .peer_link = packet.sender_link,
          .frame_source = header.source,
          .link_unicast = link_unicast,
          .standing = standing});
}

/// ARP-033: the strong model unless set otherwise.
Engine::Core::Claim Engine::Core::arp_claim(const Port& port, const IpAddress& target, const Address* own) const {
  if (own != nullptr && own->assigned()) return Claim::kOwn;
  if (port.settings().answer_for_other_interfaces) {
    const bool somewhere =
        std::any_of(ports.begin(), ports.end(), [&](const auto& item) { return item.second.has_assigned(target); });
    if (somewhere) return Claim::kOwn;
  }
  // ARP-055: nobody has these addresses, and so nobody stands in for them.
  const SubnetPlace subnets = place_in_subnets(port, target);
  const bool of_a_host = !subnets.broadcast && !subnets.zero;
  return of_a_host && is_proxied(port.index(), target) ? Claim::kProxy : Claim::kNone;
}

/// Packets that speak of an address of ours as somebody else's (ACD-005 to ACD-008, ACD-045, ARP-048, ARP-134).
/// @return true: there is nothing more to do with the packet.
bool Engine::Core::arp_conflict(Port& port, const wire::ArpPacket& packet) {
  if (packet.is_probe()) {
    Address* own = port.find(packet.target);
    if (own == nullptr || own->state != AddressChanged::Kind::kTentative) return false;
    if (is_any_link_address_of_ours(packet.sender_link)) return false;  // ACD-007
    acd_conflict(port, *own, packet.sender_link);                       // ACD-006
    return true;
  }
  Address* own = port.find(packet.sender);
  if (own == nullptr || own->state == AddressChanged::Kind::kDuplicate) return false;
  if (own->assigned()) {
    if (is_any_link_address_of_ours(packet.sender_link)) {  // ACD-051
      port.drop(Reason::kArpOwnSenderLink);
      return true;
    }
    port.drop(Reason::kArpConflict);
    acd_conflict(port, *own, packet.sender_link);
    return true;
  }
  // ACD-007: a late echo of an announcement of ours has exactly this content.
  const bool echo = packet.sender_link == port.config.link_address && packet.is_gratuitous() &&
                    packet.operation == wire::ArpOperation::kRequest && packet.target_link.is_zero();
  if (echo) {
    port.drop(Reason::kArpOwnSenderLink);
    return true;
  }
  port.drop(Reason::kArpConflict);
  acd_conflict(port, *own, packet.sender_link);  // ACD-005
  return true;
}

void Engine::Core::arp_learn(Port& port, const wire::ArpPacket& packet, bool link_unicast, Claim claim,
                             const SubnetPlace& subnets, const nud::Place& sender) {
  const InterfaceSettings& settings = port.settings();
  if (!settings.learn_any_sender && (subnets.zero || !packet.learnable())) return port.drop(Reason::kArpNotLearned);
  // ARP-054: an entry that is there for a reason follows its neighbor; none is made.
  if (!settings.learn_off_subnet && sender.id == nud::kNoId && !subnets.on_link && !is_on_link(port, packet.sender)) {
    return port.drop(Reason::kArpNotLearned);
  }
  nud::Message message = claim == Claim::kNone ? nud::Message::kArpRequestForOther : nud::Message::kArpRequest;
  if (packet.is_gratuitous()) {
    message = nud::Message::kArpGratuitous;  // ARP-130, ARP-137
  } else if (packet.operation == wire::ArpOperation::kReply) {
    message = nud::Message::kArpReply;
  }
  // ARP-059: a reply that is not for us merges, and confirms nothing. One to the address that our request came from is
  // for us, though it is an address of another interface (LIB-19).
  const bool for_us = claim == Claim::kOwn || queue.preferred_source(sender.id) == packet.target;
  heard(sender, packet.sender,
        {.message = message,
         .link_address = packet.sender_link,
         .link_unicast = link_unicast && for_us,
         .broadcast_for_us = message == nud::Message::kArpReply && !link_unicast && for_us &&
                             packet.sender.is_link_local()});  // ACD-050
}

}  // namespace neigh::engine
