// SPDX-License-Identifier: Apache-2.0
// Answers to who asks for an address that we have, share, or stand in for (ARP-024 to ARP-028, 1.7, 3.6).
#include <algorithm>

#include "engine/core.hpp"
#include "wire/multicast.hpp"
#include "wire/numbers.hpp"

namespace neigh::engine {

Engine::Core::Claim Engine::Core::nd_claim(const Port& port, const IpAddress& target) const {
  // ONL-007: only addresses of the interface that the question came in on.
  if (const Address* own = port.find(target); own != nullptr && own->assigned()) {
    if (own->config.anycast) return Claim::kAnycast;
    return own->optimistic() ? Claim::kOptimistic : Claim::kOwn;
  }
  return is_proxied(port.index(), target) ? Claim::kProxy : Claim::kNone;
}

bool Engine::Core::is_proxied(InterfaceIndex index, const IpAddress& target) const {
  if (proxies_.contains({.interface = index, .address = target, .proxy = true})) return true;
  return std::any_of(proxy_prefixes_.begin(), proxy_prefixes_.end(), [&](const ProxyPrefix& proxy) {
    return proxy.interface == index && in_prefix(target, proxy.prefix, proxy.length);
  });
}

/// ARP-150, ARP-151, EVP-001: the one whose address we proxy asks here himself.
bool Engine::Core::is_owner(const Port& port, const Question& question) const {
  // Who is one of the proxied subnet is on the link of the others there; a single entry is meant for everybody.
  if (question.target.is_v4() &&
      !proxies_.contains({.interface = port.index(), .address = question.target, .proxy = true})) {
    const bool among = std::any_of(proxy_prefixes_.begin(), proxy_prefixes_.end(), [&](const ProxyPrefix& proxy) {
      return proxy.interface == port.index() && in_prefix(question.target, proxy.prefix, proxy.length) &&
             in_prefix(question.peer, proxy.prefix, proxy.length);
    });
    if (among) return true;
  }
  const nud::EntryId id = cache->find(port.index(), question.target);
  if (id == nud::kNoId) return false;
  const Neighbor owner = cache->describe(now_, id);
  if (!kUsableStates.contains(owner.state) || owner.link_address.empty()) return false;
  return owner.link_address == question.peer_link || owner.link_address == question.frame_source;
}

/// NAT-012, EXH-002: each group of askers leaves room for those that are closer to us, so that a flood of strangers, or
/// of addresses that asked once and come again, keeps no answer from a neighbor in use; nor one family from the other.
bool Engine::Core::may_answer(Port& port, const Question& question) {
  AnswerBudget& budget = question.target.is_v4() ? port.answers4 : port.answers6;
  const bool fits = (question.standing != Standing::kStranger || budget.strangers.take(now_)) &&
                    (question.standing == Standing::kInUse || budget.not_in_use.take(now_)) && budget.all.take(now_);
  if (fits) return true;
  port.drop(Reason::kAnswerRate);
  return false;
}

void Engine::Core::answer(Port& port, Claim claim, const Question& question) {
  if (claim == Claim::kProxy) {
    if (is_owner(port, question)) return port.drop(Reason::kProxyOwner);
    if (!may_answer(port, question)) return;
    // ARP-152: at once to who asks us alone.
    if (!question.link_unicast && port.settings().proxy_delay.count() > 0) {
      return answer_later(port, claim, question, port.settings().proxy_delay);
    }
  }
  if (claim != Claim::kProxy && !may_answer(port, question)) return;
  if (claim == Claim::kAnycast && port.settings().max_anycast_delay_time.count() > 0) {
    return answer_later(port, claim, question, port.settings().max_anycast_delay_time);  // NAT-007
  }
  answer_now(port, claim, question);
}

void Engine::Core::answer_now(Port& port, Claim claim, const Question& question) {
  if (question.target.is_v4()) {
    answer_arp(port, question);
  } else {
    answer_nd(port, claim, question);
  }
  ++port.counters.answers_sent;
}

void Engine::Core::answer_later(Port& port, Claim /*claim*/, const Question& question, Duration longest) {
  if (port.delayed_answers >= port.settings().proxy_queue) return port.drop(Reason::kProxyQueueFull);
  ++port.delayed_answers;
  (void)later(random_up_to(longest), {.kind = Task::Kind::kAnswer,
                                      .interface = port.index(),
                                      .address = question.target,
                                      .peer = question.peer,
                                      .peer_link = question.peer_link,
                                      .asked_by_group = question.to_group});
}

// ARP-024, ARP-025: to sha, whoever sent the frame; ACD-050: link-local addresses answer to everybody.
void Engine::Core::answer_arp(Port& port, const Question& question) {
  emit_arp(port, question.target.is_link_local() ? broadcast_link(port) : question.peer_link,
           {.operation = wire::ArpOperation::kReply,
            .sender_link = port.config.link_address,
            .sender = question.target,
            .target_link = question.peer_link,
            .target = question.peer});
}

void Engine::Core::answer_nd(Port& port, Claim claim, const Question& question) {
  const InterfaceSettings& settings = port.settings();
  const bool from_nobody = question.peer.is_unspecified();
  wire::NeighborAdvert advert{.target = question.target, .is_router = settings.forwarding, .solicited = !from_nobody};
  // NAT-002, NAT-003
  const bool with_link = port.has_link_addresses() && (question.to_group || settings.link_option_in_unicast_answers);
  if (with_link) advert.target_link = port.config.link_address;
  advert.override_flag = claim == Claim::kOwn && (with_link || !port.has_link_addresses());
  // NAT-006: an anycast or proxied address is nobody's source.
  IpAddress source = question.target;
  if (claim == Claim::kAnycast || claim == Claim::kProxy) {
    const auto own = source_for(port, from_nobody ? question.target : question.peer, {});
    if (!own) return port.drop(Reason::kNdNoSourceToAnswer);
    source = *own;
  }
  if (from_nobody) {  // NAT-004, DAD-013
    emit_nd(port, group_link(port, wire::kIp6AllNodes),
            {.source = source, .destination = wire::kIp6AllNodes, .message = advert});
    return;
  }
  const wire::NdPacket packet{.source = source, .destination = question.peer, .message = advert};
  const nud::EntryId id = cache->find(port.index(), question.peer);
  const bool known = id != nud::kNoId && kUsableStates.contains(cache->state_of(id));
  if (!settings.answers_count_as_use) {
    // NSR-007: what the cache holds is the new address already. Over quota (ARP-190) nothing was stored.
    if (known) return emit_nd(port, cache->describe(now_, id).link_address, packet);
    if (!question.peer_link.empty()) return emit_nd(port, question.peer_link, packet);
  }
  // NSR-008: without SLLAO and without an entry the asker is resolved first.
  if (!known && question.peer_link.empty() && question.to_group && !settings.resolve_to_answer_multicast) return;
  emit_nd_resolved(port, question.peer, packet);
}

}  // namespace neigh::engine
