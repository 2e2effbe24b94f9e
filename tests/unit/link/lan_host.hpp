// SPDX-License-Identifier: Apache-2.0
// A host on a LAN: an engine, its driver and its port, with everything that happened written down.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "link/driver.hpp"
#include "link/lan.hpp"
#include "wire/echo.hpp"

namespace neigh::link {

inline constexpr auto kEth = static_cast<InterfaceIndex>(1);

struct LanHostOptions {
  engine::InterfaceSettings settings = engine::InterfaceSettings::rfc();
  engine::EngineLimits limits = {};
  bool verify = false;  ///< ACD and DAD before addresses are used.
  bool promiscuous = false;
  LinkAddress link_address = {};  ///< Empty: 02:00:00:00:HH:LL.
  CableQuality to_lan = {};
  CableQuality from_lan = {};
};

class LanHost {
 public:
  LanHost(Simulation& simulation, Lan& lan, std::uint16_t number, const LanHostOptions& options = {})
      : world(simulation), number_(number) {
    engine = *engine::Engine::make({.limits = options.limits, .seed = number});
    driver = std::make_unique<Driver>(*engine);
    driver->set_handler([this](TimePoint at, const engine::Effect& effect, std::span<const std::uint8_t> bytes) {
      write_down(at, effect, bytes);
    });
    driver->set_failure_handler([this](InterfaceIndex, const Error& error) { failures.push_back(error); });
    driver->set_changed([this] { world.reschedule(*driver); });
    Result<LanPort*> made =
        lan.connect({.name = "eth0",
                     .link_address = options.link_address.empty() ? ether(number) : options.link_address,
                     .station = driver.get(),
                     .promiscuous = options.promiscuous,
                     .to_lan = options.to_lan,
                     .from_lan = options.from_lan});
    EXPECT_TRUE(made);
    port = *made;
    world.attach(*driver);
    const Result<void> added = driver->add(world.now(), {.index = kEth, .settings = options.settings}, *port);
    EXPECT_TRUE(added) << added.error().message();
    for (const IpAddress& address : {v4(number), v6(number)}) {
      const auto length = static_cast<std::uint8_t>(address.is_v4() ? 16 : 64);
      expect_done([&](engine::Engine& e, engine::Effects& out) {
        return e.add_address(world.now(), kEth, {.address = address, .prefix_length = length, .verify = options.verify},
                             out);
      });
    }
    expect_done(
        [&](engine::Engine& e, engine::Effects& out) { return e.add_prefix(world.now(), kEth, v6(0), 64, out); });
  }
  ~LanHost() {
    port->set_station(nullptr);
    world.detach(*driver);
  }
  LanHost(const LanHost&) = delete;
  LanHost& operator=(const LanHost&) = delete;

  static LinkAddress ether(std::uint16_t number) {
    return LinkAddress::ether({2, 0, 0, 0, static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number)});
  }
  static IpAddress v4(std::uint16_t number) {
    return IpAddress::v4(10, 0, static_cast<std::uint8_t>(number >> 8U), static_cast<std::uint8_t>(number));
  }
  static IpAddress v6(std::uint16_t number) {
    return IpAddress::v6({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, static_cast<std::uint8_t>(number >> 8U),
                          static_cast<std::uint8_t>(number)});
  }

  template <class Function>
  void expect_done(Function&& function) {
    const Result<void> done = driver->call(world.now(), std::forward<Function>(function));
    EXPECT_TRUE(done) << done.error().message();
  }

  /// Sends an echo request; the host there just gets it.
  engine::SendOutcome send_to(const IpAddress& destination, std::uint16_t sequence = 0) {
    const IpAddress own = destination.is_v4() ? v4(number_) : v6(number_);
    const auto nobody = LinkAddress::ether({});
    const wire::EthernetHeader ignored{.destination = nobody, .source = nobody};
    std::array<std::uint8_t, 128> buffer{};
    wire::FrameWriter out{buffer};
    const wire::Echo echo{.identifier = number_, .sequence = sequence};
    const auto size = destination.is_v4() ? wire::emit_echo4_frame(ignored, own, destination, echo, out)
                                          : wire::emit_echo6_frame(ignored, own, destination, echo, out);
    EXPECT_TRUE(size);
    const auto packet = std::span<const std::uint8_t>(buffer).subspan(14, *size - 14);
    return driver->call(world.now(), [&](engine::Engine& e, engine::Effects& effects) {
      return e.send_packet(world.now(), kEth, packet, effects);
    });
  }

  [[nodiscard]] NudState state_of(const IpAddress& address) const {
    const Result<Neighbor> entry = engine->get(world.now(), {kEth, address});
    return entry ? entry->state : NudState::kNone;
  }
  [[nodiscard]] engine::InterfaceCounters counters() const { return *engine->counters(kEth); }

  Simulation& world;
  std::unique_ptr<engine::Engine> engine;
  std::unique_ptr<Driver> driver;
  LanPort* port = nullptr;
  std::uint64_t delivered = 0;
  std::uint64_t failed_packets = 0;
  std::vector<engine::AddressChanged> addresses;
  std::vector<engine::NeighborChanged> neighbors;
  bool keep_neighbors = true;
  std::vector<Error> failures;

 private:
  void write_down(TimePoint /*at*/, const engine::Effect& effect, std::span<const std::uint8_t> /*bytes*/) {
    if (std::holds_alternative<engine::DeliverPacket>(effect)) ++delivered;
    if (std::holds_alternative<engine::PacketFailed>(effect)) ++failed_packets;
    if (const auto* change = std::get_if<engine::AddressChanged>(&effect)) addresses.push_back(*change);
    if (const auto* change = std::get_if<engine::NeighborChanged>(&effect)) {
      if (keep_neighbors) neighbors.push_back(*change);
    }
  }
  std::uint16_t number_;
};

}  // namespace neigh::link
