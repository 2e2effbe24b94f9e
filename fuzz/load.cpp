// SPDX-License-Identifier: Apache-2.0
// Files for `neighctl load`: every line is an entry or says why it is none, in order, and what is told is bounded.
#include <set>
#include <sstream>

#include "fuzz.hpp"
#include "neighctl/load_input.hpp"

namespace neigh::fuzz {

const std::size_t kLongest = 4096;

namespace {

class Judge {
 public:
  explicit Judge(std::string_view text)
      : lines_(1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'))) {}

  bool operator()(const ctl::LoadItem& item) {
    ++items_;
    require(item.line >= 1 && item.line <= lines_, "the line exists");
    require(item.line >= last_, "in order");
    last_ = item.line;
    told_.insert(item.line);
    require(item.text.size() <= 1024, "what stood there is shortened");
    if (const auto* entry = std::get_if<ctl::LoadedEntry>(&item.content)) {
      require(!item.skipped, "an entry is not skipped");
      require(entry->address.family() != Family::kUnspecified, "an entry has an address");
      require(entry->link_address.size() <= LinkAddress::kMaxSize, "and a link-layer address that fits");
    } else {
      const auto& why = std::get<ctl::Failure>(item.content);
      require(!why.message.empty(), "a mistake is named");
      require(why.message.size() < 2048, "and not with the whole file");
      require(std::none_of(why.message.begin(), why.message.end(), [](char c) { return c == '\n' || c == '\x1b'; }),
              "nor with what drives a terminal");
    }
    return items_ < 100'000;
  }
  [[nodiscard]] std::size_t items() const { return items_; }
  /// The lines of which something was told.
  [[nodiscard]] const std::set<std::size_t>& told() const { return told_; }

 private:
  std::size_t lines_;
  std::size_t last_ = 0;
  std::size_t items_ = 0;
  std::set<std::size_t> told_;
};

/// No line of JSON is passed over in silence but those that are empty or a comment.
void require_all_told(const std::string& text, const std::set<std::size_t>& told) {
  std::istringstream lines(text);
  std::string line;
  for (std::size_t number = 1; std::getline(lines, line); ++number) {
    const std::size_t first = line.find_first_not_of(" \t\r\n\f\v");
    if (first == std::string::npos || line[first] == '#') continue;
    if (number == 1 && line.starts_with("\xef\xbb\xbf")) continue;  // a byte order mark, and perhaps nothing else
    require(told.contains(number), "each line is an entry or says why it is none");
  }
}

}  // namespace

void run(std::span<const std::uint8_t> data) {
  Input in(data);
  constexpr std::array kFormats = {ctl::LoadFormat::kJson,   ctl::LoadFormat::kJsonLines, ctl::LoadFormat::kCsv,
                                   ctl::LoadFormat::kEthers, ctl::LoadFormat::kIpShow,    ctl::LoadFormat::kIpBatch,
                                   ctl::LoadFormat::kArp,    ctl::LoadFormat::kList};
  const std::size_t choice = in.below(kFormats.size() + 1);
  const std::string text = in.text(kLongest);
  std::stringbuf source(text);
  Judge judge(text);
  if (choice == kFormats.size()) {
    ctl::read_detected(source, [&](const ctl::LoadItem& item) { return judge(item); });
    return;
  }
  ctl::CountingBuffer counting(source);
  // A host name is looked up here alone: a fuzzer asks no name server.
  const auto lookup = [](const std::string& name) {
    return name.size() % 2 == 0 ? std::vector<IpAddress>{} : std::vector{IpAddress::v4(192, 0, 2, 1)};
  };
  ctl::read_entries(counting, kFormats[choice], lookup, [&](const ctl::LoadItem& item) { return judge(item); });
  require(judge.items() <= text.size() + 1, "no more entries than bytes");
  if (kFormats[choice] == ctl::LoadFormat::kJsonLines) require_all_told(text, judge.told());
}

}  // namespace neigh::fuzz
