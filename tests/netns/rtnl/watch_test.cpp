// SPDX-License-Identifier: Apache-2.0
// Following the table: what is told, and that nothing is lost silently.
#include <fcntl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <functional>
#include <map>
#include <set>
#include <thread>

#include "base/unique_fd.hpp"
#include "netns/rtnl/fixture.hpp"

namespace neigh::test {
namespace {

using namespace std::chrono_literals;
using Kind = WatchEvent::Kind;

/// What somebody knows who starts with nothing and believes every event. Each event must fit what he knows.
class Follower {
 public:
  void on_event(const WatchEvent& event) {
    kinds.push_back(event.kind);
    const NeighborKey key = event.neighbor.key();
    switch (event.kind) {
      case Kind::kAdded:
        EXPECT_FALSE(event.previous);
        EXPECT_TRUE(known.emplace(key, event.neighbor).second) << "added twice: " << key.address.to_string();
        break;
      case Kind::kChanged:
        ASSERT_TRUE(known.contains(key)) << "changed, never added: " << key.address.to_string();
        ASSERT_TRUE(event.previous);
        EXPECT_TRUE(event.previous->same_content(known.at(key)));
        EXPECT_FALSE(event.neighbor.same_content(known.at(key)));
        known.at(key) = event.neighbor;
        break;
      case Kind::kRemoved:
        ASSERT_TRUE(known.contains(key)) << "removed, never added: " << key.address.to_string();
        EXPECT_TRUE(event.neighbor.same_content(known.at(key)));
        known.erase(key);
        break;
      case Kind::kSynced:
        EXPECT_FALSE(synced) << "once per watch";
        synced = true;
        break;
      case Kind::kGapBegan:
        EXPECT_FALSE(in_gap);
        in_gap = true;
        ++gaps;
        break;
      case Kind::kGapHealed:
        EXPECT_TRUE(in_gap);
        in_gap = false;
        break;
    }
  }

  std::map<NeighborKey, Neighbor> known;
  std::vector<Kind> kinds;
  bool synced = false;
  bool in_gap = false;
  int gaps = 0;
};

class WatchTest : public KernelHosts {
 protected:
  /// A watch and who follows it. It is read with `process_all`.
  struct Followed {
    std::unique_ptr<Watch> watch;
    Follower follower = {};

    Result<std::size_t> process() {
      return watch->process([this](const WatchEvent& event) { follower.on_event(event); });
    }
    void process_all() {
      bool more = true;
      while (more) {
        const auto told = process();
        ASSERT_TRUE(told) << told.error().message();
        const auto ready = watch->wait(0ms);
        ASSERT_TRUE(ready);
        more = *ready;
      }
    }
    std::vector<std::string> mirror(const std::string& device) const {
      std::vector<std::string> texts;
      watch->visit_mirror([&](const Neighbor& row) { texts.push_back(text_of(row, device)); });
      std::sort(texts.begin(), texts.end());
      return texts;
    }
    std::vector<std::string> known(const std::string& device) const {
      std::vector<std::string> texts;
      for (const auto& [key, row] : follower.known) texts.push_back(text_of(row, device));
      std::sort(texts.begin(), texts.end());
      return texts;
    }
  };

  Followed follow(const ListFilter& filter) {
    auto watch = table_->watch(filter);
    EXPECT_TRUE(watch) << watch.error().message();
    return {std::move(*watch)};
  }
  /// IPv4 on our device: the kernel does nothing there by itself.
  [[nodiscard]] ListFilter quiet() const { return {.family = Family::kIpv4, .interface = index()}; }
  Followed follow() { return follow(quiet()); }

  void expect_true_state(Followed& followed) {
    followed.process_all();
    EXPECT_FALSE(followed.follower.in_gap);
    EXPECT_EQ(followed.mirror(here().device), texts_of(*table_, quiet()));
    EXPECT_EQ(followed.known(here().device), followed.mirror(here().device));
  }
  static std::vector<Kind> take(Followed& followed) {
    followed.process_all();
    return std::exchange(followed.follower.kinds, {});
  }
};

TEST_F(WatchTest, TellsWhatIsThereThenSynced) {
  NEIGH_CITES("RTN-108");
  ASSERT_TRUE(table_->apply(Operation::kCreate, numbered_from(0, 1000))->ok());
  auto followed = follow();
  EXPECT_TRUE(followed.watch->wait(0ms).value()) << "there is something to do at once";
  const auto kinds = take(followed);
  ASSERT_EQ(kinds.size(), 1001U);
  EXPECT_EQ(kinds.back(), Kind::kSynced);
  EXPECT_EQ(std::count(kinds.begin(), kinds.end(), Kind::kAdded), 1000);
  expect_true_state(followed);
  EXPECT_FALSE(followed.watch->wait(0ms).value());
  EXPECT_EQ(followed.process().value(), 0U);
}

TEST_F(WatchTest, TellsEachChangeAsItIsMade) {
  NEIGH_CITES("RTN-101", "RTN-103");
  auto followed = follow();
  EXPECT_EQ(take(followed), std::vector{Kind::kSynced});
  Neighbor row = numbered(1);
  ASSERT_TRUE(table_->create(row));
  EXPECT_EQ(take(followed), std::vector{Kind::kAdded});
  row.link_address = mac("02:00:00:00:00:44");
  ASSERT_TRUE(table_->set(row));
  EXPECT_EQ(take(followed), std::vector{Kind::kChanged});
  row.flags = {NeighborFlag::kRouter};
  ASSERT_TRUE(table_->set(row));
  EXPECT_EQ(take(followed), std::vector{Kind::kChanged});
  row.state = NudState::kStale;
  ASSERT_TRUE(table_->replace(row));
  EXPECT_EQ(take(followed), std::vector{Kind::kChanged});
  ASSERT_TRUE(table_->replace(row));
  EXPECT_EQ(take(followed), std::vector<Kind>{}) << "nothing was changed";
  ASSERT_TRUE(table_->remove(row.key()));
  EXPECT_EQ(take(followed), (std::vector{Kind::kChanged, Kind::kRemoved})) << "the kernel marks it failed first";
  expect_true_state(followed);
}

TEST_F(WatchTest, TellsWhatOthersDo) {
  auto followed = follow();
  followed.process_all();
  must_run("ip neigh add 192.0.2.33 lladdr 02:00:00:00:00:33 dev " + here().device);
  ASSERT_TRUE(followed.watch->wait(kPatience).value());
  EXPECT_EQ(take(followed), (std::vector{Kind::kSynced, Kind::kAdded}));
  const auto resolved = table_->resolve(key(there().v4));
  ASSERT_TRUE(resolved);
  ASSERT_TRUE(wait_until([&] {
    followed.process_all();
    const auto found = followed.follower.known.find(key(there().v4));
    return found != followed.follower.known.end() && found->second.link_address == mac(there().link_address);
  }));
}

TEST_F(WatchTest, AnEntryThatLeavesTheFilterIsRemoved) {
  auto followed = follow({.family = Family::kIpv4, .interface = index(), .states = {NudState::kPermanent}});
  followed.process_all();
  take(followed);
  Neighbor row = numbered(1);
  ASSERT_TRUE(table_->create(row));
  EXPECT_EQ(take(followed), std::vector{Kind::kAdded});
  row.state = NudState::kStale;
  ASSERT_TRUE(table_->set(row));
  EXPECT_EQ(take(followed), std::vector{Kind::kRemoved});
  row.link_address = mac("02:00:00:00:00:44");
  ASSERT_TRUE(table_->set(row));
  EXPECT_EQ(take(followed), std::vector<Kind>{});
  row.state = NudState::kPermanent;
  ASSERT_TRUE(table_->set(row));
  EXPECT_EQ(take(followed), std::vector{Kind::kAdded});
  EXPECT_EQ(followed.follower.known.at(row.key()).link_address, row.link_address);
}

TEST_F(WatchTest, FiltersFamilyAndInterface) {
  must_run("ip link add br-test type bridge && ip link set br-test up");
  auto v4 = follow({.family = Family::kIpv4, .interface = index()});
  auto bridge = follow(
      {.family = Family::kIpv4, .interface = InterfaceIndex{index_of("br-test")}, .states = {NudState::kPermanent}});
  take(v4);
  take(bridge);
  ASSERT_TRUE(table_->create(neighbor("2001:db8::77")));
  EXPECT_EQ(take(v4), std::vector<Kind>{});
  ASSERT_TRUE(table_->create(neighbor("192.0.2.77")));
  EXPECT_EQ(take(v4), std::vector{Kind::kAdded});
  EXPECT_EQ(take(bridge), std::vector<Kind>{});
  Neighbor proxy = neighbor("192.0.2.78");
  proxy.flags = {NeighborFlag::kProxy};
  NEIGH_CITES("RTN-104");
  ASSERT_TRUE(table_->create(proxy));
  EXPECT_EQ(take(v4), std::vector<Kind>{});
}

TEST_F(WatchTest, WhatHasNoNotificationsIsRefused) {
  expect_error(table_->watch({.master = index()}), Errc::kInvalidArgument, "filter.master");
  expect_error(table_->watch({.proxies = true}), Errc::kInvalidArgument, "filter.proxies");
}

TEST_F(WatchTest, AnInterfaceThatGoesTakesItsEntries) {
  NEIGH_CITES("RTN-109");
  auto followed = follow({.family = Family::kIpv4});
  ASSERT_TRUE(table_->apply(Operation::kCreate, numbered_from(0, 300))->ok());
  followed.process_all();
  EXPECT_GE(followed.follower.known.size(), 300U);
  must_run("ip link del " + here().device);
  ASSERT_TRUE(wait_until([&] {
    followed.process_all();
    return followed.follower.known.empty();
  }));
  std::size_t left = 0;
  followed.watch->visit_mirror([&](const Neighbor&) { ++left; });
  EXPECT_EQ(left, 0U);
}

TEST_F(WatchTest, AnInterfaceThatGoesDownTakesItsEntries) {
  auto followed = follow();
  ASSERT_TRUE(table_->apply(Operation::kCreate, numbered_from(0, 300))->ok());
  followed.process_all();
  must_run("ip link set " + here().device + " down");
  expect_true_state(followed);
  EXPECT_TRUE(followed.follower.known.empty());
}

TEST_F(WatchTest, ABridgePortThatLeavesTakesNothing) {
  must_run(
      "ip link add br-test type bridge && ip link add veth-port type veth peer name veth-far && "
      "ip link set veth-port master br-test up");
  const InterfaceIndex port{index_of("veth-port")};
  Neighbor row = numbered(1);
  row.interface = port;
  ASSERT_TRUE(table_->create(row));
  auto followed = follow({.family = Family::kIpv4, .interface = port, .states = {NudState::kPermanent}});
  followed.process_all();
  EXPECT_EQ(followed.follower.known.size(), 1U);
  must_run("ip link set veth-port nomaster");
  followed.process_all();
  EXPECT_EQ(followed.follower.known.size(), 1U);
}

// --- gaps ---

TEST_F(WatchTest, AGapOfHundredsOfThousandsOfChangesIsHealed) {
  NEIGH_CITES("RTN-105", "RTN-107");
  ASSERT_TRUE(table_->apply(Operation::kCreate, numbered_from(0, 2000))->ok());
  auto followed = follow();
  followed.process_all();
  ASSERT_EQ(followed.follower.known.size(), 2000U);
  followed.follower.kinds.clear();
  // 200,000 changes while nobody reads: 500 go, 500 change, 1000 stay, 1000 come, and 20 change very often.
  std::thread flood([&] {
    EXPECT_TRUE(table_->apply(Operation::kRemove, numbered_from(0, 500))->ok());
    EXPECT_TRUE(table_->apply(Operation::kSet, numbered_from(500, 500, 77))->ok());
    std::vector<Neighbor> often;
    for (std::uint32_t i = 0; i < 10'000; ++i) {
      for (std::uint32_t n = 1980; n < 2000; ++n) often.push_back(numbered(n, static_cast<std::uint8_t>(i % 200)));
    }
    EXPECT_TRUE(table_->apply(Operation::kSet, often)->ok());
    EXPECT_TRUE(table_->apply(Operation::kCreate, numbered_from(5000, 1000))->ok());
  });
  flood.join();
  expect_true_state(followed);
  EXPECT_GE(followed.follower.gaps, 1);
  EXPECT_EQ(followed.follower.known.size(), 2500U);
  // What is lost is told as the difference: far fewer events than changes.
  EXPECT_LT(followed.follower.kinds.size(), 150'000U);
  ASSERT_TRUE(table_->create(numbered(9999)));
  followed.follower.kinds.clear();
  EXPECT_EQ(take(followed), std::vector{Kind::kAdded}) << "and it goes on as before";
}

// The table grows from nothing to 60,000 entries, its hash table many times over, while the watch reads it and is
// overrun.
TEST_F(WatchTest, GapsWhileChangesGoOn) {
  auto followed = follow();
  followed.process_all();
  constexpr std::uint32_t kCount = 60'000;
  std::atomic<bool> done{false};
  std::thread flood([&] {
    for (std::uint32_t at = 0; at < kCount; at += 2000) {
      EXPECT_TRUE(table_->apply(Operation::kCreate, numbered_from(at, 2000))->ok());
      if (at >= 2000) {
        EXPECT_TRUE(table_->apply(Operation::kRemove, numbered_from(at - 2000, 100))->ok());
        EXPECT_TRUE(table_->apply(Operation::kSet, numbered_from(at - 1000, 500, 99))->ok());
      }
      // Comes and goes again, so that there is much to tell.
      for (int again = 0; again < 2; ++again) {
        EXPECT_TRUE(table_->apply(Operation::kRemove, numbered_from(at, 1000))->ok());
        EXPECT_TRUE(table_->apply(Operation::kCreate, numbered_from(at, 1000))->ok());
      }
    }
    done = true;
  });
  while (!done) {
    // A reader that asks for the whole table time and again, which is when entries could be missed.
    followed.watch->request_resync();
    const auto told = followed.process();
    EXPECT_TRUE(told) << told.error().message();
    if (!told) break;
  }
  flood.join();
  EXPECT_GE(followed.follower.gaps, 1);
  expect_true_state(followed);
  EXPECT_EQ(followed.follower.known.size(), kCount - 29 * 100U);
}

// An entry that was there all the time is never told as removed, whatever happens beside it.
TEST_F(WatchTest, WhatStaysIsNeverToldAsGone) {
  const auto stays = numbered_from(1'000'000, 3000);
  ASSERT_TRUE(table_->apply(Operation::kCreate, stays)->ok());
  std::set<NeighborKey> keys;
  for (const Neighbor& one : stays) keys.insert(one.key());
  auto followed = follow();
  followed.process_all();
  std::atomic<bool> done{false};
  std::thread churn([&] {
    std::uint32_t size = 1000;
    for (int cycle = 0; cycle < 20; ++cycle) {
      // Grows and shrinks, in ever other places.
      EXPECT_TRUE(table_->apply(Operation::kCreate, numbered_from(0, size))->ok());
      EXPECT_TRUE(table_->apply(Operation::kRemove, numbered_from(0, size))->ok());
      size = size * 3 / 2 % 3'000 + 500;
    }
    done = true;
  });
  std::size_t lost = 0;
  for (bool last = false; !last;) {
    last = done;
    followed.watch->request_resync();
    const auto told = followed.watch->process([&](const WatchEvent& event) {
      lost += event.kind == Kind::kRemoved && keys.contains(event.neighbor.key()) ? 1U : 0U;
      followed.follower.on_event(event);
    });
    EXPECT_TRUE(told) << told.error().message();
  }
  churn.join();
  EXPECT_EQ(lost, 0U);
  expect_true_state(followed);
}

// The kernel leaves entries out of a dump when others are removed beside them. A handler that removes what it is told
// provokes that at every border of two messages of the dump.
TEST_F(WatchTest, TheFirstLookMissesNothingThoughEntriesGoMeanwhile) {
  NEIGH_CITES("RTN-088");
  constexpr std::uint32_t kCount = 10'000;
  ASSERT_TRUE(table_->apply(Operation::kCreate, numbered_from(0, kCount))->ok());
  auto watch = table_->watch(quiet());
  ASSERT_TRUE(watch);
  std::uint32_t added = 0;
  bool synced = false;
  const auto handler = [&](const WatchEvent& event) {
    synced = synced || event.kind == Kind::kSynced;
    if (event.kind != Kind::kAdded) return;
    ++added;
    EXPECT_TRUE(table_->remove(event.neighbor.key()));
  };
  while (!synced) ASSERT_TRUE((*watch)->process(handler));
  EXPECT_EQ(added, kCount) << "each was told";
  EXPECT_TRUE(table_->list(quiet())->empty());
}

TEST_F(WatchTest, AResyncTellsNoneAsGoneThatOnlyTheDumpLeftOut) {
  NEIGH_CITES("RTN-088");
  constexpr std::uint32_t kCount = 10'000;
  ASSERT_TRUE(table_->apply(Operation::kCreate, numbered_from(0, kCount))->ok());
  auto followed = follow();
  followed.process_all();
  // Every other one is changed, told so in the dump, and removed by the handler at once.
  std::vector<Neighbor> changed;
  for (std::uint32_t i = 0; i < kCount; i += 2) changed.push_back(numbered(i, 99));
  ASSERT_TRUE(table_->apply(Operation::kSet, changed)->ok());
  std::size_t gone = 0;
  followed.watch->request_resync();
  ASSERT_TRUE(followed.watch->process([&](const WatchEvent& event) {
    followed.follower.on_event(event);
    if (event.kind == Kind::kChanged && event.neighbor.state == NudState::kPermanent) {
      EXPECT_TRUE(table_->remove(event.neighbor.key()));
    }
    const bool stays = event.neighbor.link_address == numbered(1).link_address;
    gone += event.kind == Kind::kRemoved && stays ? 1U : 0U;
  }));
  EXPECT_EQ(gone, 0U);
  expect_true_state(followed);
  EXPECT_EQ(followed.follower.known.size(), kCount / 2);
}

TEST_F(WatchTest, AResyncTellsTheDifferenceOnly) {
  ASSERT_TRUE(table_->apply(Operation::kCreate, numbered_from(0, 100))->ok());
  auto followed = follow();
  followed.process_all();
  followed.follower.kinds.clear();
  followed.watch->request_resync();
  EXPECT_TRUE(followed.watch->wait(0ms).value()) << "there is something to do";
  EXPECT_EQ(take(followed), (std::vector{Kind::kGapBegan, Kind::kGapHealed}));
  ASSERT_TRUE(table_->create(numbered(500)));
  followed.watch->request_resync();
  EXPECT_EQ(take(followed), (std::vector{Kind::kGapBegan, Kind::kAdded, Kind::kGapHealed}));
  // A state for whose beginning there is no notification.
  NEIGH_CITES("RTN-102");
  expect_true_state(followed);
}

// --- use ---

TEST_F(WatchTest, WorksInAnEventLoop) {
  auto followed = follow();
  const Fd loop(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event interest{};
  interest.events = EPOLLIN;
  ASSERT_EQ(::epoll_ctl(loop.get(), EPOLL_CTL_ADD, followed.watch->fd(), &interest), 0);
  epoll_event event{};
  ASSERT_EQ(::epoll_wait(loop.get(), &event, 1, 20'000), 1) << "readable at once";
  followed.process_all();
  EXPECT_EQ(::epoll_wait(loop.get(), &event, 1, 0), 0);
  std::thread other([&] { EXPECT_TRUE(table_->create(numbered(1))); });
  EXPECT_EQ(::epoll_wait(loop.get(), &event, 1, 20'000), 1);
  other.join();
  followed.process_all();
  EXPECT_EQ(followed.follower.known.size(), 1U);
  EXPECT_EQ(::epoll_wait(loop.get(), &event, 1, 0), 0);
  followed.watch->request_resync();
  EXPECT_EQ(::epoll_wait(loop.get(), &event, 1, 20'000), 1);
}

TEST_F(WatchTest, WaitEndsWithAChangeOrItsTime) {
  auto followed = follow();
  followed.process_all();
  EXPECT_FALSE(followed.watch->wait(0ms).value());
  EXPECT_FALSE(followed.watch->wait(10ms).value());
  std::thread other([&] { EXPECT_TRUE(table_->create(numbered(1))); });
  EXPECT_TRUE(followed.watch->wait(-1ms).value());
  other.join();
}

TEST_F(WatchTest, AWaitMayBeAsLongAsItsTypeHolds) {
  auto followed = follow();
  followed.process_all();
  std::thread changer([this] { EXPECT_TRUE(table_->create(numbered(1))); });
  EXPECT_TRUE(followed.watch->wait(std::chrono::milliseconds::max()).value());
  changer.join();
  EXPECT_GT(followed.process().value(), 0U);
}

TEST_F(WatchTest, ADescriptorThatOthersClosedIsAnError) {
  auto followed = follow();
  followed.process_all();
  const int fd = followed.watch->fd();
  const int kept = ::fcntl(fd, F_DUPFD_CLOEXEC, 100);
  ::close(fd);
  const auto waited = followed.watch->wait(0ms);
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().sys_errno, EBADF);
  ::dup2(kept, fd);  // for the watch to close
  ::close(kept);
}

/// What the kernel would send of an entry with no more than an address, in state PERMANENT.
std::vector<std::uint8_t> notification_of(std::uint16_t type, InterfaceIndex interface, const IpAddress& address) {
  struct {
    nlmsghdr header = {};
    ndmsg body = {};
    nlattr destination = {.nla_len = 8, .nla_type = NDA_DST};
    std::array<std::uint8_t, 4> address = {};
  } message;
  message.header.nlmsg_len = sizeof message;
  message.header.nlmsg_type = type;
  message.body.ndm_family = AF_INET;
  message.body.ndm_ifindex = static_cast<int>(to_number(interface));
  message.body.ndm_state = NUD_PERMANENT;
  std::ranges::copy(address.bytes(), message.address.begin());
  std::vector<std::uint8_t> bytes(sizeof message);
  std::memcpy(bytes.data(), &message, sizeof message);
  return bytes;
}

TEST_F(WatchTest, WhatAnotherProcessSendsIsNotBelieved) {
  NEIGH_CITES("RTN-121");
  ASSERT_TRUE(table_->create(numbered(1)));
  auto followed = follow();
  followed.process_all();
  followed.follower.kinds.clear();
  const UniqueFd liar(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  const UniqueFd listener(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  sockaddr_nl group{};
  group.nl_family = AF_NETLINK;
  group.nl_groups = RTMGRP_NEIGH;
  const auto* to = reinterpret_cast<const sockaddr*>(&group);
  ASSERT_EQ(::bind(listener.get(), to, sizeof group), 0);
  for (const auto& [type, number] : {std::pair{RTM_NEWNEIGH, 2U}, std::pair{RTM_DELNEIGH, 1U}}) {
    const auto lie = notification_of(static_cast<std::uint16_t>(type), index(), many_v4(number));
    ASSERT_GT(::sendto(liar.get(), lie.data(), lie.size(), 0, to, sizeof group), 0);
    std::array<std::uint8_t, 256> heard{};
    ASSERT_EQ(::recv(listener.get(), heard.data(), heard.size(), 0), static_cast<ssize_t>(lie.size()));
  }
  EXPECT_EQ(take(followed), std::vector<Kind>{});
  expect_true_state(followed);
}

TEST_F(WatchTest, ALookFindsWhatNobodyWasToldOf) {
  auto followed = follow();
  followed.process_all();
  const auto look = [&](const NeighborKey& key) {
    followed.follower.kinds.clear();
    return followed.watch->look(key, [&](const WatchEvent& event) { followed.follower.on_event(event); });
  };
  const NeighborKey key{.interface = index(), .address = many_v4(7)};
  EXPECT_EQ(look(key).value(), std::nullopt);
  EXPECT_EQ(followed.follower.kinds, std::vector<Kind>{});

  must_run("ip neigh add " + many_v4(7).to_string() + " nud incomplete dev " + here().device);
  EXPECT_EQ(take(followed), std::vector<Kind>{}) << "Linux tells nobody";
  const auto found = look(key).value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->key(), key);
  EXPECT_EQ(found->state, NudState::kIncomplete);
  EXPECT_EQ(followed.follower.kinds, std::vector{Kind::kAdded});
  EXPECT_TRUE(look(key).value());
  EXPECT_EQ(followed.follower.kinds, std::vector<Kind>{}) << "nothing new";
  must_run("ip neigh del " + many_v4(7).to_string() + " dev " + here().device);
  EXPECT_EQ(take(followed), (std::vector{Kind::kChanged, Kind::kRemoved})) << "failed, and gone";

  // Ahead of notifications, which are told after it.
  const Neighbor other = numbered(8);
  ASSERT_TRUE(table_->create(other));
  EXPECT_TRUE(look(other.key()).value());
  EXPECT_EQ(followed.follower.kinds, std::vector{Kind::kAdded});
  ASSERT_TRUE(table_->remove(other.key()));
  EXPECT_EQ(look(other.key()).value(), std::nullopt);
  EXPECT_EQ(take(followed), (std::vector{Kind::kRemoved, Kind::kAdded, Kind::kChanged, Kind::kRemoved}));
  EXPECT_EQ(look({.address = many_v4(7)}).error().code, Errc::kInvalidArgument);
  expect_true_state(followed);
}

TEST_F(WatchTest, ALookKeepsToTheFilter) {
  auto watch = table_->watch({.states = {NudState::kReachable}}).value();
  std::vector<WatchEvent> events;
  const auto handler = [&](const WatchEvent& event) { events.push_back(event); };
  ASSERT_TRUE(watch->process(handler));
  events.clear();
  ASSERT_TRUE(table_->create(numbered(8)));  // permanent
  EXPECT_EQ(watch->look(numbered(8).key(), handler).value(), std::nullopt);
  EXPECT_TRUE(events.empty());
}

TEST_F(WatchTest, SeveralAreIndependentAndTheHandlerMayUseTheTable) {
  auto first = follow();
  auto second = follow();
  EXPECT_EQ(take(first), std::vector{Kind::kSynced});
  ASSERT_TRUE(table_->create(numbered(1)));
  EXPECT_EQ(take(second), (std::vector{Kind::kAdded, Kind::kSynced}));
  ASSERT_TRUE(first.watch->process([&](const WatchEvent& event) {
    EXPECT_TRUE(table_->get(event.neighbor.key()));
    EXPECT_TRUE(second.process());
    auto third = table_->watch();
    EXPECT_TRUE(third);
  }));
  first.watch.reset();
  ASSERT_TRUE(table_->create(numbered(2)));
  EXPECT_EQ(take(second), std::vector{Kind::kAdded});
}

// What it was not told because the handler threw in the middle is told by the next call.
TEST_F(WatchTest, AHandlerThatThrowsMissesNothing) {
  auto followed = follow();
  followed.process_all();
  ASSERT_TRUE(table_->apply(Operation::kCreate, numbered_from(0, 50))->ok());
  int told = 0;
  EXPECT_THROW((void)followed.watch->process([&](const WatchEvent& event) {
    if (++told == 10) throw std::runtime_error("in the handler");
    followed.follower.on_event(event);
  }),
               std::runtime_error);
  ASSERT_TRUE(table_->remove(numbered(3).key()));
  EXPECT_TRUE(followed.watch->wait(0ms).value());
  followed.process_all();
  EXPECT_EQ(followed.mirror(here().device), texts_of(*table_, quiet()));
  // The tenth entry was told by the call that ended badly; its owner has to look it up, as the gap says.
  EXPECT_EQ(followed.follower.gaps, 1);
  EXPECT_FALSE(followed.follower.in_gap);
}

TEST_F(WatchTest, OutlivesItsTable) {
  auto followed = follow();
  table_.reset();
  followed.process_all();
  EXPECT_TRUE(followed.follower.synced);
}

TEST_F(WatchTest, AForkedChildHasAWatchOfItsOwn) {
  ASSERT_TRUE(table_->create(numbered(1)));
  auto followed = follow();
  followed.process_all();
  EXPECT_EQ(run_forked([&] {
              // Not synced with what happens from here on until it has looked anew, which it is told to.
              EXPECT_TRUE(followed.watch->wait(20'000ms).value());
              followed.follower.kinds.clear();
              EXPECT_TRUE(table_->create(numbered(2)));
              EXPECT_EQ(take(followed), (std::vector{Kind::kGapBegan, Kind::kAdded, Kind::kGapHealed}));
              EXPECT_TRUE(table_->create(numbered(3)));
              EXPECT_EQ(take(followed), std::vector{Kind::kAdded});
              expect_true_state(followed);
              return 0;
            }),
            0);
  // The parent's has lost nothing to the child.
  followed.follower.kinds.clear();
  EXPECT_EQ(take(followed), (std::vector{Kind::kAdded, Kind::kAdded}));
  expect_true_state(followed);
}

TEST_F(WatchTest, WithoutPrivilegeItWorksAsWell) {
  EXPECT_EQ(run_unprivileged([&] {
              auto followed = follow();
              followed.process_all();
              EXPECT_TRUE(followed.follower.synced);
              const auto resolved = table_->resolve(key(there().v4));
              EXPECT_TRUE(resolved) << resolved.error().message();
              followed.process_all();
              EXPECT_TRUE(followed.follower.known.contains(key(there().v4)));
              return 0;
            }),
            0);
}

// Whatever thread reads it, wherever that thread is: it follows the table on which it was opened.
TEST_F(WatchTest, StaysInItsNamespace) {
  NEIGH_CITES("LIB-30");
  ASSERT_TRUE(table_->create(numbered(1)));
  const auto moving = open_table(NamespaceBinding::kCallingThread);
  for (NeighborTable* table : {table_.get(), moving.get()}) {
    auto watch = table->watch(quiet());
    ASSERT_TRUE(watch);
    Followed followed{std::move(*watch)};
    std::thread elsewhere([&] {
      const auto inside = there().space.enter();
      followed.process_all();
      EXPECT_EQ(followed.follower.known.size(), 1U);
      followed.watch->request_resync();
      followed.process_all();
    });
    elsewhere.join();
    expect_true_state(followed);
    EXPECT_TRUE(followed.follower.known.contains(numbered(1).key()));
  }
}

}  // namespace
}  // namespace neigh::test
