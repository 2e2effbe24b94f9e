// SPDX-License-Identifier: Apache-2.0
/// @file
/// An engine in virtual time, with everything it does as one line of text each, so that tests compare whole lists.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.hpp"
#include "wire/arp.hpp"
#include "wire/nd.hpp"

namespace neigh::engine::test {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Bytes = std::vector<std::uint8_t>;
using Lines = std::vector<std::string>;

inline constexpr auto kEth0 = static_cast<InterfaceIndex>(2);

[[nodiscard]] IpAddress ip(std::string_view text);
[[nodiscard]] LinkAddress lla(std::string_view text);

// The host under test, and its neighbors.
inline constexpr std::string_view kOurLink = "02:00:00:00:00:01";
inline constexpr std::string_view kPeerLink = "02:00:00:00:00:02";
inline constexpr std::string_view kOtherLink = "02:00:00:00:00:03";
inline constexpr std::string_view kBroadcast = "ff:ff:ff:ff:ff:ff";

/// One line for an effect; the formats are those of the functions below and of the tests.
[[nodiscard]] std::string to_line(const Effect& effect, const Effects& all);
/// One line for a frame that we send or could receive.
[[nodiscard]] std::string frame_line(std::span<const std::uint8_t> frame);

/// Cites statements separated by spaces.
void cite_all(std::string_view statements);

/// Settings whose timers and counts differ from the defaults, and without anything that speaks unasked.
[[nodiscard]] InterfaceSettings quiet();
[[nodiscard]] InterfaceSettings quiet_linux();

struct HarnessOptions {
  InterfaceSettings settings = quiet();
  EngineLimits limits = {};
  bool ipv4 = true;
  bool ipv6 = true;
  bool with_interface = true;
  bool with_addresses = true;  ///< 192.0.2.1/24, fe80::1 and 2001:db8::1 with 2001:db8::/64 on-link, all assigned.
  std::uint64_t seed = 1;
  seconds settle{0};  ///< Time that passes before the test begins.
};

class Harness {
 public:
  explicit Harness(const HarnessOptions& options = {});
  ~Harness();

  Engine& engine() { return *engine_; }
  [[nodiscard]] TimePoint now() const { return now_; }
  [[nodiscard]] milliseconds elapsed() const { return std::chrono::duration_cast<milliseconds>(now_ - TimePoint{}); }
  /// Effects of calls that the test makes itself: `engine().x(now(), ..., out())`, then `take`.
  Effects& out() { return effects_; }

  /// Lines of all effects since the last call.
  Lines take();
  /// Those that are frames ("arp ...", "ns ...", "ip ..."), or the others.
  Lines take_frames();
  /// Runs what is due until `duration` has passed.
  void advance(TimePoint::duration duration);
  void receive(std::span<const std::uint8_t> frame);
  SendOutcome send(const Bytes& packet, std::uint64_t cookie = 0);

  [[nodiscard]] std::optional<Neighbor> entry(std::string_view address);
  /// "reachable 02:00:00:00:00:02", "incomplete", or "-".
  [[nodiscard]] std::string state(std::string_view address);
  /// Puts an entry into a state.
  void enter(std::string_view address, NudState state, std::string_view link = kPeerLink, bool router = false);
  [[nodiscard]] InterfaceCounters counters();
  [[nodiscard]] std::uint64_t drops(Reason reason) { return counters().of(reason); }
  [[nodiscard]] std::uint64_t drops(wire::DropReason reason) { return counters().of(reason); }
  /// "" or the engine's complaint.
  [[nodiscard]] std::string audit() { return engine_->audit(); }

 private:
  void collect();
  std::unique_ptr<Engine> engine_;
  TimePoint now_{};
  Effects effects_;
  Lines lines_;
};

// --- Frames to receive; `link` is the Ethernet source unless said otherwise ---

struct ArpFrame {
  std::uint16_t operation = 1;
  std::string sha{kPeerLink};
  std::string spa = "192.0.2.2";
  std::string tha = "00:00:00:00:00:00";
  std::string tpa = "192.0.2.1";
  std::string destination{kBroadcast};
  std::string source = "";  ///< Empty: sha.
};
[[nodiscard]] Bytes arp(const ArpFrame& frame = {});
[[nodiscard]] inline Bytes arp_request(std::string spa, std::string tpa, std::string sha = std::string(kPeerLink)) {
  return arp({.sha = std::move(sha), .spa = std::move(spa), .tpa = std::move(tpa)});
}
/// To our link-layer address.
[[nodiscard]] Bytes arp_reply(std::string spa, std::string sha = std::string(kPeerLink), std::string tpa = "192.0.2.1",
                              std::string destination = std::string(kOurLink));

struct NsFrame {
  std::string source = "fe80::2";
  std::string destination = "";  ///< Empty: the solicited-node group of the target.
  std::string target = "fe80::1";
  std::string sllao{kPeerLink};  ///< Empty: none.
  Bytes nonce = {};
  std::string link{kPeerLink};
  std::string link_destination = "";  ///< Empty: follows from the destination.
};
[[nodiscard]] Bytes ns(const NsFrame& frame = {});

struct NaFrame {
  std::string source = "fe80::2";
  std::string destination = "fe80::1";
  std::string target = "fe80::2";
  std::string flags = "SO";  ///< Of R, S and O.
  std::string tllao{kPeerLink};
  std::string link{kPeerLink};
  std::string link_destination = "";
};
[[nodiscard]] Bytes na(const NaFrame& frame = {});

struct RaFrame {
  std::string source = "fe80::9";
  std::string sllao = "02:00:00:00:00:09";
  std::uint16_t lifetime = 1800;
  std::uint32_t reachable_ms = 0;
  std::uint32_t retrans_ms = 0;
  std::uint8_t hop_limit = 0;
  std::vector<wire::PrefixInformation> prefixes = {};
  std::string link = "02:00:00:00:00:09";
};
[[nodiscard]] Bytes ra(const RaFrame& frame = {});

struct RedirectFrame {
  std::string source = "fe80::9";
  std::string destination = "2001:db8::1";
  std::string target = "fe80::a";
  std::string redirected = "2001:db8:1::1";
  std::string tllao = "02:00:00:00:00:0a";
  std::string link = "02:00:00:00:00:09";
};
[[nodiscard]] Bytes redirect(const RedirectFrame& frame = {});
[[nodiscard]] Bytes rs(const std::string& source = "fe80::2", const std::string& sllao = std::string(kPeerLink));

/// A UDP packet, from its IP header on, padded to `size` bytes.
[[nodiscard]] Bytes packet(std::string_view source, std::string_view destination, std::size_t size = 64);
/// The same in an Ethernet frame.
[[nodiscard]] Bytes framed(const Bytes& packet, std::string_view destination = kOurLink,
                           std::string_view source = kPeerLink);

}  // namespace neigh::engine::test
