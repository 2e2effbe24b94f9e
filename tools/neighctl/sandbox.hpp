// SPDX-License-Identifier: Apache-2.0
// A private network of two hosts, for the tour.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "failure.hpp"

namespace neigh::ctl {

/// What a program printed (both outputs, in order) and its exit code; -1: it could not be run.
struct Ran {
  int code = -1;
  std::string output = {};
};
[[nodiscard]] Ran run_program(const std::vector<std::string>& words);

/// Makes a network namespace with interface "tour0" (192.0.2.1/24, 2001:db8::1/64) on a wire to a second namespace
/// (192.0.2.2, 2001:db8::2), runs `inside` there in a child process and returns its exit code. Nothing outside is
/// touched, and everything is gone afterwards. Needs no privilege where user namespaces are allowed.
[[nodiscard]] Checked<int> run_in_sandbox(const std::function<int()>& inside);

}  // namespace neigh::ctl
