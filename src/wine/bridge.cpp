// SPDX-License-Identifier: Apache-2.0
// The library's side of the module: takes Windows' numbers, asks src/netioapi as libiphlpapi does, answers with
// Windows' numbers. What is told of an interface is told with the LUID that Wine's own tables have for it.
#include "wine/bridge.h"

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <tuple>
#include <utility>
#include <vector>

#include "netioapi/blocks.hpp"
#include "netioapi/calls.hpp"
#include "netioapi/calls_beside.hpp"
#include "netioapi/dispatcher.hpp"
#include "netioapi/host_guard.hpp"
#include "netioapi/status.hpp"

namespace {

namespace impl = neigh::netioapi;

constexpr std::uint32_t kNotEnoughMemory = 8;
constexpr std::uint32_t kInvalidHandle = 6;
constexpr std::uint32_t kInvalidParameter = 87;
constexpr std::uint32_t kBufferTooSmall = 122;
constexpr std::uint32_t kNoData = 232;
constexpr std::uint32_t kNotFound = 1168;

/// Wine ends a process by making its other threads leave at SIGQUIT, wherever they are; one that left within malloc
/// would take the lock along, and the process would never end. It waits until the call is over.
class HoldExit {
 public:
  HoldExit() {
    sigset_t quit;
    ::sigemptyset(&quit);
    ::sigaddset(&quit, SIGQUIT);
    (void)::pthread_sigmask(SIG_BLOCK, &quit, &before_);
  }
  ~HoldExit() { (void)::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  HoldExit(const HoldExit&) = delete;
  HoldExit& operator=(const HoldExit&) = delete;

 private:
  sigset_t before_{};
};

template <class Call>
std::uint32_t answer(Call&& call) noexcept {
  const HoldExit hold;
  try {
    return std::forward<Call>(call)();
  } catch (const std::bad_alloc&) {
    return kNotEnoughMemory;
  } catch (...) {
    return impl::win32_from(STATUS_UNSUCCESSFUL);
  }
}

/// The one place where Windows' AF_INET6 (23) and Linux's (10) meet (LIB-28). They are exchanged, both ways: a program
/// that says 10 means neither.
ADDRESS_FAMILY translated(ADDRESS_FAMILY family) {
  constexpr ADDRESS_FAMILY kWindowsInet6 = 23;
  static_assert(AF_INET == 2 && AF_INET6 == 10);
  if (family == kWindowsInet6) return AF_INET6;
  return family == AF_INET6 ? kWindowsInet6 : family;
}
void translate(SOCKADDR_INET& address) { address.si_family = translated(address.si_family); }
void translate(MIB_IPNET_ROW2& row) { translate(row.Address); }
void translate(MIB_UNICASTIPADDRESS_ROW& row) { translate(row.Address); }
void translate(MIB_IPINTERFACE_ROW& row) { row.Family = translated(row.Family); }
void translate(MIB_IPFORWARD_ROW2& row) {
  translate(row.DestinationPrefix.Prefix);
  translate(row.NextHop);
}

/// An interface that is named by LUID is known to Wine by that LUID; the library gets its index. One that Wine does
/// not know is left to the library to judge.
void name_for_library(NET_LUID& luid, NET_IFINDEX& index) {
  std::uint32_t found = 0;
  if (luid.Value == 0 || wine_side_own_index(luid.Value, &found) == 0) return;
  luid.Value = 0;
  index = found;
}

void name_for_program(NET_LUID& luid, NET_IFINDEX index) {
  std::uint64_t found = 0;
  if (index != 0 && wine_side_own_luid(index, &found) != 0) luid.Value = found;
}

template <class Row>
Row row_for_library(const void* image) {
  Row row;
  std::memcpy(&row, image, sizeof row);
  translate(row);
  name_for_library(row.InterfaceLuid, row.InterfaceIndex);
  return row;
}

template <class Row>
void give_to_program(Row row, void* image) {
  translate(row);
  name_for_program(row.InterfaceLuid, row.InterfaceIndex);
  std::memcpy(image, &row, sizeof row);
}

/// A call that takes a row.
template <class Row, class Result>
std::uint32_t call_in(Result (*call)(const Row*) noexcept, const void* image) {
  return answer([&]() -> std::uint32_t {
    if (image == nullptr) return impl::win32_from(call(nullptr));
    const Row row = row_for_library<Row>(image);
    return impl::win32_from(call(&row));
  });
}

/// A call that fills in the row it takes.
template <class Row, class Call>
std::uint32_t call_in_out(void* image, Call&& call) {
  return answer([&]() -> std::uint32_t {
    if (image == nullptr) return impl::win32_from(call(static_cast<Row*>(nullptr)));
    Row row = row_for_library<Row>(image);
    const std::uint32_t code = impl::win32_from(call(&row));
    if (code == 0) give_to_program(row, image);
    return code;
  });
}

/// A call that hands out a table: its rows are told as Windows tells them, in the block that it made.
template <class Table>
std::uint32_t call_table(NTSTATUS (*call)(ADDRESS_FAMILY, Table**) noexcept, std::uint16_t family, void** table) {
  if (table == nullptr) return kInvalidParameter;
  *table = nullptr;
  return answer([&]() -> std::uint32_t {
    Table* block = nullptr;
    const std::uint32_t code = impl::win32_from(call(translated(family), &block));
    if (code != 0) return code;
    auto* rows = block->Table;
    for (ULONG i = 0; i < block->NumEntries; ++i) give_to_program(rows[i], &rows[i]);
    *table = block;
    return 0;
  });
}

template <class Row>
void initialize(void (*call)(Row*) noexcept, void* image) {
  const HoldExit hold;
  if (image == nullptr) return;
  Row row;
  std::memcpy(&row, image, sizeof row);
  call(&row);
  translate(row);
  std::memcpy(image, &row, sizeof row);
}

std::vector<MIB_IPNET_ROW2> take_rows(MIB_IPNET_TABLE2* table, void (*release)(void*)) {
  const std::unique_ptr<void, void (*)(void*)> block(table, release);
  const MIB_IPNET_ROW2* first = table->Table;
  return {first, first + table->NumEntries};
}

/// Rows in Windows' numbers, in the order of LIB-15.
auto order_of(const MIB_IPNET_ROW2& row) {
  std::uint32_t v4 = 0;
  if (row.Address.si_family == AF_INET) std::memcpy(&v4, &row.Address.Ipv4.sin_addr, sizeof v4);
  return std::tuple(row.Address.si_family, row.InterfaceIndex, __builtin_bswap32(v4));
}
bool before(const MIB_IPNET_ROW2& a, const MIB_IPNET_ROW2& b) { return order_of(a) < order_of(b); }

/// The rows that Windows has on every interface, 224.0.0.22 and 239.255.255.250, as Wine's table has them (W-13): for
/// the interfaces of this process's namespace alone, and never instead of an entry of the kernel's.
void add_standing_rows(std::vector<MIB_IPNET_ROW2>& rows) {
  void* own = nullptr;
  if (wine_side_own_table(&own) == 0) return;
  const auto sorted_until = static_cast<std::ptrdiff_t>(rows.size());
  for (const MIB_IPNET_ROW2& row : take_rows(static_cast<MIB_IPNET_TABLE2*>(own), wine_side_own_free)) {
    const auto& address = row.Address.Ipv4.sin_addr.S_un.S_un_b;
    if (row.Address.si_family != AF_INET || (address.s_b1 & 0xF0) != 0xE0) continue;
    NET_LUID here{};
    if (impl::index_to_luid(row.InterfaceIndex, &here) != STATUS_SUCCESS) continue;
    if (std::binary_search(rows.begin(), rows.begin() + sorted_until, row, before)) continue;
    rows.push_back(row);
  }
  std::sort(rows.begin() + sorted_until, rows.end(), before);
  std::inplace_merge(rows.begin(), rows.begin() + sorted_until, rows.end(), before);
}

/// The table of a family, given as Windows has it. `rows` is empty with any code but 0.
std::uint32_t read_rows(ADDRESS_FAMILY family, std::vector<MIB_IPNET_ROW2>& rows) {
  MIB_IPNET_TABLE2* table = nullptr;
  const std::uint32_t code = impl::win32_from(impl::get_table(translated(family), &table));
  if (code != 0 && code != kNotFound) return code;
  if (table != nullptr) rows = take_rows(table, [](void* block) { impl::free_block(block); });
  NET_LUID luid{};
  NET_IFINDEX last = 0;
  for (MIB_IPNET_ROW2& row : rows) {
    translate(row);
    if (row.InterfaceIndex != last) {
      luid = row.InterfaceLuid;
      last = row.InterfaceIndex;
      name_for_program(luid, last);
    }
    row.InterfaceLuid = luid;
  }
  if (family != translated(AF_INET6)) add_standing_rows(rows);
  return rows.empty() ? kNotFound : 0;
}

/// netioapi.md V-28
DWORD legacy_type_of(const MIB_IPNET_ROW2& row) {
  switch (row.State) {
    case NlnsPermanent:
      return MIB_IPNET_TYPE_STATIC;
    case NlnsUnreachable:
      return MIB_IPNET_TYPE_INVALID;
    case NlnsIncomplete:
      return MIB_IPNET_TYPE_OTHER;
    default:
      return MIB_IPNET_TYPE_DYNAMIC;
  }
}

/// A registration for changes: the program's function, reached through `relay`.
struct Listener {
  void* callback = nullptr;
  void* context = nullptr;
};

struct Listeners {
  std::mutex mutex;
  std::map<void*, std::unique_ptr<Listener>> by_handle;
};

// Never destroyed: callbacks run to the end of the process.
Listeners& listeners() {
  static auto* all = new Listeners;
  return *all;
}

template <class Row>
void relay(void* context, Row* row, MIB_NOTIFICATION_TYPE type) {
  // A copy: the program may end the registration from within its function.
  const Listener target = *static_cast<const Listener*>(context);
  if (row == nullptr) {
    wine_side_tell(target.callback, target.context, nullptr, static_cast<int>(type));
    return;
  }
  Row image;
  give_to_program(*row, &image);
  wine_side_tell(target.callback, target.context, &image, static_cast<int>(type));
}

template <class Row>
using Notify = NTSTATUS (*)(ADDRESS_FAMILY, void (*)(void*, Row*, MIB_NOTIFICATION_TYPE), void*, bool,
                            HANDLE*) noexcept;

template <class Row>
std::uint32_t add_listener(Notify<Row> notify, std::uint16_t family, void* callback, void* context, int initial,
                           void** handle) {
  return answer([&]() -> std::uint32_t {
    // Its place is made first: once it is told of changes, nothing may fail any more.
    std::map<void*, std::unique_ptr<Listener>> made;
    made.emplace(nullptr, std::make_unique<Listener>(Listener{callback, context}));
    auto place = made.extract(made.begin());
    // Held until the handle is known: a callback that comes at once and ends the registration waits for that.
    const std::scoped_lock lock(listeners().mutex);
    const std::uint32_t code = impl::win32_from(notify(translated(family), callback != nullptr ? relay<Row> : nullptr,
                                                       place.mapped().get(), initial != 0, handle));
    if (code != 0) return code;
    place.key() = *handle;
    listeners().by_handle.insert(std::move(place));
    return 0;
  });
}

/// The library's handles are numbers that count up; Wine's are addresses, never in the first 64 KiB.
bool may_be_wines(void* handle) {
  constexpr std::uintptr_t kLowestAddress = 0x10000;
  std::uintptr_t number = 0;
  std::memcpy(&number, &handle, sizeof number);
  return number >= kLowestAddress;
}

}  // namespace

extern "C" {

void neigh_wine_start() {
  impl::set_thread_maker([](void (*run)(void*), void* argument) { return wine_side_thread(run, argument) != 0; });
}

std::uint32_t neigh_wine_CreateIpNetEntry2(const void* row) {
  return call_in<MIB_IPNET_ROW2, NTSTATUS>(impl::create_entry, row);
}
std::uint32_t neigh_wine_SetIpNetEntry2(const void* row) {
  return call_in<MIB_IPNET_ROW2, NTSTATUS>(impl::set_entry, row);
}
std::uint32_t neigh_wine_DeleteIpNetEntry2(const void* row) {
  return call_in<MIB_IPNET_ROW2, NTSTATUS>(impl::delete_entry, row);
}
std::uint32_t neigh_wine_GetIpNetEntry2(void* row) {
  return call_in_out<MIB_IPNET_ROW2>(
      row, [](MIB_IPNET_ROW2* r) { return impl::get_entry(r, STATUS_OBJECT_NAME_NOT_FOUND); });
}
std::uint32_t neigh_wine_ResolveIpNetEntry2(void* row, const void* source) {
  SOCKADDR_INET from{};
  if (source != nullptr) {
    std::memcpy(&from, source, sizeof from);
    translate(from);
  }
  return call_in_out<MIB_IPNET_ROW2>(
      row, [&](MIB_IPNET_ROW2* r) { return impl::resolve_entry(r, source != nullptr ? &from : nullptr); });
}
std::uint32_t neigh_wine_GetIpNetTable2(std::uint16_t family, void** table) {
  if (table == nullptr) return kInvalidParameter;
  *table = nullptr;
  return answer([&]() -> std::uint32_t {
    std::vector<MIB_IPNET_ROW2> rows;
    if (const std::uint32_t code = read_rows(family, rows); code != 0) return code;
    *table = impl::make_table<MIB_IPNET_TABLE2>(rows);
    return *table != nullptr ? 0 : kNotEnoughMemory;
  });
}
std::uint32_t neigh_wine_FlushIpNetTable2(std::uint16_t family, std::uint32_t index) {
  return answer([&] { return impl::win32_from(impl::flush_table(translated(family), index)); });
}
void neigh_wine_FreeMibTable(void* block) {
  const HoldExit hold;
  if (block != nullptr && !impl::take_back(block)) wine_side_own_free(block);
}

std::uint32_t neigh_wine_SendARP(std::uint32_t destination, std::uint32_t source, void* address,
                                 std::uint32_t* length) {
  return answer([&] { return impl::win32_from(impl::send_arp(destination, source, address, length)); });
}
std::uint32_t neigh_wine_GetIpNetTable(void* table, std::uint32_t* size) {
  if (size == nullptr) return kInvalidParameter;
  return answer([&]() -> std::uint32_t {
    std::vector<MIB_IPNET_ROW2> rows;
    if (const std::uint32_t code = read_rows(AF_INET, rows); code != 0) return code == kNotFound ? kNoData : code;
    std::erase_if(rows, [](const MIB_IPNET_ROW2& row) { return row.PhysicalAddressLength > MAXLEN_PHYSADDR; });
    if (rows.empty()) return kNoData;
    constexpr std::size_t kHead = offsetof(MIB_IPNETTABLE, table);
    const std::size_t needed = kHead + rows.size() * sizeof(MIB_IPNETROW);
    if (needed > std::numeric_limits<ULONG>::max()) return kNotEnoughMemory;
    const bool fits = *size >= needed;
    if (fits && table == nullptr) return kInvalidParameter;
    *size = static_cast<std::uint32_t>(needed);
    if (!fits) return kBufferTooSmall;
    const auto count = static_cast<DWORD>(rows.size());
    std::memcpy(table, &count, sizeof count);
    auto* out = static_cast<std::byte*>(table) + kHead;
    for (const MIB_IPNET_ROW2& row : rows) {
      MIB_IPNETROW one;
      std::memset(&one, 0, sizeof one);
      one.dwIndex = row.InterfaceIndex;
      one.dwPhysAddrLen = row.PhysicalAddressLength;
      std::memcpy(one.bPhysAddr, row.PhysicalAddress, row.PhysicalAddressLength);
      std::memcpy(&one.dwAddr, &row.Address.Ipv4.sin_addr, sizeof one.dwAddr);
      one.dwType = legacy_type_of(row);
      std::memcpy(out, &one, sizeof one);
      out += sizeof one;
    }
    return 0;
  });
}
std::uint32_t neigh_wine_CreateIpNetEntry(const void* row) {
  return answer([&] { return impl::win32_from(impl::legacy_create(static_cast<const MIB_IPNETROW*>(row))); });
}
std::uint32_t neigh_wine_SetIpNetEntry(const void* row) {
  return answer([&] { return impl::win32_from(impl::legacy_set(static_cast<const MIB_IPNETROW*>(row))); });
}
std::uint32_t neigh_wine_DeleteIpNetEntry(const void* row) {
  return answer([&] { return impl::win32_from(impl::legacy_delete(static_cast<const MIB_IPNETROW*>(row))); });
}
std::uint32_t neigh_wine_FlushIpNetTable(std::uint32_t index) {
  return answer([&] { return impl::win32_from(impl::legacy_flush(index)); });
}
std::uint32_t neigh_wine_CreateProxyArpEntry(std::uint32_t address, std::uint32_t mask, std::uint32_t index) {
  return answer([&] { return impl::win32_from(impl::create_proxy(address, mask, index)); });
}
std::uint32_t neigh_wine_DeleteProxyArpEntry(std::uint32_t address, std::uint32_t mask, std::uint32_t index) {
  return answer([&] { return impl::win32_from(impl::delete_proxy(address, mask, index)); });
}

std::uint32_t neigh_wine_GetBestInterface(std::uint32_t destination, std::uint32_t* index) {
  SOCKADDR_INET address{};
  address.Ipv4.sin_family = AF_INET;
  std::memcpy(&address.Ipv4.sin_addr, &destination, sizeof destination);
  return neigh_wine_GetBestInterfaceEx(&address, index);
}
std::uint32_t neigh_wine_GetBestInterfaceEx(const void* destination, std::uint32_t* index) {
  return answer([&]() -> std::uint32_t {
    if (destination == nullptr) return impl::win32_from(impl::get_best_interface(nullptr, index));
    // As long as its family says, never longer.
    union {
      SOCKADDR any;
      SOCKADDR_INET address;
    } to{};
    ADDRESS_FAMILY family = AF_UNSPEC;
    std::memcpy(&family, destination, sizeof family);
    family = translated(family);
    const std::size_t size = family == AF_INET6  ? sizeof to.address.Ipv6
                             : family == AF_INET ? sizeof to.address.Ipv4
                                                 : sizeof family;
    std::memcpy(&to, destination, size);
    to.any.sa_family = family;
    return impl::win32_from(impl::get_best_interface(&to.any, index));
  });
}
std::uint32_t neigh_wine_GetBestRoute2(const std::uint64_t* luid, std::uint32_t index, const void* source,
                                       const void* destination, void* route, void* best_source) {
  return answer([&]() -> std::uint32_t {
    NET_LUID by_luid{};
    if (luid != nullptr) by_luid.Value = *luid;
    name_for_library(by_luid, index);
    SOCKADDR_INET from{};
    SOCKADDR_INET to{};
    if (source != nullptr) std::memcpy(&from, source, sizeof from);
    if (destination != nullptr) std::memcpy(&to, destination, sizeof to);
    translate(from);
    translate(to);
    MIB_IPFORWARD_ROW2 row{};
    SOCKADDR_INET best{};
    const std::uint32_t code = impl::win32_from(
        impl::get_best_route(luid != nullptr ? &by_luid : nullptr, index, source != nullptr ? &from : nullptr,
                             destination != nullptr ? &to : nullptr, route != nullptr ? &row : nullptr,
                             best_source != nullptr ? &best : nullptr, STATUS_OBJECT_NAME_NOT_FOUND));
    if (code != 0) return code;
    give_to_program(row, route);
    translate(best);
    std::memcpy(best_source, &best, sizeof best);
    return 0;
  });
}
std::uint32_t neigh_wine_GetIpInterfaceEntry(void* row) {
  return call_in_out<MIB_IPINTERFACE_ROW>(row, impl::get_ip_interface);
}
std::uint32_t neigh_wine_GetIpForwardTable2(std::uint16_t family, void** table) {
  return call_table<MIB_IPFORWARD_TABLE2>(impl::get_routes, family, table);
}
std::uint32_t neigh_wine_GetUnicastIpAddressTable(std::uint16_t family, void** table) {
  return call_table<MIB_UNICASTIPADDRESS_TABLE>(impl::get_addresses, family, table);
}
std::uint32_t neigh_wine_GetUnicastIpAddressEntry(void* row) {
  return call_in_out<MIB_UNICASTIPADDRESS_ROW>(row, impl::get_address);
}
void neigh_wine_InitializeIpForwardEntry(void* row) { initialize(impl::initialize_route, row); }
std::uint32_t neigh_wine_CreateIpForwardEntry2(const void* row) {
  return call_in<MIB_IPFORWARD_ROW2, NTSTATUS>(impl::create_route, row);
}
std::uint32_t neigh_wine_DeleteIpForwardEntry2(const void* row) {
  return call_in<MIB_IPFORWARD_ROW2, NTSTATUS>(impl::delete_route, row);
}
void neigh_wine_InitializeUnicastIpAddressEntry(void* row) { initialize(impl::initialize_address, row); }
std::uint32_t neigh_wine_CreateUnicastIpAddressEntry(const void* row) {
  return call_in<MIB_UNICASTIPADDRESS_ROW, NTSTATUS>(impl::create_address, row);
}
std::uint32_t neigh_wine_DeleteUnicastIpAddressEntry(const void* row) {
  return call_in<MIB_UNICASTIPADDRESS_ROW, NTSTATUS>(impl::delete_address, row);
}

std::uint32_t neigh_wine_NotifyIpInterfaceChange(std::uint16_t family, void* callback, void* context, int initial,
                                                 void** handle) {
  return add_listener<MIB_IPINTERFACE_ROW>(impl::notify_interfaces, family, callback, context, initial, handle);
}
std::uint32_t neigh_wine_NotifyUnicastIpAddressChange(std::uint16_t family, void* callback, void* context, int initial,
                                                      void** handle) {
  return add_listener<MIB_UNICASTIPADDRESS_ROW>(impl::notify_addresses, family, callback, context, initial, handle);
}
std::uint32_t neigh_wine_NotifyRouteChange2(std::uint16_t family, void* callback, void* context, int initial,
                                            void** handle) {
  return add_listener<MIB_IPFORWARD_ROW2>(impl::notify_routes, family, callback, context, initial, handle);
}
std::uint32_t neigh_wine_NotifyIpNetChange(std::uint16_t family, void* callback, void* context, int initial,
                                           void** handle) {
  return add_listener<MIB_IPNET_ROW2>(impl::notify_neighbors, family, callback, context, initial, handle);
}
std::uint32_t neigh_wine_CancelMibChangeNotify2(void* handle) {
  return answer([&]() -> std::uint32_t {
    std::unique_ptr<Listener> ended;
    {
      const std::scoped_lock lock(listeners().mutex);
      const auto found = listeners().by_handle.find(handle);
      if (found != listeners().by_handle.end()) {
        ended = std::move(found->second);
        listeners().by_handle.erase(found);
      }
    }
    if (ended != nullptr) return impl::win32_from(impl::cancel_notify(handle));
    if (handle == nullptr) return kInvalidParameter;
    return may_be_wines(handle) ? wine_side_own_cancel(handle) : kInvalidHandle;
  });
}

}  // extern "C"
