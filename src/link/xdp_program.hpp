// SPDX-License-Identifier: Apache-2.0
// The BPF program that decides, before the kernel's stack sees a frame, whether it is the port's. It is made of
// instructions written by hand, so that neither a compiler nor a file is needed at run time.
#pragma once

#include <linux/bpf.h>

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "link/xdp.hpp"
#include "neigh/address.hpp"

namespace neigh::link {

struct XdpProgramOptions {
  XdpTake take = XdpTake::kOwn;
  std::optional<std::uint16_t> vlan = {};
  int sockets_map = -1;    ///< XSKMAP by queue.
  int addresses_map = -1;  ///< LPM trie of `XdpKey`; not used with kAll.
};

[[nodiscard]] std::vector<bpf_insn> make_xdp_program(const XdpProgramOptions& options);

/// Of the trie: bits that count, in the host's order, and 16 bytes; IPv4 as ::ffff:a.b.c.d.
struct XdpKey {
  std::uint32_t bits = 128;
  std::array<std::uint8_t, 16> bytes{};
};
static_assert(sizeof(XdpKey) == 20);

[[nodiscard]] XdpKey xdp_key(const IpAddress& address, std::uint8_t length);

}  // namespace neigh::link
