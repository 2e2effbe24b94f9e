// SPDX-License-Identifier: Apache-2.0
#include "neigh/current_stack.hpp"

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include "base/fork_safe_mutex.hpp"
#include "neigh/embedded.hpp"
#include "neigh/kernel.hpp"

namespace neigh {
namespace {

Result<std::shared_ptr<NeighborTable>> open_by_environment() {
  // secure_getenv: a set-user-id program does not let its caller choose the table.
  const char* chosen = secure_getenv("NEIGH_STACK");
  const std::string_view name = chosen == nullptr ? "" : chosen;
  if (name.empty() || name == "kernel") {
    auto table = open_kernel_table({.binding = NamespaceBinding::kCallingThread});
    if (!table) return std::move(table).error();
    return std::shared_ptr<NeighborTable>(std::move(*table));
  }
  if (name == "embedded") {
    auto stack = default_embedded_stack();
    if (!stack) return std::move(stack).error();
    return std::shared_ptr<NeighborTable>(*std::move(stack));
  }
  return Error{.code = Errc::kNotSupported,
               .field = "NEIGH_STACK",
               .detail = "'" + std::string(name.substr(0, 64)) + "' is neither 'kernel' nor 'embedded'"};
}

struct ProcessChoice {
  std::shared_ptr<NeighborTable> chosen;    // by set_current_stack
  std::shared_ptr<NeighborTable> standard;  // by the environment, opened at first use
};

// Never destroyed: the C API may be called while the process ends.
ProcessChoice& process_choice() {
  static auto* choice = new ProcessChoice;
  return *choice;
}

}  // namespace

/// A scope in its thread's list, which that thread alone changes.
struct StackScope::Link {
  /// Of the calling thread, innermost first. A plain pointer: usable while the thread ends, too.
  static thread_local Link* innermost;

  /// The innermost scope of the calling thread that has not ended; those that ended elsewhere are cleared away.
  static Link* find() {
    while (innermost != nullptr && innermost->ended.load(std::memory_order_acquire)) {
      delete std::exchange(innermost, innermost->outer);
    }
    return innermost;
  }
  void unlink() {
    Link** at = &innermost;
    while (*at != this) at = &(*at)->outer;
    *at = outer;
  }

  std::shared_ptr<NeighborTable> table;
  Link* outer = std::exchange(innermost, this);
  std::thread::id thread = std::this_thread::get_id();
  std::atomic<bool> ended = false;
};

thread_local StackScope::Link* StackScope::Link::innermost = nullptr;

StackScope::StackScope(std::shared_ptr<NeighborTable> table) : link_(new Link{.table = std::move(table)}) {}

StackScope::~StackScope() {
  if (link_->thread != std::this_thread::get_id()) {
    link_->ended.store(true, std::memory_order_release);
    return;
  }
  link_->unlink();
  delete link_;
}

Result<std::shared_ptr<NeighborTable>> current_stack() {
  const auto* scope = StackScope::Link::find();
  if (scope != nullptr && scope->table != nullptr) return scope->table;
  ProcessChoice& choice = process_choice();
  const std::scoped_lock lock(fork_safe_mutex<ProcessChoice>());
  if (choice.chosen != nullptr) return choice.chosen;
  if (choice.standard == nullptr) {
    auto opened = open_by_environment();
    if (!opened) return opened;
    choice.standard = std::move(*opened);
  }
  return choice.standard;
}

void set_current_stack(std::shared_ptr<NeighborTable> table) {
  ProcessChoice& choice = process_choice();
  const std::scoped_lock lock(fork_safe_mutex<ProcessChoice>());
  // The old table dies after the lock is gone, through the caller's copy.
  choice.chosen.swap(table);
}

}  // namespace neigh
