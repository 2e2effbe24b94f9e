// SPDX-License-Identifier: Apache-2.0
// What a channel remembers of interfaces: only while nothing was told, and only what is always told of.
#include "rtnl/link_facts.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "rtnl/socket.hpp"
#include "support/process.hpp"

namespace neigh::rtnl {
namespace {

Interface ethernet(std::uint32_t number) {
  return {.index = InterfaceIndex{number},
          .name = "eth" + std::to_string(number),
          .type = InterfaceType::kEthernet,
          .link_address_size = 6,
          .ipv6 = true};
}

class LinkFactsTest : public ::testing::Test {
 protected:
  Result<UniqueFd> open() {
    ++opened_;
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
      return Error{.code = Errc::kSystem, .sys_errno = errno};
    }
    other_end_ = UniqueFd(ends[1]);
    bell_ = ends[0];
    return UniqueFd(ends[0]);
  }
  void ask(const Interface& answer) {
    facts_.before_question([this] { return open(); });
    facts_.learn(answer);
  }
  /// Asks until there is a socket.
  void warm(const Interface& answer) {
    for (std::uint32_t i = 0; i <= LinkFacts::kAskedBefore; ++i) ask(answer);
  }
  void ring() const { ASSERT_EQ(::send(other_end_.get(), "x", 1, 0), 1); }

  LinkFacts facts_;
  UniqueFd other_end_;
  int bell_ = -1;
  int opened_ = 0;
};

TEST_F(LinkFactsTest, ASocketIsOpenedForWhoAsksOftenOnly) {
  for (std::uint32_t i = 0; i < LinkFacts::kAskedBefore; ++i) {
    ask(ethernet(7));
    EXPECT_EQ(facts_.find(InterfaceIndex{7}), nullptr);
  }
  EXPECT_EQ(opened_, 0);
  ask(ethernet(7));
  EXPECT_EQ(opened_, 1);
  for (int i = 0; i < 100; ++i) {
    const Interface* known = facts_.find(InterfaceIndex{7});
    ASSERT_NE(known, nullptr);
    EXPECT_EQ(known->name, "eth7");
    EXPECT_EQ(facts_.find(InterfaceIndex{8}), nullptr);
    ask(ethernet(9));
  }
  EXPECT_EQ(opened_, 1) << "one is enough";
}

TEST_F(LinkFactsTest, WhatWasToldEndsAllThatIsKnown) {
  warm(ethernet(7));
  ask(ethernet(8));
  ring();
  EXPECT_EQ(facts_.find(InterfaceIndex{8}), nullptr);
  EXPECT_EQ(facts_.find(InterfaceIndex{7}), nullptr);
  EXPECT_EQ(::fcntl(bell_, F_GETFD), -1) << "closed";
  ask(ethernet(7));
  EXPECT_EQ(facts_.find(InterfaceIndex{7}), nullptr) << "as in the beginning: not remembered without a socket";
  warm(ethernet(7));
  EXPECT_NE(facts_.find(InterfaceIndex{7}), nullptr);
  EXPECT_EQ(opened_, 2);
}

// The answer may be older than what was told while it was on its way.
TEST_F(LinkFactsTest, WhatIsToldDuringTheQuestionCountsAgainstItsAnswer) {
  warm(ethernet(8));
  facts_.before_question([this] { return open(); });
  ring();
  facts_.learn(ethernet(7));
  EXPECT_EQ(facts_.find(InterfaceIndex{7}), nullptr);
}

TEST_F(LinkFactsTest, AnyOutcomeButNothingThereIsAChange) {
  warm(ethernet(7));
  other_end_.reset();  // the end of the connection
  EXPECT_EQ(facts_.find(InterfaceIndex{7}), nullptr);
  warm(ethernet(7));
  EXPECT_NE(facts_.find(InterfaceIndex{7}), nullptr);
  const UniqueFd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const UniqueFd number(bell_);  // forgotten, not closed: it is no socket any more
  ASSERT_EQ(::dup2(file.get(), bell_), bell_);
  EXPECT_EQ(facts_.find(InterfaceIndex{7}), nullptr);
}

TEST_F(LinkFactsTest, DevicesWhoseFlagsMayChangeUntoldAreNotRemembered) {
  warm(ethernet(7));
  for (const InterfaceType type :
       {InterfaceType::kOther, InterfaceType::kPpp, InterfaceType::kLoopback, InterfaceType::kTunnel}) {
    Interface one = ethernet(9);
    one.type = type;
    ask(one);
    EXPECT_EQ(facts_.find(InterfaceIndex{9}), nullptr) << static_cast<int>(type);
  }
  Interface flagged = ethernet(9);
  flagged.loopback = true;
  ask(flagged);
  EXPECT_EQ(facts_.find(InterfaceIndex{9}), nullptr);
  flagged.loopback = false;
  flagged.point_to_point = true;
  ask(flagged);
  EXPECT_EQ(facts_.find(InterfaceIndex{9}), nullptr);
  for (const InterfaceType type : {InterfaceType::kWireless, InterfaceType::kInfiniband}) {
    Interface one = ethernet(9);
    one.type = type;
    ask(one);
    ASSERT_NE(facts_.find(InterfaceIndex{9}), nullptr);
    EXPECT_EQ(facts_.find(InterfaceIndex{9})->type, type) << "the latest answer counts";
  }
}

TEST_F(LinkFactsTest, TheOldestGoesWhereThereAreTooMany) {
  warm(ethernet(1));
  for (std::uint32_t i = 2; i <= LinkFacts::kMost + 1; ++i) ask(ethernet(i));
  EXPECT_EQ(facts_.find(InterfaceIndex{1}), nullptr);
  for (std::uint32_t i = 2; i <= LinkFacts::kMost + 1; ++i) EXPECT_NE(facts_.find(InterfaceIndex{i}), nullptr) << i;
}

TEST_F(LinkFactsTest, WithoutASocketNothingIsRemembered) {
  for (int i = 0; i < 100; ++i) {
    facts_.before_question([]() -> Result<UniqueFd> { return Error{.code = Errc::kSystem, .sys_errno = EMFILE}; });
    facts_.learn(ethernet(7));
    EXPECT_EQ(facts_.find(InterfaceIndex{7}), nullptr);
  }
}

// A program closes all descriptors, and the number is a socket of its own now that has something to read.
TEST_F(LinkFactsTest, ANumberThatIsSomebodyElsesIsNeitherReadNorClosed) {
  warm(ethernet(7));
  std::array<int, 2> theirs{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, theirs.data()), 0);
  const UniqueFd sender(theirs[1]);
  ASSERT_EQ(::send(sender.get(), "hello", 5, 0), 5);
  ASSERT_EQ(::dup2(theirs[0], bell_), bell_);
  const UniqueFd taken_number(bell_);
  ::close(theirs[0]);
  EXPECT_EQ(facts_.find(InterfaceIndex{7}), nullptr);
  std::array<char, 8> buffer{};
  EXPECT_EQ(::recv(bell_, buffer.data(), buffer.size(), 0), 5) << "open, and nothing was taken out";
}

TEST_F(LinkFactsTest, AForkedChildClosesItsCopyAndKnowsNothing) {
  warm(ethernet(7));
  const std::uint64_t cookie = socket_cookie(bell_);
  for (const bool in_use : {false, true}) {
    EXPECT_EQ(test::run_forked([&] {
                facts_.forget_after_fork(in_use);
                if (facts_.find(InterfaceIndex{7}) != nullptr) return 1;
                return socket_cookie(bell_) == cookie ? 2 : 0;
              }),
              0);
  }
  EXPECT_NE(facts_.find(InterfaceIndex{7}), nullptr) << "the parent's is untouched";
}

TEST(LinkBell, IsSilentWhileNothingHappensAndCloseOnExec) {
  const auto bell = open_link_bell();
  ASSERT_TRUE(bell) << bell.error().message();
  EXPECT_NE(::fcntl(bell->get(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_NE(::fcntl(bell->get(), F_GETFL) & O_NONBLOCK, 0);
}

}  // namespace
}  // namespace neigh::rtnl
