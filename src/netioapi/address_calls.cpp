// SPDX-License-Identifier: Apache-2.0
// Unicast addresses of the host.
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "netioapi/calls_beside.hpp"
#include "netioapi/host_guard.hpp"
#include "netioapi/link_rows.hpp"
#include "netioapi/row.hpp"

namespace neigh::netioapi {
namespace {

constexpr ULONG kForEver = std::numeric_limits<ULONG>::max();
constexpr UINT8 kWholeAddress = 255;

/// When the host started, in time since 1970. The difference of two clocks, which are not read at one moment: told
/// anew only if it is another by more than the kernel's own clock for this, so that one moment has one value.
std::chrono::milliseconds start_of_host() {
  using std::chrono::milliseconds;
  constexpr milliseconds::rep kGrain = 10;
  static std::atomic<milliseconds::rep> told{0};
  const auto apart =
      std::chrono::system_clock::now().time_since_epoch() - std::chrono::steady_clock::now().time_since_epoch();
  const milliseconds::rep now = std::chrono::round<milliseconds>(apart).count();
  milliseconds::rep before = told.load();
  if (before == 0 || std::abs(now - before) > kGrain) {
    const milliseconds::rep rounded = (now + kGrain / 2) / kGrain * kGrain;
    // Of two that find it out at once, the first is right.
    if (told.compare_exchange_strong(before, rounded)) before = rounded;
  }
  return milliseconds(before);
}

/// 100 ns since 1601, of a moment that is told as time since the host started.
LONGLONG file_time_of(std::chrono::milliseconds since_start) {
  using Ticks = std::chrono::duration<LONGLONG, std::ratio<1, 10'000'000>>;
  constexpr std::chrono::seconds kFrom1601To1970{11'644'473'600};
  const auto then = start_of_host() + since_start;
  // Nanoseconds since 1601 would not fit.
  return (std::chrono::duration_cast<Ticks>(then) + Ticks(kFrom1601To1970)).count();
}

MIB_UNICASTIPADDRESS_ROW row_of(const HostAddress& address, InterfaceLuid luid) {
  MIB_UNICASTIPADDRESS_ROW row = key_row_of(address, luid);
  row.PrefixOrigin = prefix_origin_of(address);
  row.SuffixOrigin = suffix_origin_of(address);
  row.ValidLifetime = seconds_of(address.valid);
  row.PreferredLifetime = seconds_of(address.preferred);
  row.OnLinkPrefixLength = address.prefix_length;
  row.DadState = dad_state_of(address);
  if (address.address.is_v6() && address.address.is_link_local()) row.ScopeId.Value = to_number(address.interface);
  row.CreationTimeStamp.QuadPart = file_time_of(address.created);
  return row;
}

bool is_origin(std::uint32_t value) { return value <= IpPrefixOriginRouterAdvertisement; }

std::optional<std::chrono::seconds> lifetime_of(ULONG seconds) {
  if (seconds == kForEver) return std::nullopt;
  return std::chrono::seconds(seconds);
}

Result<void> check_origins(const MIB_UNICASTIPADDRESS_ROW& row) {
  // Read as numbers: a caller may have anything in there.
  std::uint32_t prefix = 0;
  std::uint32_t suffix = 0;
  std::memcpy(&prefix, &row.PrefixOrigin, sizeof prefix);
  std::memcpy(&suffix, &row.SuffixOrigin, sizeof suffix);
  const bool unchanged = prefix == IpPrefixOriginUnchanged;
  if (unchanged != (suffix == IpSuffixOriginUnchanged)) return invalid("SuffixOrigin");
  if (!unchanged && !is_origin(prefix)) return invalid("PrefixOrigin");
  if (!unchanged && suffix > IpSuffixOriginRandom) return invalid("SuffixOrigin");
  return {};
}

/// @return The address.
Result<IpAddress> check_key(const MIB_UNICASTIPADDRESS_ROW* row) {
  if (row == nullptr) return invalid("Row");
  const IpAddress address = address_of(row->Address);
  if (address.family() == Family::kUnspecified) return invalid("Address");
  if (address.is_unspecified() || address.is_multicast() || address.is_limited_broadcast() || address.is_v4_mapped()) {
    return invalid("Address");
  }
  return address;
}

Result<void> check_keys(const MIB_UNICASTIPADDRESS_ROW& row) {
  if (row.InterfaceLuid.Value == 0 && row.InterfaceIndex == 0) return invalid("InterfaceLuid");
  return {};
}

Result<HostAddress> check_new(const MIB_UNICASTIPADDRESS_ROW* row) {
  auto address = check_key(row);
  if (!address) return std::move(address).error();
  const auto bits = static_cast<std::uint8_t>(8 * address->size());
  HostAddress out{.address = *address, .prefix_length = row->OnLinkPrefixLength};
  if (out.prefix_length == kWholeAddress) out.prefix_length = bits;
  if (out.prefix_length > bits) return invalid("OnLinkPrefixLength");
  if (row->ValidLifetime < row->PreferredLifetime) return invalid("PreferredLifetime");
  if (row->ValidLifetime == 0) return invalid("ValidLifetime");
  if (auto ok = check_origins(*row); !ok) return std::move(ok).error();
  if (auto ok = check_keys(*row); !ok) return std::move(ok).error();
  if (row->SkipAsSource != 0) return Error{.code = Errc::kNotSupported, .field = "SkipAsSource"};
  out.valid = lifetime_of(row->ValidLifetime);
  out.preferred = lifetime_of(row->PreferredLifetime);
  out.no_dad = row->DadState == IpDadStatePreferred;
  return out;
}

}  // namespace

NL_PREFIX_ORIGIN prefix_origin_of(const HostAddress& address) {
  if (address.from_router) return IpPrefixOriginRouterAdvertisement;
  const bool well_known = address.address.is_loopback() || (address.address.is_v6() && address.address.is_link_local());
  return well_known ? IpPrefixOriginWellKnown : IpPrefixOriginManual;
}

NL_SUFFIX_ORIGIN suffix_origin_of(const HostAddress& address) {
  if (address.temporary) return IpSuffixOriginRandom;
  if (address.address.is_loopback()) return IpSuffixOriginWellKnown;
  const bool made = address.from_router || (address.address.is_v6() && address.address.is_link_local());
  return made ? IpSuffixOriginLinkLayerAddress : IpSuffixOriginManual;
}

NL_DAD_STATE dad_state_of(const HostAddress& address) {
  switch (address.state) {
    case HostAddress::State::kTentative:
      return IpDadStateTentative;
    case HostAddress::State::kDuplicate:
      return IpDadStateDuplicate;
    case HostAddress::State::kDeprecated:
      return IpDadStateDeprecated;
    case HostAddress::State::kPreferred:
      break;
  }
  return IpDadStatePreferred;
}

ULONG seconds_of(const std::optional<std::chrono::seconds>& time) {
  if (!time) return kForEver;
  return static_cast<ULONG>(std::clamp<std::chrono::seconds::rep>(time->count(), 0, kForEver - 1));
}

MIB_UNICASTIPADDRESS_ROW key_row_of(const HostAddress& address, InterfaceLuid luid) {
  MIB_UNICASTIPADDRESS_ROW row;
  std::memset(&row, 0, sizeof row);
  fill_address(row.Address, address.address, address.interface);
  row.InterfaceLuid.Value = luid.value();
  row.InterfaceIndex = to_number(address.interface);
  return row;
}

NTSTATUS get_addresses(ADDRESS_FAMILY family, MIB_UNICASTIPADDRESS_TABLE** table) noexcept {
  if (table == nullptr) return STATUS_INVALID_PARAMETER;
  *table = nullptr;
  return guarded_host([&] { return family_of(family); },
                      [&](NeighborTable& stack, HostNetwork& host) -> NTSTATUS {
                        auto all = host.addresses(family_of(family).value_or(Family::kUnspecified));
                        if (!all) return status_of(all.error());
                        auto devices = stack.interfaces();
                        if (!devices) return status_of(devices.error());
                        std::vector<MIB_UNICASTIPADDRESS_ROW> rows;
                        for (const HostAddress& one : *all) {
                          // What has gone between the two is left out.
                          const auto device = std::find_if(devices->begin(), devices->end(), [&](const Interface& i) {
                            return i.index == one.interface;
                          });
                          if (device != devices->end()) rows.push_back(row_of(one, device->luid()));
                        }
                        if (rows.empty()) return STATUS_NOT_FOUND;
                        *table = make_table<MIB_UNICASTIPADDRESS_TABLE>(rows);
                        return *table != nullptr ? STATUS_SUCCESS : STATUS_NO_MEMORY;
                      });
}

NTSTATUS get_address(MIB_UNICASTIPADDRESS_ROW* row) noexcept {
  const auto check = [&]() -> Result<void> {
    if (row == nullptr) return invalid("Row");
    if (address_of(row->Address).size() == 0) return invalid("Address");
    return {};
  };
  return guarded_host(check, [&](NeighborTable& stack, HostNetwork& host) -> NTSTATUS {
    auto device = find_by_keys(stack, row->InterfaceLuid, row->InterfaceIndex);
    if (!device) return status_by_name(device.error());
    const IpAddress wanted = address_of(row->Address);
    auto all = host.addresses(wanted.family());
    if (!all) return status_of(all.error());
    for (const HostAddress& one : *all) {
      if (one.interface != device->index || one.address != wanted) continue;
      *row = row_of(one, device->luid());
      return STATUS_SUCCESS;
    }
    return STATUS_NOT_FOUND;
  });
}

void initialize_address(MIB_UNICASTIPADDRESS_ROW* row) noexcept {
  if (row == nullptr) return;
  std::memset(row, 0, sizeof *row);
  row->PrefixOrigin = IpPrefixOriginUnchanged;
  row->SuffixOrigin = IpSuffixOriginUnchanged;
  row->ValidLifetime = kForEver;
  row->PreferredLifetime = kForEver;
  row->OnLinkPrefixLength = kWholeAddress;
}

NTSTATUS create_address(const MIB_UNICASTIPADDRESS_ROW* row) noexcept {
  return guarded_host([&] { return check_new(row); },
                      [&](NeighborTable& stack, HostNetwork& host) -> NTSTATUS {
                        auto wanted = check_new(row);
                        if (!wanted) return status_of(wanted.error());
                        auto device = find_by_keys(stack, row->InterfaceLuid, row->InterfaceIndex);
                        if (!device) return status_of(device.error());
                        if (!(wanted->address.is_v4() ? device->ipv4 : device->ipv6)) return STATUS_NOT_SUPPORTED;
                        // The kernel has ::1 on the loopback interface alone, and no code for that.
                        if (wanted->address.is_v6() && wanted->address.is_loopback() && !device->loopback) {
                          return STATUS_INVALID_PARAMETER;
                        }
                        wanted->interface = device->index;
                        return status_of_done(host.create_address(*wanted));
                      });
}

NTSTATUS delete_address(const MIB_UNICASTIPADDRESS_ROW* row) noexcept {
  const auto check = [&]() -> Result<void> {
    if (auto ok = check_key(row); !ok) return std::move(ok).error();
    return check_keys(*row);
  };
  return guarded_host(check, [&](NeighborTable& stack, HostNetwork& host) -> NTSTATUS {
    auto device = find_by_keys(stack, row->InterfaceLuid, row->InterfaceIndex);
    if (!device) return status_of(device.error());
    return status_of_done(host.remove_address(device->index, address_of(row->Address)));
  });
}

}  // namespace neigh::netioapi
