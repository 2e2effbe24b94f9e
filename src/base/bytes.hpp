// SPDX-License-Identifier: Apache-2.0
// Byte views that cannot grow: every read is checked, no cast assumes alignment.
#pragma once

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

}  // namespace neigh
