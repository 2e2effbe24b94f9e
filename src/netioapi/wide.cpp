// SPDX-License-Identifier: Apache-2.0
#include "netioapi/wide.hpp"

#include <algorithm>
#include <cstdint>

namespace neigh::netioapi {
namespace {

constexpr std::uint32_t kEscape = 0xDC00;  // a byte b that is no UTF-8 becomes kEscape + b

/// Bytes of a sequence that begins with `lead`; 0: no sequence begins so.
std::size_t sequence_size(std::uint8_t lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return 2;
  if (lead >= 0xE0 && lead < 0xF0) return 3;
  if (lead >= 0xF0 && lead < 0xF5) return 4;
  return 0;
}

/// The code point at the start of `text`, and its size; size 0: no UTF-8.
struct Decoded {
  std::uint32_t point = 0;
  std::size_t size = 0;
};
Decoded decode(std::string_view text) {
  const auto lead = static_cast<std::uint8_t>(text.front());
  const std::size_t size = sequence_size(lead);
  if (size == 0 || size > text.size()) return {};
  std::uint32_t point = size == 1 ? lead : lead & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    const auto next = static_cast<std::uint8_t>(text[i]);
    if ((next & 0xC0U) != 0x80U) return {};
    point = (point << 6U) | (next & 0x3FU);
  }
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (point < kLeast[size] || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) return {};
  return {point, size};
}

void encode(std::uint32_t point, std::string& out) {
  const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(static_cast<std::uint8_t>(byte))); };
  if (point < 0x80) return put(point);
  if (point < 0x800) {
    put(0xC0U | (point >> 6U));
  } else {
    if (point < 0x10000) {
      put(0xE0U | (point >> 12U));
    } else {
      put(0xF0U | (point >> 18U));
      put(0x80U | ((point >> 12U) & 0x3FU));
    }
    put(0x80U | ((point >> 6U) & 0x3FU));
  }
  put(0x80U | (point & 0x3FU));
}

}  // namespace

std::basic_string<WCHAR> to_wide(std::string_view text) {
  std::basic_string<WCHAR> out;
  while (!text.empty()) {
    const Decoded next = decode(text);
    if (next.size == 0) {
      out.push_back(static_cast<WCHAR>(kEscape + static_cast<std::uint8_t>(text.front())));
    } else if (next.point < 0x10000) {
      out.push_back(static_cast<WCHAR>(next.point));
    } else {
      out.push_back(static_cast<WCHAR>(0xD800U + ((next.point - 0x10000U) >> 10U)));
      out.push_back(static_cast<WCHAR>(0xDC00U + ((next.point - 0x10000U) & 0x3FFU)));
    }
    text.remove_prefix(std::max<std::size_t>(next.size, 1));
  }
  return out;
}

std::optional<std::string> from_wide(const WCHAR* text, std::size_t most) {
  std::string out;
  for (std::size_t i = 0; i < most; ++i) {
    const std::uint32_t unit = text[i];
    if (unit == 0) return out;
    const bool high = unit >= 0xD800 && unit < 0xDC00;
    if (high && i + 1 < most && text[i + 1] >= 0xDC00 && text[i + 1] < 0xE000) {
      encode(0x10000U + ((unit - 0xD800U) << 10U) + (std::uint32_t{text[i + 1]} - 0xDC00U), out);
      ++i;
    } else if (unit >= kEscape + 0x80 && unit <= kEscape + 0xFF) {
      out.push_back(static_cast<char>(static_cast<std::uint8_t>(unit - kEscape)));
    } else {
      encode(unit, out);
    }
  }
  return std::nullopt;
}

}  // namespace neigh::netioapi
