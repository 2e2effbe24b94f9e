// SPDX-License-Identifier: Apache-2.0
/// @file
/// `Lan`: a link in memory and in virtual time, with as many ports as wanted, each behind a cable that may lose, delay,
/// duplicate and reorder by seeded chance.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "link/port.hpp"
#include "link/simulation.hpp"

namespace neigh::link {

/// One direction of a cable. Frames keep their order, whatever `jitter` does, but for those that `reorder` holds back.
struct CableQuality {
  double loss = 0;       ///< Chance of a frame to vanish.
  double duplicate = 0;  ///< Chance of a frame to come twice.
  double reorder = 0;    ///< Chance of a copy to be held back by `hold`, so that others pass it.
  Duration delay{0};     ///< Of every copy.
  Duration jitter{0};    ///< At most this much more, evenly spread.
  Duration hold{std::chrono::milliseconds{1}};

  /// @retval Errc::kInvalidArgument  a chance outside 0 to 1, a time below 0 or above a day; field names it.
  [[nodiscard]] Result<void> validate() const;
  friend bool operator==(const CableQuality&, const CableQuality&) = default;
};

/// What became of the frames of one direction of a cable.
struct CableCounters {
  std::uint64_t frames = 0;  ///< Put in.
  std::uint64_t lost = 0;
  std::uint64_t duplicated = 0;
  std::uint64_t reordered = 0;
  friend bool operator==(const CableCounters&, const CableCounters&) = default;
};

/// A frame on its way. On links other than Ethernet `bytes` is the payload and the other members are its header.
struct LanFrame {
  std::vector<std::uint8_t> bytes = {};
  std::uint16_t ether_type = 0;
  LinkAddress source = {};
  LinkAddress destination = {};  ///< Empty: everybody.
};

struct LanOptions {
  std::uint64_t seed = 1;  ///< Of all cables; each has dice of its own, so that one more port changes no other.
  InterfaceType type = InterfaceType::kEthernet;
  std::uint32_t mtu = 1500;
  Duration latency{std::chrono::microseconds{5}};  ///< From cable to cable.
  bool hub = false;                                ///< true: no switch, every frame goes to every port.
  std::size_t max_in_flight = 1'000'000;           ///< Frames on the way; more are dropped and counted.
  std::size_t max_waiting = 4'096;                 ///< Frames that wait in a port to be taken (PRT-012).
};

struct LanPortOptions {
  std::string name = {};  ///< Of the interface.
  LinkAddress link_address = {};
  Station* station = nullptr;  ///< Polled when frames come; nothing: the frames wait to be taken.
  bool promiscuous = false;    ///< false: as a network card, lets own address, broadcast and joined groups through.
  bool deaf = false;           ///< Nothing comes out of it.
  CableQuality to_lan = {};
  CableQuality from_lan = {};
};

class LanPort;

/// @threads Those of its simulation.
class Lan {
 public:
  explicit Lan(Simulation& simulation, const LanOptions& options = {});
  ~Lan();
  Lan(const Lan&) = delete;
  Lan& operator=(const Lan&) = delete;

  /// The port lives as long as the LAN.
  /// @retval Errc::kInvalidArgument  a cable's quality, or a link-layer address that does not fit the type of the link.
  [[nodiscard]] Result<LanPort*> connect(const LanPortOptions& options);

  /// Sees every frame that reaches the middle of the LAN, with its time. One monitor.
  void set_monitor(std::function<void(TimePoint, const LanFrame&)> monitor);

  [[nodiscard]] std::size_t in_flight() const;
  [[nodiscard]] std::uint64_t overflowed() const;  ///< Dropped because of `max_in_flight`.

 private:
  friend class LanPort;
  struct Core;
  std::shared_ptr<Core> core_;  // events of the simulation hold it weakly and outlive it
};

/// A port of a LAN, and the cable behind it.
class LanPort final : public Port {
 public:
  ~LanPort() override;

  [[nodiscard]] const PortFacts& facts() const override;
  [[nodiscard]] Result<std::span<const InFrame>> receive(TimePoint now) override;
  /// `now` is the simulation's: an earlier one counts as that.
  Result<std::size_t> send(TimePoint now, std::span<const OutFrame> frames) override;
  [[nodiscard]] Result<bool> refresh() override;
  [[nodiscard]] Result<void> join(const LinkAddress& group) override;
  [[nodiscard]] Result<void> leave(const LinkAddress& group) override;
  [[nodiscard]] PortCounters counters() override;

  /// Pulls the plug or puts it in; frames on the way are lost (PRT-011).
  void set_carrier(bool present);
  void set_up(bool up);
  void set_link_address(const LinkAddress& address);
  /// From now on; frames that are already in the cable stay as they are.
  [[nodiscard]] Result<void> set_cable(const CableQuality& to_lan, const CableQuality& from_lan);
  void set_station(Station* station);
  [[nodiscard]] CableCounters to_lan() const;
  [[nodiscard]] CableCounters from_lan() const;

 private:
  friend class Lan;
  struct State;
  LanPort(Lan::Core& lan, std::size_t number, const LanPortOptions& options);
  Lan::Core& lan_;
  std::unique_ptr<State> state_;
};

}  // namespace neigh::link
