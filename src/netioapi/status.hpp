// SPDX-License-Identifier: Apache-2.0
// NTSTATUS and Win32 codes: the one place that knows them.
#pragma once

#include "neigh/result.hpp"
#include "netioapi/api_types.hpp"

namespace neigh::netioapi {

/// The NTSTATUS of an error. The user flavor's code is `win32_from(status_of(error))`.
[[nodiscard]] NTSTATUS status_of(const Error& error) noexcept;

/// What RtlNtStatusToDosError answers.
[[nodiscard]] ULONG win32_from(NTSTATUS status) noexcept;

}  // namespace neigh::netioapi
