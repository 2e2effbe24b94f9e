// SPDX-License-Identifier: Apache-2.0
// Tables of both families in all their forms, and keys that share a home line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "adjacency/hop_table.hpp"

namespace neigh::adjacency::test {

/// The `number`-th key of a table.
template <class Slots>
typename Slots::Key numbered_key(std::uint64_t number) {
  if constexpr (Slots::kSlots == 4) {
    return std::uint64_t{3} | number << 32U;
  } else {
    return {.interface = 3, .address = {0x20010db8U, number}};
  }
}

/// `count` keys whose home line is `home`.
template <class Table>
std::vector<typename Table::Key> keys_at(const Table& table, std::size_t home, std::size_t count) {
  std::vector<typename Table::Key> keys;
  for (std::uint64_t number = 1; keys.size() < count; ++number) {
    const auto key = numbered_key<typename Table::SlotsType>(number);
    if (table.home_of(key) == home) keys.push_back(key);
  }
  return keys;
}

/// A value of an entry: never kNothing, and never with bits of the hint.
inline std::uint64_t value_number(std::uint64_t number) { return std::uint64_t{1} << 54U | number; }

}  // namespace neigh::adjacency::test
