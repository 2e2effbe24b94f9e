// SPDX-License-Identifier: Apache-2.0
#include "json.hpp"

#include <fmt/format.h>

#include "text.hpp"

namespace neigh::ctl {

void JsonWriter::separate() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (levels_.empty()) return;
  Level& level = levels_.back();
  if (!level.first) out_.push_back(',');
  if (level.rows) out_.push_back('\n');
  level.first = false;
}

JsonWriter& JsonWriter::open(char c) {
  separate();
  out_.push_back(c);
  levels_.push_back({});
  return *this;
}

JsonWriter& JsonWriter::close(char c) {
  if (levels_.back().rows && !levels_.back().first) out_.push_back('\n');
  levels_.pop_back();
  out_.push_back(c);
  return *this;
}

JsonWriter& JsonWriter::raw(std::string_view text) {
  separate();
  out_.append(text);
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  value(name);
  out_.push_back(':');
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::value(double number) { return raw(fmt::format("{}", number)); }

JsonWriter& JsonWriter::value(std::string_view text) {
  separate();
  out_.push_back('"');
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text, at);
    if (length == 0) {
      out_.append("\xef\xbf\xbd");
      ++at;
      continue;
    }
    if (length > 1) {
      out_.append(text.substr(at, length));
      at += length;
      continue;
    }
    const char c = text[at++];
    if (c == '"' || c == '\\') {
      out_.push_back('\\');
      out_.push_back(c);
    } else if (c == '\n') {
      out_.append("\\n");
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out_.append(fmt::format("\\u{:04x}", static_cast<unsigned>(c)));
    } else {
      out_.push_back(c);
    }
  }
  out_.push_back('"');
  return *this;
}

}  // namespace neigh::ctl
