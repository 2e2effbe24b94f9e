// SPDX-License-Identifier: Apache-2.0
/// @file
/// Following a neighbor table as it changes, without losing a change silently.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "neigh/function_ref.hpp"
#include "neigh/neighbor.hpp"

#pragma GCC visibility push(default)
namespace neigh {

/// One thing that a watch has to tell.
struct WatchEvent {
  enum class Kind : std::uint8_t {
    kAdded,      ///< `neighbor` is new (or was there when the watch began).
    kChanged,    ///< `neighbor` differs from `previous` in more than ages and probes.
    kRemoved,    ///< `neighbor` is gone; it holds the last known content.
    kSynced,     ///< The entries that existed when the watch began have all been told. Once per watch.
    kGapHealed,  ///< Notifications were lost; the table was read again and the exact difference has been told
                 ///< in the events since `kGapBegan`.
    kGapBegan,   ///< Notifications were lost; the events up to `kGapHealed` are the difference.
  };
  Kind kind = Kind::kAdded;
  Neighbor neighbor = {};
  std::optional<Neighbor> previous = {};  ///< kChanged only.
};

/// A subscription to a table. It keeps a copy of what it has told (the mirror), so that after lost
/// notifications it can tell exactly what differs.
///
/// Linux does not notify the creation of neighbors that it makes by itself in state "noarp" (multicast groups,
/// broadcast, all of a device without ARP), nor of any in "none", "incomplete" and "failed": those made after the watch
/// began are told when their state changes, by `look`, or with the next resynchronization (`request_resync`).
///
/// Use with any event loop: wait until `fd()` is readable, then call `process()`. The first call of `process()`
/// tells the existing entries and, unless the table is under a flood of changes, `kSynced`; it may be made at once.
/// @threads One thread at a time; different watches are independent.
class Watch {
 public:
  using Handler = FunctionRef<void(const WatchEvent&)>;

  virtual ~Watch() = default;
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  /// A descriptor that polls readable when `process()` has something to do. Owned by the watch; do not read it.
  [[nodiscard]] virtual int fd() const noexcept = 0;

  /// Handles what has happened, without waiting, and calls `handler` for each event, in order. The handler may use the
  /// table, but not this watch.
  /// One call takes some ten thousand notifications a few times at most, and reads the table anew once at most (the
  /// kernel's in up to three passes), however fast others write. Then it returns; where something is left to do, also
  /// when notifications were lost meanwhile, `fd()` is readable. So neither `kSynced` nor `kGapHealed` need come with
  /// the first call: who waits for one calls again.
  /// A handler that throws ends the call. The event that it threw at counts as told, those behind it are not lost:
  /// `fd()` is readable, and the next call tells the difference as a gap (before `kSynced`: the rest, and `kSynced`).
  /// @return Number of events told.
  /// @retval Errc::kSystem, kNoMemory  the watch could not resynchronize; the next call tries again, and the
  ///         mirror is unchanged but for events already told.
  virtual Result<std::size_t> process(Handler handler) = 0;

  /// Waits until `process()` has something to do. `timeout` zero: only looks; negative: without limit.
  /// @return true: call `process()`; false: the time is over.
  [[nodiscard]] virtual Result<bool> wait(std::chrono::milliseconds timeout) = 0;

  /// Reads the whole table again with the next `process()`, as after a gap. For callers that want an audit: some
  /// state changes (stale to delay) have no kernel notification.
  virtual void request_resync() noexcept = 0;

  /// Calls `visitor` with each entry of the mirror, in no order.
  virtual void visit_mirror(FunctionRef<void(const Neighbor&)> visitor) const = 0;

  /// Asks the table for one entry, and calls `handler` if the mirror had it otherwise: for entries whose creation has
  /// no notification. From then on the mirror has it, and `process()` tells what becomes of it. Notifications that
  /// `process()` has not taken yet are told by it later, as if they came after.
  /// @return The entry, or nothing if there is none that the watch's filter means.
  /// @retval Errc::kInvalidArgument  `key`; as NeighborTable::get. @retval Errc::kSystem, kNoMemory  not asked.
  virtual Result<std::optional<Neighbor>> look(const NeighborKey& key, Handler handler) = 0;

 protected:
  Watch() = default;
};

}  // namespace neigh
#pragma GCC visibility pop
