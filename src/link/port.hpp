// SPDX-License-Identifier: Apache-2.0
/// @file
/// `Port`: where frames come from and go to, in batches. A port moves bytes and reports what its link does; it knows no
/// protocol and filters nothing that the link let through (PRT-001).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/time.hpp"
#include "neigh/address.hpp"
#include "neigh/interface.hpp"
#include "neigh/result.hpp"

namespace neigh::link {

/// What a port's link is like now.
struct PortFacts {
  std::string name = {};
  InterfaceType type = InterfaceType::kEthernet;  ///< Any other type: header and payload travel apart.
  LinkAddress link_address = {};                  ///< Of the host behind this port.
  std::uint32_t mtu = 1500;
  bool up = true;       ///< Administratively.
  bool running = true;  ///< Carrier.
  friend bool operator==(const PortFacts&, const PortFacts&) = default;
};

/// A frame that came in. `bytes` is the whole Ethernet frame without FCS, its VLAN tag included (PRT-003); on other
/// links it is the payload, and the last three members say what the header said.
struct InFrame {
  std::span<const std::uint8_t> bytes = {};
  /// false: the sender on this machine left TCP's and UDP's checksum to hardware that never saw the frame (PRT-006).
  /// ICMPv6 is complete even so.
  bool checksum_ready = true;
  std::uint16_t ether_type = 0;
  LinkAddress source = {};
  bool link_unicast = true;  ///< Sent to our own link-layer address.
};

/// A frame to send, whole and without padding; on links other than Ethernet the payload, and the port makes the
/// header. An empty `destination` there means everybody.
struct OutFrame {
  std::span<const std::uint8_t> bytes = {};
  std::uint16_t ether_type = 0;
  LinkAddress destination = {};
};

struct PortCounters {
  std::uint64_t rx_frames = 0;
  std::uint64_t rx_bytes = 0;
  std::uint64_t rx_lost = 0;  ///< Came, and nobody took them in time (PRT-012).
  std::uint64_t tx_frames = 0;
  std::uint64_t tx_bytes = 0;
  std::uint64_t tx_dropped = 0;  ///< The link did not take them: down, full, too long.
  friend bool operator==(const PortCounters&, const PortCounters&) = default;
};

/// @threads One at a time.
class Port {
 public:
  virtual ~Port() = default;
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  /// As of the construction or the latest `refresh`.
  [[nodiscard]] virtual const PortFacts& facts() const = 0;

  /// Readable when frames may be there; -1: there is no descriptor.
  [[nodiscard]] virtual int fd() const { return -1; }
  /// Readable when `refresh` may have news; -1: there is no descriptor.
  [[nodiscard]] virtual int event_fd() const { return -1; }
  /// When frames will be there that no descriptor tells of (a recording that is played).
  [[nodiscard]] virtual std::optional<TimePoint> next_frame() const { return std::nullopt; }

  /// The next batch of frames that are there at `now`, in order of arrival; empty: none. Never waits.
  /// The frames are valid until the next call.
  /// @return An error only if the port will never work again.
  [[nodiscard]] virtual Result<std::span<const InFrame>> receive(TimePoint now) = 0;
  /// Sends in order. Never waits: what the link does not take now is dropped and counted.
  /// @return How many went out; an error only if the port will never work again.
  virtual Result<std::size_t> send(TimePoint now, std::span<const OutFrame> frames) = 0;

  /// Reads the news about the link.
  /// @return true: `facts` changed. An error: the link is gone for good.
  [[nodiscard]] virtual Result<bool> refresh() { return false; }

  /// Lets frames to a link-layer group through, or no longer (PRT-004). Empty: every group.
  /// @retval Errc::kInvalidArgument  `group` is none.
  [[nodiscard]] virtual Result<void> join(const LinkAddress& group) = 0;
  [[nodiscard]] virtual Result<void> leave(const LinkAddress& group) = 0;

  /// Frames about addresses of this prefix are this port's from now on, or no longer, as often as was said. For ports
  /// that share their device and take nothing else from it; for all others it means nothing.
  /// @retval Errc::kTableFull  too many. @retval Errc::kInvalidArgument  `prefix`, `length`. @retval Errc::kNotFound
  [[nodiscard]] virtual Result<void> claim(const IpAddress& /*prefix*/, std::uint8_t /*length*/) { return {}; }
  [[nodiscard]] virtual Result<void> release(const IpAddress& /*prefix*/, std::uint8_t /*length*/) { return {}; }

  [[nodiscard]] virtual PortCounters counters() = 0;

 protected:
  Port() = default;
};

}  // namespace neigh::link
