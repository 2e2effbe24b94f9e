// SPDX-License-Identifier: Apache-2.0
// What loading an entry does to a table whose content is known.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "failure.hpp"
#include "load_input.hpp"
#include "neigh/table.hpp"

namespace neigh::ctl {

enum class LoadChange : std::uint8_t { kAdded, kChanged, kUnchanged, kRemoved };

/// "added", "changed", "unchanged", "removed".
[[nodiscard]] std::string_view change_name(LoadChange change);

/// A table as it is, or would be: foretells what each operation does.
class LoadPlan {
 public:
  void learn(const Neighbor& neighbor) { entries_.insert_or_assign(neighbor.key(), neighbor); }

  /// What `operation` with `wanted` does; the plan goes on from there.
  [[nodiscard]] Checked<LoadChange> foretell(Operation operation, const Neighbor& wanted, const Attempt& attempt);

  /// The entry as the plan has it, or nullptr.
  [[nodiscard]] const Neighbor* find(const NeighborKey& key) const;

 private:
  std::unordered_map<NeighborKey, Neighbor> entries_ = {};
};

/// The entry to write for one that was read. `interface` has been resolved.
[[nodiscard]] Neighbor neighbor_from(const LoadedEntry& loaded, InterfaceIndex interface,
                                     std::optional<NudState> forced_state);

}  // namespace neigh::ctl
