// SPDX-License-Identifier: Apache-2.0
// IPv4 address conflict detection (RFC 5227; part 2 of the specification).
#include <algorithm>

#include "engine/core.hpp"

namespace neigh::engine {

void Engine::Core::acd_begin(Port& port, Address& own) {
  const ConflictTimes& times = port.settings().conflict_times;
  own.state = AddressChanged::Kind::kTentative;
  own.sent = 0;
  own.wanted = times.probe_num;
  own.last_defense.reset();
  tell(port, own, AddressChanged::Kind::kTentative);
  TimePoint start = now_;
  if (port.conflicts >= times.max_conflicts && port.last_attempt) {  // ACD-010
    start = std::max(start, *port.last_attempt + times.rate_limit_interval);
  }
  port.last_attempt = start;
  own.task = agenda_.add(start + random_up_to(times.probe_wait),
                         {.kind = Task::Kind::kVerify, .interface = port.index(), .address = own.config.address});
}

// ACD-003, ACD-004
void Engine::Core::acd_due(Port& port, Address& own) {
  const ConflictTimes& times = port.settings().conflict_times;
  if (own.sent >= own.wanted) return assign(port, own);
  send_request4(port, broadcast_link(port), IpAddress::v4({}), own.config.address);  // ACD-002
  ++own.sent;
  const Duration wait =
      own.sent < own.wanted ? random_between(times.probe_min, times.probe_max) : Duration{times.announce_wait};
  own.task = later(wait, {.kind = Task::Kind::kVerify, .interface = port.index(), .address = own.config.address});
}

void Engine::Core::count_conflict(Port& port) {
  ++port.conflicts;
  ++port.counters.conflicts;
}

/// `other` claims an address of ours, or probes for it as we do.
void Engine::Core::acd_conflict(Port& port, Address& own, const LinkAddress& other) {
  count_conflict(port);
  if (!own.assigned()) return reject(port, own, other);
  ConflictPolicy policy = port.settings().conflict_policy;
  if (policy == ConflictPolicy::kIgnore) return;
  if (policy == ConflictPolicy::kDefendForever && own.config.address.is_link_local()) {
    policy = ConflictPolicy::kDefendOnce;  // ACD-053: RFC 3927 has no (c)
  }
  const bool lately = own.last_defense && now_ - *own.last_defense < port.settings().conflict_times.defend_interval;
  if (policy == ConflictPolicy::kWithdraw || (policy == ConflictPolicy::kDefendOnce && lately)) {
    tell(port, own, AddressChanged::Kind::kWithdrawing, other);  // ACD-048
    return reject(port, own, other);
  }
  if (lately) return;  // ACD-046 (c), ACD-049
  own.last_defense = now_;
  tell(port, own, AddressChanged::Kind::kConflict, other);
  send_announcement(port, own.config.address);
}

}  // namespace neigh::engine
