// SPDX-License-Identifier: Apache-2.0
// Which table the tool works on.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "args.hpp"
#include "failure.hpp"
#include "neigh/table.hpp"

namespace neigh::ctl {

/// What --stack and --netns say.
struct StackChoice {
  bool embedded = false;
  std::string network_namespace = {};  ///< Name below /run/netns; empty: the caller's.
};
[[nodiscard]] StackChoice stack_choice(const Args& args);

/// Opens that table. The only place that knows which homes of the table this program has.
[[nodiscard]] Checked<std::unique_ptr<NeighborTable>> open_table(const StackChoice& choice);

/// Names below /run/netns, sorted; empty without any.
[[nodiscard]] std::vector<std::string> network_namespaces();

/// True in the network namespace that has the sysctls of the neighbor table's limits: the initial one.
[[nodiscard]] bool limits_can_be_set_here();

/// Calls `visit(name, table)` for each other network namespace that has a name; `failed(name, why)` for those that
/// cannot be entered. Leaves the thread in its own namespace.
void visit_other_namespaces(FunctionRef<void(const std::string&, NeighborTable&)> visit,
                            FunctionRef<void(const std::string&, const Failure&)> failed);

}  // namespace neigh::ctl
