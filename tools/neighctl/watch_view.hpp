// SPDX-License-Identifier: Apache-2.0
// How events are told: lines for people, objects for programs.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <set>
#include <string>

#include "context.hpp"
#include "neigh/watch.hpp"

namespace neigh::ctl {

using WallTime = std::chrono::system_clock::time_point;

/// "2026-01-31T23:59:59.123Z".
[[nodiscard]] std::string iso_time(WallTime time);

/// Tells events one after the other; with --json as one document that is finished by `end`.
class EventTeller {
 public:
  explicit EventTeller(Context& context);

  /// Whether the gap that begins was asked for, to compare with the table, and is no loss.
  void expect_audit() { audit_ = true; }
  /// What follows was read at one time; the names of interfaces are of that time, too.
  void begin_batch() { renewed_.clear(); }
  void tell(const WatchEvent& event, WallTime now);
  /// The final table of --mirror.
  void mirror(std::span<const Neighbor> neighbors);
  /// Ends the document. `failure`: why the watch ended, if not because it should.
  void end(const std::optional<Failure>& failure);

  [[nodiscard]] std::size_t events() const { return events_; }  ///< Told, the existing entries left out.
  [[nodiscard]] std::size_t gaps() const { return gaps_; }

 private:
  void tell_human(const WatchEvent& event, WallTime now);
  void write(JsonWriter& writer, const WatchEvent& event, WallTime now);

  Context& context_;
  std::optional<JsonWriter> document_ = {};
  std::size_t events_ = 0;
  std::size_t existing_ = 0;
  std::size_t gaps_ = 0;
  std::size_t in_gap_ = 0;
  bool synced_ = false;
  bool audit_ = false;
  bool events_open_ = true;
  std::set<InterfaceIndex> renewed_ = {};  // read again in this batch
};

}  // namespace neigh::ctl
