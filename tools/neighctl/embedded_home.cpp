// SPDX-License-Identifier: Apache-2.0
#include "embedded_home.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "load_file.hpp"
#include "load_input.hpp"
#include "load_plan.hpp"
#include "neigh/embedded.hpp"
#include "neigh/kernel.hpp"
#include "text.hpp"
#include "values.hpp"

namespace neigh::ctl {

namespace {

constexpr std::string_view kPortOptions[] = {"address", "mac"};
constexpr std::string_view kStackOptions[] = {"port", "address", "mac", "table", "listen"};

struct PortKind {
  std::string_view prefix;
  EmbeddedLink link;
  std::string_view capability;
};
constexpr PortKind kPortKinds[] = {
    {"tap:", EmbeddedLink::kTap, "CAP_NET_ADMIN"},
    {"packet:", EmbeddedLink::kDevice, "CAP_NET_RAW"},
    {"xdp:", EmbeddedLink::kXdp, "CAP_NET_RAW, CAP_NET_ADMIN and CAP_BPF"},
};

const PortKind* port_kind(std::string_view port) {
  for (const PortKind& kind : kPortKinds) {
    if (port.starts_with(kind.prefix) && port.size() > kind.prefix.size()) return &kind;
  }
  return nullptr;
}

// What no station can have as its own link-layer address; nothing if it can be.
std::optional<Failure> not_a_mac(const LinkAddress& mac, const PortKind& kind, std::string_view device) {
  constexpr std::string_view kHint = "such as --mac 02:00:00:00:00:42";
  const auto wrong = [&](std::string_view why) {
    return usage_failure(fmt::format("'--mac {}' {}", mac.to_string(), why), std::string(kHint));
  };
  if (mac.size() != 6) return wrong(fmt::format("has {}, and 6 are wanted", counted(mac.size(), "byte", "bytes")));
  if (mac.is_group()) return wrong("is a group address, and a station has one of its own");
  if (mac.is_zero()) return wrong("is no address of a station");
  // Beside a kernel that answers with the same link-layer address nobody could tell the two apart.
  const auto host = open_kernel_table();
  if (!host) return std::nullopt;
  const auto there = (*host)->find_interface(device);
  if (!there || there->link_address != mac) return std::nullopt;
  const auto own = (*host)->own_addresses(there->index);
  const bool silent = kind.link == EmbeddedLink::kDevice && own && own->empty();
  return silent
             ? std::nullopt
             : std::optional(wrong(fmt::format("is the one of {} itself, where this host has it", quotable(device))));
}

std::optional<Failure> not_own_addresses(std::span<const std::string> texts) {
  std::vector<IpAddress> seen;
  for (const std::string& text : texts) {
    const Prefix own = parse_prefix(text).value_or(Prefix{});
    const auto wrong = [&](std::string why) {
      return usage_failure(fmt::format("'--address {}' {}", quotable(text), why),
                           "an own address and the length of its subnet, such as 192.0.2.42/24");
    };
    if (std::find(seen.begin(), seen.end(), own.address) != seen.end()) return wrong("gives an address a second time");
    seen.push_back(own.address);
    if (!check_neighbor_address(own.address) || own.address.is_multicast()) {
      return wrong("is not the address of one host");
    }
    if (own.address.is_v4() && own.length < 31) {
      const auto bytes = own.address.bytes();
      std::uint32_t number = 0;
      for (const std::uint8_t b : bytes) number = number << 8U | b;
      const std::uint32_t host_bits = UINT32_MAX >> own.length;
      if ((number & host_bits) == 0) return wrong("is the network's own address");
      if ((number & host_bits) == host_bits) return wrong("is the broadcast address of its subnet");
    }
  }
  return std::nullopt;
}

Checked<EmbeddedInterface> interface_from(const Args& args, const PortKind& kind, std::string_view port) {
  EmbeddedInterface interface;
  interface.link = kind.link;
  interface.device = port.substr(kind.prefix.size());
  interface.name = interface.device;
  if (const auto mac = args.one("mac")) interface.link_address = LinkAddress::parse(*mac).value_or(LinkAddress());
  if (kind.link == EmbeddedLink::kDevice && !interface.link_address) {
    return usage_failure(
        fmt::format("which link-layer address has the stack on {}?", quotable(interface.device)),
        "add '--mac 02:00:00:00:00:42' or another one that nobody on the link has, the device neither");
  }
  if (interface.link_address) {
    if (auto wrong = not_a_mac(*interface.link_address, kind, interface.device)) return std::move(*wrong);
  }
  if (auto wrong = not_own_addresses(args.all("address"))) return std::move(*wrong);
  for (const std::string& text : args.all("address")) {
    const Prefix own = parse_prefix(text).value_or(Prefix{});
    const auto length = static_cast<std::uint8_t>(own.length);
    interface.addresses.push_back({.address = own.address, .prefix_length = length});
    // An IPv6 address alone makes nothing on-link (RFC 5942 4).
    if (own.address.is_v6()) interface.prefixes.push_back({own.address, length});
  }
  return interface;
}

Failure cannot_open(const Error& error, const PortKind& kind, std::string_view device) {
  if (error.code == Errc::kPermissionDenied) {
    return {kNoPermission,
            "permission_denied",
            fmt::format("a stack on {}{} needs {}", kind.prefix, quotable(device), kind.capability),
            "run it with sudo; without '--port' the stack lives in memory and needs nothing",
            {}};
  }
  return {
      kRefused,
      std::string(error_name(error.code)),
      fmt::format("the stack on {}{} cannot be opened: {}", kind.prefix, quotable(device), printable(error.message())),
      "'ip link show' lists the devices of this host",
      {}};
}

// The entries of a file, as the beginning of the table. Those that name another interface stay out.
std::optional<Failure> begin_with(EmbeddedStack& stack, InterfaceIndex index, std::string_view name,
                                  const std::string& path) {
  InputFile file;
  if (auto wrong = file.open(path)) return wrong;
  std::vector<Neighbor> entries;
  std::optional<Failure> failure;
  const auto in_file = [&](const LoadItem& item, Failure why) {
    why.message = fmt::format("'{}' line {}: {}", quotable(path), item.line, why.message);
    failure = std::move(why);
    return false;
  };
  read_detected(file, [&](LoadItem item) {
    if (const Failure* why = std::get_if<Failure>(&item.content)) return item.skipped || in_file(item, *why);
    const LoadedEntry& loaded = std::get<LoadedEntry>(item.content);
    if (!loaded.scope.empty() && loaded.scope != loaded.interface) {
      return in_file(item,
                     usage_failure(fmt::format("'{}%{}' and '{}' name different interfaces", loaded.address.to_string(),
                                               quotable(loaded.scope), quotable(loaded.interface)),
                                   "name the interface once"));
    }
    if (loaded.interface.empty() || loaded.interface == name) entries.push_back(neighbor_from(loaded, index, {}));
    return true;
  });
  if (failure) return failure;
  const auto report = stack.apply(Operation::kReplace, entries);
  if (!report) return explain(report.error(), {});
  if (!report->failures.empty()) {
    const BatchReport::Failure& first = report->failures.front();
    return explain(first.error,
                   {.address = entries[first.position].address.to_string(), .interface = std::string(name)});
  }
  return std::nullopt;
}

// On-link is what a prefix of an own address covers.
std::optional<Route> embedded_route(EmbeddedStack& stack, const IpAddress& address) {
  std::optional<Route> best;
  unsigned longest = 0;
  const auto interfaces = stack.interfaces();
  if (!interfaces) return std::nullopt;
  for (const Interface& i : *interfaces) {
    const auto own = stack.addresses(i.index);
    if (!own) continue;
    for (const EmbeddedAddressStatus& a : *own) {
      const Prefix prefix{a.address, a.prefix_length, {}};
      if (!prefix.contains(address) || (best && prefix.length <= longest)) continue;
      best = Route{i.index, std::nullopt};
      longest = prefix.length;
    }
  }
  return best;
}

}  // namespace

std::optional<Failure> misplaced_stack_option(const Args& args) {
  for (const std::string_view option : kStackOptions) {
    if (args.has(option)) {
      return usage_failure(fmt::format("'--{}' describes an embedded stack", option), "add '--stack embedded'");
    }
  }
  return std::nullopt;
}

Checked<Home> open_embedded(const Args& args) {
  std::shared_ptr<EmbeddedStack> stack;
  InterfaceIndex port_index = InterfaceIndex::kNone;
  std::string port_name;
  if (const auto port = args.one("port")) {
    const PortKind* kind = port_kind(*port);
    if (kind == nullptr) {
      return usage_failure(
          fmt::format("'{}' is not a port", quotable(*port)),
          "tap:NAME for a TAP device, packet:NAME or xdp:NAME for a network device through AF_PACKET or AF_XDP");
    }
    auto interface = interface_from(args, *kind, *port);
    if (!interface) return std::move(interface).failure();
    auto opened = open_embedded_stack({});
    if (!opened) return explain(opened.error(), {});
    stack = *opened;
    const auto added = stack->add_interface(*interface);
    if (!added) return cannot_open(added.error(), *kind, interface->device);
    port_index = *added;
    port_name = interface->name;
  } else {
    for (const std::string_view option : kPortOptions) {
      if (args.has(option)) {
        return usage_failure(fmt::format("'--{}' belongs to a port", option),
                             "add '--port tap:NAME', 'packet:NAME' or 'xdp:NAME'");
      }
    }
    auto opened = default_embedded_stack();
    if (!opened) return explain(opened.error(), {});
    stack = *opened;
    port_name = "eth0";
    const auto found = stack->find_interface(port_name);
    if (found) port_index = found->index;
  }
  if (const auto path = args.one("table")) {
    if (auto failure = begin_with(*stack, port_index, port_name, std::string(*path))) return std::move(*failure);
  }
  if (const auto text = args.one("listen")) {
    std::this_thread::sleep_for(parse_duration(*text).value_or(std::chrono::milliseconds(0)));
  }
  return Home{stack, [stack](const IpAddress& address) { return embedded_route(*stack, address); }};
}

}  // namespace neigh::ctl
