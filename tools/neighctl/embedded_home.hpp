// SPDX-License-Identifier: Apache-2.0
// --stack embedded: ARP and Neighbor Discovery in this process instead of the kernel.
#pragma once

#include "args.hpp"
#include "failure.hpp"
#include "home.hpp"

namespace neigh::ctl {

/// The stack that --port, --address, --mac and --table describe; it has listened for --listen. Without a port: the
/// stack in memory of `default_embedded_stack`, which touches nothing.
[[nodiscard]] Checked<Home> open_embedded(const Args& args);

/// Refuses options of the embedded stack in a line that works on the kernel's.
[[nodiscard]] std::optional<Failure> misplaced_stack_option(const Args& args);

}  // namespace neigh::ctl
