// SPDX-License-Identifier: Apache-2.0
#include "embedded/host.hpp"

#include <utility>
#include <variant>

namespace neigh::embedded {

namespace {

EmbeddedEvent::Kind kind_of(engine::AddressChanged::Kind kind) {
  switch (kind) {
    case engine::AddressChanged::Kind::kDuplicate:
      return EmbeddedEvent::Kind::kAddressDuplicate;
    case engine::AddressChanged::Kind::kConflict:
      return EmbeddedEvent::Kind::kAddressConflict;
    default:
      return EmbeddedEvent::Kind::kAddressPreferred;
  }
}

bool is_told(engine::AddressChanged::Kind kind) {
  return kind == engine::AddressChanged::Kind::kPreferred || kind == engine::AddressChanged::Kind::kDuplicate ||
         kind == engine::AddressChanged::Kind::kConflict;
}

/// What who waits for `neighbor` is told when its entry is gone.
Error error_of(engine::SendFailure removal, const Neighbor& neighbor) {
  switch (removal) {
    case engine::SendFailure::kInterfaceRemoved:
      return {.code = Errc::kNoSuchInterface, .field = "interface", .detail = "it was removed meanwhile"};
    case engine::SendFailure::kFamilyOff:
      return {.code = Errc::kNotSupported,
              .field = "address",
              .detail = std::string(to_string(neighbor.address.family())) + " was switched off meanwhile"};
    case engine::SendFailure::kInterfaceDown:
      return {.code = Errc::kUnreachable, .field = "interface", .detail = "it went down meanwhile"};
    case engine::SendFailure::kNoRoom:
      return {.code = Errc::kTableFull, .detail = "the entry had to make room for others"};
    default:
      return {.code = Errc::kUnreachable, .detail = "the entry was removed meanwhile"};
  }
}

}  // namespace

Host::Host(std::unique_ptr<engine::Engine> engine, std::shared_ptr<World> world)
    : world_(std::move(world)), engine_(std::move(engine)) {}
Host::~Host() = default;

Result<void> Host::set_link_address(InterfaceIndex index, const LinkAddress& /*address*/) {
  if (engine_->settings(index) == nullptr) return Error{.code = Errc::kNoSuchInterface, .field = "interface"};
  return Error{.code = Errc::kNotSupported, .field = "interface", .detail = "it is not on a LAN in memory"};
}

void Host::remove_waiter(const Waiter& waiter) {
  const auto [begin, end] = waiters_.equal_range(waiter.key);
  for (auto item = begin; item != end; ++item) {
    if (item->second.get() != &waiter) continue;
    waiters_.erase(item);
    return;
  }
}

void Host::look_again(Waiter& waiter) {
  if (waiter.outcome) return;
  auto there = engine_->get(now(), waiter.key);
  if (!there && there.error().code == Errc::kNotFound) {
    waiter.outcome = error_of(engine::SendFailure::kEntryRemoved, {});
  } else if (!there || kUsableStates.contains(there->state)) {
    waiter.outcome = std::move(there);
  } else if (there->state == NudState::kFailed) {
    waiter.outcome = Error{.code = Errc::kUnreachable};
  }
}

std::shared_ptr<Host::PacketSlot> Host::set_packet_slot(std::shared_ptr<PacketSlot> slot) noexcept {
  packet_slot_.swap(slot);
  if (slot != nullptr) slot->end();
  return slot;
}

std::shared_ptr<Host::EventSlot> Host::set_event_slot(std::shared_ptr<EventSlot> slot) noexcept {
  event_slot_.swap(slot);
  if (slot != nullptr) slot->end();
  return slot;
}

void Host::on_loss() noexcept {
  ++losses_;
  for (Follower* follower : followers_) follower->on_loss();
  world_->notify_soon();
}

void Host::on_effect(const engine::Effect& effect, std::span<const std::uint8_t> bytes) {
  if (const auto* change = std::get_if<engine::NeighborChanged>(&effect)) return on_change(*change);
  if (const auto* packet = std::get_if<engine::DeliverPacket>(&effect)) return on_packet(*packet, bytes);
  if (const auto* answer = std::get_if<engine::AskAnswered>(&effect)) return on_answer(*answer);
  if (const auto* failed = std::get_if<engine::PacketFailed>(&effect)) {
    return on_event({.kind = EmbeddedEvent::Kind::kPacketFailed,
                     .interface = failed->interface,
                     .address = failed->next_hop,
                     .reason = to_string(failed->reason)},
                    bytes);
  }
  if (const auto* address = std::get_if<engine::AddressChanged>(&effect)) {
    if (!is_told(address->kind)) return;
    return on_event({.kind = kind_of(address->kind),
                     .interface = address->interface,
                     .address = address->address,
                     .link_address = address->other},
                    {});
  }
  if (const auto* router = std::get_if<engine::RouterChanged>(&effect)) {
    on_event({.kind = router->present ? EmbeddedEvent::Kind::kRouterAppeared : EmbeddedEvent::Kind::kRouterVanished,
              .interface = router->interface,
              .address = router->router},
             {});
  }
}

void Host::on_change(const engine::NeighborChanged& change) {
  for (Follower* follower : followers_) follower->on_change(change);
  const bool removed = change.kind == engine::NeighborChanged::Kind::kRemoved;
  const bool usable = !removed && kUsableStates.contains(change.neighbor.state);
  const bool over = removed || change.neighbor.state == NudState::kFailed;
  if (usable || over) {
    const auto [begin, end] = waiters_.equal_range(change.neighbor.key());
    for (auto item = begin; item != end; ++item) {
      if (item->second->outcome) continue;
      if (usable) {
        // As it stands now, with its ages; it may have gone on from where this change left it.
        auto there = engine_->get(now(), change.neighbor.key());
        item->second->outcome = there && kUsableStates.contains(there->state) ? *there : change.neighbor;
      } else {
        item->second->outcome = removed ? error_of(change.removal, change.neighbor) : Error{.code = Errc::kUnreachable};
      }
    }
  }
  world_->notify();
}

void Host::on_packet(const engine::DeliverPacket& packet, std::span<const std::uint8_t> bytes) {
  if (packet_slot_ == nullptr) return;
  world_->later([slot = packet_slot_, interface = packet.interface, family = packet.family,
                 copy = std::vector<std::uint8_t>(bytes.begin(), bytes.end())] {
    slot->call({.interface = interface, .family = family, .bytes = copy});
  });
}

void Host::on_carrier(InterfaceIndex interface, bool present) {
  on_event(
      {.kind = present ? EmbeddedEvent::Kind::kCarrierBack : EmbeddedEvent::Kind::kCarrierLost, .interface = interface},
      {});
}

void Host::on_device_gone(InterfaceIndex interface, const Error& error) {
  on_event({.kind = EmbeddedEvent::Kind::kDeviceGone, .interface = interface}, {}, error.message());
}

/// `reason`: where the event's own would not live long enough.
void Host::on_event(EmbeddedEvent event, std::span<const std::uint8_t> bytes, std::string reason) {
  if (event_slot_ == nullptr) return;
  world_->later([slot = event_slot_, event, copy = std::vector<std::uint8_t>(bytes.begin(), bytes.end()),
                 own = std::move(reason)] {
    EmbeddedEvent told = event;
    told.packet = copy;
    if (!own.empty()) told.reason = own;
    slot->call(told);
  });
}

void Host::on_answer(const engine::AskAnswered& answer) {
  const auto found = asks_.find(answer.ask);
  if (found == asks_.end()) return;
  if (answer.ended) {
    found->second->ended = true;
  } else {
    found->second->answers.push_back(
        {.link_address = answer.link_address,
         .is_router = answer.is_router,
         .round_trip = std::chrono::duration_cast<std::chrono::microseconds>(answer.round_trip)});
  }
  world_->notify();
}

}  // namespace neigh::embedded
