// SPDX-License-Identifier: Apache-2.0
// A C++ program on the modern API, as somebody who installed the library writes it.
#include <iostream>
#include <neigh/neigh.hpp>

int main() {
  const auto table = neigh::open_kernel_table();
  if (!table) {
    std::cout << table.error().message() << "\n";
    return 1;
  }
  const auto neighbors = (*table)->list();
  const auto interfaces = (*table)->interfaces();
  if (!neighbors || !interfaces) {
    std::cout << (!neighbors ? neighbors.error() : interfaces.error()).message() << "\n";
    return 1;
  }
  // Every network namespace has a loopback device.
  if (interfaces->empty()) {
    std::cout << "no interface at all\n";
    return 1;
  }
  std::cout << "modern: " << interfaces->size() << " interfaces, " << neighbors->size() << " neighbors\n";
  return 0;
}
