// SPDX-License-Identifier: Apache-2.0
// Whole frames on one interface, for asking the wire past the kernel's table.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/deadline.hpp"
#include "base/unique_fd.hpp"
#include "neigh/address.hpp"
#include "neigh/result.hpp"

namespace neigh::rtnl {

class PacketSocket {
 public:
  /// A packet socket that receives what others send on `interface` with this EtherType. Needs CAP_NET_RAW in the
  /// calling thread's network namespace.
  [[nodiscard]] static Result<PacketSocket> open(InterfaceIndex interface, std::uint16_t ether_type);

  Result<void> send(std::span<const std::uint8_t> frame);

  /// @return The frame's size in `buffer` (a longer one is cut), or nothing when the time is over.
  Result<std::optional<std::size_t>> receive(std::span<std::uint8_t> buffer, const Deadline& deadline);

 private:
  explicit PacketSocket(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace neigh::rtnl
