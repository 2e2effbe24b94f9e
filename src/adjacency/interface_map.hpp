// SPDX-License-Identifier: Apache-2.0
// 16-bit numbers for interfaces, so that keys are short. A number belongs to one interface while it has entries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "adjacency/words.hpp"
#include "neigh/address.hpp"

namespace neigh::adjacency {

/// Readers find a number by looking at kWindow words. Each word is: interface 32 | version 16 | number 16; 0: nothing.
class InterfaceMap {
 public:
  static constexpr std::uint32_t kMost = 65'535;

  /// What a reader has found. `word` tells later whether it still holds.
  struct Found {
    const Word* at = nullptr;
    std::uint64_t word = 0;

    [[nodiscard]] explicit operator bool() const noexcept { return word != 0; }
    [[nodiscard]] std::uint16_t number() const noexcept { return static_cast<std::uint16_t>(word); }
    /// false: the number was taken from the interface meanwhile, when the interface had no entries.
    [[nodiscard]] bool holds() const noexcept { return Hardware::load(*at) == word; }
  };

  explicit InterfaceMap(std::uint32_t capacity);

  [[nodiscard]] Found find(InterfaceIndex interface) const noexcept {
    const std::uint32_t wanted = to_number(interface);
    for (std::size_t i = 0; i < kWindow; ++i) {
      const Word& word = words_[(wanted + i) & mask_];
      const std::uint64_t value = Hardware::load(word);
      if (value >> 32U == wanted && value != 0) [[likely]] return {.at = &word, .word = value};
    }
    return {};
  }
  /// Numbers that were given to other interfaces so far. While it stays the same, every number found holds.
  [[nodiscard]] std::uint64_t changes() const noexcept { return Hardware::load(changes_); }

  // The writer's side.

  /// The number of `interface`, a new one if need be, which may be that of an interface without entries; 0: there are
  /// too many interfaces.
  std::uint16_t number_for(InterfaceIndex interface);
  void entry_added(std::uint16_t number) noexcept { ++entries_[number]; }
  void entry_removed(std::uint16_t number) noexcept { --entries_[number]; }
  [[nodiscard]] std::size_t entries(std::uint16_t number) const noexcept { return entries_[number]; }
  [[nodiscard]] InterfaceIndex interface(std::uint16_t number) const noexcept { return interfaces_[number]; }
  [[nodiscard]] std::size_t bytes() const noexcept { return (mask_ + 1) * sizeof(Word); }

 private:
  static constexpr std::size_t kWindow = 8;

  [[nodiscard]] Word* free_word(std::uint32_t wanted) noexcept;
  bool release_an_idle_one(std::uint32_t wanted);
  void release(Word& word) noexcept;

  std::unique_ptr<Word[]> words_;
  std::size_t mask_;
  Word changes_{0};
  std::uint32_t capacity_;
  std::vector<std::size_t> entries_;         // by number
  std::vector<InterfaceIndex> interfaces_;   // by number; kNone: nobody's
  std::vector<std::uint16_t> versions_;      // by number
  std::vector<std::uint16_t> free_numbers_;  // taken from their interfaces
};

}  // namespace neigh::adjacency
