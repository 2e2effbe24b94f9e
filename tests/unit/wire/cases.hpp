// SPDX-License-Identifier: Apache-2.0
// The two tables that the wire tests walk: frames that must parse to a given message, and frames that must be dropped
// for a given reason.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "raw.hpp"
#include "wire/arp.hpp"
#include "wire/frame.hpp"
#include "wire/nd.hpp"

namespace neigh::wire::test {

using Message = std::variant<ArpPacket, NdPacket>;

struct GoodFrame {
  std::string name;
  std::string cites;
  Bytes bytes;
  EthernetHeader header;
  Message message;
  ParsePolicy policy = {};
  bool canonical = true;  // our emitter writes exactly these bytes
};
const std::vector<GoodFrame>& good_frames();
const GoodFrame& good_frame(std::string_view name);

struct DropCase {
  std::string name;
  std::string cites;
  Bytes bytes;
  DropReason reason;
  std::size_t offset;
  ParsePolicy policy = {};
};
std::vector<DropCase> arp_drop_cases();
std::vector<DropCase> ip_drop_cases();
std::vector<DropCase> nd_drop_cases();

/// ARP or ND from a frame.
Parsed<Message> parse_message(const Bytes& frame, const ParsePolicy& policy = {});

/// The frame, written into a buffer of `room` bytes filled with `fill`. Fails the test if a byte behind it changed.
Result<Bytes> emit_message(const EthernetHeader& header, const Message& message, const ParsePolicy& policy = {},
                           std::size_t room = 2048, std::uint8_t fill = 0xa5);

}  // namespace neigh::wire::test
