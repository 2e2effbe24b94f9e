// SPDX-License-Identifier: Apache-2.0
#include "neigh/current_stack.hpp"

#include <cstdlib>
#include <mutex>
#include <string_view>
#include <utility>

#include "base/fork_safe_mutex.hpp"
#include "neigh/embedded.hpp"
#include "neigh/kernel.hpp"

namespace neigh {
namespace {

thread_local StackScope* innermost_scope = nullptr;

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

StackScope::StackScope(std::shared_ptr<NeighborTable> table)
    : table_(std::move(table)), outer_(std::exchange(innermost_scope, this)) {}

StackScope::~StackScope() { innermost_scope = outer_; }

Result<std::shared_ptr<NeighborTable>> current_stack() {
  if (innermost_scope != nullptr && innermost_scope->table_ != nullptr) return innermost_scope->table_;
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
