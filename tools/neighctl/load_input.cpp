// SPDX-License-Identifier: Apache-2.0
#include "load_input.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "load_formats.hpp"
#include "text.hpp"
#include "values.hpp"

namespace neigh::ctl {

namespace {

constexpr std::array<std::string_view, 9> kFormatNames = {"auto", "json",  "jsonl", "csv", "ethers",
                                                          "ip",   "batch", "arp",   "list"};
constexpr std::size_t kLookedAt = std::size_t{64} << 10U;

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

// Objects that stand on a line each, well-formed or not: in a document nothing follows the outermost object.
bool are_json_lines(std::string_view text, std::string_view first) {
  const auto behind = static_cast<std::size_t>(first.data() + first.size() - text.data());
  return first.ends_with('}') && first_line(text.substr(behind)).starts_with('{');
}

// A line of `neighctl list --brief`, which has no header: ADDRESS LLADDR INTERFACE STATE.
bool is_brief(std::string_view line) {
  const auto words = words_in(line);
  return words.size() == 4 && parse_scoped_address(words[0]) && (words[1] == "-" || LinkAddress::parse(words[1])) &&
         (words[3] == "proxy" || parse_nud_state(words[3]));
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Up to a newline, which is eaten. False at the end of the input, and at a line that the input could not be read
// to the end of.
bool read_line(LoadBuffer& input, std::string& line, bool& too_long) {
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
  return any && input.error() == 0;
}

// Nothing if the input has been read to its end.
std::optional<LoadItem> broken_off(CountingBuffer& input) {
  const int error = input.error();
  if (error == 0 || error == EINTR) return std::nullopt;
  LoadItem item;
  item.line = input.line();
  item.content = Failure{kRefused, "system", fmt::format("what follows cannot be read: {}", errno_text(error)), {}, {}};
  return item;
}

}  // namespace

int error_of(const std::streambuf& buffer) noexcept {
  const auto* known = dynamic_cast<const LoadBuffer*>(&buffer);
  return known != nullptr ? known->error() : 0;
}

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
  for (const char* at = std::find(eback() + counted_, eback() + read, '\n'); at != eback() + read;
       at = std::find(at + 1, static_cast<const char*>(eback() + read), '\n')) {
    ++lines_;
    line_begin_ = bytes_before_ + static_cast<std::size_t>(at + 1 - eback());
  }
  counted_ = read;
}

Beginning::Beginning(std::streambuf& from) : from_(from), text_(kLookedAt, '\0') {
  text_.resize(static_cast<std::size_t>(
      std::max<std::streamsize>(0, from.sgetn(text_.data(), static_cast<std::streamsize>(text_.size())))));
  if (text_.starts_with("\xef\xbb\xbf")) text_.erase(0, 3);
  setg(text_.data(), text_.data(), text_.data() + text_.size());
}

Beginning::int_type Beginning::underflow() {
  block_.resize(kLookedAt);
  const std::streamsize got = from_.sgetn(block_.data(), static_cast<std::streamsize>(block_.size()));
  if (got <= 0) return traits_type::eof();
  setg(block_.data(), block_.data(), block_.data() + got);
  return traits_type::to_int_type(*gptr());
}

LoadFormat guess_format(std::string_view beginning) {
  const std::string_view line = first_line(beginning);
  if (line.empty()) return LoadFormat::kAuto;
  if (line[0] == '[') return LoadFormat::kJson;
  if (line[0] == '{') {
    return are_json_lines(beginning, line) ? LoadFormat::kJsonLines : LoadFormat::kJson;
  }
  const std::string_view word = line.substr(0, line.find_first_of(" \t"));
  if (is_one_of(word, {"neigh", "neighbor", "neighbour", "n", "add", "replace", "change"})) return LoadFormat::kIpBatch;
  if (line.starts_with("IP address") || line.find("HWtype") != std::string_view::npos ||
      line.find(") at ") != std::string_view::npos) {
    return LoadFormat::kArp;
  }
  if ((word == "ADDRESS" && line.find("LINK ADDRESS") != std::string_view::npos) || is_brief(line)) {
    return LoadFormat::kList;
  }
  if (line.find_first_of(",;") != std::string_view::npos) return LoadFormat::kCsv;
  if (line.find(" dev ") != std::string_view::npos || line.find(" lladdr ") != std::string_view::npos) {
    return LoadFormat::kIpShow;
  }
  return LoadFormat::kEthers;
}

void read_entries(CountingBuffer& input, LoadFormat format, const HostLookup& lookup, const LoadSink& sink) {
  if (format == LoadFormat::kJson) {
    bool wanted = true;
    read_json(input, [&](LoadItem item) { return wanted = sink(std::move(item)); });
    auto broken = broken_off(input);
    if (wanted && broken) (void)sink(std::move(*broken));
    return;
  }
  LineParser parser(format, lookup);
  std::string line;
  bool too_long = false;
  for (std::size_t number = 1; read_line(input, line, too_long); ++number) {
    std::optional<LoadItem> item;
    if (too_long) {
      item = parser.too_long();
    } else {
      item = parser.parse(trimmed(line));
    }
    if (!item) continue;
    item->line = number;
    if (item->column != 0) item->column += line.find_first_not_of(" \t\r");
    item->text = quotable(trimmed(line));
    if (!sink(std::move(*item))) return;
  }
  if (auto broken = broken_off(input)) (void)sink(std::move(*broken));
}

void read_detected(std::streambuf& input, const LoadSink& sink) {
  Beginning whole(input);
  const LoadFormat format = guess_format(whole.text());
  CountingBuffer counting(whole);
  read_entries(counting, format == LoadFormat::kAuto ? kPlainFormat : format, {}, sink);
}

}  // namespace neigh::ctl
