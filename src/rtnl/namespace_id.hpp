// SPDX-License-Identifier: Apache-2.0
// Which network namespace a thread is in.
#pragma once

#include <cstdint>
#include <optional>

#include "base/unique_fd.hpp"
#include "neigh/result.hpp"

namespace neigh::rtnl {

/// Identity of a network namespace. Two equal ids are the same namespace as long as one of them is kept alive (by
/// a socket in it, for example): only then can its inode number not be used again.
struct NamespaceId {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  friend bool operator==(const NamespaceId&, const NamespaceId&) = default;

  /// The calling thread's; nothing where /proc is not mounted.
  [[nodiscard]] static std::optional<NamespaceId> of_thread() noexcept;
  /// That of the thread that leads this process; nothing where it is not known.
  [[nodiscard]] static std::optional<NamespaceId> of_process() noexcept;
  /// That which an open file stands for; nothing if it is not open.
  [[nodiscard]] static std::optional<NamespaceId> of_descriptor(int fd) noexcept;
};

/// A descriptor of the calling thread's network namespace, or none where /proc is not mounted.
[[nodiscard]] UniqueFd open_namespace_of_thread() noexcept;

/// Puts the calling thread into another network namespace and, at the end, back. Entered only by who may also go back.
class NamespaceVisit {
 public:
  [[nodiscard]] static Result<NamespaceVisit> enter(int namespace_fd);
  NamespaceVisit(NamespaceVisit&&) = default;
  NamespaceVisit& operator=(NamespaceVisit&&) = delete;
  ~NamespaceVisit();

 private:
  explicit NamespaceVisit(UniqueFd home) : home_(std::move(home)) {}
  UniqueFd home_;
};

}  // namespace neigh::rtnl
