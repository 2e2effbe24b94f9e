// SPDX-License-Identifier: Apache-2.0
// What the cache wants done: a list of steps that its owner performs, in order, after the call.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "neigh/neighbor.hpp"
#include "nud/timer_wheel.hpp"

namespace neigh::nud {

/// One thing to do. Every step names its neighbor completely, so that it can be performed though the entry is gone.
///
/// Within one call an id that a step names is not given to another neighbor, so steps can be performed late, but they
/// must be performed before the next call that changes the cache.
struct Step {
  enum class Kind : std::uint8_t {
    /// The entry's content changed: state, link-layer address, flags or protocol. `from` empty: created; `to` empty:
    /// removed, and its link-layer address is the one it had. Comes first of the steps of one change.
    kChanged,
    /// IsRouter went from true to false: no longer a default router (ISR-007).
    kRouterLost,
    /// Send the packets that wait for `id`, in order, to `link_address` (NDR-006). Do not tell the cache of them:
    /// it has already gone on to DELAY for them.
    kQueueReleased,
    /// Hand the packets that wait for `id` back as unreachable (NDR-008).
    kQueueFailed,
    /// Send a broadcast ARP request, or an NS to the solicited-node group.
    kMulticastProbe,
    /// Send an ARP request or NS to `link_address`.
    kUnicastProbe,
  };
  Kind kind = Kind::kChanged;
  EntryId id = kNoId;
  InterfaceIndex interface = InterfaceIndex::kNone;
  IpAddress address = {};
  LinkAddress link_address = {};
  std::optional<NudState> from = {};  ///< kChanged only.
  std::optional<NudState> to = {};    ///< kChanged only.

  friend bool operator==(const Step&, const Step&) = default;
};

using Steps = std::vector<Step>;

/// "changed", "router-lost", "queue-released", "queue-failed", "multicast-probe", "unicast-probe".
[[nodiscard]] std::string_view to_string(Step::Kind kind) noexcept;

/// Why the cache took no new entry, or no packet.
enum class Refusal : std::uint8_t {
  kNone,
  kNoInterface,       ///< The interface is not configured for this family.
  kNotResolvable,     ///< Multicast, broadcast, loopback or no address (NDR-001, ARP-082).
  kHeldDown,          ///< The neighbor failed a moment ago (ARP-086): unreachable.
  kTableFull,         ///< No entry may be evicted for this one (EXH-005).
  kSolicitRate,       ///< Too many new resolutions a second (EXH-003).
  kUnsolicitedQuota,  ///< Too many entries made by received packets (ARP-190).
  kUnsolicitedRate,   ///< They are made too fast (ARP-190).
};
inline constexpr std::size_t kRefusalCount = 8;

/// Why an entry was removed without anybody asking for it.
enum class Loss : std::uint8_t {
  kFailed,           ///< Room for another; it had failed, or was UNREACHABLE and unused.
  kUnused,           ///< Room for another; made by a received packet, never used by us (ARP-191).
  kIdle,             ///< Room for another; not used for gc_stale_time.
  kIncomplete,       ///< Room for another resolution in a full table (EXH-004).
  kIncompleteLimit,  ///< Room for another resolution on its interface (EXH-004).
  kCollected,        ///< Periodic collection.
  kAged,             ///< max_age (ARP-115).
};
inline constexpr std::size_t kLossCount = 7;

[[nodiscard]] std::string_view to_string(Refusal refusal) noexcept;
[[nodiscard]] std::string_view to_string(Loss loss) noexcept;

/// Counters of one interface and family.
struct NudCounters {
  std::uint64_t multicast_probes = 0;
  std::uint64_t unicast_probes = 0;
  std::uint64_t postponed = 0;             ///< Requests delayed by a rate (NDR-007, EXH-003).
  std::uint64_t resolution_failed = 0;     ///< INCOMPLETE that nobody answered.
  std::uint64_t probes_failed = 0;         ///< PROBE that nobody answered.
  std::uint64_t confirmed = 0;             ///< Confirmations of reachability.
  std::uint64_t link_address_changed = 0;  ///< A packet replaced an address (ARP-192).
  std::uint64_t locked = 0;                ///< Another address within `locktime` (ARP-114).
  std::uint64_t static_mismatch = 0;       ///< A packet contradicts a static entry (ARP-135).
  std::uint64_t not_asked = 0;             ///< S=1, or a unicast reply, without a request of ours (DEC-06).
  std::uint64_t no_entry = 0;              ///< A message about a neighbor that is not here, which may not create one.
  std::uint64_t bad_link_address = 0;      ///< A link-layer address of a length that the interface does not have.
  std::array<std::uint64_t, kRefusalCount> refused{};
  std::array<std::uint64_t, kLossCount> lost{};

  [[nodiscard]] std::uint64_t of(Refusal refusal) const { return refused[static_cast<std::size_t>(refusal)]; }
  [[nodiscard]] std::uint64_t of(Loss loss) const { return lost[static_cast<std::size_t>(loss)]; }
};

}  // namespace neigh::nud
