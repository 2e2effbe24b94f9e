// SPDX-License-Identifier: Apache-2.0
/// @file
/// What change callbacks were told, for tests that wait for it.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "conformance/fixture.hpp"
#include "support/wait.hpp"

namespace neigh::conformance {

[[nodiscard]] inline std::string name_of(MIB_NOTIFICATION_TYPE type) {
  switch (type) {
    case MibParameterNotification:
      return "changed";
    case MibAddInstance:
      return "added";
    case MibDeleteInstance:
      return "removed";
    case MibInitialNotification:
      return "initial";
  }
  return "?";
}

/// Lines that callbacks have written, in order.
class Told {
 public:
  void add(std::string line) {
    const std::scoped_lock lock(mutex_);
    lines_.push_back(std::move(line));
    thread_ = std::this_thread::get_id();
    changed_.notify_all();
  }
  [[nodiscard]] std::vector<std::string> lines() {
    const std::scoped_lock lock(mutex_);
    return lines_;
  }
  /// Waits for a line; false: it did not come.
  [[nodiscard]] bool wait_for(const std::string& line) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, test::kPatience,
                             [&] { return std::find(lines_.begin(), lines_.end(), line) != lines_.end(); });
  }
  [[nodiscard]] std::thread::id thread() {
    const std::scoped_lock lock(mutex_);
    return thread_;
  }
  void clear() {
    const std::scoped_lock lock(mutex_);
    lines_.clear();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
  std::thread::id thread_;
};

/// Without the link-layer address where an entry has gone: the kernel forgets it first.
inline VOID NETIOAPI_API_ on_neighbor(PVOID context, PMIB_IPNET_ROW2 row, MIB_NOTIFICATION_TYPE type) {
  std::string line = name_of(type);
  if (row != nullptr) line += " " + text_of(row->Address) + " " + std::to_string(row->InterfaceIndex);
  if (row != nullptr && type != MibDeleteInstance) line += " " + link_text_of(*row);
  static_cast<Told*>(context)->add(std::move(line));
}

}  // namespace neigh::conformance
