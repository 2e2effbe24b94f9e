// SPDX-License-Identifier: Apache-2.0
/// @file
/// `TapPort`: a cable to the Linux kernel. The kernel's end is a TAP device, ours is a host of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "link/device.hpp"
#include "link/port.hpp"

namespace neigh::link {

struct TapOptions {
  std::string name = {};          ///< Of the device; made if there is none, and gone with the port then. May hold %d.
  LinkAddress link_address = {};  ///< Ours, not the kernel's.
  LinkAddress kernel_link_address = {};  ///< Set on the device; empty: as it is.
  bool bring_up = false;                 ///< Also the device; false: its administrator does that.
};

/// Carrier of ours is the device being up: the kernel's end of the cable. The facts' MTU is the device's.
class TapPort final : public Port {
 public:
  /// @retval Errc::kInvalidArgument   `name`, or a link-layer address that is not a unicast one of 6 bytes.
  /// @retval Errc::kAlreadyExists     the device is in use, or it is no TAP device.
  /// @retval Errc::kPermissionDenied  CAP_NET_ADMIN is needed, or being the owner of the device.
  [[nodiscard]] static Result<std::unique_ptr<TapPort>> open(const TapOptions& options);

  [[nodiscard]] const PortFacts& facts() const override { return facts_; }
  [[nodiscard]] int fd() const override { return fd_.get(); }
  [[nodiscard]] int event_fd() const override { return device_.event_fd(); }
  [[nodiscard]] Result<std::span<const InFrame>> receive(TimePoint now) override;
  Result<std::size_t> send(TimePoint now, std::span<const OutFrame> frames) override;
  [[nodiscard]] Result<bool> refresh() override;
  /// The kernel sends everything down this cable.
  [[nodiscard]] Result<void> join(const LinkAddress& group) override;
  [[nodiscard]] Result<void> leave(const LinkAddress& group) override;
  /// `rx_lost`: what the kernel's device dropped since it was opened here.
  [[nodiscard]] PortCounters counters() override;

 private:
  TapPort(UniqueFd fd, Device device) : fd_(std::move(fd)), device_(std::move(device)) {}
  void apply(const DeviceState& state);

  UniqueFd fd_;
  Device device_;
  PortFacts facts_;
  std::uint64_t lost_before_ = 0;
  PortCounters counters_;
  std::size_t slot_ = 0;
  std::vector<std::uint8_t> buffer_;
  std::vector<InFrame> batch_;
};

}  // namespace neigh::link
