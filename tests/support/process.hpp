// SPDX-License-Identifier: Apache-2.0
/// @file
/// Other programs, and children without privileges, in the network namespace of the calling thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <iosfwd>
#include <string>

#include "support/fd.hpp"

namespace neigh::test {

struct CommandResult {
  int exit_code = -1;  ///< 128 + signal number if a signal ended it.
  bool timed_out = false;
  std::string out = {};
  std::string err = {};

  [[nodiscard]] bool ok() const { return exit_code == 0 && !timed_out; }
};

/// For messages of failed assertions: exit code and both outputs.
std::ostream& operator<<(std::ostream& out, const CommandResult& result);

struct CommandOptions {
  std::string input = {};            ///< Standard input; empty: /dev/null.
  std::chrono::seconds timeout{60};  ///< Then the command and its children are killed.
  bool own_sysfs = false;            ///< /sys shows the calling thread's network namespace (needs privilege).
};

/// A command running in the background, through /bin/sh, in its own process group.
/// The destructor kills what is left of the group.
/// @throws std::system_error if it cannot be started.
class BackgroundCommand {
 public:
  explicit BackgroundCommand(const std::string& command, const CommandOptions& options = {});
  ~BackgroundCommand();
  BackgroundCommand(const BackgroundCommand&) = delete;
  BackgroundCommand& operator=(const BackgroundCommand&) = delete;

  [[nodiscard]] std::string output() const;  ///< Standard output so far.
  [[nodiscard]] std::string errors() const;  ///< Standard error so far.
  [[nodiscard]] bool running() const;

  /// Waits for its end, at most until the timeout counted from its start.
  CommandResult wait();
  /// Asks it to end (SIGINT, as tshark and tcpdump want it), kills it after a while; returns its output.
  CommandResult stop();

 private:
  bool ended_within(std::chrono::milliseconds time) const;
  int end() noexcept;
  CommandResult collect(bool timed_out);

  pid_t pid_ = -1;
  Fd pidfd_;
  Fd out_;
  Fd err_;
  std::chrono::steady_clock::time_point deadline_;
};

/// Runs `command` through /bin/sh and waits for it. Its failure is the caller's to judge.
CommandResult run(const std::string& command, const CommandOptions& options = {});

/// As `run`; reports a test failure with command and outputs if it does not succeed.
CommandResult must_run(const std::string& command, const CommandOptions& options = {});

/// Runs `body` in a forked child that has no capability left and cannot get one, and returns what it returned (0 to
/// 123). A failed assertion in the child is printed and fails the test here, too. 128 + signal number if a signal ended
/// it. Call it while no other thread runs.
int run_unprivileged(const std::function<int()>& body);

/// As `run_unprivileged`, with the privileges of the parent: for what must hold in a forked child.
int run_forked(const std::function<int()>& body);

/// Puts an idle datagram socket of nobody's in the place of each socket that this process has open, as a program does
/// that closes all descriptors and goes on to open its own. @return How many.
std::size_t replace_all_sockets();

/// Takes all capabilities from the calling process (every thread of it that calls this) for good.
/// @return false if some are left.
[[nodiscard]] bool drop_all_capabilities();

}  // namespace neigh::test
