// SPDX-License-Identifier: Apache-2.0
/// @file
/// What an engine wants done: a list that its owner performs, in order, after the call and after its lock is gone.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "neigh/address.hpp"
#include "neigh/neighbor.hpp"

namespace neigh::engine {

/// Bytes in the buffer of an `Effects`; read them with `Effects::bytes`.
struct Slice {
  std::size_t offset = 0;
  std::size_t size = 0;
  friend bool operator==(const Slice&, const Slice&) = default;
};

/// Put a frame on the link of `interface`.
///
/// On an Ethernet interface `bytes` is the whole frame without padding and FCS: a port that sends to a medium with a
/// minimum of 60 bytes pads with zeros (ARP-007). On any other interface `bytes` is the payload, and the port makes
/// the header from `destination` and `ether_type`; an empty `destination` there means everybody on the link.
struct SendFrame {
  InterfaceIndex interface = InterfaceIndex::kNone;
  LinkAddress destination = {};
  std::uint16_t ether_type = 0;
  Slice bytes = {};
  friend bool operator==(const SendFrame&, const SendFrame&) = default;
};

/// An IP packet for this host that is neither ARP nor ND, from its IP header on, without the frame's padding. Its
/// upper layers have not been looked at.
struct DeliverPacket {
  InterfaceIndex interface = InterfaceIndex::kNone;
  Family family = Family::kUnspecified;
  bool link_unicast = true;  ///< The frame was sent to our link-layer address, not to a group.
  Slice bytes = {};
  friend bool operator==(const DeliverPacket&, const DeliverPacket&) = default;
};

/// Why a packet that was given to the engine comes back.
enum class SendFailure : std::uint8_t {
  kUnreachable,       ///< Nobody answered (ICMP: host or address unreachable; ARP-086, NDR-008).
  kNoRoute,           ///< Neither on-link nor a default router (NDS-006, ONL-005).
  kQueueFull,         ///< The oldest of too many that wait (ARP-084, NDR-005); no ICMP error is due.
  kNoRoom,            ///< A limit of entries or rates forbids the resolution now (EXH-005).
  kInterfaceDown,     ///< It is down or without carrier, or went so while the packet waited (FSM-29).
  kInterfaceRemoved,  ///< While the packet waited.
  kFamilyOff,         ///< The interface, or the engine, does not run the family, or ceased to while the packet waited.
  kEntryRemoved,      ///< By hand while the packet waited, or because our own link-layer address is another.
  kNoSource,          ///< No own address to ask from (ARP-081), or the packet's is not verified yet (DAD-006, ACD-011).
  kForeignSource,     ///< The packet's source is no unicast address of ours (RFC 1122 3.2.1.3).
  kNoSuchInterface,   ///< The interface asked for.
  kTooBig,            ///< Longer than the MTU.
  kBadPacket,         ///< Not a whole IP packet, or to an address nothing can be sent to.
};
[[nodiscard]] std::string_view to_string(SendFailure reason) noexcept;

/// A packet given to `Engine::send_packet` that will not be sent. `error_allowed`: RFC 4443 2.4 and RFC 1122 3.2.2
/// let an ICMP error answer it (NDR-011; not an ICMP error or Redirect itself, not to a group, a source that is one
/// node). Making that error, and limiting its rate, is the caller's.
struct PacketFailed {
  InterfaceIndex interface = InterfaceIndex::kNone;
  IpAddress next_hop = {};
  SendFailure reason = SendFailure::kUnreachable;
  bool error_allowed = false;
  std::uint64_t cookie = 0;  ///< As given with the packet.
  Slice bytes = {};          ///< The packet.
  friend bool operator==(const PacketFailed&, const PacketFailed&) = default;
};

/// The content of a neighbor's entry changed: state, link-layer address, flags or protocol. Proxy entries have no
/// notifications (RTN-104).
struct NeighborChanged {
  enum class Kind : std::uint8_t { kAdded, kChanged, kRemoved };
  Kind kind = Kind::kChanged;
  Neighbor neighbor = {};                            ///< kRemoved: as it was.
  NudState previous = NudState::kNone;               ///< kChanged and kRemoved: the state before.
  bool resolution_ended = false;                     ///< INCOMPLETE ended in this change, with an answer or without.
  SendFailure removal = SendFailure::kEntryRemoved;  ///< kRemoved: why; kNoRoom also for what aged.
};

/// What became of an address of ours.
struct AddressChanged {
  enum class Kind : std::uint8_t {
    kTentative,    ///< Being verified (DAD, ACD probes); not used.
    kOptimistic,   ///< Usable while being verified (DAD-014).
    kPreferred,    ///< Verified, or added without verification: in use.
    kDuplicate,    ///< Another node has it: not assigned (DAD-012, ACD-005). Stays listed until removed.
    kConflict,     ///< Another node uses it, too; it is kept and was defended if it was time to (ACD-046 b, c).
    kWithdrawing,  ///< About to be given up after a conflict: reset what uses it (ACD-048). kDuplicate follows.
    kRemoved,
  };
  Kind kind = Kind::kPreferred;
  InterfaceIndex interface = InterfaceIndex::kNone;
  IpAddress address = {};
  LinkAddress other = {};  ///< kDuplicate, kConflict: the other node's link-layer address, if it is known.
  friend bool operator==(const AddressChanged&, const AddressChanged&) = default;
};

/// The port must let frames to this link-layer group through from now on, or no longer needs to (NDF-023, PRT-004).
/// An empty `group` means every group: a prefix is proxied, whose solicited-node groups are too many to list.
struct GroupChanged {
  InterfaceIndex interface = InterfaceIndex::kNone;
  LinkAddress group = {};
  bool joined = true;
  friend bool operator==(const GroupChanged&, const GroupChanged&) = default;
};

/// The default router list changed (RTR-005, RTR-012, ISR-007).
struct RouterChanged {
  InterfaceIndex interface = InterfaceIndex::kNone;
  IpAddress router = {};
  bool present = true;
  friend bool operator==(const RouterChanged&, const RouterChanged&) = default;
};

/// A distinct answer to a running `Engine::ask`, or (`ended`) that it is over.
struct AskAnswered {
  std::uint64_t ask = 0;
  bool ended = false;
  LinkAddress link_address = {};
  bool is_router = false;
  std::chrono::nanoseconds round_trip{0};
  friend bool operator==(const AskAnswered&, const AskAnswered&) = default;
};

using Effect = std::variant<SendFrame, DeliverPacket, PacketFailed, NeighborChanged, AddressChanged, GroupChanged,
                            RouterChanged, AskAnswered>;

/// Effects in the order in which they are to be performed, with the bytes they mean. Made to be used again: `clear`
/// keeps the memory.
class Effects {
 public:
  [[nodiscard]] const std::vector<Effect>& list() const noexcept { return list_; }
  [[nodiscard]] bool empty() const noexcept { return list_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return list_.size(); }
  [[nodiscard]] auto begin() const noexcept { return list_.begin(); }
  [[nodiscard]] auto end() const noexcept { return list_.end(); }

  /// Valid until the next call that appends or clears.
  [[nodiscard]] std::span<const std::uint8_t> bytes(const Slice& slice) const {
    return std::span(bytes_).subspan(slice.offset, slice.size);
  }

  void clear() noexcept {
    list_.clear();
    used_ = 0;
  }
  /// Appends a `T`, made of nothing, to be filled where it is: most effects are far smaller than the largest.
  template <class T>
  T& push() {
    return *std::get_if<T>(&list_.emplace_back(std::in_place_type<T>));
  }
  template <class T>
  void push(const T& effect) {
    push<T>() = effect;
  }
  /// Takes the last effect back; its bytes stay until `clear`.
  void pop() noexcept { list_.pop_back(); }
  /// Copies bytes in, for an effect that is pushed next.
  [[nodiscard]] Slice store(std::span<const std::uint8_t> bytes) {
    std::copy(bytes.begin(), bytes.end(), room(bytes.size()).begin());
    return keep(0, bytes.size());
  }
  /// Where `size` bytes may be written, of which `keep` makes the bytes of an effect.
  [[nodiscard]] std::span<std::uint8_t> room(std::size_t size) {
    if (bytes_.size() < used_ + size) bytes_.resize(std::max(2 * bytes_.size(), used_ + size));
    return std::span(bytes_).subspan(used_, size);
  }
  /// The bytes of the room up to `end`, without the first `skipped`.
  [[nodiscard]] Slice keep(std::size_t skipped, std::size_t end) {
    const Slice slice{used_ + skipped, end - skipped};
    used_ += end;
    return slice;
  }

 private:
  std::vector<Effect> list_;
  std::vector<std::uint8_t> bytes_;
  std::size_t used_ = 0;  // of bytes_
};

}  // namespace neigh::engine
