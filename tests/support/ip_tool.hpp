// SPDX-License-Identifier: Apache-2.0
/// @file
/// What the kernel's own tool sees: `ip -json neigh`, parsed.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace neigh::test {

/// A row of `ip -json -statistics neigh show`.
struct IpNeigh {
  std::string dst = {};  ///< canonical text of the address
  std::string dev = {};
  std::string lladdr = {};               ///< empty: the kernel gave none
  std::vector<std::string> states = {};  ///< "PERMANENT", ...; empty for proxy entries and NUD_NONE
  bool router = false;
  bool proxy = false;
  bool managed = false;
  bool extern_learn = false;
  bool offload = false;
  std::string protocol = {};  ///< "static", "bgp", "zebra", or a number; empty: unspecified
  std::optional<std::uint32_t> refcnt = {};
  std::optional<std::uint32_t> used = {};       ///< seconds ago
  std::optional<std::uint32_t> confirmed = {};  ///< seconds ago
  std::optional<std::uint32_t> updated = {};    ///< seconds ago
  std::optional<std::uint32_t> probes = {};

  /// The state, if it has exactly one; else empty.
  [[nodiscard]] std::string_view state() const { return states.size() == 1 ? states.front() : std::string_view(); }
};

std::ostream& operator<<(std::ostream& out, const IpNeigh& row);

/// All entries of the calling thread's network namespace that `ip neigh show nud all` lists, NOARP ones included.
/// @param dev  empty: of all devices.  @param family  4, 6, or 0 for both.
/// The test fails if the tool fails or prints what is no such list.
[[nodiscard]] std::vector<IpNeigh> ip_neigh_json(const std::string& dev = {}, int family = 0);

/// The proxy entries (`ip neigh show proxy`).
[[nodiscard]] std::vector<IpNeigh> ip_neigh_proxies(const std::string& dev = {}, int family = 0);

/// The one entry for `dst` on `dev`, if there is one.
[[nodiscard]] std::optional<IpNeigh> ip_neigh_find(const std::string& dev, std::string_view dst);

}  // namespace neigh::test
