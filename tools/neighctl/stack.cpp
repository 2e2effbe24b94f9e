// SPDX-License-Identifier: Apache-2.0
#include "stack.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>
#include <utility>

#include "embedded_home.hpp"
#include "neigh/kernel.hpp"
#include "text.hpp"

namespace neigh::ctl {

namespace {

constexpr std::string_view kNamespaceFolder = "/run/netns";

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

Failure cannot_enter(std::string_view name, int error) {
  if (error == ENOENT) {
    const auto names = network_namespaces();
    const std::vector<std::string_view> views(names.begin(), names.end());
    const std::string_view guess = nearest(name, views);
    return {kRefused, "no_such_namespace", fmt::format("there is no network namespace '{}'", quotable(name)),
            guess.empty() ? "'ip netns list' lists them" : fmt::format("did you mean '{}'?", printable(guess))};
  }
  if (error == EPERM || error == EACCES) {
    return {kNoPermission, "permission_denied",
            fmt::format("entering network namespace '{}' needs CAP_SYS_ADMIN", quotable(name)), "run it with sudo"};
  }
  return {kRefused,
          "system",
          fmt::format("network namespace '{}' cannot be entered: {}", quotable(name), errno_text(error)),
          {}};
}

// 0, or errno.
int enter(std::string_view name) {
  const Descriptor there(::open(fmt::format("{}/{}", kNamespaceFolder, name).c_str(), O_RDONLY | O_CLOEXEC));
  if (!there) return errno;
  return ::setns(there.get(), CLONE_NEWNET) == 0 ? 0 : errno;
}

Checked<Home> open_kernel() {
  auto opened = open_kernel_table();
  if (!opened) return explain(opened.error(), {});
  return Home{std::move(*opened), kernel_route};
}

}  // namespace

Checked<Home> open_table(const Args& args) {
  const bool embedded = args.one("stack").value_or("kernel") == "embedded";
  if (!embedded) {
    if (auto failure = misplaced_stack_option(args)) return std::move(*failure);
  }
  if (const auto name = args.one("netns")) {
    // No thread has been started yet, so the whole program is there from now on.
    if (const int error = enter(*name); error != 0) return cannot_enter(*name, error);
  }
  return embedded ? open_embedded(args) : open_kernel();
}

std::vector<std::string> network_namespaces() {
  std::vector<std::string> names;
  std::error_code problem;  // without the folder there are no names
  for (std::filesystem::directory_iterator at(kNamespaceFolder, problem), end; !problem && at != end;
       at.increment(problem)) {
    names.push_back(at->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool limits_can_be_set_here() { return ::access("/proc/sys/net/ipv4/neigh/default/gc_thresh3", W_OK) == 0; }

void visit_other_namespaces(FunctionRef<void(const std::string&, NeighborTable&)> visit,
                            FunctionRef<void(const std::string&, const Failure&)> failed) {
  const Descriptor home(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  std::set<std::pair<dev_t, ino_t>> seen;
  struct stat status {};
  if (!home || ::fstat(home.get(), &status) != 0) {
    failed("", cannot_enter("", errno));
    return;
  }
  seen.emplace(status.st_dev, status.st_ino);
  for (const std::string& name : network_namespaces()) {
    // One namespace may have several names.
    if (::stat(fmt::format("{}/{}", kNamespaceFolder, name).c_str(), &status) == 0 &&
        !seen.emplace(status.st_dev, status.st_ino).second) {
      continue;
    }
    if (const int error = enter(name); error != 0) {
      failed(name, cannot_enter(name, error));
      continue;
    }
    auto opened = open_kernel();
    if (opened) {
      visit(name, *opened->table);
    } else {
      failed(name, opened.failure());
    }
    if (::setns(home.get(), CLONE_NEWNET) != 0) {
      // Without a way back nothing read afterwards would be of this namespace.
      failed(name, cannot_enter("", errno));
      return;
    }
  }
}

}  // namespace neigh::ctl
