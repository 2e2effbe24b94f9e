// SPDX-License-Identifier: Apache-2.0
/// @file
/// The API in the flavor that this program is compiled for, and the codes it must answer with.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// After the C++ headers, whose names the macros of these could hit.
#if defined(NEIGH_TEST_USER)
#include <winsock2.h>
//
#include <ws2tcpip.h>
//
#include <iphlpapi.h>
#include <winternl.h>
#elif defined(NEIGH_TEST_KERNEL)
#include <ntddk.h>
//
#include <netioapi.h>
#else
#error "compile with NEIGH_TEST_USER or NEIGH_TEST_KERNEL"
#endif

#include <cstdint>
#include <string>

namespace neigh::conformance {

#ifdef NEIGH_TEST_USER
inline constexpr bool kUser = true;
#else
inline constexpr bool kUser = false;
#endif

enum class Expected : std::uint8_t {
  kSuccess,
  kInvalidParameter,
  kNotFound,           ///< No such entry, interface or source address.
  kNoInterfaceForGet,  ///< GetIpNetEntry2's own answer for an unknown interface (Z-03).
  kNameNotFound,       ///< What ConvertInterface... answer for an unknown interface.
  kAlreadyExists,
  kNotSupported,
  kUnreachable,
  kAccessDenied,
  kNoMemory,
  kTableFull,
  kInvalidName,         ///< ConvertInterfaceNameToLuid: no such name.
  kInvalidHandle,       ///< CancelMibChangeNotify2.
  kNetworkUnreachable,  ///< Routes.
  kOther,               ///< A failure without a code of its own (A-15).
};

/// The numbers of netioapi.md 2.1, written out: not the headers' names, which are under test, too.
struct CodePair {
  Expected expected;
  std::uint32_t user;
  std::uint32_t kernel;
  const char* name;
};
inline constexpr CodePair kCodes[] = {
    {Expected::kSuccess, 0, 0x00000000, "SUCCESS"},
    {Expected::kInvalidParameter, 87, 0xC000000D, "INVALID_PARAMETER"},
    {Expected::kNotFound, 1168, 0xC0000225, "NOT_FOUND"},
    {Expected::kNoInterfaceForGet, 2, 0xC0000225, "FILE_NOT_FOUND / STATUS_NOT_FOUND"},
    {Expected::kNameNotFound, 2, 0xC0000034, "FILE_NOT_FOUND / OBJECT_NAME_NOT_FOUND"},
    {Expected::kAlreadyExists, 5010, 0xC000022A, "OBJECT_ALREADY_EXISTS"},
    {Expected::kNotSupported, 50, 0xC00000BB, "NOT_SUPPORTED"},
    {Expected::kUnreachable, 67, 0xC00000CC, "BAD_NETWORK_NAME"},
    {Expected::kAccessDenied, 5, 0xC0000022, "ACCESS_DENIED"},
    {Expected::kNoMemory, 8, 0xC0000017, "NO_MEMORY"},
    {Expected::kTableFull, 1450, 0xC000009A, "INSUFFICIENT_RESOURCES"},
    {Expected::kInvalidName, 123, 0xC0000033, "INVALID_NAME / OBJECT_NAME_INVALID"},
    {Expected::kInvalidHandle, 6, 0xC0000008, "INVALID_HANDLE"},
    {Expected::kNetworkUnreachable, 1231, 0xC000023C, "NETWORK_UNREACHABLE"},
    {Expected::kOther, 31, 0xC0000001, "UNSUCCESSFUL"},
};

/// The code of this flavor.
[[nodiscard]] constexpr NETIO_STATUS code(Expected expected) {
  for (const CodePair& pair : kCodes) {
    if (pair.expected == expected) return static_cast<NETIO_STATUS>(kUser ? pair.user : pair.kernel);
  }
  return static_cast<NETIO_STATUS>(0xEEEEEEEE);
}

[[nodiscard]] inline std::string name_of(NETIO_STATUS status) {
  for (const CodePair& pair : kCodes) {
    if (code(pair.expected) == status) return pair.name;
  }
  return "a code that the family does not have";
}

/// EXPECT_THAT(CreateIpNetEntry2(&row), Gives(Expected::kAlreadyExists));
MATCHER_P(Gives, expected, name_of(code(expected)) + " " + std::to_string(code(expected))) {
  *result_listener << name_of(arg);
  return arg == code(expected);
}

}  // namespace neigh::conformance
