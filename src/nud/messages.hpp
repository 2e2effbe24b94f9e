// SPDX-License-Identifier: Apache-2.0
// What the cache is told about received messages, and what each kind of message may do to it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "neigh/address.hpp"

namespace neigh::nud {

/// Messages that speak about a neighbor, already validated. Which neighbor: the source of NS, RS, RA and ARP, the
/// target of NA and Redirect.
enum class Message : std::uint8_t {
  kNeighborSolicit,
  kRouterSolicit,
  kRouterAdvert,
  kRedirectElsewhere,  ///< Target differs from destination: the target is a router.
  kRedirectOnLink,     ///< Target equals destination.
  kNeighborAdvert,
  kArpRequest,          ///< For one of our addresses.
  kArpRequestForOther,  ///< For anybody else.
  kArpGratuitous,       ///< Request or reply with spa = tpa.
  kArpReply,
};

struct Heard {
  Message message = Message::kNeighborSolicit;
  std::optional<LinkAddress> link_address = {};  ///< SLLAO, TLLAO or sha; nothing: the option is absent.
  bool solicited = false;                        ///< NA only: the S flag.
  bool override_flag = false;                    ///< NA only: the O flag.
  bool is_router = false;                        ///< NA only: the R flag.
  bool link_unicast = true;                      ///< The frame was sent to our unicast link-layer address.
  bool broadcast_for_us = false;                 ///< ARP reply only: for us, though its sender has to broadcast it.
};

/// What a message does to IsRouter (4.3 of the specification).
enum class RouterEffect : std::uint8_t { kKeep, kSet, kClear, kFromFlag };

struct MessageRule {
  Message message;
  bool advert;   ///< Handled as an advert (3.7), else as learning (3.5).
  bool creates;  ///< Makes an entry that is not there, if it carries a link-layer address.
  RouterEffect on_new;
  RouterEffect on_existing;
  bool locked;  ///< Refused within `locktime` after a change (ARP-114).
  std::string_view source;
};

inline constexpr std::array<MessageRule, 10> kMessageRules = {{
    {Message::kNeighborSolicit, false, true, RouterEffect::kClear, RouterEffect::kKeep, false, "ISR-002 NSR-004"},
    {Message::kRouterSolicit, false, true, RouterEffect::kClear, RouterEffect::kClear, false, "ISR-003 RTS-001"},
    {Message::kRouterAdvert, false, true, RouterEffect::kSet, RouterEffect::kSet, false, "ISR-001 RTR-002 RTR-003"},
    {Message::kRedirectElsewhere, false, true, RouterEffect::kSet, RouterEffect::kSet, false, "ISR-005 RDR-002"},
    {Message::kRedirectOnLink, false, true, RouterEffect::kClear, RouterEffect::kKeep, false, "ISR-006 RDR-002"},
    {Message::kNeighborAdvert, true, false, RouterEffect::kFromFlag, RouterEffect::kFromFlag, false, "ISR-004 NAR-001"},
    {Message::kArpRequest, false, true, RouterEffect::kClear, RouterEffect::kKeep, false, "ARP-172 ARP-173"},
    {Message::kArpRequestForOther, false, false, RouterEffect::kClear, RouterEffect::kKeep, true, "ARP-021 ARP-172"},
    {Message::kArpGratuitous, false, false, RouterEffect::kClear, RouterEffect::kKeep, false, "ARP-130 ARP-172"},
    {Message::kArpReply, true, false, RouterEffect::kKeep, RouterEffect::kKeep, true, "ARP-170 ARP-171 ARP-174"},
}};

static_assert([] {
  for (std::size_t i = 0; i < kMessageRules.size(); ++i) {
    if (kMessageRules[i].message != static_cast<Message>(i)) return false;
  }
  return kMessageRules.size() == static_cast<std::size_t>(Message::kArpReply) + 1;
}());

[[nodiscard]] constexpr const MessageRule& rule_for(Message message) {
  return kMessageRules[static_cast<std::size_t>(message)];
}
[[nodiscard]] constexpr bool is_arp(Message message) { return message >= Message::kArpRequest; }

}  // namespace neigh::nud
