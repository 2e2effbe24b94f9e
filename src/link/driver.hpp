// SPDX-License-Identifier: Apache-2.0
/// @file
/// `Driver`: between one engine and its ports. Frames go in, effects are performed; time is brought along by whoever
/// drives the driver: a `Simulation` or a `Loop`.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/engine.hpp"
#include "link/port.hpp"
#include "link/simulation.hpp"

namespace neigh::link {

/// @threads One at a time. The handlers may call everything here but `poll`, `read`, `refresh`, `on_time`, `remove`.
class Driver final : public Station {
 public:
  /// Gets every effect that is not about the link itself (`SendFrame`, `GroupChanged`), with the bytes it means.
  using Handler = std::function<void(TimePoint now, const engine::Effect& effect, std::span<const std::uint8_t> bytes)>;
  /// A port broke for good: its interface has lost its carrier and stays in the engine, until `revive`. Or it did not
  /// take a group, and works on: `port` still gives it.
  using FailureHandler = std::function<void(InterfaceIndex interface, const Error& error)>;
  /// The link of an interface lost its carrier (or its device went down), or has it back.
  using CarrierHandler = std::function<void(InterfaceIndex interface, bool present)>;

  /// The engine must live as long.
  explicit Driver(engine::Engine& engine) : engine_(engine) {}
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  void set_handler(Handler handler) { handler_ = std::move(handler); }
  void set_failure_handler(FailureHandler handler) { failure_handler_ = std::move(handler); }
  void set_carrier_handler(CarrierHandler handler) { carrier_handler_ = std::move(handler); }
  /// Called after `call`: `next_deadline` may be another one.
  void set_changed(std::function<void()> changed) { changed_ = std::move(changed); }

  /// Makes an interface of a port, which must live until it is removed. Type, link-layer address, MTU and states of
  /// `config` are the port's, and its name if the config has none.
  /// Errors as Engine::add_interface.
  [[nodiscard]] Result<void> add(TimePoint now, engine::InterfaceConfig config, Port& port);
  [[nodiscard]] Result<void> remove(TimePoint now, InterfaceIndex index);
  /// Puts another port in the place of one that broke; its link is what `port` says from now on.
  /// @retval Errc::kInvalidArgument  no port of the interface broke.
  [[nodiscard]] Result<void> revive(TimePoint now, InterfaceIndex index, Port& port);
  /// The port behind an interface, or nullptr: there is none, or it broke.
  [[nodiscard]] Port* port(InterfaceIndex index);

  /// Calls the engine, `function(engine, effects)`, and performs the effects; from within a handler, after those that
  /// are being performed.
  template <class Function>
  decltype(auto) call(TimePoint now, Function&& function) {
    engine::Effects effects = take_effects();
    if constexpr (std::is_void_v<std::invoke_result_t<Function, engine::Engine&, engine::Effects&>>) {
      function(engine_, effects);
      finish_call(now, std::move(effects));
    } else {
      auto result = function(engine_, effects);
      finish_call(now, std::move(effects));
      return result;
    }
  }

  // --- Station ---
  void poll(TimePoint now) override;
  [[nodiscard]] std::optional<TimePoint> next_deadline() const override;

  // --- What poll is made of ---
  /// Takes frames of one port: at most `batches` batches.
  void read(TimePoint now, InterfaceIndex index, std::size_t batches);
  /// Tells the engine the news about the link.
  void refresh(TimePoint now, InterfaceIndex index);
  /// Does what is due: played frames and the engine's deadlines.
  void on_time(TimePoint now);

 private:
  struct Seat {
    Port* port = nullptr;
    PortFacts known;
    std::uint64_t lost_told = 0;
    TimePoint next_loss_check{};
    bool broken = false;
    std::set<IpAddress> claimed = {};
  };
  struct Batch {
    TimePoint now;
    engine::Effects effects;
  };
  [[nodiscard]] engine::Effects take_effects();
  void finish_call(TimePoint now, engine::Effects effects);
  void perform(TimePoint now, engine::Effects effects);
  void perform_list(TimePoint now, const engine::Effects& effects);
  void flush_sends(TimePoint now);
  void claim(const engine::AddressChanged& change);
  void put_frame(TimePoint now, InterfaceIndex index, const Seat& seat, const InFrame& frame, engine::Effects& out);
  void check_losses(TimePoint now, InterfaceIndex index, Seat& seat);
  void follow(TimePoint now, InterfaceIndex index, Seat& seat, const PortFacts& facts);
  void fail(TimePoint now, InterfaceIndex index, Seat& seat, const Error& error);

  engine::Engine& engine_;
  Handler handler_;
  FailureHandler failure_handler_;
  CarrierHandler carrier_handler_;
  std::function<void()> changed_;
  std::map<InterfaceIndex, Seat> seats_;
  bool performing_ = false;
  std::vector<Batch> pending_;  ///< From `next_pending_` on; the others are done.
  std::size_t next_pending_ = 0;
  std::vector<engine::Effects> spare_;
  InterfaceIndex sending_on_ = InterfaceIndex::kNone;
  std::vector<OutFrame> sends_;
};

}  // namespace neigh::link
