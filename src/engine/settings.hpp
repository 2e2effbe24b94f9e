// SPDX-License-Identifier: Apache-2.0
/// @file
/// What can be set on an engine and on each of its interfaces, with the names, defaults and ranges of the RFCs.
#pragma once

#include <chrono>
#include <cstdint>

#include "neigh/result.hpp"
#include "nud/settings.hpp"

namespace neigh::engine {

using std::chrono::milliseconds;

/// What to do when another node uses an IPv4 address of ours (ACD-046).
enum class ConflictPolicy : std::uint8_t {
  kIgnore,         ///< Nothing but counting: Linux (ACD-052). No choice of RFC 5227.
  kWithdraw,       ///< (a) Give it up at once.
  kDefendOnce,     ///< (b) Defend once in DEFEND_INTERVAL, give up on the second conflict.
  kDefendForever,  ///< (c) Keep it, and defend at most once in DEFEND_INTERVAL. Not for 169.254/16 (ACD-053).
};

/// RFC 5227 1.1. Fixed by the RFC, but for slow links (1.3).
struct ConflictTimes {
  milliseconds probe_wait{1'000};
  std::uint32_t probe_num = 3;
  milliseconds probe_min{1'000};
  milliseconds probe_max{2'000};
  milliseconds announce_wait{2'000};
  std::uint32_t announce_num = 2;
  milliseconds announce_interval{2'000};
  std::uint32_t max_conflicts = 10;
  milliseconds rate_limit_interval{60'000};
  milliseconds defend_interval{10'000};
  friend bool operator==(const ConflictTimes&, const ConflictTimes&) = default;
};

/// Settings of one interface. The defaults are the preset `rfc`. Counts and times are refused outside of the ranges
/// given; "off" is 0.
struct InterfaceSettings {
  nud::NudSettings ipv4 = nud::NudSettings::rfc(Family::kIpv4);
  nud::NudSettings ipv6 = nud::NudSettings::rfc(Family::kIpv6);

  // What is believed (part 1.3 of the specification).
  bool accept_any_link_address = false;  ///< ARP-045, ARP-046, ARP-061, NDF-017: group, zero and own addresses.
  bool accept_ieee802_hardware = false;  ///< ARP-043.
  bool learn_off_subnet = false;         ///< ARP-054: learn from ARP senders that no on-link prefix covers.
  bool learn_any_sender = false;         ///< ARP-052, ARP-053, NDV-026: directed broadcast, 240/4, own IPv6 address.
  bool learn_untracked_adverts = true;   ///< GRD-003, with `forwarding`: an NA with TLLAO makes a STALE entry.
  /// IPv4 packets from sources of RFC 1122 3.2.1.3 are dropped, and those for us alone in frames for many (3.3.6).
  /// false: only those from our own addresses and from 0.0.0.0, which Linux does not take either.
  bool strict_ip4_input = true;

  // How answers are sent
  /// An answer is a packet like any other: it makes a STALE entry DELAY (LNX-040). false: answers use the cache and
  /// leave it alone, so that strangers cannot make us probe them (ARP-190, EXH-006).
  bool answers_count_as_use = false;
  bool resolve_to_answer_multicast = true;     ///< NSR-008 also for an NS sent to multicast; Linux drops it (LNX-091).
  bool link_option_in_unicast_answers = true;  ///< NAT-002, NAT-003; Linux leaves TLLAO out, with O=0 (LNX-090).

  // ARP
  bool answer_for_other_interfaces = false;  ///< ARP-033: the weak model (arp_ignore = 0).
  bool announce_new_addresses = true;        ///< ACD-040, ARP-136.
  bool announce_link_changes = true;         ///< ARP-136, NAT-009: another link-layer address; IPv4 also carrier up.
  milliseconds proxy_delay{800};             ///< ARP-152, NAT-007: answers for proxied addresses; 0 to 10 s.
  std::uint32_t proxy_queue = 64;            ///< ARP-152: delayed answers waiting; 0 to 4096.

  // IPv4 address conflict detection (part 2)
  bool conflict_detection = true;  ///< Probe before use (ACD-001).
  ConflictPolicy conflict_policy = ConflictPolicy::kDefendOnce;
  ConflictTimes conflict_times = {};

  // IPv6 addresses (part 5.1, 5.2, 5.7)
  std::uint32_t dup_addr_detect_transmits = 1;   ///< DAD-001; 0 to 20.
  bool enhanced_dad = true;                      ///< RFC 7527.
  bool disable_on_duplicate_link_local = true;   ///< DAD-012.
  bool gratuitous_advert = true;                 ///< RFC 9131 (GRD-001).
  std::uint32_t max_neighbor_advertisement = 3;  ///< MAX_NEIGHBOR_ADVERTISEMENT; 0 to 20 (CON-07).
  milliseconds max_anycast_delay_time{1'000};    ///< MAX_ANYCAST_DELAY_TIME; 0 to 10 s (CON-06).
  std::uint32_t advert_rate = 1'000;             ///< Answers to ARP, and to NS, a second (NAT-012); 0: no limit.
  std::uint32_t advert_burst = 1'000;            ///< 1 to 1 M.
  bool multicast_listener_reports = true;        ///< PRT-005.

  // Host or router
  bool forwarding = false;                         ///< We are a router here: R=1 (NAT-005), RS are processed (RTS-001).
  bool accept_router_adverts = true;               ///< Hosts only.
  bool accept_redirects = true;                    ///< Hosts only (RDR-006).
  std::uint32_t max_rtr_solicitations = 3;         ///< MAX_RTR_SOLICITATIONS; 0 to 20 (CON-03).
  milliseconds rtr_solicitation_interval{4'000};   ///< CON-02; 1 s to 60 s.
  milliseconds max_rtr_solicitation_delay{1'000};  ///< CON-01; 0 to 10 s.

  // Limits: everything a peer can grow.
  std::uint32_t queue_packets = 16;     ///< Packets that wait for one neighbor (DEC-09); 1 to 4096.
  std::uint32_t queue_bytes = 65'536;   ///< Bytes that wait for one neighbor; 1,500 to 16 M.
  std::uint32_t max_prefixes = 64;      ///< On-link prefixes learned from RAs; 0 to 4096.
  std::uint32_t max_routers = 16;       ///< Default routers learned from RAs; 2 to 256 (NDS-004).
  std::uint32_t max_redirects = 1'024;  ///< Destinations with a redirected next hop; 0 to 65,536.

  [[nodiscard]] static InterfaceSettings rfc() { return {}; }
  /// What Linux does with its default sysctls (part 6), as far as it is told here.
  [[nodiscard]] static InterfaceSettings linux_like();

  /// @retval Errc::kInvalidArgument  a member is out of its range; `field` names it.
  [[nodiscard]] Result<void> validate() const;
  friend bool operator==(const InterfaceSettings&, const InterfaceSettings&) = default;
};

/// Limits of a whole engine.
struct EngineLimits {
  nud::CacheLimits cache = {};
  std::uint32_t queue_packets = 4'096;              ///< Packets waiting for all neighbors (DEC-09); 1 to 1 M.
  std::uint32_t queue_bytes = 16U * 1'024 * 1'024;  ///< 64 KiB to 1 G.
  std::uint32_t max_interfaces = 4'096;
  std::uint32_t max_addresses = 1'024;  ///< Of one interface.
  std::uint32_t max_proxies = 65'536;   ///< Proxy entries of all interfaces.
  std::uint32_t max_asks = 1'024;       ///< Running `ask`s.

  [[nodiscard]] static EngineLimits rfc() { return {}; }
  [[nodiscard]] static EngineLimits linux_like();
  [[nodiscard]] Result<void> validate() const;
};

}  // namespace neigh::engine
