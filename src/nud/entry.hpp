// SPDX-License-Identifier: Apache-2.0
// One entry as it lies in memory, and what is kept per interface and family.
#pragma once

#include <array>
#include <cstdint>

#include "base/time.hpp"
#include "neigh/neighbor.hpp"
#include "nud/rate.hpp"
#include "nud/settings.hpp"
#include "nud/slab.hpp"
#include "nud/steps.hpp"

namespace neigh::nud {

/// Where an entry stands in the order of eviction.
enum class Shelf : std::uint8_t {
  kNone,        ///< Not counted yet (being made).
  kStatic,      ///< Permanent, no-arp, managed, externally learned or validated: never evicted, own limit.
  kBusy,        ///< In use: never evicted.
  kFailed,      ///< Failed or empty, or UNREACHABLE and unused: goes first.
  kUnused,      ///< STALE, made by a received packet, never used by us.
  kIdle,        ///< STALE, used once; may go after gc_stale_time.
  kIncomplete,  ///< Being resolved.
};

struct Entry {
  static constexpr std::size_t kInlineLla = 8;

  std::array<std::uint8_t, IpAddress::kMaxSize> address{};
  std::array<std::uint8_t, kInlineLla> lla{};  // longer ones: number in the side pool
  TimePoint due{};                             // deadline of the state, if has_due
  TimePoint confirmed{};
  TimePoint used{};
  TimePoint updated{};
  TimePoint heard{};       // last packet that vouched for the address
  TimePoint last_probe{};  // if asked
  TimerNode timer;         // due, or the maximum age if that is earlier
  ListLinks on_shelf;
  ListLinks on_port;
  std::uint32_t port = 0;
  std::uint16_t probes = 0;
  NeighborFlags flags;
  NudState state = NudState::kNone;
  Shelf shelf = Shelf::kNone;
  std::uint8_t lla_size = 0;
  std::uint8_t protocol = 0;
  bool has_due : 1 = false;
  bool asked : 1 = false;             // a request of ours was sent (last_probe)
  bool granted : 1 = false;           // the next request has its place in the rate already
  bool waiting : 1 = false;           // a packet waits in the owner's queue
  bool received_only : 1 = false;     // made by a received packet, not used yet
  bool used_since_probe : 1 = false;  // traffic since the last request (IMP-005)
};
static_assert(sizeof(Entry) <= 128, "10 million entries are to fit");

/// An interface's address family.
struct Port {
  InterfaceIndex interface = InterfaceIndex::kNone;
  Family family = Family::kUnspecified;
  std::uint8_t link_address_size = 0;
  bool no_arp = false;
  bool live = false;
  NudSettings settings;
  RateLimiter solicits;
  RateLimiter probes;
  RateLimiter creations;
  Duration reachable_time{0};  // drawn; 0: not yet
  TimePoint redraw_at{};
  IdList entries;
  IdList incomplete;              // oldest first
  std::uint32_t unsolicited = 0;  // entries with received_only
  NudCounters counters;
};

}  // namespace neigh::nud
