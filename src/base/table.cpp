// SPDX-License-Identifier: Apache-2.0
#include "neigh/table.hpp"

#include <algorithm>
#include <utility>

#include "base/arguments.hpp"

namespace neigh {

std::string_view to_string(Operation operation) noexcept {
  switch (operation) {
    case Operation::kCreate:
      return "create";
    case Operation::kSet:
      return "set";
    case Operation::kReplace:
      return "replace";
    case Operation::kRemove:
      return "remove";
  }
  return "unknown";
}

const Error* BatchReport::error_at(std::size_t position) const {
  const auto found = std::lower_bound(failures.begin(), failures.end(), position,
                                      [](const Failure& f, std::size_t p) { return f.position < p; });
  return found != failures.end() && found->position == position ? &found->error : nullptr;
}

Result<void> NeighborTable::write_if(Operation operation, const Neighbor& neighbor, InterfaceCheck check) {
  if (auto ok = check_operation(operation); !ok) return ok;
  const auto interface = find_interface(neighbor.interface);
  if (!interface) return interface.error();
  if (auto ok = check(*interface); !ok) return ok;
  switch (operation) {
    case Operation::kCreate:
      return create(neighbor);
    case Operation::kSet:
      return set(neighbor);
    case Operation::kReplace:
      return replace(neighbor);
    case Operation::kRemove:
      break;
  }
  return remove(neighbor.key());
}

Result<Neighbor> NeighborTable::get_if(const NeighborKey& key, InterfaceCheck check) {
  const auto interface = find_interface(key.interface);
  if (!interface) return interface.error();
  if (auto ok = check(*interface); !ok) return std::move(ok).error();
  return get(key);
}

Result<void> NeighborTable::list_into(const ListFilter& filter, std::vector<Neighbor>& out) {
  out.clear();
  return visit(filter, [&out](const Neighbor& neighbor) { out.push_back(neighbor); });
}

/// Resolving with no time to wait does most of it; a table that can verify stale entries does so itself.
Result<std::size_t> NeighborTable::touch(std::span<const NeighborKey> keys) {
  std::size_t done = 0;
  for (const Result<Neighbor>& outcome : resolve_all(keys, {.timeout = std::chrono::milliseconds{0}})) {
    done += static_cast<std::size_t>(!outcome && outcome.error().code == Errc::kTimedOut);
  }
  return done;
}

Result<std::vector<Neighbor>> NeighborTable::list(const ListFilter& filter) {
  std::vector<Neighbor> rows;
  if (auto done = list_into(filter, rows); !done) return std::move(done).error();
  return rows;
}

}  // namespace neigh
