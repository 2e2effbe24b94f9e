// SPDX-License-Identifier: Apache-2.0
// Packets that wait for a link-layer address: in order for each neighbor, bounded for each and for all (DEC-09).
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "neigh/address.hpp"
#include "nud/timer_wheel.hpp"

namespace neigh::engine {

struct QueuedPacket {
  std::vector<std::uint8_t> bytes;
  std::uint64_t cookie = 0;
  InterfaceIndex interface = InterfaceIndex::kNone;
  IpAddress next_hop = {};
  bool ours = false;  ///< An answer of the engine's own (NSR-008): nobody is told when it is lost.
};

struct QueueLimits {
  std::size_t packets = 0;
  std::size_t bytes = 0;
};

class PacketQueue {
 public:
  explicit PacketQueue(QueueLimits total) : total_(total) {}

  /// Appends a packet for `id` within `limits` of its own and those of all. What has no place any more is appended to
  /// `displaced`: the oldest of this neighbor (ARP-084, NDR-005), then the oldest of all; a packet that is larger than
  /// a limit, itself.
  void push(nud::EntryId id, QueuedPacket packet, QueueLimits limits, std::vector<QueuedPacket>& displaced);
  /// What waits for `id`, in order; nothing waits any more.
  [[nodiscard]] std::vector<QueuedPacket> take(nud::EntryId id);

  /// An own address that requests for `id` should come from, though no packet waits.
  void prefer_source(nud::EntryId id, const IpAddress& source) { lines_[id].source = source; }
  [[nodiscard]] std::optional<IpAddress> preferred_source(nud::EntryId id) const;
  /// Source of the oldest packet that waits for `id` (ARP-080, NDR-003).
  [[nodiscard]] std::optional<IpAddress> source(nud::EntryId id) const;

  [[nodiscard]] std::size_t packets() const { return all_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t packets(nud::EntryId id) const;
  template <class Visitor>
  void visit_ids(Visitor&& visitor) const {
    for (const auto& [id, line] : lines_) visitor(id, line.packets.size());
  }
  /// The first broken invariant in words, or empty.
  [[nodiscard]] std::string audit() const;

 private:
  struct Waiting {
    nud::EntryId id = nud::kNoId;
    QueuedPacket packet;
  };
  using All = std::list<Waiting>;  // oldest first
  struct Line {
    std::list<All::iterator> packets;  // oldest first
    std::size_t bytes = 0;
    std::optional<IpAddress> source;
  };
  QueuedPacket remove(Line& line, All::iterator packet);
  void drop_oldest(All::iterator packet, std::vector<QueuedPacket>& displaced);

  QueueLimits total_;
  All all_;
  std::unordered_map<nud::EntryId, Line> lines_;
  std::size_t bytes_ = 0;
};

/// Source address in the header of an IPv4 or IPv6 packet, if there is a header.
[[nodiscard]] std::optional<IpAddress> source_of(std::span<const std::uint8_t> packet);

}  // namespace neigh::engine
