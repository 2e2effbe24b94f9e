// SPDX-License-Identifier: Apache-2.0
// Byte views that cannot grow: every read is checked, no cast assumes alignment.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

#include "neigh/result.hpp"

namespace neigh {

/// Reads from a fixed range of bytes. Errors name the field and its offset and allocate nothing.
class ByteView {
 public:
  constexpr ByteView() = default;
  explicit constexpr ByteView(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  [[nodiscard]] constexpr std::size_t size() const noexcept { return bytes_.size(); }
  [[nodiscard]] constexpr bool empty() const noexcept { return bytes_.empty(); }
  [[nodiscard]] constexpr std::span<const std::uint8_t> span() const noexcept { return bytes_; }

  /// `size` bytes from `at`, or kMalformed.
  [[nodiscard]] Result<ByteView> slice(std::size_t at, std::size_t size, std::string_view field) const {
    if (at > bytes_.size() || bytes_.size() - at < size) return too_short(at, field);
    return ByteView{bytes_.subspan(at, size)};
  }

  /// A value in the machine's byte order.
  template <class T>
  requires std::is_trivially_copyable_v<T>
  [[nodiscard]] Result<T> load(std::size_t at, std::string_view field) const {
    if (at > bytes_.size() || bytes_.size() - at < sizeof(T)) return too_short(at, field);
    T out;
    std::memcpy(&out, bytes_.data() + at, sizeof out);
    return out;
  }

  /// An unsigned integer in network byte order.
  template <class T>
  requires std::is_unsigned_v<T>
  [[nodiscard]] Result<T> load_be(std::size_t at, std::string_view field) const {
    if (at > bytes_.size() || bytes_.size() - at < sizeof(T)) return too_short(at, field);
    T out = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) out = static_cast<T>((out << 8U) | bytes_[at + i]);
    return out;
  }

 private:
  static Error too_short(std::size_t at, std::string_view field) {
    return Error{.code = Errc::kMalformed, .offset = static_cast<std::uint32_t>(at), .field = field};
  }
  std::span<const std::uint8_t> bytes_;
};

/// N bytes from one place to another, apart from it: a load and a store or two.
template <std::size_t N>
constexpr void copy_fixed(const std::uint8_t* from, std::uint8_t* to) {
  if (std::is_constant_evaluated()) {
    std::copy_n(from, N, to);
  } else {
    std::memcpy(to, from, N);
  }
}

/// N bytes that are there: whether a field lies within is checked when this is compiled.
template <std::size_t N>
class FixedView {
 public:
  explicit constexpr FixedView(std::span<const std::uint8_t, N> bytes) : bytes_(bytes) {}

  /// An unsigned integer in network byte order.
  template <class T, std::size_t At>
  requires std::is_unsigned_v<T>
  [[nodiscard]] constexpr T be() const noexcept {
    static_assert(At + sizeof(T) <= N);
    T out = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) out = static_cast<T>((out << 8U) | bytes_[At + i]);
    return out;
  }
  /// The same in the opposite order.
  template <class T, std::size_t At>
  requires std::is_unsigned_v<T>
  [[nodiscard]] constexpr T le() const noexcept {
    static_assert(At + sizeof(T) <= N);
    T out = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) out = static_cast<T>(out | static_cast<T>(bytes_[At + i]) << (8 * i));
    return out;
  }
  template <std::size_t At, std::size_t Size>
  [[nodiscard]] constexpr std::array<std::uint8_t, Size> array() const noexcept {
    static_assert(At + Size <= N);
    std::array<std::uint8_t, Size> out{};
    copy_fixed<Size>(bytes_.data() + At, out.data());
    return out;
  }

 private:
  std::span<const std::uint8_t, N> bytes_;
};

/// Reads a ByteView from front to back in network byte order. A read past the end yields zero and makes `ok()` false
/// for good, so that a parser reads a fixed header in one go and checks once.
class ByteReader {
 public:
  explicit constexpr ByteReader(ByteView view) : bytes_(view.span()) {}

  [[nodiscard]] constexpr bool ok() const noexcept { return ok_; }
  /// Bytes read so far; where the first failed read began, if one failed.
  [[nodiscard]] constexpr std::size_t position() const noexcept { return at_; }
  [[nodiscard]] constexpr std::size_t remaining() const noexcept { return bytes_.size() - at_; }

  constexpr std::uint8_t u8() { return read<std::uint8_t>(); }
  constexpr std::uint16_t be16() { return read<std::uint16_t>(); }
  constexpr std::uint32_t be32() { return read<std::uint32_t>(); }

  /// The next `size` bytes; empty if there are fewer.
  constexpr ByteView take(std::size_t size) {
    if (!advance(size)) return ByteView{};
    return ByteView{bytes_.subspan(at_ - size, size)};
  }
  /// The next N bytes; zeros if there are fewer.
  template <std::size_t N>
  constexpr std::array<std::uint8_t, N> take_array() {
    std::array<std::uint8_t, N> out{};
    if (advance(N)) std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at_ - N), N, out.begin());
    return out;
  }
  constexpr void skip(std::size_t size) { advance(size); }
  /// Whatever is left.
  constexpr ByteView rest() { return take(remaining()); }

 private:
  constexpr bool advance(std::size_t size) {
    if (!ok_ || size > remaining()) {
      ok_ = false;
      return false;
    }
    at_ += size;
    return true;
  }
  template <class T>
  constexpr T read() {
    if (!advance(sizeof(T))) return 0;
    T out = 0;
    for (std::size_t i = at_ - sizeof(T); i < at_; ++i) out = static_cast<T>((out << 8U) | bytes_[i]);
    return out;
  }

  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace neigh
