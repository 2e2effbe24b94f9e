// SPDX-License-Identifier: Apache-2.0
// What of a watch's events the command line wants to be told.
#pragma once

#include <optional>

#include "neigh/watch.hpp"
#include "selection.hpp"

namespace neigh::ctl {

/// Filters that the library does not know (prefixes, routers, owner, masters), with the library's rule: an entry that
/// enters the filter is told as added, one that leaves it as removed.
class WatchFilter {
 public:
  explicit WatchFilter(Selection selection) : selection_(std::move(selection)) {}

  [[nodiscard]] bool matches(const Neighbor& neighbor) const { return selection_.matches(neighbor); }
  /// The event as it is told, or nothing. Events without entry pass.
  [[nodiscard]] std::optional<WatchEvent> apply(const WatchEvent& event) const;

 private:
  Selection selection_;
};

}  // namespace neigh::ctl
