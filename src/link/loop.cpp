// SPDX-License-Identifier: Apache-2.0
#include "link/loop.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <ctime>
#include <exception>
#include <utility>

#include "link/device.hpp"
#include "link/on_throw.hpp"

namespace neigh::link {
namespace {

// What a descriptor of the epoll set is for: the low bits of its tag; above them the interface.
enum class What : std::uint64_t { kWakeup, kTimer, kFrames, kEvents };
constexpr unsigned kWhatBits = 2;

constexpr std::uint64_t tag_of(What what, InterfaceIndex index = InterfaceIndex::kNone) {
  return static_cast<std::uint64_t>(to_number(index)) << kWhatBits | static_cast<std::uint64_t>(what);
}

constexpr std::size_t kBatchesAtOnce = 4;  // of one port, before others and the deadlines have their turn
constexpr std::size_t kEventsAtOnce = 64;
constexpr std::int64_t kBillion = 1'000'000'000;

void drain(int fd) {
  std::uint64_t count = 0;
  while (::read(fd, &count, sizeof count) < 0 && errno == EINTR) {
  }
}

}  // namespace

TimePoint Loop::now() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return TimePoint{std::chrono::seconds{time.tv_sec} + Duration{time.tv_nsec}};
}

Loop::Loop(engine::Engine& engine, UniqueFd epoll, UniqueFd timer, UniqueFd wakeup)
    : driver_(engine), epoll_(std::move(epoll)), timer_(std::move(timer)), wakeup_(std::move(wakeup)) {}

Result<std::unique_ptr<Loop>> Loop::make(engine::Engine& engine) {
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return system_error(errno, "epoll");
  UniqueFd timer(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!timer) return system_error(errno, "timerfd");
  UniqueFd wakeup(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wakeup) return system_error(errno, "eventfd");
  // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): the constructor is private.
  std::unique_ptr<Loop> loop(new Loop(engine, std::move(epoll), std::move(timer), std::move(wakeup)));
  if (Result<void> done = loop->watch(loop->timer_.get(), tag_of(What::kTimer)); !done) return done.error();
  if (Result<void> done = loop->watch(loop->wakeup_.get(), tag_of(What::kWakeup)); !done) return done.error();
  return loop;
}

Result<void> Loop::watch(int fd, std::uint64_t tag) const {
  if (fd < 0) return {};
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = tag;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return system_error(errno, "epoll");
  return {};
}

void Loop::unwatch(InterfaceIndex index) {
  const auto found = watched_.find(index);
  if (found == watched_.end()) return;
  for (const int fd : {found->second.frames, found->second.events}) {
    if (fd >= 0) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  }
  watched_.erase(found);
}

Result<void> Loop::add(const engine::InterfaceConfig& config, Port& port) {
  if (Result<void> added = driver_.add(now(), config, port); !added) return added;
  const OnThrow undo([&] { (void)remove(config.index); });
  Result<void> watched = watch_port(config.index, port);
  if (!watched) (void)remove(config.index);
  return watched;
}

Result<void> Loop::watch_port(InterfaceIndex index, Port& port) {
  watched_[index] = {port.fd(), port.event_fd()};
  if (Result<void> done = watch(port.fd(), tag_of(What::kFrames, index)); !done) return done;
  return watch(port.event_fd(), tag_of(What::kEvents, index));
}

Result<void> Loop::revive(InterfaceIndex index, Port& port) {
  unwatch(index);
  const OnThrow undo([&] { unwatch(index); });
  if (Result<void> watched = watch_port(index, port); !watched) {
    unwatch(index);
    return watched;
  }
  Result<void> done = driver_.revive(now(), index, port);
  if (!done) unwatch(index);
  return done;
}

Result<void> Loop::remove(InterfaceIndex index) {
  unwatch(index);
  return driver_.remove(now(), index);
}

void Loop::arm() {
  std::optional<TimePoint> next = driver_.next_deadline();
  if (!timed_.empty() && (!next || timed_.begin()->first < *next)) next = timed_.begin()->first;
  if (next == armed_) return;
  armed_ = next;
  itimerspec time{};  // zeros: disarmed
  if (next) {
    // A moment that is past, or the very first one, rings at once.
    const std::int64_t at = std::max<std::int64_t>(next->time_since_epoch().count(), 1);
    time.it_value.tv_sec = static_cast<time_t>(at / kBillion);
    time.it_value.tv_nsec = static_cast<long>(at % kBillion);
  }
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &time, nullptr);
}

Result<void> Loop::run_once(std::optional<Duration> timeout) {
  arm();
  int wait_ms = -1;
  if (timeout) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*timeout).count();
    wait_ms = static_cast<int>(std::clamp<std::int64_t>(left, 0, INT_MAX));
  }
  std::array<epoll_event, kEventsAtOnce> events{};
  const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), wait_ms);
  if (count < 0 && errno != EINTR) return system_error(errno, "epoll");
  const TimePoint at = now();
  for (int i = 0; i < count; ++i) {
    const std::uint64_t tag = events[static_cast<std::size_t>(i)].data.u64;
    const auto index = static_cast<InterfaceIndex>(tag >> kWhatBits);
    const auto what = static_cast<What>(tag & ((1U << kWhatBits) - 1U));
    if (what == What::kWakeup) {
      drain(wakeup_.get());
    } else if (what == What::kTimer) {
      drain(timer_.get());
      armed_.reset();
    } else if (what == What::kFrames) {
      driver_.read(at, index, kBatchesAtOnce);
    } else {
      driver_.refresh(at, index);
    }
    // A broken port's descriptor would stay readable.
    if (index != InterfaceIndex::kNone && driver_.port(index) == nullptr) unwatch(index);
  }
  run_posted();
  if (turn_handler_) turn_handler_();
  run_timed();
  driver_.on_time(now());
  arm();
  return {};
}

Result<void> Loop::run() {
  while (!stopping_.exchange(false)) {
    // No memory in the middle of a turn: whoever runs the loop again goes on where it was.
    struct Guard {
      const Loop& loop;
      int before = std::uncaught_exceptions();
      ~Guard() {
        if (std::uncaught_exceptions() > before) loop.wake();
      }
    } const guard{*this};
    if (Result<void> turn = run_once(); !turn) return turn;
  }
  return {};
}

void Loop::wake() const noexcept {
  const std::uint64_t one = 1;
  while (::write(wakeup_.get(), &one, sizeof one) < 0 && errno == EINTR) {
  }
}

Result<void> Loop::post(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    if (posted_.size() >= kMaxPosted) return Error{.code = Errc::kTableFull, .field = "posted tasks"};
    posted_.push_back(std::move(task));
  }
  wake();
  return {};
}

void Loop::run_posted() {
  for (bool taken = false;; taken = true) {
    // A task that threw had others behind it: they come first.
    while (next_task_ < tasks_.size()) std::exchange(tasks_[next_task_++], nullptr)();
    tasks_.clear();
    next_task_ = 0;
    if (taken) return;
    const std::lock_guard lock(mutex_);
    tasks_.swap(posted_);
  }
}

void Loop::run_timed() {
  const TimePoint at = now();
  while (!timed_.empty() && timed_.begin()->first <= at) {
    auto item = timed_.extract(timed_.begin());
    const OnThrow again([&] {
      item.key() = at;  // behind the others that are due
      timed_.insert(std::move(item));
    });
    item.mapped()();
  }
}

void Loop::stop() {
  stopping_ = true;
  wake();
}

}  // namespace neigh::link
