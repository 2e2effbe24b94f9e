// SPDX-License-Identifier: Apache-2.0
#include "rtnl/namespace_id.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include "rtnl/errors.hpp"

namespace neigh::rtnl {
namespace {

constexpr const char* kThreadNamespace = "/proc/thread-self/ns/net";
constexpr const char* kProcessNamespace = "/proc/self/ns/net";

std::optional<NamespaceId> id_by_stat(const char* path) noexcept {
  struct stat status {};
  if (::stat(path, &status) != 0) return std::nullopt;
  return NamespaceId{.device = status.st_dev, .inode = status.st_ino};
}

/// The inode's number that the link at `path` has in its text, "net:[4026531840]".
std::optional<std::uint64_t> inode_at(const char* path) noexcept {
  constexpr std::string_view kBefore = "net:[";
  std::array<char, 64> buffer;
  const ssize_t size = ::readlink(path, buffer.data(), buffer.size());
  if (size <= 0) return std::nullopt;
  std::string_view text(buffer.data(), static_cast<std::size_t>(size));
  if (!text.starts_with(kBefore) || !text.ends_with(']')) return std::nullopt;
  text = text.substr(kBefore.size(), text.size() - kBefore.size() - 1);
  std::uint64_t inode = 0;
  const auto read = std::from_chars(text.begin(), text.end(), inode);
  if (read.ec != std::errc{} || read.ptr != text.end()) return std::nullopt;
  return inode;
}

/// The text of the link has the number that `stat` would tell, at half the cost: `stat` makes the inode and throws it
/// away again. All namespaces are on one device, which is looked up once, and only where text and `stat` agree.
std::optional<NamespaceId> id_at(const char* path) noexcept {
  static std::atomic<std::uint64_t> device{0};
  const std::uint64_t known_device = device.load(std::memory_order_relaxed);
  const auto inode = inode_at(path);
  if (known_device != 0 && inode) return NamespaceId{.device = known_device, .inode = *inode};
  const auto id = id_by_stat(path);
  if (id && inode == id->inode) device.store(id->device, std::memory_order_relaxed);
  return id;
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
