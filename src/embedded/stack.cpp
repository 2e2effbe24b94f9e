// SPDX-License-Identifier: Apache-2.0
// The stack as a table; interfaces in stack_interfaces.cpp, what waits in stack_waits.cpp.
#include "embedded/stack.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "base/arguments.hpp"
#include "base/rollback.hpp"

namespace neigh::embedded {

namespace {

Error error_of(engine::SendFailure reason) {
  const std::string why(to_string(reason));
  switch (reason) {
    case engine::SendFailure::kNoSuchInterface:
      return {.code = Errc::kNoSuchInterface, .field = "interface"};
    case engine::SendFailure::kBadPacket:
      return {
          .code = Errc::kInvalidArgument, .field = "packet", .detail = "not a whole IP packet to a node or a group"};
    case engine::SendFailure::kTooBig:
      return {.code = Errc::kInvalidArgument, .field = "packet", .detail = "longer than the MTU"};
    case engine::SendFailure::kForeignSource:
      return {.code = Errc::kNoSuchAddress, .field = "source", .detail = "it is no unicast address of this host"};
    case engine::SendFailure::kFamilyOff:
      return {.code = Errc::kNotSupported, .field = "packet", .detail = "the family is absent"};
    case engine::SendFailure::kInterfaceDown:
      return {.code = Errc::kUnreachable, .field = "interface", .detail = why};
    case engine::SendFailure::kNoRoom:
      return {.code = Errc::kTableFull, .detail = why};
    default:
      return {.code = Errc::kUnreachable, .detail = why};
  }
}

/// Why the last of `effects` failed, which is the packet that just came back. It is told as the result of the call and
/// by no event: a handler that sends again what failed would cause the next event, at the same moment, for ever.
engine::SendFailure take_last_failure(engine::Effects& effects) {
  const auto* failed = effects.empty() ? nullptr : std::get_if<engine::PacketFailed>(&effects.list().back());
  if (failed == nullptr) return engine::SendFailure::kUnreachable;
  const engine::SendFailure reason = failed->reason;
  effects.pop();
  return reason;
}

/// Puts `handler` in the place of another, whose last call is over on return, unless it is the caller's.
template <class Slot, class Exchange>
void exchange_handler(World& world, std::shared_ptr<Slot> handler, Exchange&& exchange) {
  std::shared_ptr<Slot> old;
  if (auto ran = world.run([&] { old = exchange(std::move(handler)); }); !ran) return;
  // Outside: the call under way may want in.
  if (old != nullptr) old->wait_for_the_last();
}

}  // namespace

Stack::~Stack() {
  // What the handlers hold dies outside.
  std::shared_ptr<Host::PacketSlot> packets;
  std::shared_ptr<Host::EventSlot> events;
  (void)host_->world().run_surely([&] {
    packets = host_->set_packet_slot(nullptr);
    events = host_->set_event_slot(nullptr);
    host_->close();
  });
  if (packets != nullptr) packets->wait_for_the_last();
  if (events != nullptr) events->wait_for_the_last();
  host_->end();
}

Result<void> Stack::write_inside(Operation operation, const Neighbor& neighbor) {
  return host_->call([&](engine::Engine& engine, engine::Effects& out) -> Result<void> {
    const TimePoint now = host_->now();
    switch (operation) {
      case Operation::kCreate:
        return engine.create(now, neighbor, out);
      case Operation::kSet:
        return engine.set(now, neighbor, out);
      case Operation::kReplace:
        return engine.replace(now, neighbor, out);
      case Operation::kRemove:
        break;
    }
    return engine.remove(now, neighbor.key(), out);
  });
}

Result<void> Stack::write(Operation operation, const Neighbor& neighbor) {
  return inside([&] { return write_inside(operation, neighbor); });
}

Result<void> Stack::remove(const NeighborKey& key) {
  return call([&](engine::Engine& engine, engine::Effects& out) { return engine.remove(host_->now(), key, out); });
}

Result<Neighbor> Stack::get(const NeighborKey& key) {
  return inside([&] { return host_->engine().get(host_->now(), key); });
}

Result<void> Stack::list_into(const ListFilter& filter, std::vector<Neighbor>& out) {
  out.clear();
  if (auto ok = check_filter(filter); !ok) return ok;
  return host_->world().run(
      [&] { host_->engine().visit(host_->now(), filter, [&](const Neighbor& neighbor) { out.push_back(neighbor); }); });
}

Result<void> Stack::visit(const ListFilter& filter, FunctionRef<void(const Neighbor&)> visitor) {
  // The visitor may use the table, so that it is called outside.
  std::vector<Neighbor> there;
  if (auto listed = list_into(filter, there); !listed) return listed;
  for (const Neighbor& neighbor : there) visitor(neighbor);
  return {};
}

Result<std::size_t> Stack::flush(const ListFilter& filter) {
  if (auto ok = check_filter(filter); !ok) return std::move(ok).error();
  return call([&](engine::Engine& engine, engine::Effects& out) { return engine.flush(host_->now(), filter, out); });
}

Result<BatchReport> Stack::apply(Operation operation, std::span<const Neighbor> neighbors, OnError on_error) {
  if (auto ok = check_batch(operation, on_error); !ok) return std::move(ok).error();
  if (on_error == OnError::kRollBack) return apply_all_or_nothing(*this, operation, neighbors);
  return inside([&]() -> Result<BatchReport> {
    BatchReport report;
    for (std::size_t i = 0; i < neighbors.size(); ++i) {
      auto done = write_inside(operation, neighbors[i]);
      if (done) {
        ++report.applied;
        continue;
      }
      report.failures.push_back({.position = i, .error = std::move(done).error()});
      if (on_error == OnError::kContinue) continue;
      for (std::size_t rest = i + 1; rest < neighbors.size(); ++rest) report.not_tried.push_back(rest);
      break;
    }
    return report;
  });
}

Result<std::unique_ptr<Watch>> Stack::watch(const ListFilter& filter) { return make_watch(host_, filter); }

Result<std::vector<TableLimits>> Stack::limits() {
  return inside([&]() -> Result<std::vector<TableLimits>> { return host_->engine().limits(); });
}

Result<bool> Stack::has_family(Family family) {
  return inside([&]() -> Result<bool> { return host_->engine().has_family(family); });
}

Result<std::vector<EmbeddedCounter>> Stack::counters(InterfaceIndex index) {
  return inside([&]() -> Result<std::vector<EmbeddedCounter>> {
    auto counters = host_->engine().counters(index);
    if (!counters) return std::move(counters).error();
    return list_counters(*counters);
  });
}

Result<void> Stack::send(std::span<const std::uint8_t> packet, InterfaceIndex interface) {
  return call([&](engine::Engine& engine, engine::Effects& out) -> Result<void> {
    if (engine.send_packet(host_->now(), interface, packet, out) != engine::SendOutcome::kFailed) return {};
    return error_of(take_last_failure(out));
  });
}

Result<void> Stack::confirm(const IpAddress& destination, InterfaceIndex interface) {
  return call([&](engine::Engine& engine, engine::Effects& out) -> Result<void> {
    if (auto fit = check_neighbor_address(destination); !fit || destination.is_multicast()) {
      return Error{.code = Errc::kInvalidArgument,
                   .field = "destination",
                   .detail = fit ? "nobody confirms a multicast address" : std::move(fit).error().detail};
    }
    if (!engine.has_family(destination.family())) {
      return Error{.code = Errc::kNotSupported, .field = "destination", .detail = "the family is absent"};
    }
    if (interface != InterfaceIndex::kNone && engine.settings(interface) == nullptr) {
      return Error{.code = Errc::kNoSuchInterface, .field = "interface"};
    }
    engine.on_confirm(host_->now(), interface, destination, out);
    return {};
  });
}

void Stack::set_packet_handler(std::function<void(const EmbeddedPacket&)> handler) {
  exchange_handler(host_->world(), Host::PacketSlot::make(std::move(handler)),
                   [&](auto slot) { return host_->set_packet_slot(std::move(slot)); });
}

void Stack::set_event_handler(std::function<void(const EmbeddedEvent&)> handler) {
  exchange_handler(host_->world(), Host::EventSlot::make(std::move(handler)),
                   [&](auto slot) { return host_->set_event_slot(std::move(slot)); });
}

Result<std::shared_ptr<EmbeddedStack>> make_stack(std::shared_ptr<Host> host, const EmbeddedOptions& options) {
  auto stack = std::make_shared<Stack>(std::move(host));
  for (const EmbeddedInterface& interface : options.interfaces) {
    if (auto added = stack->add_interface(interface); !added) return std::move(added).error();
  }
  return std::shared_ptr<EmbeddedStack>(std::move(stack));
}

}  // namespace neigh::embedded
