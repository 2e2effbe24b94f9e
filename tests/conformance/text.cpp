// SPDX-License-Identifier: Apache-2.0
#include "conformance/text.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <stdexcept>

namespace neigh::conformance {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t kEthernetHeader = 14;
constexpr std::uint16_t kTypeArp = 0x0806;
constexpr std::uint16_t kTypeIpv6 = 0x86DD;

std::uint16_t word(Bytes frame, std::size_t at) { return static_cast<std::uint16_t>(frame[at] << 8 | frame[at + 1]); }

// RFC 826: hardware, protocol, lengths 6 and 4, operation 1, sender hardware and protocol, target hardware and
// protocol.
std::optional<Solicitation> arp_request(Bytes frame) {
  const Bytes arp = frame.subspan(kEthernetHeader);
  if (arp.size() < 28 || word(arp, 6) != 1 || arp[4] != 6 || arp[5] != 4) return std::nullopt;
  return Solicitation{.target = address_text(arp.subspan(24, 4)),
                      .source = address_text(arp.subspan(14, 4)),
                      .link_option = link_text(arp.subspan(8, 6))};
}

// RFC 4861 4.3: IPv6 header of 40 bytes, next header 58, type 135, target at 8, options from 24 on.
std::optional<Solicitation> neighbor_solicitation(Bytes frame) {
  const Bytes packet = frame.subspan(kEthernetHeader);
  if (packet.size() < 64 || packet[6] != 58 || packet[40] != 135) return std::nullopt;
  Solicitation found{.target = address_text(packet.subspan(48, 16)), .source = address_text(packet.subspan(8, 16))};
  if (packet.size() >= 72 && packet[64] == 1 && packet[65] == 1) found.link_option = link_text(packet.subspan(66, 6));
  return found;
}

}  // namespace

std::vector<std::uint8_t> address_bytes(const std::string& text) {
  const bool v6 = text.find(':') != std::string::npos;
  std::vector<std::uint8_t> bytes(v6 ? 16 : 4);
  if (inet_pton(v6 ? AF_INET6 : AF_INET, text.c_str(), bytes.data()) != 1) {
    throw std::invalid_argument("no IP address: '" + text + "'");
  }
  return bytes;
}

std::string address_text(Bytes bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size()) == nullptr) {
    throw std::invalid_argument("no IP address");
  }
  return text.data();
}

std::vector<std::uint8_t> link_bytes(const std::string& text) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t at = 0; at < text.size(); at += 3) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(text.substr(at, 2), nullptr, 16)));
  }
  return bytes;
}

std::string link_text(Bytes bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    std::array<char, 4> two{};
    std::snprintf(two.data(), two.size(), "%02x", byte);
    text += (text.empty() ? "" : ":") + std::string(two.data());
  }
  return text;
}

std::vector<Solicitation> solicitations_for(const std::string& target,
                                            const std::vector<std::vector<std::byte>>& frames) {
  std::vector<Solicitation> all;
  for (const auto& raw : frames) {
    std::vector<std::uint8_t> frame(raw.size());
    std::transform(raw.begin(), raw.end(), frame.begin(), [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
    if (frame.size() < kEthernetHeader) continue;
    std::optional<Solicitation> found;
    if (word(frame, 12) == kTypeArp) found = arp_request(frame);
    if (word(frame, 12) == kTypeIpv6) found = neighbor_solicitation(frame);
    if (!found || found->target != target) continue;
    found->to = link_text(Bytes(frame).first(6));
    found->from = link_text(Bytes(frame).subspan(6, 6));
    all.push_back(std::move(*found));
  }
  return all;
}

}  // namespace neigh::conformance
