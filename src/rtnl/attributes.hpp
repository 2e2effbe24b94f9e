// SPDX-License-Identifier: Apache-2.0
// Reading netlink datagrams: messages, their fixed headers and attributes, every length checked.
#pragma once

#include <libmnl/libmnl.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "neigh/result.hpp"

namespace neigh::rtnl {

inline Error malformed(std::string_view field) { return {.code = Errc::kMalformed, .field = field}; }

using Bytes = std::span<const std::uint8_t>;

template <class T>
std::optional<T> read(Bytes value) {
  if (value.size() < sizeof(T)) return std::nullopt;  // longer ones come from newer kernels (RTN-122)
  T out;
  std::memcpy(&out, value.data(), sizeof out);
  return out;
}

/// Reads `value` into `out`; `wrong` becomes `name` where it is too short.
template <class T>
void read_into(T& out, Bytes value, std::string_view name, std::string_view& wrong) {
  if (const auto read_value = read<T>(value)) {
    out = *read_value;
  } else {
    wrong = name;
  }
}

/// Calls `visit(type, value)` with each attribute in `bytes`, until it returns false. libmnl's loops are C macros that
/// C++ does not take, and its functions calls that the compiler does not see into.
/// @return false: an attribute's length does not fit. Fewer bytes than an attribute's header are padding.
template <class F>
bool each_attribute(Bytes bytes, F&& visit) {
  while (bytes.size() >= sizeof(nlattr)) {
    nlattr header;
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.nla_len < sizeof header || header.nla_len > bytes.size()) return false;
    const auto type = static_cast<std::uint16_t>(header.nla_type & NLA_TYPE_MASK);
    if (!visit(type, bytes.subspan(sizeof header, header.nla_len - sizeof header))) return true;
    bytes = bytes.subspan(std::min<std::size_t>(NLA_ALIGN(header.nla_len), bytes.size()));
  }
  return true;
}

/// Calls `visit(message)` with each message in a datagram, which is aligned as netlink wants it, until it returns
/// false.
/// @return false: a message's length does not fit.
template <class F>
bool each_message(Bytes datagram, F&& visit) {
  while (!datagram.empty()) {
    if (datagram.size() < sizeof(nlmsghdr)) return false;
    const auto& message = *static_cast<const nlmsghdr*>(static_cast<const void*>(datagram.data()));
    if (message.nlmsg_len < sizeof message || message.nlmsg_len > datagram.size()) return false;
    if (!visit(message)) return true;
    datagram = datagram.subspan(std::min<std::size_t>(NLMSG_ALIGN(message.nlmsg_len), datagram.size()));
  }
  return true;
}

/// What stands behind the netlink header.
inline Bytes payload_of(const nlmsghdr& message) {
  const auto* begin = static_cast<const std::uint8_t*>(static_cast<const void*>(&message));
  return Bytes(begin, message.nlmsg_len).subspan(NLMSG_HDRLEN);
}

/// What stands behind a fixed header that `read_header` has found.
template <class T>
Bytes attributes_after(const nlmsghdr& message) {
  const Bytes payload = payload_of(message);
  return payload.subspan(std::min<std::size_t>(NLMSG_ALIGN(sizeof(T)), payload.size()));
}

/// Copies the fixed header behind the netlink header to `out`, with nothing between: what is copied on at once waits.
/// @return false: the message is too short for it.
template <class T>
bool read_header(const nlmsghdr& message, T& out) {
  const Bytes payload = payload_of(message);
  if (payload.size() < sizeof out) return false;
  std::memcpy(&out, payload.data(), sizeof out);
  return true;
}

inline std::string text_of(Bytes value) {
  return {value.begin(), std::find(value.begin(), value.end(), std::uint8_t{0})};
}

}  // namespace neigh::rtnl
