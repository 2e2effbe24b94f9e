// SPDX-License-Identifier: Apache-2.0
// What the calls on links, addresses and routes share.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "neigh/host.hpp"
#include "netioapi/blocks.hpp"
#include "netioapi/checks.hpp"
#include "netioapi/guard.hpp"

namespace neigh::netioapi {

/// A Win32 code that no NTSTATUS stands for: win32_from gives it back (V-13).
[[nodiscard]] constexpr NTSTATUS status_for_win32(std::uint32_t code) {
  return static_cast<NTSTATUS>(0xC0010000U | code);
}

/// As `guarded`, with the stack's host: a stack without one answers STATUS_NOT_SUPPORTED.
template <class Check, class Call>
NTSTATUS guarded_host(Check&& check, Call&& call) noexcept {
  return guarded(std::forward<Check>(check), [&](NeighborTable& stack) -> NTSTATUS {
    HostNetwork* host = stack.host();
    if (host == nullptr) return STATUS_NOT_SUPPORTED;
    return call(stack, *host);
  });
}

[[nodiscard]] inline Error invalid(std::string_view field) { return {.code = Errc::kInvalidArgument, .field = field}; }

/// The interface of a pair of keys: a LUID alone decides. @retval Errc::kNoSuchInterface
[[nodiscard]] inline Result<Interface> find_by_keys(NeighborTable& stack, const NET_LUID& luid, NET_IFINDEX index) {
  if (luid.Value != 0) return find_by_luid(stack, InterfaceLuid(luid.Value));
  if (index == 0) return Error{.code = Errc::kNoSuchInterface, .field = "InterfaceIndex"};
  return stack.find_interface(static_cast<InterfaceIndex>(index));
}

/// The status of an error where an unknown interface is told as a missing name.
[[nodiscard]] inline NTSTATUS status_by_name(const Error& error) {
  return error.code == Errc::kNoSuchInterface ? STATUS_OBJECT_NAME_NOT_FOUND : status_of(error);
}

[[nodiscard]] inline NTSTATUS status_of_done(const Result<void>& done) {
  return done ? STATUS_SUCCESS : status_of(done.error());
}

/// A table of `rows` for the caller, to be released by FreeMibTable. @return nullptr: no memory.
template <class Table, class Row>
[[nodiscard]] Table* make_table(const std::vector<Row>& rows) {
  constexpr std::size_t kHead = offsetof(Table, Table);
  if (rows.size() > std::numeric_limits<ULONG>::max()) return nullptr;
  void* block = std::calloc(1, kHead + std::max<std::size_t>(rows.size(), 1) * sizeof(Row));
  if (block == nullptr) return nullptr;
  auto* table = static_cast<Table*>(block);
  table->NumEntries = static_cast<ULONG>(rows.size());
  std::copy(rows.begin(), rows.end(), table->Table);
  if (hand_out(block)) return table;
  std::free(block);
  return nullptr;
}

}  // namespace neigh::netioapi
