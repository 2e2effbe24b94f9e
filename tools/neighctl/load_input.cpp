// SPDX-License-Identifier: Apache-2.0
#include "load_input.hpp"

#include <algorithm>
#include <array>

#include "load_formats.hpp"
#include "text.hpp"

namespace neigh::ctl {

namespace {

constexpr std::array<std::string_view, 7> kFormatNames = {"auto", "json", "jsonl", "csv", "ethers", "ip", "batch"};

// The first line that says something, or empty.
std::string_view first_line(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    if (!line.empty() && line[0] != '#') return line;
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return {};
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Up to a newline, which is eaten. False at the end of the input.
bool read_line(std::streambuf& input, std::string& line, bool& too_long) {
  line.clear();
  too_long = false;
  bool any = false;
  for (auto c = input.sbumpc(); c != std::streambuf::traits_type::eof(); c = input.sbumpc()) {
    any = true;
    if (c == '\n') return true;
    if (line.size() < kLongestLoadLine) {
      line.push_back(static_cast<char>(c));
    } else {
      too_long = true;
    }
  }
  return any;
}

}  // namespace

std::string_view format_name(LoadFormat format) { return kFormatNames[static_cast<std::size_t>(format)]; }

std::optional<LoadFormat> parse_format(std::string_view name) {
  for (std::size_t i = 0; i < kFormatNames.size(); ++i) {
    if (kFormatNames[i] == name) return static_cast<LoadFormat>(i);
  }
  return std::nullopt;
}

CountingBuffer::int_type CountingBuffer::underflow() {
  count_lines();
  bytes_before_ += static_cast<std::size_t>(gptr() - eback());
  counted_ = 0;
  const std::streamsize got = from_.sgetn(block_.data(), static_cast<std::streamsize>(block_.size()));
  if (got <= 0) {
    setg(block_.data(), block_.data(), block_.data());
    return traits_type::eof();
  }
  setg(block_.data(), block_.data(), block_.data() + got);
  return traits_type::to_int_type(*gptr());
}

void CountingBuffer::count_lines() {
  const auto read = static_cast<std::size_t>(gptr() - eback());
  lines_ += static_cast<std::size_t>(std::count(eback() + counted_, eback() + read, '\n'));
  counted_ = read;
}

LoadFormat guess_format(std::string_view beginning) {
  const std::string_view line = first_line(beginning);
  if (line.empty()) return LoadFormat::kAuto;
  if (line[0] == '[') return LoadFormat::kJson;
  if (line[0] == '{') return is_whole_json_object(line) ? LoadFormat::kJsonLines : LoadFormat::kJson;
  const std::string_view word = line.substr(0, line.find_first_of(" \t"));
  if (is_one_of(word, {"neigh", "neighbor", "neighbour", "n", "add", "replace", "change"})) return LoadFormat::kIpBatch;
  if (line.find(',') != std::string_view::npos) return LoadFormat::kCsv;
  if (line.find(" dev ") != std::string_view::npos || line.find(" lladdr ") != std::string_view::npos) {
    return LoadFormat::kIpShow;
  }
  return LoadFormat::kEthers;
}

void read_entries(CountingBuffer& input, LoadFormat format, const HostLookup& lookup, const LoadSink& sink) {
  if (format == LoadFormat::kJson) {
    read_json(input, sink);
    return;
  }
  LineParser parser(format, lookup);
  std::string line;
  bool too_long = false;
  for (std::size_t number = 1; read_line(input, line, too_long); ++number) {
    std::optional<LoadItem> item;
    if (too_long) {
      item = LoadItem{};
      item->content = usage_failure("the line is too long", "a line has at most 65536 bytes");
    } else {
      item = parser.parse(trimmed(line));
    }
    if (!item) continue;
    item->line = number;
    item->text = shortened(printable(trimmed(line).substr(0, 256)), 80, false);
    if (!sink(std::move(*item))) return;
  }
}

}  // namespace neigh::ctl
