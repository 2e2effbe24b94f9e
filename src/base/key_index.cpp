// SPDX-License-Identifier: Apache-2.0
#include "base/key_index.hpp"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <new>
#include <utility>

namespace neigh {

namespace {

constexpr std::size_t kFirstCapacity = 16;
// Slots of the old array emptied with each change. The new array has twice the size and takes a quarter of itself and
// more before it is full in turn, so two would do; more ends the time of two look-ups earlier.
constexpr std::size_t kMoveStep = 32;
// From here on an array lies in huge pages: each search begins in another page.
constexpr std::size_t kLarge = Pages::kHuge;

}  // namespace

std::uint64_t keyed_hash(std::uint64_t key0, std::uint64_t key1, std::span<const std::uint8_t> bytes) {
  KeyedHash hash(key0, key1);
  const auto little_endian = [](std::span<const std::uint8_t> part) {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < part.size(); ++i) word |= std::uint64_t{part[i]} << (8 * i);
    return word;
  };
  std::size_t at = 0;
  for (; bytes.size() - at >= 8; at += 8) hash.add(little_endian(bytes.subspan(at, 8)));
  return hash.finish(little_endian(bytes.subspan(at)), bytes.size());
}

void KeyIndex::FreeSlots::operator()(Slot* slots) const noexcept { std::free(slots); }

KeyIndex::Table KeyIndex::make_table(std::size_t capacity) {
  // Large arrays come from the system already zero, page by page, so growing does not stop the world.
  Table table;
  if (const std::size_t size = capacity * sizeof(Slot); size >= kLarge) {
    auto pages = Pages::map(size, /*huge=*/true);
    if (!pages) throw std::bad_alloc{};  // as every container here
    table.large = std::move(*pages);
    table.slots = static_cast<Slot*>(table.large.data());
  } else {
    table.small.reset(static_cast<Slot*>(std::calloc(capacity, sizeof(Slot))));
    if (!table.small) throw std::bad_alloc{};
    table.slots = table.small.get();
  }
  table.capacity = capacity;
  return table;
}

KeyIndex::KeyIndex(Fill fill) : fill_(fill), most_(most_of(kFirstCapacity)), now_(make_table(kFirstCapacity)) {}

/// Small arrays of an index that may take the memory grow fourfold, so that fewer entries move.
std::size_t KeyIndex::next_capacity() const {
  const bool fourfold = fill_ == Fill::kHalf && now_.capacity * sizeof(Slot) < kLarge;
  return now_.capacity * (fourfold ? 4 : 2);
}

void KeyIndex::place(Table& table, std::uint32_t tag, EntryId id) {
  std::size_t at = home(table, tag);
  while (table.slots[at].id_plus_two != kFree) at = (at + 1) & (table.capacity - 1);
  put(table, at, tag, id);
}

void KeyIndex::move_some() {
  if (old_.capacity == 0) return;
  const std::size_t step = std::min(kMoveStep, old_.capacity - moved_);
  for (Slot& slot : std::span(&old_.slots[moved_], step)) {
    if (slot.id_plus_two == kFree) continue;
    if (slot.id_plus_two != kDead) {
      place(now_, slot.tag, slot.id_plus_two - 2);
      --old_.used;
    }
    slot.id_plus_two = kDead;
  }
  moved_ += step;
  if (moved_ == old_.capacity) old_ = Table{};
}

void KeyIndex::insert(std::uint64_t hash, EntryId id) {
  if (is_full()) {
    while (old_.capacity != 0) move_some();      // does not happen with kMoveStep > 2
    Table larger = make_table(next_capacity());  // first: there may be no memory
    old_ = std::exchange(now_, std::move(larger));
    most_ = most_of(now_.capacity);
    moved_ = 0;
  }
  place(now_, static_cast<std::uint32_t>(hash), id);
  move_some();
}

void KeyIndex::erase(std::uint64_t hash, EntryId id) {
  const auto tag = static_cast<std::uint32_t>(hash);
  const auto locate = [&](const Table& table) {
    std::size_t at = home(table, tag);
    while (table.slots[at].id_plus_two != kFree) {
      if (table.slots[at].id_plus_two == id + 2) return at;
      at = (at + 1) & (table.capacity - 1);
    }
    return table.capacity;
  };
  std::size_t hole = locate(now_);
  if (hole != now_.capacity) {
    // Close the gap: move back each follower whose home is not between the hole and itself.
    const std::size_t mask = now_.capacity - 1;
    for (std::size_t at = (hole + 1) & mask; now_.slots[at].id_plus_two != kFree; at = (at + 1) & mask) {
      const std::size_t wanted = home(now_, now_.slots[at].tag);
      if (((at - wanted) & mask) >= ((at - hole) & mask)) {
        now_.slots[hole] = now_.slots[at];
        hole = at;
      }
    }
    now_.slots[hole].id_plus_two = kFree;
    --now_.used;
  } else if (old_.capacity != 0) {
    hole = locate(old_);
    assert(hole != old_.capacity);
    old_.slots[hole].id_plus_two = kDead;
    --old_.used;
  } else {
    assert(false);
  }
  move_some();
}

}  // namespace neigh
