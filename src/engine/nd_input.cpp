// SPDX-License-Identifier: Apache-2.0
// Received ND messages, already validated (parts 3.5, 3.7 and 3.9 of the specification).
#include <algorithm>
#include <variant>

#include "engine/core.hpp"

namespace neigh::engine {

void Engine::Core::heard(const nud::Place& place, const IpAddress& neighbor, const nud::Heard& heard) {
  cache->on_message(now_, place, neighbor, heard, steps_);
  run_steps();
}

/// NDF-017: a link-layer address option that names us.
bool Engine::Core::own_link(Port& port, const std::optional<LinkAddress>& address) {
  if (!address || address->empty() || port.settings().accept_any_link_address) return false;
  if (*address != port.config.link_address) return false;
  port.drop(Reason::kNdOwnLinkOption);
  return true;
}

void Engine::Core::nd_input(Port& port, const wire::EthernetHeader& header, bool link_unicast,
                            const wire::NdPacket& packet) {
  const Address* destination = port.find(packet.destination);
  if (destination != nullptr && !destination->assigned()) return port.drop(Reason::kNdTentativeDestination);  // DAD-006
  // NSR-001, NAT-011: who knows our answer for a proxied address asks it alone when the time comes to verify it.
  const auto* asked = std::get_if<wire::NeighborSolicit>(&packet.message);
  const bool proxied =
      asked != nullptr && asked->target == packet.destination && is_proxied(port.index(), packet.destination);
  if (!proxied && !is_ours6(port, packet.destination)) return port.drop(Reason::kIpNotForUs);

  // Solicitations and adverts are judged by what they say, also from our own link-layer address (DAD-009, DAD-013,
  // EDD-004): ARP-046 is for ARP.
  if (const auto* solicit = std::get_if<wire::NeighborSolicit>(&packet.message)) {
    return solicit_input(port, header, link_unicast, packet, *solicit);
  }
  if (const auto* advert = std::get_if<wire::NeighborAdvert>(&packet.message)) {
    return advert_input(port, header, link_unicast, *advert);
  }
  const bool loop = port.has_link_addresses() && header.source == port.config.link_address &&
                    !port.settings().accept_any_link_address;
  if (loop) return port.drop(Reason::kOwnLinkSource);
  if (const auto* solicit = std::get_if<wire::RouterSolicit>(&packet.message)) {
    return router_solicit_input(port, packet, *solicit);
  }
  if (const auto* advert = std::get_if<wire::RouterAdvert>(&packet.message)) {
    return router_advert_input(port, packet, *advert);
  }
  if (const auto* redirect = std::get_if<wire::Redirect>(&packet.message)) redirect_input(port, packet, *redirect);
}

void Engine::Core::solicit_input(Port& port, const wire::EthernetHeader& header, bool link_unicast,
                                 const wire::NdPacket& packet, const wire::NeighborSolicit& solicit) {
  const bool for_dad = packet.source.is_unspecified();
  Address* own = port.find(solicit.target);
  if (own != nullptr && own->verifying() && for_dad) {
    if (is_nonce_of_ours(port, solicit.nonce)) {  // EDD-002
      own->looped = true;
      return port.drop(Reason::kDadLoop);
    }
    return dad_failed(port, *own, header.source);  // DAD-008, DAD-017, EDD-004
  }
  // Another node may have our link-layer address, so that the frame's source tells no loop: what comes back of ours is
  // known by its nonce here, by its IP source (NDV-026), or by the link-layer address in it (NDF-017).
  const bool from_our_link = port.has_link_addresses() && header.source == port.config.link_address;
  if (for_dad && from_our_link && is_nonce_of_ours(port, solicit.nonce)) return port.drop(Reason::kDadLoop);
  if (own != nullptr && !own->assigned()) return port.drop(Reason::kNdTentativeTarget);  // DAD-007, NSR-002
  if (!for_dad && port.find(packet.source) != nullptr && !port.settings().learn_any_sender) {
    return port.drop(Reason::kNdOwnSource);  // NDV-026
  }
  if (own_link(port, solicit.source_link)) return;
  const Claim claim = nd_claim(port, solicit.target);
  if (claim == Claim::kNone) return port.drop(Reason::kNdNotOurTarget);  // NSR-001

  const nud::Place source = cache->locate(port.index(), packet.source);
  const Standing standing = standing_of(source.id);
  // NSR-005 to NSR-007: learned before the answer is made, and never from ::.
  if (!for_dad) {
    heard(
        source, packet.source,
        {.message = nud::Message::kNeighborSolicit, .link_address = solicit.source_link, .link_unicast = link_unicast});
  }
  const LinkAddress none;
  answer(port, claim,
         {.target = solicit.target,
          .peer = packet.source,
          .peer_link = solicit.source_link ? *solicit.source_link : none,
          .frame_source = header.source,
          .link_unicast = link_unicast,
          .to_group = packet.destination.is_multicast(),
          .standing = standing});
}

void Engine::Core::advert_input(Port& port, const wire::EthernetHeader& header, bool link_unicast,
                                const wire::NeighborAdvert& advert) {
  ask_answered(port, advert.target, advert.target_link.value_or(header.source), advert.is_router);
  if (Address* own = port.find(advert.target)) {
    if (own->verifying()) return dad_failed(port, *own, advert.target_link.value_or(header.source));  // DAD-009
    if (own->assigned()) {
      // NAR-023: an anycast address has several owners.
      if (!own->config.anycast) ++port.counters.conflicts;
      return port.drop(Reason::kNdAdvertForOwnAddress);
    }
  }
  if (own_link(port, advert.target_link)) return;
  heard(port, advert.target,
        {.message = nud::Message::kNeighborAdvert,
         .link_address = advert.target_link,
         .solicited = advert.solicited,
         .override_flag = advert.override_flag,
         .is_router = advert.is_router,
         .link_unicast = link_unicast});
}

void Engine::Core::router_solicit_input(Port& port, const wire::NdPacket& packet, const wire::RouterSolicit& solicit) {
  if (!port.settings().forwarding) return port.drop(Reason::kNdRouterSolicitOnHost);  // NDV-025
  if (packet.source.is_unspecified() || own_link(port, solicit.source_link)) return;
  heard(port, packet.source, {.message = nud::Message::kRouterSolicit, .link_address = solicit.source_link});
}

void Engine::Core::redirect_input(Port& port, const wire::NdPacket& packet, const wire::Redirect& redirect) {
  if (port.settings().forwarding || !port.settings().accept_redirects) {
    return port.drop(Reason::kNdRedirectRefused);  // RDR-006
  }
  // NDV-011: only the router that we use for this destination may send us elsewhere.
  const NextHop hop = next_hop(port.index(), redirect.destination, /*advance=*/false);
  if (hop.kind != NextHop::Kind::kNeighbor || hop.address != packet.source) {
    return port.drop(Reason::kNdRedirectNotFirstHop);
  }
  if (!check_neighbor_address(redirect.target) || port.find(redirect.target) != nullptr) {
    return port.drop(Reason::kNdRedirectRefused);
  }
  if (own_link(port, redirect.target_link)) return;
  const bool on_link = redirect.target == redirect.destination;
  if (port.redirects.set(redirect.destination, redirect.target, port.settings().max_redirects)) {
    port.drop(Reason::kTooManyRedirects);
  }
  heard(port, redirect.target,
        {.message = on_link ? nud::Message::kRedirectOnLink : nud::Message::kRedirectElsewhere,
         .link_address = redirect.target_link});
}

}  // namespace neigh::engine
