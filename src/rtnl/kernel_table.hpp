// SPDX-License-Identifier: Apache-2.0
// The kernel's neighbor table as a NeighborTable.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "neigh/table.hpp"
#include "rtnl/channel_pool.hpp"
#include "rtnl/host.hpp"

namespace neigh::rtnl {

class KernelTable final : public NeighborTable {
 public:
  explicit KernelTable(std::shared_ptr<ChannelPool> pool) : pool_(std::move(pool)), host_(pool_) {}

  Result<void> create(const Neighbor& neighbor) override { return write(Operation::kCreate, neighbor); }
  Result<void> set(const Neighbor& neighbor) override { return write(Operation::kSet, neighbor); }
  Result<void> replace(const Neighbor& neighbor) override { return write(Operation::kReplace, neighbor); }
  Result<void> remove(const NeighborKey& key) override;
  Result<Neighbor> get(const NeighborKey& key) override;
  Result<void> write_if(Operation operation, const Neighbor& neighbor, InterfaceCheck check) override;
  Result<Neighbor> get_if(const NeighborKey& key, InterfaceCheck check) override;
  Result<void> visit(const ListFilter& filter, FunctionRef<void(const Neighbor&)> visitor) override;
  Result<void> list_into(const ListFilter& filter, std::vector<Neighbor>& out) override;
  Result<std::size_t> flush(const ListFilter& filter) override;
  Result<Neighbor> resolve(const NeighborKey& key, const ResolveOptions& options) override;
  std::vector<Result<Neighbor>> resolve_all(std::span<const NeighborKey> keys, const ResolveOptions& options) override;
  Result<std::size_t> touch(std::span<const NeighborKey> keys) override;
  Result<std::vector<LinkAnswer>> ask(const NeighborKey& key, const AskOptions& options) override;
  Result<void> announce(InterfaceIndex interface, const IpAddress& own, const AnnounceOptions& options) override;
  Result<BatchReport> apply(Operation operation, std::span<const Neighbor> neighbors, OnError on_error) override;
  Result<std::unique_ptr<Watch>> watch(const ListFilter& filter) override;
  Result<std::vector<Interface>> interfaces() override;
  Result<Interface> find_interface(InterfaceIndex index) override;
  Result<Interface> find_interface(std::string_view name) override;
  Result<std::vector<IpAddress>> own_addresses(InterfaceIndex interface) override;
  Result<std::vector<TableLimits>> limits() override;
  HostNetwork* host() noexcept override { return &host_; }
  Result<bool> has_family(Family family) override;

 private:
  Result<void> write(Operation operation, const Neighbor& neighbor);
  void make_room(const ListFilter& filter, std::vector<Neighbor>& rows);

  std::shared_ptr<ChannelPool> pool_;
  KernelHost host_;
};

/// What can be judged about a write without asking the kernel: address, interface, state and flags.
[[nodiscard]] Result<void> check_write(Operation operation, const Neighbor& neighbor);
/// A write that stores a usable entry without link-layer address: right only on links without addresses.
[[nodiscard]] bool lacks_link_address(Operation operation, const Neighbor& neighbor);
[[nodiscard]] Result<void> check_key(const NeighborKey& key);

/// What answers the question for one entry. @retval Errc::kMalformed, or the kernel's refusal.
[[nodiscard]] Result<void> read_neighbor_answer(const nlmsghdr& message, Neighbor& out);

/// One request each; the building bricks of the table's functions.
[[nodiscard]] Result<Neighbor> get_neighbor(Channel& channel, const NeighborKey& key);
[[nodiscard]] Result<void> dump_neighbors(Channel& channel, const ListFilter& filter,
                                          FunctionRef<void(const Neighbor&)> visitor, FunctionRef<void()> restart);
/// One write, explained where it is refused. `neighbor` has passed check_write.
[[nodiscard]] Result<void> write_neighbor(Channel& channel, Operation operation, const Neighbor& neighbor);
[[nodiscard]] Result<Interface> get_interface(Channel& channel, InterfaceIndex index);

/// Wireless devices look like Ethernet in link messages; asks for the difference.
void refine_type(const Channel& channel, Interface& device);
/// Whether the caller may change anything. @retval Errc::kPermissionDenied
[[nodiscard]] Result<void> check_privilege(Channel& channel);

[[nodiscard]] Result<std::vector<OwnAddress>> get_own_addresses(Channel& channel, InterfaceIndex interface);

/// Makes the kernel's bare refusal of a write say which member is at fault and whether the family is switched off,
/// and removes what a refused create left behind (RTN-010, RTN-013, RTN-125).
[[nodiscard]] Error explain_refusal(Channel& channel, Operation operation, const Neighbor& neighbor, Error refusal);

/// Sends many writes; see NeighborTable::apply. Without roll-back.
[[nodiscard]] Result<BatchReport> apply_batch(ChannelPool& pool, Operation operation,
                                              std::span<const Neighbor> neighbors, OnError on_error);

/// See NeighborTable::watch.
[[nodiscard]] Result<std::unique_ptr<Watch>> open_watch(std::shared_ptr<ChannelPool> pool, const ListFilter& filter);

/// See NeighborTable::resolve_all.
[[nodiscard]] std::vector<Result<Neighbor>> resolve_neighbors(NeighborTable& table, ChannelPool& pool,
                                                              std::span<const NeighborKey> keys,
                                                              const ResolveOptions& options);

}  // namespace neigh::rtnl
