// SPDX-License-Identifier: Apache-2.0
// An engine in real time whose peer is the kernel: over a TAP device, or over a veth pair whose far end belongs to the
// engine. The test's thread is in the kernel's namespace.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "link/loop.hpp"
#include "link/packet.hpp"
#include "link/pcap.hpp"
#include "link/tap.hpp"
#include "link/xdp.hpp"
#include "support/ip_tool.hpp"
#include "support/netns.hpp"
#include "support/process.hpp"
#include "support/wait.hpp"

namespace neigh::link {

inline constexpr auto kEth = static_cast<InterfaceIndex>(1);

/// The XDP ports take everything off the device, or with `beside_kernel` only what is for the engine.
enum class PortKind { kTap, kPacket, kXdpGeneric, kXdpNative };

/// The kernel: 192.0.2.1/24, 2001:db8::1/64, 02:00:00:00:00:01. The engine: .2, ::2, :02 and fe80::ff:fe00:2, not
/// verified unless the test adds addresses itself.
class EngineHost {
 public:
  struct Options {
    engine::InterfaceSettings settings = quick_settings();
    engine::EngineLimits limits = {};
    bool addresses = true;
    bool record = false;  ///< Everything, for tshark.
    /// Not kTap: the kernel at the far end keeps its addresses, 192.0.2.2 and 2001:db8::2; the engine has no addresses
    /// and 02:00:00:00:00:42, through an XDP port the device's.
    bool beside_kernel = false;
  };

  /// Quiet, and NUD in fractions of a second: nothing is announced or asked that the test did not cause.
  static engine::InterfaceSettings quick_settings();

  EngineHost(PortKind kind, const Options& options);
  ~EngineHost();
  EngineHost(const EngineHost&) = delete;
  EngineHost& operator=(const EngineHost&) = delete;

  /// The kernel's device.
  [[nodiscard]] const std::string& device() const { return device_; }
  [[nodiscard]] engine::Engine& engine() { return *engine_; }
  [[nodiscard]] Loop& loop() { return *loop_; }
  [[nodiscard]] Port& port() { return *port_; }

  /// Runs the engine until `condition` holds; false: it never did.
  [[nodiscard]] bool run_until(const std::function<bool()>& condition);
  /// Runs the engine while `command` runs in the kernel's namespace.
  test::CommandResult run_beside(const std::string& command);
  /// Runs the engine until the frames that were sent before are taken.
  void settle();

  void add_address(const IpAddress& address, bool verify);
  /// Sends an echo request of the engine's host. Requests of the kernel are answered by themselves.
  engine::SendOutcome ping(const IpAddress& destination);
  [[nodiscard]] NudState state_of(const IpAddress& address) const;
  /// Whether it came into that state since `neighbors` was cleared; it may have left it again.
  [[nodiscard]] bool was(const IpAddress& address, NudState state) const;
  [[nodiscard]] std::string link_of(const IpAddress& address) const;
  [[nodiscard]] std::optional<engine::AddressChanged::Kind> own_state(const IpAddress& address) const;
  /// All drop counters that are not zero, by name, for exact comparisons.
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> drops() const;
  [[nodiscard]] std::uint64_t frames_out() const { return engine_->counters(kEth)->frames_out; }
  [[nodiscard]] const std::string& recording();  ///< Path of a finished file; needs `record`.

  std::vector<engine::AddressChanged> addresses;
  std::vector<engine::NeighborChanged> neighbors;
  std::uint64_t failed_packets = 0;
  std::uint64_t echo_replies = 0;

 private:
  void perform(const engine::Effect& effect, std::span<const std::uint8_t> bytes);
  void answer(const engine::DeliverPacket& packet, std::span<const std::uint8_t> bytes);

  std::unique_ptr<test::VethPair> veth_;
  std::unique_ptr<test::Namespace> space_;
  std::optional<test::Namespace::Scope> inside_;
  std::string device_;
  std::unique_ptr<Port> port_;
  std::string pcap_path_;
  std::optional<PcapWriter> writer_;
  std::unique_ptr<RecordingPort> recorder_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<Loop> loop_;
};

inline IpAddress ip(std::string_view text) { return *IpAddress::parse(text); }
inline LinkAddress mac(std::string_view text) { return *LinkAddress::parse(text); }

}  // namespace neigh::link
