// SPDX-License-Identifier: Apache-2.0
// JSON as `neighctl list --json`, --jsonl and `ip -j neigh` write it, read as it comes.
#include <fmt/format.h>

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
  EntryFinder(CountingBuffer* input, const LoadSink& sink) : input_(input), sink_(sink) {}

  bool null() override {
    if (is_row()) return refuse_row("null");
    if (in_entry()) builder_.put_flag(key_);
    return true;
  }
  bool boolean(bool value) override {
    if (is_row()) return refuse_row(value ? "true" : "false");
    if (in_entry() && value) builder_.put_flag(key_);
    return true;
  }
  bool number_integer(number_integer_t value) override { return put(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return put(std::to_string(value)); }
  bool number_float(number_float_t, const string_t& text) override { return put(text); }
  bool string(string_t& text) override { return put(text); }
  bool binary(binary_t&) override { return true; }

  bool start_object(std::size_t) override {
    ++depth_;
    const bool row = in_rows_ && depth_ == rows_depth_ + 1;
    if (row || (depth_ == 1 && !in_rows_)) begin_entry();
    return true;
  }
  bool key(string_t& name) override {
    if (in_entry() || depth_ == 1) key_ = name;
    return true;
  }
  bool end_object() override {
    const bool ends_entry = in_entry();
    --depth_;
    if (!ends_entry) return true;
    const bool outermost = depth_ == 0;
    entry_depth_ = 0;
    // The outermost object is an entry only if it looks like one.
    if (outermost && (found_rows_ || (!builder_.touched() && !problem_))) {
      if (found_rows_) return true;
      LoadItem item;
      item.line = line_;
      item.content = no_entries();
      return emit(std::move(item));
    }
    return finish_entry();
  }
  bool start_array(std::size_t) override {
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
    item.line = input_ == nullptr ? 0 : input_->line();
    item.text = shortened(printable(std::string_view(token).substr(0, 256)), 80, false);
    item.content = usage_failure(fmt::format("this is no JSON: {}", shortened(printable(what), 200, false)),
                                 "what follows in the file was not read");
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
    line_ = input_ == nullptr ? 0 : input_->line();
  }
  // A value in place of an entry.
  [[nodiscard]] bool is_row() const { return in_rows_ && depth_ == rows_depth_; }
  bool refuse_row(std::string_view value) {
    const std::string text = shortened(printable(value.substr(0, 256)), 80, false);
    LoadItem item;
    item.line = input_ == nullptr ? 0 : input_->line();
    item.text = text;
    item.content = usage_failure(fmt::format("'{}' is not an entry", text), "an entry is an object");
    return emit(std::move(item));
  }
  bool put(std::string_view value) {
    if (is_row()) return refuse_row(value);
    if (!in_entry() && !(in_list_of_entry() && EntryBuilder::known(key_))) return true;
    if (!problem_) problem_ = builder_.put(key_, value.substr(0, 512));
    return true;
  }
  bool finish_entry() {
    LoadItem item;
    if (problem_) {
      item.content = std::move(*problem_);
    } else {
      item = builder_.finish();
    }
    item.line = line_;
    return emit(std::move(item));
  }
  bool emit(LoadItem item) { return sink_(std::move(item)); }

  CountingBuffer* input_;
  const LoadSink& sink_;
  std::size_t depth_ = 0;
  std::size_t rows_depth_ = 0;
  std::size_t entry_depth_ = 0;
  std::size_t line_ = 0;
  bool in_rows_ = false;
  bool found_rows_ = false;
  std::string key_ = {};
  EntryBuilder builder_ = {};
  std::optional<Failure> problem_ = {};
};

}  // namespace

bool is_whole_json_object(std::string_view line) { return json::accept(line.begin(), line.end()); }

std::optional<LoadItem> parse_json_line(std::string_view line) {
  std::optional<LoadItem> found;
  const LoadSink sink = [&](LoadItem item) {
    found = std::move(item);
    return false;
  };
  EntryFinder finder(nullptr, sink);
  json::sax_parse(line.begin(), line.end(), &finder);
  return found;
}

void read_json(CountingBuffer& input, const LoadSink& sink) {
  EntryFinder finder(&input, sink);
  std::istream stream(&input);
  json::sax_parse(stream, &finder);
}

}  // namespace neigh::ctl
