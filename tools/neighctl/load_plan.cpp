// SPDX-License-Identifier: Apache-2.0
#include "load_plan.hpp"

#include "entry_args.hpp"

namespace neigh::ctl {

std::string_view change_name(LoadChange change) {
  switch (change) {
    case LoadChange::kAdded:
      return "added";
    case LoadChange::kChanged:
      return "changed";
    case LoadChange::kUnchanged:
      return "unchanged";
    case LoadChange::kRemoved:
      break;
  }
  return "removed";
}

const Neighbor* LoadPlan::find(const NeighborKey& key) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : &found->second;
}

Checked<LoadChange> LoadPlan::foretell(Operation operation, const Neighbor& wanted, const Attempt& attempt) {
  const auto found = entries_.find(wanted.key());
  const bool exists = found != entries_.end();
  if (operation == Operation::kRemove) {
    if (!exists) return explain(Error{.code = Errc::kNotFound}, attempt);
    entries_.erase(found);
    return LoadChange::kRemoved;
  }
  if (exists && operation == Operation::kCreate) return explain(Error{.code = Errc::kAlreadyExists}, attempt);
  if (!exists && operation == Operation::kSet) return explain(Error{.code = Errc::kNotFound}, attempt);
  if (!exists) {
    entries_.emplace(wanted.key(), wanted);
    return LoadChange::kAdded;
  }
  Neighbor after = wanted;
  // No owner leaves the one that is noted, and what hardware does with an entry is not for us to write.
  if (after.protocol == 0) after.protocol = found->second.protocol;
  after.flags.set(NeighborFlag::kOffloaded, found->second.flags.has(NeighborFlag::kOffloaded));
  if (after.flags.has(NeighborFlag::kManaged)) {
    after.link_address = found->second.link_address;
    after.state = found->second.state == NudState::kPermanent ? NudState::kNone : found->second.state;
    if (found->second.flags.has(NeighborFlag::kRouter)) after.flags.set(NeighborFlag::kRouter);
  }
  // A proxy entry is its key alone.
  const bool same = after.key().proxy || found->second.same_content(after);
  found->second = after;
  return same ? LoadChange::kUnchanged : LoadChange::kChanged;
}

Neighbor neighbor_from(const LoadedEntry& loaded, InterfaceIndex interface, std::optional<NudState> forced_state) {
  Neighbor neighbor;
  neighbor.address = loaded.address;
  neighbor.interface = interface;
  neighbor.link_address = loaded.link_address;
  neighbor.state = forced_state ? *forced_state : loaded.state.value_or(default_state(loaded.flags));
  neighbor.flags = loaded.flags;
  // The kernel resolves it by itself, and takes neither state nor link-layer address.
  if (neighbor.flags.has(NeighborFlag::kManaged) && neighbor.state != NudState::kPermanent) {
    neighbor.state = NudState::kNone;
    neighbor.link_address = {};
    // What an IPv6 neighbor says of itself the kernel takes from its advertisements, not from us.
    if (neighbor.address.is_v6()) neighbor.flags.set(NeighborFlag::kRouter, false);
  }
  neighbor.protocol = loaded.protocol;
  return neighbor;
}

}  // namespace neigh::ctl
