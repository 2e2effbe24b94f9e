// SPDX-License-Identifier: Apache-2.0
// Link-layer addresses that do not fit into a value: those of other than 6 bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "adjacency/words.hpp"
#include "base/pages.hpp"
#include "neigh/address.hpp"

namespace neigh::adjacency {

/// One line for each: sequence | interface 32, size 8, family 8 | key, two words | four words of address.
/// The sequence is odd while the line is written. A line says whose address it holds, so that what is read in one
/// sequence is known to be an address of that neighbor, whichever value led there. A freed line is used again after
/// all others that are free, of which there are kReserve at least.
class LongAddresses {
 public:
  static constexpr std::size_t kReserve = 64;  // and one that replaces another

  struct Owner {
    InterfaceIndex interface = InterfaceIndex::kNone;
    IpAddress address = {};
  };

  [[nodiscard]] static Result<LongAddresses> make(std::size_t capacity);

  /// @return nothing: the line has been given to somebody else.
  [[nodiscard]] std::optional<LinkAddress> read(std::uint32_t number, const Owner& owner) const noexcept;

  // The writer's side.

  /// @param replaces  A line of the same owner is removed next: there is room even if all are in use.
  /// @return The number of a line that holds it now; nothing: all are in use.
  [[nodiscard]] std::optional<std::uint32_t> add(const Owner& owner, const LinkAddress& address, bool replaces);
  void remove(std::uint32_t number) noexcept;
  [[nodiscard]] std::size_t bytes() const noexcept { return pages_.size() + queue_pages_.size(); }
  [[nodiscard]] std::size_t size() const noexcept { return lines_made_ - queue_size_; }

 private:
  Pages pages_;
  Line* lines_ = nullptr;
  std::size_t lines_made_ = 0;  // ever used
  std::size_t line_count_ = 0;
  Pages queue_pages_;
  std::uint32_t* queue_ = nullptr;  // free lines, a ring of line_count_
  std::size_t queue_begin_ = 0;
  std::size_t queue_size_ = 0;
};

}  // namespace neigh::adjacency
