// SPDX-License-Identifier: Apache-2.0
/// @file
/// `XdpPort`: an Ethernet device of the kernel through an AF_XDP socket. A small BPF program takes the port's frames
/// off the device before the kernel's stack sees them; all others go on to the kernel.
///
/// An optional part of the build (NEIGH_XDP, libxdp and libbpf): without it `XdpPort::open` says kNotSupported.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "link/port.hpp"

namespace neigh::link {

/// What is taken off the device.
enum class XdpTake : std::uint8_t {
  /// ARP and Neighbor Discovery for the claimed addresses (`Port::claim`), and nothing else: another stack, such as the
  /// kernel, has their packets.
  kNeighbor,
  /// These, and IP packets to the claimed addresses. What goes to groups and broadcast addresses, Router Advertisements
  /// to all nodes and multicast adverts of others included, is the kernel's.
  kOwn,
  /// Everything; the kernel's stack hears nothing on this queue any more. Needed by who listens to groups.
  kAll,
};

enum class XdpAttach : std::uint8_t {
  kAny,      ///< In the driver where it can, else generic.
  kNative,   ///< In the driver.
  kGeneric,  ///< In the kernel's receive path, after the driver made a packet buffer of each frame; any device.
};

enum class XdpCopy : std::uint8_t {
  kAny,       ///< Without copies where the driver can.
  kCopy,      ///< The kernel copies each frame.
  kZeroCopy,  ///< The device writes into our memory and reads from there. Not with kGeneric.
};

struct XdpOptions {
  std::string device = {};
  LinkAddress link_address = {};  ///< Of the host behind this port; empty: the device's own, shared with the kernel.
  XdpTake take = XdpTake::kOwn;
  XdpAttach attach = XdpAttach::kAny;
  XdpCopy copy = XdpCopy::kAny;
  /// Of the device. Frames that come in by other queues stay the kernel's: give the device one queue
  /// (`ethtool -L DEV combined 1`), or steer frames to this one.
  std::uint32_t queue = 0;
  /// Only frames with this VLAN's tag are taken; nothing: those without a tag or with one of priority alone (kAll:
  /// all). Tags that the device takes off (`ethtool -K DEV rxvlan off` keeps it from that) no XDP program sees.
  std::optional<std::uint16_t> vlan = {};
  /// For each direction: a power of two, 64 to 32,768. Twice as many, of 2 or 4 KiB, are locked in memory, which counts
  /// against RLIMIT_MEMLOCK.
  std::uint32_t frames = 1'024;
};

/// What an open port obtained.
struct XdpObtained {
  bool native = false;     ///< The program runs in the driver.
  bool zero_copy = false;  ///< Frames are not copied by the kernel.
  friend bool operator==(const XdpObtained&, const XdpObtained&) = default;
};

/// One port for each device at a time. Frames that this machine sends on the device are left out (PRT-002). Frames that
/// come in are read where the kernel or the device put them. The program is detached with the port, and by the kernel
/// when the process ends in whatever way: it hangs on a descriptor (a BPF link). While the program is attached, the
/// device's MTU is limited to what fits one page.
///
/// Where the kernel leaves checksums to hardware that is not there (PRT-006) cannot be told: with a generic program
/// `InFrame::checksum_ready` is false.
class XdpPort final : public Port {
 public:
  /// @retval Errc::kNoSuchInterface   there is no such device.
  /// @retval Errc::kNotSupported      no Ethernet device; its MTU is over 3,500; the device cannot do what `attach` or
  ///         `copy` asks for; the kernel has no AF_XDP or no BPF links for XDP; this library was built without.
  /// @retval Errc::kPermissionDenied  CAP_NET_RAW, CAP_NET_ADMIN and CAP_BPF are needed, the last two of the machine
  ///         itself: those of a user namespace are not enough.
  /// @retval Errc::kAlreadyExists     another program or socket has the device or its queue.
  /// @retval Errc::kNoMemory          so much memory may not be locked.
  /// @retval Errc::kInvalidArgument   field names the option; `queue`: the device has no such queue.
  /// It waits up to 200 ms for a queue that another socket, just closed, still has.
  [[nodiscard]] static Result<std::unique_ptr<XdpPort>> open(const XdpOptions& options);
  ~XdpPort() override;

  /// Whether this library was built with it.
  [[nodiscard]] static bool is_built_in();

  [[nodiscard]] XdpObtained obtained() const;
  /// Of the program, for tools and tests.
  [[nodiscard]] int program_fd() const;

  [[nodiscard]] const PortFacts& facts() const override;
  [[nodiscard]] int fd() const override;
  [[nodiscard]] int event_fd() const override;
  [[nodiscard]] Result<std::span<const InFrame>> receive(TimePoint now) override;
  Result<std::size_t> send(TimePoint now, std::span<const OutFrame> frames) override;
  [[nodiscard]] Result<bool> refresh() override;
  [[nodiscard]] Result<void> join(const LinkAddress& group) override;
  [[nodiscard]] Result<void> leave(const LinkAddress& group) override;
  [[nodiscard]] Result<void> claim(const IpAddress& prefix, std::uint8_t length) override;
  [[nodiscard]] Result<void> release(const IpAddress& prefix, std::uint8_t length) override;
  [[nodiscard]] PortCounters counters() override;

  static constexpr std::uint32_t kMaxClaims = 65'536;

 private:
  struct State;
  explicit XdpPort(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace neigh::link
