// SPDX-License-Identifier: Apache-2.0
#include "base/rollback.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace neigh {
namespace {

using Snapshot = std::unordered_map<NeighborKey, Neighbor>;

/// Up to this many entries are read one by one, more by reading the table.
constexpr std::size_t kReadSingly = 64;

Result<Snapshot> snapshot_of(NeighborTable& table, std::span<const Neighbor> neighbors) {
  Snapshot before;
  if (neighbors.size() <= kReadSingly) {
    for (const Neighbor& neighbor : neighbors) {
      auto there = table.get(neighbor.key());
      if (there) before.insert_or_assign(neighbor.key(), *there);
      // An interface or family that is not there will fail the write itself.
      if (!there && (there.error().code == Errc::kSystem || there.error().code == Errc::kTimedOut)) {
        return std::move(there).error();
      }
    }
    return before;
  }
  std::unordered_set<NeighborKey> wanted;
  for (const Neighbor& neighbor : neighbors) wanted.insert(neighbor.key());
  for (const bool proxies : {false, true}) {
    auto read = table.visit({.proxies = proxies}, [&](const Neighbor& neighbor) {
      if (wanted.contains(neighbor.key())) before.insert_or_assign(neighbor.key(), neighbor);
    });
    if (!read) return std::move(read).error();
  }
  return before;
}

/// Under resolution, which is begun anew; written back it would never end, since nothing drives it. A managed entry is
/// somebody's wish and is resolved by the table itself.
bool is_resolving(const Neighbor& old) {
  return old.state == NudState::kIncomplete && !old.flags.has(NeighborFlag::kManaged);
}

/// The kernel takes no owner from an entry, and no flag from one that has no usable address.
bool must_be_made_anew(const Neighbor& old, const Neighbor& written) {
  return (old.protocol == 0 && written.protocol != 0) || !kUsableStates.contains(old.state);
}

/// Puts the entry at `neighbor.key()` back to what `before` has.
Result<void> undo(NeighborTable& table, const Neighbor& neighbor, const Snapshot& before) {
  const auto old = before.find(neighbor.key());
  if (old != before.end() && !is_resolving(old->second) && !must_be_made_anew(old->second, neighbor)) {
    return table.replace(old->second);
  }
  auto removed = table.remove(neighbor.key());
  if (!removed && removed.error().code != Errc::kNotFound) return removed;
  if (old == before.end()) return {};
  if (is_resolving(old->second)) {
    const NeighborKey key = neighbor.key();
    auto begun = table.touch(std::span(&key, 1));
    return begun ? Result<void>{} : std::move(begun).error();
  }
  Neighbor back = old->second;
  if (back.state == NudState::kIncomplete) back.state = NudState::kNone;
  return table.replace(back);
}

}  // namespace

Result<BatchReport> apply_all_or_nothing(NeighborTable& table, Operation operation,
                                         std::span<const Neighbor> neighbors) {
  auto before = snapshot_of(table, neighbors);
  if (!before) return std::move(before).error();
  auto report = table.apply(operation, neighbors, OnError::kStop);
  if (report && report->failures.empty()) return report;
  // Where the transport broke, nobody knows which entries were applied: all are put back.
  std::vector<bool> touched(neighbors.size(), true);
  std::vector<BatchReport::Failure> not_undone;
  if (report) {
    for (const auto& failure : report->failures) touched[failure.position] = false;
    for (const std::size_t position : report->not_tried) touched[position] = false;
  }
  // Backwards, so that an entry named twice ends as it was.
  for (std::size_t i = neighbors.size(); i-- > 0;) {
    if (!touched[i]) continue;
    if (auto undone = undo(table, neighbors[i], *before); !undone) {
      not_undone.push_back({.position = i, .error = std::move(undone).error()});
    }
  }
  if (!report) return report;
  std::reverse(not_undone.begin(), not_undone.end());
  report->applied = not_undone.size();
  report->not_undone = std::move(not_undone);
  report->rolled_back = true;
  return report;
}

}  // namespace neigh
