// SPDX-License-Identifier: Apache-2.0
// Which table the tool works on.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "args.hpp"
#include "failure.hpp"
#include "home.hpp"

namespace neigh::ctl {

/// Opens the table that --stack and --netns name. The only place that knows which homes this program has.
[[nodiscard]] Checked<Home> open_table(const Args& args);

/// Names below /run/netns, sorted; empty without any.
[[nodiscard]] std::vector<std::string> network_namespaces();

/// True in the network namespace that has the sysctls of the neighbor table's limits: the initial one.
[[nodiscard]] bool limits_can_be_set_here();

/// Calls `visit(name, table)` for each other network namespace that has a name; `failed(name, why)` for those that
/// cannot be entered. Leaves the thread in its own namespace.
void visit_other_namespaces(FunctionRef<void(const std::string&, NeighborTable&)> visit,
                            FunctionRef<void(const std::string&, const Failure&)> failed);

}  // namespace neigh::ctl
