// SPDX-License-Identifier: Apache-2.0
// Link-layer addresses that do not fit into a value: those of other than 6 bytes.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

#include "adjacency/words.hpp"
#include "base/pages.hpp"
#include "neigh/address.hpp"

namespace neigh::adjacency {

/// One line for each: sequence | interface 32, about 10, size 8, family 8 | key, two words | four words of address.
/// The sequence is odd while the line is written, and counts how often it was. A value refers to a line by number and
/// count, so that a line that has come round to the same owner is known to be another one: it may hold what is about to
/// become the entry's content. State and flags are read from the line too: what is read in one sequence belongs
/// together and to that neighbor even where the count, of which 48 bits less the number's fit into a value, has come
/// round as well. A freed line is used again after all others that are free, of which there are kReserve at least.
template <class Memory>
class LongAddressesIn {
 public:
  static constexpr std::size_t kReserve = 64;  // and one that replaces another
  static constexpr int kAttempts = 8;
  static constexpr unsigned kReferenceBits = 48;
  static constexpr unsigned kAboutShift = 54;  ///< Above it, a value has what is neither reference nor hint.

  struct Owner {
    InterfaceIndex interface = InterfaceIndex::kNone;
    IpAddress address = {};
  };
  /// Of an entry at one instant: its value without the reference, and its link-layer address.
  struct Content {
    std::uint64_t value = 0;
    LinkAddress address = {};
  };

  [[nodiscard]] static Result<LongAddressesIn> make(std::size_t capacity) {
    LongAddressesIn made;
    if (capacity == 0) return made;
    made.line_count_ = capacity + kReserve + 1;
    made.number_bits_ = static_cast<unsigned>(std::bit_width(made.line_count_ - 1));
    auto pages = Pages::map(made.line_count_ * sizeof(Line), /*huge=*/false);
    if (!pages) return std::move(pages).error();
    made.pages_ = std::move(*pages);
    made.lines_ = static_cast<Line*>(made.pages_.data());
    auto queue = Pages::map(made.line_count_ * sizeof(std::uint32_t), /*huge=*/false);
    if (!queue) return std::move(queue).error();
    made.queue_pages_ = std::move(*queue);
    made.queue_ = static_cast<std::uint32_t*>(made.queue_pages_.data());
    return made;
  }

  // Readers.

  /// `look()` tells the value of `owner`, 0: none; `is_long(value)`: it refers to a line. @return What was found: a
  /// value that refers to none as it is; 0: nothing, or kAttempts times a line that was given away meanwhile.
  template <class Look, class IsLong>
  [[nodiscard]] Content find(const Owner& owner, Look look, IsLong is_long) const noexcept {
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      const std::uint64_t value = look();
      if (!is_long(value)) return {.value = value};
      if (auto content = read(value, owner)) return *content;
    }
    return {};
  }

  /// @return nothing: the line that `value` refers to has been given away since.
  [[nodiscard]] std::optional<Content> read(std::uint64_t value, const Owner& owner) const noexcept {
    const std::size_t number = number_of(value);
    if (number >= line_count_) return std::nullopt;
    const auto& words = lines_[number].words;
    const std::uint64_t sequence = Memory::load(words[0]);
    if ((sequence & 1U) != 0 || reference(number, sequence) != (value & kReferenceMask)) return std::nullopt;
    const std::uint64_t meta = Memory::load(words[1]);
    const Head found{.meta = meta & ~kSizeMask & ~kAboutMask, .key = {Memory::load(words[2]), Memory::load(words[3])}};
    std::array<std::uint64_t, 4> bytes;
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = Memory::load(words[4 + i]);
    if (Memory::load(words[0]) != sequence || found != head_of(owner, 0, 0)) return std::nullopt;
    const std::size_t size = (meta & kSizeMask) >> 8U;
    std::array<std::uint8_t, LinkAddress::kMaxSize> raw;
    std::memcpy(raw.data(), bytes.data(), raw.size());
    auto address = LinkAddress::from_bytes(std::span(raw).first(size));
    if (!address) return std::nullopt;
    return Content{.value = (meta & kAboutMask) >> kMetaShift << kAboutShift, .address = *address};
  }

  // The writer's side.

  /// @param about  The entry's value but for the reference.
  /// @param replaces  A line of the same owner is removed next: there is room even if all are in use.
  /// @return The value, which refers to the line that holds all now; nothing: all are in use.
  [[nodiscard]] std::optional<std::uint64_t> add(const Owner& owner, std::uint64_t about, const LinkAddress& address,
                                                 bool replaces) {
    if (line_count_ == 0 || size() > line_count_ - kReserve - (replaces ? 1 : 2)) return std::nullopt;
    std::uint32_t number = 0;
    if (lines_made_ < line_count_) {
      number = static_cast<std::uint32_t>(lines_made_);
      ++lines_made_;
    } else {
      number = queue_[queue_begin_];
      queue_begin_ = (queue_begin_ + 1) % line_count_;
      --queue_size_;
    }
    auto& words = lines_[number].words;
    const std::uint64_t sequence = Memory::load(words[0]);
    const Head head = head_of(owner, about, address.size());
    std::array<std::uint64_t, 4> bytes{};
    std::memcpy(bytes.data(), address.bytes().data(), address.size());
    Memory::store(words[0], sequence + 1);
    Memory::store(words[1], head.meta);
    for (std::size_t i = 0; i < 2; ++i) Memory::store(words[2 + i], head.key[i]);
    for (std::size_t i = 0; i < 4; ++i) Memory::store(words[4 + i], bytes[i]);
    Memory::store(words[0], sequence + 2);
    return about | reference(number, sequence + 2);
  }
  void remove(std::uint64_t value) noexcept {
    queue_[(queue_begin_ + queue_size_) % line_count_] = static_cast<std::uint32_t>(number_of(value));
    ++queue_size_;
  }
  [[nodiscard]] std::size_t bytes() const noexcept { return pages_.size() + queue_pages_.size(); }
  [[nodiscard]] std::size_t size() const noexcept { return lines_made_ - queue_size_; }
  [[nodiscard]] std::size_t number_of(std::uint64_t value) const noexcept {
    return value & ((std::uint64_t{1} << number_bits_) - 1);
  }

 private:
  static constexpr std::uint64_t kReferenceMask = (std::uint64_t{1} << kReferenceBits) - 1;
  static constexpr std::uint64_t kSizeMask = 0xff00;
  static constexpr unsigned kMetaShift = 16;
  static constexpr std::uint64_t kAboutMask = std::uint64_t{0x3ff} << kMetaShift;

  /// Owner, state and flags, and the size of the address, as they lie in a line.
  struct Head {
    std::uint64_t meta = 0;
    std::array<std::uint64_t, 2> key = {};
    friend bool operator==(const Head&, const Head&) = default;
  };
  static Head head_of(const Owner& owner, std::uint64_t about, std::size_t size) noexcept {
    Head head;
    head.meta = std::uint64_t{to_number(owner.interface)} << 32U | about >> kAboutShift << kMetaShift | size << 8U |
                static_cast<std::uint64_t>(owner.address.family());
    std::memcpy(head.key.data(), owner.address.bytes().data(), owner.address.size());
    return head;
  }
  [[nodiscard]] std::uint64_t reference(std::size_t number, std::uint64_t sequence) const noexcept {
    return (sequence / 2 << number_bits_ | number) & kReferenceMask;
  }

  Pages pages_;
  Line* lines_ = nullptr;
  std::size_t lines_made_ = 0;  // ever used
  std::size_t line_count_ = 0;
  unsigned number_bits_ = 0;
  Pages queue_pages_;
  std::uint32_t* queue_ = nullptr;  // free lines, a ring of line_count_
  std::size_t queue_begin_ = 0;
  std::size_t queue_size_ = 0;
};

using LongAddresses = LongAddressesIn<Hardware>;

}  // namespace neigh::adjacency
