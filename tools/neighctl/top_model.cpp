// SPDX-License-Identifier: Apache-2.0
#include "top_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "neighbor_view.hpp"
#include "text.hpp"

namespace neigh::ctl {

namespace {

using Kind = WatchEvent::Kind;

constexpr std::array kShownStates = {NudState::kReachable,  NudState::kStale,  NudState::kDelay,    NudState::kProbe,
                                     NudState::kIncomplete, NudState::kFailed, NudState::kPermanent};
constexpr std::array<std::string_view, 7> kStateHeads = {"REACH", "STALE", "DELAY", "PROBE", "INCOM", "FAIL", "PERM"};
constexpr std::size_t kCountWidth = 8;

// The first `width` columns of a line that may hold color codes, which take none.
std::string cut_painted(const std::string& line, std::size_t width) {
  std::string out;
  std::size_t used = 0;
  bool painted = false;
  for (std::size_t at = 0; at < line.size();) {
    if (line[at] == '\x1b') {
      const std::size_t end = std::min(line.find('m', at), line.size() - 1);
      out.append(line, at, end - at + 1);
      painted = true;
      at = end + 1;
      continue;
    }
    if (used == width) break;
    const std::size_t length = std::max<std::size_t>(1, utf8_length(line, at));
    out.append(line, at, length);
    at += length;
    ++used;
  }
  if (painted) out.append("\x1b[0m");
  return out;
}

std::string rate_text(double rate) {
  if (rate <= 0) return "0";
  return rate < 10 ? fmt::format("{:.1f}", rate) : grouped(static_cast<unsigned long long>(std::llround(rate)));
}

}  // namespace

long long TopModel::second_of(Time now) const {
  return std::chrono::duration_cast<std::chrono::seconds>(now - begun_).count();
}

void TopModel::count(Row& row, Change change, Time now) {
  const long long second = second_of(now);
  const auto slot = static_cast<std::size_t>(second) % kWindowSeconds;
  if (row.slot_second[slot] != second) {
    row.slots[slot] = {};
    row.slot_second[slot] = second;
  }
  ++row.slots[slot][change];
}

double TopModel::rate(const Row& row, Change change, Time now) const {
  const long long second = second_of(now);
  std::size_t sum = 0;
  for (std::size_t i = 0; i < kWindowSeconds; ++i) {
    if (second - row.slot_second[i] < static_cast<long long>(kWindowSeconds)) sum += row.slots[i][change];
  }
  const auto window = std::clamp<long long>(second + 1, 1, static_cast<long long>(kWindowSeconds));
  return static_cast<double>(sum) / static_cast<double>(window);
}

void TopModel::on_event(const WatchEvent& event, Time now, const std::string& clock_text,
                        const std::string& event_text) {
  const auto enter = [&](const Neighbor& n) {
    Row& row = rows_[n.interface];
    ++row.states[static_cast<std::size_t>(n.state)];
    ++(n.address.is_v4() ? row.v4 : row.v6);
  };
  const auto leave = [&](const Neighbor& n) {
    Row& row = rows_[n.interface];
    std::size_t& state = row.states[static_cast<std::size_t>(n.state)];
    std::size_t& family = n.address.is_v4() ? row.v4 : row.v6;
    if (state > 0) --state;
    if (family > 0) --family;
  };
  switch (event.kind) {
    case Kind::kAdded:
      enter(event.neighbor);
      if (synced_) count(rows_[event.neighbor.interface], kAdded, now);
      break;
    case Kind::kChanged:
      if (event.previous) leave(*event.previous);
      enter(event.neighbor);
      count(rows_[event.neighbor.interface], kChanged, now);
      break;
    case Kind::kRemoved:
      leave(event.neighbor);
      count(rows_[event.neighbor.interface], kRemoved, now);
      break;
    case Kind::kSynced:
      synced_ = true;
      return;
    case Kind::kGapBegan:
      in_gap_ = true;
      ++gaps_;
      break;
    case Kind::kGapHealed:
      in_gap_ = false;
      break;
  }
  if (!synced_ || event_text.empty()) return;
  recent_.push_back(clock_text + " " + event_text);
  if (recent_.size() > kRecent) recent_.pop_front();
}

void TopModel::cycle_order() { order_ = static_cast<TopOrder>((static_cast<unsigned>(order_) + 1) % 3); }

std::size_t TopModel::entries() const {
  std::size_t sum = 0;
  for (const auto& [index, row] : rows_) sum += row.total();
  return sum;
}

std::string TopModel::row_text(const Row& row, const std::string& name, std::size_t name_width, Time now,
                               const Style& style) const {
  std::string line =
      style.paint(Tone::kInfo, fmt::format("{:<{}}", shortened(name, name_width, style.unicode), name_width));
  line += style.paint(Tone::kBold, fmt::format("{:>{}}", grouped(row.total()), kCountWidth));
  line += fmt::format("{:>{}}{:>{}} ", grouped(row.v4), kCountWidth, grouped(row.v6), kCountWidth);
  for (const NudState state : kShownStates) {
    const std::size_t count = row.states[static_cast<std::size_t>(state)];
    line +=
        style.paint(count == 0 ? Tone::kDim : state_tone(state), fmt::format("{:>{}}", grouped(count), kCountWidth));
  }
  for (const Change change : {kAdded, kChanged, kRemoved}) {
    const double value = rate(row, change, now);
    line += style.paint(value > 0 ? Tone::kBold : Tone::kDim, fmt::format("{:>{}}", rate_text(value), kCountWidth));
  }
  return line;
}

std::vector<std::string> TopModel::render(Time now, std::size_t width, std::size_t height, const Style& style,
                                          const InterfaceName& name, bool paused) const {
  std::vector<std::pair<std::string, const Row*>> sorted;
  std::size_t name_width = 10;
  for (const auto& [index, row] : rows_) {
    sorted.emplace_back(name(index), &row);
    name_width = std::max(name_width, std::min<std::size_t>(16, columns(sorted.back().first)));
  }
  const auto activity = [&](const Row& r) {
    return rate(r, kAdded, now) + rate(r, kChanged, now) + rate(r, kRemoved, now);
  };
  std::stable_sort(sorted.begin(), sorted.end(), [&](const auto& a, const auto& b) {
    if (order_ == TopOrder::kEntries) return a.second->total() > b.second->total();
    if (order_ == TopOrder::kRate) return activity(*a.second) > activity(*b.second);
    return a.first < b.first;
  });

  constexpr std::array<std::string_view, 3> kOrders = {"entries", "rate", "name"};
  std::vector<std::string> lines;
  lines.push_back(
      fmt::format("{}  {} on {}   {}{}", style.paint(Tone::kBold, "neighctl watch"),
                  counted(entries(), "entry", "entries"), counted(rows_.size(), "interface", "interfaces"),
                  gaps_ == 0 ? style.paint(Tone::kDim, "no notification lost")
                             : style.paint(Tone::kBad, fmt::format("{} {}", counted(gaps_, "gap", "gaps"),
                                                                   in_gap_ ? "(reading the table again)" : "(healed)")),
                  paused ? style.paint(Tone::kWarn, "   PAUSED") : ""));
  lines.push_back(
      style.paint(Tone::kDim, fmt::format("q quit   space pause   s sort (by {})   rates are per second over "
                                          "{} s",
                                          kOrders[static_cast<std::size_t>(order_)], kWindowSeconds)));
  lines.emplace_back();
  std::string head = fmt::format("{:<{}}{:>{}}{:>{}}{:>{}} ", "INTERFACE", name_width, "ENTRIES", kCountWidth, "IPV4",
                                 kCountWidth, "IPV6", kCountWidth);
  for (const std::string_view text : kStateHeads) head += fmt::format("{:>{}}", text, kCountWidth);
  for (const std::string_view text : {"+/s", "~/s", "-/s"}) head += fmt::format("{:>{}}", text, kCountWidth);
  lines.push_back(style.paint(Tone::kDim, head));
  // Half of the rest for interfaces at most, the other half for what happened.
  const std::size_t room = height > lines.size() + 2 ? height - lines.size() - 2 : 1;
  const std::size_t shown = std::min(sorted.size(), std::max<std::size_t>(1, recent_.empty() ? room : room / 2 + 1));
  for (std::size_t i = 0; i < shown; ++i) {
    lines.push_back(row_text(*sorted[i].second, sorted[i].first, name_width, now, style));
  }
  if (shown < sorted.size())
    lines.push_back(style.paint(Tone::kDim, fmt::format("and {} more", sorted.size() - shown)));
  lines.emplace_back();
  for (auto event = recent_.rbegin(); event != recent_.rend() && lines.size() < height; ++event)
    lines.push_back(*event);
  lines.resize(height);
  for (std::string& line : lines) line = cut_painted(line, width);
  return lines;
}

}  // namespace neigh::ctl
