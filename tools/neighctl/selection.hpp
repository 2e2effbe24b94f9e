// SPDX-License-Identifier: Apache-2.0
// Which entries a command line means.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "context.hpp"
#include "values.hpp"

namespace neigh::ctl {

/// Filters of list, flush, watch and verify: what the library filters, and what is filtered here.
struct Selection {
  ListFilter filter = {};
  std::vector<Prefix> prefixes = {};  ///< Empty: every address.
  bool routers_only = false;
  std::optional<std::uint8_t> protocol = {};
  std::optional<std::set<InterfaceIndex>> interfaces = {};  ///< Only these; for nomaster, and for master in watch.
  bool narrowed = false;                                    ///< The user named something: not simply everything.

  [[nodiscard]] bool matches(const Neighbor& neighbor) const;
  /// True if the library's filter alone says it all.
  [[nodiscard]] bool plain() const { return prefixes.empty() && !routers_only && !protocol && !interfaces; }
};

/// From the options and the free words. `states`: what is meant when no state is named.
[[nodiscard]] Checked<Selection> selection_from(Context& context, StateSet states);

/// The entries meant, sorted.
[[nodiscard]] Checked<std::vector<Neighbor>> read_selection(Context& context, const Selection& selection);

/// What to do when a command line names an address and no interface.
enum class WithoutInterface : unsigned char {
  kRefuse,     ///< add, replace: an interface must be named.
  kLookUp,     ///< set, delete: the entry that exists.
  kCandidate,  ///< resolve: the entry that exists, else the interface on whose link the address is.
};

/// The entry that `text` ("192.0.2.7", "fe80::1%eth0") and --dev name. An address that several interfaces have is
/// refused with their names.
[[nodiscard]] Checked<NeighborKey> key_from(Context& context, std::string_view text, bool proxy,
                                            WithoutInterface without);

/// The entries that `text` and --dev name: without an interface those of every one. An entry that may not exist, if the
/// interface is named.
[[nodiscard]] Checked<std::vector<NeighborKey>> keys_from(Context& context, std::string_view text, bool proxy);

/// Why the table would refuse an entry or keep something else than it says; nothing if it can be written. What is
/// foretold with --dry-run is judged by this as well.
/// @param before  The entry that is written over, or nullptr.
/// @param said  Link-layer address and state are both what somebody wrote, and none of them was there before.
[[nodiscard]] std::optional<Failure> unwritable(Context& context, const Neighbor& wanted, const Neighbor* before,
                                                bool said, const Attempt& attempt);

/// An owner once noted stays (the kernel takes no 0 for it); nothing if there is none.
[[nodiscard]] std::optional<Failure> cannot_clear_owner(const Neighbor& before, const Attempt& attempt);

/// What is odd about the address of a neighbor: that it is the broadcast address of a subnet; else empty.
[[nodiscard]] std::string broadcast_problem(Context& context, const IpAddress& address);

/// An entry in this state has no link-layer address.
[[nodiscard]] bool holds_no_address(const Neighbor& wanted);

/// Why nothing can be sent on the interface, and what to do; empty if it can.
[[nodiscard]] std::string link_problem(Context& context, InterfaceIndex index);

/// For error texts: verb, address and interface of `key`.
[[nodiscard]] Attempt attempt_of(Context& context, std::string_view verb, const NeighborKey& key);

/// As `explain`; a full table is told with its numbers.
[[nodiscard]] Failure explain_with_limits(Context& context, const Error& error, Attempt attempt, Family family);

}  // namespace neigh::ctl
