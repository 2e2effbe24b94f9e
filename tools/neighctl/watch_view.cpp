// SPDX-License-Identifier: Apache-2.0
#include "watch_view.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

#include "neighbor_view.hpp"
#include "text.hpp"
#include "values.hpp"

namespace neigh::ctl {

namespace {

using Kind = WatchEvent::Kind;

int milliseconds_of(WallTime time) {
  const auto since = time.time_since_epoch();
  return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(since).count() % 1000);
}

std::string clock_time(WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  return fmt::format("{:02}:{:02}:{:02}.{:03}", local.tm_hour, local.tm_min, local.tm_sec, milliseconds_of(time));
}

std::string_view event_name(Kind kind, bool audit) {
  switch (kind) {
    case Kind::kAdded:
      return "added";
    case Kind::kChanged:
      return "changed";
    case Kind::kRemoved:
      return "removed";
    case Kind::kSynced:
      return "synced";
    case Kind::kGapBegan:
      return audit ? "audit_began" : "gap_began";
    case Kind::kGapHealed:
      break;
  }
  return audit ? "audit_ended" : "gap_healed";
}

}  // namespace

std::string iso_time(WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", utc, milliseconds_of(time));
}

EventTeller::EventTeller(Context& context) : context_(context) {
  if (context.format != Format::kJson) return;
  document_.emplace(context.out.buffer());
  document_->begin_object().key("events").begin_array(true);
}

void EventTeller::write(JsonWriter& writer, const WatchEvent& event, WallTime now) {
  writer.member("event", event_name(event.kind, audit_)).member("time", iso_time(now));
  switch (event.kind) {
    case Kind::kAdded:
    case Kind::kChanged:
    case Kind::kRemoved:
      writer.key("neighbor");
      write_entry(writer, event.neighbor, context_);
      if (event.previous) {
        writer.key("previous");
        write_entry(writer, *event.previous, context_);
        writer.key("changed").begin_array();
        for (const std::string_view what : differences(*event.previous, event.neighbor)) writer.value(what);
        writer.end_array();
      }
      break;
    case Kind::kSynced:
      writer.member("entries", existing_);
      break;
    case Kind::kGapHealed:
      writer.member("differences", in_gap_);
      break;
    case Kind::kGapBegan:
      break;
  }
}

void EventTeller::tell(const WatchEvent& event, WallTime now) {
  const bool entry = event.kind == Kind::kAdded || event.kind == Kind::kChanged || event.kind == Kind::kRemoved;
  // Interfaces come, go and are renamed, and an entry's notification does not say the name. Asking for the few that a
  // batch is about costs less than following every interface.
  if (entry && renewed_.insert(event.neighbor.interface).second) context_.renew_interface(event.neighbor.interface);
  if (event.kind == Kind::kGapBegan) {
    in_gap_ = 0;
    if (!audit_) ++gaps_;
  }
  if (entry) {
    ++(synced_ ? events_ : existing_);
    ++in_gap_;
    if (!synced_ && !context_.args.has("initial")) return;
  }
  if (context_.format == Format::kJsonLines) {
    json_line(context_.out, [&](JsonWriter& writer) { write(writer, event, now); });
  } else if (document_) {
    document_->begin_object();
    write(*document_, event, now);
    document_->end_object();
    context_.out.write({});
  } else {
    tell_human(event, now);
  }
  if (event.kind == Kind::kSynced) synced_ = true;
  if (event.kind == Kind::kGapHealed) audit_ = false;
}

void EventTeller::tell_human(const WatchEvent& event, WallTime now) {
  const Style& style = context_.style;
  const std::string time = style.paint(Tone::kDim, clock_time(now));
  const auto line = [&](Tone tone, std::string_view mark, std::string_view text) {
    context_.out.line(fmt::format("{} {} {}", time, style.paint(tone, mark), text));
  };
  switch (event.kind) {
    case Kind::kAdded:
      line(Tone::kGood, "+", entry_line(event.neighbor, context_));
      break;
    case Kind::kRemoved:
      line(Tone::kBad, "-", entry_line(event.neighbor, context_));
      break;
    case Kind::kChanged:
      line(Tone::kWarn, "~",
           event.previous ? change_line(*event.previous, event.neighbor, context_)
                          : entry_line(event.neighbor, context_));
      break;
    case Kind::kSynced:
      if (!context_.quiet()) {
        line(Tone::kDim, "=", fmt::format("watching, {} so far", counted(existing_, "entry", "entries")));
      }
      break;
    case Kind::kGapBegan:
      line(audit_ ? Tone::kDim : Tone::kBad, "!",
           audit_ ? "comparing with the table"
                  : "GAP: notifications were lost; the table was read again, here is the difference");
      break;
    case Kind::kGapHealed:
      line(audit_ ? Tone::kDim : Tone::kBad, "!",
           audit_ ? fmt::format("compared with the table, {}", counted(in_gap_, "difference", "differences"))
                  : fmt::format("GAP healed: {}", counted(in_gap_, "difference", "differences")));
      break;
  }
}

void EventTeller::mirror(std::span<const Neighbor> neighbors) {
  context_.refresh_interfaces();  // the table as it is now, with the names of now
  if (context_.format == Format::kJsonLines) {
    for (const Neighbor& n : neighbors) {
      json_line(context_.out, [&](JsonWriter& writer) {
        writer.member("event", "mirror").key("neighbor");
        write_entry(writer, n, context_);
      });
    }
  } else if (document_) {
    document_->end_array();
    events_open_ = false;
    write_entries(*document_, neighbors, context_);
  } else {
    print_entries(context_, neighbors);
  }
}

void EventTeller::end(const std::optional<Failure>& failure) {
  const auto totals = [&](JsonWriter& writer) {
    writer.member("changes", events_).member("gaps", gaps_);
    if (failure) write_failure(writer, *failure);
  };
  if (document_) {
    if (events_open_) document_->end_array();
    totals(*document_);
    document_->end_object();
    context_.out.write("\n");
  } else if (context_.format == Format::kJsonLines) {
    json_line(context_.out, [&](JsonWriter& writer) {
      writer.member("event", "end");
      totals(writer);
    });
  } else if (failure) {
    context_.complain(*failure);
  }
}

}  // namespace neigh::ctl
