// SPDX-License-Identifier: Apache-2.0
/// @file
/// Raw Ethernet frames for tests: a socket on a device, and a device whose wire is the test.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "support/fd.hpp"
#include "support/wait.hpp"

namespace neigh::test {

using Frame = std::vector<std::byte>;

/// The frame in hexadecimal, for messages.
[[nodiscard]] std::string to_hex(std::span<const std::byte> frame);

/// Bytes 12 and 13; 0 if it is too short.
[[nodiscard]] std::uint16_t ether_type(std::span<const std::byte> frame);

/// Sends and receives whole frames, and remembers none.
class FramePort {
 public:
  virtual ~FramePort() = default;

  /// @throws std::system_error.
  void send(std::span<const std::byte> frame);
  /// The next frame, waiting at most `within`. @throws std::system_error.
  [[nodiscard]] std::optional<Frame> receive(std::chrono::milliseconds within = kPatience);
  /// The next frame for which `wanted` is true; others are dropped.
  [[nodiscard]] std::optional<Frame> receive_if(const std::function<bool(std::span<const std::byte>)>& wanted,
                                                std::chrono::milliseconds within = kPatience);
  /// All frames that are there now.
  [[nodiscard]] std::vector<Frame> drain();

 protected:
  FramePort() = default;
  FramePort(FramePort&&) = default;
  FramePort& operator=(FramePort&&) = default;

  [[nodiscard]] const Fd& fd() const { return fd_; }
  void set_fd(Fd fd) { fd_ = std::move(fd); }

 private:
  virtual std::optional<Frame> take();  // the next frame, without waiting

  Fd fd_;
};

/// A packet socket: sees what `device` receives, not what it sends. It belongs to the network namespace that the
/// thread is in when it is opened; frames are collected from then on, also while nobody reads. VLAN tags that the
/// kernel has taken off are put back. @throws std::system_error.
class FrameSocket final : public FramePort {
 public:
  explicit FrameSocket(const std::string& device);

 private:
  std::optional<Frame> take() override;
};

/// A TAP device in the calling thread's network namespace, up: what the kernel sends there is received here, and what
/// is sent here the kernel receives. It is gone with the object. @throws std::system_error.
class TapDevice final : public FramePort {
 public:
  explicit TapDevice(const std::string& name, const std::string& link_address = "02:00:00:00:00:01");
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::uint32_t index() const { return index_; }

 private:
  std::string name_;
  std::uint32_t index_ = 0;
};

}  // namespace neigh::test
