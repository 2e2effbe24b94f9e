// SPDX-License-Identifier: Apache-2.0
// A hash table of one family that any number of readers use while one writer changes it.
//
// Where an entry can be: its home line, the other lines of the home's group of kGroup, then a window of kWindow lines
// of a small area that all groups share. This is the entry's path; it is put into the first line of it that has a free
// slot. Each line counts the entries whose path goes through it and that are further on (the hint), so that a reader
// knows where to end. When an entry goes, another one that is further on takes its place.
//
// Rules that the readers live by; `neigh/adjacency.hpp` says what follows from them:
// 1. A slot is given to an entry only while it holds none, and the entry appears in it complete.
// 2. A value is one word: changing it is one store.
// 3. An entry moves only to an earlier line of its path, and is there before it leaves the later one.
// 4. While an entry is in a line, the hints of all earlier lines of its path are not zero.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "adjacency/slots.hpp"
#include "base/pages.hpp"

namespace neigh::adjacency {

enum class Put : std::uint8_t { kInserted, kUpdated, kFull, kNoRoom };

/// How much room a table of `capacity` entries gets.
struct Shape {
  std::size_t groups = 0;
  std::size_t area_lines = 0;
};

/// A number that one thread changes and any thread reads.
class SharedCount {
 public:
  SharedCount() = default;
  SharedCount(SharedCount&& other) noexcept : count_(other.get()) {}
  SharedCount& operator=(SharedCount&& other) noexcept {
    set(other.get());
    return *this;
  }
  [[nodiscard]] std::size_t get() const noexcept { return count_.load(std::memory_order_relaxed); }
  void set(std::size_t count) noexcept { count_.store(count, std::memory_order_relaxed); }

 private:
  std::atomic<std::size_t> count_{0};
};

template <class Slots, class Memory = Hardware>
class HopTable {
 public:
  using SlotsType = Slots;
  using Key = typename Slots::Key;

  static constexpr unsigned kGroup = Slots::kSlots == 4 ? 8 : 16;
  static constexpr unsigned kWindow = Slots::kSlots == 4 ? 8 : 16;
  static constexpr unsigned kPath = kGroup + kWindow;
  // Entries that a line counts are in the other lines of its group, or in a window: a hint has room for all of them.
  static_assert((kPath - 1) * Slots::kSlots <= (kHintMask >> kHintShift));

  /// Bytes for one entry of the capacity: IPv4 29 in groups and 1/2 in the area, IPv6 46 and 1.
  [[nodiscard]] static Shape shape_for(std::size_t capacity) noexcept {
    constexpr bool kSmall = Slots::kSlots == 4;
    const std::size_t lines = (capacity * (kSmall ? 29 : 46) + 63) / 64;
    return {.groups = lines / kGroup + 1, .area_lines = capacity / (kSmall ? 128 : 64) + 2 * kWindow};
  }

  [[nodiscard]] static Result<HopTable> make(std::size_t capacity, std::uint64_t seed, bool huge) {
    const Shape shape = shape_for(capacity);
    HopTable table;
    const std::size_t all_lines = shape.groups * kGroup + shape.area_lines;
    auto lines = Pages::map(all_lines * sizeof(Line), huge);
    if (!lines) return std::move(lines).error();
    table.pages_ = std::move(*lines);
    if constexpr (Slots::kHasVersions) {
      auto versions = Pages::map(all_lines * Slots::kSlots * sizeof(Word), huge);
      if (!versions) return std::move(versions).error();
      table.version_pages_ = std::move(*versions);
    }
    table.lines_ = static_cast<Line*>(table.pages_.data());
    table.versions_ = static_cast<Word*>(table.version_pages_.data());
    table.home_lines_ = shape.groups * kGroup;
    // Groups are spread over all windows that the area has.
    table.area_factor_ = ((shape.area_lines - kWindow + 1) << 32U) / shape.groups;
    table.hash_key_ = Slots::Hash::from_seed(seed);
    table.capacity_ = capacity;
    return table;
  }

  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return pages_.size() + version_pages_.size(); }

  // --- Readers ---

  /// The value of `key`, or kNothing.
  template <class Way = Memory>
  [[nodiscard, gnu::always_inline]] inline std::uint64_t find(Key key) const noexcept {
    const std::size_t home = home_of(key);
    if constexpr (kPicks<Way>) {
      const Line& line = lines_[home];
      const Pair seen = Way::pick(line, key);
      if (seen.key == key) [[likely]]
        return seen.value & ~kHintMask;
      // Only "not there" needs the hint, which has to be read before the keys are.
      if ((Memory::load(line.words[1]) & kHintMask) != 0) return find_next<Way>(key, home);
      if (!Way::shows(line, key)) [[likely]]
        return kNothing;
    }
    std::uint64_t value = kNothing;
    if (ask_home<Way>(lines_[home], key, versions_of(home), value)) [[likely]]
      return value;
    return find_next<Way>(key, home);
  }

  /// `find` for `count` keys of 8 bytes each, by a way that looks at many at once in their home lines. What it leaves
  /// open is looked for anew. `values`: 8 bytes each. @return Number found.
  template <class Way>
  [[gnu::always_inline]] inline std::size_t find_many(const void* keys, std::size_t count,
                                                      void* values) const noexcept {
    typename Way::Work work;
    std::size_t found = 0;
    const auto* from = static_cast<const std::byte*>(keys);
    auto* to = static_cast<std::byte*>(values);
    const auto key_at = [&](std::size_t i) {
      Key key;
      std::memcpy(&key, from + i * sizeof key, sizeof key);
      return key;
    };
    const auto answer = [&](std::size_t i, std::uint64_t value) {
      std::memcpy(to + i * sizeof value, &value, sizeof value);
      found += static_cast<std::size_t>(value != kNothing);
    };
    while (count >= Way::kFew) {
      const std::size_t some = std::min(count / 8 * 8, Way::kMost);
      Way::pick_many({.lines = lines_,
                      .hash_key = hash_key_,
                      .home_lines = home_lines_,
                      .keys = from,
                      .count = some,
                      .values = to},
                     work);
      for (std::size_t begin = 0; begin < some; begin += 64) {
        std::uint64_t open = work.open[begin / 64];
        found += std::min<std::size_t>(some - begin, 64) - static_cast<unsigned>(std::popcount(open));
        for (; open != 0; open &= open - 1) {
          const std::size_t i = begin + static_cast<unsigned>(std::countr_zero(open));
          const Key key = key_at(i);
          std::uint64_t value = kNothing;
          const Line& home = *work.homes[i];
          answer(i, ask_home<Way>(home, key, nullptr, value) ? value : find_next<Way>(key, number_of(home)));
        }
      }
      from += some * sizeof(Key);
      to += some * sizeof(std::uint64_t);
      count -= some;
    }
    std::array<std::size_t, Way::kFew> homes;
    for (std::size_t i = 0; i < count; ++i) {
      homes[i] = home_of(key_at(i));
      prefetch(&lines_[homes[i]]);
    }
    for (std::size_t i = 0; i < count; ++i) {
      std::uint64_t value = kNothing;
      const Key key = key_at(i);
      answer(i, ask_home<Way>(lines_[homes[i]], key, nullptr, value) ? value : find_next<Way>(key, homes[i]));
    }
    return found;
  }

  /// `find` for `count` keys; `key_of(i)` makes the i-th, `store(i, value)` takes what was found. The lines of the next
  /// few are on their way while one is read. @return Number found.
  template <class Way = Memory, class KeyOf, class Store>
  [[gnu::always_inline]] inline std::size_t find_all(std::size_t count, KeyOf key_of, Store store) const noexcept {
    // What does not change, so that it stays in registers.
    const Line* const lines = lines_;
    const typename Slots::Hash hash_key = hash_key_;
    const std::uint64_t home_lines = home_lines_;
    std::array<std::uint32_t, kAhead> homes;
    std::array<std::uint32_t, kAhead> open;  // those that one line does not answer
    const auto stage = [&](std::size_t i) {
      const auto home = static_cast<std::uint32_t>(scale32(Slots::hash(hash_key, key_of(i)), home_lines));
      homes[i % kAhead] = home;
      prefetch(&lines[home]);
    };
    std::size_t found = 0;
    for (std::size_t i = 0; i < std::min(count, kAhead); ++i) stage(i);
    for (std::size_t begin = 0; begin < count; begin += kAhead) {
      const std::size_t end = std::min(count, begin + kAhead);
      // Those before `staged` have a successor to be fetched in their place.
      const std::size_t staged = count - begin > kAhead ? std::min(count - kAhead, end) : begin;
      std::size_t opened = 0;
      const auto read = [&](std::size_t i, std::uint32_t home) {
        std::uint64_t value = kNothing;
        const bool answered = ask_home<Way>(lines[home], key_of(i), versions_of(home), value);
        store(i, value);
        found += static_cast<std::size_t>(value != kNothing);
        if (!answered) [[unlikely]]
          open[opened++] = static_cast<std::uint32_t>(i - begin);
      };
      std::size_t i = begin;
      for (; i < staged; ++i) {
        const std::uint32_t home = homes[i - begin];
        stage(i + kAhead);
        read(i, home);
      }
      for (; i < end; ++i) read(i, homes[i - begin]);
      for (std::size_t k = 0; k < opened; ++k) {
        const std::size_t at = begin + open[k];
        const std::uint64_t value = find_next<Way>(key_of(at), home_of(key_of(at)));
        store(at, value);
        found += static_cast<std::size_t>(value != kNothing);
      }
    }
    return found;
  }

  // --- The writer ---

  /// Brings the line where `put` and `add_at` will look first.
  [[gnu::always_inline]] inline void fetch(std::size_t home) const noexcept { prefetch_to_write(&lines_[home]); }

  /// `put` of a new entry where that takes one look at one line: it has room, and nothing went further. @return false:
  /// that is not so, and nothing was done.
  template <class Way = Memory>
  [[gnu::always_inline]] inline bool add_at_home(const Key& key, std::uint64_t value) noexcept {
    return add_at<Way>(home_of(key), key, value);
  }
  /// As `add_at_home`, for those who have been there already.
  template <class Way = Memory>
  [[gnu::always_inline]] inline bool add_at(std::size_t home, const Key& key, std::uint64_t value) noexcept {
    Line& line = lines_[home];
    const Room room = room_of<Way>(line, key);
    const std::size_t size = size_.get();
    if (room.bits == 0 || room.has_key() || is_passed(line) || size >= capacity_) [[unlikely]]
      return false;
    size_.set(size + 1);
    const unsigned word = room.empty_word();
    if (word % Slots::kStride != 0) __builtin_unreachable();
    Slots::bind(line, word / Slots::kStride, key, value, versions_of(home));
    return true;
  }

  /// @param old  Set to what was there, or kNothing.
  Put put(const Key& key, std::uint64_t value, std::uint64_t& old) noexcept {
    old = kNothing;
    const std::size_t home = home_of(key);
    Place free = {};
    bool has_free = false;
    for (unsigned step = 0; step < kPath; ++step) {
      const std::size_t at = line_at(home, step);
      Line& line = lines_[at];
      const auto [there, empty] = scan(line, key);
      if (there < Slots::kSlots) {
        old = Memory::load(Slots::value(line, there)) & ~kHintMask;
        store_value(line, there, value);
        return Put::kUpdated;
      }
      if (!has_free) {
        free = {.step = step, .line = at, .slot = empty};
        has_free = empty < Slots::kSlots;
      }
      if (hint_of(line) == 0 && has_free) [[likely]]
        break;
    }
    if (size() >= capacity_) return Put::kFull;
    if (!has_free) return Put::kNoRoom;
    for (unsigned step = 0; step < free.step; ++step) change_hint(line_at(home, step), true);
    bind(free, key, value);
    size_.set(size() + 1);
    return Put::kInserted;
  }

  /// @return What was there, or kNothing.
  std::uint64_t remove(const Key& key) noexcept {
    const std::size_t home = home_of(key);
    for (unsigned step = 0; step < kPath; ++step) {
      const std::size_t at = line_at(home, step);
      Line& line = lines_[at];
      const bool last = hint_of(line) == 0;
      const unsigned slot = slot_of(line, key);
      if (slot < Slots::kSlots) {
        const std::uint64_t value = Memory::load(Slots::value(line, slot)) & ~kHintMask;
        Slots::unbind(line, slot);
        for (unsigned before = 0; before < step; ++before) change_hint(line_at(home, before), false);
        size_.set(size() - 1);
        pull_back({.line = at, .slot = slot});
        return value;
      }
      if (last) break;
    }
    return kNothing;
  }

  /// Calls `visitor(key, value)` for each entry. It may remove the one that it is called with; then some may be told
  /// twice or left out, since others move.
  template <class Visitor>
  void visit(Visitor visitor) {
    const std::size_t lines = pages_.size() / sizeof(Line);
    for (std::size_t at = 0; at < lines; ++at) {
      for (unsigned slot = 0; slot < Slots::kSlots; ++slot) {
        // What takes the place of a removed entry comes from further on, and may stand in this line now.
        while (Slots::holds_any(lines_[at], slot)) {
          const Key key = Slots::key_at(lines_[at], slot);
          visitor(key, Memory::load(Slots::value(lines_[at], slot)) & ~kHintMask);
          if (!Slots::holds_any(lines_[at], slot) || Slots::key_at(lines_[at], slot) == key) break;
        }
      }
    }
  }

  /// Any thread may ask.
  [[nodiscard]] std::size_t size() const noexcept { return size_.get(); }
  /// Entries that are not in their home line, and what rules 3 and 4 ask for. For tests: reads everything.
  struct Audit {
    std::size_t entries = 0;
    std::size_t elsewhere = 0;
    bool sound = true;
  };
  [[nodiscard]] Audit audit() const;

  /// Where entries can be: the `step`-th line of the path that begins at `home`.
  [[nodiscard]] std::size_t line_at(std::size_t home, unsigned step) const noexcept {
    if (step < kGroup) return home ^ step;
    return home_lines_ + (((home / kGroup) * area_factor_) >> 32U) + (step - kGroup);
  }
  [[nodiscard]] std::size_t home_of(const Key& key) const noexcept {
    return scale32(Slots::hash(hash_key_, key), home_lines_);
  }

 private:
  static constexpr std::size_t kAhead = 32;
  template <class Way>
  static constexpr bool kPicks = Slots::kHasPairs&& requires(const Line& line) {
    Way::pick(line, 0);
  };

  struct Place {
    unsigned step = 0;
    std::size_t line = 0;
    unsigned slot = 0;
  };

  [[nodiscard]] std::size_t number_of(const Line& line) const noexcept {
    return static_cast<std::size_t>(&line - lines_);
  }
  /// Whether entries whose path goes through the line are further on.
  static bool is_passed(Line& line) noexcept {
    if constexpr (requires { Memory::has_hint(Slots::value(line, 0)); }) {
      return Memory::has_hint(Slots::value(line, 0));
    } else {
      return hint_of(line) != 0;
    }
  }
  static std::uint64_t hint_of(Line& line) noexcept { return Memory::load(Slots::value(line, 0)) & kHintMask; }
  Word* versions_of(std::size_t line) const noexcept {
    if constexpr (Slots::kHasVersions) return versions_ + line * Slots::kSlots;
    return nullptr;
  }
  /// Whether the home line answers: with a value, or with kNothing.
  template <class Way>
  [[gnu::always_inline]] static inline bool ask_home(const Line& line, const Key& key, const Word* versions,
                                                     std::uint64_t& value) noexcept {
    if constexpr (kPicks<Way>) {
      const std::uint64_t hint = Memory::load(line.words[1]) & kHintMask;  // before the slots
      const Pair seen = Way::pick(line, key);
      const bool yes = seen.key == key;
      value = yes ? seen.value & ~kHintMask : kNothing;  // kNothing too: nobody's key, and an empty slot
      return yes || hint == 0;
    } else {
      std::uint64_t hint = 0;
      const bool yes = Slots::template look<Way>(line, key, versions, value, hint);
      if (!yes) value = kNothing;
      return yes || hint == 0;
    }
  }
  bool look(std::size_t line, const Key& key, std::uint64_t& value, std::uint64_t& hint) const noexcept {
    return Slots::look(lines_[line], key, versions_of(line), value, hint);
  }
  std::uint64_t find_further(Key key, std::size_t home) const noexcept;
  /// The home line does not answer. Most often the entry is in the next one, and seeing it there suffices.
  template <class Way>
  [[gnu::always_inline]] inline std::uint64_t find_next(const Key& key, std::size_t home) const noexcept {
    if constexpr (kPicks<Way>) {
      const std::uint64_t value = Way::value_in(lines_[line_at(home, 1)], key) & ~kHintMask;
      if (value != kNothing) return value;
    }
    return find_further(key, home);
  }

  /// kSlots: in none. Without branches, as how full a line is cannot be foreseen.
  static unsigned slot_of(const Line& line, const Key& key) noexcept {
    unsigned mask = 1U << Slots::kSlots;
    for (unsigned slot = 0; slot < Slots::kSlots; ++slot) {
      mask |= static_cast<unsigned>(Slots::holds(line, slot, key)) << slot;
    }
    return static_cast<unsigned>(std::countr_zero(mask));
  }
  template <class Way>
  [[gnu::always_inline]] static inline Room room_of(const Line& line, const Key& key) noexcept {
    if constexpr (requires { Way::room(line, key); }) {
      return Way::room(line, key);
    } else {
      Room room;
#pragma GCC unroll 4
      for (unsigned slot = 0; slot < Slots::kSlots; ++slot) {
        const Key found = Slots::key_at(line, slot);
        room.bits |= static_cast<unsigned>(found == key) << slot * Slots::kStride;
        room.bits |= static_cast<unsigned>(Slots::is_nobody(found)) << (slot * Slots::kStride + Room::kEmpty);
      }
      return room;
    }
  }
  /// In one pass: where `key` is, and the first slot without an entry; kSlots: in none.
  static std::pair<unsigned, unsigned> scan(const Line& line, const Key& key) noexcept {
    unsigned there = 1U << Slots::kSlots;
    unsigned empty = there;
#pragma GCC unroll 4
    for (unsigned slot = 0; slot < Slots::kSlots; ++slot) {
      const Key found = Slots::key_at(line, slot);
      there |= static_cast<unsigned>(found == key) << slot;
      empty |= static_cast<unsigned>(Slots::is_nobody(found)) << slot;
    }
    return {static_cast<unsigned>(std::countr_zero(there)), static_cast<unsigned>(std::countr_zero(empty))};
  }
  void store_value(Line& line, unsigned slot, std::uint64_t value) noexcept {
    Word& word = Slots::value(line, slot);
    Memory::store(word, (Memory::load(word) & kHintMask) | value);  // the hint is 0 but in the first slot
  }
  void bind(const Place& place, const Key& key, std::uint64_t value) noexcept {
    Line& line = lines_[place.line];
    const std::uint64_t hint = Memory::load(Slots::value(line, place.slot)) & kHintMask;
    Slots::bind(line, place.slot, key, value | hint, versions_of(place.line));
  }
  void change_hint(std::size_t at, bool more) noexcept {
    Word& word = Slots::value(lines_[at], 0);
    const std::uint64_t value = Memory::load(word);
    Memory::store(word, more ? value + kHintOne : value - kHintOne);
  }
  void pull_back(Place hole) noexcept;
  [[nodiscard]] unsigned step_to(std::size_t home, std::size_t line) const noexcept;

  Pages pages_;
  Pages version_pages_;
  Line* lines_ = nullptr;
  Word* versions_ = nullptr;
  std::size_t home_lines_ = 0;
  std::uint64_t area_factor_ = 0;
  typename Slots::Hash hash_key_;
  // The writer's, away from what readers read all the time.
  alignas(kLineBytes) std::size_t capacity_ = 0;
  SharedCount size_;
};

/// The home line does not answer, and entries are further on.
template <class Slots, class Memory>
[[gnu::noinline]] std::uint64_t HopTable<Slots, Memory>::find_further(Key key, std::size_t home) const noexcept {
  std::uint64_t value = kNothing;
  std::uint64_t hint = 0;
  unsigned end = 1;
  for (; end < kPath; ++end) {
    if (look(line_at(home, end), key, value, hint)) return value;
    if (hint == 0) break;  // it is not further on, and not here
  }
  // It is in an earlier line, to which it may have moved behind our back, or nowhere. Backwards it cannot escape.
  for (unsigned step = end; step-- > 0;) {
    if (look(line_at(home, step), key, value, hint)) return value;
  }
  return kNothing;
}

/// Which step of the path from `home` is `line`; kPath: none.
template <class Slots, class Memory>
unsigned HopTable<Slots, Memory>::step_to(std::size_t home, std::size_t line) const noexcept {
  if (line < home_lines_) return (home ^ line) < kGroup ? static_cast<unsigned>(home ^ line) : kPath;
  const std::size_t window = line_at(home, kGroup);
  return line >= window && line - window < kWindow ? kGroup + static_cast<unsigned>(line - window) : kPath;
}

/// `hole` has become free: an entry that had to go further on takes it, and leaves another hole.
template <class Slots, class Memory>
void HopTable<Slots, Memory>::pull_back(Place hole) noexcept {
  for (unsigned moves = 0; moves < kPath && hint_of(lines_[hole.line]) != 0; ++moves) {
    const bool in_area = hole.line >= home_lines_;
    // Lines where an entry can be that has `hole.line` before it in its path.
    bool moved = false;
    const unsigned candidates = in_area ? kWindow : kPath;
    for (unsigned c = 1; c < candidates && !moved; ++c) {
      const std::size_t at = in_area ? hole.line + c : line_at(hole.line, c);
      if (at >= pages_.size() / sizeof(Line)) break;
      Line& line = lines_[at];
      for (unsigned slot = 0; slot < Slots::kSlots && !moved; ++slot) {
        if (!Slots::holds_any(line, slot)) continue;
        const Key key = Slots::key_at(line, slot);
        const std::size_t home = home_of(key);
        const unsigned to = step_to(home, hole.line);
        const unsigned from = step_to(home, at);
        if (to >= from) continue;
        bind(hole, key, Memory::load(Slots::value(line, slot)) & ~kHintMask);
        Slots::unbind(line, slot);
        for (unsigned step = to; step < from; ++step) change_hint(line_at(home, step), false);
        hole = {.line = at, .slot = slot};
        moved = true;
      }
    }
    if (!moved) return;
  }
}

template <class Slots, class Memory>
typename HopTable<Slots, Memory>::Audit HopTable<Slots, Memory>::audit() const {
  Audit result;
  const std::size_t lines = pages_.size() / sizeof(Line);
  std::vector<std::size_t> hints(lines, 0);
  for (std::size_t at = 0; at < lines; ++at) {
    for (unsigned slot = 0; slot < Slots::kSlots; ++slot) {
      if (!Slots::holds_any(lines_[at], slot)) continue;
      const Key key = Slots::key_at(lines_[at], slot);
      const std::size_t home = home_of(key);
      const unsigned step = step_to(home, at);
      ++result.entries;
      if (step >= kPath) {
        result.sound = false;
        continue;
      }
      result.elsewhere += static_cast<std::size_t>(step != 0);
      for (unsigned before = 0; before < step; ++before) ++hints[line_at(home, before)];
    }
  }
  for (std::size_t at = 0; at < lines; ++at) {
    result.sound = result.sound && hint_of(lines_[at]) >> kHintShift == hints[at];
  }
  result.sound = result.sound && result.entries == size();
  return result;
}

}  // namespace neigh::adjacency
