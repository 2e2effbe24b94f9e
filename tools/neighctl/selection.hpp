// SPDX-License-Identifier: Apache-2.0
// Which entries a command line means.
#pragma once

#include <optional>
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
  bool narrowed = false;  ///< The user named something: not simply everything.

  [[nodiscard]] bool matches(const Neighbor& neighbor) const;
  /// True if the library's filter alone says it all.
  [[nodiscard]] bool plain() const { return prefixes.empty() && !routers_only && !protocol; }
};

/// From the options and the free words. `states`: what is meant when no state is named.
[[nodiscard]] Checked<Selection> selection_from(Context& context, StateSet states);

/// The entries meant, sorted.
[[nodiscard]] Checked<std::vector<Neighbor>> read_selection(Context& context, const Selection& selection);

/// What to do when a command line names an address and no interface.
enum class WithoutInterface : unsigned char {
  kRefuse,     ///< add, replace: an interface must be named.
  kLookUp,     ///< get, set, delete: the entry that exists.
  kCandidate,  ///< resolve, verify, announce: the entry that exists, else the only interface that can ask.
};

/// The entry that `text` ("192.0.2.7", "fe80::1%eth0") and --dev name. get and delete of an address that several
/// interfaces have are refused with their names.
[[nodiscard]] Checked<NeighborKey> key_from(Context& context, std::string_view text, bool proxy,
                                            WithoutInterface without);

/// For error texts: verb, address and interface of `key`.
[[nodiscard]] Attempt attempt_of(Context& context, std::string_view verb, const NeighborKey& key);

/// As `explain`; a full table is told with its numbers.
[[nodiscard]] Failure explain_with_limits(Context& context, const Error& error, Attempt attempt, Family family);

}  // namespace neigh::ctl
