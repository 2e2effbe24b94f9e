// SPDX-License-Identifier: Apache-2.0
/// @file
/// A neighbor table in memory, with the meaning of the interface: for tests of the tool.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "neigh/table.hpp"
#include "neighctl/home.hpp"

namespace neigh::ctl::test {

/// Holds entries, interfaces and own addresses. The "wire" is a map of answers; nothing waits for anything.
class FakeTable final : public NeighborTable {
 public:
  FakeTable();
  ~FakeTable() override;

  // What a test arranges.
  std::vector<Interface> links = {};
  std::map<InterfaceIndex, std::vector<IpAddress>> own = {};
  std::map<NeighborKey, std::vector<LinkAnswer>> wire = {};
  std::map<IpAddress, Route> routes = {};
  std::vector<TableLimits> table_limits = {};
  bool may_write = true;                 ///< false: every change is kPermissionDenied.
  bool may_send = true;                  ///< false: ask and announce are kPermissionDenied.
  std::set<NeighborKey> refused = {};    ///< Writing these is kInvalidArgument (state).
  std::set<NeighborKey> collected = {};  ///< Vanish beside a batch that is rolled back.
  std::size_t breaks_after = SIZE_MAX;   ///< Entries of a batch after which the connection breaks.
  std::size_t most_entries = SIZE_MAX;   ///< create beyond is kTableFull.
  std::size_t watch_backlog = SIZE_MAX;  ///< Events a watch keeps unread; more are lost.
  std::size_t announcements = 0;
  std::function<void()> when_watched = {};  ///< Called when a watch begins.

  Interface& add_interface(std::string name, bool up = true);
  void put(const Neighbor& neighbor);  ///< Without checks, notified.
  [[nodiscard]] const std::map<NeighborKey, Neighbor>& entries() const { return entries_; }

  Result<void> create(const Neighbor& neighbor) override;
  Result<void> set(const Neighbor& neighbor) override;
  Result<void> replace(const Neighbor& neighbor) override;
  Result<void> remove(const NeighborKey& key) override;
  Result<Neighbor> get(const NeighborKey& key) override;
  Result<void> visit(const ListFilter& filter, FunctionRef<void(const Neighbor&)> visitor) override;
  Result<std::size_t> flush(const ListFilter& filter) override;
  Result<Neighbor> resolve(const NeighborKey& key, const ResolveOptions& options) override;
  [[nodiscard]] std::vector<Result<Neighbor>> resolve_all(std::span<const NeighborKey> keys,
                                                          const ResolveOptions& options) override;
  Result<std::vector<LinkAnswer>> ask(const NeighborKey& key, const AskOptions& options) override;
  Result<void> announce(InterfaceIndex interface, const IpAddress& own_address,
                        const AnnounceOptions& options) override;
  Result<BatchReport> apply(Operation operation, std::span<const Neighbor> neighbors, OnError on_error) override;
  [[nodiscard]] Result<std::unique_ptr<Watch>> watch(const ListFilter& filter) override;
  [[nodiscard]] Result<std::vector<Interface>> interfaces() override;
  [[nodiscard]] Result<Interface> find_interface(InterfaceIndex index) override;
  [[nodiscard]] Result<Interface> find_interface(std::string_view name) override;
  [[nodiscard]] Result<std::vector<IpAddress>> own_addresses(InterfaceIndex interface) override;
  [[nodiscard]] Result<std::vector<TableLimits>> limits() override;
  [[nodiscard]] Result<bool> has_family(Family family) override;

 private:
  class FakeWatch;

  [[nodiscard]] const Interface* link(InterfaceIndex index) const;
  Result<void> check_write(const Neighbor& neighbor) const;
  Result<void> write(Operation operation, const Neighbor& neighbor);
  void notify(const NeighborKey& key);

  std::map<NeighborKey, Neighbor> entries_ = {};
  std::set<FakeWatch*> watches_ = {};
  std::mutex lock_ = {};
};

/// One run of neighctl on a FakeTable.
struct Told {
  int code = -1;
  std::string out = {};
  std::string err = {};
};
/// `width`: of the terminal it runs on; 0: it runs on none.
[[nodiscard]] Told run_on(std::shared_ptr<FakeTable> table, const std::string& line, std::size_t width = 0);

/// `table` with lo, eth0 (index 2) and eth1 (index 3).
[[nodiscard]] std::shared_ptr<FakeTable> small_host();

[[nodiscard]] Neighbor entry(std::string_view address, std::uint32_t interface, std::string_view link_address,
                             NudState state = NudState::kPermanent);

}  // namespace neigh::ctl::test
