// SPDX-License-Identifier: Apache-2.0
// Says which stack the C API of this process works on, and whether the kernel told it to distrust its environment.
#include <sys/auxv.h>

#include <cstdio>

#include "neigh/current_stack.hpp"
#include "neigh/embedded.hpp"

int main() {
  const auto stack = neigh::current_stack();
  const char* name = "none";
  if (stack) name = dynamic_cast<neigh::EmbeddedStack*>(stack->get()) != nullptr ? "embedded" : "kernel";
  std::printf("secure=%lu stack=%s\n", getauxval(AT_SECURE), name);
  return 0;
}
