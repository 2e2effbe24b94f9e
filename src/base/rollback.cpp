// SPDX-License-Identifier: Apache-2.0
#include "base/rollback.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace neigh {
namespace {

/// What was there at each position of the batch, or why that is not known.
using Image = std::vector<Result<Neighbor>>;

/// The write of such an entry fails by itself.
bool is_about_the_entry(const Error& error) {
  return error.code == Errc::kNotFound || error.code == Errc::kNoSuchInterface || error.code == Errc::kNotSupported ||
         error.code == Errc::kInvalidArgument;
}

/// Each entry is asked for by itself: a dump leaves out entries while others change the table (RTN-088), and what is
/// missing in an image is removed by the undoing. For kCreate too: when the answers to a batch are lost, only that an
/// entry was there before tells that it is not ours.
Result<Image> image_of(NeighborTable& table, std::span<const Neighbor> neighbors) {
  Image before;
  before.reserve(neighbors.size());
  for (const Neighbor& neighbor : neighbors) {
    auto there = table.get(neighbor.key());
    if (!there && !is_about_the_entry(there.error())) return there.error();
    before.push_back(std::move(there));
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

bool was_absent(const Result<Neighbor>& before) {
  return !before && (before.error().code == Errc::kNotFound || before.error().code == Errc::kNoSuchInterface);
}

Result<void> remove_if_there(NeighborTable& table, const NeighborKey& key) {
  auto removed = table.remove(key);
  if (!removed && removed.error().code != Errc::kNotFound) return removed;
  return {};
}

/// Puts the entry at `written.key()` back to what it was before.
Result<void> undo(NeighborTable& table, const Neighbor& written, const Result<Neighbor>& before) {
  const NeighborKey key = written.key();
  if (was_absent(before)) return remove_if_there(table, key);
  if (!before) return before.error();  // nobody knows what was there: it stays, and that is told
  if (!is_resolving(*before) && !must_be_made_anew(*before, written)) return table.replace(*before);
  if (auto removed = remove_if_there(table, key); !removed) return removed;
  if (is_resolving(*before)) {
    auto begun = table.touch(std::span(&key, 1));
    return begun ? Result<void>{} : std::move(begun).error();
  }
  Neighbor back = *before;
  if (back.state == NudState::kIncomplete) back.state = NudState::kNone;
  if (auto replaced = table.replace(back); !replaced) return replaced;
  // An entry without a usable address may have got its flags while it had one; anew, the kernel does not take them.
  const auto now = table.get(key);
  if (!now) return now.error();
  if (now->flags != back.flags || now->protocol != back.protocol) {
    return Error{.code = Errc::kNotSupported,
                 .field = now->flags != back.flags ? "flags" : "protocol",
                 .detail = "the table does not take them back in state " + std::string(to_string(back.state))};
  }
  return {};
}

}  // namespace

Result<BatchReport> apply_all_or_nothing(NeighborTable& table, Operation operation,
                                         std::span<const Neighbor> neighbors) {
  auto before = image_of(table, neighbors);
  if (!before) return std::move(before).error();
  auto report = table.apply(operation, neighbors, OnError::kStop);
  if (report && report->failures.empty()) return report;
  // Where the transport broke, nobody knows which entries were applied: all are put back as they were.
  std::vector<bool> touched(neighbors.size(), true);
  std::vector<BatchReport::Failure> not_undone;
  if (report) {
    for (const auto& failure : report->failures) touched[failure.position] = false;
    for (const std::size_t position : report->not_tried) touched[position] = false;
  }
  // Backwards, so that an entry named twice ends as it was.
  for (std::size_t i = neighbors.size(); i-- > 0;) {
    if (!touched[i]) continue;
    const auto& there = (*before)[i];
    if (!report && operation == Operation::kCreate && !was_absent(there)) continue;  // refused, and as it was
    if (auto undone = undo(table, neighbors[i], there); !undone) {
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
