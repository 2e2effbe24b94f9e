// SPDX-License-Identifier: Apache-2.0
// Time that comes from outside: code that takes a TimePoint cannot read a clock.
#pragma once

#include <chrono>

namespace neigh {

/// Names the time line of a table. Has no now(): whoever drives the table brings the time along.
struct EngineTime;

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<EngineTime, Duration>;

}  // namespace neigh
