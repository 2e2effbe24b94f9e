// SPDX-License-Identifier: Apache-2.0
// A hierarchical timing wheel with intrusive links: arm and cancel in constant time, no allocation ever, and what comes
// down from a level to the next does so in pieces, so that no call takes long however many there are.
//
// Six levels of 64 slots cover two years of ticks, and one more slot everything after them, so nothing has to be
// clamped. An entry lives in the level of the highest digit (base 64) in which its tick differs from the wheel's, and
// comes down a level when the wheel reaches its slot; so level and slot follow from the tick alone and need not be
// stored. (The idea: Varghese and Lauck, 1987.) The far slot is reached at the beginning of the two years in which its
// earliest timer lies.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

#include "base/key_index.hpp"
#include "base/time.hpp"

namespace neigh::nud {

using neigh::EntryId;
using neigh::kNoId;

/// Links of one timer; a member of whatever is timed.
struct TimerNode {
  std::uint64_t tick = 0;  ///< Meaningful while armed.
  EntryId prev = kNoId;    ///< The first of a slot has kNoId.
  EntryId next = kNoId;
  [[nodiscard]] bool armed() const { return next != kUnarmed; }
  static constexpr EntryId kUnarmed = 0xfffffffeU;
  TimerNode() : next(kUnarmed) {}
};

/// @tparam NodeOf  callable: EntryId -> TimerNode&
template <class NodeOf>
class TimerWheel {
 public:
  /// Deadlines are rounded up to this, so that nothing fires early.
  static constexpr Duration kTick = std::chrono::milliseconds{1};

  explicit TimerWheel(NodeOf node_of) : node_of_(node_of) {}

  /// Sets the deadline of `id`, which may be armed already.
  void arm(EntryId id, TimePoint deadline) {
    cancel(id);
    insert(id, std::max(round_up(deadline), current_));
    ++armed_;
  }

  void cancel(EntryId id) {
    TimerNode& node = node_of_(id);
    if (!node.armed()) return;
    remove(id, node);
    --armed_;
  }

  /// The deadline of an armed `id`, as rounded.
  [[nodiscard]] TimePoint deadline(EntryId id) const { return to_time(node_of_(id).tick); }

  /// Takes the earliest timer whose deadline is not after `now`, disarmed. Equal deadlines come in no promised order.
  /// Each timer taken or moved costs one of `budget`; with none left there is nothing, and `next_deadline` is not after
  /// `now` if more is due.
  [[nodiscard]] std::optional<EntryId> pop_due(TimePoint now, std::size_t& budget) {
    const std::uint64_t limit = round_down(now);
    while (armed_ != 0) {
      if (moving_ != kNoId) {
        if (budget == 0) return std::nullopt;
        --budget;
        move_one();
        continue;
      }
      const Place place = first_place();
      const std::uint64_t start = place.level == 0 ? slot_tick(place) : std::max(slot_tick(place), current_);
      if (start > limit) break;
      if (budget == 0) return std::nullopt;
      current_ = start;
      const EntryId id = heads_[index_of(place)];
      if (place.level == 0) {
        --budget;
        remove(id, node_of_(id));
        --armed_;
        return id;
      }
      moving_ = id;
      clear_slot(place);
    }
    current_ = std::max(current_, limit);
    return std::nullopt;
  }
  [[nodiscard]] std::optional<EntryId> pop_due(TimePoint now) {
    std::size_t unlimited = std::numeric_limits<std::size_t>::max();
    return pop_due(now, unlimited);
  }

  /// When `pop_due` has work next. Never after the earliest deadline; before it only if that slot's earliest timer
  /// was cancelled, or a budget ended a move.
  [[nodiscard]] std::optional<TimePoint> next_deadline() const {
    if (armed_ == 0) return std::nullopt;
    if (moving_ != kNoId) return to_time(current_);
    const Place place = first_place();
    return to_time(earliest_[index_of(place)]);
  }

  [[nodiscard]] std::size_t armed() const { return armed_; }

 private:
  static constexpr unsigned kBits = 6;
  static constexpr unsigned kSlots = 1U << kBits;
  static constexpr unsigned kFar = 6;  // the level of the slot for everything later
  static constexpr std::size_t kPlaces = std::size_t{kFar} * kSlots + 1;
  // Ticks are offset so that times before the epoch sort right.
  static constexpr std::uint64_t kOffset = std::uint64_t{1} << 63U;

  struct Place {
    unsigned level;
    unsigned slot;
  };

  static std::uint64_t round_down(TimePoint t) {
    const std::int64_t ns = t.time_since_epoch().count();
    std::int64_t ticks = ns / kTick.count();
    if (ns % kTick.count() < 0) --ticks;
    return static_cast<std::uint64_t>(ticks) + kOffset;
  }
  static std::uint64_t round_up(TimePoint t) {
    const std::uint64_t down = round_down(t);
    return t.time_since_epoch().count() % kTick.count() == 0 ? down : down + 1;
  }
  static TimePoint to_time(std::uint64_t tick) { return TimePoint{kTick * static_cast<std::int64_t>(tick - kOffset)}; }

  [[nodiscard]] Place place_of(std::uint64_t tick) const {
    const std::uint64_t differs = tick ^ current_;
    const unsigned level = differs == 0 ? 0 : (static_cast<unsigned>(std::bit_width(differs)) - 1) / kBits;
    if (level >= kFar) return {kFar, 0};
    return {level, static_cast<unsigned>(tick >> (level * kBits)) & (kSlots - 1)};
  }
  static std::size_t index_of(Place place) { return std::size_t{place.level} * kSlots + place.slot; }
  [[nodiscard]] Place first_place() const {
    for (unsigned level = 0; level <= kFar; ++level) {
      if (occupied_[level] != 0) return {level, static_cast<unsigned>(std::countr_zero(occupied_[level]))};
    }
    return {0, 0};
  }
  [[nodiscard]] std::uint64_t slot_tick(Place place) const {
    const unsigned low = place.level * kBits;
    if (place.level == kFar) return (earliest_[index_of(place)] >> low) << low;
    const unsigned high = low + kBits;
    return (current_ >> high) << high | (std::uint64_t{place.slot} << low);
  }

  void insert(EntryId id, std::uint64_t tick) {
    const Place place = place_of(tick);
    TimerNode& node = node_of_(id);
    EntryId& head = heads_[index_of(place)];
    if ((occupied_[place.level] & bit(place.slot)) == 0) {
      head = kNoId;
      earliest_[index_of(place)] = tick;
      occupied_[place.level] |= bit(place.slot);
    }
    earliest_[index_of(place)] = std::min(earliest_[index_of(place)], tick);
    node.tick = tick;
    node.prev = kNoId;
    node.next = head;
    if (head != kNoId) node_of_(head).prev = id;
    head = id;
  }
  void move_one() {
    const EntryId id = moving_;
    TimerNode& node = node_of_(id);
    moving_ = node.next;
    if (moving_ != kNoId) node_of_(moving_).prev = kNoId;
    insert(id, node.tick);
  }
  void remove(EntryId id, TimerNode& node) {
    if (node.next != kNoId) node_of_(node.next).prev = node.prev;
    if (node.prev != kNoId) {
      node_of_(node.prev).next = node.next;
    } else if (id == moving_) {
      moving_ = node.next;
    } else {
      const Place place = place_of(node.tick);
      heads_[index_of(place)] = node.next;
      if (node.next == kNoId) clear_slot(place);
    }
    node.next = TimerNode::kUnarmed;
  }
  void clear_slot(Place place) { occupied_[place.level] &= ~bit(place.slot); }
  static constexpr std::uint64_t bit(unsigned slot) { return std::uint64_t{1} << slot; }

  NodeOf node_of_;
  std::uint64_t current_ = 0;  // Lowest tick: the first pop_due() brings it to the present.
  std::size_t armed_ = 0;
  EntryId moving_ = kNoId;  // first of those that have left their slot for the levels below
  std::array<std::uint64_t, kFar + 1> occupied_{};
  std::array<EntryId, kPlaces> heads_{};
  std::array<std::uint64_t, kPlaces> earliest_{};
};

}  // namespace neigh::nud
