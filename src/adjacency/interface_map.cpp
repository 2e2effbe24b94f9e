// SPDX-License-Identifier: Apache-2.0
#include "adjacency/interface_map.hpp"

#include <bit>

namespace neigh::adjacency {

InterfaceMap::InterfaceMap(std::uint32_t capacity)
    : words_(std::make_unique<Word[]>(std::bit_ceil(std::size_t{capacity} * 4 + kWindow))),
      mask_(std::bit_ceil(std::size_t{capacity} * 4 + kWindow) - 1),
      capacity_(capacity),
      entries_(1, 0),
      interfaces_(1, InterfaceIndex::kNone),
      versions_(1, 0) {
  // Nothing is allocated later.
  entries_.reserve(std::size_t{capacity} + 1);
  interfaces_.reserve(std::size_t{capacity} + 1);
  versions_.reserve(std::size_t{capacity} + 1);
  free_numbers_.reserve(std::size_t{capacity} + 1);
}

Word* InterfaceMap::free_word(std::uint32_t wanted) noexcept {
  for (std::size_t i = 0; i < kWindow; ++i) {
    Word& word = words_[(wanted + i) & mask_];
    if (Hardware::load(word) == 0) return &word;
  }
  return nullptr;
}

/// Its number may be given to another interface.
void InterfaceMap::release(Word& word) noexcept {
  const auto number = static_cast<std::uint16_t>(Hardware::load(word));
  Hardware::store(word, 0);
  interfaces_[number] = InterfaceIndex::kNone;
  free_numbers_.push_back(number);
  Hardware::store(changes_, Hardware::load(changes_) + 1);
}

/// Frees all interfaces without entries: where numbers are short, that is what makes room for the next ones, too.
bool InterfaceMap::release_an_idle_one(std::uint32_t wanted) {
  bool released = false;
  for (std::size_t i = 0; i < kWindow; ++i) {
    Word& word = words_[(wanted + i) & mask_];
    const std::uint64_t value = Hardware::load(word);
    if (value == 0 || entries_[static_cast<std::uint16_t>(value)] != 0) continue;
    release(word);
    released = true;
  }
  if (released) return true;
  for (std::size_t i = 0; i <= mask_; ++i) {
    const std::uint64_t value = Hardware::load(words_[i]);
    if (value == 0 || entries_[static_cast<std::uint16_t>(value)] != 0) continue;
    release(words_[i]);
    released = true;
  }
  return released;
}

std::uint16_t InterfaceMap::number_for(InterfaceIndex interface) {
  if (const Found found = find(interface)) return found.number();
  const std::uint32_t wanted = to_number(interface);
  const auto have_number = [&] { return !free_numbers_.empty() || entries_.size() <= capacity_; };
  if (free_word(wanted) == nullptr || !have_number()) {
    if (!release_an_idle_one(wanted)) return 0;
  }
  Word* const word = free_word(wanted);
  if (word == nullptr || !have_number()) return 0;
  std::uint16_t number = 0;
  if (free_numbers_.empty()) {
    number = static_cast<std::uint16_t>(entries_.size());
    entries_.push_back(0);
    interfaces_.push_back(InterfaceIndex::kNone);
    versions_.push_back(0);
  } else {
    number = free_numbers_.front();  // the one that has been free for longest
    free_numbers_.erase(free_numbers_.begin());
  }
  interfaces_[number] = interface;
  const std::uint16_t version = ++versions_[number];
  Hardware::store(*word, std::uint64_t{wanted} << 32U | std::uint64_t{version} << 16U | number);
  return number;
}

}  // namespace neigh::adjacency
