// SPDX-License-Identifier: Apache-2.0
// An interface as the engine keeps it: configuration, addresses, groups, prefixes, redirects, counters.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"
#include "engine/agenda.hpp"
#include "engine/counters.hpp"
#include "engine/engine.hpp"
#include "nud/rate.hpp"
#include "wire/drop.hpp"

namespace neigh::engine {

/// Something to do later; the members that mean nothing for a kind are left alone.
struct Task {
  enum class Kind : std::uint8_t {
    kVerify,         ///< Next step of ACD or DAD for `address`.
    kAnnounce,       ///< `left` more announcements of `address` (ACD-040).
    kGratuitous,     ///< `left` more unsolicited NAs to all routers for a new `address` (GRD-001).
    kLinkChanged,    ///< `left` more unsolicited NAs to all nodes for `address` (NAT-009).
    kAnswer,         ///< A delayed answer: `address` for `peer` at `peer_link`, who asked as `asked_by_group` says.
    kRouterSolicit,  ///< `left` more router solicitations (RTR-001).
    kGroupReport,    ///< An MLD report of all groups.
    kGroupChange,    ///< The repetition of a report of having joined or left `address`; `left` 1: joined.
    kPrefixEnds,     ///< On-link prefix `address`/`length`.
    kRouterEnds,     ///< Default router `address`.
    kAsk,            ///< Next request, or the end, of ask `number`.
  };
  Kind kind = Kind::kVerify;
  InterfaceIndex interface = InterfaceIndex::kNone;
  IpAddress address = {};
  std::uint8_t length = 0;
  std::uint32_t left = 0;
  std::uint64_t number = 0;
  IpAddress peer = {};
  LinkAddress peer_link = {};
  bool asked_by_group = false;
};
using TaskId = Agenda<Task>::Id;

using Nonce = std::array<std::uint8_t, 6>;

/// An address of ours.
struct Address {
  AddressConfig config;
  AddressChanged::Kind state = AddressChanged::Kind::kTentative;
  TaskId task;             ///< kVerify
  TaskId announcing;       ///< kAnnounce or kGratuitous
  TaskId link_announcing;  ///< kLinkChanged
  std::uint32_t sent = 0;  ///< Probes of this verification.
  std::uint32_t wanted = 0;
  bool waiting_to_join = false;           ///< DAD-004: listening, but not reported and not probed yet.
  bool looped = false;                    ///< A probe came back since the last one was sent (EDD-003).
  std::vector<Nonce> nonces;              ///< Sent in probes; the latest ones (EDD-001).
  std::optional<TimePoint> last_defense;  ///< ACD-046
  std::optional<TimePoint> announced;     ///< IPv4: when the last announcement went out.

  /// Assigned: may be used and is answered for.
  [[nodiscard]] bool assigned() const {
    return state == AddressChanged::Kind::kPreferred || state == AddressChanged::Kind::kOptimistic;
  }
  [[nodiscard]] bool preferred() const { return state == AddressChanged::Kind::kPreferred; }
  [[nodiscard]] bool optimistic() const { return state == AddressChanged::Kind::kOptimistic; }
  [[nodiscard]] bool verifying() const { return state == AddressChanged::Kind::kTentative || optimistic(); }
};

struct Prefix {
  IpAddress prefix;
  std::uint8_t length = 0;
  bool learned = false;
  std::optional<TimePoint> valid_until;
  TaskId ends;
};

struct Router {
  InterfaceIndex interface = InterfaceIndex::kNone;
  IpAddress address;
  bool learned = false;
  std::optional<TimePoint> valid_until;
  TaskId ends;
};

/// Destinations that a Redirect sends elsewhere (NDS-002, RDR-001); over the limit the oldest goes.
class Redirects {
 public:
  /// True if an older one had to go.
  bool set(const IpAddress& destination, const IpAddress& target, std::size_t limit);
  [[nodiscard]] const IpAddress* find(const IpAddress& destination) const;
  /// Forgets those that lead to `target` (NAR-010, NUD-009).
  void forget_target(const IpAddress& target);
  void clear();
  [[nodiscard]] std::size_t size() const { return order_.size(); }

 private:
  struct Item {
    IpAddress destination;
    IpAddress target;
  };
  std::list<Item> order_;  // oldest first
  std::unordered_map<IpAddress, std::list<Item>::iterator> by_destination_;
};

/// Answers to questions of one family (NAT-012): what strangers take is taken from the others' share, too.
struct AnswerBudget {
  nud::RateLimiter all;
  nud::RateLimiter not_in_use;  ///< Three quarters.
  nud::RateLimiter strangers;   ///< One half.
};

struct Port {
  InterfaceConfig config;
  wire::ParsePolicy policy;
  bool ethernet = true;        ///< Frames have Ethernet headers.
  bool ipv6_disabled = false;  ///< DAD-012: the link-local address made from the link-layer address is taken.
  bool sent_ipv6 = false;      ///< Some IPv6 packet went out since the interface came up (DAD-004).
  std::map<IpAddress, Address> addresses;
  std::map<IpAddress, std::uint32_t> groups;         ///< IPv6 groups and how often they are needed (NDF-024).
  std::map<LinkAddress, std::uint32_t> link_groups;  ///< Their link-layer groups.
  std::uint32_t all_groups = 0;                      ///< Prefixes proxied: every solicited-node group is ours.
  std::vector<Prefix> prefixes;
  Redirects redirects;
  std::uint8_t hop_limit = 64;
  TaskId soliciting;  ///< kRouterSolicit
  TaskId reporting;   ///< kGroupReport
  std::uint32_t delayed_answers = 0;
  std::uint32_t conflicts = 0;  ///< Seen since the interface came up (ACD-010).
  std::optional<TimePoint> last_attempt;
  AnswerBudget answers4;
  AnswerBudget answers6;
  InterfaceCounters counters;

  [[nodiscard]] InterfaceIndex index() const { return config.index; }
  [[nodiscard]] const InterfaceSettings& settings() const { return config.settings; }
  [[nodiscard]] bool active() const { return config.up && config.running; }
  [[nodiscard]] bool has_link_addresses() const { return !config.link_address.empty(); }
  /// The family's stack runs here.
  [[nodiscard]] bool runs(Family family) const {
    return family == Family::kIpv4 ? config.ipv4 : config.ipv6 && !ipv6_disabled;
  }
  [[nodiscard]] Address* find(const IpAddress& address) {
    const auto found = addresses.find(address);
    return found == addresses.end() ? nullptr : &found->second;
  }
  [[nodiscard]] const Address* find(const IpAddress& address) const {
    const auto found = addresses.find(address);
    return found == addresses.end() ? nullptr : &found->second;
  }
  /// An assigned unicast or anycast address of this interface.
  [[nodiscard]] bool has_assigned(const IpAddress& address) const {
    const Address* own = find(address);
    return own != nullptr && own->assigned();
  }
  void drop(Reason reason) { ++counters.dropped[static_cast<std::size_t>(reason)]; }
};

/// What an IPv4 address is to the subnets of a port's addresses.
struct SubnetPlace {
  bool on_link = false;    ///< In the subnet of an assigned address.
  bool broadcast = false;  ///< All host bits set, in some subnet; /31 and /32 have no such address (RFC 3021).
  bool zero = false;       ///< All host bits zero, likewise.
};
/// Nothing of all that for IPv6.
[[nodiscard]] SubnetPlace place_in_subnets(const Port& port, const IpAddress& address);

/// The first `length` bits are the same; false for addresses of different families.
[[nodiscard]] bool in_prefix(const IpAddress& address, const IpAddress& prefix, std::uint8_t length);
/// `prefix` with the bits beyond `length` cleared; `prefix` has a family.
[[nodiscard]] IpAddress cut_to(const IpAddress& prefix, std::uint8_t length);
/// Number of leading bits that two addresses of one family share.
[[nodiscard]] unsigned common_bits(const IpAddress& a, const IpAddress& b);
/// The directed broadcast address of an IPv4 subnet has all host bits set; /31 and /32 have none (RFC 3021).
[[nodiscard]] bool is_subnet_broadcast(const IpAddress& address, const IpAddress& own, std::uint8_t length);
/// All host bits zero.
[[nodiscard]] bool is_subnet_zero(const IpAddress& address, const IpAddress& own, std::uint8_t length);

}  // namespace neigh::engine
