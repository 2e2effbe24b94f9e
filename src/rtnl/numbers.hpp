// SPDX-License-Identifier: Apache-2.0
// Numbers of newer kernels than the headers of Debian 12 (arp-ndp.md LNX-076 to LNX-078).
#pragma once

#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <cstddef>
#include <cstdint>

namespace neigh::rtnl {

inline constexpr std::uint32_t kNtfExtManaged = 1U << 0U;
inline constexpr std::uint32_t kNtfExtValidated = 1U << 2U;

/// The kernel's MAX_ADDR_LEN, longer than which it refuses a link-layer address.
inline constexpr std::size_t kMaxLinkAddress = 32;

/// Answers that may be outstanding on a socket: the kernel charges each 832 bytes to the receive buffer, a default
/// buffer holds 256, and what does not fit is dropped, the last ack included. Kept well below.
inline constexpr std::size_t kMaxOutstanding = 192;

}  // namespace neigh::rtnl
