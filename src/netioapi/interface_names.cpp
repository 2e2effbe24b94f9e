// SPDX-License-Identifier: Apache-2.0
// Names, aliases and GUIDs of interfaces. They need no more than the table's interfaces, so that they work in both
// homes.
#include <array>
#include <cstring>
#include <utility>

#include "netioapi/calls_beside.hpp"
#include "netioapi/host_guard.hpp"
#include "netioapi/wide.hpp"

namespace neigh::netioapi {
namespace {

// Bytes 10 to 15 of every GUID made here; Wine marks its own in the same way.
constexpr std::array<char, 6> kMark = {'N', 'e', 't', 'D', 'e', 'v'};

/// `not_there`: the answer for a name that no interface has.
NTSTATUS find_name(std::string_view name, NET_LUID* luid, NTSTATUS not_there) noexcept {
  return guarded([&](NeighborTable& stack) -> NTSTATUS {
    auto found = stack.find_interface(name);
    if (!found) return found.error().code == Errc::kNoSuchInterface ? not_there : status_of(found.error());
    luid->Value = found->luid().value();
    return STATUS_SUCCESS;
  });
}

NTSTATUS find_wide_name(const WCHAR* name, NET_LUID* luid, NTSTATUS not_there) noexcept {
  const KeepErrno keep_errno;
  try {
    const auto text = from_wide(name, IF_MAX_STRING_SIZE + 1);
    return text ? find_name(*text, luid, not_there) : not_there;
  } catch (const std::bad_alloc&) {
    return STATUS_NO_MEMORY;
  }
}

template <class Char, class Text>
NTSTATUS write_name(const NET_LUID* luid, Char* out, SIZE_T length, Text&& text_of_name) noexcept {
  return guarded([&](NeighborTable& stack) -> NTSTATUS {
    auto found = find_by_luid(stack, InterfaceLuid(luid->Value));
    if (!found) {
      return found.error().code == Errc::kNoSuchInterface ? STATUS_INVALID_PARAMETER : status_of(found.error());
    }
    const std::basic_string<Char>& text = text_of_name(found->name);
    if (text.size() >= length) return STATUS_NO_MEMORY;
    std::memcpy(out, text.c_str(), (text.size() + 1) * sizeof(Char));
    return STATUS_SUCCESS;
  });
}

}  // namespace

NTSTATUS name_to_luid(const char* name, NET_LUID* luid) noexcept {
  if (name == nullptr) return STATUS_OBJECT_NAME_INVALID;
  if (luid == nullptr) return STATUS_INVALID_PARAMETER;
  luid->Value = 0;
  const std::size_t size = ::strnlen(name, IF_MAX_STRING_SIZE + 1);
  return find_name(std::string_view(name, size), luid, STATUS_OBJECT_NAME_INVALID);
}

NTSTATUS name_to_luid(const WCHAR* name, NET_LUID* luid) noexcept {
  if (luid == nullptr) return STATUS_INVALID_PARAMETER;
  luid->Value = 0;
  if (name == nullptr) return STATUS_OBJECT_NAME_INVALID;
  return find_wide_name(name, luid, STATUS_OBJECT_NAME_INVALID);
}

NTSTATUS alias_to_luid(const WCHAR* alias, NET_LUID* luid) noexcept {
  if (luid == nullptr) return STATUS_INVALID_PARAMETER;
  if (alias == nullptr) return STATUS_INVALID_PARAMETER;
  luid->Value = 0;
  return find_wide_name(alias, luid, STATUS_INVALID_PARAMETER);
}

NTSTATUS luid_to_name(const NET_LUID* luid, char* name, SIZE_T length) noexcept {
  if (luid == nullptr) return STATUS_INVALID_PARAMETER;
  if (length == 0) return STATUS_NO_MEMORY;
  if (name == nullptr) return STATUS_INVALID_PARAMETER;
  return write_name(luid, name, length, [](const std::string& text) -> const std::string& { return text; });
}

NTSTATUS luid_to_name(const NET_LUID* luid, WCHAR* name, SIZE_T length) noexcept {
  if (luid == nullptr || name == nullptr) return STATUS_INVALID_PARAMETER;
  return write_name(luid, name, length, [](const std::string& text) { return to_wide(text); });
}

GUID guid_of(NET_IFINDEX index) noexcept {
  GUID guid{};
  guid.Data1 = index;
  std::memcpy(&guid.Data4[2], kMark.data(), kMark.size());
  return guid;
}

NTSTATUS luid_to_guid(const NET_LUID* luid, GUID* guid) noexcept {
  if (luid == nullptr || guid == nullptr) return STATUS_INVALID_PARAMETER;
  const InterfaceLuid wanted(luid->Value);
  *guid = {};
  return guarded([&](NeighborTable& stack) -> NTSTATUS {
    auto found = find_by_luid(stack, wanted);
    if (!found) return status_by_name(found.error());
    *guid = guid_of(to_number(found->index));
    return STATUS_SUCCESS;
  });
}

NTSTATUS guid_to_luid(const GUID* guid, NET_LUID* luid) noexcept {
  if (guid == nullptr || luid == nullptr) return STATUS_INVALID_PARAMETER;
  const GUID wanted = *guid;
  luid->Value = 0;
  const GUID made = guid_of(wanted.Data1);
  if (std::memcmp(&wanted, &made, sizeof made) != 0) return STATUS_OBJECT_NAME_NOT_FOUND;
  return guarded([&](NeighborTable& stack) -> NTSTATUS {
    auto found = stack.find_interface(static_cast<InterfaceIndex>(wanted.Data1));
    if (!found) return status_by_name(found.error());
    luid->Value = found->luid().value();
    return STATUS_SUCCESS;
  });
}

}  // namespace neigh::netioapi
