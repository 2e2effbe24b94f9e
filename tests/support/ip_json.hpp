// SPDX-License-Identifier: Apache-2.0
/// @file
/// Any other list that the kernel's own tool prints as JSON, for tests that use it as the second opinion.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "support/process.hpp"

namespace neigh::test {

/// What `ip -json <arguments>` prints, run in the calling thread's network namespace; an empty list if it prints
/// nothing. The test fails if the tool does.
[[nodiscard]] inline nlohmann::json ip_json(const std::string& arguments) {
  const CommandResult result = must_run("ip -json " + arguments);
  if (result.out.find_first_not_of(" \n") == std::string::npos) return nlohmann::json::array();
  auto list = nlohmann::json::parse(result.out, nullptr, /*allow_exceptions=*/false);
  EXPECT_TRUE(list.is_array()) << arguments << ": " << result;
  return list.is_array() ? list : nlohmann::json::array();
}

}  // namespace neigh::test
