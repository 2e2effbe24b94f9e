// SPDX-License-Identifier: Apache-2.0
// The NUD state machine's vocabulary: states, classified events, actions, and the lookup. The rows are in
// fsm_rows.hpp, docs/nud-table.md is generated from them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "neigh/neighbor.hpp"

namespace neigh::nud {

/// "There is no entry", as a state of the machine. It never leaves this room: outside it is an empty optional.
inline constexpr auto kNoEntry = static_cast<NudState>(kNudStateCount);
inline constexpr std::size_t kFsmStateCount = kNudStateCount + 1;

/// As `to_string(NudState)`, and "-" for `kNoEntry`.
[[nodiscard]] std::string_view state_name(NudState state) noexcept;

/// What happened, after classification: message, entry, settings and time have already been looked at, so that
/// one (state, event) pair has exactly one answer.
///
/// Adverts are NAs and ARP replies. "Solicited" means: believed as an answer to a request of ours (the S flag or a
/// unicast ARP reply, and NAR-021, NAR-026, ARP-177). "NewLla": a link-layer address that differs from the cached
/// one, or the first one. "Override" and "Keep" are O=1 and O=0, told apart only where RFC 4861 7.2.5 looks at O.
/// "Learn" is NS, RS, RA, Redirect and ARP request.
enum class NudEvent : std::uint8_t {
  kPacketToSend,
  kPacketHeldDown,
  kRetransmitMore,
  kRetransmitIdle,
  kResolutionFailed,
  kProbesFailed,
  kProbesFailedValidated,
  kProbesFailedBackoff,
  kDelayTimeout,
  kReachableTimeout,
  kReachableTimeoutInUse,
  kFailedTimeout,
  kManagedTimeout,
  kMaxAge,
  kAdvertSolicitedOverrideNewLla,
  kAdvertSolicitedKeepNewLla,
  kAdvertSolicitedSameLla,
  kAdvertSolicitedNoLla,
  kAdvertUnsolicitedOverrideNewLla,
  kAdvertUnsolicitedKeepNewLla,
  kAdvertUnsolicitedSameLla,
  kAdvertUnsolicitedNoLla,
  kLearnNewLla,
  kLearnSameLla,
  kLearnNoLla,
  kConfirm,
  kDeliveryProblem,
  kSetPermanent,
  kSetNoArp,
  kSetReachable,
  kSetStale,
  kSetDelay,
  kSetProbe,
  kSetIncomplete,
  kSetFailed,
  kSetNone,
  kRemove,
  kInterfaceDown,
  kCarrierLost,
  kEvict,
};
inline constexpr std::size_t kNudEventCount = static_cast<std::size_t>(NudEvent::kEvict) + 1;

/// "packet to send", "NA S=1 O=0 other LLA", ...
[[nodiscard]] std::string_view to_string(NudEvent event) noexcept;

/// What a row does, besides the change of state. A set of bits; performed in the order listed here.
enum class Act : std::uint32_t {
  kStoreLla = 1U << 0U,      ///< Take the link-layer address of the event.
  kForgetLla = 1U << 1U,     ///< The entry has no link-layer address any more.
  kTakeRouter = 1U << 2U,    ///< IsRouter follows the message's rule (ISR-001..006).
  kConfirmed = 1U << 3U,     ///< Reachability is confirmed now.
  kHoldPacket = 1U << 4U,    ///< The packet of the event waits in the queue.
  kReleaseQueue = 1U << 5U,  ///< Send what waits, in order.
  kFailQueue = 1U << 6U,     ///< Hand what waits back as unreachable.
  kStopTimer = 1U << 7U,     ///< No state deadline.
  kArmReachable = 1U << 8U,  ///< Deadline: ReachableTime.
  kArmDelay = 1U << 9U,      ///< Deadline: DELAY_FIRST_PROBE_TIME.
  kArmFailed = 1U << 10U,    ///< Deadline: end of the negative state.
  kSolicit = 1U << 11U,      ///< First multicast request (count from 0), retransmit deadline.
  kProbe = 1U << 12U,        ///< First unicast request (count from 0), retransmit deadline.
  kRepeat = 1U << 13U,       ///< Next request of the running count, retransmit deadline.
  kWake = 1U << 14U,         ///< Next request if none is pending (RFC 7048: traffic in UNREACHABLE).
  kMismatch = 1U << 15U,     ///< Count: a packet contradicts a static entry (ARP-135).
  kNever = 1U << 16U,        ///< The classifier cannot produce this pair.
};

class Acts {
 public:
  constexpr Acts() = default;
  constexpr Acts(Act act) : bits_(static_cast<std::uint32_t>(act)) {}  // NOLINT(google-explicit-constructor)
  [[nodiscard]] constexpr bool has(Act act) const { return (bits_ & static_cast<std::uint32_t>(act)) != 0; }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  /// Nothing but what `acts` has.
  [[nodiscard]] constexpr bool within(Acts acts) const { return (bits_ & ~acts.bits_) == 0; }
  friend constexpr Acts operator|(Acts a, Acts b) {
    Acts both;
    both.bits_ = a.bits_ | b.bits_;
    return both;
  }
  friend constexpr bool operator==(Acts, Acts) = default;

 private:
  std::uint32_t bits_ = 0;
};
constexpr Acts operator|(Act a, Act b) { return Acts(a) | Acts(b); }

/// One line of the state machine. `to` empty: the state stays. `source` cites statements of docs/spec/arp-ndp.md.
struct Row {
  StateSet from;
  NudEvent on;
  std::optional<NudState> to;
  Acts acts;
  std::string_view source;
  std::string_view note = {};
};

/// The answer for one (state, event) pair; constant time.
[[nodiscard]] const Row& row_for(NudState from, NudEvent event) noexcept;

/// The event that a classified advert is. `same` counts only if `has_lla`.
[[nodiscard]] constexpr NudEvent advert_event(bool solicited, bool override_flag, bool has_lla, bool same) {
  if (!has_lla) return solicited ? NudEvent::kAdvertSolicitedNoLla : NudEvent::kAdvertUnsolicitedNoLla;
  if (same) return solicited ? NudEvent::kAdvertSolicitedSameLla : NudEvent::kAdvertUnsolicitedSameLla;
  if (solicited) {
    return override_flag ? NudEvent::kAdvertSolicitedOverrideNewLla : NudEvent::kAdvertSolicitedKeepNewLla;
  }
  return override_flag ? NudEvent::kAdvertUnsolicitedOverrideNewLla : NudEvent::kAdvertUnsolicitedKeepNewLla;
}

}  // namespace neigh::nud
