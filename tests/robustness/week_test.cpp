// SPDX-License-Identifier: Apache-2.0
// A town for a long virtual time, with faults at random all along. `make soak`: 10,000 hosts for a week
// (NEIGH_SOAK_HOSTS, NEIGH_SOAK_HOURS, NEIGH_SOAK_SEED).
#include <gtest/gtest.h>

#include <cstdlib>

#include "town.hpp"

namespace neigh::link {
namespace {

using std::chrono::hours;

std::uint32_t number_from(const char* name, std::uint32_t standard) {
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return text == nullptr ? standard : static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10));
}

TEST(Week, FaultsAtRandomAndEveryEventAudited) {
  const auto hosts = static_cast<std::uint16_t>(number_from("NEIGH_SOAK_HOSTS", 150));
  const hours time{number_from("NEIGH_SOAK_HOURS", 48)};
  Town town(hosts, number_from("NEIGH_SOAK_SEED", 7));
  ASSERT_TRUE(town.run_for(time));
  town.mend();
  ASSERT_TRUE(town.run_for(hours{1}));
  town.be_silent();
  ASSERT_TRUE(town.run_for(hours{2}));
  town.expect_all_reached();
  town.expect_in_order();
  town.print();
  EXPECT_GT(town.faults(), static_cast<std::uint64_t>(time.count()) * 20);
  EXPECT_GT(town.frames(), std::uint64_t{hosts} * 24);
  EXPECT_GT(town.packets().delivered, town.packets().sent / 2);  // faults weigh more in small towns
}

}  // namespace
}  // namespace neigh::link
