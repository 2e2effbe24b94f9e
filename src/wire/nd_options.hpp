// SPDX-License-Identifier: Apache-2.0
/// @file
/// Neighbor discovery options (RFC 4861 4.6, RFC 3971 5.3.2).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>

#include "base/bytes.hpp"
#include "neigh/address.hpp"
#include "wire/drop.hpp"

namespace neigh::wire {

/// NDF-011. Other types are skipped (NDF-014).
enum class NdOptionType : std::uint8_t {
  kSourceLink = 1,
  kTargetLink = 2,
  kPrefix = 3,
  kRedirected = 4,
  kMtu = 5,
  kNonce = 14,
};

/// RFC 4861 4.6.2. Bits of the prefix beyond its length are zero.
struct PrefixInformation {
  IpAddress prefix;
  std::uint8_t length = 0;  ///< 0 to 128.
  bool on_link = false;
  bool autonomous = false;
  std::uint32_t valid_lifetime_s = 0;      ///< 0xffffffff: forever.
  std::uint32_t preferred_lifetime_s = 0;  ///< 0xffffffff: forever.

  friend bool operator==(const PrefixInformation&, const PrefixInformation&) = default;
};

/// The prefix information options of an RA, in order, without copies: looks either into a received message, whose
/// bytes must outlive it, or into an array of the sender's.
class PrefixList {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = PrefixInformation;
    using difference_type = std::ptrdiff_t;
    using pointer = const PrefixInformation*;
    using reference = PrefixInformation;

    Iterator() = default;
    PrefixInformation operator*() const;
    Iterator& operator++();
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.at_ == b.at_; }

   private:
    friend class PrefixList;
    Iterator(const PrefixList* list, std::size_t at) : list_(list), at_(at) {}
    const PrefixList* list_ = nullptr;
    std::size_t at_ = 0;  // index into values_, or offset of a prefix option in options_
  };

  PrefixList() = default;
  explicit PrefixList(std::span<const PrefixInformation> values) : values_(values) {}

  [[nodiscard]] Iterator begin() const;
  [[nodiscard]] Iterator end() const;
  [[nodiscard]] bool empty() const { return begin() == end(); }
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(std::distance(begin(), end())); }

  friend bool operator==(const PrefixList& a, const PrefixList& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  friend struct NdOptionParser;
  // `options` were validated as a whole.
  static PrefixList from_validated(ByteView options) {
    PrefixList list;
    list.options_ = options;
    return list;
  }
  [[nodiscard]] std::size_t next_prefix(std::size_t at) const;

  std::span<const PrefixInformation> values_;
  ByteView options_;
};

/// The options that mean something in one kind of message; everything else was skipped.
struct NdOptions {
  std::optional<LinkAddress> link;  ///< The first SLLAO or TLLAO, whichever belongs to the message (NDF-015).
  std::optional<std::uint32_t> mtu;
  std::span<const std::uint8_t> nonce;                      ///< Empty: none; otherwise 6 bytes or more.
  std::optional<std::span<const std::uint8_t>> redirected;  ///< The packet, without the option's header.
  PrefixList prefixes;
};

/// Option types that belong to a message.
class NdOptionSet {
 public:
  constexpr NdOptionSet(std::initializer_list<NdOptionType> types) {
    for (const NdOptionType type : types) bits_ |= 1U << static_cast<unsigned>(type);
  }
  [[nodiscard]] constexpr bool contains(std::uint8_t type) const { return type < 32 && ((bits_ >> type) & 1U) != 0; }

 private:
  std::uint32_t bits_ = 0;
};

/// Validates the whole list before anything of it is returned (NDF-010 to NDF-017). Offsets count from `options`.
[[nodiscard]] Parsed<NdOptions> parse_nd_options(ByteView options, NdOptionSet meaningful, const ParsePolicy& policy);

/// Bytes of an SLLAO or TLLAO for the link, header and padding included (NDF-016: 8 on Ethernet).
[[nodiscard]] constexpr std::size_t link_option_size(const LinkLayout& link) {
  return (2 + std::size_t{link.option_pad} + link.address_size + 7) / 8 * 8;
}

/// NDF-017, without the comparison with own addresses.
[[nodiscard]] std::optional<DropReason> check_link_option(const LinkAddress& address, const ParsePolicy& policy);

/// `prefix` with the bits beyond `length` cleared.
[[nodiscard]] IpAddress masked(const IpAddress& prefix, std::uint8_t length);

}  // namespace neigh::wire
