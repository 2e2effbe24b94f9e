// SPDX-License-Identifier: Apache-2.0
// One stack's inside: its engine, what it is attached to, and who waits for or follows what the engine does.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "embedded/handler_slot.hpp"
#include "embedded/world.hpp"
#include "engine/engine.hpp"
#include "link/driver.hpp"
#include "link/port.hpp"
#include "neigh/embedded.hpp"

namespace neigh::embedded {

/// Gets every change of the table while it is registered.
class Follower {
 public:
  virtual ~Follower() = default;
  virtual void on_change(const engine::NeighborChanged& change) = 0;
  /// Changes were lost, for want of memory.
  virtual void on_loss() noexcept = 0;
};

/// Waits for the end of one resolution.
struct Waiter {
  NeighborKey key = {};
  std::optional<Result<Neighbor>> outcome = {};
};

/// Collects the answers to one ask.
struct AskState {
  std::vector<LinkAnswer> answers;
  bool ended = false;
};

/// Everything here but the constructor is to be used inside the world.
class Host {
 public:
  /// `driver` of that engine; both live as long as the host.
  Host(std::unique_ptr<engine::Engine> engine, std::shared_ptr<World> world);
  virtual ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  [[nodiscard]] World& world() { return *world_; }
  [[nodiscard]] engine::Engine& engine() { return *engine_; }
  [[nodiscard]] virtual link::Driver& driver() = 0;
  [[nodiscard]] TimePoint now() const { return world_->now(); }
  /// Calls `function(engine, effects)` and performs the effects.
  template <class Function>
  decltype(auto) call(Function&& function) {
    return driver().call(now(), std::forward<Function>(function));
  }

  /// Attaches an interface whose settings, link-layer address and name are decided.
  /// @retval Errc::kNotSupported  a link that this kind of stack cannot have; and whatever the link says.
  [[nodiscard]] virtual Result<void> attach(const EmbeddedInterface& interface, engine::InterfaceConfig config) = 0;
  virtual Result<void> detach(InterfaceIndex index) = 0;
  [[nodiscard]] virtual Result<void> set_carrier(InterfaceIndex index, bool present) = 0;
  /// @retval Errc::kNotSupported  not this kind of link.
  [[nodiscard]] virtual Result<void> set_link_address(InterfaceIndex index, const LinkAddress& address);
  /// A link-layer address for an interface without one.
  [[nodiscard]] virtual LinkAddress make_link_address() = 0;
  /// The stack is gone; whoever still follows it sees nothing more. It throws nothing and may be called again.
  virtual void close() = 0;
  /// After `close`, outside: ends what runs for the stack.
  virtual void end() {}

  // Shared: whoever waits may leave by an exception, without a chance to say so.
  void add_waiter(const std::shared_ptr<Waiter>& waiter) { waiters_.emplace(waiter->key, waiter); }
  void remove_waiter(const Waiter& waiter);
  [[nodiscard]] bool is_waited_for(const NeighborKey& key) const { return waiters_.contains(key); }
  /// Looks for the outcome in the table. For who saw `losses` grow: he may have missed it.
  void look_again(Waiter& waiter);
  /// How often effects of the engine were lost, for want of memory.
  [[nodiscard]] std::uint64_t losses() const { return losses_; }
  void add_ask(std::uint64_t number, std::shared_ptr<AskState> state) { asks_[number] = std::move(state); }
  void remove_ask(std::uint64_t number) { asks_.erase(number); }
  void add_follower(Follower& follower) { followers_.insert(&follower); }
  void remove_follower(Follower& follower) { followers_.erase(&follower); }

  using PacketSlot = HandlerSlot<const EmbeddedPacket&>;
  using EventSlot = HandlerSlot<const EmbeddedEvent&>;
  /// @return The one before, ended.
  [[nodiscard]] std::shared_ptr<PacketSlot> set_packet_slot(std::shared_ptr<PacketSlot> slot) noexcept;
  [[nodiscard]] std::shared_ptr<EventSlot> set_event_slot(std::shared_ptr<EventSlot> slot) noexcept;

 protected:
  /// The driver's handlers.
  void on_loss() noexcept;
  void on_carrier(InterfaceIndex interface, bool present);
  void on_device_gone(InterfaceIndex interface, const Error& error);
  void on_effect(const engine::Effect& effect, std::span<const std::uint8_t> bytes);

 private:
  void on_change(const engine::NeighborChanged& change);
  void on_packet(const engine::DeliverPacket& packet, std::span<const std::uint8_t> bytes);
  void on_event(EmbeddedEvent event, std::span<const std::uint8_t> bytes, std::string reason = {});
  void on_answer(const engine::AskAnswered& answer);

  std::shared_ptr<World> world_;
  std::unique_ptr<engine::Engine> engine_;
  std::unordered_multimap<NeighborKey, std::shared_ptr<Waiter>> waiters_;
  std::unordered_map<std::uint64_t, std::shared_ptr<AskState>> asks_;
  std::set<Follower*> followers_;
  std::uint64_t losses_ = 0;
  std::shared_ptr<PacketSlot> packet_slot_;
  std::shared_ptr<EventSlot> event_slot_;
};

/// The engine's settings for an interface. @retval Errc::kInvalidArgument  a member is out of its range.
[[nodiscard]] Result<engine::InterfaceSettings> engine_settings(const EmbeddedSettings& settings);
[[nodiscard]] Result<std::unique_ptr<engine::Engine>> make_engine(const EmbeddedOptions& options, std::uint64_t seed);
[[nodiscard]] std::vector<EmbeddedCounter> list_counters(const engine::InterfaceCounters& counters);

/// A stack on `host`, with the interfaces of `options`.
[[nodiscard]] Result<std::shared_ptr<EmbeddedStack>> make_stack(std::shared_ptr<Host> host,
                                                                const EmbeddedOptions& options);
[[nodiscard]] Result<std::unique_ptr<Watch>> make_watch(std::shared_ptr<Host> host, const ListFilter& filter);

}  // namespace neigh::embedded
