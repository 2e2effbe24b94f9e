// SPDX-License-Identifier: Apache-2.0
// A watch on one side, an adjacency table on the other, and reports of packet threads on their way back.
#include "neigh/mirror.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/unique_fd.hpp"
#include "mirror/report_queue.hpp"

namespace neigh {
namespace {

using mirror::ReportQueue;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostReports = std::size_t{1} << 20U;
constexpr std::chrono::hours kLongestPause{1};
/// Neighbors whose last touch is remembered; beyond it the oldest may be touched sooner.
constexpr std::size_t kRemembered = 65'536;
/// Neighbors touched by one `process()`, so that its caller's loop gets its turn.
constexpr std::size_t kAtOnce = 256;

Error system_error(std::string_view call) { return {.code = Errc::kSystem, .sys_errno = errno, .field = call}; }

/// Shared by the mirror and its reporters: a descriptor that is written to when the first report waits.
class Bell {
 public:
  [[nodiscard]] bool open() {
    fd_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    return static_cast<bool>(fd_);
  }
  void ring() noexcept {
    // Whoever finds it rung has a mirror that has yet to look, and will see what was pushed before.
    if (rung_.exchange(true)) return;
    const std::uint64_t one = 1;
    (void)!::write(fd_.get(), &one, sizeof one);
  }
  void reset() noexcept {
    std::uint64_t count = 0;
    (void)!::read(fd_.get(), &count, sizeof count);
    rung_.store(false);
  }
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }

 private:
  UniqueFd fd_;
  std::atomic<bool> rung_{false};
};

class Reporter final : public MirrorReporter {
 public:
  Reporter(std::shared_ptr<ReportQueue> queue, std::shared_ptr<Bell> bell)
      : queue_(std::move(queue)), bell_(std::move(bell)) {}
  bool report(InterfaceIndex interface, const IpAddress& address) noexcept override {
    if (!queue_->push({.interface = interface, .address = address})) return false;
    bell_->ring();
    return true;
  }

 private:
  std::shared_ptr<ReportQueue> queue_;
  std::shared_ptr<Bell> bell_;
};

bool is_long(const Adjacency& found) { return found.found() && !found.is_empty() && !found.is_ether(); }

class Mirror final : public AdjacencyMirror {
 public:
  Mirror(NeighborTable& source, AdjacencyTable& table, const MirrorOptions& options)
      : source_(source), table_(table), options_(options), allowance_(most_at_once()) {}

  Result<void> open();

  [[nodiscard]] int fd() const noexcept override { return ready_.get(); }
  Result<std::size_t> process() override;
  [[nodiscard]] bool synced() const noexcept override { return synced_ && missing() == 0; }
  [[nodiscard]] std::unique_ptr<MirrorReporter> add_reporter() override;
  [[nodiscard]] MirrorCounters counters() const override;

 private:
  void take_over(const WatchEvent& event);
  void set(const Neighbor& neighbor);
  /// Takes it out of the adjacency table, where that makes room.
  void take_out(const Neighbor& neighbor);
  void forget_refused(const NeighborKey& key);
  void try_refused();
  [[nodiscard]] std::size_t missing() const noexcept;
  Result<void> answer_reports();
  /// A tenth of a second's worth of touches.
  [[nodiscard]] double most_at_once() const { return std::max(1.0, options_.touches / 10.0); }
  bool is_due(const NeighborKey& key, Clock::time_point now);
  bool next_report(NeighborKey& key);
  void forget_reporters();
  void sleep_for(std::chrono::nanoseconds time);

  NeighborTable& source_;
  AdjacencyTable& table_;
  const MirrorOptions options_;
  std::unique_ptr<Watch> watch_;
  std::shared_ptr<Bell> bell_ = std::make_shared<Bell>();
  UniqueFd timer_;  // readable when touches that had to wait are allowed
  UniqueFd ready_;  // epoll: the watch, the bell, the timer
  bool synced_ = false;

  /// What a limit of the adjacency table keeps out.
  struct Refused {
    std::unordered_map<NeighborKey, Neighbor> entries;
    bool has_room = false;  // perhaps: something went since
  };
  enum Limit : std::size_t { kIpv4, kIpv6, kLong, kLimits };
  std::array<Refused, kLimits> refused_;

  mutable std::mutex mutex_;  // what follows; never taken by a reporter
  std::vector<std::shared_ptr<ReportQueue>> queues_;
  MirrorCounters counters_;

  // process() only.
  std::vector<std::shared_ptr<ReportQueue>> reading_;
  std::size_t turn_ = 0;
  std::unordered_map<NeighborKey, Clock::time_point> touched_;
  double allowance_;
  Clock::time_point allowance_at_ = Clock::now();
};

Result<void> Mirror::open() {
  auto watch = source_.watch(options_.filter);
  if (!watch) return std::move(watch).error();
  watch_ = std::move(*watch);
  if (!bell_->open()) return system_error("eventfd");
  timer_.reset(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!timer_) return system_error("timerfd_create");
  ready_.reset(::epoll_create1(EPOLL_CLOEXEC));
  if (!ready_) return system_error("epoll_create1");
  for (const int member : {watch_->fd(), bell_->fd(), timer_.get()}) {
    epoll_event event{};
    event.events = EPOLLIN;
    if (::epoll_ctl(ready_.get(), EPOLL_CTL_ADD, member, &event) != 0) return system_error("epoll_ctl");
  }
  return {};
}

std::unique_ptr<MirrorReporter> Mirror::add_reporter() {
  auto queue = std::make_shared<ReportQueue>(options_.reports);
  const std::scoped_lock lock(mutex_);
  queues_.push_back(queue);
  return std::make_unique<Reporter>(std::move(queue), bell_);
}

MirrorCounters Mirror::counters() const {
  const std::scoped_lock lock(mutex_);
  MirrorCounters now = counters_;
  for (const auto& queue : queues_) now.lost += queue->lost();
  return now;
}

void Mirror::set(const Neighbor& neighbor) {
  const Adjacency before = table_.lookup(neighbor.interface, neighbor.address);
  const auto done = table_.set(neighbor);
  forget_refused(neighbor.key());
  if (done) {
    if (is_long(before)) refused_[kLong].has_room = true;  // it may have one of another size now
    return;
  }
  // What is left of an earlier state would be wrong.
  take_out(neighbor);
  if (done.error().code == Errc::kTableFull) {
    const Limit limit = done.error().field == "long_addresses" ? kLong : neighbor.address.is_v4() ? kIpv4 : kIpv6;
    refused_[limit].entries.insert_or_assign(neighbor.key(), neighbor);
  }
  const std::scoped_lock lock(mutex_);
  ++counters_.refused;
}

void Mirror::take_out(const Neighbor& neighbor) {
  const Adjacency before = table_.lookup(neighbor.interface, neighbor.address);
  if (!table_.remove(neighbor.interface, neighbor.address)) return;
  refused_[neighbor.address.is_v4() ? kIpv4 : kIpv6].has_room = true;
  if (is_long(before)) refused_[kLong].has_room = true;
}

void Mirror::forget_refused(const NeighborKey& key) {
  for (Refused& refused : refused_) refused.entries.erase(key);
}

std::size_t Mirror::missing() const noexcept {
  std::size_t all = 0;
  for (const Refused& refused : refused_) all += refused.entries.size();
  return all;
}

/// As many as go in: the first one that does not tells that the limit is reached again. Those under the limit of long
/// addresses may meet that of their family, and wait there then.
void Mirror::try_refused() {
  for (const Limit limit : {kLong, kIpv4, kIpv6}) {
    Refused& refused = refused_[limit];
    while (refused.has_room && !refused.entries.empty()) {
      const auto first = refused.entries.begin();
      const auto done = table_.set(first->second);
      if (!done) {
        refused.has_room = false;
        const bool by_family = done.error().code == Errc::kTableFull && done.error().field != "long_addresses";
        const Limit other = !by_family ? kLong : first->second.address.is_v4() ? kIpv4 : kIpv6;
        if (other == limit) break;
        refused_[other].entries.insert(refused.entries.extract(first));
        refused.has_room = limit == kLong;
        continue;
      }
      refused.entries.erase(first);
    }
    refused.has_room = false;
  }
}

void Mirror::take_over(const WatchEvent& event) {
  switch (event.kind) {
    case WatchEvent::Kind::kAdded:
    case WatchEvent::Kind::kChanged:
      set(event.neighbor);
      break;
    case WatchEvent::Kind::kRemoved:
      take_out(event.neighbor);
      forget_refused(event.neighbor.key());
      break;
    case WatchEvent::Kind::kSynced:
    case WatchEvent::Kind::kGapHealed:
      synced_ = true;
      break;
    case WatchEvent::Kind::kGapBegan: {
      synced_ = false;
      const std::scoped_lock lock(mutex_);
      ++counters_.gaps;
      break;
    }
  }
}

Result<std::size_t> Mirror::process() {
  auto told = watch_->process([this](const WatchEvent& event) { take_over(event); });
  try_refused();  // what was told before an error may have made room as well
  if (!told) return std::move(told).error();
  {
    const std::scoped_lock lock(mutex_);
    counters_.events += *told;
  }
  if (auto answered = answer_reports(); !answered) return std::move(answered).error();
  return *told;
}

/// From each reporter in turn, so that none can crowd out the others.
bool Mirror::next_report(NeighborKey& key) {
  for (std::size_t i = 0; i < reading_.size(); ++i) {
    turn_ = (turn_ + 1) % reading_.size();
    if (reading_[turn_]->pop(key)) return true;
  }
  return false;
}

/// Queues that are empty and whose reporter is gone.
void Mirror::forget_reporters() {
  reading_.clear();
  const std::scoped_lock lock(mutex_);
  std::erase_if(queues_, [this](const std::shared_ptr<ReportQueue>& queue) {
    // Ours is the only reference, so that nobody can push.
    if (queue.use_count() > 1 || !queue->empty()) return false;
    counters_.lost += queue->lost();
    return true;
  });
}

bool Mirror::is_due(const NeighborKey& key, Clock::time_point now) {
  if (options_.pause == std::chrono::milliseconds{0}) return true;
  if (touched_.size() >= kRemembered) {
    std::erase_if(touched_, [&](const auto& item) { return now - item.second >= options_.pause; });
    if (touched_.size() >= kRemembered) touched_.clear();
  }
  const auto [known, fresh] = touched_.try_emplace(key, now);
  if (!fresh && now - known->second < options_.pause) return false;
  known->second = now;
  return true;
}

void Mirror::sleep_for(std::chrono::nanoseconds time) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  itimerspec when{};
  when.it_value.tv_sec = time.count() / kSecond;
  when.it_value.tv_nsec = time.count() % kSecond;
  (void)::timerfd_settime(timer_.get(), 0, &when, nullptr);
}

Result<void> Mirror::answer_reports() {
  std::uint64_t expirations = 0;
  (void)!::read(timer_.get(), &expirations, sizeof expirations);
  bell_->reset();  // before the queues are looked at
  {
    const std::scoped_lock lock(mutex_);
    reading_ = queues_;
  }
  const Clock::time_point now = Clock::now();
  allowance_ += std::chrono::duration<double>(now - allowance_at_).count() * options_.touches;
  allowance_ = std::min(allowance_, most_at_once());
  allowance_at_ = now;

  std::vector<NeighborKey> wanted;
  std::uint64_t reported = 0;
  NeighborKey key;
  // One that is due costs one; the others cost nothing, but do not keep the caller for ever either.
  while (wanted.size() < kAtOnce && reported < options_.reports * (reading_.size() + 1) && allowance_ >= 1 &&
         next_report(key)) {
    ++reported;
    if (!is_due(key, now)) continue;
    allowance_ -= 1;
    wanted.push_back(key);
  }
  const bool more = std::any_of(reading_.begin(), reading_.end(), [](const auto& queue) { return !queue->empty(); });
  forget_reporters();
  if (more && allowance_ < 1) {
    const double seconds = (1 - allowance_) / options_.touches;
    sleep_for(std::chrono::nanoseconds{static_cast<std::int64_t>(seconds * 1e9) + 1});
  } else if (more) {
    bell_->ring();
  }
  std::size_t told = 0;
  for (const NeighborKey& each : wanted) {
    if (table_.lookup(each.interface, each.address).found()) continue;
    // By way of the watch, which then knows of it and tells when it goes. Where it cannot be asked for, the next packet
    // reports again.
    const auto there = watch_->look(each, [&](const WatchEvent& event) {
      ++told;
      take_over(event);
    });
    // What the adjacency table once had no room for, or what somebody else has taken out of it.
    if (there && *there && !table_.lookup(each.interface, each.address).found()) set(**there);
  }
  auto done = wanted.empty() ? Result<std::size_t>(std::size_t{0}) : source_.touch(wanted);
  const std::scoped_lock lock(mutex_);
  counters_.events += told;
  counters_.reported += reported;
  if (!done) return std::move(done).error();
  counters_.touched += *done;
  return {};
}

}  // namespace

Result<std::unique_ptr<AdjacencyMirror>> AdjacencyMirror::make(NeighborTable& source, AdjacencyTable& table,
                                                               const MirrorOptions& options) {
  const auto bad = [](std::string_view field, std::uint64_t value) {
    return Error{.code = Errc::kInvalidArgument, .field = field, .detail = std::to_string(value)};
  };
  if (options.reports == 0 || options.reports > kMostReports) return bad("reports", options.reports);
  if (options.touches == 0) return bad("touches", options.touches);
  if (options.pause < std::chrono::milliseconds{0} || options.pause > kLongestPause) {
    return Error{.code = Errc::kInvalidArgument,
                 .field = "pause",
                 .detail = std::to_string(options.pause.count()) + " ms, 0 to " +
                           std::to_string(std::chrono::milliseconds(kLongestPause).count()) + " ms"};
  }
  auto made = std::make_unique<Mirror>(source, table, options);
  if (auto opened = made->open(); !opened) return std::move(opened).error();
  return std::unique_ptr<AdjacencyMirror>(std::move(made));
}

}  // namespace neigh
