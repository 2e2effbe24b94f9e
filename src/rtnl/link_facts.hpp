// SPDX-License-Identifier: Apache-2.0
// What one channel has been told of interfaces, for as long as no link of its namespace changes.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/unique_fd.hpp"
#include "neigh/function_ref.hpp"
#include "neigh/interface.hpp"
#include "neigh/result.hpp"

namespace neigh::rtnl {

/// A socket into which the kernel puts a notification when any link of its namespace is made, changed or removed. It
/// is opened to be looked at, not to be read: it has room for little more than one, and is thrown away when it has one.
[[nodiscard]] Result<UniqueFd> open_link_bell();

/// Interfaces that need not be asked for again. The kernel puts the notification into the socket before it ends the
/// change (the lock under which an index could be given away again is still held), so that a socket found empty says
/// that what was read since it was opened is true at that moment.
///
/// Only what is always told of is relied on: which device an index means, its type and the length of its addresses. So
/// point-to-point and loopback devices, whose flags may change untold, are not remembered. Whether IPv6 is switched on
/// is not told either: see KernelTable::write_if.
///
/// One user at a time, as the slot of the pool that it is in. A program that calls seldom never has the socket.
class LinkFacts {
 public:
  /// So many questions are asked before a socket is worth its opening.
  static constexpr std::uint32_t kAskedBefore = 8;
  static constexpr std::size_t kMost = 16;  ///< Interfaces remembered.

  LinkFacts() = default;
  ~LinkFacts() { forget(); }
  LinkFacts(const LinkFacts&) = delete;
  LinkFacts& operator=(const LinkFacts&) = delete;

  /// What is known of an interface and still true, at the cost of one system call; nullptr: it must be asked for.
  /// Valid until the next call.
  [[nodiscard]] const Interface* find(InterfaceIndex index);

  /// Goes before a question for an interface. `open_bell` is called when a socket is wanted.
  void before_question(FunctionRef<Result<UniqueFd>()> open_bell);
  /// Its answer.
  void learn(const Interface& interface);

  /// Knows nothing and has nothing open; a descriptor that has become somebody else's is left alone.
  void forget() noexcept;
  /// In a forked child: as `forget`. `in_use`: by another thread of the parent, so that the memory is in any state.
  void forget_after_fork(bool in_use) noexcept;

 private:
  [[nodiscard]] bool silent() noexcept;
  [[nodiscard]] bool intact() const noexcept;

  // Atomic, so that a forked child can close it whatever the parent was doing.
  std::atomic<int> bell_{-1};
  std::atomic<std::uint64_t> cookie_{0};
  std::int64_t checked_ = 0;  ///< Tick of the clock in which the descriptor was last seen to be ours.
  std::uint32_t asked_ = 0;
  std::unique_ptr<std::vector<Interface>> known_;
};

}  // namespace neigh::rtnl
