// SPDX-License-Identifier: Apache-2.0
#include "engine/packet_queue.hpp"

#include <algorithm>
#include <utility>

namespace neigh::engine {

QueuedPacket PacketQueue::remove(Line& line, All::iterator packet) {
  QueuedPacket out = std::move(packet->packet);
  line.bytes -= out.bytes.size();
  bytes_ -= out.bytes.size();
  all_.erase(packet);
  return out;
}

void PacketQueue::drop_oldest(All::iterator packet, std::vector<QueuedPacket>& displaced) {
  Line& line = lines_.at(packet->id);
  line.packets.pop_front();  // the oldest of all is the oldest of its line
  displaced.push_back(remove(line, packet));
}

void PacketQueue::push(nud::EntryId id, QueuedPacket packet, QueueLimits limits, std::vector<QueuedPacket>& displaced) {
  const std::size_t size = packet.bytes.size();
  if (size > limits.bytes || size > total_.bytes || limits.packets == 0 || total_.packets == 0) {
    displaced.push_back(std::move(packet));
    return;
  }
  Line& line = lines_[id];
  while (!line.packets.empty() && (line.packets.size() >= limits.packets || line.bytes + size > limits.bytes)) {
    const auto oldest = line.packets.front();
    line.packets.pop_front();
    displaced.push_back(remove(line, oldest));
  }
  while (!all_.empty() && (all_.size() >= total_.packets || bytes_ + size > total_.bytes)) {
    drop_oldest(all_.begin(), displaced);
  }
  all_.push_back({.id = id, .packet = std::move(packet)});
  line.packets.push_back(std::prev(all_.end()));
  line.bytes += size;
  bytes_ += size;
}

std::vector<QueuedPacket> PacketQueue::take(nud::EntryId id) {
  std::vector<QueuedPacket> out;
  const auto found = lines_.find(id);
  if (found == lines_.end()) return out;
  out.reserve(found->second.packets.size());
  for (const auto packet : found->second.packets) out.push_back(remove(found->second, packet));
  lines_.erase(found);
  return out;
}

std::optional<IpAddress> PacketQueue::preferred_source(nud::EntryId id) const {
  const auto found = lines_.find(id);
  return found == lines_.end() ? std::nullopt : found->second.source;
}

std::optional<IpAddress> PacketQueue::source(nud::EntryId id) const {
  const auto found = lines_.find(id);
  if (found == lines_.end() || found->second.packets.empty()) return std::nullopt;
  return source_of(found->second.packets.front()->packet.bytes);
}

std::size_t PacketQueue::packets(nud::EntryId id) const {
  const auto found = lines_.find(id);
  return found == lines_.end() ? 0 : found->second.packets.size();
}

std::string PacketQueue::audit() const {
  std::size_t packets = 0;
  std::size_t bytes = 0;
  for (const auto& [id, line] : lines_) {
    std::size_t of_line = 0;
    for (const auto packet : line.packets) {
      if (packet->id != id) return "a packet waits in another neighbor's line";
      of_line += packet->packet.bytes.size();
    }
    if (of_line != line.bytes) return "a line's bytes are counted wrong";
    packets += line.packets.size();
    bytes += of_line;
  }
  if (packets != all_.size() || bytes != bytes_) return "waiting packets are counted wrong";
  if (packets > total_.packets || bytes > total_.bytes) return "DEC-09: more packets wait than may";
  return {};
}

std::optional<IpAddress> source_of(std::span<const std::uint8_t> packet) {
  if (packet.empty()) return std::nullopt;
  const unsigned version = packet[0] >> 4U;
  const std::size_t at = version == 4 ? 12 : 8;
  const std::size_t size = version == 4 ? 4 : 16;
  if ((version != 4 && version != 6) || packet.size() < at + size) return std::nullopt;
  auto address = IpAddress::from_bytes(packet.subspan(at, size));
  return address ? std::optional(*address) : std::nullopt;
}

}  // namespace neigh::engine
