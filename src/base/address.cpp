// SPDX-License-Identifier: Apache-2.0
#include "neigh/address.hpp"

#include <arpa/inet.h>

#include <optional>

namespace neigh {

namespace {

Error bad_address(std::string_view text) {
  return {.code = Errc::kInvalidArgument, .field = "address", .detail = "'" + std::string(text) + "'"};
}

Error bad_link_address(std::string_view text) {
  return {.code = Errc::kInvalidArgument, .field = "link_address", .detail = "'" + std::string(text) + "'"};
}

std::optional<std::uint8_t> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
  return std::nullopt;
}

// Digits of one group; a group of one digit stands for one byte with a leading zero ("2:0:0:0:0:7").
bool append_group(std::string_view group, std::array<std::uint8_t, LinkAddress::kMaxSize>& out, std::size_t& size) {
  if (group.size() == 1) {
    const auto digit = hex_digit(group[0]);
    if (!digit || size == out.size()) return false;
    out[size++] = *digit;
    return true;
  }
  if (group.empty() || group.size() % 2 != 0) return false;
  for (std::size_t i = 0; i < group.size(); i += 2) {
    const auto high = hex_digit(group[i]);
    const auto low = hex_digit(group[i + 1]);
    if (!high || !low || size == out.size()) return false;
    out[size++] = static_cast<std::uint8_t>((*high << 4U) | *low);
  }
  return true;
}

}  // namespace

std::string_view to_string(Family family) noexcept {
  switch (family) {
    case Family::kIpv4:
      return "IPv4";
    case Family::kIpv6:
      return "IPv6";
    case Family::kUnspecified:
      break;
  }
  return "unspecified";
}

Result<IpAddress> IpAddress::from_bytes(std::span<const std::uint8_t> bytes) {
  IpAddress address;
  if (bytes.size() == 4) {
    address.family_ = Family::kIpv4;
  } else if (bytes.size() == 16) {
    address.family_ = Family::kIpv6;
  } else {
    return Error{.code = Errc::kInvalidArgument,
                 .field = "address",
                 .detail = std::to_string(bytes.size()) + " bytes; an address has 4 or 16"};
  }
  std::copy(bytes.begin(), bytes.end(), address.bytes_.begin());
  return address;
}

Result<IpAddress> IpAddress::parse(std::string_view text) {
  // Longer than any address: refused before it is copied, so that a megabyte of input costs nothing.
  if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos) {
    return bad_address(text.substr(0, INET6_ADDRSTRLEN));
  }
  const std::string terminated(text);
  IpAddress address;
  if (inet_pton(AF_INET, terminated.c_str(), address.bytes_.data()) == 1) {
    address.family_ = Family::kIpv4;
    return address;
  }
  if (inet_pton(AF_INET6, terminated.c_str(), address.bytes_.data()) == 1) {
    address.family_ = Family::kIpv6;
    return address;
  }
  return bad_address(text);
}

std::string IpAddress::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (family_ == Family::kUnspecified) return {};
  inet_ntop(is_v4() ? AF_INET : AF_INET6, bytes_.data(), text.data(), text.size());
  return text.data();
}

Result<LinkAddress> LinkAddress::from_bytes(std::span<const std::uint8_t> bytes) {
  if (bytes.size() > kMaxSize) {
    return Error{.code = Errc::kInvalidArgument,
                 .field = "link_address",
                 .detail = std::to_string(bytes.size()) + " bytes; at most 32"};
  }
  LinkAddress address;
  address.size_ = static_cast<std::uint8_t>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), address.bytes_.begin());
  return address;
}

Result<LinkAddress> LinkAddress::parse(std::string_view text) {
  LinkAddress address;
  if (text.empty()) return address;
  // 32 bytes with a separator behind each are the longest text there is.
  if (text.size() > 3 * kMaxSize) return bad_link_address(text.substr(0, 3 * kMaxSize));
  const std::size_t first = text.find_first_of(":-.");
  const char separator = first == std::string_view::npos ? '\0' : text[first];
  // Pairs between ':' or '-' (one digit is allowed), groups of four between '.', any even number without.
  const std::size_t widest = separator == '\0' ? text.size() : separator == '.' ? 4 : 2;
  const std::size_t narrowest = separator == '\0' ? 2 : separator == '.' ? 4 : 1;
  std::size_t size = 0;
  for (std::size_t at = 0;;) {
    const std::size_t end = separator == '\0' ? std::string_view::npos : text.find(separator, at);
    const std::string_view group = text.substr(at, end == std::string_view::npos ? end : end - at);
    if (group.size() < narrowest || group.size() > widest || !append_group(group, address.bytes_, size)) {
      return bad_link_address(text);
    }
    if (end == std::string_view::npos) break;
    at = end + 1;
  }
  address.size_ = static_cast<std::uint8_t>(size);
  return address;
}

std::string LinkAddress::to_string(char separator) const {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(size_ * std::size_t{3});
  for (const std::uint8_t b : bytes()) {
    if (!text.empty()) text.push_back(separator);
    text.push_back(kDigits[b >> 4U]);
    text.push_back(kDigits[b & 0xfU]);
  }
  return text;
}

}  // namespace neigh
