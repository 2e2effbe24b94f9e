// SPDX-License-Identifier: Apache-2.0
// A kernel played by the test: it answers as the real one does, and what happens to its answers on the way is up to
// the test.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "neigh/neighbor.hpp"
#include "rtnl/channel.hpp"
#include "rtnl/channel_pool.hpp"
#include "unit/rtnl/netlink_bytes.hpp"

namespace neigh::rtnl::test {

/// One request as it arrived.
struct Request {
  std::uint16_t type = 0;
  std::uint16_t flags = 0;
  std::uint32_t sequence = 0;
  Bytes payload = {};
};

/// What the kernel sends back: datagrams, each of one or more messages.
using Answers = std::vector<Bytes>;

/// Neighbors, one Ethernet interface ("eth7") and one without link-layer addresses ("tun8"). Answers single
/// gets, dumps, writes, links and limits as the real kernel does.
class KernelModel {
 public:
  static constexpr std::uint32_t kEthernet = 0x70000007;  ///< No device of a real host has such a number.
  static constexpr std::uint32_t kTunnel = 0x70000008;

  /// Answers to one datagram of requests.
  Answers answer(const std::vector<Request>& requests);

  [[nodiscard]] std::size_t size() const { return table_.size(); }
  std::map<NeighborKey, Neighbor>& table() { return table_; }
  std::uint32_t port_id = 0;
  std::size_t rows_per_datagram = 3;
  bool ethernet_there = true;       ///< "eth7" exists.
  std::uint16_t ethernet_type = 1;  ///< Its ARPHRD_*.
  bool ipv6 = true;                 ///< Switched on, on both.
  int refuse_writes = 0;            ///< errno of every write; 0: as it comes.

 private:
  [[nodiscard]] bool known(InterfaceIndex index) const;
  Bytes write(const Request& request);
  Answers get_neighbors(const Request& request);
  Answers get_links(const Request& request);
  Answers dump(const Request& request, const std::vector<Bytes>& rows);
  [[nodiscard]] Bytes verdict(const Request& request, int number, const std::string& text = {}) const;
  [[nodiscard]] Bytes row(const Request& request, const Neighbor& neighbor) const;

  std::map<NeighborKey, Neighbor> table_;
};

/// What becomes of the answers to the `count`-th datagram of requests on a channel (from 0).
using Fault = std::function<Answers(std::size_t count, const std::vector<Request>& requests, Answers answers)>;

/// Serves channels, each over a socket pair and by a thread of its own, from one model.
class ScriptedKernel {
 public:
  ScriptedKernel() = default;
  ~ScriptedKernel();
  ScriptedKernel(const ScriptedKernel&) = delete;
  ScriptedKernel& operator=(const ScriptedKernel&) = delete;

  struct Options {
    std::chrono::milliseconds limit{60'000};  ///< Far above what any answer takes.
    std::uint32_t port_id = 0;                ///< Of the channel; 0: none.
  };
  /// A channel whose answers go through `fault`; none: as they are.
  [[nodiscard]] Channel open(Fault fault, const Options& options);
  [[nodiscard]] Channel open(Fault fault = {}) { return open(std::move(fault), Options{}); }

  /// A pool whose first channel has this fault and whose others have none.
  [[nodiscard]] std::shared_ptr<ChannelPool> pool(Fault first, const Options& options);
  [[nodiscard]] std::shared_ptr<ChannelPool> pool(Fault first = {}) { return pool(std::move(first), Options{}); }

  /// Calls `use` with the model, while no request is answered.
  void with_model(const std::function<void(KernelModel&)>& use);
  [[nodiscard]] std::size_t opened() const;
  /// Waits until every channel is closed and its thread has ended; then nothing of this object is open.
  void join();

 private:
  void serve(int fd, const Fault& fault);

  mutable std::mutex mutex_;
  KernelModel model_;
  std::vector<std::thread> threads_;
};

/// A fault that ends the socket instead of answering.
[[nodiscard]] Fault close_socket();

/// Number of open descriptors of this process.
[[nodiscard]] std::size_t open_descriptors();

}  // namespace neigh::rtnl::test
