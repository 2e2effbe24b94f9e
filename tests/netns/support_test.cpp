// SPDX-License-Identifier: Apache-2.0
// The test support proves itself against the kernel, so that a failing test elsewhere is about the code under test.
#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>

#include "support/cites.hpp"
#include "support/frames.hpp"
#include "support/ip_tool.hpp"
#include "support/netns.hpp"
#include "support/process.hpp"
#include "support/wait.hpp"

namespace neigh::test {
namespace {

std::string recorded_cites() {
  const ::testing::TestResult& result = *::testing::UnitTest::GetInstance()->current_test_info()->result();
  std::string all;
  for (int i = 0; i < result.test_property_count(); ++i) all += std::string(result.GetTestProperty(i).value()) + "|";
  return all;
}

Frame bytes(std::initializer_list<unsigned> values) {
  Frame frame;
  for (const unsigned value : values) frame.push_back(static_cast<std::byte>(value));
  return frame;
}

// Ethernet frame of a type that the kernel has no use for.
Frame test_frame(std::uint8_t number) {
  Frame frame = bytes({0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x88, 0xb5, number});
  frame.resize(60);
  return frame;
}

// --- citing ---

TEST(Cites, NothingIsRecordedWithoutCiting) { EXPECT_EQ(recorded_cites(), ""); }

// Unknown to the specifications on purpose: prefix Q. scripts/conformance leaves this program out.
TEST(Cites, SeveralUsesAddUpAndEachStandsOnce) {
  NEIGH_CITES("Q-09", "QQ-01");
  EXPECT_EQ(recorded_cites(), "Q-09 QQ-01|");
  cite("Q-10");
  NEIGH_CITES("Q-09", "Q-1");
  EXPECT_EQ(recorded_cites(), "Q-09 QQ-01 Q-10 Q-1|");
}

TEST(Cites, RefusesWhatIsNoNumber) {
  for (const char* text : {"", "C", "C-", "-09", "c-09", "C-09a", "C 09", "C-09 D-01"}) {
    EXPECT_NONFATAL_FAILURE(cite(text), "is not a statement number");
  }
  EXPECT_EQ(recorded_cites(), "");
}

// --- namespaces ---

TEST(Namespaces, TheProgramIsAloneInItsOwn) {
  EXPECT_EQ(run("ip -brief link show").out.substr(0, 2), "lo");
  EXPECT_EQ(run("ip -brief link show | wc -l").out, "1\n");
  EXPECT_EQ(run("ls /sys/class/net").out, "lo\n");
  EXPECT_EQ(index_of("lo"), 1U);
}

TEST(Namespaces, AreSeparateAndScopesNest) {
  const std::uint64_t outside = Namespace::current_inode();
  {
    const Namespace a;
    EXPECT_EQ(Namespace::current_inode(), outside) << "making one does not move the thread";
    const Namespace b;
    const auto in_a = a.enter();
    const std::uint64_t inode_a = Namespace::current_inode();
    EXPECT_NE(inode_a, outside);
    must_run("ip link add only-in-a type bridge");
    EXPECT_NE(index_of("only-in-a"), 0U);
    {
      const auto in_b = b.enter();
      EXPECT_NE(Namespace::current_inode(), inode_a);
      EXPECT_EQ(index_of("only-in-a"), 0U);
    }
    EXPECT_EQ(Namespace::current_inode(), inode_a);
  }
  EXPECT_EQ(Namespace::current_inode(), outside);
}

TEST(Namespaces, AreOfTheThreadNotOfTheProcess) {
  const Namespace a;
  const Namespace b;
  std::atomic<std::uint64_t> in_thread{0};
  std::string devices;
  const auto in_a = a.enter();
  const std::uint64_t inode_a = Namespace::current_inode();
  std::thread other([&] {
    const auto in_b = b.enter();
    in_thread = Namespace::current_inode();
    must_run("ip link add only-in-b type bridge");
    devices = run("ip -brief link show").out;  // the child is where this thread is
    write_sysctl("net/ipv4/conf/only-in-b/arp_ignore", "2");
    EXPECT_EQ(read_sysctl("net/ipv4/conf/only-in-b/arp_ignore"), "2");
  });
  other.join();
  EXPECT_NE(in_thread, inode_a);
  EXPECT_NE(devices.find("only-in-b"), std::string::npos);
  EXPECT_EQ(Namespace::current_inode(), inode_a);
  EXPECT_EQ(index_of("only-in-b"), 0U);
  EXPECT_THROW(write_sysctl("net/ipv4/conf/only-in-b/arp_ignore", "2"), std::system_error);
}

TEST_F(FreshNamespace, HasLoopbackUpAndNothingElse) {
  EXPECT_TRUE(run("ip route get 127.0.0.1").ok());
  EXPECT_EQ(run("ip -json link show up | jq -r '.[].ifname'").out, "lo\n");
  EXPECT_TRUE(ip_neigh_json().empty());
  EXPECT_EQ(run("ls /sys/class/net", {.own_sysfs = true}).out, "lo\n");
}

// --- two hosts ---

class NoVersion6 : public TwoHosts {
 protected:
  NoVersion6() : TwoHosts({.v6 = false}) {}
};

TEST_F(TwoHosts, TalkInBothFamiliesAtOnce) {
  EXPECT_NE(here().index, there().index);
  EXPECT_EQ(index_of(here().device), here().index);
  const std::string ping = "arping -c 1 -i " + here().device + " " + there().v4;
  EXPECT_TRUE(must_run(ping).ok());
  EXPECT_TRUE(must_run("ndisc6 -1 -r 5 " + there().v6 + " " + here().device).ok());
  EXPECT_TRUE(must_run("ndisc6 -1 -r 5 " + there().link_local + " " + here().device).ok());
  EXPECT_NE(run("ip -json link show " + here().device).out.find(here().link_address), std::string::npos);
}

TEST_F(TwoHosts, EachTestStartsWithItsOwnKernelTables) {
  for (const std::string& address : {there().v4, there().v6}) EXPECT_FALSE(ip_neigh_find(here().device, address));
}

TEST_F(TwoHosts, IpToolRowsCarryEverything) {
  const std::string dev = " dev " + here().device;
  must_run("ip -batch -", {.input = "neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 nud permanent router" + dev +
                                    "\nneigh add 192.0.2.8 lladdr 02:00:00:00:00:08 nud stale protocol static" + dev +
                                    "\nneigh add 2001:db8::9 lladdr 02:00:00:00:00:09 nud noarp extern_learn" + dev +
                                    "\nneigh add proxy 192.0.2.7" + dev + "\n"});
  const auto nine = ip_neigh_find(here().device, "192.0.2.9");
  ASSERT_TRUE(nine);
  EXPECT_EQ(nine->state(), "PERMANENT");
  EXPECT_EQ(nine->lladdr, "02:00:00:00:00:09");
  EXPECT_EQ(nine->dev, here().device);
  EXPECT_TRUE(nine->router);
  EXPECT_FALSE(nine->extern_learn || nine->managed || nine->proxy || nine->offload);
  EXPECT_TRUE(nine->used && nine->confirmed && nine->updated && nine->probes);

  const auto eight = ip_neigh_find("", "192.0.2.8");
  ASSERT_TRUE(eight);
  EXPECT_EQ(eight->state(), "STALE");
  EXPECT_EQ(eight->protocol, "static");
  EXPECT_FALSE(eight->router);

  const auto noarp = ip_neigh_find(here().device, "2001:db8::9");
  ASSERT_TRUE(noarp) << "NOARP entries are listed";
  EXPECT_EQ(noarp->state(), "NOARP");
  EXPECT_TRUE(noarp->extern_learn);

  EXPECT_EQ(ip_neigh_json(here().device, 4).size(), 2U) << "no proxy entry among the neighbors";
  const auto proxies = ip_neigh_proxies(here().device);
  ASSERT_EQ(proxies.size(), 1U);
  EXPECT_EQ(proxies[0].dst, "192.0.2.7");
  EXPECT_EQ(proxies[0].dev, here().device);
  EXPECT_TRUE(proxies[0].proxy);
}

TEST_F(TwoHosts, AFailingToolFailsTheTest) {
  EXPECT_NONFATAL_FAILURE(EXPECT_TRUE(ip_neigh_json("no-such-device").empty()), "no-such-device");
}

TEST_F(NoVersion6, HasVersion4Alone) {
  EXPECT_EQ(read_sysctl("net/ipv6/conf/" + here().device + "/disable_ipv6"), "1");
  EXPECT_FALSE(has_usable_v6(here().device, here().v6));
  EXPECT_TRUE(must_run("arping -c 1 -i " + here().device + " " + there().v4).ok());
}

// --- frames ---

TEST_F(TwoHosts, FrameSocketsSeeTheOtherSideOnly) {
  FrameSocket mine(here().device);
  const auto there_too = there().space.enter();
  FrameSocket theirs(there().device);
  theirs.send(test_frame(1));
  mine.send(test_frame(2));
  const auto is_test = [](std::span<const std::byte> frame) { return ether_type(frame) == 0x88b5; };
  EXPECT_EQ(mine.receive_if(is_test), test_frame(1));
  EXPECT_EQ(theirs.receive_if(is_test), test_frame(2));
  for (FrameSocket* port : {&mine, &theirs}) {
    for (const Frame& frame : port->drain()) EXPECT_NE(ether_type(frame), 0x88b5) << "an own frame: " << to_hex(frame);
    EXPECT_FALSE(port->receive_if(is_test, std::chrono::milliseconds(1)));
  }
}

TEST_F(TwoHosts, FrameSocketsKeepVlanTags) {
  FrameSocket mine(here().device);
  const auto there_too = there().space.enter();
  FrameSocket theirs(there().device);
  Frame tagged = test_frame(3);
  const Frame tag = bytes({0x81, 0x00, 0x60, 0x05});
  tagged.insert(tagged.begin() + 12, tag.begin(), tag.end());
  theirs.send(tagged);
  EXPECT_EQ(mine.receive_if([](std::span<const std::byte> frame) { return ether_type(frame) == 0x8100; }), tagged);
}

TEST_F(TwoHosts, FrameSocketSeesTheKernelsOwnRequests) {
  const auto there_too = there().space.enter();
  FrameSocket theirs(there().device);
  Frame request;
  {
    const auto back = here().space.enter();
    const CommandResult sent =
        run("echo x > /dev/udp/192.0.2.77/9 2>/dev/null || "
            "python3 -c 'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)"
            ".sendto(b\"x\", (\"192.0.2.77\", 9))'");
    ASSERT_TRUE(sent.ok()) << sent;
  }
  const auto arp = theirs.receive_if([](std::span<const std::byte> frame) { return ether_type(frame) == 0x0806; });
  ASSERT_TRUE(arp);
  EXPECT_EQ(to_hex(std::span(*arp).subspan(38, 4)), "c000024d") << "asked for 192.0.2.77";
}

TEST_F(FreshNamespace, TapDeviceIsTheWireOfADevice) {
  TapDevice tap("tap-test", "02:00:00:00:00:11");
  EXPECT_EQ(index_of("tap-test"), tap.index());
  must_run("ip addr add 198.51.100.1/24 dev tap-test");
  // A request from the wire; the kernel answers it.
  Frame request =
      bytes({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0,   0,  0,   0, 0x22, 0x08, 0x06, 0, 1, 8, 0,   6,  4,   0,
             1,    0x02, 0,    0,    0,    0,    0x22, 198, 51, 100, 2, 0,    0,    0,    0, 0, 0, 198, 51, 100, 1});
  request.resize(60);
  tap.send(request);
  const auto reply = tap.receive_if([](std::span<const std::byte> frame) { return ether_type(frame) == 0x0806; });
  ASSERT_TRUE(reply);
  EXPECT_EQ(to_hex(std::span(*reply).first(12)), "020000000022020000000011");
  EXPECT_EQ(to_hex(std::span(*reply).subspan(20, 2)), "0002");
}

// --- programs and children ---

TEST(Command, GivesExitCodeAndBothOutputs) {
  const CommandResult result = run("cat; echo err >&2; exit 7", {.input = "in\n"});
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_EQ(result.out, "in\n");
  EXPECT_EQ(result.err, "err\n");
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(run("kill -9 $$").exit_code, 137);
  EXPECT_EQ(run("no-such-program-here").exit_code, 127);
  EXPECT_EQ(run("cat").out, "") << "input is empty, not the terminal";
  EXPECT_NONFATAL_FAILURE(must_run("echo why >&2; false"), "why");
}

TEST(Command, MuchOutputDoesNotBlock) {
  EXPECT_EQ(run("head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2").out.size(), 3000000U);
}

TEST(Command, IsKilledWithItsChildrenAfterItsTimeout) {
  const CommandResult result =
      run("sleep 1000 & echo $!; wait", {.timeout = std::chrono::seconds(1)});  // far below 1000, nothing else
  EXPECT_TRUE(result.timed_out);
  EXPECT_FALSE(result.ok());
  const pid_t sleeper = std::stoi(result.out);
  EXPECT_TRUE(wait_until([&] {
    // Its reaper is another process: gone, or a zombie that is not ours to reap.
    return run("grep -q 'State:.[ZX]' /proc/" + std::to_string(sleeper) + "/status 2>/dev/null || ! test -e /proc/" +
               std::to_string(sleeper))
        .ok();
  }));
}

TEST(Command, InTheBackground) {
  BackgroundCommand cat("echo started; while :; do sleep 100; done");
  ASSERT_TRUE(wait_until([&] { return cat.output() == "started\n"; }));
  EXPECT_TRUE(cat.running());
  const CommandResult result = cat.stop();
  EXPECT_FALSE(result.timed_out);
  EXPECT_EQ(result.out, "started\n");
  EXPECT_FALSE(cat.running());
}

TEST_F(TwoHosts, ChildrenWithoutPrivilegeMayReadAndNotChange) {
  must_run("ip neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev " + here().device);
  const int code = run_unprivileged([&] {
    EXPECT_TRUE(ip_neigh_find(here().device, "192.0.2.9"));
    const CommandResult denied = run("ip neigh del 192.0.2.9 dev " + here().device);
    EXPECT_NE(denied.err.find("Operation not permitted"), std::string::npos) << denied;
    EXPECT_LT(socket(AF_PACKET, SOCK_RAW, 0), 0);
    return 42;
  });
  EXPECT_EQ(code, 42);
  EXPECT_TRUE(ip_neigh_find(here().device, "192.0.2.9"));
  must_run("ip neigh del 192.0.2.9 dev " + here().device);  // the parent kept its own
}

TEST(Children, ReportWhatHappenedToThem) {
  EXPECT_EQ(run_forked([] { return 3; }), 3);
  EXPECT_EQ(run_forked([] { return raise(SIGKILL); }), 128 + SIGKILL);
}

// Run by the next test, which expects it to fail.
TEST(DISABLED_Children, FailInTheChild) {
  run_forked([] {
    ADD_FAILURE() << "told by the child";
    return 0;
  });
}

TEST(Children, FailedAssertionsFailTheTest) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  const CommandResult result =
      run("'" + self + "' --gtest_also_run_disabled_tests --gtest_filter='DISABLED_Children.*'");
  EXPECT_EQ(result.exit_code, 1) << result;
  EXPECT_NE(result.out.find("told by the child"), std::string::npos) << result;
  EXPECT_NE(result.out.find("an assertion failed in the child process"), std::string::npos) << result;
}

// --- where namespaces are not permitted ---

// The limits hold for the namespaces made inside, which is where this program is started again.
CommandResult run_again_with(const std::string& before, const std::string& limit) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  return run("unshare --user --map-root-user --mount sh -c 'echo 0 > /proc/sys/user/max_user_namespaces; " + limit +
             " " + before + " \"$0\" --gtest_filter=Namespaces.TheProgramIsAloneInItsOwn' '" + self + "'");
}

TEST(WithoutUserNamespaces, RootTakesANetworkNamespaceAlone) {
  const CommandResult result = run_again_with("NEIGH_REQUIRE_NETNS=1", "");
  EXPECT_EQ(result.exit_code, 0) << result;
  EXPECT_NE(result.out.find("[  PASSED  ] 1 test."), std::string::npos) << result;
}

TEST(WithoutNetworkNamespaces, EverythingIsSkippedLoudlyOrFails) {
  const std::string limit = "echo 0 > /proc/sys/user/max_net_namespaces;";
  const CommandResult skipped = run_again_with("NEIGH_REQUIRE_NETNS=0", limit);
  EXPECT_EQ(skipped.exit_code, kSkipped) << skipped;
  EXPECT_NE(skipped.err.find("All of its tests are skipped"), std::string::npos) << skipped;
  EXPECT_EQ(skipped.out.find("[       OK ]"), std::string::npos) << skipped;

  const CommandResult failed = run_again_with("NEIGH_REQUIRE_NETNS=1", limit);
  EXPECT_EQ(failed.exit_code, 1) << failed;
  EXPECT_NE(failed.err.find("NEIGH_REQUIRE_NETNS=1: failing"), std::string::npos) << failed;
}

TEST(TheMark, AloneLetsNoTestLooseOnTheHost) {
  // The number of the namespace that the new program starts in: it has not left it yet, and so must make its own.
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  const CommandResult result =
      run("ip link add still-here type bridge; NEIGH_TEST_OUTER_NETNS=" + std::to_string(Namespace::current_inode()) +
          " '" + self +
          "' --gtest_filter=Namespaces.TheProgramIsAloneInItsOwn; code=$?; ip link del still-here; "
          "exit $code");
  EXPECT_EQ(result.exit_code, 0) << result;
}

TEST(Wait, LooksUntilItHoldsOrTimeIsOver) {
  int looks = 0;
  EXPECT_TRUE(wait_until([&] { return ++looks == 3; }));
  EXPECT_EQ(looks, 3);
  EXPECT_FALSE(wait_until([] { return false; }, std::chrono::milliseconds(0)));
  EXPECT_TRUE(wait_until([] { return true; }, std::chrono::milliseconds(0)));
}

}  // namespace
}  // namespace neigh::test
