// SPDX-License-Identifier: Apache-2.0
// EmbeddedStack over a Host, whatever world it lives in.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "embedded/host.hpp"

namespace neigh::embedded {

class Stack final : public EmbeddedStack {
 public:
  explicit Stack(std::shared_ptr<Host> host) : host_(std::move(host)) {}
  ~Stack() override;

  Result<void> create(const Neighbor& neighbor) override { return write(Operation::kCreate, neighbor); }
  Result<void> set(const Neighbor& neighbor) override { return write(Operation::kSet, neighbor); }
  Result<void> replace(const Neighbor& neighbor) override { return write(Operation::kReplace, neighbor); }
  Result<void> remove(const NeighborKey& key) override;
  Result<Neighbor> get(const NeighborKey& key) override;
  Result<void> visit(const ListFilter& filter, FunctionRef<void(const Neighbor&)> visitor) override;
  Result<void> list_into(const ListFilter& filter, std::vector<Neighbor>& out) override;
  Result<std::size_t> flush(const ListFilter& filter) override;
  Result<Neighbor> resolve(const NeighborKey& key, const ResolveOptions& options) override;
  [[nodiscard]] std::vector<Result<Neighbor>> resolve_all(std::span<const NeighborKey> keys,
                                                          const ResolveOptions& options) override;
  Result<std::size_t> touch(std::span<const NeighborKey> keys) override;
  Result<std::vector<LinkAnswer>> ask(const NeighborKey& key, const AskOptions& options) override;
  Result<void> announce(InterfaceIndex interface, const IpAddress& own, const AnnounceOptions& options) override;
  Result<BatchReport> apply(Operation operation, std::span<const Neighbor> neighbors, OnError on_error) override;
  [[nodiscard]] Result<std::unique_ptr<Watch>> watch(const ListFilter& filter) override;
  [[nodiscard]] Result<std::vector<Interface>> interfaces() override;
  [[nodiscard]] Result<Interface> find_interface(InterfaceIndex index) override;
  [[nodiscard]] Result<Interface> find_interface(std::string_view name) override;
  [[nodiscard]] Result<std::vector<IpAddress>> own_addresses(InterfaceIndex interface) override;
  [[nodiscard]] Result<std::vector<TableLimits>> limits() override;
  [[nodiscard]] Result<bool> has_family(Family family) override;

  Result<InterfaceIndex> add_interface(const EmbeddedInterface& interface) override;
  Result<void> remove_interface(InterfaceIndex index) override;
  Result<void> change_settings(InterfaceIndex index, const EmbeddedSettings& settings) override;
  Result<void> set_family(InterfaceIndex index, Family family, bool on) override;
  Result<void> set_up(InterfaceIndex index, bool up) override;
  Result<void> set_carrier(InterfaceIndex index, bool present) override;
  Result<void> set_link_address(InterfaceIndex index, const LinkAddress& address) override;
  Result<void> add_address(InterfaceIndex index, const EmbeddedAddress& address) override;
  Result<void> remove_address(InterfaceIndex index, const IpAddress& address) override;
  [[nodiscard]] Result<std::vector<EmbeddedAddressStatus>> addresses(InterfaceIndex index) override;
  Result<void> add_prefix(InterfaceIndex index, const EmbeddedPrefix& prefix) override;
  Result<void> remove_prefix(InterfaceIndex index, const EmbeddedPrefix& prefix) override;
  Result<void> add_router(InterfaceIndex index, const IpAddress& router) override;
  Result<void> remove_router(InterfaceIndex index, const IpAddress& router) override;
  Result<void> add_proxy_prefix(InterfaceIndex index, const EmbeddedPrefix& prefix) override;
  Result<void> remove_proxy_prefix(InterfaceIndex index, const EmbeddedPrefix& prefix) override;
  Result<void> send(std::span<const std::uint8_t> packet, InterfaceIndex interface) override;
  Result<void> confirm(const IpAddress& destination, InterfaceIndex interface) override;
  void set_packet_handler(std::function<void(const EmbeddedPacket&)> handler) override;
  void set_event_handler(std::function<void(const EmbeddedEvent&)> handler) override;
  [[nodiscard]] Result<std::vector<EmbeddedCounter>> counters(InterfaceIndex index) override;

 private:
  Result<void> write(Operation operation, const Neighbor& neighbor);
  Result<void> write_inside(Operation operation, const Neighbor& neighbor);
  Result<InterfaceIndex> add_interface_inside(const EmbeddedInterface& interface);
  Result<void> furnish(InterfaceIndex index, const EmbeddedInterface& interface, const engine::InterfaceConfig& config);
  void begin_resolve(Waiter& waiter, const ResolveOptions& options);
  [[nodiscard]] std::vector<IpAddress> own_inside(InterfaceIndex interface) const;

  /// `function()` inside the world, and its result.
  template <class Function>
  auto inside(Function&& function) -> decltype(function()) {
    using R = decltype(function());
    std::optional<R> result;
    auto ran = host_->world().run([&] { result.emplace(function()); });
    if (!ran) return std::move(ran).error();
    return *std::move(result);
  }
  /// `function(engine, effects)` inside the world, its effects performed, and its result.
  template <class Function>
  auto call(Function&& function) {
    return inside([&] { return host_->call(function); });
  }

  std::shared_ptr<Host> host_;
};

}  // namespace neigh::embedded
