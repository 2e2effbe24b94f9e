// SPDX-License-Identifier: Apache-2.0
#include "values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "options.hpp"
#include "text.hpp"

namespace neigh::ctl {

namespace {

// RTPROT_* of rtnetlink.h with iproute2's names.
constexpr std::pair<std::uint8_t, std::string_view> kProtocols[] = {
    {1, "redirect"}, {2, "kernel"},   {3, "boot"},        {4, "static"},    {8, "gated"},  {9, "ra"},
    {10, "mrt"},     {11, "zebra"},   {12, "bird"},       {13, "dnrouted"}, {14, "xorp"},  {15, "ntk"},
    {16, "dhcp"},    {17, "mrouted"}, {18, "keepalived"}, {42, "babel"},    {99, "openr"}, {186, "bgp"},
    {187, "isis"},   {188, "ospf"},   {189, "rip"},       {192, "eigrp"},
};

std::vector<std::string_view> words_of(std::string_view list) {
  std::vector<std::string_view> words;
  for_each_word(list, [&](std::string_view word) { words.push_back(word); });
  return words;
}

std::string listed(std::string_view choices) {
  std::string text;
  for_each_word(choices, [&](std::string_view word) { text += fmt::format("{}{}", text.empty() ? "" : ", ", word); });
  return text;
}

// What makes `text` no address, where it nearly is one.
std::string address_hint(ValueKind kind, std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view address = text.substr(0, slash);
  if (kind == ValueKind::kSubnet && slash == std::string_view::npos) return "such as 192.0.2.1/24 or 2001:db8::1/64";
  if (slash != std::string_view::npos && parse_scoped_address(address)) {
    if (kind != ValueKind::kPrefix && kind != ValueKind::kSubnet) {
      return fmt::format("leave '{}' out; list, flush, watch and verify take prefixes", quotable(text.substr(slash)));
    }
    return fmt::format("a prefix length is 0 to {}", address.find(':') == std::string_view::npos ? 32 : 128);
  }
  const auto parts = split(address, '.');
  if (parts.size() != 4) return {};
  std::string plain;
  bool above = false;
  for (const std::string_view part : parts) {
    const auto number = parse_number(part);
    if (!number) return {};
    above = above || *number > 255;
    plain += fmt::format("{}{}", plain.empty() ? "" : ".", *number);
  }
  if (above) return "each of the four numbers of an IPv4 address is at most 255";
  if (plain == address) return {};
  return fmt::format("without leading zeros, which some read as octal: {}", plain);
}

bool valid_namespace(std::string_view text) {
  return !text.empty() && text.size() < 256 && text != "." && text != ".." &&
         text.find('/') == std::string_view::npos && text.find('\0') == std::string_view::npos;
}

}  // namespace

std::optional<std::string> check_value(ValueKind kind, std::string_view text, std::string_view choices) {
  const auto unless = [](bool fine, std::string_view problem) {
    return fine ? std::nullopt : std::optional<std::string>(problem);
  };
  switch (kind) {
    case ValueKind::kAddress:
    case ValueKind::kOwnAddress:
      if (text.find('/') != std::string_view::npos && parse_prefix(text)) {
        return "is a prefix, and one address is wanted here";
      }
      return unless(parse_scoped_address(text).has_value(), "is not an IPv4 or IPv6 address");
    case ValueKind::kSubnet: {
      const auto prefix = parse_prefix(text);
      return unless(prefix && text.find('/') != std::string_view::npos && prefix->interface.empty(),
                    "is not an address with a prefix length");
    }
    case ValueKind::kPrefix:
      return unless(parse_prefix(text).has_value(), "is not an IPv4 or IPv6 address or prefix");
    case ValueKind::kLinkAddress:
      return unless(LinkAddress::parse(text).has_value(), "is not a link-layer address");
    case ValueKind::kState:
      return unless(parse_nud_state(text).has_value(), "is not a state");
    case ValueKind::kStates:
      return unless(parse_states(text).has_value(), "is not a state or a list of states");
    case ValueKind::kProtocol:
      return unless(parse_protocol(text).has_value(), "is not an owner");
    case ValueKind::kDuration:
      return unless(parse_duration(text).has_value(), "is not a time");
    case ValueKind::kNumber: {
      const auto number = parse_number(text);
      return unless(number && *number >= 1 && *number <= UINT32_MAX, "is not a whole number from 1");
    }
    case ValueKind::kThresholds:
      return unless(parse_thresholds(text).has_value(), "is not three thresholds");
    case ValueKind::kChoice:
      return unless(has_word(choices, text), "is none of the choices");
    case ValueKind::kNamespace:
      return unless(valid_namespace(text), "is not the name of a network namespace");
    case ValueKind::kInterface:
      return unless(!text.empty(), "names no interface");
    case ValueKind::kCommand:
      return unless(find_command(text) != nullptr, "is not a command");
    case ValueKind::kFile:
      return unless(!text.empty(), "names no file");
    case ValueKind::kFlag:
    case ValueKind::kText:
      break;
  }
  return std::nullopt;
}

std::string value_hint(ValueKind kind, std::string_view text, std::string_view choices) {
  switch (kind) {
    case ValueKind::kAddress:
    case ValueKind::kOwnAddress:
    case ValueKind::kPrefix:
    case ValueKind::kSubnet:
      return address_hint(kind, text);
    case ValueKind::kLinkAddress:
      return "0 to 32 bytes, such as 02:00:00:00:00:07, 02-00-00-00-00-07, 0200.0000.0007 or 020000000007";
    case ValueKind::kState:
    case ValueKind::kStates: {
      const auto names = words_of(opt::kStateChoices);
      for (const std::string_view part : split(text, ',')) {
        const std::string_view guess = parse_nud_state(part) ? std::string_view() : nearest(part, names);
        if (!guess.empty()) return fmt::format("did you mean '{}'?", guess);
      }
      return fmt::format("states: {}{}", listed(opt::kStateChoices), kind == ValueKind::kStates ? ", all" : "");
    }
    case ValueKind::kProtocol:
      return "a number from 0 to 255, or a name such as static, kernel, dhcp, bgp, ospf, zebra";
    case ValueKind::kDuration:
      return "such as 250ms, 2s, 1.5m or 1h";
    case ValueKind::kThresholds:
      return "gc_thresh1,gc_thresh2,gc_thresh3 in rising order, the last one above 0, such as 128,512,1024";
    case ValueKind::kCommand: {
      std::vector<std::string_view> names;
      for (const CommandSpec* command : commands()) {
        if (!command->hidden) names.push_back(command->name);
      }
      const std::string_view guess = nearest(text, names);
      return guess.empty() ? "'neighctl --help' lists the commands" : fmt::format("did you mean '{}'?", guess);
    }
    case ValueKind::kChoice: {
      const std::string_view guess = nearest(text, words_of(choices));
      return guess.empty() ? fmt::format("choices: {}", listed(choices)) : fmt::format("did you mean '{}'?", guess);
    }
    default:
      return {};
  }
}

std::optional<ScopedAddress> parse_scoped_address(std::string_view text) {
  const std::size_t percent = text.find('%');
  auto address = IpAddress::parse(text.substr(0, percent));
  if (!address) return std::nullopt;
  ScopedAddress scoped{*address, {}};
  if (percent != std::string_view::npos) {
    scoped.interface = text.substr(percent + 1);
    if (scoped.interface.empty()) return std::nullopt;
  }
  return scoped;
}

bool Prefix::contains(const IpAddress& other) const {
  if (other.family() != address.family()) return false;
  const auto a = address.bytes();
  const auto b = other.bytes();
  const std::size_t whole = length / 8;
  if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin())) return false;
  const unsigned rest = length % 8;
  return rest == 0 || ((a[whole] ^ b[whole]) >> (8U - rest)) == 0;
}

std::optional<Prefix> parse_prefix(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto scoped = parse_scoped_address(text.substr(0, slash));
  if (!scoped) return std::nullopt;
  const auto most = static_cast<unsigned>(scoped->address.size() * 8);
  if (slash == std::string_view::npos) return Prefix{scoped->address, most, scoped->interface};
  const auto length = parse_number(text.substr(slash + 1));
  if (!length || *length > most) return std::nullopt;
  return Prefix{scoped->address, static_cast<unsigned>(*length), scoped->interface};
}

std::optional<StateSet> parse_states(std::string_view text) {
  StateSet states;
  for (const std::string_view part : split(text, ',')) {
    if (lower(part) == "all") {
      states = StateSet::all();
      continue;
    }
    const auto state = parse_nud_state(part);
    if (!state) return std::nullopt;
    states = states.with(*state);
  }
  return states;
}

std::string protocol_name(std::uint8_t protocol) {
  if (protocol == 0) return {};
  for (const auto& [number, name] : kProtocols) {
    if (number == protocol) return std::string(name);
  }
  return std::to_string(protocol);
}

std::optional<std::uint8_t> parse_protocol(std::string_view text) {
  if (const auto number = parse_number(text)) {
    if (*number > 255) return std::nullopt;
    return static_cast<std::uint8_t>(*number);
  }
  const std::string name = lower(text);
  if (name == "unspec") return std::uint8_t{0};
  for (const auto& [number, known] : kProtocols) {
    if (known == name) return number;
  }
  return std::nullopt;
}

std::optional<std::array<std::uint32_t, 3>> parse_thresholds(std::string_view text) {
  const auto parts = split(text, ',');
  if (parts.size() != 3) return std::nullopt;
  std::array<std::uint32_t, 3> thresholds{};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto number = parse_number(parts[i]);
    if (!number || *number > INT32_MAX || (i > 0 && *number < thresholds[i - 1])) return std::nullopt;
    thresholds[i] = static_cast<std::uint32_t>(*number);
  }
  if (thresholds[2] == 0) return std::nullopt;  // nobody wants a table that takes nothing
  return thresholds;
}

Checked<Interface> find_interface(std::string_view text, std::span<const Interface> interfaces) {
  const auto find = [&](auto&& matches) -> const Interface* {
    const auto found = std::find_if(interfaces.begin(), interfaces.end(), matches);
    return found == interfaces.end() ? nullptr : &*found;
  };
  if (const Interface* named = find([&](const Interface& i) { return i.name == text; })) return *named;
  if (const auto number = parse_number(text); number && *number != 0 && *number <= UINT32_MAX) {
    const auto index = static_cast<InterfaceIndex>(*number);
    if (const Interface* numbered = find([&](const Interface& i) { return i.index == index; })) return *numbered;
    return Failure{kRefused, "no_such_interface", fmt::format("there is no interface with index {}", *number),
                   "'neighctl interfaces' lists them"};
  }
  if (text.size() > 2 && text.size() <= 18 && (text.starts_with("0x") || text.starts_with("0X"))) {
    std::uint64_t value = 0;
    const auto parsed = std::from_chars(text.data() + 2, text.data() + text.size(), value, 16);
    if (parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size()) {
      const InterfaceLuid luid(value);
      if (const Interface* known = find([&](const Interface& i) { return i.luid() == luid; })) return *known;
      return Failure{kRefused, "no_such_interface", fmt::format("there is no interface with LUID {}", luid_text(luid)),
                     "'neighctl interfaces --wide' shows the LUIDs"};
    }
  }
  std::vector<std::string_view> names;
  for (const Interface& interface : interfaces) names.push_back(interface.name);
  const std::string_view guess = nearest(text, names);
  std::string hint;
  if (!guess.empty()) {
    hint = fmt::format("did you mean '{}'?", printable(guess));
  } else if (names.size() <= 12) {
    for (const std::string_view name : names) hint += fmt::format("{}{}", hint.empty() ? "" : ", ", printable(name));
    hint = "interfaces here: " + hint;
  } else {
    hint = "'neighctl interfaces' lists them";
  }
  return Failure{kRefused, "no_such_interface", fmt::format("there is no interface '{}'", printable(text)),
                 std::move(hint)};
}

std::string luid_text(InterfaceLuid luid) { return fmt::format("0x{:016x}", luid.value()); }

std::string_view type_name(InterfaceType type) {
  switch (type) {
    case InterfaceType::kEthernet:
      return "ethernet";
    case InterfaceType::kPpp:
      return "ppp";
    case InterfaceType::kLoopback:
      return "loopback";
    case InterfaceType::kWireless:
      return "wireless";
    case InterfaceType::kTunnel:
      return "tunnel";
    case InterfaceType::kInfiniband:
      return "infiniband";
    case InterfaceType::kOther:
      break;
  }
  return "other";
}

}  // namespace neigh::ctl
