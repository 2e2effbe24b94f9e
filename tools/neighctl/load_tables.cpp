// SPDX-License-Identifier: Apache-2.0
// Tables as people see them: those of arp(8) and the kernel's /proc/net/arp, and our own.
#include <fmt/format.h>

#include <algorithm>

#include "load_formats.hpp"
#include "text.hpp"
#include "values.hpp"

namespace neigh::ctl {

namespace {

// Flags of /proc/net/arp: if_arp.h ATF_*.
constexpr unsigned long long kComplete = 0x2;
constexpr unsigned long long kPermanent = 0x4;
constexpr unsigned long long kPublished = 0x8;

// What arp(8) knows of an entry. A learned one may be out of date by now, hence stale.
LoadItem arp_entry(std::string_view address, std::string_view link_address, std::string_view interface, bool complete,
                   bool permanent, bool published) {
  EntryBuilder builder;
  if (auto problem = builder.put(Member::kAddress, address)) return item_of(std::move(*problem));
  if (complete && !published) {
    if (auto problem = builder.put(Member::kLinkAddress, link_address)) return item_of(std::move(*problem));
  }
  if (published) builder.put_flag("proxy");
  (void)builder.put(Member::kInterface, interface);
  (void)builder.put(Member::kState, permanent || published ? "permanent" : complete ? "stale" : "incomplete");
  return builder.finish();
}

LoadItem not_understood(std::string_view word) {
  return item_of(usage_failure(fmt::format("'{}' is not understood", quotable(word)),
                               "a line is as /proc/net/arp, 'arp -n' or 'arp -an' has it"));
}

// "? (192.0.2.7) at 02:00:00:00:00:07 [ether] PERM on eth0"
LoadItem parse_arp_a(const std::vector<std::string_view>& words) {
  std::string_view address = words[1];
  address.remove_prefix(1);
  if (address.ends_with(')')) address.remove_suffix(1);
  std::string_view link_address;
  std::string_view interface;
  bool permanent = false;
  bool published = false;
  for (std::size_t i = 2; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (word == "at" && i + 1 < words.size()) {
      link_address = words[++i];
    } else if (word == "on" && i + 1 < words.size()) {
      interface = words[++i];
    } else if (word == "PERM" || word == "permanent") {
      permanent = true;
    } else if (word == "PUB" || word == "PUP" || word == "published") {
      published = true;
    } else if (!word.starts_with('[') && word != "ifscope") {
      return not_understood(word);
    }
  }
  return arp_entry(address, link_address, interface, LinkAddress::parse(link_address).has_value(), permanent,
                   published);
}

// The byte at which a column of the terminal begins.
std::size_t byte_at(std::string_view line, std::size_t column) {
  std::size_t at = 0;
  for (; column > 0 && at < line.size(); --column) at += std::max<std::size_t>(1, utf8_length(line, at));
  return at;
}

std::string_view word_at(std::string_view line, std::size_t column) {
  if (column == std::string_view::npos) return {};
  const std::size_t begin = byte_at(line, column);
  if (begin >= line.size()) return {};
  return line.substr(begin, line.find(' ', begin) - begin);
}

}  // namespace

std::optional<LoadItem> parse_arp(std::string_view line) {
  const auto words = words_in(line);
  if (line.starts_with("IP address") || words[0] == "Address") return std::nullopt;
  if (words.size() > 1 && words[1].starts_with('(')) {
    // `arp -n` of an entry that nobody answered for: "192.0.2.9  (incomplete)  eth0"
    if (words[1] == "(incomplete)") return arp_entry(words[0], {}, words.back(), false, false, false);
    return parse_arp_a(words);
  }
  if (words.size() == 6 && words[1].starts_with("0x") && words[2].starts_with("0x")) {
    unsigned long long flags = 0;
    for (const char c : words[2].substr(2)) {
      const std::size_t digit = std::string_view("0123456789abcdef").find(c);
      if (digit == std::string_view::npos) return not_understood(words[2]);
      flags = flags * 16 + digit;
    }
    return arp_entry(words[0], words[3], words[5], (flags & kComplete) != 0, (flags & kPermanent) != 0,
                     (flags & kPublished) != 0);
  }
  if (words.size() >= 5 && words.size() <= 6) {  // `arp -n`: ADDRESS TYPE LLADDR FLAGS [MASK] IF
    const std::string_view flags = words[3];
    if (flags.find_first_not_of("CMP!") != std::string_view::npos) return not_understood(flags);
    return arp_entry(words[0], words[2], words.back(), flags.find('C') != std::string_view::npos,
                     flags.find('M') != std::string_view::npos, flags.find('P') != std::string_view::npos);
  }
  return not_understood(line);
}

std::optional<LoadItem> parse_list(std::string_view line, ListLayout& layout) {
  const auto words = words_in(line);
  if (words[0] == "ADDRESS") {
    layout = {line.find("FLAGS"), line.find("OWNER")};
    return std::nullopt;
  }
  if (words.size() < 4) {
    return item_of(
        usage_failure(fmt::format("{} where at least four are expected", counted(words.size(), "word", "words")),
                      "a line is as 'neighctl list' prints it: ADDRESS LLADDR INTERFACE STATE"));
  }
  EntryBuilder builder;
  const bool proxy = words[3] == "proxy";
  if (proxy) builder.put_flag("proxy");
  const std::pair<Member, std::string_view> members[] = {
      {Member::kAddress, words[0]},
      {Member::kLinkAddress, words[1] == "-" ? std::string_view() : words[1]},
      {Member::kInterface, words[2]},
      {Member::kState, proxy ? std::string_view() : words[3]},
      {Member::kFlags, word_at(line, layout.flags)},
      {Member::kProtocol, word_at(line, layout.owner)},
  };
  for (const auto& [member, value] : members) {
    if (auto problem = builder.put(member, value)) return item_of(std::move(*problem));
  }
  return builder.finish();
}

}  // namespace neigh::ctl
