// SPDX-License-Identifier: Apache-2.0
#include "support/netns.hpp"

int main(int argc, char** argv) { return neigh::test::run_in_private_namespaces(argc, argv); }
