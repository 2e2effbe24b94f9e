// SPDX-License-Identifier: Apache-2.0
// Frames that tests of ports send: of an EtherType for local experiments, which the kernel has no use for.
#pragma once

#include <poll.h>

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "neigh/address.hpp"
#include "support/frames.hpp"

namespace neigh::link {

using Bytes = std::vector<std::uint8_t>;

inline LinkAddress mac(std::string_view text) { return *LinkAddress::parse(text); }

inline Bytes test_frame(const LinkAddress& to, const LinkAddress& from, std::uint32_t number, std::size_t size = 60) {
  Bytes frame(to.bytes().begin(), to.bytes().end());
  frame.insert(frame.end(), from.bytes().begin(), from.bytes().end());
  frame.insert(frame.end(), {0x88, 0xb5, static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number)});
  frame.resize(size);
  return frame;
}

/// Tagged or not.
inline bool is_test_frame(std::span<const std::uint8_t> frame) {
  const std::size_t at = frame.size() > 18 && frame[12] == 0x81 ? 16 : 12;
  return frame.size() > at + 1 && frame[at] == 0x88 && frame[at + 1] == 0xb5;
}

inline test::Frame as_frame(const Bytes& bytes) {
  test::Frame frame(bytes.size());
  std::memcpy(frame.data(), bytes.data(), bytes.size());
  return frame;
}

inline bool readable(int fd) {
  pollfd item{.fd = fd, .events = POLLIN, .revents = 0};
  return ::poll(&item, 1, 0) == 1;
}

}  // namespace neigh::link
