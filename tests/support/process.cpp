// SPDX-License-Identifier: Apache-2.0
#include "support/process.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <ostream>
#include <string>
#include <system_error>
#include <vector>

#include "support/wait.hpp"

namespace neigh::test {
namespace {

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

// Outputs go to files in memory: a command that prints much never blocks, and grandchildren that keep the file open
// hold nobody up.
Fd memory_file(const char* name) {
  Fd fd(memfd_create(name, MFD_CLOEXEC));
  if (!fd.valid()) fail("memfd_create");
  return fd;
}

std::string content(const Fd& file) {
  struct stat info = {};
  if (fstat(file.get(), &info) != 0) fail("fstat");
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = pread(file.get(), text.data() + done, text.size() - done, static_cast<off_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  text.resize(done);
  return text;
}

Fd input_file(const std::string& input) {
  if (input.empty()) {
    Fd null(open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!null.valid()) fail("/dev/null");
    return null;
  }
  Fd file = memory_file("input");
  for (std::size_t done = 0; done < input.size();) {
    const ssize_t n = pwrite(file.get(), input.data() + done, input.size() - done, static_cast<off_t>(done));
    if (n < 0 && errno != EINTR) fail("write of the command's input");
    if (n > 0) done += static_cast<std::size_t>(n);
  }
  return file;
}

int exit_code_of(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

// -1: it is not our child.
int wait_for(pid_t pid) noexcept {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return exit_code_of(status);
}

// A shell script that runs its $0, with the /sys of the namespace it is in.
constexpr const char* kMountSysfsFirst =
    "exec unshare --mount -- /bin/sh -c 'mount -t sysfs sysfs /sys && exec /bin/sh -c \"$0\"' \"$0\"";

constexpr int kAssertionFailed = 124;
constexpr int kPrivilegeLeft = 125;

int fork_and_run(const std::function<int()>& body, bool unprivileged) {
  std::fflush(nullptr);
  const ::testing::TestInfo* test = ::testing::UnitTest::GetInstance()->current_test_info();
  const pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    // A child that hangs ends by itself, whatever becomes of the parent.
    alarm(static_cast<unsigned>(3 * kPatience.count()));
    if (unprivileged && !drop_all_capabilities()) _exit(kPrivilegeLeft);
    const int parts_before = test == nullptr ? 0 : test->result()->total_part_count();
    int code = body();
    if (test != nullptr) {
      for (int i = parts_before; i < test->result()->total_part_count(); ++i) {
        if (test->result()->GetTestPartResult(i).failed()) code = kAssertionFailed;
      }
    }
    std::fflush(nullptr);
    _exit(code);
  }
  const int code = wait_for(child);
  if (code == kAssertionFailed) ADD_FAILURE() << "an assertion failed in the child process (printed above)";
  if (unprivileged && code == kPrivilegeLeft) ADD_FAILURE() << "the child could not give up its capabilities";
  return code;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const CommandResult& result) {
  out << "exit code " << result.exit_code << (result.timed_out ? " (killed after its timeout)" : "");
  if (!result.out.empty()) out << "\nstdout: " << result.out;
  if (!result.err.empty()) out << "\nstderr: " << result.err;
  return out;
}

BackgroundCommand::BackgroundCommand(const std::string& command, const CommandOptions& options)
    : out_(memory_file("stdout")),
      err_(memory_file("stderr")),
      deadline_(std::chrono::steady_clock::now() + options.timeout) {
  const Fd in = input_file(options.input);
  const char* const mount_first[] = {"/bin/sh", "-c", kMountSysfsFirst, command.c_str(), nullptr};
  const char* const plain[] = {"/bin/sh", "-c", command.c_str(), nullptr};

  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&files, in.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, out_.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, err_.get(), STDERR_FILENO);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  // posix_spawn's child takes over the namespaces of the calling thread, not those of the process's first thread.
  const int error = posix_spawn(&pid_, "/bin/sh", &files, &attributes,
                                const_cast<char* const*>(options.own_sysfs ? mount_first : plain), environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) throw std::system_error(error, std::generic_category(), "posix_spawn /bin/sh");
  pidfd_ = Fd(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  if (!pidfd_.valid()) {
    const int saved = errno;
    end();
    throw std::system_error(saved, std::generic_category(), "pidfd_open");
  }
}

BackgroundCommand::~BackgroundCommand() { end(); }

std::string BackgroundCommand::output() const { return content(out_); }
std::string BackgroundCommand::errors() const { return content(err_); }
bool BackgroundCommand::running() const { return pid_ > 0 && !ended_within(std::chrono::milliseconds(0)); }

bool BackgroundCommand::ended_within(std::chrono::milliseconds time) const {
  const auto end = std::chrono::steady_clock::now() + time;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
    pollfd poll_one{pidfd_.get(), POLLIN, 0};
    const int n = poll(&poll_one, 1, left > 0 ? static_cast<int>(left) : 0);
    if (n > 0) return true;
    if (n < 0 && errno != EINTR) fail("poll of a pidfd");
    if (n == 0 && left <= 0) return false;
  }
}

CommandResult BackgroundCommand::wait() {
  const auto left = deadline_ - std::chrono::steady_clock::now();
  return collect(!ended_within(std::chrono::ceil<std::chrono::milliseconds>(left)));
}

CommandResult BackgroundCommand::stop() {
  // More than once: dash loses a SIGINT that arrives while it starts a child.
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (pid_ > 0) {
    kill(-pid_, SIGINT);
    if (ended_within(std::chrono::milliseconds(500))) break;
    if (std::chrono::steady_clock::now() >= end) return collect(true);
  }
  return collect(false);
}

// Kills what is left of the group while its leader is still a zombie (so that the number cannot name strangers),
// then reaps the leader.
int BackgroundCommand::end() noexcept {
  if (pid_ <= 0) return -1;
  kill(-pid_, SIGKILL);
  return wait_for(std::exchange(pid_, -1));
}

CommandResult BackgroundCommand::collect(bool timed_out) {
  CommandResult result;
  result.timed_out = timed_out;
  result.exit_code = end();
  result.out = content(out_);
  result.err = content(err_);
  return result;
}

CommandResult run(const std::string& command, const CommandOptions& options) {
  return BackgroundCommand(command, options).wait();
}

CommandResult must_run(const std::string& command, const CommandOptions& options) {
  CommandResult result = run(command, options);
  EXPECT_TRUE(result.ok()) << command << "\n" << options.input << "\n" << result;
  return result;
}

int run_unprivileged(const std::function<int()>& body) { return fork_and_run(body, true); }
int run_forked(const std::function<int()>& body) { return fork_and_run(body, false); }

std::size_t replace_all_sockets() {
  std::vector<int> sockets;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code error;
    const auto target = std::filesystem::read_symlink(entry.path(), error).string();
    if (!error && target.starts_with("socket:")) sockets.push_back(std::stoi(entry.path().filename().string()));
  }
  for (const int number : sockets) {
    const Fd other(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!other.valid() || dup3(other.get(), number, O_CLOEXEC) != number) fail("dup3");
  }
  return sockets.size();
}

bool drop_all_capabilities() {
  // Calls that need a capability fail where it is gone already; what counts is the look at the end.
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  // Without NOROOT a program executed by user 0 would have everything again.
  prctl(PR_SET_SECUREBITS,
        SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED, 0, 0, 0);
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
    prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
  if (syscall(SYS_capset, &header, none.data()) != 0) return false;
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> left{};
  header = {_LINUX_CAPABILITY_VERSION_3, 0};
  if (syscall(SYS_capget, &header, left.data()) != 0) return false;
  for (const auto& word : left) {
    if ((word.effective | word.permitted | word.inheritable) != 0) return false;
  }
  return true;
}

}  // namespace neigh::test
