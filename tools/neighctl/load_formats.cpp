// SPDX-License-Identifier: Apache-2.0
#include "load_formats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "args.hpp"
#include "command.hpp"
#include "entry_args.hpp"
#include "text.hpp"
#include "values.hpp"

namespace neigh::ctl {

namespace {

// Fields of one CSV record (RFC 4180, one line each). Nothing: a quote is not closed.
std::optional<std::vector<std::string>> csv_fields(std::string_view line, char separator) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    if (quoted) {
      if (c != '"') {
        fields.back().push_back(c);
      } else if (at + 1 < line.size() && line[at + 1] == '"') {
        fields.back().push_back('"');
        ++at;
      } else {
        quoted = false;
      }
    } else if (c == '"' && trimmed(fields.back()).empty()) {
      fields.back().clear();
      quoted = true;
    } else if (c == separator) {
      fields.emplace_back();
    } else {
      fields.back().push_back(c);
    }
  }
  if (quoted) return std::nullopt;
  return fields;
}

}  // namespace

std::vector<std::string_view> words_in(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t at = line.find_first_not_of(" \t"); at != std::string_view::npos;) {
    const std::size_t end = line.find_first_of(" \t", at);
    words.push_back(line.substr(at, end == std::string_view::npos ? end : end - at));
    at = end == std::string_view::npos ? end : line.find_first_not_of(" \t", end);
  }
  return words;
}

LoadItem item_of(Failure failure) {
  LoadItem item;
  item.content = std::move(failure);
  return item;
}

std::optional<LoadItem> LineParser::parse(std::string_view line) {
  if (line.empty() || line[0] == '#') return std::nullopt;
  switch (format_) {
    case LoadFormat::kJsonLines:
      return parse_json_line(line);
    case LoadFormat::kCsv:
      return csv(line);
    case LoadFormat::kIpShow:
      return parse_ip_show(line);
    case LoadFormat::kIpBatch:
      return parse_ip_batch(line);
    case LoadFormat::kArp:
      return parse_arp(line);
    case LoadFormat::kList:
      return parse_list(line, layout_);
    case LoadFormat::kEthers: {
      LoadItem item;
      item.content = ethers(line);
      return item;
    }
    case LoadFormat::kAuto:
    case LoadFormat::kJson:
      break;
  }
  return item_of(usage_failure("the format of this line is not known", "name it with --format"));
}

LoadItem LineParser::too_long() {
  const bool header = format_ == LoadFormat::kCsv && columns_.empty() && !refused_;
  if (header) refused_ = true;
  return item_of(usage_failure(header ? "the header is too long, so nothing was read" : "the line is too long",
                               "a line has at most 65536 bytes"));
}

std::optional<Failure> LineParser::csv_header(const std::vector<std::string>& fields) {
  const std::string known = "columns: address, lladdr, interface, state, flags, protocol";
  for (std::size_t i = 0; i < fields.size(); ++i) {
    Column column{std::string(trimmed(fields[i])), Member::kIgnored};
    const auto member = column.name.empty() ? Member::kIgnored : member_of(column.name);
    if (!member) {
      const std::string_view guess = nearest_member(column.name);
      return usage_failure(
          fmt::format("column {}, '{}', is not known, so nothing was read", i + 1, quotable(column.name)),
          guess.empty() ? known + "; a column 'comment' is ignored" : fmt::format("did you mean '{}'?", guess));
    }
    column.member = *member;
    const auto same = std::find_if(columns_.begin(), columns_.end(), [&](const Column& c) {
      return c.member == column.member && c.member != Member::kIgnored && c.member != Member::kOneFlag;
    });
    if (same != columns_.end()) {
      return usage_failure(fmt::format("columns {} and {}, '{}' and '{}', mean the same, so nothing was read",
                                       same - columns_.begin() + 1, i + 1, quotable(same->name), quotable(column.name)),
                           "leave one of them out");
    }
    columns_.push_back(std::move(column));
  }
  if (std::none_of(columns_.begin(), columns_.end(), [](const Column& c) { return c.member == Member::kAddress; })) {
    return usage_failure("the header has no column 'address', so nothing was read", known);
  }
  return std::nullopt;
}

std::optional<LoadItem> LineParser::csv(std::string_view line) {
  if (refused_) return std::nullopt;
  if (separator_ == '\0') separator_ = line.find(',') == std::string_view::npos ? ';' : ',';
  const auto fields = csv_fields(line, separator_);
  if (!fields) return item_of(usage_failure("a quote is not closed", "an entry stands on one line"));
  if (columns_.empty()) {
    // A header has names where entries have an address.
    const bool entry = std::any_of(fields->begin(), fields->end(),
                                   [](const std::string& f) { return parse_scoped_address(trimmed(f)).has_value(); });
    const bool header = !entry && std::any_of(fields->begin(), fields->end(), [](const std::string& f) {
      return member_of(f) || !nearest_member(f).empty();
    });
    if (header) {
      auto problem = csv_header(*fields);
      if (!problem) return std::nullopt;
      refused_ = true;
      return item_of(std::move(*problem));
    }
    columns_ = {{"address", Member::kAddress}, {"lladdr", Member::kLinkAddress}, {"interface", Member::kInterface},
                {"state", Member::kState},     {"flags", Member::kFlags},        {"protocol", Member::kProtocol}};
  }
  EntryBuilder builder;
  for (std::size_t i = 0; i < fields->size(); ++i) {
    const std::string_view value = trimmed((*fields)[i]);
    if (i >= columns_.size()) {
      return item_of(usage_failure(fmt::format("{} columns, and {} are expected", fields->size(), columns_.size()),
                                   "columns: address, lladdr, interface, state, flags, protocol"));
    }
    const Column& column = columns_[i];
    if (column.name.empty() && !value.empty()) {
      return item_of(usage_failure(fmt::format("'{}' stands in column {}, which has no name", quotable(value), i + 1),
                                   "name the column in the header; a column 'comment' is ignored"));
    }
    if (column.member == Member::kOneFlag) {
      const std::string word = lower(value);
      if (word == "1" || word == "true" || word == "yes" || word == lower(column.name)) {
        builder.put_flag(column.name);
      } else if (!word.empty() && word != "0" && word != "false" && word != "no") {
        return item_of(
            usage_failure(fmt::format("'{}' is neither yes nor no", quotable(value)), "yes, no, 1, 0 or empty"));
      }
    }
    if (auto problem = builder.put(column.member, value)) return item_of(std::move(*problem));
  }
  return builder.finish();
}

// "LLADDR ADDRESS" as in ethers(5), or the other way round as `arp -f` reads it; a third word is the interface.
LineParser::Content LineParser::ethers(std::string_view line) {
  const auto words = words_in(line.substr(0, line.find('#')));
  if (words.size() == 1) {
    // Nothing says that ethers(5) was meant: it is what is left over.
    return usage_failure(fmt::format("'{}' is no entry in any format", quotable(words[0])),
                         "such as 'ADDRESS LLADDR IF', CSV, JSON or what 'ip neigh' prints; "
                         "'neighctl load --help' shows all formats");
  }
  if (words.size() < 2 || words.size() > 3) {
    return usage_failure(fmt::format("{} where two are expected", counted(words.size(), "word", "words")),
                         "a line is 'LLADDR ADDRESS', and the interface behind it if --dev does not give it");
  }
  const bool swapped = parse_scoped_address(words[0]).has_value();
  const std::string_view link = swapped ? words[1] : words[0];
  const std::string_view host = swapped ? words[0] : words[1];
  LoadedEntry entry;
  const auto link_address = LinkAddress::parse(link);
  if (!link_address) {
    return usage_failure(fmt::format("'{}' is not a link-layer address", quotable(link)),
                         value_hint(ValueKind::kLinkAddress, link, {}));
  }
  entry.link_address = *link_address;
  if (const auto scoped = parse_scoped_address(host)) {
    entry.address = scoped->address;
    entry.interface = entry.scope = scoped->interface;
  } else if (lookup_) {
    const auto found = lookup_(std::string(host));
    if (found.empty()) return usage_failure(fmt::format("no address is known for the host '{}'", quotable(host)));
    entry.address = found.front();
  } else {
    return usage_failure(fmt::format("'{}' is not an IPv4 or IPv6 address", quotable(host)),
                         "--names looks host names up");
  }
  if (words.size() == 3) entry.interface = words[2];
  return entry;
}

LoadItem parse_ip_show(std::string_view line) {
  const auto words = words_in(line);
  EntryBuilder builder;
  if (auto problem = builder.put(Member::kAddress, words[0])) return item_of(std::move(*problem));
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string_view word = words[i];
    const bool pair = i + 1 < words.size();
    std::optional<Failure> problem;
    if ((word == "dev" || word == "lladdr" || word == "proto" || word == "protocol") && pair) {
      problem = builder.put(*member_of(word), words[++i]);
    } else if ((word == "used" || word == "ref" || word == "probes") && pair) {
      ++i;  // statistics of `ip -s`, which forgets a blank: "used 0/0/0probes 1"
      if (words[i].ends_with("probes") && i + 1 < words.size()) ++i;
    } else if (member_of(word) == Member::kOneFlag) {
      builder.put_flag(word);
    } else if (parse_nud_state(word)) {
      problem = builder.put(Member::kState, word);
    } else {
      problem = usage_failure(fmt::format("'{}' is not understood", quotable(word)),
                              "a line is as 'ip neigh show' prints it: ADDRESS dev NAME lladdr LLADDR STATE");
    }
    if (problem) return item_of(std::move(*problem));
  }
  return builder.finish(true);
}

LoadItem parse_ip_batch(std::string_view line) {
  auto words = words_in(line);
  const auto is = [&](std::initializer_list<std::string_view> any) {
    return !words.empty() && std::find(any.begin(), any.end(), words.front()) != any.end();
  };
  if (is({"neigh", "neighbor", "neighbour", "n"})) words.erase(words.begin());
  if (!is({"add", "replace", "change", "create", "set"})) {
    return item_of(usage_failure(
        fmt::format("'{}' is no line that adds an entry", words.empty() ? quotable(line) : quotable(words.front())),
        "a line is 'neigh add ADDRESS lladdr LLADDR dev NAME'; to remove entries use 'neighctl load --delete'"));
  }
  words.erase(words.begin());
  const auto args = parse_words(*find_command("replace"), words);
  if (!args) return item_of(args.failure());
  if (args->has("use")) {
    return item_of(usage_failure("'use' asks the wire and says nothing to load", "'neighctl resolve' does that"));
  }
  const auto scoped = parse_scoped_address(args->positional.front()).value_or(ScopedAddress{});
  LoadedEntry entry;
  entry.address = scoped.address;
  entry.scope = scoped.interface;
  entry.interface = args->one("dev").value_or(scoped.interface);
  const Neighbor said = entry_from(*args, {InterfaceIndex::kNone, scoped.address, args->has("proxy")}, {});
  entry.link_address = said.link_address;
  if (args->has("state")) entry.state = said.state;
  entry.flags = said.flags;
  entry.protocol = said.protocol;
  entry.owner_said = args->has("protocol");
  LoadItem item;
  item.content = std::move(entry);
  return item;
}

}  // namespace neigh::ctl
