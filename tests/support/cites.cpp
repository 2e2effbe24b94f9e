// SPDX-License-Identifier: Apache-2.0
#include "support/cites.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace neigh::test {
namespace {

constexpr const char* kProperty = "cites";

// "C-09", "LIB-01", "ARP-001": capitals, a hyphen, digits.
bool is_statement_number(std::string_view text) {
  const std::size_t hyphen = text.find('-');
  if (hyphen == std::string_view::npos || hyphen == 0 || hyphen + 1 == text.size()) return false;
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(hyphen),
                     [](char c) { return c >= 'A' && c <= 'Z'; }) &&
         std::all_of(text.begin() + static_cast<std::ptrdiff_t>(hyphen) + 1, text.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

std::string recorded(const ::testing::TestInfo& test) {
  const ::testing::TestResult& result = *test.result();
  for (int i = 0; i < result.test_property_count(); ++i) {
    const ::testing::TestProperty& property = result.GetTestProperty(i);
    if (std::string_view(property.key()) == kProperty) return property.value();
  }
  return {};
}

}  // namespace

void cite(std::initializer_list<std::string_view> statements) {
  const ::testing::TestInfo* test = ::testing::UnitTest::GetInstance()->current_test_info();
  if (test == nullptr) {
    ADD_FAILURE() << "NEIGH_CITES outside of a test";
    return;
  }
  // RecordProperty overwrites, hence read, add, write.
  std::string all = recorded(*test);
  for (const std::string_view statement : statements) {
    if (!is_statement_number(statement)) {
      ADD_FAILURE() << "NEIGH_CITES: '" << statement << "' is not a statement number";
      continue;
    }
    if ((" " + all + " ").find(" " + std::string(statement) + " ") != std::string::npos) continue;
    if (!all.empty()) all += ' ';
    all += statement;
  }
  if (!all.empty()) ::testing::Test::RecordProperty(kProperty, all);
}

void cite(std::string_view statement) { cite({statement}); }

}  // namespace neigh::test
