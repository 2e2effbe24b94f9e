// SPDX-License-Identifier: Apache-2.0
// The invariants of the cache, checked the slow way.
#include <cstdint>
#include <string>

#include "nud/cache.hpp"

namespace neigh::nud {

std::string NeighborCache::audit() const {
  const auto broken = [this](EntryId id, std::string_view what) {
    return address_of(entries_[id]).to_string() + " " + std::string(state_name(entries_[id].state)) + ": " +
           std::string(what);
  };
  std::size_t seen = 0;
  std::size_t armed = 0;
  std::size_t statics = 0;
  std::size_t shelved = 0;
  std::size_t listed = failed_.size + unused_.size + idle_.size;
  for (std::uint32_t number = 0; number < ports_.size(); ++number) {
    const Port& port = *ports_[number];
    listed += port.incomplete.size;
    if (!port.live && port.entries.size != 0) return "a dead port has entries";
    std::uint32_t count = 0;
    std::uint32_t unsolicited = 0;
    for (EntryId id = port.entries.front; id != kNoId; id = entries_[id].on_port.next) {
      const Entry& entry = entries_[id];
      ++count;
      if (entry.port != number) return broken(id, "on another port's list");
      if (find(number, address_of(entry)) != id) return broken(id, "not in the index");
      const bool has_address = kUsableStates.contains(entry.state) || entry.state == NudState::kUnreachable;
      if (has_address && entry.lla_size != port.link_address_size) return broken(id, "NUD-015: no link-layer address");
      if (!has_address && entry.lla_size != 0) return broken(id, "NUD-015: a link-layer address");
      if (entry.waiting && entry.state != NudState::kIncomplete) return broken(id, "NUD-015: a packet waits");

      // NUD-014: which states have a deadline.
      const bool managed = entry.flags.has(NeighborFlag::kManaged);
      const bool must = entry.state == NudState::kIncomplete || entry.state == NudState::kDelay ||
                        entry.state == NudState::kProbe || entry.state == NudState::kReachable;
      const bool may = must || entry.state == NudState::kFailed || entry.state == NudState::kUnreachable || managed;
      if (must && !entry.has_due) return broken(id, "NUD-014: no deadline");
      if (entry.has_due && !may) return broken(id, "NUD-014: a deadline");
      if (entry.timer.armed() != (entry.has_due || age_limit(entry).has_value())) {
        return broken(id, "NUD-014: the timer does not match the deadline");
      }
      if (entry.timer.armed()) ++armed;

      if (entry.shelf != shelf_for(entry)) return broken(id, "on the wrong shelf");
      if (entry.shelf == Shelf::kStatic) ++statics;
      if (entry.shelf != Shelf::kStatic && entry.shelf != Shelf::kBusy) ++shelved;
      if (entry.received_only) ++unsolicited;
    }
    if (count != port.entries.size) return "a port's list has a wrong size";
    if (unsolicited != port.unsolicited) return "a port's count of unsolicited entries is wrong";
    if (port.unsolicited > port.settings.max_unsolicited) return "EXH-006: more unsolicited entries than allowed";
    if (port.incomplete.size > port.settings.max_incomplete) return "EXH-003: more resolutions than allowed";
    seen += count;
  }
  if (seen != entries_.live() || seen != index_.size()) return "entries, index and lists differ in size";
  if (armed != wheel_.armed()) return "the wheel holds timers of nobody";
  if (statics != static_count_) return "the count of static entries is wrong";
  if (shelved != listed) return "the shelves hold entries of nobody";
  if (static_entries() > limits_.max_static_entries) return "more static entries than allowed";
  if (dynamic_entries() > limits_.max_entries) return "EXH-003: more dynamic entries than allowed";

  for (const IdList* list : {&unused_, &idle_}) {
    for (EntryId id = list->front; id != kNoId && entries_[id].on_shelf.next != kNoId;) {
      const EntryId next = entries_[id].on_shelf.next;
      if (entries_[next].updated < entries_[id].updated) return broken(next, "a shelf is out of order");
      id = next;
    }
  }
  return {};
}

}  // namespace neigh::nud
