// SPDX-License-Identifier: Apache-2.0
// GetAdaptersAddresses: one block of linked structures, written twice. The first time nothing is stored, only counted.
#include <array>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>

#include "netioapi/calls_beside.hpp"
#include "netioapi/host_guard.hpp"
#include "netioapi/link_rows.hpp"
#include "netioapi/row.hpp"
#include "netioapi/wide.hpp"

namespace neigh::netioapi {
namespace {

constexpr NTSTATUS kNoData = status_for_win32(232);
constexpr NTSTATUS kBufferOverflow = status_for_win32(111);

/// Hands out parts of the caller's block, or counts what it would hand out.
class Arena {
 public:
  explicit Arena(void* block) : block_(static_cast<std::byte*>(block)) {}

  /// @return Zeroed room, or nullptr while counting.
  template <class T>
  T* take(std::size_t count = 1) {
    static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= kAlign);
    const std::size_t at = used_;
    const std::size_t size = count * sizeof(T);
    used_ += (size + kAlign - 1) / kAlign * kAlign;
    if (block_ == nullptr) return nullptr;
    std::memset(block_ + at, 0, size);
    return static_cast<T*>(static_cast<void*>(block_ + at));
  }
  template <class Char>
  Char* copy(const std::basic_string<Char>& text) {
    Char* out = take<Char>(text.size() + 1);
    if (out != nullptr) std::memcpy(out, text.c_str(), (text.size() + 1) * sizeof(Char));
    return out;
  }
  [[nodiscard]] std::size_t used() const { return used_; }

 private:
  static constexpr std::size_t kAlign = 8;
  std::byte* block_;
  std::size_t used_ = 0;
};

/// Appends to a list linked by Next.
template <class T>
class List {
 public:
  explicit List(T** first) : end_(first) {}
  void append(T* item) {
    if (item == nullptr) return;
    item->Length = sizeof(T);
    *end_ = item;
    end_ = &item->Next;
  }

 private:
  T** end_;
};

SOCKET_ADDRESS put_address(Arena& arena, const IpAddress& address, InterfaceIndex interface) {
  SOCKET_ADDRESS out{};
  SOCKADDR_INET full;
  std::memset(&full, 0, sizeof full);
  fill_address(full, address, interface);
  const std::size_t size = address.is_v4() ? sizeof(SOCKADDR_IN) : sizeof(SOCKADDR_IN6);
  auto* copy = arena.take<std::byte>(size);
  if (copy != nullptr) std::memcpy(copy, &full, size);
  out.lpSockaddr = static_cast<SOCKADDR*>(static_cast<void*>(copy));
  out.iSockaddrLength = static_cast<INT>(size);
  return out;
}

IpAddress masked(const IpAddress& address, std::uint8_t length) {
  std::array<std::uint8_t, IpAddress::kMaxSize> bytes{};
  const auto from = address.bytes();
  for (std::size_t i = 0; i < from.size(); ++i) {
    const std::size_t kept = std::min<std::size_t>(8, length > 8 * i ? length - 8 * i : 0);
    bytes[i] = static_cast<std::uint8_t>(from[i] & ~(0xFFU >> kept));
  }
  return IpAddress::from_bytes(std::span(bytes).first(from.size())).value_or(IpAddress{});
}

std::string guid_text(const GUID& guid) {
  std::array<char, 40> text{};
  const auto* d = guid.Data4;
  (void)std::snprintf(text.data(), text.size(), "{%08X-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}", guid.Data1,
                      static_cast<unsigned>(guid.Data2), static_cast<unsigned>(guid.Data3), static_cast<unsigned>(d[0]),
                      static_cast<unsigned>(d[1]), static_cast<unsigned>(d[2]), static_cast<unsigned>(d[3]),
                      static_cast<unsigned>(d[4]), static_cast<unsigned>(d[5]), static_cast<unsigned>(d[6]),
                      static_cast<unsigned>(d[7]));
  return text.data();
}

/// What the calls tell, read once for both passes.
struct Content {
  std::vector<HostLink> links = {};
  std::vector<HostAddress> addresses = {};
  std::vector<Route> routes = {};
  Family family = Family::kUnspecified;
  ULONG flags = 0;

  [[nodiscard]] bool wants(Family one) const { return family == Family::kUnspecified || family == one; }
  [[nodiscard]] bool has(ULONG flag) const { return (flags & flag) != 0; }
};

void put_unicast(Arena& arena, const Content& content, InterfaceIndex index, IP_ADAPTER_ADDRESSES* adapter) {
  IP_ADAPTER_UNICAST_ADDRESS_LH* none = nullptr;
  List<IP_ADAPTER_UNICAST_ADDRESS_LH> list(adapter != nullptr ? &adapter->FirstUnicastAddress : &none);
  for (const HostAddress& one : content.addresses) {
    if (one.interface != index) continue;
    auto* item = arena.take<IP_ADAPTER_UNICAST_ADDRESS_LH>();
    const SOCKET_ADDRESS address = put_address(arena, one.address, index);
    if (item == nullptr) continue;
    item->Address = address;
    item->Flags = IP_ADAPTER_ADDRESS_DNS_ELIGIBLE | (one.temporary ? IP_ADAPTER_ADDRESS_TRANSIENT : 0U);
    item->PrefixOrigin = prefix_origin_of(one);
    item->SuffixOrigin = suffix_origin_of(one);
    item->DadState = dad_state_of(one);
    item->ValidLifetime = seconds_of(one.valid);
    item->PreferredLifetime = seconds_of(one.preferred);
    item->LeaseLifetime = item->ValidLifetime;
    item->OnLinkPrefixLength = one.prefix_length;
    list.append(item);
  }
}

void put_prefixes(Arena& arena, const Content& content, InterfaceIndex index, IP_ADAPTER_ADDRESSES* adapter) {
  IP_ADAPTER_PREFIX_XP* none = nullptr;
  List<IP_ADAPTER_PREFIX_XP> list(adapter != nullptr ? &adapter->FirstPrefix : &none);
  for (const HostAddress& one : content.addresses) {
    if (one.interface != index) continue;
    auto* item = arena.take<IP_ADAPTER_PREFIX_XP>();
    const SOCKET_ADDRESS address = put_address(arena, masked(one.address, one.prefix_length), index);
    if (item == nullptr) continue;
    item->Address = address;
    item->PrefixLength = one.prefix_length;
    list.append(item);
  }
}

void put_gateways(Arena& arena, const Content& content, InterfaceIndex index, IP_ADAPTER_ADDRESSES* adapter) {
  IP_ADAPTER_GATEWAY_ADDRESS_LH* none = nullptr;
  List<IP_ADAPTER_GATEWAY_ADDRESS_LH> list(adapter != nullptr ? &adapter->FirstGatewayAddress : &none);
  for (const Route& one : content.routes) {
    if (one.interface != index || one.prefix_length != 0 || one.next_hop.size() == 0) continue;
    auto* item = arena.take<IP_ADAPTER_GATEWAY_ADDRESS_LH>();
    const SOCKET_ADDRESS address = put_address(arena, one.next_hop, index);
    if (item == nullptr) continue;
    item->Address = address;
    list.append(item);
  }
}

void fill_adapter(IP_ADAPTER_ADDRESSES& out, const HostLink& link) {
  const Interface& device = link.interface;
  const ULONG index = to_number(device.index);
  const bool v6 = link.ipv6.present;
  out.IfIndex = link.ipv4.present ? index : 0;
  out.Ipv6IfIndex = v6 ? index : 0;
  const LinkAddress physical = physical_address_of(device);
  if (physical.size() <= MAX_ADAPTER_ADDRESS_LENGTH) {
    const auto bytes = physical.bytes();
    std::copy(bytes.begin(), bytes.end(), out.PhysicalAddress);
    out.PhysicalAddressLength = static_cast<ULONG>(bytes.size());
  }
  if (link.ipv4.present) out.Flags |= IP_ADAPTER_IPV4_ENABLED;
  if (v6) out.Flags |= IP_ADAPTER_IPV6_ENABLED;
  if (v6 && link.ipv6.managed) out.Flags |= IP_ADAPTER_IPV6_MANAGE_ADDRESS_CONFIG;
  if (v6 && link.ipv6.other_config) out.Flags |= IP_ADAPTER_IPV6_OTHER_STATEFUL_CONFIG;
  out.Mtu = device.mtu;
  out.IfType = static_cast<IFTYPE>(device.type);
  out.OperStatus = oper_status_of(link);
  out.ZoneIndices[ScopeLevelInterface] = index;
  out.ZoneIndices[ScopeLevelLink] = index;
  out.TransmitLinkSpeed = speed_of(link);
  out.ReceiveLinkSpeed = out.TransmitLinkSpeed;
  out.Luid.Value = device.luid().value();
  out.CompartmentId = NET_IF_COMPARTMENT_ID_PRIMARY;
  out.ConnectionType = NET_IF_CONNECTION_DEDICATED;
  out.TunnelType = device.type == InterfaceType::kTunnel ? TUNNEL_TYPE_OTHER : TUNNEL_TYPE_NONE;
}

bool told(const Content& content, const HostLink& link) {
  if (content.has(GAA_FLAG_INCLUDE_ALL_INTERFACES)) return true;
  return (content.wants(Family::kIpv4) && link.ipv4.present) || (content.wants(Family::kIpv6) && link.ipv6.present);
}

/// @return Bytes that the block needs.
std::size_t write_all(const Content& content, void* block) {
  Arena arena(block);
  IP_ADAPTER_ADDRESSES* first = nullptr;
  List<IP_ADAPTER_ADDRESSES> list(&first);
  for (const HostLink& link : content.links) {
    if (!told(content, link)) continue;
    const InterfaceIndex index = link.interface.index;
    auto* adapter = arena.take<IP_ADAPTER_ADDRESSES>();
    char* const name = arena.copy(guid_text(guid_of(to_number(index))));
    WCHAR* const suffix = arena.copy(std::basic_string<WCHAR>{});
    WCHAR* const description = arena.copy(to_wide(link.description.empty() ? link.interface.name : link.description));
    WCHAR* const friendly =
        content.has(GAA_FLAG_SKIP_FRIENDLY_NAME) ? nullptr : arena.copy(to_wide(link.interface.name));
    if (adapter != nullptr) {
      fill_adapter(*adapter, link);
      adapter->AdapterName = name;
      adapter->DnsSuffix = suffix;
      adapter->Description = description;
      adapter->FriendlyName = friendly;
      list.append(adapter);
    }
    if (!content.has(GAA_FLAG_SKIP_UNICAST)) put_unicast(arena, content, index, adapter);
    if (content.has(GAA_FLAG_INCLUDE_PREFIX)) put_prefixes(arena, content, index, adapter);
    if (content.has(GAA_FLAG_INCLUDE_GATEWAYS)) put_gateways(arena, content, index, adapter);
  }
  return arena.used();
}

}  // namespace

NTSTATUS get_adapters(ULONG family, ULONG flags, IP_ADAPTER_ADDRESSES* adapters, ULONG* size) noexcept {
  const auto check = [&]() -> Result<Family> {
    if (size == nullptr) return invalid("SizePointer");
    if (family > std::numeric_limits<ADDRESS_FAMILY>::max()) return invalid("Family");
    return family_of(static_cast<ADDRESS_FAMILY>(family));
  };
  return guarded_host(check, [&](NeighborTable& /*stack*/, HostNetwork& host) -> NTSTATUS {
    Content content{.family = check().value_or(Family::kUnspecified), .flags = flags};
    auto links = host.links();
    if (!links) return status_of(links.error());
    content.links = std::move(*links);
    auto addresses = host.addresses(content.family);
    if (!addresses) return status_of(addresses.error());
    content.addresses = std::move(*addresses);
    if (content.has(GAA_FLAG_INCLUDE_GATEWAYS)) {
      auto routes = host.routes(content.family);
      if (!routes) return status_of(routes.error());
      content.routes = std::move(*routes);
    }
    const std::size_t needed = write_all(content, nullptr);
    if (needed == 0) return kNoData;
    if (needed > std::numeric_limits<ULONG>::max()) return STATUS_NO_MEMORY;
    if (adapters == nullptr || *size < needed) {
      *size = static_cast<ULONG>(needed);
      return kBufferOverflow;
    }
    (void)write_all(content, adapters);
    return STATUS_SUCCESS;
  });
}

}  // namespace neigh::netioapi
