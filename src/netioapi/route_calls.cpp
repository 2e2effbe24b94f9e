// SPDX-License-Identifier: Apache-2.0
// Routes.
#include <array>
#include <cstring>
#include <limits>

#include "netioapi/calls_beside.hpp"
#include "netioapi/host_guard.hpp"
#include "netioapi/link_rows.hpp"
#include "netioapi/row.hpp"

namespace neigh::netioapi {
namespace {

constexpr ULONG kForEver = std::numeric_limits<ULONG>::max();
constexpr ULONG kUsualMetric = kForEver;

/// Who made a route, in rtnetlink's numbers (linux/rtnetlink.h, RTPROT_*) and the API's. The first row of a number is
/// the one that it is translated by.
struct Maker {
  std::uint8_t kernel;
  NL_ROUTE_PROTOCOL api;
  NL_ROUTE_ORIGIN origin;
};
constexpr std::uint8_t kStatic = 4;
constexpr std::array kMakers = {
    Maker{kStatic, MIB_IPPROTO_NETMGMT, NlroManual},      // by an administrator
    Maker{3, MIB_IPPROTO_NETMGMT, NlroManual},            // while booting
    Maker{16, MIB_IPPROTO_NETMGMT, NlroDHCP},             // DHCP
    Maker{2, MIB_IPPROTO_LOCAL, NlroWellKnown},           // the kernel
    Maker{1, MIB_IPPROTO_ICMP, NlroManual},               // ICMP redirect
    Maker{9, MIB_IPPROTO_ICMP, NlroRouterAdvertisement},  // router advertisement
    Maker{186, MIB_IPPROTO_BGP, NlroManual},              //
    Maker{187, MIB_IPPROTO_IS_IS, NlroManual},            //
    Maker{188, MIB_IPPROTO_OSPF, NlroManual},             //
    Maker{189, MIB_IPPROTO_RIP, NlroManual},              //
};

Maker maker_of(std::uint8_t kernel) {
  for (const Maker& maker : kMakers) {
    if (maker.kernel == kernel) return maker;
  }
  return {kernel, MIB_IPPROTO_OTHER, NlroManual};
}

std::uint8_t kernel_maker_of(const MIB_IPFORWARD_ROW2& row) {
  // Read as a number: a caller may have anything in there.
  std::uint32_t wanted = 0;
  std::memcpy(&wanted, &row.Protocol, sizeof wanted);
  for (const Maker& maker : kMakers) {
    if (static_cast<std::uint32_t>(maker.api) == wanted) return maker.kernel;
  }
  return kStatic;
}

bool has_bits_behind(const IpAddress& prefix, std::uint8_t length) {
  const auto bytes = prefix.bytes();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::size_t kept = std::min<std::size_t>(8, length > 8 * i ? length - 8 * i : 0);
    if ((bytes[i] & (0xFFU >> kept)) != 0) return true;
  }
  return false;
}

MIB_IPFORWARD_ROW2 row_of(const Route& route, const Interface& device) {
  MIB_IPFORWARD_ROW2 row = key_row_of(route, device.luid());
  const Maker maker = maker_of(route.protocol);
  row.ValidLifetime = seconds_of(route.lifetime);
  row.PreferredLifetime = row.ValidLifetime;
  row.Metric = route.metric;
  row.Protocol = maker.api;
  row.Origin = maker.origin;
  row.Loopback = device.loopback;
  row.AutoconfigureAddress = maker.origin == NlroRouterAdvertisement && route.next_hop.size() == 0;
  row.Immortal = !route.lifetime.has_value();
  return row;
}

NTSTATUS status_of_way(const Error& error) {
  return error.code == Errc::kUnreachable ? STATUS_NETWORK_UNREACHABLE : status_of(error);
}

/// Prefix and next hop of a row, checked.
Result<Route> check_prefix(const MIB_IPFORWARD_ROW2* row) {
  if (row == nullptr) return invalid("Row");
  Route out{.destination = address_of(row->DestinationPrefix.Prefix),
            .prefix_length = row->DestinationPrefix.PrefixLength,
            .next_hop = address_of(row->NextHop)};
  if (out.destination.family() == Family::kUnspecified) return invalid("DestinationPrefix");
  if (out.next_hop.family() != out.destination.family()) return invalid("NextHop");
  if (out.prefix_length > 8 * out.destination.size()) return invalid("PrefixLength");
  if (has_bits_behind(out.destination, out.prefix_length)) return invalid("DestinationPrefix");
  if (out.next_hop.is_multicast() || out.next_hop.is_limited_broadcast()) return invalid("NextHop");
  if (out.next_hop.is_unspecified()) out.next_hop = {};
  if (row->InterfaceLuid.Value == 0 && row->InterfaceIndex == 0) return invalid("InterfaceLuid");
  return out;
}

Result<Route> check_new(const MIB_IPFORWARD_ROW2* row) {
  auto out = check_prefix(row);
  if (!out) return out;
  if (row->ValidLifetime == 0 || row->ValidLifetime < row->PreferredLifetime) return invalid("ValidLifetime");
  if (row->ValidLifetime != kForEver) {
    if (out->destination.is_v4()) return invalid("ValidLifetime");
    out->lifetime = std::chrono::seconds(row->ValidLifetime);
  }
  out->metric = row->Metric == kUsualMetric ? 0 : row->Metric;
  out->protocol = kernel_maker_of(*row);
  return out;
}

/// What both forms of "which way" check before any stack is asked.
struct Question {
  IpAddress destination = {};
  IpAddress source = {};
};
Result<Question> check_question(const SOCKADDR_INET* source, const SOCKADDR_INET* destination) {
  if (destination == nullptr) return invalid("DestinationAddress");
  Question out{.destination = address_of(*destination)};
  if (out.destination.family() == Family::kUnspecified) return invalid("DestinationAddress");
  if (source != nullptr && source->si_family != AF_UNSPEC) {
    out.source = address_of(*source);
    if (out.source.family() != out.destination.family()) return invalid("SourceAddress");
    if (out.source.is_unspecified()) out.source = {};
  }
  return out;
}

/// The interface of a link-local destination is in its scope id, if nowhere else.
InterfaceIndex scope_of(const SOCKADDR_INET& destination) {
  const IpAddress address = address_of(destination);
  if (!address.is_v6() || !(address.is_link_local() || address.is_multicast())) return InterfaceIndex::kNone;
  return static_cast<InterfaceIndex>(destination.Ipv6.sin6_scope_id);
}

}  // namespace

MIB_IPFORWARD_ROW2 key_row_of(const Route& route, InterfaceLuid luid) {
  MIB_IPFORWARD_ROW2 row;
  std::memset(&row, 0, sizeof row);
  row.InterfaceLuid.Value = luid.value();
  row.InterfaceIndex = to_number(route.interface);
  fill_address(row.DestinationPrefix.Prefix, route.destination, route.interface);
  row.DestinationPrefix.PrefixLength = route.prefix_length;
  const IpAddress none = route.destination.is_v4() ? IpAddress::v4({}) : IpAddress::v6({});
  fill_address(row.NextHop, route.next_hop.size() != 0 ? route.next_hop : none, route.interface);
  return row;
}

NTSTATUS get_best_route(const NET_LUID* luid, NET_IFINDEX index, const SOCKADDR_INET* source,
                        const SOCKADDR_INET* destination, MIB_IPFORWARD_ROW2* route, SOCKADDR_INET* best_source,
                        NTSTATUS no_interface) noexcept {
  const auto check = [&]() -> Result<void> {
    if (route == nullptr || best_source == nullptr) return invalid("BestRoute");
    if (auto ok = check_question(source, destination); !ok) return std::move(ok).error();
    return {};
  };
  return guarded_host(check, [&](NeighborTable& stack, HostNetwork& host) -> NTSTATUS {
    const auto question = check_question(source, destination);
    if (!question) return status_of(question.error());
    NET_LUID wanted{};
    if (luid != nullptr) wanted = *luid;
    InterfaceIndex over = scope_of(*destination);
    if (wanted.Value != 0 || index != 0) {
      auto device = find_by_keys(stack, wanted, index);
      if (!device) return device.error().code == Errc::kNoSuchInterface ? no_interface : status_of(device.error());
      over = device->index;
    }
    auto best = host.best_route(question->destination, question->source, over);
    if (!best) return best.error().code == Errc::kNoSuchInterface ? no_interface : status_of_way(best.error());
    auto device = stack.find_interface(best->route.interface);
    if (!device) return device.error().code == Errc::kNoSuchInterface ? no_interface : status_of(device.error());
    SOCKADDR_INET from;
    std::memset(&from, 0, sizeof from);
    const bool v4 = question->destination.is_v4();
    const IpAddress none = v4 ? IpAddress::v4({}) : IpAddress::v6({});
    fill_address(from, best->source.size() != 0 ? best->source : none, best->route.interface);
    *route = row_of(best->route, *device);
    *best_source = from;
    return STATUS_SUCCESS;
  });
}

NTSTATUS get_best_interface(const SOCKADDR* destination, DWORD* index) noexcept {
  if (destination == nullptr || index == nullptr) return STATUS_INVALID_PARAMETER;
  // The caller's memory holds no more than its family needs.
  SOCKADDR_INET address;
  std::memset(&address, 0, sizeof address);
  if (destination->sa_family == AF_INET) {
    std::memcpy(&address.Ipv4, destination, sizeof address.Ipv4);
  } else if (destination->sa_family == AF_INET6) {
    std::memcpy(&address.Ipv6, destination, sizeof address.Ipv6);
  } else {
    return STATUS_INVALID_PARAMETER;
  }
  return guarded_host([] { return Result<void>(); },
                      [&](NeighborTable& /*stack*/, HostNetwork& host) -> NTSTATUS {
                        auto best = host.best_route(address_of(address), {}, scope_of(address));
                        if (!best) return status_of_way(best.error());
                        *index = to_number(best->route.interface);
                        return STATUS_SUCCESS;
                      });
}

NTSTATUS get_routes(ADDRESS_FAMILY family, MIB_IPFORWARD_TABLE2** table) noexcept {
  if (table == nullptr) return STATUS_INVALID_PARAMETER;
  *table = nullptr;
  return guarded_host([&] { return family_of(family); },
                      [&](NeighborTable& stack, HostNetwork& host) -> NTSTATUS {
                        auto all = host.routes(family_of(family).value_or(Family::kUnspecified));
                        if (!all) return status_of(all.error());
                        auto devices = stack.interfaces();  // ordered by index
                        if (!devices) return status_of(devices.error());
                        std::vector<MIB_IPFORWARD_ROW2> rows;
                        rows.reserve(all->size());
                        for (const Route& one : *all) {
                          const auto device = std::lower_bound(
                              devices->begin(), devices->end(), one.interface,
                              [](const Interface& i, InterfaceIndex wanted) { return i.index < wanted; });
                          const bool there = device != devices->end() && device->index == one.interface;
                          if (there) rows.push_back(row_of(one, *device));
                        }
                        if (rows.empty()) return STATUS_NOT_FOUND;
                        *table = make_table<MIB_IPFORWARD_TABLE2>(rows);
                        return *table != nullptr ? STATUS_SUCCESS : STATUS_NO_MEMORY;
                      });
}

void initialize_route(MIB_IPFORWARD_ROW2* row) noexcept {
  if (row == nullptr) return;
  std::memset(row, 0, sizeof *row);  // Protocol, too: no number of NL_ROUTE_PROTOCOL is 0
  row->SitePrefixLength = 255;
  row->ValidLifetime = kForEver;
  row->PreferredLifetime = kForEver;
  row->Metric = kUsualMetric;
  row->Loopback = 1;
  row->AutoconfigureAddress = 1;
  row->Publish = 1;
  row->Immortal = 1;
}

NTSTATUS create_route(const MIB_IPFORWARD_ROW2* row) noexcept {
  return guarded_host([&] { return check_new(row); },
                      [&](NeighborTable& stack, HostNetwork& host) -> NTSTATUS {
                        auto wanted = check_new(row);
                        if (!wanted) return status_of(wanted.error());
                        auto device = find_by_keys(stack, row->InterfaceLuid, row->InterfaceIndex);
                        if (!device) return status_of(device.error());
                        if (!(wanted->destination.is_v4() ? device->ipv4 : device->ipv6)) return STATUS_NOT_SUPPORTED;
                        wanted->interface = device->index;
                        auto done = host.create_route(*wanted);
                        return done ? STATUS_SUCCESS : status_of_way(done.error());
                      });
}

NTSTATUS delete_route(const MIB_IPFORWARD_ROW2* row) noexcept {
  return guarded_host([&] { return check_prefix(row); },
                      [&](NeighborTable& stack, HostNetwork& host) -> NTSTATUS {
                        auto wanted = check_prefix(row);
                        if (!wanted) return status_of(wanted.error());
                        auto device = find_by_keys(stack, row->InterfaceLuid, row->InterfaceIndex);
                        if (!device) return status_of(device.error());
                        wanted->interface = device->index;
                        return status_of_done(host.remove_route(*wanted));
                      });
}

}  // namespace neigh::netioapi
