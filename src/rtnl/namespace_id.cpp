// SPDX-License-Identifier: Apache-2.0
#include "rtnl/namespace_id.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>

#include "rtnl/errors.hpp"

namespace neigh::rtnl {
namespace {

constexpr const char* kThreadNamespace = "/proc/thread-self/ns/net";
constexpr const char* kProcessNamespace = "/proc/self/ns/net";

std::optional<NamespaceId> id_at(const char* path) noexcept {
  struct stat status {};
  if (::stat(path, &status) != 0) return std::nullopt;
  return NamespaceId{.device = status.st_dev, .inode = status.st_ino};
}

}  // namespace

std::optional<NamespaceId> NamespaceId::of_thread() noexcept { return id_at(kThreadNamespace); }
std::optional<NamespaceId> NamespaceId::of_process() noexcept { return id_at(kProcessNamespace); }

std::optional<NamespaceId> NamespaceId::of_descriptor(int fd) noexcept {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return std::nullopt;
  return NamespaceId{.device = status.st_dev, .inode = status.st_ino};
}

UniqueFd open_namespace_of_thread() noexcept { return UniqueFd(::open(kThreadNamespace, O_RDONLY | O_CLOEXEC)); }

Result<NamespaceVisit> NamespaceVisit::enter(int namespace_fd) {
  UniqueFd home = open_namespace_of_thread();
  if (!home) return system_error("open(/proc/thread-self/ns/net)", errno);
  // The way back asks for a privilege over the namespace left: it is tried before the thread leaves.
  if (::setns(home.get(), CLONE_NEWNET) != 0) return system_error("setns(own network namespace)", errno);
  if (::setns(namespace_fd, CLONE_NEWNET) != 0) return system_error("setns(table's network namespace)", errno);
  return NamespaceVisit(std::move(home));
}

NamespaceVisit::~NamespaceVisit() {
  // Left in the wrong namespace the thread would go on with the wrong network; there is no way to report it.
  if (home_ && ::setns(home_.get(), CLONE_NEWNET) != 0) std::abort();
}

}  // namespace neigh::rtnl
