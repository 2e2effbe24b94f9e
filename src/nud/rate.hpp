// SPDX-License-Identifier: Apache-2.0
// Send rates: a limiter that can also reserve a later moment, and the memory of the last request per destination
// that outlives entries (ARP-085, NDR-007, DEC-05). And the random numbers of this room.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>

#include "base/time.hpp"

namespace neigh::nud {

/// splitmix64 (Steele, Lea, Flood): enough for jitter; the seed comes from the owner.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  [[nodiscard]] std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31U);
  }
  /// Uniform in [0.5, 1.5): MIN_RANDOM_FACTOR and MAX_RANDOM_FACTOR (CON-11).
  [[nodiscard]] double factor() { return 0.5 + static_cast<double>(next() >> 11U) * 0x1.0p-53; }

 private:
  std::uint64_t state_;
};

/// `rate` events a second, `burst` of them at once (GCRA). Rate 0: no limit.
class RateLimiter {
 public:
  void configure(std::uint32_t rate, std::uint32_t burst) {
    interval_ = rate == 0 ? Duration{0} : Duration{1'000'000'000 / rate};
    tolerance_ = interval_ * (burst == 0 ? 0 : burst - 1);
  }
  /// True if an event may happen now; it is then counted.
  [[nodiscard]] bool take(TimePoint now) {
    if (now < allowed_at(now)) return false;
    book(now);
    return true;
  }
  /// The moment at which an event may happen, `now` or later; that moment is the caller's.
  [[nodiscard]] TimePoint reserve(TimePoint now) {
    const TimePoint at = std::max(now, allowed_at(now));
    book(now);
    return at;
  }

 private:
  [[nodiscard]] TimePoint allowed_at(TimePoint now) const {
    return interval_ == Duration{0} || !next_ ? now : *next_ - tolerance_;
  }
  void book(TimePoint now) {
    if (interval_ != Duration{0}) next_ = std::max(next_.value_or(now), now) + interval_;
  }
  Duration interval_{0};
  Duration tolerance_{0};
  std::optional<TimePoint> next_;
};

/// When a request last went to a destination whose entry is gone. At most so many places, eight to a set; a full set
/// loses its oldest record, and that loss is counted if the record still mattered. There are few places until more are
/// needed: most tables are small.
class SendMemory {
 public:
  explicit SendMemory(std::size_t slots) : limit_(std::max<std::size_t>(slots / kWays, 1)) {
    std::size_t count = limit_;
    // A large one is there from the beginning, so that growing never takes long.
    while (limit_ <= kMostToGrow && count > kFirst && count % 2 == 0) count /= 2;
    sets_ = make_sets(count);
    if (!sets_.sets) throw std::bad_alloc{};  // as every container here
  }

  /// `sent` is remembered under `hash` while it matters, that is until `until`.
  void remember(std::uint64_t hash, TimePoint sent, TimePoint until, TimePoint now) {
    Record* place = place_for(hash);
    while (place->used && place->hash != hash && place->until > now && grow()) place = place_for(hash);
    if (place->used && place->hash == hash) {
      *place = {hash, std::max(sent, place->sent), std::max(until, place->until), true};
      return;
    }
    if (place->used && place->until > now) ++displaced_;
    *place = {hash, sent, until, true};
  }
  [[nodiscard]] std::optional<TimePoint> last_sent(std::uint64_t hash) const {
    for (const Record& record : sets_.of(hash)) {
      if (record.used && record.hash == hash) return record.sent;
    }
    return std::nullopt;
  }
  [[nodiscard]] std::uint64_t displaced() const { return displaced_; }
  [[nodiscard]] std::size_t bytes() const { return sets_.count * sizeof(Set); }

 private:
  static constexpr std::size_t kWays = 8;
  static constexpr std::size_t kFirst = 2;  // sets
  static constexpr std::size_t kMostToGrow = 2'048;
  struct Record {            // all bytes zero: not used
    std::uint64_t hash = 0;  // 64 bits with a secret key stand for the destination
    TimePoint sent{};
    TimePoint until{};
    bool used = false;
  };
  using Set = std::array<Record, kWays>;
  struct FreeSets {
    void operator()(Set* sets) const noexcept { std::free(sets); }
  };
  struct Sets {
    std::unique_ptr<Set[], FreeSets> sets;
    std::size_t count = 0;
    [[nodiscard]] Set& of(std::uint64_t hash) const { return sets[static_cast<std::size_t>(hash % count)]; }
  };
  /// Without memory: no sets. calloc: pages that nobody uses cost nothing.
  static Sets make_sets(std::size_t count) {
    Sets made;
    made.sets.reset(static_cast<Set*>(std::calloc(count, sizeof(Set))));
    made.count = count;
    return made;
  }
  /// The record of `hash`, or a free one, or the one that stops to matter first.
  [[nodiscard]] Record* place_for(std::uint64_t hash) {
    Set& set = sets_.of(hash);
    Record* place = set.data();
    for (Record& record : set) {
      if (record.used && record.hash == hash) return &record;
      if (!record.used || (place->used && record.until < place->until)) place = &record;
    }
    return place;
  }
  /// False at the limit, or without memory: entries go away in calls that must not fail.
  bool grow() {
    if (sets_.count >= limit_) return false;
    Sets larger = make_sets(sets_.count * 2);
    if (!larger.sets) return false;
    std::swap(sets_, larger);
    // Twice as many sets: each takes from one set of before, so that there is a place for every record.
    for (std::size_t i = 0; i < larger.count; ++i) {
      for (const Record& record : larger.sets[i]) {
        if (record.used) *place_for(record.hash) = record;
      }
    }
    return true;
  }
  std::size_t limit_;  // sets
  Sets sets_;
  std::uint64_t displaced_ = 0;
};

}  // namespace neigh::nud
