// SPDX-License-Identifier: Apache-2.0
// The NUD state machine as data. Each row names the statements of docs/spec/arp-ndp.md that it comes from; below the
// rows the compiler proves that every (state, event) pair is answered once and that the rows keep the invariants
// NUD-014 (timers) and NUD-015 (link-layer address and queue).
#pragma once

#include <array>
#include <span>

#include "nud/fsm.hpp"

namespace neigh::nud {

// clang-format off
namespace rows {

using S = NudState;
using E = NudEvent;
using A = Act;

inline constexpr StateSet kEvery = StateSet::all().with(kNoEntry);
inline constexpr StateSet kStatic = {S::kNoArp, S::kPermanent};
/// RFC 4861's "not INCOMPLETE": resolved by the protocol. UNREACHABLE counts as such (IMP-006).
inline constexpr StateSet kResolved = {S::kReachable, S::kStale, S::kDelay, S::kProbe, S::kUnreachable};
inline constexpr StateSet kNotReachable = {S::kStale, S::kDelay, S::kProbe, S::kUnreachable};
/// An entry that RFC 4861 would have deleted, or that an administrator left empty.
inline constexpr StateSet kEmpty = {S::kFailed, S::kNone};

constexpr StateSet all_but(std::initializer_list<NudState> states) {
  StateSet set = kEvery;
  for (const NudState s : states) set = set.without(s);
  return set;
}
inline constexpr auto kStays = std::nullopt;

}  // namespace rows

inline constexpr auto kRows = [] {
  using namespace rows;  // NOLINT(google-build-using-namespace)
  return std::to_array<Row>({
    // --- A packet to send -------------------------------------------------------------------------------------
    {{kNoEntry}, E::kPacketToSend, S::kIncomplete, A::kHoldPacket | A::kSolicit, "FSM-01 NDR-002"},
    {kEmpty, E::kPacketToSend, S::kIncomplete, A::kHoldPacket | A::kSolicit, "FSM-01 LNX-037", "for RFC 4861 there is no entry any more"},
    {{S::kIncomplete}, E::kPacketToSend, kStays, A::kHoldPacket, "NDR-005 NUD-004"},
    {{S::kStale}, E::kPacketToSend, S::kDelay, A::kArmDelay, "FSM-18 NUD-006"},
    {{S::kDelay, S::kProbe}, E::kPacketToSend, kStays, {}, "FSM-27 NUD-006"},
    {{S::kReachable}, E::kPacketToSend, kStays, {}, "NUD-004"},
    {kStatic, E::kPacketToSend, kStays, {}, "NUD-004 LNX-032"},
    {{S::kUnreachable}, E::kPacketToSend, kStays, A::kWake, "IMP-004 IMP-005", "traffic starts the requests again"},
    {{S::kFailed}, E::kPacketHeldDown, kStays, {}, "ARP-086 DEC-04", "negative state: the packet comes back at once"},
    {all_but({S::kFailed}), E::kPacketHeldDown, kStays, A::kNever, "DEC-04"},

    // --- Deadlines --------------------------------------------------------------------------------------------
    {{S::kIncomplete}, E::kRetransmitMore, kStays, A::kRepeat, "FSM-02 NDR-007"},
    {{S::kProbe}, E::kRetransmitMore, kStays, A::kRepeat, "FSM-20 NUD-007"},
    {{S::kUnreachable}, E::kRetransmitMore, kStays, A::kRepeat, "IMP-002 IMP-003"},
    {all_but({S::kIncomplete, S::kProbe, S::kUnreachable}), E::kRetransmitMore, kStays, A::kNever, "NUD-014"},
    {{S::kUnreachable}, E::kRetransmitIdle, kStays, A::kStopTimer, "IMP-005", "no traffic since the last request"},
    {all_but({S::kUnreachable}), E::kRetransmitIdle, kStays, A::kNever, "NUD-014"},
    {{S::kIncomplete}, E::kResolutionFailed, S::kFailed, A::kFailQueue | A::kArmFailed, "FSM-03 NDR-008 DEC-04", "deleted when the negative state ends"},
    {all_but({S::kIncomplete}), E::kResolutionFailed, kStays, A::kNever, "NUD-014"},
    {{S::kProbe}, E::kProbesFailed, S::kFailed, A::kForgetLla | A::kArmFailed, "FSM-21 NUD-008 DEC-04", "deleted when the negative state ends"},
    {all_but({S::kProbe}), E::kProbesFailed, kStays, A::kNever, "NUD-014"},
    {{S::kProbe}, E::kProbesFailedValidated, S::kStale, A::kStopTimer, "LNX-077", "user space vouches for the address"},
    {all_but({S::kProbe}), E::kProbesFailedValidated, kStays, A::kNever, "NUD-014"},
    {{S::kProbe}, E::kProbesFailedBackoff, S::kUnreachable, A::kRepeat, "FSM-21 IMP-001 IMP-003", "RFC 7048"},
    {all_but({S::kProbe}), E::kProbesFailedBackoff, kStays, A::kNever, "NUD-014"},
    {{S::kDelay}, E::kDelayTimeout, S::kProbe, A::kProbe, "FSM-19 NUD-007"},
    {all_but({S::kDelay}), E::kDelayTimeout, kStays, A::kNever, "NUD-014"},
    {{S::kReachable}, E::kReachableTimeout, S::kStale, A::kStopTimer, "FSM-17 NUD-005"},
    {all_but({S::kReachable}), E::kReachableTimeout, kStays, A::kNever, "NUD-014"},
    {{S::kReachable}, E::kReachableTimeoutInUse, S::kDelay, A::kArmDelay, "LNX-033 DEC-10", "setting delay_if_recently_used"},
    {all_but({S::kReachable}), E::kReachableTimeoutInUse, kStays, A::kNever, "NUD-014"},
    {{S::kFailed}, E::kFailedTimeout, kNoEntry, A::kStopTimer, "FSM-03 FSM-21 DEC-04"},
    {all_but({S::kFailed}), E::kFailedTimeout, kStays, A::kNever, "NUD-014"},
    {{S::kStale}, E::kManagedTimeout, S::kDelay, A::kArmDelay, "LNX-075"},
    {kEmpty, E::kManagedTimeout, S::kIncomplete, A::kSolicit, "LNX-075"},
    {all_but({S::kStale, S::kFailed, S::kNone}), E::kManagedTimeout, kStays, A::kNever, "NUD-014"},
    {kResolved, E::kMaxAge, kNoEntry, A::kStopTimer, "ARP-115 DEC-08", "the next packet is preceded by a request"},
    {{kNoEntry, S::kIncomplete, S::kFailed, S::kNone, S::kNoArp, S::kPermanent}, E::kMaxAge, kStays, A::kNever, "ARP-115"},

    // --- Adverts: NA, ARP reply -------------------------------------------------------------------------------
    {{kNoEntry}, E::kAdvertSolicitedOverrideNewLla, kStays, {}, "NAR-001 ARP-174"},
    {{kNoEntry}, E::kAdvertSolicitedKeepNewLla, kStays, {}, "NAR-001"},
    {{kNoEntry}, E::kAdvertUnsolicitedOverrideNewLla, kStays, {}, "NAR-001 ARP-174"},
    {{kNoEntry}, E::kAdvertUnsolicitedKeepNewLla, kStays, {}, "NAR-001"},
    {{kNoEntry}, E::kAdvertSolicitedNoLla, kStays, {}, "NAR-001 FSM-07"},
    {{kNoEntry}, E::kAdvertUnsolicitedNoLla, kStays, {}, "NAR-001 FSM-07"},

    {{S::kIncomplete}, E::kAdvertSolicitedOverrideNewLla, S::kReachable, A::kStoreLla | A::kTakeRouter | A::kConfirmed | A::kReleaseQueue | A::kArmReachable, "FSM-05 NAR-003 ARP-170"},
    {{S::kIncomplete}, E::kAdvertSolicitedKeepNewLla, S::kReachable, A::kStoreLla | A::kTakeRouter | A::kConfirmed | A::kReleaseQueue | A::kArmReachable, "FSM-05 NAR-003", "O is ignored in INCOMPLETE"},
    {{S::kIncomplete}, E::kAdvertUnsolicitedOverrideNewLla, S::kStale, A::kStoreLla | A::kTakeRouter | A::kReleaseQueue | A::kStopTimer, "FSM-04 NAR-003 ARP-171", "a packet that waited moves it on to DELAY"},
    {{S::kIncomplete}, E::kAdvertUnsolicitedKeepNewLla, S::kStale, A::kStoreLla | A::kTakeRouter | A::kReleaseQueue | A::kStopTimer, "FSM-04 NAR-003", "O is ignored in INCOMPLETE"},
    {{S::kIncomplete}, E::kAdvertSolicitedNoLla, kStays, {}, "FSM-06 NAR-002 DEC-03", "7.2.5 against Appendix C: IsRouter is not touched"},
    {{S::kIncomplete}, E::kAdvertUnsolicitedNoLla, kStays, {}, "FSM-06 NAR-002 DEC-03"},

    {kEmpty, E::kAdvertSolicitedOverrideNewLla, S::kReachable, A::kStoreLla | A::kTakeRouter | A::kConfirmed | A::kArmReachable, "ARP-176", "a late answer"},
    {kEmpty, E::kAdvertSolicitedKeepNewLla, S::kReachable, A::kStoreLla | A::kTakeRouter | A::kConfirmed | A::kArmReachable, "ARP-176", "a late answer"},
    {kEmpty, E::kAdvertUnsolicitedOverrideNewLla, kStays, {}, "ARP-176 NAR-001"},
    {kEmpty, E::kAdvertUnsolicitedKeepNewLla, kStays, {}, "ARP-176 NAR-001"},
    {kEmpty, E::kAdvertSolicitedNoLla, kStays, {}, "NAR-001 NAR-002"},
    {kEmpty, E::kAdvertUnsolicitedNoLla, kStays, {}, "NAR-001 NAR-002"},
    {{kNoEntry, S::kIncomplete, S::kFailed, S::kNone}, E::kAdvertSolicitedSameLla, kStays, A::kNever, "NUD-015", "there is no address to be the same as"},
    {{kNoEntry, S::kIncomplete, S::kFailed, S::kNone}, E::kAdvertUnsolicitedSameLla, kStays, A::kNever, "NUD-015", "there is no address to be the same as"},

    {kResolved, E::kAdvertSolicitedOverrideNewLla, S::kReachable, A::kStoreLla | A::kTakeRouter | A::kConfirmed | A::kArmReachable, "FSM-12 NAR-006 NAR-007 ARP-170 IMP-006"},
    {kResolved, E::kAdvertSolicitedSameLla, S::kReachable, A::kTakeRouter | A::kConfirmed | A::kArmReachable, "FSM-08 FSM-12 NAR-007 NAR-024 IMP-006"},
    {kResolved, E::kAdvertSolicitedNoLla, S::kReachable, A::kTakeRouter | A::kConfirmed | A::kArmReachable, "FSM-09 NAR-007 DEC-01 IMP-006", "7.2.5 against Appendix C"},
    {{S::kReachable}, E::kAdvertSolicitedKeepNewLla, S::kStale, A::kStopTimer, "FSM-10 NAR-004", "address and IsRouter stay"},
    {kNotReachable, E::kAdvertSolicitedKeepNewLla, kStays, {}, "FSM-11 NAR-005 IMP-006"},
    {kResolved, E::kAdvertUnsolicitedOverrideNewLla, S::kStale, A::kStoreLla | A::kTakeRouter | A::kStopTimer, "FSM-15 NAR-006 NAR-008 ARP-171 IMP-006"},
    {{S::kReachable}, E::kAdvertUnsolicitedKeepNewLla, S::kStale, A::kStopTimer, "FSM-13 NAR-004 DEC-02", "7.2.5 against Appendix C: address and IsRouter stay"},
    {kNotReachable, E::kAdvertUnsolicitedKeepNewLla, kStays, {}, "FSM-13 NAR-005 IMP-006"},
    {kResolved, E::kAdvertUnsolicitedSameLla, kStays, A::kTakeRouter, "FSM-13 FSM-14 NAR-009 NAR-010 ARP-171"},
    {kResolved, E::kAdvertUnsolicitedNoLla, kStays, A::kTakeRouter, "FSM-09 FSM-13 NAR-009 NAR-010"},

    {kStatic, E::kAdvertSolicitedOverrideNewLla, kStays, A::kMismatch, "ARP-135 NAR-025"},
    {kStatic, E::kAdvertSolicitedKeepNewLla, kStays, A::kMismatch, "ARP-135 NAR-025"},
    {kStatic, E::kAdvertUnsolicitedOverrideNewLla, kStays, A::kMismatch, "ARP-135 NAR-025"},
    {kStatic, E::kAdvertUnsolicitedKeepNewLla, kStays, A::kMismatch, "ARP-135 NAR-025"},
    {kStatic, E::kAdvertSolicitedSameLla, kStays, {}, "ARP-135 NAR-025"},
    {kStatic, E::kAdvertUnsolicitedSameLla, kStays, {}, "ARP-135 NAR-025"},
    {kStatic, E::kAdvertSolicitedNoLla, kStays, {}, "ARP-135 NAR-025"},
    {kStatic, E::kAdvertUnsolicitedNoLla, kStays, {}, "ARP-135 NAR-025"},

    // --- Learning: NS, RS, RA, Redirect, ARP request ----------------------------------------------------------
    {{kNoEntry}, E::kLearnNewLla, S::kStale, A::kStoreLla | A::kTakeRouter | A::kStopTimer, "FSM-22 NSR-003 ARP-173"},
    {kEmpty, E::kLearnNewLla, S::kStale, A::kStoreLla | A::kTakeRouter | A::kStopTimer, "FSM-22 ARP-172 LNX-038"},
    {{S::kIncomplete}, E::kLearnNewLla, S::kStale, A::kStoreLla | A::kTakeRouter | A::kReleaseQueue | A::kStopTimer, "FSM-23 NSR-009 ARP-172", "a packet that waited moves it on to DELAY"},
    {kResolved, E::kLearnNewLla, S::kStale, A::kStoreLla | A::kTakeRouter | A::kStopTimer, "FSM-24 NSR-003 NSR-010 ARP-172 DEC-13 IMP-006"},
    {kStatic, E::kLearnNewLla, kStays, A::kMismatch, "ARP-135 NAR-025"},
    {{kNoEntry, S::kIncomplete, S::kFailed, S::kNone}, E::kLearnSameLla, kStays, A::kNever, "NUD-015"},
    {kResolved, E::kLearnSameLla, kStays, A::kTakeRouter, "FSM-26 NSR-003 NSR-010 ARP-172"},
    {kStatic, E::kLearnSameLla, kStays, {}, "ARP-135 NAR-025"},
    {{kNoEntry}, E::kLearnNoLla, kStays, {}, "FSM-07 NSR-006"},
    {kEmpty, E::kLearnNoLla, kStays, {}, "FSM-07 NSR-006"},
    {{S::kIncomplete}, E::kLearnNoLla, kStays, A::kTakeRouter, "FSM-25 NSR-006 RTR-003 DEC-15"},
    {kResolved, E::kLearnNoLla, kStays, A::kTakeRouter, "FSM-28 NSR-006 RTR-003"},
    {kStatic, E::kLearnNoLla, kStays, {}, "ARP-135 NAR-025"},

    // --- Advice -----------------------------------------------------------------------------------------------
    {kResolved, E::kConfirm, S::kReachable, A::kConfirmed | A::kArmReachable, "FSM-16 NUD-001 IMP-006"},
    {{S::kIncomplete}, E::kConfirm, kStays, {}, "NUD-003"},
    {{kNoEntry, S::kFailed, S::kNone}, E::kConfirm, kStays, {}, "NUD-003", "no address to confirm"},
    {kStatic, E::kConfirm, kStays, {}, "NAR-025 LNX-031"},
    {{S::kReachable}, E::kDeliveryProblem, S::kStale, A::kStopTimer, "ARP-111 NUD-002", "the next packet starts verification"},
    {all_but({S::kReachable}), E::kDeliveryProblem, kStays, {}, "ARP-111 NUD-002"},

    // --- Administration ---------------------------------------------------------------------------------------
    {all_but({S::kIncomplete}), E::kSetPermanent, S::kPermanent, A::kStoreLla | A::kStopTimer, "FSM-30"},
    {{S::kIncomplete}, E::kSetPermanent, S::kPermanent, A::kStoreLla | A::kReleaseQueue | A::kStopTimer, "FSM-30"},
    {all_but({S::kIncomplete}), E::kSetNoArp, S::kNoArp, A::kStoreLla | A::kStopTimer, "FSM-30 LNX-031"},
    {{S::kIncomplete}, E::kSetNoArp, S::kNoArp, A::kStoreLla | A::kReleaseQueue | A::kStopTimer, "FSM-30 LNX-031"},
    {all_but({S::kIncomplete}), E::kSetReachable, S::kReachable, A::kStoreLla | A::kConfirmed | A::kArmReachable, "FSM-30"},
    {{S::kIncomplete}, E::kSetReachable, S::kReachable, A::kStoreLla | A::kConfirmed | A::kReleaseQueue | A::kArmReachable, "FSM-30"},
    {all_but({S::kIncomplete}), E::kSetStale, S::kStale, A::kStoreLla | A::kStopTimer, "FSM-30"},
    {{S::kIncomplete}, E::kSetStale, S::kStale, A::kStoreLla | A::kReleaseQueue | A::kStopTimer, "FSM-30"},
    {all_but({S::kIncomplete}), E::kSetDelay, S::kDelay, A::kStoreLla | A::kArmDelay, "FSM-30"},
    {{S::kIncomplete}, E::kSetDelay, S::kDelay, A::kStoreLla | A::kReleaseQueue | A::kArmDelay, "FSM-30"},
    {all_but({S::kIncomplete}), E::kSetProbe, S::kProbe, A::kStoreLla | A::kProbe, "FSM-30"},
    {{S::kIncomplete}, E::kSetProbe, S::kProbe, A::kStoreLla | A::kReleaseQueue | A::kProbe, "FSM-30"},
    {all_but({S::kIncomplete}), E::kSetIncomplete, S::kIncomplete, A::kForgetLla | A::kSolicit, "FSM-30 FSM-01"},
    {{S::kIncomplete}, E::kSetIncomplete, kStays, {}, "FSM-30", "resolution is running"},
    {all_but({S::kIncomplete}), E::kSetFailed, S::kFailed, A::kForgetLla | A::kArmFailed, "FSM-30 LNX-031"},
    {{S::kIncomplete}, E::kSetFailed, S::kFailed, A::kFailQueue | A::kArmFailed, "FSM-30 LNX-031"},
    {all_but({S::kIncomplete}), E::kSetNone, S::kNone, A::kForgetLla | A::kStopTimer, "FSM-30 LNX-031"},
    {{S::kIncomplete}, E::kSetNone, S::kNone, A::kFailQueue | A::kStopTimer, "FSM-30 LNX-031"},
    {all_but({S::kIncomplete, kNoEntry}), E::kRemove, kNoEntry, A::kStopTimer, "FSM-30 ARP-110"},
    {{S::kIncomplete}, E::kRemove, kNoEntry, A::kFailQueue | A::kStopTimer, "FSM-30 ARP-110"},
    {{kNoEntry}, E::kRemove, kStays, {}, "FSM-30"},

    // --- Link and memory --------------------------------------------------------------------------------------
    {all_but({S::kIncomplete, kNoEntry}), E::kInterfaceDown, kNoEntry, A::kStopTimer, "FSM-29 LNX-054"},
    {{S::kIncomplete}, E::kInterfaceDown, kNoEntry, A::kFailQueue | A::kStopTimer, "FSM-29 LNX-054"},
    {{kNoEntry}, E::kInterfaceDown, kStays, {}, "FSM-29"},
    {all_but({S::kIncomplete, S::kPermanent, kNoEntry}), E::kCarrierLost, kNoEntry, A::kStopTimer, "FSM-29 ARP-116 LNX-055"},
    {{S::kIncomplete}, E::kCarrierLost, kNoEntry, A::kFailQueue | A::kStopTimer, "FSM-29 ARP-116 LNX-055"},
    {{S::kPermanent}, E::kCarrierLost, kStays, {}, "ARP-116 LNX-055"},
    {{kNoEntry}, E::kCarrierLost, kStays, {}, "FSM-29"},
    {{S::kIncomplete}, E::kEvict, kNoEntry, A::kFailQueue | A::kStopTimer, "EXH-004"},
    {{S::kFailed, S::kNone, S::kStale, S::kUnreachable}, E::kEvict, kNoEntry, A::kStopTimer, "NDS-009 ARP-191 IMP-004"},
    {{kNoEntry, S::kReachable, S::kDelay, S::kProbe, S::kNoArp, S::kPermanent}, E::kEvict, kStays, A::kNever, "ARP-191 EXH-004", "in use or static: never evicted"},
  });
}();
// clang-format on

/// Every (state, event) pair is in exactly one row.
constexpr bool covers_every_pair_once(std::span<const Row> table) {
  std::array<std::array<std::uint8_t, kNudEventCount>, kFsmStateCount> seen{};
  for (const Row& row : table) {
    for (std::size_t s = 0; s < kFsmStateCount; ++s) {
      if (row.from.contains(static_cast<NudState>(s))) ++seen[s][static_cast<std::size_t>(row.on)];
    }
  }
  for (const auto& of_state : seen) {
    for (const std::uint8_t count : of_state) {
      if (count != 1) return false;
    }
  }
  return true;
}

/// NUD-014: entering a state sets its deadline, or stops it, in the same row; nothing else touches deadlines.
constexpr bool timers_follow_states(std::span<const Row> table) {
  for (const Row& row : table) {
    const int touches = int{row.acts.has(Act::kStopTimer)} + int{row.acts.has(Act::kArmReachable)} +
                        int{row.acts.has(Act::kArmDelay)} + int{row.acts.has(Act::kArmFailed)} +
                        int{row.acts.has(Act::kSolicit)} + int{row.acts.has(Act::kProbe)} +
                        int{row.acts.has(Act::kRepeat)} + int{row.acts.has(Act::kWake)};
    if (touches > 1) return false;
    if (!row.to) {
      const bool keeps_probing = row.acts.has(Act::kRepeat) || row.acts.has(Act::kWake) ||
                                 (row.acts.has(Act::kStopTimer) && row.from == StateSet{NudState::kUnreachable});
      if (touches == 1 && !keeps_probing) return false;
      continue;
    }
    Act wanted = Act::kStopTimer;
    if (*row.to == NudState::kReachable) wanted = Act::kArmReachable;
    if (*row.to == NudState::kDelay) wanted = Act::kArmDelay;
    if (*row.to == NudState::kFailed) wanted = Act::kArmFailed;
    if (*row.to == NudState::kIncomplete) wanted = Act::kSolicit;
    if (*row.to == NudState::kProbe) wanted = Act::kProbe;
    if (*row.to == NudState::kUnreachable) wanted = Act::kRepeat;
    if (!row.acts.has(wanted)) return false;
  }
  return true;
}

/// NUD-015: a state with a link-layer address is entered with one, a state without forgets it, and the queue ends,
/// released or failed, in every row that leaves INCOMPLETE and in no other.
constexpr bool address_and_queue_follow_states(std::span<const Row> table) {
  constexpr StateSet without = {NudState::kIncomplete, NudState::kFailed, NudState::kNone, kNoEntry};
  for (const Row& row : table) {
    const bool queue_ends = row.acts.has(Act::kReleaseQueue) || row.acts.has(Act::kFailQueue);
    const bool leaves = row.from.contains(NudState::kIncomplete) && row.to && *row.to != NudState::kIncomplete;
    if (queue_ends != leaves) return false;
    if (leaves && row.from != StateSet{NudState::kIncomplete}) return false;
    if (!row.to) {
      if (row.acts.has(Act::kStoreLla) || row.acts.has(Act::kForgetLla)) return false;
      continue;
    }
    for (std::size_t s = 0; s < kFsmStateCount; ++s) {
      const auto from = static_cast<NudState>(s);
      if (!row.from.contains(from)) continue;
      if (!without.contains(*row.to) && without.contains(from) && !row.acts.has(Act::kStoreLla)) return false;
      if (without.contains(*row.to) && *row.to != kNoEntry && !without.contains(from) &&
          !row.acts.has(Act::kForgetLla)) {
        return false;
      }
    }
  }
  return true;
}

/// ARP-135: no message changes a static entry.
constexpr bool packets_leave_static_entries_alone(std::span<const Row> table) {
  for (const Row& row : table) {
    const bool by_packet = row.on >= NudEvent::kAdvertSolicitedOverrideNewLla && row.on <= NudEvent::kLearnNoLla;
    const bool touches_static = row.from.contains(NudState::kPermanent) || row.from.contains(NudState::kNoArp);
    if (by_packet && touches_static && (row.to || !(row.acts == Acts{} || row.acts == Acts{Act::kMismatch}))) {
      return false;
    }
  }
  return true;
}

static_assert(covers_every_pair_once(kRows), "a (state, event) pair is missing or listed twice");
static_assert(timers_follow_states(kRows), "NUD-014: a row forgets or doubles a deadline");
static_assert(address_and_queue_follow_states(kRows), "NUD-015: a row loses an address or a queue");
static_assert(packets_leave_static_entries_alone(kRows), "ARP-135: a packet changes a static entry");

}  // namespace neigh::nud
