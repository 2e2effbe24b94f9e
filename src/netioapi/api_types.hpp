// SPDX-License-Identifier: Apache-2.0
// The types of the C API for its own implementation. Layouts and numbers are the same in both flavors (tests/abi);
// this is the kernel one, for its NTSTATUS names.
#pragma once

#include <ntddk.h>
//
#include <netioapi.h>
