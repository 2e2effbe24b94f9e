// SPDX-License-Identifier: Apache-2.0
// Resolution and the packet queue (parts 1.4 and 3.4 of the specification).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.hpp"
#include "support/cites.hpp"

namespace neigh::engine::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kRequest =
    "arp request 192.0.2.1 02:00:00:00:00:01 > 192.0.2.2 00:00:00:00:00:00 via ff:ff:ff:ff:ff:ff";
constexpr std::string_view kSolicit =
    "ns fe80::2: fe80::1 > ff02::1:ff00:2 via 33:33:ff:00:00:02 slla 02:00:00:00:00:01";

TEST(Resolve4, QueuesAsksAndReleasesInOrder) {
  NEIGH_CITES("ARP-080", "ARP-083", "ARP-084", "ARP-170", "NUD-004");
  Harness h;
  EXPECT_EQ(h.send(packet("192.0.2.1", "192.0.2.2", 60)), SendOutcome::kQueued);
  EXPECT_EQ(h.send(packet("192.0.2.1", "192.0.2.2", 61)), SendOutcome::kQueued);
  EXPECT_THAT(h.take(), ElementsAre("added 192.0.2.2 incomplete", kRequest));
  h.receive(arp_reply("192.0.2.2"));
  EXPECT_THAT(h.take(), ElementsAre("changed 192.0.2.2 incomplete > reachable 02:00:00:00:00:02",
                                    "ip 192.0.2.1 > 192.0.2.2 size 60 via 02:00:00:00:00:02",
                                    "ip 192.0.2.1 > 192.0.2.2 size 61 via 02:00:00:00:00:02"));
  EXPECT_EQ(h.send(packet("192.0.2.1", "192.0.2.2", 62)), SendOutcome::kSent);
  EXPECT_THAT(h.take(), ElementsAre("ip 192.0.2.1 > 192.0.2.2 size 62 via 02:00:00:00:00:02"));
}

TEST(Resolve4, FailsEachPacketAfterTheLastInterval) {
  NEIGH_CITES("ARP-086", "ARP-087", "NDR-010", "DEC-04");
  Harness h;
  h.send(packet("192.0.2.1", "192.0.2.2", 60), 7);
  h.send(packet("192.0.2.1", "192.0.2.2", 61), 8);
  EXPECT_THAT(h.take(), ElementsAre("added 192.0.2.2 incomplete", kRequest));
  for (int i = 1; i < 4; ++i) {
    h.advance(milliseconds{1'699});
    EXPECT_THAT(h.take(), IsEmpty());
    h.advance(milliseconds{1});
    EXPECT_THAT(h.take(), ElementsAre(kRequest));
  }
  h.advance(milliseconds{1'700});
  EXPECT_THAT(h.take(), ElementsAre("changed 192.0.2.2 incomplete > failed",
                                    "failed 192.0.2.1 > 192.0.2.2: unreachable, cookie 7, error",
                                    "failed 192.0.2.1 > 192.0.2.2: unreachable, cookie 8, error"));
  // The short negative state: no request at line rate.
  EXPECT_EQ(h.send(packet("192.0.2.1", "192.0.2.2", 62), 9), SendOutcome::kFailed);
  EXPECT_THAT(h.take(), ElementsAre("failed 192.0.2.1 > 192.0.2.2: unreachable, cookie 9, error"));
  h.advance(milliseconds{900});
  EXPECT_THAT(h.take(), ElementsAre("removed 192.0.2.2 failed"));
}

TEST(Resolve6, AsksTheSolicitedNodeGroup) {
  NEIGH_CITES("NDR-002", "NDR-003", "NDR-004", "NDR-006", "NDR-008", "NDR-009");
  Harness h;
  EXPECT_EQ(h.send(packet("fe80::1", "fe80::2")), SendOutcome::kQueued);
  EXPECT_THAT(h.take(), ElementsAre("added fe80::2 incomplete", kSolicit));
  h.receive(na());
  EXPECT_THAT(h.take(), ElementsAre("changed fe80::2 incomplete > reachable 02:00:00:00:00:02",
                                    "ip fe80::1 > fe80::2 size 64 via 02:00:00:00:00:02"));
}

}  // namespace
}  // namespace neigh::engine::test
