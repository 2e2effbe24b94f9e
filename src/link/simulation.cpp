// SPDX-License-Identifier: Apache-2.0
#include "link/simulation.hpp"

#include <algorithm>

#include "link/on_throw.hpp"

namespace neigh::link {

bool Simulation::later(const Event& a, const Event& b) { return a.at != b.at ? a.at > b.at : a.number > b.number; }

void Simulation::at(TimePoint when, std::function<void()> task) {
  events_.push_back(Event{std::max(when, now_), ++last_number_, std::move(task)});
  std::push_heap(events_.begin(), events_.end(), later);
}

void Simulation::attach(Station& station) {
  if (seat_of(station) != nullptr) return;
  // Room for its deadline first: a seat that finds none would never be polled again.
  if (deadlines_.capacity() <= seats_.size()) deadlines_.reserve(2 * seats_.size() + 4);
  seats_.push_back(Seat{.station = &station});
  station.seat_ = seats_.size() - 1;
  const OnThrow undo([&] { detach(station); });
  reschedule(station);
}

void Simulation::detach(Station& station) {
  Seat* seat = seat_of(station);
  if (seat == nullptr) return;
  unlist(*seat);
  // The seat stays empty, so that the order of the others does.
  seat->station = nullptr;
}

Simulation::Seat* Simulation::seat_of(const Station& station) {
  if (station.seat_ >= seats_.size() || seats_[station.seat_].station != &station) return nullptr;
  return &seats_[station.seat_];
}

// --- The heap of deadlines ---

bool Simulation::sooner(std::size_t seat, std::size_t other) const {
  const TimePoint a = seats_[seat].deadline;
  const TimePoint b = seats_[other].deadline;
  return a != b ? a < b : seat < other;
}

void Simulation::put(std::size_t place, std::size_t seat) {
  deadlines_[place] = seat;
  seats_[seat].place = place;
}

void Simulation::sift_up(std::size_t place) {
  const std::size_t seat = deadlines_[place];
  while (place > 0 && sooner(seat, deadlines_[(place - 1) / 2])) {
    put(place, deadlines_[(place - 1) / 2]);
    place = (place - 1) / 2;
  }
  put(place, seat);
}

void Simulation::sift_down(std::size_t place) {
  const std::size_t seat = deadlines_[place];
  for (std::size_t child = 2 * place + 1; child < deadlines_.size(); child = 2 * place + 1) {
    if (child + 1 < deadlines_.size() && sooner(deadlines_[child + 1], deadlines_[child])) ++child;
    if (!sooner(deadlines_[child], seat)) break;
    put(place, deadlines_[child]);
    place = child;
  }
  put(place, seat);
}

void Simulation::unlist(Seat& seat) {
  if (seat.place == kNoPlace) return;
  const std::size_t hole = seat.place;
  const std::size_t last = deadlines_.back();
  deadlines_.pop_back();
  seat.place = kNoPlace;
  if (hole == deadlines_.size()) return;
  put(hole, last);
  sift_up(hole);
  sift_down(seats_[last].place);
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
  if (!deadline) {
    unlist(seat);
  } else if (seat.place == kNoPlace) {
    seat.deadline = *deadline;
    deadlines_.push_back(number);  // `attach` has made room
    sift_up(deadlines_.size() - 1);
  } else if (seat.deadline != *deadline) {
    seat.deadline = *deadline;
    sift_up(seat.place);
    sift_down(seat.place);
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
  if (!deadlines_.empty()) {
    const TimePoint deadline = seats_[deadlines_.front()].deadline;
    if (!next || deadline < *next) next = deadline;
  }
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
    poll(deadlines_.front());
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
