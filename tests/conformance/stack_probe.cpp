// SPDX-License-Identifier: Apache-2.0
// A program that reads the table and creates an entry, and prints the two codes: `index address link-address`.
#include <cstdio>
#include <cstdlib>

#include "conformance/fixture.hpp"

int main(int argc, char** argv) {
  using namespace neigh::conformance;
  if (argc != 4) return 2;
  const Link link{.name = "probed", .index = static_cast<std::uint32_t>(std::strtoul(argv[1], nullptr, 10))};
  PMIB_IPNET_TABLE2 table = nullptr;
  const auto listed = static_cast<std::uint32_t>(GetIpNetTable2(AF_INET, &table));
  FreeMibTable(table);
  const MIB_IPNET_ROW2 row = entry_row(link, argv[2], argv[3]);
  std::printf("%u %u\n", listed, static_cast<std::uint32_t>(CreateIpNetEntry2(&row)));
}
