// SPDX-License-Identifier: Apache-2.0
/// @file
/// Keeping an `AdjacencyTable` as a `NeighborTable` is, the kernel's or an embedded stack's.
///
/// @code
/// const auto kernel = *neigh::open_kernel_table();
/// const auto table = *neigh::AdjacencyTable::make();
/// const auto mirror = *neigh::AdjacencyMirror::make(*kernel, *table);
/// const auto reporter = mirror->add_reporter();  // one for each packet thread
///
/// // Control thread: whenever mirror->fd() is readable.
/// if (auto done = mirror->process(); !done) complain(done.error());
///
/// // Packet thread.
/// const neigh::Adjacency next = table->lookup(hop);
/// if (neigh::MirrorReporter::wants_report(next)) reporter->report(hop.interface, neigh::IpAddress::v4(hop.address));
/// if (next.usable() && next.is_ether()) send(next.ether());
/// @endcode
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "neigh/adjacency.hpp"
#include "neigh/table.hpp"

#pragma GCC visibility push(default)
namespace neigh {

struct MirrorOptions {
  ListFilter filter = {};                  ///< What is mirrored; as NeighborTable::watch takes it.
  std::size_t reports = 1'024;             ///< That can wait for `process`, of each reporter; 1 to 2^20.
  std::uint32_t touches = 10'000;          ///< Neighbors touched in a second, at most; 1 and up.
  std::chrono::milliseconds pause{1'000};  ///< A neighbor is touched again no sooner; 0 to 1 h.
};

struct MirrorCounters {
  std::uint64_t events = 0;    ///< Of the watch.
  std::uint64_t gaps = 0;      ///< Times that notifications were lost, and made up for.
  std::uint64_t refused = 0;   ///< Times that the adjacency table had no room for an entry, trying again apart.
  std::uint64_t reported = 0;  ///< Reports taken from reporters.
  std::uint64_t touched = 0;   ///< Neighbors handed to NeighborTable::touch.
  std::uint64_t lost = 0;      ///< Reports that found their queue full.
};

/// Where a packet thread tells that it wants a neighbor that is not there, or uses one that is stale. Each thread has
/// one of its own; it may outlive the mirror.
class MirrorReporter {
 public:
  virtual ~MirrorReporter() = default;
  MirrorReporter(const MirrorReporter&) = delete;
  MirrorReporter& operator=(const MirrorReporter&) = delete;

  /// Wait-free: writes into a queue of this reporter's own, and for the first report since the mirror has looked, to a
  /// descriptor. @return false: the queue is full; counted and forgotten, since the next packet will report again.
  virtual bool report(InterfaceIndex interface, const IpAddress& address) noexcept = 0;

  /// What lookups should be reported: nothing found, failed, or stale.
  [[nodiscard]] static constexpr bool wants_report(const Adjacency& found) noexcept {
    if (!found.found()) return true;
    const NudState state = found.state();
    return state == NudState::kStale || state == NudState::kFailed || state == NudState::kNone;
  }

 protected:
  MirrorReporter() = default;
};

/// Keeps an adjacency table as a neighbor table is, and the neighbors alive that packets of one's own go to: the table
/// does not see those packets, so that it would let entries grow stale and throw them away.
///
/// Entries of every state are mirrored: one that is found and not usable is being resolved, or nobody answers.
///
/// An entry that the adjacency table has no room for is left out, remembered (as much memory as the watch's copy of
/// it), and tried again when an entry that was mirrored makes room; until then the mirror is not `synced`. Entries of a
/// family that the table was made without are left out for good.
///
/// Linux does not notify the creation of every neighbor (see `Watch`): such entries made after the mirror began are
/// mirrored once a packet thread reports them, or when notifications are lost and the table is read again.
///
/// Use with any event loop, as a `Watch`: wait until `fd()` is readable, then call `process()`. It is the writer of
/// the adjacency table; whoever else writes into it must not do so at the same time.
/// @threads `process`: one thread at a time. `add_reporter` and `counters`: any thread.
class AdjacencyMirror {
 public:
  /// Begins to follow `source`; the first `process()` fills `table`. Both have to outlive the mirror.
  /// @retval Errc::kInvalidArgument  `options`; field names the member. Errors as NeighborTable::watch.
  [[nodiscard]] static Result<std::unique_ptr<AdjacencyMirror>> make(NeighborTable& source, AdjacencyTable& table,
                                                                     const MirrorOptions& options = {});
  virtual ~AdjacencyMirror() = default;
  AdjacencyMirror(const AdjacencyMirror&) = delete;
  AdjacencyMirror& operator=(const AdjacencyMirror&) = delete;

  /// A descriptor that polls readable when `process()` has something to do. Owned by the mirror; do not read it.
  [[nodiscard]] virtual int fd() const noexcept = 0;

  /// Takes over what has happened, and touches the neighbors that were reported, without waiting. One call does as much
  /// as one of `Watch::process`; where something is left to do, `fd()` is readable.
  /// @return Number of changes taken over.
  /// @retval Errc::kSystem, kNoMemory, kTimedOut  the next call tries again.
  virtual Result<std::size_t> process() = 0;

  /// true: the adjacency table holds all that the neighbor table held when the mirror began, and no change is missing
  /// that `process` could know of. false too while an entry is left out for lack of room.
  [[nodiscard]] virtual bool synced() const noexcept = 0;

  [[nodiscard]] virtual std::unique_ptr<MirrorReporter> add_reporter() = 0;

  [[nodiscard]] virtual MirrorCounters counters() const = 0;

 protected:
  AdjacencyMirror() = default;
};

/// The mirror of a kernel table; there is no difference.
using KernelMirror = AdjacencyMirror;

}  // namespace neigh
#pragma GCC visibility pop
