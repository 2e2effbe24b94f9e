// SPDX-License-Identifier: Apache-2.0
// An entry as add, set, replace and batch files spell it.
#pragma once

#include "args.hpp"
#include "neigh/neighbor.hpp"
#include "options.hpp"

namespace neigh::ctl {

/// The options that say something about an entry.
inline constexpr OptionSpec kEntryOptions[] = {
    opt::kDev,       opt::kLinkAddress, opt::kStateToSet,  opt::kRouterFlag, opt::kProtocolToSet,
    opt::kProxyFlag, opt::kExternLearn, opt::kExternValid, opt::kManaged,    opt::kUse,
};

/// State of an entry for which none is said: permanent, but a managed one is the kernel's to resolve, and cannot be.
[[nodiscard]] constexpr NudState default_state(NeighborFlags flags) {
  return flags.has(NeighborFlag::kManaged) ? NudState::kNone : NudState::kPermanent;
}

/// What the options say about an entry, on top of `base`. The values have been checked by the parser.
[[nodiscard]] Neighbor entry_from(const Args& args, const NeighborKey& key, const Neighbor& base);

}  // namespace neigh::ctl
