// SPDX-License-Identifier: Apache-2.0
// JSON as `neighctl list --json`, --jsonl and `ip -j neigh` write it, read as it comes.
#include <fmt/format.h>

#include <algorithm>
#include <istream>
#include <nlohmann/json.hpp>

#include "load_formats.hpp"
#include "text.hpp"

namespace neigh::ctl {

namespace {

using nlohmann::json;

// Finds the entries of a document: objects in the outermost array or in the array "neighbors" of the outermost
// object, or the outermost object itself. What is nested deeper inside an entry is lists of words ("state",
// "flags"), or nothing of ours.
class EntryFinder : public nlohmann::json_sax<json> {
 public:
  EntryFinder(CountingBuffer& input, const LoadSink& sink) : input_(&input), sink_(sink) {}
  /// Of one line that is at hand as a whole; `read` is where its reader is.
  EntryFinder(const char* begin, const char* const& read, const LoadSink& sink)
      : begin_(begin), read_(&read), sink_(sink) {}

  bool null() override {
    if (is_row()) return refuse_row("null");
    // iproute2 writes {"router": null}; elsewhere null says nothing.
    if (in_entry()) builder_.put_flag(key_);
    if (in_entry()) builder_.put_none(member_);
    return in_list_of_entry() ? wrong_type("null") : true;
  }
  bool boolean(bool value) override {
    const std::string_view text = value ? "true" : "false";
    if (is_row()) return refuse_row(text);
    if (in_list_of_entry() || (in_entry() && member_ != Member::kOneFlag)) return wrong_type(text);
    if (!in_entry()) return true;
    if (value) builder_.put_flag(key_);
    return true;
  }
  bool number_integer(number_integer_t value) override { return put_number(std::to_string(value), false); }
  bool number_unsigned(number_unsigned_t value) override { return put_number(std::to_string(value), true); }
  bool number_float(number_float_t, const string_t& text) override { return put_number(text, false); }
  bool string(string_t& text) override { return put(text); }
  bool binary(binary_t&) override { return true; }

  bool start_object(std::size_t) override {
    if (in_entry() || in_list_of_entry()) wrong_type("an object");
    ++depth_;
    const bool row = in_rows_ && depth_ == rows_depth_ + 1;
    if (row || (depth_ == 1 && !in_rows_)) begin_entry();
    return true;
  }
  bool key(string_t& name) override {
    if (!in_entry() && depth_ != 1) return true;
    key_ = name;
    // The reader is behind the closing quote.
    key_line_ = line_now();
    key_column_ = column_now() - std::min(column_now(), name.size() + 1);
    if (!in_entry()) return true;
    const auto member = member_of(name);
    member_ = member.value_or(Member::kIgnored);
    if (in_entry() && name == "dst") from_ip_ = true;
    if (member || (depth_ == 1 && name == "neighbors")) return true;
    const std::string_view guess = nearest_member(name);
    refuse(usage_failure(fmt::format("'{}' is not a member of an entry", quotable(name)),
                         guess.empty() ? "members: address, lladdr, interface, state, flags, protocol"
                                       : fmt::format("did you mean '{}'?", guess)));
    return true;
  }
  bool end_object() override {
    const bool ends_entry = in_entry();
    --depth_;
    if (!ends_entry) return true;
    const bool outermost = depth_ == 0;
    entry_depth_ = 0;
    // The outermost object is an entry only if it looks like one.
    const bool like_one = input_ == nullptr || builder_.touched() || problem_;  // a line is one, whatever is in it
    if (outermost && (found_rows_ || !like_one)) {
      if (found_rows_) return true;
      LoadItem item;
      item.line = line_;
      item.column = column_;
      item.content = no_entries();
      return emit(std::move(item));
    }
    return finish_entry();
  }
  bool start_array(std::size_t) override {
    const bool rows = depth_ == 0 || (depth_ == 1 && key_ == "neighbors" && !in_rows_);
    const bool may_list = member_ == Member::kState || member_ == Member::kFlags;
    if (!rows && ((in_entry() && !may_list) || in_list_of_entry())) wrong_type("a list");
    ++depth_;
    if (depth_ == 1 || (depth_ == 2 && key_ == "neighbors" && !in_rows_)) {
      in_rows_ = true;
      found_rows_ = true;
      rows_depth_ = depth_;
      entry_depth_ = 0;
    }
    return true;
  }
  bool end_array() override {
    if (in_rows_ && depth_ == rows_depth_) {
      in_rows_ = false;
      if (depth_ == 2) entry_depth_ = 1;  // back in the outermost object
    }
    --depth_;
    return true;
  }
  bool parse_error(std::size_t, const std::string& token, const json::exception& error) override {
    std::string_view what = error.what();
    if (const std::size_t at = what.find(": "); at != std::string_view::npos) what.remove_prefix(at + 2);
    LoadItem item;
    item.line = line_now();
    item.column = column_now();
    item.text = quotable(token);
    item.content = usage_failure(fmt::format("this is no JSON: {}", shortened(printable(what), 200, false)),
                                 input_ == nullptr ? "each line is one object; the others are read all the same"
                                                   : "what follows in the file was not read");
    emit(std::move(item));
    return false;
  }

 private:
  static Failure no_entries() {
    return usage_failure("there are no entries in this document",
                         "expected an array of entries, or an object with one under \"neighbors\"");
  }

  // Directly inside the entry, or in a list that is a member of it.
  [[nodiscard]] bool in_entry() const { return entry_depth_ != 0 && depth_ == entry_depth_; }
  [[nodiscard]] bool in_list_of_entry() const { return entry_depth_ != 0 && depth_ == entry_depth_ + 1; }

  void begin_entry() {
    entry_depth_ = depth_;
    builder_ = {};
    problem_.reset();
    member_ = Member::kIgnored;
    from_ip_ = false;
    line_ = line_now();
    column_ = column_now();
  }
  // A value in place of an entry.
  [[nodiscard]] bool is_row() const { return in_rows_ && depth_ == rows_depth_; }
  bool refuse_row(std::string_view value) {
    const std::string text = quotable(value);
    LoadItem item;
    item.line = line_now();
    item.column = column_now();
    item.text = text;
    item.content = usage_failure(fmt::format("'{}' is not an entry", text), "an entry is an object");
    return emit(std::move(item));
  }
  bool put(std::string_view value) {
    if (is_row()) return refuse_row(value);
    if (!in_entry() && !in_list_of_entry()) return true;
    if (in_entry() && member_ == Member::kOneFlag) return wrong_type(value);
    if (auto problem = builder_.put(member_, value.substr(0, 512))) refuse(std::move(*problem));
    return true;
  }
  bool put_number(std::string_view text, bool whole) {
    const bool fits = member_ == Member::kIndex || member_ == Member::kInterface || member_ == Member::kProtocol;
    if ((in_entry() || in_list_of_entry()) && member_ != Member::kIgnored && !(fits && whole)) return wrong_type(text);
    return put(text);
  }
  bool wrong_type(std::string_view what) {
    if (member_ == Member::kIgnored) return true;
    refuse(usage_failure(fmt::format("'{}' cannot be {}", quotable(key_), quotable(what)),
                         member_ == Member::kOneFlag
                             ? "true, false, or null as iproute2 writes it"
                             : "values are text in quotes; state and flags may be lists of it"));
    return true;
  }
  // The first problem of an entry is the one that is told.
  void refuse(Failure problem) {
    if (problem_) return;
    problem_ = std::move(problem);
    problem_member_ = key_;
    problem_line_ = key_line_;
    problem_column_ = key_column_;
  }
  bool finish_entry() {
    LoadItem item;
    if (problem_) {
      item.content = *problem_;
      item.member = quotable(problem_member_);
    } else {
      item = builder_.finish(from_ip_);
    }
    item.line = problem_ ? problem_line_ : line_;
    item.column = problem_ ? problem_column_ : column_;
    return emit(std::move(item));
  }
  bool emit(LoadItem item) { return sink_(std::move(item)); }

  // Of the byte that was read last.
  [[nodiscard]] std::size_t line_now() const { return input_ == nullptr ? 1 : input_->line(); }
  [[nodiscard]] std::size_t column_now() const {
    return input_ == nullptr ? static_cast<std::size_t>(*read_ - begin_) : input_->column();
  }

  CountingBuffer* input_ = nullptr;
  const char* begin_ = nullptr;
  const char* const* read_ = nullptr;
  const LoadSink& sink_;
  std::size_t depth_ = 0;
  std::size_t rows_depth_ = 0;
  std::size_t entry_depth_ = 0;
  std::size_t line_ = 0;  // where the entry begins
  std::size_t column_ = 0;
  std::size_t key_line_ = 0;  // where its last member begins
  std::size_t key_column_ = 0;
  std::size_t problem_line_ = 0;
  std::size_t problem_column_ = 0;
  std::string problem_member_ = {};
  bool in_rows_ = false;
  bool found_rows_ = false;
  std::string key_ = {};
  Member member_ = Member::kIgnored;  // what key_ says
  bool from_ip_ = false;              // the entry has a member that iproute2 alone writes
  EntryBuilder builder_ = {};
  std::optional<Failure> problem_ = {};
};

// Tells where the parser is, which has its iterator to itself.
class Tracked {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Tracked(const char* at, const char*& seen) : at_(at), seen_(&seen) {}
  reference operator*() const { return *at_; }
  Tracked& operator++() {
    *seen_ = ++at_;
    return *this;
  }
  Tracked operator++(int) {
    const Tracked before = *this;
    ++*this;
    return before;
  }
  bool operator==(const Tracked& other) const { return at_ == other.at_; }
  bool operator!=(const Tracked& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  const char** seen_;
};

}  // namespace

std::optional<LoadItem> parse_json_line(std::string_view line) {
  std::optional<LoadItem> found;
  const LoadSink sink = [&](LoadItem item) {
    // What follows an entry in its line is another one, or no JSON.
    if (found && !std::holds_alternative<Failure>(item.content)) {
      item.content = usage_failure("there are several entries on one line", "'--format json' reads a document");
    }
    const bool only = !found;
    found = std::move(item);
    return only;
  };
  const char* read = line.data();
  EntryFinder finder(line.data(), read, sink);
  json::sax_parse(Tracked(line.data(), read), Tracked(line.data() + line.size(), read), &finder);
  if (found) return found;
  LoadItem nothing;  // true, "text", []: JSON, but no entry
  nothing.content = usage_failure(fmt::format("'{}' is not an entry", quotable(line)), "each line is one object");
  return nothing;
}

void read_json(CountingBuffer& input, const LoadSink& sink) {
  EntryFinder finder(input, sink);
  std::istream stream(&input);
  json::sax_parse(stream, &finder);
}

}  // namespace neigh::ctl
