// SPDX-License-Identifier: Apache-2.0
// The full-screen view of `watch --top`.
#pragma once

#include <chrono>
#include <optional>

#include "context.hpp"
#include "watch_filter.hpp"

namespace neigh::ctl {

/// Shows the live view until 'q', a signal or the end of `duration`.
int run_top(Context& context, Watch& watch, const WatchFilter& filter,
            std::optional<std::chrono::milliseconds> duration);

}  // namespace neigh::ctl
