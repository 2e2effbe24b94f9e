// SPDX-License-Identifier: Apache-2.0
// Following an embedded stack: changes wait in a bounded queue; who is too slow sees a gap, and then the difference.
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <new>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/arguments.hpp"
#include "base/fork_generation.hpp"
#include "base/unique_fd.hpp"
#include "embedded/host.hpp"
#include "link/on_throw.hpp"

namespace neigh::embedded {

namespace {

constexpr std::size_t kQueued = 65'536;

Error system_error(std::string_view call, int number) {
  return {.code = Errc::kSystem, .sys_errno = number, .field = call};
}

class StackWatch final : public Watch, private Follower {
 public:
  StackWatch(std::shared_ptr<Host> host, const ListFilter& filter) : host_(std::move(host)), filter_(filter) {}
  ~StackWatch() override {
    (void)host_->world().run_surely([this] { host_->remove_follower(*this); });
  }

  Result<void> open();

  [[nodiscard]] int fd() const noexcept override { return ready_.get(); }
  Result<std::size_t> process(Handler handler) override;
  Result<bool> wait(std::chrono::milliseconds timeout) override;
  void request_resync() noexcept override {
    resync_ = true;
    wake();
  }
  void visit_mirror(FunctionRef<void(const Neighbor&)> visitor) const override {
    for (const auto& [key, neighbor] : mirror_) visitor(neighbor);
  }
  Result<std::optional<Neighbor>> look(const NeighborKey& key, Handler handler) override;

 private:
  using Mirror = std::unordered_map<NeighborKey, Neighbor>;

  void on_change(const engine::NeighborChanged& change) override;
  void on_loss() noexcept override {
    queue_.clear();
    request_resync();
  }
  Result<void> open_descriptors();
  Result<void> make_descriptors_anew();
  void wake() const noexcept {
    const std::uint64_t one = 1;
    (void)!::write(event_.get(), &one, sizeof one);
  }
  void clear() const noexcept {
    std::uint64_t count = 0;
    (void)!::read(event_.get(), &count, sizeof count);
  }
  void tell(Handler handler, WatchEvent event) {
    ++told_;
    handler(event);
  }
  void apply(Handler handler, const Neighbor& neighbor, bool present);
  void apply_all(Handler handler, const std::vector<Neighbor>& there);

  std::shared_ptr<Host> host_;
  const ListFilter filter_;
  UniqueFd event_;  // readable while something waits
  UniqueFd ready_;  // epoll: event_, and the time of a world that nobody else moves
  std::uint64_t generation_ = fork_generation();
  Mirror mirror_;
  bool synced_ = false;
  bool in_gap_ = false;  // and it was told
  std::size_t told_ = 0;

  // Inside only.
  struct Change {
    Neighbor neighbor;
    bool present;
  };
  std::vector<Change> queue_;
  std::atomic<bool> resync_{true};  // from outside only to true
};

Result<void> StackWatch::open() {
  if (auto made = open_descriptors(); !made) return made;
  return host_->world().run([this] {
    host_->add_follower(*this);
    wake();
  });
}

Result<void> StackWatch::open_descriptors() {
  event_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event_) return system_error("eventfd", errno);
  ready_.reset(::epoll_create1(EPOLL_CLOEXEC));
  if (!ready_) return system_error("epoll_create1", errno);
  int time = -1;
  if (auto asked = host_->world().run([&] { time = host_->world().time_fd(); }); !asked) return asked;
  for (const int member : {event_.get(), time}) {
    if (member < 0) continue;
    epoll_event event{};
    event.events = EPOLLIN;
    if (::epoll_ctl(ready_.get(), EPOLL_CTL_ADD, member, &event) != 0) return system_error("epoll_ctl", errno);
  }
  return {};
}

/// The parent of a forked process reads the old ones.
Result<void> StackWatch::make_descriptors_anew() {
  if (auto made = open_descriptors(); !made) return made;
  generation_ = fork_generation();
  return host_->world().run([this] {
    if (resync_ || !queue_.empty()) wake();
  });
}

void StackWatch::on_change(const engine::NeighborChanged& change) {
  if (resync_) return;  // everything will be read
  if (queue_.size() >= kQueued) return on_loss();
  try {
    queue_.push_back({.neighbor = change.neighbor, .present = change.kind != engine::NeighborChanged::Kind::kRemoved});
  } catch (const std::bad_alloc&) {
    return on_loss();
  }
  if (queue_.size() == 1) wake();
}

Result<bool> StackWatch::wait(std::chrono::milliseconds timeout) {
  std::optional<Duration> limit;
  if (timeout >= std::chrono::milliseconds{0}) limit = timeout;
  return host_->world().wait([this] { return resync_ || !queue_.empty(); }, limit);
}

void StackWatch::apply(Handler handler, const Neighbor& neighbor, bool present) {
  const auto known = mirror_.find(neighbor.key());
  if (!present || !filter_.matches(neighbor)) {
    if (known == mirror_.end()) return;
    const Neighbor last = known->second;
    mirror_.erase(known);
    return tell(handler, {.kind = WatchEvent::Kind::kRemoved, .neighbor = last});
  }
  if (known == mirror_.end()) {
    mirror_.emplace(neighbor.key(), neighbor);
    return tell(handler, {.kind = WatchEvent::Kind::kAdded, .neighbor = neighbor});
  }
  const bool same = known->second.same_content(neighbor);
  const Neighbor previous = std::exchange(known->second, neighbor);
  if (!same) tell(handler, {.kind = WatchEvent::Kind::kChanged, .neighbor = neighbor, .previous = previous});
}

void StackWatch::apply_all(Handler handler, const std::vector<Neighbor>& there) {
  std::unordered_map<NeighborKey, const Neighbor*> present;
  for (const Neighbor& neighbor : there) present.emplace(neighbor.key(), &neighbor);
  std::vector<Neighbor> gone;
  for (const auto& [key, neighbor] : mirror_) {
    if (!present.contains(key)) gone.push_back(neighbor);
  }
  for (const Neighbor& neighbor : gone) apply(handler, neighbor, /*present=*/false);
  for (const Neighbor& neighbor : there) apply(handler, neighbor, /*present=*/true);
}

Result<std::size_t> StackWatch::process(Handler handler) {
  if (generation_ != fork_generation()) {
    if (auto made = make_descriptors_anew(); !made) return std::move(made).error();
  }
  std::vector<Change> changes;
  std::vector<Neighbor> there;
  bool resync = false;
  // What was taken and not told, for want of memory or since the handler threw, is read again.
  const link::OnThrow again([this] { request_resync(); });
  auto read = host_->world().run([&] {
    clear();
    changes.swap(queue_);
    resync = resync_.exchange(false);
    if (resync) {
      changes.clear();  // older than what is read now
      host_->engine().visit(host_->now(), filter_, [&](const Neighbor& neighbor) { there.push_back(neighbor); });
    }
  });
  if (!read) return std::move(read).error();
  told_ = 0;
  if (resync) {
    if (synced_ && !std::exchange(in_gap_, true)) tell(handler, {.kind = WatchEvent::Kind::kGapBegan});
    apply_all(handler, there);
    in_gap_ = false;
    // Before it is told: what a handler throws at counts as told.
    const bool first = !std::exchange(synced_, true);
    tell(handler, {.kind = first ? WatchEvent::Kind::kSynced : WatchEvent::Kind::kGapHealed});
  }
  for (const Change& change : changes) apply(handler, change.neighbor, change.present);
  return told_;
}

Result<std::optional<Neighbor>> StackWatch::look(const NeighborKey& key, Handler handler) {
  if (generation_ != fork_generation()) {
    if (auto made = make_descriptors_anew(); !made) return std::move(made).error();
  }
  Result<Neighbor> there = Error{};
  auto asked = host_->world().run([&] { there = host_->engine().get(host_->now(), key); });
  if (!asked) return std::move(asked).error();
  const link::OnThrow again([this] { request_resync(); });
  if (there) {
    apply(handler, *there, /*present=*/true);
    return filter_.matches(*there) ? std::optional(*there) : std::nullopt;
  }
  if (there.error().code != Errc::kNotFound && there.error().code != Errc::kNoSuchInterface) return there.error();
  if (const auto known = mirror_.find(key); known != mirror_.end()) {
    const Neighbor last = known->second;
    apply(handler, last, /*present=*/false);
  }
  return std::optional<Neighbor>{};
}

}  // namespace

Result<std::unique_ptr<Watch>> make_watch(std::shared_ptr<Host> host, const ListFilter& filter) {
  if (auto ok = check_watch_filter(filter); !ok) return std::move(ok).error();
  auto watch = std::make_unique<StackWatch>(std::move(host), filter);
  if (auto opened = watch->open(); !opened) return std::move(opened).error();
  return std::unique_ptr<Watch>(std::move(watch));
}

}  // namespace neigh::embedded
