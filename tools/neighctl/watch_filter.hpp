// SPDX-License-Identifier: Apache-2.0
// What of a watch's events the command line wants to be told.
#pragma once

#include <optional>
#include <set>

#include "neigh/watch.hpp"
#include "selection.hpp"

namespace neigh::ctl {

/// Filters that the library does not know (prefixes, routers, owner, master), with the library's rule: an entry that
/// enters the filter is told as added, one that leaves it as removed.
class WatchFilter {
 public:
  /// `below`: interfaces to follow; empty: all.
  explicit WatchFilter(Selection selection, std::set<InterfaceIndex> below = {})
      : selection_(std::move(selection)), below_(std::move(below)) {}

  [[nodiscard]] bool matches(const Neighbor& neighbor) const {
    return selection_.matches(neighbor) && (below_.empty() || below_.count(neighbor.interface) != 0);
  }
  /// The event as it is told, or nothing. Events without entry pass.
  [[nodiscard]] std::optional<WatchEvent> apply(const WatchEvent& event) const;

 private:
  Selection selection_;
  std::set<InterfaceIndex> below_;
};

}  // namespace neigh::ctl
