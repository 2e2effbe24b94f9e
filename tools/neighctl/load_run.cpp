// SPDX-License-Identifier: Apache-2.0
#include "load_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "load_plan.hpp"
#include "load_restore.hpp"
#include "neighbor_view.hpp"
#include "progress.hpp"
#include "selection.hpp"
#include "signals.hpp"
#include "text.hpp"
#include "values.hpp"

namespace neigh::ctl {

namespace {

constexpr std::size_t kChunk = 4096;
constexpr std::size_t kMostAlike = 3;  // failures of one kind that are told one by one

enum class Fate : unsigned char { kDone, kFailed, kSkipped, kNotTried, kRolledBack };

struct Row {
  std::size_t line = 0;
  std::size_t column = 0;
  std::string member = {};
  std::string text = {};
  Neighbor neighbor = {};
  bool valid = false;  ///< `neighbor` is an entry.
  LoadChange change = LoadChange::kAdded;
  std::optional<Neighbor> before = {};
  Fate fate = Fate::kNotTried;
  std::optional<Failure> failure = {};
};

struct Totals {
  std::size_t rows = 0;
  std::map<LoadChange, std::size_t> changes = {};
  std::size_t done = 0;
  std::size_t failed = 0;
  std::size_t skipped = 0;
  std::size_t not_tried = 0;
  std::size_t rolled_back = 0;
  bool all_usage = true;
  bool some_denied = false;
};

class Loader {
 public:
  Loader(Context& context, const LoadSettings& settings, NeighborTable& table)
      : context_(context),
        settings_(settings),
        table_(table),
        progress_(context.err, context.err_style, verb(), "entries") {}

  // The table as it is, to tell added from changed.
  std::optional<Failure> learn() {
    for (const bool proxies : {false, true}) {
      const auto read = table_.visit(ListFilter{.proxies = proxies}, [&](const Neighbor& n) { plan_.learn(n); });
      if (!read) return explain(read.error(), {.verb = "load"});
    }
    return std::nullopt;
  }

  void begin_output() {
    if (context_.format != Format::kJson) return;
    writer_.emplace(context_.out.buffer());
    writer_->begin_object().key("results").begin_array(true);
  }

  bool take(LoadItem item, std::size_t bytes, std::size_t size) {
    rows_.push_back(row_from(std::move(item)));
    ++totals_.rows;
    if (settings_.atomic) {
      if (rows_.size() > kMostAtomicEntries) {
        fatal_ = usage_failure(
            fmt::format("more than {} entries cannot be loaded with --atomic", grouped(kMostAtomicEntries)),
            "leave --atomic out, or split the file");
        return false;
      }
    } else if (rows_.size() >= kChunk && !flush()) {
      return false;
    }
    progress_.update(totals_.rows,
                     size == 0 ? std::nullopt : std::optional(static_cast<double>(bytes) / static_cast<double>(size)));
    return !stop_requested();
  }

  // Applies what has been collected; false: there is no point in going on.
  bool flush() {
    if (fatal_) return false;
    const bool bad_rows = std::any_of(rows_.begin(), rows_.end(), [](const Row& r) { return r.fate == Fate::kFailed; });
    const bool nothing = settings_.atomic && (bad_rows || stop_requested());
    if (!settings_.dry_run && !nothing) apply();
    if (nothing) {
      for (Row& r : rows_) {
        if (r.fate == Fate::kDone) r.fate = Fate::kNotTried;
      }
    }
    progress_.finish();
    for (const Row& r : rows_) report(r);
    rows_.clear();
    return !fatal_;
  }

  int finish();

 private:
  [[nodiscard]] std::string_view verb() const { return settings_.dry_run ? "reading" : "loading"; }

  Row row_from(LoadItem item) {
    Row row;
    row.line = item.line;
    row.column = item.column;
    row.member = std::move(item.member);
    row.text = std::move(item.text);
    // To remove an entry that is unresolved is something to do.
    if (settings_.operation == Operation::kRemove && item.unresolved) item.content = std::move(*item.unresolved);
    if (const Failure* failure = std::get_if<Failure>(&item.content)) {
      row.fate = item.skipped ? Fate::kSkipped : Fate::kFailed;
      row.failure = *failure;
      return row;
    }
    const LoadedEntry& loaded = std::get<LoadedEntry>(item.content);
    const auto interface = interface_of(loaded);
    if (!interface) {
      row.fate = Fate::kFailed;
      row.failure = interface.failure();
      return row;
    }
    row.neighbor = neighbor_from(loaded, *interface, settings_.state);
    row.valid = true;
    if (context_.family() != Family::kUnspecified && loaded.address.family() != context_.family()) {
      row.fate = Fate::kSkipped;
      row.failure = Failure{kDone, "skipped", fmt::format("{} is of the other family", loaded.address.to_string()), {}};
      return row;
    }
    if (settings_.operation != Operation::kRemove) {
      if (auto wrong = unwritable(context_, row.neighbor, plan_.find(row.neighbor.key()),
                                  loaded.state || settings_.state, attempt(row))) {
        row.fate = Fate::kFailed;
        row.failure = std::move(wrong);
        return row;
      }
    }
    if (const Neighbor* before = plan_.find(row.neighbor.key())) row.before = *before;
    const bool without_owner = loaded.owner_said && loaded.protocol == 0 && settings_.operation != Operation::kRemove;
    if (without_owner && row.before) {
      if (auto wrong = cannot_clear_owner(*row.before, attempt(row))) {
        row.fate = Fate::kFailed;
        row.failure = std::move(wrong);
        return row;
      }
    }
    const auto change = plan_.foretell(settings_.operation, row.neighbor, attempt(row));
    if (change) {
      row.change = *change;
      row.fate = Fate::kDone;
      // As it will be: what is not said of it stays.
      if (const Neighbor* after = plan_.find(row.neighbor.key())) row.neighbor = *after;
    } else if (settings_.dry_run) {
      row.fate = Fate::kFailed;
      row.failure = change.failure();
    } else {
      row.fate = Fate::kDone;  // the table itself shall say no
    }
    return row;
  }

  Checked<InterfaceIndex> interface_of(const LoadedEntry& loaded) {
    if (loaded.interface.empty()) {
      if (settings_.default_interface != InterfaceIndex::kNone) return settings_.default_interface;
      return usage_failure(fmt::format("no interface is given for {}", loaded.address.to_string()), "add 'dev NAME'");
    }
    auto found = known_interface(loaded.interface);
    if (!found) return found;
    // What a file says twice it must say alike.
    if (!loaded.scope.empty() && loaded.scope != loaded.interface) {
      auto scope = known_interface(loaded.scope);
      if (!scope) return scope;
      if (*scope != *found) {
        return usage_failure(fmt::format("'{}%{}' and '{}' name different interfaces", loaded.address.to_string(),
                                         quotable(loaded.scope), quotable(loaded.interface)),
                             "name the interface once");
      }
    }
    if (loaded.index && *loaded.index != to_number(*found) && !settings_.by_name) {
      return usage_failure(fmt::format("interface '{}' has the index {} and not {}, as 'ifindex' says",
                                       quotable(loaded.interface), to_number(*found), *loaded.index),
                           "saved before a restart, or on another host? --by-name goes by the names");
    }
    return found;
  }

  Checked<InterfaceIndex> known_interface(const std::string& name) {
    const auto cached = interfaces_.find(name);
    if (cached != interfaces_.end()) return cached->second;
    const auto known = context_.interfaces();
    if (!known) return known.failure();
    const auto found = find_interface(name, *known);
    if (!found) return found.failure();
    interfaces_.emplace(name, found->index);
    return found->index;
  }

  [[nodiscard]] Attempt attempt(const Row& row) {
    return attempt_of(context_, to_string(settings_.operation), row.neighbor.key());
  }

  void apply() {
    std::vector<Neighbor> batch;
    std::vector<std::size_t> positions;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (rows_[i].fate != Fate::kDone) continue;
      batch.push_back(rows_[i].neighbor);
      positions.push_back(i);
    }
    if (batch.empty()) return;
    // Where the table is full the kernel makes room by collecting, which no roll-back of ours sees.
    const auto before = settings_.atomic ? whole_table(table_) : std::vector<Neighbor>();
    if (!before) {
      fatal_ = explain(before.error(), {.verb = "load"});
      for (const std::size_t i : positions) fail(rows_[i], before.error());
      return;
    }
    const auto done =
        table_.apply(settings_.operation, batch, settings_.atomic ? OnError::kRollBack : OnError::kContinue);
    if (!done) {
      // The connection to the table broke: what it had taken by then, nobody knows.
      unknown_ += positions.size();
      fatal_ = explain(done.error(), {.verb = "load"});
      for (const std::size_t i : positions) fail(rows_[i], done.error());
      return;
    }
    for (const BatchReport::Failure& f : done->failures) fail(rows_[positions[f.position]], f.error);
    for (const std::size_t p : done->not_tried) rows_[positions[p]].fate = Fate::kNotTried;
    if (done->rolled_back) {
      for (const std::size_t i : positions) {
        if (rows_[i].fate == Fate::kDone) rows_[i].fate = Fate::kRolledBack;
      }
      for (const BatchReport::Failure& f : done->not_undone) {
        Row& row = rows_[positions[f.position]];
        row.fate = Fate::kDone;
        row.failure = explain(f.error, attempt(row));
        ++not_undone_;
      }
      restore(*before);
    }
    // A million times the same refusal is one refusal.
    const auto denied = std::find_if(done->failures.begin(), done->failures.end(), [](const BatchReport::Failure& f) {
      return f.error.code == Errc::kPermissionDenied;
    });
    if (denied != done->failures.end() && done->applied == 0 && totals_.done == 0) {
      fatal_ = explain(denied->error, {.verb = "load"});
    }
  }

  void restore(const std::vector<Neighbor>& before) {
    const auto restored = restore_missing(table_, before);
    if (restored) {
      restored_ = restored->written;
      lost_ = restored->lost;
    } else {
      unread_ = true;
    }
  }

  void fail(Row& row, const Error& error) {
    row.fate = Fate::kFailed;
    if (settings_.atomic) {
      row.failure = explain(error, attempt(row));  // how full the table was when it refused, nobody knows afterwards
      return;
    }
    row.failure = explain_with_limits(context_, error, attempt(row), row.neighbor.address.family());
  }

  void report(const Row& row) {
    switch (row.fate) {
      case Fate::kDone:
        ++totals_.done;
        ++totals_.changes[row.change];
        break;
      case Fate::kFailed:
        ++totals_.failed;
        totals_.all_usage = totals_.all_usage && row.failure && row.failure->exit == kUsage;
        totals_.some_denied = totals_.some_denied || (row.failure && row.failure->exit == kNoPermission);
        break;
      case Fate::kSkipped:
        ++totals_.skipped;
        break;
      case Fate::kNotTried:
        ++totals_.not_tried;
        break;
      case Fate::kRolledBack:
        ++totals_.rolled_back;
        break;
    }
    if (context_.format == Format::kJsonLines) {
      json_line(context_.out, [&](JsonWriter& writer) { write(writer, row); });
    } else if (writer_) {
      writer_->begin_object();
      write(*writer_, row);
      writer_->end_object();
      context_.out.write({});
    } else {
      print(row);
    }
  }

  [[nodiscard]] std::string_view result_name(const Row& row) const {
    switch (row.fate) {
      case Fate::kDone:
        return change_name(row.change);
      case Fate::kFailed:
        return "failed";
      case Fate::kSkipped:
        return "skipped";
      case Fate::kNotTried:
        return "not_tried";
      case Fate::kRolledBack:
        break;
    }
    return "rolled_back";
  }

  void write(JsonWriter& writer, const Row& row) {
    writer.member("line", row.line);
    if (row.column != 0) writer.member("column", row.column);
    writer.member("result", result_name(row));
    if (row.valid) {
      writer.member("address", row.neighbor.address.to_string());
      writer.member("interface", context_.interface_name(row.neighbor.interface));
      writer.member("ifindex", to_number(row.neighbor.interface));
      writer.member_or_null("lladdr", row.neighbor.link_address.to_string());
    } else {
      writer.member("text", row.text);
    }
    if (!row.member.empty()) writer.member("member", row.member);
    if (row.failure) write_failure(writer, *row.failure);
  }

  // "line 3", "line 1, column 40, 'lladdr'".
  [[nodiscard]] static std::string place(const Row& row) {
    std::string text = fmt::format("line {}", row.line);
    if (row.column != 0) text += fmt::format(", column {}", row.column);
    const std::string member = fmt::format("'{}'", quotable(row.member));
    if (!row.member.empty() && row.failure && row.failure->message.find(member) == std::string::npos) {
      text += ", " + member;
    }
    return text;
  }

  void print(const Row& row) {
    const Style& style = context_.style;
    if (row.fate == Fate::kFailed) {
      if (fatal_ && row.failure && row.failure->error == fatal_->error) return;  // told once, at the end
      Alike& alike = alike_[kind_of(row)];
      if (alike.rows++ == 0) alike = {1, row.line, row.failure->message};
      if (alike.rows > kMostAlike && !settings_.verbose) return;
      context_.out.flush();
      const std::string quoted = row.valid || row.text.empty() ? "" : fmt::format("  [{}]", row.text);
      context_.err.line(fmt::format("{} {}: {}{}", context_.err_style.paint(Tone::kBad, style.cross_mark()), place(row),
                                    row.failure->message, context_.err_style.paint(Tone::kDim, quoted)));
      const std::string& hint = row.failure->hint;
      if (!hint.empty() && hint != last_hint_) {
        context_.err.line(fmt::format("    {} {}", context_.err_style.paint(Tone::kInfo, "hint:"), hint));
      }
      last_hint_ = hint;
      context_.err.flush();
      return;
    }
    if (!settings_.dry_run && !settings_.verbose) return;
    if (row.fate == Fate::kSkipped || row.fate == Fate::kNotTried || row.fate == Fate::kRolledBack) {
      if (!settings_.verbose) return;
      context_.out.line(fmt::format("line {}: {}: {}", row.line, result_name(row),
                                    row.failure ? row.failure->message : row.neighbor.address.to_string()));
      return;
    }
    print_change(row);
  }

  void print_change(const Row& row) {
    const Style& style = context_.style;
    switch (row.change) {
      case LoadChange::kAdded:
        context_.out.line(fmt::format("{} {}", style.paint(Tone::kGood, "+"), entry_line(row.neighbor, context_)));
        break;
      case LoadChange::kRemoved:
        context_.out.line(fmt::format("{} {}", style.paint(Tone::kBad, "-"),
                                      entry_line(row.before.value_or(row.neighbor), context_)));
        break;
      case LoadChange::kChanged:
        context_.out.line(fmt::format(
            "{} {}", style.paint(Tone::kWarn, "~"),
            row.before ? change_line(*row.before, row.neighbor, context_) : entry_line(row.neighbor, context_)));
        break;
      case LoadChange::kUnchanged:
        if (settings_.verbose) context_.out.line(fmt::format("  {}", entry_line(row.neighbor, context_)));
        break;
    }
  }

  // Failures that differ in nothing but the words they quote.
  struct Alike {
    std::size_t rows = 0;
    std::size_t line = 0;  ///< Of the first.
    std::string message = {};
  };
  static std::string kind_of(const Row& row) {
    std::string kind;
    bool quoted = false;
    std::string_view text = row.failure->message;
    const std::string address = row.valid ? row.neighbor.address.to_string() : std::string();
    for (std::size_t at = 0; at < text.size();) {
      if (!address.empty() && text.substr(at).starts_with(address)) {
        at += address.size();
        continue;
      }
      if (text[at] == '\'') quoted = !quoted;
      if (!quoted && (text[at] < '0' || text[at] > '9')) kind.push_back(text[at]);
      ++at;
    }
    return kind;
  }
  void print_alike() {
    if (context_.machine() || settings_.verbose) return;
    for (const auto& [kind, alike] : alike_) {
      if (alike.rows <= kMostAlike) continue;
      context_.err.line(
          fmt::format("{} {} as line {}: {}", context_.err_style.paint(Tone::kBad, context_.err_style.cross_mark()),
                      counted(alike.rows - kMostAlike, "more line", "more lines"), alike.line, alike.message));
    }
    context_.err.flush();
  }

  [[nodiscard]] std::string summary();

  Context& context_;
  const LoadSettings& settings_;
  NeighborTable& table_;
  Progress progress_;
  LoadPlan plan_ = {};
  std::vector<Row> rows_ = {};
  std::map<std::string, InterfaceIndex, std::less<>> interfaces_ = {};
  Totals totals_ = {};
  std::optional<JsonWriter> writer_ = {};
  std::optional<Failure> fatal_ = {};
  std::size_t not_undone_ = 0;
  std::size_t restored_ = 0;  ///< Entries that the kernel collected meanwhile, written again.
  std::size_t lost_ = 0;      ///< Those that could not be.
  bool unread_ = false;       ///< What was lost could not be found out.
  std::size_t unknown_ = 0;   ///< Entries of the file that may be in the table or not.
  std::string last_hint_ = {};
  std::map<std::string, Alike> alike_ = {};
};

std::string Loader::summary() {
  std::string text;
  const auto part = [&](std::size_t count, std::string_view what) {
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", grouped(count), what);
  };
  part(totals_.changes[LoadChange::kAdded], settings_.dry_run ? "to add" : "added");
  part(totals_.changes[LoadChange::kChanged], settings_.dry_run ? "to change" : "changed");
  part(totals_.changes[LoadChange::kRemoved], settings_.dry_run ? "to remove" : "removed");
  part(totals_.changes[LoadChange::kUnchanged], "unchanged");
  part(totals_.failed, "failed");
  part(totals_.skipped, "skipped");
  part(totals_.rolled_back, "rolled back");
  part(totals_.not_tried, "not loaded");
  if (text.empty()) text = "nothing to load";
  if (settings_.dry_run) text += "; nothing was changed";
  if (settings_.atomic && !settings_.dry_run && totals_.failed > 0 && not_undone_ == 0 && lost_ == 0 && !unread_ &&
      unknown_ == 0) {
    text += "; the table is as it was";
    if (restored_ > 0) text += fmt::format(", {} written again", counted(restored_, "entry", "entries"));
  } else if (restored_ > 0) {
    text += fmt::format("; {} that went meanwhile written again", counted(restored_, "entry", "entries"));
  }
  if (lost_ > 0) {
    text += fmt::format("; {} that went meanwhile could not be restored", counted(lost_, "entry", "entries"));
  }
  if (unread_) text += "; what went meanwhile could not be read";
  if (unknown_ > 0) text += fmt::format("; of {} it is not known whether the table took them", grouped(unknown_));
  if (not_undone_ > 0) text += fmt::format("; {} could not be undone", counted(not_undone_, "entry", "entries"));
  return text;
}

int Loader::finish() {
  if (!rows_.empty()) flush();
  progress_.finish();
  print_alike();
  int code = kDone;
  if (totals_.failed > 0) {
    code = totals_.done > 0      ? static_cast<int>(kPartial)
           : totals_.some_denied ? static_cast<int>(kNoPermission)
           : totals_.all_usage   ? static_cast<int>(kUsage)
                                 : static_cast<int>(kRefused);
  }
  if (fatal_) code = totals_.done > 0 ? static_cast<int>(kPartial) : static_cast<int>(fatal_->exit);
  // All or nothing: a signal leaves nothing, unless it came when all was done.
  if (stop_requested() && !(settings_.atomic && totals_.done > 0 && not_undone_ == 0)) {
    code = totals_.done > 0 || !settings_.atomic ? static_cast<int>(kPartial) : static_cast<int>(kRefused);
  }
  const auto write_totals = [&](JsonWriter& writer) {
    writer.member("loaded", totals_.done).member("added", totals_.changes[LoadChange::kAdded]);
    writer.member("changed", totals_.changes[LoadChange::kChanged]);
    writer.member("unchanged", totals_.changes[LoadChange::kUnchanged]);
    writer.member("removed", totals_.changes[LoadChange::kRemoved]).member("failed", totals_.failed);
    writer.member("skipped", totals_.skipped).member("rolled_back", totals_.rolled_back);
    writer.member("not_loaded", totals_.not_tried).member("dry_run", settings_.dry_run);
    if (restored_ > 0) writer.member("restored", restored_);
    if (lost_ > 0) writer.member("lost", lost_);
    if (not_undone_ > 0) writer.member("not_undone", not_undone_);
    if (unread_) writer.member("lost_unknown", true);
    if (unknown_ > 0) writer.member("unknown", unknown_);
    if (fatal_) write_failure(writer, *fatal_);
  };
  if (writer_) {
    writer_->end_array();
    write_totals(*writer_);
    writer_->end_object();
    context_.out.write("\n");
    return code;
  }
  if (context_.machine()) {
    json_line(context_.out, write_totals);
    return code;
  }
  if (fatal_) context_.complain(*fatal_);
  if (stop_requested()) context_.err.line("stopped by a signal; what follows in the file was not loaded");
  if (context_.quiet() && code == kDone) return code;
  const bool fine = code == kDone;
  context_.out.line(fmt::format("{} {}",
                                context_.style.paint(fine ? Tone::kGood : Tone::kBad,
                                                     fine ? context_.style.check_mark() : context_.style.cross_mark()),
                                summary()));
  return code;
}

}  // namespace

int load_from(Context& context, const LoadSettings& settings, InputFile& input) {
  auto table = context.table();
  if (!table) return context.fail(table.failure());
  Beginning whole(input);
  LoadFormat format = settings.format == LoadFormat::kAuto ? guess_format(whole.text()) : settings.format;
  if (format == LoadFormat::kAuto) format = kPlainFormat;
  Loader loader(context, settings, **table);
  if (auto failure = loader.learn()) return context.fail(*failure);
  stop_on_signals();
  loader.begin_output();
  CountingBuffer counting(whole);
  read_entries(counting, format, settings.lookup,
               [&](LoadItem item) { return loader.take(std::move(item), counting.bytes(), input.size()); });
  return loader.finish();
}

}  // namespace neigh::ctl
