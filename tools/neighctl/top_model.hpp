// SPDX-License-Identifier: Apache-2.0
// What `watch --top` shows, without terminal and without clock.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "neigh/watch.hpp"
#include "output.hpp"

namespace neigh::ctl {

enum class TopOrder : unsigned char { kEntries, kRate, kName };

class TopModel {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::size_t kWindowSeconds = 10;  ///< Rates are means over this time.
  static constexpr std::size_t kRecent = 200;        ///< Events remembered.

  explicit TopModel(Time begun) : begun_(begun) {}

  void on_event(const WatchEvent& event, Time now, const std::string& clock_text, const std::string& event_text);
  void cycle_order();

  using InterfaceName = std::function<std::string(InterfaceIndex)>;
  /// Exactly `height` lines of at most `width` columns.
  [[nodiscard]] std::vector<std::string> render(Time now, std::size_t width, std::size_t height, const Style& style,
                                                const InterfaceName& name, bool paused) const;

  [[nodiscard]] std::size_t entries() const;
  [[nodiscard]] std::size_t gaps() const { return gaps_; }

 private:
  enum Change : std::size_t { kAdded, kChanged, kRemoved, kChanges };
  struct Row {
    std::array<std::size_t, kNudStateCount> states = {};
    std::size_t v4 = 0;
    std::size_t v6 = 0;
    // Changes in each of the last seconds; slot = second modulo window.
    std::array<std::array<std::size_t, kChanges>, kWindowSeconds> slots = {};
    std::array<long long, kWindowSeconds> slot_second = {};
    [[nodiscard]] std::size_t total() const { return v4 + v6; }
  };
  [[nodiscard]] long long second_of(Time now) const;
  void count(Row& row, Change change, Time now);
  [[nodiscard]] double rate(const Row& row, Change change, Time now) const;
  struct CountColumn {
    std::string_view head = {};
    std::optional<NudState> state = {};
    std::size_t (*count)(const Row&) = nullptr;
  };
  /// Columns of a screen: name, entries and rates always, then what there is room for.
  struct Layout {
    std::size_t name_width = 0;
    std::vector<CountColumn> counts = {};
    std::size_t hidden = 0;  ///< Columns that do not fit.
  };
  [[nodiscard]] Layout layout(std::size_t width, std::size_t name_width) const;
  [[nodiscard]] std::string row_text(const Row& row, const std::string& name, const Layout& layout, Time now,
                                     const Style& style) const;

  Time begun_;
  std::map<InterfaceIndex, Row> rows_ = {};
  std::deque<std::string> recent_ = {};
  TopOrder order_ = TopOrder::kEntries;
  std::size_t gaps_ = 0;
  bool synced_ = false;
  bool in_gap_ = false;
};

}  // namespace neigh::ctl
