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

/// When a request last went to a destination whose entry is gone. A fixed number of places, eight to a set; a full set
/// loses its oldest record, and that loss is counted if the record still mattered.
class SendMemory {
 public:
  explicit SendMemory(std::size_t slots) : count_(std::max<std::size_t>(slots / kWays, 1)) {
    // calloc: a large array comes from the system already zero, page by page, so what is not used costs nothing.
    sets_.reset(static_cast<Set*>(std::calloc(count_, sizeof(Set))));
    if (!sets_) throw std::bad_alloc{};  // as every container here
  }

  /// `sent` is remembered under `hash` while it matters, that is until `until`.
  void remember(std::uint64_t hash, TimePoint sent, TimePoint until, TimePoint now) {
    Set& set = set_of(hash);
    Record* victim = set.data();
    for (Record& record : set) {
      if (record.used && record.hash == hash) {
        record = {hash, std::max(sent, record.sent), std::max(until, record.until), true};
        return;
      }
      if (!record.used || (victim->used && record.until < victim->until)) victim = &record;
    }
    if (victim->used && victim->until > now) ++displaced_;
    *victim = {hash, sent, until, true};
  }
  [[nodiscard]] std::optional<TimePoint> last_sent(std::uint64_t hash) const {
    for (const Record& record : sets_[static_cast<std::size_t>(hash % count_)]) {
      if (record.used && record.hash == hash) return record.sent;
    }
    return std::nullopt;
  }
  [[nodiscard]] std::uint64_t displaced() const { return displaced_; }
  [[nodiscard]] std::size_t bytes() const { return count_ * sizeof(Set); }

 private:
  static constexpr std::size_t kWays = 8;
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
  Set& set_of(std::uint64_t hash) { return sets_[static_cast<std::size_t>(hash % count_)]; }
  std::size_t count_;
  std::unique_ptr<Set[], FreeSets> sets_;
  std::uint64_t displaced_ = 0;
};

}  // namespace neigh::nud
