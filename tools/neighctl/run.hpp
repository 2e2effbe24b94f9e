// SPDX-License-Identifier: Apache-2.0
// One run of the program, apart from its process: tests run it on a table of their own.
#pragma once

#include <span>
#include <string_view>

#include "context.hpp"

namespace neigh::ctl {

struct Streams {
  Output& out;
  Output& err;
  int out_descriptor = -1;  ///< To look for a terminal; -1: none.
  int err_descriptor = -1;
  std::size_t width = 0;  ///< Without a descriptor: of the terminal to behave as on; 0: on none.
};

/// Parses `words` (the program's name left out), runs the command and returns the exit code.
[[nodiscard]] int run_neighctl(std::span<const std::string_view> words, const Streams& streams, const OpenTable& open);

}  // namespace neigh::ctl
