// SPDX-License-Identifier: Apache-2.0
// The forwarder of examples/next_hop between two hosts that reach each other only through it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "support/ip_tool.hpp"
#include "support/netns.hpp"
#include "support/process.hpp"
#include "support/wait.hpp"

#ifdef NEIGH_NEXT_HOP  // the examples are built

namespace neigh::test {
namespace {

using ::testing::HasSubstr;

class NextHopTest : public ::testing::Test {
 protected:
  NextHopTest() {
    {
      const auto inside = router_.enter();
      for (const auto& [device, space, net] : {std::tuple{"left", &left_, "10.0.1"}, {"right", &right_, "10.0.2"}}) {
        must_run("ip link add " + std::string(device) + " type veth peer name eth0 netns " + space->path());
        must_run("ip addr add " + std::string(net) + ".1/24 dev " + device + "; ip link set " + device + " up");
      }
      write_sysctl("net/ipv4/ip_forward", "0");
    }
    for (const auto& [space, net] : {std::pair{&left_, "10.0.1"}, {&right_, "10.0.2"}}) {
      const auto inside = space->enter();
      must_run("ip addr add " + std::string(net) + ".2/24 dev eth0; ip link set eth0 up");
      must_run("ip route add default via " + std::string(net) + ".1");
    }
  }

  Namespace router_;
  Namespace left_;
  Namespace right_;
};

TEST_F(NextHopTest, ForwardsBothWaysByTheTableAlone) {
  const auto ping = [this](const std::string& options) {
    const auto inside = left_.enter();
    return run("ping -c 1 -W 1 " + options + " 10.0.2.2");
  };
  EXPECT_FALSE(ping("").ok()) << "the kernel does not forward";
  std::optional<BackgroundCommand> forwarder;
  {
    const auto inside = router_.enter();
    forwarder.emplace("exec " + std::string(NEIGH_NEXT_HOP) + " left right");
  }
  ASSERT_TRUE(wait_until([&] { return forwarder->output().find("forwarding") != std::string::npos; }))
      << forwarder->errors();
  // The first packet finds nobody and makes the kernel ask.
  EXPECT_TRUE(wait_until([&] { return ping("").ok(); }));
  const CommandResult one_less = ping("");
  EXPECT_THAT(one_less.out, HasSubstr("ttl=63")) << one_less;
  EXPECT_FALSE(ping("-t 1").ok()) << "a packet at its last hop ends here";
  {
    const auto inside = router_.enter();
    EXPECT_TRUE(ip_neigh_find("right", "10.0.2.2"));
  }
  const CommandResult ended = forwarder->stop();
  EXPECT_TRUE(ended.ok()) << ended;
  EXPECT_THAT(ended.out, HasSubstr("forwarded "));
  EXPECT_THAT(ended.out, HasSubstr("expired 1"));
}

TEST_F(NextHopTest, SaysWhatIsWrong) {
  const auto inside = router_.enter();
  EXPECT_EQ(run(NEIGH_NEXT_HOP).exit_code, 2);
  const CommandResult nowhere = run(std::string(NEIGH_NEXT_HOP) + " left nowhere");
  EXPECT_EQ(nowhere.exit_code, 1);
  EXPECT_THAT(nowhere.err, HasSubstr("nowhere: no such interface"));
  EXPECT_THAT(run(std::string(NEIGH_NEXT_HOP) + " left lo").err, HasSubstr("lo: is not an Ethernet device"));
}

}  // namespace
}  // namespace neigh::test

#endif
