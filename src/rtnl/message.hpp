// SPDX-License-Identifier: Apache-2.0
// rtnetlink messages <-> typed values. Framing is libmnl's; every length is checked here.
#pragma once

#include <libmnl/libmnl.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "neigh/table.hpp"

namespace neigh::rtnl {

/// Space that any request of ours fits into.
inline constexpr std::size_t kMaxRequest = 256;

/// Room for one request, aligned as netlink wants it.
class Request {
 public:
  /// Starts a message of `type` with NLM_F_REQUEST | `flags`; the sequence number is the channel's business.
  Request(std::uint16_t type, std::uint16_t flags);

  /// Appends a zeroed fixed header behind the netlink header.
  template <class T>
  T& put_header() {
    return *static_cast<T*>(mnl_nlmsg_put_extra_header(&header(), sizeof(T)));
  }
  void put(std::uint16_t type, std::span<const std::uint8_t> value);
  void put_u32(std::uint16_t type, std::uint32_t value);
  void put_string(std::uint16_t type, std::string_view value);

  [[nodiscard]] nlmsghdr& header() { return *static_cast<nlmsghdr*>(static_cast<void*>(storage_.data())); }
  [[nodiscard]] std::span<const std::uint8_t> bytes() { return {storage_.data(), header().nlmsg_len}; }

 private:
  alignas(nlmsghdr) std::array<std::uint8_t, kMaxRequest> storage_{};
};

/// Writes one RTM_NEWNEIGH or RTM_DELNEIGH request for `neighbor` at `at` (at least kMaxRequest bytes, aligned to 4).
/// `use` asks the kernel to act as if a packet were sent (NTF_USE), instead of storing anything.
/// @return Bytes written, padded.
std::size_t write_neighbor_request(std::uint8_t* at, std::uint16_t type, std::uint16_t flags, std::uint32_t sequence,
                                   const Neighbor& neighbor, bool use = false);

/// Writes one RTM_GETNEIGH request for the entry of `key`, as write_neighbor_request does.
std::size_t write_neighbor_question(std::uint8_t* at, std::uint32_t sequence, const NeighborKey& key);

/// Flags of RTM_NEWNEIGH for an operation that writes.
[[nodiscard]] std::uint16_t flags_of(Operation operation);

/// RTM_NEWNEIGH or RTM_DELNEIGH, into `out`, since a table has millions of them.
/// @return false: a row that is no IP neighbor (bridge forwarding entries share the message type).
/// @retval Errc::kMalformed  with the name of the attribute.
[[nodiscard]] Result<bool> parse_neighbor(const nlmsghdr& message, Neighbor& out);

/// RTM_NEWLINK or RTM_DELLINK. `Interface::type` is kEthernet for a wireless device, too: see refine_type.
[[nodiscard]] Result<Interface> parse_link(const nlmsghdr& message);

/// Index, and whether the link is the device itself (RTM_DELLINK also tells of bridge ports).
struct LinkGone {
  InterfaceIndex index = InterfaceIndex::kNone;
  bool whole_device = false;
};
[[nodiscard]] Result<LinkGone> parse_link_gone(const nlmsghdr& message);

/// RTM_NEWADDR.
struct OwnAddress {
  InterfaceIndex interface = InterfaceIndex::kNone;
  IpAddress address = {};
};
[[nodiscard]] Result<OwnAddress> parse_own_address(const nlmsghdr& message);

/// RTM_NEWNEIGHTBL. @return Nothing for the rows of single interfaces.
[[nodiscard]] Result<std::optional<TableLimits>> parse_limits(const nlmsghdr& message);

/// NLMSG_ERROR and NLMSG_DONE: the error number (positive; 0: success) and the extended-ack text.
struct Verdict {
  int number = 0;
  std::string text = {};
};
[[nodiscard]] Result<Verdict> parse_verdict(const nlmsghdr& message);

[[nodiscard]] std::uint8_t to_system(Family family) noexcept;

}  // namespace neigh::rtnl
