// SPDX-License-Identifier: Apache-2.0
#include "load_restore.hpp"

#include <unordered_set>

namespace neigh::ctl {

namespace {

constexpr int kRounds = 3;  // writing an entry may push out another one, which is written again

Result<std::vector<Neighbor>> missing_of(NeighborTable& table, std::span<const Neighbor> before) {
  const auto now = whole_table(table);
  if (!now) return now.error();
  std::unordered_set<NeighborKey> there;
  there.reserve(now->size());
  for (const Neighbor& n : *now) there.insert(n.key());
  std::vector<Neighbor> missing;
  for (const Neighbor& n : before) {
    if (there.count(n.key()) != 0) continue;
    // A list leaves out entries while others change the table: only the table itself knows.
    const auto found = table.get(n.key());
    if (found) continue;
    if (found.error().code == Errc::kSystem || found.error().code == Errc::kTimedOut) return found.error();
    missing.push_back(n);
  }
  return missing;
}

Neighbor writable(Neighbor entry) {
  if (entry.state == NudState::kIncomplete) entry.state = NudState::kFailed;
  if (!kUsableStates.contains(entry.state)) entry.link_address = {};
  if (entry.flags.has(NeighborFlag::kManaged)) {
    // The kernel resolves it, and takes neither (LNX-075).
    entry.state = NudState::kNone;
    entry.link_address = {};
  }
  return entry;
}

}  // namespace

Result<std::vector<Neighbor>> whole_table(NeighborTable& table) {
  std::vector<Neighbor> all;
  for (const bool proxies : {false, true}) {
    const auto read = table.visit(ListFilter{.proxies = proxies}, [&](const Neighbor& n) { all.push_back(n); });
    if (!read) return read.error();
  }
  return all;
}

Result<Restored> restore_missing(NeighborTable& table, std::span<const Neighbor> before) {
  auto missing = missing_of(table, before);
  if (!missing) return missing.error();
  const std::size_t gone = missing->size();
  for (int round = 0; round < kRounds && !missing->empty(); ++round) {
    for (Neighbor& n : *missing) n = writable(n);
    const auto done = table.apply(Operation::kCreate, *missing, OnError::kContinue);
    if (!done) return done.error();
    missing = missing_of(table, before);
    if (!missing) return missing.error();
  }
  const std::size_t lost = missing->size();
  return Restored{gone > lost ? gone - lost : 0, lost};
}

}  // namespace neigh::ctl
