// SPDX-License-Identifier: Apache-2.0
/// @file
/// The one way to make bytes: into a caller's buffer, in order, every byte written.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.hpp"
#include "neigh/address.hpp"
#include "neigh/result.hpp"

namespace neigh::wire {

/// N bytes that are there: whether a field lies within is checked when this is compiled.
template <std::size_t N>
class FixedPart {
 public:
  explicit constexpr FixedPart(std::span<std::uint8_t, N> bytes) : bytes_(bytes) {}

  /// In network byte order.
  template <std::size_t At>
  constexpr void be16(std::uint16_t value) const {
    static_assert(At + 2 <= N);
    bytes_[At] = static_cast<std::uint8_t>(value >> 8U);
    bytes_[At + 1] = static_cast<std::uint8_t>(value);
  }
  template <std::size_t At>
  constexpr void u8(std::uint8_t value) const {
    static_assert(At < N);
    bytes_[At] = value;
  }
  template <std::size_t At, std::size_t Size>
  constexpr void bytes(std::span<const std::uint8_t, Size> source) const {
    static_assert(At + Size <= N);
    copy_fixed<Size>(source.data(), bytes_.data() + At);
  }

 private:
  std::span<std::uint8_t, N> bytes_;
};

/// Appends to a caller's buffer in network byte order and allocates nothing. Writing past the end makes `ok()` false
/// for good and writes nothing more. The buffer's size is the limit of the frame: header plus MTU (NDF-020).
class FrameWriter {
 public:
  explicit constexpr FrameWriter(std::span<std::uint8_t> buffer) : buffer_(buffer) {}

  [[nodiscard]] constexpr bool ok() const noexcept { return ok_; }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return at_; }
  [[nodiscard]] constexpr std::span<const std::uint8_t> written() const noexcept { return buffer_.first(at_); }
  /// What was written since `size()` was `from`.
  [[nodiscard]] constexpr std::span<const std::uint8_t> written_since(std::size_t from) const {
    return written().subspan(from);
  }

  constexpr void u8(std::uint8_t value) {
    if (reserve(1)) buffer_[at_++] = value;
  }
  constexpr void be16(std::uint16_t value) {
    if (!reserve(2)) return;
    buffer_[at_++] = static_cast<std::uint8_t>(value >> 8U);
    buffer_[at_++] = static_cast<std::uint8_t>(value);
  }
  constexpr void be32(std::uint32_t value) {
    if (!reserve(4)) return;
    for (unsigned shift = 32; shift != 0; shift -= 8) buffer_[at_++] = static_cast<std::uint8_t>(value >> (shift - 8));
  }
  constexpr void bytes(std::span<const std::uint8_t> source) {
    if (!reserve(source.size())) return;
    std::copy(source.begin(), source.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ += source.size();
  }
  /// The same where the number is known.
  template <std::size_t N>
  requires(N != std::dynamic_extent) constexpr void bytes(std::span<const std::uint8_t, N> source) {
    if (!reserve(N)) return;
    copy_fixed<N>(source.data(), buffer_.data() + at_);
    at_ += N;
  }
  constexpr void address(const IpAddress& value) {
    const auto source = value.bytes();
    if (value.is_v4()) return bytes(source.first<4>());
    if (value.is_v6()) bytes(source.first<16>());
  }
  constexpr void address(const LinkAddress& value) {
    const auto source = value.bytes();
    if (source.size() == 6) [[likely]] {
      return bytes(source.first<6>());
    }
    bytes(source);
  }
  /// The next N bytes, each of which the caller writes; nothing if they do not fit.
  template <std::size_t N>
  constexpr std::optional<FixedPart<N>> fixed() {
    if (!reserve(N)) return std::nullopt;
    at_ += N;
    return FixedPart<N>{buffer_.subspan(at_ - N).template first<N>()};
  }
  constexpr void zeros(std::size_t count) {
    if (!reserve(count)) return;
    std::fill_n(buffer_.begin() + static_cast<std::ptrdiff_t>(at_), count, std::uint8_t{0});
    at_ += count;
  }
  /// Zeros until `size()` is at least `minimum` (ARP-007: never old memory in the padding).
  constexpr void pad_to(std::size_t minimum) {
    if (at_ < minimum) zeros(minimum - at_);
  }
  /// Overwrites two bytes written before: a length or a checksum that was not known then.
  constexpr void patch_be16(std::size_t at, std::uint16_t value) {
    if (!ok_ || at + 2 > at_) {
      ok_ = false;
      return;
    }
    buffer_[at] = static_cast<std::uint8_t>(value >> 8U);
    buffer_[at + 1] = static_cast<std::uint8_t>(value);
  }

 private:
  constexpr bool reserve(std::size_t count) {
    if (!ok_ || buffer_.size() - at_ < count) {
      ok_ = false;
      return false;
    }
    return true;
  }

  std::span<std::uint8_t> buffer_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

/// The size of the frame, or the error of a frame that did not fit into the buffer.
[[nodiscard]] inline Result<std::size_t> finish(const FrameWriter& out) {
  if (!out.ok()) return Error{.code = Errc::kInvalidArgument, .field = "buffer"};
  return out.size();
}

/// The error of a message that no frame can carry or no receiver may accept.
[[nodiscard]] inline Error cannot_emit(std::string_view field) {
  return Error{.code = Errc::kInvalidArgument, .field = field};
}

}  // namespace neigh::wire
