// SPDX-License-Identifier: Apache-2.0
// A handler of a caller that can be taken away while another thread is in it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "base/fork_generation.hpp"

namespace neigh::embedded {

/// One call at a time, as a world delivers; what waits to be delivered holds the slot.
///
/// @threads Any.
template <class... Arguments>
class HandlerSlot {
 public:
  explicit HandlerSlot(std::function<void(Arguments...)> handler) : handler_(std::move(handler)) {}
  HandlerSlot(const HandlerSlot&) = delete;
  HandlerSlot& operator=(const HandlerSlot&) = delete;

  /// Nothing for an empty handler.
  static std::shared_ptr<HandlerSlot> make(std::function<void(Arguments...)> handler) {
    return handler ? std::make_shared<HandlerSlot>(std::move(handler)) : nullptr;
  }

  void call(Arguments... arguments) {
    struct Leave {
      HandlerSlot& slot;
      ~Leave() {  // also where the handler throws
        slot.inside_ = std::thread::id{};
        slot.inside_.notify_all();
      }
    } const leave{*this};
    generation_ = fork_generation();
    inside_ = std::this_thread::get_id();
    // This order, against that of `end`: one of the two sees the other.
    if (!ended_) handler_(std::forward<Arguments>(arguments)...);
  }

  /// No call begins any more.
  void end() noexcept { ended_ = true; }
  /// After `end`: returns when no call is under way, but for one that the caller is in.
  void wait_for_the_last() const noexcept {
    for (;;) {
      const std::thread::id who = inside_;
      if (who == std::thread::id{} || who == std::this_thread::get_id()) return;
      if (generation_ != fork_generation()) return;  // that thread is the parent's
      inside_.wait(who);
    }
  }

 private:
  std::function<void(Arguments...)> handler_;
  std::atomic<bool> ended_{false};
  std::atomic<std::thread::id> inside_{};
  std::atomic<std::uint64_t> generation_{0};
};

}  // namespace neigh::embedded
