// SPDX-License-Identifier: Apache-2.0
// Writes JSON as it goes: a million entries need no tree.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace neigh::ctl {

/// Appends to a string. Members and elements are separated as needed; text that is no UTF-8 gets U+FFFD.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  /// `rows`: each element stands on its own line.
  JsonWriter& begin_array(bool rows = false) {
    open('[');
    levels_.back().rows = rows;
    return *this;
  }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);

  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
  JsonWriter& value(bool flag) { return raw(flag ? "true" : "false"); }
  JsonWriter& value(double number);
  template <std::integral T>
  requires(!std::same_as<T, bool>) JsonWriter& value(T number) { return raw(std::to_string(number)); }
  JsonWriter& null() { return raw("null"); }

  /// A key and its value.
  template <class T>
  JsonWriter& member(std::string_view name, const T& v) {
    key(name);
    return value(v);
  }
  /// A key and its value, or null.
  JsonWriter& member_or_null(std::string_view name, std::string_view text) {
    key(name);
    return text.empty() ? null() : value(text);
  }

 private:
  struct Level {
    bool first = true;
    bool rows = false;
  };
  JsonWriter& open(char c);
  JsonWriter& close(char c);
  JsonWriter& raw(std::string_view text);
  void separate();

  std::string& out_;
  std::vector<Level> levels_ = {};
  bool after_key_ = false;
};

}  // namespace neigh::ctl
