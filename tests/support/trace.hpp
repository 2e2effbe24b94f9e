// SPDX-License-Identifier: Apache-2.0
/// @file
/// Which system calls something makes.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace neigh::test {

/// Runs `body` in a forked, traced child and tells which system calls it makes between its two calls of `mark`, by name
/// where they have to do with sockets or links ("sendto", "recvfrom", "getsockopt", "readlink"), else as numbers.
/// Nothing: it cannot be traced, or ended before its second `mark`.
[[nodiscard]] std::vector<std::string> system_calls_of(
    const std::function<void(const std::function<void()>& mark)>& body);

}  // namespace neigh::test
