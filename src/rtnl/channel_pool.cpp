// SPDX-License-Identifier: Apache-2.0
#include "rtnl/channel_pool.hpp"

#include <sched.h>

#include "base/fork_generation.hpp"

namespace neigh::rtnl {
namespace {

/// Marks a pool whose first caller after a fork is closing what it inherited.
constexpr std::uint64_t kClosing = ~std::uint64_t{0};

}  // namespace

Result<std::shared_ptr<ChannelPool>> ChannelPool::create(NamespaceBinding binding) {
  auto pool = std::make_shared<ChannelPool>(binding);
  // The first socket is opened now, so that a system without netlink is reported where the table is opened.
  if (auto first = pool->take(); !first) return std::move(first).error();
  return pool;
}

ChannelPool::ChannelPool(NamespaceBinding binding, std::function<Result<Channel>()> open,
                         std::function<Result<UniqueFd>()> open_bell)
    : binding_(binding),
      open_channel_(std::move(open)),
      open_bell_(std::move(open_bell)),
      generation_(fork_generation()) {
  if (binding == NamespaceBinding::kOpener) {
    opener_ = NamespaceId::of_thread();
    opener_fd_ = open_namespace_of_thread();
  }
}

ChannelPool::~ChannelPool() {
  // Checked, since a program that closes all descriptors may have given the numbers to something else.
  for (Slot& slot : slots_) {
    if (slot.channel) slot.channel->socket().abandon();
  }
  if (NamespaceId::of_descriptor(opener_fd_.get()) != opener_) (void)opener_fd_.release();
}

std::shared_ptr<ChannelPool> ChannelPool::bound(std::shared_ptr<ChannelPool> pool) {
  if (pool->binding_ == NamespaceBinding::kOpener) return pool;
  return std::make_shared<ChannelPool>(NamespaceBinding::kOpener, pool->open_channel_, pool->open_bell_);
}

bool ChannelPool::claim(Slot& slot, State from) noexcept {
  std::uint8_t expected = from;
  return slot.state.load(std::memory_order_relaxed) == from &&
         slot.state.compare_exchange_strong(expected, kBusy, std::memory_order_acquire);
}

void ChannelPool::drop(Slot& slot) noexcept {
  slot.fd.store(-1, std::memory_order_relaxed);
  // Checked, since a program that closes all descriptors may have given the number to something else.
  if (slot.channel) slot.channel->socket().abandon();
  slot.channel.reset();
  slot.facts.forget();
  slot.state.store(kEmpty, std::memory_order_release);
}

ChannelPool::Lease::~Lease() {
  // Another channel or none: this is a child forked while the loan ran, and the pool has been emptied.
  if (slot_ == nullptr || slot_->channel.get() != channel_) return;
  if (channel_->broken()) {
    drop(*slot_);
  } else {
    slot_->state.store(kIdle, std::memory_order_release);
  }
}

void ChannelPool::close_after_fork() noexcept {
  const std::uint64_t now = fork_generation();
  std::uint64_t seen = generation_.load(std::memory_order_acquire);
  while (seen != now) {
    if (seen == kClosing) {
      sched_yield();
      seen = generation_.load(std::memory_order_acquire);
    } else if (generation_.compare_exchange_weak(seen, kClosing)) {
      for (Slot& slot : slots_) {
        const int fd = slot.fd.exchange(-1);
        const std::uint64_t cookie = slot.cookie.load();
        if (fd >= 0 && cookie != 0 && socket_cookie(fd) == cookie) ::close(fd);
        // A channel that another thread of the parent was using may be in any state: it is leaked, not destroyed.
        slot.facts.forget_after_fork(/*in_use=*/slot.state.load() == kBusy);
        if (slot.state.load() == kIdle) slot.channel->socket().release_fd();
        if (slot.state.load() == kBusy) (void)slot.channel.release();
        slot.channel.reset();
        slot.state.store(kEmpty);
      }
      generation_.store(now, std::memory_order_release);
      return;
    }
  }
}

Result<std::optional<NamespaceVisit>> ChannelPool::visit_namespace() const {
  if (binding_ == NamespaceBinding::kCallingThread || !opener_ || NamespaceId::of_thread() == opener_) {
    return std::optional<NamespaceVisit>{};
  }
  auto visit = NamespaceVisit::enter(opener_fd_.get());
  if (!visit) return std::move(visit).error();
  return std::optional<NamespaceVisit>{std::move(*visit)};
}

bool ChannelPool::worth_keeping(const std::optional<NamespaceId>& wanted) const {
  return binding_ == NamespaceBinding::kOpener || (wanted && wanted == NamespaceId::of_process());
}

Result<ChannelPool::Lease> ChannelPool::open_and_keep(const std::optional<NamespaceId>& wanted) {
  auto opened = open_in_namespace<Channel>(open_channel_);
  if (!opened) return std::move(opened).error();
  auto channel = std::make_unique<Channel>(std::move(*opened));
  if (worth_keeping(wanted)) {
    drop_other_homes(wanted);
    for (Slot& slot : slots_) {
      if (!claim(slot, kEmpty)) continue;
      slot.home = wanted;
      slot.fd.store(channel->socket().fd());
      slot.cookie.store(channel->socket().cookie());
      slot.channel = std::move(channel);
      return Lease(slot);
    }
  }
  return Lease(std::move(channel));
}

/// The process has moved on: what it left must be free to go, and its slots are wanted.
void ChannelPool::drop_other_homes(const std::optional<NamespaceId>& wanted) noexcept {
  for (Slot& slot : slots_) {
    if (!claim(slot, kIdle)) continue;
    if (slot.home == wanted) {
      slot.state.store(kIdle, std::memory_order_release);
    } else {
      drop(slot);
    }
  }
}

bool ChannelPool::intact(Slot& slot, Check check) noexcept {
  const std::int64_t tick = coarse_tick();
  const Socket& socket = slot.channel->socket();
  if (check == Check::kOncePerTick && socket.addressed() && slot.checked == tick) return true;
  slot.checked = tick;
  return socket.intact();
}

Result<ChannelPool::Lease> ChannelPool::take(Check check) {
  close_after_fork();
  const std::optional<NamespaceId> wanted = binding_ == NamespaceBinding::kOpener ? opener_ : NamespaceId::of_thread();
  if (wanted || binding_ == NamespaceBinding::kOpener) {
    for (Slot& slot : slots_) {
      if (!claim(slot, kIdle)) continue;
      if (slot.home != wanted) {
        slot.state.store(kIdle, std::memory_order_release);
      } else if (intact(slot, check)) {
        return Lease(slot);
      } else {
        drop(slot);  // somebody has closed all descriptors; a request must not go to whoever has the number now
      }
    }
  }
  return open_and_keep(wanted);
}

}  // namespace neigh::rtnl
