// SPDX-License-Identifier: Apache-2.0
// Which namespace a call acts on, and that none is kept alive for longer than somebody wants it.
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <thread>

#include "netns/rtnl/fixture.hpp"

namespace neigh::test {
namespace {

class NamespaceTest : public KernelHosts {
 protected:
  Neighbor over_there() const {
    return {.address = ip("192.0.2.50"),
            .interface = InterfaceIndex{there().index},
            .link_address = mac("02:00:00:00:00:50")};
  }
  /// Calls `body` in a thread in the other host's namespace.
  void there_in_a_thread(const std::function<void()>& body) const {
    std::thread([&] {
      const auto inside = there().space.enter();
      body();
    }).join();
  }
};

TEST_F(NamespaceTest, ATableBelongsToItsOpenersWhateverThreadUsesIt) {
  const Neighbor mine = neighbor("192.0.2.40");
  there_in_a_thread([&] {
    const auto inode = Namespace::current_inode();
    EXPECT_TRUE(table_->create(mine));
    EXPECT_TRUE(table_->find_interface(here().device));
    EXPECT_EQ(table_->find_interface(there().device).error().code, Errc::kNoSuchInterface);
    EXPECT_TRUE(table_->resolve(key(here().v4)));
    // Several at once, so that the one channel that is there does not do for all.
    EXPECT_TRUE(table_->visit({.family = Family::kIpv4}, [&](const Neighbor& row) {
      EXPECT_TRUE(
          table_->visit({.family = Family::kIpv4}, [&](const Neighbor&) { EXPECT_TRUE(table_->get(row.key())); }));
    }));
    EXPECT_TRUE(table_->resolve({index(), ip(there().v4)}, {.source = ip(here().v4), .ask_again = true}));
    EXPECT_EQ(Namespace::current_inode(), inode) << "the thread is where it was";
    EXPECT_FALSE(ip_neigh_find(there().device, "192.0.2.40"));
  });
  EXPECT_EQ(ip_neigh_find(here().device, "192.0.2.40")->lladdr, "02:00:00:00:00:99");
  EXPECT_TRUE(ip_neigh_find(here().device, there().v4));
}

TEST_F(NamespaceTest, OrToThatOfTheCallingThread) {
  NEIGH_CITES("LIB-30");
  const auto moving = open_table(NamespaceBinding::kCallingThread);
  EXPECT_TRUE(moving->create(neighbor("192.0.2.41")));
  there_in_a_thread([&] {
    EXPECT_EQ(moving->get(neighbor("192.0.2.41").key()).error().code, Errc::kNoSuchInterface);
    EXPECT_TRUE(moving->create(over_there()));
    EXPECT_TRUE(ip_neigh_find(there().device, "192.0.2.50"));
    const auto resolved = moving->resolve({InterfaceIndex{there().index}, ip(here().v4)});
    EXPECT_TRUE(resolved) << resolved.error().message();
    EXPECT_EQ(moving->flush({.family = Family::kIpv4, .states = {NudState::kPermanent}}).value(), 1U);
  });
  EXPECT_TRUE(moving->get(key("192.0.2.41"))) << "untouched";
  // The same thread, going back and forth.
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(moving->find_interface(here().device));
    const auto inside = there().space.enter();
    EXPECT_TRUE(moving->find_interface(there().device));
    EXPECT_FALSE(moving->find_interface(here().device));
  }
}

/// Whether the device `name` goes away by itself, as a veth does when its peer's namespace ends.
bool goes_away(const std::string& name) {
  return wait_until([&] { return index_of(name) == 0; });
}

// A veth whose peer is in a namespace that only its visitor holds: when the visitor has left, both are gone.
TEST_F(NamespaceTest, OneThatAThreadVisitedIsFreeToGo) {
  const auto moving = open_table(NamespaceBinding::kCallingThread);
  const std::size_t before = open_descriptors();
  {
    const Namespace visited;
    must_run("ip link add veth-end type veth peer name veth-inner netns " + visited.path());
    std::thread([&] {
      const auto inside = visited.enter();
      for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(moving->interfaces());
        EXPECT_TRUE(moving->list());
        EXPECT_TRUE(moving->find_interface("veth-inner"));
      }
    }).join();
    EXPECT_NE(index_of("veth-end"), 0U);
  }
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_TRUE(goes_away("veth-end"));
}

TEST_F(NamespaceTest, OneThatATableBelongedToGoesWithTheTable) {
  std::unique_ptr<NeighborTable> inner;
  {
    const Namespace visited;
    must_run("ip link add veth-end type veth peer name veth-inner netns " + visited.path());
    const auto inside = visited.enter();
    inner = open_table();
  }
  EXPECT_TRUE(inner->find_interface("veth-inner")) << "kept alive by the table";
  EXPECT_NE(index_of("veth-end"), 0U);
  inner.reset();
  EXPECT_TRUE(goes_away("veth-end"));
}

TEST_F(NamespaceTest, OneThatAWatchFollowedGoesWithTheWatch) {
  const auto moving = open_table(NamespaceBinding::kCallingThread);
  std::unique_ptr<Watch> watch;
  {
    const Namespace visited;
    must_run("ip link add veth-end type veth peer name veth-inner netns " + visited.path());
    const auto inside = visited.enter();
    watch = *moving->watch();
    EXPECT_TRUE(watch->process([](const WatchEvent&) {}));
  }
  EXPECT_NE(index_of("veth-end"), 0U);
  watch.reset();
  EXPECT_TRUE(goes_away("veth-end"));
}

// The process itself moves on: what it left is not held by the channels it kept there.
TEST_F(NamespaceTest, OneThatTheProcessLeftIsFreeToGo) {
  EXPECT_EQ(run_forked([&] {
              const auto moving = open_table(NamespaceBinding::kCallingThread);
              {
                const Namespace first;
                must_run("ip link add veth-end type veth peer name veth-inner netns " + first.path());
                const auto inside = first.enter();
                // Five channels at once, all of which are kept.
                const auto nest = [&](const auto& self, int depth) -> void {
                  EXPECT_TRUE(moving->visit({}, [](const Neighbor&) {}));
                  Neighbor row{.address = ip("192.0.2.9"),
                               .interface = moving->find_interface("veth-inner")->index,
                               .link_address = mac("02:00:00:00:00:09")};
                  EXPECT_TRUE(moving->replace(row));
                  EXPECT_TRUE(moving->visit({.family = Family::kIpv4}, [&](const Neighbor&) {
                    if (depth > 0) self(self, depth - 1);
                  }));
                };
                nest(nest, 4);
              }
              // The first call in the next namespace lets go of all of them.
              EXPECT_TRUE(moving->interfaces());
              EXPECT_TRUE(goes_away("veth-end"));
              return 0;
            }),
            0);
}

// A process in a user namespace of its own may enter a network namespace that it made, but not go back to the one it
// came from, which belongs to others. It must not end up there, or dead.
TEST_F(NamespaceTest, AThreadThatCouldNotComeBackDoesNotGo) {
  ASSERT_TRUE(table_->create(neighbor("192.0.2.42")));
  constexpr int kNoUserNamespace = 100;
  const int code = run_forked([&] {
    if (::unshare(CLONE_NEWUSER) != 0) return kNoUserNamespace;
    std::unique_ptr<NeighborTable> made;
    std::thread([&] {
      EXPECT_EQ(::unshare(CLONE_NEWNET), 0);
      made = open_table();
    }).join();
    const auto inode = Namespace::current_inode();
    EXPECT_TRUE(made->interfaces()) << "over the channel that is there";
    bool tried = false;
    EXPECT_TRUE(made->visit({}, [](const Neighbor&) {}));
    const auto watch = made->watch();  // needs a socket in the other namespace
    tried = true;
    EXPECT_FALSE(watch);
    if (!watch) {
      EXPECT_EQ(watch.error().code, Errc::kPermissionDenied);
    }
    EXPECT_EQ(Namespace::current_inode(), inode);
    return tried ? 0 : 1;
  });
  if (code == kNoUserNamespace) {
    GTEST_SKIP() << "a process with more threads than one (ThreadSanitizer has one of its own) makes no user namespace";
  }
  EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace neigh::test
