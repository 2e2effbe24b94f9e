// SPDX-License-Identifier: Apache-2.0
// Netlink messages made by hand, byte by byte, without the code under test.
#pragma once

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace neigh::rtnl::test {

using Bytes = std::vector<std::uint8_t>;

inline Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// The bytes of a value, as they lie in memory.
template <class T>
requires std::is_trivially_copyable_v<T> Bytes raw(const T& value) {
  Bytes out(sizeof value);
  std::memcpy(out.data(), &value, sizeof value);
  return out;
}

inline Bytes text(std::string_view value) {
  Bytes out(value.begin(), value.end());
  out.push_back(0);
  return out;
}

inline Bytes padded(Bytes bytes) {
  bytes.resize((bytes.size() + 3) / 4 * 4);
  return bytes;
}

/// One attribute with its padding. `length` replaces the right one in its header.
inline Bytes attribute(std::uint16_t type, const Bytes& value, int length = -1) {
  const auto size = static_cast<std::uint16_t>(length < 0 ? 4 + static_cast<int>(value.size()) : length);
  return padded(raw(size) + raw(type) + value);
}

struct MessageParts {
  std::uint16_t type = 0;
  std::uint16_t flags = 0;
  std::uint32_t sequence = 0;
  std::uint32_t port_id = 0;
};

/// One message with its padding.
inline Bytes message(const MessageParts& parts, const Bytes& payload) {
  const auto size = static_cast<std::uint32_t>(16 + payload.size());
  return padded(raw(size) + raw(parts.type) + raw(parts.flags) + raw(parts.sequence) + raw(parts.port_id) + payload);
}

/// A copy in memory of exactly its size, so that a read past the end is seen by AddressSanitizer.
class ExactMessage {
 public:
  explicit ExactMessage(std::span<const std::uint8_t> bytes) : storage_(new std::uint8_t[bytes.size()]) {
    std::memcpy(storage_.get(), bytes.data(), bytes.size());
  }
  [[nodiscard]] const nlmsghdr& operator*() const {
    return *static_cast<const nlmsghdr*>(static_cast<const void*>(storage_.get()));
  }

 private:
  std::unique_ptr<std::uint8_t[]> storage_;
};

/// `whole` (one message) cut to `size` bytes, its length field telling so.
inline Bytes cut(Bytes whole, std::size_t size) {
  whole.resize(size);
  const auto length = static_cast<std::uint32_t>(size);
  std::memcpy(whole.data(), &length, sizeof length);
  return whole;
}

}  // namespace neigh::rtnl::test
