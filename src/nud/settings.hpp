// SPDX-License-Identifier: Apache-2.0
// What can be set: per interface and family with the names, defaults and ranges of the RFCs, and for the whole cache.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>

#include "neigh/address.hpp"
#include "neigh/result.hpp"

namespace neigh::nud {

using std::chrono::milliseconds;

/// A lifetime without end.
inline constexpr milliseconds kUnlimited = milliseconds::max();

/// Which late answers an entry in FAILED takes (ARP-176, LNX-038).
enum class LateAnswers : std::uint8_t {
  kNone,       ///< None; NS and ARP requests still count (Linux, IPv6).
  kSolicited,  ///< An answer to our request within RetransTimer after the failure.
  kAny,        ///< Every answer, also broadcast ones (Linux, IPv4).
};

/// Settings of one interface and family. The defaults are the preset `rfc`.
struct NudSettings {
  // RFC 4861 10 and 6.3.2.
  milliseconds base_reachable_time{30'000};       ///< REACHABLE_TIME; 100 ms to 1 h (CON-08, CON-18).
  milliseconds retrans_timer{1'000};              ///< RETRANS_TIMER; 8 ms to 60 s (CON-09, RTR-009).
  milliseconds delay_first_probe_time{5'000};     ///< 0 to 1 h (CON-10).
  std::uint32_t max_multicast_solicit = 3;        ///< 1 to 100 (CON-04).
  std::uint32_t max_unicast_solicit = 3;          ///< 1 to 100 (CON-05).
  milliseconds reachable_time_redraw{7'200'000};  ///< New random factor after this; 1 s to 24 h (RTR-007).

  // RFC 7048.
  bool backoff = false;                    ///< UNREACHABLE and slower requests instead of failure (IMP-001).
  std::uint32_t backoff_multiple = 3;      ///< BACKOFF_MULTIPLE; 1 to 10 (CON-16).
  milliseconds max_retrans_timer{60'000};  ///< MAX_RETRANS_TIMER; 1 s to 1 h (CON-16).
  std::uint32_t mark_unreachable = 3;      ///< MARK_UNREACHABLE: the send that comes with UNREACHABLE; 2 to 100.

  // Where the RFCs leave room, or Linux differs.
  milliseconds failed_lifetime{1'000};  ///< Negative state (DEC-04, ARP-086); 0 to 24 h, or kUnlimited.
  bool restart_failed = false;          ///< A packet to a failed entry starts over at once (LNX-037).
  bool rate_memory = true;              ///< One request per RetransTimer and destination, whatever its entry (DEC-05).
  bool confirm_only_if_asked = true;    ///< DEC-06, ARP-177. false: every S=1 is believed.
  LateAnswers late_answers = LateAnswers::kSolicited;
  bool delay_if_recently_used = false;      ///< REACHABLE ends in DELAY when in use (LNX-033, DEC-10).
  std::uint32_t multicast_resolicit = 0;    ///< Multicast requests after the unicast ones in PROBE; 0 to 100 (LNX-008).
  milliseconds locktime{0};                 ///< ARP: no other address so soon after the last (ARP-114); 0 to 1 h.
  milliseconds max_age{0};                  ///< ARP-115, DEC-08; 0: off, else 1 s to 24 h.
  milliseconds interval_probe_time{5'000};  ///< Managed entries (LNX-013); 100 ms to 24 h.
  bool create_from_gratuitous = false;      ///< ARP-131 (arp_accept).
  bool ignore_gratuitous = false;           ///< ARP-132 (drop_gratuitous_arp).
  bool create_from_untracked_advert = false;  ///< Routers: GRD-003.
  bool keep_static_on_down = true;            ///< ARP-116. false: interface down removes all entries (LNX-054).
  bool evict_on_carrier_loss = true;          ///< LNX-055.

  // Limits (EXH-003, ARP-190). Rates are per second; 0: no limit.
  std::uint32_t max_incomplete = 1'024;     ///< Entries in INCOMPLETE; 1 to 16 M.
  std::uint32_t solicit_rate = 1'000;       ///< Multicast requests; 0 to 10 M.
  std::uint32_t solicit_burst = 1'000;      ///< 1 to 10 M.
  std::uint32_t probe_rate = 10'000;        ///< Unicast requests; 0 to 10 M.
  std::uint32_t probe_burst = 1'000;        ///< 1 to 10 M.
  std::uint32_t max_unsolicited = 4'096;    ///< Entries made by received packets and never used; 0 to 16 M.
  std::uint32_t unsolicited_rate = 1'000;   ///< Such entries made; 0 to 10 M.
  std::uint32_t unsolicited_burst = 1'000;  ///< 1 to 10 M.

  /// The standards, hardened where they are silent (docs/spec/arp-ndp.md, "We" and "ours").
  [[nodiscard]] static NudSettings rfc(Family family);
  /// What Linux does (part 6 of the specification), as far as it is told here.
  [[nodiscard]] static NudSettings linux_like(Family family);

  /// @retval Errc::kInvalidArgument  a member is out of its range; `field` names it.
  [[nodiscard]] Result<void> validate() const;

  friend bool operator==(const NudSettings&, const NudSettings&) = default;
};

/// Limits of a whole cache. The defaults are the preset `rfc`.
struct CacheLimits {
  std::uint32_t max_entries = 65'536;            ///< Dynamic entries; 1 to 256 M.
  std::uint32_t max_static_entries = 1'048'576;  ///< Permanent, no-arp, externally learned or validated; 0 to 256 M.
  std::uint32_t gc_low_water = 128;              ///< Collection leaves this many alone (LNX-001); 0 to 256 M.
  milliseconds gc_interval{30'000};              ///< 100 ms to 24 h.
  milliseconds gc_stale_time{60'000};            ///< Entries untouched for longer may go (NDS-009, LNX-004); 0 to 24 h.
  std::uint32_t rate_memory_slots = 8'192;       ///< Destinations remembered; 8 to 16 M.

  [[nodiscard]] static CacheLimits rfc();
  [[nodiscard]] static CacheLimits linux_like();
  /// As NudSettings::validate.
  [[nodiscard]] Result<void> validate() const;

  friend bool operator==(const CacheLimits&, const CacheLimits&) = default;
};

}  // namespace neigh::nud
