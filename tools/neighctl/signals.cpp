// SPDX-License-Identifier: Apache-2.0
#include "signals.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>

namespace neigh::ctl {

namespace {

std::atomic<bool> stop{false};
std::atomic<bool> resized{false};
std::atomic<bool> suspended{false};
std::atomic<bool> continued{false};
std::atomic<int> wake_end{-1};
int wait_end = -1;

void wake() {
  const int saved = errno;
  const char byte = 0;
  // A full pipe is readable already.
  [[maybe_unused]] const auto written = ::write(wake_end.load(), &byte, 1);
  errno = saved;
}

void on_stop(int) {
  stop.store(true);
  wake();
}

void on_resize(int) {
  resized.store(true);
  wake();
}

void on_suspend(int) {
  suspended.store(true);
  wake();
}

void on_continue(int) {
  continued.store(true);
  wake();
}

void handle(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

void stop_on_signals() {
  if (wait_end >= 0) return;
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0) {
    wait_end = ends[0];
    wake_end.store(ends[1]);
  }
  struct sigaction action {};
  action.sa_handler = on_stop;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &action, nullptr);
  handle(SIGWINCH, on_resize);
}

bool stop_requested() { return stop.load(); }

int signal_descriptor() { return wait_end; }

bool take_resize() { return resized.exchange(false); }

void hold_suspend() {
  handle(SIGTSTP, on_suspend);
  handle(SIGCONT, on_continue);
}

bool take_suspend() { return suspended.exchange(false); }

void suspend_now() {
  handle(SIGTSTP, SIG_DFL);
  // Blocked nowhere, so it takes effect before this returns; a process that nobody could continue goes on at once.
  std::raise(SIGTSTP);
  handle(SIGTSTP, on_suspend);
  continued.store(true);
}

bool take_continue() { return continued.exchange(false); }

void drain_signals() {
  std::array<char, 64> bytes{};
  while (::read(wait_end, bytes.data(), bytes.size()) > 0) {
  }
}

}  // namespace neigh::ctl
