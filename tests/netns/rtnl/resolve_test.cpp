// SPDX-License-Identifier: Apache-2.0
// Resolution through the kernel, with a real peer, a silent one, and one that the test plays.
#include <arpa/inet.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "netns/rtnl/fixture.hpp"
#include "support/frames.hpp"

namespace neigh::test {
namespace {

using namespace std::chrono_literals;

class Resolve : public KernelHosts {
 protected:
  /// Gives up after one request of 100 ms instead of three of a second.
  void give_up_soon() const {
    for (const char* family : {"ipv4", "ipv6"}) {
      const std::string conf = std::string("net/") + family + "/neigh/" + here().device + "/";
      write_sysctl(conf + "mcast_solicit", "1");
      write_sysctl(conf + "retrans_time_ms", "100");
    }
  }
  [[nodiscard]] std::string silent(bool v6 = false) const { return v6 ? "2001:db8::77" : "192.0.2.77"; }
};

bool is_arp_request(std::span<const std::byte> frame) {
  return ether_type(frame) == 0x0806 && frame.size() >= 42 && frame[21] == std::byte{1};
}
bool is_solicitation(std::span<const std::byte> frame) {
  return ether_type(frame) == 0x86dd && frame.size() >= 78 && frame[20] == std::byte{58} && frame[54] == std::byte{135};
}
std::string v4_at(std::span<const std::byte> frame, std::size_t at) {
  std::array<char, INET_ADDRSTRLEN> text{};
  return inet_ntop(AF_INET, frame.data() + at, text.data(), text.size());
}
std::string v6_at(std::span<const std::byte> frame, std::size_t at) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return inet_ntop(AF_INET6, frame.data() + at, text.data(), text.size());
}

TEST_F(Resolve, AsksTheWireAndReturnsTheEntry) {
  NEIGH_CITES("LIB-18");
  for (const std::string& address : {there().v4, there().v6, there().link_local}) {
    SCOPED_TRACE(address);
    const auto found = table_->resolve(key(address));
    ASSERT_TRUE(found) << found.error().message();
    EXPECT_EQ(found->key(), key(address));
    EXPECT_EQ(found->link_address, mac(there().link_address));
    EXPECT_EQ(found->state, NudState::kReachable);
    const auto seen = ip_neigh_find(here().device, address);
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->lladdr, there().link_address);
  }
}

TEST_F(Resolve, AUsableEntryIsReturnedWithoutAPacketUnlessAskedAgain) {
  FrameSocket wire = [&] {
    const auto inside = there().space.enter();
    return FrameSocket(there().device);
  }();
  for (const bool v6 : {false, true}) {
    const std::string address = v6 ? there().v6 : there().v4;
    const auto wanted = v6 ? is_solicitation : is_arp_request;
    for (const NudState state : {NudState::kPermanent, NudState::kStale, NudState::kReachable, NudState::kNoArp}) {
      SCOPED_TRACE(address + ' ' + std::string(to_string(state)));
      Neighbor known = neighbor(address);
      known.state = state;
      ASSERT_TRUE(table_->replace(known));
      (void)wire.drain();
      const auto cached = table_->resolve(key(address));
      ASSERT_TRUE(cached);
      EXPECT_TRUE(cached->same_content(known));
      for (const Frame& frame : wire.drain()) EXPECT_FALSE(wanted(frame)) << to_hex(frame);
      const auto asked = table_->resolve(key(address), {.ask_again = true});
      ASSERT_TRUE(asked) << asked.error().message();
      EXPECT_EQ(asked->link_address, mac(there().link_address));
      EXPECT_EQ(asked->state, NudState::kReachable);
      EXPECT_TRUE(wire.receive_if(wanted, 10s)) << "the peer has got the request before it answered";
    }
  }
}

TEST_F(Resolve, ASilentAddressIsUnreachable) {
  give_up_soon();
  for (const bool v6 : {false, true}) {
    const auto first = table_->resolve(key(silent(v6)));
    expect_error(first, Errc::kUnreachable, "");
    EXPECT_EQ(first.error().sys_errno, EHOSTUNREACH);
    // The entry that failed is in the table now; it is asked for again all the same.
    FrameSocket wire = [&] {
      const auto inside = there().space.enter();
      return FrameSocket(there().device);
    }();
    expect_error(table_->resolve(key(silent(v6))), Errc::kUnreachable, "");
    EXPECT_TRUE(wire.receive_if(v6 ? is_solicitation : is_arp_request));
  }
}

TEST_F(Resolve, AskAgainThatNobodyAnswersLeavesNoOldEntry) {
  NEIGH_CITES("LIB-18");
  give_up_soon();
  ASSERT_TRUE(table_->create(neighbor(silent())));
  expect_error(table_->resolve(key(silent()), {.ask_again = true}), Errc::kUnreachable, "");
  const auto left = table_->get(key(silent()));
  EXPECT_TRUE(!left || left->link_address.empty());
}

TEST_F(Resolve, TheTimeOfTheCallerBoundsTheCall) {
  for (const auto timeout : {0ms, 1ms, 50ms, -5ms}) {
    for (const bool v6 : {false, true}) {
      expect_error(table_->resolve(key(silent(v6)), {.timeout = timeout}), Errc::kTimedOut, "");
    }
  }
  EXPECT_TRUE(table_->resolve(key(there().v4), {.timeout = std::chrono::hours(1000)}));
}

TEST_F(Resolve, TheSourceIsThatOfTheRequest) {
  NEIGH_CITES("LIB-19");
  must_run("ip addr add 192.0.2.201/24 dev " + here().device);
  must_run("ip addr add 2001:db8::201/64 dev " + here().device + " nodad");
  must_run("ip addr add 198.51.100.1/32 dev lo");
  FrameSocket wire = [&] {
    const auto inside = there().space.enter();
    return FrameSocket(there().device);
  }();
  for (const char* source : {"192.0.2.201", "192.0.2.1", "198.51.100.1"}) {
    SCOPED_TRACE(source);
    (void)wire.drain();
    (void)table_->resolve(key(there().v4), {.source = ip(source), .timeout = 5s, .ask_again = true});
    const auto request = wire.receive_if(is_arp_request);
    ASSERT_TRUE(request);
    EXPECT_EQ(v4_at(*request, 28), source);
    EXPECT_EQ(v4_at(*request, 38), there().v4);
  }
  for (const std::string& source : {std::string("2001:db8::201"), here().v6, here().link_local}) {
    SCOPED_TRACE(source);
    (void)wire.drain();
    const auto found = table_->resolve(key(there().v6), {.source = ip(source), .ask_again = true});
    ASSERT_TRUE(found) << found.error().message();
    const auto request = wire.receive_if(is_solicitation);
    ASSERT_TRUE(request);
    EXPECT_EQ(v6_at(*request, 22), source);
    EXPECT_EQ(v6_at(*request, 62), there().v6);
  }
}

TEST_F(Resolve, ASourceMustBeAnOwnAddressOfTheFamily) {
  NEIGH_CITES("LIB-19");
  expect_error(table_->resolve(key(there().v4), {.source = ip("192.0.2.200")}), Errc::kNoSuchAddress, "source");
  expect_error(table_->resolve(key(there().v6), {.source = ip("2001:db8::200")}), Errc::kNoSuchAddress, "source");
  expect_error(table_->resolve(key(there().v4), {.source = ip(here().v6)}), Errc::kInvalidArgument, "source");
  expect_error(table_->resolve(key(there().v6), {.source = ip(here().v4)}), Errc::kInvalidArgument, "source");
  expect_error(table_->resolve(key(there().v4), {.source = IpAddress()}), Errc::kInvalidArgument, "source");
  // An address of another link is no sender on this one.
  must_run("ip link add br-test type bridge && ip link set br-test up && ip addr add fe80::5/64 dev br-test nodad");
  expect_error(table_->resolve(key(there().v6), {.source = ip("fe80::5")}), Errc::kNoSuchAddress, "source");
  EXPECT_TRUE(seen_by_ip().empty());
}

// Nobody on a link could answer it; and nothing is thrown away before that is known.
TEST_F(Resolve, ALoopbackAddressIsNoSource) {
  NEIGH_CITES("LIB-19");
  for (const auto& [address, source] : {std::pair{there().v4, "127.0.0.1"}, {there().v6, "::1"}}) {
    Neighbor stale = neighbor(address);
    stale.state = NudState::kStale;
    ASSERT_TRUE(table_->create(stale));
    expect_error(table_->resolve(key(address), {.source = ip(source), .ask_again = true}), Errc::kNoSuchAddress,
                 "source");
    EXPECT_EQ(table_->get(key(address))->link_address, stale.link_address) << "the entry is still there";
  }
}

// Where the kernel sends without asking, its mapping is the answer.
TEST_F(Resolve, WhereNobodyIsAskedTheKernelsMappingIsTheAnswer) {
  NEIGH_CITES("LIB-35");
  const std::string device = here().device;
  const auto broadcast = table_->resolve(key("192.0.2.255"), {.ask_again = true});
  ASSERT_TRUE(broadcast) << broadcast.error().message();
  EXPECT_EQ(broadcast->link_address, mac("ff:ff:ff:ff:ff:ff"));
  EXPECT_EQ(broadcast->state, NudState::kNoArp);
  must_run("ip link set " + device + " arp off");
  const auto mapped = table_->resolve(key(there().v4), {.ask_again = true});
  ASSERT_TRUE(mapped) << mapped.error().message();
  EXPECT_EQ(mapped->state, NudState::kNoArp);
  EXPECT_THAT(seen_by_ip(), ::testing::Contains(::testing::HasSubstr(mapped->link_address.to_string())));
}

TEST_F(Resolve, AnOwnAddressIsAnsweredByTheHostItself) {
  NEIGH_CITES("LIB-20");
  FrameSocket wire = [&] {
    const auto inside = there().space.enter();
    return FrameSocket(there().device);
  }();
  for (const std::string& address : {here().v4, here().v6, here().link_local}) {
    const auto own = table_->resolve(key(address), {.ask_again = true});
    ASSERT_TRUE(own);
    EXPECT_EQ(own->link_address, mac(here().link_address));
    EXPECT_EQ(own->state, NudState::kReachable);
    EXPECT_EQ(table_->get(key(address)).error().code, Errc::kNotFound) << "nothing is stored";
  }
  for (const Frame& frame : wire.drain()) EXPECT_FALSE(is_arp_request(frame) || is_solicitation(frame));
}

// fe80::9 may be ours on one link and a neighbor's on another.
TEST_F(Resolve, ALinkLocalAddressOfAnotherLinkIsNotOurs) {
  {
    const auto inside = there().space.enter();
    must_run("ip addr add fe80::9/64 dev " + there().device + " nodad");
  }
  must_run("ip link add br-test type bridge && ip link set br-test up && ip addr add fe80::9/64 dev br-test nodad");
  const auto found = table_->resolve(key("fe80::9"));
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->link_address, mac(there().link_address));
  const InterfaceIndex bridge{index_of("br-test")};
  const auto own = table_->resolve({bridge, ip("fe80::9")});
  ASSERT_TRUE(own);
  EXPECT_EQ(own->link_address, table_->find_interface(bridge)->link_address);
}

TEST_F(Resolve, WhatCannotBeResolvedIsRefused) {
  NEIGH_CITES("LIB-12");
  for (const char* address :
       {"224.0.0.1", "ff02::1", "127.0.0.1", "::1", "0.0.0.0", "::", "255.255.255.255", "::ffff:192.0.2.2"}) {
    expect_error(table_->resolve(key(address)), Errc::kInvalidArgument, "address");
  }
  expect_error(table_->resolve({index(), {}}), Errc::kInvalidArgument, "address");
  expect_error(table_->resolve({InterfaceIndex::kNone, ip(there().v4)}), Errc::kInvalidArgument, "interface");
  expect_error(table_->resolve({InterfaceIndex{4711}, ip(there().v4)}), Errc::kNoSuchInterface, "interface");
  expect_error(table_->resolve({index(), ip(there().v4), true}), Errc::kInvalidArgument, "proxy");
  EXPECT_TRUE(seen_by_ip().empty());
}

TEST_F(Resolve, OnAnInterfaceThatIsDownNobodyIsReachable) {
  must_run("ip link set " + here().device + " down");
  expect_error(table_->resolve(key(there().v4)), Errc::kUnreachable, "interface");
  EXPECT_TRUE(seen_by_ip().empty());
}

TEST_F(Resolve, WithIpv6SwitchedOffIpv6IsNotSupported) {
  write_sysctl("net/ipv6/conf/" + here().device + "/disable_ipv6", "1");
  expect_error(table_->resolve(key(there().v6)), Errc::kNotSupported, "address");
  EXPECT_TRUE(table_->resolve(key(there().v4)));
}

// --- without privilege ---

TEST_F(Resolve, WithoutPrivilege) {
  NEIGH_CITES("LIB-21");
  give_up_soon();
  Neighbor known = neighbor("192.0.2.60");
  ASSERT_TRUE(table_->create(known));
  EXPECT_EQ(run_unprivileged([&] {
              for (const std::string& address : {there().v4, there().v6, there().link_local}) {
                const auto found = table_->resolve(key(address));
                EXPECT_TRUE(found) << address << ' ' << found.error().message();
                if (found) {
                  EXPECT_EQ(found->link_address, mac(there().link_address));
                }
              }
              EXPECT_TRUE(table_->resolve(key("192.0.2.60"))) << "what is known";
              expect_error(table_->resolve(key("192.0.2.60"), {.ask_again = true}), Errc::kPermissionDenied, "");
              for (int again = 0; again < 2; ++again) {
                // The second time there is a failed entry, which is begun anew by sending.
                expect_error(table_->resolve(key(silent())), Errc::kUnreachable, "");
                expect_error(table_->resolve(key(silent(true))), Errc::kUnreachable, "");
                expect_error(table_->resolve(key(silent()), {.ask_again = true}), Errc::kUnreachable, "");
              }
              const auto with_source = table_->resolve(key("192.0.2.61"), {.source = ip(here().v4)});
              expect_error(with_source, Errc::kUnreachable, "");
              return 0;
            }),
            0);
  EXPECT_EQ(ip_neigh_find(here().device, "192.0.2.60")->lladdr, "02:00:00:00:00:99");
}

TEST_F(Resolve, WithoutPrivilegeThreeHundredAtOnceThroughASmallBuffer) {
  {
    const auto inside = there().space.enter();
    std::string commands;
    for (int i = 0; i < 300; ++i) {
      commands += "addr add 10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1) + "/16 dev " +
                  there().device + "\n";
    }
    must_run("ip -batch -", {.input = commands});
  }
  must_run("ip addr add 10.1.200.1/16 dev " + here().device);
  EXPECT_EQ(run_unprivileged([&] {
              std::vector<NeighborKey> keys;
              for (int i = 0; i < 300; ++i) {
                keys.push_back({index(), IpAddress::v4(10, 1, static_cast<std::uint8_t>(i / 250),
                                                       static_cast<std::uint8_t>(i % 250 + 1))});
              }
              std::size_t found = 0;
              for (const auto& result : table_->resolve_all(keys)) {
                EXPECT_TRUE(result) << result.error().message();
                found += result && result->link_address == mac(there().link_address) ? 1U : 0U;
              }
              EXPECT_EQ(found, 300U);
              return 0;
            }),
            0);
}

// --- many ---

TEST_F(Resolve, ThreeHundredKeysWithDuplicatesAndErrors) {
  {
    const auto inside = there().space.enter();
    must_run("ip addr add 10.1.0.1/16 dev " + there().device + " && ip -batch -", {.input = [&] {
               std::string commands;
               for (int i = 2; i <= 100; ++i) {
                 commands += "addr add 10.1.0." + std::to_string(i) + "/16 dev " + there().device + "\n";
               }
               return commands;
             }()});
  }
  must_run("ip addr add 10.1.200.1/16 dev " + here().device);
  give_up_soon();
  std::vector<NeighborKey> keys;
  std::vector<Errc> expected;  // Errc{}: found
  for (int i = 0; i < 300; ++i) {
    const auto last = static_cast<std::uint8_t>(i % 100 + 1);
    switch (i % 10) {
      case 0:
        keys.push_back({index(), IpAddress::v4(10, 1, 77, last)});  // nobody
        expected.push_back(Errc::kUnreachable);
        break;
      case 1:
        keys.push_back({index(), IpAddress::v4(224, 0, 0, last)});
        expected.push_back(Errc::kInvalidArgument);
        break;
      case 2:
        keys.push_back({InterfaceIndex{4711}, IpAddress::v4(10, 1, 0, last)});
        expected.push_back(Errc::kNoSuchInterface);
        break;
      case 3:
        keys.push_back(key(there().v6));
        expected.push_back(Errc{});
        break;
      default:
        keys.push_back({index(), IpAddress::v4(10, 1, 0, last)});
        expected.push_back(Errc{});
        break;
    }
  }
  const auto results = table_->resolve_all(keys);
  ASSERT_EQ(results.size(), keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    SCOPED_TRACE(keys[i].address.to_string());
    if (expected[i] == Errc{}) {
      ASSERT_TRUE(results[i]) << results[i].error().message();
      EXPECT_EQ(results[i]->key(), keys[i]) << "in order";
      EXPECT_EQ(results[i]->link_address, mac(there().link_address));
    } else {
      ASSERT_FALSE(results[i]);
      EXPECT_EQ(results[i].error().code, expected[i]) << results[i].error().message();
    }
  }
  EXPECT_TRUE(table_->resolve_all({}).empty());
}

TEST_F(Resolve, ManyAtOnceOfWhichSomeAreThere) {
  {
    const auto inside = there().space.enter();
    std::string commands = "addr add 10.1.0.1/16 dev " + there().device + "\n";
    for (int i = 2; i <= 200; ++i)
      commands += "addr add 10.1.0." + std::to_string(i) + "/16 dev " + there().device + "\n";
    must_run("ip -batch -", {.input = commands});
  }
  must_run("ip addr add 10.1.200.1/16 broadcast 10.1.255.255 dev " + here().device);
  give_up_soon();
  const auto address = [](int i) { return IpAddress::v4(10, 1, 0, static_cast<std::uint8_t>(i)); };
  const LinkAddress other = mac("02:00:00:00:00:77");
  std::vector<NeighborKey> keys;
  for (int i = 1; i <= 200; ++i) {
    keys.push_back({index(), address(i)});
    Neighbor entry{.address = address(i), .interface = index(), .link_address = other};
    if (i % 4 == 1) entry.state = NudState::kPermanent;
    if (i % 4 == 2) entry.state = NudState::kStale;
    if (i % 4 == 3) entry.state = NudState::kFailed;
    if (i % 4 == 3) entry.link_address = {};
    if (i % 4 != 0) {
      ASSERT_TRUE(table_->create(entry));
    }
  }
  keys.push_back({index(), IpAddress::v4(10, 1, 255, 255)});
  const auto results = table_->resolve_all(keys);
  ASSERT_EQ(results.size(), keys.size());
  for (int i = 1; i <= 200; ++i) {
    SCOPED_TRACE(i);
    const auto& result = results[static_cast<std::size_t>(i) - 1];
    ASSERT_TRUE(result) << result.error().message();
    EXPECT_EQ(result->address, address(i));
    const bool was_there = i % 4 == 1 || i % 4 == 2;
    EXPECT_EQ(result->link_address, was_there ? other : mac(there().link_address));
    EXPECT_EQ(result->state, i % 4 == 1 ? NudState::kPermanent : i % 4 == 2 ? NudState::kStale : NudState::kReachable);
    const auto now = table_->get(keys[static_cast<std::size_t>(i) - 1]);
    ASSERT_TRUE(now);
    EXPECT_EQ(now->state, result->state) << "as it was, or as it was learned";
  }
  ASSERT_TRUE(results.back()) << results.back().error().message();
  EXPECT_EQ(results.back()->link_address, mac("ff:ff:ff:ff:ff:ff"));
}

TEST_F(Resolve, ManyAtOnceWhileTheLinkIsDown) {
  ASSERT_TRUE(table_->create(neighbor("192.0.2.77")));
  must_run("ip link set " + here().device + " down");
  std::vector<NeighborKey> keys;
  for (int i = 0; i < 100; ++i) keys.push_back({index(), many_v4(static_cast<std::uint32_t>(i))});
  for (const auto& result : table_->resolve_all(keys)) expect_error(result, Errc::kUnreachable, "interface");
}

TEST_F(Resolve, ManyThreadsForTheSameAndForOthers) {
  give_up_soon();
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 20; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 5; ++i) {
        const bool v6 = (t + i) % 2 == 0;
        const auto found = table_->resolve(key(v6 ? there().v6 : there().v4), {.ask_again = t % 4 == 0});
        // Somebody may throw the entry away again and again under us; then nobody was reached.
        const bool right =
            found ? found->link_address == mac(there().link_address) : found.error().code == Errc::kUnreachable;
        wrong += right ? 0 : 1;
        const auto none = table_->resolve(key(silent(v6)));
        wrong += !none && none.error().code == Errc::kUnreachable ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

// --- what happens meanwhile ---

/// A host without a kernel: the test answers what it wants.
class ResolveOnTap : public FreshNamespace {
 protected:
  ResolveOnTap() {
    write_sysctl("net/ipv6/conf/all/disable_ipv6", "1");
    tap_.emplace("tap-test");
    must_run("ip addr add 192.0.2.1/24 dev tap-test");
  }
  NeighborKey peer_{};
  std::optional<TapDevice> tap_;
  std::unique_ptr<NeighborTable> table_ = open_table();

  void SetUp() override { peer_ = {InterfaceIndex{tap_->index()}, ip("192.0.2.2")}; }

  bool await_request() { return tap_->receive_if(is_arp_request).has_value(); }
  void answer() {
    // Reply of 192.0.2.2 at 02:00:00:00:00:22 to 192.0.2.1.
    const auto own = table_->find_interface(peer_.interface)->link_address;
    Frame frame;
    const auto put = [&](std::initializer_list<int> bytes) {
      for (const int byte : bytes) frame.push_back(static_cast<std::byte>(byte));
    };
    const auto put_own = [&] {
      for (const std::uint8_t byte : own.bytes()) frame.push_back(std::byte{byte});
    };
    put_own();
    put({2, 0, 0, 0, 0, 0x22, 8, 6, 0, 1, 8, 0, 6, 4, 0, 2, 2, 0, 0, 0, 0, 0x22, 192, 0, 2, 2});
    put_own();
    put({192, 0, 2, 1});
    tap_->send(frame);
  }
};

TEST_F(ResolveOnTap, WaitsForTheAnswer) {
  Result<Neighbor> found = Error{};
  std::thread caller([&] { found = table_->resolve(peer_); });
  EXPECT_TRUE(await_request());
  answer();
  caller.join();
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->link_address, mac("02:00:00:00:00:22"));
}

// Callers who come one after the other begin it anew for each other: the first is not kept waiting by the last.
TEST_F(ResolveOnTap, OthersWhoKeepFlushingDoNotKeepItWaiting) {
  NEIGH_CITES("LIB-18");
  write_sysctl("net/ipv4/neigh/tap-test/retrans_time_ms", "60000");
  std::atomic<bool> done = false;
  std::thread flusher([&] {
    const Neighbor anew{.address = peer_.address, .interface = peer_.interface, .state = NudState::kIncomplete};
    while (!done) {
      (void)table_->remove(peer_);
      (void)table_->create(anew);  // somebody else begins it again
    }
  });
  EXPECT_EQ(table_->resolve(peer_).error().code, Errc::kUnreachable);
  done = true;
  flusher.join();
}

// An interface that is not to send any request fails at once.
TEST_F(ResolveOnTap, NoRequestsMeanNobodyAnswers) {
  write_sysctl("net/ipv4/neigh/tap-test/mcast_solicit", "0");
  write_sysctl("net/ipv4/neigh/tap-test/retrans_time_ms", "60000");
  const std::chrono::milliseconds long_enough{250'000};
  EXPECT_EQ(table_->resolve(peer_, {.timeout = long_enough}).error().code, Errc::kUnreachable);
}

TEST_F(ResolveOnTap, AnEntryThatIsFlushedMeanwhileIsAskedForAgain) {
  Result<Neighbor> found = Error{};
  std::thread caller([&] { found = table_->resolve(peer_); });
  EXPECT_TRUE(await_request());
  const auto other = open_table();
  EXPECT_TRUE(other->remove(peer_));
  EXPECT_TRUE(await_request()) << "anew";
  answer();
  caller.join();
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->link_address, mac("02:00:00:00:00:22"));
}

TEST_F(ResolveOnTap, SomebodyElsesEntryEndsTheWait) {
  Result<Neighbor> found = Error{};
  std::thread caller([&] { found = table_->resolve(peer_); });
  EXPECT_TRUE(await_request());
  const Neighbor told{.address = peer_.address, .interface = peer_.interface, .link_address = mac("02:00:00:00:00:33")};
  EXPECT_TRUE(table_->replace(told));
  caller.join();
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_TRUE(found->same_content(told));
}

TEST_F(ResolveOnTap, AnInterfaceThatGoesMeanwhileEndsTheWait) {
  Result<Neighbor> found = Error{};
  std::thread caller([&] { found = table_->resolve(peer_); });
  EXPECT_TRUE(await_request());
  tap_.reset();
  caller.join();
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().code, ::testing::AnyOf(Errc::kNoSuchInterface, Errc::kUnreachable));
}

TEST_F(ResolveOnTap, AnInterfaceThatGoesDownMeanwhileEndsTheWait) {
  Result<Neighbor> found = Error{};
  std::thread caller([&] { found = table_->resolve(peer_); });
  EXPECT_TRUE(await_request());
  must_run("ip link set tap-test down");
  caller.join();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Errc::kUnreachable) << found.error().message();
}

}  // namespace
}  // namespace neigh::test
