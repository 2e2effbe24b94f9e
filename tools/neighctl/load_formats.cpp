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

enum Member : int { kIgnored = -1, kAddress, kLinkAddress, kInterface, kIndex, kState, kFlags, kProtocol };

constexpr std::pair<std::string_view, Member> kMembers[] = {
    {"address", kAddress},    {"dst", kAddress},         {"ip", kAddress},         {"ipaddr", kAddress},
    {"lladdr", kLinkAddress}, {"mac", kLinkAddress},     {"hwaddr", kLinkAddress}, {"link_address", kLinkAddress},
    {"ether", kLinkAddress},  {"interface", kInterface}, {"dev", kInterface},      {"device", kInterface},
    {"iface", kInterface},    {"ifname", kInterface},    {"ifindex", kIndex},      {"state", kState},
    {"nud", kState},          {"flags", kFlags},         {"protocol", kProtocol},  {"proto", kProtocol},
    {"owner", kProtocol},
};

Member member_of(std::string_view name) {
  const std::string wanted = lower(trimmed(name));
  for (const auto& [known, member] : kMembers) {
    if (known == wanted) return member;
  }
  return kIgnored;
}

std::optional<NeighborFlag> flag_of(std::string_view name) {
  const std::string wanted = lower(name);
  for (const NeighborFlag flag : kAllNeighborFlags) {
    if (to_string(flag) == wanted) return flag;
  }
  return std::nullopt;
}

Failure bad_value(std::string_view what, std::string_view value, ValueKind kind = ValueKind::kText) {
  return usage_failure(fmt::format("'{}' is not {}", printable(value), what), value_hint(kind, value, {}));
}

std::vector<std::string_view> words_in(std::string_view line) {
  std::vector<std::string_view> words;
  for (std::size_t at = line.find_first_not_of(" \t"); at != std::string_view::npos;) {
    const std::size_t end = line.find_first_of(" \t", at);
    words.push_back(line.substr(at, end == std::string_view::npos ? end : end - at));
    at = end == std::string_view::npos ? end : line.find_first_not_of(" \t", end);
  }
  return words;
}

// Fields of one CSV record (RFC 4180, one line each). Nothing: a quote is not closed.
std::optional<std::vector<std::string>> csv_fields(std::string_view line) {
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
    } else if (c == ',') {
      fields.emplace_back();
    } else {
      fields.back().push_back(c);
    }
  }
  if (quoted) return std::nullopt;
  return fields;
}

LoadItem item_of(Failure failure) {
  LoadItem item;
  item.content = std::move(failure);
  return item;
}

}  // namespace

bool EntryBuilder::known(std::string_view name) { return member_of(name) != kIgnored; }

std::optional<Failure> EntryBuilder::put(std::string_view name, std::string_view value) {
  value = trimmed(value);
  const Member member = member_of(name);
  if (member == kIgnored || value.empty()) return std::nullopt;
  touched_ = true;
  switch (member) {
    case kAddress: {
      const auto scoped = parse_scoped_address(value);
      if (!scoped) return bad_value("an IPv4 or IPv6 address", value);
      entry_.address = scoped->address;
      if (!scoped->interface.empty()) entry_.interface = scoped->interface;
      break;
    }
    case kLinkAddress: {
      const auto parsed = LinkAddress::parse(value);
      if (!parsed) return bad_value("a link-layer address", value, ValueKind::kLinkAddress);
      entry_.link_address = *parsed;
      break;
    }
    case kInterface:
      entry_.interface = value;
      break;
    case kIndex:
      // The name is the better key: an index changes from boot to boot.
      if (entry_.interface.empty()) entry_.interface = value;
      break;
    case kState: {
      const auto parsed = parse_nud_state(value);
      if (!parsed) return bad_value("a state", value, ValueKind::kState);
      entry_.state = *parsed;
      break;
    }
    case kFlags:
      for (const std::string_view part : split(value, ',')) {
        for (const std::string_view word : words_in(part)) {
          const auto flag = flag_of(word);
          if (!flag) {
            return usage_failure(fmt::format("'{}' is not a flag", printable(word)),
                                 "flags: router, proxy, extern_learn, managed, extern_valid, offload");
          }
          entry_.flags.set(*flag);
        }
      }
      break;
    case kProtocol: {
      const auto parsed = parse_protocol(value);
      if (!parsed) return bad_value("an owner", value, ValueKind::kProtocol);
      entry_.protocol = *parsed;
      break;
    }
    case kIgnored:
      break;
  }
  return std::nullopt;
}

void EntryBuilder::put_flag(std::string_view name) {
  if (const auto flag = flag_of(name)) {
    touched_ = true;
    entry_.flags.set(*flag);
  }
}

LoadItem EntryBuilder::finish() const {
  LoadItem item;
  if (entry_.address.family() == Family::kUnspecified) {
    item.content = usage_failure("there is no address", "an entry has at least an address and a link-layer address");
    return item;
  }
  const bool unresolved = entry_.state == NudState::kIncomplete || entry_.state == NudState::kFailed ||
                          entry_.state == NudState::kNone || entry_.state == NudState::kUnreachable;
  if (entry_.link_address.empty() && unresolved) {
    item.skipped = true;
    item.content = Failure{kDone,
                           "skipped",
                           fmt::format("{} is {} and has no link-layer address to load", entry_.address.to_string(),
                                       to_string(*entry_.state)),
                           {}};
    return item;
  }
  LoadedEntry entry = entry_;
  entry.flags.set(NeighborFlag::kOffloaded, false);  // read only: a dump has it, a load cannot
  item.content = std::move(entry);
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

std::optional<LoadItem> LineParser::csv(std::string_view line) {
  const auto fields = csv_fields(line);
  if (!fields) return item_of(usage_failure("a quote is not closed", "an entry stands on one line"));
  if (columns_.empty()) {
    const bool header =
        std::any_of(fields->begin(), fields->end(), [](const std::string& f) { return member_of(f) != kIgnored; });
    if (header) {
      for (const std::string& f : *fields) columns_.push_back(member_of(f));
      if (std::find(columns_.begin(), columns_.end(), int{kAddress}) == columns_.end()) {
        return item_of(usage_failure("the header has no column 'address'",
                                     "columns: address, lladdr, interface, state, flags, protocol"));
      }
      return std::nullopt;
    }
    columns_ = {kAddress, kLinkAddress, kInterface, kState, kFlags, kProtocol};
  }
  EntryBuilder builder;
  for (std::size_t i = 0; i < fields->size(); ++i) {
    if (i >= columns_.size()) {
      return item_of(usage_failure(fmt::format("{} columns, and {} are expected", fields->size(), columns_.size()),
                                   "columns: address, lladdr, interface, state, flags, protocol"));
    }
    const auto name =
        std::find_if(std::begin(kMembers), std::end(kMembers), [&](const auto& m) { return m.second == columns_[i]; });
    if (name == std::end(kMembers)) continue;
    if (auto problem = builder.put(name->first, (*fields)[i])) return item_of(std::move(*problem));
  }
  return builder.finish();
}

// "LLADDR ADDRESS" as in ethers(5), or the other way round as `arp -f` reads it; a third word is the interface.
LineParser::Content LineParser::ethers(std::string_view line) {
  const auto words = words_in(line.substr(0, line.find('#')));
  if (words.size() < 2 || words.size() > 3) {
    return usage_failure(fmt::format("{} where two are expected", counted(words.size(), "word", "words")),
                         "a line is 'LLADDR ADDRESS', and the interface behind it if --dev does not give it");
  }
  const bool swapped = parse_scoped_address(words[0]).has_value();
  const std::string_view link = swapped ? words[1] : words[0];
  const std::string_view host = swapped ? words[0] : words[1];
  LoadedEntry entry;
  const auto link_address = LinkAddress::parse(link);
  if (!link_address) return bad_value("a link-layer address", link, ValueKind::kLinkAddress);
  entry.link_address = *link_address;
  if (const auto scoped = parse_scoped_address(host)) {
    entry.address = scoped->address;
    entry.interface = scoped->interface;
  } else if (lookup_) {
    const auto found = lookup_(std::string(host));
    if (found.empty()) return usage_failure(fmt::format("no address is known for the host '{}'", printable(host)));
    entry.address = found.front();
  } else {
    return usage_failure(fmt::format("'{}' is not an IPv4 or IPv6 address", printable(host)),
                         "--names looks host names up");
  }
  if (words.size() == 3) entry.interface = words[2];
  return entry;
}

LoadItem parse_ip_show(std::string_view line) {
  const auto words = words_in(line);
  EntryBuilder builder;
  if (auto problem = builder.put("address", words[0])) return item_of(std::move(*problem));
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string_view word = words[i];
    const bool pair = i + 1 < words.size();
    std::optional<Failure> problem;
    if ((word == "dev" || word == "lladdr" || word == "proto" || word == "protocol") && pair) {
      problem = builder.put(word, words[++i]);
    } else if ((word == "used" || word == "ref" || word == "probes") && pair) {
      ++i;  // statistics of `ip -s`, which forgets a blank: "used 0/0/0probes 1"
      if (words[i].ends_with("probes") && i + 1 < words.size()) ++i;
    } else if (flag_of(word)) {
      builder.put_flag(word);
    } else if (parse_nud_state(word)) {
      problem = builder.put("state", word);
    } else {
      problem = usage_failure(fmt::format("'{}' is not understood", printable(word)),
                              "a line is as 'ip neigh show' prints it: ADDRESS dev NAME lladdr LLADDR STATE");
    }
    if (problem) return item_of(std::move(*problem));
  }
  return builder.finish();
}

LoadItem parse_ip_batch(std::string_view line) {
  auto words = words_in(line);
  const auto is = [&](std::initializer_list<std::string_view> any) {
    return !words.empty() && std::find(any.begin(), any.end(), words.front()) != any.end();
  };
  if (is({"neigh", "neighbor", "neighbour", "n"})) words.erase(words.begin());
  if (!is({"add", "replace", "change", "create", "set"})) {
    return item_of(usage_failure(
        fmt::format("'{}' is no line that adds an entry", words.empty() ? printable(line) : printable(words.front())),
        "a line is 'neigh add ADDRESS lladdr LLADDR dev NAME'; to remove entries use 'neighctl load --delete'"));
  }
  words.erase(words.begin());
  const auto args = parse_words(*find_command("replace"), words);
  if (!args) return item_of(args.failure());
  const auto scoped = parse_scoped_address(args->positional.front()).value_or(ScopedAddress{});
  LoadedEntry entry;
  entry.address = scoped.address;
  entry.interface = args->one("dev").value_or(scoped.interface);
  const Neighbor said = entry_from(*args, {InterfaceIndex::kNone, scoped.address, args->has("proxy")}, {});
  entry.link_address = said.link_address;
  if (args->has("state")) entry.state = said.state;
  entry.flags = said.flags;
  entry.protocol = said.protocol;
  LoadItem item;
  item.content = std::move(entry);
  return item;
}

}  // namespace neigh::ctl
