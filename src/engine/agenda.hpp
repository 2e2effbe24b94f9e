// SPDX-License-Identifier: Apache-2.0
// What is to be done later, by moment; of equal moments the one added first comes first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "base/time.hpp"

namespace neigh::engine {

template <class Task>
class Agenda {
 public:
  /// Names a task until it is popped or canceled; a default one names none.
  class Id {
   public:
    Id() = default;
    [[nodiscard]] bool pending() const { return number_ != 0; }

   private:
    friend class Agenda;
    Id(TimePoint at, std::uint64_t number) : at_(at), number_(number) {}
    TimePoint at_{};
    std::uint64_t number_ = 0;
  };

  [[nodiscard]] Id add(TimePoint at, Task task) {
    const std::uint64_t number = ++last_;
    tasks_.emplace(Key{at, number}, std::move(task));
    return Id{at, number};
  }
  /// Does nothing if the task is not there any more.
  void cancel(Id& id) {
    if (id.pending()) tasks_.erase(Key{id.at_, id.number_});
    id = {};
  }
  [[nodiscard]] std::optional<Task> pop_due(TimePoint now) {
    if (tasks_.empty() || tasks_.begin()->first.first > now) return std::nullopt;
    return std::move(tasks_.extract(tasks_.begin()).mapped());
  }
  [[nodiscard]] std::optional<TimePoint> next() const {
    if (tasks_.empty()) return std::nullopt;
    return tasks_.begin()->first.first;
  }
  template <class Predicate>
  void cancel_if(Predicate&& predicate) {
    std::erase_if(tasks_, [&](const auto& item) { return predicate(item.second); });
  }
  [[nodiscard]] std::size_t size() const { return tasks_.size(); }

 private:
  using Key = std::pair<TimePoint, std::uint64_t>;
  std::map<Key, Task> tasks_;
  std::uint64_t last_ = 0;
};

}  // namespace neigh::engine
