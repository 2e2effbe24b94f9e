// SPDX-License-Identifier: Apache-2.0
// Values as people write them: addresses, prefixes, states, owners, interfaces.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "command.hpp"
#include "failure.hpp"
#include "neigh/interface.hpp"
#include "neigh/neighbor.hpp"

namespace neigh::ctl {

/// What is wrong with `text` as a value of `kind`, to stand behind the quoted word; nothing if it is fine.
/// Interfaces and namespaces are not looked up here.
[[nodiscard]] std::optional<std::string> check_value(ValueKind kind, std::string_view text, std::string_view choices);

/// True for the kinds whose values are addresses.
[[nodiscard]] constexpr bool is_address(ValueKind kind) {
  return kind == ValueKind::kAddress || kind == ValueKind::kOwnAddress || kind == ValueKind::kPrefix;
}

/// What would be valid instead; may be empty.
[[nodiscard]] std::string value_hint(ValueKind kind, std::string_view text, std::string_view choices);

/// "fe80::1%eth0": address and interface.
struct ScopedAddress {
  IpAddress address = {};
  std::string interface = {};  ///< Empty: not given.
};
[[nodiscard]] std::optional<ScopedAddress> parse_scoped_address(std::string_view text);

/// "192.0.2.0/24", or one address.
struct Prefix {
  IpAddress address = {};
  unsigned length = 0;
  std::string interface = {};  ///< From "%eth0"; empty: not given.
  [[nodiscard]] bool contains(const IpAddress& other) const;
  [[nodiscard]] bool is_single() const { return length == address.size() * 8; }
};
[[nodiscard]] std::optional<Prefix> parse_prefix(std::string_view text);

/// "stale,failed", "all".
[[nodiscard]] std::optional<StateSet> parse_states(std::string_view text);

/// Name of an owner (RTPROT_*), or its number in decimal; empty for 0.
[[nodiscard]] std::string protocol_name(std::uint8_t protocol);
[[nodiscard]] std::optional<std::uint8_t> parse_protocol(std::string_view text);

/// "128,512,1024".
[[nodiscard]] std::optional<std::array<std::uint32_t, 3>> parse_thresholds(std::string_view text);

/// The interface that `text` names: by name first, then as an index, then as a LUID ("0x" and hexadecimal digits).
/// The failure names the nearest interface.
[[nodiscard]] Checked<Interface> find_interface(std::string_view text, std::span<const Interface> interfaces);

/// "0x0006000002000000".
[[nodiscard]] std::string luid_text(InterfaceLuid luid);
/// "ethernet", "loopback", ... of an InterfaceType.
[[nodiscard]] std::string_view type_name(InterfaceType type);

}  // namespace neigh::ctl
