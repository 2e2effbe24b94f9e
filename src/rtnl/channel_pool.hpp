// SPDX-License-Identifier: Apache-2.0
// Channels kept for the next call: never shared by two threads, never across a network namespace or a fork.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "neigh/kernel.hpp"
#include "rtnl/channel.hpp"
#include "rtnl/link_facts.hpp"
#include "rtnl/namespace_id.hpp"

namespace neigh::rtnl {

/// Lends each caller a channel of its own. Without locks, so that a fork in another thread's call leaves nothing
/// locked in the child. At most kSlots channels are kept; more callers at once get short-lived ones.
///
/// Only channels of the table's namespace (kOpener) or of the process's (kCallingThread) are kept: a kept socket
/// keeps its namespace alive, and a namespace that a thread only visited must be free to go.
class ChannelPool {
  enum State : std::uint8_t { kEmpty, kIdle, kBusy };
  struct Slot {
    std::atomic<std::uint8_t> state{kEmpty};
    std::atomic<int> fd{-1};  ///< Beside the channel, so that a forked child can close it without touching the channel.
    std::atomic<std::uint64_t> cookie{0};
    std::optional<NamespaceId> home = {};
    std::int64_t checked = 0;  ///< Tick of the clock in which the descriptor was last seen to be ours.
    std::unique_ptr<Channel> channel;
    LinkFacts facts;  ///< Of the channel's namespace.
  };

 public:
  static constexpr std::size_t kSlots = 16;

  /// A channel on loan; back in the pool, or closed if it broke, at the end.
  class Lease {
   public:
    Lease(Lease&& other) noexcept
        : slot_(std::exchange(other.slot_, nullptr)), channel_(other.channel_), own_(std::move(other.own_)) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease();
    Channel* operator->() const { return channel_; }
    Channel& operator*() const { return *channel_; }
    /// What the channel's earlier users have learned; nullptr: it is not a kept one.
    [[nodiscard]] LinkFacts* facts() const { return slot_ == nullptr ? nullptr : &slot_->facts; }

   private:
    friend class ChannelPool;
    explicit Lease(Slot& slot) : slot_(&slot), channel_(slot.channel.get()) {}
    explicit Lease(std::unique_ptr<Channel> own) : channel_(own.get()), own_(std::move(own)) {}

    Slot* slot_ = nullptr;
    Channel* channel_;  ///< In the slot, unless this is a child forked while the loan ran: then the slot has moved on.
    std::unique_ptr<Channel> own_;
  };

  /// @retval Errc::kSystem, kNoMemory  no netlink socket can be opened.
  [[nodiscard]] static Result<std::shared_ptr<ChannelPool>> create(NamespaceBinding binding);
  explicit ChannelPool(NamespaceBinding binding, std::function<Result<Channel>()> open = &Channel::open,
                       std::function<Result<UniqueFd>()> open_bell = &open_link_bell);
  ~ChannelPool();
  ChannelPool(const ChannelPool&) = delete;
  ChannelPool& operator=(const ChannelPool&) = delete;

  [[nodiscard]] Result<Lease> take() { return take(Check::kAlways); }

  /// `request` on a channel; again on another one if the first had been closed behind our back. That the descriptor
  /// still is ours is looked at once in a tick of the clock (1 to 10 ms) only, since the look takes a system call: for
  /// requests that are over with two.
  template <class T>
  [[nodiscard]] Result<T> call(FunctionRef<Result<T>(Channel&)> request) {
    return call_leased<T>([&](Lease& lease) { return request(*lease); });
  }

  /// As `call`, for several requests of which the last is the only one that changes anything, and which want to know
  /// what the channel has learned.
  template <class T>
  [[nodiscard]] Result<T> call_leased(FunctionRef<Result<T>(Lease&)> requests) {
    {
      auto lease = take(Check::kOncePerTick);
      if (!lease) return std::move(lease).error();
      auto outcome = requests(*lease);
      if (!(*lease)->lost()) return outcome;
    }
    auto lease = take();
    if (!lease) return std::move(lease).error();
    return requests(*lease);
  }

  /// A socket for LinkFacts, in the namespace that this pool's channels belong to now.
  [[nodiscard]] Result<UniqueFd> open_bell() const { return open_in_namespace<UniqueFd>(open_bell_); }

  /// `pool` if it belongs to one namespace; else a pool like it that belongs to the calling thread's, for what must
  /// stay in the namespace where it began.
  [[nodiscard]] static std::shared_ptr<ChannelPool> bound(std::shared_ptr<ChannelPool> pool);

  /// Calls `open` in the namespace that this pool's channels belong to now.
  template <class T>
  [[nodiscard]] Result<T> open_in_namespace(FunctionRef<Result<T>()> open) const {
    auto visit = visit_namespace();
    if (!visit) return std::move(visit).error();
    return open();
  }

 private:
  enum class Check : std::uint8_t { kAlways, kOncePerTick };
  [[nodiscard]] Result<Lease> take(Check check);
  /// The slot's descriptor still is ours.
  [[nodiscard]] static bool intact(Slot& slot, Check check) noexcept;
  void close_after_fork() noexcept;
  /// Enters the table's namespace if the calling thread is in another.
  [[nodiscard]] Result<std::optional<NamespaceVisit>> visit_namespace() const;
  [[nodiscard]] Result<Lease> open_and_keep(const std::optional<NamespaceId>& wanted);
  [[nodiscard]] bool worth_keeping(const std::optional<NamespaceId>& wanted) const;
  void drop_other_homes(const std::optional<NamespaceId>& wanted) noexcept;
  static void drop(Slot& slot) noexcept;
  static bool claim(Slot& slot, State from) noexcept;

  NamespaceBinding binding_;
  std::function<Result<Channel>()> open_channel_;  ///< Replaced by tests that play the kernel.
  std::function<Result<UniqueFd>()> open_bell_;    ///< Likewise.
  std::optional<NamespaceId> opener_;
  UniqueFd opener_fd_;
  std::atomic<std::uint64_t> generation_;
  std::array<Slot, kSlots> slots_;
};

}  // namespace neigh::rtnl
