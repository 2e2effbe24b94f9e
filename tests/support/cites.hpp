// SPDX-License-Identifier: Apache-2.0
/// @file
/// Ties a test to the numbered statements of docs/spec that it proves.
#pragma once

#include <initializer_list>
#include <string_view>

namespace neigh::test {

/// Records that the running test proves these statements ("C-09", "LIB-01"): property "cites" in the XML report, space
/// separated, each once. Several calls in one test add up. scripts/conformance makes docs/conformance.md of it.
void cite(std::initializer_list<std::string_view> statements);
void cite(std::string_view statement);

}  // namespace neigh::test

/// NEIGH_CITES("C-09", "LIB-01"); at the start of a test's body (or in its SetUp).
#define NEIGH_CITES(...) ::neigh::test::cite({__VA_ARGS__})
