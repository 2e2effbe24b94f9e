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

constexpr std::size_t kCountWidth = 8;
constexpr std::size_t kLeastNameWidth = 10;
constexpr std::size_t kMostNameWidth = 16;
constexpr std::size_t kRates = 3;
constexpr std::string_view kMoreColumns = " …";
constexpr std::string_view kMoreColumnsPlain = " >";

// Columns of a line that may hold color codes, which take none.
std::size_t painted_columns(std::string_view line) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < line.size();) {
    if (line[at] == '\x1b') {
      at = std::min(line.find('m', at), line.size() - 1) + 1;
      continue;
    }
    at += std::max<std::size_t>(1, utf8_length(line, at));
    ++count;
  }
  return count;
}

// The first `width` columns of such a line; the last one says so if something was cut.
std::string cut_painted(const std::string& line, std::size_t width, bool unicode) {
  if (painted_columns(line) <= width) return line;
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
    if (used + 1 >= width) break;
    const std::size_t length = std::max<std::size_t>(1, utf8_length(line, at));
    out.append(line, at, length);
    at += length;
    ++used;
  }
  if (width > 0) out.append(unicode ? "…" : ">");
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

// What is zero everywhere says nothing; what does not fit is left out from the end, whole columns.
TopModel::Layout TopModel::layout(std::size_t width, std::size_t name_width) const {
  using S = NudState;
  static const std::array<CountColumn, 11> kColumns = {{
      {"REACH", S::kReachable, [](const Row& r) { return r.states[static_cast<std::size_t>(S::kReachable)]; }},
      {"STALE", S::kStale, [](const Row& r) { return r.states[static_cast<std::size_t>(S::kStale)]; }},
      {"INCOM", S::kIncomplete, [](const Row& r) { return r.states[static_cast<std::size_t>(S::kIncomplete)]; }},
      {"FAIL", S::kFailed,
       [](const Row& r) {
         return r.states[static_cast<std::size_t>(S::kFailed)] + r.states[static_cast<std::size_t>(S::kUnreachable)];
       }},
      {"PERM", S::kPermanent, [](const Row& r) { return r.states[static_cast<std::size_t>(S::kPermanent)]; }},
      {"DELAY", S::kDelay, [](const Row& r) { return r.states[static_cast<std::size_t>(S::kDelay)]; }},
      {"PROBE", S::kProbe, [](const Row& r) { return r.states[static_cast<std::size_t>(S::kProbe)]; }},
      {"NONE", S::kNone, [](const Row& r) { return r.states[static_cast<std::size_t>(S::kNone)]; }},
      {"NOARP", S::kNoArp, [](const Row& r) { return r.states[static_cast<std::size_t>(S::kNoArp)]; }},
      {"IPV4", std::nullopt, [](const Row& r) { return r.v4; }},
      {"IPV6", std::nullopt, [](const Row& r) { return r.v6; }},
  }};
  Layout layout{.name_width = name_width};
  const std::size_t used = layout.name_width + kCountWidth * (1 + kRates);
  std::vector<const CountColumn*> wanted;
  for (const CountColumn& c : kColumns) {
    if (std::any_of(rows_.begin(), rows_.end(), [&](const auto& row) { return c.count(row.second) > 0; })) {
      wanted.push_back(&c);
    }
  }
  const std::size_t room = width > used ? (width - used) / kCountWidth : 0;
  layout.hidden = wanted.size() - std::min(wanted.size(), room);
  // The mark wants room, too.
  if (layout.hidden > 0 && width < used + room * kCountWidth + columns(kMoreColumns)) ++layout.hidden;
  for (std::size_t i = 0; i + layout.hidden < wanted.size(); ++i) layout.counts.push_back(*wanted[i]);
  return layout;
}

std::string TopModel::row_text(const Row& row, const std::string& name, const Layout& layout, Time now,
                               const Style& style) const {
  std::string line = style.paint(
      Tone::kInfo, fmt::format("{:<{}}", shortened(name, layout.name_width, style.unicode), layout.name_width));
  line += style.paint(Tone::kBold, fmt::format("{:>{}}", grouped(row.total()), kCountWidth));
  for (const Change change : {kAdded, kChanged, kRemoved}) {
    const double value = rate(row, change, now);
    line += style.paint(value > 0 ? Tone::kBold : Tone::kDim, fmt::format("{:>{}}", rate_text(value), kCountWidth));
  }
  for (const CountColumn& c : layout.counts) {
    const std::size_t count = c.count(row);
    const Tone tone = count == 0 ? Tone::kDim : c.state ? state_tone(*c.state) : Tone::kPlain;
    line += style.paint(tone, fmt::format("{:>{}}", grouped(count), kCountWidth));
  }
  return line;
}

std::vector<std::string> TopModel::render(Time now, std::size_t width, std::size_t height, const Style& style,
                                          const InterfaceName& name, bool paused) const {
  std::vector<std::pair<std::string, const Row*>> sorted;
  std::size_t longest = 0;
  for (const auto& [index, row] : rows_) {
    sorted.emplace_back(name(index), &row);
    longest = std::max(longest, columns(sorted.back().first));
  }
  const Layout shape = layout(width, std::clamp(longest + 1, kLeastNameWidth, kMostNameWidth));
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
  const std::string gaps =
      gaps_ == 0 ? style.paint(Tone::kDim, "no notification lost")
                 : style.paint(Tone::kBad, fmt::format("{} {}", counted(gaps_, "gap", "gaps"),
                                                       in_gap_ ? "(reading the table again)" : "(healed)"));
  const std::string what = synced_ ? fmt::format("{} on {}   {}", counted(entries(), "entry", "entries"),
                                                 counted(rows_.size(), "interface", "interfaces"), gaps)
                                   : std::string("reading the table ") + (style.unicode ? "…" : "...");
  lines.push_back(fmt::format("{}  {}{}", style.paint(Tone::kBold, "neighctl watch"),
                              paused ? style.paint(Tone::kWarn, "PAUSED  ") : "", what));
  lines.push_back(style.paint(Tone::kDim, fmt::format("q quit   space {}   s sort (by {})   rates per second over {} s",
                                                      paused ? "goes on" : "pause",
                                                      kOrders[static_cast<std::size_t>(order_)], kWindowSeconds)));
  lines.emplace_back();
  std::string head = fmt::format("{:<{}}{:>{}}", "INTERFACE", shape.name_width, "ENTRIES", kCountWidth);
  for (const std::string_view text : {"+/s", "~/s", "-/s"}) head += fmt::format("{:>{}}", text, kCountWidth);
  for (const CountColumn& c : shape.counts) head += fmt::format("{:>{}}", c.head, kCountWidth);
  if (shape.hidden > 0) head += style.unicode ? kMoreColumns : kMoreColumnsPlain;
  lines.push_back(style.paint(Tone::kDim, head));
  // Half of the rest for interfaces at most, the other half for what happened.
  const std::size_t room = height > lines.size() + 2 ? height - lines.size() - 2 : 1;
  const std::size_t shown = std::min(sorted.size(), std::max<std::size_t>(1, recent_.empty() ? room : room / 2 + 1));
  for (std::size_t i = 0; i < shown; ++i) {
    lines.push_back(row_text(*sorted[i].second, sorted[i].first, shape, now, style));
  }
  if (shown < sorted.size())
    lines.push_back(style.paint(Tone::kDim, fmt::format("and {} more", sorted.size() - shown)));
  lines.emplace_back();
  for (auto event = recent_.rbegin(); event != recent_.rend() && lines.size() < height; ++event)
    lines.push_back(*event);
  lines.resize(height);
  for (std::string& line : lines) line = cut_painted(line, width, style.unicode);
  return lines;
}

}  // namespace neigh::ctl
