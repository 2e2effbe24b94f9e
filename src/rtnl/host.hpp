// SPDX-License-Identifier: Apache-2.0
// The kernel's links, addresses and routes as a HostNetwork.
#pragma once

#include <memory>
#include <vector>

#include "neigh/host.hpp"
#include "rtnl/channel_pool.hpp"

namespace neigh::rtnl {

class KernelHost final : public HostNetwork {
 public:
  explicit KernelHost(std::shared_ptr<ChannelPool> pool) : pool_(std::move(pool)) {}

  Result<std::vector<HostLink>> links() override;
  Result<HostLink> link(InterfaceIndex index) override;
  Result<std::vector<HostAddress>> addresses(Family family) override;
  Result<void> create_address(const HostAddress& address) override;
  Result<void> remove_address(InterfaceIndex interface, const IpAddress& address) override;
  Result<std::vector<Route>> routes(Family family) override;
  Result<void> create_route(const Route& route) override;
  Result<void> remove_route(const Route& route) override;
  Result<BestRoute> best_route(const IpAddress& destination, const IpAddress& source,
                               InterfaceIndex interface) override;
  Result<std::unique_ptr<HostWatch>> watch(const HostWatchOptions& options) override;

 private:
  std::shared_ptr<ChannelPool> pool_;
};

/// Dumps, for the calls above and for the watch.
[[nodiscard]] Result<std::vector<HostAddress>> dump_addresses(Channel& channel, Family family);
[[nodiscard]] Result<std::vector<Route>> dump_routes(Channel& channel, Family family);

/// See HostNetwork::watch.
[[nodiscard]] Result<std::unique_ptr<HostWatch>> open_host_watch(std::shared_ptr<ChannelPool> pool,
                                                                 const HostWatchOptions& options);

}  // namespace neigh::rtnl
