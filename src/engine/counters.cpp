// SPDX-License-Identifier: Apache-2.0
#include "engine/counters.hpp"

#include "engine/effects.hpp"

namespace neigh::engine {

namespace {

using enum Reason;

constexpr std::array<ReasonDescription, kReasonCount> kDescriptions = {{
    {kInterfaceDown, "interface-down", "FSM-29", "the interface is down or has no carrier"},
    {kFamilyDisabled, "family-disabled", "DAD-012", "the interface does not run that address family"},
    {kNotForUs, "not-for-us", "PRT-001 ARP-028", "sent to another link-layer address"},
    {kGroupNotJoined, "group-not-joined", "NDF-023", "sent to a group that the interface is not in"},
    {kOwnLinkSource, "own-link-source", "ARP-046", "sent from our own link-layer address: a loop"},
    {kArpOwnSenderLink, "arp-own-sender-link", "ARP-045 ARP-061 ACD-051", "ARP sender has our own link-layer address"},
    {kArpConflict, "arp-conflict", "ARP-048 ACD-005 ACD-045", "ARP sender claims an address of ours"},
    {kArpBroadcastSender, "arp-broadcast-sender", "ARP-052", "ARP sender is the broadcast address of a subnet"},
    {kArpNotLearned, "arp-not-learned", "ARP-053 ARP-054", "ARP sender cannot be a neighbor here"},
    {kArpNotOurTarget, "arp-not-our-target", "ARP-055", "ARP request for somebody else"},
    {kArpTentativeTarget, "arp-tentative-target", "ARP-032 ACD-008", "ARP request for an address still being probed"},
    {kNdOwnLinkOption, "nd-own-link-option", "NDF-017", "link-layer address option holds our own address"},
    {kNdOwnSource, "nd-own-source", "NDV-026", "ND message from an address of ours"},
    {kNdNotOurTarget, "nd-not-our-target", "NSR-001", "NS for somebody else"},
    {kNdTentativeTarget, "nd-tentative-target", "DAD-007 NSR-002", "NS for an address still being verified"},
    {kNdTentativeDestination, "tentative-destination", "DAD-006 ACD-011", "sent to an address still being verified"},
    {kNdNoSourceToAnswer, "nd-no-source", "NAT-006", "no unicast address of ours to answer from"},
    {kNdRouterSolicitOnHost, "nd-router-solicit-on-host", "NDV-025", "RS, and we are a host"},
    {kNdRouterAdvertRefused, "nd-router-advert-refused", "RTR-005", "RA not accepted by the settings"},
    {kNdRedirectRefused, "nd-redirect-refused", "RDR-006", "Redirect not accepted by the settings"},
    {kNdRedirectNotFirstHop, "nd-redirect-not-first-hop", "NDV-011", "Redirect not from the first hop in use"},
    {kNdAdvertForOwnAddress, "nd-advert-for-own-address", "NAR-023", "NA for an address of ours"},
    {kDadLoop, "dad-loop", "EDD-002", "our own DAD probe came back"},
    {kAnswerRate, "answer-rate", "NAT-012", "too many answers a second"},
    {kProxyQueueFull, "delayed-answers-full", "ARP-152", "too many delayed answers wait"},
    {kProxyOwner, "proxy-owner", "ARP-150 ARP-151",
     "the owner of a proxied address, or one of its subnet, asks for it"},
    {kTooManyPrefixes, "too-many-prefixes", "EXH-003", "more on-link prefixes advertised than are kept"},
    {kTooManyRouters, "too-many-routers", "NDS-004", "more default routers advertised than are kept"},
    {kTooManyRedirects, "too-many-redirects", "NDS-002", "more destinations redirected than are kept"},
    {kIpNotForUs, "ip-not-for-us", "PRT-001", "IP packet for another host or group"},
    {kIp4ForbiddenSource, "ip4-forbidden-source", "RFC 1122 3.2.1.3",
     "IPv4 source that no other node can have: ours, a broadcast address, 0/8, 240/4"},
    {kIp4UnicastInGroupFrame, "ip4-unicast-in-group-frame", "RFC 1122 3.3.6",
     "IPv4 packet for us alone in a frame for many"},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kDescriptions.size(); ++i) {
    if (static_cast<std::size_t>(kDescriptions[i].reason) != i) return false;
  }
  return true;
}
static_assert(in_order(), "one row for each reason, in the order of the enumerators");

}  // namespace

const ReasonDescription& describe(Reason reason) noexcept { return kDescriptions[static_cast<std::size_t>(reason)]; }

std::string_view to_string(SendFailure reason) noexcept {
  switch (reason) {
    case SendFailure::kUnreachable:
      return "nobody answered";
    case SendFailure::kNoRoute:
      return "no route";
    case SendFailure::kQueueFull:
      return "queue full";
    case SendFailure::kNoRoom:
      return "no room";
    case SendFailure::kInterfaceDown:
      return "interface down";
    case SendFailure::kInterfaceRemoved:
      return "interface removed";
    case SendFailure::kFamilyOff:
      return "family switched off";
    case SendFailure::kEntryRemoved:
      return "entry removed";
    case SendFailure::kNoSource:
      return "no source address";
    case SendFailure::kForeignSource:
      return "foreign source address";
    case SendFailure::kNoSuchInterface:
      return "no such interface";
    case SendFailure::kTooBig:
      return "too big";
    case SendFailure::kBadPacket:
      return "bad packet";
  }
  return "unknown";
}

}  // namespace neigh::engine
