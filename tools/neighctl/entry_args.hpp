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
    opt::kProxyFlag, opt::kExternLearn, opt::kExternValid, opt::kManaged,
};

/// What the options say about an entry, on top of `base`. The values have been checked by the parser.
[[nodiscard]] Neighbor entry_from(const Args& args, const NeighborKey& key, const Neighbor& base);

}  // namespace neigh::ctl
