// SPDX-License-Identifier: Apache-2.0
#include "sandbox.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "text.hpp"

namespace neigh::ctl {

namespace {

constexpr int kSetupFailed = 120;  // exit code of the child that means: the network could not be made
constexpr std::size_t kMostOutput = std::size_t{1} << 20U;

struct Pipe {
  int read_end = -1;
  int write_end = -1;
  Pipe() {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) == 0) {
      read_end = ends[0];
      write_end = ends[1];
    }
  }
  ~Pipe() {
    close_read();
    close_write();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close_read() {
    if (read_end >= 0) ::close(read_end);
    read_end = -1;
  }
  void close_write() {
    if (write_end >= 0) ::close(write_end);
    write_end = -1;
  }
};

std::string read_all(int descriptor) {
  std::string text;
  std::array<char, 4096> block{};
  for (;;) {
    const ssize_t got = ::read(descriptor, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    if (text.size() < kMostOutput) text.append(block.data(), static_cast<std::size_t>(got));
  }
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool write_file(const char* path, std::string_view text) {
  const int file = ::open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool fine = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(file);
  return fine;
}

// A network namespace of our own, with a user namespace where we are not root. Empty, or what failed.
std::string make_namespace() {
  const uid_t uid = ::geteuid();
  const gid_t gid = ::getegid();
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0) {
    write_file("/proc/self/setgroups", "deny");
    if (write_file("/proc/self/uid_map", fmt::format("0 {} 1\n", uid)) &&
        write_file("/proc/self/gid_map", fmt::format("0 {} 1\n", gid))) {
      return {};
    }
    return fmt::format("the user namespace cannot be set up: {}", errno_text(errno));
  }
  if (::unshare(CLONE_NEWNET) == 0) return {};
  return fmt::format("no private network namespace can be made: {}", errno_text(errno));
}

// Runs `ip` for each line; empty, or what failed.
std::string run_ip(std::initializer_list<std::string_view> lines) {
  for (const std::string_view line : lines) {
    std::vector<std::string> words = {"ip"};
    for (const std::string_view word : split(line, ' ')) words.emplace_back(word);
    const Ran ran = run_program(words);
    if (ran.code == -1) return "'ip' is not installed (package iproute2)";
    if (ran.code != 0) return fmt::format("'ip {}' failed: {}", line, trimmed(ran.output));
  }
  return {};
}

// The second host: waits for its end of the wire, sets it up, and lives until `stay` is closed.
[[noreturn]] void be_the_peer(Pipe& ready, Pipe& wired, Pipe& stay) {
  char byte = 0;
  stay.close_write();
  wired.close_write();
  if (::unshare(CLONE_NEWNET) != 0) ::_exit(1);
  // The parent moves the wire here when it knows that this namespace exists.
  [[maybe_unused]] auto done = ::write(ready.write_end, &byte, 1);
  if (::read(wired.read_end, &byte, 1) != 1) ::_exit(1);
  const std::string problem = run_ip({"link set lo up", "address add 192.0.2.2/24 dev tour1",
                                      "address add 2001:db8::2/64 dev tour1 nodad", "link set tour1 up"});
  byte = problem.empty() ? 'y' : 'n';
  done = ::write(ready.write_end, &byte, 1);
  done = ::read(stay.read_end, &byte, 1);
  ::_exit(0);
}

int sandboxed(const std::function<int()>& inside, int problem_descriptor) {
  const auto give_up = [&](const std::string& problem) {
    [[maybe_unused]] const auto written = ::write(problem_descriptor, problem.data(), problem.size());
    return kSetupFailed;
  };
  if (const std::string problem = make_namespace(); !problem.empty()) return give_up(problem);
  Pipe ready;
  Pipe wired;
  Pipe stay;
  const pid_t peer = ::fork();
  if (peer < 0) return give_up(errno_text(errno));
  if (peer == 0) be_the_peer(ready, wired, stay);
  ready.close_write();
  stay.close_read();
  wired.close_read();
  char byte = 0;
  std::string problem;
  if (::read(ready.read_end, &byte, 1) != 1) problem = "the second namespace cannot be made";
  const std::string add =
      fmt::format("link add tour0 address 02:00:00:00:00:01 type veth peer name tour1 netns {}", peer);
  if (problem.empty()) {
    problem = run_ip({add, "link set lo up", "address add 192.0.2.1/24 dev tour0",
                      "address add 2001:db8::1/64 dev tour0 nodad", "link set tour0 up"});
  }
  [[maybe_unused]] const auto told = ::write(wired.write_end, &byte, 1);
  if (problem.empty() && (::read(ready.read_end, &byte, 1) != 1 || byte != 'y')) {
    problem = "the second host cannot be set up";
  }
  const int code = problem.empty() ? inside() : give_up(problem);
  stay.close_write();
  wired.close_write();
  wait_for(peer);
  return code;
}

}  // namespace

Ran run_program(const std::vector<std::string>& words) {
  Pipe output;
  const pid_t child = ::fork();
  if (child < 0) return {};
  if (child == 0) {
    ::dup2(output.write_end, STDOUT_FILENO);
    ::dup2(output.write_end, STDERR_FILENO);
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    std::signal(SIGPIPE, SIG_DFL);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  output.close_write();
  Ran ran;
  ran.output = read_all(output.read_end);
  ran.code = wait_for(child);
  if (ran.code == 127 && ran.output.empty()) ran.code = -1;
  return ran;
}

Checked<int> run_in_sandbox(const std::function<int()>& inside) {
  Pipe problem;
  const pid_t child = ::fork();
  if (child < 0) return Failure{kRefused, "system", errno_text(errno), {}};
  if (child == 0) {
    problem.close_read();
    const int code = sandboxed(inside, problem.write_end);
    ::_exit(code);
  }
  problem.close_write();
  const std::string text = read_all(problem.read_end);
  const int code = wait_for(child);
  if (code == kSetupFailed) {
    return Failure{kNoPermission, "permission_denied", text,
                   "it needs root, or a system that allows user namespaces, and the program 'ip'"};
  }
  return code;
}

}  // namespace neigh::ctl
