// SPDX-License-Identifier: Apache-2.0
// Text forms of addresses against inet_pton, and back and forth.
#include "neigh/address.hpp"

#include <arpa/inet.h>

#include "fuzz.hpp"

namespace neigh::fuzz {

const std::size_t kLongest = 128;

namespace {

/// What the C library says; it is as strict as we are about IPv4 and IPv6.
IpAddress by_libc(const std::string& text) {
  std::array<std::uint8_t, 16> bytes{};
  if (text.find('\0') != std::string::npos) return {};
  if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) {
    return IpAddress::v4(bytes[0], bytes[1], bytes[2], bytes[3]);
  }
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return IpAddress::v6(bytes);
  return {};
}

void check_ip(const std::string& text) {
  const auto parsed = IpAddress::parse(text);
  const IpAddress expected = by_libc(text);
  require(parsed.has_value() == (expected.family() != Family::kUnspecified), "inet_pton decides otherwise:", text);
  if (!parsed) {
    require(parsed.error().code == Errc::kInvalidArgument && parsed.error().field == "address", "the error");
    return;
  }
  require(*parsed == expected, "inet_pton reads another address:", text);
  const std::string canonical = parsed->to_string();
  require(canonical.size() < INET6_ADDRSTRLEN, "the canonical text is short");
  require(IpAddress::parse(canonical).value() == *parsed, "the canonical text means the same:", canonical);
}

void check_link(const std::string& text) {
  const auto parsed = LinkAddress::parse(text);
  if (!parsed) {
    require(parsed.error().code == Errc::kInvalidArgument && parsed.error().field == "link_address", "the error");
    return;
  }
  require(parsed->size() <= LinkAddress::kMaxSize, "a link-layer address is 32 bytes long at most");
  require(parsed->size() <= text.size(), "not more bytes than characters");
  for (const char separator : {':', '-'}) {
    require(LinkAddress::parse(parsed->to_string(separator)).value() == *parsed, "the same in every spelling:", text);
  }
}

}  // namespace

void run(std::span<const std::uint8_t> data) {
  const std::string text(data.begin(), data.end());
  check_ip(text);
  check_link(text);
  // Any 4 or 16 bytes are an address, and come back from their text.
  for (const std::size_t size : {std::size_t{4}, std::size_t{16}}) {
    if (data.size() < size) continue;
    const IpAddress address = IpAddress::from_bytes(data.first(size)).value();
    require(IpAddress::parse(address.to_string()).value() == address, "from bytes to text and back");
  }
  const auto from_bytes = LinkAddress::from_bytes(data);
  require(from_bytes.has_value() == (data.size() <= LinkAddress::kMaxSize), "the limit of a link-layer address");
}

}  // namespace neigh::fuzz
