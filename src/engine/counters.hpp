// SPDX-License-Identifier: Apache-2.0
/// @file
/// Counters of one interface: traffic, and one for every reason to drop.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "nud/steps.hpp"
#include "wire/drop.hpp"

namespace neigh::engine {

/// Why a well-formed frame was dropped, or was not believed in part; the reasons of malformed ones are
/// `wire::DropReason`. `describe` gives name and statement.
enum class Reason : std::uint8_t {
  kInterfaceDown,
  kFamilyDisabled,
  kNotForUs,
  kGroupNotJoined,
  kOwnLinkSource,
  kArpOwnSenderLink,
  kArpConflict,
  kArpBroadcastSender,
  kArpNotLearned,
  kArpNotOurTarget,
  kArpTentativeTarget,
  kNdOwnLinkOption,
  kNdOwnSource,
  kNdNotOurTarget,
  kNdTentativeTarget,
  kNdTentativeDestination,
  kNdNoSourceToAnswer,
  kNdRouterSolicitOnHost,
  kNdRouterAdvertRefused,
  kNdRedirectRefused,
  kNdRedirectNotFirstHop,
  kNdAdvertForOwnAddress,
  kDadLoop,
  kAnswerRate,
  kProxyQueueFull,
  kProxyOwner,
  kTooManyPrefixes,
  kTooManyRouters,
  kTooManyRedirects,
  kIpNotForUs,
  kIp4ForbiddenSource,
  kIp4UnicastInGroupFrame,
};
inline constexpr std::size_t kReasonCount = static_cast<std::size_t>(Reason::kIp4UnicastInGroupFrame) + 1;

struct ReasonDescription {
  Reason reason;
  std::string_view name;       ///< Stable, lower case with hyphens.
  std::string_view statement;  ///< Of docs/spec/arp-ndp.md.
  std::string_view meaning;    ///< One line for people.
};
[[nodiscard]] const ReasonDescription& describe(Reason reason) noexcept;

struct InterfaceCounters {
  std::uint64_t frames_in = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t frames_out = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t packets_delivered = 0;
  std::uint64_t packets_queued = 0;
  std::uint64_t packets_failed = 0;
  std::uint64_t answers_sent = 0;  ///< ARP replies and solicited NAs.
  std::uint64_t conflicts = 0;     ///< ACD-005, ACD-045, DAD-008, DAD-009.
  std::uint64_t frames_lost = 0;   ///< Told by the port (PRT-012).
  std::array<std::uint64_t, wire::kDropReasonCount> malformed{};
  std::array<std::uint64_t, kReasonCount> dropped{};
  nud::NudCounters ipv4;
  nud::NudCounters ipv6;

  [[nodiscard]] std::uint64_t of(wire::DropReason reason) const { return malformed[static_cast<std::size_t>(reason)]; }
  [[nodiscard]] std::uint64_t of(Reason reason) const { return dropped[static_cast<std::size_t>(reason)]; }
};

}  // namespace neigh::engine
