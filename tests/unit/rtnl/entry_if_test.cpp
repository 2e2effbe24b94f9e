// SPDX-License-Identifier: Apache-2.0
// Operations that look at the interface first: how many requests they make, and that every answer is that of the long
// way round, whatever becomes of the interface meanwhile.
#include <gtest/gtest.h>
#include <linux/if_arp.h>
#include <sys/socket.h>

#include <cerrno>
#include <mutex>

#include "rtnl/kernel_table.hpp"
#include "unit/rtnl/scripted_kernel.hpp"

namespace neigh::rtnl {
namespace {

using test::Answers;
using test::KernelModel;
using test::ScriptedKernel;
using Types = std::vector<int>;  // of requests, one a datagram

constexpr InterfaceIndex kEth{KernelModel::kEthernet};
constexpr InterfaceIndex kTun{KernelModel::kTunnel};

Neighbor v4(std::uint8_t number, InterfaceIndex on = kEth) {
  return {.address = IpAddress::v4(192, 0, 2, number),
          .interface = on,
          .link_address = LinkAddress::ether({2, 0, 0, 0, 0, number}),
          .state = NudState::kPermanent};
}

Neighbor v6(std::uint8_t number) {
  Neighbor one = v4(number);
  one.address = IpAddress::v6({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, number});
  return one;
}

std::string outcome(const Result<void>& done) { return done ? "done" : std::string(to_string(done.error().code)); }
std::string outcome(const Result<Neighbor>& got) { return got ? "found" : std::string(to_string(got.error().code)); }

class EntryIf : public ::testing::Test {
 protected:
  EntryIf() {
    pool_ = std::make_shared<ChannelPool>(
        NamespaceBinding::kOpener, [this] { return kernel_.open(record_); }, [this] { return open_bell(); });
    table_ = std::make_unique<KernelTable>(pool_);
    set([](KernelModel& model) {
      for (const Neighbor& one : {v4(1), v6(1)}) model.table()[one.key()] = one;
    });
  }

  Result<UniqueFd> open_bell() {
    if (no_bell_) return Error{.code = Errc::kSystem, .sys_errno = EMFILE};
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
      return Error{.code = Errc::kSystem, .sys_errno = errno};
    }
    other_end_ = UniqueFd(ends[1]);
    return UniqueFd(ends[0]);
  }
  void ring() const { ASSERT_EQ(::send(other_end_.get(), "x", 1, 0), 1); }
  void set(const std::function<void(KernelModel&)>& change) { kernel_.with_model(change); }

  /// What C callers want of an interface, more or less.
  Result<void> check(const Interface& interface, Family family = Family::kIpv4) {
    if (interface.type != InterfaceType::kEthernet) return Error{.code = Errc::kNoSuchInterface, .field = "type"};
    const bool present = family == Family::kIpv4 ? interface.ipv4 : interface.ipv6;
    return present ? Result<void>{} : Error{.code = Errc::kNotSupported};
  }
  std::string write(Operation operation, const Neighbor& neighbor) {
    return outcome(table_->write_if(
        operation, neighbor, [&](const Interface& interface) { return check(interface, neighbor.address.family()); }));
  }
  std::string get(const Neighbor& neighbor) {
    return outcome(table_->get_if(
        neighbor.key(), [&](const Interface& interface) { return check(interface, neighbor.address.family()); }));
  }
  void warm() {
    for (std::uint32_t i = 0; i <= LinkFacts::kAskedBefore; ++i) EXPECT_EQ(get(v4(1)), "found");
    (void)requests();
  }
  /// Since the last call.
  Types requests() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(types_, {});
  }

  std::mutex mutex_;
  Types types_;
  test::Fault record_ = [this](std::size_t, const std::vector<test::Request>& requests, Answers answers) {
    const std::scoped_lock lock(mutex_);
    for (const test::Request& request : requests) types_.push_back(request.type);
    return answers;
  };
  bool no_bell_ = false;
  UniqueFd other_end_;
  ScriptedKernel kernel_;
  std::shared_ptr<ChannelPool> pool_;
  std::unique_ptr<KernelTable> table_;
};

TEST_F(EntryIf, OneRequestWhereTheInterfaceIsKnown) {
  EXPECT_EQ(get(v4(1)), "found");
  EXPECT_EQ(requests(), (Types{RTM_GETLINK, RTM_GETNEIGH})) << "not yet";
  warm();
  EXPECT_EQ(write(Operation::kCreate, v4(2)), "done");
  EXPECT_EQ(write(Operation::kCreate, v4(2)), "already exists");
  EXPECT_EQ(write(Operation::kSet, v4(2)), "done");
  EXPECT_EQ(write(Operation::kReplace, v4(3)), "done");
  EXPECT_EQ(write(Operation::kSet, v4(9)), "not found");
  EXPECT_EQ(requests(), Types(5, RTM_NEWNEIGH));
  EXPECT_EQ(get(v4(2)), "found");
  EXPECT_EQ(get(v4(9)), "not found");
  EXPECT_EQ(requests(), Types(2, RTM_GETNEIGH));
  EXPECT_EQ(write(Operation::kRemove, v4(2)), "done");
  EXPECT_EQ(write(Operation::kRemove, v4(2)), "not found");
  EXPECT_EQ(requests(), Types(2, RTM_DELNEIGH));
  EXPECT_EQ(write(Operation::kCreate, v6(2)), "done");
  EXPECT_EQ(write(Operation::kCreate, v6(2)), "already exists");
  EXPECT_EQ(write(Operation::kSet, v6(9)), "not found");
  EXPECT_EQ(get(v6(2)), "found");
  EXPECT_EQ(write(Operation::kRemove, v6(2)), "done");
  EXPECT_EQ(requests(), (Types{RTM_NEWNEIGH, RTM_NEWNEIGH, RTM_NEWNEIGH, RTM_GETNEIGH, RTM_DELNEIGH}));
}

// Where nothing is found, IPv6 may be switched off: that goes before.
TEST_F(EntryIf, AnIpv6EntryThatIsNotThereIsAsFoundAsItsStack) {
  warm();
  EXPECT_EQ(get(v6(9)), "not found");
  EXPECT_EQ(write(Operation::kRemove, v6(9)), "not found");
  EXPECT_EQ(requests(), (Types{RTM_GETNEIGH, RTM_GETLINK, RTM_DELNEIGH, RTM_GETLINK}));
  // Switched off without a word, and its entries are gone.
  set([](KernelModel& model) {
    model.ipv6 = false;
    model.table().erase(v6(1).key());
  });
  EXPECT_EQ(get(v6(1)), "not supported");
  EXPECT_EQ(get(v6(1)), "not supported");
  EXPECT_EQ(write(Operation::kRemove, v6(1)), "not supported");
  EXPECT_EQ(write(Operation::kCreate, v6(1)), "not supported");
  EXPECT_EQ(write(Operation::kSet, v6(1)), "not supported");
  set([](KernelModel& model) { EXPECT_EQ(model.size(), 1U) << "192.0.2.1 alone"; });
  // And on again.
  set([](KernelModel& model) { model.ipv6 = true; });
  EXPECT_EQ(write(Operation::kCreate, v6(1)), "done");
}

TEST_F(EntryIf, TheCheckKeepsARequestFromBeingMade) {
  const auto refuse = [](const Interface&) -> Result<void> { return Error{.code = Errc::kTimedOut}; };
  for (const bool known : {false, true}) {
    if (known) warm();
    for (const Operation operation : {Operation::kCreate, Operation::kSet, Operation::kReplace, Operation::kRemove}) {
      EXPECT_EQ(outcome(table_->write_if(operation, v4(1), refuse)), "timed out");
    }
    EXPECT_EQ(outcome(table_->get_if(v4(1).key(), refuse)), "timed out");
    EXPECT_EQ(requests(), Types(5, RTM_GETLINK)) << "what is known refuses nothing for good";
  }
}

TEST_F(EntryIf, TheCheckMayCompleteWhatIsWritten) {
  for (const bool known : {false, true}) {
    if (known) warm();
    Neighbor neighbor = v4(known ? 21 : 20);
    const LinkAddress link_address = std::exchange(neighbor.link_address, {});
    EXPECT_EQ(outcome(table_->write_if(Operation::kCreate, neighbor,
                                       [&](const Interface& interface) -> Result<void> {
                                         EXPECT_EQ(interface.link_address_size, 6);
                                         neighbor.link_address = link_address;
                                         return {};
                                       })),
              "done");
    EXPECT_EQ(table_->get(neighbor.key())->link_address, link_address);
  }
}

TEST_F(EntryIf, AChangeThatWasToldIsSeen) {
  warm();
  set([](KernelModel& model) { model.ethernet_type = ARPHRD_NONE; });
  ring();
  EXPECT_EQ(write(Operation::kRemove, v4(1)), "no such interface");
  EXPECT_EQ(get(v4(1)), "no such interface");
  EXPECT_EQ(requests(), Types(2, RTM_GETLINK)) << "nothing was sent to what has the number now";
  set([](KernelModel& model) { model.ethernet_type = ARPHRD_ETHER; });
  EXPECT_EQ(get(v4(1)), "found") << "of a device of another type nothing was remembered";
  warm();
  set([](KernelModel& model) { model.ethernet_there = false; });
  ring();
  EXPECT_EQ(write(Operation::kCreate, v4(2)), "no such interface");
  EXPECT_EQ(requests(), Types{RTM_GETLINK});
}

// It goes after the look: the kernel refuses, and the interface is asked for again.
TEST_F(EntryIf, AnInterfaceThatGoesDuringTheCall) {
  for (const Operation operation : {Operation::kCreate, Operation::kSet, Operation::kReplace, Operation::kRemove}) {
    warm();
    int looked_at = 0;
    const auto done = table_->write_if(operation, v4(1), [&](const Interface& interface) {
      ++looked_at;
      set([](KernelModel& model) { model.ethernet_there = false; });
      return check(interface);
    });
    EXPECT_EQ(outcome(done), "no such interface");
    EXPECT_EQ(looked_at, 1);
    set([](KernelModel& model) { model.ethernet_there = true; });
  }
  EXPECT_EQ(get(v4(1)), "found") << "and nothing was done";
}

// The order of checks: the interface comes before the privilege.
TEST_F(EntryIf, ARefusalIsJudgedWithTheInterfaceAsItIs) {
  warm();
  for (const int number : {EPERM, ENOBUFS, ENOMEM, EINVAL, EAFNOSUPPORT, EBUSY}) {
    set([number](KernelModel& model) { model.refuse_writes = number; });
    const std::string alone = outcome(table_->create(v4(2)));
    EXPECT_EQ(write(Operation::kCreate, v4(2)), alone) << number;
    set([](KernelModel& model) { model.ethernet_type = ARPHRD_NONE; });  // told in the next moment
    EXPECT_EQ(write(Operation::kCreate, v4(2)), "no such interface") << number;
    set([](KernelModel& model) { model.ethernet_type = ARPHRD_ETHER; });
    warm();
  }
}

TEST_F(EntryIf, WhatIsNotRememberedIsAskedForEachTime) {
  const auto any = [](const Interface&) { return Result<void>{}; };
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(outcome(table_->get_if(v4(1, kTun).key(), any)), "not found");
    EXPECT_EQ(requests(), (Types{RTM_GETLINK, RTM_GETNEIGH}));
  }
  no_bell_ = true;
  ring();
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(get(v4(1)), "found");
    EXPECT_EQ(requests(), (Types{RTM_GETLINK, RTM_GETNEIGH})) << "no descriptor to be had";
  }
}

// Proxy entries stay where IPv6 is switched off.
TEST_F(EntryIf, ProxyEntriesGoTheLongWayRound) {
  warm();
  Neighbor proxy = v6(7);
  proxy.flags = {NeighborFlag::kProxy};
  EXPECT_EQ(write(Operation::kReplace, proxy), "done");
  EXPECT_EQ(get(proxy), "found");
  EXPECT_EQ(requests(), (Types{RTM_GETLINK, RTM_NEWNEIGH, RTM_GETLINK, RTM_GETNEIGH}));
}

TEST_F(EntryIf, ArgumentsAreJudgedBehindTheInterface) {
  for (const bool known : {false, true}) {
    if (known) warm();
    Neighbor bad = v4(2);
    bad.address = IpAddress::v4(127, 0, 0, 1);
    EXPECT_EQ(write(Operation::kCreate, bad), "invalid argument");
    bad.interface = InterfaceIndex{99};
    EXPECT_EQ(write(Operation::kCreate, bad), "no such interface");
    bad.interface = InterfaceIndex::kNone;
    EXPECT_EQ(write(Operation::kCreate, bad), "no such interface");
    EXPECT_EQ(get(bad), "no such interface");
    EXPECT_EQ(write(static_cast<Operation>(9), v4(1)), "invalid argument");
    for (const int type : requests()) EXPECT_EQ(type, RTM_GETLINK);
  }
}

// Somebody closes the channel's descriptor: the call is made on another, which knows nothing.
TEST_F(EntryIf, AChannelThatIsLostTakesWhatItKnewAlong) {
  warm();
  const int fd = (*pool_->take())->socket().fd();
  ASSERT_EQ(::close(fd), 0);
  EXPECT_EQ(write(Operation::kCreate, v4(2)), "done");
  EXPECT_EQ(requests(), (Types{RTM_GETLINK, RTM_NEWNEIGH}));
  EXPECT_EQ(kernel_.opened(), 2U);
}

}  // namespace
}  // namespace neigh::rtnl
