// SPDX-License-Identifier: Apache-2.0
#include "netioapi/status.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>

namespace neigh::netioapi {
namespace {

struct Pair {
  std::uint32_t status;
  ULONG win32;
};

// netioapi.md 2.2, ascending by status.
constexpr std::array kPairs = {
    Pair{0x00000102, 1460},  // STATUS_TIMEOUT
    Pair{0x00000103, 997},   // STATUS_PENDING
    Pair{0x80000005, 234},   // STATUS_BUFFER_OVERFLOW
    Pair{0x8000001A, 259},   // STATUS_NO_MORE_ENTRIES
    Pair{0xC0000001, 31},    // STATUS_UNSUCCESSFUL
    Pair{0xC0000002, 1},     // STATUS_NOT_IMPLEMENTED
    Pair{0xC0000004, 24},    // STATUS_INFO_LENGTH_MISMATCH
    Pair{0xC0000005, 998},   // STATUS_ACCESS_VIOLATION
    Pair{0xC0000008, 6},     // STATUS_INVALID_HANDLE
    Pair{0xC000000D, 87},    // STATUS_INVALID_PARAMETER
    Pair{0xC000000E, 433},   // STATUS_NO_SUCH_DEVICE
    Pair{0xC000000F, 2},     // STATUS_NO_SUCH_FILE
    Pair{0xC0000010, 1},     // STATUS_INVALID_DEVICE_REQUEST
    Pair{0xC0000017, 8},     // STATUS_NO_MEMORY
    Pair{0xC0000022, 5},     // STATUS_ACCESS_DENIED
    Pair{0xC0000023, 122},   // STATUS_BUFFER_TOO_SMALL
    Pair{0xC0000033, 123},   // STATUS_OBJECT_NAME_INVALID
    Pair{0xC0000034, 2},     // STATUS_OBJECT_NAME_NOT_FOUND
    Pair{0xC0000035, 183},   // STATUS_OBJECT_NAME_COLLISION
    Pair{0xC0000061, 1314},  // STATUS_PRIVILEGE_NOT_HELD
    Pair{0xC000009A, 1450},  // STATUS_INSUFFICIENT_RESOURCES
    Pair{0xC00000B5, 121},   // STATUS_IO_TIMEOUT
    Pair{0xC00000BB, 50},    // STATUS_NOT_SUPPORTED
    Pair{0xC00000BD, 52},    // STATUS_DUPLICATE_NAME
    Pair{0xC00000BE, 53},    // STATUS_BAD_NETWORK_PATH
    Pair{0xC00000CC, 67},    // STATUS_BAD_NETWORK_NAME
    Pair{0xC0000120, 995},   // STATUS_CANCELLED
    Pair{0xC0000141, 59},    // STATUS_INVALID_ADDRESS
    Pair{0xC0000207, 1214},  // STATUS_INVALID_ADDRESS_COMPONENT
    Pair{0xC000020A, 52},    // STATUS_ADDRESS_ALREADY_EXISTS
    Pair{0xC0000225, 1168},  // STATUS_NOT_FOUND
    Pair{0xC000022A, 5010},  // STATUS_DUPLICATE_OBJECTID
    Pair{0xC000022B, 5010},  // STATUS_OBJECTID_EXISTS
    Pair{0xC0000236, 1225},  // STATUS_CONNECTION_REFUSED
    Pair{0xC000023C, 1231},  // STATUS_NETWORK_UNREACHABLE
    Pair{0xC000023D, 1232},  // STATUS_HOST_UNREACHABLE
    Pair{0xC0000272, 1169},  // STATUS_NO_MATCH
};
static_assert(std::is_sorted(kPairs.begin(), kPairs.end(), [](Pair a, Pair b) { return a.status < b.status; }));

constexpr ULONG kUnmapped = 317;                      // ERROR_MR_MID_NOT_FOUND
constexpr std::uint32_t kWrappedWin32 = 0xC0010000U;  // 0xC001nnnn stands for Win32 code nnnn (V-13)

}  // namespace

NTSTATUS status_of(const Error& error) noexcept {
  switch (error.code) {
    case Errc::kInvalidArgument:
      return STATUS_INVALID_PARAMETER;
    case Errc::kNotFound:
    case Errc::kNoSuchInterface:
    case Errc::kNoSuchAddress:
      return STATUS_NOT_FOUND;
    case Errc::kAlreadyExists:
      return STATUS_DUPLICATE_OBJECTID;  // LIB-01
    case Errc::kUnreachable:
      return STATUS_BAD_NETWORK_NAME;  // LIB-18
    case Errc::kPermissionDenied:
      return STATUS_ACCESS_DENIED;  // LIB-22
    case Errc::kNotSupported:
      return STATUS_NOT_SUPPORTED;
    case Errc::kTableFull:
      return STATUS_INSUFFICIENT_RESOURCES;  // LIB-26
    case Errc::kNoMemory:
      return STATUS_NO_MEMORY;  // LIB-02
    case Errc::kTimedOut:
      return STATUS_IO_TIMEOUT;
    case Errc::kSystem:
      // No descriptor to be had: a resource like the others (LIB-34).
      if (error.sys_errno == EMFILE || error.sys_errno == ENFILE) return STATUS_INSUFFICIENT_RESOURCES;
      break;
    case Errc::kMalformed:
    case Errc::kOverrun:
      break;
  }
  return STATUS_UNSUCCESSFUL;
}

ULONG win32_from(NTSTATUS status) noexcept {
  const auto number = static_cast<std::uint32_t>(status);
  if (number == 0) return 0;
  if ((number & 0xFFFF0000U) == kWrappedWin32) return number & 0xFFFFU;
  const auto found = std::lower_bound(kPairs.begin(), kPairs.end(), number,
                                      [](Pair pair, std::uint32_t s) { return pair.status < s; });
  return found != kPairs.end() && found->status == number ? found->win32 : kUnmapped;
}

}  // namespace neigh::netioapi
