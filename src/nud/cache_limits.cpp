// SPDX-License-Identifier: Apache-2.0
// Places: who may have one, who goes first, and collection.
#include <cassert>

#include "nud/cache.hpp"

namespace neigh::nud {

namespace {

// Entries collected in one go; the rest follows in the next.
constexpr std::size_t kCollectBudget = 1'024;
constexpr milliseconds kCollectAgain{10};

}  // namespace

/// LNX-050; and managed ones, which Linux lets its collector take: whoever asked for them asked for them to stay.
bool NeighborCache::is_static(NudState state, NeighborFlags flags) {
  return state == NudState::kPermanent || state == NudState::kNoArp || flags.has(NeighborFlag::kExternLearned) ||
         flags.has(NeighborFlag::kExternValidated) || flags.has(NeighborFlag::kManaged);
}

Shelf NeighborCache::shelf_for(const Entry& entry) const {
  if (is_static(entry.state, entry.flags)) return Shelf::kStatic;
  switch (entry.state) {
    case NudState::kFailed:
    case NudState::kNone:
      return Shelf::kFailed;
    case NudState::kUnreachable:
      return entry.has_due ? Shelf::kBusy : Shelf::kFailed;  // IMP-004
    case NudState::kStale:
      return entry.received_only ? Shelf::kUnused : Shelf::kIdle;
    case NudState::kIncomplete:
      return Shelf::kIncomplete;
    case NudState::kReachable:
    case NudState::kDelay:
    case NudState::kProbe:
    case NudState::kNoArp:
    case NudState::kPermanent:
      break;
  }
  return Shelf::kBusy;
}

IdList* NeighborCache::list_of(Shelf shelf, Port& port) {
  switch (shelf) {
    case Shelf::kFailed:
      return &failed_;
    case Shelf::kUnused:
      return &unused_;
    case Shelf::kIdle:
      return &idle_;
    case Shelf::kIncomplete:
      return &port.incomplete;
    case Shelf::kNone:
    case Shelf::kStatic:
    case Shelf::kBusy:
      break;
  }
  return nullptr;
}

void NeighborCache::leave_shelf(EntryId id) {
  Entry& entry = entries_[id];
  if (IdList* list = list_of(entry.shelf, *ports_[entry.port])) list->erase(id, ShelfLinks{&entries_});
  if (entry.shelf == Shelf::kStatic) --static_count_;
  entry.shelf = Shelf::kNone;
}

// Shelves are in order of `updated`: whoever is touched goes to the end.
void NeighborCache::reshelve(EntryId id, bool touched) {
  Entry& entry = entries_[id];
  const Shelf shelf = shelf_for(entry);
  if (shelf == entry.shelf && !touched) return;
  const bool was_static = entry.shelf == Shelf::kStatic;
  leave_shelf(id);
  entry.shelf = shelf;
  if (IdList* list = list_of(shelf, *ports_[entry.port])) list->push_back(id, ShelfLinks{&entries_});
  if (shelf == Shelf::kStatic) ++static_count_;
  if (was_static != (shelf == Shelf::kStatic)) settle_timer(id);  // static entries have no maximum age
  if (!collect_at_ && dynamic_entries() > limits_.gc_low_water) collect_at_ = now_ + limits_.gc_interval;
}

bool NeighborCache::idle_since(EntryId id, milliseconds age) const { return now_ - entries_[id].updated >= age; }

void NeighborCache::evict(EntryId id, Loss loss, Steps& out) {
  ++ports_[entries_[id].port]->counters.lost[static_cast<std::size_t>(loss)];
  apply(id, entries_[id].state, NudEvent::kEvict, {}, out);
}

/// Removes the entry that has the least right to stay; false if all have more than `who`.
bool NeighborCache::make_room(std::uint32_t number, Newcomer who, Steps& out) {
  if (!failed_.empty()) {
    evict(failed_.front, Loss::kFailed, out);
    return true;
  }
  // ARP-191 before EXH-004: nobody here ever needed these. One stranger does not displace another at once, or a flood
  // would wash out those that were there first.
  if (!unused_.empty() && (who != Newcomer::kReceived || idle_since(unused_.front, limits_.gc_stale_time))) {
    evict(unused_.front, Loss::kUnused, out);
    return true;
  }
  if (!idle_.empty() && idle_since(idle_.front, limits_.gc_stale_time)) {
    evict(idle_.front, Loss::kIdle, out);
    return true;
  }
  if (who != Newcomer::kOwnPacket) return false;
  Port* victim = ports_[number].get();
  for (std::size_t i = 0; victim->incomplete.empty() && i < ports_.size(); ++i) victim = ports_[i].get();
  if (victim->incomplete.empty()) return false;
  evict(victim->incomplete.front, Loss::kIncomplete, out);
  return true;
}

Refusal NeighborCache::admit(std::uint32_t number, Newcomer who, Steps& out) {
  Port& port = *ports_[number];
  if (who == Newcomer::kReceived) {  // ARP-190, EXH-006
    while (port.unsolicited >= port.settings.max_unsolicited && !unused_.empty() &&
           idle_since(unused_.front, limits_.gc_stale_time)) {
      evict(unused_.front, Loss::kUnused, out);
    }
    if (port.unsolicited >= port.settings.max_unsolicited) return Refusal::kUnsolicitedQuota;
    if (!port.creations.take(now_)) return Refusal::kUnsolicitedRate;
  }
  while (dynamic_entries() >= limits_.max_entries) {
    if (!make_room(number, who, out)) return Refusal::kTableFull;
  }
  return Refusal::kNone;
}

/// A resolution for a packet of our own is about to begin. Takes its first request out of the rate.
Refusal NeighborCache::admit_resolution(std::uint32_t number, Steps& out) {
  Port& port = *ports_[number];
  if (!port.solicits.take(now_)) return Refusal::kSolicitRate;
  while (port.incomplete.size >= port.settings.max_incomplete) {
    evict(port.incomplete.front, Loss::kIncompleteLimit, out);  // EXH-004
  }
  return Refusal::kNone;
}

/// NDS-009, LNX-052: what nobody touched for gc_stale_time, while there are more entries than gc_low_water.
void NeighborCache::collect(Steps& out) {
  std::size_t budget = kCollectBudget;
  for (IdList* list : {&failed_, &unused_, &idle_}) {
    for (; budget > 0 && dynamic_entries() > limits_.gc_low_water && !list->empty() &&
           idle_since(list->front, limits_.gc_stale_time);
         --budget) {
      evict(list->front, Loss::kCollected, out);
    }
  }
  if (budget == 0) {
    collect_at_ = now_ + kCollectAgain;
  } else if (dynamic_entries() > limits_.gc_low_water) {
    collect_at_ = now_ + limits_.gc_interval;
  } else {
    collect_at_.reset();
  }
}

std::size_t NeighborCache::incomplete_entries(InterfaceIndex interface, Family family) const {
  const auto number = port_number(interface, family);
  return number ? ports_[*number]->incomplete.size : 0;
}

std::size_t NeighborCache::unsolicited_entries(InterfaceIndex interface, Family family) const {
  const auto number = port_number(interface, family);
  return number ? ports_[*number]->unsolicited : 0;
}

NudCounters NeighborCache::counters(InterfaceIndex interface, Family family) const {
  const auto number = port_number(interface, family);
  return number ? ports_[*number]->counters : NudCounters{};
}

std::size_t NeighborCache::memory_bytes() const {
  return sizeof(*this) + entries_.bytes() + long_addresses_.bytes() + index_.bytes() + memory_.bytes() +
         ports_.size() * sizeof(Port);
}

}  // namespace neigh::nud
