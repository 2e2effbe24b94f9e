// SPDX-License-Identifier: Apache-2.0
#include "link/tap.hpp"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace neigh::link {
namespace {

constexpr std::size_t kBatch = 64;
constexpr std::size_t kMaxHeader = 14 + 4 + 4;  // Ethernet with two tags: the engine is to see that it is too long

bool is_unicast(const LinkAddress& address) { return address.size() == 6 && !address.is_group() && !address.is_zero(); }

}  // namespace

Result<std::unique_ptr<TapPort>> TapPort::open(const TapOptions& options) {
  ifreq request{};
  if (options.name.empty() || options.name.size() >= sizeof request.ifr_name) {
    return Error{.code = Errc::kInvalidArgument, .field = "name", .detail = options.name};
  }
  if (!is_unicast(options.link_address)) return Error{.code = Errc::kInvalidArgument, .field = "link_address"};
  if (!options.kernel_link_address.empty() && !is_unicast(options.kernel_link_address)) {
    return Error{.code = Errc::kInvalidArgument, .field = "kernel_link_address"};
  }
  UniqueFd fd(::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return system_error(errno, "/dev/net/tun");
  std::memcpy(request.ifr_name, options.name.c_str(), options.name.size() + 1);
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  if (::ioctl(fd.get(), TUNSETIFF, &request) != 0) {
    Error error = system_error(errno, "TAP device", options.name);
    if (error.sys_errno == EBUSY || error.sys_errno == EINVAL) error.code = Errc::kAlreadyExists;
    if (error.sys_errno == EBUSY) error.detail += ": in use by another process";
    if (error.sys_errno == EINVAL)
      error.detail += ": there is a device of that name that is no single-queue TAP device";
    return error;
  }
  Result<Device> device = Device::open(request.ifr_name);
  if (!device) return device.error();
  if (!options.kernel_link_address.empty()) {
    if (Result<void> set = device->set_link_address(options.kernel_link_address); !set) return set.error();
  }
  if (options.bring_up) {
    if (Result<void> up = device->set_up(); !up) return up.error();
  }
  // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): the constructor is private.
  std::unique_ptr<TapPort> port(new TapPort(std::move(fd), std::move(*device)));
  const Result<DeviceState> state = port->device_.read();
  if (!state) return state.error();
  port->facts_.link_address = options.link_address;
  port->lost_before_ = state->tx_dropped;
  port->apply(*state);
  return port;
}

void TapPort::apply(const DeviceState& state) {
  facts_.name = state.name;
  facts_.mtu = state.mtu;
  facts_.running = state.up;
}

Result<std::span<const InFrame>> TapPort::receive(TimePoint /*now*/) {
  // The slots change their size here alone, while nobody looks into them.
  slot_ = facts_.mtu + kMaxHeader + 1;
  buffer_.resize(slot_ * kBatch);
  batch_.clear();
  while (batch_.size() < kBatch) {
    std::uint8_t* slot = buffer_.data() + batch_.size() * slot_;
    const ssize_t size = ::read(fd_.get(), slot, slot_);
    if (size < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) break;
      // EBADFD: the device was deleted. What was read before it counts.
      if (batch_.empty()) return system_error(errno, "TAP device", facts_.name);
      break;
    }
    // A frame cut to the slot is still longer than the MTU allows, and dropped as such.
    batch_.push_back(InFrame{.bytes = {slot, static_cast<std::size_t>(size)}});
    ++counters_.rx_frames;
    counters_.rx_bytes += static_cast<std::uint64_t>(size);
  }
  return std::span<const InFrame>(batch_);
}

Result<std::size_t> TapPort::send(TimePoint /*now*/, std::span<const OutFrame> frames) {
  std::size_t sent = 0;
  for (const OutFrame& frame : frames) {
    ssize_t size = 0;
    do {
      size = ::write(fd_.get(), frame.bytes.data(), frame.bytes.size());
    } while (size < 0 && errno == EINTR);
    if (size < 0) {
      ++counters_.tx_dropped;
      if (errno == EBADFD) return system_error(errno, "TAP device", facts_.name);
      continue;  // EIO: the kernel's end is down. EAGAIN, ENOMEM: no room.
    }
    ++sent;
    ++counters_.tx_frames;
    counters_.tx_bytes += frame.bytes.size();
  }
  return sent;
}

Result<bool> TapPort::refresh() {
  if (!device_.drain()) return false;
  const Result<DeviceState> state = device_.read();
  if (!state) return state.error();
  const PortFacts before = facts_;
  apply(*state);
  return facts_ != before;
}

Result<void> TapPort::join(const LinkAddress& /*group*/) { return {}; }
Result<void> TapPort::leave(const LinkAddress& /*group*/) { return {}; }

PortCounters TapPort::counters() {
  if (const Result<DeviceState> state = device_.read()) counters_.rx_lost = state->tx_dropped - lost_before_;
  return counters_;
}

}  // namespace neigh::link
