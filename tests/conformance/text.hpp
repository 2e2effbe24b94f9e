// SPDX-License-Identifier: Apache-2.0
/// @file
/// Addresses as text and bytes, by the C library alone: a second opinion beside the library under test.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace neigh::conformance {

/// 4 or 16 bytes. @throws std::invalid_argument.
[[nodiscard]] std::vector<std::uint8_t> address_bytes(const std::string& text);
[[nodiscard]] std::string address_text(std::span<const std::uint8_t> bytes);

/// "02:00:00:00:00:01" <-> bytes, any number of them. @throws std::invalid_argument.
[[nodiscard]] std::vector<std::uint8_t> link_bytes(const std::string& text);
[[nodiscard]] std::string link_text(std::span<const std::uint8_t> bytes);

/// A request for a link-layer address as it was on the wire: ARP request or Neighbor Solicitation.
struct Solicitation {
  std::string target = {};
  std::string source = {};       ///< Sender's IP address.
  std::string from = {};         ///< Sender's link-layer address, in the Ethernet header.
  std::string to = {};           ///< Destination, in the Ethernet header.
  std::string link_option = {};  ///< ARP's sender hardware address or the source link-layer address option.
};

/// The requests for `target` among `frames`, in order.
[[nodiscard]] std::vector<Solicitation> solicitations_for(const std::string& target,
                                                          const std::vector<std::vector<std::byte>>& frames);

}  // namespace neigh::conformance
