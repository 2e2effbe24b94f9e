// SPDX-License-Identifier: Apache-2.0
// The stack as a table; interfaces in stack_interfaces.cpp, what waits in stack_waits.cpp.
#include "embedded/stack.hpp"

#include <algorithm>

#include "base/filter.hpp"
#include "base/rollback.hpp"

namespace neigh::embedded {

Stack::~Stack() {
  (void)host_->world().run([this] { host_->close(); });
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
  const auto outcome = inside([&]() -> Result<engine::SendOutcome> {
    return host_->call([&](engine::Engine& engine, engine::Effects& out) {
      return engine.send_packet(host_->now(), interface, packet, out);
    });
  });
  if (!outcome) return outcome.error();
  if (*outcome == engine::SendOutcome::kFailed) return Error{.code = Errc::kUnreachable};
  return {};
}

Result<void> Stack::confirm(const IpAddress& destination, InterfaceIndex interface) {
  return host_->world().run([&] {
    host_->call([&](engine::Engine& engine, engine::Effects& out) {
      engine.on_confirm(host_->now(), interface, destination, out);
    });
  });
}

void Stack::set_packet_handler(std::function<void(const EmbeddedPacket&)> handler) {
  // The old one dies outside.
  (void)host_->world().run([&] { host_->packet_handler.swap(handler); });
}

void Stack::set_event_handler(std::function<void(const EmbeddedEvent&)> handler) {
  (void)host_->world().run([&] { host_->event_handler.swap(handler); });
}

Result<std::shared_ptr<EmbeddedStack>> make_stack(std::shared_ptr<Host> host, const EmbeddedOptions& options) {
  auto stack = std::make_shared<Stack>(std::move(host));
  for (const EmbeddedInterface& interface : options.interfaces) {
    if (auto added = stack->add_interface(interface); !added) return std::move(added).error();
  }
  return std::shared_ptr<EmbeddedStack>(std::move(stack));
}

}  // namespace neigh::embedded
