// SPDX-License-Identifier: Apache-2.0
// Interfaces, and what each address family has set on them.
#include <algorithm>
#include <cstring>
#include <limits>

#include "netioapi/calls_beside.hpp"
#include "netioapi/host_guard.hpp"
#include "netioapi/link_rows.hpp"
#include "netioapi/wide.hpp"

namespace neigh::netioapi {
namespace {

void copy_text(WCHAR (&out)[IF_MAX_STRING_SIZE + 1], std::string_view text) {
  const auto wide = to_wide(text);
  std::copy_n(wide.begin(), std::min<std::size_t>(wide.size(), IF_MAX_STRING_SIZE), out);
}

void copy_link_address(UCHAR (&out)[IF_MAX_PHYS_ADDRESS_LENGTH], const LinkAddress& address) {
  const auto bytes = address.bytes();
  std::copy(bytes.begin(), bytes.end(), out);
}

NDIS_MEDIUM medium_of(const Interface& link) {
  switch (link.type) {
    case InterfaceType::kEthernet:
      return NdisMedium802_3;
    case InterfaceType::kWireless:
      return NdisMediumNative802_11;
    case InterfaceType::kLoopback:
      return NdisMediumLoopback;
    case InterfaceType::kPpp:
      return NdisMediumWan;
    case InterfaceType::kTunnel:
      return NdisMediumTunnel;
    case InterfaceType::kInfiniband:
      return NdisMediumInfiniBand;
    case InterfaceType::kOther:
      break;
  }
  return link.link_address_size == 6 ? NdisMedium802_3 : NdisMediumIP;
}

NDIS_PHYSICAL_MEDIUM physical_medium_of(const Interface& link, bool hardware) {
  if (!hardware) return NdisPhysicalMediumUnspecified;
  switch (link.type) {
    case InterfaceType::kEthernet:
      return NdisPhysicalMedium802_3;
    case InterfaceType::kWireless:
      return NdisPhysicalMediumNative802_11;
    case InterfaceType::kInfiniband:
      return NdisPhysicalMediumInfiniband;
    case InterfaceType::kLoopback:
    case InterfaceType::kPpp:
    case InterfaceType::kTunnel:
    case InterfaceType::kOther:
      break;
  }
  return NdisPhysicalMediumUnspecified;
}

void fill_counters(MIB_IF_ROW2& row, const LinkCounters& counters) {
  row.InOctets = counters.rx_bytes;
  row.InNUcastPkts = counters.rx_multicast;
  row.InUcastPkts = counters.rx_packets - std::min(counters.rx_packets, counters.rx_multicast);
  row.InDiscards = counters.rx_dropped;
  row.InErrors = counters.rx_errors;
  row.InUnknownProtos = counters.rx_nohandler;
  row.OutOctets = counters.tx_bytes;
  row.OutUcastPkts = counters.tx_packets;
  row.OutDiscards = counters.tx_dropped;
  row.OutErrors = counters.tx_errors;
}

MIB_IF_ROW2 row_of(const HostLink& link) {
  MIB_IF_ROW2 row;
  std::memset(&row, 0, sizeof row);
  const Interface& device = link.interface;
  const bool hardware = !device.virtual_device && !device.loopback && device.type != InterfaceType::kTunnel;
  row.InterfaceLuid.Value = device.luid().value();
  row.InterfaceIndex = to_number(device.index);
  row.InterfaceGuid = guid_of(row.InterfaceIndex);
  copy_text(row.Alias, device.name);
  copy_text(row.Description, link.description.empty() ? device.name : link.description);
  const LinkAddress physical = physical_address_of(device);
  row.PhysicalAddressLength = static_cast<ULONG>(physical.size());
  copy_link_address(row.PhysicalAddress, physical);
  const bool has_permanent = link.permanent_address.size() == device.link_address.size();
  copy_link_address(row.PermanentPhysicalAddress, has_permanent ? link.permanent_address : device.link_address);
  row.Mtu = device.mtu;
  row.Type = static_cast<IFTYPE>(device.type);
  row.TunnelType = device.type == InterfaceType::kTunnel ? TUNNEL_TYPE_OTHER : TUNNEL_TYPE_NONE;
  row.MediaType = medium_of(device);
  row.PhysicalMediumType = physical_medium_of(device, hardware);
  row.AccessType = device.loopback         ? NET_IF_ACCESS_LOOPBACK
                   : device.point_to_point ? NET_IF_ACCESS_POINT_TO_POINT
                                           : NET_IF_ACCESS_BROADCAST;
  row.DirectionType = NET_IF_DIRECTION_SENDRECEIVE;
  row.InterfaceAndOperStatusFlags.HardwareInterface = hardware;
  row.InterfaceAndOperStatusFlags.ConnectorPresent = hardware;
  row.InterfaceAndOperStatusFlags.NotMediaConnected = !device.running;
  row.OperStatus = oper_status_of(link);
  row.AdminStatus = device.up ? NET_IF_ADMIN_STATUS_UP : NET_IF_ADMIN_STATUS_DOWN;
  row.MediaConnectState = device.running ? MediaConnectStateConnected : MediaConnectStateDisconnected;
  row.ConnectionType = NET_IF_CONNECTION_DEDICATED;
  row.TransmitLinkSpeed = speed_of(link);
  row.ReceiveLinkSpeed = row.TransmitLinkSpeed;
  fill_counters(row, link.counters);
  return row;
}

ULONG milliseconds_of(std::chrono::milliseconds time) {
  return static_cast<ULONG>(
      std::clamp<std::chrono::milliseconds::rep>(time.count(), 0, std::numeric_limits<ULONG>::max()));
}

MIB_IPINTERFACE_ROW row_of(const HostLink& link, ADDRESS_FAMILY family, const FamilySettings& settings) {
  MIB_IPINTERFACE_ROW row;
  std::memset(&row, 0, sizeof row);
  const Interface& device = link.interface;
  const bool v6 = family == AF_INET6;
  const bool resolves = !device.no_arp && !device.loopback && device.link_address_size > 0;
  row.Family = family;
  row.InterfaceLuid.Value = device.luid().value();
  row.InterfaceIndex = to_number(device.index);
  row.MaxReassemblySize = settings.max_reassembly;
  row.ForwardingEnabled = settings.forwarding;
  row.WeakHostSend = 1;
  row.WeakHostReceive = 1;
  row.UseNeighborUnreachabilityDetection = resolves;
  row.ManagedAddressConfigurationSupported = settings.managed;
  row.OtherStatefulConfigurationSupported = settings.other_config;
  row.RouterDiscoveryBehavior =
      settings.accepts_router_advertisements ? RouterDiscoveryEnabled : RouterDiscoveryDisabled;
  row.DadTransmits = settings.dad_transmits;
  row.BaseReachableTime = milliseconds_of(settings.base_reachable_time);
  row.RetransmitTime = milliseconds_of(settings.retransmit_time);
  row.ReachableTime = milliseconds_of(settings.reachable_time);
  row.LinkLocalAddressBehavior = v6 ? LinkLocalAlwaysOn : LinkLocalAlwaysOff;
  row.ZoneIndices[ScopeLevelInterface] = row.InterfaceIndex;
  row.ZoneIndices[ScopeLevelLink] = row.InterfaceIndex;
  row.NlMtu = settings.mtu;
  row.Connected = device.up && device.running;
  row.SupportsNeighborDiscovery = resolves;
  row.SupportsRouterDiscovery = v6 && resolves;
  return row;
}

}  // namespace

IF_OPER_STATUS oper_status_of(const HostLink& link) {
  switch (link.state) {
    case LinkState::kUp:
      return IfOperStatusUp;
    case LinkState::kDormant:
      return IfOperStatusDormant;
    case LinkState::kTesting:
      return IfOperStatusTesting;
    case LinkState::kLowerLayerDown:
      return IfOperStatusLowerLayerDown;
    case LinkState::kDown:
      return IfOperStatusDown;
    case LinkState::kNotPresent:
      return IfOperStatusNotPresent;
    case LinkState::kUnknown:
      break;
  }
  // Drivers that do not tell (loopback, tunnels) are up when they run.
  return link.interface.up && link.interface.running ? IfOperStatusUp : IfOperStatusDown;
}

ULONG64 speed_of(const HostLink& link) {
  return link.bits_per_second == 0 ? std::numeric_limits<ULONG64>::max() : link.bits_per_second;
}

NTSTATUS get_link(MIB_IF_ROW2* row) noexcept {
  const auto check = [&]() -> Result<void> {
    if (row == nullptr) return invalid("Row");
    if (row->InterfaceLuid.Value == 0 && row->InterfaceIndex == 0) return invalid("InterfaceLuid");
    return {};
  };
  return guarded_host(check, [&](NeighborTable& stack, HostNetwork& host) -> NTSTATUS {
    auto device = find_by_keys(stack, row->InterfaceLuid, row->InterfaceIndex);
    if (!device) return status_by_name(device.error());
    auto link = host.link(device->index);
    if (!link) return status_by_name(link.error());
    *row = row_of(*link);
    return STATUS_SUCCESS;
  });
}

NTSTATUS get_links(std::uint32_t level, MIB_IF_TABLE2** table) noexcept {
  if (table == nullptr || (level != MibIfTableNormal && level != MibIfTableRaw)) return STATUS_INVALID_PARAMETER;
  *table = nullptr;
  return guarded_host([] { return Result<void>(); },
                      [&](NeighborTable& /*stack*/, HostNetwork& host) -> NTSTATUS {
                        auto links = host.links();
                        if (!links) return status_of(links.error());
                        std::vector<MIB_IF_ROW2> rows;
                        rows.reserve(links->size());
                        for (const HostLink& link : *links) rows.push_back(row_of(link));
                        *table = make_table<MIB_IF_TABLE2>(rows);
                        return *table != nullptr ? STATUS_SUCCESS : STATUS_NO_MEMORY;
                      });
}

NTSTATUS get_ip_interface(MIB_IPINTERFACE_ROW* row) noexcept {
  const auto check = [&]() -> Result<void> {
    if (row == nullptr) return invalid("Row");
    if (row->Family != AF_INET && row->Family != AF_INET6) return invalid("Family");
    if (row->InterfaceLuid.Value == 0 && row->InterfaceIndex == 0) return invalid("InterfaceLuid");
    return {};
  };
  return guarded_host(check, [&](NeighborTable& stack, HostNetwork& host) -> NTSTATUS {
    auto device = find_by_keys(stack, row->InterfaceLuid, row->InterfaceIndex);
    if (!device) return status_by_name(device.error());
    auto link = host.link(device->index);
    if (!link) return status_by_name(link.error());
    const FamilySettings& settings = row->Family == AF_INET ? link->ipv4 : link->ipv6;
    if (!settings.present) return STATUS_NOT_FOUND;
    *row = row_of(*link, row->Family, settings);
    return STATUS_SUCCESS;
  });
}

}  // namespace neigh::netioapi
