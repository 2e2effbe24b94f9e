// SPDX-License-Identifier: Apache-2.0
#include "watch_filter.hpp"

namespace neigh::ctl {

std::optional<WatchEvent> WatchFilter::apply(const WatchEvent& event) const {
  using Kind = WatchEvent::Kind;
  switch (event.kind) {
    case Kind::kSynced:
    case Kind::kGapBegan:
    case Kind::kGapHealed:
      return event;
    case Kind::kAdded:
    case Kind::kRemoved:
      return matches(event.neighbor) ? std::optional(event) : std::nullopt;
    case Kind::kChanged:
      break;
  }
  const bool now = matches(event.neighbor);
  const bool before = event.previous && matches(*event.previous);
  if (now && before) return event;
  WatchEvent told = event;
  told.previous.reset();
  if (now) {
    told.kind = Kind::kAdded;
    return told;
  }
  if (!before) return std::nullopt;
  told.kind = Kind::kRemoved;
  told.neighbor = *event.previous;
  return told;
}

}  // namespace neigh::ctl
