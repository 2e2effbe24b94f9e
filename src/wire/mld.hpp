// SPDX-License-Identifier: Apache-2.0
/// @file
/// What a listener needs of Multicast Listener Discovery (RFC 3810), so that snooping switches forward solicited-node
/// groups to us (PRT-005): reports out, queries in. Groups are joined from any source; source lists are not sent.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "neigh/address.hpp"
#include "wire/drop.hpp"
#include "wire/frame_writer.hpp"
#include "wire/ipv6.hpp"

namespace neigh::wire {

/// RFC 3810 5.2.12. Joining a group is kChangeToExclude, leaving it kChangeToInclude, the answer to a query
/// kModeIsExclude.
enum class MldRecordType : std::uint8_t {
  kModeIsInclude = 1,
  kModeIsExclude = 2,
  kChangeToInclude = 3,
  kChangeToExclude = 4,
};

struct MldRecord {
  MldRecordType type = MldRecordType::kChangeToExclude;
  IpAddress group;
  friend bool operator==(const MldRecord&, const MldRecord&) = default;
};

/// An MLDv2 report from one interface; goes to ff02::16.
struct MldReport {
  LinkAddress source_link;
  std::optional<std::uint16_t> tag = {};  ///< As `EthernetHeader::tag`.
  IpAddress source;                       ///< Link-local, or :: while there is none (RFC 3810 5.2.13).
  std::span<const MldRecord> records;
};

/// Records that fit into one packet of `mtu` bytes.
[[nodiscard]] constexpr std::size_t mld_records_per_packet(std::size_t mtu) {
  constexpr std::size_t kOverhead = 40 + 8 + 8;
  constexpr std::size_t kRecord = 20;
  return mtu < kOverhead ? 0 : (mtu - kOverhead) / kRecord;
}

/// Writes one whole frame with hop limit 1 and the router alert option.
/// @retval Errc::kInvalidArgument  a source that may not send it, a group that is no multicast address, or "buffer".
[[nodiscard]] Result<std::size_t> emit_mld_report_frame(const MldReport& report, FrameWriter& out);

/// A query of version 1 or 2, general or for one group.
struct MldQuery {
  IpAddress source;
  IpAddress group;  ///< :: in a general query.
  std::uint32_t max_response_ms = 0;
  std::uint8_t version = 2;
  bool for_sources = false;  ///< Asks about certain sources of the group.
  friend bool operator==(const MldQuery&, const MldQuery&) = default;
};

[[nodiscard]] bool is_mld_query(const Ip6Packet& packet);

/// Offsets as in `parse_nd`.
[[nodiscard]] Parsed<MldQuery> parse_mld_query(const Ip6Packet& packet);

}  // namespace neigh::wire
