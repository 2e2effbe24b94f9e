// SPDX-License-Identifier: Apache-2.0
#include "netioapi/dispatcher.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <map>
#include <mutex>
#include <new>
#include <optional>
#include <vector>

#include "base/fork_safe_mutex.hpp"
#include "base/unique_fd.hpp"

namespace neigh::netioapi {
namespace {

/// After a failure (no memory, no descriptors) a listener is asked again, though its descriptor may stay quiet.
constexpr int kRetryMilliseconds = 1000;

struct Registration {
  std::uintptr_t handle = 0;
  std::unique_ptr<Listener> listener;
  bool initial = false;
  bool ended = false;   // under the dispatcher's mutex
  bool failed = false;  // the thread's own
};

class Dispatcher {
 public:
  /// @retval Errc::kNoMemory  no descriptor or thread.
  Result<void> start();
  Result<void> add(std::shared_ptr<Registration> registration, FunctionRef<void(std::uintptr_t)> on_handle);
  bool remove(std::uintptr_t handle);

  [[nodiscard]] pid_t owner() const { return owner_; }

 private:
  static void* thread_main(void* self);
  void run();
  bool serve(const std::vector<std::shared_ptr<Registration>>& all);
  void deliver(Registration& registration, FunctionRef<void()> callback);
  void wake() const {
    const std::uint64_t one = 1;
    (void)!::write(wake_.get(), &one, sizeof one);
  }
  [[nodiscard]] bool forked() const { return ::getpid() != owner_; }

  const pid_t owner_ = ::getpid();
  UniqueFd wake_;
  std::mutex mutex_;
  std::condition_variable callback_done_;
  std::map<std::uintptr_t, std::shared_ptr<Registration>> registrations_;
  std::vector<std::shared_ptr<Registration>> served_;  // the thread's own
  std::uintptr_t last_handle_ = 0;
  const Registration* running_ = nullptr;
  std::optional<pthread_t> thread_;  // once it runs, which is before the first callback
};

std::atomic<ThreadMaker> thread_maker = nullptr;

struct DispatcherTag;

/// The dispatcher of this process; nullptr: none was started yet. Never destroyed: its thread runs to the end. In a
/// forked child the parent's is left as it is, since its mutex may be in any state.
Dispatcher*& current() {
  static Dispatcher* dispatcher = nullptr;
  return dispatcher;
}

/// Children of children in a new PID namespace may have their parent's number: told apart by counting, too.
std::atomic<bool> is_child{false};

Dispatcher* find_dispatcher() {
  Dispatcher*& dispatcher = current();
  if (is_child.exchange(false) || (dispatcher != nullptr && dispatcher->owner() != ::getpid())) dispatcher = nullptr;
  return dispatcher;
}

Result<void> Dispatcher::start() {
  wake_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake_) return Error{.code = Errc::kNoMemory, .sys_errno = errno, .detail = "eventfd"};
  if (const ThreadMaker maker = thread_maker.load(); maker != nullptr) {
    if (!maker([](void* self) { static_cast<Dispatcher*>(self)->run(); }, this)) return Error{.code = Errc::kNoMemory};
    return {};
  }
  // Signals are for the program's own threads.
  sigset_t every;
  sigset_t before;
  ::sigfillset(&every);
  (void)::pthread_sigmask(SIG_SETMASK, &every, &before);
  pthread_t thread{};
  const int failure = ::pthread_create(&thread, nullptr, &Dispatcher::thread_main, this);
  (void)::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (failure != 0) return Error{.code = Errc::kNoMemory, .sys_errno = failure, .detail = "pthread_create"};
  (void)::pthread_detach(thread);
  return {};
}

void* Dispatcher::thread_main(void* self) {
  static_cast<Dispatcher*>(self)->run();
  return nullptr;
}

Result<void> Dispatcher::add(std::shared_ptr<Registration> registration, FunctionRef<void(std::uintptr_t)> on_handle) {
  {
    const std::scoped_lock lock(mutex_);
    if (registrations_.size() >= kMaxRegistrations) {
      return Error{.code = Errc::kNoMemory, .detail = "too many registrations"};
    }
    registration->handle = ++last_handle_;
    registrations_.emplace(registration->handle, registration);
    on_handle(registration->handle);
  }
  wake();
  return {};
}

bool Dispatcher::remove(std::uintptr_t handle) {
  std::shared_ptr<Registration> ended;
  {
    std::unique_lock lock(mutex_);
    const auto found = registrations_.find(handle);
    if (found == registrations_.end()) return false;
    ended = std::move(found->second);
    registrations_.erase(found);
    ended->ended = true;
    // A callback that ends its own registration would wait for itself.
    if (!thread_ || ::pthread_equal(::pthread_self(), *thread_) == 0) {
      callback_done_.wait(lock, [&] { return running_ != ended.get(); });
    }
  }
  wake();
  return true;
}

/// Calls back unless the registration has been ended; no lock is held during the call.
void Dispatcher::deliver(Registration& registration, FunctionRef<void()> callback) {
  {
    const std::scoped_lock lock(mutex_);
    if (registration.ended) return;
    running_ = &registration;
  }
  // An exception must not pass: the registration would stay marked as running, and Cancel would wait for ever.
  [&]() noexcept { callback(); }();
  if (forked()) return;  // the callback has forked, and this is the child
  {
    const std::scoped_lock lock(mutex_);
    running_ = nullptr;
  }
  callback_done_.notify_all();
}

/// Waits for something to do, and does it. @return false: this thread is a forked child's.
bool Dispatcher::serve(const std::vector<std::shared_ptr<Registration>>& all) {
  std::vector<pollfd> waits{{wake_.get(), POLLIN, 0}};
  bool retry = false;
  bool due = false;
  for (const auto& one : all) {
    retry = retry || one->failed;
    due = due || one->initial;
    for (const int fd : one->listener->descriptors()) waits.push_back({fd, POLLIN, 0});
  }
  const int ready = ::poll(waits.data(), waits.size(), due ? 0 : retry ? kRetryMilliseconds : -1);
  if (ready < 0 && errno != EINTR) return true;
  std::uint64_t count = 0;
  if (waits[0].revents != 0) (void)!::read(wake_.get(), &count, sizeof count);
  for (std::size_t i = 0; i < all.size(); ++i) {
    Registration& one = *all[i];
    if (one.initial) {
      one.initial = false;
      deliver(one, [&] { one.listener->tell_initial(); });
      if (forked()) return false;
    }
    if (waits[1 + 2 * i].revents == 0 && waits[2 + 2 * i].revents == 0 && !one.failed) continue;
    bool child = false;
    const auto done = one.listener->process([&](FunctionRef<void()> callback) {
      if (!child) deliver(one, callback);
      child = child || forked();
    });
    if (child) return false;
    one.failed = !done.has_value();
  }
  return true;
}

void Dispatcher::run() {
  {
    const std::scoped_lock lock(mutex_);
    thread_ = ::pthread_self();
  }
  // Where a callback forks, the child leaves this list as it is: the copies are the parent's.
  for (;;) {
    try {
      served_.clear();
      {
        const std::scoped_lock lock(mutex_);
        for (const auto& [handle, registration] : registrations_) served_.push_back(registration);
      }
      if (!serve(served_)) return;
    } catch (const std::bad_alloc&) {
      (void)::poll(nullptr, 0, kRetryMilliseconds);
    }
  }
}

}  // namespace

void set_thread_maker(ThreadMaker maker) { thread_maker.store(maker); }

Result<void> add_listener(std::unique_ptr<Listener> listener, bool initial,
                          FunctionRef<void(std::uintptr_t)> on_handle) {
  auto registration = std::make_shared<Registration>();
  registration->listener = std::move(listener);
  registration->initial = initial;
  Dispatcher* dispatcher = nullptr;
  {
    const std::scoped_lock lock(fork_safe_mutex<DispatcherTag>());
    static const int hooked = pthread_atfork(nullptr, nullptr, [] { is_child.store(true); });
    (void)hooked;
    dispatcher = find_dispatcher();
    if (dispatcher == nullptr) {
      auto made = std::make_unique<Dispatcher>();
      if (auto started = made->start(); !started) return started;
      dispatcher = made.release();
      current() = dispatcher;
    }
  }
  return dispatcher->add(std::move(registration), on_handle);
}

bool remove_listener(std::uintptr_t handle) {
  Dispatcher* dispatcher = nullptr;
  {
    const std::scoped_lock lock(fork_safe_mutex<DispatcherTag>());
    dispatcher = find_dispatcher();
  }
  return dispatcher != nullptr && dispatcher->remove(handle);
}

}  // namespace neigh::netioapi
