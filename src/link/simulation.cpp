// SPDX-License-Identifier: Apache-2.0
#include "link/simulation.hpp"

#include <algorithm>

namespace neigh::link {

bool Simulation::later(const Event& a, const Event& b) { return a.at != b.at ? a.at > b.at : a.number > b.number; }

void Simulation::at(TimePoint when, std::function<void()> task) {
  events_.push_back(Event{std::max(when, now_), ++last_number_, std::move(task)});
  std::push_heap(events_.begin(), events_.end(), later);
}

void Simulation::attach(Station& station) {
  if (numbers_.contains(&station)) return;
  numbers_.emplace(&station, seats_.size());
  seats_.push_back(Seat{.station = &station});
  reschedule(station);
}

void Simulation::detach(Station& station) {
  const auto found = numbers_.find(&station);
  if (found == numbers_.end()) return;
  Seat& seat = seats_[found->second];
  if (seat.listed) deadlines_.erase({*seat.listed, found->second});
  // The seat stays empty, so that the order of the others does.
  seat.station = nullptr;
  seat.listed.reset();
  numbers_.erase(found);
}

Simulation::Seat* Simulation::seat_of(const Station& station) {
  const auto found = numbers_.find(&station);
  return found == numbers_.end() ? nullptr : &seats_[found->second];
}

void Simulation::wake(Station& station) {
  Seat* seat = seat_of(station);
  if (seat == nullptr || seat->woken) return;
  woken_.push_back(static_cast<std::size_t>(seat - seats_.data()));
  seat->woken = true;
}

void Simulation::reschedule(Station& station) {
  Seat* seat = seat_of(station);
  if (seat == nullptr || seat->moved) return;
  moved_.push_back(static_cast<std::size_t>(seat - seats_.data()));
  seat->moved = true;
}

void Simulation::list(std::size_t number) {
  Seat& seat = seats_[number];
  if (seat.station == nullptr) {
    seat.moved = false;
    return;
  }
  const std::optional<TimePoint> deadline = seat.station->next_deadline();
  // The new place first: a seat that has none would never be polled again, should there be no memory for it.
  if (deadline != seat.listed) {
    if (deadline) deadlines_.insert({*deadline, number});
    if (seat.listed) deadlines_.erase({*seat.listed, number});
    seat.listed = deadline;
  }
  seat.moved = false;
}

void Simulation::poll(std::size_t number) {
  if (seats_[number].station == nullptr) return;
  seats_[number].station->poll(now_);
  list(number);
}

void Simulation::settle() {
  // A station that is polled may wake others, but only by way of the queue of events or in a task of this moment.
  // By index: the lists grow on the way.
  for (std::size_t i = 0; i < woken_.size(); ++i) {  // NOLINT(modernize-loop-convert)
    seats_[woken_[i]].woken = false;
    poll(woken_[i]);
  }
  woken_.clear();
  for (std::size_t i = 0; i < moved_.size(); ++i) list(moved_[i]);  // NOLINT(modernize-loop-convert)
  moved_.clear();
}

std::optional<TimePoint> Simulation::next() {
  settle();
  std::optional<TimePoint> next;
  if (!events_.empty()) next = events_.front().at;
  if (!deadlines_.empty() && (!next || deadlines_.begin()->first < *next)) next = deadlines_.begin()->first;
  if (next) next = std::max(*next, now_);
  return next;
}

bool Simulation::step() {
  const std::optional<TimePoint> at = next();
  if (!at) return false;
  now_ = *at;
  ++steps_;
  if (!events_.empty() && events_.front().at <= now_) {
    std::pop_heap(events_.begin(), events_.end(), later);
    Event event = std::move(events_.back());
    events_.pop_back();
    event.task();
  } else {
    poll(deadlines_.begin()->second);
  }
  settle();
  return true;
}

void Simulation::run_until(TimePoint end) {
  for (std::optional<TimePoint> at = next(); at && *at <= end; at = next()) step();
  now_ = std::max(now_, end);
}

bool Simulation::run_until(FunctionRef<bool()> done, TimePoint limit) {
  for (std::optional<TimePoint> at = next(); !done(); at = next()) {
    if (!at || *at > limit) {
      now_ = std::max(now_, limit);
      return done();
    }
    step();
  }
  return true;
}

}  // namespace neigh::link
