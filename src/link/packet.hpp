// SPDX-License-Identifier: Apache-2.0
/// @file
/// `PacketPort`: an Ethernet device of the kernel through an AF_PACKET socket.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "link/device.hpp"
#include "link/port.hpp"

namespace neigh::link {

struct PacketOptions {
  std::string device = {};
  /// Of the host behind this port; empty: the device's own. The kernel's stack on the device should then have no
  /// addresses, or both answer (PRT-007).
  LinkAddress link_address = {};
  std::uint32_t receive_buffer = 4U * 1'024 * 1'024;  ///< Bytes of frames that wait; 64 KiB to 1 GiB.
};

/// Frames that this machine sends on the device are left out (PRT-002), VLAN tags stand in the frames (PRT-003), and a
/// frame longer than the MTU allows is cut to one byte more, so that it still shows as too long (PRT-010).
class PacketPort final : public Port {
 public:
  /// @retval Errc::kNoSuchInterface   there is no such device.
  /// @retval Errc::kNotSupported      it is no Ethernet device.
  /// @retval Errc::kPermissionDenied  CAP_NET_RAW is needed.
  /// @retval Errc::kInvalidArgument   `device`, `link_address`, `receive_buffer`.
  [[nodiscard]] static Result<std::unique_ptr<PacketPort>> open(const PacketOptions& options);
  ~PacketPort() override;

  [[nodiscard]] const PortFacts& facts() const override { return facts_; }
  [[nodiscard]] int fd() const override { return fd_.get(); }
  [[nodiscard]] int event_fd() const override { return device_.event_fd(); }
  [[nodiscard]] Result<std::span<const InFrame>> receive(TimePoint now) override;
  Result<std::size_t> send(TimePoint now, std::span<const OutFrame> frames) override;
  [[nodiscard]] Result<bool> refresh() override;
  [[nodiscard]] Result<void> join(const LinkAddress& group) override;
  [[nodiscard]] Result<void> leave(const LinkAddress& group) override;
  [[nodiscard]] PortCounters counters() override;

 private:
  struct Buffers;
  PacketPort(UniqueFd fd, Device device);
  void apply(const DeviceState& state);
  void size_buffers();

  UniqueFd fd_;
  Device device_;
  PortFacts facts_;
  LinkAddress own_;              ///< Empty: the device's.
  std::uint32_t lost_seen_ = 0;  ///< The kernel's counter, which wraps.
  PortCounters counters_;
  std::unique_ptr<Buffers> buffers_;
  std::vector<InFrame> batch_;
};

}  // namespace neigh::link
