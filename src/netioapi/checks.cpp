// SPDX-License-Identifier: Apache-2.0
#include "netioapi/checks.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "netioapi/row.hpp"

namespace neigh::netioapi {
namespace {

Error invalid(std::string_view field) { return {.code = Errc::kInvalidArgument, .field = field}; }

Error no_such_interface(std::string_view field) { return {.code = Errc::kNoSuchInterface, .field = field}; }

Result<InterfaceIndex> index_of(InterfaceLuid luid) {
  const auto index = luid.index();
  if (!index || *index == InterfaceIndex::kNone) return no_such_interface("InterfaceLuid");
  return *index;
}

bool takes_length(ULONG length, const Interface& interface) {
  // Longer is cut (LIB-11); a length of 0 fits only where nothing has an address.
  return length >= interface.link_address_size;
}

}  // namespace

Result<Family> family_of(ADDRESS_FAMILY family) {
  switch (family) {
    case AF_UNSPEC:
      return Family::kUnspecified;
    case AF_INET:
      return Family::kIpv4;
    case AF_INET6:
      return Family::kIpv6;
    default:
      return invalid("Family");
  }
}

Result<Interface> find_by_luid(NeighborTable& table, InterfaceLuid luid) {
  const auto index = index_of(luid);
  if (!index) return index.error();
  auto found = table.find_interface(*index);
  if (found && found->luid() != luid) return no_such_interface("InterfaceLuid");
  return found;
}

Result<IpAddress> check_row_alone(const MIB_IPNET_ROW2* row, RowUse use) {
  if (row == nullptr) return invalid("Row");
  const IpAddress address = address_of(row->Address);
  if (address.family() == Family::kUnspecified) return invalid("Address");
  if (use != RowUse::kKeyOnly) {
    if (auto ok = check_neighbor_address(address); !ok) return std::move(ok).error();
    if (use == RowUse::kResolvable && address.is_multicast()) return invalid("Address");
  }
  if (use == RowUse::kWritten && row->PhysicalAddressLength > IF_MAX_PHYS_ADDRESS_LENGTH) {
    return invalid("PhysicalAddressLength");
  }
  if (row->InterfaceLuid.Value == 0 && row->InterfaceIndex == 0) return invalid("InterfaceLuid");  // LIB-04
  return address;
}

Result<InterfaceIndex> index_of(const MIB_IPNET_ROW2& row) {
  // A LUID alone decides; a wrong one never falls back to the index (A-05, LIB-05, LIB-06).
  if (row.InterfaceLuid.Value == 0) return static_cast<InterfaceIndex>(row.InterfaceIndex);
  return index_of(InterfaceLuid(row.InterfaceLuid.Value));
}

Result<void> check_interface(const MIB_IPNET_ROW2& row, RowUse use, const Interface& interface) {
  if (row.InterfaceLuid.Value != 0 && interface.luid() != InterfaceLuid(row.InterfaceLuid.Value)) {
    return no_such_interface("InterfaceLuid");
  }
  const bool v4 = row.Address.si_family == AF_INET;
  if (!(v4 ? interface.ipv4 : interface.ipv6)) return Error{.code = Errc::kNotSupported, .field = "Address"};
  // The kernel keys every IPv4 entry of such a device 0.0.0.0 (LNX-042): what was written could never be found again.
  const bool keyless = v4 && (interface.loopback || interface.point_to_point);
  if (use == RowUse::kWritten && keyless) return invalid("Address");
  if (use == RowUse::kWritten && !takes_length(row.PhysicalAddressLength, interface)) {
    return invalid("PhysicalAddressLength");
  }
  return {};
}

LinkAddress link_address_of(const MIB_IPNET_ROW2& row, const Interface& interface) {
  const std::size_t size = std::min<std::size_t>(row.PhysicalAddressLength, interface.link_address_size);
  return LinkAddress::from_bytes(std::span(row.PhysicalAddress).first(size)).value_or(LinkAddress{});
}

}  // namespace neigh::netioapi
