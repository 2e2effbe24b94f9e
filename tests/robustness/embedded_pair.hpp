// SPDX-License-Identifier: Apache-2.0
// Two hosts in memory and virtual time, 192.0.2.1 and 192.0.2.2, each on interface 2.
#pragma once

#include <cstdint>
#include <memory>

#include "neigh/embedded.hpp"

namespace neigh::test {

struct EmbeddedPair {
  explicit EmbeddedPair(std::uint64_t seed) : network(EmbeddedNetwork::make(seed)), stack(add(1)), peer(add(2)) {}

  std::unique_ptr<EmbeddedNetwork> network;
  std::shared_ptr<EmbeddedStack> stack;
  std::shared_ptr<EmbeddedStack> peer;

 private:
  [[nodiscard]] std::shared_ptr<EmbeddedStack> add(std::uint8_t last) const {
    const EmbeddedInterface eth{.index = InterfaceIndex{2},
                                .link_address = LinkAddress::ether({2, 0, 0, 0, 0, last}),
                                .addresses = {{.address = IpAddress::v4(192, 0, 2, last), .prefix_length = 24}}};
    return network->add_stack({.interfaces = {eth}}).value();
  }
};

}  // namespace neigh::test
