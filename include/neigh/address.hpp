// SPDX-License-Identifier: Apache-2.0
/// @file
/// Addresses as values: `IpAddress`, `LinkAddress`, `InterfaceIndex`.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "neigh/result.hpp"

#pragma GCC visibility push(default)
namespace neigh {

namespace detail {

// Addresses are compared and made in numbers of eight bytes, each as it lies in memory.

[[nodiscard]] constexpr std::uint64_t load_word(const std::uint8_t* bytes) noexcept {
  std::uint64_t word = 0;
  if (std::is_constant_evaluated()) {
    for (unsigned i = 0; i < 8; ++i) {
      const unsigned at = std::endian::native == std::endian::little ? i : 7 - i;
      word |= std::uint64_t{bytes[i]} << (8 * at);
    }
  } else {
    std::memcpy(&word, bytes, sizeof word);
  }
  return word;
}

/// `bytes`, then zeros: 16 bytes.
template <std::size_t N>
requires(N <= 8) constexpr void store_short(std::uint8_t* to, const std::array<std::uint8_t, N>& bytes) noexcept {
  if (std::is_constant_evaluated()) {
    for (std::size_t i = 0; i < 16; ++i) to[i] = i < N ? bytes[i] : std::uint8_t{0};
    return;
  }
  // In one store: who reads or copies the address a moment later need not wait for several to meet.
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  std::memcpy(&first, bytes.data(), std::min<std::size_t>(N, 4));
  if constexpr (N > 4) std::memcpy(&second, bytes.data() + 4, N - 4);
  constexpr bool kLittle = std::endian::native == std::endian::little;
  using TwoWords [[gnu::vector_size(16)]] = std::uint64_t;
  const TwoWords words = {kLittle ? first | std::uint64_t{second} << 32U : std::uint64_t{first} << 32U | second, 0};
  std::memcpy(to, &words, sizeof words);
}

/// The number whose order is that of the bytes in memory.
[[nodiscard]] constexpr std::uint64_t ordered(std::uint64_t word) noexcept {
  return std::endian::native == std::endian::little ? __builtin_bswap64(word) : word;
}

}  // namespace detail

/// Address family. The numbers are ours; no system's AF_* value appears in this API.
enum class Family : std::uint8_t { kUnspecified = 0, kIpv4 = 4, kIpv6 = 6 };

/// "IPv4", "IPv6" or "unspecified".
[[nodiscard]] std::string_view to_string(Family family) noexcept;

/// An IPv4 or IPv6 address in network byte order, or no address (family `kUnspecified`).
/// Ordered by family (IPv4 first), then by bytes. No scope id: the interface is always given beside it.
class IpAddress {
 public:
  static constexpr std::size_t kMaxSize = 16;

  constexpr IpAddress() = default;

  [[nodiscard]] static constexpr IpAddress v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    return v4(std::array{a, b, c, d});
  }
  [[nodiscard]] static constexpr IpAddress v4(const std::array<std::uint8_t, 4>& bytes) {
    IpAddress address;
    address.family_ = Family::kIpv4;
    detail::store_short(address.bytes_.data(), bytes);
    return address;
  }
  [[nodiscard]] static constexpr IpAddress v6(const std::array<std::uint8_t, 16>& bytes) {
    IpAddress address;
    address.family_ = Family::kIpv6;
    address.bytes_ = bytes;
    return address;
  }

  /// From 4 bytes (IPv4) or 16 bytes (IPv6), network byte order.
  /// @retval Errc::kInvalidArgument  any other length; field "address".
  [[nodiscard]] static Result<IpAddress> from_bytes(std::span<const std::uint8_t> bytes);

  /// Parses dotted-quad IPv4 or RFC 4291 IPv6 text, without scope ("%eth0") and without prefix length.
  /// @retval Errc::kInvalidArgument  anything else; field "address", detail holds the text.
  [[nodiscard]] static Result<IpAddress> parse(std::string_view text);

  /// Canonical text (RFC 5952 for IPv6); empty for no address.
  [[nodiscard]] std::string to_string() const;

  [[nodiscard]] constexpr Family family() const noexcept { return family_; }
  [[nodiscard]] constexpr bool is_v4() const noexcept { return family_ == Family::kIpv4; }
  [[nodiscard]] constexpr bool is_v6() const noexcept { return family_ == Family::kIpv6; }
  /// 4, 16, or 0 for no address.
  [[nodiscard]] constexpr std::size_t size() const noexcept { return is_v4() ? 4U : is_v6() ? 16U : 0U; }
  /// The address's bytes in network order; valid while this object lives.
  [[nodiscard]] constexpr std::span<const std::uint8_t> bytes() const noexcept { return {bytes_.data(), size()}; }

  /// 127.0.0.0/8 or ::1.
  [[nodiscard]] constexpr bool is_loopback() const noexcept {
    if (is_v4()) return bytes_[0] == 127;
    return is_v6() && word(0) == 0 && detail::ordered(word(1)) == 1;
  }
  /// 0.0.0.0 or ::.
  [[nodiscard]] constexpr bool is_unspecified() const noexcept { return size() != 0 && (word(0) | word(1)) == 0; }
  /// 224.0.0.0/4 or ff00::/8.
  [[nodiscard]] constexpr bool is_multicast() const noexcept {
    if (is_v4()) return (bytes_[0] & 0xf0U) == 0xe0U;
    return is_v6() && bytes_[0] == 0xff;
  }
  /// 255.255.255.255.
  [[nodiscard]] constexpr bool is_limited_broadcast() const noexcept {
    return is_v4() && detail::ordered(word(0)) == 0xffffffff00000000ULL;
  }
  /// 169.254.0.0/16 or fe80::/10.
  [[nodiscard]] constexpr bool is_link_local() const noexcept {
    if (is_v4()) return bytes_[0] == 169 && bytes_[1] == 254;
    return is_v6() && bytes_[0] == 0xfe && (bytes_[1] & 0xc0U) == 0x80U;
  }
  /// ::ffff:0:0/96, an IPv4 address dressed as IPv6; never on a wire.
  [[nodiscard]] constexpr bool is_v4_mapped() const noexcept {
    return is_v6() && word(0) == 0 && detail::ordered(word(1)) >> 32U == 0xffff;
  }

  friend constexpr std::strong_ordering operator<=>(const IpAddress& a, const IpAddress& b) noexcept {
    if (a.family_ != b.family_) return a.family_ <=> b.family_;
    const std::size_t at = a.word(0) != b.word(0) ? 0 : 1;
    return detail::ordered(a.word(at)) <=> detail::ordered(b.word(at));
  }
  friend constexpr bool operator==(const IpAddress& a, const IpAddress& b) noexcept {
    return a.family_ == b.family_ && ((a.word(0) ^ b.word(0)) | (a.word(1) ^ b.word(1))) == 0;
  }

 private:
  friend std::hash<IpAddress>;

  using Bytes = std::array<std::uint8_t, kMaxSize>;
  [[nodiscard]] constexpr std::uint64_t word(std::size_t i) const noexcept {
    return detail::load_word(bytes_.data() + 8 * i);
  }

  Bytes bytes_{};  // zero beyond the size
  Family family_ = Family::kUnspecified;
};

/// A link-layer address of 0 to 32 bytes (6 on Ethernet, 20 on InfiniBand, 0 where the link has none).
class LinkAddress {
 public:
  static constexpr std::size_t kMaxSize = 32;

  constexpr LinkAddress() = default;

  /// Six bytes, as on Ethernet.
  [[nodiscard]] static constexpr LinkAddress ether(const std::array<std::uint8_t, 6>& bytes) {
    LinkAddress address;
    address.size_ = 6;
    detail::store_short(address.bytes_.data(), bytes);
    return address;
  }

  /// @retval Errc::kInvalidArgument  more than 32 bytes; field "link_address".
  [[nodiscard]] static Result<LinkAddress> from_bytes(std::span<const std::uint8_t> bytes);

  /// Parses hexadecimal bytes separated by ':' or '-', Cisco's groups of four digits separated by '.', or an
  /// even number of digits without separator. Empty text is the empty address.
  /// @retval Errc::kInvalidArgument  anything else, or more than 32 bytes; field "link_address".
  [[nodiscard]] static Result<LinkAddress> parse(std::string_view text);

  /// Lower-case hexadecimal pairs separated by `separator`; empty for the empty address.
  [[nodiscard]] std::string to_string(char separator = ':') const;

  [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
  [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] constexpr std::span<const std::uint8_t> bytes() const noexcept { return {bytes_.data(), size_}; }

  /// Every byte is zero (true for the empty address, too).
  [[nodiscard]] constexpr bool is_zero() const noexcept { return (word(0) | word(1) | word(2) | word(3)) == 0; }
  /// Six bytes with the group (multicast) bit set, ff:ff:ff:ff:ff:ff included.
  [[nodiscard]] constexpr bool is_group() const noexcept { return size_ == 6 && (bytes_[0] & 1U) != 0; }
  /// Six bytes with the locally administered bit set.
  [[nodiscard]] constexpr bool is_locally_administered() const noexcept { return size_ == 6 && (bytes_[0] & 2U) != 0; }

  friend constexpr std::strong_ordering operator<=>(const LinkAddress& a, const LinkAddress& b) noexcept {
    if (a.size_ != b.size_) return a.size_ <=> b.size_;
    std::size_t at = 0;
    while (at < 3 && a.word(at) == b.word(at)) ++at;
    return detail::ordered(a.word(at)) <=> detail::ordered(b.word(at));
  }
  friend constexpr bool operator==(const LinkAddress& a, const LinkAddress& b) noexcept {
    if (a.size_ != b.size_ || a.word(0) != b.word(0)) return false;
    if (a.size_ <= 8) return true;
    return ((a.word(1) ^ b.word(1)) | (a.word(2) ^ b.word(2)) | (a.word(3) ^ b.word(3))) == 0;
  }

 private:
  using Bytes = std::array<std::uint8_t, kMaxSize>;
  [[nodiscard]] constexpr std::uint64_t word(std::size_t i) const noexcept {
    return detail::load_word(bytes_.data() + 8 * i);
  }

  Bytes bytes_{};  // zero beyond the size
  std::uint8_t size_ = 0;
};

/// Number of an interface within its network namespace or embedded stack; 0 names none.
enum class InterfaceIndex : std::uint32_t { kNone = 0 };

[[nodiscard]] constexpr std::uint32_t to_number(InterfaceIndex index) noexcept {
  return static_cast<std::uint32_t>(index);
}

}  // namespace neigh
#pragma GCC visibility pop

template <>
struct std::hash<neigh::IpAddress> {
  std::size_t operator()(const neigh::IpAddress& address) const noexcept {
    // Two words: bytes behind an IPv4 address are zero.
    std::uint64_t h = (address.word(0) ^ 0x9e3779b97f4a7c15ULL ^ address.size()) * 0xd6e8feb86659fd93ULL;
    h = ((h ^ (h >> 32U)) ^ address.word(1)) * 0xd6e8feb86659fd93ULL;
    return static_cast<std::size_t>(h ^ (h >> 32U));
  }
};
