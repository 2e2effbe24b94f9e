// SPDX-License-Identifier: Apache-2.0
// A subscription that notices lost notifications and makes up for them (RTN-100 to RTN-109).
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <exception>
#include <utility>
#include <vector>

#include "base/arguments.hpp"
#include "base/fork_generation.hpp"
#include "rtnl/attributes.hpp"
#include "rtnl/errors.hpp"
#include "rtnl/kernel_table.hpp"
#include "rtnl/numbers.hpp"
#include "rtnl/watch_mirror.hpp"

namespace neigh::rtnl {
namespace {

constexpr int kReceiveBuffer = 8 * 1024 * 1024;
/// Neighbor messages are well below this; longer link messages are cut, of which only the start is read. No power of
/// two, whose messages would all begin in the same set of the processor's cache.
constexpr std::size_t kMaxNotification = 1024 + 64;
constexpr unsigned kPerReceive = 64;
/// Passes over the table until one tells nothing new.
constexpr int kDumpPasses = 3;

class KernelWatch final : public Watch {
 public:
  KernelWatch(std::shared_ptr<ChannelPool> pool, const ListFilter& filter) : pool_(std::move(pool)), filter_(filter) {}

  Result<void> open();

  [[nodiscard]] int fd() const noexcept override { return ready_.get(); }
  Result<std::size_t> process(Handler handler) override;
  Result<bool> wait(std::chrono::milliseconds timeout) override;
  void request_resync() noexcept override { want_resync(); }
  void visit_mirror(FunctionRef<void(const Neighbor&)> visitor) const override {
    for (EntryId id = 0; id < mirror_.size(); ++id) visitor(mirror_[id]);
  }
  Result<std::optional<Neighbor>> look(const NeighborKey& key, Handler handler) override;

 private:
  class UnwindGuard {
   public:
    explicit UnwindGuard(KernelWatch& watch) : watch_(watch) {}
    ~UnwindGuard() {
      if (std::uncaught_exceptions() > before_) watch_.want_resync();
    }
    UnwindGuard(const UnwindGuard&) = delete;
    UnwindGuard& operator=(const UnwindGuard&) = delete;

   private:
    KernelWatch& watch_;
    int before_ = std::uncaught_exceptions();
  };

  /// What one message tells. All of a batch are read before the first is applied, so that what the mirror needs for
  /// them comes from memory at the same time.
  struct News {
    enum class Kind : std::uint8_t { kPresent, kGone, kInterfaceGone };
    Kind kind = Kind::kPresent;
    std::uint64_t hash = 0;
    WatchEvent event = {};  // as it will be told, so that nothing is copied; kInterfaceGone: its interface
  };

  Result<void> open_notifications();
  Result<void> reopen_after_fork();
  Result<bool> read_notifications(bool discard);
  Result<void> take_notifications();
  Result<void> resynchronize();
  Result<void> dump_until_complete(Channel& channel);
  Result<void> remove_unseen(Channel& channel);
  Result<std::optional<Neighbor>> renew(Channel& channel, const NeighborKey& key);
  bool read_datagram(std::span<const std::uint8_t> bytes, bool cut);
  bool read_message(const nlmsghdr& message);
  News& next_news();
  void apply_news();
  bool apply_present(std::uint64_t hash, WatchEvent& event);
  void apply_gone(std::uint64_t hash, WatchEvent& event);
  void drop(EntryId id, WatchEvent& event);
  void on_interface_gone(WatchEvent& event);
  void tell(WatchEvent::Kind kind, WatchEvent& event);
  void tell(WatchEvent::Kind kind) {
    WatchEvent event;
    tell(kind, event);
  }
  void want_resync() noexcept {
    resync_ = true;
    const std::uint64_t one = 1;
    (void)!::write(wake_.get(), &one, sizeof one);
  }
  void clear_wake() noexcept {
    std::uint64_t count = 0;
    (void)!::read(wake_.get(), &count, sizeof count);
  }

  std::shared_ptr<ChannelPool> pool_;
  ListFilter filter_;
  std::optional<Socket> socket_;
  UniqueFd wake_;   // readable while a resynchronization is due
  UniqueFd ready_;  // epoll: the socket or wake_
  std::uint64_t generation_ = fork_generation();
  WatchMirror mirror_;
  std::uint32_t dumps_ = 0;
  bool resync_ = true;
  bool synced_once_ = false;
  bool gap_open_ = false;
  Handler* handler_ = nullptr;  // during process()
  std::size_t told_ = 0;
  struct Buffers {
    Buffers() {
      for (unsigned i = 0; i < kPerReceive; ++i) {
        parts[i] = {bytes[i].data(), kMaxNotification};
        headers[i].msg_hdr.msg_iov = &parts[i];
        headers[i].msg_hdr.msg_iovlen = 1;
        headers[i].msg_hdr.msg_name = &senders[i];
      }
    }
    std::array<iovec, kPerReceive> parts{};
    std::array<sockaddr_nl, kPerReceive> senders{};
    std::array<mmsghdr, kPerReceive> headers{};
    alignas(nlmsghdr) std::array<std::array<std::uint8_t, kMaxNotification>, kPerReceive> bytes;
  };
  std::array<News, kPerReceive> news_;
  std::size_t news_count_ = 0;
  std::unique_ptr<Buffers> buffers_ = std::make_unique<Buffers>();
};

Result<void> KernelWatch::open() {
  wake_.reset(::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake_) return system_error("eventfd", errno);
  return open_notifications();
}

Result<void> KernelWatch::open_notifications() {
  auto opened = pool_->open_in_namespace<Socket>(
      [] { return Socket::open_for_notifications(RTMGRP_NEIGH | RTMGRP_LINK, kReceiveBuffer); });
  if (!opened) return std::move(opened).error();
  socket_.emplace(std::move(*opened));
  ready_.reset(::epoll_create1(EPOLL_CLOEXEC));
  if (!ready_) return system_error("epoll_create1", errno);
  for (const int member : {socket_->fd(), wake_.get()}) {
    epoll_event event{};
    event.events = EPOLLIN;
    if (::epoll_ctl(ready_.get(), EPOLL_CTL_ADD, member, &event) != 0) return system_error("epoll_ctl", errno);
  }
  return {};
}

Result<void> KernelWatch::reopen_after_fork() {
  // The parent reads the old socket; this process gets one of its own and what it missed as a gap.
  socket_->abandon();
  wake_.reset(::eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake_) return system_error("eventfd", errno);
  if (auto opened = open_notifications(); !opened) return opened;
  generation_ = fork_generation();
  want_resync();
  return {};
}

Result<bool> KernelWatch::wait(std::chrono::milliseconds timeout) {
  // A forked child has a socket of its own to open first; see process().
  if (generation_ != fork_generation()) return true;
  const bool forever = timeout < std::chrono::milliseconds::zero();
  const Deadline deadline(forever ? std::chrono::milliseconds::zero() : timeout);
  for (;;) {
    pollfd waiting{ready_.get(), POLLIN, 0};
    const int ready = ::poll(&waiting, 1, forever ? -1 : deadline.poll_timeout());
    if (ready > 0 && (waiting.revents & POLLNVAL) != 0) return system_error("poll(watch)", EBADF);
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return system_error("poll(watch)", errno);
    if (!forever && deadline.over()) return false;
  }
}

void KernelWatch::tell(WatchEvent::Kind kind, WatchEvent& event) {
  event.kind = kind;
  if (kind != WatchEvent::Kind::kChanged) event.previous.reset();
  ++told_;
  (*handler_)(event);
}

Result<std::size_t> KernelWatch::process(Handler handler) {
  if (generation_ != fork_generation()) {
    if (auto reopened = reopen_after_fork(); !reopened) return std::move(reopened).error();
  }
  handler_ = &handler;
  told_ = 0;
  // A handler that throws leaves events behind that nobody was told: the next call tells the difference.
  const UnwindGuard guard(*this);
  // Once, however much is lost meanwhile: the next call goes on, for which `fd()` is readable.
  if (!resync_) {
    if (auto read = take_notifications(); !read) return std::move(read).error();
    if (!resync_) return told_;
  }
  if (auto done = resynchronize(); !done) return std::move(done).error();
  if (!resync_) {
    if (auto read = take_notifications(); !read) return std::move(read).error();
  }
  return told_;
}

Result<void> KernelWatch::take_notifications() {
  auto lost = read_notifications(/*discard=*/false);
  if (!lost) return std::move(lost).error();
  if (*lost) want_resync();
  return {};
}

Result<void> KernelWatch::resynchronize() {
  const bool first = !synced_once_;
  if (!first && !gap_open_) {
    gap_open_ = true;
    tell(WatchEvent::Kind::kGapBegan);
  }
  // What is queued now may be older than what was lost: were it applied after the dump, a lost removal would stay
  // unseen. It is thrown away; what arrives from here on is applied after the dump and ends in the true state.
  if (auto drained = read_notifications(/*discard=*/true); !drained) return std::move(drained).error();
  auto channel = pool_->take();
  if (!channel) return std::move(channel).error();
  clear_wake();
  resync_ = false;
  ++dumps_;
  if (auto dumped = dump_until_complete(**channel); !dumped) {
    want_resync();
    return dumped;
  }
  // Removals that were notified meanwhile need not be asked for.
  auto lost = read_notifications(/*discard=*/false);
  if (!lost || *lost) {
    want_resync();
    return lost ? Result<void>{} : Result<void>(std::move(lost).error());
  }
  if (auto removed = remove_unseen(**channel); !removed) {
    want_resync();
    return removed;
  }
  if (first) {
    synced_once_ = true;
    tell(WatchEvent::Kind::kSynced);
  } else {
    gap_open_ = false;
    tell(WatchEvent::Kind::kGapHealed);
  }
  return {};
}

/// A dump leaves out entries when others beside them go away, also in other namespaces, or when the kernel's hash table
/// grows under it, and does not say so (RTN-088). What one pass has left out the next one tells: the last one is a pass
/// that told nothing new. While others keep adding entries no pass is; then the notifications tell those.
Result<void> KernelWatch::dump_until_complete(Channel& channel) {
  WatchEvent row;
  for (int pass = 0; pass < kDumpPasses; ++pass) {
    bool news = false;
    auto dumped = dump_neighbors(
        channel, filter_,
        [&](const Neighbor& neighbor) {
          row.neighbor = neighbor;
          if (apply_present(mirror_.hash_of(neighbor), row)) news = true;
        },
        [] {});
    if (!dumped || !news) return dumped;
  }
  return {};
}

/// Drops what no pass has told, once the kernel says that it is not there.
Result<void> KernelWatch::remove_unseen(Channel& channel) {
  std::vector<NeighborKey> unseen;
  for (EntryId id = 0; id < mirror_.size(); ++id) {
    if (mirror_.seen_in_dump(id) != dumps_) unseen.push_back(mirror_[id].key());
  }
  for (const NeighborKey& key : unseen) {
    if (auto renewed = renew(channel, key); !renewed) return std::move(renewed).error();
  }
  return {};
}

/// Makes the mirror's entry of `key` what the kernel says. @return The entry, if the filter means it.
Result<std::optional<Neighbor>> KernelWatch::renew(Channel& channel, const NeighborKey& key) {
  WatchEvent event;
  const auto there = get_neighbor(channel, key);
  if (there) {
    event.neighbor = *there;
    (void)apply_present(mirror_.hash_of(key), event);
    return filter_.matches(*there) ? std::optional(*there) : std::nullopt;
  }
  // A refusal for another reason, such as memory that the kernel lacks, does not say that it is gone.
  const Errc why = there.error().code;
  const bool gone = why == Errc::kNotFound || why == Errc::kNoSuchInterface || why == Errc::kNotSupported;
  if (channel.broken() || !gone) return there.error();
  if (const EntryId known = mirror_.find(mirror_.hash_of(key), key); known != kNoId) drop(known, event);
  return std::optional<Neighbor>{};
}

Result<std::optional<Neighbor>> KernelWatch::look(const NeighborKey& key, Handler handler) {
  if (auto ok = check_key(key); !ok) return std::move(ok).error();
  if (generation_ != fork_generation()) {
    if (auto reopened = reopen_after_fork(); !reopened) return std::move(reopened).error();
  }
  auto channel = pool_->take();
  if (!channel) return std::move(channel).error();
  handler_ = &handler;
  const UnwindGuard guard(*this);
  return renew(**channel, key);
}

/// Reads what is queued. @return true: something was lost.
Result<bool> KernelWatch::read_notifications(bool discard) {
  auto& [parts, senders, headers, bytes] = *buffers_;
  // A flood may fill the queue as fast as it is emptied: after this many the caller's loop gets its turn. While
  // discarding, everything that was queued at the start is certainly gone by then.
  constexpr std::size_t kEnough = 4 * kReceiveBuffer / 832;
  news_count_ = 0;  // of a call that an exception has ended
  bool lost = false;
  for (std::size_t taken = 0; taken < kEnough;) {
    for (mmsghdr& header : headers) header.msg_hdr.msg_namelen = sizeof(sockaddr_nl);
    const int got = ::recvmmsg(socket_->fd(), headers.data(), kPerReceive, MSG_DONTWAIT, nullptr);
    if (got < 0) {
      if (errno == EINTR) continue;
      if (errno == ENOBUFS) {
        lost = true;
        continue;  // reported once; what is queued can still be read
      }
      if (errno == EAGAIN || errno == EWOULDBLOCK) return lost;
      return system_error("recvmmsg(netlink)", errno);
    }
    taken += static_cast<std::size_t>(got);
    if (discard) continue;
    for (unsigned i = 0; i < static_cast<unsigned>(got); ++i) {
      if (headers[i].msg_hdr.msg_namelen == sizeof senders[i] && senders[i].nl_pid != 0) continue;
      const bool cut = (headers[i].msg_hdr.msg_flags & MSG_TRUNC) != 0;
      if (!read_datagram(std::span(bytes[i]).first(headers[i].msg_len), cut)) lost = true;
    }
    apply_news();
  }
  // More is waiting; `fd()` stays readable.
  return lost;
}

/// @return false: something in it cannot be used, so that the mirror may be wrong.
bool KernelWatch::read_datagram(std::span<const std::uint8_t> bytes, bool cut) {
  if (cut) {
    // Only a link message may be longer than the buffer, and its start is all that is read of it.
    const auto& message = *static_cast<const nlmsghdr*>(static_cast<const void*>(bytes.data()));
    return (message.nlmsg_type == RTM_NEWLINK || message.nlmsg_type == RTM_DELLINK) && read_message(message);
  }
  bool usable = true;
  const bool whole = each_message(bytes, [&](const nlmsghdr& message) {
    usable = read_message(message) && usable;
    return true;
  });
  return whole && usable;
}

/// @return false: the message cannot be used.
bool KernelWatch::read_message(const nlmsghdr& message) {
  switch (message.nlmsg_type) {
    case RTM_NEWNEIGH:
    case RTM_DELNEIGH: {
      News& one = next_news();
      const auto parsed = parse_neighbor(message, one.event.neighbor);
      if (!parsed || !*parsed) return parsed.has_value();
      one.kind = message.nlmsg_type == RTM_NEWNEIGH ? News::Kind::kPresent : News::Kind::kGone;
      one.hash = mirror_.hash_of(one.event.neighbor);
      mirror_.prefetch(one.hash);
      ++news_count_;
      return true;
    }
    case RTM_DELLINK: {
      const auto gone = parse_link_gone(message);
      if (!gone) return false;
      if (!gone->whole_device) return true;
      News& one = next_news();
      one.kind = News::Kind::kInterfaceGone;
      one.event.neighbor.interface = gone->index;
      ++news_count_;
      return true;
    }
    case NLMSG_OVERRUN:
      return false;
    default:
      return true;
  }
}

/// Where the next one is read to.
KernelWatch::News& KernelWatch::next_news() {
  if (news_count_ == news_.size()) apply_news();
  return news_[news_count_];
}

void KernelWatch::apply_news() {
  const std::size_t count = std::exchange(news_count_, 0);  // first: the handler may throw
  for (News& one : std::span(news_).first(count)) {
    switch (one.kind) {
      case News::Kind::kPresent:
        (void)apply_present(one.hash, one.event);
        break;
      case News::Kind::kGone:
        apply_gone(one.hash, one.event);
        break;
      case News::Kind::kInterfaceGone:
        on_interface_gone(one.event);
        break;
    }
  }
}

/// @return Nothing has told of it since the last dump began.
bool KernelWatch::apply_present(std::uint64_t hash, WatchEvent& event) {
  if (!filter_.matches(event.neighbor)) {
    apply_gone(hash, event);
    return false;
  }
  const auto [id, is_new] = mirror_.try_insert(hash, event.neighbor, dumps_);
  if (is_new) {
    tell(WatchEvent::Kind::kAdded, event);
    return true;
  }
  const bool first = std::exchange(mirror_.seen_in_dump(id), dumps_) != dumps_;
  event.previous = mirror_[id];
  mirror_.assign(id, event.neighbor);
  if (!event.previous->same_content(event.neighbor)) tell(WatchEvent::Kind::kChanged, event);
  return first;
}

void KernelWatch::apply_gone(std::uint64_t hash, WatchEvent& event) {
  if (const EntryId known = mirror_.find(hash, event.neighbor.key()); known != kNoId) drop(known, event);
}

/// `event`: to be written to.
void KernelWatch::drop(EntryId id, WatchEvent& event) {
  event.neighbor = mirror_[id];
  mirror_.erase(id);
  tell(WatchEvent::Kind::kRemoved, event);
}

void KernelWatch::on_interface_gone(WatchEvent& event) {
  const InterfaceIndex index = event.neighbor.interface;
  for (EntryId id = 0; id < mirror_.size();) {
    if (mirror_[id].interface == index) {
      drop(id, event);  // another has its number now
    } else {
      ++id;
    }
  }
}

}  // namespace

Result<std::unique_ptr<Watch>> open_watch(std::shared_ptr<ChannelPool> pool, const ListFilter& filter) {
  if (auto ok = check_watch_filter(filter); !ok) return std::move(ok).error();
  // Bound to the namespace of this moment: whatever thread calls process(), socket and dump tell of the same table.
  auto watch = std::make_unique<KernelWatch>(ChannelPool::bound(std::move(pool)), filter);
  if (auto opened = watch->open(); !opened) return std::move(opened).error();
  return std::unique_ptr<Watch>(std::move(watch));
}

}  // namespace neigh::rtnl
