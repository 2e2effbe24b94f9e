// SPDX-License-Identifier: Apache-2.0
/// @file
/// `Driver`: between one engine and its ports. Frames go in, effects are performed; time is brought along by whoever
/// drives the driver: a `Simulation` or a `Loop`.
#pragma once

#include <cstdint>
#include <exception>
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
  /// Effects were lost because memory was short: frames and messages, also to the other handlers, may be missing.
  /// Groups, claims and the state of links are put right by the driver. Must not throw.
  void set_loss_handler(std::function<void()> handler) { loss_handler_ = std::move(handler); }
  /// Called after `call`: `next_deadline` may be another one.
  void set_changed(std::function<void()> changed) { changed_ = std::move(changed); }

  /// Makes an interface of a port, which must live until it is removed. Type, link-layer address, MTU and states of
  /// `config` are the port's, and its name if the config has none.
  /// Errors as Engine::add_interface. Where memory is short, the port is in use no more.
  [[nodiscard]] Result<void> add(TimePoint now, engine::InterfaceConfig config, Port& port);
  /// The port is in use no more, also where memory is short.
  [[nodiscard]] Result<void> remove(TimePoint now, InterfaceIndex index);
  /// Puts another port in the place of one that broke; its link is what `port` says from now on. Where memory is short,
  /// it is not in use, and the interface broke once more.
  /// @retval Errc::kInvalidArgument  no port of the interface broke.
  [[nodiscard]] Result<void> revive(TimePoint now, InterfaceIndex index, Port& port);
  /// The port behind an interface, or nullptr: there is none, or it broke.
  [[nodiscard]] Port* port(InterfaceIndex index);

  /// Calls the engine, `function(engine, effects)`, and performs the effects; from within a handler, after those that
  /// are being performed.
  template <class Function>
  decltype(auto) call(TimePoint now, Function&& function) {
    const LossGuard guard(*this);
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
    bool end_told = false;  ///< That it broke, to the engine and the handler.
    std::set<LinkAddress> joined = {};
    std::set<IpAddress> claimed = {};
  };
  struct Batch {
    TimePoint now;
    engine::Effects effects;
  };
  /// Around all that makes or performs effects.
  class LossGuard {
   public:
    explicit LossGuard(Driver& driver) : driver_(driver) {}
    ~LossGuard() {
      if (std::uncaught_exceptions() > before_) driver_.lose();
    }
    LossGuard(const LossGuard&) = delete;
    LossGuard& operator=(const LossGuard&) = delete;

   private:
    Driver& driver_;
    int before_ = std::uncaught_exceptions();
  };
  void lose() noexcept;
  void settle(TimePoint now);
  void settle_groups(InterfaceIndex index, Seat& seat);
  void settle_claims(InterfaceIndex index, Seat& seat);
  [[nodiscard]] engine::Effects take_effects();
  void finish_call(TimePoint now, engine::Effects effects);
  void perform(TimePoint now, engine::Effects effects);
  void perform_list(TimePoint now, const engine::Effects& effects);
  void flush_sends(TimePoint now);
  void set_group(InterfaceIndex index, Seat& seat, const LinkAddress& group, bool joined);
  void set_claim(InterfaceIndex index, Seat& seat, const IpAddress& address, bool claimed);
  void claim(const engine::AddressChanged& change);
  void put_frame(TimePoint now, InterfaceIndex index, const Seat& seat, const InFrame& frame, engine::Effects& out);
  void check_losses(TimePoint now, InterfaceIndex index, Seat& seat);
  void follow(TimePoint now, InterfaceIndex index, Seat& seat, const PortFacts& facts);
  void fail(TimePoint now, InterfaceIndex index, Seat& seat, const Error& error);
  void tell_end(TimePoint now, InterfaceIndex index, Seat& seat, const Error& error);

  engine::Engine& engine_;
  Handler handler_;
  FailureHandler failure_handler_;
  CarrierHandler carrier_handler_;
  std::function<void()> loss_handler_;
  std::function<void()> changed_;
  std::map<InterfaceIndex, Seat> seats_;
  bool unsettled_ = false;  ///< Effects were lost; what they would have changed is to be looked at.
  bool performing_ = false;
  std::vector<Batch> pending_;  ///< From `next_pending_` on; the others are done.
  std::size_t next_pending_ = 0;
  std::vector<engine::Effects> spare_;
  InterfaceIndex sending_on_ = InterfaceIndex::kNone;
  std::vector<OutFrame> sends_;
};

}  // namespace neigh::link
