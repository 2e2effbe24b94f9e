// SPDX-License-Identifier: Apache-2.0
// How a test program gets into namespaces of its own.
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <string_view>
#include <system_error>
#include <vector>

#include "support/netns.hpp"
#include "support/process.hpp"

namespace neigh::test {
namespace {

// Set for the re-executed program to the number of the namespace it comes from, so that the variable alone, left over
// or set by hand, lets no test loose on the host.
constexpr const char* kMark = "NEIGH_TEST_OUTER_NETNS";

using Words = std::vector<std::string>;

// The namespaces to try, best first. unshare(1) does it, not unshare(2): a new user namespace needs a process with one
// thread, and ThreadSanitizer has started its own before main.
const std::array<Words, 2> kWays = {Words{"unshare", "--user", "--map-root-user", "--net", "--mount"},
                                    Words{"unshare", "--net", "--mount"}};

std::string joined(const Words& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// Returns if it cannot be executed.
void execute(const Words& words) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments.front(), arguments.data());
}

class SkipEverything : public ::testing::Environment {
 public:
  explicit SkipEverything(std::string reason) : reason_(std::move(reason)) {}
  void SetUp() override { GTEST_SKIP() << "no private network namespaces: " << reason_; }

 private:
  std::string reason_;
};

bool namespaces_required() {
  const char* value = std::getenv("NEIGH_REQUIRE_NETNS");
  return value != nullptr && std::string_view(value) == "1";
}

}  // namespace

std::optional<std::string> enter_private_namespaces(char** argv, Rights rights) {
  const std::string inode = std::to_string(Namespace::current_inode());
  if (const char* outer = std::getenv(kMark); outer != nullptr && *outer != '\0' && outer != inode) {
    unsetenv(kMark);
    // Shows this network namespace's devices; without it /sys is still the host's. Some sandboxes forbid it, and only
    // commands that look at /sys/class/net notice.
    if (mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) {
      std::cerr << "note: /sys still shows the host's devices (" << std::strerror(errno) << ")\n";
    }
    const CommandResult loopback = run("ip link set lo up");
    if (!loopback.ok()) return "cannot bring lo up: " + loopback.err;
    return std::nullopt;
  }

  std::error_code error;
  const std::string self = std::filesystem::read_symlink("/proc/self/exe", error).string();
  if (error) return "/proc/self/exe: " + error.message();
  std::string reasons;
  for (const Words& way : kWays) {
    if (rights == Rights::kOfMachine && &way == &kWays.front()) continue;
    // A sandbox may permit the namespace and then every change in it not: hence try one.
    const std::string trial = joined(way) + " -- ip link set lo up";
    if (const CommandResult tried = run(trial); !tried.ok()) {
      reasons += "\n  " + trial + ": " + (tried.err.empty() ? "failed\n" : tried.err);
      continue;
    }
    setenv(kMark, inode.c_str(), 1);
    Words words = way;
    words.insert(words.end(), {"--", self});
    for (char** argument = argv + 1; *argument != nullptr; ++argument) words.emplace_back(*argument);
    execute(words);
    reasons += "\n  exec of unshare: " + std::string(std::strerror(errno)) + "\n";
    unsetenv(kMark);
  }
  return reasons;
}

int run_in_private_namespaces(int argc, char** argv, Rights rights,
                              const std::function<std::optional<std::string>()>& missing) {
  std::optional<std::string> reason = enter_private_namespaces(argv, rights);
  if (!reason && missing) reason = missing();
  if (reason) {
    std::cerr << "\n*** THIS PROGRAM NEEDS PRIVATE NETWORK NAMESPACES"
              << (rights == Rights::kOfMachine ? " WITH ROOT'S OWN RIGHTS" : "")
              << ", AND THIS SYSTEM DOES NOT PERMIT WHAT IT DOES THERE: " << *reason << "\n"
              << "*** " << (namespaces_required() ? "NEIGH_REQUIRE_NETNS=1: failing." : "All of its tests are skipped.")
              << "\n\n";
    if (namespaces_required()) return 1;
    ::testing::AddGlobalTestEnvironment(new SkipEverything(*reason));
  }
  ::testing::InitGoogleTest(&argc, argv);
  const int code = RUN_ALL_TESTS();
  return reason && code == 0 ? kSkipped : code;
}

}  // namespace neigh::test
