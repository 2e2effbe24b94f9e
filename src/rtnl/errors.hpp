// SPDX-License-Identifier: Apache-2.0
// The kernel's answers and errno as `Error`.
#pragma once

#include <string>
#include <string_view>

#include "neigh/result.hpp"

namespace neigh::rtnl {

/// A failed system call; `call` names it in the detail.
[[nodiscard]] Error system_error(std::string_view call, int number);

/// A request that the kernel refused with `number` (positive errno) and the extended-ack `text`, which may be empty.
[[nodiscard]] Error refused(int number, std::string text);

}  // namespace neigh::rtnl
