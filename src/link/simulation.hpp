// SPDX-License-Identifier: Apache-2.0
/// @file
/// Virtual time: one queue of events for everything that takes part, a day in a blink, and the same run every time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <vector>

#include "base/time.hpp"
#include "neigh/function_ref.hpp"

namespace neigh::link {

/// Something that lives in time: an engine with its ports. In one simulation at a time.
class Station {
 public:
  virtual ~Station() = default;
  /// Takes the frames that are there and does what is due. After it `next_deadline` lies after `now`.
  virtual void poll(TimePoint now) = 0;
  [[nodiscard]] virtual std::optional<TimePoint> next_deadline() const = 0;

 private:
  friend class Simulation;
  std::size_t seat_ =
      std::numeric_limits<std::size_t>::max();  ///< Its number there; what it was, if it is there no more.
};

/// Runs events in order of their time; of equal times, queued events come before stations' deadlines, queued events in
/// the order in which they were queued, deadlines in the order in which the stations were attached.
///
/// @threads One at a time, and not from within a station's `poll`.
class Simulation {
 public:
  explicit Simulation(TimePoint start = TimePoint{}) : now_(start) {}
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  [[nodiscard]] TimePoint now() const { return now_; }

  /// Runs `task` at `when`, or now if that is past. Tasks may do everything but run the simulation.
  void at(TimePoint when, std::function<void()> task);
  void after(Duration delay, std::function<void()> task) { at(now_ + delay, std::move(task)); }

  /// The station must live until it is detached or the simulation is gone.
  void attach(Station& station);
  void detach(Station& station);
  /// Frames came for it: it is polled after the event that runs, or before the next one. Unknown stations are ignored.
  void wake(Station& station);
  /// Its deadline may have changed outside of `poll`.
  void reschedule(Station& station);

  /// When the next thing happens; nothing: nothing ever will.
  [[nodiscard]] std::optional<TimePoint> next();
  /// Lets the next thing happen. @return false: there is none.
  bool step();
  /// Lets everything up to `end`, `end` included, happen; then it is `end`.
  void run_until(TimePoint end);
  void run_for(Duration time) { run_until(now_ + time); }
  /// Runs until `done` holds, looking after every event, at most until `limit`. @return Whether it holds.
  bool run_until(FunctionRef<bool()> done, TimePoint limit);
  [[nodiscard]] std::uint64_t steps() const { return steps_; }

 private:
  struct Event {
    TimePoint at;
    std::uint64_t number;
    std::function<void()> task;
  };
  struct Seat {
    Station* station = nullptr;
    TimePoint deadline{};          ///< Meaningful while it is in `deadlines_`.
    std::size_t place = kNoPlace;  ///< There.
    bool woken = false;
    bool moved = false;  ///< `deadline` may be wrong.
  };
  static constexpr std::size_t kNoPlace = std::numeric_limits<std::size_t>::max();
  static bool later(const Event& a, const Event& b);
  [[nodiscard]] Seat* seat_of(const Station& station);
  [[nodiscard]] bool sooner(std::size_t seat, std::size_t other) const;
  void put(std::size_t place, std::size_t seat);
  void sift_up(std::size_t place);
  void sift_down(std::size_t place);
  void unlist(Seat& seat);
  void list(std::size_t number);
  void poll(std::size_t number);
  void settle();

  TimePoint now_;
  std::vector<Event> events_;  // a heap
  std::uint64_t last_number_ = 0;
  std::vector<Seat> seats_;
  std::vector<std::size_t> deadlines_;  // a heap of seats; it has room for all of them
  std::vector<std::size_t> woken_;
  std::vector<std::size_t> moved_;
  std::uint64_t steps_ = 0;
};

}  // namespace neigh::link
